// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker; execution
// The interpreters of sessions: what holds from one program to the next, in each language. One session of each, shared.
#include "support/Sessions.h"

#include <QJsonDocument>
#include <QScopeGuard>

using namespace isol8;
using namespace Qt::StringLiterals;

class tst_sessiondrivers : public SessionTest
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { m = std::make_unique<Sessions>(); }
    void cleanupTestCase() { QVERIFY2(m->end(), "a container was left behind"); }

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
    void countsPerRun();
    void environmentAndFolder_data();
    void environmentAndFolder();
    void secretsEndWithTheScript();
    void values_data();
    void values();
    void valuesInOrder();
    void manyLargeValues();
    void valuesHideSecrets();
    void valuesOfPlainRuns();
    void hostileDriver_data();
    void hostileDriver();
    void forgedEnd();
    void halfAValue();
    void setUpOnce();
};

void tst_sessiondrivers::stateHolds_data()
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
                          << "echo $x \"${a[1]}\" ${m[k]} $(f 1) $PWD; printenv E; cd /sandbox"_ba
                          << "42 b c v f1 /tmp\ne\n"_ba;
}

void tst_sessiondrivers::stateHolds()
{
    QFETCH(QString, runtime);
    QFETCH(QByteArray, first);
    QFETCH(QByteArray, second);
    QFETCH(QByteArray, output);
    const RunResult made = run(runtime, first);
    QVERIFY2(made.exitCode == 0, made.stderrText.constData());
    QCOMPARE(toString(made.reason), toString(Reason::Completed));
    QCOMPARE(made.sessionId, runtime);
    QCOMPARE(made.stateKept, std::optional(true));
    QVERIFY(made.stateFresh);
    const RunResult used = run(runtime, second);
    QVERIFY2(used.exitCode == 0, used.stderrText.constData());
    QCOMPARE(used.stdoutText, output);
    QCOMPARE(used.stateKept, std::optional(true));
    QVERIFY(!used.stateFresh);
    QCOMPARE(used.containerId, made.containerId);
}

void tst_sessiondrivers::topLevelAwait_data()
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

void tst_sessiondrivers::topLevelAwait()
{
    QFETCH(QString, runtime);
    QFETCH(QByteArray, first);
    QFETCH(QByteArray, second);
    const RunResult awaited = run(runtime, first);
    QVERIFY2(awaited.exitCode == 0, awaited.stderrText.constData());
    QCOMPARE(run(runtime, second).stdoutText, "w\n"_ba);
}

void tst_sessiondrivers::endsTheRunOnly_data()
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

void tst_sessiondrivers::endsTheRunOnly()
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
    const RunResult after = run(runtime, isScript   ? "set +e; echo $state"
                                         : isPython ? "print(state)"
                                                    : "console.log(state)");
    QCOMPARE(after.stdoutText, "kept\n"_ba);
    QCOMPARE(after.stderrText, ""_ba);
}

void tst_sessiondrivers::interpreterThatDies_data()
{
    QTest::addColumn<QString>("runtime");
    QTest::addColumn<QByteArray>("code");
    QTest::addColumn<Reason>("reason");
    QTest::addColumn<int>("exitCode");
    QTest::newRow("os._exit") << u"python"_s << "import os; os._exit(7)"_ba << Reason::Completed << 7;
    QTest::newRow("killed") << u"python"_s << "import os; os.kill(os.getpid(), 9)"_ba << Reason::Killed << 137;
    QTest::newRow("closed its way to init")
        << u"python"_s << "import os, time; os.closerange(3, 1000); time.sleep(30)"_ba << Reason::Killed << 137;
    QTest::newRow("exec") << u"bash"_s << "exec true"_ba << Reason::Completed << 0;
    QTest::newRow("memory") << u"python"_s << "x = bytearray(2 << 30)\nfor i in range(0, len(x), 4096): x[i] = 1"_ba
                            << Reason::Oom << 137;
    QTest::newRow("abort") << u"node"_s << "process.abort()"_ba << Reason::Killed << 134;
}

void tst_sessiondrivers::interpreterThatDies()
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
    QVERIFY2(died.error.contains(u"its names are not"), qPrintable(died.error));
    QCOMPARE(died.error.contains(u"disturbed"), code.contains("closerange"));
    RunRequest second =
        program(runtime, runtime == u"bash"     ? "echo ${state-fresh}; cat kept"_ba
                         : runtime == u"python" ? "print(globals().get('state', 'fresh'), open('kept').read())"_ba
                                                : "console.log(typeof state)"_ba);
    const RunResult after = wait(start(second));
    QVERIFY2(after.stdoutText.startsWith("fresh") || after.stdoutText == "undefined\n", after.stdoutText.constData());
    QVERIFY(after.stateFresh);
    QCOMPARE(after.containerId, died.containerId);
}

void tst_sessiondrivers::timeout_data()
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
    QTest::newRow("node loops") << u"node"_s << "for (;;);"_ba << true;
    QTest::newRow("deno loops") << u"deno"_s << "for (;;);"_ba << false;
    QTest::newRow("bun waits") << u"bun"_s << "await new Promise(r => setTimeout(r, 30000))"_ba << true;
    QTest::newRow("bash sleeps") << u"bash"_s << "sleep 30"_ba << true;
    QTest::newRow("bash loops") << u"bash"_s << "while :; do :; done"_ba << true;
}

void tst_sessiondrivers::timeout()
{
    QFETCH(QString, runtime);
    QFETCH(QByteArray, code);
    QFETCH(bool, kept);
    (void)run(runtime, runtime == u"bash" ? "state=1" : "state = 1");
    const RunResult late = run(runtime, code, 1000);
    QCOMPARE(toString(late.reason), toString(Reason::Timeout));
    QCOMPARE(late.exitCode, 124);
    QCOMPARE(late.stateKept, std::optional(kept));
    QCOMPARE(late.error.contains(u"its names are not"), !kept);
    QVERIFY2(late.error.contains(kept ? u"and was interrupted;"_s : u"and was killed;"_s), qPrintable(late.error));
    const RunResult after = run(runtime, runtime == u"bash"     ? "echo $state"
                                         : runtime == u"python" ? "print(state)"
                                                                : "console.log(state)");
    QVERIFY2(after.stdoutText == (kept ? "1\n"_ba : ""_ba), after.stderrText.constData());
}

void tst_sessiondrivers::countsPerRun()
{
    RunRequest request = program(u"python"_s, "import sys\nprint(sys.stdin.read(), sys.argv[1:])\nprint('x' * 100)");
    request.stdinData = "first";
    request.args = QStringList{u"a"_s};
    RunOptions options;
    options.maxOutputSize = 50;
    const RunResult first = wait(start(request, options));
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

void tst_sessiondrivers::environmentAndFolder_data()
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

void tst_sessiondrivers::environmentAndFolder()
{
    QFETCH(QString, runtime);
    QFETCH(QByteArray, code);
    RunRequest request = program(runtime, code);
    request.env.insert(u"V"_s, u"value"_s);
    request.workdir = u"/tmp/work"_s;
    RunOptions options;
    options.secrets.insert(u"K"_s, u"hidden-key"_s);
    QCOMPARE(wait(start(request, options)).stdoutText, "value *** /tmp/work\n"_ba);
    const QByteArray none = runtime == u"python" || runtime == u"bash" ? "None None" : "undefined undefined";
    QCOMPARE(run(runtime, code).stdoutText, none + " /sandbox\n");
}

// However it ends: a bash that leaves by exit writes its state down, and those are no part of it.
void tst_sessiondrivers::secretsEndWithTheScript()
{
    for (const QByteArray &end : {"exit 0"_ba, "true"_ba, "set -e; false"_ba, "readonly KEY GIVEN"_ba,
                                  "readonly KEY; exit 0"_ba, "f() { local KEY=5 GIVEN; exit; }; f"_ba}) {
        RunRequest request = program(u"bash"_s, "kept=1; " + end);
        request.env.insert(u"GIVEN"_s, u"given"_s);
        RunOptions options;
        options.secrets.insert(u"KEY"_s, u"very-secret"_s);
        (void)wait(m->start(request, u"secrets"_s, options));
        const RunResult after = m->run(u"secrets"_s, u"bash"_s, "echo $kept [$GIVEN] [${#KEY}]; ls -A /tmp; set +e");
        QCOMPARE(after.stdoutText, "1 [] [0]\n"_ba);
    }
}

void tst_sessiondrivers::values_data()
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
    row("python, where another fails", u"python"_s,
        "class P:\n    def _repr_html_(self): raise ValueError('no')\n    def _repr_svg_(self): return '<svg/>'\nP()",
        u"image/svg+xml"_s, u"<svg/>"_s);
    row("python, where all is something", u"python"_s,
        "from unittest.mock import Mock\nclass M(Mock):\n    def __repr__(self): return 'all'\nM()", u"text/plain"_s,
        u"all"_s);
    row("python, a type that is none", u"python"_s,
        "class P:\n    def _repr_mimebundle_(self, **_): return {'text/html\\nE 0 0': 1, 'text/html': '<p>'}\nP()",
        u"text/html"_s, u"<p>"_s);
    row("node, where another fails", u"node"_s,
        "({ _repr_html_() { throw new Error('no') }, _repr_svg_() { return '<svg/>' } })", u"image/svg+xml"_s,
        u"<svg/>"_s);
    row("node array", u"node"_s, "[1, 'a']", u"text/plain"_s, u"[ 1, 'a' ]"_s);
    row("node json", u"node"_s, "({ a: [1] })", u"application/json"_s, u"{\"a\":[1]}"_s);
    row("node awaited", u"node"_s, "await Promise.resolve(7)", u"text/plain"_s, u"7"_s);
    row("bun", u"bun"_s, "const a: number = 1; a + 1", u"text/plain"_s, u"2"_s);
    row("deno", u"deno"_s, "const a: number = 1; a + 1", u"text/plain"_s, u"2"_s);
    row("deno html", u"deno"_s, "({ [Symbol.for('Jupyter.display')]: () => ({ 'text/html': '<i>' }) })", u"text/html"_s,
        u"<i>"_s);
}

void tst_sessiondrivers::values()
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

void tst_sessiondrivers::valuesInOrder()
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
    for (const QByteArray &size : {"9"_ba, "40"_ba}) {
        const RunResult much =
            run(u"python"_s, "class W:\n    def __repr__(self): return 'v' * (" + size + " << 20)\nW()");
        QCOMPARE(much.exitCode, 0);
        QVERIFY(much.truncated);
        QCOMPARE(much.results.size(), 1);
        const QString told = much.results.at(0).toObject().value(u"data"_s).toString();
        QVERIFY2(told.contains(u"text/plain was left out: it has more than 8"), qPrintable(told));
    }
}

// Each is more than the stream holds. With a pause between two of them this would take far longer than it may.
void tst_sessiondrivers::manyLargeValues()
{
    const RunResult result =
        run(u"python"_s, "class V:\n    def _repr_mimebundle_(self, **_):\n"
                         "        return {f'application/x-{i}': bytes([i]) * 300000 for i in range(90)}\nV()");
    QCOMPARE(toString(result.reason), toString(Reason::Completed));
    QCOMPARE(result.results.size(), 91);
    for (int i = 0; i < 90; ++i) {
        const QByteArray data = result.results.at(i).toObject().value(u"data"_s).toString().toLatin1();
        QCOMPARE(QByteArray::fromBase64(data), QByteArray(300000, char(i)));
    }
}

// A driver that a program has taken over can harm its own session only.
void tst_sessiondrivers::hostileDriver_data()
{
    QTest::addColumn<QByteArray>("says");
    QTest::addColumn<bool>("breaks");
    QTest::newRow("noise") << "'x' * 100000"_ba << true;
    QTest::newRow("an end that is none") << "'E word 70000\\n'"_ba << true;
    QTest::newRow("an end of no run") << "'E 0\\n'"_ba << true;
    QTest::newRow("an end of another run") << "'E 00000000000000000000000000000000 0\\n' * 3"_ba << false;
    QTest::newRow("a value without end") << "'D 99999999999999999999 text/plain\\n'"_ba << true;
    QTest::newRow("a value of no type") << "'D 3 plain\\nabc'"_ba << true;
    QTest::newRow("ready again") << "'R\\n' * 1000"_ba << false;
}

void tst_sessiondrivers::hostileDriver()
{
    QFETCH(QByteArray, says);
    QFETCH(bool, breaks);
    (void)run(u"python"_s, "import os, time");
    const RunResult spoke = run(u"python"_s, "os.write(200, (" + says + ").encode())\nfor i in range(600 if " +
                                                 (breaks ? "1" : "0") + " else 2): time.sleep(0.1)\nprint('through')");
    QCOMPARE(spoke.stdoutText, breaks ? ""_ba : "through\n"_ba);
    QCOMPARE(toString(spoke.reason), toString(breaks ? Reason::Killed : Reason::Completed));
    QCOMPARE(spoke.stateKept, std::optional(!breaks));
    QCOMPARE(spoke.error.contains(u"closed or disturbed"), breaks);
    QCOMPARE(run(u"python"_s, "print(2)").stdoutText, "2\n"_ba);
}

// It knows the run's own word, too: its run ends early, and the next has its own end.
void tst_sessiondrivers::forgedEnd()
{
    const RunResult forged = run(u"python"_s, "import sys, time\nf = sys._getframe()\n"
                                              "while 'nonce' not in f.f_locals: f = f.f_back\n"
                                              "f.f_locals['channel'].sendall(b'E %s 7\\n' % f.f_locals['nonce'])\n"
                                              "time.sleep(0.5)");
    QCOMPARE(forged.exitCode, 7);
    QCOMPARE(toString(forged.reason), toString(Reason::Completed));
    const RunResult next = run(u"python"_s, "print('next'); raise SystemExit(3)");
    QCOMPARE(next.stdoutText, "next\n"_ba);
    QCOMPARE(next.exitCode, 3);
    // It goes on for good: the next run does not wait for it.
    (void)run(u"python"_s, "import sys, time\nf = sys._getframe()\n"
                           "while 'nonce' not in f.f_locals: f = f.f_back\n"
                           "f.f_locals['channel'].sendall(b'E %s 0\\n' % f.f_locals['nonce'])\n"
                           "while True: time.sleep(1000)");
    const RunResult replaced = run(u"python"_s, "print('next')");
    QCOMPARE(replaced.stdoutText, "next\n"_ba);
    QCOMPARE(toString(replaced.reason), toString(Reason::Completed));
    QVERIFY(replaced.stateFresh);
    QVERIFY2(replaced.error.contains(u"ran in a new one"), qPrintable(replaced.error));
}

// Half of a value that never comes: the run ends by its timeout.
void tst_sessiondrivers::halfAValue()
{
    (void)run(u"python"_s, "import os");
    const RunResult spoke = run(u"python"_s, "os.write(200, b'D 1000 text/plain\\nabc')", 1000);
    QCOMPARE(toString(spoke.reason), toString(Reason::Timeout));
    QCOMPARE(run(u"python"_s, "print(2)").stdoutText, "2\n"_ba);
}

// Without a session, where they are asked for.
void tst_sessiondrivers::valuesOfPlainRuns()
{
    RunOptions options;
    options.results = true;
    const auto once = [&](const QString &runtime, const QByteArray &code) {
        return wait(m->engine()->execute(program(runtime, code), options, u"owner"_s));
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
    options.results = false;
    QCOMPARE(once(u"python"_s, "6 * 7").results.size(), 0);
}

// A type that nobody knows is no way round the masking.
void tst_sessiondrivers::valuesHideSecrets()
{
    RunOptions options;
    options.secrets.insert(u"KEY"_s, u"very-secret"_s);
    const RunResult result =
        wait(start(program(u"python"_s, "import os\nk = os.environ['KEY']\nclass V:\n"
                                        "    def _repr_mimebundle_(self, **_):\n"
                                        "        return {'TEXT/HTML': k, 'application/x-own': k, 'application/json': "
                                        "{'a': k}, 'application/' + k: '1', 'text/plain': k}\n"
                                        "V()"),
                   options));
    QCOMPARE(result.results.size(), 5);
    const QByteArray all = QJsonDocument(result.results).toJson();
    QVERIFY2(!all.contains("very-secret") && !all.contains(QByteArray("very-secret").toBase64()), all.constData());
    // In a picture it cannot be replaced.
    const RunResult picture =
        wait(start(program(u"python"_s, "import os\nk = os.environ['KEY'].encode()\nclass V:\n"
                                        "    def _repr_png_(self): return b'\\x89PNG tEXt' + k + b'IEND'\nV()"),
                   options));
    QCOMPARE(picture.results.size(), 2);
    const QString told = picture.results.at(0).toObject().value(u"data"_s).toString();
    QVERIFY2(told.contains(u"image/png was left out: it holds a secret"), qPrintable(told));
}

// An image's setup script is the sandbox's, the request's each run's.
void tst_sessiondrivers::setUpOnce()
{
    const QByteArray container = dockertest::docker({u"create"_s, u"isol8:bash"_s, u"true"_s});
    const QByteArray script = QByteArray("echo image >> /sandbox/log; [ ! -e /sandbox/fails ]").toBase64();
    const QString image = u"isol8-test-live:once"_s;
    QVERIFY(!dockertest::docker({u"commit"_s, u"-c"_s, u"LABEL org.isol8.setup="_s + QString::fromLatin1(script),
                                 u"-c"_s, u"LABEL org.isol8.dependencies=[]"_s, QString::fromLatin1(container), image})
                 .isEmpty());
    (void)dockertest::docker({u"rm"_s, QString::fromLatin1(container)});
    const auto remove = qScopeGuard([&] { (void)dockertest::docker({u"rmi"_s, image}); });
    RunOptions options;
    options.image = image;
    RunRequest request = program(u"bash"_s, "cat log");
    request.setupScript = u"echo request >> /sandbox/log"_s;
    request.files.append({u"/sandbox/fails"_s, {}, 0644});
    const auto runIn = [&] { return wait(m->start(request, u"once"_s, options)); };
    QCOMPARE(toString(runIn().reason), toString(Reason::SetupFailed)); // which was not it
    request.files.clear();
    RunRequest mend;
    mend.cmd = u"true"_s;
    QCOMPARE(toString(wait(m->start(mend, u"once"_s, options)).reason), toString(Reason::SetupFailed));
    (void)m->ask<void>([&](auto done) { m->engine()->removeFile(u"owner"_s, u"once"_s, u"fails"_s, done); });
    QCOMPARE(runIn().stdoutText, "image\nimage\nimage\nrequest\n"_ba);
    QCOMPARE(runIn().stdoutText, "image\nimage\nimage\nrequest\nrequest\n"_ba);
    QVERIFY(m->remove(u"once"_s)); // so that the image can go, too
    QTRY_VERIFY_WITH_TIMEOUT(dockertest::containers(u"org.isol8.session"_s, u"once"_s).isEmpty(), 30000);
}

QTEST_MAIN(tst_sessiondrivers)
#include "tst_sessiondrivers.moc"
