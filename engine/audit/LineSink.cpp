// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/audit/LineSink.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <string>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace isol8::audit {

namespace {

constexpr qsizetype MostPending = 64 * 1024 * 1024;

}

LineSink::LineSink(int descriptor, QObject *parent)
    : QObject(parent)
    , m_descriptor(descriptor)
{
    struct stat info = {};
    m_broken = ::fstat(descriptor, &info) != 0;
    m_file = S_ISREG(info.st_mode);
    m_socket = S_ISSOCK(info.st_mode);
    if (m_broken || m_file)
        return;
    if (!m_socket) {
        const std::string path = "/proc/self/fd/" + std::to_string(descriptor);
        const int own = ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
        m_own = own >= 0;
        m_descriptor = m_own ? own : descriptor;
    }
    m_notifier = new QSocketNotifier(m_descriptor, QSocketNotifier::Write, this);
    m_notifier->setEnabled(false);
    connect(m_notifier, &QSocketNotifier::activated, this, &LineSink::flush);
}

LineSink::~LineSink()
{
    delete m_notifier;
    if (m_own)
        ::close(m_descriptor);
}

bool LineSink::write(const QByteArray &line)
{
    if (m_broken || m_pending.size() + line.size() > MostPending)
        return false;
    m_pending += line;
    m_pending += '\n';
    if (m_pending.size() == line.size() + 1)
        flush();
    return !m_broken;
}

void LineSink::flush()
{
    qsizetype at = 0;
    while (at < m_pending.size()) {
        const char *from = m_pending.constData() + at;
        const auto size = static_cast<size_t>(m_pending.size() - at);
        ssize_t n = -1;
        if (m_socket) {
            n = ::send(m_descriptor, from, size, MSG_DONTWAIT | MSG_NOSIGNAL);
        } else if (m_own || m_file) {
            n = ::write(m_descriptor, from, size);
        } else {
            // Not ours to make non-blocking: a pipe that polls writable takes PIPE_BUF bytes at once.
            pollfd ready{m_descriptor, POLLOUT, 0};
            errno = EAGAIN;
            if (::poll(&ready, 1, 0) == 1)
                n = ::write(m_descriptor, from, std::min(size, size_t(PIPE_BUF)));
        }
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            break;
        if (n <= 0) {
            m_broken = true;
            at = m_pending.size();
            break;
        }
        at += n;
    }
    m_pending.remove(0, at);
    if (m_notifier)
        m_notifier->setEnabled(!m_pending.isEmpty());
    if (m_pending.isEmpty())
        Q_EMIT drained();
}

} // namespace isol8::audit
