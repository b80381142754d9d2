// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker; base; serial
#include "support/Cli.h"
#include "support/Docker.h"
#include "support/Signals.h"

#include <QDir>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>

#include <sys/types.h>

using namespace Qt::StringLiterals;
using clitest::isol8;

/*
    `isol8 run` from a shell's point of view.
*/
class tst_clirun : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void runtimes_data();
    void runtimes();
    void inlineCode_data();
    void inlineCode();
    void exitCodes_data();
    void exitCodes();
    void fromStdin();
    void shebang();
    void traceback();
    void argumentsAfterDashes();
    void jsonResult();
    void outFile();
    void getFiles();
    void filesDirectory();
    void secretFromEnvironment();
    void stdinOption();
    void interactive();
    void closedPipe();
    void slowReader();
    void ctrlC();
    void killedAtAnyMoment_data();
    void killedAtAnyMoment();
    void cleanupTestCase();

private:
    QString write(const QString &name, const QByteArray &content);
    static bool nothingLeft(int ms = 3000);

    QTemporaryDir m_folder;
};

void tst_clirun::initTestCase()
{
    QVERIFY(m_folder.isValid());
    qputenv("ISOL8_ENGINE", "local"); // the sandboxes of a background engine of this user's outlive a command
    // An image of this test's own: of a mere tag Docker lists everybody's containers.
    QProcess build;
    build.start(u"docker"_s, {u"build"_s, u"-q"_s, u"-t"_s, u"isol8:clitest"_s, u"-"_s});
    build.write("FROM isol8:python\nLABEL org.isol8.test=clirun\n");
    build.closeWriteChannel();
    QVERIFY(build.waitForFinished(60000));
    QCOMPARE(build.exitCode(), 0);
}

void tst_clirun::cleanupTestCase()
{
    dockertest::docker({u"rmi"_s, u"--no-prune"_s, u"isol8:clitest"_s});
}

QString tst_clirun::write(const QString &name, const QByteArray &content)
{
    QFile file(m_folder.filePath(name));
    if (!file.open(QIODevice::WriteOnly) || file.write(content) != content.size())
        return {};
    return file.fileName();
}

// Other tests may run beside this one, so these runs use an image under a name of their own.
bool tst_clirun::nothingLeft(int ms)
{
    return QTest::qWaitFor(
        [] {
            const QByteArray ids = dockertest::docker({u"ps"_s, u"-aq"_s, u"--filter"_s, u"ancestor=isol8:clitest"_s});
            return ids.isEmpty();
        },
        ms);
}

void tst_clirun::runtimes_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QByteArray>("code");
    QTest::addColumn<QByteArray>("out");
    QTest::newRow("python") << u"hello.py"_s << QByteArray("import sys\nprint('hi', __name__, __file__, sys.argv)\n")
                            << QByteArray("hi __main__ /sandbox/hello.py ['/sandbox/hello.py', 'a', 'b c']\n");
    QTest::newRow("node, CommonJS")
        << u"hello.js"_s
        << QByteArray("console.log('hi', require.main === module, __filename, process.argv.slice(2).join('|'))\n")
        << QByteArray("hi true /sandbox/hello.js a|b c\n");
    QTest::newRow("node, ESM")
        << u"hello.mjs"_s
        << QByteArray("import fs from 'node:fs';\nconsole.log('hi', import.meta.url, typeof fs.readFileSync)\n")
        << QByteArray("hi file:///sandbox/hello.mjs function\n");
    QTest::newRow("node, .cjs") << u"hello.cjs"_s << QByteArray("console.log(typeof require, __filename)\n")
                                << QByteArray("function /sandbox/hello.cjs\n");
    QTest::newRow("bun") << u"hello.ts"_s
                         << QByteArray("const n: number = 41; console.log('hi', n + 1, import.meta.url, "
                                       "import.meta.main, Bun.argv.slice(2).join('|'))\n")
                         << QByteArray("hi 42 file:///sandbox/hello.ts true a|b c\n");
    QTest::newRow("bun, tsx") << u"hello.tsx"_s << QByteArray("const f = (x: string) => x; console.log(f('tsx'))\n")
                              << QByteArray("tsx\n");
    QTest::newRow("bun, jsx") << u"hello.jsx"_s << QByteArray("console.log('jsx')\n") << QByteArray("jsx\n");
    QTest::newRow("deno") << u"hello.mts"_s
                          << QByteArray("const n: number = 41; console.log('hi', n + 1, import.meta.url, "
                                        "import.meta.main, Deno.args.join('|'))\n")
                          << QByteArray("hi 42 file:///sandbox/hello.mts true a|b c\n");
    QTest::newRow("bash") << u"hello.sh"_s << QByteArray("echo hi \"$0\" \"$#\" \"$2\"\n")
                          << QByteArray("hi /sandbox/hello.sh 2 b c\n");
}

void tst_clirun::runtimes()
{
    QFETCH(QString, name);
    QFETCH(QByteArray, code);
    QFETCH(QByteArray, out);
    const auto outcome = isol8({u"run"_s, write(name, code), u"--"_s, u"a"_s, u"b c"_s});
    QCOMPARE(outcome.err, QByteArray());
    QCOMPARE(outcome.out, out);
    QCOMPARE(outcome.exitCode, 0);
}

void tst_clirun::inlineCode_data()
{
    QTest::addColumn<QString>("runtime");
    QTest::addColumn<QString>("code");
    QTest::addColumn<QByteArray>("out");
    QTest::newRow("python") << u"python"_s << u"import os; print(__file__, os.path.exists(__file__))"_s
                            << QByteArray("/sandbox/main.py True\n");
    QTest::newRow("node") << u"node"_s << u"console.log(__filename, require('fs').existsSync(__filename))"_s
                          << QByteArray("/sandbox/main.js true\n");
    QTest::newRow("bun") << u"bun"_s << u"console.log(import.meta.url, await Bun.file(import.meta.path).exists())"_s
                         << QByteArray("file:///sandbox/main.ts true\n");
    QTest::newRow("deno") << u"deno"_s << u"console.log(import.meta.url, Deno.statSync('/sandbox/main.mts').isFile)"_s
                          << QByteArray("file:///sandbox/main.mts true\n");
    QTest::newRow("bash") << u"bash"_s << u"echo $0; test -f $0 && echo there"_s
                          << QByteArray("/sandbox/main.sh\nthere\n");
}

void tst_clirun::inlineCode()
{
    QFETCH(QString, runtime);
    QFETCH(QString, code);
    QFETCH(QByteArray, out);
    const auto outcome = isol8({u"run"_s, u"-r"_s, runtime, u"-e"_s, code});
    QCOMPARE(outcome.err, QByteArray());
    QCOMPARE(outcome.out, out);
    QCOMPARE(outcome.exitCode, 0);
}

void tst_clirun::exitCodes_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<int>("exitCode");
    QTest::addColumn<QByteArray>("err"); // is in stderr
    const QString e = u"-e"_s;
    QTest::newRow("0") << QStringList{e, u"pass"_s} << 0 << QByteArray();
    QTest::newRow("42") << QStringList{e, u"exit(42)"_s} << 42 << QByteArray();
    QTest::newRow("signal") << QStringList{e, u"import os; os.kill(os.getpid(), 11)"_s} << 139 << QByteArray("SIGSEGV");
    QTest::newRow("timeout") << QStringList{e, u"while True: pass"_s, u"--timeout"_s, u"1s"_s} << 124
                             << QByteArray("did not end within 1 s");
    QTest::newRow("oom") << QStringList{e, u"x = bytearray(10**9)"_s, u"--memory"_s, u"64m"_s} << 137
                         << QByteArray("memory");
    QTest::newRow("unknown runtime") << QStringList{e, u"x"_s, u"-r"_s, u"cobol"_s} << 2 << QByteArray("python");
    QTest::newRow("unknown extension") << QStringList{u"/etc/hostname"_s} << 2 << QByteArray("--runtime");
    QTest::newRow("absent file") << QStringList{u"/nonexistent/x.py"_s} << 1 << QByteArray("/nonexistent/x.py");
    QTest::newRow("empty code") << QStringList{e, u""_s} << 2 << QByteArray("no code");
    QTest::newRow("bad size") << QStringList{e, u"x"_s, u"--memory"_s, u"lots"_s} << 2 << QByteArray("lots");
    QTest::newRow("bad time") << QStringList{e, u"x"_s, u"--timeout"_s, u"soon"_s} << 2 << QByteArray("soon");
    QTest::newRow("too little memory") << QStringList{e, u"x"_s, u"--memory"_s, u"1m"_s} << 2 << QByteArray("16m");
    QTest::newRow("secret too short") << QStringList{e, u"x"_s, u"--secret"_s, u"A=abc"_s} << 2 << QByteArray("A");
    QTest::newRow("path outside") << QStringList{e, u"x"_s, u"--workdir"_s, u"/etc"_s} << 2 << QByteArray("/etc");
    QTest::newRow("duplicate flag") << QStringList{e, u"x"_s, u"--memory"_s, u"64m"_s, u"--memory"_s, u"128m"_s} << 2
                                    << QByteArray("--memory");
    QTest::newRow("unknown flag") << QStringList{e, u"x"_s, u"--bogus"_s} << 2 << QByteArray("--bogus");
    QTest::newRow("image absent") << QStringList{e, u"x"_s, u"--image"_s, u"isol8:nope"_s} << 125
                                  << QByteArray("isol8:nope");
    // The interpreter is the image's all the same.
    QTest::newRow("no folder in PATH") << QStringList{e, u"import os, sys; sys.exit(os.environ['PATH'])"_s, u"--env"_s,
                                                      u"PATH=/nope"_s}
                                       << 1 << QByteArray("/nope\n");
    QTest::newRow("isolation absent") << QStringList{e, u"x"_s, u"--isolation"_s, u"nope"_s} << 125
                                      << QByteArray("nope");
}

void tst_clirun::exitCodes()
{
    QFETCH(QStringList, arguments);
    QFETCH(int, exitCode);
    QFETCH(QByteArray, err);
    const auto outcome = isol8(QStringList{u"run"_s} + arguments);
    QVERIFY2(outcome.err.contains(err), outcome.err.constData());
    QCOMPARE(outcome.exitCode, exitCode);
    QVERIFY(!outcome.crashed);
    if (exitCode == 2)
        QVERIFY2(outcome.err.trimmed().count('\n') <= 1, outcome.err.constData());
}

void tst_clirun::fromStdin()
{
    const auto outcome = isol8({u"run"_s}, "print('piped')\n");
    QCOMPARE(outcome.out, QByteArray("piped\n"));
    QCOMPARE(isol8({u"run"_s, u"-r"_s, u"bash"_s}, "echo shell\n").out, QByteArray("shell\n"));
}

void tst_clirun::shebang()
{
    const QString script =
        write(u"tool"_s, "#!/usr/bin/env -S isol8 run -r python\nimport sys\nprint('from shebang', sys.argv[1:])\n");
    QFile::setPermissions(script, QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
    QProcess process;
    auto environment = QProcessEnvironment::systemEnvironment();
    environment.insert(u"PATH"_s, qEnvironmentVariable("ISOL8_BIN") + u':' + environment.value(u"PATH"_s));
    process.setProcessEnvironment(environment);
    process.start(script, {u"--"_s, u"x"_s});
    QVERIFY(process.waitForFinished(30000));
    QCOMPARE(process.readAllStandardError(), QByteArray());
    QCOMPARE(process.readAllStandardOutput(), QByteArray("from shebang ['x']\n"));
}

void tst_clirun::traceback()
{
    for (const QStringList &arguments :
         {QStringList{u"run"_s, write(u"fails.py"_s, "x = 1\nraise ValueError('the line')  # marker\n")},
          QStringList{u"run"_s, u"-e"_s, u"x = 1\nraise ValueError('the line')  # marker\n"_s}}) {
        const auto outcome = isol8(arguments);
        QCOMPARE(outcome.exitCode, 1);
        QVERIFY2(outcome.err.contains("line 2, in <module>\n    raise ValueError('the line')  # marker\n"),
                 outcome.err.constData());
    }
}

void tst_clirun::argumentsAfterDashes()
{
    const auto outcome = isol8(
        {u"run"_s, u"-e"_s, u"import sys; print(sys.argv[1:])"_s, u"--"_s, u"--memory"_s, u"-x"_s, u"--"_s, u"*"_s});
    QCOMPARE(outcome.out, QByteArray("['--memory', '-x', '--', '*']\n"));
}

void tst_clirun::jsonResult()
{
    const auto outcome = isol8({u"run"_s, u"--json"_s, u"-e"_s, u"print('x'); exit(3)"_s});
    QCOMPARE(outcome.exitCode, 3);
    const QJsonObject result = QJsonDocument::fromJson(outcome.out).object();
    QCOMPARE(result.value(u"stdout"_s).toString(), u"x\n"_s);
    QCOMPARE(result.value(u"exitCode"_s).toInt(), 3);
    QCOMPARE(result.value(u"reason"_s).toString(), u"completed"_s);
    QCOMPARE(result.value(u"runtime"_s).toString(), u"python"_s);
    for (const char *key :
         {"stderr", "durationMs", "truncated", "executionId", "timestamp", "containerId", "resourceUsage"})
        QVERIFY2(result.contains(QLatin1StringView(key)), key);
}

void tst_clirun::outFile()
{
    const QString path = m_folder.filePath(u"out.txt"_s);
    const auto outcome = isol8({u"run"_s, u"-e"_s, u"print('to file')"_s, u"--out"_s, path});
    QCOMPARE(outcome.out, QByteArray());
    QFile file(path);
    QVERIFY(file.open(QIODevice::ReadOnly));
    QCOMPARE(file.readAll(), QByteArray("to file\n"));
}

void tst_clirun::getFiles()
{
    QTemporaryDir here;
    const auto outcome =
        isol8({u"run"_s, u"-e"_s, u"open('a.csv','w').write('1,2')"_s, u"--get"_s, u"*.csv"_s}, {}, here.path());
    QCOMPARE(outcome.exitCode, 0);
    QFile file(here.filePath(u"a.csv"_s));
    QVERIFY(file.open(QIODevice::ReadOnly));
    QCOMPARE(file.readAll(), QByteArray("1,2"));
}

void tst_clirun::filesDirectory()
{
    QTemporaryDir project;
    QDir(project.path()).mkpath(u"pkg"_s);
    QDir(project.path()).mkpath(u"node_modules/x"_s);
    for (const auto &[name, text] : {std::pair{"pkg/__init__.py", ""},
                                     {"pkg/m.py", "VALUE = 7\n"},
                                     {"node_modules/x/i.js", "x"},
                                     {"with space.txt", "s"}}) {
        QFile file(project.filePath(QString::fromLatin1(name)));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(text);
    }
    const auto outcome = isol8({u"run"_s, u"--files"_s, project.path(), u"-e"_s,
                                u"import os\nfrom pkg.m import VALUE\nprint(VALUE, sorted(os.listdir('.')))"_s});
    QCOMPARE(outcome.err, QByteArray());
    QCOMPARE(outcome.out, QByteArray("7 ['main.py', 'pkg', 'with space.txt']\n"));
}

void tst_clirun::secretFromEnvironment()
{
    auto environment = QProcessEnvironment::systemEnvironment();
    environment.insert(u"API_TOKEN"_s, u"very-secret-token"_s);
    const auto outcome =
        isol8({u"run"_s, u"--secret"_s, u"API_TOKEN"_s, u"-e"_s, u"import os; print(os.environ['API_TOKEN'])"_s}, {},
              {}, environment);
    QCOMPARE(outcome.out, QByteArray("***\n"));
    const auto debug =
        isol8({u"--debug"_s, u"run"_s, u"--secret"_s, u"API_TOKEN"_s, u"-e"_s, u"print('code-marker')"_s}, {}, {},
              environment);
    QVERIFY(!debug.err.contains("very-secret-token"));
    QVERIFY(!debug.err.contains("code-marker"));
    QVERIFY(debug.err.contains("isol8."));
}

void tst_clirun::stdinOption()
{
    const auto outcome = isol8({u"run"_s, u"-e"_s, u"print(input())"_s, u"--stdin"_s, u"from the flag"_s});
    QCOMPARE(outcome.out, QByteArray("from the flag\n"));
}

void tst_clirun::interactive()
{
    const auto outcome = isol8({u"run"_s, u"-i"_s, u"-e"_s, u"import sys\nprint(sys.stdin.read().upper())"_s}, "typed");
    QCOMPARE(outcome.out, QByteArray("TYPED\n"));
}

void tst_clirun::closedPipe()
{
    QProcess shell;
    shell.start(
        u"bash"_s,
        {u"-c"_s, u"'%1' run -e 'while True: print(1)' --max-output 100m | head -1; echo ${PIPESTATUS[0]}"_s.arg(
                      clitest::binary())});
    QVERIFY(shell.waitForFinished(30000));
    QCOMPARE(shell.readAllStandardOutput(), QByteArray("1\n141\n"));
}

void tst_clirun::slowReader()
{
    // Our reader sleeps longer than init waits for pings of a dead engine; the run must survive that, and lose nothing.
    QProcess shell;
    shell.start(
        u"bash"_s,
        {u"-c"_s,
         u"'%1' run --max-output 100m --timeout 2m -e 'import os\nfor i in range(40): os.write(1, b\"x\" * (1 << 20))' | (sleep 22; wc -c)"_s
             .arg(clitest::binary())});
    QVERIFY(shell.waitForFinished(60000));
    QCOMPARE(shell.readAllStandardOutput().trimmed(), QByteArray::number(40 << 20));
}

void tst_clirun::ctrlC()
{
    QProcess process;
    process.start(clitest::binary(), {u"run"_s, u"--image"_s, u"isol8:clitest"_s, u"-e"_s,
                                      u"import time\nprint('up', flush=True)\ntime.sleep(60)"_s});
    QVERIFY(process.waitForReadyRead(20000));
    processtest::sendSignal(process, SIGINT);
    QVERIFY(process.waitForFinished(3000));
    QCOMPARE(process.exitCode(), 130);
    QVERIFY(nothingLeft());
}

void tst_clirun::killedAtAnyMoment_data()
{
    QTest::addColumn<int>("ms");
    for (const int ms : {5, 15, 20, 25, 30, 35, 40, 50, 60, 80, 100, 150, 200, 250, 300, 500, 1000})
        QTest::addRow("after %d ms", ms) << ms;
}

void tst_clirun::killedAtAnyMoment()
{
    QFETCH(int, ms);
    QProcess process;
    process.start(clitest::binary(),
                  {u"run"_s, u"--image"_s, u"isol8:clitest"_s, u"-e"_s, u"import time\ntime.sleep(60)"_s});
    QVERIFY(process.waitForStarted());
    QTest::qWait(ms);
    process.kill();
    QVERIFY(process.waitForFinished());
    QVERIFY2(nothingLeft(4000), "a container outlived the command");
}

QTEST_GUILESS_MAIN(tst_clirun)
#include "tst_clirun.moc"
