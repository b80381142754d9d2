// SPDX-License-Identifier: GPL-3.0-or-later
// What the host asks of init, frame by frame, and how the longer of its wishes are carried out.
#include "Init.h"

#include <isol8/guest/RunSignals.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

namespace isol8::guest {

namespace {

constexpr std::uint64_t ResetMs = 5000; // to kill; emptying has its own limit
constexpr std::uint64_t StopMs = 2000;  // past it, what is left sits in the kernel and runs no code
constexpr std::size_t MaxPing = 64;

} // namespace

bool Init::frame(const Frame &frame)
{
    const bool empty = frame.payload.empty();
    switch (frame.type) {
    case FrameType::Ping:
        m_output.frame(FrameType::Pong, frame.id, frame.payload.substr(0, MaxPing));
        return frame.payload.size() <= MaxPing;
    case FrameType::Run:
        return beginRun(frame);
    case FrameType::Stdin:
    case FrameType::StdinEof:
    case FrameType::Resize:
        return forRun(frame);
    case FrameType::Signal:
        return signalRun(frame);
    case FrameType::Interrupt:
        if (m_run && m_run->id() == frame.id)
            m_run->interrupt();
        else if (m_pending && m_pending->id == frame.id)
            m_pending->signals |= std::uint64_t(1) << SIGINT;
        return empty;
    case FrameType::Kill:
        killAll();
        return empty;
    case FrameType::FilePut:
    case FrameType::FileData:
    case FrameType::FileEnd:
    case FrameType::FileGet:
    case FrameType::FileList:
    case FrameType::FileRemove:
    case FrameType::FileMkdir:
    case FrameType::FileAbort:
    case FrameType::FileSymlink:
    case FrameType::FileGive:
        return m_files.frame(frame);
    case FrameType::Reset:
        if (m_asked)
            return false;
        killAll();
        endStop();
        m_door.end();
        m_asked = Asked{frame.id, nowMs() + ResetMs};
        return empty;
    case FrameType::Prepare:
        return prepare(frame);
    case FrameType::DoorListen:
    case FrameType::DoorShut:
        setDoor(frame.id, frame.type == FrameType::DoorListen);
        return empty;
    case FrameType::DoorData:
    case FrameType::DoorGive:
    case FrameType::DoorEnd:
    case FrameType::DoorReset:
        return m_door.frame(frame);
    case FrameType::Stop:
        if (m_stop)
            return false;
        m_stop = Asked{frame.id, nowMs() + StopMs};
        return empty;
    case FrameType::Continue:
        endStop();
        (void)::kill(-1, SIGCONT);
        m_output.frame(FrameType::Continued, frame.id);
        return empty;
    case FrameType::Exit_:
        m_end = End::Quiet;
        return empty;
    default:
        return false;
    }
}

bool Init::beginRun(const Frame &frame)
{
    RunMessage message;
    if (!message.decode(frame.payload))
        return false;
    if (m_run || m_pending) {
        ExitMessage exit;
        exit.how = ExitMessage::NotStarted;
        exit.code = EBUSY;
        exit.message = "Another program runs in the sandbox.";
        m_output.frame(FrameType::Exit, frame.id, exit.encode());
        return true;
    }
    m_pending.emplace(frame.id, std::move(message));
    return true;
}

bool Init::prepare(const Frame &frame)
{
    RunMessage message;
    if (!message.decode(frame.payload) || (message.flags & ~std::uint32_t(RunMessage::Forks)) != 0)
        return false;
    if (m_waiting.pid() || m_run || m_pending || m_asked || killing()) {
        PreparedMessage answer;
        answer.problem = "The sandbox is not at rest.";
        m_output.frame(FrameType::Prepared, frame.id, answer.encode());
        return true;
    }
    m_childless = false;
    m_waiting.start(frame.id, message);
    return true;
}

void Init::setDoor(std::uint32_t id, bool open)
{
    std::string problem;
    if (m_doorTask != DoorTask::None || m_run || m_pending || m_asked || killing()) {
        m_output.frame(FrameType::DoorState, id, DoorStateMessage{false, "The sandbox is not at rest."}.encode());
        return;
    }
    m_childless = false;
    m_doorTask = DoorTask::Answer;
    m_doorId = id;
    m_doorWanted = open;
    if (!open)
        m_door.end();
    else if (!m_door.pid() && !m_door.start(&problem))
        doorSettled(problem);
}

void Init::turnDoor()
{
    if (m_door.isLost()) {
        m_why = "the door's process has ended.";
        m_end = End::Broken;
    } else if (m_doorTask != DoorTask::None && !m_door.changing()) {
        doorSettled(m_door.isOpen() == m_doorWanted ? "" : "The door's process has failed.");
    }
}

// What waited for the door to be open, or gone, goes on.
void Init::doorSettled(const std::string &problem)
{
    switch (std::exchange(m_doorTask, DoorTask::None)) {
    case DoorTask::Greet:
        return greet();
    case DoorTask::Answer:
        m_doorWanted = m_door.isOpen();
        m_output.frame(FrameType::DoorState, m_doorId, DoorStateMessage{problem.empty(), problem}.encode());
        return;
    case DoorTask::Reset:
        return resetDone(problem);
    case DoorTask::None:
        return;
    }
}

// Frames that come after the program's end, or for a run that never was, are late and mean nothing.
bool Init::forRun(const Frame &frame)
{
    Reader reader(frame.payload);
    std::uint32_t columns = 0;
    std::uint32_t rows = 0;
    if (frame.type == FrameType::Resize) {
        columns = reader.u32();
        rows = reader.u32();
        if (!reader.done())
            return false;
    } else if (frame.type == FrameType::StdinEof && !frame.payload.empty()) {
        return false;
    }
    if (m_pending && m_pending->id == frame.id) {
        // It starts as soon as the files are there; its input has come sooner.
        if (frame.type == FrameType::Stdin) {
            if (m_pending->input.size() + frame.payload.size() > Window)
                return false;
            if (!m_pending->inputEnds)
                m_pending->input.append(frame.payload);
        } else if (frame.type == FrameType::StdinEof) {
            m_pending->inputEnds = true;
        } else {
            m_pending->message.columns = columns;
            m_pending->message.rows = rows;
        }
        return true;
    }
    if (!m_run || m_run->id() != frame.id)
        return true;
    if (frame.type == FrameType::Stdin)
        return m_run->input(frame.payload);
    if (frame.type == FrameType::StdinEof)
        m_run->endInput();
    else
        m_run->resize(columns, rows);
    return true;
}

bool Init::signalRun(const Frame &frame)
{
    Reader reader(frame.payload);
    const std::uint32_t number = reader.u32();
    if (!reader.done() || !isRunSignal(int(number)))
        return false;
    if (m_run && m_run->id() == frame.id)
        m_run->signal(int(number));
    else if (m_pending && m_pending->id == frame.id)
        m_pending->signals |= std::uint64_t(1) << number;
    return true;
}

void Init::killAll()
{
    dropPending();
    if (m_run)
        m_run->kill();
    m_killing = true;
}

void Init::dropPending()
{
    if (!m_pending)
        return;
    ExitMessage exit;
    exit.how = ExitMessage::NotStarted;
    exit.code = ECANCELED;
    exit.flags = ExitMessage::HostKilled;
    exit.message = "The program was killed before it could start.";
    m_output.frame(FrameType::Exit, m_pending->id, exit.encode());
    m_pending.reset();
}

void Init::turnReset(std::uint64_t now)
{
    if (!m_asked)
        return;
    if (!m_killing && !m_run && !m_reset.active() && !m_door.pid() && m_doorTask == DoorTask::None) {
        m_leftovers.clear();
        std::string problem;
        if (!m_reset.start(&problem))
            resetDone("The helper that empties the writable places cannot be started: " + problem + ".");
        else
            m_childless = false;
    } else if (now >= m_asked->deadline && !m_reset.active()) {
        m_doorTask = DoorTask::None;
        resetDone("Processes of the sandbox cannot be killed.");
    }
}

// No connection and no listener was left when the places were looked at; the door is made anew.
void Init::emptied(std::string problem)
{
    if (!m_asked)
        return;
    if (!problem.empty() || !m_doorWanted)
        return resetDone(std::move(problem));
    m_asked->deadline = nowMs() + ResetMs;
    m_doorTask = DoorTask::Reset;
    if (!m_door.start(&problem))
        doorSettled(problem);
}

void Init::resetDone(std::string problem)
{
    if (!m_asked)
        return;
    if (problem.empty() && strangersAlive(0))
        problem = "Processes of the sandbox are still alive.";
    ResetDoneMessage done;
    done.ok = problem.empty();
    done.problem = std::move(problem);
    m_output.frame(FrameType::ResetDone, m_asked->id, done.encode());
    m_asked.reset();
    m_waiting.park();
}

void Init::turnStop(std::uint64_t now)
{
    if (!m_stop)
        return;
    (void)::kill(-1, SIGSTOP);
    for (const pid_t own : {m_files.worker(), m_door.pid()}) {
        if (own)
            (void)::kill(own, SIGCONT);
    }
    bool running = false;
    for (const pid_t pid : otherProcesses(m_files.worker())) {
        if (pid == m_door.pid())
            continue;
        const char state = stateOf(pid);
        running = running || state == 'R' || state == 'S' || state == 'D';
    }
    if (running && now < m_stop->deadline)
        return;
    endStop();
}

void Init::endStop()
{
    if (m_stop)
        m_output.frame(FrameType::Stopped, m_stop->id);
    m_stop.reset();
}

} // namespace isol8::guest
