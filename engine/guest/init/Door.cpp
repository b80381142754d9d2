// SPDX-License-Identifier: GPL-3.0-or-later
#include "Door.h"

#include "Confine.h"
#include "DoorWorker.h"

#include <cerrno>
#include <csignal>
#include <utility>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace isol8::guest {

namespace {

constexpr int Backlog = 512;
constexpr int KernelBuffer = 256 * 1024; // each way, of a connection: as much again as its window
constexpr std::size_t ReadQuantum = 1024 * KiB;

template<class Address> bool listenAt(int family, const Address &address, Fd *listener)
{
    listener->reset(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const int on = 1;
    const int size = KernelBuffer; // which accepted connections inherit
    return *listener && ::setsockopt(listener->get(), SOL_SOCKET, SO_RCVBUF, &size, sizeof size) == 0 &&
           ::setsockopt(listener->get(), SOL_SOCKET, SO_SNDBUF, &size, sizeof size) == 0 &&
           ::setsockopt(listener->get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
           (family != AF_INET6 || ::setsockopt(listener->get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == 0) &&
           ::bind(listener->get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0 &&
           ::listen(listener->get(), Backlog) == 0;
}

bool listenOn4(Fd *listener)
{
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(DoorPort);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return listenAt(AF_INET, address, listener);
}

// A sandbox without IPv6 has no such loopback; that is no failure.
bool listenOn6(Fd *listener)
{
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(DoorPort);
    address.sin6_addr = in6addr_loopback;
    if (listenAt(AF_INET6, address, listener))
        return true;
    const int code = errno;
    listener->reset();
    errno = code;
    return code == EAFNOSUPPORT || code == EADDRNOTAVAIL;
}

[[noreturn]] void become(int socket, int first, int second, std::uint32_t firstId)
{
    resetSignals();
    ::setsid();
    // Above the standard numbers, so that none of them is overwritten before it is copied.
    const int ends[3] = {::fcntl(socket, F_DUPFD_CLOEXEC, 10), ::fcntl(first, F_DUPFD_CLOEXEC, 10),
                         second < 0 ? -1 : ::fcntl(second, F_DUPFD_CLOEXEC, 10)};
    if (::dup2(ends[0], 0) != 0 || ::dup2(ends[1], 1) != 1 || (second >= 0 && ::dup2(ends[2], 2) != 2))
        ::_exit(1);
    closeFrom(second < 0 ? 2 : 3);
    offerToOomKiller(0); // as init: the program goes first
    runDoorWorker(0, {1, second < 0 ? -1 : 2}, firstId);
}

} // namespace

bool Door::start(std::string *problem)
{
    Fd first;
    Fd second;
    int ends[2] = {-1, -1};
    if (!listenOn4(&first) || !listenOn6(&second)) {
        *problem = "The door's port cannot be had: " + errorText(errno) + ".";
        return false;
    }
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0) {
        m_socket.reset(ends[0]);
        const Fd theirs(ends[1]);
        m_pid = ::fork();
        if (m_pid == 0)
            become(theirs.get(), first.get(), second.get(), m_nextId);
    }
    if (m_pid <= 0) {
        *problem = "The door's process cannot be started: " + errorText(errno) + ".";
        m_pid = 0;
        m_socket.reset();
        return false;
    }
    m_addresses = "127.0.0.1:" + toText(DoorPort);
    if (second)
        m_addresses += ",[::1]:" + toText(DoorPort);
    m_state = State::Starting;
    m_queue.clear();
    m_serving = m_draining = m_cutting = m_lost = false;
    m_movedAt = nowMs();
    return true;
}

void Door::end()
{
    if (m_state == State::None)
        return;
    m_state = State::Ending;
    m_serving = m_draining = m_cutting = false;
    m_queue.clear();
    m_socket.reset();
    (void)::kill(m_pid, SIGKILL);
}

bool Door::reaped(pid_t pid)
{
    if (m_pid == 0 || pid != m_pid)
        return false;
    m_lost = m_lost || m_state == State::Open;
    m_pid = 0;
    m_state = State::None;
    m_serving = m_draining = m_cutting = false;
    m_queue.clear();
    m_socket.reset();
    return true;
}

void Door::lose()
{
    m_lost = m_state == State::Open;
    end();
}

void Door::begin(std::uint32_t run)
{
    if (m_state != State::Open)
        return;
    m_serving = true;
    m_drainAsked = m_draining = false;
    queue(DoorBegin, 0, NumberMessage{run}.encode());
}

void Door::drain(std::uint64_t now)
{
    if (m_state != State::Open || !m_serving || std::exchange(m_drainAsked, true))
        return;
    m_draining = true;
    m_drainUntil = now + DrainMs;
    queue(DoorDrain, 0, {});
}

void Door::cut()
{
    if (m_state != State::Open || !m_serving)
        return;
    m_serving = m_draining = false;
    m_cutting = true;
    m_movedAt = nowMs();
    m_queue.clear();
    queue(DoorCut, 0, {});
}

bool Door::frame(const Frame &frame)
{
    const Header header{static_cast<std::uint32_t>(frame.payload.size()), frame.type, frame.id};
    if (!doorFrameFits(header) || frame.type >= FrameType::Hello)
        return false;
    if (m_serving)
        queue(frame.type, frame.id, frame.payload);
    return true; // late ones, of streams that are cut, mean nothing
}

void Door::queue(FrameType type, std::uint32_t id, std::string_view payload)
{
    if (m_queue.empty())
        m_movedAt = nowMs();
    appendFrame(m_queue, type, id, payload);
    write();
}

void Door::write()
{
    while (m_socket && !m_queue.empty()) {
        const std::size_t size = wholeFrames(m_queue.view(), DoorPacket);
        const ssize_t n = ::send(m_socket.get(), m_queue.view().data(), size, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return; // later, or its death will be told
        m_queue.consume(size);
        m_movedAt = nowMs();
    }
}

void Door::poll(PollSet &set)
{
    const short events = short((m_queue.empty() ? 0 : POLLOUT) | (m_output.full() && !m_cutting ? 0 : POLLIN));
    m_index = events ? set.add(m_socket.get(), events) : PollSet::None;
}

void Door::handle(const PollSet &set)
{
    const short events = set.events(m_index);
    if (events & POLLOUT)
        write();
    if (events & ~POLLOUT)
        read();
}

void Door::read()
{
    std::size_t quantum = ReadQuantum;
    while (m_socket && quantum > 0) {
        if (m_output.full() && !m_cutting && (!m_output.flush() || m_output.full()))
            return; // until the host takes more; its end the loop sees by itself
        char *const packet = m_output.reserveRaw(DoorPacket);
        const ssize_t n = ::recv(m_socket.get(), packet, DoorPacket, 0);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (n <= 0 || !take({packet, std::size_t(n)}))
            return lose();
        quantum -= std::min(quantum, std::size_t(n));
    }
}

bool Door::take(std::string_view packet)
{
    std::string_view rest = packet;
    while (!rest.empty()) {
        Frame frame;
        std::size_t consumed = 0;
        if (parseFrame(rest, &frame, &consumed) != FrameStatus::Complete)
            return false;
        rest.remove_prefix(consumed);
        const Header header{static_cast<std::uint32_t>(frame.payload.size()), frame.type, frame.id};
        const bool alone = packet.size() == HeaderSize;
        if (frame.type == DoorReady && alone && m_state == State::Starting) {
            m_state = State::Open;
            return true;
        }
        if (frame.type == DoorDrained && alone && m_drainAsked) {
            m_draining = false;
            return true;
        }
        if (frame.type == DoorCutDone && alone && m_cutting) {
            m_cutting = false;
            return true;
        }
        if (!doorFrameFits(header) || frame.type < FrameType::Hello || m_state != State::Open)
            return false;
        if (frame.type == FrameType::DoorOpen) {
            if (frame.id < m_nextId)
                return false;
            m_nextId = frame.id + 1;
        }
    }
    if (m_serving)
        m_output.commitRaw(packet.size());
    return m_serving || m_cutting;
}

void Door::watch(std::uint64_t now)
{
    if (now >= m_drainUntil)
        m_draining = false;
    if (m_pid && owes() && now - m_movedAt >= StallMs)
        lose();
}

} // namespace isol8::guest
