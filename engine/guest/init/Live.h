// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "Spawn.h"
#include "Stream.h"

#include <isol8/guest/LiveHeader.h>

#include <optional>

namespace isol8::guest {

/*!
    The interpreter of a session: it takes one program after the other, and what they leave in it stays. It is an
    ordinary process of the sandbox user, and init believes nothing that it says, save about itself.

    Its standard input, output and error are the same pipes for all its life. The input ends when nobody has it open for
    writing, and begins again when init opens it for the next run: so each run has an end of file of its own. What is
    written between runs goes to the host as that of id 0.

    On descriptor 3 it speaks with init (boot/live/):

        init:  RUN, a word of the run's own, folder, the number n of arguments (the program's file is the first), n
               arguments, the number m of variables, m of NAME=value; each of these ends with a zero byte
        it:    "R\n"                    ready for the first program
               "B WORD\n"               has read all of RUN, and begins
               "D SIZE TYPE\n" SIZE bytes   a value to be shown; init answers by one byte when all that was written
                                        before it is on its way
               "E WORD CODE\n"          the program has ended, and what it wrote is written

    The word cannot be guessed, so that neither a program that happens to write there nor the late end of one that was
    given up ends another. A program that finds it out ends its own run early, and no other: it may still be at work
    when the next is told of, so that the interpreter does not begin with that one. stuck() then says so.
*/
class Live
{
public:
    explicit Live(Output &output)
        : m_output(output)
    {
    }

    enum class Event {
        None,
        Ready,
        Failed, //!< it could not be started: failure() says why; or it broke the rules above
        Begun,  //!< with the run: its pipes are to be had by begin()
        Ended,  //!< code()
    };

    //! False with errno set when nothing can be forked.
    [[nodiscard]] bool start(const RunMessage &message);
    [[nodiscard]] pid_t pid() const { return m_state == State::None ? 0 : m_spawned.pid; }
    [[nodiscard]] bool ready() const { return m_state == State::Idle; }
    //! It has broken the rules, and takes no run any more.
    [[nodiscard]] bool broken() const { return m_broken; }
    [[nodiscard]] std::optional<ExecFailure> failure() const { return m_failure; }
    [[nodiscard]] int code() const { return m_code; }

    //! Tells of the run \a message: it begins with it, or gets stuck(). False, with errno set, when it cannot be told.
    [[nodiscard]] bool offer(std::uint32_t id, const RunMessage &message);
    //! Hands the ends of its pipes over: the run has them until takeBack().
    void begin(Fd *input, Fd *output, Fd *error);
    //! It does not begin with what it was told of: an earlier program keeps it from that, or has stopped it.
    [[nodiscard]] bool stuck(std::uint64_t now);
    //! When stuck() must be asked again, in nowMs(); the largest value for never.
    [[nodiscard]] std::uint64_t deadline() const;
    //! The run is over: what it has not read of its input is thrown away.
    void takeBack(Fd output, Fd error);

    void poll(PollSet &set);
    void handle(const PollSet &set);
    //! What it says next. \a flushed: all that the program has written is on its way, a value may follow; otherwise it
    //! waits for another call.
    [[nodiscard]] Event next(bool flushed);
    //! It has something to say that depends on what was written before.
    [[nodiscard]] bool wantsFlush() const { return m_header && m_header->kind == 'D' && !m_header->begun; }
    //! It goes on as soon as the host takes more, and not before.
    [[nodiscard]] bool waitsForRoom() const
    {
        return m_state == State::Busy && m_header && m_header->kind == 'D' && m_starved;
    }
    //! True when it was this one; its pipes' ends stay with the run that has them.
    bool reaped(pid_t pid);

private:
    enum class State { None, Starting, Idle, Offered, Busy };

    void read();
    [[nodiscard]] bool passValue();
    void write();

    static constexpr std::uint64_t IdleLimit = 256 * KiB; //!< of what is passed on between two runs, of each stream

    Output &m_output;
    State m_state = State::None;
    Spawned m_spawned;
    Fd m_reader; //!< of its input, so that it can be opened again and emptied
    Fd m_writer; //!< of its input, for the run that it is told of
    Stream m_idleOut;
    Stream m_idleError;
    std::uint32_t m_id = 0;
    std::string m_word; //!< of the run that it has, or had last
    std::optional<ExecFailure> m_failure;
    std::optional<LiveHeader> m_header;
    Buffer m_in;
    Buffer m_out;
    bool m_broken = false;
    bool m_starved = false;         //!< next() could not go on, for the host takes nothing
    std::uint64_t m_offeredAt = 0;  //!< in nowMs()
    std::uint64_t m_lookAt = 0;     //!< when it is asked next whether it is stuck
    std::uint64_t m_cpuAtOffer = 0; //!< in ms
    int m_idleLooks = 0;            //!< how often in a row nothing in the sandbox worked
    int m_code = 0;
    int m_index = PollSet::None;
};

} // namespace isol8::guest
