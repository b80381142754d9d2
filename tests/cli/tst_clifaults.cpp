// SPDX-License-Identifier: GPL-3.0-or-later
// test: fake; docker http
// What the command says and returns when the daemon cannot be used.
#include "support/Cli.h"
#include "support/FakeDocker.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QStandardPaths>
#include <QTest>

#include <sys/stat.h>
#include <unistd.h>

using namespace isol8::docker;
using namespace isol8::test;
using namespace Qt::StringLiterals;

class tst_clifaults : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void faults_data();
    void faults();
    void withoutPermission_data();
    void withoutPermission();
    void staleSocket();
    void cleanupGoesOn();

private:
    //! The command, while this process goes on serving.
    clitest::Outcome isol8(const QStringList &arguments, const QString &socket, const QStringList &before = {});
};

clitest::Outcome tst_clifaults::isol8(const QStringList &arguments, const QString &socket, const QStringList &before)
{
    QStringList all = before + QStringList{clitest::binary()} + arguments;
    QProcess process;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(u"DOCKER_HOST"_s, u"unix://"_s + socket);
    QTemporaryDir home; // of whoever runs it
    ::chmod(QFile::encodeName(home.path()).constData(), 0777);
    environment.insert(u"HOME"_s, home.path());
    environment.remove(u"XDG_CACHE_HOME"_s);
    environment.insert(u"ISOL8_ENGINE"_s, u"local"_s);
    process.setProcessEnvironment(environment);
    process.setWorkingDirectory(u"/"_s);
    const QString program = all.takeFirst();
    process.start(program, all);
    process.closeWriteChannel();
    return clitest::outcomeOf(&process,
                              QTest::qWaitFor([&] { return process.state() == QProcess::NotRunning; }, 30000));
}

void tst_clifaults::faults_data()
{
    QTest::addColumn<QByteArray>("ping");
    QTest::addColumn<QByteArray>("says");
    const auto api = [](const char *version) { return FakeReply::ping(version).pieces.join(); };
    QTest::newRow("too old") << api("1.30") << QByteArray("1.30");
    QTest::newRow("not Docker") << FakeReply::raw("SSH-2.0-OpenSSH_9.2\r\n").pieces.join() << QByteArray("Docker");
    QTest::newRow("refuses") << FakeReply::answer(503, R"({"message":"the moon is full"})").pieces.join()
                             << QByteArray("the moon is full");
    QTest::newRow("closes") << QByteArray("HTTP/1.1 200 O") << QByteArray("Docker");
}

void tst_clifaults::faults()
{
    QFETCH(QByteArray, ping);
    QFETCH(QByteArray, says);
    FakeDocker fake(Endpoint::Kind::Unix);
    fake.handler = [ping](const FakeRequest &, FakePeer &) { return FakeReply::raw(ping); };
    const auto outcome = isol8({u"run"_s, u"-e"_s, u"print(1)"_s}, fake.endpoint().path);
    QVERIFY(!outcome.crashed);
    QCOMPARE(outcome.exitCode, 125);
    QCOMPARE(outcome.out, QByteArray());
    QVERIFY2(outcome.err.startsWith("isol8: ") && outcome.err.count('\n') == 1, outcome.err.constData());
    QVERIFY2(outcome.err.contains(says), outcome.err.constData());
}

void tst_clifaults::withoutPermission_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<int>("exitCode");
    QTest::newRow("run") << QStringList{u"run"_s, u"-e"_s, u"print(1)"_s} << 125;
    QTest::newRow("setup") << QStringList{u"setup"_s} << 1;
    QTest::newRow("doctor") << QStringList{u"doctor"_s} << 1;
    QTest::newRow("cleanup") << QStringList{u"cleanup"_s, u"--force"_s} << 1;
}

void tst_clifaults::withoutPermission()
{
    QFETCH(QStringList, arguments);
    QFETCH(int, exitCode);
    FakeDocker fake(Endpoint::Kind::Unix);
    const QString socket = fake.endpoint().path;
    QStringList before;
    if (::geteuid() == 0) { // whom permissions do not bind
        if (QStandardPaths::findExecutable(u"setpriv"_s).isEmpty())
            QSKIP("no setpriv to become another user with");
        before = {u"setpriv"_s, u"--reuid=65534"_s, u"--regid=65534"_s, u"--clear-groups"_s};
        QProcess probe;
        probe.start(before.first(), before.mid(1) + QStringList{u"test"_s, u"-x"_s, clitest::binary()});
        if (!probe.waitForFinished() || probe.exitCode() != 0)
            QSKIP("the built command lies in a folder that other users may not enter");
    }
    // Whoever may not write to a socket may not connect to it; its folder can be entered.
    ::chmod(QFile::encodeName(QFileInfo(socket).path()).constData(), 0755);
    ::chmod(QFile::encodeName(socket).constData(), 0);
    const auto outcome = isol8(arguments, socket, before);
    QVERIFY(!outcome.crashed);
    QCOMPARE(outcome.exitCode, exitCode);
    const QByteArray text = outcome.err + outcome.out;
    QVERIFY2(text.contains("permission") || text.contains("may not") || text.contains("allowed"), text.constData());
    QVERIFY2(text.contains("docker"), text.constData());
    QCOMPARE(fake.requests.size(), 0);
}

void tst_clifaults::staleSocket()
{
    QTemporaryDir folder;
    const QString path = folder.filePath(u"docker.sock"_s);
    {
        QLocalServer server;
        QVERIFY(server.listen(path));
        QVERIFY(QFile::rename(path, path + u'x'));
    }
    QVERIFY(QFile::rename(path + u'x', path));
    const auto outcome = isol8({u"run"_s, u"-e"_s, u"print(1)"_s}, path);
    QCOMPARE(outcome.exitCode, 125);
    QVERIFY2(outcome.err.contains(path.toUtf8()), outcome.err.constData());
}

// One container that cannot be removed hides neither those that were, nor another that was not.
void tst_clifaults::cleanupGoesOn()
{
    FakeDocker fake(Endpoint::Kind::Unix);
    fake.handler = [](const FakeRequest &request, FakePeer &) -> std::optional<FakeReply> {
        if (request.is("GET /containers/json"))
            return FakeReply::answer(200, R"([{"Id":"aaa","State":"running"},{"Id":"bbb","State":"running"},)"
                                          R"({"Id":"ccc","State":"exited"},{"Id":"ddd","State":"exited"}])");
        if (request.is("DELETE /containers/bbb"))
            return FakeReply::answer(500, R"({"message":"device or resource busy"})");
        if (request.is("DELETE /containers/ccc"))
            return FakeReply::answer(500, R"({"message":"driver failed"})");
        if (request.is("DELETE "))
            return FakeReply::answer(204, {});
        return std::nullopt;
    };
    const auto outcome = isol8({u"cleanup"_s, u"--force"_s, u"--json"_s}, fake.endpoint().path);
    QCOMPARE(outcome.exitCode, 1);
    const QJsonObject result = QJsonDocument::fromJson(outcome.out).object();
    QStringList removed = result.value(u"containers"_s).toVariant().toStringList();
    removed.sort();
    QCOMPARE(removed, (QStringList{u"aaa"_s, u"ddd"_s}));
    QCOMPARE(result.value(u"errors"_s).toArray().size(), 2);
    const auto told = isol8({u"cleanup"_s, u"--force"_s}, fake.endpoint().path);
    QVERIFY2(told.err.contains("Removed 2 containers and 0 images."), told.err.constData());
    QVERIFY2(told.err.contains("busy") && told.err.contains("driver failed"), told.err.constData());
}

QTEST_GUILESS_MAIN(tst_clifaults)
#include "tst_clifaults.moc"
