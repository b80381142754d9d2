// SPDX-License-Identifier: GPL-3.0-or-later
#include "Output.h"

#include <cerrno>

#include <fcntl.h>

namespace isol8::guest {

void Output::commit(FrameType type, std::uint32_t id, std::size_t size)
{
    unsigned char header[HeaderSize];
    encodeHeader(header, {static_cast<std::uint32_t>(size), type, id});
    std::memcpy(m_queue.reserve(HeaderSize + size), header, HeaderSize);
    m_queue.commit(HeaderSize + size);
}

bool Output::flush()
{
    while (!m_queue.empty()) {
        const std::string_view data = m_queue.view();
        const ssize_t n = ::write(m_fd, data.data(), data.size());
        if (n > 0) {
            m_queue.consume(std::size_t(n));
            continue;
        }
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            break;
        return false;
    }
    if (!m_queue.empty() && !m_enlarged) {
        m_enlarged = true; // a host that cannot keep up at once: fewer turns with a larger pipe, where we may
        (void)::fcntl(m_fd, F_SETPIPE_SZ, 256 * KiB);
    }
    return m_queue.size() < Absurd;
}

} // namespace isol8::guest
