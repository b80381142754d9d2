// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "Cgroup.h"
#include "Live.h"
#include "Spawn.h"
#include "Stream.h"

#include <sys/resource.h>

namespace isol8::guest {

//! What a program leaves behind lives on.
[[nodiscard]] inline bool keepsOthers(const RunMessage &message)
{
    return message.flags & (RunMessage::KeepOthers | RunMessage::Live);
}

/*!
    One run of a program, from its fork to its Exit frame, as a state machine that init's loop turns.

    Starting   the child prepares itself; its CLOEXEC pipe tells how that went. Or a live interpreter is told of it
    Running    the main process lives
    Lingering  it has ended, others live: output is pumped on for a moment
    Killing    everything is killed; init's loop does that while wantsKill()
    Draining   nothing can write any more: what is in the pipes is read, then Exit is sent
    Over       Exit was sent
*/
class Run
{
public:
    enum class State { Starting, Running, Lingering, Killing, Draining, Over };

    Run(Output &output, const Cgroup &cgroup, std::uint32_t id, RunMessage message);

    [[nodiscard]] std::uint32_t id() const { return m_id; }
    [[nodiscard]] bool over() const { return m_state == State::Over; }
    [[nodiscard]] bool wantsKill() const { return m_state == State::Killing; }

    void start();
    //! Begins with what an interpreter that waited gave. Its pid may come later, by adopt().
    void start(Spawned spawned);
    //! Waits for \a live, which must outlive it, to be ready; \a fresh: it was started for this run.
    void start(Live &live, bool fresh);
    void liveReady();
    void liveBegun();
    void liveEnded(int code);
    //! Its interpreter is killed, for it broke the rules.
    void liveBroken() { m_liveBroken = true; }
    //! Its interpreter has not begun with it, so that it could be given to another one.
    [[nodiscard]] bool awaitsLive() const { return m_live && m_state == State::Starting && !isToDie(); }
    //! That one was lost, and another is started.
    void liveReplaced() { m_flags |= ExitMessage::LiveReplaced; }
    //! That interpreter was there before it.
    [[nodiscard]] bool hasOldLive() const { return !(m_flags & ExitMessage::StateFresh); }
    //! SIGINT, and when it has ended what it has started is to be killed.
    void interrupt();
    [[nodiscard]] bool interrupted() const { return m_interrupted; }
    //! There before it began: not what it has started.
    [[nodiscard]] bool isOlder(pid_t pid) const;
    //! Passes on what the program has written so far. False when the host does not take all of it now.
    [[nodiscard]] bool flushed();
    //! The pid of a start that did not know it; 0 or less: nothing could be forked, an errno with its sign turned.
    void adopt(pid_t pid);
    //! An errno; the Exit frame says so, unless there is a way out: wantsRoom().
    void cannotFork(int code);
    //! No process can be made for it, since the sandbox is full of those that earlier runs of the session have left.
    [[nodiscard]] bool wantsRoom() const { return m_wantsRoom; }
    //! Has it ask for room, when it has not had that before and the PID limit refused a process since its start.
    [[nodiscard]] bool asksForRoom();
    //! That was not enough: the interpreter is to go, too, which has not waited for those that were its children.
    [[nodiscard]] bool wantsAllRoom() const { return m_wantsRoom && m_roomMade > 0; }
    //! They are gone; it is to be started again.
    void roomMade();
    [[nodiscard]] const RunMessage &message() const { return m_message; }
    //! The host has told it to end.
    [[nodiscard]] bool isToDie() const { return m_killed || (m_flags & ExitMessage::HostKilled); }
    [[nodiscard]] bool wantsPid() const { return m_pid == 0 && !over(); }
    //! An interpreter that waited ended before it took the run: what was handed to it is still on its way.
    [[nodiscard]] bool abandoned() const { return m_waited && m_mainEnded && m_state == State::Starting; }
    //! Its main process has ended, and what it left is being looked after.
    [[nodiscard]] bool ending() const { return m_mainEnded && m_state != State::Starting && !over(); }

    //! Standard input. False when the host broke its window.
    [[nodiscard]] bool input(std::string_view data);
    void endInput();
    void resize(std::uint32_t columns, std::uint32_t rows);
    void signal(int number);
    //! The host wants the end of everything; init's loop kills.
    void kill();

    void poll(PollSet &set);
    void handle(const PollSet &set);
    //! What it leaves behind lives on.
    [[nodiscard]] bool keepsOthers() const { return isol8::guest::keepsOthers(m_message); }
    //! It goes on as soon as the host takes more, and not before.
    [[nodiscard]] bool waitsForRoom() const { return m_starved; }
    //! Its Exit waits for what its processes sent through the door: where the host did not ask for its end, and nobody
    //! lives on who may go on sending.
    [[nodiscard]] bool waitsForDoor() const { return !m_killed && !(m_message.flags & RunMessage::KeepOthers); }
    //! Nobody is left who could write.
    [[nodiscard]] bool draining() const { return m_state == State::Draining; }
    //! After every turn: \a childless when no other process is left, \a others when any but init's helpers lives;
    //! \a doorDrained: its Exit need not wait for the door.
    void turn(std::uint64_t now, bool childless, bool others, bool doorDrained);
    //! When turn() must be called at the latest, in nowMs(); the largest value for never.
    [[nodiscard]] std::uint64_t deadline() const;

    //! A process of the sandbox ended.
    void reaped(pid_t pid, int status, const rusage &usage);

    //! What others still hold open of its pipes after its end (KeepOthers).
    [[nodiscard]] std::vector<Fd> takeLeftovers() { return std::move(m_leftovers); }

private:
    void rememberStart();
    void take(Spawned spawned);
    void begun();
    void deliver(int number) const;
    void mainEnded(int status);
    void handleFailure();
    void notStarted(int code, std::string message);
    void writeInput();
    void pump(const PollSet &set);
    void drain(bool doorDrained);
    void sendUsage();
    void finish();
    [[nodiscard]] static bool diskIsFull();
    [[nodiscard]] std::uint64_t cpuSinceStart() const;
    [[nodiscard]] std::uint64_t peak(std::uint64_t memoryNow) const;

    Output &m_output;
    const Cgroup &m_cgroup;
    const std::uint32_t m_id;
    const RunMessage m_message;
    State m_state = State::Starting;

    pid_t m_pid = -1;
    Fd m_failure;
    Fd m_input;
    Stream m_stdout;
    Stream m_stderr;
    std::vector<Fd> m_leftovers;
    Live *m_live = nullptr; //!< of a live run, as long as that lives
    bool m_liveBroken = false;
    bool m_wantsRoom = false;
    int m_roomMade = 0;     //!< how often
    bool m_starved = false; //!< the rest of its output could not be read, for the host takes nothing
    bool m_interrupted = false;
    std::vector<pid_t> m_older; //!< of a live run: what was there before

    Buffer m_pendingInput;
    std::size_t m_owed = 0; //!< bytes of the host's that it has no credit for yet; an end-of-file typed by us is none
    bool m_inputEnds = false;
    bool m_errorFirst = false;
    bool m_inputClosed = false; //!< nobody reads it; what comes is dropped
    char m_lastInput = '\n';
    int m_failureIndex = PollSet::None;
    int m_inputIndex = PollSet::None;

    std::vector<std::pair<pid_t, int>> m_ended; //!< while the pid is not known: who ended, and how
    bool m_killed = false;                      //!< by the host
    bool m_mainEnded = false;
    bool m_waited = false; //!< taken over from an interpreter that waited
    int m_status = 0;
    std::uint64_t m_earlySignals = 0; //!< bits of those that came before the start
    std::uint64_t m_pumped = 0;       //!< of both streams, to notice silence
    std::uint64_t m_quietSince = 0;
    std::uint64_t m_endedAtMs = 0;
    std::uint64_t m_nextUsage = 0;

    std::uint64_t m_startNs = 0;
    std::uint64_t m_endNs = 0;
    std::uint32_t m_flags = 0;
    std::uint64_t m_cpuBefore = 0;
    std::uint64_t m_ownCpuBefore = 0;
    std::uint64_t m_childCpuBefore = 0;
    std::uint64_t m_peakBefore = 0;
    std::uint64_t m_oomBefore = 0;
    std::uint64_t m_refusalsBefore = 0;
    std::uint64_t m_largestMemory = 0; //!< sampled
    std::uint64_t m_largestRss = 0;    //!< of one process
};

} // namespace isol8::guest
