// SPDX-License-Identifier: GPL-3.0-or-later
#include "Waiting.h"

#include <cerrno>
#include <csignal>
#include <cstring>

#include <sys/socket.h>

namespace isol8::guest {

namespace {

constexpr char Go = 'G';
constexpr char ReadyByte = 'R';

bool fill(const Fd &payload, std::string_view content)
{
    return ::ftruncate(payload.get(), 0) == 0 && ::lseek(payload.get(), 0, SEEK_SET) == 0 &&
           writeAll(payload.get(), content.data(), content.size()) && ::lseek(payload.get(), 0, SEEK_SET) == 0;
}

bool sendWithDescriptors(int socket, const Fd (&theirs)[4])
{
    int fds[4];
    for (int i = 0; i < 4; ++i)
        fds[i] = theirs[i].get();
    char byte = Go;
    iovec data{&byte, 1};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof fds)] = {};
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof fds);
    std::memcpy(CMSG_DATA(header), fds, sizeof fds);
    return ::sendmsg(socket, &message, MSG_NOSIGNAL) == 1;
}

} // namespace

void Waiting::start(std::uint32_t id, const RunMessage &message)
{
    m_id = id;
    m_message = message;
    m_problem.clear();
    m_child.reset();
    m_parked = 0;
    m_asked = m_runWaits = false;
    m_forks = message.flags & RunMessage::Forks;
    m_spawned = Spawned();
    if (!spawn(message, m_forks ? SpawnKind::Forking : SpawnKind::Waiting, &m_spawned)) {
        gone("No process can be created in the sandbox: " + errorText(errno) + ".");
        return;
    }
    m_state = State::Starting;
}

void Waiting::gone(std::string problem)
{
    PreparedMessage message;
    message.problem = std::move(problem);
    m_output.frame(FrameType::Prepared, m_id, message.encode());
    if (m_parked > 0)
        (void)::kill(m_parked, SIGKILL);
    m_parked = 0;
    m_state = State::None;
    m_spawned = Spawned();
}

void Waiting::park()
{
    if (m_state != State::Ready || !m_forks)
        return;
    (void)::ftruncate(m_spawned.payload.get(), 0); // what the run before was told is nobody's any more
    askForChild();
}

void Waiting::askForChild()
{
    if (m_parked > 0 || m_asked)
        return;
    char byte = Go;
    m_asked = ::send(m_spawned.failure.get(), &byte, 1, MSG_NOSIGNAL) == 1;
}

void Waiting::poll(PollSet &set)
{
    m_index = m_state == State::None ? PollSet::None : set.add(m_spawned.failure.get(), POLLIN);
}

void Waiting::handle(const PollSet &set)
{
    if (!set.events(m_index) || !m_spawned.failure)
        return;
    unsigned char bytes[sizeof(ExecFailure)];
    const ssize_t n = ::recv(m_spawned.failure.get(), bytes, sizeof bytes, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n == 1 && bytes[0] == ReadyByte && m_state == State::Starting) {
        m_state = State::Ready;
        PreparedMessage message;
        message.ok = true;
        m_output.frame(FrameType::Prepared, m_id, message.encode());
        park();
    } else if (n == 4 && m_forks && m_state == State::Ready) {
        const auto child = static_cast<pid_t>(getU32(bytes));
        m_asked = false;
        if (std::exchange(m_runWaits, false))
            m_child = child;
        else if (child > 0)
            m_parked = child;
        if (child <= 0)
            end(); // nobody will take what may lie in its children's socket
    } else {
        if (n == ssize_t(sizeof(ExecFailure))) {
            ExecFailure failure;
            std::memcpy(&failure, bytes, sizeof failure);
            m_problem = describe(failure, m_message);
        }
        m_spawned.failure.reset(); // it ends, or is made to
        end();
    }
}

bool Waiting::reaped(pid_t pid)
{
    if (m_state == State::None)
        return false;
    if (m_parked > 0 && pid == m_parked) {
        m_parked = 0;
        end();
        return false;
    }
    if (pid != m_spawned.pid)
        return false;
    gone(m_problem.empty() ? std::string("The waiting interpreter has ended.") : m_problem);
    return true;
}

bool Waiting::take(const RunMessage &message, Spawned *spawned)
{
    if (m_state != State::Ready || !fill(m_spawned.payload, message.encode()))
        return false;
    if (m_forks) {
        Fd theirs[4];
        if (!makePipes(spawned, theirs) || !sendWithDescriptors(m_spawned.requests.get(), theirs))
            return false;
        spawned->pid = std::exchange(m_parked, 0);
        if (spawned->pid == 0) {
            askForChild();
            m_runWaits = true;
        }
        return true;
    }
    char byte = Go;
    if (::send(m_spawned.failure.get(), &byte, 1, MSG_NOSIGNAL) != 1)
        return false;
    *spawned = std::move(m_spawned);
    m_state = State::None;
    return true;
}

std::optional<pid_t> Waiting::takeChild()
{
    return std::exchange(m_child, std::nullopt);
}

void Waiting::end()
{
    if (m_state == State::None)
        return;
    m_state = State::Ending;
    if (m_parked > 0)
        (void)::kill(m_parked, SIGKILL);
    (void)::kill(m_spawned.pid, SIGKILL);
}

} // namespace isol8::guest
