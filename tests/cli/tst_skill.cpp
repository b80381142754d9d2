// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker; http
// Every command of resources/skill/SKILL.md, as an agent would run it.
#include "support/Cli.h"
#include "support/Docker.h"
#include "support/Signals.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLocalSocket>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>

#include <sys/socket.h>
#include <sys/types.h>

using namespace Qt::StringLiterals;

class tst_skill : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void blocks_data();
    void blocks();
    void names();
    void mcpSessions();
    void cleanupTestCase();

private:
    clitest::Outcome bash(const QByteArray &script)
    {
        QProcess process;
        process.setProcessEnvironment(m_environment);
        process.setWorkingDirectory(m_folder.filePath(u"work"_s));
        process.start(u"bash"_s, {u"-euc"_s, QString::fromUtf8(script)});
        process.closeWriteChannel();
        return clitest::outcomeOf(&process, process.waitForFinished(180000));
    }

    QTemporaryDir m_folder{QDir::tempPath() + u"/isol8-sk-XXXXXX"_s};
    QProcessEnvironment m_environment = QProcessEnvironment::systemEnvironment();
    QString m_text;
};

void tst_skill::initTestCase()
{
    for (const QString &name : {u"home"_s, u"run"_s, u"work"_s})
        QVERIFY(QDir(m_folder.path()).mkdir(name));
    QFile::setPermissions(m_folder.filePath(u"run"_s), QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
    m_environment.insert(u"HOME"_s, m_folder.filePath(u"home"_s));
    m_environment.insert(u"XDG_RUNTIME_DIR"_s, m_folder.filePath(u"run"_s));
    m_environment.insert(u"PATH"_s, qEnvironmentVariable("ISOL8_BIN") + u':' + m_environment.value(u"PATH"_s));
    for (const QString &name : {u"ISOL8_CONFIG"_s, u"ISOL8_ENGINE"_s, u"XDG_DATA_HOME"_s, u"XDG_CACHE_HOME"_s})
        m_environment.remove(name);
    QFile file(QStringLiteral(ISOL8_SOURCE_DIR "/resources/skill/SKILL.md"));
    QVERIFY(file.open(QIODevice::ReadOnly));
    m_text = QString::fromUtf8(file.readAll());
    QVERIFY(m_text.startsWith(u"---\nname: isol8\ndescription: "_s));
}

void tst_skill::blocks_data()
{
    QTest::addColumn<QByteArray>("script");
    QTest::addColumn<QByteArrayList>("says");
    QTest::newRow("run") << QByteArray("isol8 run -e 'print(6 * 7)'")
                         << QByteArrayList{"42\n", "[ 1, 4, 9 ]\n", "Linux\n/sandbox\n", "from stdin\n"};
    QTest::newRow("file") << QByteArray("isol8 run tool.py") << QByteArrayList{"['first', 'second'] some input\n"};
    QTest::newRow("exit") << QByteArray("raise SystemExit(3)") << QByteArrayList{"exit code 3\n", "\"exitCode\": 0"};
    QTest::newRow("files") << QByteArray("--files project") << QByteArrayList{"A,B\n"};
    QTest::newRow("session") << QByteArray("--session-id work")
                             << QByteArrayList{"6.48", "note.txt", "python", "note\n"};
    QTest::newRow("more") << QByteArray("--timeout 2m")
                          << QByteArrayList{"more\n", "only these hosts\n", "by name\n", "preset:anthropic"};
    QTest::newRow("secret") << QByteArray("--secret TOKEN") << QByteArrayList{"***\n"};
    QTest::newRow("wrong") << QByteArray("isol8 ps") << QByteArrayList{"isol8 " ISOL8_VERSION};
}

// Each block of the text is one of the rows, and the other way round.
void tst_skill::blocks()
{
    QFETCH(QByteArray, script);
    QFETCH(QByteArrayList, says);
    static const QRegularExpression fence(u"^```sh\\n(.*?)^```$"_s, QRegularExpression::MultilineOption |
                                                                        QRegularExpression::DotMatchesEverythingOption);
    QByteArrayList all;
    QByteArrayList found;
    for (const QRegularExpressionMatch &match : fence.globalMatch(m_text)) {
        all.append(match.captured(1).toUtf8());
        if (all.last().contains(script))
            found.append(all.last());
    }
    QCOMPARE(all.size(), 8);
    QCOMPARE(found.size(), 1);
    const auto outcome = bash(found.first());
    QVERIFY2(outcome.exitCode == 0, QByteArray(outcome.out + outcome.err).constData());
    for (const QByteArray &text : says)
        QVERIFY2(outcome.out.contains(text),
                 QByteArray(text + " is not in:\n" + outcome.out + outcome.err).constData());
}

// What stands in the text beside the blocks: commands and flags that there are.
void tst_skill::names()
{
    static const QRegularExpression inLine(u"`isol8 ([a-z-]+)([^`]*)`"_s);
    int commands = 0;
    for (const QRegularExpressionMatch &match : inLine.globalMatch(m_text)) {
        const auto help = clitest::isol8({match.captured(1), u"--help"_s}, {}, {}, m_environment);
        QVERIFY2(help.exitCode == 0, qPrintable(match.captured()));
        for (const QString &word : match.captured(2).split(u' ')) {
            if (word.startsWith(u"--"))
                QVERIFY2(help.out.contains(word.toUtf8()), qPrintable(match.captured()));
        }
        ++commands;
    }
    QVERIFY(commands >= 4);
    const QRegularExpressionMatch config = QRegularExpression(u"```json\\n(.*)\\n```"_s).match(m_text);
    const QJsonObject server = QJsonDocument::fromJson(config.captured(1).toUtf8())
                                   .object()
                                   .value(u"mcpServers"_s)
                                   .toObject()
                                   .value(u"isol8"_s)
                                   .toObject();
    QStringList arguments;
    for (const QJsonValue &argument : server.value(u"args"_s).toArray())
        arguments.append(argument.toString());
    const auto outcome = clitest::isol8(arguments,
                                        R"({"jsonrpc":"2.0","id":1,"method":"ping"})"
                                        "\n",
                                        {}, m_environment);
    QCOMPARE(outcome.exitCode, 0);
    QVERIFY(outcome.out.contains("\"result\""));
}

// `isol8 mcp` takes the background engine where that runs: its sessions outlive it.
void tst_skill::mcpSessions()
{
    QVERIFY(bash("isol8 run --session-id here -e 'y = 7'").exitCode == 0);
    QProcess process;
    process.setProcessEnvironment(m_environment);
    process.start(clitest::binary(), {u"mcp"_s});
    const QJsonObject given{{u"code"_s, u"z = y + 1; print(z)"_s}, {u"session"_s, u"here"_s}};
    const QJsonObject message{{u"jsonrpc"_s, u"2.0"_s},
                              {u"id"_s, 1},
                              {u"method"_s, u"tools/call"_s},
                              {u"params"_s, QJsonObject{{u"name"_s, u"run_code"_s}, {u"arguments"_s, given}}}};
    process.write(QJsonDocument(message).toJson(QJsonDocument::Compact) + '\n');
    QByteArray answer;
    QTRY_VERIFY_WITH_TIMEOUT(
        (process.waitForReadyRead(100), answer += process.readAllStandardOutput(), answer.contains('\n')), 60000);
    const QJsonObject result = QJsonDocument::fromJson(answer).object().value(u"result"_s).toObject();
    QVERIFY2(result.value(u"structuredContent"_s).toObject().value(u"stdout"_s) == u"8\n"_s, answer.constData());
    process.closeWriteChannel();
    QVERIFY(process.waitForFinished(30000));
    QCOMPARE(bash("isol8 run --session-id here -e 'print(z)'; isol8 session stop here").out, QByteArray("8\n"));
}

// Ends exactly the engine that runs at this test's own socket.
void tst_skill::cleanupTestCase()
{
    QLocalSocket socket;
    socket.connectToServer(m_folder.filePath(u"run/isol8/engine.sock"_s));
    if (!socket.waitForConnected(1000))
        return;
    ucred peer = {};
    socklen_t size = sizeof peer;
    QVERIFY(::getsockopt(int(socket.socketDescriptor()), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0);
    QFile name(u"/proc/%1/cmdline"_s.arg(peer.pid));
    QVERIFY(name.open(QIODevice::ReadOnly));
    QVERIFY(name.readAll().contains("isol8-service"));
    QVERIFY(processtest::sendSignal(peer.pid, SIGTERM));
    QTRY_VERIFY_WITH_TIMEOUT(!processtest::sendSignal(peer.pid, 0), 20000);
}

QTEST_GUILESS_MAIN(tst_skill)
#include "tst_skill.moc"
