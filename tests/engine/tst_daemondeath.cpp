// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker; execution
#include "support/OwnDaemon.h"

#include <isol8/execution/LocalEngine.h>

#include <QDir>
#include <QFile>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <memory>

#include <unistd.h>

using namespace isol8;
using dockertest::OwnDaemon;
using namespace Qt::StringLiterals;

namespace {

RunRequest sleeper()
{
    RunRequest request;
    request.cmd = u"echo up; sleep 120"_s;
    request.timeout = milliseconds(100000);
    return request;
}

} // namespace

/*
    Docker killed, stopped and started again in the middle of runs: a daemon of the test's own.
*/
class tst_daemondeath : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void killed();
    void stopped();
    void absent();

private:
    LocalEngineOptions options() const;
    void loseDaemon(int signal);

    std::unique_ptr<OwnDaemon> m_daemon;
};

LocalEngineOptions tst_daemondeath::options() const
{
    docker::Endpoint endpoint;
    endpoint.path = m_daemon->socket();
    return {Config(), LimitsApplied::Configured, endpoint};
}

void tst_daemondeath::initTestCase()
{
    QVERIFY2(::geteuid() == 0, "a daemon of the test's own needs root");
}

void tst_daemondeath::loseDaemon(int signal)
{
    m_daemon = std::make_unique<OwnDaemon>();
    QVERIFY(m_daemon->start());
    QVERIFY(m_daemon->loadImage(u"isol8:bash"_s));
    LocalEngine engine(options());
    Run *run = engine.execute(sleeper());
    QSignalSpy output(run, &Run::output);
    QSignalSpy finished(run, &Run::finished);
    QVERIFY2(output.wait(30000), qPrintable(run->result().error));
    m_daemon->stop(signal);
    QVERIFY(finished.count() || finished.wait(30000));
    QCOMPARE(toString(run->result().reason), toString(Reason::Internal));
    QCOMPARE(run->result().exitCode, 125);
    QVERIFY(!run->result().error.isEmpty());

    // While it is away a run says so at once.
    Run *without = engine.execute(sleeper());
    QSignalSpy refused(without, &Run::finished);
    QVERIFY(refused.wait(10000));
    QCOMPARE(without->result().errorCode, errors::DockerUnreachable.toString());

    if (signal == SIGKILL)
        return; // its remains keep it from starting again at once
    // And when it is back the same engine works, and nothing of before lives on.
    QVERIFY(m_daemon->start());
    RunRequest request;
    request.cmd = u"echo again"_s;
    Run *again = engine.execute(request);
    QSignalSpy done(again, &Run::finished);
    QVERIFY(done.wait(30000));
    QCOMPARE(again->result().stdoutText, "again\n");
    QTRY_VERIFY_WITH_TIMEOUT(m_daemon->docker({u"ps"_s, u"-q"_s}).isEmpty(), 30000);
}

void tst_daemondeath::killed()
{
    loseDaemon(SIGKILL);
}

void tst_daemondeath::stopped()
{
    loseDaemon(SIGTERM);
}

void tst_daemondeath::absent()
{
    docker::Endpoint nowhere;
    nowhere.path = u"/nonexistent/docker.sock"_s;
    LocalEngine engine({Config(), LimitsApplied::Configured, nowhere});
    Run *run = engine.execute(sleeper());
    QSignalSpy finished(run, &Run::finished);
    QVERIFY(finished.wait(5000));
    QCOMPARE(run->result().errorCode, errors::DockerUnreachable.toString());
    QVERIFY(run->result().error.contains(u"/nonexistent/docker.sock"));
}

QTEST_GUILESS_MAIN(tst_daemondeath)
#include "tst_daemondeath.moc"
