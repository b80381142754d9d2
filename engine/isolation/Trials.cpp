// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/isolation/Trials.h>

#include <isol8/base/Embedded.h>

#include <algorithm>

ISOL8_DECLARE_EMBEDDED(walls)

using namespace Qt::StringLiterals;

namespace isol8 {

namespace {

constexpr milliseconds Patience{60000};
constexpr QStringView Program = u"/sandbox/.isol8-walls";
constexpr QStringView Mark = u"isol8-walls-left-this";
const QList<QByteArray> SecretNotations{"walls/c9fbd4fa7f2e", "d2FsbHMvYzlmYmQ0ZmE3ZjJl", "walls%2Fc9fbd4fa7f2e"};

Probe probe(const QString &name, bool held, const QString &found)
{
    return {name, held ? Probe::Outcome::Held : Probe::Outcome::Open, found};
}

// A run that did not get as far as its program tried nothing.
std::optional<Probe> untried(const RunResult &result)
{
    if (result.reason != Reason::Internal && result.reason != Reason::SetupFailed &&
        result.reason != Reason::Cancelled && result.reason != Reason::SessionLost)
        return std::nullopt;
    return Probe{u"start a sandbox"_s, Probe::Outcome::Untried,
                 result.error.isEmpty() ? u"it did not start"_s : result.error};
}

// "processes<tab>62<tab>EAGAIN"
std::optional<qint64> amount(const RunResult &result, const QByteArray &what)
{
    const QList<QByteArray> lines = result.stdoutText.split('\n');
    for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
        const QList<QByteArray> fields = line->split('\t');
        bool ok = false;
        const qint64 value = fields.value(1).toLongLong(&ok);
        if (fields.value(0) == what && ok)
            return value;
    }
    return std::nullopt;
}

Probe atMost(const QString &name, const RunResult &result, const QByteArray &what, qint64 most, const QString &unit)
{
    const auto got = amount(result, what);
    if (!got)
        return {name, Probe::Outcome::Untried, u"it did not say"_s};
    return probe(name, *got <= most, u"%1 of %2 %3"_s.arg(*got).arg(most).arg(unit));
}

Trial trial(const QStringList &walls, const QString &runtime, const QString &command)
{
    Trial trial;
    trial.walls = walls;
    trial.request.runtime = runtime;
    trial.request.cmd = command;
    trial.request.timeout = Patience;
    trial.options.network = Network::None;
    return trial;
}

Trial withProgram(const QStringList &walls, const QString &runtime, const QString &arguments)
{
    Trial made = trial(walls, runtime, Program + u' ' + arguments);
    made.request.files.append({Program.toString(), wallsProgram(), 0755, 0});
    return made;
}

Trial quiet(const QString &runtime, const QStringList &walls)
{
    Trial made = withProgram(walls, runtime, walls.join(u' '));
    made.judge = [](const QString &wall, const RunResult &result) {
        QList<Probe> probes = readProbes(result.stdoutText, wall);
        if (result.reason != Reason::Completed || result.exitCode != 0)
            probes.append(
                {u"look to the end"_s, Probe::Outcome::Untried,
                 result.error.isEmpty() ? u"the program ended with %1"_s.arg(result.exitCode) : result.error});
        return probes;
    };
    return made;
}

Trial door(const QString &runtime)
{
    Trial made = withProgram({u"door"_s}, runtime, u"door"_s);
    made.options.network = Network::Filtered;
    made.options.whitelist = QStringList(); // every public host, and no other
    made.judge = [](const QString &wall, const RunResult &result) { return readProbes(result.stdoutText, wall); };
    return made;
}

Trial memory(const QString &runtime)
{
    constexpr qint64 limit = 64 * MiB;
    Trial made = withProgram({u"memory"_s}, runtime, u"fill memory"_s);
    made.options.memoryLimit = limit;
    made.judge = [](const QString &, const RunResult &result) -> QList<Probe> {
        return {atMost(u"use more memory than there is"_s, result, "memory", limit / MiB, u"MiB"_s),
                probe(u"the end is told as what it was"_s, result.reason == Reason::Oom, toString(result.reason))};
    };
    return made;
}

Trial processes(const QString &runtime)
{
    constexpr int limit = 32;
    Trial made = withProgram({u"processes"_s, u"limits"_s}, runtime,
                             u"fill processes; "_s + Program.toString() + u" fill files"_s);
    made.options.pidsLimit = limit;
    made.judge = [](const QString &wall, const RunResult &result) -> QList<Probe> {
        if (wall == u"limits")
            return {atMost(u"open more files than it may"_s, result, "files", OpenFilesLimit, u"files"_s)};
        return {atMost(u"a fork bomb"_s, result, "processes", limit, u"processes"_s)};
    };
    return made;
}

Trial disk(const QString &runtime)
{
    constexpr qint64 sandbox = 16 * MiB;
    constexpr qint64 tmp = 8 * MiB;
    Trial made = withProgram({u"disk"_s}, runtime, u"fill disk"_s);
    made.options.sandboxSize = sandbox;
    made.options.tmpSize = tmp;
    made.judge = [](const QString &, const RunResult &result) -> QList<Probe> {
        return {atMost(u"fill /sandbox"_s, result, "disk /sandbox", sandbox, u"bytes"_s),
                atMost(u"fill /tmp"_s, result, "disk /tmp", tmp, u"bytes"_s),
                atMost(u"fill /dev/shm"_s, result, "disk /dev/shm", ShmSize, u"bytes"_s)};
    };
    return made;
}

Trial cpu(const QString &runtime)
{
    Trial made = withProgram({u"cpu"_s}, runtime, u"fill cpu"_s);
    made.options.cpuLimit = 0.3;
    made.judge = [](const QString &, const RunResult &result) -> QList<Probe> {
        // A period's quota may be used up at the beginning and again at the end.
        return {atMost(u"use more of the processors than it may"_s, result, "cpu", 450, u"thousandths"_s)};
    };
    return made;
}

Trial time(const QString &runtime)
{
    Trial made =
        trial({u"time"_s}, runtime,
              u"setsid bash -c 'trap \"\" TERM INT HUP; while :; do sleep 1; done' & trap '' TERM; sleep 600"_s);
    made.request.timeout = milliseconds(1500);
    made.judge = [](const QString &, const RunResult &result) -> QList<Probe> {
        return {probe(u"ignore the end of its time"_s, result.reason == Reason::Timeout, toString(result.reason))};
    };
    return made;
}

Trial output(const QString &runtime)
{
    constexpr qint64 limit = 64 * KiB;
    Trial made = trial({u"output"_s}, runtime, u"yes isol8 | head -c 20000000; yes isol8 | head -c 20000000 >&2"_s);
    made.options.maxOutputSize = limit;
    made.judge = [](const QString &, const RunResult &result) -> QList<Probe> {
        constexpr qint64 note = 512; // the line that says so
        QList<Probe> probes;
        for (const auto &[name, text] :
             {std::pair{u"standard output"_s, result.stdoutText}, std::pair{u"standard error"_s, result.stderrText}})
            probes.append(
                probe(u"write 20 MB to "_s + name, text.size() <= limit + note, u"%1 bytes came"_s.arg(text.size())));
        probes.append(probe(u"it is told that something is missing"_s, result.truncated,
                            result.truncated ? u"truncated"_s : u"not told"_s));
        return probes;
    };
    return made;
}

Trial secrets(const QString &runtime)
{
    Trial made =
        trial({u"secrets"_s}, runtime,
              u"printf '%s\\n' \"$WALLS\"; printf %s \"$WALLS\" | base64; for c in ${WALLS:0:7} ${WALLS:7}; do "
              "printf %s $c; sleep 0.05; done; echo; printf '%s\\n' \"${WALLS/\\//%2F}\"; tr '\\0' '\\n' "
              "< /proc/self/environ; cat /proc/1/cmdline /proc/1/environ 2>&1; echo end"_s);
    made.options.secrets.insert(u"WALLS"_s, QString::fromLatin1(SecretNotations.first()));
    made.judge = [](const QString &, const RunResult &result) -> QList<Probe> {
        const QByteArray all = result.stdoutText + result.stderrText + result.error.toUtf8();
        QList<Probe> probes;
        static const QString names[] = {u"print a secret, whole and in two halves"_s, u"print it in base64"_s,
                                        u"print it percent-encoded"_s};
        for (qsizetype i = 0; i < SecretNotations.size(); ++i) {
            const bool masked = !all.contains(SecretNotations[i]) && all.contains("***") && all.contains("end\n");
            probes.append(probe(names[i], masked, masked ? u"***"_s : u"it was not masked"_s));
        }
        return probes;
    };
    return made;
}

Trial leave(const QString &runtime)
{
    Trial made = trial({u"leftovers"_s}, runtime,
                       u"for d in /sandbox /tmp /dev/shm; do echo x > $d/%1; done; "
                       "(setsid bash -c 'exec -a %1 sleep 600' < /dev/null > /dev/null 2>&1 &); echo left"_s.arg(Mark));
    made.judge = [](const QString &, const RunResult &result) -> QList<Probe> {
        if (result.stdoutText == "left\n")
            return {};
        return {{u"leave something"_s, Probe::Outcome::Untried, result.error}};
    };
    return made;
}

Trial look(const QString &runtime)
{
    Trial made = trial({u"leftovers"_s}, runtime,
                       u"find /sandbox /tmp /dev/shm /dev/mqueue -name '%1*' 2> /dev/null; "
                       "cat /proc/[0-9]*/cmdline 2> /dev/null | tr '\\0' '\\n' | grep -x '[i]%2'; echo looked"_s.arg(
                           Mark, Mark.mid(1)));
    made.after = true;
    made.judge = [](const QString &, const RunResult &result) -> QList<Probe> {
        if (!result.stdoutText.endsWith("looked\n"))
            return {{u"look for what an earlier run left"_s, Probe::Outcome::Untried, result.error}};
        const bool files = result.stdoutText.contains('/');
        const bool process = result.stdoutText.startsWith(Mark.toLatin1()) ||
                             result.stdoutText.contains(QByteArray('\n' + Mark.toLatin1() + '\n'));
        return {probe(u"find a file of an earlier run"_s, !files, files ? u"it was there"_s : u"none"_s),
                probe(u"find a process of an earlier run"_s, !process, process ? u"it ran"_s : u"none"_s)};
    };
    return made;
}

} // namespace

QByteArray wallsProgram()
{
    return isol8_embedded_walls();
}

QList<Trial> trials(const QString &runtime, const QStringList &wanted)
{
    const auto isWanted = [&](const QString &id) { return wanted.isEmpty() || wanted.contains(id); };
    QStringList quietOnes;
    for (const QString &id : {u"user"_s, u"root"_s, u"calls"_s, u"devices"_s, u"kernel"_s, u"init"_s, u"namespaces"_s,
                              u"network"_s, u"limits"_s}) {
        if (isWanted(id))
            quietOnes.append(id);
    }
    QList<Trial> list;
    if (!quietOnes.isEmpty())
        list.append(quiet(runtime, quietOnes));
    for (Trial &made : QList<Trial>{door(runtime), memory(runtime), processes(runtime), disk(runtime), cpu(runtime),
                                    time(runtime), output(runtime), secrets(runtime), leave(runtime), look(runtime)}) {
        if (std::any_of(made.walls.begin(), made.walls.end(), isWanted))
            list.append(made);
    }
    for (Trial &made : list)
        made.judge = [judge = std::move(made.judge)](const QString &wall, const RunResult &result) {
            const auto none = untried(result);
            return none ? QList<Probe>{*none} : judge(wall, result);
        };
    return list;
}

} // namespace isol8
