// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/execution/Engine.h>
#include <isol8/image/CheckUp.h>
#include <isol8/remote/ServiceClient.h>

#include <QElapsedTimer>
#include <QObject>

#include <memory>

namespace isol8 {
class SocketOpening;
}

namespace isol8::cli {

/*!
    `isol8 doctor --host`: what a run at a service needs, one thing after the other: that it answers and is trusted, its
    Docker and images, that it takes the key, that a WebSocket gets through, and at last a run.
*/
class ServiceDoctor : public QObject
{
    Q_OBJECT

public:
    explicit ServiceDoctor(remote::ServiceEndpoint service);
    ~ServiceDoctor() override;

    void start();

Q_SIGNALS:
    void found(const isol8::CheckItem &item);
    //! Nothing follows.
    void finished();

private:
    void healthTold(const Result<QJsonObject> &health);
    void checkKey();
    void checkSocket();
    void checkRun();
    void runEnded(const RunResult &result);
    void tell(const QString &id, CheckItem::Level level, const QString &sentence, const QString &advice = {});

    remote::ServiceEndpoint m_service;
    remote::ServiceClient m_client;
    std::unique_ptr<SocketOpening> m_opening;
    std::unique_ptr<Engine> m_engine;
    QString m_runtime; //!< that has an image there
    QElapsedTimer m_since;
};

} // namespace isol8::cli
