// SPDX-License-Identifier: GPL-3.0-or-later
#include "FileWorker.h"

#include "FileList.h"
#include "Tree.h"

#include <isol8/guest/Frames.h>

#include <cerrno>
#include <deque>
#include <map>

#include <fcntl.h>
#include <sys/socket.h>

namespace isol8::guest {

namespace {

constexpr std::uint64_t RemoveMs = 60000;

struct StoredFrame
{
    FrameType type{};
    std::uint32_t id = 0;
    std::string payload;
};

// A file that is being written.
struct Put
{
    Fd file;
    Fd parent;
    std::string leaf; //!< set when the put made the file, so that a broken one can be taken away
    std::uint32_t mode = 0644;
};

class Worker
{
public:
    explicit Worker(int socket)
        : m_socket(socket)
    {
    }

    [[noreturn]] void run()
    {
        while (true) {
            while (!m_waiting.empty()) {
                const StoredFrame frame = std::move(m_waiting.front());
                m_waiting.pop_front();
                handle(frame);
            }
            receive();
        }
    }

private:
    // Waits for bytes and stores the frames that they complete.
    void receive()
    {
        char *space = m_in.reserve(DataChunk);
        const ssize_t n = ::read(m_socket, space, DataChunk);
        if (n < 0 && errno == EINTR)
            return;
        if (n <= 0)
            ::_exit(0);
        m_in.commit(std::size_t(n));
        Frame frame;
        std::size_t consumed = 0;
        FrameStatus status;
        while ((status = parseFrame(m_in.view(), &frame, &consumed)) == FrameStatus::Complete) {
            m_waiting.push_back({frame.type, frame.id, std::string(frame.payload)});
            m_in.consume(consumed);
        }
        if (status == FrameStatus::Broken)
            ::_exit(1);
    }

    // Whether the host has given up operation \a id meanwhile; its frame is taken.
    bool aborted(std::uint32_t id)
    {
        pollfd fd{m_socket, POLLIN, 0};
        if (m_waiting.size() < 64 && ::poll(&fd, 1, 0) > 0)
            receive();
        for (auto i = m_waiting.begin(); i != m_waiting.end(); ++i) {
            if (i->type == FrameType::FileAbort && i->id == id) {
                m_waiting.erase(i);
                return true;
            }
        }
        return false;
    }

    void send(FrameType type, std::uint32_t id, std::string_view payload)
    {
        m_out.clear();
        appendFrame(m_out, type, id, payload);
        const std::string_view bytes = m_out.view();
        if (!writeAll(m_socket, bytes.data(), bytes.size()))
            ::_exit(0);
    }

    void done(std::uint32_t id, FileError error = FileError::None, std::string message = {})
    {
        send(FrameType::FileDone, id, FileDoneMessage{error, std::move(message)}.encode());
    }
    void failed(std::uint32_t id, int code) { done(id, fileError(code), errorText(code)); }

    void handle(const StoredFrame &frame)
    {
        switch (frame.type) {
        case FrameType::FilePut:
            beginPut(frame);
            break;
        case FrameType::FileData:
            writePut(frame);
            break;
        case FrameType::FileEnd:
            endPut(frame.id);
            break;
        case FrameType::FileAbort:
            if (m_puts.count(frame.id)) {
                dropPut(frame.id);
                done(frame.id, FileError::Aborted);
            }
            break;
        case FrameType::FileGet:
            get(frame);
            break;
        case FrameType::FileList:
            list(frame);
            break;
        case FrameType::FileRemove:
            remove(frame);
            break;
        case FrameType::FileMkdir:
            makeFolder(frame);
            break;
        default:
            ::_exit(1);
        }
    }

    void beginPut(const StoredFrame &frame)
    {
        FilePutMessage message;
        if (!message.decode(frame.payload))
            ::_exit(1);
        Place place = resolve(message.path, {true, true, true});
        if (!place.ok())
            return done(frame.id, place.error, std::move(place.message));
        Put put;
        put.mode = message.mode & 0777;
        if (place.object) {
            if (!S_ISREG(place.status.st_mode))
                return done(frame.id, FileError::NotRegular, "There is something else under this name.");
            put.file = reopen(place.object, O_WRONLY | O_TRUNC | O_NONBLOCK);
        } else {
            put.file.reset(::openat(place.parent.get(), place.leaf.c_str(),
                                    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
            put.parent = std::move(place.parent);
            put.leaf = std::move(place.leaf);
        }
        if (!put.file)
            return failed(frame.id, errno);
        m_puts[frame.id] = std::move(put);
    }

    void writePut(const StoredFrame &frame)
    {
        const auto put = m_puts.find(frame.id);
        if (put == m_puts.end())
            return; // it has failed, and the host knows
        if (!writeAll(put->second.file.get(), frame.payload.data(), frame.payload.size())) {
            const int code = errno;
            dropPut(frame.id);
            return failed(frame.id, code);
        }
        Writer w;
        w.u32(static_cast<std::uint32_t>(frame.payload.size()));
        send(FrameType::Credit, frame.id, w.take());
    }

    void endPut(std::uint32_t id)
    {
        const auto put = m_puts.find(id);
        if (put == m_puts.end())
            return;
        const int code = ::fchmod(put->second.file.get(), put->second.mode) == 0 ? 0 : errno;
        m_puts.erase(put);
        if (code)
            failed(id, code);
        else
            done(id);
    }

    void dropPut(std::uint32_t id)
    {
        const auto put = m_puts.find(id);
        if (put->second.parent)
            (void)::unlinkat(put->second.parent.get(), put->second.leaf.c_str(), 0);
        m_puts.erase(put);
    }

    // What the file holds when it is opened: a file that grows meanwhile does not keep us forever.
    void get(const StoredFrame &frame)
    {
        FileGetMessage message;
        if (!message.decode(frame.payload))
            ::_exit(1);
        Place place = resolve(message.path, {});
        if (!place.ok())
            return done(frame.id, place.error, std::move(place.message));
        if (!S_ISREG(place.status.st_mode))
            return done(frame.id, FileError::NotRegular, "It is not a regular file.");
        const Fd file = reopen(place.object, O_RDONLY | O_NONBLOCK);
        if (!file || ::fstat(file.get(), &place.status) != 0)
            return failed(frame.id, errno);
        auto left = std::uint64_t(place.status.st_size);
        if (left > message.maxBytes)
            return done(frame.id, FileError::TooLarge, "The file has " + toText(left) + " bytes.");
        while (left > 0) {
            if (aborted(frame.id))
                return done(frame.id, FileError::Aborted);
            m_out.clear();
            char *space = m_out.reserve(HeaderSize + DataChunk);
            const ssize_t n = ::read(file.get(), space + HeaderSize, std::min<std::uint64_t>(left, DataChunk));
            if (n < 0 && errno == EINTR)
                continue;
            if (n < 0)
                return failed(frame.id, errno);
            if (n == 0)
                break; // it shrank
            unsigned char header[HeaderSize];
            encodeHeader(header, {static_cast<std::uint32_t>(n), FrameType::FileBytes, frame.id});
            std::memcpy(space, header, HeaderSize);
            if (!writeAll(m_socket, space, HeaderSize + std::size_t(n)))
                ::_exit(0);
            left -= std::uint64_t(n);
        }
        done(frame.id);
    }

    void list(const StoredFrame &frame)
    {
        FileListMessage message;
        if (!message.decode(frame.payload))
            ::_exit(1);
        FileListing listing = listFiles(message, [&] { return aborted(frame.id); });
        for (const FileEntryMessage &entry : listing.entries)
            send(FrameType::FileEntry, frame.id, entry.encode());
        done(frame.id, listing.error, std::move(listing.message));
    }

    void remove(const StoredFrame &frame)
    {
        PathMessage message;
        if (!message.decode(frame.payload))
            ::_exit(1);
        Place place = resolve(message.path, {false, false, false});
        if (!place.ok())
            return done(frame.id, place.error, std::move(place.message));
        if (place.isRoot() || !place.parent)
            return done(frame.id, FileError::Denied, "This folder cannot be removed.");
        const char *name = place.leaf.c_str();
        if (!S_ISDIR(place.status.st_mode))
            return ::unlinkat(place.parent.get(), name, 0) == 0 ? done(frame.id) : failed(frame.id, errno);
        if (::unlinkat(place.parent.get(), name, AT_REMOVEDIR) == 0)
            return done(frame.id);
        (void)::chmod(("/proc/self/fd/" + toText(std::uint64_t(place.object.get()))).c_str(), 0700);
        const Fd folder(::openat(place.object.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        std::string problem = errorText(errno);
        if (!folder || !emptyFolder(folder.get(), nowMs() + RemoveMs, &problem))
            return done(frame.id, FileError::Failed, std::move(problem));
        return ::unlinkat(place.parent.get(), name, AT_REMOVEDIR) == 0 ? done(frame.id) : failed(frame.id, errno);
    }

    void makeFolder(const StoredFrame &frame)
    {
        PathMessage message;
        if (!message.decode(frame.payload))
            ::_exit(1);
        Place place = resolve(message.path, {true, true, true});
        if (!place.ok())
            return done(frame.id, place.error, std::move(place.message));
        if (place.object) {
            if (S_ISDIR(place.status.st_mode))
                return done(frame.id);
            return done(frame.id, FileError::Failed, errorText(EEXIST));
        }
        return ::mkdirat(place.parent.get(), place.leaf.c_str(), 0755) == 0 ? done(frame.id) : failed(frame.id, errno);
    }

    const int m_socket;
    Buffer m_in;
    Buffer m_out;
    std::deque<StoredFrame> m_waiting;
    std::map<std::uint32_t, Put> m_puts;
};

} // namespace

void runFileWorker(int socket)
{
    Worker(socket).run();
}

} // namespace isol8::guest
