// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/execution/Transfer.h>
#include <isol8/http/Connection.h>
#include <isol8/remote/Feed.h>
#include <isol8/remote/Peer.h>

namespace isol8::remote {

//! A file, or a folder as an archive, on its way to a service: the body of a PUT, as it comes.
class RemoteUpload final : public Upload
{
    Q_OBJECT

public:
    RemoteUpload(const Peer &peer, const QByteArray &path, QObject *parent);

    void write(const QByteArray &bytes) override;
    void finish() override { m_feed.end(); }
    [[nodiscard]] qint64 bytesPending() const override { return m_feed.bytesAvailable(); }

private:
    void onFinished(const http::Failure &failure);

    Peer m_peer;
    Feed m_feed;
    http::Connection m_connection;
    http::Response m_answer;
};

//! The other way: the answer to a GET.
class RemoteDownload final : public Download
{
    Q_OBJECT

public:
    //! \a name: the file's, for opened().
    RemoteDownload(const Peer &peer, const QByteArray &path, const QString &name, QObject *parent);

    void setPaused(bool paused) override { m_connection.setPaused(paused); }

private:
    void onHead(const http::ResponseHead &head);
    void onBody(const QByteArray &bytes);
    void onFinished(const http::Failure &failure);

    Peer m_peer;
    QString m_name;
    http::Connection m_connection;
    http::Response m_answer; //!< its body where it is a refusal
};

} // namespace isol8::remote
