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
    void besideTheProgram_data();
    void besideTheProgram();
    void modulesAsScripts();
    void unreadInput();
    void goneFolder_data();
    void goneFolder();
    void cutOutput();
    void interpreterOfNoUse_data();
    void interpreterOfNoUse();
    void interpreterThatStopped();
    void handlerThatFailsLate();
    void processesLeft();
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
    python("python: detached sys.stdout", {"sys.stdout.detach()", "print('again')"}, "again\n");
    python("python: functions that watch calls",
           {"import sys\nsys.setrecursionlimit(30)\nsys.settrace(lambda *_: 1 / 0)",
            "print(sys.gettrace(), sys.getrecursionlimit())"},
           "None 1000\n");
    python("python: builtins that are gone",
           {"import builtins\nreal = dict(vars(builtins))\nbuiltins.exec = builtins.eval = builtins.open = None",
            "await __import__('asyncio').sleep(0)\nprint('on')\nvars(builtins).update(real)"},
           "on\n");
    python("python: no globals", {"globals().clear()", "print(__name__, len.__name__)"}, "__main__ len\n");
    python("python: an exit code that cannot be had",
           {"class E(SystemExit):\n    code = property(lambda self: 1 / 0)\nraise E"}, "", 1, "cannot be shown");
    python("python: a value that has no text", {"class V:\n    def __repr__(self): raise KeyError('no text')\nV()"}, "",
           0, "KeyError: 'no text'");
    python("python: the source of a function of an earlier program",
           {"def mine():\n    return 1", "pass", "import inspect\nprint(inspect.getsource(mine), end='')"},
           "def mine():\n    return 1\n");
    python("python: where a last line without its end is wrong", {"d = {}\nd['a']['b']"}, "", 1,
           "    d['a']['b']\n    ~^^^^^\nKeyError");
    python("python: a task that is not awaited",
           {"import asyncio\nasync def f(): print('ran')\nt = asyncio.create_task(f())", "await t; t = None"}, "");
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
         {"for i in {1..15}; do sleep 1000 & kill $!; wait; done; ended=3; exit 5", "echo $ended"}, "3\n");
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
    bash("bash: what a trace shows", {"set -x; exit 0", "trap 'echo bye' EXIT; exit 0", "echo c; set +x"}, "c\n", 0,
         "++ echo c\n");
    bash("bash: a trap for DEBUG at an exit", {"trap 'echo dbg $BASH_COMMAND' DEBUG; exit 0"}, "dbg exit 0\n");
    bash("bash: commands that are hidden", {"builtin() { :; }; unset() { :; }; enable -n printf read exec", "echo on"},
         "on\n");
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
        script("where an error is",
               {"let bad = 'is bad'\nfunction f(a) {\n  // a comment\n\n  throw new Error('It ' + a)\n}\n\nf(bad)"}, "",
               1, ":5\n  throw new Error('It ' + a)\n");
        script("output that was ended",
               {"process.stdout.end(); 0", "console.log('on'); process.stdout.write('and\\n')"}, "on\nand\n");
        script("output that is gathered",
               {"globalThis.got = ''; process.stdout.write = text => { got += text; return true }\n"
                "process.stdout.write('x'); 0",
                "delete process.stdout.write; console.log(got)"},
               "x\n");
        script("globals that are gone",
               {"var gone = [Promise, Map, JSON, Buffer, Object]\nglobalThis.Promise = globalThis.Map = "
                "globalThis.JSON = globalThis.Buffer = globalThis.Object = null",
                "[globalThis.Promise, globalThis.Map, globalThis.JSON, globalThis.Buffer, globalThis.Object] = gone\n"
                "console.log('on'); ({ a: 1 })"},
               "on\n");
        script("a rejection that nobody takes", {"Promise.reject(new Error('nobody')); 0"}, "", 1, "Error: nobody");
        script("a value that has everything", {"new Proxy({ a: 1 }, { get: () => () => console.log('asked') })"}, "");
        script("what cannot be looked at", {"throw new Proxy({}, { get() { throw 1 }, getPrototypeOf() { throw 2 } })"},
               "", 1, "Uncaught");
        script("stacks that cannot be had",
               {"Error.prepareStackTrace = () => { throw 1 }; null.x",
                "delete Error.prepareStackTrace; console.log('on')"},
               "on\n");
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
    row("bun: where an error is, with types", u"bun"_s,
        {"interface I { a: number; b?: string }\nenum E { A = 7, B }\nconst enum C { Z = 1 }\n\nclass K<T extends I> "
         "{\n"
         "  #p: number = 1\n  m(a: T): T {\n    if (!a) throw new Error('none')\n    return a\n  }\n}\n"
         "const { q, ...rest }: any = { q: 1, z: `a${E.A}b` }\nnew K<I>().m(undefined as any)"},
        "", 1, "/sandbox/main.ts:8\n    if (!a) throw new Error('none')\n");
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
        for (const char *ours : {".isol8", "isol8_", "asyncio/base_events", "node:inspector", "node:internal"})
            QVERIFY2(!result.stderrText.contains(ours), result.stderrText.constData());
    }
    QVERIFY2(result.exitCode == exitCode, result.stderrText.constData());
    QCOMPARE(result.stdoutText, output);
    QVERIFY2(result.stderrText.contains(says), result.stderrText.constData());
}

void tst_sessionprograms::besideTheProgram_data()
{
    QTest::addColumn<QString>("runtime");
    QTest::addColumn<QString>("extension");
    QTest::addColumn<QByteArrayList>("helpers"); // above the program's folder, and in it
    QTest::addColumn<QByteArray>("above");       // a program there
    QTest::addColumn<QByteArray>("code");
    QTest::addColumn<QByteArray>("output");
    const QByteArray byImport = "import a from './helper@'; console.log(a, (await import('./helper@')).default, "
                                "(await import('own')).default, import.meta.url.slice(7))";
    const QByteArray byRequire = "console.log(require('./helper@'), require('own'), require.main === module, "
                                 "require('./helper@').length, __filename)";
    const QByteArray moduleOutput = "beside beside own /sandbox/sub/prog@\n";
    const auto row = [](const char *name, const QString &runtime, const QString &extension,
                        const QByteArrayList &helpers, const QByteArray &code, const QByteArray &output) {
        const auto named = [&](QByteArray text) { return text.replace("@", extension.toLatin1()); };
        const QByteArray above = runtime == u"python"_s  ? "import helper\nprint(helper.name)"_ba
                                 : extension == u".js"_s ? "console.log(require('./helper.js'))"_ba
                                                         : named("import name from './helper@'; console.log(name)");
        QTest::newRow(name) << runtime << extension << helpers << above << named(code) << named(output);
    };
    row("python", u"python"_s, u".py"_s, {"name = 'above'", "name = 'beside'"},
        "import helper, sys\nprint(helper.name, sys.path[0], __file__)", "beside /sandbox/sub /sandbox/sub/prog.py\n");
    row("node script", u"node"_s, u".js"_s, {"module.exports = 'above'", "module.exports = 'beside'"}, byRequire,
        "beside own true 6 /sandbox/sub/prog@\n");
    for (const auto &[runtime, extension] :
         {std::pair{u"node"_s, u".mjs"_s}, std::pair{u"bun"_s, u".ts"_s}, std::pair{u"deno"_s, u".mts"_s}}) {
        QByteArray code = byImport;
        if (runtime == u"deno"_s) // it takes no package that no package.json asks for
            code.replace("(await import('own')).default", "'own'");
        row(QByteArray(runtime.toLatin1() + " module").constData(), runtime, extension,
            {"export default 'above'", "export default 'beside'"}, code, moduleOutput);
    }
    row("bun script", u"bun"_s, u".cjs"_s, {"module.exports = 'above'", "module.exports = 'beside'"}, byRequire,
        "beside own true 6 /sandbox/sub/prog@\n");
}

// Of programs in a folder below /sandbox: as where they run alone, also after one whose neighbours have the same names.
void tst_sessionprograms::besideTheProgram()
{
    QFETCH(QString, runtime);
    QFETCH(QString, extension);
    QFETCH(QByteArrayList, helpers);
    QFETCH(QByteArray, above);
    QFETCH(QByteArray, code);
    QFETCH(QByteArray, output);
    const QString modules = u"/sandbox/sub/node_modules/own/"_s;
    RunRequest request = program(runtime, code);
    request.fileName = u"sub/prog"_s + extension;
    request.files = {{u"/sandbox/helper"_s + extension, helpers[0]},
                     {u"/sandbox/sub/helper"_s + extension, helpers[1]},
                     {modules + u"package.json"_s, R"({"name": "own", "main": "index.js"})"},
                     {modules + u"index.js"_s, "module.exports = 'own'"}};
    const RunResult alone = wait(m->engine()->execute(request, {}, u"owner"_s));
    QVERIFY2(alone.stdoutText == output, QByteArray(alone.stdoutText + alone.stderrText).constData());
    RunRequest before = program(runtime, above);
    before.fileName = u"prog"_s + extension;
    before.files = request.files;
    const QString session = runtime + u"-beside"_s;
    for (int round = 0; round < 2; ++round) {
        const RunResult first = wait(m->start(before, session));
        QVERIFY2(first.stdoutText == "above\n", QByteArray(first.stdoutText + first.stderrText).constData());
        const RunResult second = wait(m->start(request, session));
        QVERIFY2(second.stdoutText == output, QByteArray(second.stdoutText + second.stderrText).constData());
        QCOMPARE(second.stderrText, QByteArray());
    }
    QVERIFY(m->remove(session).value_or(false));
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

// The folder that a program was in is no more: what was for the next one alone is no later one's.
void tst_sessionprograms::goneFolder_data()
{
    QTest::addColumn<QString>("runtime");
    QTest::addColumn<QByteArray>("leaves");
    QTest::addColumn<QByteArray>("shows");
    const QByteArray script = "import files from 'node:fs'; files.mkdirSync('/tmp/gone'); process.chdir('/tmp/gone'); "
                              "files.rmdirSync('/tmp/gone')";
    const QByteArray print = "console.log(`[${process.env.KEY ?? ''}]`)";
    QTest::newRow("python") << u"python"_s
                            << "import os\nos.mkdir('/tmp/gone'); os.chdir('/tmp/gone'); os.rmdir('/tmp/gone')"_ba
                            << "print('[' + os.environ.get('KEY', '') + ']')"_ba;
    for (const QString &name : {u"node"_s, u"bun"_s, u"deno"_s})
        QTest::newRow(qPrintable(name)) << name << script << print;
    QTest::newRow("bash") << u"bash"_s << "mkdir /tmp/gone; cd /tmp/gone; rmdir /tmp/gone"_ba
                          << "echo [$KEY]"_ba;
}

void tst_sessionprograms::goneFolder()
{
    QFETCH(QString, runtime);
    QFETCH(QByteArray, leaves);
    QFETCH(QByteArray, shows);
    RunOptions options;
    options.secrets.insert(u"KEY"_s, u"very-secret"_s);
    for (const QString &folder : {QString(), u"/tmp"_s}) {
        const RunResult left = run(runtime, leaves);
        QVERIFY2(left.exitCode == 0, left.stderrText.constData());
        RunRequest request = program(runtime, shows);
        if (!folder.isEmpty())
            request.workdir = folder;
        QCOMPARE(wait(start(request, options)).stdoutText, "[***]\n"_ba);
        QCOMPARE(run(runtime, shows).stdoutText, "[]\n"_ba);
    }
}

// Of what goes past the limit nothing is the next run's.
void tst_sessionprograms::cutOutput()
{
    RunOptions options;
    options.maxOutputSize = 1000;
    for (const QString &runtime : {u"node"_s, u"bun"_s, u"deno"_s}) {
        const RunResult cut =
            wait(start(program(runtime, "process.stdout.write('x'.repeat(5000000)); console.log('y')"), options));
        QVERIFY(cut.truncated);
        const RunResult next = run(runtime, "console.log('next')");
        QCOMPARE(next.stdoutText, "next\n"_ba);
        QCOMPARE(next.backgroundStdout, ""_ba);
    }
}

// A program can break what its interpreter needs for the next one. That is told, and the one after it has another.
void tst_sessionprograms::interpreterOfNoUse_data()
{
    QTest::addColumn<QString>("runtime");
    QTest::addColumn<QByteArray>("breaks");
    QTest::newRow("python: no open files")
        << u"python"_s << "import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))"_ba;
    QTest::newRow("node: a name that is ours")
        << u"node"_s << "Object.defineProperty(globalThis, '__isol8_meta', { configurable: false, value: 1 })"_ba;
    QTest::newRow("deno: closed output") << u"deno"_s << "Deno.stdout.close()"_ba;
    QTest::newRow("bun: closed output") << u"bun"_s << "import shut from 'node:fs'; shut.closeSync(1)"_ba;
}

void tst_sessionprograms::interpreterOfNoUse()
{
    QFETCH(QString, runtime);
    QFETCH(QByteArray, breaks);
    const bool isPython = runtime == u"python";
    (void)run(runtime, isPython ? "state = 1" : "var state = 1");
    (void)run(runtime, breaks);
    const QByteArray shows = isPython ? "print('state' in globals())" : "console.log(typeof state !== 'undefined')";
    RunResult next = run(runtime, shows);
    if (next.stateKept == false)
        next = run(runtime, shows);
    QVERIFY2(next.stdoutText.toLower() == "false\n", next.stderrText.constData());
    QVERIFY(next.stateFresh);
}

// Between two programs, where none is there to fail.
void tst_sessionprograms::handlerThatFailsLate()
{
    (void)run(u"python"_s, "import signal\ndef h(*_):\n    open('rang', 'w').write('1')\n"
                           "    raise TimeoutError('late')\nold = signal.signal(14, h)\n"
                           "was = signal.setitimer(signal.ITIMER_REAL, 0.2)");
    const auto rang = [&](auto done) { m->engine()->getFile(u"owner"_s, u"python"_s, u"rang"_s, done); };
    QTRY_COMPARE_WITH_TIMEOUT(m->ask<QByteArray>(rang).value_or(QByteArray()), "1"_ba, 30000);
    const RunResult next = run(u"python"_s, "print('on'); old = signal.signal(14, old)");
    QCOMPARE(next.stdoutText, "on\n"_ba);
    QVERIFY(!next.stateFresh);
    QVERIFY2(next.backgroundStderr.contains("TimeoutError: late"), next.backgroundStderr.constData());
}

void tst_sessionprograms::interpreterThatStopped()
{
    const auto ask = [&](auto question) { return m->ask<QByteArray>(question).value_or(QByteArray()); };
    (void)run(u"python"_s, "state = 1\nimport os, signal, time\nif os.fork() == 0:\n"
                           "    while not os.path.exists('go'): time.sleep(0.01)\n"
                           "    os.kill(os.getppid(), signal.SIGSTOP)\n    open('gone', 'w').write('1')\n"
                           "    os._exit(0)");
    QVERIFY(m->ask<void>(
        [&](auto done) { m->engine()->putFile(u"owner"_s, u"python"_s, u"go"_s, {}, std::nullopt, done); }));
    const auto gone = [&](auto done) { m->engine()->getFile(u"owner"_s, u"python"_s, u"gone"_s, done); };
    QTRY_COMPARE_WITH_TIMEOUT(ask(gone), "1"_ba, 30000);
    const RunResult next = run(u"python"_s, "print('state' in globals())");
    QCOMPARE(next.stdoutText, "False\n"_ba);
    QVERIFY(next.stateFresh);
    // In its own run it hears of the end.
    (void)run(u"python"_s, "state = 2");
    const RunResult stopped = run(u"python"_s, "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)", 1000);
    QCOMPARE(toString(stopped.reason), toString(Reason::Timeout));
    QCOMPARE(run(u"python"_s, "print(state)").stdoutText, "2\n"_ba);
}

// As many as there may be: the files can be had, and the session goes on.
void tst_sessionprograms::processesLeft()
{
    RunOptions options;
    options.pidsLimit = 24;
    const auto go = [&](const QByteArray &code) {
        return wait(m->start(program(u"python"_s, code), u"left"_s, options));
    };
    const auto file = [&](const QString &path) {
        return m->ask<QByteArray>([&](auto done) { m->engine()->getFile(u"owner"_s, u"left"_s, path, done); })
            .value_or(QByteArray());
    };
    const QByteArray fill = "def fill():\n    try:\n        while os.fork(): pass\n        time.sleep(1000)\n"
                            "    except OSError: open('full', 'a').write('full')\n";
    QCOMPARE(go("import os, time\n" + fill + "fill()\nprint('on')").stdoutText, "on\n"_ba);
    QCOMPARE(file(u"full"_s), "full"_ba);
    QCOMPARE(go("print('next')").stdoutText, "next\n"_ba);
    RunRequest command;
    command.cmd = u"echo here"_s;
    const RunResult ran = wait(m->start(command, u"left"_s, options));
    QVERIFY2(ran.stdoutText == "here\n", qPrintable(ran.error));
    QVERIFY2(ran.error.contains(u"limit of 24 processes"), qPrintable(ran.error));
    // And where the interpreter is gone, and another takes its place before a new one can be started.
    (void)go("import os, time\n" + fill +
             "if os.fork() == 0:\n    while os.getppid() > 1: time.sleep(0.01)\n    fill()\n    time.sleep(1000)\n"
             "os.kill(os.getpid(), 9)");
    QTRY_COMPARE_WITH_TIMEOUT(file(u"full"_s), "fullfull"_ba, 30000);
    const RunResult after = go("print(open('full').read())");
    QCOMPARE(after.stdoutText, "fullfull\n"_ba);
    QVERIFY(after.stateFresh);
    QVERIFY2(after.error.contains(u"limit of 24 processes"), qPrintable(after.error));
}

QTEST_MAIN(tst_sessionprograms)
#include "tst_sessionprograms.moc"
