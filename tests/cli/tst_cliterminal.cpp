// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker; base
// `isol8 run -t` as a person meets it: in a terminal of the test's own.
#include "support/Docker.h"

#include <QElapsedTimer>
#include <QTest>

#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>

using namespace Qt::StringLiterals;

namespace {

// A program in a terminal: what it shows, what is typed.
class TerminalSession
{
public:
    TerminalSession(const QStringList &arguments, int columns, int rows)
    {
        winsize size{};
        size.ws_col = static_cast<unsigned short>(columns);
        size.ws_row = static_cast<unsigned short>(rows);
        QList<QByteArray> bytes{qgetenv("ISOL8_BIN") + "/isol8"};
        for (const QString &argument : arguments)
            bytes.append(argument.toUtf8());
        std::vector<char *> argv;
        for (QByteArray &item : bytes)
            argv.push_back(item.data());
        argv.push_back(nullptr);
        if (::openpty(&m_master, &m_slave, nullptr, nullptr, &size) != 0)
            return;
        ::tcgetattr(m_slave, &m_before);
        m_pid = ::fork();
        if (m_pid == 0) {
            ::close(m_master);
            ::login_tty(m_slave);
            ::execv(argv[0], argv.data());
            ::_exit(126);
        }
        ::fcntl(m_master, F_SETFL, O_NONBLOCK);
        ::fcntl(m_master, F_SETFD, FD_CLOEXEC);
    }
    ~TerminalSession()
    {
        if (m_pid > 0 && !m_ended) {
            ::kill(m_pid, SIGKILL);
            ::waitpid(m_pid, nullptr, 0);
        }
        ::close(m_master);
        ::close(m_slave);
    }

    void type(const char *text) { (void)!::write(m_master, text, qstrlen(text)); }
    void resize(int columns, int rows)
    {
        winsize size{};
        size.ws_col = static_cast<unsigned short>(columns);
        size.ws_row = static_cast<unsigned short>(rows);
        ::ioctl(m_master, TIOCSWINSZ, &size);
    }
    //! False when \a text did not show in time.
    bool shows(const char *text, int ms = 20000)
    {
        QElapsedTimer timer;
        for (timer.start(); !screen.contains(text); pump(50)) {
            if (timer.elapsed() > ms)
                return false;
        }
        return true;
    }
    //! Its exit code; 128+N by a signal; -1 when it did not end in time.
    int end(int ms = 20000)
    {
        int status = 0;
        QElapsedTimer timer;
        for (timer.start(); timer.elapsed() < ms; pump(20)) {
            if (::waitpid(m_pid, &status, WNOHANG) == m_pid) {
                m_ended = true;
                while (pump(0)) {
                }
                return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
            }
        }
        return -1;
    }
    //! Whether the terminal is set as it was at the start.
    [[nodiscard]] bool restored() const
    {
        termios now{};
        ::tcgetattr(m_slave, &now);
        return now.c_lflag == m_before.c_lflag && now.c_iflag == m_before.c_iflag && now.c_oflag == m_before.c_oflag;
    }
    [[nodiscard]] bool raw() const
    {
        termios now{};
        ::tcgetattr(m_slave, &now);
        return !(now.c_lflag & (ICANON | ECHO | ISIG));
    }
    [[nodiscard]] pid_t pid() const { return m_pid; }

    QByteArray screen;

private:
    bool pump(int ms)
    {
        pollfd fd{m_master, POLLIN, 0};
        if (::poll(&fd, 1, ms) <= 0)
            return false;
        char buffer[4096];
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

} // namespace

class tst_cliterminal : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void interactivePython();
    void sizes();
    void controlC();
    void exitCode();
    void endedFromOutside_data();
    void endedFromOutside();
    void withoutOneOutside();
};

void tst_cliterminal::interactivePython()
{
    TerminalSession session({u"run"_s, u"-t"_s, u"-r"_s, u"python"_s, u"--cmd"_s, u"python3 -q"_s}, 80, 24);
    QVERIFY2(session.shows(">>> "), session.screen.constData());
    QVERIFY(session.raw());
    session.type("6 * 7\r");
    QVERIFY2(session.shows("\r\n42\r\n"), session.screen.constData());
    session.type("import os; print(os.isatty(0), os.isatty(1), os.isatty(2), os.ttyname(0))\r");
    QVERIFY2(session.shows("True True True /dev/pts/0"), session.screen.constData());
    session.type("\x04");
    QCOMPARE(session.end(), 0);
    QVERIFY(session.restored());
}

void tst_cliterminal::sizes()
{
    TerminalSession session({u"run"_s, u"-t"_s, u"-r"_s, u"bash"_s, u"-e"_s,
                             u"trap 'echo now $(stty size)' WINCH; echo first $(stty size); "
                             u"for i in {1..200}; do sleep 0.05; done"_s},
                            101, 31);
    QVERIFY2(session.shows("first 31 101"), session.screen.constData());
    session.resize(77, 22);
    QVERIFY2(session.shows("now 22 77"), session.screen.constData());
    session.type("\x03");
    QCOMPARE(session.end(), 130);
    QVERIFY(session.restored());
}

// In a terminal Ctrl-C is the program's.
void tst_cliterminal::controlC()
{
    TerminalSession session({u"run"_s, u"-t"_s, u"-e"_s,
                             u"import time\n"
                             u"print('ready')\n"
                             u"try:\n"
                             u"  while True: time.sleep(0.05)\n"
                             u"except KeyboardInterrupt: print('interrupted')\n"
                             u"print('read', input())"_s},
                            80, 24);
    QVERIFY2(session.shows("ready\r\n"), session.screen.constData());
    session.type("\x03");
    QVERIFY2(session.shows("interrupted\r\n"), session.screen.constData());
    session.type("line\r");
    QVERIFY2(session.shows("read line\r\n"), session.screen.constData());
    QCOMPARE(session.end(), 0);
    QVERIFY(session.restored());
}

void tst_cliterminal::exitCode()
{
    TerminalSession session({u"run"_s, u"-t"_s, u"--cmd"_s, u"exit 7"_s}, 80, 24);
    QCOMPARE(session.end(), 7);
    QVERIFY(session.restored());
}

void tst_cliterminal::endedFromOutside_data()
{
    QTest::addColumn<int>("signal");
    QTest::newRow("SIGTERM") << SIGTERM;
    QTest::newRow("SIGHUP") << SIGHUP;
    QTest::newRow("SIGINT") << SIGINT;
}

void tst_cliterminal::endedFromOutside()
{
    QFETCH(int, signal);
    TerminalSession session({u"run"_s, u"-t"_s, u"--cmd"_s, u"echo up; sleep 60"_s}, 80, 24);
    QVERIFY2(session.shows("up\r\n"), session.screen.constData());
    QVERIFY(session.raw());
    ::kill(session.pid(), signal);
    QCOMPARE(session.end(), 128 + signal);
    QVERIFY(session.restored());
}

// As in a job of CI: the program gets a terminal, whatever isol8 itself has.
void tst_cliterminal::withoutOneOutside()
{
    QProcess process;
    process.start(qEnvironmentVariable("ISOL8_BIN") + u"/isol8"_s,
                  {u"run"_s, u"-t"_s, u"--cmd"_s, u"test -t 0 && test -t 1 && stty size; exit 3"_s});
    QVERIFY(process.waitForFinished(20000));
    QCOMPARE(process.readAllStandardOutput(), QByteArray("24 80\r\n"));
    QCOMPARE(process.exitCode(), 3);
}

QTEST_GUILESS_MAIN(tst_cliterminal)
#include "tst_cliterminal.moc"
