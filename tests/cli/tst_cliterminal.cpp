// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker; http
// `isol8 run -t`, `run -i` and `shell` as a person meets them, in a terminal of the test's own; with an engine of their
// own and through the background engine.
#include "support/Cli.h"
#include "support/ServiceProcess.h"
#include "support/Signals.h"
#include "support/TerminalSession.h"

#include <QCryptographicHash>

using namespace servicetest;
using namespace Qt::StringLiterals;

class tst_cliterminal : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cleanupTestCase();
    void initTestCase_data();

    void prompt_data();
    void prompt();
    void environment();
    void sizes();
    void controlC();
    void jobControl();
    void exitCode_data();
    void exitCode();
    void paste_data();
    void paste();
    void bytes();
    void muchOutput();
    void nobodyReads();
    void secrets();
    void top();
    void keysOfOthers();
    void shellWithoutTerminal();
    void typedLines();
    void keptFiles();

    void endedFromOutside_data();
    void endedFromOutside();
    void timeout();
    void stopped();
    void hangUp();
    void engineDies();
    void sandboxDies();
    void controlCBeforeTheStart();
    void withoutOneOutside();
    void nothingToRun();

private:
    [[nodiscard]] QProcessEnvironment surroundings() const
    {
        QFETCH_GLOBAL(bool, background);
        QProcessEnvironment environment = m_service->environment;
        environment.insert(u"ISOL8_ENGINE"_s, background ? u"auto"_s : u"local"_s);
        environment.insert(u"TERM"_s, u"screen-256color"_s);
        // A build with a sanitizer dies by these signals, too, as any other program.
        environment.insert(u"ASAN_OPTIONS"_s, u"handle_segv=0:handle_sigbus=0"_s);
        for (const char *name : {"COLORTERM", "NO_COLOR"})
            environment.remove(QLatin1StringView(name));
        return environment;
    }
    [[nodiscard]] static bool viaService()
    {
        QFETCH_GLOBAL(bool, background);
        return background;
    }

    std::unique_ptr<ServiceProcess> m_service;
};

// A process of a sandbox is one of this machine, too.
static bool runs(const QByteArray &argument)
{
    QProcess pgrep;
    pgrep.start(u"pgrep"_s, {u"-f"_s, u"^sleep "_s + QString::fromLatin1(argument)});
    pgrep.waitForFinished();
    return pgrep.exitCode() == 0;
}

#define SHOWS(session, text) QVERIFY2((session).shows(text), (session).screen.constData())

void tst_cliterminal::initTestCase_data()
{
    QTest::addColumn<bool>("background");
    QTest::newRow("own engine") << false;
    QTest::newRow("background engine") << true;
}

void tst_cliterminal::initTestCase()
{
    m_service = std::make_unique<ServiceProcess>();
    QVERIFY(m_service->start());
}

void tst_cliterminal::cleanupTestCase()
{
    m_service->stop(SIGTERM);
    QVERIFY(m_service->nothingLeft());
}

void tst_cliterminal::prompt_data()
{
    QTest::addColumn<QString>("runtime");
    QTest::addColumn<QByteArray>("prompt");
    QTest::newRow("python") << u"python"_s << QByteArray(">>> ");
    QTest::newRow("node") << u"node"_s << QByteArray("> ");
    QTest::newRow("bun") << u"bun"_s << QByteArray("❯");
    QTest::newRow("deno") << u"deno"_s << QByteArray("> ");
    QTest::newRow("bash") << u"bash"_s << QByteArray("$ ");
}

// With nothing to run, each language's own.
void tst_cliterminal::prompt()
{
    QFETCH(QString, runtime);
    QFETCH(QByteArray, prompt);
    TerminalSession session({u"run"_s, u"-it"_s, u"-r"_s, runtime}, surroundings());
    SHOWS(session, prompt);
    QVERIFY(session.raw());
    session.forget();
    session.type(runtime == u"bash" ? "echo $((6*7))\r" : "6 * 7\r");
    SHOWS(session, "42");
    session.screen.remove(0, session.screen.indexOf("42"));
    SHOWS(session, prompt); // before that a Ctrl-D would be nobody's
    session.type("\x04");
    QCOMPARE(session.end(), 0);
    QVERIFY(session.restored());
}

void tst_cliterminal::environment()
{
    TerminalSession session({u"shell"_s}, surroundings());
    SHOWS(session, "sandbox@");
    QVERIFY2(!session.screen.contains("process group") && !session.screen.contains("job control"),
             session.screen.constData());
    session.type("test -t 0 -a -t 1 -a -t 2 && echo =$TERM=$HOME=$LANG=$PWD=$(tty)=\r");
    SHOWS(session, "\r=screen-256color=/sandbox=C.UTF-8=/sandbox=/dev/pts/0=\r\n");
    session.type("for t in $TERM xterm xterm-256color tmux tmux-256color linux vt100; do tput -T $t cols; done\r");
    SHOWS(session, "\r80\r\n80\r\n80\r\n80\r\n80\r\n80\r\n80\r\n");
    session.type("read -r l < /dev/tty; echo got $l > /dev/tty\nline\n");
    SHOWS(session, "got line\r\n");
    session.type("exit\r");
    QCOMPARE(session.end(), 0);
    QVERIFY(session.restored());
}

void tst_cliterminal::sizes()
{
    TerminalSession session({u"run"_s, u"-t"_s, u"-r"_s, u"bash"_s, u"-e"_s,
                             u"trap 'echo now $(stty size)' WINCH; echo first $(stty size); "
                             u"for i in {1..200}; do sleep 0.05; done"_s},
                            surroundings(), {101, 31});
    SHOWS(session, "first 31 101");
    session.resize({77, 22});
    SHOWS(session, "now 22 77");
    session.resize({5, 3});
    SHOWS(session, "now 3 5");
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
                            surroundings());
    SHOWS(session, "ready\r\n");
    session.type("\x03");
    SHOWS(session, "interrupted\r\n");
    session.type("line\r");
    SHOWS(session, "read line\r\n");
    QCOMPARE(session.end(), 0);
    QVERIFY(session.restored());
}

void tst_cliterminal::jobControl()
{
    TerminalSession session({u"shell"_s}, surroundings());
    SHOWS(session, "$ ");
    session.type("sleep 301\r");
    QTRY_VERIFY(runs("301"));
    session.forget();
    session.type("\x1a");
    SHOWS(session, "Stopped");
    SHOWS(session, "$ ");
    session.type("bg\r");
    SHOWS(session, "sleep 301 &");
    session.forget();
    session.type("jobs; echo end\r");
    SHOWS(session, "Running");
    SHOWS(session, "end\r\n");
    session.forget();
    session.type("fg\r");
    SHOWS(session, "\rsleep 301\r\n");
    session.type("\x03");
    SHOWS(session, "$ ");
    session.type("echo was $?\r");
    SHOWS(session, "\rwas 130\r\n");
    QTRY_VERIFY(!runs("301"));
    session.forget();
    session.type("sleep 302\r");
    QTRY_VERIFY(runs("302"));
    session.type("\x1c"); // Ctrl-backslash
    SHOWS(session, "Quit");
    session.forget();
    session.type("echo was $?\r");
    SHOWS(session, "\rwas 131\r\n");
    session.type("exit 3\r");
    QCOMPARE(session.end(), 3);
    QVERIFY(session.restored());
}

void tst_cliterminal::exitCode_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QByteArray>("typed");
    QTest::addColumn<int>("code");
    QTest::newRow("run") << QStringList{u"run"_s, u"-t"_s, u"--cmd"_s, u"exit 7"_s} << QByteArray() << 7;
    QTest::newRow("shell") << QStringList{u"shell"_s} << QByteArray("exit 9\r") << 9;
    QTest::newRow("end of input") << QStringList{u"shell"_s} << QByteArray("false\r\x04") << 1;
    QTest::newRow("another program") << QStringList{u"shell"_s,
                                                    u"-r"_s,
                                                    u"python"_s,
                                                    u"--"_s,
                                                    u"python3"_s,
                                                    u"-c"_s,
                                                    u"import sys; sys.exit(len(sys.argv[1]))"_s,
                                                    u"it's \"$HOME\""_s}
                                     << QByteArray() << 12;
}

void tst_cliterminal::exitCode()
{
    QFETCH(QStringList, arguments);
    QFETCH(QByteArray, typed);
    QFETCH(int, code);
    TerminalSession session(arguments, surroundings());
    if (!typed.isEmpty()) {
        SHOWS(session, "$ ");
        session.type(typed);
    }
    QCOMPARE(session.end(), code);
    QVERIFY(session.restored());
}

void tst_cliterminal::paste_data()
{
    QTest::addColumn<QByteArray>("settings");
    QTest::newRow("raw") << QByteArray("stty raw -echo; echo go; head -c 1048576");
    QTest::newRow("lines, with echo") << QByteArray("echo go; head -c 1048576");
}

void tst_cliterminal::paste()
{
    QFETCH(QByteArray, settings);
    TerminalSession session(
        {u"run"_s, u"-it"_s, u"--cmd"_s, QString::fromLatin1(settings) + u" | sha256sum; stty sane; echo done"_s},
        surroundings());
    SHOWS(session, "go");
    QByteArray text;
    for (int line = 0; text.size() < 1048576; ++line)
        text += "line " + QByteArray::number(line) + QByteArray(line % 200, 'x') + '\n';
    text.truncate(1048575);
    text += '\n';
    QVERIFY(session.type(text));
    SHOWS(session, QCryptographicHash::hash(text, QCryptographicHash::Sha256).toHex());
    SHOWS(session, "done\r\n");
    QCOMPARE(session.end(), 0);
}

// A terminal takes bytes, and at once.
void tst_cliterminal::bytes()
{
    TerminalSession session({u"run"_s, u"-t"_s, u"-e"_s,
                             u"import sys, os\n"
                             u"os.system('stty raw -echo')\n"
                             u"sys.stdout.buffer.write(b'<' + bytes(range(256)) * 2 + b'>' + b'\\xe2\\x82')\n"
                             u"sys.stdin.buffer.read(1)\n"
                             u"sys.stdout.buffer.write(b'\\xac|')"_s},
                            surroundings());
    QByteArray all;
    for (int i = 0; i < 256; ++i)
        all.append(char(i));
    SHOWS(session, '<' + all + all + ">\xe2\x82");
    session.type("x");
    SHOWS(session, "\xe2\x82\xac|");
    QCOMPARE(session.end(), 0);
    QVERIFY(session.restored());
}

// No limit of what is kept cuts a terminal off; --max-output still does.
void tst_cliterminal::muchOutput()
{
    const QString much = u"seq 500000"_s;
    TerminalSession session({u"run"_s, u"-t"_s, u"--cmd"_s, much}, surroundings());
    QCOMPARE(session.end(60000), 0);
    QCOMPARE(session.screen.count('\n'), 500000);
    QVERIFY(session.screen.endsWith("499999\r\n500000\r\n"));
    TerminalSession limited({u"run"_s, u"-t"_s, u"--max-output"_s, u"1k"_s, u"--cmd"_s, much}, surroundings());
    QCOMPARE(limited.end(), 0);
    QVERIFY2(limited.screen.contains("truncated at 1024 bytes"), limited.screen.right(200).constData());
    QVERIFY(limited.screen.size() < 1200);
}

// A terminal that takes nothing holds up neither Ctrl-C nor an end from outside.
void tst_cliterminal::nobodyReads()
{
    const QStringList arguments{u"run"_s, u"-t"_s, u"--cmd"_s, u"echo up; exec yes 309"_s};
    TerminalSession session(arguments, surroundings());
    SHOWS(session, "up\r\n");
    QTest::qWait(500); // all that lies between is full
    session.type("\x03");
    QTest::qWait(500);
    QCOMPARE(session.end(), 130);
    QVERIFY(session.restored());

    TerminalSession ended(arguments, surroundings());
    SHOWS(ended, "up\r\n");
    QTest::qWait(500);
    ended.signal(SIGTERM);
    int status = 0;
    QVERIFY(QTest::qWaitFor([&] { return ended.hasEnded(&status); }, 10000));
    QCOMPARE(status, 128 + SIGTERM);
    QVERIFY(ended.restored());
}

// Masked as ever, and yet a prompt that may be the beginning of one shows.
void tst_cliterminal::secrets()
{
    TerminalSession session({u"shell"_s, u"--secret"_s, u"KEY=hunter22hunter22"_s, u"--"_s, u"env"_s, u"PS1=(hun"_s,
                             u"bash"_s, u"--norc"_s},
                            surroundings());
    SHOWS(session, "(hun"); // of four characters and more none would be shown but the first three
    session.type("echo $KEY; printf hunter22; sleep 0.3; printf 'hunter22\\n'; echo over\r");
    SHOWS(session, "***\r\nover\r\n");
    QVERIFY2(session.screen.contains("\r***\r\nhun***\r\nover"), session.screen.constData());
    session.type("exit\r");
    QCOMPARE(session.end(), 0);
    QVERIFY(!session.screen.contains("hunter22hunter22"));
}

void tst_cliterminal::top()
{
    TerminalSession session({u"shell"_s}, surroundings(), {90, 20});
    SHOWS(session, "$ ");
    session.type("top\r");
    SHOWS(session, "PID USER");
    SHOWS(session, "bash");
    session.forget();
    session.type("q");
    SHOWS(session, "$ ");
    session.type("exit\r");
    QCOMPARE(session.end(), 0);
    QVERIFY(session.restored());
}

// What a program types by itself, where the kernel lets it, reaches its own terminal and no other.
void tst_cliterminal::keysOfOthers()
{
    TerminalSession session({u"run"_s, u"-t"_s, u"-e"_s,
                             u"import fcntl, termios\n"
                             u"for c in b'typed\\n':\n"
                             u"  try: fcntl.ioctl(0, termios.TIOCSTI, bytes([c]))\n"
                             u"  except OSError as e: print('refused', e.errno); break\n"
                             u"else: print('read', input())\n"
                             u"print('over')"_s},
                            surroundings());
    SHOWS(session, "over\r\n");
    QVERIFY2(session.screen.contains("read typed") || session.screen.contains("refused"), session.screen.constData());
    QCOMPARE(session.end(), 0);
}

// As a script's would, what comes from a pipe runs without a terminal.
void tst_cliterminal::shellWithoutTerminal()
{
    const auto outcome = clitest::isol8({u"shell"_s}, "test -t 0 || echo none; echo $0; exit 5\n", {}, surroundings());
    QCOMPARE(outcome.out, QByteArray("none\nbash\n"));
    QCOMPARE(outcome.err, QByteArray());
    QCOMPARE(outcome.exitCode, 5);
    const auto piped =
        clitest::isol8({u"run"_s, u"-i"_s, u"-t"_s, u"--cmd"_s, u"read a; echo got $a; read b || echo end"_s}, "x\n",
                       {}, surroundings());
    QVERIFY2(piped.out.contains("got x\r\nend\r\n") || piped.out.contains("got x\r\n"), piped.out.constData());
    QCOMPARE(piped.exitCode, 0);
}

// -i without -t: lines, as they are typed, to Ctrl-D.
void tst_cliterminal::typedLines()
{
    TerminalSession session({u"run"_s, u"-i"_s, u"-e"_s,
                             u"import sys\nprint('up')\nfor l in sys.stdin: print('got', l.strip())\nprint('over')"_s},
                            surroundings());
    SHOWS(session, "up\r\n");
    QVERIFY(!session.raw());
    session.type("one\n");
    SHOWS(session, "got one\r\n");
    session.type("two\n\x04");
    SHOWS(session, "got two\r\nover\r\n");
    QCOMPARE(session.end(), 0);
}

void tst_cliterminal::keptFiles()
{
    QTemporaryDir folder;
    QDir(folder.path()).mkdir(u"in"_s);
    QFile file(folder.filePath(u"in/a.txt"_s));
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write("given") == 5);
    file.close();
    const QByteArray path = folder.path().toLocal8Bit();
    TerminalSession session({u"shell"_s, u"--files"_s, u"in"_s, u"--get"_s, u"b.txt"_s}, surroundings(), {},
                            [path] { (void)!::chdir(path.constData()); });
    SHOWS(session, "$ ");
    session.type("tr a-z A-Z < a.txt > b.txt; exit\r");
    QCOMPARE(session.end(), 0);
    QFile made(folder.filePath(u"b.txt"_s));
    QVERIFY2(made.open(QIODevice::ReadOnly), session.screen.constData());
    QCOMPARE(made.readAll(), QByteArray("GIVEN"));
}

void tst_cliterminal::endedFromOutside_data()
{
    QTest::addColumn<int>("signal");
    for (const int number : {SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGSEGV, SIGABRT, SIGBUS, SIGUSR1})
        QTest::newRow(qPrintable(u"SIG"_s + QLatin1StringView(::sigabbrev_np(number)))) << number;
}

void tst_cliterminal::endedFromOutside()
{
    QFETCH(int, signal);
    TerminalSession session({u"run"_s, u"-t"_s, u"--cmd"_s, u"printf '\\e[?1049h\\e[31m'; echo up; sleep 303"_s},
                            surroundings());
    SHOWS(session, "up\r\n");
    QVERIFY(session.raw());
    session.signal(signal);
    QCOMPARE(session.end(), 128 + signal);
    QVERIFY(session.restored());
    const bool inOrder = signal == SIGTERM || signal == SIGHUP || signal == SIGINT;
    QCOMPARE(session.screen.contains("\x1b[?1049l\x1b[0m"), inOrder);
    QTRY_VERIFY_WITH_TIMEOUT(!runs("303"), 3000);
}

void tst_cliterminal::timeout()
{
    TerminalSession session(
        {u"run"_s, u"-t"_s, u"--timeout"_s, u"1s"_s, u"--cmd"_s, u"printf '\\e[?1000;2004h\\e[?25l'; sleep 304"_s},
        surroundings());
    QCOMPARE(session.end(), 124);
    QVERIFY(session.restored());
    QVERIFY2(session.screen.contains("\x1b[?25h\x1b[?1000l\x1b[?2004l"), session.screen.constData());
    QVERIFY2(session.screen.contains("did not end within 1 s"), session.screen.constData());
    QTRY_VERIFY_WITH_TIMEOUT(!runs("304"), 3000);
}

// Stopped by kill, and going on: the terminal is the shell's meanwhile.
void tst_cliterminal::stopped()
{
    TerminalSession session({u"shell"_s}, surroundings());
    SHOWS(session, "$ ");
    session.signal(SIGTSTP);
    QVERIFY(session.stops());
    QVERIFY(session.restored());
    session.resize({66, 33});
    session.signal(SIGCONT);
    QTRY_VERIFY(session.raw());
    session.forget();
    session.type("stty size\r");
    SHOWS(session, "\r33 66\r\n");
    session.type("exit\r");
    QCOMPARE(session.end(), 0);
    QVERIFY(session.restored());
}

void tst_cliterminal::hangUp()
{
    TerminalSession session({u"run"_s, u"-t"_s, u"--cmd"_s, u"echo up; sleep 305"_s}, surroundings());
    SHOWS(session, "up\r\n");
    session.hangUp();
    QCOMPARE(session.end(), 128 + SIGHUP);
    QTRY_VERIFY_WITH_TIMEOUT(!runs("305"), 3000);
}

void tst_cliterminal::engineDies()
{
    if (!viaService())
        QSKIP("it is the same process");
    TerminalSession session({u"shell"_s}, surroundings());
    SHOWS(session, "$ ");
    session.type("sleep 306\r");
    QTRY_VERIFY(runs("306"));
    m_service->stop(SIGKILL);
    QCOMPARE(session.end(), 125);
    QVERIFY(session.restored());
    QVERIFY2(session.screen.contains("connection to the isol8 engine broke"), session.screen.constData());
    QTRY_VERIFY_WITH_TIMEOUT(!runs("306"), 3000);
    QVERIFY(m_service->nothingLeft());
    QVERIFY(m_service->start());
}

void tst_cliterminal::sandboxDies()
{
    TerminalSession session({u"shell"_s}, surroundings());
    SHOWS(session, "sandbox@");
    session.type("sleep 307\r");
    QTRY_VERIFY(runs("307"));
    QProcess pgrep;
    pgrep.start(u"pgrep"_s, {u"-f"_s, u"^sleep 307"_s});
    pgrep.waitForFinished();
    const auto sleeper = pid_t(pgrep.readAllStandardOutput().trimmed().toInt());
    QVERIFY(sleeper > 1);
    // Its init, two above it.
    pid_t parent = sleeper;
    for (int i = 0; i < 2; ++i) {
        QFile status(u"/proc/%1/status"_s.arg(parent));
        QVERIFY(status.open(QIODevice::ReadOnly));
        const QByteArray text = status.readAll();
        parent = pid_t(text.mid(text.indexOf("\nPPid:") + 6, 12).trimmed().split('\n')[0].toInt());
    }
    QVERIFY(processtest::sendSignal(parent, SIGKILL));
    QCOMPARE(session.end(), 125);
    QVERIFY(session.restored());
    QTRY_VERIFY_WITH_TIMEOUT(!runs("307"), 3000);
}

// Until the program has the keys they are isol8's.
void tst_cliterminal::controlCBeforeTheStart()
{
    TerminalSession session(
        {u"run"_s, u"-t"_s, u"--setup"_s, u"echo setting up; sleep 308"_s, u"--cmd"_s, u"echo no"_s}, surroundings());
    SHOWS(session, "setting up\r\n");
    QVERIFY(!session.raw());
    session.type("\x03");
    QCOMPARE(session.end(), 130);
    QVERIFY(session.restored());
    QTRY_VERIFY_WITH_TIMEOUT(!runs("308"), 3000);
}

// As in a job of CI: the program gets a terminal, whatever isol8 itself has.
void tst_cliterminal::withoutOneOutside()
{
    QProcess process;
    process.setProcessEnvironment(surroundings());
    process.start(clitest::binary(),
                  {u"run"_s, u"-t"_s, u"--cmd"_s,
                   u"test -t 0 && test -t 1 && stty size; echo $TERM; read a || echo end; exit 3"_s});
    QVERIFY(process.waitForFinished(20000)); // though nobody closes its stdin
    QCOMPARE(process.readAllStandardOutput(), QByteArray("24 80\r\nxterm-256color\r\nend\r\n"));
    QCOMPARE(process.readAllStandardError(),
             QByteArray("isol8: stdout is not a terminal; the program has one all the same, and what it shows goes to "
                        "stdout.\n"));
    QCOMPARE(process.exitCode(), 3);
}

void tst_cliterminal::nothingToRun()
{
    TerminalSession session({u"run"_s}, surroundings());
    SHOWS(session, "isol8: waiting for a python program; end it with Ctrl-D, or see isol8 run --help\r\n");
    session.type("print(40 + 2)\n\x04");
    SHOWS(session, "\n42\r\n");
    QCOMPARE(session.end(), 0);
    TerminalSession agent({u"run"_s, u"-t"_s, u"-r"_s, u"agent"_s}, surroundings());
    QCOMPARE(agent.end(), 2);
    QVERIFY2(agent.screen.contains("agent has no prompt of its own"), agent.screen.constData());
}

QTEST_GUILESS_MAIN(tst_cliterminal)
#include "tst_cliterminal.moc"
