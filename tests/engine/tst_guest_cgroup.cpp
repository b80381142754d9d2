// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; guest
// How init reads both versions of control groups, on folders that look like them.
#include "../../engine/guest/init/Cgroup.cpp"
#include "../../engine/guest/init/System.cpp"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace isol8::guest;
using namespace Qt::StringLiterals;

using Tree = QMap<QString, QByteArray>;

class tst_guest_cgroup : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void limits_data();
    void limits();
    void counters_data();
    void counters();
    void countersAreReadAnew();

private:
    static std::string plant(const QTemporaryDir &folder, const Tree &tree);
};

namespace {

const Tree versionOne{{u"memory/memory.limit_in_bytes"_s, "536870912\n"},
                      {u"memory/memory.memsw.limit_in_bytes"_s, "536870912\n"},
                      {u"memory/memory.usage_in_bytes"_s, "1000\n"},
                      {u"memory/memory.max_usage_in_bytes"_s, "2000\n"},
                      {u"memory/memory.oom_control"_s, "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n"},
                      {u"cpuacct/cpuacct.usage"_s, "123456789\n"},
                      {u"cpu/cpu.cfs_quota_us"_s, "150000\n"},
                      {u"cpu/cpu.cfs_period_us"_s, "100000\n"},
                      {u"pids/pids.max"_s, "64\n"},
                      {u"pids/pids.current"_s, "5\n"},
                      {u"pids/pids.events"_s, "max 7\n"}};

const Tree versionTwo{{u"memory.max"_s, "536870912\n"},
                      {u"memory.swap.max"_s, "0\n"},
                      {u"memory.current"_s, "1000\n"},
                      {u"memory.peak"_s, "2000\n"},
                      {u"memory.events"_s, "low 0\nhigh 0\nmax 9\noom 4\noom_kill 3\noom_group_kill 0\n"},
                      {u"cpu.stat"_s, "usage_usec 123456\nuser_usec 100000\nsystem_usec 23456\n"},
                      {u"cpu.max"_s, "150000 100000\n"},
                      {u"pids.max"_s, "64\n"},
                      {u"pids.current"_s, "5\n"},
                      {u"pids.events"_s, "max 7\n"}};

Tree with(Tree tree, const Tree &changes)
{
    for (auto i = changes.cbegin(); i != changes.cend(); ++i) {
        if (i.value().isNull())
            tree.remove(i.key());
        else
            tree.insert(i.key(), i.value());
    }
    return tree;
}

} // namespace

std::string tst_guest_cgroup::plant(const QTemporaryDir &folder, const Tree &tree)
{
    for (auto i = tree.cbegin(); i != tree.cend(); ++i) {
        const QString path = folder.filePath(i.key());
        QDir().mkpath(QFileInfo(path).path());
        QFile file(path);
        if (file.open(QIODevice::WriteOnly))
            file.write(i.value());
    }
    return folder.path().toStdString() + '/';
}

void tst_guest_cgroup::limits_data()
{
    QTest::addColumn<Tree>("tree");
    QTest::addColumn<int>("version");
    QTest::addColumn<QByteArrayList>("found"); // memory, swap, pids, cpu
    QTest::newRow("v1") << versionOne << 1 << QByteArrayList{"536870912", "0", "64", "150000 100000"};
    QTest::newRow("v1 swap") << with(versionOne, {{u"memory/memory.memsw.limit_in_bytes"_s, "536875008\n"}}) << 1
                             << QByteArrayList{"536870912", "4096", "64", "150000 100000"};
    QTest::newRow("v1 no limits") << with(versionOne,
                                          {{u"memory/memory.limit_in_bytes"_s, "9223372036854771712\n"},
                                           {u"memory/memory.memsw.limit_in_bytes"_s, "9223372036854771712\n"},
                                           {u"cpu/cpu.cfs_quota_us"_s, "-1\n"},
                                           {u"pids/pids.max"_s, "max\n"}})
                                  << 1 << QByteArrayList{"max", "max", "max", "max 100000"};
    QTest::newRow("v1 swap not accounted")
        << with(versionOne, {{u"memory/memory.memsw.limit_in_bytes"_s, QByteArray()}}) << 1
        << QByteArrayList{"536870912", "", "64", "150000 100000"};
    QTest::newRow("v2") << versionTwo << 2 << QByteArrayList{"536870912", "0", "64", "150000 100000"};
    QTest::newRow("v2 no limits") << with(versionTwo, {{u"memory.max"_s, "max\n"},
                                                       {u"memory.swap.max"_s, "max\n"},
                                                       {u"cpu.max"_s, "max 100000\n"},
                                                       {u"pids.max"_s, "max\n"}})
                                  << 2 << QByteArrayList{"max", "max", "max", "max 100000"};
    QTest::newRow("v2 swap not accounted") << with(versionTwo, {{u"memory.swap.max"_s, QByteArray()}}) << 2
                                           << QByteArrayList{"536870912", "", "64", "150000 100000"};
    QTest::newRow("none") << Tree() << 0 << QByteArrayList{"", "", "", ""};
}

void tst_guest_cgroup::limits()
{
    QFETCH(Tree, tree);
    QFETCH(int, version);
    QFETCH(QByteArrayList, found);
    const QTemporaryDir folder;
    const Cgroup cgroup(plant(folder, tree));
    QCOMPARE(cgroup.version(), version);
    QCOMPARE((QByteArrayList{QByteArray::fromStdString(cgroup.memoryMax()), QByteArray::fromStdString(cgroup.swapMax()),
                             QByteArray::fromStdString(cgroup.pidsMax()), QByteArray::fromStdString(cgroup.cpuMax())}),
             found);
}

void tst_guest_cgroup::counters_data()
{
    QTest::addColumn<Tree>("tree");
    QTest::addColumn<quint64>("cpuNs");
    QTest::newRow("v1") << versionOne << quint64(123456789);
    QTest::newRow("v2") << versionTwo << quint64(123456000);
}

void tst_guest_cgroup::counters()
{
    QFETCH(Tree, tree);
    QFETCH(quint64, cpuNs);
    const QTemporaryDir folder;
    const Cgroup cgroup(plant(folder, tree));
    QCOMPARE(quint64(cgroup.cpuNs().value_or(0)), cpuNs);
    QCOMPARE(quint64(cgroup.memory().value_or(0)), quint64(1000));
    QCOMPARE(quint64(cgroup.memoryPeak().value_or(0)), quint64(2000));
    QCOMPARE(quint64(cgroup.oomKills()), quint64(3));
    QCOMPARE(quint64(cgroup.pidRefusals()), quint64(7));
    QCOMPARE(cgroup.pids(), 4U);

    const QTemporaryDir empty;
    const Cgroup none(plant(empty, {}));
    QVERIFY(!none.cpuNs() && !none.memory() && !none.memoryPeak());
    QCOMPARE(quint64(none.oomKills() + none.pidRefusals() + none.pids()), quint64(0));
}

void tst_guest_cgroup::countersAreReadAnew()
{
    const QTemporaryDir folder;
    const Cgroup cgroup(plant(folder, versionTwo));
    QFile events(folder.filePath(u"memory.events"_s));
    QVERIFY(events.open(QIODevice::ReadWrite));
    events.write("oom_kill 5\n");
    events.close();
    QCOMPARE(quint64(cgroup.oomKills()), quint64(5));
}

QTEST_APPLESS_MAIN(tst_guest_cgroup)
#include "tst_guest_cgroup.moc"
