// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/sandbox/Reaper.h>

#include <isol8/guest/GuestFiles.h>

#include <QFile>

#include <cerrno>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace isol8 {

Reaper::~Reaper()
{
    if (m_pipe >= 0)
        ::close(m_pipe);
}

Result<void> Reaper::launch(const docker::Endpoint &endpoint, const QString &label)
{
    if (m_pid > 0 || endpoint.kind != docker::Endpoint::Kind::Unix)
        return {};
    const auto program = installGuestFile(GuestReaperName);
    if (!program)
        return fail(program.error());
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return fail(errors::Internal,
                    u"A pair of sockets could not be made: %1."_s.arg(QString::fromLocal8Bit(std::strerror(errno))));

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[0], 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK);

    const QByteArray path = QFile::encodeName(*program);
    const QByteArray socket = QFile::encodeName(endpoint.path);
    const QByteArray labelBytes = label.toUtf8();
    char *const argv[] = {const_cast<char *>("isol8-reaper"), const_cast<char *>(socket.constData()),
                          const_cast<char *>(labelBytes.constData()), nullptr};
    char *const environment[] = {nullptr};
    const int code = ::posix_spawn(&m_pid, path.constData(), &actions, &attributes, argv, environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    ::close(ends[0]);
    if (code != 0) {
        ::close(ends[1]);
        m_pid = -1;
        return fail(errors::Internal,
                    u"%1 could not be started: %2."_s.arg(*program, QString::fromLocal8Bit(std::strerror(code))));
    }
    m_pipe = ends[1];
    return {};
}

void Reaper::dismiss()
{
    if (m_pipe < 0)
        return;
    ::kill(m_pid, SIGKILL);
    ::waitpid(m_pid, nullptr, 0);
    ::close(m_pipe);
    m_pipe = -1;
    m_pid = -1;
}

} // namespace isol8
