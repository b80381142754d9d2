// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker; base
#include "support/Cli.h"
#include "support/Signals.h"

#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>

#include <sys/types.h>

using namespace Qt::StringLiterals;
using clitest::isol8;
using clitest::Outcome;

/*
    What goes in and out of `isol8 run` besides the program: files, stdin, arguments, descriptors.
*/
class tst_clifiles : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void closedDescriptors_data();
    void closedDescriptors();
    void outIsOpenedFirst_data();
    void outIsOpenedFirst();
    void outIntoPipe();
    void outOfNothing();
    void getFolder();
    void attributesAreKept();
    void foldersAreKept();
    void getTwice();
    void getKeepsOurs();
    void programInFiles();
    void manyFiles();
    void manyArguments();
    void largeStdin();
    void filesWithoutMemory_data();
    void filesWithoutMemory();
    void fullShm();
    void manyToGet();
    void getLarge();
    void getTooLarge();
    void setupKeepsTheProgram();
    void notText();
    void stoppedTooLong();

private:
    void write(const QString &name, const QByteArray &content);
    [[nodiscard]] QByteArray content(const QString &name) const;
    //! \a line by bash, in the folder; %1 is isol8.
    [[nodiscard]] Outcome bash(const QString &line) const;
    [[nodiscard]] Outcome run(const QStringList &arguments) const;

    std::unique_ptr<QTemporaryDir> m_folder;
    QProcessEnvironment m_environment = QProcessEnvironment::systemEnvironment();
    QTemporaryDir m_cache;
};

void tst_clifiles::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
    m_environment.insert(u"XDG_CACHE_HOME"_s, m_cache.path());
}

void tst_clifiles::write(const QString &name, const QByteArray &content)
{
    QVERIFY(QDir(m_folder->path()).mkpath(QFileInfo(name).path()));
    QFile file(m_folder->filePath(name));
    QVERIFY(file.open(QIODevice::WriteOnly));
    QCOMPARE(file.write(content), content.size());
}

QByteArray tst_clifiles::content(const QString &name) const
{
    QFile file(m_folder->filePath(name));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray("(none)");
}

Outcome tst_clifiles::run(const QStringList &arguments) const
{
    return isol8(QStringList{u"run"_s} + arguments, {}, m_folder->path(), m_environment);
}

Outcome tst_clifiles::bash(const QString &line) const
{
    QProcess process;
    process.setProcessEnvironment(m_environment);
    process.setWorkingDirectory(m_folder->path());
    process.start(u"bash"_s, {u"-c"_s, line.arg(u'\'' + clitest::binary() + u'\'')});
    return clitest::outcomeOf(&process, process.waitForFinished(90000));
}

void tst_clifiles::closedDescriptors_data()
{
    QTest::addColumn<QString>("line");
    QTest::addColumn<QByteArray>("out");
    QTest::addColumn<int>("exitCode");
    QTest::newRow("all") << u"timeout 30 %1 run -e 'print(\"x\" * 100)' <&- >&- 2>&-"_s << QByteArray() << 0;
    QTest::newRow("stdin") << u"timeout 30 %1 run -e 'print(repr(input()) if 0 else 1)' <&-"_s << QByteArray("1\n")
                           << 0;
    QTest::newRow("interactive") << u"timeout 30 %1 run -i -e 'import sys; print(repr(sys.stdin.read()))' <&-"_s
                                 << QByteArray("''\n") << 0;
    QTest::newRow("stdout") << u"timeout 30 %1 run -e 'print(1); exit(3)' >&-"_s << QByteArray() << 3;
    QTest::newRow("stderr") << u"timeout 30 %1 run -e 'import sys; print(1, file=sys.stderr); print(2)' 2>&-"_s
                            << QByteArray("2\n") << 0;
    QTest::newRow("a program on no stdin") << u"timeout 30 %1 run <&- 2>&-"_s << QByteArray() << 2;
}

void tst_clifiles::closedDescriptors()
{
    QFETCH(QString, line);
    QFETCH(QByteArray, out);
    QFETCH(int, exitCode);
    const Outcome outcome = bash(line);
    QCOMPARE(outcome.err, QByteArray());
    QCOMPARE(outcome.out, out);
    QCOMPARE(outcome.exitCode, exitCode);
}

void tst_clifiles::outIsOpenedFirst_data()
{
    QTest::addColumn<QString>("path");
    QTest::addColumn<QByteArray>("err");
    QTest::newRow("no folder") << u"none/x"_s << QByteArray("isol8: Cannot write none/x: No such file or directory.\n");
    QTest::newRow("a folder") << u"."_s << QByteArray("isol8: Cannot write .: Is a directory.\n");
}

void tst_clifiles::outIsOpenedFirst()
{
    QFETCH(QString, path);
    QFETCH(QByteArray, err);
    // Were the program started, it would say so on stderr.
    const Outcome outcome = run({u"-e"_s, u"import sys; print('ran', file=sys.stderr)"_s, u"--out"_s, path});
    QCOMPARE(outcome.err, err);
    QCOMPARE(outcome.exitCode, 1);
    QVERIFY(QDir(m_folder->path()).isEmpty());
}

void tst_clifiles::outIntoPipe()
{
    const Outcome outcome =
        bash(u"mkfifo p; cat p & %1 run -e 'print(\"x\" * 500000)' --out p; echo $?; wait; test -p p && echo pipe"_s);
    QCOMPARE(outcome.err, QByteArray());
    QCOMPARE(outcome.out.count('x'), 500000);
    QVERIFY(outcome.out.contains("0\n") && outcome.out.endsWith("pipe\n"));
    const Outcome full = run({u"-e"_s, u"print(1)"_s, u"--out"_s, u"/dev/full"_s});
    QCOMPARE(full.err, QByteArray("isol8: Cannot write /dev/full: No space left on device.\n"));
    QCOMPARE(full.exitCode, 1);
}

// A run that does not come about changes nothing.
void tst_clifiles::outOfNothing()
{
    write(u"old"_s, "text");
    for (const QString &name : {u"old"_s, u"new"_s})
        QCOMPARE(run({u"-e"_s, u"print(1)"_s, u"--image"_s, u"isol8:nope"_s, u"--out"_s, name}).exitCode, 125);
    QCOMPARE(content(u"old"_s), "text");
    QVERIFY(!QFile::exists(m_folder->filePath(u"new"_s)));
    QCOMPARE(run({u"-e"_s, u"exit(3)"_s, u"--out"_s, u"old"_s}).exitCode, 3);
    QCOMPARE(content(u"old"_s), QByteArray());
}

void tst_clifiles::getFolder()
{
    Outcome outcome = run({u"--cmd"_s,
                           u"mkdir -p out/a/b empty; echo 1 > out/1; echo 2 > out/a/b/2; echo h > out/.h; "
                           "ln -s /etc/passwd out/link; ln -s 1 out/alias; echo 3 > top"_s,
                           u"--get"_s, u"out"_s, u"--get"_s, u"empty"_s, u"--get"_s, u"e*"_s});
    QCOMPARE(outcome.err, QByteArray("isol8: ./out/.h was not brought: a hidden file comes only by its full name.\n"
                                     "isol8: /sandbox/empty holds no files. /sandbox/e* matches only folders; name one "
                                     "to get what it holds. /sandbox/out/link is not inside /sandbox or /tmp.\n"));
    QCOMPARE(content(u"out/1"_s), "1\n");
    QCOMPARE(content(u"out/alias"_s), "1\n");
    QCOMPARE(content(u"out/a/b/2"_s), "2\n");
    QVERIFY(!QFileInfo::exists(m_folder->filePath(u"out/link"_s)) && !QFileInfo::exists(m_folder->filePath(u"top"_s)));

    // A link that lies here leads no file astray.
    QVERIFY(QDir(m_folder->path()).mkdir(u"elsewhere"_s));
    QVERIFY(QFile::link(m_folder->filePath(u"elsewhere"_s), m_folder->filePath(u"more"_s)));
    outcome = run({u"--cmd"_s, u"mkdir more; echo evil > more/x"_s, u"--get"_s, u"more"_s});
    QCOMPARE(outcome.exitCode, 1);
    QVERIFY(QDir(m_folder->filePath(u"elsewhere"_s)).isEmpty());
}

void tst_clifiles::attributesAreKept()
{
    write(u"in/run.sh"_s, "#!/bin/sh\necho ran\n");
    const QString script = m_folder->filePath(u"in/run.sh"_s);
    QVERIFY(QFile::setPermissions(script, QFile::ReadOwner | QFile::ExeOwner | QFile::WriteOwner));
    QFile file(script);
    QVERIFY(file.open(QIODevice::ReadWrite));
    QVERIFY(file.setFileTime(QDateTime::fromMSecsSinceEpoch(1500000000250), QFileDevice::FileModificationTime));
    file.close();
    const Outcome outcome = run(
        {u"--cmd"_s, u"./run.sh; stat -c '%a %.2Y' run.sh; cp -p run.sh copy; chmod 750 copy; mkdir d; cp -p copy d"_s,
         u"--files"_s, u"in"_s, u"--get"_s, u"copy"_s, u"--get"_s, u"d"_s});
    QCOMPARE(outcome.err, QByteArray());
    QCOMPARE(outcome.out, "ran\n700 1500000000.25\n");
    for (const QString &name : {u"copy"_s, u"d/copy"_s}) {
        const QFileInfo info(m_folder->filePath(name));
        QCOMPARE(info.lastModified().toMSecsSinceEpoch(), 1500000000250);
        QVERIFY(info.isExecutable() && !info.permission(QFile::ReadOther));
    }
}

void tst_clifiles::foldersAreKept()
{
    QVERIFY(QDir(m_folder->path()).mkpath(u"in/empty/deep"_s));
    write(u"in/shut/file"_s, "x");
    QVERIFY(QFile::setPermissions(m_folder->filePath(u"in/shut"_s), QFile::ReadOwner | QFile::ExeOwner));
    const Outcome outcome = run({u"--cmd"_s, u"cat shut/file; find empty; stat -c %a shut"_s, u"--files"_s, u"in"_s});
    QVERIFY(QFile::setPermissions(m_folder->filePath(u"in/shut"_s),
                                  QFile::ReadOwner | QFile::ExeOwner | QFile::WriteOwner));
    QCOMPARE(outcome.err, QByteArray());
    QCOMPARE(outcome.out, "xempty\nempty/deep\n500\n");
}

void tst_clifiles::getTwice()
{
    for (const char *text : {"first", "second"}) {
        const Outcome outcome = run({u"-e"_s,
                                     u"import os, sys\nfor d in 'a', 'b':\n os.mkdir(d)\n "
                                     "open(d + '/r.csv', 'w').write(d + sys.argv[1])"_s,
                                     u"--get"_s, u"**/*.csv"_s, u"--"_s, QString::fromLatin1(text)});
        QCOMPARE(outcome.err, QByteArray());
        QCOMPARE(outcome.exitCode, 0);
        QCOMPARE(content(u"a/r.csv"_s), QByteArray("a") + text);
        QCOMPARE(content(u"b/r.csv"_s), QByteArray("b") + text);
    }
}

void tst_clifiles::getKeepsOurs()
{
    write(u"main.py"_s, "mine");
    write(u"data.txt"_s, "mine");
    const Outcome outcome =
        run({u"-e"_s, u"for n in 'data.txt', 'isol8.config.json', '.profile', 'new': open(n, 'w').write('theirs')"_s,
             u"--get"_s, u"*"_s, u"--get"_s, u".*"_s});
    QCOMPARE(outcome.exitCode, 1);
    QCOMPARE(outcome.err.count('\n'), 3);
    for (const char *name : {"data.txt", "isol8.config.json", ".profile"})
        QVERIFY2(outcome.err.contains(name), outcome.err.constData());
    QCOMPARE(content(u"main.py"_s), "mine");
    QCOMPARE(content(u"data.txt"_s), "mine");
    QCOMPARE(content(u"new"_s), "theirs");
    QCOMPARE(QDir(m_folder->path()).entryList(QDir::Files | QDir::Hidden),
             (QStringList{u"data.txt"_s, u"main.py"_s, u"new"_s}));
    // What is handed over may be changed.
    QCOMPARE(run({u"--files"_s, u"."_s, u"-e"_s, u"open('data.txt', 'w').write('better')"_s, u"--get"_s, u"*"_s}).err,
             QByteArray());
    QCOMPARE(content(u"data.txt"_s), "better");
    QCOMPARE(content(u"main.py"_s), "mine");
}

void tst_clifiles::programInFiles()
{
    write(u"proj/main.py"_s, "def f(): return 7\n");
    write(u"proj/src/app.py"_s, "import os, helper\nprint(__file__, helper.X, os.getcwd())\n");
    write(u"proj/src/helper.py"_s, "X = 5\n");
    const Outcome code = run({u"--files"_s, u"proj"_s, u"-e"_s, u"from main import f; print(f(), __file__)"_s});
    QCOMPARE(code.err, QByteArray());
    QCOMPARE(code.out, QByteArray("7 /sandbox/main_1.py\n"));
    QFile::setPermissions(m_folder->filePath(u"proj/src/app.py"_s), QFile::ReadOwner);
    const Outcome file = run({u"--files"_s, u"proj"_s, u"proj/src/app.py"_s});
    QCOMPARE(file.err, QByteArray());
    QCOMPARE(file.out, QByteArray("/sandbox/src/app.py 5 /sandbox\n"));
    write(u"proj/.isol8ignore"_s, "src/app.py\n"); // the program comes all the same
    QCOMPARE(run({u"--files"_s, u"proj"_s, u"proj/src/app.py"_s}).out, QByteArray("/sandbox/src/app.py 5 /sandbox\n"));
}

void tst_clifiles::manyFiles()
{
    for (int i = 0; i < 6000; ++i)
        write(u"many/%1/f%2"_s.arg(i % 10).arg(i), "x");
    const Outcome outcome =
        run({u"--files"_s, u"many"_s, u"-e"_s, u"import os; print(sum(len(files) for _, _, files in os.walk('.')))"_s});
    QCOMPARE(outcome.err, QByteArray());
    QCOMPARE(outcome.out, QByteArray("6001\n"));
}

void tst_clifiles::manyArguments()
{
    const Outcome many = bash(u"%1 run -e 'import sys; print(len(sys.argv))' -- $(seq 6000)"_s);
    QCOMPARE(many.err, QByteArray());
    QCOMPARE(many.out, QByteArray("6001\n"));
    const Outcome tooMany = bash(u"%1 run -e 'import sys; print(len(sys.argv))' -- $(seq 60000)"_s);
    QVERIFY2(tooMany.err.contains("256 KiB"), tooMany.err.constData());
    QCOMPARE(tooMany.exitCode, 2);
}

void tst_clifiles::largeStdin()
{
    const Outcome outcome =
        bash(u"head -c 60000000 /dev/zero | %1 run -e 'import sys; print(len(sys.stdin.buffer.read()))' --stdin -"_s);
    QCOMPARE(outcome.err, QByteArray());
    QCOMPARE(outcome.out, QByteArray("60000000\n"));
}

void tst_clifiles::filesWithoutMemory_data()
{
    QTest::addColumn<QString>("memory");
    QTest::newRow("certainly") << u"16m"_s;
    QTest::newRow("just") << u"41m"_s;
}

void tst_clifiles::filesWithoutMemory()
{
    QFETCH(QString, memory);
    for (int i = 0; i < 40; ++i)
        write(u"big/f%1"_s.arg(i), QByteArray(1 << 20, 'x'));
    const Outcome outcome = run({u"--files"_s, u"big"_s, u"--memory"_s, memory, u"-e"_s, u"x = bytearray(10**8)"_s});
    QCOMPARE(outcome.exitCode, 137);
    QVERIFY2(outcome.err.contains("raise the memory limit") && outcome.err.contains(memory.toUtf8()),
             outcome.err.constData());
    QCOMPARE(outcome.err.count('\n'), 1);
}

void tst_clifiles::fullShm()
{
    const Outcome outcome = run({u"-e"_s, u"open('/dev/shm/x', 'wb').write(b'x' * (20 << 20))"_s});
    QCOMPARE(outcome.exitCode, 1);
    QVERIFY2(outcome.err.contains("/dev/shm (16m)"), outcome.err.constData());
}

void tst_clifiles::manyToGet()
{
    const Outcome outcome = run({u"-e"_s, u"for i in range(4200): open(f'f{i}.txt', 'w')"_s, u"--get"_s, u"*.txt"_s});
    QCOMPARE(outcome.err, QByteArray());
    QCOMPARE(QDir(m_folder->path()).entryList(QDir::Files).size(), 4200);
}

// With memory that has nothing to do with their size.
void tst_clifiles::getLarge()
{
    const Outcome outcome =
        bash(u"python3 -c 'import resource, subprocess, sys; print(subprocess.run(sys.argv[1:]).returncode, "
             "resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' %1 run --cmd 'truncate -s 300M a; printf x > b' "
             "--get '*'"_s);
    QCOMPARE(outcome.err, QByteArray());
    QCOMPARE(QFileInfo(m_folder->filePath(u"a"_s)).size(), 300 << 20);
    QCOMPARE(content(u"b"_s), "x");
    const QByteArrayList words = outcome.out.simplified().split(' ');
    QCOMPARE(words.value(0), "0");
#ifndef __SANITIZE_ADDRESS__ // which keeps what was freed
    QVERIFY2(words.value(1).toInt() > 0 && words.value(1).toInt() < 150 * 1024, outcome.out.constData());
#endif
}

// More than the sandbox has room for is not asked of this machine's disk.
void tst_clifiles::getTooLarge()
{
    Outcome outcome = run({u"--cmd"_s, u"truncate -s 1T a; printf x > b"_s, u"--get"_s, u"*"_s});
    QVERIFY2(outcome.err.startsWith("isol8: /sandbox/a ("), outcome.err.constData());
    QCOMPARE(outcome.err.count('\n'), 1);
    QCOMPARE(outcome.exitCode, 1);
    QCOMPARE(QDir(m_folder->path()).entryList(QDir::Files), QStringList{u"b"_s});
    outcome = run({u"--cmd"_s, u"truncate -s 40M a; printf y > b"_s, u"--get"_s, u"*"_s, u"--json"_s});
    QVERIFY2(outcome.out.contains("\"errorCode\": \"too_large\"") && outcome.out.contains("eQ=="),
             outcome.out.constData());
    QCOMPARE(content(u"b"_s), "y");
}

// What a setup script makes is not run in the program's place.
void tst_clifiles::setupKeepsTheProgram()
{
    write(u"main.py"_s, "print('mine')");
    for (const QStringList &program : {QStringList{u"main.py"_s}, QStringList{u"-e"_s, u"print('mine')"_s}}) {
        const Outcome outcome = run(program + QStringList{u"--setup"_s, u"echo 'print(\"its\")' > main.py"_s});
        QCOMPARE(outcome.err, QByteArray());
        QCOMPARE(outcome.out, QByteArray("mine\n"));
    }
}

void tst_clifiles::notText()
{
    const Outcome outcome = bash(u"%1 run $'\\xff.py'"_s);
    QCOMPARE(outcome.exitCode, 2);
    QVERIFY2(outcome.err.startsWith("isol8: The argument \"\\xff.py\" is not UTF-8 text"), outcome.err.constData());
}

// As by Ctrl-Z: init gives a silent isol8 up, and isol8 says whose doing that was.
void tst_clifiles::stoppedTooLong()
{
    QProcess process;
    process.start(clitest::binary(), {u"run"_s, u"--timeout"_s, u"2m"_s, u"-e"_s,
                                      u"import time\nprint('up', flush=True)\ntime.sleep(90)"_s});
    QVERIFY(process.waitForReadyRead(20000));
    processtest::sendSignal(process, SIGSTOP);
    QTest::qWait(22000);
    processtest::sendSignal(process, SIGCONT);
    QVERIFY(process.waitForFinished(20000));
    QCOMPARE(process.exitCode(), 125);
    QCOMPARE(process.readAllStandardError(),
             QByteArray("isol8: The sandbox ended, since isol8 was stopped for longer than 20 s; let it go on.\n"));
}

QTEST_GUILESS_MAIN(tst_clifiles)
#include "tst_clifiles.moc"
