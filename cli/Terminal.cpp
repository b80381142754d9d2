// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/Terminal.h>

#include <isol8/base/Units.h>

#include <cerrno>
#include <clocale>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <langinfo.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace isol8::cli {

void openClosedDescriptors()
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
        if (::fcntl(fd, F_GETFD) == -1 && ::open("/dev/null", fd == STDIN_FILENO ? O_RDONLY : O_WRONLY) != fd)
            std::_Exit(EXIT_FAILURE); // no place to say why
    }
}

bool isTerminal(int fd)
{
    return ::isatty(fd) == 1;
}

bool usesColours(int fd)
{
    return isTerminal(fd) && qEnvironmentVariableIsEmpty("NO_COLOR") && qgetenv("TERM") != "dumb";
}

bool writeAll(int fd, QByteArrayView data)
{
    while (!data.isEmpty()) {
        const ssize_t written = ::write(fd, data.data(), size_t(data.size()));
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        data = data.sliced(written);
    }
    return true;
}

bool printData(const QString &text)
{
    return writeAll(STDOUT_FILENO, text.toUtf8());
}

void printNote(const QString &text)
{
    writeAll(STDERR_FILENO, QString(text + u'\n').toUtf8());
}

void printError(const QString &sentence)
{
    printNote((usesColours(STDERR_FILENO) ? u"\x1b[31misol8:\x1b[0m "_s : u"isol8: "_s) + sentence);
}

void printError(const Error &error)
{
    printError(error.message);
    if (!error.detail.isEmpty())
        printNote(u"       "_s + error.detail);
}

void useUtf8Locale()
{
    std::setlocale(LC_CTYPE, "");
    if (std::strcmp(::nl_langinfo(CODESET), "UTF-8") != 0)
        ::setenv("LC_ALL", "C.UTF-8", 1);
}

Result<QByteArray> readStdin(qint64 limit)
{
    QByteArray data;
    QByteArray buffer(64 * KiB, Qt::Uninitialized);
    for (;;) {
        const ssize_t n = ::read(STDIN_FILENO, buffer.data(), size_t(buffer.size()));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail(errors::FileError,
                        u"Cannot read stdin: %1."_s.arg(QString::fromLocal8Bit(std::strerror(errno))));
        if (n == 0)
            return data;
        if (data.size() + n > limit)
            return fail(errors::FileError,
                        u"There are more than %1 on stdin; hand data over as a file."_s.arg(formatSize(limit)));
        data.append(buffer.constData(), n);
    }
}

namespace {

termios cookedTerminal;
bool terminalIsRaw = false;

void restoreTerminal()
{
    if (terminalIsRaw)
        ::tcsetattr(STDIN_FILENO, TCSADRAIN, &cookedTerminal);
    terminalIsRaw = false;
}

} // namespace

QSize terminalSize(int fd)
{
    winsize size = {};
    if (::ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0)
        return {80, 24};
    return {size.ws_col, size.ws_row};
}

RawTerminal::RawTerminal()
{
    if (terminalIsRaw || ::tcgetattr(STDIN_FILENO, &cookedTerminal) != 0)
        return;
    termios raw = cookedTerminal;
    ::cfmakeraw(&raw);
    static const bool registered = std::atexit(restoreTerminal) == 0;
    terminalIsRaw = registered && ::tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
}

RawTerminal::~RawTerminal()
{
    restoreTerminal();
}

} // namespace isol8::cli
