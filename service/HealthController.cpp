// SPDX-License-Identifier: GPL-3.0-or-later
#include <service/HealthController.h>

using namespace Qt::StringLiterals;

namespace isol8::service {

namespace {

constexpr milliseconds Freshness{1000};

} // namespace

HealthController::HealthController(docker::Client *client, QString engineId, QList<Runtime> runtimes, Router *router,
                                   QObject *parent)
    : QObject(parent)
    , m_client(client)
    , m_engineId(std::move(engineId))
    , m_runtimes(std::move(runtimes))
{
    router->add(
        "GET", u"/health"_s, [this](Exchange *exchange) { answer(exchange); }, Access::Open);
}

void HealthController::answer(Exchange *exchange)
{
    if (m_age.isValid() && !m_age.hasExpired(Freshness.count())) {
        respond(exchange);
        return;
    }
    m_waiting.emplace_back(exchange);
    if (m_waiting.size() == 1)
        ask();
}

void HealthController::ask()
{
    m_client->ping({this, [this](const Result<docker::Version> &version) { onVersion(version); }});
}

void HealthController::onVersion(const Result<docker::Version> &version)
{
    if (!version) {
        m_problem = version.error();
        settle();
        return;
    }
    m_problem.reset();
    m_version = *version;
    m_client->listImages({}, {this, [this](const Result<QList<docker::ImageSummary>> &images) { onImages(images); }});
}

void HealthController::onImages(const Result<QList<docker::ImageSummary>> &images)
{
    if (!images) {
        m_problem = images.error();
    } else {
        m_tags.clear();
        for (const docker::ImageSummary &image : *images)
            m_tags.append(image.tags);
    }
    settle();
}

void HealthController::settle()
{
    m_age.start();
    for (const auto &exchange : std::exchange(m_waiting, {})) {
        if (exchange)
            respond(exchange);
    }
}

void HealthController::respond(Exchange *exchange) const
{
    QJsonObject answer{{u"status"_s, m_problem ? u"unavailable"_s : u"ok"_s},
                       {u"version"_s, u"" ISOL8_VERSION ""_s},
                       {u"engine"_s, m_engineId}};
    if (m_problem) {
        answer.insert(u"error"_s, m_problem->message);
        answer.insert(u"code"_s, m_problem->code);
        answer.insert(u"docker"_s, QJsonObject{{u"reachable"_s, false}});
        exchange->respondJson(503, answer, {{"Retry-After", "1"}});
        return;
    }
    QJsonObject images;
    for (const Runtime &runtime : m_runtimes)
        images.insert(runtime.name, m_tags.contains(runtime.image) || m_tags.contains(runtime.image + u":latest"_s));
    answer.insert(u"docker"_s, QJsonObject{{u"reachable"_s, true}, {u"api"_s, m_version.daemonApi}});
    answer.insert(u"images"_s, images);
    exchange->respondJson(200, answer);
}

} // namespace isol8::service
