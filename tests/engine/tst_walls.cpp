// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; policy
#include "support/GuestFacts.h"

#include <isol8/guest/protocol.h>
#include <isol8/policy/SandboxSpec.h>

#include <QTest>

using namespace isol8;
using namespace isol8::test;
using namespace Qt::StringLiterals;

Q_DECLARE_METATYPE(FactMap)
Q_DECLARE_METATYPE(SandboxSpec)

namespace {

SandboxSpec defaultSpec()
{
    SandboxSpec spec;
    spec.image = u"isol8:python"_s;
    spec.runtime = u"python"_s;
    spec.seccompProfile = seccompProfile(SeccompMode::Strict, {}).value();
    return spec;
}

guest::HelloMessage helloOf(const FactMap &facts)
{
    guest::HelloMessage hello;
    hello.facts.assign(facts.begin(), facts.end());
    return hello;
}

} // namespace

class tst_walls : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void wrong_data();
    void wrong();
    void absent();
    void right_data();
    void right();
    void doorOfFiltered_data();
    void doorOfFiltered();
    void version();
};

void tst_walls::wrong_data()
{
    QTest::addColumn<FactMap>("changes");
    QTest::addColumn<QStringList>("words");
    const auto row = [](const char *name, const FactMap &changes, const QStringList &words) {
        QTest::newRow(name) << changes << words;
    };
    row("another device", {{"net", "lo,eth0"}}, {u"network"_s, u"lo,eth0"_s});
    row("no loopback", {{"net", "eth0"}}, {u"network"_s});
    row("device named almost like a tunnel", {{"net", "lo,tunl1"}}, {u"network"_s});
    row("empty device", {{"net", "lo,"}}, {u"network"_s});
    row("door that was not asked for", {{"door", "127.0.0.1:8118"}}, {u"door"_s, u"nowhere"_s, u"8118"_s});
    row("writable root", {{"root.readonly", "0"}}, {u"read-only root"_s, u"\"0\""_s});
    row("privileges may grow", {{"nnp", "0"}}, {u"no-new-privileges"_s});
    row("no seccomp", {{"seccomp", "0"}}, {u"seccomp"_s, u"strict"_s, u"\"0\""_s});
    row("seccomp mode 1", {{"seccomp", "1"}}, {u"seccomp"_s});
    row("a capability more", {{"cap.bounding", "00000000000021e0"}}, {u"bounding"_s, u"21e0"_s, u"1e0"_s});
    row("a capability less", {{"cap.bounding", "00000000000000e0"}}, {u"bounding"_s});
    row("all capabilities", {{"cap.effective", "000001ffffffffff"}}, {u"effective"_s});
    row("capabilities not hexadecimal", {{"cap.effective", "many"}}, {u"effective"_s});
    row("sandbox suid", {{"mount:/sandbox", "tmpfs rw,nodev,relatime 536870912"}}, {u"/sandbox"_s, u"nosuid"_s});
    row("sandbox devices", {{"mount:/sandbox", "tmpfs rw,nosuid,relatime 536870912"}}, {u"/sandbox"_s});
    row("sandbox noexec", {{"mount:/sandbox", "tmpfs rw,nosuid,nodev,noexec 536870912"}}, {u"/sandbox"_s, u"exec"_s});
    row("sandbox read-only", {{"mount:/sandbox", "tmpfs ro,nosuid,nodev 536870912"}}, {u"/sandbox"_s});
    row("sandbox on disk", {{"mount:/sandbox", "ext4 rw,nosuid,nodev 536870912"}}, {u"/sandbox"_s, u"ext4"_s});
    row("sandbox too large", {{"mount:/sandbox", "tmpfs rw,nosuid,nodev 12345678901"}}, {u"/sandbox"_s, u"512m"_s});
    row("sandbox too small", {{"mount:/sandbox", "tmpfs rw,nosuid,nodev 65536"}}, {u"/sandbox"_s});
    row("sandbox unlimited", {{"mount:/sandbox", "tmpfs rw,nosuid,nodev 0"}}, {u"/sandbox"_s});
    row("sandbox without size", {{"mount:/sandbox", "tmpfs rw,nosuid,nodev"}}, {u"/sandbox"_s});
    row("sandbox size negative", {{"mount:/sandbox", "tmpfs rw,nosuid,nodev -1"}}, {u"/sandbox"_s});
    row("tmp exec", {{"mount:/tmp", "tmpfs rw,nosuid,nodev 268435456"}}, {u"/tmp"_s, u"noexec"_s});
    row("tmp size", {{"mount:/tmp", "tmpfs rw,nosuid,nodev,noexec 536870912"}}, {u"/tmp"_s, u"256m"_s});
    row("shm exec", {{"mount:/dev/shm", "tmpfs rw,nosuid,nodev 16777216"}}, {u"/dev/shm"_s});
    row("shm size", {{"mount:/dev/shm", "tmpfs rw,nosuid,nodev,noexec 67108864"}}, {u"/dev/shm"_s, u"16m"_s});
    row("another writable place", {{"mounts.writable", "/data"}}, {u"writable"_s, u"/data"_s});
    row("memory more", {{"memory.max", "536875008"}}, {u"memoryLimit"_s, u"536870912"_s, u"536875008"_s});
    row("memory less", {{"memory.max", "536805376"}}, {u"memoryLimit"_s});
    row("memory unlimited", {{"memory.max", "max"}}, {u"memoryLimit"_s, u"max"_s});
    row("memory unlimited on version 1", {{"memory.max", "9223372036854771712"}}, {u"memoryLimit"_s});
    row("memory past 64 bits", {{"memory.max", "92233720368547717120"}}, {u"memoryLimit"_s});
    row("swap", {{"memory.swap.max", "536870912"}}, {u"swap"_s});
    row("swap unlimited", {{"memory.swap.max", "max"}}, {u"swap"_s, u"max"_s});
    row("swap not accounted", {{"memory.swap.max", ""}}, {u"swap"_s, u"swapaccount=1"_s});
    row("swap not accounted, and there is some", {{"memory.swap.max", ""}, {"swap.total", "1073741824"}},
        {u"swap"_s, u"swapaccount=1"_s});
    row("pids more", {{"pids.max", "65"}}, {u"pidsLimit"_s, u"64"_s, u"65"_s});
    row("pids unlimited", {{"pids.max", "max"}}, {u"pidsLimit"_s});
    row("cpu more", {{"cpu.max", "200000 100000"}}, {u"cpuLimit"_s, u"200000 100000"_s});
    row("cpu less", {{"cpu.max", "50000 100000"}}, {u"cpuLimit"_s});
    row("cpu unlimited", {{"cpu.max", "max 100000"}}, {u"cpuLimit"_s, u"max 100000"_s});
    row("cpu without period", {{"cpu.max", "100000"}}, {u"cpuLimit"_s});
    row("cpu period zero", {{"cpu.max", "100000 0"}}, {u"cpuLimit"_s});
    row("open files", {{"nofile", "1048576"}}, {u"open files"_s, u"1048576"_s, u"1024"_s});
    row("core dumps", {{"core", "18446744073709551615"}}, {u"core dumps"_s});
    row("another user", {{"uid", "1000"}}, {u"user"_s, u"1000"_s});
    row("not the first process", {{"pid", "7"}}, {u"process number"_s, u"7"_s});
    row("cgroup of an unknown kind", {{"cgroup", "3"}}, {u"cgroup"_s});
    row("no cgroup", {{"cgroup", ""}, {"memory.max", ""}, {"pids.max", ""}, {"cpu.max", ""}},
        {u"cgroup"_s, u"memoryLimit (512m)"_s, u"cpuLimit (1)"_s, u"pidsLimit (64)"_s, u"default runtime"_s});
}

void tst_walls::wrong()
{
    QFETCH(FactMap, changes);
    QFETCH(QStringList, words);
    FactMap facts = allWalls();
    for (const auto &[key, value] : changes)
        facts[key] = value;
    const auto result = verifyWalls(defaultSpec(), helloOf(facts));
    QVERIFY(!result);
    QCOMPARE(result.error().code, errors::WallMissing);
    for (const QString &word : words)
        QVERIFY2(result.error().message.contains(word), qPrintable(result.error().message));
}

// Each fact left out, and each fact empty, is a wall that is not shown.
void tst_walls::absent()
{
    const FactMap all = allWalls();
    for (const auto &[key, value] : all) {
        FactMap facts = all;
        facts.erase(key);
        QVERIFY2(!verifyWalls(defaultSpec(), helloOf(facts)), key.c_str());
        if (key == "mounts.writable" || key == "door")
            continue; // empty is as it should be
        facts[key] = "";
        const auto result = verifyWalls(defaultSpec(), helloOf(facts));
        QVERIFY2(!result, key.c_str());
        QCOMPARE(result.error().code, errors::WallMissing);
    }
    QVERIFY(!verifyWalls(defaultSpec(), guest::HelloMessage()));
}

void tst_walls::right_data()
{
    QTest::addColumn<SandboxSpec>("spec");
    QTest::addColumn<FactMap>("changes");
    SandboxSpec spec = defaultSpec();
    QTest::newRow("defaults") << spec << FactMap();
    QTest::newRow("cgroup 2") << spec << FactMap{{"cgroup", "2"}};
    QTest::newRow("capabilities without zeros") << spec << FactMap{{"cap.bounding", "1e0"}};
    QTest::newRow("swap not accounted, but none there")
        << spec << FactMap{{"memory.swap.max", ""}, {"swap.total", "0"}};
    QTest::newRow("fallback tunnels") << spec << FactMap{{"net", "lo,tunl0,sit0,ip6tnl0"}};
    QTest::newRow("unknown fact") << spec << FactMap{{"moon", "full"}};

    spec.network = Network::Filtered;
    QTest::newRow("filtered") << spec << FactMap{{"door", "127.0.0.1:8118,[::1]:8118"}};
    QTest::newRow("filtered without IPv6") << spec << FactMap{{"door", "127.0.0.1:8118"}};
    spec.network = Network::Host;
    QTest::newRow("host network") << spec << FactMap{{"net", "lo,eth0,docker0"}};

    spec = defaultSpec();
    spec.readonlyRoot = false;
    QTest::newRow("writable root") << spec << FactMap{{"root.readonly", "0"}};

    spec = defaultSpec();
    spec.seccomp = SeccompMode::Unconfined;
    spec.seccompProfile.clear();
    QTest::newRow("unconfined") << spec << FactMap{{"seccomp", "0"}};

    spec = defaultSpec();
    spec.memory = 100000000;
    QTest::newRow("memory of no whole page, 4k") << spec << FactMap{{"memory.max", "99999744"}};
    QTest::newRow("memory of no whole page, 64k") << spec << FactMap{{"memory.max", "99942400"}};

    spec = defaultSpec();
    spec.sandboxSize = 100000;
    QTest::newRow("tmpfs of no whole page") << spec << FactMap{{"mount:/sandbox", "tmpfs rw,nosuid,nodev 102400"}};

    spec = defaultSpec();
    spec.cpus = 0.333;
    QTest::newRow("fraction of a CPU") << spec << FactMap{{"cpu.max", "33300 100000"}};
    QTest::newRow("rounded up by systemd") << spec << FactMap{{"cpu.max", "34000 100000"}};
    QTest::newRow("another period") << spec << FactMap{{"cpu.max", "16650 50000"}};
    spec.cpus = 0.01;
    QTest::newRow("least CPU") << spec << FactMap{{"cpu.max", "1000 100000"}};
    spec.cpus = 1.0 / 3;
    QTest::newRow("third of a CPU") << spec << FactMap{{"cpu.max", "33333 100000"}};
}

void tst_walls::right()
{
    QFETCH(SandboxSpec, spec);
    QFETCH(FactMap, changes);
    FactMap facts = allWalls();
    for (const auto &[key, value] : changes)
        facts[key] = value;
    const auto result = verifyWalls(spec, helloOf(facts));
    QVERIFY2(result, qPrintable(result ? QString() : result.error().message));
}

void tst_walls::doorOfFiltered_data()
{
    QTest::addColumn<QString>("door");
    QTest::newRow("none") << QString();
    QTest::newRow("on IPv6 alone") << u"[::1]:8118"_s;
    QTest::newRow("another port") << u"127.0.0.1:81180"_s;
    QTest::newRow("every address") << u"0.0.0.0:8118"_s;
}

void tst_walls::doorOfFiltered()
{
    QFETCH(QString, door);
    SandboxSpec spec = defaultSpec();
    spec.network = Network::Filtered;
    FactMap facts = allWalls();
    facts["door"] = door.toStdString();
    const auto result = verifyWalls(spec, helloOf(facts));
    QVERIFY(!result);
    QCOMPARE(result.error().code, errors::WallMissing);
    QVERIFY2(result.error().message.contains(u"door"), qPrintable(result.error().message));
}

void tst_walls::version()
{
    guest::HelloMessage hello = helloOf(allWalls());
    hello.version = guest::ProtocolVersion + 1;
    const auto result = verifyWalls(defaultSpec(), hello);
    QVERIFY(!result);
    QCOMPARE(result.error().code, errors::WallMissing);
    QVERIFY(result.error().message.contains(u"version"));

    SandboxSpec spec = defaultSpec();
    spec.isolation = u"runsc"_s;
    FactMap facts = allWalls();
    facts["cgroup"] = "";
    const auto runsc = verifyWalls(spec, helloOf(facts));
    QVERIFY(!runsc);
    QVERIFY2(runsc.error().message.contains(u"isolation runtime \"runsc\""), qPrintable(runsc.error().message));
}

QTEST_GUILESS_MAIN(tst_walls)
#include "tst_walls.moc"
