// SPDX-License-Identifier: GPL-3.0-or-later
#include <service/LocalEndpoint.h>

#include <QFile>

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>

using namespace Qt::StringLiterals;

namespace isol8::service {

namespace {

constexpr int Backlog = 256;

QString lastError()
{
    return QString::fromLocal8Bit(std::strerror(errno));
}

Result<sockaddr_un> addressOf(const QString &path)
{
    const QByteArray name = QFile::encodeName(path);
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    if (name.size() >= qsizetype(sizeof address.sun_path))
        return fail(errors::FileError,
                    u"The socket's path is too long: %1; set XDG_RUNTIME_DIR to a shorter one."_s.arg(path));
    std::memcpy(address.sun_path, name.constData(), size_t(name.size()));
    return address;
}

// A socket of the file system: two are the same when their addresses are.
bool isUnixListener(int descriptor)
{
    return ::sd_is_socket_unix(descriptor, SOCK_STREAM, 1, nullptr, 0) > 0;
}

} // namespace

LocalEndpoint::~LocalEndpoint()
{
    withdraw();
    if (m_lock >= 0)
        ::close(m_lock);
}

void LocalEndpoint::withdraw()
{
    const QByteArray name = QFile::encodeName(std::exchange(m_path, {}));
    struct stat status = {};
    if (!name.isEmpty() && ::lstat(name.constData(), &status) == 0 && status.st_dev == m_device &&
        status.st_ino == m_inode)
        ::unlink(name.constData());
}

Result<void> LocalEndpoint::lock(const LocalSocket &socket)
{
    m_lock = ::open(QFile::encodeName(socket.lockPath()).constData(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (m_lock < 0)
        return fail(errors::FileError, u"The lock file %1 cannot be opened."_s.arg(socket.lockPath()), lastError());
    if (::flock(m_lock, LOCK_EX | LOCK_NB) != 0)
        return fail(u"already_running", u"A background engine of this user is running already."_s);
    return {};
}

Result<int> LocalEndpoint::listen(const LocalSocket &socket)
{
    const int handed = ::sd_listen_fds(1);
    if (handed > 0) {
        if (handed != 1 || !isUnixListener(SD_LISTEN_FDS_START))
            return fail(errors::BadValue,
                        u"systemd handed over something else than one listening Unix socket; see isol8.socket."_s);
        return SD_LISTEN_FDS_START;
    }
    if (const auto ready = socket.ensureFolder(); !ready)
        return fail(ready.error());
    if (const auto locked = lock(socket); !locked)
        return fail(locked.error());
    return bindAndListen(socket.path());
}

Result<int> LocalEndpoint::bindAndListen(const QString &path)
{
    const auto address = addressOf(path);
    if (!address)
        return fail(address.error());
    const auto *name = reinterpret_cast<const sockaddr *>(&*address);
    // The lock is ours: who answers here nevertheless is systemd, for a unit of its own.
    const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const bool answered = ::connect(probe, name, sizeof *address) == 0 || errno == EAGAIN;
    ::close(probe);
    if (answered)
        return fail(u"already_running", u"Something listens on %1 already (systemd's isol8.socket?)."_s.arg(path));
    ::unlink(address->sun_path);

    const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const mode_t mask = ::umask(0177);
    const bool bound = descriptor >= 0 && ::bind(descriptor, name, sizeof *address) == 0;
    const int problem = errno;
    ::umask(mask);
    errno = problem;
    if (!bound || ::listen(descriptor, Backlog) != 0) {
        const QString why = lastError();
        if (descriptor >= 0)
            ::close(descriptor);
        return fail(errors::FileError, u"The service cannot listen on %1."_s.arg(path), why);
    }
    struct stat status = {};
    if (::lstat(address->sun_path, &status) == 0) {
        m_path = path;
        m_device = status.st_dev;
        m_inode = status.st_ino;
    }
    return descriptor;
}

} // namespace isol8::service
