// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker; execution
// Sandboxes that are kept between runs: what holds from one run to the next, and how they end.
#include "support/Docker.h"

#include <isol8/execution/LocalEngine.h>

#include <QTest>

#include <csignal>
#include <memory>

using namespace isol8;
using namespace Qt::StringLiterals;

class tst_session : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();

    void stateHolds_data();
    void stateHolds();
    void topLevelAwait_data();
    void topLevelAwait();
    void endsTheRunOnly_data();
    void endsTheRunOnly();
    void interpreterThatDies_data();
    void interpreterThatDies();
    void timeout_data();
    void timeout();
    void timeoutSparesWhatWasThere();
    void cancel();
    void deletedRun();
    void countsPerRun();
    void environmentAndFolder_data();
    void environmentAndFolder();
    void secretsEndWithTheScript();
    void background();
    void secretsOfEarlierRuns();
    void values_data();
    void values();
    void valuesInOrder();
    void plainPrograms();
    void setupAndFiles();
    void oneAfterTheOther();
    void sessionsSideBySide();
    void owners();
    void fixedByTheFirstRun();
    void runtimeOfTheSession();
    void lost();
    void removed();
    void removedWhileRunning();
    void pausedAndWoken();
    void idleOnesEnd();
    void hostileDriver_data();
    void hostileDriver();
    void noTerminal();
    void names();
    void valuesOfPlainRuns();

private:
    void makeEngine(const Config &config = {});
    static RunRequest program(const QString &runtime, const QByteArray &code, int timeoutMs = 30000)
    {
        RunRequest request;
        request.runtime = runtime;
        request.code = code;
        request.timeout = milliseconds(timeoutMs);
        return request;
    }
    Run *start(const RunRequest &request, const QString &session = u"s"_s, RunOptions options = {},
               const QString &owner = u"owner"_s)
    {
        options.sessionId = session;
        return m_engine->execute(request, options, owner);
    }
    static RunResult wait(Run *run)
    {
        (void)QTest::qWaitFor([run] { return run->isFinished(); }, 60000);
        const RunResult result = run->result();
        delete run;
        return result;
    }
    RunResult run(const QString &runtime, const QByteArray &code, int timeoutMs = 30000)
    {
        return wait(start(program(runtime, code, timeoutMs)));
    }
    QList<SessionInfo> sessions(const QString &owner = u"owner"_s)
    {
        QList<SessionInfo> list;
        bool done = false;
        m_engine->sessions(owner, {this, [&](const Result<QList<SessionInfo>> &found) {
                                       list = found.value_or(QList<SessionInfo>());
                                       done = true;
                                   }});
        (void)QTest::qWaitFor([&] { return done; }, 5000);
        return list;
    }
    Result<void> setPaused(bool paused)
    {
        std::optional<Result<void>> answer;
        m_engine->setSessionPaused(u"owner"_s, u"s"_s, paused, {this, [&](const Result<void> &r) { answer = r; }});
        (void)QTest::qWaitFor([&] { return answer.has_value(); }, 10000);
        return answer.value_or(fail(errors::Timeout, {}));
    }

    std::unique_ptr<LocalEngine> m_engine;
};

void tst_session::init()
{
    makeEngine();
}

void tst_session::makeEngine(const Config &config)
{
    LocalEngineOptions options;
    options.config = config;
    m_engine = std::make_unique<LocalEngine>(options);
}

void tst_session::cleanup()
{
    const QString id = m_engine->id();
    bool stopped = false;
    m_engine->stop({this, [&](const Result<void> &) { stopped = true; }});
    QTRY_VERIFY_WITH_TIMEOUT(stopped, 20000);
    m_engine.reset();
    QVERIFY2(dockertest::gone(id, 15000), "a container was left behind");
}

void tst_session::stateHolds_data()
{
    QTest::addColumn<QString>("runtime");
    QTest::addColumn<QByteArray>("first");
    QTest::addColumn<QByteArray>("second");
    QTest::addColumn<QByteArray>("output");
    QTest::newRow("python") << u"python"_s
                            << "x = 42\nimport json as j\ndef f(a): return a + x\nclass C: pass\nc = C()"_ba
                            << "print(x, f(1), j.dumps([1]), type(c).__name__)"_ba
                            << "42 43 [1] C\n"_ba;
    QTest::newRow("node") << u"node"_s
                          << "x = 42; let y = 1; const z = [1]; function f(a) { return a + x } class C {}\n"
                             "const fs = require('fs'); import { join } from 'node:path'"_ba
                          << "y += 1; console.log(x, y, z, f(1), typeof fs.readFileSync, join('a', 'b'), new C())"_ba
                          << "42 2 [ 1 ] 43 function a/b C {}\n"_ba;
    QTest::newRow("bun") << u"bun"_s
                         << "let x: number = 42; interface I { a: number }; enum E { A = 7 }\n"
                            "function f(a: number): number { return a + x }\nimport { join } from 'node:path'"_ba
                         << "x += 1; console.log(x, f(1), E.A, join('a', 'b'))"_ba
                         << "43 44 7 a/b\n"_ba;
    QTest::newRow("deno") << u"deno"_s
                          << "let x: number = 42; interface I { a: number }; enum E { A = 7 }\n"
                             "function f(a: number): number { return a + x }\nimport { join } from 'node:path'"_ba
                          << "x += 1; console.log(x, f(1), E.A, join('a', 'b'))"_ba
                          << "43 44 7 a/b\n"_ba;
    QTest::newRow("bash") << u"bash"_s
                          << "x=42; a=(1 'b c'); declare -A m=([k]=v); f() { echo f$1; }; cd /tmp; export E=e"_ba
                          << "echo $x \"${a[1]}\" ${m[k]} $(f 1) $PWD; printenv E"_ba
                          << "42 b c v f1 /tmp\ne\n"_ba;
}

void tst_session::stateHolds()
{
    QFETCH(QString, runtime);
    QFETCH(QByteArray, first);
    QFETCH(QByteArray, second);
    QFETCH(QByteArray, output);
    const RunResult made = run(runtime, first);
    QVERIFY2(made.exitCode == 0, made.stderrText.constData());
    QCOMPARE(toString(made.reason), toString(Reason::Completed));
    QCOMPARE(made.sessionId, u"s"_s);
    QCOMPARE(made.stateKept, std::optional(true));
    QVERIFY(made.stateFresh);
    const RunResult used = run(runtime, second);
    QVERIFY2(used.exitCode == 0, used.stderrText.constData());
    QCOMPARE(used.stdoutText, output);
    QCOMPARE(used.stateKept, std::optional(true));
    QVERIFY(!used.stateFresh);
    QCOMPARE(used.containerId, made.containerId);
}

void tst_session::topLevelAwait_data()
{
    QTest::addColumn<QString>("runtime");
    QTest::addColumn<QByteArray>("first");
    QTest::addColumn<QByteArray>("second");
    QTest::newRow("python") << u"python"_s
                            << "import asyncio\nawait asyncio.sleep(0)\nv = await asyncio.sleep(0, 'w')"_ba
                            << "print(v)"_ba;
    const QByteArray script = "const v = await new Promise(r => setTimeout(() => r('w'), 10))";
    for (const QString &name : {u"node"_s, u"bun"_s, u"deno"_s})
        QTest::newRow(qPrintable(name)) << name << script << "console.log(v)"_ba;
}

void tst_session::topLevelAwait()
{
    QFETCH(QString, runtime);
    QFETCH(QByteArray, first);
    QFETCH(QByteArray, second);
    const RunResult awaited = run(runtime, first);
    QVERIFY2(awaited.exitCode == 0, awaited.stderrText.constData());
    QCOMPARE(run(runtime, second).stdoutText, "w\n"_ba);
}

void tst_session::endsTheRunOnly_data()
{
    QTest::addColumn<QString>("runtime");
    QTest::addColumn<QByteArray>("code");
    QTest::addColumn<int>("exitCode");
    QTest::addColumn<QByteArray>("says");
    const auto row = [](const char *name, const QString &runtime, const QByteArray &code, int exitCode,
                        const QByteArray &says) { QTest::newRow(name) << runtime << code << exitCode << says; };
    row("python exception", u"python"_s, "def g():\n    raise ValueError('bad')\ng()", 1,
        "    raise ValueError('bad')");
    row("python syntax", u"python"_s, "def (:", 1, "SyntaxError");
    row("python sys.exit", u"python"_s, "import sys; sys.exit(3)", 3, "");
    row("python sys.exit with words", u"python"_s, "raise SystemExit('words')", 1, "words");
    row("python forks", u"python"_s,
        "import os\nif os.fork() == 0: raise SystemExit(9)\nraise SystemExit(os.wait()[1] >> 8)", 9, "");
    row("node exception", u"node"_s, "\nthrow new Error('bad')", 1, "throw new Error('bad')");
    row("node syntax", u"node"_s, "let = = 1", 1, "SyntaxError");
    row("node process.exit", u"node"_s, "process.exit(3)", 3, "");
    row("node exit code", u"node"_s, "process.exitCode = 4", 4, "");
    row("node exit in a callback", u"node"_s,
        "setTimeout(() => process.exit(5), 10); await new Promise(() => setTimeout(() => {}, 10000))", 5, "");
    row("node rejection", u"node"_s, "Promise.reject(new Error('lost')); await new Promise(r => setTimeout(r, 1000))",
        1, "lost");
    row("bun exception", u"bun"_s, "throw new Error('bad')", 1, "bad");
    row("bun exit", u"bun"_s, "process.exit(3)", 3, "");
    row("deno exception", u"deno"_s, "throw new Error('bad')", 1, "throw new Error('bad')");
    row("deno exit", u"deno"_s, "Deno.exit(3)", 3, "");
    row("bash exit", u"bash"_s, "trap 'echo bye >&2' EXIT; exit 3", 3, "bye");
    row("bash set -e", u"bash"_s, "set -e; false; echo no", 1, "");
    row("bash syntax", u"bash"_s, "if then", 2, "syntax error");
    row("bash return", u"bash"_s, "return 6", 6, "");
    row("bash break", u"bash"_s, "break", 0, "");
}

void tst_session::endsTheRunOnly()
{
    QFETCH(QString, runtime);
    QFETCH(QByteArray, code);
    QFETCH(int, exitCode);
    QFETCH(QByteArray, says);
    const bool isScript = runtime == u"bash";
    const bool isPython = runtime == u"python";
    (void)run(runtime, isScript ? "state=kept" : isPython ? "state = 'kept'" : "var state = 'kept'");
    const RunResult ended = run(runtime, code);
    QCOMPARE(toString(ended.reason), toString(Reason::Completed));
    QVERIFY2(ended.exitCode == exitCode, ended.stderrText.constData());
    QVERIFY2(ended.stderrText.contains(says), ended.stderrText.constData());
    QCOMPARE(ended.stateKept, std::optional(true));
    const RunResult after = run(runtime, isScript ? "echo $state" : isPython ? "print(state)" : "console.log(state)");
    QCOMPARE(after.stdoutText, "kept\n"_ba);
    QCOMPARE(after.stderrText, ""_ba);
}

void tst_session::interpreterThatDies_data()
{
    QTest::addColumn<QString>("runtime");
    QTest::addColumn<QByteArray>("code");
    QTest::addColumn<Reason>("reason");
    QTest::addColumn<int>("exitCode");
    QTest::newRow("os._exit") << u"python"_s << "import os; os._exit(7)"_ba << Reason::Completed << 7;
    QTest::newRow("killed") << u"python"_s << "import os; os.kill(os.getpid(), 9)"_ba << Reason::Killed << 137;
    QTest::newRow("closed its way to init")
        << u"python"_s << "import os, time; os.closerange(3, 100); time.sleep(30)"_ba << Reason::Killed << 137;
    QTest::newRow("exec") << u"bash"_s << "exec true"_ba << Reason::Completed << 0;
    QTest::newRow("memory") << u"python"_s << "x = bytearray(2 << 30)\nfor i in range(0, len(x), 4096): x[i] = 1"_ba
                            << Reason::Oom << 137;
    QTest::newRow("abort") << u"node"_s << "process.abort()"_ba << Reason::Killed << 134;
}

void tst_session::interpreterThatDies()
{
    QFETCH(QString, runtime);
    QFETCH(QByteArray, code);
    QFETCH(Reason, reason);
    QFETCH(int, exitCode);
    RunRequest first = program(runtime, runtime == u"bash" ? "state=1"_ba : "state = 1"_ba);
    first.files.append({u"/sandbox/kept"_s, "file", 0644});
    (void)wait(start(first));
    const RunResult died = run(runtime, code);
    QCOMPARE(toString(died.reason), toString(reason));
    QCOMPARE(died.exitCode, exitCode);
    QCOMPARE(died.stateKept, std::optional(false));
    QVERIFY(!died.error.isEmpty());
    RunRequest second =
        program(runtime, runtime == u"bash"     ? "echo ${state-fresh}; cat kept"_ba
                         : runtime == u"python" ? "print(globals().get('state', 'fresh'), open('kept').read())"_ba
                                                : "console.log(typeof state)"_ba);
    const RunResult after = wait(start(second));
    QVERIFY2(after.stdoutText.startsWith("fresh") || after.stdoutText == "undefined\n", after.stdoutText.constData());
    QVERIFY(after.stateFresh);
    QCOMPARE(after.containerId, died.containerId);
}

void tst_session::timeout_data()
{
    QTest::addColumn<QString>("runtime");
    QTest::addColumn<QByteArray>("code");
    QTest::addColumn<bool>("kept");
    QTest::newRow("python sleeps") << u"python"_s << "import time; time.sleep(30)"_ba << true;
    QTest::newRow("python loops") << u"python"_s << "while True: pass"_ba << true;
    QTest::newRow("python in a child") << u"python"_s << "import subprocess; subprocess.run(['sleep', '30'])"_ba
                                       << true;
    QTest::newRow("python awaits") << u"python"_s << "import asyncio; await asyncio.sleep(30)"_ba << true;
    QTest::newRow("python ignores") << u"python"_s
                                    << "import signal; signal.signal(2, signal.SIG_IGN)\nwhile True: pass"_ba << false;
    QTest::newRow("node waits") << u"node"_s << "await new Promise(r => setTimeout(r, 30000))"_ba << true;
    QTest::newRow("node loops") << u"node"_s << "for (;;);"_ba << false;
    QTest::newRow("bash sleeps") << u"bash"_s << "sleep 30"_ba << true;
    QTest::newRow("bash loops") << u"bash"_s << "while :; do :; done"_ba << true;
}

void tst_session::timeout()
{
    QFETCH(QString, runtime);
    QFETCH(QByteArray, code);
    QFETCH(bool, kept);
    (void)run(runtime, runtime == u"bash" ? "state=1" : "state = 1");
    const RunResult late = run(runtime, code, 500);
    QCOMPARE(toString(late.reason), toString(Reason::Timeout));
    QCOMPARE(late.exitCode, 124);
    QCOMPARE(late.stateKept, std::optional(kept));
    const RunResult after = run(runtime, runtime == u"bash"     ? "echo $state"
                                         : runtime == u"python" ? "print(state)"
                                                                : "console.log(state)");
    QCOMPARE(after.stdoutText, kept ? "1\n"_ba : ""_ba);
}

// What an earlier run has left running on purpose lives on; what this run has started does not.
void tst_session::timeoutSparesWhatWasThere()
{
    (void)run(u"python"_s, "import subprocess, time\np = subprocess.Popen(['sleep', '1000'])");
    const RunResult late =
        run(u"python"_s, "q = subprocess.Popen(['sleep', '2000'], start_new_session=True)\ntime.sleep(60)", 500);
    QCOMPARE(toString(late.reason), toString(Reason::Timeout));
    QCOMPARE(run(u"python"_s, "time.sleep(0.2); print(p.poll(), q.poll())").stdoutText, "None -9\n"_ba);
}

void tst_session::cancel()
{
    (void)run(u"python"_s, "state = 1");
    Run *going = start(program(u"python"_s, "import time\nprint('up', flush=True)\ntime.sleep(60)"));
    bool up = false;
    connect(going, &Run::output, this, [&] { up = true; });
    QTRY_VERIFY_WITH_TIMEOUT(up, 10000);
    going->cancel();
    const RunResult cancelled = wait(going);
    QCOMPARE(toString(cancelled.reason), toString(Reason::Cancelled));
    QCOMPARE(cancelled.exitCode, 130);
    QCOMPARE(cancelled.stateKept, std::optional(true));
    QCOMPARE(run(u"python"_s, "print(state)").stdoutText, "1\n"_ba);
}

void tst_session::deletedRun()
{
    (void)run(u"python"_s, "state = 1");
    Run *going = start(program(u"python"_s, "import time\nprint('up', flush=True)\ntime.sleep(60)"));
    bool up = false;
    connect(going, &Run::output, this, [&] { up = true; });
    QTRY_VERIFY_WITH_TIMEOUT(up, 10000);
    Run *waiting = start(program(u"python"_s, "print('never')"));
    delete going;
    delete waiting;
    QCOMPARE(run(u"python"_s, "print(state)").stdoutText, "1\n"_ba);
}

void tst_session::countsPerRun()
{
    RunRequest request = program(u"python"_s, "import sys\nprint(sys.stdin.read(), sys.argv[1:])\nprint('x' * 100)");
    request.stdinData = "first";
    request.args = QStringList{u"a"_s};
    RunOptions options;
    options.maxOutputSize = 50;
    const RunResult first = wait(start(request, u"s"_s, options));
    QVERIFY(first.truncated);
    QVERIFY2(first.stdoutText.startsWith("first ['a']\nxxx"), first.stdoutText.constData());
    // Its input is its own: what the first left unread would be here, too.
    RunRequest partly = program(u"python"_s, "print(sys.stdin.read(1))");
    partly.stdinData = "abcdef";
    QCOMPARE(wait(start(partly)).stdoutText, "a\n"_ba);
    request.stdinData = {};
    request.args = {};
    const RunResult second = wait(start(request));
    QVERIFY(!second.truncated);
    QCOMPARE(second.stdoutText, " []\n" + QByteArray(100, 'x') + '\n');
    RunRequest large = program(u"python"_s, "print(len(sys.stdin.read()))");
    large.stdinData = QByteArray(3 * 1024 * 1024, 'z');
    QCOMPARE(wait(start(large)).stdoutText, "3145728\n"_ba);
}

void tst_session::environmentAndFolder_data()
{
    QTest::addColumn<QString>("runtime");
    QTest::addColumn<QByteArray>("code");
    QTest::newRow("python") << u"python"_s
                            << "import os; print(os.environ.get('V'), os.environ.get('K'), os.getcwd())"_ba;
    QTest::newRow("node") << u"node"_s << "console.log(process.env.V, process.env.K, process.cwd())"_ba;
    QTest::newRow("bun") << u"bun"_s << "console.log(process.env.V, process.env.K, process.cwd())"_ba;
    QTest::newRow("deno") << u"deno"_s << "console.log(Deno.env.get('V'), Deno.env.get('K'), Deno.cwd())"_ba;
    QTest::newRow("bash") << u"bash"_s << "echo ${V-None} ${K-None} $PWD"_ba;
}

void tst_session::environmentAndFolder()
{
    QFETCH(QString, runtime);
    QFETCH(QByteArray, code);
    RunRequest request = program(runtime, code);
    request.env.insert(u"V"_s, u"value"_s);
    request.workdir = u"/tmp/work"_s;
    RunOptions options;
    options.secrets.insert(u"K"_s, u"hidden-key"_s);
    QCOMPARE(wait(start(request, u"s"_s, options)).stdoutText, "value *** /tmp/work\n"_ba);
    const QByteArray none = runtime == u"python" || runtime == u"bash" ? "None None" : "undefined undefined";
    QCOMPARE(run(runtime, code).stdoutText, none + " /sandbox\n");
}

// However it ends: a bash that leaves by exit writes its state down, and those are no part of it.
void tst_session::secretsEndWithTheScript()
{
    for (const QByteArray &end : {"exit 0"_ba, "true"_ba, "set -e; false"_ba}) {
        RunRequest request = program(u"bash"_s, "kept=1; " + end);
        request.env.insert(u"GIVEN"_s, u"given"_s);
        RunOptions options;
        options.secrets.insert(u"KEY"_s, u"very-secret"_s);
        (void)wait(start(request, u"s"_s, options));
        const RunResult after = run(u"bash"_s, "echo $kept [$GIVEN] [${#KEY}]; ls -A /tmp; set +e");
        QCOMPARE(after.stdoutText, "1 [] [0]\n"_ba);
    }
}

void tst_session::background()
{
    (void)run(u"python"_s, "import threading, time\ndef f():\n    time.sleep(0.3)\n    print('from the thread')\n"
                           "threading.Thread(target=f).start()");
    QTest::qWait(800);
    Run *next = start(program(u"python"_s, "print('mine')"));
    QByteArray told;
    connect(next, &Run::background, this, [&](OutputStream, const QByteArray &text) { told += text; });
    const RunResult result = wait(next);
    QCOMPARE(result.stdoutText, "mine\n"_ba);
    QCOMPARE(result.backgroundStdout, "from the thread\n"_ba);
    QCOMPARE(told, "from the thread\n"_ba);
    QCOMPARE(run(u"python"_s, "print('third')").backgroundStdout, ""_ba);
}

void tst_session::secretsOfEarlierRuns()
{
    RunOptions options;
    options.secrets.insert(u"KEY"_s, u"very-secret"_s);
    (void)wait(start(program(u"python"_s, "import os, threading, time\nkept = os.environ['KEY']\ndef f():\n    "
                                          "time.sleep(0.2); print('later', kept)\nthreading.Thread(target=f).start()"),
                     u"s"_s, options));
    QTest::qWait(600);
    const RunResult result = run(u"python"_s, "print(kept)\nkept");
    QCOMPARE(result.stdoutText, "***\n"_ba);
    QCOMPARE(result.backgroundStdout, "later ***\n"_ba);
    QCOMPARE(result.results.at(0).toObject().value(u"data"_s).toString(), u"'***'"_s);
}

void tst_session::values_data()
{
    QTest::addColumn<QString>("runtime");
    QTest::addColumn<QByteArray>("code");
    QTest::addColumn<QString>("type");
    QTest::addColumn<QString>("data");
    const auto row = [](const char *name, const QString &runtime, const QByteArray &code, const QString &type,
                        const QString &data) { QTest::newRow(name) << runtime << code << type << data; };
    row("python number", u"python"_s, "x = 4\nx + 1", u"text/plain"_s, u"5"_s);
    row("python html", u"python"_s, "class H:\n    def _repr_html_(self): return '<b>ü</b>'\nH()", u"text/html"_s,
        u"<b>ü</b>"_s);
    row("python png", u"python"_s, "class P:\n    def _repr_png_(self): return b'\\x89PNG'\nP()", u"image/png"_s,
        u"iVBORw=="_s);
    row("python svg", u"python"_s, "class P:\n    def _repr_svg_(self): return '<svg/>'\nP()", u"image/svg+xml"_s,
        u"<svg/>"_s);
    row("node array", u"node"_s, "[1, 'a']", u"text/plain"_s, u"[ 1, 'a' ]"_s);
    row("node json", u"node"_s, "({ a: [1] })", u"application/json"_s, u"{\"a\":[1]}"_s);
    row("node awaited", u"node"_s, "await Promise.resolve(7)", u"text/plain"_s, u"7"_s);
    row("bun", u"bun"_s, "const a: number = 1; a + 1", u"text/plain"_s, u"2"_s);
    row("deno", u"deno"_s, "const a: number = 1; a + 1", u"text/plain"_s, u"2"_s);
    row("deno html", u"deno"_s, "({ [Symbol.for('Jupyter.display')]: () => ({ 'text/html': '<i>' }) })", u"text/html"_s,
        u"<i>"_s);
}

void tst_session::values()
{
    QFETCH(QString, runtime);
    QFETCH(QByteArray, code);
    QFETCH(QString, type);
    QFETCH(QString, data);
    const RunResult result = run(runtime, code);
    QVERIFY2(result.exitCode == 0, result.stderrText.constData());
    QString found;
    for (const QJsonValue &value : result.results) {
        if (value.toObject().value(u"type"_s) == type)
            found = value.toObject().value(u"data"_s).toString();
    }
    QCOMPARE(found, data);
}

void tst_session::valuesInOrder()
{
    Run *running = start(program(u"python"_s, "print('before')\nclass V:\n    def __repr__(self):\n        "
                                              "print('meanwhile'); return 'v' * 300000\nV()"));
    QByteArray order;
    connect(running, &Run::output, this, [&](OutputStream, const QByteArray &text) { order += text; });
    connect(running, &Run::displayed, this, [&](const QJsonObject &value) {
        order += '<' + QByteArray::number(value.value(u"data"_s).toString().size()) + '>';
    });
    const RunResult result = wait(running);
    QCOMPARE(order, "before\nmeanwhile\n<300000>"_ba);
    QCOMPARE(result.results.size(), 1);
    QCOMPARE(result.results.at(0).toObject().value(u"stdoutAt"_s).toInt(), 17);
    // Far too much is left out, and said to be; the run goes on.
    const RunResult much = run(u"python"_s, "class W:\n    def __repr__(self): return 'v' * (20 << 20)\nW()");
    QCOMPARE(much.exitCode, 0);
    QCOMPARE(much.results.size(), 0);
}

void tst_session::plainPrograms()
{
    (void)run(u"python"_s, "state = 1\nimport subprocess\np = subprocess.Popen(['sleep', '1000'])");
    RunRequest command;
    command.cmd = u"echo $0; ls; exit 5"_s;
    const RunResult done = wait(start(command));
    QCOMPARE(done.exitCode, 5);
    QCOMPARE(done.stdoutText, "isol8\nmain.py\n"_ba);
    QCOMPARE(done.stateKept, std::optional<bool>());
    command.cmd = u"sleep 60"_s;
    command.timeout = milliseconds(300);
    QCOMPARE(toString(wait(start(command)).reason), toString(Reason::Timeout));
    QCOMPARE(run(u"python"_s, "print(state, p.poll())").stdoutText, "1 None\n"_ba);
}

void tst_session::setupAndFiles()
{
    RunRequest request = program(u"python"_s, "print(open('made').read(), open('given').read())");
    request.setupScript = u"echo -n made > made"_s;
    request.files.append({u"/sandbox/given"_s, "given", 0644});
    request.outputPaths = QStringList{u"/sandbox/made"_s};
    const RunResult result = wait(start(request));
    QCOMPARE(result.stdoutText, "made given\n"_ba);
    QCOMPARE(result.files.value(u"/sandbox/made"_s), "made"_ba);
    request.setupScript = u"exit 4"_s;
    const RunResult failed = wait(start(request));
    QCOMPARE(toString(failed.reason), toString(Reason::SetupFailed));
    QCOMPARE(failed.exitCode, 4);
    QCOMPARE(run(u"python"_s, "print(1)").stdoutText, "1\n"_ba);
}

void tst_session::oneAfterTheOther()
{
    QList<Run *> runs;
    for (int i = 0; i < 10; ++i)
        runs.append(
            start(program(u"python"_s, "n = globals().get('n', 0) + 1\nimport time; time.sleep(0.02); print(n)")));
    for (int i = 0; i < 10; ++i)
        QCOMPARE(wait(runs[i]).stdoutText, QByteArray::number(i + 1) + '\n');
    QCOMPARE(sessions().size(), 1);
}

void tst_session::sessionsSideBySide()
{
    (void)wait(start(program(u"python"_s, "x = 'slow'"), u"slow"_s));
    (void)wait(start(program(u"python"_s, "x = 'quick'"), u"quick"_s));
    Run *slow = start(program(u"python"_s, "import time; time.sleep(3); print(x)"), u"slow"_s);
    for (int i = 0; i < 5; ++i)
        QCOMPARE(wait(start(program(u"python"_s, "print(x)"), u"quick"_s)).stdoutText, "quick\n"_ba);
    QVERIFY(!slow->isFinished());
    QCOMPARE(wait(slow).stdoutText, "slow\n"_ba);
}

void tst_session::owners()
{
    (void)wait(start(program(u"python"_s, "x = 1"), u"s"_s, {}, u"one"_s));
    const RunResult other = wait(start(program(u"python"_s, "print('x' in globals())"), u"s"_s, {}, u"two"_s));
    QCOMPARE(other.stdoutText, "False\n"_ba);
    QCOMPARE(sessions(u"one"_s).size(), 1);
    QCOMPARE(sessions(u"three"_s).size(), 0);
}

void tst_session::fixedByTheFirstRun()
{
    RunOptions options;
    options.memoryLimit = 256 * MiB;
    options.network = Network::Filtered;
    options.whitelist = QStringList{u"a.example"_s};
    QCOMPARE(toString(wait(start(program(u"python"_s, "x = 1"), u"s"_s, options)).reason), toString(Reason::Completed));
    QCOMPARE(toString(wait(start(program(u"python"_s, "x"), u"s"_s, options)).reason), toString(Reason::Completed));
    const RunResult open = wait(start(program(u"python"_s, "import os; print(os.environ['http_proxy'])"), u"s"_s, {}));
    QCOMPARE(open.stdoutText, "http://127.0.0.1:8118\n"_ba);
    RunOptions other;
    other.memoryLimit = 512 * MiB;
    RunResult refused = wait(start(program(u"python"_s, "x"), u"s"_s, other));
    QCOMPARE(refused.errorCode, errors::SessionConflict);
    QVERIFY(refused.error.contains(u"memoryLimit"));
    other = {};
    other.network = Network::None;
    QCOMPARE(wait(start(program(u"python"_s, "x"), u"s"_s, other)).errorCode, errors::SessionConflict);
    other = options;
    other.whitelist = QStringList{u"b.example"_s};
    QCOMPARE(wait(start(program(u"python"_s, "x"), u"s"_s, other)).errorCode, errors::SessionConflict);
    QCOMPARE(wait(start(program(u"node"_s, "x"), u"s"_s)).errorCode, errors::SessionConflict);
    QCOMPARE(run(u"python"_s, "print(x)").stdoutText, "1\n"_ba);
}

void tst_session::runtimeOfTheSession()
{
    (void)run(u"node"_s, "var x = 1");
    QCOMPARE(wait(start(program({}, "console.log(x)"))).stdoutText, "1\n"_ba);
}

void tst_session::lost()
{
    const RunResult first = run(u"python"_s, "x = 1");
    QVERIFY(!dockertest::docker({u"kill"_s, first.containerId}).isEmpty());
    QTest::qWait(500);
    const RunResult told = run(u"python"_s, "print(x)");
    QCOMPARE(toString(told.reason), toString(Reason::SessionLost));
    QCOMPARE(told.exitCode, 125);
    QCOMPARE(told.errorCode, errors::SessionLost);
    const RunResult anew = run(u"python"_s, "print('x' in globals())");
    QCOMPARE(anew.stdoutText, "False\n"_ba);
    // In the middle of a run.
    Run *going = start(program(u"python"_s, "import time; print('up', flush=True); time.sleep(60)"));
    bool up = false;
    connect(going, &Run::output, this, [&] { up = true; });
    QTRY_VERIFY_WITH_TIMEOUT(up, 10000);
    QVERIFY(!dockertest::docker({u"kill"_s, anew.containerId}).isEmpty());
    QCOMPARE(toString(wait(going).reason), toString(Reason::SessionLost));
    QCOMPARE(run(u"python"_s, "print(2)").stdoutText, "2\n"_ba);
}

void tst_session::removed()
{
    const RunResult first = run(u"python"_s, "x = 1");
    std::optional<bool> was;
    m_engine->removeSession(u"other"_s, u"s"_s, {this, [&](const Result<bool> &r) { was = r.value_or(false); }});
    QTRY_VERIFY(was);
    QVERIFY(!*was);
    was.reset();
    m_engine->removeSession(u"owner"_s, u"s"_s, {this, [&](const Result<bool> &r) { was = r.value_or(false); }});
    QTRY_VERIFY(was);
    QVERIFY(*was);
    QCOMPARE(sessions().size(), 0);
    QTRY_VERIFY_WITH_TIMEOUT(
        dockertest::containers(u"org.isol8.session"_s, u"s"_s).isEmpty() ||
            !dockertest::containers(u"org.isol8"_s, m_engine->id()).contains(first.containerId.toLatin1()),
        10000);
    QCOMPARE(run(u"python"_s, "print('x' in globals())").stdoutText, "False\n"_ba);
}

void tst_session::removedWhileRunning()
{
    (void)run(u"python"_s, "x = 1");
    Run *going = start(program(u"python"_s, "import time; print('up', flush=True); time.sleep(60)"));
    Run *waiting = start(program(u"python"_s, "print(2)"));
    bool up = false;
    connect(going, &Run::output, this, [&] { up = true; });
    QTRY_VERIFY_WITH_TIMEOUT(up, 10000);
    bool was = false;
    m_engine->removeSession(u"owner"_s, u"s"_s, {this, [&](const Result<bool> &r) { was = r.value_or(false); }});
    QCOMPARE(toString(wait(going).reason), toString(Reason::SessionLost));
    QCOMPARE(toString(wait(waiting).reason), toString(Reason::SessionLost));
    QVERIFY(was);
}

void tst_session::pausedAndWoken()
{
    (void)run(u"python"_s, "import threading, time\nticks = 0\ndef f():\n    global ticks\n    while True: ticks += 1; "
                           "time.sleep(0.01)\nthreading.Thread(target=f, daemon=True).start()");
    Run *going = start(program(u"python"_s, "import time; print('up', flush=True); time.sleep(0.5)"));
    bool up = false;
    connect(going, &Run::output, this, [&] { up = true; });
    QTRY_VERIFY_WITH_TIMEOUT(up, 10000);
    const auto busy = setPaused(true);
    QVERIFY(!busy);
    QCOMPARE(busy.error().code, errors::SessionBusy);
    (void)wait(going);
    QVERIFY(setPaused(true));
    QVERIFY(sessions().at(0).isPaused);
    QTest::qWait(1000);
    const int ticks = run(u"python"_s, "print(ticks)").stdoutText.toInt();
    QVERIFY(!sessions().at(0).isPaused);
    QVERIFY2(ticks > 20 && ticks < 95,
             QByteArray::number(ticks).constData()); // without the second's pause it would be above
    QVERIFY(setPaused(true));
    QVERIFY(setPaused(false));
    QVERIFY(!sessions().at(0).isPaused);
    const auto unknown = [&] {
        std::optional<Result<void>> answer;
        m_engine->setSessionPaused(u"owner"_s, u"t"_s, true, {this, [&](const Result<void> &r) { answer = r; }});
        (void)QTest::qWaitFor([&] { return answer.has_value(); }, 5000);
        return answer->error().code;
    }();
    QCOMPARE(unknown, errors::UnknownSession);
}

void tst_session::idleOnesEnd()
{
    const QString id = m_engine->id();
    m_engine.reset();
    QVERIFY(dockertest::gone(id, 10000));
    Config config;
    config.cleanup.maxContainerAge = milliseconds(1500);
    config.cleanup.pauseAfter = milliseconds(200);
    makeEngine(config);
    (void)run(u"python"_s, "x = 1");
    QTRY_VERIFY_WITH_TIMEOUT(sessions().at(0).isPaused, 5000);
    Run *longer = start(program(u"python"_s, "import time; time.sleep(2.5); print(x)")); // never while it runs
    QCOMPARE(wait(longer).stdoutText, "1\n"_ba);
    QTRY_VERIFY_WITH_TIMEOUT(sessions().isEmpty(), 10000);
    QVERIFY(dockertest::gone(m_engine->id(), 10000));
}

// A driver that a program has taken over can harm its own session only.
void tst_session::hostileDriver_data()
{
    QTest::addColumn<QByteArray>("says");
    QTest::newRow("noise") << "'x' * 100000"_ba;
    QTest::newRow("an end that is none") << "'E 70000\\n'"_ba;
    QTest::newRow("a value without end") << "'D 99999999999999999999 text/plain\\n'"_ba;
    QTest::newRow("a value of no type") << "'D 3 plain\\nabc'"_ba;
    QTest::newRow("ready again") << "'R\\n' * 1000"_ba;
    QTest::newRow("half a value") << "'D 1000 text/plain\\nabc'"_ba;
    QTest::newRow("two ends") << "'E 0\\nE 0\\nE 1\\n'"_ba;
}

void tst_session::hostileDriver()
{
    QFETCH(QByteArray, says);
    (void)run(u"python"_s, "import os");
    const RunResult spoke =
        run(u"python"_s, "os.write(3, (" + says + ").encode())\nimport time; time.sleep(0.3)", 3000);
    QVERIFY2(spoke.reason != Reason::SessionLost, qPrintable(spoke.error)); // init lives
    (void)run(u"python"_s, "print(1)", 3000); // may have to take what was said for its own
    QCOMPARE(run(u"python"_s, "print(2)").stdoutText, "2\n"_ba);
}

void tst_session::noTerminal()
{
    RunOptions options;
    options.pty = true;
    QCOMPARE(wait(start(program(u"python"_s, "1"), u"s"_s, options)).errorCode, errors::BadRequest);
}

void tst_session::names()
{
    for (const QString &bad : {u"../s"_s, u"a b"_s, u".s"_s, QString(65, u'a')})
        QCOMPARE(wait(start(program(u"python"_s, "1"), bad)).errorCode, errors::BadRequest);
    RunOptions options;
    options.mode = RunMode::Persistent;
    const RunResult made = wait(start(program(u"python"_s, "x = 5"), {}, options));
    QVERIFY(!made.sessionId.isEmpty());
    QCOMPARE(wait(start(program(u"python"_s, "print(x)"), made.sessionId)).stdoutText, "5\n"_ba);
    QCOMPARE(sessions().size(), 1);
}

// Without a session, where they are asked for.
void tst_session::valuesOfPlainRuns()
{
    RunOptions options;
    options.results = true;
    const auto once = [&](const QString &runtime, const QByteArray &code) {
        return wait(m_engine->execute(program(runtime, code), options, u"owner"_s));
    };
    for (const auto &[runtime, code] :
         {std::pair{u"python"_s, "print('p')\n6 * 7"_ba}, std::pair{u"node"_s, "console.log('p')\n6 * 7"_ba}}) {
        const RunResult result = once(runtime, code);
        QCOMPARE(result.stdoutText, "p\n"_ba);
        QCOMPARE(result.results.at(0).toObject().value(u"data"_s).toString(), u"42"_s);
        QCOMPARE(result.stateKept, std::optional<bool>());
        QVERIFY(result.sessionId.isEmpty());
    }
    QCOMPARE(once(u"python"_s, "import sys; sys.exit(3)").exitCode, 3);
    QCOMPARE(sessions().size(), 0);
    options.results = false;
    QCOMPARE(once(u"python"_s, "6 * 7").results.size(), 0);
}

QTEST_MAIN(tst_session)
#include "tst_session.moc"
