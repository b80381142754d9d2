// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/docker/Api.h>
#include <isol8/docker/AttachStream.h>
#include <isol8/docker/Demultiplexer.h>

namespace isol8::docker {

/*!
    AttachStream over a connection that Docker gave up to it. Once opened it does not need the client any more.
*/
class HijackedStream final : public AttachStream
{
    Q_OBJECT

public:
    HijackedStream(Api *api, const QString &containerId, QObject *parent);
    ~HijackedStream() override;

    void write(const QByteArray &data) override;
    [[nodiscard]] qint64 bytesToWrite() const override;
    void setPaused(bool paused) override;
    void abort() override;

private:
    void begin(const QString &containerId);
    void onUpgraded();
    void onRefused(const http::Failure &failure);
    void onSocketClosed(const http::Failure &failure);
    void process();
    void end(const Error &error);

    QPointer<Api> m_api;
    Purpose m_purpose;
    QPointer<http::Exchange> m_exchange;
    std::unique_ptr<http::Socket> m_socket;
    QByteArray m_pending; //!< written before opened()
    Demultiplexer m_demultiplexer;
    QByteArray m_buffer;
    qsizetype m_begin = 0; //!< of what is not parsed yet in m_buffer
    qsizetype m_end = 0;
    bool m_paused = false;
    bool m_processing = false;
    bool m_peerClosed = false;
    bool m_over = false;
    http::Failure m_closeFailure;
};

} // namespace isol8::docker
