// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; execution
#include <isol8/execution/RunResult.h>

#include <QJsonDocument>
#include <QTest>
#include <QTimeZone>

using namespace isol8;
using namespace Qt::StringLiterals;

class tst_runresult : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void reasons();
    void wire();
    void withoutOutput();
    void asText();
    void roundTrip();
    void older();
    void wrong_data();
    void wrong();
};

static RunResult sample()
{
    RunResult result;
    result.stdoutText = "h\xC3\xA4llo\n";
    result.stderrText = "oh";
    result.exitCode = 139;
    result.durationMs = 12;
    result.truncated = true;
    result.executionId = u"6f0e3f6e-0000-4000-8000-000000000000"_s;
    result.runtime = u"python"_s;
    result.timestamp = QDateTime(QDate(2024, 2, 29), QTime(13, 4, 5, 7), QTimeZone::utc()).toUTC();
    result.containerId = u"abc"_s;
    result.files = {{u"/sandbox/a.png"_s, QByteArray("\0\xFF", 2)}};
    result.fileInfo = {{u"/sandbox/a.png"_s, {0750, 1600000000123}}};
    result.resourceUsage = {50.5, 10, 20.25, 1, 2, 3};
    result.networkLogs = {QJsonObject{{u"host"_s, u"a"_s}}};
    result.reason = Reason::Killed;
    result.signal = u"SIGSEGV"_s;
    result.queuedMs = 4;
    result.setupMs = 5;
    result.error = u"A sentence."_s;
    result.errorCode = u"sandbox_lost"_s;
    result.limited = {u"memoryLimit"_s};
    result.results = {QJsonObject{{u"type"_s, u"text/html"_s}}};
    return result;
}

void tst_runresult::reasons()
{
    const QList<QPair<Reason, QString>> all{
        {Reason::Completed, u"completed"_s},      {Reason::Killed, u"killed"_s},
        {Reason::Timeout, u"timeout"_s},          {Reason::Oom, u"oom"_s},
        {Reason::DiskFull, u"disk_full"_s},       {Reason::Cancelled, u"cancelled"_s},
        {Reason::SetupFailed, u"setup_failed"_s}, {Reason::SessionLost, u"session_lost"_s},
        {Reason::Internal, u"internal"_s}};
    for (const auto &[reason, name] : all) {
        QVERIFY2(isol8::toString(reason) == name, qPrintable(name));
        QVERIFY2(reasonFromString(name) == reason, qPrintable(name));
    }
    QVERIFY(!reasonFromString(u"Completed"));
    QVERIFY(isol8::toString(Phase::Setup) == u"setup" && isol8::toString(Phase::Code) == u"code");
}

void tst_runresult::wire()
{
    const QByteArray expected =
        R"({"containerId":"abc","durationMs":12,"error":"A sentence.","errorCode":"sandbox_lost",)"
        R"("executionId":"6f0e3f6e-0000-4000-8000-000000000000","exitCode":139,"fileInfo":{"/sandbox/a.png":{"mode":488,"mtimeMs":1600000000123}},"files":{"/sandbox/a.png":"AP8="},)"
        R"("limited":["memoryLimit"],"networkLogs":[{"host":"a"}],"queuedMs":4,"reason":"killed","resourceUsage":)"
        R"({"cpuMs":3,"cpuPercent":50.5,"memoryMB":10,"networkBytesIn":1,"networkBytesOut":2,"peakMemoryMB":20.25},)"
        R"("results":[{"type":"text/html"}],"runtime":"python","setupMs":5,"signal":"SIGSEGV","stderr":"oh",)"
        "\"stdout\":\"h\xC3\xA4llo\\n\",\"timestamp\":\"2024-02-29T13:04:05.007Z\",\"truncated\":true}";
    QCOMPARE(QJsonDocument(sample().toJson()).toJson(QJsonDocument::Compact), expected);
    const QJsonObject plain = RunResult{}.toJson();
    for (const QString &key : {u"signal"_s, u"error"_s, u"errorCode"_s})
        QVERIFY2(!plain.contains(key), qPrintable(key));
    QCOMPARE(plain.value(u"exitCode"_s), QJsonValue(125));
}

void tst_runresult::withoutOutput()
{
    const QJsonObject object = sample().toJson(false);
    QVERIFY(!object.contains(u"stdout"_s) && !object.contains(u"stderr"_s));
    QVERIFY(object.contains(u"exitCode"_s));
}

void tst_runresult::asText()
{
    RunResult result = sample();
    result.stdoutText = R"("files":{})"; // what the files' place must not be taken for
    for (const qsizetype size : {0, 1, 2, 3, 49151, 49152, 49153, 200000})
        result.files.insert(u"/sandbox/%1 \"\n\u00e4"_s.arg(size), QByteArray(size, 'x'));
    result.files.insert(QString(u"/sandbox/"_s + QChar(0xdcff)), "a byte that is no UTF-8");
    for (const bool withOutput : {true, false}) {
        const QByteArray text = result.toJsonText(withOutput);
        QCOMPARE(QJsonDocument::fromJson(text).object(), result.toJson(withOutput));
    }
    const auto read = RunResult::fromJson(QJsonDocument::fromJson(result.toJsonText()).object());
    QVERIFY(read);
    QCOMPARE(read->files, result.files);
    result.files.clear();
    QCOMPARE(QJsonDocument::fromJson(result.toJsonText()).object(), result.toJson());
}

void tst_runresult::roundTrip()
{
    for (const RunResult &result : {sample(), RunResult{}}) {
        const auto again = RunResult::fromJson(result.toJson());
        QVERIFY2(again, qPrintable(again ? QString() : again.error().message));
        if (result.timestamp.isValid())
            QCOMPARE(again->timestamp, result.timestamp);
        RunResult compared = *again;
        compared.timestamp = result.timestamp;
        QVERIFY(compared == result);
    }
}

void tst_runresult::older()
{
    const auto result = RunResult::fromJson(
        QJsonDocument::fromJson(
            R"({"stdout":"a","stderr":"","exitCode":0,"durationMs":1,"truncated":false,"executionId":"x","runtime":"bash",)"
            R"("timestamp":"2024-01-01T00:00:00.000Z","somethingNew":[1]})")
            .object());
    QVERIFY(result);
    QVERIFY(result->reason == Reason::Completed);
    QCOMPARE(result->exitCode, 0);
    QCOMPARE(result->stdoutText, "a");
}

void tst_runresult::wrong_data()
{
    QTest::addColumn<QByteArray>("json");
    QTest::addColumn<QString>("message");
    QTest::newRow("stdout") << QByteArray(R"({"stdout":1})") << u"result.stdout must be a text, not 1."_s;
    QTest::newRow("exitCode") << QByteArray(R"({"exitCode":"0"})") << u"result.exitCode must be a whole number"_s;
    QTest::newRow("exitCode huge") << QByteArray(R"({"exitCode":1e20})") << u"result.exitCode must be a whole number"_s;
    QTest::newRow("file info") << QByteArray(R"({"fileInfo":{"/a":{"mode":512}}})") << u"result.fileInfo./a.mode"_s;
    QTest::newRow("files") << QByteArray(R"({"files":{"/a":"@"}})") << u"result.files./a is not valid base64."_s;
    QTest::newRow("usage") << QByteArray(R"({"resourceUsage":{"cpuMs":"x"}})")
                           << u"result.resourceUsage.cpuMs must be"_s;
    QTest::newRow("usage negative") << QByteArray(R"({"resourceUsage":{"memoryMB":-1}})")
                                    << u"result.resourceUsage.memoryMB must be"_s;
    QTest::newRow("timestamp") << QByteArray(R"({"timestamp":"yesterday"})") << u"result.timestamp is not a time"_s;
    QTest::newRow("logs") << QByteArray(R"({"networkLogs":{}})") << u"result.networkLogs must be a list"_s;
}

void tst_runresult::wrong()
{
    QFETCH(QByteArray, json);
    QFETCH(QString, message);
    const auto result = RunResult::fromJson(QJsonDocument::fromJson(json).object());
    QVERIFY(!result);
    QVERIFY2(result.error().message.startsWith(message), qPrintable(result.error().message));
}

QTEST_GUILESS_MAIN(tst_runresult)
#include "tst_runresult.moc"
