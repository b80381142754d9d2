// SPDX-License-Identifier: GPL-3.0-or-later
/*
    isol8-reaper SOCKET LABEL: removes what an engine leaves behind when it is killed.

    The engine starts it and keeps the other end of the pipe that is its stdin. The byte 'q' is a clean end: nothing to
    do. The pipe's end without it means that the engine is dead: every container with LABEL is removed, at once, after
    one second and after two, for a create that was under way may still come through. Then it ends.
*/
#include <isol8/guest/ContainerIds.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

using namespace isol8::guest;

namespace {

constexpr int TimeoutMs = 5000;
constexpr std::size_t MaxAnswer = std::size_t(16) * 1024 * 1024;
constexpr std::size_t AtOnce = 16; // removals under way

long long nowMs()
{
    timespec t{};
    ::clock_gettime(CLOCK_MONOTONIC, &t);
    return static_cast<long long>(t.tv_sec) * 1000 + t.tv_nsec / 1000000;
}

// Whether \a fd is ready before \a deadline.
bool await(int fd, short events, long long deadline)
{
    while (true) {
        const long long left = deadline - nowMs();
        if (left <= 0)
            return false;
        pollfd one{fd, events, 0};
        const int n = ::poll(&one, 1, static_cast<int>(left));
        if (n > 0)
            return true;
        if (n < 0 && errno != EINTR)
            return false;
    }
}

// A connection on which \a request was sent; -1 when the daemon is not there.
int ask(const char *path, const std::string &request)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::size_t length = std::strlen(path);
    if (length >= sizeof address.sun_path)
        return -1;
    std::memcpy(address.sun_path, path, length);
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    const long long deadline = nowMs() + TimeoutMs;
    while (::connect(fd, reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0) {
        timespec pause{0, 20000000};
        if ((errno != EAGAIN && errno != EINTR) || nowMs() > deadline) { // EAGAIN: its queue is full
            ::close(fd);
            return -1;
        }
        ::nanosleep(&pause, nullptr);
    }
    std::size_t at = 0;
    while (at < request.size()) {
        const ssize_t n = ::send(fd, request.data() + at, request.size() - at, MSG_NOSIGNAL);
        if (n > 0) {
            at += static_cast<std::size_t>(n);
        } else if ((errno != EAGAIN && errno != EINTR) || !await(fd, POLLOUT, deadline)) {
            ::close(fd);
            return -1;
        }
    }
    return fd;
}

// The answer up to the connection's end; closes \a fd.
std::string answerOf(int fd)
{
    std::string answer;
    const long long deadline = nowMs() + TimeoutMs;
    char part[16384];
    while (fd >= 0 && answer.size() < MaxAnswer && await(fd, POLLIN, deadline)) {
        const ssize_t n = ::read(fd, part, sizeof part);
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
            break;
        if (n > 0)
            answer.append(part, static_cast<std::size_t>(n));
    }
    if (fd >= 0)
        ::close(fd);
    return answer;
}

void removeAll(const char *socket, const char *label)
{
    const std::string answer = answerOf(ask(socket, listRequest(label)));
    if (!isSuccess(answer))
        return;
    const std::vector<std::string> ids = containerIds(answer);
    for (std::size_t begin = 0; begin < ids.size(); begin += AtOnce) {
        std::vector<int> connections;
        for (std::size_t i = begin; i < std::min(begin + AtOnce, ids.size()); ++i)
            connections.push_back(ask(socket, deleteRequest(ids[i])));
        for (const int fd : connections)
            (void)answerOf(fd);
    }
}

// True for a clean end, false when the engine has died.
bool awaitEnd()
{
    while (true) {
        char byte = 0;
        const ssize_t n = ::read(0, &byte, 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN) {
            pollfd one{0, POLLIN, 0};
            (void)::poll(&one, 1, -1);
            continue;
        }
        if (n <= 0)
            return false;
        if (byte == 'q')
            return true;
    }
}

} // namespace

int main(int argc, char **argv)
{
    if (argc != 3 || !argv[1][0] || !argv[2][0]) {
        const char sentence[] = "usage: isol8-reaper SOCKET LABEL\nStarted by isol8 alone.\n";
        (void)!::write(2, sentence, sizeof sentence - 1);
        return 2;
    }
    (void)::setsid();
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGTSTP, SIGTTIN, SIGTTOU, SIGUSR1, SIGUSR2})
        (void)::signal(number, SIG_IGN);
    if (::chdir("/") != 0)
        return 1;
    ::umask(077);
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null >= 0) {
        (void)::dup2(null, 1);
        (void)::dup2(null, 2);
    }
    for (int fd = 3; fd < 1024; ++fd) // nothing of the engine's is to be held open
        (void)::close(fd);

    if (awaitEnd())
        return 0;
    for (int round = 0; round < 3; ++round) {
        if (round > 0)
            (void)::sleep(1);
        removeAll(argv[1], argv[2]);
    }
    return 0;
}
