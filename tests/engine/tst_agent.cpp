// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker; execution egress http
// The runtime agent, end to end: pi in a sandbox, and a scripted model that makes it write a file and run it.
#include "support/Cli.h"
#include "support/CodeServer.h"
#include "support/Docker.h"
#include "support/ModelServer.h"

#include <isol8/execution/LocalEngine.h>

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <memory>

using namespace isol8;
using namespace Qt::StringLiterals;
using test::ModelServer;
using test::ModelTurn;

namespace {

const QString modelsFile = u".pi/agent/models.json"_s;

QList<ModelTurn> writeAndRun()
{
    return {
        {u"write"_s, {{u"path"_s, u"hello.js"_s}, {u"content"_s, u"console.log('six times seven is', 6 * 7)\n"_s}}, {}},
        {u"bash"_s, {{u"command"_s, u"node hello.js"_s}}, {}},
        {{}, {}, u"The program says: {result}"_s}};
}

} // namespace

class tst_agent : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cleanup();

    void writesAndRunsAFile();
    void insideTheWalls();
    void prompts_data();
    void prompts();
    void inputComesFirst();
    void onlyItsModel();
    void theModelRefuses();
    void fromTheCommandLine();
    void needsANetwork();
    void image();

private:
    RunRequest request(const QByteArray &prompt) const;
    RunResult run(const RunRequest &request);

    std::unique_ptr<ModelServer> m_model;
    std::unique_ptr<LocalEngine> m_engine;
};

void tst_agent::initTestCase()
{
    if (!dockertest::hasImage(u"isol8:agent"_s))
        QSKIP("isol8:agent is not there: run isol8 setup");
}

void tst_agent::cleanup()
{
    m_model.reset();
    if (!m_engine)
        return;
    const QString id = m_engine->id();
    bool stopped = false;
    m_engine->stop({this, [&](const Result<void> &) { stopped = true; }});
    QTRY_VERIFY_WITH_TIMEOUT(stopped, 30000);
    m_engine.reset();
    QVERIFY(dockertest::gone(id));
}

RunRequest tst_agent::request(const QByteArray &prompt) const
{
    RunRequest request;
    request.runtime = u"agent"_s;
    request.code = prompt;
    request.agentFlags = QStringList{u"--model"_s, u"script/player"_s};
    request.files.append(
        {u"/sandbox/"_s + modelsFile, m_model->configuration(u"model.test:%1"_s.arg(m_model->serverPort())), 0644});
    return request;
}

RunResult tst_agent::run(const RunRequest &request)
{
    RunOptions options;
    options.network = Network::Filtered;
    options.whitelist = QStringList{u"model\\.test"_s};
    options.logNetwork = true;
    options.timeout = milliseconds(90000);
    options.secrets.insert(u"SCRIPT_KEY"_s, QString::fromLatin1(ModelServer::key()));
    if (!m_engine) {
        auto names = std::make_shared<test::ScriptedResolver>();
        names->answers[u"model.test"_s] = {{u"127.0.0.1"_s}};
        LocalEngineOptions engineOptions;
        engineOptions.resolver = names;
        engineOptions.config.network.allowPrivate = {u"model.test:%1"_s.arg(m_model->serverPort())};
        m_engine = std::make_unique<LocalEngine>(engineOptions);
    }
    std::unique_ptr<Run> run(m_engine->execute(request, options));
    if (!QTest::qWaitFor([&] { return run->isFinished(); }, 120000))
        run->cancel();
    return run->result();
}

void tst_agent::writesAndRunsAFile()
{
    m_model = std::make_unique<ModelServer>(writeAndRun());
    RunRequest asked = request("Write hello.js and run it.");
    asked.outputPaths = QStringList{u"/sandbox/hello.js"_s};
    const RunResult result = run(asked);
    QCOMPARE(result.stderrText, QByteArray());
    QCOMPARE(result.stdoutText, QByteArray("The program says: six times seven is 42\n\n"));
    QCOMPARE(result.exitCode, 0);
    QCOMPARE(result.files.value(u"/sandbox/hello.js"_s), QByteArray("console.log('six times seven is', 6 * 7)\n"));

    QCOMPARE(m_model->requests.size(), 3);
    const test::ModelRequest &first = m_model->requests.first();
    QCOMPARE(first.last(u"user"_s).trimmed(), u"Write hello.js and run it."_s);
    QVERIFY(first.last(u"system"_s).contains(u"inside an isol8 sandbox"));
    QCOMPARE(first.authorization, "Bearer " + ModelServer::key());
    for (const QString &tool : {u"read"_s, u"write"_s, u"edit"_s, u"bash"_s})
        QVERIFY2(first.tools.contains(tool), qPrintable(first.tools.join(u' ')));
}

// What the agent starts has what any program of a sandbox has, and what it says shows no secret.
void tst_agent::insideTheWalls()
{
    m_model = std::make_unique<ModelServer>(QList<ModelTurn>{
        {u"bash"_s,
         {{u"command"_s,
           u"id -u; pwd; grep CapBnd /proc/self/status; touch /usr/x 2>&1; df -m --output=size /sandbox | tail -1; "
           "echo $SCRIPT_KEY"_s}},
         {}},
        {{}, {}, u"{result}"_s}});
    const RunResult result = run(request("Look around."));
    const QList<QByteArray> lines = result.stdoutText.split('\n');
    QVERIFY2(lines.size() >= 6, result.stdoutText.constData());
    QCOMPARE(lines.at(0), QByteArray("1000"));
    QCOMPARE(lines.at(1), QByteArray("/sandbox"));
    QCOMPARE(lines.at(2), QByteArray("CapBnd:\t0000000000000000"));
    QVERIFY2(lines.at(3).contains("Read-only file system"), lines.at(3).constData());
    QCOMPARE(lines.at(4).trimmed(), QByteArray("2048"));
    QCOMPARE(lines.at(5), QByteArray("***"));
}

void tst_agent::prompts_data()
{
    QTest::addColumn<QByteArray>("prompt");
    QTest::newRow("a flag") << QByteArray("-v");
    QTest::newRow("help") << QByteArray("--help");
    QTest::newRow("a flag with a value") << QByteArray("--model=other");
    QTest::newRow("a file") << QByteArray("@/etc/passwd");
    QTest::newRow("a command of pi's") << QByteArray("install");
    QTest::newRow("a slash") << QByteArray("/help");
    QTest::newRow("for a shell") << QByteArray("echo \"$HOME\" `id` 'x' \\ ; !ls");
    QTest::newRow("a placeholder") << QByteArray("{args} {file} {code}");
    QTest::newRow("lines, characters") << QByteArray(
        "Gr\xc3\xbc\xc3\x9f\n\xe4\xbd\xa0\xe5\xa5\xbd\n\n\xf0\x9f\x98\x80.");
    QTest::newRow("100 KiB") << QByteArray("say it again ").repeated(7900).trimmed();
}

// Each reaches the model as it is.
void tst_agent::prompts()
{
    QFETCH(QByteArray, prompt);
    m_model = std::make_unique<ModelServer>(QList<ModelTurn>{{{}, {}, u"Understood."_s}});
    const RunResult result = run(request(prompt));
    QCOMPARE(result.stderrText, QByteArray());
    QCOMPARE(result.stdoutText, QByteArray("Understood.\n"));
    QCOMPARE(m_model->requests.size(), 1);
    QCOMPARE(m_model->requests.first().last(u"user"_s).trimmed().toUtf8(), prompt);
}

void tst_agent::inputComesFirst()
{
    m_model = std::make_unique<ModelServer>(QList<ModelTurn>{{{}, {}, u"Understood."_s}});
    RunRequest asked = request("Which is the largest?");
    asked.stdinData = "3 5 4\n";
    const RunResult result = run(asked);
    QCOMPARE(result.stdoutText, QByteArray("Understood.\n"));
    QCOMPARE(m_model->requests.first().last(u"user"_s), u"3 5 4 Which is the largest?"_s);
}

// By the variables that a filtered sandbox has, and without a word about them.
// The model's host and nothing else, also for what the agent starts.
void tst_agent::onlyItsModel()
{
    m_model = std::make_unique<ModelServer>(QList<ModelTurn>{
        {u"bash"_s, {{u"command"_s, u"curl -sS -o /dev/null -w '%{http_code}' http://elsewhere.test/"_s}}, {}},
        {{}, {}, u"{result}"_s}});
    const RunResult result = run(request("Look elsewhere."));
    QCOMPARE(result.stderrText, QByteArray());
    QVERIFY2(result.stdoutText.startsWith("403"), result.stdoutText.constData());
    QStringList log;
    for (const auto &entry : result.networkLogs)
        log.append(entry.toObject().value(u"action"_s).toString() + u' ' +
                   entry.toObject().value(u"host"_s).toString());
    log.removeDuplicates();
    log.sort();
    QCOMPARE(log, QStringList({u"ALLOW model.test"_s, u"BLOCK elsewhere.test"_s}));
}

void tst_agent::theModelRefuses()
{
    m_model = std::make_unique<ModelServer>(QList<ModelTurn>());
    const RunResult result = run(request("Say hello."));
    QCOMPARE(result.exitCode, 1);
    QCOMPARE(result.stdoutText, QByteArray());
    QVERIFY2(result.stderrText.contains("the_script_has_ended"), result.stderrText.constData());
}

// The prompt on stdin, the configuration and the result as files.
void tst_agent::fromTheCommandLine()
{
    m_model = std::make_unique<ModelServer>(writeAndRun());
    QTemporaryDir folder;
    QVERIFY(QDir(folder.path()).mkpath(u".pi/agent"_s));
    QFile file(folder.filePath(modelsFile));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(m_model->configuration());
    file.close();
    QProcess process; // beside this event loop, in which the model plays
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(u"SCRIPT_KEY"_s, QString::fromLatin1(ModelServer::key()));
    process.setProcessEnvironment(environment);
    process.setWorkingDirectory(folder.path());
    process.start(clitest::binary(), {u"run"_s, u"-r"_s, u"agent"_s, u"--net"_s, u"host"_s, u"--files"_s, u"."_s,
                                      u"--get"_s, u"hello.js"_s, u"--secret"_s, u"SCRIPT_KEY"_s, u"--timeout"_s,
                                      u"90s"_s, u"--agent-flags"_s, u"--model 'script/player'"_s});
    process.write("Write hello.js and run it.\n");
    process.closeWriteChannel();
    const bool ended = QTest::qWaitFor([&] { return process.state() == QProcess::NotRunning; }, 120000);
    const clitest::Outcome outcome = clitest::outcomeOf(&process, ended);
    QVERIFY2(outcome.exitCode == 0, outcome.err.constData());
    QCOMPARE(outcome.out, QByteArray("The program says: six times seven is 42\n\n"));
    QVERIFY(QFile::exists(folder.filePath(u"hello.js"_s)));
}

void tst_agent::needsANetwork()
{
    const auto outcome =
        clitest::isol8({u"run"_s, u"-r"_s, u"agent"_s, u"-e"_s, u"Say hello."_s, u"--net"_s, u"none"_s});
    QCOMPARE(outcome.exitCode, 2);
    QVERIFY2(outcome.err.contains("--net filtered --allow"), outcome.err.constData());
}

void tst_agent::image()
{
    const auto outcome =
        clitest::isol8({u"run"_s, u"-r"_s, u"agent"_s, u"--cmd"_s,
                        u"pi --version 2>&1; command -v pi git bash node npm"_s, u"--net"_s, u"none"_s});
    QCOMPARE(outcome.err, QByteArray());
    QFile lock(QStringLiteral(ISOL8_SOURCE_DIR "/resources/images/agent-lock.json"));
    QVERIFY(lock.open(QIODevice::ReadOnly));
    const QByteArray version =
        QJsonDocument::fromJson(lock.readAll())[u"packages"][u"node_modules/@mariozechner/pi-coding-agent"][u"version"]
            .toString()
            .toLatin1();
    QCOMPARE(outcome.out,
             version + "\n/usr/local/bin/pi\n/usr/bin/git\n/usr/bin/bash\n/usr/local/bin/node\n/usr/local/bin/npm\n");
}

QTEST_GUILESS_MAIN(tst_agent)
#include "tst_agent.moc"
