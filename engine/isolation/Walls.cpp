// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/isolation/Walls.h>

#include <QJsonArray>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8 {

namespace {

constexpr qsizetype MostLines = 1000;
constexpr qsizetype MostText = 200; // characters of a name, or of what was found

QString nameOf(Probe::Outcome outcome)
{
    static constexpr QStringView names[] = {u"held", u"open", u"untried"};
    return names[size_t(outcome)].toString();
}

// Nothing of it speaks to a terminal.
QString plain(const QByteArray &text)
{
    QString shown = QString::fromUtf8(text.left(4 * MostText)).left(MostText);
    for (QChar &c : shown) {
        if (c.category() == QChar::Other_Control || c.category() == QChar::Other_Format)
            c = u'?';
    }
    return shown;
}

} // namespace

WallReport::Grade WallReport::grade() const
{
    const auto any = [&](Probe::Outcome outcome) {
        return std::any_of(probes.begin(), probes.end(), [&](const Probe &p) { return p.outcome == outcome; });
    };
    if (any(Probe::Outcome::Open))
        return Grade::Open;
    return probes.isEmpty() || any(Probe::Outcome::Untried) ? Grade::Untried : Grade::Holds;
}

qsizetype WallReport::held() const
{
    return std::count_if(probes.begin(), probes.end(),
                         [](const Probe &p) { return p.outcome == Probe::Outcome::Held; });
}

QJsonObject WallReport::toJson() const
{
    QJsonArray list;
    for (const Probe &probe : probes)
        list.append(
            QJsonObject{{u"name"_s, probe.name}, {u"outcome"_s, nameOf(probe.outcome)}, {u"found"_s, probe.found}});
    return {{u"id"_s, wall.id},       {u"title"_s, wall.title},     {u"grade"_s, isol8::toString(grade())},
            {u"stops"_s, wall.stops}, {u"failure"_s, wall.failure}, {u"mend"_s, wall.mend},
            {u"probes"_s, list}};
}

QString toString(WallReport::Grade grade)
{
    static constexpr QStringView names[] = {u"holds", u"open", u"untried"};
    return names[size_t(grade)].toString();
}

const QList<Wall> &walls()
{
    static const QString docker =
        u"Look for settings of Docker's that weaken every container (daemon.json), and for a runtime of another make."_s;
    static const QString update =
        u"Set isol8 up anew (isol8 setup --force) and bring Docker and runc up to date; if it stays, report it."_s;
    static const QString controllers =
        u"See isol8 doctor for the cgroup controllers that the kernel or a rootless Docker lacks."_s;
    static const QString report = u"Report it: this wall is isol8's own, and nothing of your machine should open it."_s;
    static const QList<Wall> list{
        {u"user"_s, u"User and rights"_s, u"The program is root nowhere, has no capability, and can gain none."_s,
         u"A program has rights that the other walls were not built against."_s, update},
        {u"root"_s, u"Files"_s, u"Nothing but /sandbox, /tmp and /dev/shm can be written; nothing of yours is seen."_s,
         u"A program may change what later runs use, or read and change your files."_s, docker},
        {u"calls"_s, u"System calls"_s,
         u"The kernel refuses what no program needs: mounts, bpf, io_uring, keyrings and more."_s,
         u"A program reaches parts of the kernel in which most escapes from containers were found."_s,
         u"Check that security.seccomp is strict, and that Docker and its kernel are built with seccomp."_s},
        {u"devices"_s, u"Devices"_s, u"No device of the machine can be opened or made."_s,
         u"A program may read the disk or memory behind all other walls."_s, docker},
        {u"kernel"_s, u"Kernel settings"_s,
         u"Nothing in /proc and /sys can be set, and nothing secret be read there."_s,
         u"A program may change the machine's kernel, or have it start a program outside."_s, docker},
        {u"init"_s, u"isol8-init"_s, u"The program can neither see into isol8's own process nor stop it."_s,
         u"A program may speak for its sandbox, or read another phase's secrets."_s, update},
        {u"namespaces"_s, u"Namespaces"_s,
         u"Processes, names, shared memory and cgroups of the machine are out of sight."_s,
         u"A program sees, and may disturb, what else runs on the machine."_s, docker},
        {u"network"_s, u"Network: none"_s,
         u"Without a network there is the loopback device, its own, and no other way."_s,
         u"A program may send what it has to anyone, or reach services of your network."_s, docker},
        {u"door"_s, u"Network: filtered"_s, u"The door alone leads out, and to public hosts alone."_s,
         u"A program may reach services of your machine, your network or your cloud."_s,
         u"Check network.allowPrivate and network.ports in the configuration (isol8 config)."_s},
        {u"limits"_s, u"Process limits"_s, u"Open files, locked memory, priority and core dumps are bounded."_s,
         u"A program may use up what the machine's other processes need."_s, docker},
        {u"memory"_s, u"Memory"_s, u"What needs more memory than memoryLimit is ended."_s,
         u"A program may use up the machine's memory."_s, controllers},
        {u"processes"_s, u"Processes"_s, u"There are at most pidsLimit processes."_s,
         u"A program may keep the machine from starting processes (a fork bomb)."_s, controllers},
        {u"disk"_s, u"Space"_s, u"/sandbox, /tmp and /dev/shm take no more than their size."_s,
         u"A program may fill the machine's memory by files."_s, docker},
        {u"cpu"_s, u"CPU"_s, u"A sandbox gets cpuLimit of the processors' time, and no more."_s,
         u"A program slows down everything else."_s, controllers},
        {u"time"_s, u"Time"_s, u"When timeoutMs is over, all that the program started is gone."_s,
         u"A program runs on after its time."_s, report},
        {u"output"_s, u"Output"_s, u"What passes maxOutputSize is dropped inside."_s,
         u"A program may fill memory or disk of whoever reads its output."_s, report},
        {u"secrets"_s, u"Secrets"_s, u"A secret's value is masked in the output, in other notations, too."_s,
         u"A secret may stand in logs that show a program's output."_s, report},
        {u"leftovers"_s, u"Leftovers"_s, u"A run leaves nothing to the next, and no container behind."_s,
         u"A run may see what an earlier one left, or a container lives on."_s,
         u"Remove what is left with isol8 cleanup; if it comes again, report it."_s},
    };
    return list;
}

QList<Probe> readProbes(const QByteArray &output, const QString &id)
{
    QList<Probe> probes;
    const QList<QByteArray> lines = output.left(1 << 20).split('\n').mid(0, MostLines);
    const QByteArray prefix = id.toUtf8() + '\t';
    for (const QByteArray &line : lines) {
        if (!line.startsWith(prefix))
            continue;
        const QList<QByteArray> fields = line.split('\t');
        Probe probe{plain(fields.value(1)), Probe::Outcome::Untried, plain(fields.mid(3).join(' '))};
        if (fields.value(2) == "held")
            probe.outcome = Probe::Outcome::Held;
        else if (fields.value(2) == "open")
            probe.outcome = Probe::Outcome::Open;
        probes.append(probe);
    }
    return probes;
}

} // namespace isol8
