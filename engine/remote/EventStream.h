// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/http/Connection.h>
#include <isol8/remote/EventLines.h>
#include <isol8/remote/Peer.h>

#include <QObject>

namespace isol8::remote {

/*!
    The events that a service sends as the answer to a POST, server-sent: those of a run where no WebSocket gets
    through, those of an image's making. Signals: opened(), event()…, closed(); or refused(). None from inside a call.
   Deleting it, also in a slot, drops the connection, and so cancels what was asked for.
*/
class EventStream : public QObject
{
    Q_OBJECT

public:
    EventStream(const Peer &peer, const QByteArray &path, const QByteArray &message, QObject *parent = nullptr);

    //! While paused what the service sends stays in the kernel.
    void setPaused(bool paused);

Q_SIGNALS:
    //! The service has begun.
    void opened();
    void event(const QByteArray &json);
    //! \a head: the answer's; its status is 0 where there was none.
    void refused(const isol8::Error &error, const isol8::http::ResponseHead &head);
    void closed(const QString &detail);

private:
    void onHead(const http::ResponseHead &head);
    void onBody(const QByteArray &data);
    void onFinished(const http::Failure &failure);
    void tell();

    Peer m_peer;
    http::Connection m_connection;
    http::ResponseHead m_head;
    QByteArray m_refusal;
    EventLines m_lines;
    bool m_open = false;
    bool m_paused = false;
    bool m_telling = false;
    bool m_over = false;
    bool m_told = false; //!< that it is
    QString m_detail;
};

} // namespace isol8::remote
