// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "Output.h"

#include <map>

namespace isol8::guest {

/*!
    Init's side of the file operations: hands the host's frames to a worker process (FileWorker.h), which is forked when
    it is first needed, and the worker's answers to the host. The worker may die, by the memory limit for one; what was
    asked of it then fails.
*/
class Files
{
public:
    explicit Files(Output &output)
        : m_output(output)
    {
    }

    //! A file frame of the host. False when it breaks the protocol.
    [[nodiscard]] bool frame(const Frame &frame);

    //! Something other than the reading of files is under way: a program must not start yet.
    [[nodiscard]] bool busy() const { return m_operations.size() > m_gets; }
    [[nodiscard]] bool reading() const { return m_gets > 0; }
    //! The worker's process; 0 when there is none.
    [[nodiscard]] pid_t worker() const { return m_pid; }
    //! Makes the worker before it is needed, as far as there can be one.
    void stayReady();
    //! Lets the worker go, when it has nothing to do. Its end is told by reaped().
    void rest();
    void reaped(pid_t pid, int status);

    //! The worker has fallen behind: nothing more should be read from the host.
    [[nodiscard]] bool behind() const { return m_queue.size() >= QueueLimit; }

    void poll(PollSet &set);
    void handle(const PollSet &set);
    //! Kills a worker that moves nothing although it is behind.
    void watch(std::uint64_t now);
    [[nodiscard]] std::uint64_t deadline() const;

private:
    static constexpr std::size_t QueueLimit = 1024 * KiB;
    static constexpr std::uint64_t StallMs = 10000;

    struct Operation
    {
        FrameType type{};
        std::uint32_t used = 0; //!< of the window, of a FilePut's or FileGet's
    };

    [[nodiscard]] bool begin(const Frame &frame);
    [[nodiscard]] bool wake();
    void write();
    void read();
    [[nodiscard]] bool answer(const Frame &frame);
    void failAll(FileError error, const char *message);
    void lose();

    Output &m_output;
    pid_t m_pid = 0;
    Fd m_socket;
    Buffer m_queue; //!< to the worker
    Buffer m_in;    //!< from it
    std::map<std::uint32_t, Operation> m_operations;
    std::size_t m_gets = 0; //!< among them
    std::uint64_t m_movedAt = 0;
    std::uint64_t m_oomKills = 0; //!< when a worker was killed last
    int m_index = PollSet::None;
};

} // namespace isol8::guest
