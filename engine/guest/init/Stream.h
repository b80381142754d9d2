// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "Output.h"

namespace isol8::guest {

/*!
    One of the program's outputs: read, counted, passed on up to a limit and dropped beyond it. While the host takes
    nothing it is not read, so that the program waits; what is dropped anyway is always read.
*/
class Stream
{
public:
    enum class Result {
        Idle,    //!< nothing to read now
        Blocked, //!< the host takes nothing now
        More,    //!< there may be more
        End,     //!< closed
    };

    void open(Fd fd, FrameType type, std::uint32_t id, std::uint64_t limit);
    void close() { m_fd.reset(); }
    [[nodiscard]] Fd release() { return std::move(m_fd); }

    [[nodiscard]] bool isOpen() const { return bool(m_fd); }
    [[nodiscard]] std::uint64_t total() const { return m_total; } //!< bytes that the program wrote

    void poll(PollSet &set, const Output &output);
    //! What the last poll said of it.
    [[nodiscard]] bool ready(const PollSet &set) const { return set.events(m_index) != 0; }

    //! A bounded piece of work, up to about 1 MiB passed on or 16 MiB dropped.
    Result pump(Output &output);

private:
    [[nodiscard]] bool dropping() const { return m_total >= m_limit; }
    [[nodiscard]] ssize_t passOn(Output &output);
    [[nodiscard]] ssize_t drop();

    Fd m_fd;
    FrameType m_type = FrameType::Stdout;
    std::uint32_t m_id = 0;
    std::uint64_t m_limit = 0;
    std::uint64_t m_total = 0;
    bool m_enlarged = false;
    bool m_spliceFails = false;
    int m_index = PollSet::None;
};

//! Reads what is there and throws it away. False at the end of the stream.
[[nodiscard]] bool discardInput(int fd);

} // namespace isol8::guest
