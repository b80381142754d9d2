// SPDX-License-Identifier: GPL-3.0-or-later
#include "Bench.h"

#include "support/DoorBox.h"

#include <QElapsedTimer>

using namespace Qt::StringLiterals;
using namespace isol8;
using isol8::test::DoorBox;

namespace bench {

namespace {

// Numbers that the program prints, a line each.
QList<double> printed(const DoorBox::Outcome &outcome)
{
    QList<double> values;
    const QList<QByteArray> lines = outcome.output.trimmed().split('\n');
    for (const QByteArray &line : lines) {
        if (outcome.ended && outcome.exit.code == 0)
            values.append(line.toDouble());
    }
    return values;
}

// The same programs against a server inside, over its loopback alone.
const QByteArray Within = R"PY(
server = socket.socket(); server.bind(('127.0.0.1', 0)); server.listen(64)
if os.fork() == 0:
    while True:
        c = server.accept()[0]
        line = b''
        while not line.endswith(b'\n'): line += c.recv(1)
        if line == b'echo\n':
            data = c.recv(1)
            if data: c.sendall(data)
        elif line == b'sink\n':
            while c.recv(262144): pass
            c.sendall(b'done')
        else:
            left = int(line.split()[1]); block = bytes(65536)
            while left > 0: c.sendall(block[:left]); left -= 65536
        c.close()
server_port = server.getsockname()[1]
def dial(line=b'', host='127.0.0.1'):
    s = socket.create_connection((host, server_port))
    if line: s.sendall(line + b'\n')
    return s
)PY";

const QByteArray Down = R"PY(
buffer = bytearray(1 << 20)
s = dial(b'source 209715200'); total = s.recv_into(buffer); start = time.perf_counter()
while True:
    n = s.recv_into(buffer)
    if n == 0: break
    total += n
print(total / 1e6 / (time.perf_counter() - start))
)PY";

const QByteArray Up = R"PY(
block = bytes(1 << 18)
s = dial(b'sink'); start = time.perf_counter()
for i in range(800): s.sendall(block)
s.shutdown(socket.SHUT_WR); read(s)
print(800 * len(block) / 1e6 / (time.perf_counter() - start))
)PY";

// Until the first byte of the other side is here: connect, a line, an answer.
const QByteArray Latency = R"PY(
for i in range(220):
    start = time.perf_counter()
    s = dial(b'echo'); s.sendall(b'x'); s.recv(1)
    if i >= 20: print((time.perf_counter() - start) * 1000)
    s.close()
)PY";

Comparison compare(DoorBox &box, const QString &name, const QString &unit, const QByteArray &program,
                   const QString &goal, int rounds)
{
    Comparison comparison{{name, unit, {}}, {u"the same over loopback inside"_s, unit, {}}, goal};
    for (int i = 0; i < rounds; ++i) {
        comparison.subject.values += printed(box.run(program));
        comparison.comparator.values += printed(box.run(Within + program));
    }
    return comparison;
}

// What the door adds to a sandbox's start, and to its reset after a run.
QList<Comparison> lives(int rounds)
{
    Comparison opening{
        {u"start of a filtered sandbox"_s, u"ms"_s, {}}, {u"of one without network"_s, u"ms"_s, {}}, u"at most 1.05"_s};
    Comparison reset{{u"reset of a filtered sandbox"_s, u"ms"_s, {}},
                     {u"of one without network"_s, u"ms"_s, {}},
                     u"a few ms more"_s};
    for (int i = 0; i < rounds; ++i) {
        for (const bool filtered : {true, false}) {
            DoorBox box(filtered ? Network::Filtered : Network::None);
            QElapsedTimer timer;
            timer.start();
            if (!box.open())
                return {};
            (filtered ? opening.subject : opening.comparator).values.append(double(timer.nsecsElapsed()) / 1e6);
            (void)box.run(filtered ? "echo(b'x')" : "pass");
            timer.restart();
            if (box.reset())
                (filtered ? reset.subject : reset.comparator).values.append(double(timer.nsecsElapsed()) / 1e6);
        }
    }
    return {opening, reset};
}

} // namespace

QList<Comparison> doorStream(int rounds)
{
    DoorBox box;
    if (!box.open())
        return {};
    return lives(2 * rounds) +
           QList<Comparison>{
               compare(box, u"200 MB down through the door"_s, u"MB/s"_s, Down, u"at least 50 MB/s"_s, rounds),
               compare(box, u"200 MB up through the door"_s, u"MB/s"_s, Up, u"at least 50 MB/s"_s, rounds),
               compare(box, u"new connection to its first byte"_s, u"ms"_s, Latency, u"at most 2 ms more"_s, 1)};
}

} // namespace bench
