// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; execution
#include <isol8/execution/RunQueue.h>

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
