// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/ListCustomCommand.h>

#include <cli/ExitCodes.h>
#include <cli/ProgressLine.h>
#include <cli/Table.h>
#include <cli/Terminal.h>
#include <isol8/image/Recipe.h>

#include <QDateTime>
#include <QJsonArray>
#include <QJsonDocument>
#include <QProcessEnvironment>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8::cli {

namespace {

QString ageText(qint64 seconds)
{
    if (seconds < 120)
        return u"%1 s"_s.arg(std::max<qint64>(seconds, 0));
    if (seconds < 2 * 3600)
        return u"%1 min"_s.arg(seconds / 60);
    return seconds < 2 * 86400 ? u"%1 h"_s.arg(seconds / 3600) : u"%1 d"_s.arg(seconds / 86400);
}

QString listed(const QStringList &list)
{
    return list.isEmpty() ? u"-"_s : list.join(u", "_s);
}

} // namespace

QJsonObject imageObject(const CustomImage &image, const QString &tag)
{
    return {{u"tag"_s, tag},
            {u"runtime"_s, image.runtime},
            {u"installPackages"_s, QJsonArray::fromStringList(image.packages)},
            {u"aptPackages"_s, QJsonArray::fromStringList(image.systemPackages)},
            {u"setupScript"_s, image.setupScript},
            {u"size"_s, image.size},
            {u"createdAt"_s, QDateTime::fromSecsSinceEpoch(image.createdAt, Qt::UTC).toString(Qt::ISODate)},
            {u"id"_s, image.id}};
}

CLI::App *ListCustomCommand::setUp(CLI::App &root)
{
    CLI::App *app = root.add_subcommand("list-custom", "List the images that isol8 build has made");
    m_json = flag(app, "--json", "As JSON, with the setup scripts in full");
    app->footer("Examples:\n  isol8 list-custom\n  isol8 list-custom --json | jq -r '.[].tag'");
    return app;
}

void ListCustomCommand::run(const CommandContext &)
{
    const auto fail = [this](const Error &error) {
        printError(error);
        Q_EMIT finished(exitCodeFor(error));
    };
    const auto endpoint = docker::Endpoint::discover(QProcessEnvironment::systemEnvironment());
    if (!endpoint)
        return fail(endpoint.error());
    m_client = std::make_unique<docker::Client>(*endpoint);
    m_client->listImages({{labels::Image.toString(), QString()}},
                         {this, [this, fail](const Result<QList<docker::ImageSummary>> &found) {
                              if (!found)
                                  return fail(found.error());
                              show(customImages(*found));
                          }});
}

void ListCustomCommand::show(const QList<CustomImage> &images)
{
    QJsonArray array;
    QList<QStringList> rows{{u"TAG"_s, u"RUNTIME"_s, u"SIZE"_s, u"AGE"_s, u"SETUP"_s, u"PACKAGES"_s}};
    const qint64 now = QDateTime::currentSecsSinceEpoch();
    for (const CustomImage &image : images) {
        for (const QString &tag : image.tags) {
            array.append(imageObject(image, tag));
            const QString script = image.setupScript.trimmed();
            const QString line = script.section(u'\n', 0, 0);
            const bool cut = line.size() > 32 || line.size() < script.size();
            QString packages = listed(image.packages);
            if (!image.systemPackages.isEmpty())
                packages = (image.packages.isEmpty() ? QString() : QString(packages + u"; ")) + u"apt: " +
                           image.systemPackages.join(u", "_s);
            rows.append({tag, image.runtime, megabytes(image.size), ageText(now - image.createdAt),
                         script.isEmpty() ? u"-"_s
                         : cut            ? QString(line.left(31) + u'…')
                                          : line,
                         packages});
        }
    }
    bool written = true;
    if (given(m_json))
        written = printData(QString::fromUtf8(QJsonDocument(array).toJson()));
    else if (rows.size() > 1)
        written = printData(table(rows));
    else
        printNote(u"There are none; isol8 build makes them."_s);
    Q_EMIT finished(written ? Success : Failure);
}

} // namespace isol8::cli
