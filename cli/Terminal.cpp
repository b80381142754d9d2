// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/Terminal.h>

#include <isol8/base/FileNames.h>
#include <isol8/base/Units.h>

#include <algorithm>
#include <cerrno>
#include <clocale>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <langinfo.h>
#include <sys/ioctl.h>
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

QString printable(QString text)
{
    for (QChar &c : text) {
        if (c.category() == QChar::Other_Control || c.category() == QChar::Other_Format ||
            c.category() == QChar::Separator_Line || c.category() == QChar::Separator_Paragraph)
            c = u'?';
    }
    return text;
}

void useUtf8Locale()
{
    std::setlocale(LC_CTYPE, "");
    if (std::strcmp(::nl_langinfo(CODESET), "UTF-8") != 0)
        ::setenv("LC_ALL", "C.UTF-8", 1);
}

Result<QByteArray> readStdinStart(qint64 most)
{
    QByteArray data;
    QByteArray buffer(64 * KiB, Qt::Uninitialized);
    while (data.size() < most) {
        const ssize_t n =
            ::read(STDIN_FILENO, buffer.data(), size_t(std::min(qint64(buffer.size()), most - data.size())));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail(errors::FileError,
                        u"Cannot read stdin: %1."_s.arg(QString::fromLocal8Bit(std::strerror(errno))));
        if (n == 0)
            break;
        data.append(buffer.constData(), n);
    }
    return data;
}

Result<QByteArray> readStdin(qint64 limit)
{
    auto data = readStdinStart(limit + 1);
    if (data && data->size() > limit)
        return fail(errors::FileError,
                    u"There are more than %1 on stdin; hand data over as a file."_s.arg(formatSize(limit)));
    return data;
}

QString printableName(const QString &name)
{
    return printable(shownFileName(name));
}

QSize terminalSize()
{
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        winsize size = {};
        if (::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0)
            return {size.ws_col, size.ws_row};
    }
    return {80, 24};
}

QMap<QString, QString> terminalVariables(const QProcessEnvironment &environment)
{
    // Of Debian's ncurses-base.
    static const QStringList known{u"ansi"_s,
                                   u"cygwin"_s,
                                   u"dumb"_s,
                                   u"linux"_s,
                                   u"rxvt"_s,
                                   u"rxvt-unicode"_s,
                                   u"screen"_s,
                                   u"tmux"_s,
                                   u"tmux-256color"_s,
                                   u"screen-256color"_s,
                                   u"screen-256color-bce"_s,
                                   u"screen.xterm-256color"_s,
                                   u"rxvt-unicode-256color"_s,
                                   u"vt100"_s,
                                   u"vt102"_s,
                                   u"vt220"_s,
                                   u"xterm"_s,
                                   u"xterm-256color"_s,
                                   u"xterm-color"_s,
                                   u"xterm-mono"_s};
    QMap<QString, QString> variables;
    if (const QString term = environment.value(u"TERM"_s); known.contains(term))
        variables.insert(u"TERM"_s, term);
    if (const QString colours = environment.value(u"COLORTERM"_s); colours == u"truecolor" || colours == u"24bit")
        variables.insert(u"COLORTERM"_s, colours);
    if (!environment.value(u"NO_COLOR"_s).isEmpty())
        variables.insert(u"NO_COLOR"_s, u"1"_s);
    return variables;
}

} // namespace isol8::cli
