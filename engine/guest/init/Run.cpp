// SPDX-License-Identifier: GPL-3.0-or-later
#include "Run.h"

#include <algorithm>
#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <sys/wait.h>
#include <termios.h>

namespace isol8::guest {

namespace {

constexpr std::uint64_t LingerQuietMs = 50;
constexpr std::uint64_t LingerMs = 250;
constexpr std::uint64_t Never = ~std::uint64_t(0);

} // namespace

Run::Run(Output &output, const Cgroup &cgroup, std::uint32_t id, RunMessage message)
    : m_output(output)
    , m_cgroup(cgroup)
    , m_id(id)
    , m_message(std::move(message))
{
}

void Run::start()
{
    if (keepsOthers())
        m_older = otherProcesses();
    rememberStart();
    Spawned spawned;
    if (spawn(m_message, SpawnKind::Program, &spawned))
        take(std::move(spawned));
    else
        cannotFork(errno);
}

void Run::start(Spawned spawned)
{
    m_waited = true;
    rememberStart();
    take(std::move(spawned));
}

void Run::start(Live &live, bool fresh)
{
    m_live = &live;
    m_liveBroken = false;
    m_pid = live.pid();
    if (fresh)
        m_flags |= ExitMessage::StateFresh;
    m_older = otherProcesses();
    rememberStart();
}

void Run::liveReady()
{
    if (m_state == State::Starting && m_live && !m_live->offer(m_id, m_message))
        notStarted(errno, "The program's input cannot be opened: " + errorText(errno) + ".");
}

void Run::liveBegun()
{
    if (m_state != State::Starting || !m_live)
        return;
    Fd output;
    Fd error;
    m_live->begin(&m_input, &output, &error);
    m_stdout.open(std::move(output), FrameType::Stdout, m_id, m_message.maxStdout);
    m_stderr.open(std::move(error), FrameType::Stderr, m_id, m_message.maxStderr);
    rememberStart(); // without what the interpreter's own start has cost
    begun();
}

void Run::liveEnded(int code)
{
    if (m_state == State::Running && !m_mainEnded)
        mainEnded(W_EXITCODE(code, 0));
}

void Run::interrupt()
{
    m_interrupted = true;
    signal(SIGINT);
    if (m_state != State::Starting)
        signal(SIGCONT); // one that has stopped itself is to hear of it
}

bool Run::isOlder(pid_t pid) const
{
    return std::find(m_older.begin(), m_older.end(), pid) != m_older.end();
}

bool Run::flushed()
{
    for (Stream *stream : {&m_stdout, &m_stderr}) {
        Stream::Result result = Stream::Result::More;
        while (stream->isOpen() && result == Stream::Result::More)
            result = stream->pump(m_output);
        if (result == Stream::Result::Blocked)
            return false;
    }
    return true;
}

void Run::cannotFork(int code)
{
    if (code == EAGAIN && keepsOthers() && m_roomMade < 2) {
        m_wantsRoom = true;
        return;
    }
    notStarted(code, code == EAGAIN ? "No process can be created in the sandbox: its PID limit is reached."
                                    : "No process can be created in the sandbox: " + errorText(code) + ".");
}

bool Run::asksForRoom()
{
    m_wantsRoom = m_roomMade == 0 && m_cgroup.pidRefusals() > m_refusalsBefore;
    return m_wantsRoom;
}

void Run::roomMade()
{
    m_wantsRoom = false;
    ++m_roomMade;
    m_flags |= ExitMessage::RoomMade;
    if (isToDie())
        notStarted(ECANCELED, "The program was killed before it could start.");
}

void Run::adopt(pid_t pid)
{
    if (!wantsPid())
        return;
    if (pid <= 0)
        return cannotFork(-pid);
    m_pid = pid;
    for (const auto &[ended, status] : std::exchange(m_ended, {})) {
        if (ended == pid)
            mainEnded(status);
    }
}

void Run::take(Spawned spawned)
{
    m_pid = spawned.pid;
    m_failure = std::move(spawned.failure);
    m_input = std::move(spawned.input);
    m_stdout.open(std::move(spawned.output), FrameType::Stdout, m_id, m_message.maxStdout);
    if (spawned.error)
        m_stderr.open(std::move(spawned.error), FrameType::Stderr, m_id, m_message.maxStderr);
}

bool Run::input(std::string_view data)
{
    if (m_pendingInput.size() + data.size() > Window)
        return false;
    if (data.empty() || m_inputEnds)
        return true;
    m_pendingInput.append(data);
    m_owed += data.size();
    m_lastInput = data.back();
    writeInput();
    return true;
}

void Run::endInput()
{
    if (m_inputEnds)
        return;
    if (m_message.flags & RunMessage::Pty) {
        // What Ctrl-D does; behind an unfinished line it takes two. The terminal itself stays.
        termios settings{};
        char eof = '\x04';
        const bool known = ::tcgetattr(m_input ? m_input.get() : -1, &settings) == 0;
        if (known && settings.c_cc[VEOF] != 0)
            eof = char(settings.c_cc[VEOF]);
        const bool twice = known && (settings.c_lflag & ICANON) && m_lastInput != '\n' && m_lastInput != '\r';
        m_pendingInput.append(std::string_view(twice ? std::string(2, eof) : std::string(1, eof)));
    }
    m_inputEnds = true;
    writeInput();
}

void Run::writeInput()
{
    std::size_t passed = 0;
    if (m_state == State::Starting && !m_inputClosed)
        return; // until the program is there to read: a terminal's first Ctrl-D would be lost
    while (!m_pendingInput.empty() && !m_inputClosed) {
        const std::string_view data = m_pendingInput.view();
        const ssize_t n = ::write(m_input.get(), data.data(), data.size());
        if (n > 0) {
            passed += std::size_t(n);
            m_pendingInput.consume(std::size_t(n));
        } else if (n < 0 && errno == EAGAIN) {
            break;
        } else if (n == 0 || errno != EINTR) {
            m_inputClosed = true;
        }
    }
    if (m_inputClosed) {
        passed += m_pendingInput.size();
        m_pendingInput.clear();
        m_input.reset();
    }
    const std::size_t credit = std::min(passed, m_owed);
    if (credit > 0 && !over()) {
        m_owed -= credit;
        Writer w;
        w.u32(static_cast<std::uint32_t>(credit));
        m_output.frame(FrameType::Credit, m_id, w.take());
    }
    if (m_inputEnds && m_pendingInput.empty() && !(m_message.flags & RunMessage::Pty)) {
        m_inputClosed = true;
        m_input.reset();
    }
}

void Run::resize(std::uint32_t columns, std::uint32_t rows)
{
    if ((m_message.flags & RunMessage::Pty) && m_input)
        resizeTerminal(m_input.get(), columns, rows);
}

void Run::signal(int number)
{
    if (m_mainEnded || over())
        return;
    if (number == SIGKILL)
        m_flags |= ExitMessage::HostKilled;
    if (m_state != State::Starting)
        deliver(number);
    else if (number == SIGKILL && m_live && m_live->pid() > 0)
        (void)::kill(m_live->pid(), SIGKILL); // it does not begin
    else
        m_earlySignals |= std::uint64_t(1) << number;
}

// What a live run found there when it began is not its own, although it may be of the same group.
void Run::deliver(int number) const
{
    if (!m_live) {
        (void)::kill(-m_pid, number);
        return;
    }
    for (const pid_t pid : otherProcesses()) {
        if (pid != m_pid && !isOlder(pid) && ::getpgid(pid) == m_pid)
            (void)::kill(pid, number);
    }
    (void)::kill(m_pid, number);
}

void Run::kill()
{
    m_killed = true;
    if (!m_mainEnded)
        m_flags |= ExitMessage::HostKilled;
}

void Run::poll(PollSet &set)
{
    m_failureIndex = m_pid > 0 ? set.add(m_failure.get(), POLLIN) : PollSet::None;
    m_inputIndex =
        m_state != State::Starting && !m_pendingInput.empty() ? set.add(m_input.get(), POLLOUT) : PollSet::None;
    if (m_state != State::Starting) {
        m_stdout.poll(set, m_output);
        m_stderr.poll(set, m_output);
    }
}

void Run::handle(const PollSet &set)
{
    if (set.events(m_failureIndex))
        handleFailure();
    if (over())
        return;
    if (set.events(m_inputIndex))
        writeInput();
    if (m_state != State::Starting)
        pump(set);
}

void Run::handleFailure()
{
    ExecFailure failure;
    ssize_t n = 0;
    do {
        n = ::read(m_failure.get(), &failure, sizeof failure);
    } while (n < 0 && errno == EINTR);
    if (n < 0 && errno == EAGAIN)
        return;
    m_failure.reset();
    if (n == ssize_t(sizeof failure)) {
        notStarted(failure.code, describe(failure, m_message));
        return;
    }
    begun();
}

void Run::begun()
{
    m_startNs = clockNs();
    m_nextUsage = nowMs() + 1000;
    m_state = State::Running;
    m_output.frame(FrameType::Started, m_id);
    for (int number = 1; number < 64; ++number) {
        if (!m_mainEnded && (m_earlySignals & (std::uint64_t(1) << number)))
            deliver(number);
    }
    writeInput();
}

void Run::notStarted(int code, std::string message)
{
    ExitMessage exit;
    exit.how = ExitMessage::NotStarted;
    exit.code = code;
    exit.flags = m_flags;
    exit.message = std::move(message);
    m_output.frame(FrameType::Exit, m_id, exit.encode());
    m_state = State::Over;
}

void Run::pump(const PollSet &set)
{
    // As a program mostly writes them; but each in turn, when the host takes too little for both.
    Stream &second = m_errorFirst ? m_stdout : m_stderr;
    if (Stream &first = m_errorFirst ? m_stderr : m_stdout; first.ready(set))
        (void)first.pump(m_output);
    const bool blocked = second.ready(set) && second.pump(m_output) == Stream::Result::Blocked;
    m_errorFirst = blocked && !m_errorFirst;
}

void Run::reaped(pid_t pid, int status, const rusage &usage)
{
    if (over())
        return;
    m_largestRss = std::max(m_largestRss, std::uint64_t(usage.ru_maxrss) * 1024);
    if (m_pid == 0)
        m_ended.emplace_back(pid, status);
    else if (pid == m_pid && !m_mainEnded)
        mainEnded(status);
    else if (pid == m_pid)
        m_live = nullptr; // it ended just behind the run
}

void Run::mainEnded(int status)
{
    if (m_live && m_live->pid() == 0) {
        const auto failure = m_live->failure();
        m_live = nullptr;
        if (m_state == State::Starting)
            return failure ? notStarted(failure->code, describe(*failure, m_message))
                           : notStarted(ECHILD, "The session's interpreter ended before it was ready.");
    }
    m_endNs = clockNs();
    m_endedAtMs = m_quietSince = nowMs();
    m_mainEnded = true;
    m_status = status;
    const bool failed = !WIFEXITED(status) || WEXITSTATUS(status) != 0;
    if (failed && diskIsFull())
        m_flags |= ExitMessage::DiskFull;
}

void Run::turn(std::uint64_t now, bool childless, bool others, bool doorDrained)
{
    if (m_state == State::Running && now >= m_nextUsage)
        sendUsage();
    if (!m_mainEnded || m_state == State::Starting || over())
        return;
    if (m_state == State::Running) {
        m_state = others && !keepsOthers() ? State::Lingering : State::Draining;
    }
    if (m_state == State::Lingering) {
        const std::uint64_t pumped = m_stdout.total() + m_stderr.total();
        if (pumped != m_pumped) {
            m_pumped = pumped;
            m_quietSince = now;
        }
        const bool closed = !m_stdout.isOpen() && !m_stderr.isOpen();
        if (!others)
            m_state = State::Draining;
        else if (closed || now - m_quietSince >= LingerQuietMs || now - m_endedAtMs >= LingerMs)
            m_state = State::Killing;
    }
    if (m_state == State::Killing && childless)
        m_state = State::Draining;
    if (m_state == State::Draining)
        drain(doorDrained);
}

std::uint64_t Run::deadline() const
{
    if (m_state == State::Running)
        return m_mainEnded ? 0 : m_nextUsage;
    if (m_state == State::Lingering)
        return std::min(m_quietSince + LingerQuietMs, m_endedAtMs + LingerMs);
    return Never;
}

void Run::drain(bool doorDrained)
{
    for (Stream *stream : {&m_stdout, &m_stderr}) {
        while (stream->isOpen()) {
            const Stream::Result result = stream->pump(m_output);
            m_starved = result == Stream::Result::Blocked;
            if (m_starved)
                return; // until the host takes more
            if (result != Stream::Result::Idle)
                continue;
            if (m_live)
                break; // what comes from now on is not this run's
            if (keepsOthers())
                m_leftovers.push_back(stream->release());
            stream->close();
        }
    }
    if (!doorDrained)
        return;
    if (m_live) {
        m_flags |= ExitMessage::StateKept;
        m_input.reset();
        m_live->takeBack(m_stdout.release(), m_stderr.release());
    }
    finish();
}

} // namespace isol8::guest
