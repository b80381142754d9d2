// SPDX-License-Identifier: GPL-3.0-or-later
// test: fake; execution docker http
// What a run does before its sandbox, when its program is a URL. The daemon is one that must not be asked for anything.
#include "support/CodeServer.h"
#include "support/FakeDocker.h"

#include <isol8/execution/LocalEngine.h>

#include <QJsonArray>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace isol8;
using namespace isol8::test;
using namespace Qt::StringLiterals;

class tst_coderun : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init();
    void cleanup();
    void refused_data();
    void refused();
    void wrongBeforeFetching();
    void fetchedThenPlanned();
    void callersPolicy();
    void cancelled();
    void deleted();
    void timeoutIsTheFetchsOwn();

private:
    [[nodiscard]] Run *start(const RunRequest &request, const RunOptions &options = {});
    [[nodiscard]] RunRequest at(const QByteArray &path) const;

    QTemporaryDir m_cache;
    std::unique_ptr<FakeDocker> m_docker;
    std::unique_ptr<CodeServer> m_server;
    QJsonObject m_remoteCode;
    std::unique_ptr<LocalEngine> m_engine;
};

void tst_coderun::initTestCase()
{
    qputenv("XDG_CACHE_HOME", QFile::encodeName(m_cache.path()));
}

void tst_coderun::init()
{
    m_docker = std::make_unique<FakeDocker>();
    m_server = std::make_unique<CodeServer>();
    m_remoteCode = {{u"enabled"_s, true},
                    {u"allowedSchemes"_s, QJsonArray{u"http"_s, u"https"_s}},
                    {u"blockedHosts"_s, QJsonArray{}},
                    {u"enableCache"_s, false},
                    {u"fetchTimeoutMs"_s, 10000}};
}

void tst_coderun::cleanup()
{
    m_engine.reset();
    // No container was asked for.
    for (const FakeRequest &request : std::as_const(m_docker->requests))
        QVERIFY2(!request.path.contains("/containers/create"), request.path.constData());
}

Run *tst_coderun::start(const RunRequest &request, const RunOptions &options)
{
    const QJsonObject network{{u"allowPrivate"_s, QJsonArray{u"localhost:%1"_s.arg(m_server->port())}}};
    const auto config = Config::fromJson({{u"remoteCode"_s, m_remoteCode}, {u"network"_s, network}});
    if (!config)
        qFatal("%s", qPrintable(config.error().message));
    LocalEngineOptions engine;
    engine.config = *config;
    engine.endpoint = m_docker->endpoint();
    m_engine = std::make_unique<LocalEngine>(engine);
    return m_engine->execute(request, options);
}

RunRequest tst_coderun::at(const QByteArray &path) const
{
    RunRequest request;
    request.codeUrl = u"http://localhost:%1%2"_s.arg(m_server->port()).arg(QString::fromLatin1(path));
    request.allowInsecureCodeUrl = true;
    return request;
}

void tst_coderun::refused_data()
{
    QTest::addColumn<QJsonObject>("policy");
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<QString>("code");
    QTest::addColumn<int>("requests");
    QTest::newRow("disabled") << QJsonObject{{u"enabled"_s, false}} << QByteArray("/x.py") << u"remote_code_disabled"_s
                              << 0;
    QTest::newRow("scheme") << QJsonObject{{u"allowedSchemes"_s, QJsonArray{u"https"_s}}} << QByteArray("/x.py")
                            << u"remote_code_refused"_s << 0;
    QTest::newRow("host") << QJsonObject{{u"allowedHosts"_s, QJsonArray{u"example.com"_s}}} << QByteArray("/x.py")
                          << u"remote_code_refused"_s << 0;
    QTest::newRow("address") << QJsonObject{{u"blockedHosts"_s, QJsonArray{u"127.0.0.0/8"_s, u"::1/128"_s}}}
                             << QByteArray("/x.py") << u"remote_code_refused"_s << 0;
    QTest::newRow("hash required") << QJsonObject{{u"requireHash"_s, true}} << QByteArray("/x.py")
                                   << u"remote_code_hash_required"_s << 0;
    QTest::newRow("size") << QJsonObject{{u"maxCodeSize"_s, 3}} << QByteArray("/x.py") << u"remote_code_too_large"_s
                          << 1;
    QTest::newRow("time") << QJsonObject{{u"fetchTimeoutMs"_s, 100}} << QByteArray("/hang.py")
                          << u"remote_code_timeout"_s << 1;
    QTest::newRow("not there") << QJsonObject{} << QByteArray("/none.py") << u"remote_code_failed"_s << 1;
    QTest::newRow("binary") << QJsonObject{} << QByteArray("/binary.py") << u"remote_code_not_text"_s << 1;
}

void tst_coderun::refused()
{
    QFETCH(QJsonObject, policy);
    QFETCH(QByteArray, path);
    QFETCH(QString, code);
    QFETCH(int, requests);
    m_server->serve("/x.py", "print(1)");
    m_server->serve("/binary.py", QByteArray("\x7f\0", 2));
    m_server->answers["/hang.py"] = {"", false};
    for (auto it = policy.begin(); it != policy.end(); ++it)
        m_remoteCode.insert(it.key(), it.value());
    Run *run = start(at(path));
    QSignalSpy finished(run, &Run::finished);
    QTRY_COMPARE_WITH_TIMEOUT(finished.size(), 1, 20000);
    QVERIFY(run->result().reason == Reason::SetupFailed);
    QCOMPARE(run->result().exitCode, 125);
    QVERIFY2(run->result().errorCode == code, qPrintable(run->result().errorCode + run->result().error));
    QCOMPARE(m_server->heads.size(), requests);
}

void tst_coderun::wrongBeforeFetching()
{
    m_server->serve("/x.py", "print(1)");
    RunRequest request = at("/x.py");
    RunOptions options;
    options.secrets.insert(u"PIN"_s, u"123"_s);
    Run *run = start(request, options);
    QSignalSpy finished(run, &Run::finished);
    QTRY_COMPARE_WITH_TIMEOUT(finished.size(), 1, 20000);
    QCOMPARE(run->result().errorCode, errors::BadSecret);
    QCOMPARE(m_server->heads.size(), 0);
}

// A wrong hash ends the run before a sandbox is asked for; so does what a program must not be.
void tst_coderun::fetchedThenPlanned()
{
    m_server->serve("/x.py", "print(1)");
    RunRequest request = at("/x.py");
    request.codeHash = QString(64, u'0');
    Run *run = start(request);
    QSignalSpy finished(run, &Run::finished);
    QSignalSpy progress(run, &Run::progress);
    QTRY_COMPARE_WITH_TIMEOUT(finished.size(), 1, 20000);
    QCOMPARE(run->result().errorCode, errors::RemoteCodeHashMismatch);
    QCOMPARE(progress.size(), 1);
}

void tst_coderun::callersPolicy()
{
    m_server->serve("/x.py", "print(1)");
    RunOptions options;
    options.remoteCode = remotecode::CodeSettings();
    options.remoteCode->enabled = true; // http is not among its schemes
    Run *run = start(at("/x.py"), options);
    QSignalSpy finished(run, &Run::finished);
    QTRY_COMPARE_WITH_TIMEOUT(finished.size(), 1, 20000);
    QCOMPARE(run->result().errorCode, errors::RemoteCodeRefused);
    // It cannot widen what the configuration says.
    m_remoteCode.insert(u"enabled"_s, false);
    options.remoteCode->allowedSchemes = {u"http"_s};
    run = start(at("/x.py"), options);
    QSignalSpy again(run, &Run::finished);
    QTRY_COMPARE_WITH_TIMEOUT(again.size(), 1, 20000);
    QCOMPARE(run->result().errorCode, errors::RemoteCodeDisabled);
    QCOMPARE(m_server->heads.size(), 0);
}

void tst_coderun::cancelled()
{
    m_server->answers["/x.py"] = {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nprint", false};
    Run *run = start(at("/x.py"));
    QSignalSpy finished(run, &Run::finished);
    QTRY_COMPARE_WITH_TIMEOUT(m_server->heads.size(), 1, 20000);
    run->cancel();
    QTRY_COMPARE_WITH_TIMEOUT(finished.size(), 1, 20000);
    QVERIFY(run->result().reason == Reason::Cancelled);
    QCOMPARE(run->result().exitCode, 130);
    QTRY_COMPARE_WITH_TIMEOUT(m_server->open, 0, 20000);
    QTest::qWait(50);
    QCOMPARE(finished.size(), 1);
}

void tst_coderun::deleted()
{
    m_server->answers["/x.py"] = {"", false};
    Run *run = start(at("/x.py"));
    QTRY_COMPARE_WITH_TIMEOUT(m_server->heads.size(), 1, 20000);
    delete run;
    QTRY_COMPARE_WITH_TIMEOUT(m_server->open, 0, 20000);
    // In the slot that tells of the fetching, too.
    run = m_engine->execute(at("/x.py"));
    bool told = false;
    connect(run, &Run::progress, this, [&] {
        told = true;
        delete run;
    });
    QTRY_VERIFY_WITH_TIMEOUT(told, 20000);
    QTest::qWait(50);
    QCOMPARE(m_server->open, 0);
}

// The run's timeout begins with its sandbox.
void tst_coderun::timeoutIsTheFetchsOwn()
{
    m_remoteCode.insert(u"fetchTimeoutMs"_s, 400);
    m_server->answers["/x.py"] = {"", false};
    RunRequest request = at("/x.py");
    request.timeout = milliseconds(1);
    Run *run = start(request);
    QSignalSpy finished(run, &Run::finished);
    QTRY_COMPARE_WITH_TIMEOUT(finished.size(), 1, 20000);
    QCOMPARE(run->result().errorCode, errors::RemoteCodeTimeout);
    QVERIFY(run->result().reason == Reason::SetupFailed);
}

QTEST_GUILESS_MAIN(tst_coderun)
#include "tst_coderun.moc"
