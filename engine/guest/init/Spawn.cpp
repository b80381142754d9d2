// SPDX-License-Identifier: GPL-3.0-or-later
#include "Spawn.h"

#include "Confine.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>

#include <fcntl.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif

namespace isol8::guest {

namespace {

constexpr std::string_view DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

struct Prepared // before the fork, so that the child has nothing to allocate
{
    std::vector<char *> argv;
    std::vector<char *> env;
    std::vector<std::string> candidates; //!< files to try, in order
};

void addCandidates(std::string_view path, const std::string &program, std::vector<std::string> *candidates)
{
    while (true) {
        const std::size_t colon = std::min(path.find(':'), path.size());
        std::string folder(path.substr(0, colon));
        candidates->push_back((folder.empty() ? std::string(".") : std::move(folder)) + "/" + program);
        if (colon == path.size())
            break;
        path.remove_prefix(colon + 1);
    }
}

// An interpreter is the image's own, whatever PATH its program asks for. What the image does not have is looked for
// there: a custom runtime's may have been installed.
Prepared prepare(const RunMessage &run)
{
    Prepared p;
    const char *const own = std::getenv("PATH");
    const std::string_view image = own && *own ? std::string_view(own) : DefaultPath;
    std::string_view path;
    for (const std::string &argument : run.argv)
        p.argv.push_back(const_cast<char *>(argument.c_str()));
    p.argv.push_back(nullptr);
    for (const std::string &variable : run.env) {
        p.env.push_back(const_cast<char *>(variable.c_str()));
        if (variable.compare(0, 5, "PATH=") == 0)
            path = std::string_view(variable).substr(5);
    }
    p.env.push_back(nullptr);

    const std::string &program = run.argv[0];
    if (program.find('/') != std::string::npos) {
        p.candidates.push_back(program);
    } else if (!program.empty()) {
        addCandidates(image, program, &p.candidates);
        if (!path.empty())
            addCandidates(path, program, &p.candidates);
    }
    return p;
}

bool makePipe(Fd *readEnd, Fd *writeEnd)
{
    int fds[2];
    if (::pipe2(fds, O_CLOEXEC) != 0)
        return false;
    readEnd->reset(fds[0]);
    writeEnd->reset(fds[1]);
    return true;
}

// The terminal belongs to the sandbox user, so that programs can open it by its name.
bool makeTerminal(const RunMessage &run, Fd *master, Fd *slave)
{
    ::setfsuid(SandboxUid);
    master->reset(::open("/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC));
    if (!*master)
        master->reset(::open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC));
    const int code = errno;
    ::setfsuid(0);
    (void)::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); // as the change of user may have undone it
    errno = code;
    int unlock = 0;
    if (!*master || ::ioctl(master->get(), TIOCSPTLCK, &unlock) != 0)
        return false;
    slave->reset(::ioctl(master->get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
    if (!*slave) {
        unsigned int number = 0;
        if (::ioctl(master->get(), TIOCGPTN, &number) != 0)
            return false;
        slave->reset(::open(("/dev/pts/" + toText(number)).c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC));
    }
    resizeTerminal(master->get(), run.columns, run.rows);
    return bool(*slave);
}

[[noreturn]] void giveUp(int failure, ExecFailure::What what, int code)
{
    const ExecFailure message{what, code};
    (void)writeAll(failure, &message, sizeof message);
    ::_exit(127);
}

// By the sandbox user, with its rights alone.
bool writeProgram(const RunMessage &run)
{
    const Fd file(::open(run.file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0644));
    return file && writeAll(file.get(), run.content.data(), run.content.size());
}

[[noreturn]] void become(const RunMessage &run, SpawnKind kind, const Prepared &prepared, const int (&standard)[3],
                         int failureEnd, int payloadEnd, int requestsEnd)
{
    resetSignals();
    ::setsid();
    // Above the three standard numbers, so that none of them is overwritten before it is copied.
    const int failure = ::fcntl(failureEnd, F_DUPFD_CLOEXEC, 10);
    const bool terminal = run.flags & RunMessage::Pty;
    if (terminal && ::ioctl(standard[0], TIOCSCTTY, 0) != 0)
        giveUp(failure, ExecFailure::Terminal, errno);
    const int requests = requestsEnd < 0 ? -1 : ::fcntl(requestsEnd, F_DUPFD_CLOEXEC, 10);
    const int payload = payloadEnd < 0 ? -1 : ::fcntl(payloadEnd, F_DUPFD_CLOEXEC, 10);
    const int ends[3] = {::fcntl(standard[0], F_DUPFD_CLOEXEC, 10), ::fcntl(standard[1], F_DUPFD_CLOEXEC, 10),
                         ::fcntl(standard[2], F_DUPFD_CLOEXEC, 10)};
    for (int fd = 0; fd < 3; ++fd) {
        if (::dup2(ends[fd], fd) != fd)
            giveUp(failure, ExecFailure::Program, errno);
    }
    // All else goes, so that nothing of init's is open in the program even for a moment.
    const bool program = kind == SpawnKind::Program;
    if (::dup2(failure, 3) != 3 || ::fcntl(3, F_SETFD, program ? FD_CLOEXEC : 0) != 0)
        giveUp(failure, ExecFailure::Program, errno);
    const bool waits = kind == SpawnKind::Waiting || kind == SpawnKind::Forking;
    if (waits && ::dup2(payload, 4) != 4)
        giveUp(3, ExecFailure::Program, errno);
    if (kind == SpawnKind::Forking && ::dup2(requests, 5) != 5)
        giveUp(3, ExecFailure::Program, errno);
    closeFrom(!waits ? 4 : kind == SpawnKind::Waiting ? 5 : 6);

    offerToOomKiller(kind == SpawnKind::Forking ? 0 : 1000);
    ::umask(022);
    const rlimit noCore{0, 0};
    if (::setrlimit(RLIMIT_CORE, &noCore) != 0 || !(kind == SpawnKind::Forking ? becomeForker() : becomeSandboxUser()))
        giveUp(3, ExecFailure::Wall, errno);
    if (program && !run.file.empty() && !writeProgram(run))
        giveUp(3, ExecFailure::File, errno);
    if (!run.cwd.empty() && ::chdir(run.cwd.c_str()) != 0)
        giveUp(3, ExecFailure::Directory, errno);
    if (!installFilter())
        giveUp(3, ExecFailure::Wall, errno);

    int code = ENOENT;
    for (const std::string &file : prepared.candidates) {
        ::execve(file.c_str(), prepared.argv.data(), prepared.env.data());
        if (errno == EACCES)
            code = EACCES; // a later folder of PATH may have one that may be run
        else if (errno != ENOENT && errno != ENOTDIR)
            giveUp(3, ExecFailure::Program, errno);
    }
    giveUp(3, ExecFailure::Program, code);
}

} // namespace

bool makePipes(Spawned *spawned, Fd (&theirs)[4])
{
    return makePipe(&theirs[0], &spawned->input) && makePipe(&spawned->output, &theirs[1]) &&
           makePipe(&spawned->error, &theirs[2]) && makePipe(&spawned->failure, &theirs[3]) &&
           setNonBlocking(spawned->input.get()) && setNonBlocking(spawned->output.get()) &&
           setNonBlocking(spawned->error.get()) && setNonBlocking(spawned->failure.get());
}

bool spawn(const RunMessage &run, SpawnKind kind, Spawned *spawned)
{
    const Prepared prepared = prepare(run);
    Fd theirs[4];
    const bool terminal = run.flags & RunMessage::Pty;
    if (terminal) {
        if (!makePipe(&spawned->failure, &theirs[3]) || !setNonBlocking(spawned->failure.get()) ||
            !makeTerminal(run, &spawned->output, &theirs[0]))
            return false;
        spawned->input.reset(::fcntl(spawned->output.get(), F_DUPFD_CLOEXEC, 3));
        if (!setNonBlocking(spawned->output.get()))
            return false;
    } else if (!makePipes(spawned, theirs)) {
        return false;
    }
    if (kind != SpawnKind::Program) {
        int ends[2];
        const int type = kind == SpawnKind::Forking ? SOCK_SEQPACKET : SOCK_STREAM;
        if (::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends) != 0)
            return false;
        spawned->failure.reset(ends[0]);
        theirs[3].reset(ends[1]);
        if (!setNonBlocking(ends[0]))
            return false;
    }
    if (kind == SpawnKind::Waiting || kind == SpawnKind::Forking) {
        spawned->payload.reset(int(::syscall(SYS_memfd_create, "isol8-run", 1U))); // MFD_CLOEXEC
        if (!spawned->payload)
            return false;
    }
    if (kind == SpawnKind::Live) {
        // A description of its own: not to block is a property of that, and shared with whoever inherits it.
        const std::string path = "/proc/self/fd/" + toText(std::uint64_t(theirs[0].get()));
        spawned->reader.reset(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
        if (!spawned->reader)
            return false;
    }
    Fd requests;
    if (kind == SpawnKind::Forking) {
        int ends[2];
        if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
            return false;
        spawned->requests.reset(ends[0]);
        requests.reset(ends[1]);
    }

    spawned->pid = ::fork();
    if (spawned->pid == 0) {
        const int standard[3] = {theirs[0].get(), theirs[terminal ? 0 : 1].get(), theirs[terminal ? 0 : 2].get()};
        become(run, kind, prepared, standard, theirs[3].get(), spawned->payload.get(), requests.get());
    }
    return spawned->pid > 0;
}

std::string describe(const ExecFailure &failure, const RunMessage &run)
{
    const std::string why = errorText(failure.code);
    switch (failure.what) {
    case ExecFailure::Directory:
        if (failure.code == ENOENT)
            return "The working directory " + run.cwd + " does not exist in the sandbox.";
        if (failure.code == ENOTDIR)
            return "The working directory " + run.cwd + " is not a folder.";
        return "The working directory " + run.cwd + " cannot be entered: " + why + ".";
    case ExecFailure::Wall:
        return "The program was not started, for a wall could not be put up: " + why + ".";
    case ExecFailure::File:
        return "The program's file " + run.file + " cannot be written: " + why + ".";
    case ExecFailure::Terminal:
        return "The program was not started, for its terminal could not be made: " + why + ".";
    default:
        break;
    }
    const std::string &program = run.argv[0];
    switch (failure.code) {
    case ENOENT:
        if (program.find('/') == std::string::npos)
            return "The program " + program + " was found neither in the image nor in the sandbox's PATH.";
        return "The program " + program + ", or the interpreter that it names, does not exist in the sandbox.";
    case EACCES:
        return "The program " + program + " may not be executed in the sandbox.";
    case ENOEXEC:
        return "The file " + program + " is not a program that this system can run.";
    case E2BIG:
        return "The program's arguments and environment are too large for the system.";
    default:
        return "The program " + program + " cannot be started: " + why + ".";
    }
}

void resizeTerminal(int master, std::uint32_t columns, std::uint32_t rows)
{
    winsize size{};
    size.ws_col = static_cast<unsigned short>(std::min<std::uint32_t>(columns, USHRT_MAX));
    size.ws_row = static_cast<unsigned short>(std::min<std::uint32_t>(rows, USHRT_MAX));
    (void)::ioctl(master, TIOCSWINSZ, &size);
}

} // namespace isol8::guest
