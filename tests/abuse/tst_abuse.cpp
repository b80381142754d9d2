// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker,abuse; isolation
/*
    Programs by people who want out (Programs.h), each in sandboxes of every kind: network none and filtered, strategy
    secure and fast, cold and pooled. CI runs each program once, the kinds in turn, so that every pair of a program's
    class and a kind occurs; ISOL8_ABUSE=all runs everything in everything:

        ISOL8_ABUSE=all ctest --preset ci -L abuse
*/
#include "Programs.h"
#include "support/Docker.h"

#include <isol8/execution/LocalEngine.h>
#include <isol8/isolation/Trials.h>

#include <QJsonDocument>
#include <QSignalSpy>
#include <QTest>

#include <memory>

using namespace isol8;
using namespace Qt::StringLiterals;

namespace {

struct Kind
{
    const char *name;
    const char *strategy;
    Network network;
    bool pooled;
};

constexpr Kind kinds[] = {
    {"secure cold none", "secure", Network::None, false},
    {"fast pooled filtered", "fast", Network::Filtered, true},
    {"fast pooled none", "fast", Network::None, true},
    {"secure pooled filtered", "secure", Network::Filtered, true},
    {"secure pooled none", "secure", Network::None, true},
    {"fast cold none", "fast", Network::None, false},
    {"secure cold filtered", "secure", Network::Filtered, false},
};

constexpr int Patience = 300'000;
// Qt Test ends a function after five minutes, unless it is told otherwise before the first.
[[maybe_unused]] const bool patient = qputenv("QTEST_FUNCTION_TIMEOUT", "86400000");

} // namespace

class tst_abuse : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void program_data();
    void program();
    void whoeverComesNext_data();
    void whoeverComesNext();
    void neighbours();
    void nothingIsLeft();

private:
    struct Case
    {
        abuse::Program program;
        Kind kind{};
        std::shared_ptr<RunResult> result;
    };
    LocalEngine *engine(const Kind &kind);
    std::shared_ptr<RunResult> start(LocalEngine *engine, const RunRequest &request, const RunOptions &options);
    static RunRequest requestOf(const abuse::Program &program);
    static RunOptions optionsOf(const Case &one);

    std::map<QString, std::unique_ptr<LocalEngine>> m_engines;
    std::vector<Case> m_cases;
    std::shared_ptr<RunResult> m_victim;
};

LocalEngine *tst_abuse::engine(const Kind &kind)
{
    std::unique_ptr<LocalEngine> &engine = m_engines[u"%1 %2"_s.arg(QLatin1StringView(kind.strategy)).arg(kind.pooled)];
    if (!engine) {
        LocalEngineOptions options;
        options.config.poolStrategy =
            qstrcmp(kind.strategy, "fast") == 0 ? Config::PoolStrategy::Fast : Config::PoolStrategy::Secure;
        options.config.maxConcurrent = 3;
        engine = std::make_unique<LocalEngine>(options);
    }
    return engine.get();
}

std::shared_ptr<RunResult> tst_abuse::start(LocalEngine *engine, const RunRequest &request, const RunOptions &options)
{
    auto result = std::make_shared<RunResult>();
    Run *run = engine->execute(request, options, u"mallory"_s);
    connect(run, &Run::finished, this, [result, run](const RunResult &r) {
        *result = r;
        run->deleteLater();
    });
    return result;
}

RunRequest tst_abuse::requestOf(const abuse::Program &program)
{
    RunRequest request;
    request.runtime = program.runtime;
    request.code = program.code;
    request.timeout = milliseconds(program.timeoutMs);
    request.outputPaths = program.outputPaths;
    if (program.brings)
        request.files.append({u"/sandbox/walls"_s, wallsProgram(), 0755, 0});
    return request;
}

RunOptions tst_abuse::optionsOf(const Case &one)
{
    RunOptions options;
    options.network = one.kind.network;
    options.secrets = one.program.secrets;
    options.maxOutputSize = one.program.maxOutput;
    options.memoryLimit = one.program.reason == Reason::Oom ? 128 * MiB : 512 * MiB;
    return options;
}

// All are started at once; what each came to is looked at in the rows.
void tst_abuse::initTestCase()
{
    const bool all = qgetenv("ISOL8_ABUSE") == "all";
    const auto list = abuse::programs();
    constexpr qsizetype count = std::size(kinds);
    for (qsizetype i = 0; i < list.size(); ++i) {
        for (qsizetype k = 0; k < (all ? count : 1); ++k)
            m_cases.push_back({list[i], kinds[size_t((i + k) % count)], nullptr});
    }
    int starting = 0;
    for (const Kind &kind : kinds) {
        LocalEngine *wanted = engine(kind);
        if (!kind.pooled || wanted->property("started").toBool())
            continue;
        wanted->setProperty("started", true);
        ++starting;
        wanted->start({u"python"_s, u"bash"_s}, {this, [&starting](const Result<void> &) { --starting; }});
    }
    QVERIFY(QTest::qWaitFor([&] { return starting == 0; }, Patience));
    RunRequest victim;
    victim.runtime = u"python"_s;
    victim.code =
        "import os, time\nopen('/tmp/private', 'w').write(os.environ['MINE'])\nfor i in range(40):\n print(i, "
        "flush=True)\n time.sleep(0.05)\n";
    RunOptions options;
    options.secrets.insert(u"MINE"_s, u"the-victim's-own"_s);
    m_victim = start(engine(kinds[2]), victim, options);
    for (Case &one : m_cases)
        one.result = start(engine(one.kind), requestOf(one.program), optionsOf(one));
    QVERIFY(QTest::qWaitFor(
        [&] {
            return std::all_of(m_cases.begin(), m_cases.end(),
                               [](const Case &one) { return !one.result->executionId.isEmpty(); });
        },
        all ? 30 * Patience : Patience));
}

void tst_abuse::program_data()
{
    QTest::addColumn<int>("index");
    for (size_t i = 0; i < m_cases.size(); ++i)
        QTest::addRow("%s (%s)", m_cases[i].program.name.constData(), m_cases[i].kind.name) << int(i);
}

void tst_abuse::program()
{
    QFETCH(int, index);
    const Case &one = m_cases[size_t(index)];
    const RunResult &result = *one.result;
    const QByteArray all = result.stdoutText + result.stderrText + result.error.toUtf8();
    const QByteArray shown = toString(result.reason).toLatin1() + ' ' + all.left(3000);
    QVERIFY2(result.reason == one.program.reason, shown.constData());
    QVERIFY2(!result.stdoutText.contains("OPEN:"), shown.constData());
    if (one.program.tells)
        QVERIFY2(result.stdoutText.contains("HELD\n"), shown.constData());
    QVERIFY2(result.stdoutText.size() <= one.program.maxOutput + 512, "stdout passed its limit");
    QVERIFY2(result.stderrText.size() <= one.program.maxOutput + 512, "stderr passed its limit");
    if (!one.program.mayNotSay.isEmpty()) {
        QVERIFY2(!all.contains(one.program.mayNotSay), shown.constData());
        QVERIFY(!QJsonDocument(result.toJson()).toJson().contains(one.program.mayNotSay));
        for (const QByteArray &file : result.files)
            QVERIFY2(!file.contains(one.program.mayNotSay), file.left(200).constData());
    }
}

// After all that, a run of the same owner in each kind of sandbox finds nothing, and works.
void tst_abuse::whoeverComesNext_data()
{
    QTest::addColumn<int>("index");
    for (size_t i = 0; i < std::size(kinds); ++i)
        QTest::newRow(kinds[i].name) << int(i);
}

void tst_abuse::whoeverComesNext()
{
    QFETCH(int, index);
    RunRequest request;
    request.runtime = u"python"_s;
    request.code = R"PY(
import ctypes, os
left = [os.path.join(r, f) for p in ('/tmp', '/dev/shm', '/dev/mqueue') for r, d, fs in os.walk(p) for f in fs + d]
left += [f for f in os.listdir('/sandbox') if not f.startswith('main') and f not in ('.local', '.cache') and not f.endswith('.py')]
for kind in ('shm', 'sem', 'msg'):
    left += open('/proc/sysvipc/' + kind).read().splitlines()[1:]
left += [l for l in open('/proc/net/unix').read().splitlines()[1:] if '@' in l]
others = [p for p in os.listdir('/proc') if p.isdigit() and int(p) not in (1, os.getpid())]
print(left, len(others) < 4)
)PY";
    RunOptions options;
    options.network = kinds[index].network;
    const auto result = start(engine(kinds[index]), request, options);
    QVERIFY(QTest::qWaitFor([&] { return !result->executionId.isEmpty(); }, Patience));
    QCOMPARE(QByteArray(result->stdoutText + result->stderrText), QByteArray("[] True\n"));
    QCOMPARE(toString(result->reason), u"completed"_s);
}

// Who ran beside them came to its end with every line, and its secret stayed its own.
void tst_abuse::neighbours()
{
    QVERIFY(QTest::qWaitFor([&] { return !m_victim->executionId.isEmpty(); }, Patience));
    QCOMPARE(toString(m_victim->reason), u"completed"_s);
    QCOMPARE(m_victim->stdoutText.count('\n'), 40);
    for (const Case &one : m_cases)
        QVERIFY(!QByteArray(one.result->stdoutText + one.result->stderrText).contains("the-victim's-own"));
}

void tst_abuse::nothingIsLeft()
{
    QStringList ids;
    int stopping = 0;
    for (const auto &[name, engine] : m_engines) {
        ids.append(engine->id());
        ++stopping;
        engine->stop({this, [&stopping](const Result<void> &) { --stopping; }});
    }
    QVERIFY(QTest::qWaitFor([&] { return stopping == 0; }, Patience));
    m_engines.clear();
    for (const QString &id : std::as_const(ids))
        QVERIFY2(dockertest::gone(id, 60'000), qPrintable(id));
}

QTEST_GUILESS_MAIN(tst_abuse)
#include "tst_abuse.moc"
