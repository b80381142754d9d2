// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/*
    The protocol between the engine (host) and isol8-init (guest), version 4.

    It runs over the stream of one `docker attach`: what the host writes is init's stdin, what init writes is its
    stdout. Both sides trust the transport (a local socket, or TLS) and nothing else: the host treats every byte of
    the guest as hostile, for a program that has broken init may write here.

    A frame is a header of 12 bytes, little-endian, and a payload:

        offset 0  u32  length   bytes of payload, at most MaxPayload
        offset 4  u8   type     FrameType
        offset 5  u8   zero
        offset 6  u16  zero
        offset 8  u32  id       what the frame belongs to: a run, a file operation, a network stream; 0: the sandbox

    Host types are below 0x40, guest types from 0x40. A frame that breaks a rule (length, type, zero fields, payload
    that does not parse) ends the connection: the host destroys the sandbox, init exits.

    Conversation

        guest: Hello                       once, as soon as init runs: what it found of its own walls
        host:  Ping …                      at least every PingInterval; the guest answers Pong with the same payload.
                                           Init exits after HostSilence without any frame, FirstFrame at the start,
                                           and at once when its stdin ends. Exiting ends the container.
        host:  FilePut, FileData…, FileEnd -> guest: FileDone
        host:  FileGet                     -> guest: FileEntry, FileBytes…, FileDone
        host:  FileList                    -> guest: FileEntry…, FileDone
        host:  FileRemove, FileMkdir, FileSymlink -> guest: FileDone
        host:  Run                         -> guest: Started, then Stdout, Stderr, Credit …, then Exit, exactly once.
                                           A program that cannot be started: Exit alone, how = NotStarted.
        host:  Prepare                     -> guest: Prepared. An interpreter is started and waits for the program that
                                           a Run with the flag Waiting brings. Its end is told by another Prepared.
        host:  Run with the flag Live      the program goes to the sandbox's live interpreter, which keeps its state
                                           (init/Live.h); without one it is started first. Its values arrive as
                                           Display, in order with the output; what is written between runs has id 0.
        host:  Interrupt                   of a Live run: SIGINT; what it has started dies when it ends
        host:  Stdin…, StdinEof            the program's standard input; without StdinEof it stays open
        host:  Signal                      to the program's process group
        host:  Kill                        SIGKILL to every process of the sandbox but init; Exit follows as usual
        host:  Reset                       kills all, wipes every writable place, proves both -> guest: ResetDone
        host:  DoorListen / DoorShut       -> guest: DoorState. Only while no program runs. A reset leaves the door as
                                           it is, but made anew. Its streams: door.h.

    One program runs at a time: a second Run before Exit is answered by Exit with how = NotStarted. File operations
    that were sent before a Run are finished before it starts, save FileGet, which a slow reader may draw out; if one
    of them failed the Run still starts, for the host has seen FileDone and decides. File operations begin in the order
    in which they were sent; what is read or written at the same time may come in any order.

    Flow control. Data towards the guest is limited per id by a window: the host may have Window bytes of Stdin, or
    FileWindow bytes of FileData, outstanding, and the guest gives back what it has passed on by Credit. Data towards
    the host needs no window for Stdout and Stderr (the stream itself holds init back, and init goes on reading its
    stdin meanwhile). Of FileBytes the guest may have FileWindow outstanding per id, and the host gives back by
    FileGive: a reader that is slow holds back no other.

    Output limits. Init counts stdout and stderr and drops what passes RunMessage::maxStdout and maxStderr; the
    program never notices. ExitMessage carries what was written in all.

    Strings are UTF-8 or raw bytes as Unix has them, u32 length first; lists are u32 count first; integers are
    little-endian. A decoder accepts only payloads that it consumes to the last byte.
*/

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace isol8::guest {

inline constexpr std::uint32_t ProtocolVersion = 4;
inline constexpr std::uint32_t HeaderSize = 12;
inline constexpr std::uint32_t MaxPayload = 256 * 1024;
inline constexpr std::uint32_t DataChunk = 64 * 1024;     //!< what senders of data put into one frame at most
inline constexpr std::uint32_t Window = 256 * 1024;       //!< bytes of Stdin per id without Credit
inline constexpr std::uint32_t FileWindow = 512 * 1024;   //!< of FileData without Credit, of FileBytes without FileGive
inline constexpr std::uint32_t MaxItems = MaxPayload / 4; //!< members of a list in a message: all that can be in one
inline constexpr std::uint32_t MaxFileOperations = 4096;  //!< under way at once

inline constexpr int PingIntervalMs = 5000;
inline constexpr int HostSilenceMs = 20000;
inline constexpr int FirstFrameMs = 10000;

inline constexpr std::uint32_t SandboxUid = 1000;
inline constexpr std::uint32_t SandboxGid = 1000;

enum class FrameType : std::uint8_t {
    // host to guest
    Ping = 0x01,     //!< at most 64 bytes, echoed
    Run = 0x02,      //!< RunMessage
    Stdin = 0x03,    //!< data
    StdinEof = 0x04, //!< empty
    Signal = 0x05,   //!< u32 signal number; only SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGKILL, SIGUSR1, SIGUSR2, SIGCONT,
                     //!< SIGTSTP, SIGWINCH
    Kill = 0x06,     //!< empty
    Resize = 0x07,   //!< u32 columns, u32 rows: of the run's pty
    FilePut = 0x08,  //!< FilePutMessage; data follows. Until all is there, what was there before stays
    FileData = 0x09, //!< data of a FilePut
    FileEnd = 0x0a,  //!< empty: the file is complete
    FileGet = 0x0b,  //!< FileGetMessage
    FileList = 0x0c, //!< FileListMessage
    FileRemove = 0x0d,  //!< PathMessage; directories with all they hold
    FileMkdir = 0x0e,   //!< FileMkdirMessage; with its parents (0755). That it exists already is no error
    FileAbort = 0x0f,   //!< empty: give the operation up; FileDone with FileError::Aborted follows
    Reset = 0x10,       //!< empty
    Stop = 0x11,        //!< SIGSTOP to every process but init, until none runs; answered by Stopped
    Continue = 0x12,    //!< SIGCONT to every process but init; answered by Continued
    Exit_ = 0x13,       //!< init exits, and so ends the container
    Prepare = 0x14,     //!< RunMessage: how the interpreter is started; its flags: none or Forks
    DoorListen = 0x15,  //!< empty
    DoorShut = 0x16,    //!< empty
    Interrupt = 0x17,   //!< empty: of a Live run
    FileSymlink = 0x18, //!< FileSymlinkMessage
    FileGive = 0x19,    //!< u32 bytes of a FileGet's window given back
    // 0x20 to 0x2f: the door's streams (door.h)
    DoorData = 0x20,  //!< data, at most DataChunk
    DoorGive = 0x21,  //!< NumberMessage: bytes of the guest's window given back
    DoorEnd = 0x22,   //!< empty
    DoorReset = 0x23, //!< empty

    // guest to host
    Hello = 0x41,     //!< HelloMessage
    Pong = 0x42,      //!< what Ping held
    Started = 0x43,   //!< empty: the program's execve succeeded
    Stdout = 0x44,    //!< data
    Stderr = 0x45,    //!< data
    Exit = 0x46,      //!< ExitMessage
    FileEntry = 0x47, //!< FileEntryMessage; of a FileGet: the file as it was opened
    FileBytes = 0x48, //!< data of a FileGet
    FileDone = 0x49,  //!< FileDoneMessage
    ResetDone = 0x4a, //!< ResetDoneMessage
    Credit = 0x4b,    //!< u32 bytes of the id's window given back
    Stopped = 0x4c,   //!< empty
    Continued = 0x4d, //!< empty
    Usage = 0x4e,     //!< UsageMessage, about once a second while a program runs
    Prepared = 0x4f,  //!< PreparedMessage
    DoorState = 0x50, //!< OutcomeMessage: whether it is as it was asked for
    Display = 0x51,   //!< DisplayMessage
    // 0x60 to 0x6f: the door's streams (door.h)
    DoorOpen = 0x60,   //!< NumberMessage: the run whose program made the connection
    DoorBytes = 0x61,  //!< data, at most DataChunk
    DoorCredit = 0x62, //!< NumberMessage: bytes of the host's window given back
    DoorDone = 0x63,   //!< empty
    DoorBroken = 0x64, //!< empty
};

struct Header
{
    std::uint32_t length = 0;
    FrameType type{};
    std::uint32_t id = 0;
};

inline void putU32(unsigned char *p, std::uint32_t v)
{
    p[0] = static_cast<unsigned char>(v);
    p[1] = static_cast<unsigned char>(v >> 8);
    p[2] = static_cast<unsigned char>(v >> 16);
    p[3] = static_cast<unsigned char>(v >> 24);
}

inline std::uint32_t getU32(const unsigned char *p)
{
    return std::uint32_t(p[0]) | (std::uint32_t(p[1]) << 8) | (std::uint32_t(p[2]) << 16) | (std::uint32_t(p[3]) << 24);
}

inline void encodeHeader(unsigned char (&out)[HeaderSize], const Header &header)
{
    putU32(out, header.length);
    out[4] = static_cast<unsigned char>(header.type);
    out[5] = out[6] = out[7] = 0;
    putU32(out + 8, header.id);
}

//! False when the header breaks a rule that holds for every frame. The type is not looked at.
[[nodiscard]] inline bool decodeHeader(const unsigned char *in, Header *header)
{
    header->length = getU32(in);
    header->type = static_cast<FrameType>(in[4]);
    header->id = getU32(in + 8);
    return header->length <= MaxPayload && in[5] == 0 && in[6] == 0 && in[7] == 0;
}

//! Builds a payload.
class Writer
{
public:
    void u8(std::uint8_t v) { m_out.push_back(static_cast<char>(v)); }
    void u32(std::uint32_t v)
    {
        unsigned char b[4];
        putU32(b, v);
        m_out.append(reinterpret_cast<const char *>(b), 4);
    }
    void u64(std::uint64_t v)
    {
        u32(static_cast<std::uint32_t>(v));
        u32(static_cast<std::uint32_t>(v >> 32));
    }
    void string(std::string_view v)
    {
        u32(static_cast<std::uint32_t>(v.size()));
        m_out.append(v);
    }
    void strings(const std::vector<std::string> &v)
    {
        u32(static_cast<std::uint32_t>(v.size()));
        for (const auto &s : v)
            string(s);
    }
    [[nodiscard]] std::string take() { return std::move(m_out); }

private:
    std::string m_out;
};

//! Reads a payload. After a failure every read gives zero or nothing; ask done() once at the end.
class Reader
{
public:
    explicit Reader(std::string_view in)
        : m_in(in)
    {
    }
    std::uint8_t u8()
    {
        const auto *p = take(1);
        return p ? *p : 0;
    }
    std::uint32_t u32()
    {
        const auto *p = take(4);
        return p ? getU32(p) : 0;
    }
    std::uint64_t u64()
    {
        const std::uint64_t low = u32();
        return low | (std::uint64_t(u32()) << 32);
    }
    std::string string()
    {
        const std::uint32_t size = u32();
        const auto *p = take(size);
        return p ? std::string(reinterpret_cast<const char *>(p), size) : std::string();
    }
    std::vector<std::string> strings()
    {
        std::vector<std::string> v;
        const std::uint32_t count = u32();
        if (count > MaxItems)
            m_ok = false;
        for (std::uint32_t i = 0; m_ok && i < count; ++i)
            v.push_back(string());
        return v;
    }
    //! Everything was there so far.
    [[nodiscard]] bool ok() const { return m_ok; }
    //! Everything was there and nothing is left.
    [[nodiscard]] bool done() const { return m_ok && m_at == m_in.size(); }

private:
    const unsigned char *take(std::size_t n)
    {
        if (!m_ok || m_in.size() - m_at < n) {
            m_ok = false;
            return nullptr;
        }
        const auto *p = reinterpret_cast<const unsigned char *>(m_in.data()) + m_at;
        m_at += n;
        return p;
    }
    std::string_view m_in;
    std::size_t m_at = 0;
    bool m_ok = true;
};

/*
    What init found at its start, as keys and values, so that the engine can compare it with what it asked for:

        net               names of network devices, comma-separated; "lo" alone when the network is disabled
        root.readonly     "1" or "0"
        nnp               no_new_privs: "1" or "0"
        seccomp           mode: "0", "1" or "2"
        cap.bounding      hexadecimal, of init itself
        cap.effective     hexadecimal
        mount:/sandbox    "fstype options size_in_bytes", e.g. "tmpfs rw,nosuid,nodev,relatime 536870912"
        mount:/tmp        likewise; also mount:/dev/shm
        cgroup            "1" or "2"; "" where no cgroup file can be read (gVisor)
        memory.max        bytes, or "max"
        memory.swap.max   bytes of swap alone, or "max"; "" when the kernel does not account it
        swap.total        bytes of swap that the machine has, of /proc/meminfo
        mounts.writable   mount points that are writable and none of a sandbox's own (writablePlaces() in Text.h),
                          comma-separated
        pids.max          number, or "max"
        cpu.max           "quota period" in microseconds, or "max period"
        nofile            hard limit of open files
        core              hard limit of core dumps
        door              where the door listens, comma-separated: "127.0.0.1:8118,[::1]:8118"; "" when it does not
        uid               init's own, "0"
        pid               init's own, "1"
*/
struct HelloMessage
{
    std::uint32_t version = ProtocolVersion;
    std::vector<std::pair<std::string, std::string>> facts;

    [[nodiscard]] std::string encode() const
    {
        Writer w;
        w.u32(version);
        w.u32(static_cast<std::uint32_t>(facts.size()));
        for (const auto &[key, value] : facts) {
            w.string(key);
            w.string(value);
        }
        return w.take();
    }
    [[nodiscard]] bool decode(std::string_view in)
    {
        Reader r(in);
        version = r.u32();
        const std::uint32_t count = r.u32();
        if (count > MaxItems)
            return false;
        facts.clear();
        for (std::uint32_t i = 0; r.ok() && i < count; ++i) {
            std::string key = r.string();
            std::string value = r.string();
            facts.emplace_back(std::move(key), std::move(value));
        }
        return r.done();
    }
};

struct RunMessage
{
    enum Flag : std::uint32_t {
        Pty = 1,        //!< a terminal is the program's stdin, stdout and stderr; all output arrives as Stdout
        KeepOthers = 2, //!< processes the program leaves behind live on (sessions); else they die with it
        Waiting = 4,    //!< the interpreter that waits may take it; without one the program is started as usual
        Forks = 8,      //!< of Prepare: the interpreter stays, and a child of it takes each run
        Live = 16,      //!< argv, env and cwd start the live interpreter, should there be none; implies KeepOthers
    };
    std::vector<std::string> argv; //!< argv[0] is looked up in the image's PATH, then in env's
    std::vector<std::string> env;  //!< the whole environment, "NAME=value"
    std::string cwd;
    std::string file;    //!< absolute path, written (0644) by the program's own process before it starts; empty: none
    std::string content; //!< of that file
    std::uint32_t flags = 0;
    std::uint64_t maxStdout = ~std::uint64_t(0); //!< bytes passed on at most
    std::uint64_t maxStderr = ~std::uint64_t(0);
    std::uint32_t columns = 80; //!< of the pty
    std::uint32_t rows = 24;
    // Of a Live run:
    std::vector<std::string> liveArgv; //!< the program's file, then its arguments
    std::vector<std::string> liveEnv;  //!< "NAME=value", for this run alone
    std::string liveCwd;               //!< for this run alone; empty: where the interpreter is

    [[nodiscard]] std::string encode() const
    {
        Writer w;
        w.strings(argv);
        w.strings(env);
        w.string(cwd);
        w.string(file);
        w.string(content);
        w.u32(flags);
        w.u64(maxStdout);
        w.u64(maxStderr);
        w.u32(columns);
        w.u32(rows);
        w.strings(liveArgv);
        w.strings(liveEnv);
        w.string(liveCwd);
        return w.take();
    }
    [[nodiscard]] bool decode(std::string_view in)
    {
        Reader r(in);
        argv = r.strings();
        env = r.strings();
        cwd = r.string();
        file = r.string();
        content = r.string();
        flags = r.u32();
        maxStdout = r.u64();
        maxStderr = r.u64();
        columns = r.u32();
        rows = r.u32();
        liveArgv = r.strings();
        liveEnv = r.strings();
        liveCwd = r.string();
        return r.done() && !argv.empty() && (!(flags & Live) || !liveArgv.empty());
    }
};

struct ExitMessage
{
    enum How : std::uint8_t {
        Exited = 0,     //!< code is the exit status
        Signalled = 1,  //!< code is the signal's number
        NotStarted = 2, //!< code is errno of what failed, message says what
    };
    enum Flag : std::uint32_t {
        OomKilled = 1,   //!< the kernel killed for memory in this sandbox during the run
        DiskFull = 2,    //!< it failed, and /sandbox, /tmp or /dev/shm had no room left when it ended
        PidsLimited = 4, //!< a fork was refused by the PID limit during the run
        HostKilled = 8,  //!< a Kill or Signal SIGKILL of the host came before the end
        StateKept = 16,  //!< of a Live run: its interpreter is still there
        StateFresh = 32, //!< of a Live run: its interpreter was started for it
        LiveBroken =
            64, //!< of a Live run: init killed its interpreter, whose connection to init was closed or disturbed
        RoomMade = 128, //!< of a run that keeps others: the PID limit kept it from starting, until init had killed what
                        //!< earlier runs had left
        LiveReplaced =
            256, //!< the interpreter that was there is gone, for it did not begin with a Live run; or for room
    };
    How how = Exited;
    std::int32_t code = 0;
    std::uint32_t flags = 0;
    std::uint64_t wallNs = 0;      //!< from execve to the main process's end, monotonic clock
    std::uint64_t cpuNs = 0;       //!< user and system time of all processes of the sandbox during the run
    std::uint64_t peakMemory = 0;  //!< bytes, of the whole sandbox, tmpfs included; 0 when unknown
    std::uint64_t memory = 0;      //!< bytes at the end
    std::uint64_t stdoutBytes = 0; //!< what the program wrote, dropped or not
    std::uint64_t stderrBytes = 0;
    std::string message;

    [[nodiscard]] std::string encode() const
    {
        Writer w;
        w.u8(how);
        w.u32(static_cast<std::uint32_t>(code));
        w.u32(flags);
        w.u64(wallNs);
        w.u64(cpuNs);
        w.u64(peakMemory);
        w.u64(memory);
        w.u64(stdoutBytes);
        w.u64(stderrBytes);
        w.string(message);
        return w.take();
    }
    [[nodiscard]] bool decode(std::string_view in)
    {
        Reader r(in);
        const std::uint8_t h = r.u8();
        how = static_cast<How>(h);
        code = static_cast<std::int32_t>(r.u32());
        flags = r.u32();
        wallNs = r.u64();
        cpuNs = r.u64();
        peakMemory = r.u64();
        memory = r.u64();
        stdoutBytes = r.u64();
        stderrBytes = r.u64();
        message = r.string();
        return r.done() && h <= NotStarted;
    }
};

struct FilePutMessage
{
    enum Flag : std::uint32_t {
        Replace = 1, //!< in place of what has the name, save a folder: a link is not followed, nor need it be a file
        Sparse = 2,  //!< a FileData of zeros alone becomes a hole
    };
    std::string path;          //!< absolute; after resolving, inside /sandbox or /tmp. Parents are made (0755).
    std::uint32_t mode = 0644; //!< permission bits
    std::uint64_t mtimeMs = 0; //!< since 1970; 0: now
    std::uint32_t flags = 0;
    [[nodiscard]] std::string encode() const
    {
        Writer w;
        w.string(path);
        w.u32(mode);
        w.u64(mtimeMs);
        w.u32(flags);
        return w.take();
    }
    [[nodiscard]] bool decode(std::string_view in)
    {
        Reader r(in);
        path = r.string();
        mode = r.u32();
        mtimeMs = r.u64();
        flags = r.u32();
        return r.done() && flags <= (Replace | Sparse);
    }
};

struct FileMkdirMessage
{
    static constexpr std::uint32_t AsIs = ~std::uint32_t(0);
    std::string path;          //!< absolute
    std::uint32_t mode = AsIs; //!< permission bits, also of one that exists; AsIs: 0755 when it is made, else as it was
    std::uint64_t mtimeMs = 0; //!< since 1970; 0: as it comes
    [[nodiscard]] std::string encode() const
    {
        Writer w;
        w.string(path);
        w.u32(mode);
        w.u64(mtimeMs);
        return w.take();
    }
    [[nodiscard]] bool decode(std::string_view in)
    {
        Reader r(in);
        path = r.string();
        mode = r.u32();
        mtimeMs = r.u64();
        return r.done();
    }
};

//! Makes a link. What has its name is replaced and never followed, save a folder, which is an error; parents are made.
struct FileSymlinkMessage
{
    enum Flag : std::uint32_t {
        Hard = 1, //!< another name of the regular file \a target, an absolute path
    };
    std::string path;          //!< absolute
    std::string target;        //!< as the link holds it: nothing is asked of it
    std::uint64_t mtimeMs = 0; //!< since 1970; 0: now. Of a hard link none
    std::uint32_t flags = 0;
    [[nodiscard]] std::string encode() const
    {
        Writer w;
        w.string(path);
        w.string(target);
        w.u64(mtimeMs);
        w.u32(flags);
        return w.take();
    }
    [[nodiscard]] bool decode(std::string_view in)
    {
        Reader r(in);
        path = r.string();
        target = r.string();
        mtimeMs = r.u64();
        flags = r.u32();
        return r.done() && flags <= Hard;
    }
};

struct FileGetMessage
{
    std::string path;           //!< absolute path of a regular file
    std::uint64_t maxBytes = 0; //!< larger files are refused with FileError::TooLarge
    [[nodiscard]] std::string encode() const
    {
        Writer w;
        w.string(path);
        w.u64(maxBytes);
        return w.take();
    }
    [[nodiscard]] bool decode(std::string_view in)
    {
        Reader r(in);
        path = r.string();
        maxBytes = r.u64();
        return r.done();
    }
};

//! Of FileRemove.
struct PathMessage
{
    std::string path; //!< absolute
    [[nodiscard]] std::string encode() const
    {
        Writer w;
        w.string(path);
        return w.take();
    }
    [[nodiscard]] bool decode(std::string_view in)
    {
        Reader r(in);
        path = r.string();
        return r.done();
    }
};

struct FileListMessage
{
    enum Flag : std::uint32_t { Recursive = 1 };
    std::string pattern;          //!< absolute path or glob: * and ? within a component, [a-z], ** over components
    std::uint32_t maxEntries = 0; //!< more end in FileError::TooMany
    std::uint32_t flags = 0;
    [[nodiscard]] std::string encode() const
    {
        Writer w;
        w.string(pattern);
        w.u32(maxEntries);
        w.u32(flags);
        return w.take();
    }
    [[nodiscard]] bool decode(std::string_view in)
    {
        Reader r(in);
        pattern = r.string();
        maxEntries = r.u32();
        flags = r.u32();
        return r.done();
    }
};

struct FileEntryMessage
{
    std::string path;        //!< absolute
    std::uint8_t kind = 'f'; //!< f regular, d directory, l symbolic link, o other
    std::uint32_t mode = 0;
    std::uint64_t size = 0;
    std::uint64_t mtimeMs = 0; //!< since 1970
    std::string target;        //!< of a symbolic link
    [[nodiscard]] std::string encode() const
    {
        Writer w;
        w.string(path);
        w.u8(kind);
        w.u32(mode);
        w.u64(size);
        w.u64(mtimeMs);
        w.string(target);
        return w.take();
    }
    [[nodiscard]] bool decode(std::string_view in)
    {
        Reader r(in);
        path = r.string();
        kind = r.u8();
        mode = r.u32();
        size = r.u64();
        mtimeMs = r.u64();
        target = r.string();
        return r.done();
    }
};

enum class FileError : std::uint32_t {
    None = 0,
    NotFound = 1,
    Outside = 2,    //!< the path leaves /sandbox and /tmp
    NotRegular = 3, //!< a directory, device, pipe or socket where a file is needed
    NoSpace = 4,
    TooLarge = 5,
    TooMany = 6,
    Denied = 7, //!< the sandbox user may not
    Aborted = 8,
    Failed = 9,    //!< anything else; the message says what
    NoMemory = 10, //!< the kernel killed for memory in the middle of it
};

struct FileDoneMessage
{
    FileError error = FileError::None;
    std::string message; //!< the system's own words; of a list without an error: what of it no path leads to
    [[nodiscard]] std::string encode() const
    {
        Writer w;
        w.u32(static_cast<std::uint32_t>(error));
        w.string(message);
        return w.take();
    }
    [[nodiscard]] bool decode(std::string_view in)
    {
        Reader r(in);
        const std::uint32_t e = r.u32();
        error = static_cast<FileError>(e);
        message = r.string();
        return r.done() && e <= static_cast<std::uint32_t>(FileError::NoMemory);
    }
};

//! A value that a Live run's program shows. One may come in several frames; nothing else of the run is between them.
struct DisplayMessage
{
    enum Flag : std::uint8_t { First = 1, Last = 2 };
    std::uint8_t flags = First | Last;
    std::string type; //!< MIME, of the first frame
    std::string data;
    [[nodiscard]] std::string encode() const
    {
        Writer w;
        w.u8(flags);
        w.string(type);
        w.string(data);
        return w.take();
    }
    [[nodiscard]] bool decode(std::string_view in)
    {
        Reader r(in);
        flags = r.u8();
        type = r.string();
        data = r.string();
        return r.done() && flags <= (First | Last);
    }
};

//! Whether something that was asked for came about.
struct OutcomeMessage
{
    bool ok = false;
    std::string problem; //!< why not; empty when ok
    [[nodiscard]] std::string encode() const
    {
        Writer w;
        w.u8(ok ? 1 : 0);
        w.string(problem);
        return w.take();
    }
    [[nodiscard]] bool decode(std::string_view in)
    {
        Reader r(in);
        const std::uint8_t v = r.u8();
        ok = v == 1;
        problem = r.string();
        return r.done() && v <= 1;
    }
};

using ResetDoneMessage = OutcomeMessage; //!< not ok: what was not proven
using PreparedMessage = OutcomeMessage;  //!< not ok: why nothing waits, or nothing any more
using DoorStateMessage = OutcomeMessage; //!< not ok: why it does not listen, or was not shut

struct UsageMessage
{
    std::uint64_t cpuNs = 0;  //!< since the run's start
    std::uint64_t memory = 0; //!< bytes now
    std::uint32_t pids = 0;
    [[nodiscard]] std::string encode() const
    {
        Writer w;
        w.u64(cpuNs);
        w.u64(memory);
        w.u32(pids);
        return w.take();
    }
    [[nodiscard]] bool decode(std::string_view in)
    {
        Reader r(in);
        cpuNs = r.u64();
        memory = r.u64();
        pids = r.u32();
        return r.done();
    }
};

} // namespace isol8::guest
