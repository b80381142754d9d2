// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker; execution egress http
// Packages from end to end: real installers in sandboxes, a local index for pip, this machine's own npm registry.
#include "support/CodeServer.h"
#include "support/Docker.h"

#include <isol8/execution/LocalEngine.h>

#include <QJsonArray>
#include <QJsonObject>
#include <QProcess>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <memory>

using namespace isol8;
using namespace Qt::StringLiterals;

class tst_install : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init();
    void cleanup();

    void pip_data();
    void pip();
    void secondTime();
    void onlyWhileItRuns();
    void failing();
    void notForTheInstaller();
    void timeoutAndCancel();
    void nextRunHasThemNot();
    void npm_data();
    void npm();
    void hostNetwork();
    void bytesAreLimited();
    void timeoutTellsOfTheRegistry();

private:
    RunRequest request(const QByteArray &code, const QStringList &packages) const;
    RunResult run(const RunRequest &request, const RunOptions &options = {});
    QByteArray wheel(const QByteArray &code);
    void offer(const QByteArray &name, const QByteArray &code);
    void start(Config::PoolStrategy strategy);

    QTemporaryDir m_folder;
    std::unique_ptr<test::CodeServer> m_index;
    std::unique_ptr<LocalEngine> m_engine;
};

void tst_install::initTestCase()
{
    qputenv("PIP_CONFIG_FILE", "/dev/null");
    qunsetenv("PIP_EXTRA_INDEX_URL");
}

void tst_install::init()
{
    static int number = 0;
    qputenv("XDG_CACHE_HOME", m_folder.filePath(u"cache%1"_s.arg(++number)).toLocal8Bit());
    m_index = std::make_unique<test::CodeServer>();
    qputenv("PIP_INDEX_URL", "http://127.0.0.1:" + QByteArray::number(m_index->port()) + "/simple/");
    offer("verdict", "value = 42\n");
    start(Config::PoolStrategy::Secure);
}

void tst_install::start(Config::PoolStrategy strategy)
{
    LocalEngineOptions options;
    options.config.poolStrategy = strategy;
    m_engine = std::make_unique<LocalEngine>(options);
}

void tst_install::cleanup()
{
    const QString id = m_engine->id();
    bool stopped = false;
    m_engine->stop({this, [&](const Result<void> &) { stopped = true; }});
    QTRY_VERIFY_WITH_TIMEOUT(stopped, 30000);
    m_engine.reset();
    QVERIFY(dockertest::gone(id, 10000));
}

// A wheel of one module "verdict" with that code.
QByteArray tst_install::wheel(const QByteArray &code)
{
    const QString path = m_folder.filePath(u"a.whl"_s);
    QProcess python;
    python.start(u"python3"_s,
                 {u"-c"_s,
                  u"import sys, zipfile\n"
                  "with zipfile.ZipFile(sys.argv[1], 'w') as z:\n"
                  "    info = 'verdict-1.0.dist-info/'\n"
                  "    z.writestr('verdict.py', sys.argv[2])\n"
                  "    z.writestr(info + 'METADATA', 'Metadata-Version: 2.1\\nName: verdict\\nVersion: 1.0\\n')\n"
                  "    z.writestr(info + 'WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: "
                  "py3-none-any\\n')\n"
                  "    z.writestr(info + 'RECORD', '')\n"_s,
                  path, QString::fromUtf8(code)});
    QFile file(path);
    if (!python.waitForFinished(20000) || !file.open(QIODevice::ReadOnly))
        return {};
    return file.readAll();
}

void tst_install::offer(const QByteArray &name, const QByteArray &code)
{
    const QByteArray file = name + "-1.0-py3-none-any.whl";
    m_index->answers["/simple/" + name + "/"] = {test::CodeServer::text(
        "<html><body><a href=\"/files/" + file + "\">" + file + "</a></body></html>", "Content-Type: text/html\r\n")};
    m_index->serve("/files/" + file, wheel(code));
}

RunRequest tst_install::request(const QByteArray &code, const QStringList &packages) const
{
    RunRequest request;
    request.code = code;
    request.installPackages = packages;
    request.timeout = milliseconds(90000);
    return request;
}

RunResult tst_install::run(const RunRequest &request, const RunOptions &options)
{
    std::unique_ptr<Run> run(m_engine->execute(request, options));
    if (!QTest::qWaitFor([&] { return run->isFinished(); }, 120000))
        run->cancel();
    return run->result();
}

void tst_install::pip_data()
{
    QTest::addColumn<Network>("network");
    QTest::newRow("none") << Network::None;
    QTest::newRow("filtered") << Network::Filtered;
}

void tst_install::pip()
{
    QFETCH(Network, network);
    RunOptions options;
    options.network = network;
    options.whitelist = QStringList{u"a.example"_s};
    RunRequest asked = request("import verdict, sys; print(verdict.value, sys.argv[1:])", {u"verdict==1.0"_s});
    asked.args = QStringList{u"x"_s};
    const RunResult result = run(asked, options);
    QVERIFY2(result.exitCode == 0, qPrintable(result.error + QString::fromUtf8(result.stderrText)));
    QCOMPARE(result.stdoutText, QByteArray("42 ['x']\n")); // nothing of the installer's
    QCOMPARE(result.stderrText, QByteArray());
    QVERIFY(result.setupMs > 0);
    QVERIFY(result.resourceUsage.networkBytesIn > 0);
}

void tst_install::secondTime()
{
    const RunRequest asked = request("import verdict; print(verdict.value)", {u"verdict"_s});
    QCOMPARE(run(asked).stdoutText, QByteArray("42\n"));
    const qsizetype before = m_index->heads.size();
    QVERIFY(before > 0);
    QCOMPARE(run(asked).stdoutText, QByteArray("42\n"));
    QCOMPARE(m_index->heads.size(), before);
}

// The registries are there for the installer, and for nobody after it.
void tst_install::onlyWhileItRuns()
{
    const QByteArray code = "import verdict, os, urllib.request\n"
                            "try: print(urllib.request.build_opener(urllib.request.ProxyHandler({'http': "
                            "'http://127.0.0.1:8118'})).open('http://pypi.isol8.internal/simple/verdict/').status)\n"
                            "except OSError as e: print(type(e).__name__, getattr(e, 'code', ''))\n"
                            "print([k for k in os.environ if 'proxy' in k.lower() or 'PIP' in k])\n";
    QCOMPARE(run(request(code, {u"verdict"_s})).stdoutText, QByteArray("URLError \n[]\n"));
    RunOptions filtered;
    filtered.network = Network::Filtered;
    filtered.whitelist = QStringList{u".*"_s};
    filtered.logNetwork = true;
    const RunResult result = run(request(code, {u"verdict"_s}), filtered);
    QVERIFY2(result.stdoutText.startsWith("HTTPError 403"), result.stdoutText.constData());
    const QJsonObject entry = result.networkLogs.last().toObject();
    QCOMPARE(entry.value(u"action"_s).toString(), u"BLOCK"_s);
    QCOMPARE(entry.value(u"host"_s).toString(), u"pypi.isol8.internal"_s);
    QCOMPARE(entry.value(u"reason"_s).toString(), u"closed"_s);
}

void tst_install::failing()
{
    std::unique_ptr<Run> failed(m_engine->execute(request("print('never')", {u"nosuch"_s})));
    QSignalSpy output(failed.get(), &Run::output);
    QTRY_VERIFY_WITH_TIMEOUT(failed->isFinished(), 60000);
    const RunResult &result = failed->result();
    QCOMPARE(toString(result.reason), toString(Reason::SetupFailed));
    QCOMPARE(result.exitCode, 1); // the installer's own
    QVERIFY2(result.error.contains(u"Installing nosuch failed with exit code 1"), qPrintable(result.error));
    QVERIFY(result.stderrText.contains("nosuch")); // its last words
    QVERIFY(!output.isEmpty());
    for (const auto &emitted : output)
        QVERIFY(emitted.at(2).value<Phase>() == Phase::Setup);

    const RunResult hostile = run(request("print('never')", {u"git+ssh://example.com/x"_s}));
    QCOMPARE(toString(hostile.reason), toString(Reason::SetupFailed));
    QCOMPARE(hostile.errorCode, errors::BadRequest);
    QVERIFY(hostile.containerId.isEmpty());
}

// Whatever is built while installing is not told what is for the program.
void tst_install::notForTheInstaller()
{
    RunRequest asked = request("print('never')", {u"nosuch"_s});
    asked.env.insert(u"PIP_INDEX_URL"_s, u"http://evil.example/"_s);
    asked.env.insert(u"PIP_VERBOSE"_s, u"3"_s);
    const RunResult result = run(asked);
    QCOMPARE(result.exitCode, 1);
    QVERIFY(!result.stdoutText.contains("evil.example") && !result.stderrText.contains("evil.example"));
    QVERIFY(m_index->heads.constFirst().contains("/simple/nosuch/"));
}

void tst_install::timeoutAndCancel()
{
    m_index->answers["/simple/verdict/"].pieceMs = 500; // for ever
    RunRequest asked = request("print('never')", {u"verdict"_s});
    asked.timeout = milliseconds(3000);
    const RunResult late = run(asked);
    QCOMPARE(toString(late.reason), toString(Reason::Timeout));
    QCOMPARE(late.exitCode, 124);
    QVERIFY2(late.error.startsWith(u"Installing verdict did not end within 3 s"), qPrintable(late.error));

    const qsizetype before = m_index->heads.size();
    std::unique_ptr<Run> cancelled(m_engine->execute(request("print('never')", {u"verdict"_s})));
    QTRY_VERIFY_WITH_TIMEOUT(m_index->heads.size() > before, 20000);
    cancelled->cancel();
    QTRY_VERIFY(cancelled->isFinished());
    QCOMPARE(toString(cancelled->result().reason), toString(Reason::Cancelled));
    QTRY_COMPARE_WITH_TIMEOUT(m_index->open, 0, 10000);
}

void tst_install::nextRunHasThemNot()
{
    cleanup();
    start(Config::PoolStrategy::Fast);
    std::optional<bool> started;
    m_engine->start({u"python"_s}, {this, [&](const Result<void> &result) { started = result.has_value(); }});
    QTRY_VERIFY_WITH_TIMEOUT(started.has_value(), 30000);
    const QByteArray code = "try:\n  import verdict; print(verdict.value)\nexcept ImportError: print('none')";
    QCOMPARE(run(request(code, {u"verdict"_s})).stdoutText, QByteArray("42\n"));
    QCOMPARE(run(request(code, {})).stdoutText, QByteArray("none\n"));
    QCOMPARE(run(request(code, {u"verdict"_s})).stdoutText, QByteArray("42\n"));
}

void tst_install::npm_data()
{
    QTest::addColumn<QString>("runtime");
    QTest::addColumn<QByteArray>("code");
    QTest::newRow("node") << u"node"_s << QByteArray("console.log(require('is-odd')(3))");
    QTest::newRow("bun") << u"bun"_s << QByteArray("import odd from 'is-odd'; console.log(odd(3))");
    QTest::newRow("deno") << u"deno"_s << QByteArray("import odd from 'npm:is-odd@3.0.1'; console.log(odd(3))");
}

void tst_install::npm()
{
    QFETCH(QString, runtime);
    QFETCH(QByteArray, code);
    QProcess view;
    view.start(u"npm"_s, {u"view"_s, u"is-odd@3.0.1"_s, u"version"_s});
    if (!view.waitForFinished(60000) || view.exitCode() != 0)
        QSKIP("this machine's npm reaches no registry");
    RunRequest asked = request(code, {u"is-odd@3.0.1"_s});
    asked.runtime = runtime;
    const RunResult first = run(asked);
    QVERIFY2(first.exitCode == 0, qPrintable(first.error + QString::fromUtf8(first.stderrText)));
    QCOMPARE(first.stdoutText, QByteArray("true\n"));
    QCOMPARE(run(asked).stdoutText, QByteArray("true\n"));
}

void tst_install::hostNetwork()
{
    RunOptions options;
    options.network = Network::Host;
    const RunResult result = run(request("print('never')", {u"verdict"_s}), options);
    QCOMPARE(result.errorCode, errors::NotAllowed);
}

// Also where the program has no network.
void tst_install::bytesAreLimited()
{
    cleanup();
    LocalEngineOptions options;
    options.config.network.maxBytes = 100;
    m_engine = std::make_unique<LocalEngine>(options);
    const RunResult result = run(request("print('never')", {u"verdict"_s}));
    QCOMPARE(toString(result.reason), toString(Reason::SetupFailed));
    QVERIFY(!result.securityEvents.isEmpty());
    QCOMPARE(result.securityEvents.first()[u"details"][u"reason"].toString(), u"limit_bytes"_s);
}

// One index refuses, the other does not come to an end.
void tst_install::timeoutTellsOfTheRegistry()
{
    qputenv("PIP_EXTRA_INDEX_URL", "http://127.0.0.1:" + QByteArray::number(m_index->port()) + "/other/");
    cleanup();
    start(Config::PoolStrategy::Secure);
    m_index->answers["/simple/verdict/"] = {"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"};
    m_index->answers["/other/verdict/"] = {test::CodeServer::text(QByteArray(1000, ' '), "Content-Type: text/html\r\n"),
                                           true, 500};
    RunRequest asked = request("print('never')", {u"verdict"_s});
    asked.timeout = milliseconds(12000);
    const RunResult result = run(asked);
    qunsetenv("PIP_EXTRA_INDEX_URL");
    QCOMPARE(toString(result.reason), toString(Reason::Timeout));
    QVERIFY2(result.error.contains(u"Of the registries: "), qPrintable(result.error));
    QVERIFY2(result.error.contains(u"127.0.0.1 answered with status 503"), qPrintable(result.error));
}

QTEST_GUILESS_MAIN(tst_install)
#include "tst_install.moc"
