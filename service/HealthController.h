// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/docker/Client.h>
#include <isol8/runtime/Runtime.h>
#include <service/http/Router.h>

#include <QElapsedTimer>
#include <QPointer>

#include <optional>
#include <vector>

namespace isol8::service {

/*!
    GET /health: whether this service could run something now, 503 where its Docker daemon does not answer. What the
    daemon says is kept for a moment, so that many who ask do not ask it.
*/
class HealthController : public QObject
{
    Q_OBJECT

public:
    //! \a engineId: the value of the label org.isol8 of this service's containers.
    HealthController(docker::Client *client, QString engineId, QList<Runtime> runtimes, Router *router,
                     QObject *parent = nullptr);

private:
    void answer(Exchange *exchange);
    void ask();
    void onVersion(const Result<docker::Version> &version);
    void onImages(const Result<QList<docker::ImageSummary>> &images);
    void settle();
    void respond(Exchange *exchange) const;

    docker::Client *m_client;
    QString m_engineId;
    QList<Runtime> m_runtimes;
    std::optional<Error> m_problem;
    docker::Version m_version;
    QStringList m_tags;
    QElapsedTimer m_age;
    std::vector<QPointer<Exchange>> m_waiting;
};

} // namespace isol8::service
