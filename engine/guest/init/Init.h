// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "Door.h"
#include "Files.h"
#include "Live.h"
#include "Reset.h"
#include "Run.h"
#include "Waiting.h"

#include <memory>
#include <optional>

namespace isol8::guest {

/*!
    PID 1 of a sandbox: one thread, one poll loop, nothing in it blocks.

    It reads the host's frames from its stdin and hands them to the run, the file helper and the reset; it reaps every
    process of the sandbox, for all that lose their parent become its children; and when stdin ends, the host breaks the
    protocol or is silent for too long, loop() returns. The end of PID 1 is the end of the sandbox.

    While the host takes no output, the program's pipes are not read, but stdin is. Three things keep stdin unread for a
    bounded time, its end being noticed nevertheless: killing, a reset, and a file helper that has fallen behind.
*/
class Init
{
public:
    //! With \a stay a sandbox outlives its host by an hour, to be looked at; with \a door that listens from the start.
    Init(bool stay, bool door);

    //! The exit code of the process.
    [[nodiscard]] int loop();

private:
    struct Pending // a Run that waits for file operations or a reset
    {
        Pending(std::uint32_t runId, RunMessage run)
            : id(runId)
            , message(std::move(run))
        {
        }
        std::uint32_t id;
        RunMessage message;
        std::string input;
        bool inputEnds = false;
        std::uint64_t signals = 0; //!< bits
    };
    struct Asked // a Reset or Stop that is being done
    {
        std::uint32_t id = 0;
        std::uint64_t deadline = 0;
    };
    enum class End { None, Quiet, Broken };
    enum class DoorTask { None, Greet, Answer, Reset }; // what waits for the door to be open, or gone

    void poll();
    [[nodiscard]] int timeout(std::uint64_t now) const;
    void readHost();
    void handleFrames();
    [[nodiscard]] bool paused() const;
    void greet();
    [[nodiscard]] bool killing() const { return m_killing || (m_run && m_run->wantsKill()); }
    void endStop();
    void readSignals();
    void reap();

    [[nodiscard]] bool frame(const Frame &frame);
    [[nodiscard]] bool beginRun(const Frame &frame);
    [[nodiscard]] bool prepare(const Frame &frame);
    void setDoor(std::uint32_t id, bool open);
    void doorSettled(const std::string &problem);
    [[nodiscard]] bool forRun(const Frame &frame);
    [[nodiscard]] bool signalRun(const Frame &frame);
    void killAll();
    void dropPending();
    void startPending();
    void startLive(const RunMessage &message);
    [[nodiscard]] bool startLiveAgain();
    void turnRoom();

    void turn(std::uint64_t now);
    void turnKill();
    void turnLive();
    void turnRun(std::uint64_t now);
    [[nodiscard]] std::vector<pid_t> strangers() const;
    void killNewcomers(const Run &run);
    void turnDoor();
    void turnReset(std::uint64_t now);
    void turnStop(std::uint64_t now);
    void emptied(std::string problem);
    void resetDone(std::string problem);
    void hostGone(End end);
    void killEverything();
    [[nodiscard]] bool strangersAlive(pid_t helper) const;
    [[nodiscard]] bool childless() const;
    [[nodiscard]] bool othersAlive() const;

    const bool m_stay;
    Output m_output{1};
    Buffer m_in;
    Fd m_signals;
    Cgroup m_cgroup;
    Files m_files{m_output};
    Reset m_reset;
    Waiting m_waiting{m_output};
    Live m_live{m_output};
    Door m_door{m_output};
    std::unique_ptr<Run> m_run;
    std::optional<Pending> m_pending;
    std::vector<Fd> m_leftovers; //!< old pipes that processes left behind still write into

    std::optional<Asked> m_asked; //!< Reset
    std::optional<Asked> m_stop;
    DoorTask m_doorTask = DoorTask::None;
    std::uint32_t m_doorId = 0; //!< of the frame to be answered
    bool m_doorWanted = false;  //!< by what was asked for last
    bool m_killing = false;
    int m_turn = 0;          //!< who fills the output first
    bool m_childless = true; //!< as of the last reap()
    bool m_hostThere = true;
    End m_end = End::None;
    bool m_firstFrame = true;
    std::uint64_t m_heardAt = 0;
    std::uint64_t m_leaveAt = ~std::uint64_t(0); //!< when staying without a host
    const char *m_why = "";
};

} // namespace isol8::guest
