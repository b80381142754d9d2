// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker; service
#include "support/Cli.h"
#include "support/Prometheus.h"
#include "support/ServiceProcess.h"

#include <isol8/audit/RecordVerification.h>

#include <QDirIterator>

using namespace isol8;
using namespace servicetest;
using namespace Qt::StringLiterals;

namespace {

const QStringList Cold{u"--prewarm"_s, QString()};

// A service that keeps records, in a folder of its own.
class Observed
{
public:
    explicit Observed(QJsonObject audit = {}, QJsonObject config = {})
    {
        audit.insert(u"enabled"_s, true);
        audit.insert(u"logDir"_s, records());
        config.insert(u"audit"_s, audit);
        config.insert(u"poolSize"_s, 0);
        service.configure(QJsonDocument(config).toJson());
        service.errorFile = log();
    }
    [[nodiscard]] QString records() const { return m_dir.filePath(u"records"_s); }
    [[nodiscard]] QString log() const { return m_dir.filePath(u"log"_s); }
    [[nodiscard]] QString file(const QString &name) const { return m_dir.filePath(name); }

    [[nodiscard]] QList<QJsonObject> lines() const
    {
        QList<QJsonObject> list;
        for (const QByteArray &line : contentOf(records() + u"/executions.log"_s).split('\n')) {
            if (!line.isEmpty())
                list.append(QJsonDocument::fromJson(line).object());
        }
        return list;
    }
    [[nodiscard]] prometheus::Parsed metrics() const
    {
        const Answer answer = service.ask("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
        auto parsed = prometheus::parse(answer.body);
        if (!answer.head.contains("Content-Type: text/plain; version=0.0.4; charset=utf-8"))
            parsed.problem = QString::fromUtf8(answer.head);
        return parsed;
    }
    [[nodiscard]] static QByteArray contentOf(const QString &path)
    {
        QFile content(path);
        return content.open(QIODevice::ReadOnly) ? content.readAll() : QByteArray();
    }

    ServiceProcess service;

private:
    QTemporaryDir m_dir;
};

} // namespace

/*
    What the service tells of itself: records and metrics. All that happens is in them, and nothing that must not be.
*/
class tst_observe : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void recordsAndMetrics();
    void includesWhatIsStreamed();
    void commandLineIsRecordedOnce();
    void recordsThatCannotBeWritten();
    void noFolderNoService();
    void tellsNoSecrets();
};

void tst_observe::recordsAndMetrics()
{
    Observed observed({{u"postLogScript"_s, QString()}}, {{u"maxConcurrent"_s, 1}});
    ServiceProcess &service = observed.service;
    QVERIFY(service.start(Cold));
    // What a request says of audit is not heard.
    Answer answer = service.ask(post("/execute", python(u"print('one'); raise SystemExit(4)"_s,
                                                        {{u"audit"_s, QJsonObject{{u"enabled"_s, false}}}},
                                                        {{u"metadata"_s, QJsonObject{{u"ticket"_s, u"T-7"_s}}}})));
    QCOMPARE(answer.status, 200);
    QCOMPARE(observed.lines().size(), 1);
    const QJsonObject record = observed.lines().constFirst();
    const QJsonObject result = answer.json();
    for (const QString &key : {u"executionId"_s, u"containerId"_s, u"exitCode"_s, u"durationMs"_s, u"reason"_s,
                               u"runtime"_s, u"resourceUsage"_s, u"timestamp"_s})
        QVERIFY2(record.value(key) == result.value(key), qPrintable(key));
    QCOMPARE(record.value(u"metadata"_s).toObject().value(u"ticket"_s), QJsonValue(u"T-7"_s));
    QVERIFY(!record.value(u"userId"_s).toString().isEmpty());
    QVERIFY(!record.contains(u"code"_s) && !record.contains(u"stdout"_s));

    // One runs, one waits; then their clients leave.
    const auto begin = [&](const QString &code) {
        auto socket = std::make_unique<QLocalSocket>();
        socket->connectToServer(service.socketPath());
        socket->write(post("/execute/stream", python(code, {{u"timeoutMs"_s, 60000}})));
        socket->flush();
        return socket;
    };
    auto first = begin(u"import time; print('up', flush=True); time.sleep(60)"_s);
    QByteArray bytes;
    QVERIFY(QTest::qWaitFor([&] { return (bytes += first->readAll()).contains("\"up"); }, 60000));
    auto second = begin(u"print('never')"_s);
    QTRY_COMPARE_WITH_TIMEOUT(observed.metrics().value(u"isol8_runs{state=\"queued\"}"_s), 1, 60000);
    const auto busy = observed.metrics();
    QVERIFY2(busy.problem.isEmpty(), qPrintable(busy.problem));
    QCOMPARE(busy.value(u"isol8_runs{state=\"running\"}"_s), 1);
    QVERIFY(busy.value(u"isol8_connections{kind=\"http\"}"_s) >= 3);
    second.reset();
    first.reset();
    QTRY_COMPARE_WITH_TIMEOUT(observed.lines().size(), 3, 60000);
    for (const int i : {1, 2}) {
        QCOMPARE(observed.lines().at(i).value(u"reason"_s), QJsonValue(u"cancelled"_s));
        QVERIFY(!observed.lines().at(i).value(u"executionId"_s).toString().isEmpty());
        QCOMPARE(observed.lines().at(i).value(u"runtime"_s), QJsonValue(u"python"_s));
    }
    const auto after = observed.metrics();
    QVERIFY2(after.problem.isEmpty(), qPrintable(after.problem));
    QCOMPARE(after.value(u"isol8_runs_total{reason=\"completed\",runtime=\"python\"}"_s), 1);
    QCOMPARE(after.value(u"isol8_runs_total{reason=\"cancelled\",runtime=\"python\"}"_s), 2);
    QCOMPARE(after.value(u"isol8_run_total_seconds_count{runtime=\"python\"}"_s), 3);
    QCOMPARE(after.value(u"isol8_audit_records_total"_s), 3);
    QCOMPARE(after.value(u"isol8_audit_losses_total"_s), 0);
    QVERIFY(after.value(u"isol8_pool_misses_total"_s) >= 1);
    QCOMPARE(service.stop(SIGTERM), 0);
    const auto verified = audit::verifyRecords(observed.records());
    QVERIFY(verified);
    QVERIFY2(!verified->problem, qPrintable(verified->problem.value_or(audit::ChainCheck::Problem()).sentence));
    QCOMPARE(verified->records, 3);
}

// Output that nobody collects, up to the run's limit.
void tst_observe::includesWhatIsStreamed()
{
    Observed observed({{u"includeCode"_s, true}, {u"includeOutput"_s, true}, {u"trackResources"_s, false}});
    QVERIFY(observed.service.start(Cold));
    const QString code = u"import sys; print('x' * 3000); print('told', file=sys.stderr)"_s;
    const Answer answer = observed.service.ask(
        post("/execute/stream",
             python(code, {{u"maxOutputSize"_s, 1000}, {u"secrets"_s, QJsonObject{{u"S"_s, u"hidden-secret"_s}}}})));
    QVERIFY2(answer.body.contains("\"exit\""), answer.body.constData());
    QCOMPARE(observed.lines().size(), 1);
    const QJsonObject record = observed.lines().constFirst();
    QCOMPARE(record.value(u"code"_s), QJsonValue(code));
    QCOMPARE(record.value(u"stdout"_s), QJsonValue(QString(1000, u'x')));
    QCOMPARE(record.value(u"stderr"_s), QJsonValue(u"told\n"_s));
    QVERIFY(!record.contains(u"resourceUsage"_s));
}

// By whoever makes the run; and an engine that would not keep the records that its user wants is not used.
void tst_observe::commandLineIsRecordedOnce()
{
    Observed observed;
    QVERIFY(observed.service.start(Cold));
    QTemporaryDir elsewhere;
    const auto run = [&](const QStringList &more) {
        return clitest::isol8(QStringList{u"--debug"_s, u"run"_s, u"-e"_s, u"print(1)"_s} + more, {}, elsewhere.path(),
                              observed.service.environment);
    };
    clitest::Outcome outcome = run({});
    QVERIFY2(outcome.exitCode == 0, outcome.err.constData());
    QVERIFY2(outcome.err.contains("running in the background engine"), outcome.err.constData());
    QCOMPARE(observed.lines().size(), 1);

    QFile config(elsewhere.filePath(u"isol8.config.json"_s));
    QVERIFY(config.open(QIODevice::WriteOnly));
    config.write(R"({"audit": {"enabled": true, "logDir": "mine", "includeCode": true}})");
    config.close();
    outcome = run({});
    QVERIFY2(outcome.exitCode == 0, outcome.err.constData());
    QVERIFY2(!outcome.err.contains("running in the background engine"), outcome.err.constData());
    QCOMPARE(observed.lines().size(), 1);
    const QByteArray own = Observed::contentOf(elsewhere.filePath(u"mine/executions.log"_s));
    QCOMPARE(own.count('\n'), 1);
    QVERIFY2(own.contains("\"code\":\"print(1)\""), own.constData());
}

void tst_observe::recordsThatCannotBeWritten()
{
    Observed observed;
    const QString script = observed.file(u"ship"_s);
    {
        QFile file(script);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("#!/bin/sh\necho \"$1\" >> " + QFile::encodeName(observed.file(u"shipped"_s)) + '\n');
        QVERIFY(file.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner));
    }
    observed.service.configure(QJsonDocument(QJsonObject{{u"poolSize"_s, 0},
                                                         {u"audit"_s, QJsonObject{{u"enabled"_s, true},
                                                                                  {u"logDir"_s, observed.records()},
                                                                                  {u"postLogScript"_s, script}}}})
                                   .toJson());
    QVERIFY(observed.service.start(Cold));
    const QString file = observed.records() + u"/executions.log"_s;
    QVERIFY(QDir().mkdir(file)); // what nothing can be written to
    QCOMPARE(observed.service.ask(post("/execute", python(u"print(1)"_s))).json().value(u"stdout"_s),
             QJsonValue(u"1\n"_s));
    QTRY_COMPARE_WITH_TIMEOUT(observed.metrics().value(u"isol8_audit_losses_total"_s), 1, 30000);
    QTRY_VERIFY_WITH_TIMEOUT(Observed::contentOf(observed.log()).contains("The record of a run is lost"), 30000);
    QVERIFY(QDir().rmdir(file));
    QCOMPARE(observed.service.ask(post("/execute", python(u"print(2)"_s))).status, 200);
    QTRY_COMPARE_WITH_TIMEOUT(observed.lines().size(), 2, 30000);
    QCOMPARE(observed.lines().at(0).value(u"event"_s), QJsonValue(u"lost"_s));
    QCOMPARE(observed.lines().at(0).value(u"count"_s), QJsonValue(1));
    QTRY_COMPARE_WITH_TIMEOUT(Observed::contentOf(observed.file(u"shipped"_s)), file.toUtf8() + '\n', 30000);
}

void tst_observe::noFolderNoService()
{
    Observed observed;
    QFile file(observed.records());
    QVERIFY(file.open(QIODevice::WriteOnly));
    [[maybe_unused]] const bool listened = observed.service.start(Cold); // for a moment
    QTRY_COMPARE_WITH_TIMEOUT(observed.service.process.state(), QProcess::NotRunning, 30000);
    QCOMPARE(observed.service.process.exitCode(), 1);
    QVERIFY(Observed::contentOf(observed.log()).contains("audit log"));
}

// Each of these stands in what is sent, and in nothing that is written down or answered as an error.
void tst_observe::tellsNoSecrets()
{
    Observed observed({}, {{u"maxConcurrent"_s, 2}});
    ServiceProcess &service = observed.service;
    QVERIFY(service.start(Cold + QStringList{u"--debug"_s}));
    const QByteArray key = "Authorization: Bearer isol8_hidden-key-x1\r\n";
    QByteArrayList errorsSeen;
    const QString code =
        u"# hidden-code-x2\nimport os, socket, sys\nprint('hidden-' + 'output-x3', os.environ['TOKEN'], "
        u"sys.stdin.read())\n"
        "print('hidden-' + 'stderr-x4', file=sys.stderr)\nopen('out.txt', 'w').write('hidden-' + 'file-x5')\n"
        "for user in (b'user:hidden-password-x6@', b''):\n"
        "  s = socket.create_connection(('127.0.0.1', 8118))\n"
        "  s.sendall(b'GET http://' + user + b'blocked.example/p?token=hidden-query-x7 HTTP/1.1\\r\\n'\n"
        "    b'Host: blocked.example\\r\\nAuthorization: Basic hidden-basic-x8\\r\\n\\r\\n')\n  s.recv(100)\n"_s;
    const QJsonObject request{{u"stdin"_s, u"hidden-stdin-x9"_s},
                              {u"env"_s, QJsonObject{{u"PLAIN"_s, u"hidden-env-xa"_s}}},
                              {u"args"_s, QJsonArray{u"hidden-arg-xb"_s}},
                              {u"files"_s, QJsonObject{{u"/sandbox/in.txt"_s, u"hidden-input-xc"_s}}},
                              {u"setupScript"_s, u"true # hidden-setup-xd"_s},
                              {u"metadata"_s, QJsonObject{{u"note"_s, u"the token is hidden-secret-xe"_s}}}};
    const QJsonObject options{{u"secrets"_s, QJsonObject{{u"TOKEN"_s, u"hidden-secret-xe"_s}}},
                              {u"network"_s, u"filtered"_s},
                              {u"networkFilter"_s, QJsonObject{{u"whitelist"_s, QJsonArray{u"other.example"_s}}}},
                              {u"logNetwork"_s, true}};
    Answer answer = service.ask(post("/execute", python(code, options, request), key));
    QVERIFY2(answer.status == 200 && answer.json().value(u"exitCode"_s) == 0, answer.body.constData());
    QVERIFY(answer.body.contains("hidden-output-x3 *** hidden-stdin-x9"));
    QVERIFY(
        service.ask(post("/execute/stream", python(code, options, request), key)).body.contains("hidden-output-x3"));
    QJsonObject inSession = python(code, options, request);
    inSession.insert(u"sessionId"_s, u"quiet"_s);
    QCOMPARE(service.ask(post("/execute", inSession, key)).status, 200);
    QJsonObject file{{u"sessionId"_s, u"quiet"_s}, {u"path"_s, u"a.txt"_s}, {u"content"_s, u"&hidden-content-xf"_s}};
    errorsSeen.append(service.ask(post("/file", file, key)).body);

    const auto refused = [&](const QByteArray &body) {
        const Answer bad = service.ask("POST /execute HTTP/1.1\r\nHost: x\r\n" + key +
                                       "Content-Length: " + QByteArray::number(body.size()) + "\r\n\r\n" + body);
        errorsSeen.append(bad.body);
        return bad.status == 400;
    };
    const QByteArrayList wrong{
        "{\"request\": {\"code\": \"hidden-code-x2",
        "{\"request\": {\"code\": [\"hidden-code-x2\"]}}",
        "{\"request\": {\"code\": \"hidden-code-x2\", \"cmd\": \"hidden-code-x2\"}}",
        "{\"request\": {\"code\": \"1\"}, \"options\": {\"secrets\": {\"A\": [\"hidden-secret-xe\"]}}}",
        "{\"request\": {\"code\": \"1\"}, \"options\": {\"secrets\": \"hidden-secret-xe\"}}",
        "{\"request\": {\"code\": \"1\"}, \"options\": {\"secrets\": {\"A\": \"hidden-secret-xe\\u0000\"}}}",
        "{\"request\": {\"code\": \"1\", \"env\": {\"A\": [\"hidden-env-xa\"]}}}",
        "{\"request\": {\"code\": \"1\", \"files\": {\"/sandbox/a\": [\"hidden-input-xc\"]}}}"};
    for (const QByteArray &body : wrong)
        QVERIFY2(refused(body), body.constData());
    // A program that fails says so itself; isol8's own sentences about it do not.
    const Answer failed = service.ask(
        post("/execute", python(u"1"_s, options, {{u"setupScript"_s, u"echo hidden-setup-xd >&2; exit 3"_s}}), key));
    QCOMPARE(failed.json().value(u"reason"_s), QJsonValue(u"setup_failed"_s));
    errorsSeen.append(failed.json().value(u"error"_s).toString().toUtf8());
    errorsSeen.append(service.ask("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").body);
    QCOMPARE(service.stop(SIGTERM), 0);

    QByteArray told = errorsSeen.join('\n') + Observed::contentOf(observed.log());
    QVERIFY2(Observed::contentOf(observed.log()).size() > 100, "the debug log has nothing");
    QCOMPARE(observed.lines().size(), 4);
    QCOMPARE(observed.lines().constFirst().value(u"metadata"_s).toObject().value(u"note"_s),
             QJsonValue(u"the token is ***"_s));
    const QJsonArray network = observed.lines().constFirst().value(u"networkLogs"_s).toArray();
    QCOMPARE(network.size(), 2);
    QCOMPARE(network.at(1).toObject().value(u"host"_s), QJsonValue(u"blocked.example"_s));
    QCOMPARE(network.at(1).toObject().value(u"path"_s), QJsonValue(u"/p"_s));
    QDirIterator records(observed.records(), QDir::Files);
    while (records.hasNext())
        told += Observed::contentOf(records.next());
    for (const QByteArray &line : told.split('\n'))
        QVERIFY2(!line.contains("hidden-"), line.constData());
}

QTEST_GUILESS_MAIN(tst_observe)
#include "tst_observe.moc"
