// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/execution/RunRequest.h>
#include <isol8/execution/RunResult.h>

#include <QByteArray>
#include <QList>
#include <QString>

namespace isol8::abuse {

/*!
    A program by someone who wants out, or wants to harm others, and what must come of it. Where it can tell by itself
   it prints "HELD" at its end, and "OPEN: what" for each thing that it should not have been able to do.
*/
struct Program
{
    QByteArray name;
    QString runtime;
    QByteArray code;
    Reason reason = Reason::Completed;
    bool tells = true;   //!< prints HELD where all is well
    bool brings = false; //!< needs isol8-walls in /sandbox/walls
    qint64 timeoutMs = 60000;
    QStringList outputPaths{};
    QMap<QString, QString> secrets{};
    QByteArray mayNotSay{}; //!< must stand nowhere in the result
    qint64 maxOutput = 64 * KiB;
};

namespace detail {

inline constexpr const char *Python = R"PY(
import ctypes, errno, os, signal, socket, sys, time
opened = []
def may_not(what, f):
    try:
        r = f()
    except Exception:
        return
    opened.append(what + ': ' + repr(r)[:60])
def end():
    print('OPEN: ' + '; '.join(opened) if opened else 'HELD', flush=True)
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *args):
    r = libc.syscall(number, *args)
    if r < 0: raise OSError(ctypes.get_errno(), 'x')
    return r
)PY";

inline Program python(const QByteArray &name, const QByteArray &code)
{
    return {name, QStringLiteral("python"), Python + code};
}

inline Program ends(Program program, Reason reason, qint64 timeoutMs = 60000)
{
    program.reason = reason;
    program.timeoutMs = timeoutMs;
    program.tells = false;
    return program;
}

inline Program collects(Program program, const QStringList &paths, const QByteArray &mayNotSay)
{
    program.outputPaths = paths;
    program.mayNotSay = mayNotSay;
    return program;
}

inline Program knows(Program program, const QString &secret)
{
    program.secrets.insert(QStringLiteral("KEY"), secret);
    program.mayNotSay = secret.toLatin1();
    return program;
}

inline Program walls(const QByteArray &name, const char *runtime, const QByteArray &code)
{
    Program program{name, QString::fromLatin1(runtime), code};
    program.brings = true;
    return program;
}

// Everything that isol8-walls knows, as a child of each runtime's own.
inline QList<Program> wallsOfEachRuntime()
{
    return {
        walls("walls from bash", "bash",
              "/sandbox/walls | grep -v '\theld\t' | sed 's/^/OPEN: /' && echo; [ \"$(/sandbox/walls | grep -vc "
              "'\theld\t')\" = 0 ] && echo HELD"),
        walls("walls from python", "python",
              "import subprocess\nout = subprocess.run(['/sandbox/walls'], capture_output=True, text=True).stdout\n"
              "bad = [l for l in out.splitlines() if '\\theld\\t' not in l]\n"
              "print('OPEN: ' + '; '.join(bad) if bad or len(out) < 1000 else 'HELD')"),
        walls("walls from node", "node",
              "const out = require('child_process').spawnSync('/sandbox/walls').stdout.toString();\n"
              "const bad = out.split('\\n').filter(l => l && !l.includes('\\theld\\t'));\n"
              "console.log(bad.length || out.length < 1000 ? 'OPEN: ' + bad.join('; ') : 'HELD');"),
        walls("walls from bun", "bun",
              "const out = Bun.spawnSync(['/sandbox/walls']).stdout.toString();\n"
              "const bad = out.split('\\n').filter(l => l && !l.includes('\\theld\\t'));\n"
              "console.log(bad.length || out.length < 1000 ? 'OPEN: ' + bad.join('; ') : 'HELD');"),
        walls("deno starts nothing", "deno",
              "let open = [];\n"
              "try { new Deno.Command('/sandbox/walls').outputSync(); open.push('run'); } catch {}\n"
              "try { Deno.dlopen('/lib/x86_64-linux-gnu/libc.so.6', {}); open.push('ffi'); } catch {}\n"
              "try { Deno.readTextFileSync('/etc/passwd'); open.push('read'); } catch {}\n"
              "try { Deno.writeTextFileSync('/etc/x', ''); open.push('write'); } catch {}\n"
              "console.log(open.length ? 'OPEN: ' + open : 'HELD');"),
    };
}

inline QList<Program> escapes()
{
    return {
        python("files of the machine by every name", R"PY(
for p in ('/etc/shadow', '/proc/1/root/etc/shadow', '/proc/1/cwd/../etc/shadow', '/proc/self/root/../etc/shadow',
          '/proc/1/fd/0', '/proc/1/fd/1', '/dev/mem', '/dev/sda', '/dev/vda', '/.dockerenv/../../etc/shadow'):
    may_not('read ' + p, lambda: open(p, 'rb').read(1))
may_not('fd 3..20', lambda: [os.fstat(n) for n in range(3, 21)] and 1)
for n in range(3, 64):
    may_not('inherited descriptor %d' % n, lambda: os.readlink('/proc/self/fd/%d' % n) if 'isol8' in os.readlink('/proc/self/fd/%d' % n) and 'isol8-run' not in os.readlink('/proc/self/fd/%d' % n) else 1/0)
end())PY"),
        python("whoever else is in the sandbox", R"PY(
mine = {os.getpid()}
for p in [int(x) for x in os.listdir('/proc') if x.isdigit()]:
    if p in mine: continue
    may_not('kill %d' % p, lambda: os.kill(p, 9))
    may_not('stop %d' % p, lambda: os.kill(p, signal.SIGSTOP))
    may_not('trace %d' % p, lambda: call(101, 16, p, 0, 0))
    may_not('limit %d' % p, lambda: __import__('resource').prlimit(p, 7, (0, 0)))
    for f in ('mem', 'environ', 'maps'):
        may_not('%s of %d' % (f, p), lambda: open('/proc/%d/%s' % (p, f), 'rb').read(1) or 1/0)
end())PY"),
        python("isol8's own files inside", R"PY(
for root, dirs, files in os.walk('/.isol8'):
    may_not('new file in ' + root, lambda: open(root + '/x', 'w'))
    for f in files:
        p = os.path.join(root, f)
        may_not('write ' + p, lambda: open(p, 'r+'))
        may_not('remove ' + p, lambda: os.unlink(p))
        may_not('replace ' + p, lambda: os.rename('/sandbox/x', p))
may_not('mount over', lambda: call(165, b'none', b'/.isol8', b'tmpfs', 0, 0))
end())PY"),
        python("forged frames on every descriptor", R"PY(
frame = bytes(range(16)) * 64
for n in range(3, 1024):
    may_not('write to %d' % n, lambda: os.write(n, frame))
for n in (0, 1, 2):
    may_not('init stream %d' % n, lambda: open('/proc/1/fd/%d' % n, 'wb').write(frame))
end())PY"),
        python("names leave by no way", R"PY(
may_not('resolve', lambda: socket.getaddrinfo('secret.example.com', 80))
for family, kind, address in ((2, 2, ('8.8.8.8', 53)), (2, 1, ('169.254.169.254', 80)), (2, 1, ('172.17.0.1', 80))):
    may_not('reach %s' % (address,), lambda: (lambda s: (s.settimeout(3), s.connect(address), s.send(b'x')))(socket.socket(family, kind)))
end())PY"),
        python("abstract sockets are its own", R"PY(
lines = open('/proc/net/unix').read().splitlines()[1:]
opened += [l for l in lines if '@' in l]
may_not('dbus', lambda: socket.socket(1).connect('\0/tmp/dbus-x'))
end())PY"),
        python("a setuid program of its own", R"PY(
open('/sandbox/su', 'w').write('#!/bin/sh\nid -u\n'); os.chmod('/sandbox/su', 0o6755)
os.system('cp /bin/sh /sandbox/sh; chmod 6755 /sandbox/sh')
if os.popen('/sandbox/sh -p -c "id -u"').read().strip() == '0': opened.append('root by setuid')
found = os.popen('find / -xdev -perm /6000 -type f 2>/dev/null').read().split()
for f in found:
    if f.startswith('/sandbox'): continue
    if os.popen(f + ' --version 2>&1').read() is None: opened.append(f)
may_not('su', lambda: os.setuid(0))
end())PY"),
        python("a core dump and the message of a crash", R"PY(
pid = os.fork()
if pid == 0:
    os.chdir('/sandbox'); os.abort()
_, status = os.waitpid(pid, 0)
opened += [f for f in os.listdir('/sandbox') if f.startswith('core')]
end())PY"),
    };
}

inline QList<Program> thieves()
{
    return {
        knows(python("a secret in an error's message", R"PY(
print('HELD', flush=True)
try:
    open(os.environ['KEY'])
except OSError as e:
    print(e, repr(e), file=sys.stderr)
sys.stderr.write(os.environ['KEY'][:5]); sys.stderr.flush(); time.sleep(0.05); sys.stderr.write(os.environ['KEY'][5:] + '\n')
import base64, urllib.parse, json
print(base64.b64encode(b'a' + os.environ['KEY'].encode()).decode(), urllib.parse.quote(os.environ['KEY'], ''), json.dumps(os.environ['KEY']))
)PY"),
              QStringLiteral("tops3cr3t/of-mine")),
        collects(python("a link to a file of the machine, collected", R"PY(
os.symlink('/etc/passwd', '/sandbox/out'); os.symlink('/proc/1/environ', '/sandbox/env'); os.symlink('/', '/sandbox/root')
end())PY"),
                 {QStringLiteral("/sandbox/out"), QStringLiteral("/sandbox/env"),
                  QStringLiteral("/sandbox/root/etc/passwd"), QStringLiteral("/sandbox/*")},
                 "root:x:0"),
        collects(python("a link that is swapped while it is collected", R"PY(
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for n in (0, 1, 2): os.close(n)
        while True:
            try:
                open('/sandbox/a', 'w').write('fine'); os.symlink('/etc/passwd', '/sandbox/b')
                os.rename('/sandbox/a', '/sandbox/out'); os.rename('/sandbox/b', '/sandbox/out')
            except OSError: pass
    os._exit(0)
time.sleep(0.2)
end())PY"),
                 {QStringLiteral("/sandbox/out")}, "root:x:0"),
        collects(python("a hard link to a file of root's, collected", R"PY(
may_not('link', lambda: os.link('/etc/passwd', '/sandbox/out'))
end())PY"),
                 {QStringLiteral("/sandbox/out")}, "root:x:0"),
        collects(python("pipes, devices and files without end, collected", R"PY(
os.mkfifo('/sandbox/pipe'); os.symlink('/dev/zero', '/sandbox/zero'); os.symlink('/dev/stdin', '/sandbox/in')
f = open('/sandbox/sparse', 'w'); f.truncate(1 << 40); s = socket.socket(1); s.bind('/sandbox/socket')
end())PY"),
                 {QStringLiteral("/sandbox/pipe"), QStringLiteral("/sandbox/zero"), QStringLiteral("/sandbox/in"),
                  QStringLiteral("/sandbox/sparse"), QStringLiteral("/sandbox/socket")},
                 QByteArray(64, '\0')),
    };
}

inline QList<Program> gluttons()
{
    auto flood = ends(python("output without end", R"PY(
while True: os.write(1, b'x' * 65536); os.write(2, b'y' * 65536)
)PY"),
                      Reason::Timeout, 3000);
    auto log = ends(python("a million short lines, then an end", R"PY(
for i in range(20000): os.write(1, b'\x1b[2J\n'); os.write(2, b'\0\xff\n')
)PY"),
                    Reason::Completed);
    return {
        flood,
        log,
        ends(python("memory", "a = []\nwhile True: a.append(bytearray(1 << 24))\n"), Reason::Oom),
        ends(python("memory by threads", "import threading\n"
                                         "def f():\n a = []\n while True: a.append(bytearray(1 << 22))\n"
                                         "for i in range(20): threading.Thread(target=f).start()\n"),
             Reason::Oom),
        python("space", R"PY(
for p in ('/tmp/f', '/dev/shm/f'):
    n = 0
    try:
        with open(p, 'wb') as f:
            while n < 600: f.write(b'x' * (1 << 20)); f.flush(); n += 1
    except OSError: pass
    if n > 300: opened.append(p)
    try: os.unlink(p)
    except OSError: pass
end())PY"),
        ends(python("inodes", R"PY(
i = 0
while True:
    open('/tmp/%d' % i, 'w').close(); i += 1
)PY"),
             Reason::Timeout, 4000),
        python("descriptors", R"PY(
fds = []
try:
    while len(fds) < 5000: fds.append(os.open('/dev/null', 0))
    opened.append('5000 files')
except OSError: pass
for f in fds: os.close(f)
end())PY"),
        ends(python("processes", "while True:\n try: os.fork()\n except OSError: pass\n"), Reason::Timeout, 3000),
        ends(python("processes that let go of all", R"PY(
for s in range(1, 65):
    try: signal.signal(s, signal.SIG_IGN)
    except (OSError, ValueError): pass
for i in range(20):
    if os.fork() == 0:
        os.setsid()
        while True: pass
while True: time.sleep(1)
)PY"),
             Reason::Timeout, 3000),
        ends(python("stops all that it can",
                    "try: os.kill(-1, signal.SIGSTOP)\nexcept OSError: pass\nos.kill(os.getpid(), signal.SIGSTOP)\n"
                    "time.sleep(600)\n"),
             Reason::Timeout, 3000),
        ends(python("kills all that it can", "try: os.kill(-1, signal.SIGKILL)\nexcept OSError: pass\n"
                                             "os.kill(os.getpid(), signal.SIGKILL)\n"),
             Reason::Killed),
        python("System V objects and queues", R"PY(
n = 0
while n < 10000 and libc.shmget(0, 1 << 20, 0o600 | 0o1000) >= 0: n += 1
m = 0
while m < 100000 and libc.semget(0, 10, 0o600 | 0o1000) >= 0: m += 1
end())PY"),
        python("the door's connections", R"PY(
held = []
try:
    for i in range(900): held.append(socket.create_connection(('127.0.0.1', 8118), 2))
except OSError: pass
end())PY"),
        ends(python("runs on after its end", R"PY(
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for n in (0, 1, 2): os.close(n)
        open('/dev/shm/alive', 'w').write('x')
        while True: time.sleep(0.1)
)PY"),
             Reason::Completed),
        ends({"bash: a bomb", QStringLiteral("bash"), ":(){ :|:& };:; sleep 60"}, Reason::Timeout, 3000),
        ends({"node: memory", QStringLiteral("node"), "const a = []; while (true) a.push(Buffer.alloc(1 << 24, 1));"},
             Reason::Oom),
    };
}

} // namespace detail

inline QList<Program> programs()
{
    return detail::wallsOfEachRuntime() + detail::escapes() + detail::thieves() + detail::gluttons();
}

} // namespace isol8::abuse
