// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QList>

//! Programs that look at everything in which an interpreter that has waited could differ from a fresh one.
struct WarmProgram
{
    const char *runtime;
    const char *name;
    const char *code;
    const char *fileName = ""; //!< "hello.py"; empty: as inline code
    const char *input = "";
};

inline const QList<WarmProgram> &warmPrograms()
{
    static const QList<WarmProgram> programs{
        {"python", "hello", "print('hello')"},
        {"python", "arguments", "import sys\nprint(sys.argv, sys.orig_argv, sys.executable)"},
        {"python", "named file", "import sys\nprint(__file__, sys.argv, sys.path[0])", "hello.py"},
        {"python", "long name", "print(__file__)\n1/0",
         "a_name_that_is_rather_long_but_still_fits_what_was_reserved_for_it.py"},
        {"python", "main module",
         "import __main__\nprint(__name__, __file__, __spec__, __package__, __doc__, type(__loader__), "
         "list(globals()), __main__.__file__)"},
        {"python", "path and modules",
         "import sys\nprint(sys.path, sorted(sys.modules), sorted(sys.path_importer_cache), [type(f).__name__ for f in "
         "sys.meta_path])"},
        {"python", "flags",
         "import sys\nprint(sys.flags, sys.getrecursionlimit(), sys.getswitchinterval(), sys.dont_write_bytecode, "
         "sys.warnoptions, sys._xoptions, sys.platlibdir, sys.prefix)"},
        {"python", "environment",
         "import os\nfor k, v in sorted(os.environ.items()): print(k, v)\nos.system('env | grep -v ^_= | grep -v SHLVL "
         "| sort')"},
        {"python", "process",
         "import os\nprint(os.getppid(), os.getsid(0) == os.getpid() == os.getpgid(0), os.getuid(), os.geteuid(), "
         "os.getgid(), os.getgroups(), os.getcwd(), os.umask(0), os.nice(0), os.sched_getaffinity(0))"},
        {"python", "credentials",
         "for line in open('/proc/self/status'):\n  if line.split(':')[0] in ('Cap', 'CapInh', 'CapPrm', 'CapEff', "
         "'CapBnd', 'CapAmb', 'NoNewPrivs', 'Seccomp', 'Uid', 'Gid', 'Groups', 'SigBlk', 'SigIgn', 'SigCgt', "
         "'Threads', 'TracerPid', 'CoreDumping'): print(line.strip())\nprint(open('/proc/self/oom_score_adj').read())"},
        {"python", "descriptors",
         "import os\nfor fd in sorted(os.listdir('/proc/self/fd'), key=int):\n  try: print(fd, "
         "os.readlink('/proc/self/fd/' + fd).split(':')[0].split('/')[1:2])\n  except OSError as e: print(fd, "
         "e.errno)"},
        {"python", "own files in /proc",
         "import os\nfor n in ('environ', 'maps', 'mem', 'auxv', 'stat'): print(n, os.access('/proc/self/' + n, "
         "os.R_OK), os.stat('/proc/self/' + n).st_uid)"},
        {"python", "limits",
         "import resource\nprint([(n, resource.getrlimit(getattr(resource, n))) for n in dir(resource) if "
         "n.startswith('RLIMIT_')])"},
        {"python", "signals",
         "import signal\nfor s in signal.valid_signals():\n  print(s, signal.getsignal(s) if s not in (9, 19) else "
         "'')\nprint(signal.pthread_sigmask(0, []), signal.getitimer(0))"},
        {"python", "streams",
         "import sys\nfor s in (sys.stdin, sys.stdout, sys.stderr):\n  print(s.name, s.mode, s.encoding, s.errors, "
         "s.line_buffering, getattr(s, 'write_through', 0), s.seekable(), s.isatty(), s.newlines, "
         "type(s.buffer).__name__, s.fileno(), s.closed)"},
        {"python", "stdin", "import sys\nprint(sys.stdin.readline().strip(), input(), sys.stdin.read().split())", "",
         "one\ntwo\nthree four\n"},
        {"python", "no stdin",
         "import sys\nprint(repr(sys.stdin.read()))\ntry: input()\nexcept EOFError as e: print(e)"},
        {"python", "exit 3", "import sys\nsys.exit(3)"},
        {"python", "exit with a message", "import sys\nsys.exit('a message')"},
        {"python", "exit True", "raise SystemExit(True)"},
        {"python", "exit without names", "import sys\ndel __file__\ndel __cached__\nsys.exit(0)"},
        {"python", "os._exit", "import os\nprint('before', flush=True)\nos._exit(4)"},
        {"python", "exception", "def f(x):\n    return 1 / x\n\nf(0)"},
        {"python", "chained exception", "try:\n    {}['a']\nexcept KeyError as e:\n    raise ValueError('b') from e"},
        {"python", "syntax error", "print('never')\nx = = 3"},
        {"python", "tab error", "if True:\n\tx = 1\n        y = 2"},
        {"python", "recursion",
         "import sys\nsys.setrecursionlimit(200)\ndef f(): f()\ntry: f()\nexcept RecursionError as e: print(e)"},
        {"python", "KeyboardInterrupt", "raise KeyboardInterrupt"},
        {"python", "SIGINT to itself",
         "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\nwhile True: time.sleep(0.01)"},
        {"python", "SIGTERM to itself", "import os, signal, time\nos.kill(os.getpid(), signal.SIGTERM)\ntime.sleep(5)"},
        {"python", "abort", "import os\nprint('x', flush=True)\nos.abort()"},
        {"python", "alarm", "import signal, time\nsignal.setitimer(signal.ITIMER_REAL, 0.05)\ntime.sleep(5)"},
        {"python", "broken pipe",
         "import os, signal\nprint(signal.getsignal(signal.SIGPIPE))\nr, w = os.pipe()\nos.close(r)\nos.write(w, "
         "b'x')"},
        {"python", "exit handlers",
         "import atexit\nfor i in range(3): atexit.register(print, 'handler', i)\n@atexit.register\ndef f(): raise "
         "ValueError('in a handler')\nprint('main')"},
        {"python", "finalizers",
         "x = 'X'\nclass A:\n  def __init__(self, n): self.n = n\n  def __del__(self): print('del', self.n, x, z)\n_p "
         "= A('p'); a = A(1)\nz = 'Z'\nb = A(2)\nA.again = A(3)"},
        {"python", "finalizer of a module",
         "import types, sys\nm = types.ModuleType('m')\nexec(\"class A:\\n  def __del__(self): print('m')\\na = A()\", "
         "m.__dict__)\nsys.modules['m'] = m"},
        {"python", "finalizer without collector",
         "class A:\n  __slots__ = ()\n  def __del__(self): print('slots')\na = A()"},
        {"python", "weak reference",
         "import weakref\nclass A: pass\na = A()\nr = weakref.ref(a, lambda _: print('gone'))\nweakref.finalize(a, "
         "print, 'finalized')"},
        {"python", "file left open",
         "class A:\n  def __del__(self): pass\na = A()\nf = open('/sandbox/left', 'w')\nf.write('data')\nimport "
         "atexit, os\nif os.fork() == 0:\n  pass\nelse:\n  os.wait()\n  print(open('/sandbox/left').read())"},
        {"python", "generator left open", "def g():\n  try: yield 1\n  finally: print('closed')\nx = g()\nnext(x)"},
        {"python", "unflushed stdout",
         "import sys, os\nsys.stdout = open(1, 'w', closefd=False)\nsys.stdout.write('no newline')"},
        {"python", "stdout closed", "import sys, os\nprint('x')\nos.close(1)\nsys.stdout.write('y')"},
        {"python", "stdout replaced", "import sys, io\nsys.stdout = io.StringIO()\nprint('lost')"},
        {"python", "stdout None", "import sys\nsys.stdout = None\nsys.stderr = None"},
        {"python", "excepthook",
         "import sys\nsys.excepthook = lambda *a: print('hook', a[0].__name__, a[1])\nraise LookupError('x')"},
        {"python", "broken excepthook",
         "import sys\ndef hook(*a): raise OSError('in hook')\nsys.excepthook = hook\nraise LookupError('x')"},
        {"python", "threads at the end",
         "import threading, time\ndef f():\n  time.sleep(0.1)\n  "
         "print('thread')\nthreading.Thread(target=f).start()\nprint('main', threading.main_thread() is "
         "threading.current_thread(), threading.active_count())"},
        {"python", "daemon thread at the end",
         "import threading, time\nthreading.Thread(target=time.sleep, args=(30,), daemon=True).start()\nprint('main')"},
        {"python", "exception in a thread",
         "import threading\ndef f(): raise ValueError('in thread')\nt = threading.Thread(target=f, "
         "name='T')\nt.start(); t.join()\nprint('main')"},
        {"python", "fork",
         "import os\npid = os.fork()\nif pid == 0:\n  print('child', flush=True)\n  raise "
         "SystemExit(5)\nprint(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\ntry: os.wait()\nexcept "
         "ChildProcessError as e: print(e)"},
        {"python", "no children", "import os\ntry: os.wait()\nexcept ChildProcessError as e: print(e)"},
        {"python", "subprocess",
         "import subprocess, sys\nr = subprocess.run([sys.executable, '-c', 'import sys, os; print(sys.argv, "
         "sorted(sys.modules), sorted(os.environ)); sys.exit(6)'], capture_output=True, text=True)\nprint(r)"},
        {"python", "multiprocessing",
         "import multiprocessing\ndef f(x): return x * x\nif __name__ == '__main__':\n  with multiprocessing.Pool(2) "
         "as p: print(p.map(f, range(5)))"},
        {"python", "spawned process",
         "import multiprocessing\ndef f(q): q.put(__name__)\nif __name__ == '__main__':\n  c = "
         "multiprocessing.get_context('spawn')\n  q = c.Queue()\n  p = c.Process(target=f, args=(q,))\n  p.start(); "
         "print(q.get()); p.join()"},
        {"python", "stack",
         "import inspect, traceback, sys\nprint([(f.filename, f.lineno, f.function) for f in "
         "inspect.stack()])\ntraceback.print_stack()\nprint(sys._getframe().f_back, "
         "inspect.getsource(sys.modules['__main__'])[:10])"},
        {"python", "pickle of a class",
         "import pickle\nclass A: pass\nprint(type(pickle.loads(pickle.dumps(A()))), A.__module__)"},
        {"python", "asyncio",
         "import asyncio\nasync def f():\n  await asyncio.sleep(0.01)\n  return 7\nprint(asyncio.run(f()))"},
        {"python", "warnings", "import warnings\nwarnings.warn('careful')\nprint(warnings.filters)\nx = '\\d'"},
        {"python", "collector",
         "import gc\nprint(gc.isenabled(), gc.get_threshold(), gc.get_debug(), gc.callbacks, gc.garbage)\nclass A: "
         "pass\na = A(); a.a = a; del a\nprint(gc.collect() > 0)"},
        {"python", "unicode",
         "print('h\\u00e4\\u20ac\\U0001f600')\nimport sys, locale\nprint(sys.getfilesystemencoding(), "
         "locale.getlocale(), locale.getpreferredencoding())"},
        {"python", "both streams",
         "import sys\nfor i in range(5):\n  print('out', i)\n  print('err', i, file=sys.stderr)"},
        {"python", "large output", "print('x' * 200000)"},
        {"python", "site",
         "import site, sys\nprint(site.ENABLE_USER_SITE, site.getusersitepackages(), site.PREFIXES, hasattr(sys, "
         "'ps1'), type(exit), type(help), 'sitecustomize' in sys.modules)\ntry:\n  import sitecustomize\n  "
         "print(sitecustomize.__file__)\nexcept ImportError as e: print(e)"},
        {"python", "writes beside itself",
         "import os\nopen('mod.py', 'w').write('x = 5')\nimport mod\nprint(mod.x, sorted(os.listdir('.')), "
         "os.stat('/sandbox/main.py').st_mode, open(__file__).read() != '')"},
        {"python", "SQLite left open",
         "import sqlite3\nc = sqlite3.connect('/sandbox/left.db')\nprint(c.execute('pragma "
         "journal_mode=wal').fetchall())\nc.execute('create table t(a)')\nc.execute(\"insert into t "
         "values('row')\")\nc.commit()"},
        {"python", "C streams left open",
         "import ctypes\nc = ctypes.CDLL(None)\nc.fopen.restype = ctypes.c_void_p\nf = c.fopen(b'/sandbox/left.txt', "
         "b'w')\nc.fputs(b'in a file', ctypes.c_void_p(f))\nc.printf(b'from C\\n')\nprint('from Python')"},
        {"python", "C exit handler",
         "import ctypes\nc = ctypes.CDLL(None)\nc.strdup.restype = ctypes.c_void_p\nprint(c.__cxa_atexit(c.puts, "
         "ctypes.c_void_p(c.strdup(b'handler')), None))"},
        {"python", "weak reference of an imported module",
         "open('mod.py', 'w').write('import weakref\\nclass A: pass\\ndef gone(_): print(\"gone\")\\na = A()\\nr = "
         "weakref.ref(a, gone)\\n')\nimport mod"},
        {"python", "handled exception shown as the last",
         "import sys\ntry: 1 / 0\nexcept ZeroDivisionError: sys.last_type, sys.last_value, sys.last_traceback = "
         "sys.exc_info()\nprint('handled')"},
        {"python", "main module replaced", "import sys\nsys.modules['__main__'] = type(sys)('x')\nsys.exit(4)"},
        {"python", "globals cleared", "globals().clear()\nimport sys\nsys.exit(3)"},
        {"python", "what the collector knows", // tuples: it lets go of most at moments of its own
         "import _ast, gc\nn = {}\nfor o in gc.get_objects():\n  k = type(o).__module__ + '.' + type(o).__name__\n  "
         "n[k] = n.get(k, 0) + 1\nprint(n.pop('builtins.frame', 0) < 5, n.pop('builtins.tuple') > 0, "
         "sorted(n.items()))\nprint(gc.get_freeze_count(), gc.get_stats()[2])\nimport sys\nprint(any(o is "
         "sys.modules['os'].__dict__ for o in gc.get_objects()), len(gc.get_referrers(sys.__dict__)))"},
        {"python", "exit handlers at the start", "import atexit\nprint(atexit._ncallbacks())"},
        {"python", "coding line", "# -*- coding: latin-1 -*-\nprint(len('\xe4\xf6'))"},
        {"python", "BOM", "\xef\xbb\xbfprint('bom')"},
        {"python", "no newline and CRLF", "print(1)\r\nif True:\r\n  print(2)"},

        {"node", "hello", "console.log('hello')"},
        {"node", "arguments", "console.log(process.argv, process.argv0, process.execArgv, process.execPath)"},
        {"node", "named file", "console.log(__filename, __dirname, process.argv, require.main === module)", "hello.js"},
        {"node", "module",
         "console.log(module.id, module.filename, module.loaded, module.paths, module.children.length, module.parent, "
         "Object.keys(require.cache), require.main === module, process.mainModule === module)"},
        {"node", "module, as an import",
         "import { createRequire } from 'node:module';\nconsole.log(import.meta.url, import.meta.filename, typeof "
         "require, this);\nconsole.log(createRequire(import.meta.url)('os').EOL === '\\n', await Promise.resolve(5));",
         "prog.mjs"},
        {"node", "CommonJS by name", "console.log(typeof require, __filename)", "prog.cjs"},
        {"node", "environment",
         "for (const k of Object.keys(process.env).sort()) console.log(k, "
         "process.env[k]);\nconsole.log(require('child_process').execSync('env | grep -v ^_= | grep -v SHLVL | "
         "sort').toString())"},
        {"node", "process",
         "console.log(process.ppid, process.getuid(), process.getgid(), process.getgroups(), process.cwd(), "
         "process.umask(), process.title, process.exitCode, process.release.name, "
         "process.allowedNodeEnvironmentFlags.size, process.report && process.report.reportOnFatalError)"},
        {"node", "globals",
         "console.log(Object.getOwnPropertyNames(globalThis).sort().join(), Object.keys(process).sort().join())"},
        {"node", "built-in modules",
         "const M = require('module');\nconsole.log(Object.keys(M).sort().join(), M._findPath.toString().length, "
         "M._load.name, M._extensions, M._preloadModules && 1)"},
        {"node", "preloaded modules",
         "const show = 'Object.getOwnPropertyDescriptor(process, "
         "\"_preload_modules\")';\nconsole.log(eval(show));\nnew "
         "(require('worker_threads').Worker)(`require('worker_threads').parentPort.postMessage(${show})`, { eval: true "
         "}).on('message', m => console.log(m))"},
        {"node", "streams",
         "for (const s of [process.stdin, process.stdout, process.stderr]) console.log(s.fd, s.isTTY, "
         "s.constructor.name, s.writableHighWaterMark, s.readableHighWaterMark)"},
        {"node", "stdin",
         "let t = '';\nprocess.stdin.on('data', d => t += d).on('end', () => console.log(JSON.stringify(t)))", "",
         "one\ntwo\n"},
        {"node", "stdin at once", "console.log(require('fs').readFileSync(0, 'utf8'))", "", "all of it"},
        {"node", "exit 3", "process.exit(3)"},
        {"node", "exitCode", "process.exitCode = 4"},
        {"node", "exit handlers",
         "process.on('exit', c => console.log('exit', c)).on('beforeExit', c => console.log('before', "
         "c));\nsetTimeout(() => console.log('timer'), 10)"},
        {"node", "exception", "function f() { throw new Error('x') }\nf()"},
        {"node", "stack", "console.log(new Error('here').stack)"},
        {"node", "stack of an import", "console.log(new Error('here').stack)", "s.mjs"},
        {"node", "syntax error", "console.log('never')\nlet x = = 3"},
        {"node", "rejection", "Promise.reject(new Error('no'))"},
        {"node", "missing module", "require('not-there')"},
        {"node", "SIGTERM to itself", "process.kill(process.pid, 'SIGTERM'); setTimeout(() => {}, 5000)"},
        {"node", "abort", "process.abort()"},
        {"node", "worker",
         "const { Worker, isMainThread, threadId } = require('worker_threads');\nnew "
         "Worker(\"require('worker_threads').parentPort.postMessage(process.argv.length + "
         "Object.keys(require.cache).length)\", { eval: true }).on('message', m => console.log(m, isMainThread, "
         "threadId))"},
        {"node", "child",
         "const { spawnSync, fork } = require('child_process');\nconst r = spawnSync(process.execPath, ['-p', "
         "'process.execArgv.length + Object.keys(process.env).sort().join()']);\nconsole.log(r.status, "
         "r.stdout.toString(), r.stderr.toString())"},
        {"node", "descriptors",
         "const fs = require('fs');\nfor (const fd of [0, 1, 2]) { try { console.log(fd, fs.fstatSync(fd).isFIFO()) } "
         "catch (e) { console.log(fd, e.code) } }"},
        {"node", "dynamic import", "import('node:fs').then(m => console.log(typeof m.readFileSync))"},
        {"node", "writes beside itself",
         "const fs = require('fs');\nfs.writeFileSync('mod.js', 'module.exports = "
         "5');\nconsole.log(require('./mod.js'), fs.readdirSync('.'), fs.statSync(__filename).mode)"},
        {"node", "microtasks",
         "setImmediate(() => console.log(4)); process.nextTick(() => console.log(2)); Promise.resolve().then(() => "
         "console.log(3)); console.log(1)"},
        {"node", "warnings", "process.emitWarning('careful'); new Buffer(3)"},
        {"node", "large output", "console.log('x'.repeat(200000))"},
        {"node", "unicode", "console.log('h\u00e4\u20ac', Intl.DateTimeFormat().resolvedOptions())"},
    };
    return programs;
}
