// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "Output.h"
#include "Spawn.h"

#include <optional>

namespace isol8::guest {

/*!
    An interpreter that is started before there is a program. It loads what it needs, says so by one byte 'R' on
    descriptor 3, and waits there. There are two kinds.

    One that serves a single run is an ordinary program of the sandbox user, stopped at its own gate: its pipes are the
    run's already. To let it go, the RunMessage is put into the memory file that it has as descriptor 4, and a byte is
    sent. It takes over arguments, environment and folder, writes the file, and closes 3 and 4; what it cannot do it
    says by an ExecFailure.

    One that forks stays. Its user is another one, so that no program can signal, trace or limit it. For each byte that
    init sends it makes a child, whose parent is init, and answers with its pid. The child prepares itself and waits on
    descriptor 5 for one run: a byte with four descriptors (stdin, stdout, stderr, and what becomes its 3). It has given
    up every right before it reads the message. One child is made ahead of time, when the sandbox is at rest.
*/
class Waiting
{
public:
    explicit Waiting(Output &output)
        : m_output(output)
    {
    }

    //! Answered by a Prepared frame, sooner or later.
    void start(std::uint32_t id, const RunMessage &message);

    [[nodiscard]] pid_t pid() const { return m_state == State::None ? 0 : m_spawned.pid; }
    //! Not there yet, or no longer: what comes waits a moment.
    [[nodiscard]] bool changing() const { return m_state == State::Starting || m_state == State::Ending; }
    [[nodiscard]] bool forks() const { return m_state != State::None && m_forks; }

    void poll(PollSet &set);
    void handle(const PollSet &set);
    //! True when it was this one.
    bool reaped(pid_t pid);

    //! Lets the run go. False when nothing waits, or it will not take this one: it is to be started as usual.
    [[nodiscard]] bool take(const RunMessage &message, Spawned *spawned);
    //! The pid of the child that take() asked for, once; not positive: an errno with its sign turned.
    [[nodiscard]] std::optional<pid_t> takeChild();
    //! The sandbox is at rest: time to make a child for the next run.
    void park();
    //! The interpreter, or its child that waits.
    [[nodiscard]] bool owns(pid_t process) const
    {
        return m_state != State::None && (process == m_spawned.pid || process == m_parked);
    }

    //! SIGKILL; it stays this one's until it is reaped.
    void end();

private:
    enum class State { None, Starting, Ready, Ending };

    void gone(std::string problem);
    void askForChild();

    Output &m_output;
    State m_state = State::None;
    bool m_forks = false;
    std::uint32_t m_id = 0;
    Spawned m_spawned;
    RunMessage m_message;
    std::string m_problem;
    pid_t m_parked = 0;      //!< a child that waits for a run
    bool m_asked = false;    //!< for a child, and there is no answer yet
    bool m_runWaits = false; //!< that child is for a run that was handed over
    std::optional<pid_t> m_child;
    int m_index = PollSet::None;
};

} // namespace isol8::guest
