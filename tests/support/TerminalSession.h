// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "Signals.h"

#include <QByteArray>
#include <QElapsedTimer>
#include <QProcessEnvironment>
#include <QStringList>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>

/*!
    The built isol8 as a person meets it: in a terminal of the test's own. What it shows, what is typed.
*/
class TerminalSession
{
public:
    struct Size
    {
        int columns = 80;
        int rows = 24;
    };

    //! \a prepare runs in the child before isol8 does, when it has the terminal.
    TerminalSession(const QStringList &arguments, const QProcessEnvironment &environment, Size wanted,
                    const std::function<void()> &prepare = {})
    {
        const winsize size = winsizeOf(wanted);
        std::vector<std::string> words{qgetenv("ISOL8_BIN").toStdString() + "/isol8"};
        for (const QString &argument : arguments)
            words.push_back(argument.toStdString());
        std::vector<std::string> variables;
        for (const QString &variable : environment.toStringList())
            variables.push_back(variable.toStdString());
        std::vector<char *> argv = pointers(words);
        std::vector<char *> env = pointers(variables);
        if (::openpty(&m_master, &m_slave, nullptr, nullptr, &size) != 0)
            return;
        ::tcgetattr(m_slave, &m_before);
        m_pid = ::fork();
        if (m_pid == 0) {
            ::close(m_master);
            ::login_tty(m_slave);
            if (prepare)
                prepare();
            ::execve(argv[0], argv.data(), env.data());
            ::_exit(126);
        }
        ::fcntl(m_master, F_SETFL, O_NONBLOCK);
        ::fcntl(m_master, F_SETFD, FD_CLOEXEC);
        ::fcntl(m_slave, F_SETFD, FD_CLOEXEC);
    }
    explicit TerminalSession(const QStringList &arguments,
                             const QProcessEnvironment &environment = QProcessEnvironment::systemEnvironment())
        : TerminalSession(arguments, environment, Size())
    {
    }
    ~TerminalSession()
    {
        if (m_pid > 0 && !m_ended) {
            processtest::sendSignal(m_pid, SIGKILL);
            ::waitpid(m_pid, nullptr, 0);
        }
        hangUp();
    }
    TerminalSession(const TerminalSession &) = delete;
    TerminalSession &operator=(const TerminalSession &) = delete;

    //! All of it, showing meanwhile what comes. False when it was not taken in time.
    bool type(const QByteArray &text, int ms = 60000)
    {
        QElapsedTimer timer;
        timer.start();
        for (qsizetype at = 0; at < text.size();) {
            const ssize_t n = ::write(m_master, text.constData() + at, size_t(text.size() - at));
            if (n > 0)
                at += n;
            else if (timer.elapsed() > ms)
                return false;
            else
                pump(10, POLLIN | POLLOUT);
        }
        return true;
    }
    void resize(Size wanted)
    {
        const winsize size = winsizeOf(wanted);
        ::ioctl(m_master, TIOCSWINSZ, &size);
    }
    //! False when \a text did not show in time. What was there before forget() does not count.
    bool shows(const QByteArray &text, int ms = 20000)
    {
        QElapsedTimer timer;
        for (timer.start(); !screen.contains(text); pump(50)) {
            if (timer.elapsed() > ms)
                return false;
        }
        return true;
    }
    void forget() { screen.clear(); }
    //! Its exit code; 128+N by a signal; -1 when it did not end in time.
    int end(int ms = 20000)
    {
        int code = 0;
        QElapsedTimer timer;
        for (timer.start(); timer.elapsed() < ms; pump(20)) {
            if (hasEnded(&code)) {
                while (pump(0)) {
                }
                return code;
            }
        }
        return -1;
    }
    //! The same without reading what it shows. Once.
    bool hasEnded(int *code)
    {
        int status = 0;
        if (::waitpid(m_pid, &status, WNOHANG) != m_pid)
            return false;
        m_ended = true;
        *code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        return true;
    }
    //! Whether it has stopped (SIGSTOP), in time.
    bool stops(int ms = 10000)
    {
        int status = 0;
        QElapsedTimer timer;
        for (timer.start(); timer.elapsed() < ms; pump(20)) {
            if (::waitpid(m_pid, &status, WNOHANG | WUNTRACED) == m_pid)
                return WIFSTOPPED(status);
        }
        return false;
    }
    void signal(int number) const { processtest::sendSignal(m_pid, number); }
    //! The terminal is gone, as when its window is closed.
    void hangUp()
    {
        for (int *fd : {&m_master, &m_slave}) {
            if (*fd >= 0)
                ::close(*fd);
            *fd = -1;
        }
    }
    //! Whether the terminal is set as it was at the start.
    [[nodiscard]] bool restored() const
    {
        const termios now = settings();
        return now.c_lflag == m_before.c_lflag && now.c_iflag == m_before.c_iflag && now.c_oflag == m_before.c_oflag &&
               now.c_cflag == m_before.c_cflag;
    }
    [[nodiscard]] bool raw() const { return !(settings().c_lflag & (ICANON | ECHO | ISIG)); }
    [[nodiscard]] pid_t pid() const { return m_pid; }

    QByteArray screen;

private:
    static winsize winsizeOf(Size wanted)
    {
        winsize size{};
        size.ws_col = static_cast<unsigned short>(wanted.columns);
        size.ws_row = static_cast<unsigned short>(wanted.rows);
        return size;
    }
    static std::vector<char *> pointers(std::vector<std::string> &words)
    {
        std::vector<char *> list;
        for (std::string &word : words)
            list.push_back(word.data());
        list.push_back(nullptr);
        return list;
    }
    [[nodiscard]] termios settings() const
    {
        termios now{};
        ::tcgetattr(m_slave, &now);
        return now;
    }
    bool pump(int ms, short events = POLLIN)
    {
        pollfd fd{m_master, events, 0};
        if (::poll(&fd, 1, ms) <= 0 || !(fd.revents & POLLIN))
            return false;
        char buffer[65536];
        const ssize_t n = ::read(m_master, buffer, sizeof buffer);
        if (n > 0)
            screen.append(buffer, n);
        return n > 0;
    }

    int m_master = -1;
    int m_slave = -1;
    pid_t m_pid = -1;
    bool m_ended = false;
    termios m_before{};
};
