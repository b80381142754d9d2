// SPDX-License-Identifier: GPL-3.0-or-later
// test: soak; execution
// Ten thousand runs in sandboxes that are used again (ISOL8_SOAK_RUNS: another number): every answer right, and the
// memory of engine and daemon, descriptors and containers at the end what they were after the first tenth.
#include "support/Docker.h"

#include <isol8/execution/LocalEngine.h>

#include <QDir>
#include <QTest>

#include <memory>

using namespace isol8;
using namespace Qt::StringLiterals;

namespace {

constexpr int Clients = 4;

qint64 residentKiB(const QString &process)
{
    QFile status(u"/proc/%1/status"_s.arg(process));
    if (!status.open(QIODevice::ReadOnly))
        return 0;
    const QByteArray text = status.readAll();
    return text.mid(text.indexOf("VmRSS:") + 6, 16).simplified().split(' ').first().toLongLong();
}

qsizetype descriptors(const QString &process)
{
    return QDir(u"/proc/%1/fd"_s.arg(process)).entryList(QDir::NoDotAndDotDot | QDir::AllEntries | QDir::System).size();
}

// The daemon of this machine, where it is one of its processes and this user may look at it.
QString daemonProcess()
{
    QFile file(u"/var/run/docker.pid"_s);
    return file.open(QIODevice::ReadOnly) ? QString::fromLatin1(file.readAll().trimmed()) : QString();
}

struct State
{
    qint64 engineKiB = 0;
    qint64 daemonKiB = 0;
    qsizetype engineFiles = 0;
    qsizetype daemonFiles = 0;
    qsizetype containers = 0;
};

} // namespace

class tst_soak : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void manyRuns();

private:
    bool serve(int count);
    [[nodiscard]] State look() const;

    std::unique_ptr<LocalEngine> m_engine;
    int m_wrong = 0;
};

bool tst_soak::serve(int count)
{
    int asked = 0;
    int answered = 0;
    std::function<void()> ask = [&] {
        if (asked == count)
            return;
        const QByteArray word = QByteArray::number(asked++);
        RunRequest request;
        request.code = "open('/tmp/f', 'x').write('" + word + "'); print('" + word + "')";
        Run *run = m_engine->execute(request);
        connect(run, &Run::finished, this, [&, run, word](const RunResult &result) {
            if (result.exitCode != 0 || result.stdoutText != word + '\n') {
                ++m_wrong;
                qWarning() << word << result.exitCode << result.stdoutText << result.stderrText << result.error;
            }
            run->deleteLater();
            ++answered;
            ask();
        });
    };
    for (int i = 0; i < Clients; ++i)
        ask();
    return QTest::qWaitFor([&] { return answered == count; }, count * 2000);
}

State tst_soak::look() const
{
    QTest::qWait(8000); // what is destroyed in the background, or kept for load, has gone
    return {residentKiB(u"self"_s), residentKiB(daemonProcess()), descriptors(u"self"_s), descriptors(daemonProcess()),
            dockertest::containers(u"org.isol8"_s, m_engine->id()).size()};
}

void tst_soak::manyRuns()
{
    const int runs = qMax(
        100, qEnvironmentVariableIntValue("ISOL8_SOAK_RUNS") ? qEnvironmentVariableIntValue("ISOL8_SOAK_RUNS") : 10000);
    LocalEngineOptions options;
    options.config.poolStrategy = Config::PoolStrategy::Fast;
    options.config.poolSize = {1, Clients};
    m_engine = std::make_unique<LocalEngine>(options);
    std::optional<bool> started;
    m_engine->start({u"python"_s}, {this, [&](const Result<void> &result) { started = result.has_value(); }});
    QTRY_VERIFY_WITH_TIMEOUT(started.has_value(), 30000);
    QVERIFY(*started);
    QVERIFY(serve(runs / 10));
    const State before = look();
    QVERIFY(serve(runs - runs / 10));
    const State after = look();
    qInfo("after %d runs, and after %d: engine %lld and %lld KiB, daemon %lld and %lld KiB, descriptors %lld and %lld, "
          "the "
          "daemon's %lld and %lld, containers %lld and %lld",
          runs / 10, runs, before.engineKiB, after.engineKiB, before.daemonKiB, after.daemonKiB,
          qint64(before.engineFiles), qint64(after.engineFiles), qint64(before.daemonFiles), qint64(after.daemonFiles),
          qint64(before.containers), qint64(after.containers));
    QCOMPARE(m_wrong, 0);
    QVERIFY2(after.engineKiB < before.engineKiB + 4096, "the engine has grown");
    QVERIFY2(after.daemonKiB < before.daemonKiB + 16384,
             "the daemon has grown"); // its garbage is collected now and then
    QCOMPARE_LE(after.engineFiles, before.engineFiles + 4);
    QCOMPARE_LE(after.daemonFiles, before.daemonFiles + 8);
    QCOMPARE_LE(after.containers, before.containers);
    const QString id = m_engine->id();
    bool stopped = false;
    m_engine->stop({this, [&](const Result<void> &) { stopped = true; }});
    QTRY_VERIFY_WITH_TIMEOUT(stopped, 30000);
    m_engine.reset();
    QVERIFY(dockertest::gone(id));
}

QTEST_GUILESS_MAIN(tst_soak)
#include "tst_soak.moc"
