// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker; execution
// Sandboxes that are kept between runs: whose turn it is, what they are bound to, and how they end. tst_sessiondrivers
// and tst_sessionprograms are about what runs in them.
#include "support/Sessions.h"

#include <csignal>

using namespace isol8;
using namespace Qt::StringLiterals;

class tst_session : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { m = std::make_unique<Sessions>(); }
    void cleanupTestCase() { QVERIFY2(m->end(), "a container was left behind"); }
    void cleanup();

    void timeoutSparesWhatWasThere();
    void cancel();
    void deletedRun();
    void background();
    void secretsOfEarlierRuns();
    void plainPrograms();
    void setupAndFiles();
    void oneAfterTheOther();
    void sessionsSideBySide();
    void owners();
    void fixedByTheFirstRun();
    void runtimeOfTheSession();
    void lost();
    void removed();
    void removedWhileRunning();
    void pausedAndWoken();
    void pausing();
    void idleOnesEnd();
    void noTerminal();
    void names();

private:
    //! The test's own session.
    static QString name() { return QString::fromLatin1(QTest::currentTestFunction()); }
    static RunRequest program(const QString &runtime, const QByteArray &code, int timeoutMs = 60000)
    {
        return Sessions::program(runtime, code, timeoutMs);
    }
    Run *start(const RunRequest &request, const QString &session = name(), const RunOptions &options = {},
               const QString &owner = u"owner"_s)
    {
        return m->start(request, session, options, owner);
    }
    static RunResult wait(Run *run) { return Sessions::wait(run); }
    RunResult run(const QString &runtime, const QByteArray &code, int timeoutMs = 60000)
    {
        return wait(start(program(runtime, code, timeoutMs)));
    }
    QList<SessionInfo> sessions(const QString &owner = u"owner"_s) { return m->list(owner); }
    Result<void> setPaused(bool paused) { return m->setPaused(name(), paused); }

    QByteArray get(const QString &path)
    {
        return m->ask<QByteArray>([&](auto done) { m->engine()->getFile(u"owner"_s, name(), path, done); })
            .value_or(QByteArray());
    }
    //! A thread that does \a statement between this run and the next.
    static QByteArray waitingThread(const QByteArray &statement)
    {
        return "import os.path, threading, time\ndef f():\n"
               "    while not os.path.exists('go'): time.sleep(0.01)\n    " +
               statement + "\n    open('gone', 'w').write('1')\nthreading.Thread(target=f).start()";
    }
    void letThreadGo()
    {
        QVERIFY(m->ask<void>(
            [&](auto done) { m->engine()->putFile(u"owner"_s, name(), u"go"_s, {}, std::nullopt, done); }));
        QTRY_COMPARE_WITH_TIMEOUT(get(u"gone"_s), "1"_ba, 20000);
    }

    std::unique_ptr<Sessions> m;
};

void tst_session::cleanup()
{
    for (const QString &owner : {u"owner"_s, u"one"_s, u"two"_s}) {
        for (const SessionInfo &session : sessions(owner))
            QVERIFY(m->remove(session.id, owner));
    }
}

// What an earlier run has left running on purpose lives on; what this run has started does not.
void tst_session::timeoutSparesWhatWasThere()
{
    (void)run(u"python"_s, "import subprocess, time\np = subprocess.Popen(['sleep', '1000'])");
    const RunResult late =
        run(u"python"_s, "q = subprocess.Popen(['sleep', '2000'], start_new_session=True)\ntime.sleep(60)", 500);
    QCOMPARE(toString(late.reason), toString(Reason::Timeout));
    QCOMPARE(run(u"python"_s, "time.sleep(0.2); print(p.poll(), q.poll())").stdoutText, "None -9\n"_ba);
}

void tst_session::cancel()
{
    (void)run(u"python"_s, "state = 1");
    Run *going = start(program(u"python"_s, "import time\nprint('up', flush=True)\ntime.sleep(60)"));
    QVERIFY(Sessions::isUp(going));
    going->cancel();
    const RunResult cancelled = wait(going);
    QCOMPARE(toString(cancelled.reason), toString(Reason::Cancelled));
    QCOMPARE(cancelled.exitCode, 130);
    QCOMPARE(cancelled.stateKept, std::optional(true));
    QCOMPARE(run(u"python"_s, "print(state)").stdoutText, "1\n"_ba);
}

void tst_session::deletedRun()
{
    (void)run(u"python"_s, "state = 1");
    Run *going = start(program(u"python"_s, "import time\nprint('up', flush=True)\ntime.sleep(60)"));
    QVERIFY(Sessions::isUp(going));
    Run *waiting = start(program(u"python"_s, "print('never')"));
    delete going;
    delete waiting;
    QCOMPARE(run(u"python"_s, "print(state)").stdoutText, "1\n"_ba);
}

void tst_session::background()
{
    (void)run(u"python"_s, waitingThread("print('from the thread')"));
    letThreadGo();
    Run *next = start(program(u"python"_s, "print('mine')"));
    QByteArray told;
    connect(next, &Run::background, this, [&](OutputStream, const QByteArray &text) { told += text; });
    const RunResult result = wait(next);
    QCOMPARE(result.stdoutText, "mine\n"_ba);
    QCOMPARE(result.backgroundStdout, "from the thread\n"_ba);
    QCOMPARE(told, "from the thread\n"_ba);
    QCOMPARE(run(u"python"_s, "print('third')").backgroundStdout, ""_ba);
}

void tst_session::secretsOfEarlierRuns()
{
    RunOptions options;
    options.secrets.insert(u"KEY"_s, u"very-secret"_s);
    const QByteArray thread = waitingThread("print('later', kept)");
    (void)wait(start(program(u"python"_s, "import os\nkept = os.environ['KEY']\n" + thread), name(), options));
    letThreadGo();
    const RunResult result = run(u"python"_s, "print(kept)\nkept");
    QCOMPARE(result.stdoutText, "***\n"_ba);
    QCOMPARE(result.backgroundStdout, "later ***\n"_ba);
    QCOMPARE(result.results.at(0).toObject().value(u"data"_s).toString(), u"'***'"_s);
}

void tst_session::plainPrograms()
{
    (void)run(u"python"_s, "state = 1\nimport subprocess\np = subprocess.Popen(['sleep', '1000'])");
    RunRequest command;
    command.cmd = u"echo $0; ls; exit 5"_s;
    const RunResult done = wait(start(command));
    QCOMPARE(done.exitCode, 5);
    QCOMPARE(done.stdoutText, "isol8\nmain.py\n"_ba);
    QCOMPARE(done.stateKept, std::optional<bool>());
    command.cmd = u"sleep 60"_s;
    command.timeout = milliseconds(300);
    QCOMPARE(toString(wait(start(command)).reason), toString(Reason::Timeout));
    QCOMPARE(run(u"python"_s, "print(state, p.poll())").stdoutText, "1 None\n"_ba);
}

void tst_session::setupAndFiles()
{
    RunRequest request = program(u"python"_s, "print(open('made').read(), open('given').read())");
    request.setupScript = u"echo -n made > made"_s;
    request.files.append({u"/sandbox/given"_s, "given", 0644});
    request.outputPaths = QStringList{u"/sandbox/made"_s};
    const RunResult result = wait(start(request));
    QCOMPARE(result.stdoutText, "made given\n"_ba);
    QCOMPARE(result.files.value(u"/sandbox/made"_s), "made"_ba);
    request.setupScript = u"exit 4"_s;
    const RunResult failed = wait(start(request));
    QCOMPARE(toString(failed.reason), toString(Reason::SetupFailed));
    QCOMPARE(failed.exitCode, 4);
    QCOMPARE(run(u"python"_s, "print(1)").stdoutText, "1\n"_ba);
}

void tst_session::oneAfterTheOther()
{
    QList<Run *> runs;
    for (int i = 0; i < 10; ++i)
        runs.append(
            start(program(u"python"_s, "n = globals().get('n', 0) + 1\nimport time; time.sleep(0.02); print(n)")));
    for (int i = 0; i < 10; ++i)
        QCOMPARE(wait(runs[i]).stdoutText, QByteArray::number(i + 1) + '\n');
    QCOMPARE(sessions().size(), 1);
}

void tst_session::sessionsSideBySide()
{
    (void)wait(start(program(u"python"_s, "x = 'slow'"), u"slow"_s));
    (void)wait(start(program(u"python"_s, "x = 'quick'"), u"quick"_s));
    Run *slow = start(program(u"python"_s, "import time; time.sleep(3); print(x)"), u"slow"_s);
    for (int i = 0; i < 5; ++i)
        QCOMPARE(wait(start(program(u"python"_s, "print(x)"), u"quick"_s)).stdoutText, "quick\n"_ba);
    QVERIFY(!slow->isFinished());
    QCOMPARE(wait(slow).stdoutText, "slow\n"_ba);
}

void tst_session::owners()
{
    (void)wait(start(program(u"python"_s, "x = 1"), name(), {}, u"one"_s));
    const RunResult other = wait(start(program(u"python"_s, "print('x' in globals())"), name(), {}, u"two"_s));
    QCOMPARE(other.stdoutText, "False\n"_ba);
    QCOMPARE(sessions(u"one"_s).size(), 1);
    QCOMPARE(sessions(u"three"_s).size(), 0);
}

void tst_session::fixedByTheFirstRun()
{
    RunOptions options;
    options.memoryLimit = 256 * MiB;
    options.network = Network::Filtered;
    options.whitelist = QStringList{u"a.example"_s};
    QCOMPARE(toString(wait(start(program(u"python"_s, "x = 1"), name(), options)).reason), toString(Reason::Completed));
    QCOMPARE(toString(wait(start(program(u"python"_s, "x"), name(), options)).reason), toString(Reason::Completed));
    const RunResult open = wait(start(program(u"python"_s, "import os; print(os.environ['http_proxy'])"), name(), {}));
    QCOMPARE(open.stdoutText, "http://127.0.0.1:8118\n"_ba);
    RunOptions other;
    other.memoryLimit = 512 * MiB;
    RunResult refused = wait(start(program(u"python"_s, "x"), name(), other));
    QCOMPARE(refused.errorCode, errors::SessionConflict);
    QVERIFY(refused.error.contains(u"memoryLimit"));
    other = {};
    other.network = Network::None;
    QCOMPARE(wait(start(program(u"python"_s, "x"), name(), other)).errorCode, errors::SessionConflict);
    other = options;
    other.whitelist = QStringList{u"b.example"_s};
    QCOMPARE(wait(start(program(u"python"_s, "x"), name(), other)).errorCode, errors::SessionConflict);
    QCOMPARE(wait(start(program(u"node"_s, "x"), name())).errorCode, errors::SessionConflict);
    QCOMPARE(run(u"python"_s, "print(x)").stdoutText, "1\n"_ba);
}

void tst_session::runtimeOfTheSession()
{
    (void)run(u"node"_s, "var x = 1");
    QCOMPARE(wait(start(program({}, "console.log(x)"))).stdoutText, "1\n"_ba);
}

void tst_session::lost()
{
    const RunResult first = run(u"python"_s, "x = 1");
    QVERIFY(!dockertest::docker({u"kill"_s, first.containerId}).isEmpty());
    QTest::qWait(500);
    const RunResult told = run(u"python"_s, "print(x)");
    QCOMPARE(toString(told.reason), toString(Reason::SessionLost));
    QCOMPARE(told.exitCode, 125);
    QCOMPARE(told.errorCode, errors::SessionLost);
    const RunResult anew = run(u"python"_s, "print('x' in globals())");
    QCOMPARE(anew.stdoutText, "False\n"_ba);
    // In the middle of a run.
    Run *going = start(program(u"python"_s, "import time; print('up', flush=True); time.sleep(60)"));
    QVERIFY(Sessions::isUp(going));
    QVERIFY(!dockertest::docker({u"kill"_s, anew.containerId}).isEmpty());
    QCOMPARE(toString(wait(going).reason), toString(Reason::SessionLost));
    QCOMPARE(run(u"python"_s, "print(2)").stdoutText, "2\n"_ba);
}

void tst_session::removed()
{
    const RunResult first = run(u"python"_s, "x = 1");
    std::optional<bool> was;
    m->engine()->removeSession(u"other"_s, name(), {this, [&](const Result<bool> &r) { was = r.value_or(false); }});
    QTRY_VERIFY(was);
    QVERIFY(!*was);
    was.reset();
    m->engine()->removeSession(u"owner"_s, name(), {this, [&](const Result<bool> &r) { was = r.value_or(false); }});
    QTRY_VERIFY(was);
    QVERIFY(*was);
    QCOMPARE(sessions().size(), 0);
    QTRY_VERIFY_WITH_TIMEOUT(
        dockertest::containers(u"org.isol8.session"_s, name()).isEmpty() ||
            !dockertest::containers(u"org.isol8"_s, m->engine()->id()).contains(first.containerId.toLatin1()),
        10000);
    QCOMPARE(run(u"python"_s, "print('x' in globals())").stdoutText, "False\n"_ba);
}

void tst_session::removedWhileRunning()
{
    (void)run(u"python"_s, "x = 1");
    Run *going = start(program(u"python"_s, "import time; print('up', flush=True); time.sleep(60)"));
    Run *waiting = start(program(u"python"_s, "print(2)"));
    QVERIFY(Sessions::isUp(going));
    bool was = false;
    m->engine()->removeSession(u"owner"_s, name(), {this, [&](const Result<bool> &r) { was = r.value_or(false); }});
    QCOMPARE(toString(wait(going).reason), toString(Reason::SessionLost));
    QCOMPARE(toString(wait(waiting).reason), toString(Reason::SessionLost));
    QVERIFY(was);
}

void tst_session::pausedAndWoken()
{
    (void)run(u"python"_s, "import threading, time\ndef f():\n    while True:\n        with open('ticks', 'a') as t: "
                           "t.write('x')\n        time.sleep(0.01)\nthreading.Thread(target=f, daemon=True).start()");
    const auto ticks = [&] { return get(u"ticks"_s).size(); };
    Run *going = start(program(u"python"_s, "import time; print('up', flush=True); time.sleep(0.5)"));
    QVERIFY(Sessions::isUp(going));
    const auto busy = setPaused(true);
    QVERIFY(!busy);
    QCOMPARE(busy.error().code, errors::SessionBusy);
    (void)wait(going);
    QVERIFY(setPaused(true));
    QVERIFY(sessions().at(0).isPaused);
    QVERIFY(setPaused(true));
    const auto before = ticks();
    QTest::qWait(300);
    QCOMPARE(ticks(), before);
    QCOMPARE(run(u"python"_s, "print('awake')").stdoutText, "awake\n"_ba);
    QVERIFY(!sessions().at(0).isPaused);
    QTRY_VERIFY_WITH_TIMEOUT(ticks() > before, 20000);
    QVERIFY(setPaused(true));
    QVERIFY(setPaused(false));
    QVERIFY(!sessions().at(0).isPaused);
    QCOMPARE(m->setPaused(u"t"_s, true).error().code, errors::UnknownSession);
}

// It is paused when its processes are, and not when that was asked for; whoever asks meanwhile is answered, too.
void tst_session::pausing()
{
    (void)run(u"python"_s, "x = 5");
    int answers = 0;
    bool early = true;
    const auto ask = [&](bool paused) {
        m->engine()->setSessionPaused(u"owner"_s, name(), paused, {this, [&](const Result<void> &) { ++answers; }});
    };
    ask(true);
    m->engine()->sessions(
        u"owner"_s, {this, [&](const Result<QList<SessionInfo>> &list) { early = !list || list->at(0).isPaused; }});
    ask(false);
    ask(true);
    Run *run = start(program(u"python"_s, "print(x)"));
    ask(true);
    QCOMPARE(wait(run).stdoutText, "5\n"_ba);
    QTRY_COMPARE_WITH_TIMEOUT(answers, 4, 20000);
    QVERIFY(!early);
    // Its sandbox dies while it is being paused.
    const QString id = sessions().at(0).containerId;
    QVERIFY(!dockertest::docker({u"kill"_s, id}).isEmpty());
    ask(true);
    QTRY_COMPARE_WITH_TIMEOUT(answers, 5, 20000);
}

void tst_session::idleOnesEnd()
{
    Config config;
    config.cleanup.maxContainerAge = milliseconds(3000);
    config.cleanup.pauseAfter = milliseconds(200);
    Sessions other(config);
    QCOMPARE(other.run(u"s"_s, u"python"_s, "x = 1").exitCode, 0);
    QTRY_VERIFY_WITH_TIMEOUT(!other.list().isEmpty() && other.list().at(0).isPaused, 2900);
    // Never while it runs.
    QCOMPARE(other.run(u"s"_s, u"python"_s, "import time; time.sleep(3.5); print(x)").stdoutText, "1\n"_ba);
    QTRY_VERIFY_WITH_TIMEOUT(other.list().isEmpty(), 20000);
    QVERIFY(dockertest::gone(other.engine()->id(), 20000));
    QVERIFY(other.end());
}

void tst_session::noTerminal()
{
    RunOptions options;
    options.pty = true;
    QCOMPARE(wait(start(program(u"python"_s, "1"), name(), options)).errorCode, errors::BadRequest);
}

void tst_session::names()
{
    for (const QString &bad : {u"../s"_s, u"a b"_s, u".s"_s, QString(65, u'a')})
        QCOMPARE(wait(start(program(u"python"_s, "1"), bad)).errorCode, errors::BadRequest);
    RunOptions options;
    options.mode = RunMode::Persistent;
    const RunResult made = wait(start(program(u"python"_s, "x = 5"), {}, options));
    QVERIFY(!made.sessionId.isEmpty());
    QCOMPARE(wait(start(program(u"python"_s, "print(x)"), made.sessionId)).stdoutText, "5\n"_ba);
    QCOMPARE(sessions().size(), 1);
}

QTEST_MAIN(tst_session)
#include "tst_session.moc"
