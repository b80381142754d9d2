// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker; execution
// An interpreter that has waited for its program behaves as a fresh one does, byte for byte.
#include "support/Docker.h"
#include "warm/programs.h"

#include <isol8/execution/LocalEngine.h>

#include <QRegularExpression>
#include <QSignalSpy>
#include <QTest>

#include <memory>

using namespace isol8;
using namespace Qt::StringLiterals;

namespace {

RunRequest request(const WarmProgram &program)
{
    RunRequest r;
    r.runtime = QString::fromLatin1(program.runtime);
    r.code = QByteArray(program.code);
    r.fileName = QString::fromLatin1(program.fileName);
    r.stdinData = QByteArray(program.input);
    r.args = QStringList{u"a b"_s, u"-x"_s};
    r.env.insert(u"GREETING"_s, u"h\u00e4 = llo"_s);
    r.outputPaths = QStringList{u"/sandbox/left*"_s};
    r.timeout = milliseconds(20000);
    return r;
}

QByteArray shown(const RunResult &result)
{
    static const QRegularExpression address(u"0x[0-9a-f]{8,16}"_s);
    static const QRegularExpression node(u"\\(node:\\d+\\)"_s);
    const auto text = [](const QByteArray &bytes) {
        return QString::fromUtf8(bytes).replace(address, u"0xADDRESS"_s).replace(node, u"(node:PID)"_s).toUtf8();
    };
    QByteArray files;
    for (auto file = result.files.cbegin(); file != result.files.cend(); ++file)
        files += "\n--- " + file.key().toUtf8() + '\n' + file.value();
    return "exit " + QByteArray::number(result.exitCode) + ' ' + toString(result.reason).toUtf8() + ' ' +
           result.signal.toUtf8() + "\n--- stdout\n" + text(result.stdoutText) + "\n--- stderr\n" +
           text(result.stderrText) + files;
}

} // namespace

class tst_warm : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void same_data();
    void same();
    void readAtTheStart_data();
    void readAtTheStart();
    void waited_data();
    void waited();

private:
    using Results = QMap<QByteArray, QByteArray>;
    Results runAll(const QByteArray &runtime, std::optional<Config::PoolStrategy> strategy);

    QMap<QByteArray, Results> m_results; //!< "cold", "secure", "fast"
};

// Without a strategy every run is cold. With one, one after the other, each when the pool has one ready.
tst_warm::Results tst_warm::runAll(const QByteArray &runtime, std::optional<Config::PoolStrategy> strategy)
{
    Results results;
    LocalEngineOptions options;
    options.config.maxConcurrent = strategy ? 1 : 3;
    options.config.poolStrategy = strategy.value_or(Config::PoolStrategy::Secure);
    LocalEngine engine(options);
    if (strategy) {
        bool ready = false;
        engine.start({QString::fromLatin1(runtime)}, {&engine, [&](const Result<void> &result) { ready = !!result; }});
        if (!QTest::qWaitFor([&] { return ready; }, 30000))
            return results;
    }
    const bool secure = strategy == Config::PoolStrategy::Secure;
    int waiting = 0;
    for (const WarmProgram &program : warmPrograms()) {
        if (runtime != program.runtime)
            continue;
        Run *run = engine.execute(request(program), {}, u"owner"_s);
        ++waiting;
        connect(run, &Run::finished, this, [&, run, name = QByteArray(program.name)](const RunResult &result) {
            results.insert(name, shown(result));
            --waiting;
            run->deleteLater();
        });
        if (!strategy)
            continue;
        if (!QTest::qWaitFor([&] { return waiting == 0; }, 60000))
            return results;
        if (secure) // the next one, with its interpreter
            QTest::qWait(500);
    }
    (void)QTest::qWaitFor([&] { return waiting == 0; }, 120000);
    return results;
}

void tst_warm::initTestCase()
{
    for (const QByteArray runtime : {"python", "node"}) {
        m_results["cold " + runtime] = runAll(runtime, {});
        m_results["secure " + runtime] = runAll(runtime, Config::PoolStrategy::Secure);
        m_results["fast " + runtime] = runAll(runtime, Config::PoolStrategy::Fast);
    }
}

void tst_warm::same_data()
{
    QTest::addColumn<QByteArray>("cold");
    QTest::addColumn<QByteArray>("warm");
    for (const WarmProgram &program : warmPrograms()) {
        const QByteArray runtime = program.runtime;
        for (const QByteArray strategy : {"secure", "fast"}) {
            QTest::addRow("%s, %s: %s", program.runtime, strategy.constData(), program.name)
                << m_results["cold " + runtime].value(program.name)
                << m_results[strategy + ' ' + runtime].value(program.name);
        }
    }
}

void tst_warm::same()
{
    QFETCH(QByteArray, cold);
    QFETCH(QByteArray, warm);
    QVERIFY(!cold.isEmpty());
    if (cold != warm) {
        qInfo("cold: %s", cold.left(3000).constData());
        qInfo("warm: %s", warm.left(3000).constData());
    }
    QVERIFY(cold == warm);
}

// What an interpreter reads before there is a program: a request that brings some of it is served as by a fresh one.
void tst_warm::readAtTheStart_data()
{
    QTest::addColumn<RunRequest>("request");
    const auto row = [](const char *name, const QString &runtime, const QByteArray &code,
                        const QMap<QString, QString> &env, const QList<InputFile> &files) {
        RunRequest request;
        request.runtime = runtime;
        request.code = code;
        request.env = env;
        request.files = files;
        QTest::addRow("%s, %s", qPrintable(runtime), name) << request;
    };
    const QByteArray python = "import sys, site\nprint(sys.executable, sys.path, site.USER_SITE, site.USER_BASE)\n"
                              "print([m for m in sys.modules if m in ('usercustomize', 'colour')])";
    const QByteArray node = "console.log(process.execPath, require('module').globalPaths)";
    const QString user = u"/sandbox/.local/lib/python3.11/site-packages/"_s;
    for (const auto &[name, value] : {std::pair{u"PATH"_s, u"/nonexistent"_s}, std::pair{u"HOME"_s, u"/tmp"_s}}) {
        row(qPrintable(name), u"python"_s, python, {{name, value}}, {});
        row(qPrintable(name), u"node"_s, node, {{name, value}}, {});
    }
    row("user's packages", u"python"_s, python, {}, {{user + u"colour.py"_s, "x = 1", 0644}});
    row("user's .pth", u"python"_s, python, {},
        {{user + u"colour.py"_s, "x = 1", 0644}, {user + u"c.pth"_s, "import colour\n/tmp\n", 0644}});
    row("usercustomize", u"python"_s, python, {}, {{user + u"usercustomize.py"_s, "print('custom')", 0644}});
}

void tst_warm::readAtTheStart()
{
    QFETCH(RunRequest, request);
    QByteArray cold;
    for (const auto strategy : {std::optional<Config::PoolStrategy>(), std::optional(Config::PoolStrategy::Secure),
                                std::optional(Config::PoolStrategy::Fast)}) {
        LocalEngineOptions options;
        options.config.poolStrategy = strategy.value_or(Config::PoolStrategy::Secure);
        LocalEngine engine(options);
        bool ready = !strategy;
        if (strategy)
            engine.start({request.runtime}, {&engine, [&](const Result<void> &result) { ready = !!result; }});
        QTRY_VERIFY_WITH_TIMEOUT(ready, 30000);
        Run *run = engine.execute(request);
        QSignalSpy finished(run, &Run::finished);
        QVERIFY(finished.wait(30000));
        const QByteArray seen = shown(run->result()) + run->result().error.toUtf8();
        if (!strategy)
            cold = seen;
        QCOMPARE(seen, cold);
    }
}

// Without this the comparison would hold for cold runs as well: the kernel still tells of the name that the interpreter
// was started with.
void tst_warm::waited_data()
{
    QTest::addColumn<QString>("runtime");
    QTest::addColumn<Config::PoolStrategy>("strategy");
    QTest::addColumn<QString>("fileName");
    for (const auto &[runtime, extension] : {std::pair{u"python"_s, u".py"_s}, std::pair{u"node"_s, u".js"_s}}) {
        for (const auto strategy : {Config::PoolStrategy::Secure, Config::PoolStrategy::Fast}) {
            for (const QString &name : {QString(), QString(u"hello"_s + extension)}) {
                QTest::addRow("%s, %s, %s", qPrintable(runtime),
                              strategy == Config::PoolStrategy::Fast ? "fast" : "secure",
                              name.isEmpty() ? "inline" : "named")
                    << runtime << strategy << name;
            }
        }
    }
}

void tst_warm::waited()
{
    QFETCH(QString, runtime);
    QFETCH(Config::PoolStrategy, strategy);
    QFETCH(QString, fileName);
    LocalEngineOptions options;
    options.config.poolStrategy = strategy;
    LocalEngine engine(options);
    bool ready = false;
    engine.start({runtime}, {&engine, [&](const Result<void> &result) { ready = !!result; }});
    QTRY_VERIFY_WITH_TIMEOUT(ready, 30000);
    RunRequest request;
    request.runtime = runtime;
    request.fileName = fileName;
    request.code = runtime == u"python" ? "print(open('/proc/self/cmdline').read())"
                                        : "console.log(require('fs').readFileSync('/proc/self/cmdline', 'utf8'))";
    Run *run = engine.execute(request);
    QSignalSpy finished(run, &Run::finished);
    QVERIFY(finished.wait(30000));
    QVERIFY2(run->result().stdoutText.contains("/sandbox/____"), run->result().stdoutText.constData());
}

QTEST_GUILESS_MAIN(tst_warm)
#include "tst_warm.moc"
