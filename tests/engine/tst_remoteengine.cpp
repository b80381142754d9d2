// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker; remote execution
#include "support/Await.h"
#include "support/Certificates.h"
#include "support/Relay.h"
#include "support/ServiceProcess.h"

#include <isol8/execution/LocalEngine.h>
#include <isol8/http/WebSocketFrames.h>
#include <isol8/remote/RemoteEngine.h>

#include <QCryptographicHash>
#include <QLocalServer>
#include <QPointer>
#include <QSignalSpy>
#include <QTest>

#include <csignal>
#include <memory>

using namespace isol8;
using namespace std::chrono_literals;
using namespace Qt::StringLiterals;

namespace {

RunRequest python(const QByteArray &code)
{
    RunRequest request;
    request.code = code;
    return request;
}

RunRequest command(const QString &line)
{
    RunRequest request;
    request.cmd = line;
    return request;
}

//! Where an engine's runs go.
enum class Where {
    Here,      //!< the Docker daemon
    Socket,    //!< this user's background engine
    Elsewhere, //!< a service over TCP
};

} // namespace

Q_DECLARE_METATYPE(Where)

/*
    The Engine interface, once on the Docker daemon, once on a background engine and once on a service over TCP: what
    works here works there. Then what only a remote engine can meet: nobody there, somebody else there, and an end in
    the middle.
*/
class tst_remoteengine : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase_data();
    void initTestCase();
    void init();
    void cleanup();

    void results_data();
    void results();
    void refused_data();
    void refused();
    void signalsInOrder();
    void binaryStdin();
    void stdinBackPressure();
    void signalsAndTerminal();
    void cancel_data();
    void cancel();
    void deletedInASlot_data();
    void deletedInASlot();
    void pausedOutput();
    void futures();
    void callersConfiguration();
    void manyAtOnce();

    void servicesConfiguration();
    void waysThere_data();
    void waysThere();
    void sessionOutlivesConnection();
    void filesElsewhere();

    void nobodyThere();
    void startTellsOfAnotherEngine_data();
    void startTellsOfAnotherEngine();
    void strangePeers_data();
    void strangePeers();
    void serviceDiesInMidRun();

private:
    [[nodiscard]] RemoteEngineOptions remoteOptions() const;
    [[nodiscard]] static RemoteEngineOptions optionsFor(const isol8::test::Relay &relay);
    RunResult run(const RunRequest &request, const RunOptions &options = {});

    servicetest::ServiceProcess m_service;
    std::unique_ptr<isol8::test::Relay> m_relay;
    std::unique_ptr<Engine> m_engine;
    Where m_where = Where::Here;
};

void tst_remoteengine::initTestCase_data()
{
    QTest::addColumn<Where>("where");
    QTest::newRow("local") << Where::Here;
    QTest::newRow("remote") << Where::Socket;
    QTest::newRow("tcp") << Where::Elsewhere;
}

void tst_remoteengine::initTestCase()
{
    // Another configuration than the caller's, which must not show.
    m_service.configure(
        R"({"poolSize": 0, "defaults": {"memoryLimit": "99m", "timeoutMs": 9000}, "limits": {"pidsLimit": 20}})");
    QVERIFY(m_service.start());
    m_relay = std::make_unique<isol8::test::Relay>(isol8::test::Relay::Options{m_service.socketPath()});
}

RemoteEngineOptions tst_remoteengine::optionsFor(const isol8::test::Relay &relay)
{
    RemoteEngineOptions options;
    if (auto service = remote::ServiceEndpoint::parse(relay.url)) {
        service->key = isol8::test::Relay::Options().key;
        options.service = *service;
    }
    return options;
}

RemoteEngineOptions tst_remoteengine::remoteOptions() const
{
    RemoteEngineOptions options;
    options.address.path = m_service.socketPath();
    const auto endpoint = docker::Endpoint::discover(QProcessEnvironment::systemEnvironment());
    options.context = EngineContext{u"" ISOL8_VERSION ""_s, endpoint ? endpoint->toString() : QString(), {}};
    return options;
}

void tst_remoteengine::init()
{
    QFETCH_GLOBAL(Where, where);
    m_where = where;
    if (where == Where::Here)
        m_engine = std::make_unique<LocalEngine>();
    else
        m_engine = std::make_unique<RemoteEngine>(where == Where::Socket ? remoteOptions() : optionsFor(*m_relay));
}

void tst_remoteengine::cleanup()
{
    m_engine.reset();
}

RunResult tst_remoteengine::run(const RunRequest &request, const RunOptions &options)
{
    const std::unique_ptr<Run> run(m_engine->execute(request, options));
    QSignalSpy finished(run.get(), &Run::finished);
    return finished.wait(60000) ? run->result() : RunResult();
}

void tst_remoteengine::results_data()
{
    QTest::addColumn<RunRequest>("request");
    QTest::addColumn<Reason>("reason");
    QTest::addColumn<int>("exitCode");
    QTest::addColumn<QByteArray>("out");
    QTest::newRow("hello") << python("print('h\xc3\xa4llo')") << Reason::Completed << 0 << QByteArray("h\xc3\xa4llo\n");
    QTest::newRow("exit code") << python("print(1); raise SystemExit(42)") << Reason::Completed << 42
                               << QByteArray("1\n");
    QTest::newRow("killed") << command(u"kill -SEGV $$"_s) << Reason::Killed << 139 << QByteArray();
    QTest::newRow("NUL and escapes") << python("print('\\0\\x1b\"\\\\', end='')") << Reason::Completed << 0
                                     << QByteArray("\0\x1b\"\\", 4);
    RunRequest request = python("while True: pass");
    request.timeout = 800ms;
    QTest::newRow("timeout") << request << Reason::Timeout << 124 << QByteArray();
    request = python("import sys; print(len(sys.stdin.read()))");
    QTest::newRow("no stdin") << request << Reason::Completed << 0 << QByteArray("0\n");
    request.stdinData = "hello";
    QTest::newRow("stdin") << request << Reason::Completed << 0 << QByteArray("5\n");
    request = python("print('code')");
    request.setupScript = u"echo setup"_s;
    QTest::newRow("setup is not the program's output") << request << Reason::Completed << 0 << QByteArray("code\n");
    request.setupScript = u"echo setup; exit 3"_s;
    QTest::newRow("setup that fails") << request << Reason::SetupFailed << 3 << QByteArray("setup\n");
    request = python("import sys, os; print(__file__, sys.argv[1:], os.environ['A'])");
    request.fileName = u"my name.py"_s;
    request.args = QStringList{u"x y"_s, u"\u00e4"_s};
    request.env.insert(u"A"_s, u"b\"c"_s);
    QTest::newRow("name, arguments, environment")
        << request << Reason::Completed << 0 << QByteArray("/sandbox/my name.py ['x y', '\xc3\xa4'] b\"c\n");
    request = python("print(open('/sandbox/in', 'rb').read().hex()); open('out', 'wb').write(bytes(range(256)))");
    request.files = {{u"/sandbox/in"_s, QByteArray("\0\xff", 2), 0600}};
    request.outputPaths = QStringList{u"/sandbox/out"_s};
    QTest::newRow("files") << request << Reason::Completed << 0 << QByteArray("00ff\n");
}

void tst_remoteengine::results()
{
    QFETCH(RunRequest, request);
    QFETCH(Reason, reason);
    QFETCH(int, exitCode);
    QFETCH(QByteArray, out);
    const RunResult result = run(request);
    QCOMPARE(toString(result.reason), toString(reason));
    QCOMPARE(result.exitCode, exitCode);
    QCOMPARE(result.stdoutText, out);
    QCOMPARE(result.containerId.size(), 64);
    QVERIFY(result.timestamp.isValid());
    QVERIFY(result.resourceUsage.peakMemoryMB > 0);
    if (!request.outputPaths.isEmpty())
        QCOMPARE(result.files.value(u"/sandbox/out"_s).size(), 256);
}

void tst_remoteengine::refused_data()
{
    QTest::addColumn<RunRequest>("request");
    QTest::addColumn<RunOptions>("options");
    QTest::addColumn<QString>("code");
    QTest::newRow("no code") << RunRequest() << RunOptions() << errors::BadRequest.toString();
    QTest::newRow("code that is no text") << python("\xff") << RunOptions() << errors::BadRequest.toString();
    RunRequest request = python("x");
    request.runtime = u"cobol"_s;
    QTest::newRow("unknown runtime") << request << RunOptions() << errors::UnknownRuntime.toString();
    request = python("x");
    request.workdir = u"/etc"_s;
    QTest::newRow("workdir outside") << request << RunOptions() << errors::BadPath.toString();
    RunOptions options;
    options.memoryLimit = 1024;
    QTest::newRow("limit too low") << python("x") << options << errors::LimitTooLow.toString();
    options = {};
    options.persist = true;
    options.mode = RunMode::Persistent;
    QTest::newRow("not in this version") << python("x") << options << errors::NotAllowed.toString();
    options = {};
    options.image = u"isol8:nowhere"_s;
    QTest::newRow("no such image") << python("x") << options << errors::ImageMissing.toString();
}

void tst_remoteengine::refused()
{
    QFETCH(RunRequest, request);
    QFETCH(RunOptions, options);
    QFETCH(QString, code);
    const RunResult result = run(request, options);
    QCOMPARE(result.errorCode, code);
    QCOMPARE(result.exitCode, 125);
    QVERIFY(!result.error.isEmpty());
    QVERIFY(result.reason == Reason::SetupFailed || result.reason == Reason::Internal);
}

void tst_remoteengine::signalsInOrder()
{
    QStringList log;
    RunRequest request = python("import sys\nprint('a', flush=True)\nprint('b', file=sys.stderr, flush=True)");
    request.setupScript = u"echo s"_s;
    RunOptions options;
    options.collectOutput = false;
    const std::unique_ptr<Run> run(m_engine->execute(request, options));
    connect(run.get(), &Run::progress, this, [&](const QString &sentence) { log.append(u"progress "_s + sentence); });
    connect(run.get(), &Run::started, this, [&] { log.append(u"started"_s); });
    connect(run.get(), &Run::output, this, [&](OutputStream stream, const QByteArray &text, Phase phase) {
        const QString line = (stream == OutputStream::Stdout ? u"out "_s : u"err "_s) + toString(phase) + u' ';
        if (!log.isEmpty() && log.last().startsWith(line))
            log.last() += QString::fromUtf8(text);
        else
            log.append(line + QString::fromUtf8(text));
    });
    QSignalSpy finished(run.get(), &Run::finished);
    connect(run.get(), &Run::finished, this, [&] { log.append(u"finished"_s); });
    QVERIFY(log.isEmpty());
    QVERIFY(finished.wait(30000));
    QCOMPARE(log, (QStringList{u"progress The setup script"_s, u"out setup s\n"_s, u"started"_s, u"out code a\n"_s,
                               u"err code b\n"_s, u"finished"_s}));
    QVERIFY(run->isFinished());
    QCOMPARE(run->result().stdoutText, QByteArray());
    run->cancel(); // too late: nothing follows
    QTest::qWait(50);
    QCOMPARE(finished.size(), 1);
}

void tst_remoteengine::binaryStdin()
{
    QByteArray data;
    for (int i = 0; i < 1000000; ++i)
        data.append(char(i * 31 + i / 255));
    RunRequest request =
        python("import sys, hashlib; d = sys.stdin.buffer.read(); print(len(d), hashlib.sha256(d).hexdigest())");
    request.stdinData = data.first(300000);
    request.interactiveStdin = true;
    const std::unique_ptr<Run> run(m_engine->execute(request));
    QSignalSpy finished(run.get(), &Run::finished);
    run->writeStdin(data.sliced(300000, 1));
    connect(run.get(), &Run::started, this, [&] {
        run->writeStdin(data.sliced(300001));
        run->closeStdin();
    });
    QVERIFY(finished.wait(30000));
    QCOMPARE(run->result().stdoutText,
             "1000000 " + QCryptographicHash::hash(data, QCryptographicHash::Sha256).toHex() + '\n');
}

void tst_remoteengine::stdinBackPressure()
{
    RunRequest request = python("import sys, time\ntime.sleep(1)\nprint(len(sys.stdin.buffer.read()))");
    request.interactiveStdin = true;
    const std::unique_ptr<Run> run(m_engine->execute(request));
    QSignalSpy finished(run.get(), &Run::finished);
    QSignalSpy taken(run.get(), &Run::stdinTaken);
    run->writeStdin(QByteArray(3000000, 'x'));
    QVERIFY(run->stdinPending() > 0);
    QTest::qWait(200);
    QVERIFY(run->stdinPending() > 2000000);
    QTRY_COMPARE_WITH_TIMEOUT(run->stdinPending(), 0, 20000);
    QVERIFY(taken.size() > 1);
    run->closeStdin();
    QVERIFY(finished.wait(20000));
    QCOMPARE(run->result().stdoutText, QByteArray("3000000\n"));
}

void tst_remoteengine::signalsAndTerminal()
{
    RunRequest request = command(u"trap 'echo int' INT; stty size; echo ready; read a; stty size; echo $a"_s);
    request.interactiveStdin = true;
    RunOptions options;
    options.pty = true;
    options.ptySize = {33, 11};
    const std::unique_ptr<Run> run(m_engine->execute(request, options));
    QSignalSpy finished(run.get(), &Run::finished);
    QByteArray out;
    connect(run.get(), &Run::output, this, [&](OutputStream, const QByteArray &text) { out += text; });
    QTRY_VERIFY_WITH_TIMEOUT(out.contains("ready"), 20000);
    QVERIFY2(out.contains("11 33"), out.constData());
    run->resize(44, 22);
    run->sendSignal(SIGINT);
    QTRY_VERIFY2(out.contains("int"), out.constData());
    run->writeStdin("typed\n");
    QVERIFY(finished.wait(10000));
    QVERIFY2(out.contains("22 44"), out.constData());
    QVERIFY(out.endsWith("typed\r\n"));
}

void tst_remoteengine::cancel_data()
{
    QTest::addColumn<int>("ms"); // -1: at once; -2: when it has started; -3: when it has used some CPU time
    QTest::newRow("at once") << -1;
    QTest::newRow("10 ms") << 10;
    QTest::newRow("150 ms") << 150;
    QTest::newRow("started") << -2;
    QTest::newRow("when it has computed") << -3;
}

void tst_remoteengine::cancel()
{
    QFETCH(int, ms);
    const std::unique_ptr<Run> run(m_engine->execute(
        python("import time\nwhile time.process_time() < 0.3: pass\nprint('up', flush=True)\ntime.sleep(60)")));
    QSignalSpy finished(run.get(), &Run::finished);
    QSignalSpy started(run.get(), &Run::started);
    QSignalSpy output(run.get(), &Run::output);
    if (ms == -2)
        QVERIFY(started.wait(20000));
    else if (ms == -3)
        QVERIFY(output.wait(20000));
    else if (ms >= 0)
        QTest::qWait(ms);
    run->cancel();
    QCOMPARE(finished.size(), 0);
    QVERIFY(finished.wait(5000));
    QCOMPARE(toString(run->result().reason), toString(Reason::Cancelled));
    QCOMPARE(run->result().exitCode, 130);
    if (ms == -3)
        QVERIFY(run->result().resourceUsage.cpuMs >= 200);
    // The pool's sandbox may be there; no other is.
    if (m_where != Where::Here)
        QTRY_VERIFY_WITH_TIMEOUT(m_service.containers() <= 1, 5000);
    QTest::qWait(20);
    QCOMPARE(finished.size(), 1);
}

void tst_remoteengine::deletedInASlot_data()
{
    QTest::addColumn<QString>("when");
    for (const QString &when : {u"started"_s, u"output"_s, u"finished"_s, u"before"_s})
        QTest::addRow("%s", qPrintable(when)) << when;
}

void tst_remoteengine::deletedInASlot()
{
    QFETCH(QString, when);
    QPointer<Run> run(m_engine->execute(python("print('x', flush=True)\nimport time; time.sleep(0.3)")));
    const auto remove = [run] { delete run; };
    if (when == u"started")
        connect(run, &Run::started, this, remove);
    else if (when == u"output")
        connect(run, &Run::output, this, remove);
    else if (when == u"finished")
        connect(run, &Run::finished, this, remove);
    else
        delete run;
    QTRY_VERIFY_WITH_TIMEOUT(!run, 20000);
    // The engine is as good as before.
    QCOMPARE(this->run(python("print(1)")).stdoutText, QByteArray("1\n"));
}

void tst_remoteengine::pausedOutput()
{
    RunRequest request = python("import sys\nfor i in range(300): sys.stdout.write('x' * 100000)");
    RunOptions options;
    options.collectOutput = false;
    options.maxOutputSize = 100 * MiB;
    options.timeout = 60s;
    const std::unique_ptr<Run> run(m_engine->execute(request, options));
    QSignalSpy finished(run.get(), &Run::finished);
    qint64 size = 0;
    bool paused = false;
    connect(run.get(), &Run::output, this, [&](OutputStream, const QByteArray &text) {
        size += text.size();
        if (!paused && size > 1000000) {
            paused = true;
            run->setOutputPaused(true);
        }
    });
    QTRY_VERIFY_WITH_TIMEOUT(paused, 20000);
    QTest::qWait(300);
    const qint64 before = size;
    QTest::qWait(500);
    QCOMPARE(size, before);
    QVERIFY(size < 5000000);
    QCOMPARE(finished.size(), 0);
    run->setOutputPaused(false);
    QVERIFY(finished.wait(30000));
    QCOMPARE(size, 30000000);
}

void tst_remoteengine::futures()
{
    Run *run = m_engine->execute(python("print(1)"));
    auto first = run->future();
    const auto second = run->future();
    QTRY_VERIFY_WITH_TIMEOUT(first.isFinished() && second.isFinished(), 20000);
    QCOMPARE(first.result().stdoutText, QByteArray("1\n"));
    QCOMPARE(run->future().result().exitCode, 0);
    delete run;
    auto cancelled = m_engine->execute(python("import time; time.sleep(9)"))->future();
    m_engine.reset();
    QTRY_VERIFY(cancelled.isFinished());
    QCOMPARE(cancelled.resultCount(), 0);
}

// What the caller's configuration says holds, and the service's own does not.
void tst_remoteengine::callersConfiguration()
{
    if (m_where == Where::Elsewhere)
        return; // servicesConfiguration()
    const auto config =
        parseConfig(R"({"defaults": {"memoryLimit": "77m", "pidsLimit": 33}, "limits": {"timeoutMs": 6000}})", u"c"_s);
    QVERIFY(config);
    if (m_where == Where::Socket) {
        RemoteEngineOptions options = remoteOptions();
        options.context->config = *config;
        m_engine = std::make_unique<RemoteEngine>(options);
    } else {
        m_engine = std::make_unique<LocalEngine>(LocalEngineOptions{*config, LimitsApplied::Configured, {}});
    }
    RunOptions options;
    options.timeout = 20s;
    const RunResult result = run(python("import time; time.sleep(30)"), options);
    QCOMPARE(toString(result.reason), toString(Reason::Timeout));
    QVERIFY(result.durationMs < 20000);
    QCOMPARE(result.limited, QStringList{u"timeoutMs"_s});
    const RunResult memory = run(python("x = bytearray(85 << 20)"));
    QCOMPARE(toString(memory.reason), toString(Reason::Oom));
    QVERIFY2(memory.error.contains(u"77m"), qPrintable(memory.error));
}

void tst_remoteengine::manyAtOnce()
{
    const int count = m_where == Where::Elsewhere ? 12 : 30;
    std::vector<std::unique_ptr<Run>> runs;
    int done = 0;
    for (int i = 0; i < count; ++i) {
        runs.emplace_back(m_engine->execute(command(u"echo %1"_s.arg(i))));
        connect(runs.back().get(), &Run::finished, this, [&] { ++done; });
    }
    QTRY_COMPARE_WITH_TIMEOUT(done, count, 120000);
    for (int i = 0; i < count; ++i)
        QCOMPARE(runs[size_t(i)]->result().stdoutText, QByteArray::number(i).append('\n'));
}

// What a request leaves open the service fills in, and what it asks for beyond the service's limits is lowered.
void tst_remoteengine::servicesConfiguration()
{
    if (m_where != Where::Elsewhere)
        return;
    RunOptions options;
    options.pidsLimit = 50;
    const RunResult result = run(python("x = bytearray(110 << 20)"), options);
    QCOMPARE(toString(result.reason), toString(Reason::Oom));
    QVERIFY2(result.error.contains(u"99m"), qPrintable(result.error));
    QCOMPARE(result.limited, QStringList{u"pidsLimit"_s});
}

void tst_remoteengine::waysThere_data()
{
    QTest::addColumn<bool>("tls");
    QTest::addColumn<bool>("stripped");
    QTest::newRow("TLS") << true << false;
    QTest::newRow("without WebSocket") << false << true;
}

// The same over TLS, and where a proxy lets no WebSocket through.
void tst_remoteengine::waysThere()
{
    if (m_where != Where::Elsewhere)
        return;
    QFETCH(bool, tls);
    QFETCH(bool, stripped);
    isol8::test::Certificates certificates;
    isol8::test::Relay::Options options{m_service.socketPath()};
    options.stripsUpgrade = stripped;
    if (tls) {
        if (!isol8::test::Certificates::possible())
            QSKIP("no openssl, or Qt without TLS");
        QVERIFY(certificates.makeAuthority(u"ca"_s));
        QVERIFY(certificates.makeCertificate(u"server"_s, u"ca"_s, u"isol8"_s, u"IP:127.0.0.1"_s, false));
        options.tls = certificates.serverConfiguration(u"server"_s, false);
    }
    const isol8::test::Relay relay(options);
    RemoteEngineOptions there = optionsFor(relay);
    there.service->address.authorities = tls ? certificates.path() + u"/ca.crt"_s : QString();
    m_engine = std::make_unique<RemoteEngine>(there);

    RunRequest request = python("import sys\nprint(sys.stdin.read())\nprint('e', file=sys.stderr)\nsys.exit(3)");
    request.stdinData = "t\xc3\xa4xt";
    request.setupScript = u"echo setup"_s;
    RunResult result = run(request);
    QCOMPARE(toString(result.reason), toString(Reason::Completed));
    QCOMPARE(result.exitCode, 3);
    QCOMPARE(result.stdoutText, QByteArray("t\xc3\xa4xt\n"));
    QCOMPARE(result.stderrText, QByteArray("e\n"));
    request.setupScript = u"echo setup; exit 4"_s;
    result = run(request);
    QCOMPARE(toString(result.reason), toString(Reason::SetupFailed));
    QCOMPARE(result.stdoutText, QByteArray("setup\n"));
    request = command(u"printf '\\0\\377' > out; yes | head -c 300000"_s);
    request.outputPaths = QStringList{u"/sandbox/out"_s};
    result = run(request);
    QCOMPARE(result.stdoutText.size(), 300000);
    QCOMPARE(result.files.value(u"/sandbox/out"_s), QByteArray("\0\xff", 2));
    request = python("x");
    request.runtime = u"cobol"_s;
    QCOMPARE(run(request).errorCode, errors::UnknownRuntime.toString());

    const std::unique_ptr<Run> cancelled(m_engine->execute(command(u"echo up; sleep 60"_s)));
    QSignalSpy output(cancelled.get(), &Run::output);
    QVERIFY(output.wait(20000));
    cancelled->cancel();
    QTRY_VERIFY_WITH_TIMEOUT(m_service.containers() <= 1, 10000);
    QVERIFY(std::any_of(relay.lines.begin(), relay.lines.end(), [](const QByteArray &line) {
                return line.startsWith("POST /relay/execute/stream");
            }) == stripped);
}

void tst_remoteengine::sessionOutlivesConnection()
{
    if (m_where != Where::Elsewhere)
        return;
    RunOptions options;
    options.sessionId = u"kept"_s;
    options.mode = RunMode::Persistent;
    RunRequest request = python("x = 42");
    request.runtime = u"bash"_s;
    request.code = "x=42";
    QCOMPARE(run(request, options).exitCode, 0);
    request.code = "trap '' INT; echo up; sleep 60";
    const std::unique_ptr<Run> lost(m_engine->execute(request, options));
    QSignalSpy output(lost.get(), &Run::output);
    QSignalSpy finished(lost.get(), &Run::finished);
    QVERIFY(output.wait(20000));
    m_relay->cut();
    QVERIFY(finished.size() == 1 || finished.wait(10000));
    QCOMPARE(toString(lost->result().reason), toString(Reason::Internal));
    QCOMPARE(lost->result().errorCode, errors::EngineLost.toString());
    QVERIFY2(lost->result().error.contains(u"The connection to "_s + m_relay->url + u" broke in the middle"_s),
             qPrintable(lost->result().error));
    // The service ended that run, and the session goes on; its shell has died of that, and whoever counts on it is
    // told.
    request.code = "echo back $x";
    const RunResult back = run(request, options);
    QCOMPARE(back.stdoutText, QByteArray("back\n"));
    QVERIFY(back.stateFresh);
    QVERIFY2(back.error.contains(u"without the earlier names"_s), qPrintable(back.error));
    QCOMPARE(run(request, options).error, QString());
    const auto removed =
        isol8::test::await<bool>([&](const auto &done) { m_engine->removeSession({}, options.sessionId, done); });
    QVERIFY(removed && *removed);
}

void tst_remoteengine::filesElsewhere()
{
    if (m_where != Where::Elsewhere)
        return;
    RunOptions options;
    options.sessionId = u"files"_s;
    options.mode = RunMode::Persistent;
    RunRequest request = command(u"mkdir d"_s);
    QCOMPARE(run(request, options).exitCode, 0);
    const QByteArray content = QByteArray("\0\xff\r\n", 4).repeated(100000);
    const QString path = u"/sandbox/d/a \u00e4+b"_s;
    const auto put = isol8::test::await<void>(
        [&](const auto &done) { m_engine->putFile({}, u"files"_s, path, content, 0600, done); });
    QVERIFY2(put, isol8::test::describe(put));
    const auto got =
        isol8::test::await<QByteArray>([&](const auto &done) { m_engine->getFile({}, u"files"_s, path, done); });
    QVERIFY2(got, isol8::test::describe(got));
    QVERIFY(*got == content);
    const auto listed = isol8::test::await<QList<SessionFile>>(
        [&](const auto &done) { m_engine->listFiles({}, u"files"_s, u"d"_s, false, done); });
    QVERIFY2(listed, isol8::test::describe(listed));
    QCOMPARE(listed->size(), 1);
    QCOMPARE(listed->at(0).path, path);
    const auto missing =
        isol8::test::await<QByteArray>([&](const auto &done) { m_engine->getFile({}, u"files"_s, u"none"_s, done); });
    QCOMPARE(missing ? QString() : missing.error().code, errors::NotFound.toString());
    const auto sessions =
        isol8::test::await<QList<SessionInfo>>([&](const auto &done) { m_engine->sessions({}, done); });
    QCOMPARE(sessions->size(), 1);
    QVERIFY(isol8::test::await<bool>([&](const auto &done) { m_engine->removeSession({}, u"files"_s, done); }));
}

void tst_remoteengine::nobodyThere()
{
    if (m_where != Where::Socket)
        return;
    RemoteEngineOptions options = remoteOptions();
    options.address.path = u"/nowhere/engine.sock"_s;
    m_engine = std::make_unique<RemoteEngine>(options);
    const RunResult result = run(python("x"));
    QCOMPARE(toString(result.reason), toString(Reason::Internal));
    QCOMPARE(result.errorCode, errors::EngineUnreachable.toString());
    QVERIFY(isNotTaken(result.errorCode));
}

void tst_remoteengine::startTellsOfAnotherEngine_data()
{
    QTest::addColumn<QString>("version");
    QTest::addColumn<QString>("docker");
    QTest::addColumn<QByteArray>("config");
    QTest::newRow("version") << u"0.0.1"_s << QString() << QByteArray("{}");
    QTest::newRow("daemon") << QString() << u"tcp://elsewhere:2375"_s << QByteArray("{}");
    QTest::newRow("remote code") << QString() << QString() << QByteArray(R"({"remoteCode": {"requireHash": true}})");
    QTest::newRow("network") << QString() << QString() << QByteArray(R"({"network": {"ports": [8443]}})");
}

void tst_remoteengine::startTellsOfAnotherEngine()
{
    if (m_where != Where::Socket)
        return;
    QFETCH(QString, version);
    QFETCH(QString, docker);
    QFETCH(QByteArray, config);
    RemoteEngineOptions options = remoteOptions();
    if (!version.isEmpty())
        options.context->version = version;
    if (!docker.isEmpty())
        options.context->docker = docker;
    const auto parsed = parseConfig(config, u"c"_s);
    QVERIFY2(parsed, parsed ? "" : qPrintable(parsed.error().message));
    options.context->config = *parsed;
    m_engine = std::make_unique<RemoteEngine>(options);
    std::optional<Result<void>> outcome;
    m_engine->start({}, {this, [&](const Result<void> &ready) { outcome = ready; }});
    QTRY_VERIFY(outcome);
    QVERIFY(!*outcome);
    QCOMPARE(outcome->error().code, errors::OtherEngine.toString());
    QCOMPARE(run(python("x")).errorCode, errors::OtherEngine.toString());
}

void tst_remoteengine::strangePeers_data()
{
    QTest::addColumn<QByteArray>("answer"); // ACCEPT stands for what the handshake asks for
    const QByteArray good =
        "HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ACCEPT\r\n\r\n";
    QTest::newRow("closes") << QByteArray();
    QTest::newRow("no HTTP") << QByteArray("hello\r\n\r\n");
    QTest::newRow("no upgrade") << QByteArray("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    QTest::newRow("error of its own") << QByteArray("HTTP/1.1 500 X\r\nContent-Length: 2\r\n\r\n{}");
    QTest::newRow("wrong accept") << QByteArray(good).replace("ACCEPT", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    QTest::newRow("closes after the handshake") << good;
    QTest::newRow("masked frame") << good + QByteArray::fromHex("818537fa213d7f9f4d5158");
    QTest::newRow("close frame") << good + QByteArray::fromHex("880203e8");
    QTest::newRow("no event") << good + QByteArray::fromHex("8102") + "{}";
    QTest::newRow("endless message") << good + QByteArray::fromHex("827f00ffffffffffffff");
}

void tst_remoteengine::strangePeers()
{
    if (m_where != Where::Socket)
        return;
    QFETCH(QByteArray, answer);
    QTemporaryDir folder;
    QLocalServer server;
    QVERIFY(server.listen(folder.filePath(u"s"_s)));
    connect(&server, &QLocalServer::newConnection, &server, [&] {
        QLocalSocket *socket = server.nextPendingConnection();
        connect(socket, &QLocalSocket::readyRead, socket, [&answer, socket] {
            const QByteArray request = socket->readAll();
            const qsizetype at = request.indexOf("Sec-WebSocket-Key: ");
            if (at < 0)
                return;
            const QByteArray key = request.mid(at + 19, 24);
            socket->write(QByteArray(answer).replace("ACCEPT", http::webSocketAccept(key)));
            socket->flush();
            socket->disconnectFromServer();
        });
    });
    RemoteEngineOptions options = remoteOptions();
    options.address.path = folder.filePath(u"s"_s);
    m_engine = std::make_unique<RemoteEngine>(options);
    const RunResult result = run(python("x"));
    QCOMPARE(toString(result.reason), toString(Reason::Internal));
    QCOMPARE(result.exitCode, 125);
    QVERIFY2(result.errorCode == errors::EngineUnreachable || result.errorCode == errors::EngineLost,
             qPrintable(result.errorCode));
}

void tst_remoteengine::serviceDiesInMidRun()
{
    if (m_where != Where::Socket)
        return;
    servicetest::ServiceProcess service;
    QVERIFY(service.start({u"--prewarm"_s, QString()}));
    RemoteEngineOptions options = remoteOptions();
    options.address.path = service.socketPath();
    m_engine = std::make_unique<RemoteEngine>(options);
    const std::unique_ptr<Run> run(m_engine->execute(python("print('up', flush=True)\nimport time; time.sleep(60)")));
    QSignalSpy output(run.get(), &Run::output);
    QSignalSpy finished(run.get(), &Run::finished);
    QVERIFY(output.wait(20000));
    service.stop(SIGKILL);
    QVERIFY(finished.size() == 1 || finished.wait(5000));
    QCOMPARE(toString(run->result().reason), toString(Reason::Internal));
    QCOMPARE(run->result().errorCode, errors::EngineLost.toString());
    QVERIFY(!isNotTaken(run->result().errorCode));
    QVERIFY2(run->result().error.contains(u"broke in the middle"), qPrintable(run->result().error));
    QVERIFY(service.nothingLeft());
}

QTEST_GUILESS_MAIN(tst_remoteengine)
#include "tst_remoteengine.moc"
