// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker; http
// `isol8 run --persist`: what stays of a run, how to look into it, and how it goes.
#include "support/Cli.h"
#include "support/ServiceProcess.h"
#include "support/Signals.h"

#include <QRegularExpression>

using namespace servicetest;
using namespace Qt::StringLiterals;

class tst_clipersist : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase_data();
    void init();
    void cleanup();

    void looksInto_data();
    void looksInto();
    void notAfterCtrlC();
    void outlivesTheEngine_data();
    void outlivesTheEngine();

private:
    [[nodiscard]] QProcessEnvironment surroundings() const
    {
        QFETCH_GLOBAL(bool, background);
        QProcessEnvironment environment = m_service->environment;
        environment.insert(u"ISOL8_ENGINE"_s, background ? u"auto"_s : u"local"_s);
        return environment;
    }
    //! Runs a command that is to be kept.
    clitest::Outcome run(const QString &command, const QStringList &flags = {})
    {
        clitest::Outcome outcome = clitest::isol8(
            QStringList{u"run"_s, u"--persist"_s} + flags + QStringList{u"--cmd"_s, command}, {}, {}, surroundings());
        const auto told = QRegularExpression(u"^isol8: The container ([0-9a-f]{12}) is kept for an hour"_s,
                                             QRegularExpression::MultilineOption)
                              .match(QString::fromUtf8(outcome.err));
        m_kept = told.captured(1);
        return outcome;
    }

    std::unique_ptr<ServiceProcess> m_service;
    QString m_kept;
};

void tst_clipersist::initTestCase_data()
{
    QTest::addColumn<bool>("background");
    QTest::newRow("own engine") << false;
    QTest::newRow("background engine") << true;
}

void tst_clipersist::init()
{
    m_kept.clear();
    m_service = std::make_unique<ServiceProcess>();
    QVERIFY(m_service->start());
}

void tst_clipersist::cleanup()
{
    if (!m_kept.isEmpty())
        dockertest::docker({u"rm"_s, u"-f"_s, m_kept});
    m_service->stop(SIGTERM);
    QVERIFY(m_service->nothingLeft());
    QVERIFY(dockertest::gone(m_service->engineId + u"-kept"_s));
}

void tst_clipersist::looksInto_data()
{
    QTest::addColumn<QString>("command");
    QTest::addColumn<QStringList>("flags");
    QTest::addColumn<int>("exitCode");
    QTest::newRow("completed") << u"echo kept > a.txt; sleep 311 &"_s << QStringList{} << 0;
    QTest::newRow("failed") << u"echo kept > a.txt; exit 3"_s << QStringList{} << 3;
    QTest::newRow("timeout") << u"echo kept > a.txt; sleep 311"_s << QStringList{u"--timeout"_s, u"1s"_s} << 124;
    QTest::newRow("filtered") << u"echo kept > a.txt"_s << QStringList{u"--allow"_s, u"example.com"_s} << 0;
    QTest::newRow("failed setup") << u"true"_s << QStringList{u"--setup"_s, u"echo kept > a.txt; exit 4"_s} << 4;
}

void tst_clipersist::looksInto()
{
    QFETCH(QString, command);
    QFETCH(QStringList, flags);
    QFETCH(int, exitCode);
    const auto outcome = run(command, flags);
    QCOMPARE(outcome.exitCode, exitCode);
    QVERIFY2(!m_kept.isEmpty(), outcome.err.constData());
    QVERIFY2(QString::fromUtf8(outcome.err).contains(u"docker exec -it -u sandbox %1 bash."_s.arg(m_kept)),
             outcome.err.constData());
    const QByteArray facts = dockertest::docker(
        {u"inspect"_s, u"-f"_s,
         u"{{.State.Running}} {{.HostConfig.AutoRemove}} {{.HostConfig.NetworkMode}} {{index .Config.Labels \"org.isol8.purpose\"}}"_s,
         m_kept});
    QCOMPARE(facts, QByteArray("true false none persist"));
    // As the sentence says, but for the terminal.
    const auto inside = [&](const QString &line) {
        return dockertest::docker({u"exec"_s, u"-u"_s, u"sandbox"_s, m_kept, u"bash"_s, u"-c"_s, line});
    };
    QCOMPARE(inside(u"cat a.txt; id -u; pwd"_s), QByteArray("kept\n1000\n/sandbox"));
    QCOMPARE(inside(u"cat /proc/[0-9]*/comm > b.txt; grep -c sleep b.txt; grep -c isol8-init b.txt"_s),
             QByteArray("0\n1"));
    const auto listed = clitest::isol8({u"cleanup"_s, u"--dry-run"_s, u"--json"_s}, {}, {}, surroundings());
    QVERIFY2(listed.out.contains(m_kept.toLatin1()), listed.out.constData());
}

// What was given up is ended as any other.
void tst_clipersist::notAfterCtrlC()
{
    QProcess process;
    process.setProcessEnvironment(surroundings());
    process.start(clitest::binary(), {u"run"_s, u"--persist"_s, u"--cmd"_s, u"echo up; sleep 312"_s});
    QByteArray out;
    QTRY_VERIFY_WITH_TIMEOUT((out += process.readAllStandardOutput()).contains("up"), 20000);
    const QByteArray id =
        dockertest::docker({u"ps"_s, u"-q"_s, u"-n"_s, u"1"_s, u"--filter"_s, u"label=org.isol8.purpose=persist"_s});
    QVERIFY(!id.isEmpty());
    processtest::sendSignal(process, SIGINT);
    QVERIFY(process.waitForFinished(20000));
    QCOMPARE(process.exitCode(), 130);
    QVERIFY(!process.readAllStandardError().contains("is kept"));
    QTRY_VERIFY_WITH_TIMEOUT(
        dockertest::docker({u"ps"_s, u"-aq"_s, u"--filter"_s, u"id="_s + QString::fromLatin1(id.split('\n')[0])})
            .isEmpty(),
        5000);
}

void tst_clipersist::outlivesTheEngine_data()
{
    QTest::addColumn<int>("signal");
    QTest::newRow("SIGTERM") << SIGTERM;
    QTest::newRow("SIGKILL") << SIGKILL;
}

void tst_clipersist::outlivesTheEngine()
{
    QFETCH(int, signal);
    const auto outcome = run(u"echo kept > a.txt"_s);
    QVERIFY2(!m_kept.isEmpty(), outcome.err.constData());
    m_service->stop(signal);
    QVERIFY(m_service->nothingLeft());
    QTest::qWait(2500); // the reaper's rounds
    QCOMPARE(dockertest::docker({u"exec"_s, m_kept, u"cat"_s, u"/sandbox/a.txt"_s}), QByteArray("kept"));
    // As what is left of one whose hour is over.
    dockertest::docker({u"stop"_s, u"-t"_s, u"0"_s, m_kept});
    QCOMPARE(dockertest::docker({u"inspect"_s, u"-f"_s, u"{{.State.Running}}"_s, m_kept}), QByteArray("false"));
}

QTEST_GUILESS_MAIN(tst_clipersist)
#include "tst_clipersist.moc"
