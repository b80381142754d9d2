// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker; execution docker sandbox runtime policy
// The pool by itself, with real sandboxes: refill, joining a start, letting go, ceilings, failures.
#include "support/Docker.h"

#include <isol8/docker/Client.h>
#include <isol8/policy/SandboxSpec.h>
#include <isol8/sandbox/GuestDelivery.h>
#include <isol8/sandbox/SandboxPool.h>

#include <QProcessEnvironment>
#include <QSignalSpy>
#include <QTest>

#include <memory>

using namespace isol8;
using namespace Qt::StringLiterals;

class tst_pool : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();

    void prewarmAndRefill();
    void joinsAStart();
    void asksBeforeRefilling();
    void habits();
    void keepsUpWithDemand();
    void letsGoOfUnused();
    void ceiling();
    void failedStart();
    void ownersOfUsed();
    void givenBackWhileReset();
    void worthNothingAfterwards();
    void answersWhenStopped();

private:
    void make(SandboxPool::Options options);
    [[nodiscard]] SandboxSpec spec(qint64 memory = 128 * MiB) const;
    bool prewarm(const SandboxSpec &spec);
    void destroy(Sandbox *sandbox);
    [[nodiscard]] qsizetype containers() const { return dockertest::containers(u"org.isol8"_s, m_id).size(); }

    QString m_id;
    std::unique_ptr<docker::Client> m_client;
    std::unique_ptr<GuestDelivery> m_delivery;
    std::unique_ptr<SandboxPool> m_pool;
    bool m_mayRefill = true;
    int m_asked = 0;
};

void tst_pool::init()
{
    static int number = 0;
    m_id = u"tst_pool-%1-%2"_s.arg(QCoreApplication::applicationPid()).arg(++number);
    m_mayRefill = true;
    m_asked = 0;
    m_client = std::make_unique<docker::Client>(
        docker::Endpoint::discover(QProcessEnvironment::systemEnvironment()).value_or(docker::Endpoint{}));
    m_delivery = std::make_unique<GuestDelivery>(m_client.get());
}

void tst_pool::cleanup()
{
    if (m_pool) {
        const auto left = m_pool->takeAll();
        for (Sandbox *sandbox : left)
            destroy(sandbox);
    }
    QTRY_COMPARE_WITH_TIMEOUT(containers(), 0, 20000);
    m_pool.reset();
    m_delivery.reset();
    m_client.reset();
}

void tst_pool::make(SandboxPool::Options options)
{
    if (options.memoryCeiling == 0)
        options.memoryCeiling = 8 * GiB;
    SandboxPool::Hooks hooks;
    hooks.identity = [this](Callback<SandboxIdentity> done) {
        m_delivery->prepare({this, [this, done](const Result<SandboxIdentity> &prepared) {
                                 Result<SandboxIdentity> identity = prepared;
                                 if (identity) {
                                     identity->engineId = m_id;
                                     identity->purpose = u"pool"_s;
                                 }
                                 done(identity);
                             }});
    };
    hooks.mayRefill = [this] {
        ++m_asked;
        return m_mayRefill;
    };
    hooks.interpreter = [](const SandboxSpec &) { return guest::RunMessage(); };
    m_pool = std::make_unique<SandboxPool>(m_client.get(), options, hooks);
    connect(m_pool.get(), &SandboxPool::discarded, this, &tst_pool::destroy);
}

SandboxSpec tst_pool::spec(qint64 memory) const
{
    SandboxSpec s;
    s.image = u"isol8:bash"_s;
    s.runtime = u"bash"_s;
    s.memory = memory;
    s.seccompProfile = seccompProfile(SeccompMode::Strict, {}).value();
    return s;
}

void tst_pool::destroy(Sandbox *sandbox)
{
    sandbox->setParent(this);
    sandbox->destroy();
}

bool tst_pool::prewarm(const SandboxSpec &spec)
{
    std::optional<bool> good;
    m_pool->prewarm(spec, {this, [&](const Result<void> &result) { good = result.has_value(); }});
    return QTest::qWaitFor([&] { return good.has_value(); }, 20000) && *good;
}

void tst_pool::prewarmAndRefill()
{
    make({.clean = 2});
    QVERIFY(prewarm(spec()));
    QTRY_COMPARE_WITH_TIMEOUT(containers(), 2, 10000);
    Sandbox *sandbox = m_pool->take(spec(), u"a"_s, this);
    QVERIFY(sandbox && sandbox->isReady());
    QVERIFY(!m_pool->take(spec(64 * MiB), u"a"_s, this)); // another spec
    m_pool->refill();
    QTRY_COMPARE_WITH_TIMEOUT(m_pool->size(), 2, 10000);
    destroy(sandbox);
}

// One that is being started is nearer than a new one.
void tst_pool::joinsAStart()
{
    make({});
    bool answered = false;
    m_pool->prewarm(spec(), {this, [&](const Result<void> &) { answered = true; }});
    QTRY_COMPARE_WITH_TIMEOUT(m_pool->size(), 1, 10000);
    Sandbox *sandbox = m_pool->take(spec(), u"a"_s, this);
    QVERIFY(sandbox);
    QVERIFY(!sandbox->isReady());
    QVERIFY(answered);
    QSignalSpy ready(sandbox, &Sandbox::ready);
    QVERIFY(ready.wait(20000));
    QCOMPARE(m_pool->size(), 0);
    m_pool->refill(); // the start that was taken counts no more
    QTRY_COMPARE_WITH_TIMEOUT(m_pool->size(), 1, 10000);
    destroy(sandbox);
}

void tst_pool::asksBeforeRefilling()
{
    make({});
    QVERIFY(prewarm(spec()));
    m_mayRefill = false;
    destroy(m_pool->take(spec(), u"a"_s, this));
    m_asked = 0;
    m_pool->refill();
    QVERIFY(m_asked > 0);
    QTest::qWait(300);
    QCOMPARE(m_pool->size(), 0);
    m_mayRefill = true;
    m_pool->refill();
    QTRY_COMPARE_WITH_TIMEOUT(m_pool->size(), 1, 10000);
}

// A spec that was asked for twice gets a shelf; one that was asked for once does not.
void tst_pool::habits()
{
    make({});
    QVERIFY(!m_pool->take(spec(), u"a"_s, this));
    m_pool->refill();
    QTest::qWait(200);
    QCOMPARE(m_pool->size(), 0);
    QVERIFY(!m_pool->take(spec(), u"a"_s, this));
    m_pool->refill();
    QTRY_COMPARE_WITH_TIMEOUT(m_pool->size(), 1, 10000);
}

// More are asked for than one that waits can serve: more wait, up to a bound, until fewer are asked for.
void tst_pool::keepsUpWithDemand()
{
    make({.most = 3, .idleFresh = milliseconds(100)});
    QVERIFY(prewarm(spec()));
    m_pool->refill();
    QTest::qWait(300);
    QCOMPARE(m_pool->size(), 1);
    m_mayRefill = false;
    for (int i = 0; i < 80; ++i) {
        if (Sandbox *sandbox = m_pool->take(spec(), u"a"_s, this))
            destroy(sandbox);
    }
    m_mayRefill = true;
    m_pool->refill();
    QTRY_COMPARE_WITH_TIMEOUT(m_pool->size(), 3, 20000);
    m_pool->refill();
    QTest::qWait(300);
    QCOMPARE(m_pool->size(), 3);
    QTRY_VERIFY_WITH_TIMEOUT(m_pool->size() < 3, 60000);
}

void tst_pool::letsGoOfUnused()
{
    make({.idleShelf = milliseconds(1500)});
    QVERIFY(!m_pool->take(spec(), u"a"_s, this));
    QVERIFY(!m_pool->take(spec(), u"a"_s, this));
    m_pool->refill();
    QTRY_COMPARE_WITH_TIMEOUT(m_pool->size(), 1, 10000);
    QTRY_COMPARE_WITH_TIMEOUT(m_pool->size(), 0, 10000);
    QTRY_COMPARE_WITH_TIMEOUT(containers(), 0, 10000);
}

void tst_pool::ceiling()
{
    make({.clean = 5, .memoryCeiling = 300 * MiB});
    QVERIFY(prewarm(spec()));
    QTRY_COMPARE_WITH_TIMEOUT(m_pool->size(), 2, 10000);
    m_pool->refill();
    QTest::qWait(300);
    QCOMPARE(m_pool->size(), 2);
}

void tst_pool::failedStart()
{
    make({});
    SandboxSpec absent = spec();
    absent.image = u"isol8:does-not-exist"_s;
    QVERIFY(!prewarm(absent));
    QCOMPARE(m_pool->size(), 0);
    m_asked = 0;
    m_pool->refill(); // not again at once
    QTest::qWait(200);
    QCOMPARE(m_pool->size(), 0);
    QVERIFY(prewarm(spec())); // others are not held up
}

void tst_pool::ownersOfUsed()
{
    make({.reuse = true});
    QVERIFY(prewarm(spec()));
    Sandbox *first = m_pool->take(spec(), u"a"_s, this);
    QVERIFY(first);
    m_mayRefill = false;
    QVERIFY(m_pool->giveBack(first, u"a"_s));
    QVERIFY(!m_pool->take(spec(), u"b"_s, this));
    QSignalSpy reset(first, &Sandbox::wasReset);
    QVERIFY(reset.wait(10000));
    QCOMPARE(reset.first().first().toBool(), true);
    QVERIFY(!m_pool->take(spec(), u"b"_s, this));
    QVERIFY(!m_pool->take(spec(), {}, this));
    QCOMPARE(m_pool->take(spec(), u"a"_s, this), first);
    destroy(first);
}

// A run did not want to wait for it: none has it before it is clean, and its own owner has it then.
void tst_pool::givenBackWhileReset()
{
    make({.reuse = true, .runsPerSandbox = 2});
    QVERIFY(prewarm(spec()));
    m_mayRefill = false;
    Sandbox *first = m_pool->take(spec(), u"a"_s, this);
    QVERIFY(m_pool->giveBack(first, u"a"_s));
    QCOMPARE(m_pool->take(spec(), u"a"_s, this), first);
    QVERIFY(first->isResetting());
    QSignalSpy reset(first, &Sandbox::wasReset);
    QVERIFY(m_pool->giveBack(first, u"a"_s)); // not a run of its two
    QVERIFY(!m_pool->take(spec(), u"a"_s, this));
    QVERIFY(reset.wait(10000));
    QVERIFY(!m_pool->take(spec(), u"b"_s, this));
    QCOMPARE(m_pool->take(spec(), u"a"_s, this), first);
    QCOMPARE(reset.size(), 1);
    destroy(first);
}

void tst_pool::worthNothingAfterwards()
{
    make({.reuse = false});
    QVERIFY(prewarm(spec()));
    Sandbox *sandbox = m_pool->take(spec(), u"a"_s, this);
    QVERIFY(!m_pool->giveBack(sandbox, u"a"_s)); // secure: never again
    destroy(sandbox);
    const auto left = m_pool->takeAll();
    for (Sandbox *one : left)
        destroy(one);
    make({.reuse = true, .runsPerSandbox = 1});
    QVERIFY(prewarm(spec()));
    sandbox = m_pool->take(spec(), u"a"_s, this);
    QVERIFY(!m_pool->giveBack(sandbox, u"a"_s)); // it has served enough
    destroy(sandbox);
}

void tst_pool::answersWhenStopped()
{
    make({});
    QList<Error> answers;
    m_pool->prewarm(spec(),
                    {this, [&](const Result<void> &result) { answers.append(result ? Error{} : result.error()); }});
    const auto left = m_pool->takeAll();
    QVERIFY(answers.isEmpty()); // never from inside the call
    for (Sandbox *one : left)
        destroy(one);
    QTRY_COMPARE_WITH_TIMEOUT(answers.size(), 1, 20000);
    QCOMPARE(answers.first().code, errors::Cancelled);
}

QTEST_GUILESS_MAIN(tst_pool)
#include "tst_pool.moc"
