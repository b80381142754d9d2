// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/remote/EventStream.h>

#include <QJsonObject>
#include <QObject>

#include <memory>

namespace isol8::desktop {

//! Images that a service makes: POST /images, and what it tells meanwhile. Ends by exactly one finished().
class ServiceImageBuild : public QObject
{
    Q_OBJECT

public:
    ServiceImageBuild(const remote::Peer &service, const QJsonObject &wanted, QObject *parent = nullptr);

    //! The service stops making them, for its client has left.
    void cancel();

Q_SIGNALS:
    void progress(const QString &sentence, int percent);
    void log(const QString &line);
    void imageReady();
    void finished(const isol8::Error &error);

private:
    void onEvent(const QByteArray &json);
    void end(const Error &error);

    std::unique_ptr<remote::EventStream> m_stream;
    Error m_problem;
};

} // namespace isol8::desktop
