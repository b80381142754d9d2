// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "System.h"

#include <isol8/guest/Frames.h>

namespace isol8::guest {

/*!
    The frames on their way to the host. Bounded by its users: who has bulk data asks full() first; what answers the
    host is always taken. Nothing here blocks.

    Who takes the bytes takes them a page at a time, and each page would wake init, to write one more. So after a large
    pipe has become full it rests for a moment, in which the pipe does not run empty.
*/
class Output
{
public:
    static constexpr std::size_t Limit = 512 * KiB;
    static constexpr std::size_t Absurd = 16 * MiB; //!< answers that nobody reads: the host is broken

    explicit Output(int fd)
        : m_fd(fd)
    {
    }

    void frame(FrameType type, std::uint32_t id, std::string_view payload = {})
    {
        appendFrame(m_queue, type, id, payload);
    }
    //! Takes whole frames that are encoded already.
    void raw(std::string_view frames) { m_queue.append(frames); }

    //! For data without a copy: room for a frame of \a size, to be filled behind the header and then committed.
    [[nodiscard]] char *reserve(std::size_t size) { return m_queue.reserve(HeaderSize + size) + HeaderSize; }
    void commit(FrameType type, std::uint32_t id, std::size_t size);
    //! The same for whole frames that are encoded already.
    [[nodiscard]] char *reserveRaw(std::size_t size) { return m_queue.reserve(size); }
    void commitRaw(std::size_t size) { m_queue.commit(size); }

    [[nodiscard]] bool full() const { return m_queue.size() >= Limit; }
    //! It is worth a call of flush(): small frames are gathered.
    [[nodiscard]] bool due() const { return m_queue.size() >= DataChunk; }
    //! The host did not take all of it the last time.
    [[nodiscard]] bool blocked() const { return m_blocked; }
    [[nodiscard]] bool pending() const { return !m_queue.empty(); }
    //! How long flush() still writes nothing, in ns; 0 when it does not rest.
    [[nodiscard]] std::uint64_t rest() const;

    //! Writes what the host takes now. False when the host is gone or broken.
    [[nodiscard]] bool flush();

private:
    int m_fd;
    bool m_enlarged = false; //!< or it was tried in vain
    bool m_large = false;
    bool m_blocked = false;
    std::uint64_t m_restUntil = 0;
    Buffer m_queue;
};

} // namespace isol8::guest
