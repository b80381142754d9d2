// SPDX-License-Identifier: GPL-3.0-or-later
#include <service/CleanupController.h>

#include <isol8/execution/FieldReader.h>
#include <isol8/image/Recipe.h>
#include <isol8/sandbox/Sweep.h>
#include <service/Answers.h>
#include <service/ExecuteMessage.h>

#include <QDateTime>
#include <QJsonArray>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8::service {

namespace {

// As each engine's own sweep has it.
constexpr std::chrono::seconds LeftAlone{60};

QString sentenceOf(const Error &error)
{
    return error.detail.isEmpty() ? error.message : error.message + u" ("_s + error.detail + u')';
}

} // namespace

CleanupController::CleanupController(LocalEngine *engine, docker::Client *client, Router *router, QObject *parent)
    : QObject(parent)
    , m_engine(engine)
    , m_client(client)
{
    router->add(
        "POST", u"/cleanup"_s, [this](Exchange *exchange) { begin(exchange); }, Access::Master);
}

void CleanupController::begin(Exchange *exchange)
{
    bool images = false;
    if (const QByteArray body = exchange->takeBody(); !body.trimmed().isEmpty()) {
        const auto object = parseObject(body);
        if (!object)
            return answerError(exchange, object.error());
        FieldReader reader(*object, {});
        reader.read(u"images"_s, &images);
        if (reader.error())
            return answerError(exchange, *reader.error());
    }
    (new Cleanup(exchange, m_engine, m_client, images))->start();
}

Cleanup::Cleanup(Exchange *exchange, LocalEngine *engine, docker::Client *client, bool images)
    : QObject(exchange)
    , m_exchange(exchange)
    , m_engine(engine)
    , m_client(client)
    , m_withImages(images)
{
}

QJsonObject Cleanup::Part::toJson() const
{
    return {{u"removed"_s, removed}, {u"failed"_s, errors.size()}, {u"errors"_s, QJsonArray::fromStringList(errors)}};
}

void Cleanup::start()
{
    m_engine->removeIdleSessions({this, [this](const Result<int> &removed) {
                                      m_sessions.removed = removed.value_or(0);
                                      sweepContainers();
                                  }});
}

void Cleanup::sweepContainers()
{
    const qint64 now = QDateTime::currentSecsSinceEpoch();
    const QString kept = m_engine->id() + u"-kept"_s;
    sweep(m_client,
          [now, kept](const docker::ContainerSummary &container) {
              return container.labels.value(u"org.isol8"_s) == kept || isLeftover(container, now, LeftAlone);
          },
          {this, [this](const Result<Swept> &swept) {
               if (swept) {
                   m_containers.removed = int(swept->removed.size());
                   for (const Error &failure : swept->failures)
                       m_containers.errors.append(sentenceOf(failure));
               } else {
                   m_containers.errors.append(sentenceOf(swept.error()));
               }
               if (m_withImages)
                   listImages();
               else
                   answer();
           }});
}

void Cleanup::listImages()
{
    m_client->listImages({{labels::Image.toString(), QString()}},
                         {this, [this](const Result<QList<docker::ImageSummary>> &found) {
                              if (!found) {
                                  m_images.errors.append(sentenceOf(found.error()));
                                  return answer();
                              }
                              for (const docker::ImageSummary &image : *found)
                                  m_names.append(image.tags.isEmpty() ? QStringList{image.id} : image.tags);
                              removeNextImage();
                          }});
}

// Without force: Docker refuses those that a container uses.
void Cleanup::removeNextImage()
{
    if (m_names.isEmpty())
        return answer();
    const QString name = m_names.takeFirst();
    m_client->removeImage(name, false, {this, [this](const Result<void> &removed) {
                                            if (removed)
                                                ++m_images.removed;
                                            else if (removed.error().code != errors::NotFound)
                                                m_images.errors.append(sentenceOf(removed.error()));
                                            removeNextImage();
                                        }});
}

void Cleanup::answer()
{
    m_exchange->respondJson(
        200, {{u"ok"_s, m_sessions.errors.isEmpty() && m_containers.errors.isEmpty() && m_images.errors.isEmpty()},
              {u"sessions"_s, m_sessions.toJson()},
              {u"containers"_s, m_containers.toJson()},
              {u"images"_s, m_images.toJson()}});
}

} // namespace isol8::service
