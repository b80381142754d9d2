// SPDX-License-Identifier: GPL-3.0-or-later
/*
    One thread, one poll loop, level-triggered. What comes from the host is read whenever there is some, since its
    windows bound it; what comes from programs, connections included, is taken only as far as the host's window and our
    own queue reach, so that a program that outruns the host waits in its own write() or connect(). No connection is
   read twice before each of the others had its turn.
*/
#include "DoorWorker.h"

#include "Confine.h"

#include <isol8/guest/Frames.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <memory>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace isol8::guest {

namespace {

constexpr std::size_t OutLimit = 256 * KiB;
constexpr std::uint32_t CreditStep = DoorWindow / 4;
constexpr int AcceptBatch = 32;
constexpr int CutBatch = 4096; // more than wait at once, should a program that goes on make ever more
constexpr int PacketBatch = 16;
constexpr std::uint64_t AcceptPauseMs = 50; // when the system lacks something

char packet[DoorPacket];

struct Connection
{
    Fd fd;
    std::uint32_t id = 0;
    Buffer pending;                    //!< the host's bytes that the program has not taken
    std::uint32_t held = 0;            //!< of the host's window: pending, and owed
    std::uint32_t owed = 0;            //!< taken by the program, no credit given yet
    std::uint32_t window = DoorWindow; //!< what the host still takes
    bool programEnded = false;
    bool hostEnded = false;
    bool shut = false; //!< the program was told the host's end
    int index = PollSet::None;
};

class DoorWorker
{
public:
    DoorWorker(int socket, const int (&listeners)[2], std::uint32_t firstId)
        : m_socket(socket)
        , m_listeners{listeners[0], listeners[1]}
        , m_nextId(firstId)
    {
        say(DoorReady, 0);
    }

    [[noreturn]] void loop()
    {
        while (true) {
            flush();
            tellDrained();
            turn();
        }
    }

private:
    void turn();
    void readHost();
    void handle(const Frame &frame);
    void handleStream(const Frame &frame);
    void acceptFrom(int listener, bool all);
    void serve(Connection &c, short events);
    void readProgram(Connection &c);
    void writeProgram(Connection &c, std::string_view data);
    void give(Connection &c, std::size_t taken);
    void finishWriting(Connection &c);
    void broken(Connection &c);
    void sweep();
    void cut();
    void tellDrained();
    void flush();

    [[nodiscard]] bool mayRead(const Connection &c) const
    {
        return !c.programEnded && c.window > 0 && m_out.size() < OutLimit;
    }
    void say(FrameType type, std::uint32_t id, std::string_view payload = {}) { appendFrame(m_out, type, id, payload); }
    void sayNumber(FrameType type, std::uint32_t id, std::uint32_t number)
    {
        say(type, id, NumberMessage{number}.encode());
    }
    static void reset(Fd &fd)
    {
        const linger now{1, 0}; // the program reads ECONNRESET, and no port stays in use
        (void)::setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
        fd.reset();
    }

    const int m_socket;
    const int m_listeners[2];
    std::uint32_t m_nextId;
    std::uint32_t m_run = 0; //!< 0: none, connections are reset
    std::vector<std::unique_ptr<Connection>> m_connections;
    std::size_t m_first = 0; //!< whose turn it is first
    bool m_over = false;     //!< some connection is
    bool m_draining = false; //!< DoorDrained is owed
    bool m_untold = false;   //!< and could not be sent
    std::uint64_t m_acceptAt = 0;
    Buffer m_out;
    pollfd m_polled[3 + DoorMaxStreams];
};

void DoorWorker::turn()
{
    int count = 0;
    const auto add = [&](int fd, short events) {
        m_polled[count] = {fd, events, 0};
        return count++;
    };
    add(m_socket, short(m_out.empty() && !m_untold ? POLLIN : POLLIN | POLLOUT));
    const bool room = m_connections.size() < DoorMaxStreams && m_out.size() < OutLimit && nowMs() >= m_acceptAt;
    for (const int listener : m_listeners)
        add(room ? listener : -1, POLLIN);
    for (const auto &c : m_connections) {
        const short events = short((mayRead(*c) ? POLLIN : 0) | (c->pending.empty() ? 0 : POLLOUT));
        // Shut on our side it hangs up as soon as the program ends, too, which must wait until there is room for it.
        c->index = add(c->shut && !events ? -1 : c->fd.get(), events);
    }
    (void)::poll(m_polled, nfds_t(count), m_acceptAt > nowMs() ? int(AcceptPauseMs) : -1);

    if (m_polled[0].revents & ~POLLOUT)
        readHost();
    const std::size_t size = m_connections.size();
    for (std::size_t i = 0; i < size; ++i) {
        Connection &c = *m_connections[(m_first + i) % size];
        if (c.index != PollSet::None && c.fd)
            serve(c, m_polled[c.index].revents);
    }
    m_first = size ? (m_first + 1) % size : 0;
    sweep();
    for (int i = 0; i < 2; ++i) {
        if (m_polled[1 + i].revents)
            acceptFrom(m_listeners[i], false);
    }
}

void DoorWorker::readHost()
{
    for (int i = 0; i < PacketBatch; ++i) {
        const ssize_t n = ::recv(m_socket, packet, sizeof packet, 0);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (n <= 0)
            ::_exit(0);
        std::string_view rest(packet, std::size_t(n));
        Frame frame;
        std::size_t consumed = 0;
        while (!rest.empty()) {
            if (parseFrame(rest, &frame, &consumed) != FrameStatus::Complete)
                ::_exit(1);
            handle(frame);
            rest.remove_prefix(consumed);
        }
    }
}

void DoorWorker::handle(const Frame &frame)
{
    if (frame.type == DoorBegin) {
        NumberMessage message;
        if (!message.decode(frame.payload))
            ::_exit(1);
        m_run = message.number;
    } else if (frame.type == DoorDrain) {
        m_draining = true;
        for (const int listener : m_listeners) {
            if (listener >= 0)
                acceptFrom(listener, true);
        }
    } else if (frame.type == DoorCut) {
        cut();
    } else {
        handleStream(frame);
    }
}

// What breaks the protocol here is a defect of the host's, which ends the sandbox.
void DoorWorker::handleStream(const Frame &frame)
{
    const auto found = std::find_if(m_connections.begin(), m_connections.end(),
                                    [&](const auto &c) { return c->id == frame.id && c->fd; });
    if (found == m_connections.end()) {
        if (frame.id >= m_nextId)
            ::_exit(1);
        return; // over by now
    }
    Connection &c = **found;
    NumberMessage message;
    switch (frame.type) {
    case FrameType::DoorData:
        c.held += std::uint32_t(frame.payload.size());
        if (c.hostEnded || c.held > DoorWindow)
            ::_exit(1);
        writeProgram(c, frame.payload);
        break;
    case FrameType::DoorGive:
        if (!message.decode(frame.payload) || message.number == 0 || message.number > DoorWindow - c.window)
            ::_exit(1);
        c.window += message.number;
        break;
    case FrameType::DoorEnd:
        if (c.hostEnded)
            ::_exit(1);
        c.hostEnded = true;
        finishWriting(c);
        break;
    case FrameType::DoorReset:
        reset(c.fd);
        m_over = true;
        break;
    default:
        ::_exit(1);
    }
}

void DoorWorker::acceptFrom(int listener, bool all)
{
    for (int i = 0; i < (all ? CutBatch : AcceptBatch) && (all || m_connections.size() < DoorMaxStreams); ++i) {
        Fd fd(::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (!fd && (errno == EINTR || errno == ECONNABORTED))
            continue;
        if (!fd) {
            if (errno != EAGAIN)
                m_acceptAt = nowMs() + AcceptPauseMs;
            return;
        }
        if (m_run == 0 || m_nextId == ~std::uint32_t(0)) {
            reset(fd);
            continue;
        }
        const int on = 1;
        (void)::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        auto c = std::make_unique<Connection>();
        c->fd = std::move(fd);
        c->id = m_nextId++;
        sayNumber(FrameType::DoorOpen, c->id, m_run);
        readProgram(*c); // it mostly has spoken already
        m_connections.push_back(std::move(c));
    }
}

void DoorWorker::serve(Connection &c, short events)
{
    if (events & POLLOUT)
        writeProgram(c, {});
    if (c.fd && (events & ~POLLOUT) && mayRead(c))
        readProgram(c);
    else if (c.fd && (events & (POLLERR | POLLHUP)) && !c.shut)
        broken(c); // by the program; what it sent before nobody waits for
}

void DoorWorker::readProgram(Connection &c)
{
    if (!mayRead(c))
        return;
    const std::size_t most = std::min<std::size_t>(DataChunk, c.window);
    char *const at = m_out.reserve(HeaderSize + most);
    const ssize_t n = ::recv(c.fd.get(), at + HeaderSize, most, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n < 0)
        return broken(c);
    if (n > 0) {
        unsigned char header[HeaderSize];
        encodeHeader(header, {std::uint32_t(n), FrameType::DoorBytes, c.id});
        std::memcpy(at, header, HeaderSize);
        m_out.commit(HeaderSize + std::size_t(n));
        c.window -= std::uint32_t(n);
        return;
    }
    c.programEnded = true;
    say(FrameType::DoorDone, c.id);
    if (c.shut) {
        c.fd.reset();
        m_over = true;
    }
}

void DoorWorker::writeProgram(Connection &c, std::string_view data)
{
    const bool direct = c.pending.empty();
    std::string_view rest = direct ? data : c.pending.view();
    std::size_t taken = 0;
    while (!rest.empty()) {
        const ssize_t n = ::send(c.fd.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            break;
        if (n <= 0)
            return broken(c);
        rest.remove_prefix(std::size_t(n));
        taken += std::size_t(n);
    }
    if (direct) {
        c.pending.append(rest);
    } else {
        c.pending.consume(taken);
        c.pending.append(data);
    }
    if (c.pending.empty())
        c.pending.release();
    give(c, taken);
    finishWriting(c);
}

void DoorWorker::give(Connection &c, std::size_t taken)
{
    c.owed += std::uint32_t(taken);
    if (c.owed < CreditStep || c.hostEnded)
        return;
    sayNumber(FrameType::DoorCredit, c.id, c.owed);
    c.held -= c.owed;
    c.owed = 0;
}

void DoorWorker::finishWriting(Connection &c)
{
    if (!c.hostEnded || c.shut || !c.pending.empty() || !c.fd)
        return;
    c.shut = true;
    (void)::shutdown(c.fd.get(), SHUT_WR);
    if (c.programEnded) {
        c.fd.reset();
        m_over = true;
    }
}

void DoorWorker::broken(Connection &c)
{
    say(FrameType::DoorBroken, c.id);
    reset(c.fd);
    m_over = true;
}

// A connection whose program is gone comes to its end as soon as it is read to there, which the host's window may
// delay.
void DoorWorker::tellDrained()
{
    const bool drained = std::all_of(m_connections.begin(), m_connections.end(),
                                     [](const auto &c) { return !c->fd || c->programEnded; });
    if (!m_draining || !drained || !m_out.empty())
        return;
    unsigned char alone[HeaderSize]; // in its packet
    encodeHeader(alone, {0, DoorDrained, 0});
    m_untold = ::send(m_socket, alone, sizeof alone, MSG_NOSIGNAL) < 0;
    m_draining = m_untold;
}

void DoorWorker::sweep()
{
    if (!m_over)
        return;
    m_connections.erase(
        std::remove_if(m_connections.begin(), m_connections.end(), [](const auto &c) { return !c->fd; }),
        m_connections.end());
    m_over = false;
}

// Of what was, nothing is left when DoorCutDone is said: no connection, none that waits to be accepted, no frame.
void DoorWorker::cut()
{
    m_run = 0;
    m_draining = m_untold = false;
    for (const auto &c : m_connections) {
        if (c->fd)
            reset(c->fd);
    }
    m_over = true;
    for (const int listener : m_listeners) {
        if (listener >= 0)
            acceptFrom(listener, true);
    }
    m_out.clear();
    say(DoorCutDone, 0);
}

void DoorWorker::flush()
{
    while (!m_out.empty()) {
        const std::size_t size = wholeFrames(m_out.view(), DoorPacket);
        const ssize_t n = ::send(m_socket, m_out.view().data(), size, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        if (n < 0)
            ::_exit(0);
        m_out.consume(size);
    }
}

} // namespace

void runDoorWorker(int socket, const int (&listeners)[2], std::uint32_t firstId)
{
    if (!becomeDoor() || !installDoorFilter())
        ::_exit(1);
    auto *const worker = new DoorWorker(socket, listeners, firstId); // never deleted
    worker->loop();
}

} // namespace isol8::guest
