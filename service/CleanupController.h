// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/docker/Client.h>
#include <isol8/execution/LocalEngine.h>
#include <service/http/Router.h>

#include <QJsonObject>
#include <QStringList>

namespace isol8::service {

//! POST /cleanup, the operator's.
class CleanupController : public QObject
{
    Q_OBJECT

public:
    CleanupController(LocalEngine *engine, docker::Client *client, Router *router, QObject *parent = nullptr);

private:
    void begin(Exchange *exchange);

    LocalEngine *m_engine;
    docker::Client *m_client;
};

/*!
    Takes away what nobody uses, whoever's it is: sessions without a run under way, what runs of this service kept by
    `persist`, containers that an engine which is gone left behind, and where asked isol8's images that no container
    uses. No run is harmed, nor what waits for one, nor what another engine has. Answers
    `{ok, sessions: {removed, failed, errors}, containers: {…}, images: {…}}`. Child of its exchange.
*/
class Cleanup : public QObject
{
    Q_OBJECT

public:
    Cleanup(Exchange *exchange, LocalEngine *engine, docker::Client *client, bool images);
    void start();

private:
    struct Part
    {
        int removed = 0;
        QStringList errors;
        [[nodiscard]] QJsonObject toJson() const;
    };
    void sweepContainers();
    void listImages();
    void removeNextImage();
    void answer();

    Exchange *m_exchange;
    LocalEngine *m_engine;
    docker::Client *m_client;
    bool m_withImages;
    QStringList m_names; //!< of images that are left to be removed
    Part m_sessions;
    Part m_containers;
    Part m_images;
};

} // namespace isol8::service
