// SPDX-License-Identifier: GPL-3.0-or-later
#include "Files.h"

#include "Cgroup.h"

#include "Confine.h"
#include "FileWorker.h"

#include <algorithm>
#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

namespace isol8::guest {

bool Files::frame(const Frame &frame)
{
    switch (frame.type) {
    case FrameType::FilePut:
        return FilePutMessage().decode(frame.payload) && begin(frame);
    case FrameType::FileGet:
        return FileGetMessage().decode(frame.payload) && begin(frame);
    case FrameType::FileList:
        return FileListMessage().decode(frame.payload) && begin(frame);
    case FrameType::FileRemove:
        return PathMessage().decode(frame.payload) && begin(frame);
    case FrameType::FileMkdir:
        return FileMkdirMessage().decode(frame.payload) && begin(frame);
    case FrameType::FileSymlink:
        return FileSymlinkMessage().decode(frame.payload) && begin(frame);
    default:
        break;
    }
    Reader reader(frame.payload);
    const std::uint32_t given = frame.type == FrameType::FileGive ? reader.u32() : 0;
    if (frame.type != FrameType::FileData && !reader.done())
        return false;
    const auto found = m_operations.find(frame.id);
    if (found == m_operations.end())
        return true; // it was over before the host knew
    Operation &operation = found->second;
    if (frame.type == FrameType::FileGive) {
        if (operation.type != FrameType::FileGet || given > operation.used)
            return false;
        operation.used -= given;
    } else if (frame.type != FrameType::FileAbort && operation.type != FrameType::FilePut) {
        return false;
    }
    if (frame.type == FrameType::FileData) {
        operation.used += static_cast<std::uint32_t>(frame.payload.size());
        if (operation.used > FileWindow)
            return false;
    }
    appendFrame(m_queue, frame.type, frame.id, frame.payload);
    write();
    return true;
}

bool Files::begin(const Frame &frame)
{
    if (m_operations.count(frame.id) || m_operations.size() >= MaxFileOperations)
        return false;
    if (!m_socket)
        failAll(FileError::Failed, "The file helper has ended."); // a lost one whose death was not told yet
    if (!m_socket && !wake()) {
        const FileDoneMessage done{FileError::Failed, "The file helper cannot be started: " + errorText(errno) + "."};
        m_output.frame(FrameType::FileDone, frame.id, done.encode());
        return true;
    }
    m_operations[frame.id].type = frame.type;
    m_gets += frame.type == FrameType::FileGet ? 1 : 0;
    appendFrame(m_queue, frame.type, frame.id, frame.payload);
    write();
    return true;
}

bool Files::wake()
{
    int fds[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
        return false;
    m_socket.reset(fds[0]);
    const Fd theirs(fds[1]);
    m_pid = setNonBlocking(m_socket.get()) ? ::fork() : -1;
    if (m_pid == 0) {
        resetSignals();
        (void)::signal(SIGPIPE, SIG_IGN);
        if (::dup2(theirs.get(), 0) != 0)
            ::_exit(1);
        closeFrom(1);
        offerToOomKiller(500); // before init, after the program
        ::umask(0);
        if (!becomeGuardedHelper())
            ::_exit(1);
        runFileWorker(0);
    }
    if (m_pid < 0) {
        const int code = errno;
        m_pid = 0;
        m_socket.reset();
        errno = code;
        return false;
    }
    m_queue.clear();
    m_in.clear();
    m_movedAt = nowMs();
    return true;
}

void Files::stayReady()
{
    if (!m_pid && !m_socket)
        (void)wake();
}

void Files::rest()
{
    if (m_pid && m_operations.empty())
        m_socket.reset();
}

void Files::reaped(pid_t pid, int status)
{
    if (pid != m_pid)
        return;
    m_pid = 0;
    if (m_socket)
        read(); // what it said before its end
    m_socket.reset();
    m_queue.clear();
    const bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    const std::uint64_t oomKills = killed ? Cgroup().oomKills() : m_oomKills;
    if (oomKills > std::exchange(m_oomKills, oomKills))
        failAll(FileError::NoMemory, "The sandbox's memory is used up.");
    else
        failAll(FileError::Failed, killed ? "The file helper was killed." : "The file helper has ended.");
}

void Files::poll(PollSet &set)
{
    const short events = short((m_queue.empty() ? 0 : POLLOUT) | (m_output.full() ? 0 : POLLIN));
    m_index = events ? set.add(m_socket.get(), events) : PollSet::None;
}

void Files::handle(const PollSet &set)
{
    const short events = set.events(m_index);
    if (events & POLLOUT)
        write();
    if (events & ~POLLOUT)
        read();
}

void Files::write()
{
    while (m_socket && !m_queue.empty()) {
        const std::string_view data = m_queue.view();
        const ssize_t n = ::send(m_socket.get(), data.data(), data.size(), MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return; // later, or its death will be told
        m_queue.consume(std::size_t(n));
        m_movedAt = nowMs();
    }
}

void Files::read()
{
    while (m_socket && !m_output.full()) {
        const ssize_t n = ::read(m_socket.get(), m_in.reserve(DataChunk), DataChunk);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        if (n <= 0)
            return lose();
        m_movedAt = nowMs();
        m_in.commit(std::size_t(n));
        Frame frame;
        std::size_t consumed = 0;
        FrameStatus status;
        while ((status = parseFrame(m_in.view(), &frame, &consumed)) == FrameStatus::Complete) {
            if (!answer(frame))
                return lose();
            m_in.consume(consumed);
        }
        if (status == FrameStatus::Broken)
            return lose();
    }
}

bool Files::answer(const Frame &frame)
{
    const auto operation = m_operations.find(frame.id);
    if (operation == m_operations.end())
        return false;
    switch (frame.type) {
    case FrameType::Credit: {
        Reader r(frame.payload);
        const std::uint32_t credit = r.u32();
        if (!r.done() || credit > operation->second.used)
            return false;
        operation->second.used -= credit;
        break;
    }
    case FrameType::FileDone:
        if (!FileDoneMessage().decode(frame.payload))
            return false;
        m_gets -= operation->second.type == FrameType::FileGet ? 1 : 0;
        m_operations.erase(operation);
        break;
    case FrameType::FileBytes:
        operation->second.used += static_cast<std::uint32_t>(frame.payload.size());
        if (operation->second.type != FrameType::FileGet || operation->second.used > FileWindow)
            return false;
        break;
    case FrameType::FileEntry:
        break;
    default:
        return false;
    }
    m_output.frame(frame.type, frame.id, frame.payload);
    return true;
}

// It speaks nonsense or has closed its end: its death settles the rest.
void Files::lose()
{
    if (m_pid)
        (void)::kill(m_pid, SIGKILL);
    m_socket.reset();
}

void Files::failAll(FileError error, const char *message)
{
    for (const auto &[id, operation] : m_operations)
        m_output.frame(FrameType::FileDone, id, FileDoneMessage{error, message}.encode());
    m_operations.clear();
    m_gets = 0;
}

void Files::watch(std::uint64_t now)
{
    if (m_pid && behind() && now - m_movedAt >= StallMs)
        lose();
}

std::uint64_t Files::deadline() const
{
    return m_pid && behind() ? m_movedAt + StallMs : ~std::uint64_t(0);
}

} // namespace isol8::guest
