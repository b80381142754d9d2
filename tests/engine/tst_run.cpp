// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker; execution
#include "support/Docker.h"

#include <isol8/execution/LocalEngine.h>

#include <QCryptographicHash>
#include <QFile>
#include <QPointer>
#include <QSignalSpy>
#include <QTest>
#include <QTimer>

#include <csignal>
#include <memory>

using namespace isol8;
using namespace Qt::StringLiterals;

namespace {

RunRequest python(const char *code)
{
    RunRequest request;
    request.code = QByteArray(code);
    return request;
}

RunRequest command(const QString &line)
{
    RunRequest request;
    request.cmd = line;
    return request;
}

} // namespace

/*
    What a run promises, against the real daemon: how it ends, what comes out, what goes in, and that nothing stays.
*/
class tst_run : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();

    void endings_data();
    void endings();
    void refused_data();
    void refused();
    void streams();
    void streamedEqualsBuffered();
    void secrets();
    void utf8AcrossChunks();
    void truncation();
    void stdinData();
    void interactiveStdin();
    void promptLikeASecret();
    void terminalResizedBeforeItsStart();
    void terminalOutput();
    void filesInAndOut();
    void filesStreamed();
    void filesTooLarge();
    void pathsThatEscape();
    void workdirAndEnvironment();
    void arguments();
    void setupScript();
    void cancelWhileRunning();
    void cancelWhileQueued();
    void deletedInMidRun();
    void signalReachesTheProgram();
    void earlySignal();
    void concurrencyLimit();
    void asFuture();
    void prewarmed();
    void memoryStaysFlat();
    void imageWithVolume();
    void largeCode();

private:
    RunResult run(const RunRequest &request, const RunOptions &options = {});

    std::unique_ptr<LocalEngine> m_engine;
};

void tst_run::init()
{
    m_engine = std::make_unique<LocalEngine>();
}

void tst_run::cleanup()
{
    const QString id = m_engine->id();
    m_engine.reset();
    QVERIFY2(dockertest::gone(id), "a container was left behind");
}

RunResult tst_run::run(const RunRequest &request, const RunOptions &options)
{
    Run *run = m_engine->execute(request, options);
    QSignalSpy finished(run, &Run::finished);
    QSignalSpy output(run, &Run::output);
    if (!finished.wait(60000))
        return {};
    const RunResult result = run->result();
    run->deleteLater();
    return result;
}

void tst_run::endings_data()
{
    QTest::addColumn<QString>("code");
    QTest::addColumn<Reason>("reason");
    QTest::addColumn<int>("exitCode");
    QTest::addColumn<QString>("signal");
    QTest::addColumn<QByteArray>("out"); // what stdout starts with

    const auto none = QString();
    QTest::newRow("hello") << u"print('hello')"_s << Reason::Completed << 0 << none << QByteArray("hello\n");
    QTest::newRow("exit code") << u"import sys; sys.exit(42)"_s << Reason::Completed << 42 << none << QByteArray();
    QTest::newRow("exception") << u"raise ValueError('x')"_s << Reason::Completed << 1 << none << QByteArray();
    QTest::newRow("timeout") << u"import time\nprint('a', flush=True)\ntime.sleep(60)"_s << Reason::Timeout << 124
                             << none << QByteArray("a\n");
    QTest::newRow("ignores SIGTERM, busy")
        << u"import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True: pass"_s << Reason::Timeout << 124
        << none << QByteArray();
    QTest::newRow("out of memory") << u"x = []\nwhile True: x.append(bytearray(10**7))"_s << Reason::Oom << 137
                                   << u"SIGKILL"_s << QByteArray();
    QTest::newRow("child out of memory")
        << u"import subprocess, sys\nr = subprocess.run([sys.executable, '-c', 'x = []\\nwhile True: x.append(bytearray(10**7))'])\nsys.exit(3)"_s
        << Reason::Oom << 137 << none << QByteArray();
    QTest::newRow("disk full") << u"open('/sandbox/big', 'wb').write(b'x' * (100 << 20))"_s << Reason::DiskFull << 1
                               << none << QByteArray();
    QTest::newRow("tmp full") << u"open('/tmp/big', 'wb').write(b'x' * (100 << 20))"_s << Reason::DiskFull << 1 << none
                              << QByteArray();
    for (const auto &[name, number] :
         {std::pair{"HUP", 1}, {"INT", 2},   {"QUIT", 3},  {"ILL", 4},     {"TRAP", 5},  {"ABRT", 6},  {"BUS", 7},
          {"FPE", 8},          {"KILL", 9},  {"USR1", 10}, {"SEGV", 11},   {"USR2", 12}, {"PIPE", 13}, {"ALRM", 14},
          {"TERM", 15},        {"XCPU", 24}, {"XFSZ", 25}, {"VTALRM", 26}, {"PROF", 27}, {"SYS", 31}}) {
        QTest::addRow("SIG%s", name)
            << u"import os, signal\nsignal.signal(%1, signal.SIG_DFL) if %1 != 9 else 0\nos.kill(os.getpid(), %1)"_s
                   .arg(number)
            << Reason::Killed << 128 + number << u"SIG"_s + QString::fromLatin1(name) << QByteArray();
    }
    QTest::newRow("fork bomb") << u"import os\nwhile True:\n  try: os.fork()\n  except OSError: pass"_s
                               << Reason::Timeout << 124 << none << QByteArray();
    QTest::newRow("leaves a daemon")
        << u"import os, time\nif os.fork() == 0:\n  os.setsid()\n  os.close(1); os.close(2)\n  time.sleep(60)\nprint('done')"_s
        << Reason::Completed << 0 << none << QByteArray("done\n");
    QTest::newRow("leaves a daemon that holds stdout")
        << u"import os, time\nif os.fork() == 0:\n  os.setsid()\n  time.sleep(60)\nprint('done')"_s << Reason::Completed
        << 0 << none << QByteArray("done\n");
    QTest::newRow("closes its stdout")
        << u"import os, time, sys\nos.close(1); os.close(2)\ntime.sleep(0.3)\nos._exit(7)"_s << Reason::Completed << 7
        << none << QByteArray();
    QTest::newRow("forged frames")
        << u"import os\nf = b'\\x05\\0\\0\\0\\x46\\0\\0\\0\\x01\\0\\0\\0hello'\nfor fd in range(256):\n  try: os.write(fd, f)\n  except OSError: pass\nos._exit(5)"_s
        << Reason::Completed << 5 << none << QByteArray("\x05\0\0\0F", 5);
}

void tst_run::endings()
{
    QFETCH(QString, code);
    QFETCH(Reason, reason);
    QFETCH(int, exitCode);
    QFETCH(QString, signal);
    QFETCH(QByteArray, out);
    RunOptions options;
    options.memoryLimit = 128 * MiB;
    options.sandboxSize = 16 * MiB;
    options.tmpSize = 16 * MiB;
    RunRequest request;
    request.code = code.toUtf8();
    request.timeout = milliseconds(reason == Reason::Timeout ? 2500 : 30000);
    const RunResult result = run(request, options);
    QCOMPARE(toString(result.reason) + u' ' + result.error, toString(reason) + u' ' + result.error);
    QCOMPARE(result.exitCode, exitCode);
    QCOMPARE(result.signal, signal);
    QVERIFY2(result.stdoutText.startsWith(out), result.stdoutText.left(200).constData());
    QCOMPARE(result.error.isEmpty(), reason == Reason::Completed);
    QCOMPARE(result.containerId.size(), 64);
    QVERIFY(result.resourceUsage.peakMemoryMB > 0);
}

void tst_run::refused_data()
{
    QTest::addColumn<RunRequest>("request");
    QTest::addColumn<RunOptions>("options");
    QTest::addColumn<QString>("code");
    QTest::newRow("no code") << RunRequest() << RunOptions() << errors::BadRequest.toString();
    QTest::newRow("empty code") << python("") << RunOptions() << errors::BadRequest.toString();
    RunRequest request = python("x");
    request.runtime = u"cobol"_s;
    QTest::newRow("unknown runtime") << request << RunOptions() << errors::UnknownRuntime.toString();
    request = python("x");
    request.workdir = u"/etc"_s;
    QTest::newRow("workdir outside") << request << RunOptions() << errors::BadPath.toString();
    request = python("x");
    request.outputPaths = QStringList{u"/sandbox/../etc/passwd"_s};
    QTest::newRow("output path outside") << request << RunOptions() << errors::BadPath.toString();
    request = python("x");
    request.files = {{u"/etc/x"_s, "x", 0644}};
    QTest::newRow("file outside") << request << RunOptions() << errors::BadPath.toString();
    RunOptions options;
    options.secrets.insert(u"S"_s, u"abc"_s);
    QTest::newRow("short secret") << python("x") << options << errors::BadSecret.toString();
    options = {};
    options.memoryLimit = 4 * MiB;
    QTest::newRow("too little memory") << python("x") << options << errors::LimitTooLow.toString();
    options = {};
    options.image = u"isol8:does-not-exist"_s;
    QTest::newRow("image absent") << python("x") << options << errors::ImageMissing.toString();
    options = {};
    options.persist = true;
    options.mode = RunMode::Persistent;
    QTest::newRow("persist") << python("x") << options << errors::NotAllowed.toString();
    options = {};
    options.seccomp = SeccompMode::Custom;
    options.customProfilePath = u"/nonexistent.json"_s;
    QTest::newRow("profile absent") << python("x") << options << errors::BadConfig.toString();
}

void tst_run::refused()
{
    QFETCH(RunRequest, request);
    QFETCH(RunOptions, options);
    QFETCH(QString, code);
    const RunResult result = run(request, options);
    QCOMPARE(result.errorCode, code);
    QCOMPARE(result.exitCode, 125);
    QVERIFY(!result.error.isEmpty());
    QVERIFY(result.stdoutText.isEmpty());
}

void tst_run::streams()
{
    const RunResult result = run(python("import sys\nprint('out')\nprint('err', file=sys.stderr)"));
    QCOMPARE(result.stdoutText, "out\n");
    QCOMPARE(result.stderrText, "err\n");
    QVERIFY(!result.truncated);
    QVERIFY(result.durationMs > 0);
    QCOMPARE(result.runtime, u"python"_s);
}

void tst_run::streamedEqualsBuffered()
{
    Run *run = m_engine->execute(
        python("import sys\nfor i in range(2000):\n  print('line', i)\n  print('e', i, file=sys.stderr)"));
    QByteArray out;
    QByteArray err;
    int finishes = 0;
    connect(run, &Run::output, this, [&](OutputStream stream, const QByteArray &text) {
        QCOMPARE(finishes, 0);
        QVERIFY(!text.isEmpty());
        (stream == OutputStream::Stdout ? out : err) += text;
    });
    connect(run, &Run::finished, this, [&] { ++finishes; });
    QTRY_COMPARE_WITH_TIMEOUT(finishes, 1, 30000);
    QCOMPARE(out, run->result().stdoutText);
    QCOMPARE(err, run->result().stderrText);
    QCOMPARE(out.count('\n'), 2000);
}

void tst_run::secrets()
{
    RunOptions options;
    options.secrets.insert(u"TOKEN"_s, u"s3cr3t-value-42"_s);
    const char *code = "import os, sys, base64, time\n"
                       "t = os.environ['TOKEN']\n"
                       "print(t)\n"
                       "os.write(1, t[:6].encode()); time.sleep(0.2); os.write(1, t[6:].encode() + b'\\n')\n"
                       "print(base64.b64encode(t.encode()).decode())\n"
                       "print(t, file=sys.stderr)\n";
    Run *run = m_engine->execute(python(code), options);
    QSignalSpy started(run, &Run::started);
    QSignalSpy finished(run, &Run::finished);
    QVERIFY(started.wait(20000));
    const auto ids = dockertest::containers(u"org.isol8"_s, m_engine->id());
    QCOMPARE(ids.size(), 1);
    const QByteArray inspect = dockertest::docker({u"inspect"_s, QString::fromLatin1(ids.first())});
    if (!inspect.isEmpty())
        QVERIFY(!inspect.contains("s3cr3t"));
    QVERIFY(finished.count() || finished.wait(20000));
    QCOMPARE(run->result().stdoutText, "***\n***\n***\n");
    QCOMPARE(run->result().stderrText, "***\n");
}

void tst_run::utf8AcrossChunks()
{
    const RunResult result = run(
        python("import os, time\nos.write(1, b'\\xe2\\x82'); time.sleep(0.2); os.write(1, b'\\xac|\\xff|\\xe2\\x82')"));
    QCOMPARE(QString::fromUtf8(result.stdoutText), u"\u20ac|\ufffd|\ufffd"_s);
}

void tst_run::truncation()
{
    RunOptions options;
    options.maxOutputSize = 1000;
    const RunResult result =
        run(python("import sys\nprint('x' * 100000)\nprint('y' * 10, file=sys.stderr)\nsys.exit(3)"), options);
    QVERIFY(result.truncated);
    QCOMPARE(result.exitCode, 3);
    QVERIFY(result.stdoutText.startsWith(QByteArray(QByteArray(1000, 'x') + '\n')));
    QCOMPARE(result.stdoutText.count('\n'), 2);
    QCOMPARE(result.stderrText, QByteArray(10, 'y') + '\n');
}

void tst_run::stdinData()
{
    RunRequest request =
        python("import sys, hashlib\nd = sys.stdin.buffer.read()\nprint(len(d), hashlib.sha256(d).hexdigest())");
    QCOMPARE(run(request).stdoutText, "0 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n");
    request.stdinData = QByteArray(5'000'000, 'z');
    const QByteArray hash = QCryptographicHash::hash(request.stdinData, QCryptographicHash::Sha256).toHex();
    QCOMPARE(run(request).stdoutText, "5000000 " + hash + '\n');
    // A program that does not read must neither hang nor fail the run.
    request.code = QByteArray("print('done')");
    QCOMPARE(run(request).stdoutText, "done\n");
}

void tst_run::interactiveStdin()
{
    RunRequest request =
        python("import sys\nfor line in sys.stdin: print('got', line.strip(), flush=True)\nprint('end')");
    request.interactiveStdin = true;
    Run *run = m_engine->execute(request);
    QSignalSpy finished(run, &Run::finished);
    QByteArray out;
    connect(run, &Run::output, this, [&](OutputStream, const QByteArray &text) { out += text; });
    run->writeStdin("one\n");
    QTRY_COMPARE_WITH_TIMEOUT(out, QByteArray("got one\n"), 20000);
    run->writeStdin("two\n");
    QTRY_COMPARE(out, QByteArray("got one\ngot two\n"));
    run->closeStdin();
    QVERIFY(finished.count() || finished.wait(10000));
    QCOMPARE(out, QByteArray("got one\ngot two\nend\n"));
}

// Nobody types on before the prompt is there.
void tst_run::promptLikeASecret()
{
    RunRequest request = python("import os\nprint('pass', end='', flush=True)\nprint(input() + os.environ['KEY'])");
    request.interactiveStdin = true;
    RunOptions options;
    options.secrets = {{u"KEY"_s, u"password hunter22"_s}};
    Run *run = m_engine->execute(request, options);
    QSignalSpy finished(run, &Run::finished);
    QByteArray out;
    connect(run, &Run::output, this, [&](OutputStream, const QByteArray &text) { out += text; });
    QTRY_COMPARE_WITH_TIMEOUT(out, QByteArray("pas"), 20000); // more of it would tell too much
    run->writeStdin("pass");
    run->writeStdin("\n");
    QVERIFY(finished.wait(10000));
    QCOMPARE(out, QByteArray("passpass***\n"));
}

void tst_run::terminalResizedBeforeItsStart()
{
    RunOptions options;
    options.pty = true;
    Run *run = m_engine->execute(command(u"stty size"_s), options);
    QSignalSpy finished(run, &Run::finished);
    run->resize(50, 20);
    QVERIFY(finished.wait(20000));
    QCOMPARE(run->result().stdoutText, QByteArray("20 50\r\n"));
}

// Collected it is text of at most the usual size; else it is bytes without an end, unless one is asked for.
void tst_run::terminalOutput()
{
    const RunRequest request = command(u"stty -opost; printf '\\377'; head -c 3000000 /dev/zero | tr '\\0' x"_s);
    RunOptions options;
    options.pty = true;
    const RunResult collected = run(request, options);
    QVERIFY(collected.truncated);
    QVERIFY(collected.stdoutText.startsWith("\xef\xbf\xbdxxx"));
    options.collectOutput = false;
    const auto streamed = [&] {
        QByteArray out;
        Run *run = m_engine->execute(request, options);
        QSignalSpy finished(run, &Run::finished);
        connect(run, &Run::output, this, [&](OutputStream, const QByteArray &text) { out += text; });
        return finished.wait(20000) ? out : QByteArray();
    };
    QCOMPARE(streamed(), '\xff' + QByteArray(3000000, 'x'));
    options.maxOutputSize = 1000;
    QCOMPARE(streamed(), QByteArray('\xff' + QByteArray(999, 'x') + "\n[isol8: output truncated at 1000 bytes]\n"));
}

void tst_run::filesInAndOut()
{
    RunRequest request = python("import os\n"
                                "assert open('/sandbox/in dir/a b.txt').read() == 'text'\n"
                                "assert open('in.bin', 'rb').read() == bytes(range(256)) * 4096\n"
                                "assert os.stat('tool.sh').st_mode & 0o777 == 0o755\n"
                                "os.makedirs('out/deep')\n"
                                "open('out/one.txt', 'w').write('1')\n"
                                "open('out/deep/two.txt', 'w').write('2')\n"
                                "open('/tmp/three', 'w').write('3')\n"
                                "os.symlink('/etc/passwd', 'out/link.txt')\n");
    QByteArray all;
    for (int i = 0; i < 256; ++i)
        all.append(char(i));
    request.files = {{u"/sandbox/in dir/a b.txt"_s, "text", 0644},
                     {u"/sandbox/in.bin"_s, all.repeated(4096), 0644},
                     {u"tool.sh"_s, "#!/bin/sh\n", 0755}};
    request.outputPaths =
        QStringList{u"/sandbox/out/*.txt"_s, u"/sandbox/out/**/two.txt"_s, u"/tmp/three"_s, u"missing.txt"_s};
    const RunResult result = run(request);
    QCOMPARE(QString::fromUtf8(result.stderrText), QString());
    QCOMPARE(toString(result.reason), toString(Reason::Completed));
    QCOMPARE(result.files.value(u"/sandbox/out/one.txt"_s), "1");
    QCOMPARE(result.files.value(u"/sandbox/out/deep/two.txt"_s), "2");
    QCOMPARE(result.files.value(u"/tmp/three"_s), "3");
    QVERIFY(!result.files.contains(u"/sandbox/out/link.txt"_s));
    QCOMPARE(result.files.size(), 3);
    QVERIFY(result.error.contains(u"/sandbox/missing.txt"));
    QVERIFY(result.error.contains(u"/sandbox/out/link.txt"));
}

// What is streamed is not held; a file that claims more than the sandbox has is told of, and the others come.
void tst_run::filesStreamed()
{
    RunRequest request =
        python("import os\nos.truncate(os.open('a.bin', os.O_CREAT | os.O_WRONLY), 150 << 20)\n"
               "open(b'n\\xff', 'w').write('bytes')\n"
               "os.truncate(os.open('huge', os.O_CREAT | os.O_WRONLY), 1 << 40)\nopen('z', 'w').write('last')");
    request.outputPaths = QStringList{u"*"_s};
    RunOptions options;
    options.streamFiles = true;
    Run *run = m_engine->execute(request, options);
    QMap<QByteArray, qint64> sizes;
    QByteArray path;
    QByteArray last;
    QStringList problems;
    bool paused = false;
    connect(run, &Run::fileOpened, this, [&](const RunFile &file) {
        path = file.path;
        sizes.insert(path, 0);
    });
    connect(run, &Run::fileData, this, [&](const QByteArray &bytes) {
        sizes[path] += bytes.size();
        if (path == "/sandbox/z")
            last = bytes;
        if (!std::exchange(paused, true)) { // a reader that is slow for a moment
            run->setOutputPaused(true);
            QTimer::singleShot(100, run, [run] { run->setOutputPaused(false); });
        }
    });
    connect(run, &Run::fileEnded, this, [&](const QString &problem) { problems.append(problem); });
    QSignalSpy finished(run, &Run::finished);
    QVERIFY(finished.wait(60000));
    const RunResult result = run->result();
    QCOMPARE(toString(result.reason), toString(Reason::Completed));
    QVERIFY(result.files.isEmpty());
    QCOMPARE(sizes.value("/sandbox/a.bin"), 150 * MiB);
    QCOMPARE(sizes.value("/sandbox/n\xff"), 5);
    QVERIFY(!sizes.contains("/sandbox/huge"));
    QCOMPARE(last, QByteArray("last"));
    QVERIFY(problems.join(QString()).isEmpty());
    QCOMPARE(result.errorCode, errors::TooLarge.toString());
    QVERIFY2(result.error.contains(u"/sandbox/huge (1t) is larger") ||
                 result.error.contains(u"/sandbox/huge (1024g) is larger"),
             qPrintable(result.error));
}

// A result has room for so much; what has none is told of, and the rest is there.
void tst_run::filesTooLarge()
{
    RunRequest request = python("import os\nos.truncate(os.open('b.bin', os.O_CREAT | os.O_WRONLY), 33 << 20)\n"
                                "open('a', 'w').write('1')\nopen('c', 'w').write('2')\nprint('out')");
    request.outputPaths = QStringList{u"a"_s, u"b.bin"_s, u"c"_s};
    const RunResult result = run(request);
    QCOMPARE(toString(result.reason), toString(Reason::Completed));
    QCOMPARE(result.exitCode, 0);
    QCOMPARE(result.stdoutText, QByteArray("out\n"));
    QCOMPARE(result.files, (QMap<QString, QByteArray>{{u"/sandbox/a"_s, "1"}, {u"/sandbox/c"_s, "2"}}));
    QCOMPARE(result.errorCode, errors::TooLarge.toString());
    QVERIFY2(result.error.startsWith(u"/sandbox/b.bin (33m) is larger"), qPrintable(result.error));
}

void tst_run::pathsThatEscape()
{
    // A link made by the program leads out; nothing outside is read, and the program's own end is not changed.
    RunRequest request = python("import os\nos.symlink('/etc', '/sandbox/etc')\nos.symlink('/proc/1', "
                                "'/sandbox/p')\nos.mkfifo('/sandbox/fifo')");
    request.outputPaths = QStringList{u"/sandbox/etc/passwd"_s, u"/sandbox/p/environ"_s, u"/sandbox/fifo"_s};
    const RunResult result = run(request);
    QCOMPARE(toString(result.reason), toString(Reason::Completed));
    QCOMPARE(result.exitCode, 0);
    QCOMPARE(result.files.size(), 0);
    for (const QString &path : std::as_const(request.outputPaths))
        QVERIFY2(result.error.contains(path), qPrintable(result.error));
}

void tst_run::workdirAndEnvironment()
{
    RunRequest request =
        python("import os\nprint(os.getcwd(), os.environ['GREETING'], os.environ['HOME'], os.environ['PWD'])");
    request.workdir = u"/sandbox/sub/dir"_s;
    request.env.insert(u"GREETING"_s, u"h\u00e4 llo"_s);
    QCOMPARE(QString::fromUtf8(run(request).stdoutText), u"/sandbox/sub/dir h\u00e4 llo /sandbox /sandbox/sub/dir\n"_s);
}

void tst_run::arguments()
{
    RunRequest request = python("import sys\nprint(sys.argv)");
    request.args = QStringList{u"a b"_s, u"$HOME"_s, u"-x"_s, u""_s};
    QCOMPARE(run(request).stdoutText, "['/sandbox/main.py', 'a b', '$HOME', '-x', '']\n");
    RunRequest cmd = command(u"echo \"$1|$2\""_s);
    cmd.args = QStringList{u"a b"_s, u"c"_s};
    QCOMPARE(run(cmd).stdoutText, "a b|c\n");
}

void tst_run::setupScript()
{
    RunRequest request = python("print(open('made').read())");
    request.setupScript = u"echo working; echo -n yes > made"_s;
    RunResult result = run(request);
    QCOMPARE(result.stdoutText, "yes\n");
    QCOMPARE(toString(result.reason), toString(Reason::Completed));
    request.setupScript = u"echo broken >&2; exit 9"_s;
    result = run(request);
    QCOMPARE(toString(result.reason), toString(Reason::SetupFailed));
    QCOMPARE(result.exitCode, 9);
    QCOMPARE(result.stderrText, "broken\n");
    QVERIFY(result.stdoutText.isEmpty());
}

void tst_run::cancelWhileRunning()
{
    Run *run = m_engine->execute(python("import time\ntime.sleep(60)"));
    QSignalSpy started(run, &Run::started);
    QSignalSpy finished(run, &Run::finished);
    QVERIFY(started.wait(20000));
    run->cancel();
    QCOMPARE(finished.count(), 0);
    QVERIFY(finished.wait(1000));
    QCOMPARE(toString(run->result().reason), toString(Reason::Cancelled));
    QCOMPARE(run->result().exitCode, 130);
    QVERIFY(dockertest::gone(m_engine->id()));
    QCOMPARE(finished.count(), 1);
}

void tst_run::cancelWhileQueued()
{
    // At each moment of a cold start in turn: the end is the same, and nothing stays.
    for (const int ms : {0, 1, 5, 10, 15, 20, 30, 50, 100, 150, 200, 300}) {
        Run *run = m_engine->execute(python("import time\ntime.sleep(60)"));
        QSignalSpy finished(run, &Run::finished);
        QTest::qWait(ms);
        run->cancel();
        QVERIFY(finished.count() || finished.wait(1000));
        QCOMPARE(toString(run->result().reason), toString(Reason::Cancelled));
    }
    QVERIFY(dockertest::gone(m_engine->id(), 10000));
}

void tst_run::deletedInMidRun()
{
    for (const int ms : {0, 5, 15, 100, 400}) {
        Run *run = m_engine->execute(python("import time\nprint('x', flush=True)\ntime.sleep(60)"));
        QTest::qWait(ms);
        delete run;
    }
    // In a slot of output(), too.
    Run *run = m_engine->execute(python("import time\nprint('x', flush=True)\ntime.sleep(60)"));
    QPointer<Run> watch(run);
    connect(run, &Run::output, this, [run] { delete run; });
    QTRY_VERIFY_WITH_TIMEOUT(watch.isNull(), 20000);
    QVERIFY(dockertest::gone(m_engine->id(), 10000));
}

void tst_run::signalReachesTheProgram()
{
    // Short sleeps: Python looks for signals between them, not just before one.
    Run *run = m_engine->execute(python("import signal, time\n"
                                        "def handler(*_):\n  print('caught', flush=True)\n  raise SystemExit(3)\n"
                                        "signal.signal(signal.SIGINT, handler)\n"
                                        "while True:\n  print('ready', flush=True)\n  time.sleep(0.05)"));
    QByteArray out;
    connect(run, &Run::output, this, [&](OutputStream, const QByteArray &text) { out += text; });
    QSignalSpy finished(run, &Run::finished);
    QTRY_VERIFY_WITH_TIMEOUT(out.contains("ready\nready\n"), 20000);
    run->sendSignal(SIGINT);
    QVERIFY(finished.count() || finished.wait(10000));
    QVERIFY(run->result().stdoutText.contains("caught"));
    QCOMPARE(run->result().exitCode, 3);
}

// Also when it is sent before there is a program; one that is for no program is passed over.
void tst_run::earlySignal()
{
    RunRequest request;
    request.runtime = u"bash"_s;
    request.cmd = u"sleep 60; echo done"_s;
    Run *run = m_engine->execute(request);
    QSignalSpy finished(run, &Run::finished);
    run->sendSignal(SIGSTOP);
    run->sendSignal(SIGTERM);
    QVERIFY(finished.count() || finished.wait(30000));
    QCOMPARE(toString(run->result().reason), toString(Reason::Killed));
    QCOMPARE(run->result().exitCode, 143);
}

void tst_run::concurrencyLimit()
{
    LocalEngineOptions options;
    options.config.maxConcurrent = 1;
    m_engine = std::make_unique<LocalEngine>(options);
    Run *first = m_engine->execute(python("print(1)"));
    Run *second = m_engine->execute(python("print(2)"));
    QSignalSpy place(second, &Run::queued);
    QSignalSpy firstDone(first, &Run::finished);
    QSignalSpy secondDone(second, &Run::finished);
    QVERIFY(firstDone.wait(20000));
    QCOMPARE(secondDone.count(), 0);
    QCOMPARE(place.value(0).value(0).toInt(), 1);
    QVERIFY(secondDone.wait(20000));
    QVERIFY(second->result().queuedMs >= first->result().durationMs);
}

void tst_run::asFuture()
{
    Run *run = m_engine->execute(python("print('f')"));
    QFuture<RunResult> future = run->future();
    QTRY_VERIFY_WITH_TIMEOUT(future.isFinished(), 20000);
    QCOMPARE(future.result().stdoutText, "f\n");
    QVERIFY(run->future().isFinished());
    Run *dropped = m_engine->execute(python("print('f')"));
    QFuture<RunResult> cancelled = dropped->future();
    delete dropped;
    QVERIFY(cancelled.isCanceled());
}

void tst_run::prewarmed()
{
    bool ready = false;
    m_engine->start({u"python"_s}, {this, [&](const Result<void> &result) {
                                        QVERIFY2(result.has_value(), result ? "" : qPrintable(result.error().message));
                                        ready = true;
                                    }});
    QTRY_VERIFY_WITH_TIMEOUT(ready, 20000);
    const auto pooled = dockertest::containers(u"org.isol8.purpose"_s, u"pool"_s);
    QVERIFY(!pooled.isEmpty());
    const RunResult result = run(python("print('warm')"));
    QCOMPARE(result.stdoutText, "warm\n");
    QVERIFY(pooled.contains(result.containerId.toLatin1()));
    bool stopped = false;
    m_engine->stop({this, [&](const Result<void> &) { stopped = true; }});
    QTRY_VERIFY_WITH_TIMEOUT(stopped, 10000);
    QVERIFY(dockertest::containers(u"org.isol8"_s, m_engine->id()).isEmpty());
}

void tst_run::memoryStaysFlat()
{
    const auto resident = [] {
        QFile status(u"/proc/self/status"_s);
        if (!status.open(QIODevice::ReadOnly))
            return qint64(0);
        const QByteArray text = status.readAll();
        const qsizetype at = text.indexOf("VmRSS:");
        return text.mid(at + 6, 16).simplified().split(' ').first().toLongLong() * KiB;
    };
    // 1 GB past the limit is dropped inside; 200 MB within the limit are streamed and not kept.
    QCOMPARE(run(python("print('warm up')")).exitCode, 0);
    const qint64 before = resident();
    RunResult result = run(python("import os\nb = b'x' * (1 << 20)\nfor _ in range(1000): os.write(1, b)"));
    QVERIFY(result.truncated);
    QCOMPARE(result.exitCode, 0);
    RunOptions options;
    options.maxOutputSize = 4 * GiB;
    options.collectOutput = false;
    Run *streamed =
        m_engine->execute(python("import os\nb = b'x' * (1 << 20)\nfor _ in range(200): os.write(1, b)"), options);
    qint64 bytes = 0;
    connect(streamed, &Run::output, this, [&](OutputStream, const QByteArray &text) { bytes += text.size(); });
    QSignalSpy finished(streamed, &Run::finished);
    QVERIFY(finished.wait(60000));
    QCOMPARE(bytes, 200 * MiB);
    QVERIFY(streamed->result().stdoutText.isEmpty());
    const qint64 growth = resident() - before;
#ifdef __SANITIZE_ADDRESS__ // which keeps what was freed, up to 256 MiB
    const qint64 allowed = 320 * MiB;
#else
    const qint64 allowed = 32 * MiB;
#endif
    QVERIFY2(growth < allowed, qPrintable(u"grew by %1 bytes"_s.arg(growth)));
}

// Docker gives a container of such an image a folder of the host's disk, without a limit.
void tst_run::imageWithVolume()
{
    const QByteArray id = dockertest::docker({u"create"_s, u"isol8:python"_s, u"true"_s});
    QVERIFY(!id.isEmpty());
    const QString image = u"isol8-test:volume"_s;
    dockertest::docker({u"commit"_s, u"--change"_s, u"VOLUME /data"_s, QString::fromLatin1(id), image});
    dockertest::docker({u"rm"_s, QString::fromLatin1(id)});
    RunOptions options;
    options.image = image;
    const RunResult result = run(python("print('not reached')"), options);
    dockertest::docker({u"rmi"_s, image});
    QCOMPARE(result.errorCode, errors::WallMissing.toString());
    QCOMPARE(toString(result.reason), toString(Reason::SetupFailed));
    QCOMPARE(result.exitCode, 125);
    QVERIFY2(result.error.contains(u"/data"), qPrintable(result.error));
    QVERIFY(result.stdoutText.isEmpty());
}

void tst_run::largeCode()
{
    RunRequest request = python("");
    request.code = QByteArray("x = '") + QByteArray(10 << 20, 'a') + QByteArray("'\nprint(len(x))\n");
    const RunResult result = run(request);
    QCOMPARE(result.stderrText, QByteArray());
    QCOMPARE(result.stdoutText, QByteArray("10485760\n"));
}

QTEST_GUILESS_MAIN(tst_run)
#include "tst_run.moc"
