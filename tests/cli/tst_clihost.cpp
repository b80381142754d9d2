// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker; http
#include "support/Certificates.h"
#include "support/Cli.h"
#include "support/InThread.h"
#include "support/Relay.h"
#include "support/ServiceProcess.h"
#include "support/Signals.h"

#include <QRegularExpression>

#include <csignal>

using namespace isol8::test;
using namespace servicetest;
using namespace Qt::StringLiterals;

// `isol8 --host`: the same to its user as on this machine.
class tst_clihost : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init();
    void cleanupTestCase();

    void runs_data();
    void runs();
    void filesGoAndCome();
    void whatIsRefused_data();
    void whatIsRefused();
    void hostOfTheEnvironment();
    void keyThenProgramOnStdin();
    void limitsAreTheServices();
    void shell();
    void sessions();
    void largeFiles();
    void listsRuns();
    void interrupted();
    void replays();
    void mcp();
    void mcpRefused();
    void doctor();
    void overTls();

private:
    clitest::Outcome isol8(const QStringList &arguments, const QByteArray &input = {})
    {
        return clitest::isol8(arguments, input, m_folder.path(), m_environment);
    }
    //! With --host behind the command's name.
    clitest::Outcome there(QStringList arguments, const QByteArray &input = {})
    {
        return isol8(arguments + QStringList{u"--host"_s, m_relay->fake()->url}, input);
    }

    ServiceProcess m_service;
    std::unique_ptr<InThread<Relay>> m_relay;
    QTemporaryDir m_folder;
    QProcessEnvironment m_environment;
};

void tst_clihost::initTestCase()
{
    m_service.configure(R"({"poolSize": 0, "limits": {"memoryLimit": "300m"}})");
    QVERIFY(m_service.start());
    m_relay = std::make_unique<InThread<Relay>>(
        [this] { return std::make_unique<Relay>(Relay::Options{m_service.socketPath()}); });
}

void tst_clihost::init()
{
    m_environment = QProcessEnvironment::systemEnvironment();
    m_environment.insert(u"HOME"_s, m_folder.path());
    m_environment.insert(u"ISOL8_API_KEY"_s, QString::fromLatin1(Relay::Options().key));
    // No Docker here: what runs, runs there.
    m_environment.insert(u"DOCKER_HOST"_s, u"unix:///nowhere/docker.sock"_s);
    m_environment.insert(u"XDG_RUNTIME_DIR"_s, m_folder.path());
    for (const QString &name : {u"ISOL8_HOST"_s, u"ISOL8_CONFIG"_s, u"ISOL8_ENGINE"_s, u"DOCKER_CONTEXT"_s})
        m_environment.remove(name);
}

void tst_clihost::cleanupTestCase()
{
    m_relay.reset();
    m_service.stop(SIGTERM);
    QVERIFY(m_service.nothingLeft());
}

void tst_clihost::runs_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QByteArray>("input");
    QTest::addColumn<int>("exitCode");
    QTest::addColumn<QByteArray>("out");
    QTest::addColumn<QByteArray>("err");
    const auto row = [](const char *name, const QStringList &arguments, int exitCode, const QByteArray &out,
                        const QByteArray &err = {}, const QByteArray &input = {}) {
        QTest::newRow(name) << arguments << input << exitCode << out << err;
    };
    const QString e = u"-e"_s, bash = u"--cmd"_s;
    row("both streams", {e, u"import sys; print('h\u00e4llo'); print('e', file=sys.stderr); sys.exit(9)"_s}, 9,
        "h\xc3\xa4llo\n", "e\n");
    row("timeout", {bash, u"sleep 60"_s, u"--timeout"_s, u"600ms"_s}, 124, "", "did not end within 600 ms");
    row("stdin", {bash, u"od -An -tx1"_s, u"--stdin"_s, u"-"_s}, 0, " 00 ff 0a\n", "", QByteArray("\0\xff\n", 3));
    row("interactive", {u"-i"_s, bash, u"while read l; do echo got $l; done"_s}, 0, "got a\ngot b\n", "", "a\nb\n");
    row("secret", {bash, u"echo $K"_s, u"--secret"_s, u"K=hidden-value"_s}, 0, "***\n");
    row("setup", {bash, u"cat f"_s, u"--setup"_s, u"echo set > f; echo said"_s}, 0, "set\n", "said\n");
    row("arguments", {u"-r"_s, u"bash"_s, e, u"echo $1"_s, u"--"_s, u"a b"_s}, 0, "a b\n");
    row("unknown language", {u"-r"_s, u"cobol"_s, e, u"x"_s}, 2, "", "There is no runtime \"cobol\"");
}

void tst_clihost::runs()
{
    QFETCH(QStringList, arguments);
    QFETCH(QByteArray, input);
    QFETCH(QByteArray, out);
    QFETCH(QByteArray, err);
    const QStringList flags{u"run"_s, u"--host"_s, m_relay->fake()->url};
    const auto outcome = isol8(flags + arguments, input);
    QTEST(outcome.exitCode, "exitCode");
    QCOMPARE(outcome.out, out);
    QVERIFY2(err.isEmpty() ? outcome.err.isEmpty() : outcome.err.contains(err), outcome.err.constData());
}

void tst_clihost::filesGoAndCome()
{
    QDir(m_folder.path()).mkdir(u"in"_s);
    QFile file(m_folder.filePath(u"in/data"_s));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("1\n2\n");
    file.close();
    const auto outcome =
        there({u"run"_s, u"--cmd"_s, u"wc -l < data > count"_s, u"--files"_s, u"in"_s, u"--get"_s, u"count"_s});
    QVERIFY2(outcome.exitCode == 0, outcome.err.constData());
    QFile count(m_folder.filePath(u"count"_s));
    QVERIFY(count.open(QIODevice::ReadOnly));
    QCOMPARE(count.readAll(), QByteArray("2\n"));
}

void tst_clihost::whatIsRefused_data()
{
    QTest::addColumn<QString>("key");
    QTest::addColumn<int>("exitCode");
    QTest::addColumn<QByteArray>("says");
    QTest::newRow("no key") << QString() << 125 << QByteArray("wants a key: give it by --key, by ISOL8_API_KEY");
    QTest::newRow("wrong key") << u"isol8_wrong"_s << 125 << QByteArray("does not take this key");
}

void tst_clihost::whatIsRefused()
{
    QFETCH(QString, key);
    QFETCH(QByteArray, says);
    if (key.isEmpty())
        m_environment.remove(u"ISOL8_API_KEY"_s);
    else
        m_environment.insert(u"ISOL8_API_KEY"_s, key);
    const auto outcome = there({u"run"_s, u"-e"_s, u"1"_s});
    QTEST(outcome.exitCode, "exitCode");
    QVERIFY2(outcome.err.contains(says), outcome.err.constData());
    QVERIFY(!outcome.err.contains("isol8_wrong"));
    QCOMPARE(there({u"session"_s, u"list"_s}).exitCode, 1);
    QCOMPARE(there({u"ps"_s}).exitCode, 1);
}

void tst_clihost::hostOfTheEnvironment()
{
    m_environment.insert(u"ISOL8_HOST"_s, m_relay->fake()->url);
    QCOMPARE(isol8({u"run"_s, u"--cmd"_s, u"echo there"_s}).out, QByteArray("there\n"));
    const auto here = isol8({u"run"_s, u"--host"_s, QString(), u"--cmd"_s, u"echo here"_s});
    QCOMPARE(here.exitCode, 125);
    QVERIFY2(here.err.contains("/nowhere/docker.sock"), here.err.constData());
}

void tst_clihost::keyThenProgramOnStdin()
{
    m_environment.remove(u"ISOL8_API_KEY"_s);
    const auto outcome =
        there({u"run"_s, u"-r"_s, u"bash"_s, u"--key"_s, u"-"_s}, Relay::Options().key + "\necho program\n");
    QVERIFY2(outcome.exitCode == 0, outcome.err.constData());
    QCOMPARE(outcome.out, QByteArray("program\n"));
}

void tst_clihost::limitsAreTheServices()
{
    const auto outcome = there({u"run"_s, u"--cmd"_s, u"echo"_s, u"--memory"_s, u"1g"_s});
    QCOMPARE(outcome.exitCode, 0);
    QCOMPARE(outcome.err, QByteArray("isol8: memoryLimit was lowered to the service's limit.\n"));
}

void tst_clihost::shell()
{
    const auto outcome = there({u"shell"_s}, "echo $((6 * 7))\nexit 5\n");
    QCOMPARE(outcome.out, QByteArray("42\n"));
    QCOMPARE(outcome.exitCode, 5);
}

void tst_clihost::sessions()
{
    const auto inWork = [&](const QString &code) {
        return there({u"run"_s, u"-r"_s, u"bash"_s, u"--session-id"_s, u"work"_s, u"-e"_s, code});
    };
    QCOMPARE(inWork(u"x=42; echo kept > f"_s).exitCode, 0);
    QCOMPARE(inWork(u"echo $x"_s).out, QByteArray("42\n"));
    QVERIFY(there({u"session"_s, u"list"_s}).out.contains("work"));
    QCOMPARE(there({u"session"_s, u"get"_s, u"work"_s, u"f"_s, u"-o"_s, u"-"_s}).out, QByteArray("kept\n"));
    QCOMPARE(there({u"session"_s, u"put"_s, u"work"_s, u"-"_s, u"g"_s}, "given").exitCode, 0);
    QVERIFY(there({u"session"_s, u"files"_s, u"work"_s}).out.contains("/sandbox/g"));
    QCOMPARE(there({u"session"_s, u"rm"_s, u"work"_s, u"f"_s}).exitCode, 0);
    QCOMPARE(there({u"session"_s, u"pause"_s, u"work"_s}).exitCode, 0);
    QVERIFY(there({u"session"_s, u"list"_s}).out.contains("paused"));
    QCOMPARE(there({u"session"_s, u"resume"_s, u"work"_s}).exitCode, 0);
    QCOMPARE(inWork(u"cat g; [ -e f ] || echo gone"_s).out, QByteArray("givengone\n"));
    QCOMPARE(there({u"session"_s, u"stop"_s, u"work"_s}).exitCode, 0);

    const auto named = there({u"run"_s, u"--persistent"_s, u"-r"_s, u"bash"_s, u"-e"_s, u"echo"_s});
    const QRegularExpression says(u"isol8 session stop --host (\\S+) ([0-9a-f-]{36})"_s);
    const auto match = says.match(QString::fromUtf8(named.err));
    QVERIFY2(match.hasMatch(), named.err.constData());
    QCOMPARE(isol8({u"session"_s, u"stop"_s, u"--host"_s, match.captured(1), match.captured(2)}).exitCode, 0);
}

// More than fits into JSON.
void tst_clihost::largeFiles()
{
    const auto session = [&](const QStringList &arguments) { return there(QStringList{u"session"_s} + arguments); };
    QFile file(m_folder.filePath(u"large"_s));
    QVERIFY(file.open(QIODevice::WriteOnly));
    const QByteArray mebibyte(1024 * 1024, 'x');
    for (int i = 0; i < 20; ++i)
        QCOMPARE(file.write(QByteArray::number(i) + mebibyte), QByteArray::number(i).size() + mebibyte.size());
    file.close();
    file.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
    const auto made = there({u"run"_s, u"-r"_s, u"bash"_s, u"--session-id"_s, u"big"_s, u"-e"_s, u"mkdir d"_s});
    QVERIFY2(made.exitCode == 0, made.err.constData());
    const auto put = session({u"put"_s, u"big"_s, u"large"_s, u"d/"_s});
    QVERIFY2(put.exitCode == 0, put.err.constData());
    QVERIFY(session({u"files"_s, u"big"_s, u"d"_s}).out.contains("-rwx------  20971550  "));
    const auto got = session({u"get"_s, u"big"_s, u"d/large"_s, u"-o"_s, u"back"_s});
    QVERIFY2(got.exitCode == 0, got.err.constData());
    QFile back(m_folder.filePath(u"back"_s));
    QVERIFY(file.open(QIODevice::ReadOnly) && back.open(QIODevice::ReadOnly));
    QVERIFY(back.readAll() == file.readAll());
    const auto missing = session({u"put"_s, u"none"_s, u"large"_s});
    QCOMPARE(missing.exitCode, 1);
    QVERIFY2(missing.err.contains("There is no session"), missing.err.constData());
    QCOMPARE(session({u"stop"_s, u"big"_s}).exitCode, 0);
}

void tst_clihost::listsRuns()
{
    QCOMPARE(there({u"ps"_s}).err, QByteArray("Nothing runs.\n"));
    QProcess process;
    process.setProcessEnvironment(m_environment);
    process.start(clitest::binary(), {u"run"_s, u"--host"_s, m_relay->fake()->url, u"--cmd"_s, u"echo up; sleep 60"_s});
    QTRY_VERIFY_WITH_TIMEOUT(process.bytesAvailable() > 0, 30000);
    const auto listed = there({u"ps"_s});
    QVERIFY2(listed.out.contains("bash") && listed.out.contains("running"), listed.out.constData());
    QVERIFY(there({u"ps"_s, u"--json"_s}).out.contains("\"runs\""));
    // Whoever is killed leaves nothing running there.
    process.kill();
    QVERIFY(process.waitForFinished(10000));
    QTRY_VERIFY_WITH_TIMEOUT(m_service.containers() == 0, 10000);
}

void tst_clihost::interrupted()
{
    QProcess process;
    process.setProcessEnvironment(m_environment);
    process.start(clitest::binary(), {u"run"_s, u"--host"_s, m_relay->fake()->url, u"--cmd"_s, u"echo up; sleep 60"_s});
    QTRY_VERIFY_WITH_TIMEOUT(process.bytesAvailable() > 0, 30000);
    processtest::sendSignal(process, SIGINT);
    QVERIFY(process.waitForFinished(10000));
    QCOMPARE(process.exitCode(), 130);
    QTRY_VERIFY_WITH_TIMEOUT(m_service.containers() == 0, 10000);
}

// What was recorded here is the same there.
void tst_clihost::replays()
{
    QProcessEnvironment here = QProcessEnvironment::systemEnvironment();
    here.insert(u"HOME"_s, m_folder.path());
    here.insert(u"ISOL8_ENGINE"_s, u"local"_s);
    const auto recorded = clitest::isol8({u"run"_s, u"--memory"_s, u"200m"_s, u"--record"_s, u"r.json"_s, u"--cmd"_s,
                                          u"echo said; printf '\\377'; exit 3"_s},
                                         {}, m_folder.path(), here);
    QCOMPARE(recorded.exitCode, 3);
    const auto again = there({u"replay"_s, u"r.json"_s});
    QVERIFY2(again.exitCode == 0, QByteArray(again.out + again.err).constData());
    QVERIFY2(again.out.startsWith("The same: completed, exit code 3"), again.out.constData());
    QFile file(m_folder.filePath(u"r.json"_s));
    QVERIFY(file.open(QIODevice::ReadWrite));
    const QByteArray record = file.readAll().replace("echo said", "echo told");
    QVERIFY(file.seek(0) && file.write(record) == record.size());
    file.close();
    const auto other = there({u"replay"_s, u"--json"_s, u"r.json"_s});
    QCOMPARE(other.exitCode, 1);
    const QJsonObject told = QJsonDocument::fromJson(other.out).object();
    QCOMPARE(told.value(u"imageCompared"_s), QJsonValue(true));
    QCOMPARE(told.value(u"differences"_s).toArray().size(), 1);
}

// All that a model does is done there.
void tst_clihost::mcp()
{
    QProcess process;
    process.setProcessEnvironment(m_environment);
    process.start(clitest::binary(), {u"mcp"_s, u"--host"_s, m_relay->fake()->url});
    int id = 0;
    const auto call = [&](const QByteArray &tool, const QByteArray &arguments) {
        process.write(R"({"jsonrpc":"2.0","id":)" + QByteArray::number(++id) +
                      R"(,"method":"tools/call","params":{"name":")" + tool + R"(","arguments":)" + arguments + "}}\n");
        const auto answered = [&] { return process.canReadLine() || process.state() == QProcess::NotRunning; };
        return QTest::qWaitFor(answered, 60000)
                   ? QJsonDocument::fromJson(process.readLine()).object().value(u"result"_s).toObject()
                   : QJsonObject();
    };
    const auto textOf = [](const QJsonObject &result) {
        return result.value(u"content"_s).toArray().at(0).toObject().value(u"text"_s).toString();
    };
    QCOMPARE(textOf(call("run_code", R"j({"code":"x = 42; print(x)","session":"mcp-host"})j")), u"42\n"_s);
    // Connections that were broken since are made anew.
    m_relay->inside([this] { m_relay->fake()->cut(); });
    QCOMPARE(textOf(call("run_code", R"j({"code":"print(x + 1)","session":"mcp-host"})j")), u"43\n"_s);
    QVERIFY(textOf(call("write_file", R"j({"session":"mcp-host","path":"/sandbox/f","content":"kept"})j"))
                .contains(u"4 bytes"_s));
    QVERIFY(textOf(call("list_files", R"j({"session":"mcp-host"})j")).contains(u"f (4 bytes)"_s));
    QCOMPARE(textOf(call("run_command", R"j({"command":"cat f","session":"mcp-host"})j")), u"kept"_s);
    QVERIFY(textOf(call("list_sessions", "{}")).contains(u"mcp-host (python)"_s));
    QCOMPARE(m_service.containers(), 1);
    QVERIFY(textOf(call("stop_session", R"j({"session":"mcp-host"})j")).contains(u"has ended"_s));
    process.closeWriteChannel();
    QTRY_COMPARE_WITH_TIMEOUT(process.state(), QProcess::NotRunning, 20000);
    QCOMPARE(process.exitCode(), 0);
    QCOMPARE(process.readAllStandardError(), QByteArray());
}

// No engine of this machine takes its place.
void tst_clihost::mcpRefused()
{
    m_environment.insert(u"ISOL8_HOST"_s, m_relay->fake()->url);
    m_environment.insert(u"ISOL8_API_KEY"_s, u"isol8_wrong"_s);
    const auto wrongKey = isol8({u"mcp"_s}, R"({"jsonrpc":"2.0","id":1,"method":"ping"})" + QByteArray("\n"));
    QCOMPARE(wrongKey.exitCode, 1);
    QCOMPARE(wrongKey.out, QByteArray());
    QVERIFY2(wrongKey.err.contains("does not take this key"), wrongKey.err.constData());
}

void tst_clihost::doctor()
{
    const auto fine = there({u"doctor"_s});
    QVERIFY2(fine.exitCode == 0, fine.out.constData());
    for (const char *sentence : {"answers (isol8 ", "takes the key", "A WebSocket gets through", "A run there works"})
        QVERIFY2(fine.out.contains(sentence), fine.out.constData());
    QCOMPARE(there({u"doctor"_s, u"--isolation"_s}).exitCode, 2);
    m_environment.insert(u"ISOL8_API_KEY"_s, u"isol8_wrong"_s);
    const auto wrong = there({u"doctor"_s, u"--json"_s});
    QCOMPARE(wrong.exitCode, 1);
    QCOMPARE(QJsonDocument::fromJson(wrong.out).object().value(u"ok"_s), QJsonValue(false));
}

// Nothing is said but what is to be said, however a command's connection ends.
void tst_clihost::overTls()
{
    if (!Certificates::possible())
        QSKIP("there is no openssl");
    Certificates certificates;
    QVERIFY(certificates.makeAuthority(u"ca"_s) &&
            certificates.makeCertificate(u"server"_s, u"ca"_s, u"service"_s, u"IP:127.0.0.1"_s, false));
    const InThread<Relay> relay([&] {
        Relay::Options options{m_service.socketPath()};
        options.tls = certificates.serverConfiguration(u"server"_s, false);
        return std::make_unique<Relay>(std::move(options));
    });
    const QStringList host{u"--host"_s, relay.fake()->url};
    const auto untrusted = isol8(QStringList{u"ps"_s} + host);
    QCOMPARE(untrusted.exitCode, 1);
    QVERIFY2(untrusted.err.contains("by --ca-file or ISOL8_CA_FILE"), untrusted.err.constData());
    QVERIFY2(!untrusted.err.contains("QObject"), untrusted.err.constData());
    m_environment.insert(u"ISOL8_CA_FILE"_s, certificates.path() + u"/ca.crt"_s);
    const QString commands = u"run --cmd true|session list --json|ps --json|list-custom --json|doctor --json|mcp"_s;
    for (const QString &command : commands.split(u'|')) {
        const auto outcome = isol8(command.split(u' ') + host);
        QCOMPARE(outcome.err, QByteArray());
        QVERIFY2(outcome.exitCode == 0, qPrintable(command));
    }
}

QTEST_GUILESS_MAIN(tst_clihost)
#include "tst_clihost.moc"
