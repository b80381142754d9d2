// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "Output.h"

#include <isol8/guest/door.h>

#include <algorithm>

namespace isol8::guest {

/*!
    Init's end of the door: binds its addresses, forks the process that serves them (DoorWorker.h), and passes frames
    on between that process and the host, their headers checked. That process reads what programs send; this one never
    looks into it.

    A run has the door between begin() and cut(). What its streams still say after cut() goes nowhere, and no run may
    begin before changing() is false again.
*/
class Door
{
public:
    explicit Door(Output &output)
        : m_output(output)
    {
    }

    //! Only when there is none. False with \a problem when an address cannot be had, or nothing be forked.
    [[nodiscard]] bool start(std::string *problem);
    //! SIGKILL; pid() stays until it is reaped.
    void end();

    //! Its process; 0 when there is none.
    [[nodiscard]] pid_t pid() const { return m_pid; }
    [[nodiscard]] bool isOpen() const { return m_state == State::Open; }
    //! Neither open and at rest nor gone: what comes waits a moment.
    [[nodiscard]] bool changing() const { return m_state == State::Starting || m_state == State::Ending || m_cutting; }
    //! It has ended, or said what it may not, without having been told to end while it was open.
    [[nodiscard]] bool isLost() const { return m_lost; }
    //! "127.0.0.1:8118,[::1]:8118"; empty when it is not open.
    [[nodiscard]] std::string addresses() const { return isOpen() ? m_addresses : std::string(); }

    void begin(std::uint32_t run);
    //! The run's programs are gone. Once: has what they still had sent be read; drained() says when that is done, or
    //! has taken too long.
    void drain(std::uint64_t now);
    [[nodiscard]] bool drained() const { return !m_serving || (m_drainAsked && !m_draining); }
    void cut();

    //! A stream's frame of the host. False when it breaks the protocol.
    [[nodiscard]] bool frame(const Frame &frame);
    //! Its process has fallen behind: nothing more should be read from the host.
    [[nodiscard]] bool behind() const { return m_queue.size() >= QueueLimit; }

    void poll(PollSet &set);
    void handle(const PollSet &set);
    //! True when it was this one.
    bool reaped(pid_t pid);
    //! Gives up a process that moves nothing although it should.
    void watch(std::uint64_t now);
    [[nodiscard]] std::uint64_t deadline() const
    {
        return std::min(owes() ? m_movedAt + StallMs : ~std::uint64_t(0),
                        m_draining ? m_drainUntil : ~std::uint64_t(0));
    }

private:
    static constexpr std::size_t QueueLimit = 1024 * KiB;
    static constexpr std::uint64_t StallMs = 10000;
    static constexpr std::uint64_t DrainMs = 2000; //!< for a host that takes little

    enum class State { None, Starting, Open, Ending };

    [[nodiscard]] bool owes() const { return m_state == State::Starting || m_cutting || behind(); }
    void queue(FrameType type, std::uint32_t id, std::string_view payload);
    void write();
    void read();
    [[nodiscard]] bool take(std::string_view packet);
    void lose();

    Output &m_output;
    State m_state = State::None;
    pid_t m_pid = 0;
    Fd m_socket;
    std::string m_addresses;
    std::uint32_t m_nextId = DoorFirstId; //!< of streams: none is used again by another process
    Buffer m_queue;                       //!< to the process
    bool m_serving = false;               //!< a run has it
    bool m_drainAsked = false;            //!< of this run
    bool m_draining = false;              //!< and the process has not said yet that nothing is left
    std::uint64_t m_drainUntil = 0;
    bool m_cutting = false; //!< and the process has not said yet that all is cut
    bool m_lost = false;
    std::uint64_t m_movedAt = 0;
    int m_index = PollSet::None;
};

} // namespace isol8::guest
