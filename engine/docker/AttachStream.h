// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>

#include <QByteArray>
#include <QByteArrayView>
#include <QObject>

namespace isol8::docker {

/*!
    The hijacked, multiplexed connection of `POST /containers/ID/attach` (Docker Engine API, "Stream format"), opened
    before the container starts. Owned by its parent; deleting it closes the connection, and the container's
    StdinOnce then ends its init.

    Signals, in order: opened() once, or closed() alone; then output; closed() once, last. Never from inside attach().
*/
class AttachStream : public QObject
{
    Q_OBJECT

public:
    using QObject::QObject;

    //! Queues bytes for the container's stdin. Ignored after closed().
    virtual void write(const QByteArray &data) = 0;
    //! What write() has queued and the socket has not taken yet, in bytes.
    [[nodiscard]] virtual qint64 bytesToWrite() const = 0;
    //! While paused nothing is read from the socket, so that the container's output blocks at its source; at most a
    //! bounded buffer (256 KiB) was read ahead. closed() may come late.
    virtual void setPaused(bool paused) = 0;
    //! Closes at once. closed() is not emitted any more.
    virtual void abort() = 0;

Q_SIGNALS:
    void opened();
    //! The container's stdout; never empty. At most 64 KiB or so at a time. Valid until the slot returns: for direct
    //! connections only.
    void standardOutput(QByteArrayView data);
    void standardError(QByteArrayView data);
    //! Some queued bytes were taken; bytesToWrite() is smaller.
    void written();
    //! The end. \a error has an empty code when the daemon closed the stream in good order (the container ended), else
    //! docker_lost (cut in the middle of a frame or of the answer's head), docker_protocol, not_found, docker_error.
    void closed(const isol8::Error &error);
};

} // namespace isol8::docker
