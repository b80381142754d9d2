// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/PsCommand.h>

#include <cli/ExitCodes.h>
#include <cli/Table.h>
#include <cli/Terminal.h>
#include <isol8/remote/LocalSocket.h>

#include <QDateTime>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcessEnvironment>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8::cli {

namespace {

constexpr milliseconds EnginePatience{2000};

QString age(qint64 seconds)
{
    seconds = std::max<qint64>(seconds, 0);
    if (seconds < 120)
        return u"%1 s"_s.arg(seconds);
    if (seconds < 7200)
        return u"%1 min"_s.arg(seconds / 60);
    return seconds < 172800 ? u"%1 h"_s.arg(seconds / 3600) : u"%1 d"_s.arg(seconds / 86400);
}

// What stands in a label or comes from an engine does not speak to the terminal.
QString shown(QString text)
{
    for (QChar &c : text) {
        if (c.category() == QChar::Other_Control)
            c = u'?';
    }
    return text.isEmpty() ? u"-"_s : text.left(64);
}

QJsonObject toObject(const docker::ContainerSummary &container)
{
    const auto label = [&](const QString &name) { return container.labels.value(u"org.isol8"_s + name); };
    return {{u"containerId"_s, container.id},
            {u"purpose"_s, label(u".purpose"_s)},
            {u"runtime"_s, label(u".runtime"_s)},
            {u"image"_s, container.image},
            {u"state"_s, container.state},
            {u"createdAt"_s, QDateTime::fromSecsSinceEpoch(container.createdAt, Qt::UTC).toString(Qt::ISODate)},
            {u"owner"_s, label(u".owner"_s)},
            {u"session"_s, label(u".session"_s)},
            {u"engine"_s, label({})}};
}

} // namespace

CLI::App *PsCommand::setUp(CLI::App &root)
{
    CLI::App *app = root.add_subcommand("ps", "List what runs now: runs and sandboxes");
    m_json = flag(app, "--json", "Print it as JSON");
    m_service.addTo(app);
    app->footer(
        "The runs are those of this user's background engine (isol8 serve --local), those that wait included. The\n"
        "sandboxes are all that isol8 has on this Docker daemon, whoever started them: of a run, of a pool (started "
        "ahead,\n"
        "a run may be in it), of a session, or kept by --persist.\n\n"
        "Examples:\n"
        "  isol8 ps\n"
        "  isol8 ps --json\n"
        "  isol8 ps --host https://isol8.example.com   # the runs of the key's tenant there");
    return app;
}

void PsCommand::run(const CommandContext &)
{
    const auto service = m_service.read(QProcessEnvironment::systemEnvironment());
    if (!service)
        return fail(service.error());
    if (*service)
        return askService(**service);
    const auto endpoint = docker::Endpoint::discover(QProcessEnvironment::systemEnvironment());
    if (!endpoint)
        return fail(endpoint.error());
    m_client = std::make_unique<docker::Client>(*endpoint);
    askEngine();
}

void PsCommand::askService(const remote::ServiceEndpoint &service)
{
    m_elsewhere = std::make_unique<remote::ServiceClient>(service);
    m_elsewhere->ask({"GET", "/runs"}, {this, [this](const Result<QJsonObject> &answer) {
                                            if (!answer)
                                                return fail(answer.error());
                                            m_runs = answer->value(u"runs"_s).toArray();
                                            askSandboxes();
                                        }});
}

void PsCommand::askSandboxes()
{
    m_elsewhere->ask({"GET", "/sandboxes"},
                     {this, [this](const Result<QJsonObject> &answer) {
                          if (!answer && answer.error().code != errors::NotFound)
                              return fail(answer.error());
                          printService(answer ? answer->value(u"sandboxes"_s).toArray() : std::optional<QJsonArray>());
                          Q_EMIT finished(Success);
                      }});
}

// An older service tells of no sandboxes.
void PsCommand::printService(const std::optional<QJsonArray> &sandboxes)
{
    if (given(m_json)) {
        QJsonObject all{{u"runs"_s, m_runs}};
        if (sandboxes)
            all.insert(u"sandboxes"_s, *sandboxes);
        printData(QString::fromUtf8(QJsonDocument(all).toJson()));
        return;
    }
    const QDateTime now = QDateTime::currentDateTimeUtc();
    const QList<QStringList> runs = runRows();
    QList<QStringList> rows{{u"SANDBOX"_s, u"PURPOSE"_s, u"RUNTIME"_s, u"STATE"_s, u"AGE"_s, u"OWNER"_s, u"SESSION"_s}};
    for (const QJsonValue &value : sandboxes.value_or(QJsonArray())) {
        const QJsonObject sandbox = value.toObject();
        const auto column = [&](const QString &key) { return shown(sandbox.value(key).toString()); };
        const QDateTime since = QDateTime::fromString(sandbox.value(u"createdAt"_s).toString(), Qt::ISODateWithMs);
        rows.append({column(u"containerId"_s).left(12), column(u"purpose"_s), column(u"runtime"_s), column(u"state"_s),
                     age(since.secsTo(now)), column(u"owner"_s), column(u"sessionId"_s)});
    }
    if (runs.size() > 1)
        printData(table(runs) + (rows.size() > 1 ? u"\n"_s : QString()));
    if (rows.size() > 1)
        printData(table(rows));
    if (runs.size() + rows.size() == 2)
        printNote(u"Nothing runs."_s);
}

void PsCommand::askEngine()
{
    const LocalSocket socket = LocalSocket::find(QProcessEnvironment::systemEnvironment());
    if (!socket.isOurs()) {
        listSandboxes();
        return;
    }
    http::Address address;
    address.path = socket.path();
    m_engine = std::make_unique<http::Pool>(address);
    http::Request request;
    request.target = "/runs";
    request.timeout = EnginePatience;
    auto *exchange = m_engine->send(request, this);
    connect(exchange, &http::Exchange::finished, this, [this, exchange](const http::Failure &failure) {
        if (failure.kind == http::Failure::Kind::None)
            engineAnswered(exchange->response());
        else if (failure.kind == http::Failure::Kind::Timeout)
            printNote(u"isol8: the background engine does not answer; its runs are not listed."_s);
        exchange->deleteLater();
        listSandboxes();
    });
}

void PsCommand::engineAnswered(const http::Response &response)
{
    const QJsonObject answer = QJsonDocument::fromJson(response.body).object();
    if (response.head.status != 200 || !answer.value(u"runs"_s).isArray()) {
        printNote(u"isol8: the background engine is of another version; its runs are not listed."_s);
        return;
    }
    m_engineId = answer.value(u"engine"_s).toString();
    m_runs = answer.value(u"runs"_s).toArray();
}

void PsCommand::listSandboxes()
{
    m_client->listContainers({{u"org.isol8"_s, QString()}},
                             {this, [this](const Result<QList<docker::ContainerSummary>> &found) {
                                  if (!found)
                                      return fail(found.error());
                                  print(*found);
                                  Q_EMIT finished(Success);
                              }});
}

QList<QStringList> PsCommand::runRows() const
{
    const QDateTime now = QDateTime::currentDateTimeUtc();
    QList<QStringList> rows{{u"RUN"_s, u"RUNTIME"_s, u"STATE"_s, u"AGE"_s}};
    for (const QJsonValue &value : std::as_const(m_runs)) {
        const QJsonObject run = value.toObject();
        const QDateTime since = QDateTime::fromString(run.value(u"startedAt"_s).toString(), Qt::ISODateWithMs);
        rows.append({shown(run.value(u"id"_s).toString()), shown(run.value(u"runtime"_s).toString()),
                     shown(run.value(u"state"_s).toString()), age(since.secsTo(now))});
    }
    return rows;
}

void PsCommand::print(const QList<docker::ContainerSummary> &containers)
{
    if (given(m_json)) {
        QJsonArray sandboxes;
        for (const docker::ContainerSummary &container : containers)
            sandboxes.append(toObject(container));
        printData(QString::fromUtf8(QJsonDocument(QJsonObject{{u"engine"_s, m_engineId ? QJsonValue(*m_engineId)
                                                                                       : QJsonValue(QJsonValue::Null)},
                                                              {u"runs"_s, m_runs},
                                                              {u"sandboxes"_s, sandboxes}})
                                        .toJson()));
        return;
    }
    const QDateTime now = QDateTime::currentDateTimeUtc();
    const QList<QStringList> runs = runRows();
    QList<QStringList> sandboxes{
        {u"SANDBOX"_s, u"PURPOSE"_s, u"RUNTIME"_s, u"STATE"_s, u"AGE"_s, u"OWNER"_s, u"SESSION"_s, u"ENGINE"_s}};
    for (const docker::ContainerSummary &container : containers) {
        const QJsonObject o = toObject(container);
        const auto column = [&](const QString &key) { return shown(o.value(key).toString()); };
        const bool background = m_engineId && container.labels.value(u"org.isol8"_s).startsWith(*m_engineId);
        sandboxes.append({container.id.left(12), column(u"purpose"_s), column(u"runtime"_s), column(u"state"_s),
                          age(now.toSecsSinceEpoch() - container.createdAt), column(u"owner"_s), column(u"session"_s),
                          background ? u"background"_s : column(u"engine"_s).left(8)});
    }
    if (runs.size() > 1)
        printData(table(runs) + (sandboxes.size() > 1 ? u"\n"_s : QString()));
    if (sandboxes.size() > 1)
        printData(table(sandboxes));
    if (runs.size() + sandboxes.size() == 2)
        printNote(m_engineId ? u"Nothing runs, and there is no sandbox; the background engine is there."_s
                             : u"Nothing runs, and there is no sandbox."_s);
}

void PsCommand::fail(const Error &error)
{
    printError(error);
    Q_EMIT finished(exitCodeFor(error));
}

} // namespace isol8::cli
