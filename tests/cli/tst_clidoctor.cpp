// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker; base
#include "support/Cli.h"
#include "support/Docker.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QTest>

using namespace Qt::StringLiterals;
using clitest::isol8;

/*
    The commands that look after isol8 itself: doctor and cleanup, and every command when there is no Docker.
*/
class tst_clidoctor : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void allWell();
    void asJson();
    void isolation();
    void isolationOfNoWall();
    void badConfiguration();
    void withoutDocker_data();
    void withoutDocker();
    void cleanupLeavesOthersAlone();
    void cleanupAsksFirst();
};

void tst_clidoctor::allWell()
{
    const auto outcome = isol8({u"doctor"_s});
    QVERIFY2(outcome.exitCode == 0, outcome.out.constData());
    QVERIFY2(outcome.out.contains("every wall of it stands"), outcome.out.constData());
    QVERIFY(!outcome.out.contains("problem"));
}

void tst_clidoctor::asJson()
{
    const auto outcome = isol8({u"doctor"_s, u"--json"_s});
    const QJsonObject result = QJsonDocument::fromJson(outcome.out).object();
    QVERIFY(result.value(u"ok"_s).toBool());
    QStringList ids;
    for (const QJsonValue &check : result.value(u"checks"_s).toArray())
        ids.append(check[u"id"_s].toString());
    for (const QString &id : {u"config"_s, u"docker"_s, u"image_python"_s, u"sandbox"_s})
        QVERIFY2(ids.contains(id), qPrintable(ids.join(u' ')));
}

void tst_clidoctor::isolation()
{
    const auto outcome = isol8({u"doctor"_s, u"--isolation"_s, u"--wall"_s, u"user"_s, u"--wall"_s, u"secrets"_s});
    QVERIFY2(outcome.exitCode == 0, QByteArray(outcome.out + outcome.err).constData());
    QVERIFY2(outcome.out.contains("user     holds"), outcome.out.constData());
    QVERIFY2(outcome.out.contains("secrets  holds     3/3"), outcome.out.constData());
    QVERIFY2(outcome.out.contains("2 of 2 walls hold."), outcome.out.constData());
    QVERIFY2(outcome.out.contains("The kernel is "), outcome.out.constData());
}

void tst_clidoctor::isolationOfNoWall()
{
    const auto unknown = isol8({u"doctor"_s, u"--isolation"_s, u"--wall"_s, u"moat"_s});
    QCOMPARE(unknown.exitCode, 2);
    QVERIFY2(unknown.err.contains("moat") && unknown.err.contains("network"), unknown.err.constData());
    QCOMPARE(isol8({u"doctor"_s, u"--wall"_s, u"network"_s}).exitCode, 2);
}

void tst_clidoctor::badConfiguration()
{
    QTemporaryDir folder;
    QFile file(folder.filePath(u"isol8.config.json"_s));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("{\n  \"defaults\": { \"memorylimit\": \"1g\" }\n}\n");
    file.close();
    const auto outcome = isol8({u"doctor"_s}, {}, folder.path());
    QCOMPARE(outcome.exitCode, 1);
    QVERIFY2(outcome.out.contains("memoryLimit"), outcome.out.constData());
    const auto run = isol8({u"run"_s, u"-e"_s, u"print(1)"_s}, {}, folder.path());
    QCOMPARE(run.exitCode, 1);
    QVERIFY2(run.err.contains("isol8.config.json") && run.err.contains("2") && run.err.contains("memoryLimit"),
             run.err.constData());
}

void tst_clidoctor::withoutDocker_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<int>("exitCode");
    QTest::newRow("run") << QStringList{u"run"_s, u"-e"_s, u"print(1)"_s} << 125;
    QTest::newRow("setup") << QStringList{u"setup"_s} << 1;
    QTest::newRow("doctor") << QStringList{u"doctor"_s} << 1;
    QTest::newRow("doctor --isolation") << QStringList{u"doctor"_s, u"--isolation"_s} << 1;
    QTest::newRow("cleanup") << QStringList{u"cleanup"_s, u"--force"_s} << 1;
}

void tst_clidoctor::withoutDocker()
{
    QFETCH(QStringList, arguments);
    QFETCH(int, exitCode);
    auto environment = QProcessEnvironment::systemEnvironment();
    environment.insert(u"DOCKER_HOST"_s, u"unix:///nonexistent/docker.sock"_s);
    const auto outcome = isol8(arguments, {}, {}, environment, 15000);
    QCOMPARE(outcome.exitCode, exitCode);
    const QByteArray all = QByteArray(outcome.out + outcome.err);
    QVERIFY2(all.contains("/nonexistent/docker.sock"), all.constData());
    QVERIFY2(all.contains("DOCKER_HOST"), all.constData());
}

void tst_clidoctor::cleanupLeavesOthersAlone()
{
    const QString bystander = u"isol8-test-bystander"_s;
    dockertest::docker({u"rm"_s, u"-f"_s, bystander});
    QVERIFY(!dockertest::docker({u"create"_s, u"--name"_s, bystander, u"isol8:bash"_s, u"true"_s}).isEmpty());
    const auto outcome = isol8({u"cleanup"_s, u"--dry-run"_s, u"--json"_s});
    const QByteArray id = dockertest::docker({u"inspect"_s, u"-f"_s, u"{{.Id}}"_s, bystander});
    dockertest::docker({u"rm"_s, u"-f"_s, bystander});
    QCOMPARE(outcome.exitCode, 0);
    const QJsonObject result = QJsonDocument::fromJson(outcome.out).object();
    QVERIFY(result.value(u"dryRun"_s).toBool());
    QVERIFY(!result.value(u"containers"_s).toArray().contains(QString::fromLatin1(id)));
}

void tst_clidoctor::cleanupAsksFirst()
{
    const QString left = u"isol8-test-left"_s;
    dockertest::docker({u"rm"_s, u"-f"_s, left});
    QVERIFY(!dockertest::docker(
                 {u"create"_s, u"--name"_s, left, u"--label"_s, u"org.isol8=a-test"_s, u"isol8:bash"_s, u"true"_s})
                 .isEmpty());
    const auto outcome = isol8({u"cleanup"_s});
    const bool there = !dockertest::docker({u"inspect"_s, u"-f"_s, u"{{.Id}}"_s, left}).isEmpty();
    dockertest::docker({u"rm"_s, u"-f"_s, left});
    QCOMPARE(outcome.exitCode, 2);
    QVERIFY2(outcome.err.contains("--force"), outcome.err.constData());
    QVERIFY(there);
}

QTEST_GUILESS_MAIN(tst_clidoctor)
#include "tst_clidoctor.moc"
