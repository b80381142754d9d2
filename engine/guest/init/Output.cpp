// SPDX-License-Identifier: GPL-3.0-or-later
#include "Output.h"

#include <cerrno>

#include <fcntl.h>

namespace isol8::guest {

namespace {

constexpr int LargePipe = 256 * KiB;
constexpr std::uint64_t RestNs = 200000; // at 1 GB/s the large pipe does not run empty

} // namespace

void Output::commit(FrameType type, std::uint32_t id, std::size_t size)
{
    unsigned char header[HeaderSize];
    encodeHeader(header, {static_cast<std::uint32_t>(size), type, id});
    std::memcpy(m_queue.reserve(HeaderSize + size), header, HeaderSize);
    m_queue.commit(HeaderSize + size);
}

std::uint64_t Output::rest() const
{
    if (m_restUntil == 0)
        return 0;
    const std::uint64_t now = clockNs();
    return now < m_restUntil ? m_restUntil - now : 0;
}

bool Output::flush()
{
    if (rest() > 0)
        return m_queue.size() < Absurd;
    m_restUntil = 0;
    while (!m_queue.empty()) {
        const std::string_view data = m_queue.view();
        const ssize_t n = ::write(m_fd, data.data(), data.size());
        if (n > 0) {
            m_queue.consume(std::size_t(n));
            if (std::size_t(n) == data.size())
                break;
        } else if (errno == EINTR) {
            continue;
        } else if (errno != EAGAIN) {
            return false;
        }
        // It is full. A host that cannot keep up at once: fewer turns with a larger pipe, where we may.
        if (m_enlarged)
            break;
        m_enlarged = true;
        m_large = ::fcntl(m_fd, F_SETPIPE_SZ, LargePipe) >= LargePipe;
        if (!m_large)
            break;
    }
    m_blocked = !m_queue.empty();
    if (m_blocked && m_large)
        m_restUntil = clockNs() + RestNs;
    return m_queue.size() < Absurd;
}

} // namespace isol8::guest
