// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker; cli
// isol8 run --record and isol8 replay, as a user types them; and what they compare.
#include "support/Cli.h"

#include <cli/RunRecord.h>

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QTest>

#include <functional>

#include <sys/stat.h>

using namespace isol8;
using namespace isol8::cli;
using namespace Qt::StringLiterals;

class tst_clirecord : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void sameAgain();
    void somethingDiffers();
    void inputsAndFiles();
    void secretsStayOut();
    void whatAFileMayNotDecide();
    void noRecord_data();
    void noRecord();
    void cannotBeRecorded_data();
    void cannotBeRecorded();
    void compared_data();
    void compared();

private:
    [[nodiscard]] QString path(const QString &name) const { return m_folder.filePath(name); }
    [[nodiscard]] QByteArray content(const QString &name) const
    {
        QFile file(path(name));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }
    void change(const QString &name, const std::function<void(QJsonObject &)> &edit) const
    {
        QJsonObject object = QJsonDocument::fromJson(content(name)).object();
        edit(object);
        QFile file(path(name));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(QJsonDocument(object).toJson());
    }

    QTemporaryDir m_folder;
};

void tst_clirecord::sameAgain()
{
    const auto first = clitest::isol8({u"run"_s, u"--record"_s, path(u"same.json"_s), u"-r"_s, u"bash"_s, u"-e"_s,
                                       u"echo out; echo err >&2; exit 3"_s});
    QVERIFY2(first.exitCode == 3, first.err.constData());
    QCOMPARE(first.out, QByteArray("out\n"));
    const QJsonObject record = QJsonDocument::fromJson(content(u"same.json"_s)).object();
    QVERIFY(record[u"image"][u"id"].toString().startsWith(u"sha256:"));
    QCOMPARE(record[u"image"][u"name"].toString(), u"isol8:bash"_s);
    QCOMPARE(record[u"options"][u"pidsLimit"].toInt(), 64);
    QVERIFY(record[u"options"].toObject().contains(u"memoryLimit"_s));
    QCOMPARE(record[u"outcome"][u"stdout"][u"sha256"].toString(),
             u"54034ac5c6e9ea95734ec2b729fd6d62abf64af34a9f9ce5d466cb788191a73d"_s);
    QCOMPARE(record[u"outcome"][u"stdout"][u"bytes"].toInt(), 4);
    QVERIFY(!content(u"same.json"_s).contains("\"out\\n\""));
    struct stat status
    {
    };
    QCOMPARE(::stat(QFile::encodeName(path(u"same.json"_s)).constData(), &status), 0);
    QCOMPARE(status.st_mode & 0777, 0600U);
    const auto again = clitest::isol8({u"replay"_s, path(u"same.json"_s)});
    QVERIFY2(again.exitCode == 0, QByteArray(again.out + again.err).constData());
    QVERIFY2(again.out.startsWith("The same: completed, exit code 3"), again.out.constData());
}

void tst_clirecord::somethingDiffers()
{
    const auto first = clitest::isol8({u"run"_s, u"--record"_s, path(u"other.json"_s), u"-r"_s, u"bash"_s, u"-e"_s,
                                       u"cat /proc/sys/kernel/random/uuid"_s});
    QCOMPARE(first.exitCode, 0);
    change(u"other.json"_s, [](QJsonObject &record) {
        record.insert(u"image"_s, QJsonObject{{u"name"_s, u"isol8:bash"_s}, {u"id"_s, u"sha256:0000"_s}});
    });
    const auto again = clitest::isol8({u"replay"_s, path(u"other.json"_s)});
    QCOMPARE(again.exitCode, 1);
    QVERIFY2(again.out.contains("image isol8:bash: sha256:0000 was recorded"), again.out.constData());
    QVERIFY2(again.out.contains("stdout: 37 bytes (SHA-256 "), again.out.constData());
    QVERIFY2(!again.out.contains("exit code"), again.out.constData());
    const auto json = clitest::isol8({u"replay"_s, u"--json"_s, path(u"other.json"_s)});
    const QJsonObject report = QJsonDocument::fromJson(json.out).object();
    QCOMPARE(report[u"same"], QJsonValue(false));
    QCOMPARE(report[u"differences"].toArray().size(), 2);
}

void tst_clirecord::inputsAndFiles()
{
    QTemporaryDir work;
    QVERIFY(QDir(work.path()).mkdir(u"in"_s));
    QFile input(work.filePath(u"in/data.bin"_s));
    QVERIFY(input.open(QIODevice::WriteOnly));
    input.write(QByteArray("\0\xff\x01", 3));
    input.close();
    const auto first =
        clitest::isol8({u"run"_s, u"--record"_s, path(u"files.json"_s), u"-r"_s, u"bash"_s, u"--files"_s, u"in"_s,
                        u"--env"_s, u"A=b"_s, u"--stdin"_s, u"typed"_s, u"--get"_s, u"/sandbox/result"_s, u"-e"_s,
                        u"cat data.bin - > result; echo \"$A $1\""_s, u"--"_s, u"word"_s},
                       {}, work.path());
    QVERIFY2(first.exitCode == 0, first.err.constData());
    QCOMPARE(first.out, QByteArray("b word\n"));
    QVERIFY(QFile::exists(work.filePath(u"result"_s)));
    const auto again = clitest::isol8({u"replay"_s, path(u"files.json"_s)});
    QVERIFY2(again.exitCode == 0, QByteArray(again.out + again.err).constData());
    QVERIFY2(again.out.contains("1 files"), again.out.constData());
}

void tst_clirecord::secretsStayOut()
{
    const QString secret = u"s3cret-of-mine"_s;
    const auto first = clitest::isol8({u"run"_s, u"--record"_s, path(u"secret.json"_s), u"-r"_s, u"bash"_s,
                                       u"--secret"_s, QString(u"KEY="_s + secret), u"-e"_s, u"echo ${#KEY}"_s});
    QVERIFY2(first.exitCode == 0, first.err.constData());
    QVERIFY(!content(u"secret.json"_s).contains(secret.toUtf8()));
    QVERIFY(content(u"secret.json"_s).contains("\"KEY\""));
    const auto without = clitest::isol8({u"replay"_s, path(u"secret.json"_s)});
    QCOMPARE(without.exitCode, 2);
    QVERIFY2(without.err.contains("--secret KEY"), without.err.constData());
    auto environment = QProcessEnvironment::systemEnvironment();
    environment.insert(u"KEY"_s, secret);
    const auto with =
        clitest::isol8({u"replay"_s, u"--secret"_s, u"KEY"_s, path(u"secret.json"_s)}, {}, {}, environment);
    QVERIFY2(with.exitCode == 0, QByteArray(with.out + with.err).constData());

    // Where the code itself has it, the record has not.
    const auto inCode =
        clitest::isol8({u"run"_s, u"--record"_s, path(u"code.json"_s), u"-r"_s, u"bash"_s, u"--secret"_s,
                        QString(u"KEY="_s + secret), u"-e"_s, QString(u"echo "_s + secret)});
    QCOMPARE(inCode.exitCode, 0);
    QVERIFY2(inCode.err.contains("cannot be replayed"), inCode.err.constData());
    QVERIFY(!content(u"code.json"_s).contains(secret.toUtf8()));
    const auto masked = clitest::isol8({u"replay"_s, u"--secret"_s, QString(u"KEY="_s + secret), path(u"code.json"_s)});
    QCOMPARE(masked.exitCode, 2);
}

void tst_clirecord::whatAFileMayNotDecide()
{
    const auto first =
        clitest::isol8({u"run"_s, u"--record"_s, path(u"weak.json"_s), u"-r"_s, u"bash"_s, u"-e"_s, u"echo x"_s});
    QCOMPARE(first.exitCode, 0);
    change(u"weak.json"_s, [](QJsonObject &record) {
        QJsonObject options = record[u"options"].toObject();
        options.insert(u"network"_s, u"host"_s);
        options.insert(u"readonlyRootFs"_s, false);
        record.insert(u"options"_s, options);
    });
    const auto again = clitest::isol8({u"replay"_s, path(u"weak.json"_s)});
    QCOMPARE(again.exitCode, 2);
    QVERIFY2(again.err.contains("the host's network, a writable root") && again.err.contains("--as-recorded"),
             again.err.constData());
}

void tst_clirecord::noRecord_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("empty") << QByteArray();
    QTest::newRow("no JSON") << QByteArray("{\"isol8Record\": 1,");
    QTest::newRow("another file") << QByteArray("{\"code\": \"x\"}");
    QTest::newRow("another format") << QByteArray("{\"isol8Record\": 2}");
    QTest::newRow("a wrong type") << QByteArray("{\"isol8Record\": 1, \"request\": {\"code\": 3}}");
}

void tst_clirecord::noRecord()
{
    QFETCH(QByteArray, text);
    QFile file(path(u"no.json"_s));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(text);
    file.close();
    const auto outcome = clitest::isol8({u"replay"_s, path(u"no.json"_s)});
    QCOMPARE(outcome.exitCode, 2);
    QVERIFY2(outcome.err.contains("no record of isol8"), outcome.err.constData());
    QVERIFY(outcome.out.isEmpty());
}

void tst_clirecord::cannotBeRecorded_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<int>("exitCode");
    QTest::newRow("a session") << QStringList{u"--session-id"_s, u"x"_s} << 2;
    QTest::newRow("typed") << QStringList{u"-i"_s} << 2;
    QTest::newRow("no name") << QStringList{u"--record"_s, QString()} << 2;
    QTest::newRow("no folder") << QStringList{u"--record"_s, u"/nonexistent/x"_s} << 1;
    QTest::newRow("a folder") << QStringList{u"--record"_s, u"/tmp"_s} << 1;
}

void tst_clirecord::cannotBeRecorded()
{
    QFETCH(QStringList, arguments);
    QFETCH(int, exitCode);
    QStringList all{u"run"_s, u"-r"_s, u"bash"_s, u"-e"_s, u"echo ran"_s};
    if (!arguments.contains(u"--record"_s))
        all += {u"--record"_s, path(u"x.json"_s)};
    const auto outcome = clitest::isol8(all + arguments);
    QVERIFY2(outcome.exitCode == exitCode, outcome.err.constData());
    QVERIFY(outcome.out.isEmpty());
    QVERIFY(!QFile::exists(path(u"x.json"_s)));
}

void tst_clirecord::compared_data()
{
    QTest::addColumn<QString>("difference"); // a part of the one sentence; empty: none
    QTest::addColumn<QJsonObject>("now");
    RunResult result;
    result.reason = Reason::Completed;
    result.exitCode = 0;
    result.stdoutText = "a";
    result.files.insert(u"/sandbox/f"_s, "x");
    result.networkLogs = {QJsonObject{{u"action"_s, u"ALLOW"_s},
                                      {u"method"_s, u"GET"_s},
                                      {u"host"_s, u"a.b"_s},
                                      {u"port"_s, 80},
                                      {u"path"_s, u"/"_s},
                                      {u"durationMs"_s, 5}}};
    const auto changed = [&](const std::function<void(RunResult &)> &edit) {
        RunResult other = result;
        edit(other);
        return outcomeOf(other);
    };
    QTest::newRow("nothing") << QString() << outcomeOf(result);
    QTest::newRow("times") << QString() << changed([](RunResult &r) {
        r.durationMs = 99;
        r.executionId = u"x"_s;
        r.networkLogs = {QJsonObject{{u"action"_s, u"ALLOW"_s},
                                     {u"method"_s, u"GET"_s},
                                     {u"host"_s, u"a.b"_s},
                                     {u"port"_s, 80},
                                     {u"path"_s, u"/"_s},
                                     {u"durationMs"_s, 6}}};
    });
    QTest::newRow("exit code") << u"exit code: 0 was recorded, 1 now"_s
                               << changed([](RunResult &r) { r.exitCode = 1; });
    QTest::newRow("reason") << u"completed was recorded, oom now"_s
                            << changed([](RunResult &r) { r.reason = Reason::Oom; });
    QTest::newRow("signal") << u"SIGSEGV now"_s << changed([](RunResult &r) { r.signal = u"SIGSEGV"_s; });
    QTest::newRow("stdout") << u"stdout: 1 bytes"_s << changed([](RunResult &r) { r.stdoutText = "b"; });
    QTest::newRow("stderr") << u"stderr: 0 bytes"_s << changed([](RunResult &r) { r.stderrText = "b"; });
    QTest::newRow("a file") << u"/sandbox/f: 1 bytes"_s
                            << changed([](RunResult &r) { r.files[u"/sandbox/f"_s] = "y"; });
    QTest::newRow("a file less") << u"recorded, but not there now"_s << changed([](RunResult &r) { r.files.clear(); });
    QTest::newRow("a file more") << u"not recorded, but there now"_s
                                 << changed([](RunResult &r) { r.files.insert(u"/sandbox/g"_s, "x"); });
    QTest::newRow("network less") << u"but not now"_s << changed([](RunResult &r) { r.networkLogs = {}; });
    QTest::newRow("network more") << u"BLOCK CONNECT c.d:443 was not recorded"_s << changed([](RunResult &r) {
        r.networkLogs.append(QJsonObject{{u"action"_s, u"BLOCK"_s},
                                         {u"method"_s, u"CONNECT"_s},
                                         {u"host"_s, u"c.d"_s},
                                         {u"port"_s, 443},
                                         {u"path"_s, QJsonValue()}});
    });
}

void tst_clirecord::compared()
{
    QFETCH(QString, difference);
    QFETCH(QJsonObject, now);
    RunResult result;
    result.reason = Reason::Completed;
    result.exitCode = 0;
    result.stdoutText = "a";
    result.files.insert(u"/sandbox/f"_s, "x");
    result.networkLogs = {QJsonObject{{u"action"_s, u"ALLOW"_s},
                                      {u"method"_s, u"GET"_s},
                                      {u"host"_s, u"a.b"_s},
                                      {u"port"_s, 80},
                                      {u"path"_s, u"/"_s},
                                      {u"durationMs"_s, 5}}};
    const QStringList found = differences(outcomeOf(result), now);
    QCOMPARE(found.size(), difference.isEmpty() ? 0 : 1);
    if (!difference.isEmpty())
        QVERIFY2(found.first().contains(difference), qPrintable(found.first()));
}

QTEST_GUILESS_MAIN(tst_clirecord)
#include "tst_clirecord.moc"
