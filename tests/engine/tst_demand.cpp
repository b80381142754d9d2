// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; sandbox
#include <isol8/sandbox/Demand.h>

#include <QTest>

using namespace isol8;

class tst_demand : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void stock_data();
    void stock();
    void forgets();
    void startTime();
};

void tst_demand::stock_data()
{
    QTest::addColumn<int>("everyMs");
    QTest::addColumn<int>("startMs");
    QTest::addColumn<int>("least");
    QTest::addColumn<int>("most");
    QTest::addColumn<int>("stock");
    QTest::newRow("nobody asks") << 0 << 200 << 1 << 8 << 1;
    QTest::newRow("nobody asks, none wanted") << 0 << 200 << 0 << 8 << 0;
    QTest::newRow("no start is known") << 100 << 0 << 1 << 8 << 1;
    QTest::newRow("now and then") << 5000 << 200 << 1 << 8 << 1;
    QTest::newRow("one a second, quick to start") << 1000 << 200 << 1 << 8 << 2; // 0.2 + 2 * 0.45
    QTest::newRow("one a second, slow to start") << 1000 << 1500 << 1 << 8 << 4; // 1.4 + 2 * 1.2
    QTest::newRow("four a second") << 250 << 400 << 1 << 8 << 5;                 // 1.6 + 2 * 1.3
    QTest::newRow("more than may be held") << 50 << 1000 << 1 << 8 << 8;
    QTest::newRow("the owner wants more than that") << 50 << 1000 << 12 << 8 << 12;
}

void tst_demand::stock()
{
    QFETCH(int, everyMs);
    QFETCH(int, startMs);
    QFETCH(int, least);
    QFETCH(int, most);
    Demand demand;
    qint64 now = 1000;
    if (startMs > 0)
        demand.started(milliseconds(startMs));
    for (; everyMs > 0 && now < 61000; now += everyMs)
        demand.asked(now);
    QTEST(demand.stock(now, least, most), "stock");
}

void tst_demand::forgets()
{
    Demand demand;
    demand.started(milliseconds(500));
    for (int i = 0; i < 100; ++i)
        demand.asked(1000 + i * 100);
    QVERIFY(demand.stock(11000, 1, 20) > 5);
    int before = 20;
    for (qint64 now = 11000; now <= 61000; now += 10000) {
        const int stock = demand.stock(now, 1, 20);
        QVERIFY(stock <= before);
        before = stock;
    }
    QCOMPARE(before, 1);
    QVERIFY(demand.rate(600000) < 1e-6);
    QVERIFY(demand.rate(0) >= demand.rate(11000)); // a clock that went back is no reason for anything strange
}

void tst_demand::startTime()
{
    Demand demand;
    QCOMPARE(demand.startTime(), milliseconds(0));
    demand.started(milliseconds(200));
    QCOMPARE(demand.startTime(), milliseconds(200));
    demand.started(milliseconds(1200)); // one that was slow counts, but not for all
    QVERIFY(demand.startTime() > milliseconds(200) && demand.startTime() < milliseconds(700));
    for (int i = 0; i < 20; ++i)
        demand.started(milliseconds(1200));
    QVERIFY(demand.startTime() > milliseconds(1150));
}

QTEST_GUILESS_MAIN(tst_demand)
#include "tst_demand.moc"
