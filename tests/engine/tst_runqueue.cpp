// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; execution
#include <isol8/execution/RunQueue.h>

#include <QRandomGenerator>
#include <QTest>

using namespace isol8;
using namespace Qt::StringLiterals;

class tst_runqueue : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void concurrency();
    void priority();
    void fairShare();
    void orderIsThatOfAdmission();
    void givenUp();
    void capacity();
};

void tst_runqueue::concurrency()
{
    RunQueue queue(2);
    for (quint64 id = 1; id <= 3; ++id)
        QVERIFY(queue.enqueue(id, u"a"_s, 0));
    QCOMPARE(queue.admit(), std::optional<quint64>(1));
    QCOMPARE(queue.admit(), std::optional<quint64>(2));
    QCOMPARE(queue.admit(), std::nullopt);
    QCOMPARE(queue.running(), 2);
    queue.leave(1);
    QCOMPARE(queue.admit(), std::optional<quint64>(3));
    QCOMPARE(queue.admit(), std::nullopt);
}

void tst_runqueue::priority()
{
    RunQueue queue(1);
    QVERIFY(queue.enqueue(1, u"a"_s, 0));
    QVERIFY(queue.enqueue(2, u"a"_s, 5));
    QVERIFY(queue.enqueue(3, u"a"_s, -1));
    QVERIFY(queue.enqueue(4, u"a"_s, 5));
    QCOMPARE(queue.waiting(), (QList<quint64>{2, 4, 1, 3}));
    QCOMPARE(queue.admit(), std::optional<quint64>(2));
}

void tst_runqueue::fairShare()
{
    RunQueue queue(2);
    for (quint64 id = 1; id <= 4; ++id)
        QVERIFY(queue.enqueue(id, u"greedy"_s, 0));
    QVERIFY(queue.enqueue(5, u"modest"_s, 0));
    QCOMPARE(queue.admit(), std::optional<quint64>(1));
    QCOMPARE(queue.admit(), std::optional<quint64>(5));
    QCOMPARE(queue.waiting(), (QList<quint64>{2, 3, 4}));
}

void tst_runqueue::orderIsThatOfAdmission()
{
    QRandomGenerator random(4711);
    for (int round = 0; round < 20; ++round) {
        RunQueue queue(1000);
        for (quint64 id = 1; id <= 100; ++id) {
            QVERIFY(queue.enqueue(id, u"owner%1"_s.arg(random.bounded(7)), int(random.bounded(3))));
            if (id <= 10)
                QVERIFY(queue.admit());
        }
        const QList<quint64> order = queue.waiting();
        QCOMPARE(order.size(), 90);
        for (const quint64 id : order)
            QCOMPARE(queue.admit(), std::optional<quint64>(id));
    }
}

void tst_runqueue::givenUp()
{
    RunQueue queue(1);
    QVERIFY(queue.enqueue(1, u"a"_s, 0));
    QVERIFY(queue.enqueue(2, u"a"_s, 0));
    QCOMPARE(queue.admit(), std::optional<quint64>(1));
    queue.leave(2);
    queue.leave(99);
    queue.leave(1);
    QCOMPARE(queue.admit(), std::nullopt);
    QCOMPARE(queue.running(), 0);
}

void tst_runqueue::capacity()
{
    RunQueue queue(1, 2);
    QVERIFY(queue.enqueue(1, u"a"_s, 0));
    QVERIFY(queue.enqueue(2, u"a"_s, 0));
    QVERIFY(!queue.enqueue(3, u"a"_s, 0));
}

QTEST_GUILESS_MAIN(tst_runqueue)
#include "tst_runqueue.moc"
