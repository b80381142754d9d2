// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; isolation
#include <isol8/isolation/HostAdvice.h>
#include <isol8/isolation/Walls.h>

#include <QJsonArray>
#include <QSet>
#include <QTest>

#include <algorithm>

using namespace isol8;
using namespace Qt::StringLiterals;

namespace {

QJsonObject made(const QString &part, const QString &version)
{
    return {{u"Components"_s, QJsonArray{QJsonObject{{u"Name"_s, part}, {u"Version"_s, version}}}}};
}

CheckItem itemOf(const QList<CheckItem> &items, const QString &id)
{
    const auto found = std::find_if(items.begin(), items.end(), [&](const CheckItem &item) { return item.id == id; });
    return found == items.end() ? CheckItem{} : *found;
}

} // namespace

class tst_hostadvice : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void versions_data();
    void versions();
    void daemon_data();
    void daemon();
    void facts();
    void strange();
    void probes();
    void grades();
    void wallsAreWhole();
};

void tst_hostadvice::versions_data()
{
    QTest::addColumn<QString>("part");
    QTest::addColumn<QString>("version");
    QTest::addColumn<QString>("open"); // empty: none
    QTest::newRow("Debian 12") << u"runc"_s << u"1.1.5+ds1"_s << u"CVE-2024-21626"_s;
    QTest::newRow("the last before") << u"runc"_s << u"1.1.11"_s << u"CVE-2024-21626"_s;
    QTest::newRow("closed one, not the others") << u"runc"_s << u"1.1.12"_s << u"CVE-2025-31133"_s;
    QTest::newRow("1.2, before") << u"runc"_s << u"1.2.7"_s << u"CVE-2025-52881"_s;
    QTest::newRow("1.2, after") << u"runc"_s << u"1.2.8"_s << QString();
    QTest::newRow("1.3, before") << u"runc"_s << u"1.3.2"_s << u"CVE-2025-31133"_s;
    QTest::newRow("1.3, after") << u"runc"_s << u"1.3.3"_s << QString();
    QTest::newRow("1.4, candidate") << u"runc"_s << u"1.4.0-rc.1"_s << u"CVE-2025-31133"_s;
    QTest::newRow("1.4") << u"runc"_s << u"v1.4.0"_s << QString();
    QTest::newRow("2") << u"runc"_s << u"2.0.0"_s << QString();
    QTest::newRow("ancient") << u"runc"_s << u"1.0.0-rc6"_s << u"CVE-2019-5736"_s;
    QTest::newRow("crun, before") << u"crun"_s << u"1.8.1"_s << u"CVE-2025-24965"_s;
    QTest::newRow("crun, after") << u"crun"_s << u"1.20"_s << QString();
    QTest::newRow("containerd, before") << u"containerd"_s << u"1.4.2"_s << u"CVE-2020-15257"_s;
    QTest::newRow("containerd, after") << u"containerd"_s << u"1.6.20~ds1"_s << QString();
    QTest::newRow("no number") << u"runc"_s << u"unknown"_s << u"does not tell"_s;
}

void tst_hostadvice::versions()
{
    QFETCH(QString, part);
    QFETCH(QString, version);
    QFETCH(QString, open);
    const CheckItem item = itemOf(hostAdvice({}, made(part, version), {}), u"host_"_s + part);
    QCOMPARE(item.level, open.isEmpty() ? CheckItem::Level::Ok : CheckItem::Level::Advice);
    QVERIFY2(item.found.contains(open), qPrintable(item.found));
    QCOMPARE(item.advice.isEmpty(), open.isEmpty());
}

void tst_hostadvice::daemon_data()
{
    QTest::addColumn<QJsonObject>("info");
    QTest::addColumn<QString>("id");
    QTest::addColumn<bool>("fine");
    const auto options = [](const QString &name) {
        return QJsonObject{
            {u"SecurityOptions"_s, QJsonArray{u"name=seccomp,profile=default"_s, QString(u"name="_s + name)}}};
    };
    QTest::newRow("old kernel") << QJsonObject{{u"KernelVersion"_s, u"4.19.0-26-amd64"_s}} << u"host_kernel"_s << false;
    QTest::newRow("kernel") << QJsonObject{{u"KernelVersion"_s, u"6.1.0-30-amd64"_s}} << u"host_kernel"_s << true;
    QTest::newRow("cgroup 1") << QJsonObject{{u"CgroupVersion"_s, u"1"_s}} << u"host_cgroup"_s << false;
    QTest::newRow("cgroup 2") << QJsonObject{{u"CgroupVersion"_s, u"2"_s}} << u"host_cgroup"_s << true;
    QTest::newRow("root") << QJsonObject() << u"host_root"_s << false;
    QTest::newRow("rootless") << options(u"rootless"_s) << u"host_root"_s << true;
    QTest::newRow("userns") << options(u"userns"_s) << u"host_root"_s << true;
    QTest::newRow("no LSM") << QJsonObject() << u"host_lsm"_s << false;
    QTest::newRow("AppArmor") << options(u"apparmor"_s) << u"host_lsm"_s << true;
    QTest::newRow("SELinux") << options(u"selinux"_s) << u"host_lsm"_s << true;
    const QString warning = u"WARNING: API is accessible on http://0.0.0.0:2375 without encryption."_s;
    QTest::newRow("TCP") << QJsonObject{{u"Warnings"_s, QJsonArray{warning}}} << u"host_tcp"_s << false;
    QTest::newRow("no TCP") << QJsonObject{{u"Warnings"_s, QJsonArray{u"WARNING: No swap limit support"_s}}}
                            << u"host_tcp"_s << true;
}

void tst_hostadvice::daemon()
{
    QFETCH(QJsonObject, info);
    QFETCH(QString, id);
    QFETCH(bool, fine);
    const CheckItem item = itemOf(hostAdvice(info, {}, {}), id);
    QCOMPARE(item.level, fine ? CheckItem::Level::Ok : CheckItem::Level::Advice);
    QVERIFY(!item.found.isEmpty());
    QCOMPARE(item.advice.isEmpty(), fine);
}

void tst_hostadvice::facts()
{
    HostFacts facts;
    QVERIFY(itemOf(hostAdvice({}, {}, facts), u"host_socket"_s).id.isEmpty());
    facts.socketMode = 0666;
    facts.socketGroup = 105;
    facts.corePattern = u"|/usr/share/apport/apport %p"_s;
    auto items = hostAdvice({}, {}, facts);
    QVERIFY(itemOf(items, u"host_socket"_s).found.contains(u"0666"));
    QVERIFY(itemOf(items, u"host_core_pattern"_s).found.contains(u"apport"));
    QCOMPARE(itemOf(items, u"host_core_pattern"_s).level, CheckItem::Level::Advice);
    facts.socketMode = 0660;
    facts.corePattern = u"core"_s;
    items = hostAdvice({}, {}, facts);
    QCOMPARE(itemOf(items, u"host_socket"_s).level, CheckItem::Level::Ok);
    QCOMPARE(itemOf(items, u"host_core_pattern"_s).level, CheckItem::Level::Ok);
    QVERIFY(readHostFacts(u"/var/run/docker.sock"_s).socketMode.has_value());
    QVERIFY(!readHostFacts(QString()).socketMode);
}

// A daemon may be anyone's.
void tst_hostadvice::strange()
{
    const QJsonObject info{{u"Warnings"_s, 3}, {u"SecurityOptions"_s, u"x"_s}, {u"KernelVersion"_s, QJsonArray{}}};
    for (const QJsonObject &components : {QJsonObject{{u"Components"_s, u"runc"_s}},
                                          QJsonObject{{u"Components"_s, QJsonArray{1, QJsonObject{}, QJsonValue()}}},
                                          made(u"runc"_s, QString(100'000, u'9'))}) {
        for (const CheckItem &item : hostAdvice(info, components, {})) {
            QVERIFY(item.level != CheckItem::Level::Problem);
            QVERIFY2(item.found.size() < 1000, qPrintable(item.found));
        }
    }
}

void tst_hostadvice::probes()
{
    const QByteArray output = "calls\tmount\theld\tEPERM\n"
                              "calls\tbpf\topen\tEFAULT\n"
                              "other\tbpf\topen\tEFAULT\n"
                              "calls\tcut off\n"
                              "calls\n"
                              "calls\t\x1b[31mred\tperhaps\t\xff\xfe\tmore\n";
    const QList<Probe> probes = readProbes(output, u"calls"_s);
    QCOMPARE(probes.size(), 4);
    QCOMPARE(probes[0], (Probe{u"mount"_s, Probe::Outcome::Held, u"EPERM"_s}));
    QCOMPARE(probes[1], (Probe{u"bpf"_s, Probe::Outcome::Open, u"EFAULT"_s}));
    QCOMPARE(probes[2], (Probe{u"cut off"_s, Probe::Outcome::Untried, QString()}));
    QCOMPARE(probes[3].outcome, Probe::Outcome::Untried);
    QVERIFY(!probes[3].name.contains(u'\x1b'));
    QVERIFY(readProbes(QByteArray("calls\tx\theld\t\n").repeated(100'000), u"calls"_s).size() <= 1000);
    QVERIFY(readProbes("calls\t" + QByteArray(100'000, 'x') + "\theld\t\n", u"calls"_s).first().name.size() <= 200);
}

void tst_hostadvice::grades()
{
    const auto graded = [](const QList<Probe> &probes) { return WallReport{walls().first(), probes}.grade(); };
    const Probe held{u"a"_s, Probe::Outcome::Held, {}};
    const Probe open{u"b"_s, Probe::Outcome::Open, {}};
    const Probe untried{u"c"_s, Probe::Outcome::Untried, {}};
    QCOMPARE(toString(graded({held, held})), u"holds"_s);
    QCOMPARE(toString(graded({})), u"untried"_s);
    QCOMPARE(toString(graded({held, untried})), u"untried"_s);
    QCOMPARE(toString(graded({held, untried, open})), u"open"_s);
}

void tst_hostadvice::wallsAreWhole()
{
    QSet<QString> ids;
    for (const Wall &wall : walls()) {
        QVERIFY(!ids.contains(wall.id));
        ids.insert(wall.id);
        for (const QString &sentence : {wall.stops, wall.failure, wall.mend})
            QVERIFY2(sentence.endsWith(u'.'), qPrintable(wall.id));
    }
}

QTEST_GUILESS_MAIN(tst_hostadvice)
#include "tst_hostadvice.moc"
