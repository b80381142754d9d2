// SPDX-License-Identifier: GPL-3.0-or-later
#include "Stream.h"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>

namespace isol8::guest {

namespace {

constexpr std::size_t PassQuantum = 1024 * KiB;
constexpr std::size_t DropQuantum = 16 * MiB;
constexpr std::size_t DropChunk = 1024 * KiB;
constexpr std::size_t LargePipe = 1024 * KiB;

char scratch[DataChunk];

ssize_t readSome(int fd, char *data, std::size_t size)
{
    ssize_t n = 0;
    do {
        n = ::read(fd, data, size);
    } while (n < 0 && errno == EINTR);
    return n;
}

int devNull()
{
    static const int fd = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    return fd;
}

} // namespace

void Stream::open(Fd fd, FrameType type, std::uint32_t id, std::uint64_t limit)
{
    m_fd = std::move(fd);
    m_type = type;
    m_id = id;
    m_limit = limit;
    m_total = 0;
    m_enlarged = m_spliceFails = false;
    m_index = PollSet::None;
}

void Stream::poll(PollSet &set, const Output &output)
{
    m_index = m_fd && (dropping() || !output.blocked()) ? set.add(m_fd.get(), POLLIN) : PollSet::None;
}

// Copied, and not spliced: a program can make its pipe keep packets (O_DIRECT), splice would carry those along into the
// host's pipe, and a reader with too little room left drops the rest of one, so that payload would be taken for frames.
ssize_t Stream::passOn(Output &output)
{
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(DataChunk, m_limit - m_total));
    const ssize_t n = readSome(m_fd.get(), output.reserve(size), size);
    if (n > 0)
        output.commit(m_type, m_id, std::size_t(n));
    return n;
}

ssize_t Stream::drop()
{
    if (!m_spliceFails) {
        const ssize_t n = ::splice(m_fd.get(), nullptr, devNull(), nullptr, DropChunk, SPLICE_F_NONBLOCK);
        if (n >= 0 || errno == EAGAIN || errno == EINTR)
            return n;
        m_spliceFails = true; // a terminal, or a kernel that will not
    }
    return readSome(m_fd.get(), scratch, sizeof scratch);
}

Stream::Result Stream::pump(Output &output)
{
    std::size_t quantum = dropping() ? DropQuantum : PassQuantum;
    while (m_fd && quantum > 0) {
        const bool drops = dropping();
        if (!drops && output.blocked())
            return Result::Blocked;
        const ssize_t n = drops ? drop() : passOn(output);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return Result::Idle;
        if (n <= 0) { // the end; of a terminal, EIO
            close();
            break;
        }
        m_total += std::uint64_t(n);
        quantum -= std::min(quantum, std::size_t(n));
        if (std::size_t(n) >= DataChunk && !m_enlarged) {
            m_enlarged = true; // only for those that write much: the kernel's stock of pipe pages is everyone's
            (void)::fcntl(m_fd.get(), F_SETPIPE_SZ, LargePipe);
        }
        // At once, while the processor still has it at hand.
        if (!drops && output.due() && !output.flush())
            return Result::Blocked; // the loop sees the host's end by itself
    }
    return m_fd ? Result::More : Result::End;
}

bool discardInput(int fd)
{
    for (int i = 0; i < 64; ++i) {
        const ssize_t n = readSome(fd, scratch, sizeof scratch);
        if (n <= 0)
            return n < 0 && errno == EAGAIN;
    }
    return true;
}

} // namespace isol8::guest
