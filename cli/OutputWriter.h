// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QObject>
#include <QSocketNotifier>

namespace isol8::cli {

/*!
    Writes to a file descriptor that others share (stdout, stderr) without ever blocking the event loop, and without
    setting O_NONBLOCK on what other processes have open too. Bytes stay in order.
*/
class OutputWriter : public QObject
{
    Q_OBJECT

public:
    explicit OutputWriter(int fd, QObject *parent = nullptr);
    ~OutputWriter() override;

    void write(const QByteArray &data);
    [[nodiscard]] qsizetype pending() const { return m_pending.size() - m_at; }
    [[nodiscard]] bool isBroken() const { return m_broken; }

Q_SIGNALS:
    //! pending() fell to zero.
    void drained();
    //! Nobody reads any more (EPIPE), or the disk is full; all further bytes are dropped. \a error is an errno.
    void broken(int error);

private:
    void flush();

    enum class Kind { File, Pipe, Socket, Own };
    int m_fd;
    Kind m_kind = Kind::Pipe;
    QSocketNotifier *m_notifier = nullptr;
    QByteArray m_pending;
    qsizetype m_at = 0;
    bool m_broken = false;
};

} // namespace isol8::cli
