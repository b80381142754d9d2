// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker; execution
// What programs in sessions do that their interpreters must take well, in each language. One session of each, shared.
#include "support/Sessions.h"

#include <QFile>

using namespace isol8;
using namespace Qt::StringLiterals;

class tst_sessionprograms : public SessionTest
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { m = std::make_unique<Sessions>(); }
    void cleanupTestCase() { QVERIFY2(m->end(), "a container was left behind"); }

    void programs_data();
    void programs();
    void modulesAsScripts();
    void unreadInput();
};

// One after the other in the runtime's session; what the last one writes.
void tst_sessionprograms::programs_data()
{
    QTest::addColumn<QString>("runtime");
    QTest::addColumn<QByteArrayList>("programs");
    QTest::addColumn<int>("exitCode");
    QTest::addColumn<QByteArray>("output");
    QTest::addColumn<QByteArray>("says"); // on stderr
    const auto row = [](const char *name, const QString &runtime, const QByteArrayList &programs,
                        const QByteArray &output, int exitCode = 0, const QByteArray &says = {}) {
        QTest::newRow(name) << runtime << programs << exitCode << output << says;
    };
    const auto python = [&](const char *name, const QByteArrayList &programs, const QByteArray &output,
                            int exitCode = 0,
                            const QByteArray &says = {}) { row(name, u"python"_s, programs, output, exitCode, says); };
    python("python: a task of the program's own, awaited last",
           {"import asyncio\nasync def f(): print('ran'); return 5\nt = asyncio.create_task(f())\nawait t"}, "ran\n");
    python("python: context variables hold",
           {"import asyncio, contextvars\nv = contextvars.ContextVar('v'); v.set(4)\nawait asyncio.sleep(0)",
            "print(v.get())"},
           "4\n");
    python("python: where an awaited program failed", {"async def g(): raise ValueError('bad')\nawait g()"}, "", 1,
           "Traceback (most recent call last):\n  File \"/sandbox/main.py");
    python("python: closed sys.stdout", {"import sys\nsys.stdout.close()", "print('again')"}, "again\n");
    python("python: closed descriptor", {"import os\nos.close(1)", "print('again')"}, "again\n");
    python("python: descriptor led elsewhere",
           {"import os\nos.dup2(os.open('/dev/null', os.O_WRONLY), 1)", "print('again')"}, "again\n");
    python("python: an error with stderr closed", {"import sys\nsys.stderr.close()\n1/0"}, "", 1, "ZeroDivisionError");
    python("python: a handler of SIGINT",
           {"import signal\ndef h(*_): print('mine')\nold = signal.signal(2, h)",
            "import os, time\nos.kill(os.getpid(), 2)\ntime.sleep(0.01)\nprint('on')\nh = signal.signal(2, old)"},
           "mine\non\n");

    const auto bash = [&](const char *name, const QByteArrayList &programs, const QByteArray &output, int exitCode = 0,
                          const QByteArray &says = {}) { row(name, u"bash"_s, programs, output, exitCode, says); };
    bash("bash: one trap for several", {"state=1; trap 'echo bye $?' EXIT INT TERM; exit 3"}, "bye 3\n", 3);
    bash("bash: which then are listed, and end",
         {"trap -p; trap - INT TERM; trap -p; echo $state; exit", "trap -p; echo none"}, "none\n");
    bash("bash: a trap for ERR", {"trap 'echo err $?' ERR", "false; trap - ERR; false; trap -p"}, "err 1\n");
    bash("bash: a trap for DEBUG sees only the script", {"trap 'echo dbg $BASH_COMMAND' DEBUG; echo one", "echo two"},
         "two\n");
    bash("bash: a trap for RETURN", {"trap 'echo returned' RETURN; echo one"}, "one\n");
    bash("bash: an EXIT trap that exits", {"trap 'exit 9' EXIT; state=2; exit 3"}, "", 9);
    bash("bash: an EXIT trap that ends jobs", {"trap 'kill $(jobs -p)' EXIT; sleep 1000 & exit 4"}, "", 4);
    bash("bash: children that are killed as they begin",
         {"for i in {1..60}; do sleep 1000 & kill $!; done; wait; state=3; exit 5", "echo $state"}, "3\n");
    bash("bash: a trap in a subshell", {"(trap 'echo sub' EXIT; echo in); echo $state"}, "in\nsub\n2\n");
    bash("bash: a handler of SIGINT", {"trap 'echo mine' INT; exit", "kill -INT $$; echo on; trap - INT"},
         "mine\non\n");
    bash("bash: values that look like names of its own",
         {"a=' BASH'; b=' isol8_ FUNCNAME'; BASHRC=7; isol8_mine=4; m=$'two\\nlines'; exit",
          "echo \"[$a][$b][$BASHRC][$isol8_mine][$m]\""},
         "[ BASH][ isol8_ FUNCNAME][7][4][two\nlines]\n");
    bash("bash: no variables of a function",
         {"g=global; f() { local lo=1 g=2; e; }; e() { local lo=5; h=set; exit; }; f",
          "echo \"[${lo-none}][$g][$h]\"; declare -p g"},
         "[none][global][set]\ndeclare -- g=\"global\"\n");
    bash("bash: positional parameters", {"set -- one two", "echo $#"}, "0\n");
    bash("bash: descriptor 3", {"exec 3> /tmp/three; echo x >&3; exec 3>&-; cat /tmp/three"}, "x\n");
    bash("bash: output led elsewhere", {"exec > /dev/null", "echo again"}, "again\n");
    bash("bash: options and an exported function",
         {"shopt -s extglob; f2() { [[ $1 == @(a|b) ]] && echo yes; }; export -f f2; set -u -o pipefail; exit",
          "f2 a; bash -c 'f2 b'; [[ $- == *u* ]] && shopt -oq pipefail && echo both; set +u +o pipefail"},
         "yes\nyes\nboth\n");
    bash("bash: without a PATH", {"OLD=$PATH; PATH=/nowhere; exit", "PATH=$OLD; echo here"}, "here\n");

    for (const QString &runtime : {u"node"_s, u"bun"_s, u"deno"_s}) {
        const auto script = [&](const QByteArray &name, const QByteArrayList &programs, const QByteArray &output,
                                int exitCode = 0, const QByteArray &says = {}) {
            row(QByteArray(runtime.toLatin1() + ": " + name).constData(), runtime, programs, output, exitCode, says);
        };
        script("imports on one line",
               {"import { join } from 'node:path'; import * as os from 'node:os'; console.log(join('a', 'b'), typeof "
                "os.cpus)"},
               "a/b function\n");
        script("names that are strings",
               {"import { \"join\" as put, default as all } from 'node:path'; export { put as \"a b\" }; "
                "console.log(put('x', 'y'), all.sep)"},
               "x/y /\n");
        script("exports from elsewhere",
               {"export * from 'node:path'; export * as ns from 'node:os'; export { join } from 'node:path'\nexport "
                "const z = 5; console.log(z)",
                "console.log(z)"},
               "5\n");
        script("default exports",
               {"export default class {}\nexport default class Named { a = 1 }\nexport default function () {}\n"
                "export default async function f() { return 8 }\nconsole.log(new Named().a, await f())",
                "export default { a: 1 }\nconsole.log(typeof f)"},
               "function\n");
        script("a regular expression behind a bracket",
               {"let s = 'x'; if (s) /export const y = `'/.test(s); let d = (4) / 2 / 1; console.log(`${ `import a "
                "from 'b'` } ${ d / 2 }`)"},
               "import a from 'b' 1\n");
        script("an import below its use", {"console.log(late('p', 'q'))\nimport { join as late } from 'node:path'"},
               "p/q\n");
        script(
            "no imports",
            {"const o = { import(x) { return x }, export: 3 }; class K { import() { return 9 } static export() {} }\n"
             "console.log(o.export, new K().import(), (await import('node:path')).sep)"},
            "3 9 /\n");
        script("its own folder's names", {"const o = { __dirname }; console.log(o.__dirname, __filename.slice(0, 14))"},
               "/sandbox /sandbox/main.\n");
        script("an error with a cause",
               {"function thrower() { throw new Error('outer', { cause: new Error('inner') }) }\nthrower()"}, "", 1,
               "[cause]: Error: inner");
        script(
            "a handler of SIGINT",
            {"process.on('SIGINT', () => console.log('mine')); 0",
             "setTimeout(() => process.kill(process.pid, 'SIGINT'), 1)\n"
             "await new Promise(r => setTimeout(r, 300)); console.log('on'); process.removeAllListeners('SIGINT'); 0"},
            "mine\non\n");
    }
    row("node: a name that a module has not", u"node"_s, {"import { nothing } from 'node:path'"}, "", 1,
        "does not provide an export named 'nothing'");
    row("node: the stack that a program sees", u"node"_s,
        {"try { null.x } catch (e) { console.log(e.stack.split('\\n').slice(1).join('|').trim()) }"},
        "at /sandbox/main.js:1:12\n");
    row("node: a module that is not there", u"node"_s, {"import './nothere.js'"}, "", 1,
        "'/sandbox/nothere.js' imported from /sandbox/main.js");
    row("node: a handler of errors", u"node"_s,
        {"process.on('uncaughtException', e => console.log(e.message)); setTimeout(() => { throw new Error('t') }, 1)\n"
         "await new Promise(r => setTimeout(r, 200)); process.removeAllListeners('uncaughtException'); 0"},
        "t\n");
    row("deno: types", u"deno"_s,
        {"import type { X } from './none.ts'; import { type Y, sep as s2 } from 'node:path'\n"
         "let q: import('node:path').ParsedPath | null = null; export enum F { B = 2 } export interface I { a: number "
         "}\n"
         "export type T = I; export default interface Z {}\nconsole.log(s2, q, F.B)"},
        "/ null 2\n");
    row("bun: types", u"bun"_s,
        {"import type { X } from './none.ts'; import { type Y, sep as s2 } from 'node:path'\n"
         "let q: import('node:path').ParsedPath | null = null; export enum F { B = 2 } export interface I { a: number "
         "}\n"
         "export type T = I; export default interface Z {}\nconsole.log(s2, q, F.B)"},
        "/ null 2\n");
}

void tst_sessionprograms::programs()
{
    QFETCH(QString, runtime);
    QFETCH(QByteArrayList, programs);
    QFETCH(int, exitCode);
    QFETCH(QByteArray, output);
    QFETCH(QByteArray, says);
    RunResult result;
    for (const QByteArray &code : programs) {
        result = run(runtime, code);
        QVERIFY2(result.stateKept == true, qPrintable(result.error));
    }
    QVERIFY2(result.exitCode == exitCode, result.stderrText.constData());
    QCOMPARE(result.stdoutText, output);
    QVERIFY2(result.stderrText.contains(says), result.stderrText.constData());
    for (const char *ours : {".isol8", "asyncio/base_events", "node:inspector", "node:internal"})
        QVERIFY2(!result.stderrText.contains(ours), result.stderrText.constData());
}

// What the image's npm has in hundreds of files: no script is changed, every module becomes a script.
void tst_sessionprograms::modulesAsScripts()
{
    QFile file(QStringLiteral(ISOL8_SOURCE_DIR "/tests/engine/guest/modules.mjs"));
    QVERIFY(file.open(QIODevice::ReadOnly));
    const RunResult result = run(u"node"_s, file.readAll(), 300000);
    QVERIFY2(result.exitCode == 0, result.stderrText.constData());
    QVERIFY2(result.stdoutText.endsWith("0 are wrong\n"), result.stdoutText.constData());
}

// What a program does not read is no later one's, however much it is; many at once wait for each other.
void tst_sessionprograms::unreadInput()
{
    for (const QString &runtime : {u"python"_s, u"node"_s, u"bun"_s, u"deno"_s, u"bash"_s}) {
        const bool isScript = runtime == u"bash";
        const QByteArray print = isScript ? "echo" : runtime == u"python" ? "print" : "console.log";
        RunRequest unread = program(runtime, isScript ? "echo 1"_ba : QByteArray(print + "(1)"));
        unread.stdinData = QByteArray(4 * 1024 * 1024, 'z');
        QList<Run *> runs;
        for (int i = 0; i < 3; ++i)
            runs.append(start(unread));
        for (Run *run : runs)
            QCOMPARE(wait(run).stdoutText, "1\n"_ba);
        RunRequest reads = program(runtime, isScript ? "cat; echo"
                                            : runtime == u"python"
                                                ? "import sys; print(sys.stdin.read())"
                                                : "import fs from 'node:fs'; console.log(fs.readFileSync(0, 'utf8'))");
        reads.stdinData = "mine";
        QCOMPARE(wait(start(reads)).stdoutText, "mine\n"_ba);
    }
}

QTEST_MAIN(tst_sessionprograms)
#include "tst_sessionprograms.moc"
