// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/guest/protocol.h>

#include <cstddef>
#include <cstdlib>
#include <string_view>

namespace isol8::guest {

struct Frame
{
    FrameType type{};
    std::uint32_t id = 0;
    std::string_view payload; //!< points into what was parsed
};

enum class FrameStatus { Complete, NeedMore, Broken };

/*!
    The first frame of \a in. Complete: \a frame and \a consumed (bytes of \a in that it took) are set. NeedMore: not
    all of it is there. Broken: the header breaks a rule; nothing after it can be trusted.
*/
[[nodiscard]] inline FrameStatus parseFrame(std::string_view in, Frame *frame, std::size_t *consumed)
{
    if (in.size() < HeaderSize)
        return FrameStatus::NeedMore;
    Header header;
    if (!decodeHeader(reinterpret_cast<const unsigned char *>(in.data()), &header))
        return FrameStatus::Broken;
    if (in.size() - HeaderSize < header.length)
        return FrameStatus::NeedMore;
    frame->type = header.type;
    frame->id = header.id;
    frame->payload = in.substr(HeaderSize, header.length);
    *consumed = HeaderSize + header.length;
    return FrameStatus::Complete;
}

/*!
    A queue of bytes in one piece of memory: reserve() and commit() at its end, view() and consume() at its front.
    Memory that was never used is never touched. Out of memory ends the process.
*/
class Buffer
{
public:
    Buffer() = default;
    ~Buffer() { std::free(m_data); }
    Buffer(const Buffer &) = delete;
    Buffer &operator=(const Buffer &) = delete;

    [[nodiscard]] std::size_t size() const { return m_end - m_begin; }
    [[nodiscard]] bool empty() const { return m_end == m_begin; }
    [[nodiscard]] std::string_view view() const { return {m_data + m_begin, size()}; }

    //! Room for \a n bytes after the last one; valid until the next call that is not const.
    [[nodiscard]] char *reserve(std::size_t n)
    {
        if (m_capacity - m_end < n)
            makeRoom(n);
        return m_data + m_end;
    }
    void commit(std::size_t n) { m_end += n; }
    void append(std::string_view bytes)
    {
        if (bytes.empty())
            return;
        std::memcpy(reserve(bytes.size()), bytes.data(), bytes.size());
        commit(bytes.size());
    }
    void consume(std::size_t n)
    {
        m_begin += n;
        if (m_begin == m_end)
            m_begin = m_end = 0;
    }
    void clear() { m_begin = m_end = 0; }
    //! As clear(), and gives the memory back.
    void release()
    {
        std::free(m_data);
        m_data = nullptr;
        m_capacity = m_begin = m_end = 0;
    }

private:
    void makeRoom(std::size_t n)
    {
        const std::size_t used = size();
        if (m_begin > 0 && m_capacity - used >= n) {
            std::memmove(m_data, m_data + m_begin, used);
        } else {
            std::size_t capacity = m_capacity ? m_capacity : 4096;
            while (capacity < used + n)
                capacity *= 2;
            char *data = static_cast<char *>(std::malloc(capacity));
            if (!data)
                std::abort();
            if (used)
                std::memcpy(data, m_data + m_begin, used);
            std::free(m_data);
            m_data = data;
            m_capacity = capacity;
        }
        m_begin = 0;
        m_end = used;
    }

    char *m_data = nullptr;
    std::size_t m_capacity = 0;
    std::size_t m_begin = 0;
    std::size_t m_end = 0;
};

/*!
    The bytes of the whole frames at the front of \a in that fit into \a most bytes together; 0 when the first does not,
    or is not whole.
*/
[[nodiscard]] inline std::size_t wholeFrames(std::string_view in, std::size_t most)
{
    std::size_t size = 0;
    Frame frame;
    std::size_t consumed = 0;
    while (parseFrame(in.substr(size), &frame, &consumed) == FrameStatus::Complete && size + consumed <= most)
        size += consumed;
    return size;
}

//! Adds one frame to \a out. A payload larger than MaxPayload is a defect of the caller; it is cut.
inline void appendFrame(Buffer &out, FrameType type, std::uint32_t id, std::string_view payload)
{
    payload = payload.substr(0, MaxPayload);
    unsigned char header[HeaderSize];
    encodeHeader(header, {static_cast<std::uint32_t>(payload.size()), type, id});
    out.append({reinterpret_cast<const char *>(header), HeaderSize});
    out.append(payload);
}

} // namespace isol8::guest
