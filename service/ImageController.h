// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/builder/ImageBuild.h>
#include <isol8/docker/Client.h>
#include <isol8/image/ImageSetup.h>
#include <isol8/runtime/Runtime.h>
#include <service/http/Router.h>
#include <service/http/ServerLimits.h>

#include <QPointer>
#include <QTimer>

namespace isol8::service {

/*!
    The operator's: GET /images, what isol8's images there are and which are missing; POST /images, to make one, its
    progress as server-sent events; DELETE /images/NAME.

    What POST makes: `{tag, runtime, installPackages, aptPackages, setupScript, force}` a custom image, or
    `{runtimes: […], force}` those of `isol8 setup`, all for an empty list. One at a time.
*/
class ImageController : public QObject
{
    Q_OBJECT

public:
    //! \a client and \a runtimes outlive it.
    ImageController(docker::Client *client, const RuntimeRegistry &runtimes, Router *router, const ServerLimits &limits,
                    QObject *parent = nullptr);

private:
    void list(Exchange *exchange);
    void build(Exchange *exchange);
    void remove(Exchange *exchange);

    docker::Client *m_client;
    const RuntimeRegistry &m_runtimes;
    const ServerLimits &m_limits;
    QPointer<QObject> m_building; //!< what is under way
};

/*!
    The making of images as events: `progress` (image, percent where it is known), `log`, `image` for each that is
   there, `error` where it failed, and `exit` last and once, "0" or "1". Child of its exchange: a client that leaves
   ends it.
*/
class ImageEvents : public QObject
{
    Q_OBJECT

public:
    ImageEvents(Exchange *exchange, const ServerLimits &limits);

    //! Either is its child.
    void follow(ImageBuild *build, const QString &tag);
    void follow(ImageSetup *setup);

private:
    void tell(const QJsonObject &event);
    void progress(const QString &image, const QString &sentence, int percent);
    void log(const QString &line);
    void end(const Error &error);

    Exchange *m_exchange;
    QTimer m_heartbeat;
};

} // namespace isol8::service
