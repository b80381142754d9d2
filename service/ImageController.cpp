// SPDX-License-Identifier: GPL-3.0-or-later
#include <service/ImageController.h>

#include <isol8/execution/FieldReader.h>
#include <service/Answers.h>
#include <service/ExecuteMessage.h>

#include <QDateTime>
#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>
#include <utility>

using namespace Qt::StringLiterals;

namespace isol8::service {

namespace {

QJsonObject commonFields(const QString &id, const QString &tag, const QString &runtime, qint64 size, qint64 createdAt)
{
    return {{u"id"_s, id},
            {u"tag"_s, tag},
            {u"runtime"_s, runtime},
            {u"size"_s, size},
            {u"createdAt"_s,
             createdAt == 0 ? QJsonValue(QJsonValue::Null)
                            : QJsonValue(QDateTime::fromSecsSinceEpoch(createdAt, Qt::UTC).toString(Qt::ISODate))}};
}

QJsonObject standardImage(const ImageState &state)
{
    QJsonObject object = commonFields(state.id, state.recipe.tag, state.recipe.name, state.size, state.createdAt);
    object.insert(u"kind"_s, u"standard"_s);
    object.insert(u"status"_s, state.status == ImageState::Status::Missing ? u"missing"_s
                               : state.status == ImageState::Status::Stale ? u"stale"_s
                                                                           : u"current"_s);
    return object;
}

QJsonObject customImage(const CustomImage &image, const QString &tag)
{
    QJsonObject object = commonFields(image.id, tag, image.runtime, image.size, image.createdAt);
    object.insert(u"kind"_s, u"custom"_s);
    object.insert(u"status"_s, u"current"_s);
    object.insert(u"installPackages"_s, QJsonArray::fromStringList(image.packages));
    object.insert(u"aptPackages"_s, QJsonArray::fromStringList(image.systemPackages));
    object.insert(u"setupScript"_s, image.setupScript);
    return object;
}

struct Wanted
{
    CustomRecipe recipe;
    std::optional<QStringList> runtimes;
    bool force = false;
};

Result<Wanted> readWanted(const QByteArray &body)
{
    const auto object = parseObject(body);
    if (!object)
        return fail(object.error());
    Wanted wanted;
    FieldReader reader(*object, {});
    reader.read(u"tag"_s, &wanted.recipe.tag);
    reader.read(u"runtime"_s, &wanted.recipe.runtime);
    reader.read(u"installPackages"_s, &wanted.recipe.packages);
    reader.read(u"aptPackages"_s, &wanted.recipe.systemPackages);
    reader.read(u"setupScript"_s, &wanted.recipe.setupScript);
    reader.read(u"runtimes"_s, &wanted.runtimes);
    reader.read(u"force"_s, &wanted.force);
    if (reader.error())
        return fail(*reader.error());
    if (wanted.recipe.tag.isEmpty() != wanted.runtimes.has_value())
        return fail(errors::BadRequest,
                    u"Give either tag, for an image of your own, or runtimes, for those of isol8 setup."_s);
    if (wanted.recipe.runtime.isEmpty())
        wanted.recipe.runtime = u"bash"_s;
    return wanted;
}

} // namespace

ImageController::ImageController(docker::Client *client, const RuntimeRegistry &runtimes, Router *router,
                                 const ServerLimits &limits, QObject *parent)
    : QObject(parent)
    , m_client(client)
    , m_runtimes(runtimes)
    , m_limits(limits)
{
    router->add(
        "GET", u"/images"_s, [this](Exchange *exchange) { list(exchange); }, Access::Master);
    router->add(
        "POST", u"/images"_s, [this](Exchange *exchange) { build(exchange); }, Access::Master);
    router->add(
        "DELETE", u"/images/<rest>"_s, [this](Exchange *exchange) { remove(exchange); }, Access::Master);
}

void ImageController::list(Exchange *exchange)
{
    const auto show = [exchange](const QString &architecture, const QList<docker::ImageSummary> &images) {
        QJsonArray list;
        const QList<ImageState> states = imageStates(imageRecipes(architecture), images);
        for (const ImageState &state : states)
            list.append(standardImage(state));
        const QList<CustomImage> customs = customImages(images);
        for (const CustomImage &image : customs) {
            for (const QString &tag : image.tags)
                list.append(customImage(image, tag));
        }
        exchange->respondJson(200, {{u"images"_s, list}});
    };
    m_client->info({exchange, [this, exchange, show](const Result<QJsonObject> &info) {
                        if (!info)
                            return answerError(exchange, info.error());
                        const QString architecture = imageArchitecture(info->value("Architecture"_L1).toString());
                        m_client->listImages({{labels::Image.toString(), QString()}},
                                             {exchange, [exchange, show, architecture](
                                                            const Result<QList<docker::ImageSummary>> &found) {
                                                  if (found)
                                                      show(architecture, *found);
                                                  else
                                                      answerError(exchange, found.error());
                                              }});
                    }});
}

void ImageController::build(Exchange *exchange)
{
    const auto wanted = readWanted(exchange->takeBody());
    if (!wanted)
        return answerError(exchange, wanted.error());
    if (m_building)
        return exchange->respondError(409,
                                      {u"build_running"_s, u"An image is being made already; wait for its end."_s, {}},
                                      {{"Retry-After", "10"}});
    auto *events = new ImageEvents(exchange, m_limits);
    if (wanted->runtimes) {
        ImageSetup::Options options;
        options.runtimes = *wanted->runtimes;
        options.force = wanted->force;
        auto *setup = new ImageSetup(m_client, options, events);
        m_building = setup;
        events->follow(setup);
        return setup->start();
    }
    const auto runtime = m_runtimes.byName(wanted->recipe.runtime);
    if (!runtime)
        return answerError(exchange, runtime.error());
    auto *build = new ImageBuild(m_client, wanted->recipe, *runtime, wanted->force, events);
    m_building = build;
    events->follow(build, wanted->recipe.tag);
    build->start();
}

// Only what carries isol8's label; a base whose layers others stand on loses its name alone.
void ImageController::remove(Exchange *exchange)
{
    const QString name = exchange->arguments().constFirst();
    const auto found = [this, exchange, name](const Result<QList<docker::ImageSummary>> &images) {
        if (!images)
            return answerError(exchange, images.error());
        const bool known = std::any_of(images->begin(), images->end(), [&](const docker::ImageSummary &image) {
            return image.id == name || image.tags.contains(name) || image.tags.contains(fullImageName(name));
        });
        if (!known)
            return answerError(exchange, {errors::NotFound.toString(), u"isol8 has made no image %1."_s.arg(name), {}});
        m_client->removeImage(name, false, {exchange, [exchange](const Result<void> &removed) {
                                                if (removed)
                                                    exchange->respondJson(200, {{u"ok"_s, true}});
                                                else if (removed.error().code == errors::DockerError)
                                                    exchange->respondError(409, removed.error()); // it is in use
                                                else
                                                    answerError(exchange, removed.error());
                                            }});
    };
    m_client->listImages({{labels::Image.toString(), QString()}}, {exchange, found});
}

ImageEvents::ImageEvents(Exchange *exchange, const ServerLimits &limits)
    : QObject(exchange)
    , m_exchange(exchange)
{
    m_heartbeat.setInterval(limits.heartbeat);
    connect(&m_heartbeat, &QTimer::timeout, this, [this] { m_exchange->write(":\n\n"); });
}

void ImageEvents::follow(ImageBuild *build, const QString &tag)
{
    connect(build, &ImageBuild::progress, this,
            [this, tag](const QString &sentence, int percent) { progress(tag, sentence, percent); });
    connect(build, &ImageBuild::log, this, &ImageEvents::log);
    connect(build, &ImageBuild::finished, this, [this, build, tag](const Error &error) {
        if (error.code.isEmpty())
            tell({{u"type"_s, u"image"_s},
                  {u"built"_s, build->wasBuilt()},
                  {u"image"_s, customImage(build->image(), fullImageName(tag))}});
        end(error);
    });
}

void ImageEvents::follow(ImageSetup *setup)
{
    connect(setup, &ImageSetup::progress, this, &ImageEvents::progress);
    connect(setup, &ImageSetup::log, this, &ImageEvents::log);
    connect(setup, &ImageSetup::imageReady, this, [this](const ImageState &state, bool built) {
        tell({{u"type"_s, u"image"_s}, {u"built"_s, built}, {u"image"_s, standardImage(state)}});
    });
    connect(setup, &ImageSetup::finished, this, &ImageEvents::end);
}

// What is wrong with the request shows before anything is told, and gets a status of its own.
void ImageEvents::tell(const QJsonObject &event)
{
    if (!m_exchange->isStreaming())
        m_exchange->startStream("text/event-stream", {{"X-Accel-Buffering", "no"}});
    m_exchange->write("data: " + QJsonDocument(event).toJson(QJsonDocument::Compact) + "\n\n");
    m_heartbeat.start();
}

void ImageEvents::progress(const QString &image, const QString &sentence, int percent)
{
    QJsonObject event{{u"type"_s, u"progress"_s}, {u"image"_s, image}, {u"data"_s, sentence}};
    if (percent >= 0)
        event.insert(u"percent"_s, percent);
    tell(event);
}

void ImageEvents::log(const QString &line)
{
    tell({{u"type"_s, u"log"_s}, {u"data"_s, line}});
}

void ImageEvents::end(const Error &error)
{
    const bool failed = !error.code.isEmpty();
    if (failed && !m_exchange->isStreaming())
        return answerError(m_exchange, error);
    if (failed)
        tell({{u"type"_s, u"error"_s}, {u"data"_s, error.message}, {u"code"_s, error.code}});
    tell({{u"type"_s, u"exit"_s}, {u"data"_s, failed ? u"1"_s : u"0"_s}});
    m_heartbeat.stop();
    m_exchange->end();
}

} // namespace isol8::service
