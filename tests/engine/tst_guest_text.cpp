// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; guest
// What init reads of the kernel, and the reaper of the daemon.
#include <isol8/guest/ContainerIds.h>
#include <isol8/guest/Text.h>

#include <QTest>

using namespace isol8::guest;

class tst_guest_text : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void number_data();
    void number();
    void keysAndFields();
    void networkDevices_data();
    void networkDevices();
    void mountInfo();
    void writable();
    void sysv();
    void sockets_data();
    void sockets();
    void counters();
    void state_data();
    void state();
    void requests();
    void ids_data();
    void ids();
    void idsOfAnyText();
};

void tst_guest_text::number_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<bool>("valid");
    QTest::addColumn<quint64>("value");
    QTest::newRow("zero") << QByteArray("0") << true << quint64(0);
    QTest::newRow("largest") << QByteArray("18446744073709551615") << true << ~quint64(0);
    QTest::newRow("one more") << QByteArray("18446744073709551616") << false << quint64(0);
    QTest::newRow("many digits") << QByteArray("184467440737095516150") << false << quint64(0);
    QTest::newRow("empty") << QByteArray("") << false << quint64(0);
    QTest::newRow("max") << QByteArray("max") << false << quint64(0);
    QTest::newRow("sign") << QByteArray("-1") << false << quint64(0);
    QTest::newRow("blank") << QByteArray("1 ") << false << quint64(0);
}

void tst_guest_text::number()
{
    QFETCH(QByteArray, text);
    QFETCH(bool, valid);
    QFETCH(quint64, value);
    const auto result = parseNumber(text.toStdString());
    QCOMPARE(result.has_value(), valid);
    QCOMPARE(quint64(result.value_or(0)), value);
}

void tst_guest_text::keysAndFields()
{
    const std::string_view events = "low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 0\n";
    QCOMPARE(numberOf(events, "oom_kill").value_or(99), std::uint64_t(2));
    QCOMPARE(numberOf(events, "oom").value_or(99), std::uint64_t(3));
    QVERIFY(!numberOf(events, "kill").has_value());
    QVERIFY(!numberOf("oom_kill\n", "oom_kill").has_value());
    QVERIFY(!numberOf({}, "x").has_value());

    const std::string_view status =
        "Name:\tCapBnd: 1\nNoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t3\nCapBnd:\t00000000000001e0\n";
    QCOMPARE(fieldOf(status, "NoNewPrivs"), std::string_view("1"));
    QCOMPARE(fieldOf(status, "Seccomp"), std::string_view("2"));
    QCOMPARE(fieldOf(status, "CapBnd"), std::string_view("00000000000001e0"));
    QVERIFY(fieldOf(status, "CapEff").empty());
}

void tst_guest_text::networkDevices_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("names");
    const QByteArray head = "Inter-|   Receive                                                |  Transmit\n"
                            " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets\n";
    const QByteArray zeros = ":       0       0    0    0    0     0          0         0\n";
    QTest::newRow("loopback") << head + "    lo" + zeros << QByteArray("lo");
    QTest::newRow("two") << head + "    lo" + zeros + "  eth0" + zeros << QByteArray("lo,eth0");
    QTest::newRow("none") << head << QByteArray();
    QTest::newRow("nothing") << QByteArray() << QByteArray();
}

void tst_guest_text::networkDevices()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, names);
    QCOMPARE(QByteArray::fromStdString(isol8::guest::networkDevices(text.toStdString())), names);
}

void tst_guest_text::mountInfo()
{
    const auto mounts = parseMountInfo("22 1 0:5 / / ro,relatime master:1 shared:2 - overlay overlay rw,lowerdir=/a\n"
                                       "23 22 0:6 / /sandbox rw,nosuid,nodev - tmpfs tmpfs rw,size=524288k\n"
                                       "24 22 0:7 / /with\\040blank rw - tmpfs tmpfs ro\n"
                                       "25 22 0:8 / /broken rw\n"
                                       "26 22 0:9 / /end rw -\n");
    QCOMPARE(mounts.size(), std::size_t(3));
    QCOMPARE(mounts[0].point, std::string("/"));
    QVERIFY(mounts[0].readOnly());
    QCOMPARE(mounts[0].type, std::string("overlay"));
    QCOMPARE(mounts[1].options, std::string("rw,nosuid,nodev"));
    QVERIFY(!mounts[1].readOnly());
    QCOMPARE(mounts[2].point, std::string("/with blank"));
    QVERIFY(mounts[2].readOnly()); // by its file system
    QVERIFY(!MountLine::has("rw,errors=remount-ro,pro", "ro"));
}

void tst_guest_text::writable()
{
    const auto places = [](std::string_view mountInfo) {
        return QByteArray::fromStdString(writablePlaces(parseMountInfo(mountInfo)));
    };
    const std::string own = "106 55 0:38 / / rw,relatime - overlay overlay rw\n"
                            "107 106 0:41 / /proc rw,nosuid - proc proc rw\n"
                            "108 106 0:44 / /dev rw,nosuid - tmpfs tmpfs rw,size=65536k,mode=755\n"
                            "109 108 0:45 / /dev/pts rw,nosuid - devpts devpts rw\n"
                            "111 110 0:47 / /sys/fs/cgroup rw,nosuid - tmpfs tmpfs rw,mode=755\n"
                            "121 108 0:40 / /dev/mqueue rw,nosuid - mqueue mqueue rw\n"
                            "122 108 0:48 / /dev/shm rw,nosuid - tmpfs shm rw\n"
                            "123 106 0:51 / /sandbox rw,nosuid - tmpfs tmpfs rw\n"
                            "124 106 0:52 / /tmp rw,nosuid - tmpfs tmpfs rw\n"
                            "126 106 254:0 /h /etc/hostname rw,relatime - ext4 /dev/vda rw\n"
                            "128 107 0:44 /null /proc/keys rw,nosuid - tmpfs tmpfs rw\n"
                            "129 106 254:0 /v /read ro,relatime - ext4 /dev/vda rw\n";
    QCOMPARE(places(own), QByteArray());
    QCOMPARE(places(own + "130 106 254:0 /v /data rw,relatime - ext4 /dev/vda rw\n"
                          "131 123 254:0 /v /sandbox/x rw,relatime - ext4 /dev/vda rw\n"),
             QByteArray("/data,/sandbox/x"));
    QCOMPARE(places(own + "130 106 0:60 / /process rw,relatime - tmpfs tmpfs rw\n"), QByteArray("/process"));
    // As rootless Docker has them, and what only looks like that.
    QCOMPARE(places(own + "130 108 0:6 /null /dev/null rw,nosuid - devtmpfs devtmpfs rw\n"
                          "131 108 0:6 /urandom /dev/urandom rw,nosuid - devtmpfs devtmpfs rw\n"),
             QByteArray());
    QCOMPARE(places(own + "130 108 0:6 /vda /dev/vda rw,nosuid - devtmpfs devtmpfs rw\n"
                          "131 108 254:0 /f /dev/null rw,nosuid - ext4 /dev/vda rw\n"),
             QByteArray("/dev/vda,/dev/null"));
}

void tst_guest_text::sysv()
{
    const auto ids = sysvIds("       key      shmid perms                  size  cpid\n"
                             "    4096          0  1600                 65536    13\n"
                             "-1234567      32769   600                   123    13\n"
                             " garbage\n");
    QCOMPARE(ids, std::vector<int>({0, 32769}));
    QVERIFY(sysvIds("key shmid\n").empty());
    QVERIFY(sysvIds({}).empty());
}

void tst_guest_text::sockets_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<bool>("none");
    const QByteArray rest = "UDP: inuse 0 mem 5\nUDPLITE: inuse 0\nRAW: inuse 0\nFRAG: inuse 0 memory 0\n";
    const QByteArray six = "TCP6: inuse 0\nUDP6: inuse 0\nUDPLITE6: inuse 0\nRAW6: inuse 0\nFRAG6: inuse 0 memory 0\n";
    QTest::newRow("none") << QByteArray("sockets: used 41\nTCP: inuse 0 orphan 3 tw 0 alloc 9 mem 18\n" + rest) << true;
    QTest::newRow("IPv6, none") << six << true;
    QTest::newRow("one listens") << QByteArray("sockets: used 41\nTCP: inuse 1 orphan 0 tw 0 alloc 1 mem 1\n" + rest)
                                 << false;
    QTest::newRow("a closed one") << QByteArray("sockets: used 0\nTCP: inuse 0 orphan 0 tw 2 alloc 0 mem 0\n" + rest)
                                  << false;
    QTest::newRow("UDP over IPv6") << QByteArray(six).replace("UDP6: inuse 0", "UDP6: inuse 1") << false;
    QTest::newRow("raw") << QByteArray(six).replace("RAW6: inuse 0", "RAW6: inuse 12") << false;
    QTest::newRow("nothing to read") << QByteArray() << false;
    QTest::newRow("no TCP") << rest << false;
    QTest::newRow("no number") << QByteArray("TCP: inuse") << false;
}

void tst_guest_text::sockets()
{
    QFETCH(QByteArray, text);
    QFETCH(bool, none);
    QCOMPARE(noSockets(text.toStdString()), none);
}

void tst_guest_text::counters()
{
    const std::string text = "Ip: Forwarding DefaultTTL ActiveOpens\nIp: 1 64 5\n"
                             "Tcp: RtoAlgorithm MaxConn ActiveOpens PassiveOpens\nTcp: 1 -1 202 171\n";
    QCOMPARE(networkCounter(text, "Tcp:", "ActiveOpens").value_or(0), 202U);
    QCOMPARE(networkCounter(text, "Ip:", "ActiveOpens").value_or(0), 5U);
    QVERIFY(!networkCounter(text, "Tcp:", "MaxConn")); // "-1"
    QVERIFY(!networkCounter(text, "Tcp:", "OutSegs"));
    QVERIFY(!networkCounter(text, "Udp:", "InDatagrams"));
    QVERIFY(!networkCounter("Tcp: ActiveOpens", "Tcp:", "ActiveOpens"));
    QVERIFY(!networkCounter("", "Tcp:", "ActiveOpens"));
}

void tst_guest_text::state_data()
{
    QTest::addColumn<QByteArray>("stat");
    QTest::addColumn<char>("letter");
    QTest::newRow("sleeps") << QByteArray("12 (bash) S 1 12 12 0") << 'S';
    QTest::newRow("lies in its name") << QByteArray("12 (x) T 1 () R 1 12") << 'R';
    QTest::newRow("gone") << QByteArray() << '\0';
    QTest::newRow("cut") << QByteArray("12 (bash) ") << '\0';
}

void tst_guest_text::state()
{
    QFETCH(QByteArray, stat);
    QFETCH(char, letter);
    QCOMPARE(processState(stat.toStdString()), letter);
}

void tst_guest_text::requests()
{
    QCOMPARE(
        listRequest("org.isol8=ab-1"),
        std::string("GET /containers/json?all=1&filters=%7B%22label%22%3A%5B%22org.isol8%3Dab-1%22%5D%7D HTTP/1.0\r\n"
                    "Host: docker\r\nConnection: close\r\n\r\n"));
    QCOMPARE(percentEncode("a b\r\n\xff"), std::string("a%20b%0D%0A%FF"));
    QCOMPARE(jsonString("a\"b\\c\n"), std::string("\"a\\\"b\\\\c\""));
    QCOMPARE(deleteRequest("ff"),
             std::string("DELETE /containers/ff?force=1&v=1 HTTP/1.0\r\nHost: docker\r\nConnection: close\r\n\r\n"));
    QVERIFY(isSuccess("HTTP/1.0 200 OK\r\n"));
    QVERIFY(isSuccess("HTTP/1.1 200 OK\r\n"));
    QVERIFY(!isSuccess("HTTP/1.0 500 Internal Server Error\r\n"));
    QVERIFY(!isSuccess("HTTP/1.0 2000"));
    QVERIFY(!isSuccess(""));
}

void tst_guest_text::ids_data()
{
    QTest::addColumn<QByteArray>("answer");
    QTest::addColumn<QByteArrayList>("found");
    const QByteArray a = QByteArray("a1").repeated(32);
    const QByteArray b = QByteArray("0f").repeated(32);
    QTest::newRow("two") << "[{\"Id\":\"" + a + "\",\"Names\":[]},{\"Id\":\"" + b + "\"}]" << QByteArrayList{a, b};
    QTest::newRow("blanks") << "[{ \"Id\" : \"" + a + "\" }]" << QByteArrayList{a};
    QTest::newRow("none") << QByteArray("[]") << QByteArrayList{};
    QTest::newRow("in a label") << "[{\"Labels\":{\"x\":\"\\\"Id\\\":\\\"" + a + "\\\"\"}}]" << QByteArrayList{};
    QTest::newRow("other members") << "[{\"ImageId\":\"" + a + "\",\"NetworkID\":\"" + b + "\"}]" << QByteArrayList{};
    QTest::newRow("upper case") << "[{\"Id\":\"" + a.toUpper() + "\"}]" << QByteArrayList{};
    QTest::newRow("short") << "[{\"Id\":\"" + a.left(63) + "\"}]" << QByteArrayList{};
    QTest::newRow("long") << "[{\"Id\":\"" + a + "a\"}]" << QByteArrayList{};
    QTest::newRow("cut") << "[{\"Id\":\"" + a << QByteArrayList{};
    QTest::newRow("path") << "[{\"Id\":\"../" + a.left(61) + "\"}]" << QByteArrayList{};
}

void tst_guest_text::ids()
{
    QFETCH(QByteArray, answer);
    QFETCH(QByteArrayList, found);
    QByteArrayList result;
    for (const std::string &id : containerIds(answer.toStdString()))
        result.append(QByteArray::fromStdString(id));
    QCOMPARE(result, found);
}

void tst_guest_text::idsOfAnyText()
{
    const QByteArray one = "{\"Id\":\"" + QByteArray(64, 'e') + "\"}";
    QCOMPARE(containerIds(one.repeated(10).toStdString(), 4).size(), std::size_t(4));
    for (qsizetype size = 0; size < one.size(); ++size)
        QVERIFY(containerIds(one.left(size).toStdString()).size() <= 1);
}

QTEST_APPLESS_MAIN(tst_guest_text)
#include "tst_guest_text.moc"
