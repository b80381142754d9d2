// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/OutputWriter.h>

#include <QTimer>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <string>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace isol8::cli {

OutputWriter::OutputWriter(int fd, QObject *parent)
    : QObject(parent)
    , m_fd(fd)
{
    struct stat info = {};
    if (::fstat(fd, &info) != 0)
        return;
    if (S_ISREG(info.st_mode)) {
        m_kind = Kind::File; // never blocks for long
    } else if (S_ISSOCK(info.st_mode)) {
        m_kind = Kind::Socket;
    } else {
        // A pipe or terminal opened anew is a description of our own, whose flags nobody else sees.
        const std::string path = "/proc/self/fd/" + std::to_string(fd);
        const int own = ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
        if (own >= 0) {
            m_fd = own;
            m_kind = Kind::Own;
        }
    }
    if (m_kind == Kind::File)
        return;
    m_notifier = new QSocketNotifier(m_fd, QSocketNotifier::Write, this);
    m_notifier->setEnabled(false);
    connect(m_notifier, &QSocketNotifier::activated, this, &OutputWriter::flush);
}

OutputWriter::~OutputWriter()
{
    delete m_notifier;
    if (m_kind == Kind::Own)
        ::close(m_fd);
}

void OutputWriter::write(const QByteArray &data)
{
    if (m_broken || data.isEmpty())
        return;
    const bool idle = pending() == 0;
    m_pending.append(data);
    if (idle)
        flush();
}

void OutputWriter::flush()
{
    while (pending() > 0) {
        const char *from = m_pending.constData() + m_at;
        const size_t size = size_t(pending());
        ssize_t n = -1;
        if (m_kind == Kind::Socket) {
            n = ::send(m_fd, from, size, MSG_DONTWAIT | MSG_NOSIGNAL);
        } else if (m_kind == Kind::Pipe) {
            // Not ours to make non-blocking: a pipe that polls writable takes PIPE_BUF bytes at once.
            pollfd ready{m_fd, POLLOUT, 0};
            if (::poll(&ready, 1, 0) == 1)
                n = ::write(m_fd, from, std::min(size, size_t(PIPE_BUF)));
            else
                errno = EAGAIN;
        } else {
            n = ::write(m_fd, from, size);
        }
        if (n > 0) {
            m_at += n;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            break;
        } else if (errno != EINTR) {
            m_broken = true;
            m_pending.clear();
            m_at = 0;
            if (m_notifier)
                m_notifier->setEnabled(false);
            Q_EMIT broken(errno);
            return;
        }
    }
    if (pending() == 0) {
        const bool had = m_at > 0;
        m_pending.clear();
        m_at = 0;
        if (m_notifier)
            m_notifier->setEnabled(false);
        if (had)
            Q_EMIT drained();
        return;
    }
    if (m_at > (1 << 20)) {
        m_pending.remove(0, m_at);
        m_at = 0;
    }
    if (m_notifier)
        m_notifier->setEnabled(true);
}

} // namespace isol8::cli
