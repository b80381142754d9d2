// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/IsolationDoctor.h>

#include <cli/ExitCodes.h>
#include <cli/Table.h>
#include <cli/Terminal.h>
#include <isol8/image/Recipe.h>

#include <QDir>
#include <QJsonArray>
#include <QJsonDocument>
#include <QProcessEnvironment>

#include <algorithm>

#include <unistd.h>

using namespace Qt::StringLiterals;
using Grade = isol8::WallReport::Grade;

namespace isol8::cli {

namespace {

QString coloured(const QString &text, bool good)
{
    return usesColours(STDOUT_FILENO) ? QString((good ? u"\x1b[32m"_s : u"\x1b[31m"_s) + text + u"\x1b[0m"_s) : text;
}

QStringList wallNames()
{
    QStringList names;
    for (const Wall &wall : walls())
        names.append(wall.id);
    return names;
}

} // namespace

IsolationDoctor::IsolationDoctor(bool json, QStringList wanted)
    : m_json(json)
    , m_wanted(std::move(wanted))
{
}

void IsolationDoctor::start(const QString &configPath)
{
    const QStringList names = wallNames();
    for (const QString &wall : std::as_const(m_wanted)) {
        if (!names.contains(wall)) {
            printError(u"There is no wall \"%1\"; there are %2."_s.arg(wall.left(64), names.join(u", "_s)));
            Q_EMIT finished(WrongUsage);
            return;
        }
    }
    const auto environment = QProcessEnvironment::systemEnvironment();
    const auto loaded = loadConfig(configPath, QDir::currentPath(), environment);
    const auto endpoint = docker::Endpoint::discover(environment);
    if (!loaded || !endpoint) {
        giveUp(loaded ? endpoint.error() : loaded.error());
        return;
    }
    m_config = loaded->config;
    m_endpoint = *endpoint;
    m_client = std::make_unique<docker::Client>(m_endpoint);
    askDaemon();
}

void IsolationDoctor::askDaemon()
{
    m_client->info({this, [this](const Result<QJsonObject> &info) {
                        if (!info) {
                            giveUp(info.error());
                            return;
                        }
                        m_info = *info;
                        m_client->components({this, [this](const Result<QJsonObject> &components) {
                                                  if (!components) {
                                                      giveUp(components.error());
                                                      return;
                                                  }
                                                  const bool local = m_endpoint.kind == docker::Endpoint::Kind::Unix;
                                                  const HostFacts facts =
                                                      readHostFacts(local ? m_endpoint.path : QString());
                                                  m_advice = hostAdvice(m_info, *components, facts);
                                                  findImage();
                                              }});
                    }});
}

void IsolationDoctor::findImage()
{
    m_client->listImages({{labels::Image.toString(), u"1"_s}},
                         {this, [this](const Result<QList<docker::ImageSummary>> &images) {
                              if (!images) {
                                  giveUp(images.error());
                                  return;
                              }
                              const auto recipes = imageRecipes(imageArchitecture(QSysInfo::currentCpuArchitecture()));
                              QString usable;
                              for (const ImageState &state : imageStates(recipes, *images)) {
                                  const bool is = imageRuntimes().contains(state.recipe.name) &&
                                                  state.status != ImageState::Status::Missing;
                                  if (is && (usable.isEmpty() || state.recipe.name == u"bash"))
                                      usable = state.recipe.name;
                              }
                              if (usable.isEmpty()) {
                                  giveUp({errors::ImageMissing.toString(),
                                          u"No image is there to start a sandbox from; make them with: isol8 setup"_s,
                                          {}});
                                  return;
                              }
                              m_check = std::make_unique<IsolationCheck>(
                                  LocalEngineOptions{m_config, LimitsApplied::Configured, m_endpoint}, usable);
                              connect(m_check.get(), &IsolationCheck::finished, this, &IsolationDoctor::report);
                              m_check->start(m_wanted);
                          }});
}

void IsolationDoctor::giveUp(const Error &error)
{
    printError(error);
    Q_EMIT finished(Failure);
}

void IsolationDoctor::report(const QList<WallReport> &reports)
{
    const bool all =
        std::all_of(reports.begin(), reports.end(), [](const WallReport &r) { return r.grade() == Grade::Holds; });
    if (m_json) {
        static constexpr QStringView levels[] = {u"ok", u"advice", u"problem"};
        QJsonArray list;
        for (const WallReport &wall : reports)
            list.append(wall.toJson());
        QJsonArray advice;
        for (const CheckItem &item : std::as_const(m_advice))
            advice.append(QJsonObject{{u"id"_s, item.id},
                                      {u"level"_s, levels[size_t(item.level)].toString()},
                                      {u"found"_s, item.found},
                                      {u"advice"_s, item.advice}});
        const QJsonObject result{{u"ok"_s, all}, {u"walls"_s, list}, {u"host"_s, advice}};
        printData(QString::fromUtf8(QJsonDocument(result).toJson()));
    } else {
        print(reports);
    }
    Q_EMIT finished(all ? Success : Failure);
}

void IsolationDoctor::print(const QList<WallReport> &reports) const
{
    QList<QStringList> rows;
    qsizetype holding = 0;
    for (const WallReport &report : reports) {
        const bool holds = report.grade() == Grade::Holds;
        holding += holds;
        rows.append({report.wall.id, toString(report.grade()).leftJustified(8),
                     u"%1/%2"_s.arg(report.held()).arg(report.probes.size()), report.wall.stops});
    }
    rows.prepend({u"WALL"_s, u"GRADE"_s, u"HELD"_s, u"WHAT IT STOPS"_s});
    QString text = table(rows);
    if (usesColours(STDOUT_FILENO)) {
        for (const Grade grade : {Grade::Holds, Grade::Open, Grade::Untried})
            text.replace(u"  "_s + toString(grade).leftJustified(8) + u"  ",
                         u"  "_s + coloured(toString(grade).leftJustified(8), grade == Grade::Holds) + u"  ");
    }
    for (const WallReport &report : reports) {
        if (report.grade() == Grade::Holds)
            continue;
        text += u"\n%1: %2\n"_s.arg(report.wall.title, report.wall.failure);
        for (const Probe &probe : report.probes) {
            if (probe.outcome != Probe::Outcome::Held)
                text += u"  %1  %2: %3\n"_s.arg(
                    coloured(probe.outcome == Probe::Outcome::Open ? u"open   "_s : u"untried"_s, false), probe.name,
                    probe.found);
        }
        text += u"  "_s + report.wall.mend + u'\n';
    }
    text += u"\nThe machine (advice, which changes nothing about the grades):\n"_s;
    for (const CheckItem &item : m_advice) {
        text += (item.level == CheckItem::Level::Ok ? u"  ok      "_s : u"  advice  "_s) + item.found + u'\n';
        if (!item.advice.isEmpty())
            text += u"          "_s + item.advice + u'\n';
    }
    text += u"\n%1 of %2 walls hold.\n"_s.arg(holding).arg(reports.size());
    printData(text);
}

} // namespace isol8::cli
