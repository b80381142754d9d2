// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/ListCustomCommand.h>

#include <cli/ExitCodes.h>
#include <cli/ProgressLine.h>
#include <cli/Table.h>
#include <cli/Terminal.h>
#include <isol8/base/Units.h>
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

// A service's list is no shorter than its images' setup scripts.
constexpr qint64 ListLimit = 64 * MiB;

QString listed(const QStringList &list)
{
    return list.isEmpty() ? u"-"_s : list.join(u", "_s);
}

QStringList textsOf(const QJsonValue &array)
{
    QStringList list;
    for (const QJsonValue &text : array.toArray())
        list.append(text.toString());
    return list;
}

QList<CustomImage> imagesOf(const QJsonArray &answer)
{
    QList<CustomImage> images;
    for (const QJsonValue &value : answer) {
        const QJsonObject object = value.toObject();
        if (object.value(u"kind"_s) != u"custom"_s)
            continue;
        CustomImage image;
        image.id = object.value(u"id"_s).toString();
        image.tags = {object.value(u"tag"_s).toString()};
        image.runtime = object.value(u"runtime"_s).toString();
        image.packages = textsOf(object.value(u"installPackages"_s));
        image.systemPackages = textsOf(object.value(u"aptPackages"_s));
        image.setupScript = object.value(u"setupScript"_s).toString();
        image.size = object.value(u"size"_s).toInteger();
        const QDateTime made = QDateTime::fromString(object.value(u"createdAt"_s).toString(), Qt::ISODateWithMs);
        image.createdAt = made.isValid() ? made.toSecsSinceEpoch() : 0;
        images.append(image);
    }
    return images;
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
    m_service.addTo(app);
    app->footer("Examples:\n"
                "  isol8 list-custom\n"
                "  isol8 list-custom --json | jq -r '.[].tag'\n"
                "  isol8 list-custom --host https://isol8.example.com   # with its master key");
    return app;
}

void ListCustomCommand::run(const CommandContext &)
{
    if (const auto begun = begin(); !begun)
        end(begun.error());
}

void ListCustomCommand::end(const Error &error)
{
    printError(error);
    Q_EMIT finished(exitCodeFor(error));
}

Result<void> ListCustomCommand::begin()
{
    const auto environment = QProcessEnvironment::systemEnvironment();
    const auto service = m_service.read(environment);
    if (!service)
        return fail(service.error());
    if (*service) {
        m_elsewhere = std::make_unique<remote::ServiceClient>(**service);
        m_elsewhere->ask({"GET", "/images", {}, ListLimit},
                         {this, [this](const Result<QJsonObject> &answer) {
                              if (answer)
                                  show(imagesOf(answer->value(u"images"_s).toArray()));
                              else
                                  end(answer.error());
                          }});
        return {};
    }
    const auto endpoint = docker::Endpoint::discover(environment);
    if (!endpoint)
        return fail(endpoint.error());
    m_client = std::make_unique<docker::Client>(*endpoint);
    m_client->listImages({{labels::Image.toString(), QString()}},
                         {this, [this](const Result<QList<docker::ImageSummary>> &found) {
                              if (found)
                                  show(customImages(*found));
                              else
                                  end(found.error());
                          }});
    return {};
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
            rows.append({printable(tag), printable(image.runtime), megabytes(image.size),
                         ageText(now - image.createdAt),
                         script.isEmpty() ? u"-"_s
                         : cut            ? QString(printable(line.left(31)) + u'…')
                                          : printable(line),
                         printable(packages)});
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
