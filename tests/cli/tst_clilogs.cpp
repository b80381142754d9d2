// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker; audit remote
#include "support/Cli.h"
#include "support/InThread.h"
#include "support/ScriptServer.h"

#include <isol8/audit/RecordFolder.h>
#include <isol8/remote/EngineContext.h>

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QTemporaryDir>
#include <QTest>

#include <sys/stat.h>

using isol8::EngineContext;
using isol8::audit::RecordFolder;
using isol8::test::InThread;
using isol8::test::ScriptServer;
using namespace clitest;
using namespace Qt::StringLiterals;

namespace {

QStringList idsOf(const QByteArray &lines)
{
    QStringList ids;
    for (const QByteArray &line : lines.split('\n')) {
        if (!line.isEmpty())
            ids.append(QJsonDocument::fromJson(line).object().value(u"executionId"_s).toString());
    }
    return ids;
}

} // namespace

/*
    `isol8 logs`, and the records of what `isol8 run` runs.
*/
class tst_clilogs : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void lists_data();
    void lists();
    void shows();
    void follows();
    void verifies();
    void wrongUsage_data();
    void wrongUsage();
    void nothingThere();
    void recordsRuns();
    void elsewhere();
    void noRunWithoutRecords();
    void anotherAuditIsAnotherEngine();

private:
    [[nodiscard]] QString folder() const { return m_dir->filePath(u"records"_s); }
    [[nodiscard]] Outcome logs(const QStringList &arguments) const
    {
        return clitest::isol8(QStringList{u"logs"_s} + arguments, {}, m_dir->path(), m_environment);
    }
    void configure(const QJsonObject &audit)
    {
        QFile file(m_dir->filePath(u"isol8.config.json"_s));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(QJsonDocument(QJsonObject{{u"audit"_s, audit}}).toJson());
    }
    bool write(int from, int to, const QDate &day)
    {
        RecordFolder records(folder(), 36500);
        qint64 unsaid = 0;
        for (int i = from; i <= to; ++i) {
            const QJsonObject record{{u"executionId"_s, u"run-%1"_s.arg(i)},
                                     {u"runtime"_s, i % 2 ? u"python"_s : u"node"_s},
                                     {u"reason"_s, i == 4 ? u"timeout"_s : u"completed"_s},
                                     {u"exitCode"_s, i == 4 ? 124 : 0},
                                     {u"durationMs"_s, 1500},
                                     {u"userId"_s, u"ann\x1b[31m"_s},
                                     {u"tenantId"_s, i < 3 ? QJsonValue(u"team-a"_s) : QJsonValue(QJsonValue::Null)},
                                     {u"timestamp"_s, u"%1T1%2:00:00.000Z"_s.arg(day.toString(Qt::ISODate)).arg(i)}};
            if (!records.append(record, &unsaid, day))
                return false;
        }
        return true;
    }

    std::unique_ptr<QTemporaryDir> m_dir;
    QProcessEnvironment m_environment;
};

// Runs 1 and 2 on one day, 3 to 5 on the next.
void tst_clilogs::init()
{
    m_dir = std::make_unique<QTemporaryDir>();
    m_environment = QProcessEnvironment::systemEnvironment();
    m_environment.insert(u"HOME"_s, m_dir->path());
    m_environment.insert(u"ISOL8_ENGINE"_s, u"local"_s);
    m_environment.insert(u"NO_COLOR"_s, u"1"_s);
    m_environment.remove(u"ISOL8_CONFIG"_s);
    m_environment.remove(u"ISOL8_AUDIT_DIR"_s);
    configure({{u"enabled"_s, true}, {u"logDir"_s, u"./records"_s}});
    QVERIFY(write(1, 2, QDate(2026, 11, 23)));
    QVERIFY(write(3, 5, QDate(2026, 11, 24)));
}

void tst_clilogs::lists_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("runs");
    QTest::newRow("all") << QStringList{} << u"12345"_s;
    QTest::newRow("since a time") << QStringList{u"--since"_s, u"2026-11-24T14:00:00Z"_s} << u"45"_s;
    QTest::newRow("since a day") << QStringList{u"--since"_s, u"2026-11-24"_s} << u"345"_s;
    QTest::newRow("long ago") << QStringList{u"--since"_s, u"30000d"_s} << u"12345"_s;
    QTest::newRow("runtime") << QStringList{u"-r"_s, u"node"_s} << u"24"_s;
    QTest::newRow("reason") << QStringList{u"--reason"_s, u"timeout"_s} << u"4"_s;
    QTest::newRow("tenant") << QStringList{u"--tenant"_s, u"team-a"_s} << u"12"_s;
    QTest::newRow("limit") << QStringList{u"--limit"_s, u"2"_s} << u"45"_s;
    QTest::newRow("no limit") << QStringList{u"--limit"_s, u"0"_s} << u"12345"_s;
    QTest::newRow("several") << QStringList{u"-r"_s, u"python"_s, u"--limit"_s, u"2"_s} << u"35"_s;
    QTest::newRow("none") << QStringList{u"--tenant"_s, u"nobody"_s} << QString();
}

void tst_clilogs::lists()
{
    QFETCH(QStringList, arguments);
    QFETCH(QString, runs);
    const Outcome outcome = logs(arguments + QStringList{u"--json"_s});
    QVERIFY2(outcome.exitCode == 0, outcome.err.constData());
    QString found;
    for (const QString &id : idsOf(outcome.out))
        found += id.section(u'-', 1);
    QCOMPARE(found, runs);
}

void tst_clilogs::shows()
{
    const Outcome outcome = logs({u"--reason"_s, u"timeout"_s});
    QCOMPARE(outcome.exitCode, 0);
    const QByteArrayList lines = outcome.out.split('\n');
    QCOMPARE(lines.size(), 3);
    QVERIFY2(lines.at(0).startsWith("TIME (UTC)"), lines.at(0).constData());
    for (const char *part : {"2026-11-24 14:00:00", "run-4", "node", "timeout", "124", "1.5 s", "ann?[31m"})
        QVERIFY2(lines.at(1).contains(part), lines.at(1).constData());
    QVERIFY(!outcome.out.contains('\x1b'));
}

void tst_clilogs::follows()
{
    QProcess process;
    process.setProcessEnvironment(m_environment);
    process.setWorkingDirectory(m_dir->path());
    process.start(binary(), {u"logs"_s, u"-f"_s, u"--json"_s, u"--limit"_s, u"1"_s, u"-r"_s, u"python"_s});
    QByteArray out;
    const auto has = [&](const QStringList &ids) {
        out += process.readAllStandardOutput();
        return idsOf(out) == ids;
    };
    QTRY_VERIFY_WITH_TIMEOUT(has({u"run-5"_s}), 30000);
    QVERIFY(write(6, 7, QDate(2026, 11, 24)));
    QTRY_VERIFY_WITH_TIMEOUT(has({u"run-5"_s, u"run-7"_s}), 30000);
    QVERIFY(write(8, 9, QDate(2026, 11, 25))); // in the next file
    QTRY_VERIFY_WITH_TIMEOUT(has({u"run-5"_s, u"run-7"_s, u"run-9"_s}), 30000);
    process.terminate();
    QVERIFY(process.waitForFinished(10000));
}

void tst_clilogs::verifies()
{
    const Outcome whole = logs({u"--verify"_s, u"--json"_s});
    QVERIFY2(whole.exitCode == 0, whole.err.constData());
    const QJsonObject told = QJsonDocument::fromJson(whole.out).object();
    QCOMPARE(told.value(u"whole"_s), QJsonValue(true));
    QCOMPARE(told.value(u"records"_s), QJsonValue(5));
    const QString hash = told.value(u"lastHash"_s).toString();
    QVERIFY(logs({u"--verify"_s}).out.contains(hash.toLatin1()));
    QCOMPARE(logs({u"--verify"_s, u"--hash"_s, hash}).exitCode, 0);
    QCOMPARE(logs({u"--verify"_s, u"--hash"_s, QString(64, u'a')}).exitCode, 1);

    QFile file(folder() + u"/executions.log"_s);
    QVERIFY(file.open(QIODevice::ReadWrite));
    QByteArrayList lines = file.readAll().split('\n');
    lines.removeAt(1);
    QVERIFY(file.resize(0) && file.seek(0));
    file.write(lines.join('\n'));
    file.close();
    const Outcome broken = logs({u"--verify"_s});
    QCOMPARE(broken.exitCode, 1);
    QVERIFY2(broken.err.contains("executions.log:2: 1 before this one are missing."), broken.err.constData());
    QVERIFY(broken.out.isEmpty());
    const QJsonObject problem =
        QJsonDocument::fromJson(logs({u"--verify"_s, u"--json"_s}).out).object().value(u"problem"_s).toObject();
    QCOMPARE(problem.value(u"line"_s), QJsonValue(2));
}

void tst_clilogs::wrongUsage_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QByteArray>("sentence");
    QTest::newRow("since") << QStringList{u"--since"_s, u"yesterday"_s} << QByteArray("--since");
    QTest::newRow("reason") << QStringList{u"--reason"_s, u"bored"_s} << QByteArray("no reason \"bored\"");
    QTest::newRow("limit") << QStringList{u"--limit"_s, u"-1"_s} << QByteArray("--limit");
    QTest::newRow("hash") << QStringList{u"--hash"_s, u"aa"_s} << QByteArray("--verify");
    const QStringList there{u"--host"_s, u"http://127.0.0.1:9"_s, u"--key"_s, u"k"_s};
    QTest::newRow("follow elsewhere") << there + QStringList{u"-f"_s} << QByteArray("--follow is for the records on");
    QTest::newRow("verify elsewhere") << there + QStringList{u"--verify"_s}
                                      << QByteArray("--verify is for the records");
    QTest::newRow("no hash") << QStringList{u"--verify"_s, u"--hash"_s, QString()} << QByteArray("--hash is empty");
}

void tst_clilogs::wrongUsage()
{
    QFETCH(QStringList, arguments);
    QFETCH(QByteArray, sentence);
    const Outcome outcome = logs(arguments);
    QCOMPARE(outcome.exitCode, 2);
    QVERIFY2(outcome.err.contains(sentence), outcome.err.constData());
}

void tst_clilogs::nothingThere()
{
    for (const QStringList &arguments : {QStringList{}, QStringList{u"--verify"_s}}) {
        const Outcome outcome = logs(arguments + QStringList{u"--dir"_s, u"nowhere"_s});
        QCOMPARE(outcome.exitCode, 1);
        QVERIFY2(outcome.err.contains("There are no records in"), outcome.err.constData());
    }
}

void tst_clilogs::recordsRuns()
{
    configure({{u"enabled"_s, true}, {u"logDir"_s, u"own"_s}, {u"includeCode"_s, true}, {u"includeOutput"_s, true}});
    const QString code = u"import os; print(os.environ['K']); raise SystemExit(3)"_s;
    const Outcome run = clitest::isol8({u"run"_s, u"--secret"_s, u"K=very-secret-1"_s, u"-e"_s, code}, {},
                                       m_dir->path(), m_environment);
    QVERIFY2(run.exitCode == 3, run.err.constData());
    QCOMPARE(run.out, QByteArray("***\n"));
    const Outcome shown = logs({u"--json"_s});
    QVERIFY2(shown.exitCode == 0, shown.err.constData());
    const QJsonObject record = QJsonDocument::fromJson(shown.out).object();
    QCOMPARE(record.value(u"exitCode"_s), QJsonValue(3));
    QCOMPARE(record.value(u"code"_s), QJsonValue(code));
    QCOMPARE(record.value(u"stdout"_s), QJsonValue(u"***\n"_s));
    QVERIFY(!record.value(u"userId"_s).toString().isEmpty());
    QVERIFY(!shown.out.contains("very-secret"));
    QCOMPARE(logs({u"--verify"_s}).exitCode, 0);
}

void tst_clilogs::elsewhere()
{
    const auto server = std::make_unique<InThread<ScriptServer>>([] {
        return std::make_unique<ScriptServer>([](const QByteArray &, const QByteArray &) -> ScriptServer::Reply {
            return ScriptServer::answer(200, R"({"records":[{"executionId":"id-7","runtime":"python","reason":"timeout",
                "exitCode":124,"timestamp":"2026-11-24T10:00:00.000Z","tenantId":"a\u001bb"}]})");
        });
    });
    const QStringList there{u"--host"_s, server->fake()->url(), u"--key"_s, u"k"_s};
    const Outcome shown =
        logs(there + QStringList{u"--since"_s, u"2026-11-24T00:00:00Z"_s, u"--tenant"_s, u"a b"_s, u"--reason"_s,
                                 u"timeout"_s, u"-r"_s, u"python"_s, u"--limit"_s, u"0"_s});
    QVERIFY2(shown.exitCode == 0, shown.err.constData());
    QVERIFY2(shown.out.contains("2026-11-24 10:00:00  id-7 ") && shown.out.contains("a?b"), shown.out.constData());
    QByteArray head;
    server->inside([&] { head = server->fake()->heads.value(0); });
    QVERIFY2(head.startsWith("GET /logs?limit=1000&since=2026-11-24T00%3A00%3A00.000Z&runtime=python&reason=timeout&"
                             "tenantId=a%20b HTTP/1.1\r\n"),
             head.constData());
    QCOMPARE(QJsonDocument::fromJson(logs(there + QStringList{u"--json"_s}).out).object().value(u"exitCode"_s),
             QJsonValue(124));
}

void tst_clilogs::noRunWithoutRecords()
{
    configure({{u"enabled"_s, true}, {u"logDir"_s, u"isol8.config.json"_s}});
    const Outcome run = clitest::isol8({u"run"_s, u"-e"_s, u"print(1)"_s}, {}, m_dir->path(), m_environment);
    QCOMPARE(run.exitCode, 1);
    QVERIFY2(run.err.contains("audit log"), run.err.constData());
    QVERIFY(run.out.isEmpty());
}

// A background engine that keeps other records, or none, takes nothing.
void tst_clilogs::anotherAuditIsAnotherEngine()
{
    EngineContext ours{u"1"_s, u"docker"_s, {}};
    EngineContext theirs = ours;
    theirs.config.audit.insert(u"includeCode"_s, true);
    QCOMPARE(ours.token(), theirs.token());
    ours.config.audit.insert(u"enabled"_s, true);
    QVERIFY(ours.token() != theirs.token());
    theirs.config.audit.insert(u"enabled"_s, true);
    QVERIFY(ours.token() != theirs.token());
    theirs.config = ours.config;
    QCOMPARE(ours.token(), theirs.token());
}

QTEST_GUILESS_MAIN(tst_clilogs)
#include "tst_clilogs.moc"
