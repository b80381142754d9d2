// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker; egress
// `isol8 mcp`: by the official client from npm, and by bytes that no client would send. `isol8 presets`.
#include "support/Cli.h"
#include "support/Docker.h"

#include <isol8/egress/HostPatterns.h>

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>

using namespace Qt::StringLiterals;

class tst_mcp : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void client();
    void bytes_data();
    void bytes();
    void versions();
    void network();
    void wrongUsage_data();
    void wrongUsage();
    void killed();
    void presets();

private:
    //! What it answers to \a input, a message a line.
    QList<QJsonObject> answers(const QByteArray &input, const QStringList &flags = {})
    {
        const auto outcome = clitest::isol8(QStringList{u"mcp"_s} + flags, input, m_folder.path(), m_environment);
        QList<QJsonObject> list;
        for (const QByteArray &line : outcome.out.trimmed().split('\n')) {
            if (!line.isEmpty())
                list.append(QJsonDocument::fromJson(line).object());
        }
        if (outcome.exitCode != 0)
            list.append({{u"exit"_s, outcome.exitCode}, {u"stderr"_s, QString::fromUtf8(outcome.err)}});
        return list;
    }

    QTemporaryDir m_folder;
    QProcessEnvironment m_environment = QProcessEnvironment::systemEnvironment();
};

void tst_mcp::initTestCase()
{
    m_environment.insert(u"ISOL8_ENGINE"_s, u"local"_s);
}

void tst_mcp::client()
{
    const QString node = QStandardPaths::findExecutable(u"node"_s);
    const QString npm = QStandardPaths::findExecutable(u"npm"_s);
    if (node.isEmpty() || npm.isEmpty())
        QSKIP("there is no node or no npm here");
    // Kept with the build, so that it comes once.
    const QString package = u"@modelcontextprotocol/sdk@1.32.2"_s;
    QDir folder(QStringLiteral(ISOL8_BINARY_DIR "/tests/mcp-client"));
    QVERIFY(folder.mkpath(u"."_s));
    if (!folder.exists(u"installed"_s)) {
        QProcess install;
        install.setWorkingDirectory(folder.path());
        install.start(npm, {u"install"_s, u"--prefix"_s, u"."_s, u"--no-audit"_s, u"--no-fund"_s, u"--ignore-scripts"_s,
                            u"--loglevel=error"_s, package});
        if (!install.waitForFinished(180000) || install.exitCode() != 0)
            QSKIP("the npm registry that this machine is configured for does not give the client");
        QFile mark(folder.filePath(u"installed"_s));
        QVERIFY(mark.open(QIODevice::WriteOnly));
    }
    const QString script = folder.filePath(u"mcp-client.mjs"_s);
    QFile::remove(script);
    QVERIFY(QFile::copy(QStringLiteral(ISOL8_SOURCE_DIR "/tests/cli/mcp-client.mjs"), script));
    const QString session = u"mcp-test-%1"_s.arg(QCoreApplication::applicationPid());
    QProcess process;
    process.setProcessEnvironment(m_environment);
    process.setWorkingDirectory(m_folder.path());
    process.start(node, {script, clitest::binary(), session});
    const auto outcome = clitest::outcomeOf(&process, process.waitForFinished(300000));
    QVERIFY2(outcome.exitCode == 0 && !outcome.crashed, QByteArray(outcome.out + outcome.err).constData());
    QVERIFY2(outcome.out.count("ok ") >= 11, outcome.out.constData());
    QTRY_VERIFY_WITH_TIMEOUT(dockertest::containers(u"org.isol8.session"_s, session).isEmpty(), 30000);
}

void tst_mcp::bytes_data()
{
    QTest::addColumn<QByteArray>("input");
    QTest::addColumn<QList<int>>("codes"); // of errors; 0: a result
    const auto row = [](const char *name, const QByteArray &input, const QList<int> &codes) {
        QTest::newRow(name) << input << codes;
    };
    row("no JSON", "{\n", {-32700});
    row("bytes", "\xff\xfe\n", {-32700});
    row("no object", "5\n", {-32700});
    row("an empty object", "{}\n", {-32600});
    row("another version",
        R"({"jsonrpc":"1.0","id":1,"method":"ping"})"
        "\n",
        {-32600});
    row("an id that is none",
        R"({"jsonrpc":"2.0","id":{},"method":"ping"})"
        "\n",
        {-32600});
    row("parameters in a list",
        R"({"jsonrpc":"2.0","id":1,"method":"ping","params":[]})"
        "\n",
        {-32600});
    row("an unknown method",
        R"({"jsonrpc":"2.0","id":1,"method":"nothing"})"
        "\n",
        {-32601});
    row("an unknown tool",
        R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x"}})"
        "\n",
        {-32602});
    row("arguments that are none",
        R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"run_code","arguments":"x"}})"
        "\n",
        {-32602});
    row("an answer to nothing",
        R"({"jsonrpc":"2.0","id":1,"result":{}})"
        "\n",
        {});
    row("unknown notifications",
        R"({"jsonrpc":"2.0","method":"notifications/nothing"})"
        "\n"
        R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}})"
        "\n",
        {});
    row("blank lines and carriage returns",
        "\n\r\n"
        R"({"jsonrpc":"2.0","id":"a","method":"ping"})"
        "\r\n",
        {0});
    row("a batch",
        R"([{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","id":2,"method":"x"}])"
        "\n",
        {0, -32601});
    row("an empty batch", "[]\n", {-32600});
    row("half a line", R"({"jsonrpc":"2.0","id":1,"method":"ping"})", {});
    row("nothing", "", {});
}

void tst_mcp::bytes()
{
    QFETCH(QByteArray, input);
    QFETCH(QList<int>, codes);
    QList<int> found;
    for (const QJsonObject &answer : answers(input)) {
        QCOMPARE(answer.value(u"jsonrpc"_s).toString(), u"2.0"_s);
        found.append(answer.value(u"error"_s).toObject().value(u"code"_s).toInt());
        QCOMPARE(answer.contains(u"result"_s), found.last() == 0);
    }
    QCOMPARE(found, codes);
}

void tst_mcp::versions()
{
    const auto versionFor = [&](const QByteArray &wanted) {
        const QByteArray message =
            R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":")" + wanted + "\"}}\n";
        return answers(message).value(0).value(u"result"_s).toObject().value(u"protocolVersion"_s).toString();
    };
    QCOMPARE(versionFor("2024-11-05"), u"2024-11-05"_s);
    QCOMPARE(versionFor("2025-06-18"), u"2025-06-18"_s);
    QCOMPARE(versionFor("1999-01-01"), u"2025-11-25"_s);
}

// A model is told what the person allows, and has no means to ask for more.
void tst_mcp::network()
{
    const auto list = answers(R"({"jsonrpc":"2.0","id":1,"method":"tools/list"})"
                              "\n",
                              {u"--allow"_s, u"a.example"_s, u"--allow"_s, u"preset:pypi"_s});
    const QJsonArray tools = list.value(0).value(u"result"_s).toObject().value(u"tools"_s).toArray();
    QCOMPARE(tools.size(), 7);
    const QString description = tools.at(0).toObject().value(u"description"_s).toString();
    QVERIFY2(description.contains(u"a.example, preset:pypi"), qPrintable(description));
}

void tst_mcp::wrongUsage_data()
{
    QTest::addColumn<QStringList>("flags");
    QTest::addColumn<QByteArray>("says");
    QTest::newRow("memory") << QStringList{u"--memory"_s, u"much"_s} << "--memory"_ba;
    QTest::newRow("cpu") << QStringList{u"--cpu"_s, u"-1"_s} << "--cpu"_ba;
    QTest::newRow("timeout") << QStringList{u"--max-timeout"_s, u"soon"_s} << "--max-timeout"_ba;
    QTest::newRow("deny") << QStringList{u"--deny"_s, u"a"_s} << "--deny"_ba;
    QTest::newRow("pattern") << QStringList{u"--allow"_s, u"("_s} << "cannot be used"_ba;
    QTest::newRow("preset") << QStringList{u"--allow"_s, u"preset:nothing"_s} << "isol8 presets"_ba;
}

void tst_mcp::wrongUsage()
{
    QFETCH(QStringList, flags);
    QFETCH(QByteArray, says);
    const auto outcome = clitest::isol8(QStringList{u"mcp"_s} + flags, {}, m_folder.path(), m_environment);
    QCOMPARE(outcome.exitCode, 2);
    QCOMPARE(outcome.out, ""_ba);
    QVERIFY2(outcome.err.contains(says), outcome.err.constData());
}

// However it ends, its sessions end with it.
void tst_mcp::killed()
{
    const QString session = u"mcp-killed-%1"_s.arg(QCoreApplication::applicationPid());
    QProcess process;
    process.setProcessEnvironment(m_environment);
    process.start(clitest::binary(), {u"mcp"_s});
    process.write(
        R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"run_code","arguments":{"code":"1","session":")" +
        session.toUtf8() + "\"}}}\n");
    QTRY_VERIFY_WITH_TIMEOUT(process.canReadLine() || process.waitForReadyRead(100), 60000);
    QVERIFY(!dockertest::containers(u"org.isol8.session"_s, session).isEmpty());
    process.kill();
    QVERIFY(process.waitForFinished(10000));
    QTRY_VERIFY_WITH_TIMEOUT(dockertest::containers(u"org.isol8.session"_s, session).isEmpty(), 30000);
}

void tst_mcp::presets()
{
    const auto listed = clitest::isol8({u"presets"_s, u"--json"_s});
    QCOMPARE(listed.exitCode, 0);
    const QJsonArray presets = QJsonDocument::fromJson(listed.out).array();
    QVERIFY(presets.size() > 20);
    for (const QJsonValue &value : presets) {
        const QJsonObject preset = value.toObject();
        const QString name = preset.value(u"name"_s).toString();
        QVERIFY(!preset.value(u"description"_s).toString().isEmpty());
        QVERIFY2(isol8::egress::patternProblem(name).isEmpty(), qPrintable(name));
        const auto patterns = isol8::egress::HostPatterns::compile({name});
        QVERIFY2(patterns.has_value(), qPrintable(name));
        for (const QJsonValue &host : preset.value(u"hosts"_s).toArray()) {
            QVERIFY2(isol8::egress::patternProblem(host.toString()).isEmpty(), qPrintable(host.toString()));
            if (!host.toString().contains(u'\\'))
                QVERIFY2(patterns->matches(host.toString().toUtf8()), qPrintable(host.toString()));
        }
        QVERIFY2(!patterns->matches("example.com") && !patterns->matches("evil.api.openai.com.example"),
                 qPrintable(name));
    }
    const auto bedrock = isol8::egress::HostPatterns::compile({u"preset:bedrock"_s, u"own.example"_s});
    QVERIFY(bedrock->matches("bedrock-runtime.eu-west-1.amazonaws.com"));
    QVERIFY(bedrock->matches("own.example"));
    QVERIFY(!bedrock->matches("bedrock-runtime.eu-west-1.amazonaws.com.evil.example"));
    QVERIFY(!isol8::egress::HostPatterns::compile({u"preset:nothing"_s}));
    const auto table = clitest::isol8({u"presets"_s});
    QVERIFY(table.out.contains("preset:openai"));
    const auto refused =
        clitest::isol8({u"run"_s, u"-e"_s, u"1"_s, u"--allow"_s, u"preset:opnai"_s}, {}, {}, m_environment);
    QCOMPARE(refused.exitCode, 2);
    QVERIFY2(refused.err.contains("isol8 presets"), refused.err.constData());
}

QTEST_GUILESS_MAIN(tst_mcp)
#include "tst_mcp.moc"
