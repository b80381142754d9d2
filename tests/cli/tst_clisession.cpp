// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker; http
// `isol8 run --session-id` and `isol8 session …`, with a background engine that they start by themselves.
#include "support/Cli.h"
#include "support/Docker.h"
#include "support/Signals.h"

#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLocalSocket>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>

using namespace Qt::StringLiterals;

class tst_clisession : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init();
    void cleanupTestCase();

    void noEngine_data();
    void noEngine();
    void keepsState();
    void persistentSaysItsName();
    void listsStopsPauses();
    void files();
    void getNeverOverwrites();
    void getAndPut();
    void keepsTimesAndModes();
    void failedLeavesTheOld();
    void folders();
    void namesDoNotSpeakToTheTerminal();
    void snapshots();
    void stopsSeveral();
    void putsLargeStdin();
    void getsLargeFiles();
    void tellsOfLostState();
    void shellInSession();
    void valuesWithoutTerminal();
    void problems_data();
    void problems();

private:
    clitest::Outcome isol8(const QStringList &arguments, const QByteArray &input = {})
    {
        return clitest::isol8(arguments, input, m_folder.filePath(u"work"_s), m_environment);
    }
    clitest::Outcome session(const QStringList &arguments, const QByteArray &input = {})
    {
        return isol8(QStringList{u"session"_s} + arguments, input);
    }
    clitest::Outcome inWork(const QString &command)
    {
        return isol8({u"run"_s, u"-r"_s, u"bash"_s, u"--session-id"_s, u"work"_s, u"-e"_s, command});
    }
    QJsonArray listed() { return QJsonDocument::fromJson(session({u"list"_s, u"--json"_s}).out).array(); }
    [[nodiscard]] QString here(const QString &name) const { return m_folder.filePath(u"work/"_s + name); }
    QByteArray contentOf(const QString &name)
    {
        QFile file(here(name));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray("(cannot be read)");
    }
    void write(const QString &name, const QByteArray &content)
    {
        QFile file(here(name));
        QVERIFY(file.open(QIODevice::WriteOnly));
        QCOMPARE(file.write(content), content.size());
    }
    //! Who listens at this test's socket; 0: nobody.
    [[nodiscard]] pid_t enginePid() const
    {
        QLocalSocket socket;
        socket.connectToServer(m_folder.filePath(u"run/isol8/engine.sock"_s));
        if (!socket.waitForConnected(1000))
            return 0;
        ucred peer = {};
        socklen_t size = sizeof peer;
        const bool known = ::getsockopt(int(socket.socketDescriptor()), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0;
        return known ? peer.pid : 0;
    }

    QTemporaryDir m_folder{QDir::tempPath() + u"/isol8-cs-XXXXXX"_s};
    QProcessEnvironment m_environment = QProcessEnvironment::systemEnvironment();
    pid_t m_engine = 0;
};

void tst_clisession::initTestCase()
{
    for (const QString &name : {u"home"_s, u"run"_s, u"work"_s})
        QVERIFY(QDir(m_folder.path()).mkdir(name));
    QFile::setPermissions(m_folder.filePath(u"run"_s), QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
    m_environment.insert(u"HOME"_s, m_folder.filePath(u"home"_s));
    m_environment.insert(u"XDG_RUNTIME_DIR"_s, m_folder.filePath(u"run"_s));
    for (const QString &name : {u"ISOL8_CONFIG"_s, u"ISOL8_ENGINE"_s, u"XDG_DATA_HOME"_s, u"XDG_CACHE_HOME"_s})
        m_environment.remove(name);
}

// The first that need no engine come before the first that starts it.
void tst_clisession::init()
{
    if (QByteArray(QTest::currentTestFunction()) == "noEngine")
        return;
    const auto outcome = inWork(u"cd /sandbox && rm -rf ./* && echo ready"_s);
    QVERIFY2(outcome.out == "ready\n", outcome.err.constData());
    m_engine = enginePid();
    QVERIFY(m_engine > 0);
}

// Ends exactly the engine that runs at this test's own socket.
void tst_clisession::cleanupTestCase()
{
    QCOMPARE(session({u"stop"_s, u"--all"_s}).exitCode, 0);
    QCOMPARE(listed().size(), 0);
    if (m_engine <= 0)
        return;
    QFile name(u"/proc/%1/cmdline"_s.arg(m_engine));
    QVERIFY(name.open(QIODevice::ReadOnly));
    QVERIFY(name.readAll().contains("isol8-service"));
    QVERIFY(processtest::sendSignal(m_engine, SIGTERM));
    QTRY_VERIFY_WITH_TIMEOUT(enginePid() == 0, 20000);
}

void tst_clisession::noEngine_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<int>("exitCode");
    QTest::addColumn<QByteArray>("err");
    const QByteArray none("isol8: There is no session work.\n");
    QTest::newRow("list") << QStringList{u"list"_s} << 0 << QByteArray("There are no sessions.\n");
    QTest::newRow("stop") << QStringList{u"stop"_s, u"work"_s} << 1 << none;
    QTest::newRow("files") << QStringList{u"files"_s, u"work"_s} << 1 << none;
    QTest::newRow("get") << QStringList{u"get"_s, u"work"_s, u"a"_s} << 1 << none;
    QTest::newRow("put") << QStringList{u"put"_s, u"work"_s, u"a"_s} << 1 << none;
    QTest::newRow("rm") << QStringList{u"rm"_s, u"work"_s, u"a"_s} << 1 << none;
}

void tst_clisession::noEngine()
{
    QFETCH(QStringList, arguments);
    QFETCH(int, exitCode);
    QFETCH(QByteArray, err);
    const auto outcome = session(arguments);
    QCOMPARE(outcome.err, err);
    QCOMPARE(outcome.out, QByteArray());
    QCOMPARE(outcome.exitCode, exitCode);
    QCOMPARE(enginePid(), 0);
}

void tst_clisession::keepsState()
{
    QCOMPARE(inWork(u"x=42; echo kept > f"_s).exitCode, 0);
    QCOMPARE(inWork(u"echo $x; cat f"_s).out, QByteArray("42\nkept\n"));
    const auto other = isol8({u"run"_s, u"-r"_s, u"python"_s, u"--session-id"_s, u"work"_s, u"-e"_s, u"1"_s});
    QVERIFY(other.exitCode != 0);
    QVERIFY2(other.err.contains("runtime bash") && other.err.contains("python"), other.err.constData());
}

void tst_clisession::persistentSaysItsName()
{
    const auto outcome = isol8({u"run"_s, u"--persistent"_s, u"-e"_s, u"y = 7"_s});
    QCOMPARE(outcome.exitCode, 0);
    const QString name =
        QRegularExpression(u"session ([0-9a-f-]{36}): "_s).match(QString::fromUtf8(outcome.err)).captured(1);
    QVERIFY2(!name.isEmpty(), outcome.err.constData());
    QCOMPARE(isol8({u"run"_s, u"--session-id"_s, name, u"-e"_s, u"print(y)"_s}).out, QByteArray("7\n"));
    QCOMPARE(session({u"stop"_s, name}).exitCode, 0);
}

void tst_clisession::listsStopsPauses()
{
    const auto state = [&] { return listed().at(0).toObject(); };
    QCOMPARE(listed().size(), 1);
    QCOMPARE(state().value(u"id"_s).toString(), u"work"_s);
    QCOMPARE(state().value(u"runtime"_s).toString(), u"bash"_s);
    QCOMPARE(session({u"pause"_s, u"work"_s}).exitCode, 0);
    QVERIFY(state().value(u"isPaused"_s).toBool());
    QVERIFY(session({u"list"_s}).out.contains("paused"));
    QCOMPARE(session({u"put"_s, u"work"_s, u"-"_s, u"p"_s}, "into a paused one").exitCode, 0);
    QVERIFY(state().value(u"isPaused"_s).toBool());
    QCOMPARE(session({u"resume"_s, u"work"_s}).exitCode, 0);
    QVERIFY(!state().value(u"isPaused"_s).toBool());
    QCOMPARE(inWork(u"cat p"_s).out, QByteArray("into a paused one"));
    QCOMPARE(session({u"stop"_s, u"work"_s}).exitCode, 0);
    QCOMPARE(listed().size(), 0);
    QCOMPARE(session({u"stop"_s, u"work"_s}).exitCode, 1);
}

void tst_clisession::files()
{
    QVERIFY(session({u"files"_s, u"work"_s}).err == "There are no files in /sandbox.\n");
    QCOMPARE(inWork(u"mkdir d; echo 123 > d/f; chmod 750 d; chmod 604 d/f; ln -s f d/l"_s).exitCode, 0);
    const auto shown = [&](const QStringList &arguments) {
        const auto outcome = session(QStringList{u"files"_s, u"work"_s} + arguments);
        QString text = QString::fromUtf8(outcome.out);
        text.replace(QRegularExpression(u"\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d"_s), u"TIME"_s);
        return text.simplified();
    };
    // Beside the program's own file.
    QVERIFY2(QRegularExpression(u"^MODE SIZE MODIFIED PATH drwxr-x--- \\d+ TIME /sandbox/d/( |$)"_s)
                 .match(shown({}))
                 .hasMatch(),
             qPrintable(shown({})));
    QCOMPARE(shown({u"d"_s}), u"MODE SIZE MODIFIED PATH -rw----r-- 4 TIME /sandbox/d/f "
                              "lrwxrwxrwx 1 TIME /sandbox/d/l -> f"_s);
    QVERIFY(shown({u"--recursive"_s}).contains(u"/sandbox/d/f"_s));
    const QJsonArray array =
        QJsonDocument::fromJson(session({u"files"_s, u"work"_s, u"d/f"_s, u"--json"_s}).out).array();
    QCOMPARE(array.size(), 1);
    QCOMPARE(array.at(0)[u"path"_s].toString(), u"/sandbox/d/f"_s);
    QCOMPARE(array.at(0)[u"size"_s].toInt(), 4);
    QCOMPARE(array.at(0)[u"mode"_s].toInt(), 0604);
    QCOMPARE(session({u"rm"_s, u"work"_s, u"d"_s}).exitCode, 0);
    QCOMPARE(inWork(u"[ -e d ] || echo gone"_s).out, QByteArray("gone\n"));
}

void tst_clisession::getNeverOverwrites()
{
    QCOMPARE(inWork(u"printf inside > mine.txt"_s).exitCode, 0);
    write(u"mine.txt"_s, "mine");
    const auto refused = session({u"get"_s, u"work"_s, u"mine.txt"_s});
    QCOMPARE(refused.exitCode, 1);
    QCOMPARE(refused.err, QByteArray("isol8: mine.txt is there already; use --force to replace it.\n"));
    QCOMPARE(session({u"get"_s, u"work"_s, u"mine.txt"_s, u"-o"_s, u"mine.txt"_s}).exitCode, 1);
    QCOMPARE(contentOf(u"mine.txt"_s), QByteArray("mine"));
    // Nor through a link that leads nowhere yet.
    QVERIFY(QFile::link(here(u"elsewhere"_s), here(u"link"_s)));
    QCOMPARE(session({u"get"_s, u"work"_s, u"mine.txt"_s, u"-o"_s, u"link"_s}).exitCode, 1);
    QVERIFY(!QFile::exists(here(u"elsewhere"_s)));
    QCOMPARE(session({u"get"_s, u"work"_s, u"mine.txt"_s, u"--force"_s}).exitCode, 0);
    QCOMPARE(contentOf(u"mine.txt"_s), QByteArray("inside"));
    // What is not there in the session makes no file here, and leaves one alone.
    QCOMPARE(session({u"get"_s, u"work"_s, u"none"_s}).exitCode, 1);
    QVERIFY(!QFile::exists(here(u"none"_s)));
    QCOMPARE(session({u"get"_s, u"work"_s, u"none"_s, u"-o"_s, u"mine.txt"_s, u"--force"_s}).exitCode, 1);
    QCOMPARE(contentOf(u"mine.txt"_s), QByteArray("inside"));
}

void tst_clisession::getAndPut()
{
    QByteArray bytes("\0\xff\r\n", 4);
    bytes = bytes.repeated(300'000);
    write(u"up.bin"_s, bytes);
    QFile::setPermissions(here(u"up.bin"_s), QFile::ReadOwner | QFile::ExeOwner);
    QCOMPARE(session({u"put"_s, u"work"_s, u"up.bin"_s}).exitCode, 0);
    QCOMPARE(inWork(u"stat -c '%s %a' up.bin"_s).out, QByteArray("1200000 500\n"));
    QCOMPARE(session({u"get"_s, u"work"_s, u"/sandbox/up.bin"_s, u"-o"_s, u"down.bin"_s}).exitCode, 0);
    QVERIFY(contentOf(u"down.bin"_s) == bytes);
    QVERIFY(session({u"get"_s, u"work"_s, u"up.bin"_s, u"-o"_s, u"-"_s}).out == bytes);
    QCOMPARE(session({u"put"_s, u"work"_s, u"up.bin"_s, u"a/b/"_s}).exitCode, 0);
    QCOMPARE(session({u"put"_s, u"work"_s, u"-"_s, u"/tmp/in"_s}, "typed").exitCode, 0);
    QCOMPARE(inWork(u"ls a/b; cat /tmp/in"_s).out, QByteArray("up.bin\ntyped"));
    QCOMPARE(session({u"get"_s, u"work"_s, u"a/b/up.bin"_s, u"-o"_s, u"second.bin"_s}).exitCode, 0);
    QVERIFY(contentOf(u"second.bin"_s) == bytes);
}

// As cp -p, small and large.
void tst_clisession::keepsTimesAndModes()
{
    const QDateTime time = QDateTime::fromMSecsSinceEpoch(1'500'000'000'123);
    for (const qsizetype size : {qsizetype(5), qsizetype(13 << 20)}) {
        write(u"timed"_s, QByteArray(size, 'x'));
        QFile file(here(u"timed"_s));
        QVERIFY(file.open(QIODevice::ReadWrite) && file.setFileTime(time, QFileDevice::FileModificationTime));
        file.close();
        QVERIFY(file.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeGroup));
        QCOMPARE(session({u"put"_s, u"work"_s, u"timed"_s}).exitCode, 0);
        QCOMPARE(inWork(u"stat -c '%a %.3Y' timed; touch -d @1400000000.5 timed; chmod 4705 timed"_s).out,
                 QByteArray("610 1500000000.123\n"));
        for (const QStringList &force : {QStringList(), QStringList{u"--force"_s}}) {
            QCOMPARE(session(QStringList{u"get"_s, u"work"_s, u"timed"_s, u"-o"_s, u"back"_s} + force).exitCode, 0);
            struct stat status = {};
            QCOMPARE(::stat(QFile::encodeName(here(u"back"_s)).constData(), &status), 0);
            QCOMPARE(status.st_mode & 07777, mode_t(0705));
            QCOMPARE(QFileInfo(here(u"back"_s)).lastModified().toMSecsSinceEpoch(), 1'400'000'000'500);
            QCOMPARE(QFileInfo(here(u"back"_s)).size(), size);
        }
        QVERIFY(QFile::remove(here(u"back"_s)));
    }
}

void tst_clisession::failedLeavesTheOld()
{
    const QStringList small{u"run"_s, u"-r"_s, u"bash"_s, u"--session-id"_s, u"small"_s, u"--sandbox-size"_s, u"4m"_s};
    QCOMPARE(isol8(small + QStringList{u"-e"_s, u"printf old > f"_s}).exitCode, 0);
    write(u"large"_s, QByteArray(13 << 20, 'x'));
    const auto full = session({u"put"_s, u"small"_s, u"large"_s, u"f"_s});
    QCOMPARE(full.err,
             QByteArray("isol8: /sandbox is full: /sandbox/f does not fit; make room, or raise sandboxSize.\n"));
    QCOMPARE(full.exitCode, 1);
    QCOMPARE(
        isol8(small + QStringList{u"-e"_s, u"cat f; ls -A | grep -v main; head -c 3m /dev/zero > g && echo room"_s})
            .out,
        QByteArray("oldf\nroom\n"));
    QCOMPARE(session({u"stop"_s, u"small"_s}).exitCode, 0);
    // A get that ends in the middle: by the limit of a file's size, in the place of what cannot be timed.
    QCOMPARE(inWork(u"head -c 4m /dev/urandom > large"_s).exitCode, 0);
    write(u"mine"_s, "mine");
    QProcess shell;
    shell.setProcessEnvironment(m_environment);
    shell.setWorkingDirectory(m_folder.filePath(u"work"_s));
    shell.start(u"bash"_s,
                {u"-c"_s, u"ulimit -c 0 -f 1024; \"$0\" session get work large -o mine --force"_s, clitest::binary()});
    const auto cut = clitest::outcomeOf(&shell, shell.waitForFinished(60000));
    QVERIFY2(cut.exitCode != 0, cut.err.constData());
    QCOMPARE(contentOf(u"mine"_s), QByteArray("mine"));
}

void tst_clisession::folders()
{
    QVERIFY(QDir(m_folder.path()).mkpath(u"work/tree/sub/empty"_s));
    write(u"tree/a"_s, "one");
    write(u"tree/sub/b"_s, QByteArray(100'000, 'b'));
    write(u"tree/.hidden"_s, "h");
    QVERIFY(QFile::link(u"sub/b"_s, here(u"tree/link"_s)) && QFile::link(u"/etc/passwd"_s, here(u"tree/out"_s)));
    QVERIFY(QFile::setPermissions(here(u"tree/sub/empty"_s), QFile::ReadOwner | QFile::ExeOwner));
    QVERIFY(QFile::setPermissions(here(u"tree/a"_s), QFile::ReadOwner));
    const auto put = session({u"put"_s, u"work"_s, u"tree/"_s, u"in/"_s});
    QCOMPARE(put.err, QByteArray("out points out of the folder and is left out.\n"));
    QCOMPARE(put.exitCode, 0);
    const QString shape = u"find %1 -printf '%P %y %m %l\\n' | grep -v '^ ' | sort"_s;
    const QByteArray all = ".hidden f 644 \na f 400 \nlink l 777 sub/b\nsub d 755 \nsub/b f 644 \nsub/empty d 500 \n";
    QCOMPARE(inWork(u"export LC_ALL=C; "_s + shape.arg(u"in/tree"_s)).out, all);
    // Links out of /sandbox, and out of the folder alone.
    QCOMPARE(inWork(u"ln -s /usr/bin/env in/tree/env; ln -s ../tree in/tree/self; chmod 711 in/tree"_s).exitCode, 0);
    const auto get = session({u"get"_s, u"work"_s, u"in/tree"_s, u"-o"_s, u"back"_s});
    QCOMPARE(get.err, QByteArray(".hidden is hidden and is left out.\nenv points out of the folder and is left out.\n"
                                 "self points out of the folder and is left out.\n"));
    const mode_t mask = ::umask(0);
    ::umask(mask);
    struct stat status = {};
    QCOMPARE(::stat(QFile::encodeName(here(u"back"_s)).constData(), &status), 0);
    QCOMPARE(status.st_mode & 0777, 0777 & ~mask);
    QCOMPARE(get.exitCode, 0);
    QProcess find;
    m_environment.insert(u"LC_ALL"_s, u"C"_s);
    find.setProcessEnvironment(m_environment);
    find.start(u"bash"_s, {u"-c"_s, shape.arg(here(u"back"_s))});
    QCOMPARE(clitest::outcomeOf(&find, find.waitForFinished(60000)).out, all.mid(all.indexOf('\n') + 1));
    QCOMPARE(contentOf(u"back/sub/b"_s), QByteArray(100'000, 'b'));
    const auto again = session({u"get"_s, u"work"_s, u"in/tree"_s, u"-o"_s, u"back"_s, u"--force"_s});
    QCOMPARE(again.exitCode, 1);
    QVERIFY2(again.err.contains("back is a folder that is there already; none is replaced."), again.err.constData());
    QCOMPARE(QDir(m_folder.filePath(u"work"_s)).entryList({u".isol8-*"_s}, QDir::AllEntries | QDir::Hidden),
             QStringList());
    for (const QString &shut : {u"tree/sub/empty"_s, u"back/sub/empty"_s}) // so that they can be removed
        QVERIFY(QFile::setPermissions(here(shut), QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner));
    QCOMPARE(session({u"mkdir"_s, u"work"_s, u"made/deep"_s}).exitCode, 0);
    QCOMPARE(inWork(u"rmdir made/deep && touch -- -x && echo made"_s).out, QByteArray("made\n"));
    QCOMPARE(session({u"rm"_s, u"work"_s, u"--"_s, u"-x"_s}).err, QByteArray());
    QCOMPARE(inWork(u"ls -- -x"_s).exitCode, 2);
}

void tst_clisession::namesDoNotSpeakToTheTerminal()
{
    QCOMPARE(inWork(u"touch $'a\\e[31mb\\nc'; ln -s $'\\e]0;t\\a' l"_s).exitCode, 0);
    const QByteArray shown = session({u"files"_s, u"work"_s}).out;
    QVERIFY2(shown.contains("/sandbox/a?[31mb?c\n") && shown.contains("-> ?]0;t?\n"), shown.constData());
}

void tst_clisession::snapshots()
{
    QCOMPARE(inWork(u"echo kept > f"_s).exitCode, 0);
    QCOMPARE(session({u"snapshot"_s, u"work"_s, u"ready"_s}).exitCode, 0);
    QVERIFY(session({u"snapshots"_s}).out.contains("ready  bash"));
    const auto from = [&](const QStringList &flags) {
        return isol8(QStringList{u"run"_s, u"-r"_s, u"bash"_s, u"--from-snapshot"_s, u"ready"_s, u"-e"_s, u"cat f"_s} +
                     flags);
    };
    QCOMPARE(from({u"--session-id"_s, u"second"_s}).out, QByteArray("kept\n"));
    QCOMPARE(from({u"--session-id"_s, u"second"_s}).exitCode, 125);
    QCOMPARE(from({}).exitCode, 2);
    // The runtime is the snapshot's where none is asked for.
    for (const QStringList &program : {QStringList{u"--cmd"_s, u"cat f"_s}, QStringList{u"-e"_s, u"cat f"_s}}) {
        const auto outcome =
            isol8(QStringList{u"run"_s, u"--persistent"_s, u"--from-snapshot"_s, u"ready"_s} + program);
        QVERIFY2(outcome.out == "kept\n", outcome.err.constData());
    }
    QVERIFY(
        isol8({u"run"_s, u"--persistent"_s, u"-r"_s, u"python"_s, u"--from-snapshot"_s, u"ready"_s, u"-e"_s, u"1"_s})
            .err.contains("runtime bash"));
    QCOMPARE(isol8({u"run"_s, u"--session-id"_s, u"third"_s, u"-e"_s, u"1"_s}).exitCode, 0); // python's
    QCOMPARE(session({u"snapshot"_s, u"third"_s, u"python"_s}).exitCode, 0);
    const auto cmd = isol8({u"run"_s, u"--persistent"_s, u"--from-snapshot"_s, u"python"_s, u"--cmd"_s, u"echo ran"_s});
    QVERIFY2(cmd.out == "ran\n", cmd.err.constData());
    QCOMPARE(session({u"rm-snapshot"_s, u"python"_s}).exitCode, 0);
    QCOMPARE(session({u"stop"_s, u"second"_s}).exitCode, 0);
    QCOMPARE(session({u"rm-snapshot"_s, u"ready"_s}).exitCode, 0);
    QCOMPARE(QDir(m_folder.filePath(u"home/.local/share/isol8/snapshots"_s))
                 .entryList(QDir::AllEntries | QDir::NoDotAndDotDot),
             QStringList());
    QCOMPARE(session({u"rm-snapshot"_s, u"ready"_s}).exitCode, 1);
    QCOMPARE(session({u"snapshots"_s}).err, QByteArray("There are no snapshots.\n"));
    QCOMPARE(from({u"--persistent"_s}).exitCode, 125);
}

void tst_clisession::stopsSeveral()
{
    for (const QString &name : {u"one"_s, u"two"_s})
        QCOMPARE(isol8({u"run"_s, u"--session-id"_s, name, u"--cmd"_s, u":"_s}).exitCode, 0);
    const auto outcome = session({u"stop"_s, u"one"_s, u"none"_s, u"two"_s, u"one"_s});
    QCOMPARE(outcome.err, QByteArray("isol8: There is no session none.\n"));
    QCOMPARE(outcome.exitCode, 1);
    for (const QJsonValue &left : listed())
        QVERIFY(left[u"id"].toString() != u"one" && left[u"id"].toString() != u"two");
}

void tst_clisession::putsLargeStdin()
{
    const QByteArray bytes = QByteArray("0123456789abcdef").repeated(1 << 20);
    const auto outcome = session({u"put"_s, u"work"_s, u"-"_s, u"in/large"_s}, bytes);
    QCOMPARE(outcome.err, QByteArray());
    QCOMPARE(outcome.exitCode, 0);
    QCOMPARE(inWork(u"stat -c %s in/large; tail -c 16 in/large"_s).out, QByteArray("16777216\n0123456789abcdef"));
}

// Through the background engine, and neither it nor isol8 holds them.
void tst_clisession::getsLargeFiles()
{
    const auto outcome =
        isol8({u"run"_s, u"-r"_s, u"bash"_s, u"--session-id"_s, u"work"_s, u"-e"_s,
               u"mkdir out; truncate -s 300M out/sparse; printf x > $'out/n\\xff'"_s, u"--get"_s, u"out"_s});
    QCOMPARE(outcome.err, QByteArray());
    QCOMPARE(outcome.exitCode, 0);
    QCOMPARE(QFileInfo(here(u"out/sparse"_s)).size(), 300 << 20);
    struct stat status = {};
    QCOMPARE(::stat(QByteArray(QFile::encodeName(here(u"out"_s)) + "/n\xff").constData(), &status), 0);
    QFile memory(u"/proc/%1/status"_s.arg(m_engine));
    QVERIFY(memory.open(QIODevice::ReadOnly));
    const auto peak = QRegularExpression(u"VmHWM:\\s+(\\d+) kB"_s).match(QString::fromUtf8(memory.readAll()));
    QVERIFY(peak.hasMatch());
#ifndef __SANITIZE_ADDRESS__ // which keeps what was freed
    QVERIFY2(peak.captured(1).toInt() < 250 * 1024, qPrintable(peak.captured(0)));
#endif
}

void tst_clisession::tellsOfLostState()
{
    const QByteArray lost = "The session's interpreter ended with it: its files are kept, its names are not.\n";
    const QString stubborn = u"trap : INT TERM; echo up; while :; do sleep 1; done"_s;
    const auto timedOut =
        isol8({u"run"_s, u"-r"_s, u"bash"_s, u"--session-id"_s, u"work"_s, u"--timeout"_s, u"1s"_s, u"-e"_s, stubborn});
    QCOMPARE(timedOut.exitCode, 124);
    QVERIFY2(timedOut.err.endsWith(lost), timedOut.err.constData());
    QProcess process;
    process.setProcessEnvironment(m_environment);
    process.setWorkingDirectory(here({}));
    process.start(clitest::binary(), {u"run"_s, u"-r"_s, u"bash"_s, u"--session-id"_s, u"work"_s, u"-e"_s, stubborn});
    QVERIFY(process.waitForReadyRead(60000));
    processtest::sendSignal(process, SIGINT);
    const auto stopped = clitest::outcomeOf(&process, process.waitForFinished(60000));
    QCOMPARE(stopped.err, QByteArray("isol8: " + lost));
    QCOMPARE(stopped.exitCode, 130);
}

void tst_clisession::shellInSession()
{
    QCOMPARE(inWork(u"echo kept > f"_s).exitCode, 0);
    const auto outcome = isol8({u"shell"_s, u"--session-id"_s, u"work"_s}, "cat f; echo made > g\n");
    QCOMPARE(outcome.err, QByteArray());
    QCOMPARE(outcome.out, QByteArray("kept\n"));
    QCOMPARE(inWork(u"cat g"_s).out, QByteArray("made\n"));
}

void tst_clisession::valuesWithoutTerminal()
{
    const QString code = u"print('before')\n6 * 7"_s;
    QCOMPARE(isol8({u"run"_s, u"-e"_s, code}).out, QByteArray("before\n"));
    for (const QStringList &flags : {QStringList(), QStringList{u"--no-stream"_s}})
        QCOMPARE(isol8(QStringList{u"run"_s, u"--results"_s, u"-e"_s, code} + flags).out, QByteArray("before\n42\n"));
    QCOMPARE(isol8({u"run"_s, u"--results"_s, u"-e"_s, code, u"--out"_s, u"values"_s}).out, QByteArray());
    QCOMPARE(contentOf(u"values"_s), QByteArray("before\n42\n"));
    const auto table =
        isol8({u"run"_s, u"--results"_s, u"-e"_s, u"class T:\n def _repr_html_(self): return '<table>'\nT()"_s});
    QVERIFY2(table.err.contains("a value of the type text/html; see it with --json"), table.err.constData());
}

void tst_clisession::problems_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<int>("exitCode");
    QTest::addColumn<QByteArray>("says");
    QTest::newRow("other session") << QStringList{u"files"_s, u"other"_s} << 1 << QByteArray("no session other");
    QTest::newRow("no file") << QStringList{u"rm"_s, u"work"_s, u"none"_s} << 1 << QByteArray("/sandbox/none");
    QTest::newRow("outside") << QStringList{u"get"_s, u"work"_s, u"/etc/passwd"_s} << 2 << QByteArray("/etc/passwd");
    QTest::newRow("no path") << QStringList{u"get"_s, u"work"_s} << 2 << QByteArray("PATH");
    QTest::newRow("no name for it") << QStringList{u"get"_s, u"work"_s, u"/"_s} << 2 << QByteArray("-o FILE");
    QTest::newRow("no such file here") << QStringList{u"put"_s, u"work"_s, u"missing"_s} << 1
                                       << QByteArray("Cannot read missing");
    QTest::newRow("all of it") << QStringList{u"rm"_s, u"work"_s, u"."_s} << 1
                               << QByteArray("/sandbox itself stays as long as its session");
    QTest::newRow("stdin without a name")
        << QStringList{u"put"_s, u"work"_s, u"-"_s} << 2 << QByteArray("say its PATH");
}

void tst_clisession::problems()
{
    QFETCH(QStringList, arguments);
    QFETCH(int, exitCode);
    QFETCH(QByteArray, says);
    const auto outcome = session(arguments);
    QVERIFY2(outcome.err.contains(says), outcome.err.constData());
    QCOMPARE(outcome.out, QByteArray());
    QCOMPARE(outcome.exitCode, exitCode);
}

QTEST_GUILESS_MAIN(tst_clisession)
#include "tst_clisession.moc"
