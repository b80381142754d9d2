// SPDX-License-Identifier: GPL-3.0-or-later
#include "FileWorker.h"

#include "FileList.h"
#include "FileTree.h"

#include <isol8/guest/Frames.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <list>
#include <map>

#include <fcntl.h>
#include <sys/socket.h>

namespace isol8::guest {

namespace {

struct StoredFrame
{
    FrameType type{};
    std::uint32_t id = 0;
    std::string payload;
};

// A file that is being written, aside: it has its name when it is complete.
struct Put
{
    Fd file;
    Fd parent;
    std::string leaf;
    std::string temporary; //!< a name that it has meanwhile; mostly none, so that it goes with whoever writes it
    std::uint32_t mode = 0644;
    std::uint64_t mtimeMs = 0;
    bool sparse = false;
    bool endsInHole = false;
    std::uint32_t owed = 0; //!< bytes that were written and no credit was given for
};

std::string temporaryName(std::uint32_t id)
{
    return ".isol8-put-" + toText(std::uint64_t(::getpid())) + '-' + toText(std::uint64_t(id));
}

std::string procPath(const Fd &fd)
{
    return "/proc/self/fd/" + toText(std::uint64_t(fd.get()));
}

bool isZero(std::string_view bytes)
{
    return !bytes.empty() && bytes[0] == 0 && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

// A file that is being read: what it held when it was opened, so that one that grows meanwhile has an end.
struct Get
{
    std::uint32_t id = 0;
    Fd file;
    std::uint64_t left = 0;
    std::uint64_t window = FileWindow;
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
            // Without waiting while there is something to read: the first of the files whose reader takes it goes
            // first.
            const bool readable = sendSome();
            pollfd fd{m_socket, POLLIN, 0};
            if (!readable || ::poll(&fd, 1, 0) > 0)
                receive();
        }
    }

private:
    static constexpr std::size_t ReceiveChunk = 256 * KiB;

    // Waits for bytes and stores the frames that they complete.
    void receive()
    {
        const ssize_t n = ::read(m_socket, m_in.reserve(ReceiveChunk), ReceiveChunk);
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
    void done(std::uint32_t id, FileDoneMessage message) { done(id, message.error, std::move(message.message)); }
    void failed(std::uint32_t id, int code) { done(id, fileFailure(code)); }

    template<class Message> Message decoded(const StoredFrame &frame)
    {
        Message message;
        if (!message.decode(frame.payload))
            ::_exit(1);
        return message;
    }

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
            abort(frame.id);
            break;
        case FrameType::FileGet:
            beginGet(frame);
            break;
        case FrameType::FileGive:
            widen(frame);
            break;
        case FrameType::FileList:
            list(frame);
            break;
        case FrameType::FileRemove:
            done(frame.id, removeTree(decoded<PathMessage>(frame)));
            break;
        case FrameType::FileMkdir:
            done(frame.id, makeFolder(decoded<FileMkdirMessage>(frame)));
            break;
        case FrameType::FileSymlink:
            done(frame.id, makeLink(decoded<FileSymlinkMessage>(frame)));
            break;
        default:
            ::_exit(1);
        }
    }

    void beginPut(const StoredFrame &frame)
    {
        const auto message = decoded<FilePutMessage>(frame);
        const bool replace = message.flags & FilePutMessage::Replace;
        Place place = resolve(message.path, {!replace, true, true});
        if (!place.ok())
            return done(frame.id, place.error, std::move(place.message));
        const bool isNew = !place.object;
        if (!isNew && (!place.parent || !(replace ? !S_ISDIR(place.status.st_mode) : S_ISREG(place.status.st_mode))))
            return done(frame.id, FileError::NotRegular, "There is something else under this name.");
        if (!isNew && !replace && !reopen(place.object, O_WRONLY | O_NONBLOCK) && errno != ETXTBSY)
            return failed(frame.id, errno);
        Put put;
        put.mode = message.mode & 0777;
        put.mtimeMs = message.mtimeMs;
        put.sparse = message.flags & FilePutMessage::Sparse;
        put.parent = std::move(place.parent);
        put.leaf = std::move(place.leaf);
        if (!openAside(&put, frame.id))
            return failed(frame.id, errno);
        m_puts[frame.id] = std::move(put);
    }

    static bool openAside(Put *put, std::uint32_t id)
    {
        put->file.reset(::openat(put->parent.get(), ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600));
        if (put->file)
            return true;
        const std::string name = temporaryName(id);
        (void)::unlinkat(put->parent.get(), name.c_str(), 0);
        put->file.reset(
            ::openat(put->parent.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
        if (put->file)
            put->temporary = name;
        return bool(put->file);
    }

    // In place of what has the name: who opens that has the old file, or all of the new one.
    static bool publish(Put *put, std::uint32_t id)
    {
        if (put->temporary.empty()) {
            const std::string from = procPath(put->file);
            if (::linkat(AT_FDCWD, from.c_str(), put->parent.get(), put->leaf.c_str(), AT_SYMLINK_FOLLOW) == 0)
                return true;
            if (errno != EEXIST)
                return false;
            const std::string name = temporaryName(id);
            (void)::unlinkat(put->parent.get(), name.c_str(), 0);
            if (::linkat(AT_FDCWD, from.c_str(), put->parent.get(), name.c_str(), AT_SYMLINK_FOLLOW) != 0)
                return false;
            put->temporary = name;
        }
        if (::renameat(put->parent.get(), put->temporary.c_str(), put->parent.get(), put->leaf.c_str()) != 0)
            return false;
        put->temporary.clear();
        return true;
    }

    void writePut(const StoredFrame &frame)
    {
        const auto put = m_puts.find(frame.id);
        if (put == m_puts.end())
            return; // it has failed, and the host knows
        if (!writePart(put->second, frame.payload)) {
            const int code = errno;
            dropPut(frame.id);
            return failed(frame.id, code);
        }
        std::uint32_t &owed = put->second.owed;
        owed += static_cast<std::uint32_t>(frame.payload.size());
        if (owed < FileWindow / 4)
            return; // few frames rather than prompt ones
        Writer w;
        w.u32(std::exchange(owed, 0));
        send(FrameType::Credit, frame.id, w.take());
    }

    static bool writePart(Put &put, std::string_view bytes)
    {
        put.endsInHole = put.sparse && isZero(bytes);
        if (put.endsInHole)
            return ::lseek(put.file.get(), off_t(bytes.size()), SEEK_CUR) >= 0;
        return writeAll(put.file.get(), bytes.data(), bytes.size());
    }

    // A hole at the end is there only when the file's size says so.
    static bool close(const Put &put)
    {
        const off_t size = put.endsInHole ? ::lseek(put.file.get(), 0, SEEK_CUR) : 0;
        return size >= 0 && (!put.endsInHole || ::ftruncate(put.file.get(), size) == 0);
    }

    void endPut(std::uint32_t id)
    {
        const auto put = m_puts.find(id);
        if (put == m_puts.end())
            return;
        Put &file = put->second;
        const bool good = close(file) && ::fchmod(file.file.get(), file.mode) == 0 &&
                          (file.mtimeMs == 0 || setTime(file.file, file.mtimeMs)) && publish(&file, id);
        const int code = good ? 0 : errno;
        dropPut(id);
        if (code)
            failed(id, code);
        else
            done(id);
    }

    void dropPut(std::uint32_t id)
    {
        const auto put = m_puts.find(id);
        if (!put->second.temporary.empty())
            (void)::unlinkat(put->second.parent.get(), put->second.temporary.c_str(), 0);
        m_puts.erase(put);
    }

    void abort(std::uint32_t id)
    {
        const auto get = std::find_if(m_gets.begin(), m_gets.end(), [&](const Get &g) { return g.id == id; });
        if (get != m_gets.end())
            m_gets.erase(get);
        else if (m_puts.count(id))
            dropPut(id);
        else
            return;
        done(id, FileError::Aborted);
    }

    void beginGet(const StoredFrame &frame)
    {
        const auto message = decoded<FileGetMessage>(frame);
        Place place = resolve(message.path, {});
        if (!place.ok())
            return done(frame.id, place.error, std::move(place.message));
        if (!S_ISREG(place.status.st_mode))
            return done(frame.id, FileError::NotRegular, "It is not a regular file.");
        Get get;
        get.id = frame.id;
        get.file = reopen(place.object, O_RDONLY | O_NONBLOCK);
        if (!get.file || ::fstat(get.file.get(), &place.status) != 0)
            return failed(frame.id, errno);
        get.left = std::uint64_t(place.status.st_size);
        if (get.left > message.maxBytes)
            return done(frame.id, FileError::TooLarge, "The file has " + toText(get.left) + " bytes.");
        send(FrameType::FileEntry, frame.id, entryOf(message.path, place.status).encode());
        m_gets.push_back(std::move(get));
    }

    void widen(const StoredFrame &frame)
    {
        Reader reader(frame.payload);
        const std::uint32_t bytes = reader.u32();
        for (Get &get : m_gets) {
            if (get.id == frame.id)
                get.window += bytes;
        }
    }

    // False when no reader takes anything now.
    bool sendSome()
    {
        for (auto get = m_gets.begin(); get != m_gets.end(); ++get) {
            if (get->window == 0 && get->left > 0)
                continue;
            if (!sendChunk(*get))
                m_gets.erase(get);
            return true;
        }
        return false;
    }

    // False when the file has been read, or cannot be.
    bool sendChunk(Get &get)
    {
        const std::uint64_t most = std::min<std::uint64_t>({get.left, get.window, DataChunk});
        m_out.clear();
        char *space = m_out.reserve(HeaderSize + DataChunk);
        ssize_t n = 0;
        do {
            n = most ? ::read(get.file.get(), space + HeaderSize, most) : 0;
        } while (n < 0 && errno == EINTR);
        if (n < 0) {
            failed(get.id, errno);
            return false;
        }
        if (n == 0) { // the end, perhaps of one that shrank
            done(get.id);
            return false;
        }
        unsigned char header[HeaderSize];
        encodeHeader(header, {static_cast<std::uint32_t>(n), FrameType::FileBytes, get.id});
        std::memcpy(space, header, HeaderSize);
        if (!writeAll(m_socket, space, HeaderSize + std::size_t(n)))
            ::_exit(0);
        get.left -= std::uint64_t(n);
        get.window -= std::uint64_t(n);
        return true;
    }

    void list(const StoredFrame &frame)
    {
        const auto message = decoded<FileListMessage>(frame);
        FileListing listing = listFiles(message, [&] { return aborted(frame.id); });
        for (const FileEntryMessage &entry : listing.entries)
            send(FrameType::FileEntry, frame.id, entry.encode());
        done(frame.id, listing.error, std::move(listing.message));
    }

    const int m_socket;
    Buffer m_in;
    Buffer m_out;
    std::deque<StoredFrame> m_waiting;
    std::map<std::uint32_t, Put> m_puts;
    std::list<Get> m_gets;
};

} // namespace

void runFileWorker(int socket)
{
    Worker(socket).run();
}

} // namespace isol8::guest
