// SPDX-License-Identifier: GPL-3.0-or-later
#include "Live.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/random.h>
#include <sys/socket.h>

namespace isol8::guest {

namespace {

constexpr char Acknowledged = 'A';
// An interpreter that waits begins at once. One that has work of an earlier program's to do, a timer's say, comes to
// it.
constexpr std::uint64_t IdlePatienceMs = 2000;
constexpr std::uint64_t BusyPatienceMs = 10000;
constexpr std::uint64_t LookMs = 250;
constexpr int IdleLooks = 4; // in a row, for a sandbox that the machine has no time for looks idle now and then

Fd openAgain(const Fd &pipe, int flags)
{
    return Fd(::open(("/proc/self/fd/" + toText(std::uint64_t(pipe.get()))).c_str(), flags | O_NONBLOCK | O_CLOEXEC));
}

void appendField(Buffer &out, std::string_view text)
{
    out.append(text);
    out.append(std::string_view("\0", 1));
}

// Empty when the kernel has no chance to give.
std::string unguessableWord()
{
    unsigned char bytes[16];
    if (::getrandom(bytes, sizeof bytes, 0) != ssize_t(sizeof bytes))
        return {};
    std::string word;
    for (const unsigned char byte : bytes) {
        word += "0123456789abcdef"[byte >> 4];
        word += "0123456789abcdef"[byte & 15];
    }
    return word;
}

} // namespace

bool Live::start(const RunMessage &message)
{
    m_failure.reset();
    m_header.reset();
    m_in.clear();
    m_out.clear();
    m_broken = false;
    m_spawned = Spawned();
    if (!spawn(message, SpawnKind::Live, &m_spawned))
        return false;
    m_reader = std::move(m_spawned.reader);
    m_spawned.input.reset();
    m_state = State::Starting;
    return true;
}

bool Live::offer(std::uint32_t id, const RunMessage &message)
{
    m_writer = openAgain(m_reader, O_WRONLY);
    if (!m_writer)
        return false;
    m_word = unguessableWord();
    if (m_word.empty())
        return false;
    m_id = id;
    // What lies in the pipes was written before, and goes its own way first.
    for (Stream *stream : {&m_idleOut, &m_idleError}) {
        if (stream->isOpen())
            (void)stream->pump(m_output);
    }
    m_state = State::Offered;
    m_offeredAt = nowMs();
    m_lookAt = m_offeredAt + IdlePatienceMs;
    m_idleLooks = 0;
    m_cpuAtOffer = cpuMsOf(m_spawned.pid);
    appendField(m_out, "RUN");
    appendField(m_out, m_word);
    appendField(m_out, message.liveCwd);
    appendField(m_out, toText(message.liveArgv.size()));
    for (const std::string &argument : message.liveArgv)
        appendField(m_out, argument);
    appendField(m_out, toText(message.liveEnv.size()));
    for (const std::string &variable : message.liveEnv)
        appendField(m_out, variable);
    write();
    return true;
}

void Live::begin(Fd *input, Fd *output, Fd *error)
{
    *input = std::move(m_writer);
    *output = m_idleOut.isOpen() ? m_idleOut.release() : std::move(m_spawned.output);
    *error = m_idleError.isOpen() ? m_idleError.release() : std::move(m_spawned.error);
}

bool Live::stuck(std::uint64_t now)
{
    if (m_state != State::Offered || m_broken || now < m_lookAt)
        return false;
    m_lookAt = now + LookMs;
    const std::uint64_t waited = now - m_offeredAt;
    if (waited >= BusyPatienceMs)
        return true;
    bool works = cpuMsOf(m_spawned.pid) - m_cpuAtOffer >= waited / 10;
    for (const pid_t pid : otherProcesses()) {
        const char state = stateOf(pid);
        works = works || state == 'R' || state == 'D';
    }
    m_idleLooks = works ? 0 : m_idleLooks + 1;
    return m_idleLooks >= IdleLooks;
}

std::uint64_t Live::deadline() const
{
    return m_state == State::Offered && !m_broken ? m_lookAt : ~std::uint64_t(0);
}

void Live::takeBack(Fd output, Fd error)
{
    if (m_state == State::None)
        return;
    m_state = State::Idle;
    m_idleOut.open(std::move(output), FrameType::Stdout, 0, IdleLimit);
    m_idleError.open(std::move(error), FrameType::Stderr, 0, IdleLimit);
    m_header.reset();
    m_in.clear();
    if (const Fd rest = openAgain(m_reader, O_RDONLY))
        (void)discardInput(rest.get());
}

void Live::poll(PollSet &set)
{
    m_index = PollSet::None;
    if (m_state == State::None)
        return;
    const bool reads = !m_broken && !m_output.full() && !wantsFlush();
    if (reads || !m_out.empty())
        m_index = set.add(m_spawned.failure.get(), short((reads ? POLLIN : 0) | (m_out.empty() ? 0 : POLLOUT)));
    if (m_state == State::Idle) {
        m_idleOut.poll(set, m_output);
        m_idleError.poll(set, m_output);
    }
}

void Live::handle(const PollSet &set)
{
    const short events = set.events(m_index);
    if (events & POLLOUT)
        write();
    if (events & (POLLIN | POLLHUP | POLLERR))
        read();
    if (m_state != State::Idle)
        return;
    for (Stream *stream : {&m_idleOut, &m_idleError}) {
        if (stream->isOpen() && stream->ready(set))
            (void)stream->pump(m_output);
    }
}

void Live::write()
{
    while (!m_out.empty() && m_spawned.failure) {
        const std::string_view data = m_out.view();
        const ssize_t n = ::send(m_spawned.failure.get(), data.data(), data.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n > 0) {
            m_out.consume(std::size_t(n));
        } else if (errno == EAGAIN) {
            return;
        } else if (errno != EINTR) {
            m_out.clear(); // it has closed its end; reading says so, too
        }
    }
}

void Live::read()
{
    const ssize_t n = ::recv(m_spawned.failure.get(), m_in.reserve(DataChunk), DataChunk, MSG_DONTWAIT);
    if (n > 0)
        m_in.commit(std::size_t(n));
    else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        m_broken = true;
}

// True when the value is through.
bool Live::passValue()
{
    while (true) {
        const std::string_view data = m_in.view().substr(0, std::min(m_header->left, std::size_t(DataChunk)));
        m_starved = m_output.full();
        if ((data.empty() && m_header->left > 0) || m_starved)
            return false;
        DisplayMessage message;
        message.flags = std::uint8_t((m_header->begun ? 0 : DisplayMessage::First) |
                                     (data.size() == m_header->left ? DisplayMessage::Last : 0));
        if (!m_header->begun)
            message.type = m_header->type;
        message.data = data;
        m_output.frame(FrameType::Display, m_id, message.encode());
        m_header->begun = true;
        m_header->left -= data.size();
        m_in.consume(data.size());
        if (message.flags & DisplayMessage::Last)
            return true;
    }
}

Live::Event Live::next(bool flushed)
{
    m_starved = false;
    while (m_state != State::None) {
        if (!m_header) {
            const std::string_view in = m_in.view();
            if (m_state == State::Starting && in.size() >= sizeof(ExecFailure) && in[0] < 8) {
                ExecFailure failure;
                std::memcpy(&failure, in.data(), sizeof failure);
                m_failure = failure;
                m_broken = true;
                m_in.clear();
                return Event::Failed;
            }
            const std::size_t end = in.find('\n');
            if (end == std::string_view::npos) {
                const bool failed = m_broken || in.size() > LiveHeader::MaxLength;
                m_broken = failed;
                if (failed && !m_spawned.failure)
                    return Event::None;
                if (failed)
                    m_spawned.failure.reset();
                return failed ? Event::Failed : Event::None;
            }
            m_header = parseLiveHeader(in.substr(0, end));
            if (!m_header) {
                m_broken = true;
                m_spawned.failure.reset();
                m_in.clear(); // it is not listened to any more
                return Event::Failed;
            }
            m_in.consume(end + 1);
        }
        switch (m_header->kind) {
        case 'R':
            m_header.reset();
            if (m_state != State::Starting)
                continue; // it says so once
            m_state = State::Idle;
            return Event::Ready;
        case 'B': {
            const bool begins = m_state == State::Offered && m_header->type == m_word;
            m_header.reset();
            if (!begins)
                continue;
            m_state = State::Busy;
            return Event::Begun;
        }
        case 'E': {
            const bool ends = m_state == State::Busy && m_header->type == m_word;
            m_code = int(m_header->left);
            m_header.reset();
            if (ends)
                return Event::Ended;
            continue;
        }
        default:
            if (m_state != State::Busy) {
                m_broken = true;
                m_header.reset();
                m_in.clear();
                continue;
            }
            if (!m_header->begun && !flushed) {
                m_starved = true;
                return Event::None;
            }
            if (!passValue())
                return Event::None;
            m_header.reset();
            m_out.append(std::string_view(&Acknowledged, 1));
            write();
        }
    }
    return Event::None;
}

bool Live::reaped(pid_t pid)
{
    if (m_state == State::None || pid != m_spawned.pid)
        return false;
    read(); // its last words
    m_state = State::None;
    m_spawned = Spawned();
    m_reader.reset();
    m_writer.reset();
    for (Stream *stream : {&m_idleOut, &m_idleError}) {
        if (!stream->isOpen())
            continue;
        (void)stream->pump(m_output);
        stream->close();
    }
    return true;
}

} // namespace isol8::guest
