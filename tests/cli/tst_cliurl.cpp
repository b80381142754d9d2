// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker; base egress
// `isol8 run --url`, with the built command, a real daemon and a server of HTTPS on loopback.
#include "support/Certificates.h"
#include "support/Cli.h"
#include "support/CodeServer.h"
#include "support/Docker.h"
#include "support/ServiceProcess.h"
#include "support/Signals.h"

#include <QCryptographicHash>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

#include <csignal>

#include <sys/types.h>

using namespace isol8::test;
using namespace Qt::StringLiterals;

namespace {

const QByteArray Program = "import sys\nprint('fetched', __file__, sys.argv[1:])\n";

QString hashOf(const QByteArray &data)
{
    return QString::fromLatin1(QCryptographicHash::hash(data, QCryptographicHash::Sha256).toHex());
}

} // namespace

class tst_cliurl : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init();
    void rightHash();
    void wrongHash();
    void withoutHash();
    void typescript();
    void besideFiles();
    void debugLog();
    void cached();
    void untrusted();
    void disabled();
    void httpNeedsBoth();
    void interrupted();
    void inTheBackground();
    void overHttp();

private:
    void configure(const QJsonObject &remoteCode);
    [[nodiscard]] QString url(const QByteArray &path) const;
    //! Unlike clitest::isol8() with the event loop running, which the server needs.
    clitest::Outcome run(const QStringList &arguments, const std::function<void(QProcess &)> &meanwhile = {});

    Certificates m_certificates;
    QTemporaryDir m_folder;
    std::unique_ptr<CodeServer> m_server;
    QProcessEnvironment m_environment;
};

void tst_cliurl::initTestCase()
{
    if (!Certificates::possible())
        QSKIP("no openssl, or Qt without TLS");
    QVERIFY(m_certificates.makeAuthority(u"ca"_s));
    QVERIFY(m_certificates.makeCertificate(u"server"_s, u"ca"_s, u"x"_s, u"DNS:localhost"_s, false));
}

void tst_cliurl::init()
{
    m_server = std::make_unique<CodeServer>(m_certificates.serverConfiguration(u"server"_s, false));
    m_server->serve("/tool.py", Program);
    m_environment = QProcessEnvironment::systemEnvironment();
    m_environment.insert(u"ISOL8_ENGINE"_s, u"local"_s);
    m_environment.insert(u"SSL_CERT_FILE"_s, m_certificates.path() + u"/ca.crt"_s);
    m_environment.insert(u"XDG_CACHE_HOME"_s, m_folder.filePath(u"cache"_s));
    m_environment.remove(u"ISOL8_CONFIG"_s);
    QDir(m_folder.filePath(u"cache/isol8/code"_s)).removeRecursively();
    configure({{u"enabled"_s, true}, {u"blockedHosts"_s, QJsonArray{}}});
}

void tst_cliurl::configure(const QJsonObject &remoteCode)
{
    const QJsonObject network{{u"allowPrivate"_s, QJsonArray{u"localhost:%1"_s.arg(m_server->port())}}};
    QFile file(m_folder.filePath(u"isol8.config.json"_s));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(QJsonDocument(QJsonObject{{u"remoteCode"_s, remoteCode}, {u"network"_s, network}}).toJson());
}

QString tst_cliurl::url(const QByteArray &path) const
{
    return u"https://localhost:%1%2"_s.arg(m_server->port()).arg(QString::fromLatin1(path));
}

clitest::Outcome tst_cliurl::run(const QStringList &arguments, const std::function<void(QProcess &)> &meanwhile)
{
    QProcess process;
    process.setProcessEnvironment(m_environment);
    process.setWorkingDirectory(m_folder.path());
    process.start(clitest::binary(), arguments);
    process.closeWriteChannel();
    if (meanwhile)
        meanwhile(process);
    const bool ended = QTest::qWaitFor([&] { return process.state() == QProcess::NotRunning; }, 60000);
    return clitest::outcomeOf(&process, ended);
}

void tst_cliurl::rightHash()
{
    const auto done = run({u"run"_s, u"--url"_s, url("/tool.py?x=1#part"), u"--hash"_s, hashOf(Program)});
    QCOMPARE(done.exitCode, 125); // the server has no such query
    m_server->serve("/tool.py?x=1", Program);
    const auto again =
        run({u"run"_s, u"--url"_s, url("/tool.py?x=1#part"), u"--hash"_s, hashOf(Program), u"--"_s, u"-a"_s, u"b c"_s});
    QCOMPARE(again.err, "");
    QCOMPARE(again.out, "fetched /sandbox/tool.py ['-a', 'b c']\n");
    QCOMPARE(again.exitCode, 0);
}

void tst_cliurl::wrongHash()
{
    const auto done = run({u"run"_s, u"--url"_s, url("/tool.py"), u"--hash"_s, hashOf("other")});
    QCOMPARE(done.exitCode, 125);
    QCOMPARE(done.out, "");
    QVERIFY2(done.err.contains("another SHA-256") && done.err.contains(hashOf(Program).toLatin1()),
             done.err.constData());
    QCOMPARE(m_server->heads.size(), 1);
}

void tst_cliurl::withoutHash()
{
    m_server->serve("/fail.py", "import sys\nprint('out')\nsys.exit(7)\n");
    const auto done = run({u"run"_s, u"--url"_s, url("/fail.py")});
    QCOMPARE(done.out, "out\n");
    QCOMPARE(done.exitCode, 7);
    m_server->serve("/trace.py", "1 / 0\n");
    const auto trace = run({u"run"_s, u"--url"_s, url("/trace.py")});
    QVERIFY2(trace.err.contains("/sandbox/trace.py\", line 1"), trace.err.constData());
    m_server->serve("/secret.py", "import os\nprint(os.environ['T'])\n");
    const auto masked = run({u"run"_s, u"--url"_s, url("/secret.py"), u"--secret"_s, u"T=sesame"_s});
    QCOMPARE(masked.out, "***\n");
}

void tst_cliurl::typescript()
{
    if (!dockertest::hasImage(u"isol8:bun"_s))
        QSKIP("the image isol8:bun is not built");
    m_server->serve("/x.ts", "const a: number = 6;\nconsole.log(a * 7, typeof Bun);\n");
    const auto done = run({u"run"_s, u"--url"_s, url("/x.ts")});
    QCOMPARE(done.err, "");
    QCOMPARE(done.out, "42 object\n");
}

// It does not take another file's place.
void tst_cliurl::besideFiles()
{
    QDir(m_folder.path()).mkdir(u"data"_s);
    QFile file(m_folder.filePath(u"data/tool.py"_s));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("print('mine')\n");
    file.close();
    const auto done = run({u"run"_s, u"--url"_s, url("/tool.py"), u"--files"_s, u"data"_s});
    QCOMPARE(done.out, "fetched /sandbox/tool_1.py []\n");
}

void tst_cliurl::debugLog()
{
    m_server->serve("/tool.py?token=sesame", Program);
    const auto done = run({u"--debug"_s, u"run"_s, u"--url"_s, url("/tool.py?token=sesame")});
    QCOMPARE(done.exitCode, 0);
    const QByteArray line = url("/tool.py?...").toLatin1() + ", SHA-256 " + hashOf(Program).toLatin1() + ", " +
                            QByteArray::number(Program.size()) + " bytes";
    QVERIFY2(done.err.contains(line), done.err.constData());
    QVERIFY2(!done.err.contains("sesame") && !done.err.contains("import sys"), done.err.constData());
}

void tst_cliurl::cached()
{
    for (int i = 0; i < 2; ++i)
        QCOMPARE(run({u"run"_s, u"--url"_s, url("/tool.py")}).exitCode, 0);
    QCOMPARE(m_server->heads.size(), 1);
    const QDir folder(m_folder.filePath(u"cache/isol8/code"_s));
    const QFileInfo entry(folder.filePath(folder.entryList(QDir::Files).value(0)));
    QCOMPARE(entry.permissions() & (QFile::ReadGroup | QFile::WriteGroup | QFile::ReadOther | QFile::WriteOther),
             QFile::Permissions());
    QCOMPARE(QFileInfo(folder.path()).permissions() & (QFile::ExeGroup | QFile::ExeOther | QFile::ReadOther),
             QFile::Permissions());
}

void tst_cliurl::untrusted()
{
    m_environment.remove(u"SSL_CERT_FILE"_s);
    const auto done = run({u"run"_s, u"--url"_s, url("/tool.py")});
    QCOMPARE(done.exitCode, 125);
    QVERIFY2(done.err.contains("certificate"), done.err.constData());
    QCOMPARE(m_server->heads.size(), 0);
}

void tst_cliurl::disabled()
{
    configure({});
    const auto done = run({u"run"_s, u"--url"_s, url("/tool.py")});
    QCOMPARE(done.exitCode, 125);
    QVERIFY2(done.err.contains("set remoteCode.enabled to true"), done.err.constData());
    // As it is by default, loopback is not fetched from though it is enabled and allowPrivate names it.
    configure({{u"enabled"_s, true}});
    const auto blocked = run({u"run"_s, u"--url"_s, url("/tool.py")});
    QCOMPARE(blocked.exitCode, 125);
    QVERIFY2(blocked.err.contains("remoteCode.blockedHosts has localhost"), blocked.err.constData());
    QCOMPARE(m_server->heads.size(), 0);
}

void tst_cliurl::httpNeedsBoth()
{
    m_server = std::make_unique<CodeServer>();
    m_server->serve("/tool.py", Program);
    const QString plain = url("/tool.py").replace(u"https:"_s, u"http:"_s);
    const QJsonArray schemes{u"https"_s, u"http"_s};
    for (const bool inPolicy : {false, true}) {
        for (const bool asked : {false, true}) {
            QJsonObject policy{{u"enabled"_s, true}, {u"blockedHosts"_s, QJsonArray{}}};
            if (inPolicy)
                policy.insert(u"allowedSchemes"_s, schemes);
            configure(policy);
            QStringList words{u"run"_s, u"--url"_s, plain};
            if (asked)
                words.append(u"--allow-insecure-code-url"_s);
            QCOMPARE(run(words).exitCode, inPolicy && asked ? 0 : 125);
        }
    }
    QCOMPARE(m_server->heads.size(), 1);
}

void tst_cliurl::interrupted()
{
    m_server->answers["/slow.py"] = {"", false};
    const auto done = run({u"run"_s, u"--url"_s, url("/slow.py")}, [this](QProcess &process) {
        QVERIFY(QTest::qWaitFor([this] { return m_server->heads.size() == 1; }, 20000));
        processtest::sendSignal(process, SIGINT);
    });
    QCOMPARE(done.exitCode, 130);
    QTRY_COMPARE(m_server->open, 0);
}

// The background engine fetches as its caller would have.
void tst_cliurl::inTheBackground()
{
    QVERIFY(QFile::remove(m_folder.filePath(u"isol8.config.json"_s)));
    servicetest::ServiceProcess service;
    for (const QString &name : {u"SSL_CERT_FILE"_s, u"XDG_CACHE_HOME"_s})
        service.environment.insert(name, m_environment.value(name));
    service.configure(R"({"poolSize": 0, "remoteCode": {"enabled": true, "blockedHosts": []},
                          "network": {"allowPrivate": ["localhost:)" +
                      QByteArray::number(m_server->port()) + R"("]}})");
    QVERIFY(service.start());
    m_environment = service.environment;
    const auto done = run({u"--debug"_s, u"run"_s, u"--url"_s, url("/tool.py"), u"--hash"_s, hashOf(Program)});
    QCOMPARE(done.out, "fetched /sandbox/tool.py []\n");
    QVERIFY2(done.err.contains("running in the background engine"), done.err.constData());
    QVERIFY2(!done.err.contains("SHA-256"), done.err.constData()); // it was not fetched here
    QCOMPARE(m_server->heads.size(), 1);
    const auto wrong = run({u"run"_s, u"--url"_s, url("/tool.py"), u"--hash"_s, hashOf("other")});
    QCOMPARE(wrong.exitCode, 125);
    QVERIFY2(wrong.err.contains("another SHA-256"), wrong.err.constData());
    QCOMPARE(service.stop(SIGTERM), 0);
    QVERIFY(service.nothingLeft());
}

// What a request says of the policy is ignored.
void tst_cliurl::overHttp()
{
    servicetest::ServiceProcess service;
    QVERIFY(service.start());
    const QJsonObject policy{{u"enabled"_s, true}, {u"blockedHosts"_s, QJsonArray{}}};
    const auto answer =
        service.ask(servicetest::post("/execute", {{u"request"_s, QJsonObject{{u"codeUrl"_s, url("/tool.py")}}},
                                                   {u"options"_s, QJsonObject{{u"remoteCode"_s, policy}}}}));
    QCOMPARE(answer.status, 403);
    QCOMPARE(answer.json().value(u"code"_s).toString(), u"remote_code_disabled"_s);
    const auto bad = service.ask(
        servicetest::post("/execute", {{u"request"_s, QJsonObject{{u"codeUrl"_s, u"https://127.1/x.py"_s}}}}));
    QCOMPARE(bad.status, 400);
    QCOMPARE(m_server->heads.size(), 0);
    QCOMPARE(service.stop(SIGTERM), 0);
}

QTEST_GUILESS_MAIN(tst_cliurl)
#include "tst_cliurl.moc"
