// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; service
#include "support/Prometheus.h"

#include <service/Metrics.h>

#include <QTest>

using namespace isol8;
using namespace isol8::service;
using namespace Qt::StringLiterals;

namespace {

class FakeRun : public Run
{
public:
    [[nodiscard]] QString executionId() const override { return u"id"_s; }
    [[nodiscard]] bool isFinished() const override { return false; }
    [[nodiscard]] const RunResult &result() const override { return m_result; }
    void cancel() override {}
    void writeStdin(const QByteArray &) override {}
    void closeStdin() override {}
    [[nodiscard]] qint64 stdinPending() const override { return 0; }
    void sendSignal(int) override {}
    void resize(int, int) override {}
    void setOutputPaused(bool) override {}

private:
    RunResult m_result;
};

} // namespace

/*
    Metrics in Prometheus' text format, read by a strict reader that the format's own rules are tried on first.
*/
class tst_exposition : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void reader_data();
    void reader();
    void escapes();
    void histogram();
    void counts();
};

void tst_exposition::reader_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<bool>("good");
    const auto row = [](const char *name, const QByteArray &text, bool good) { QTest::newRow(name) << text << good; };
    const QByteArray head = "# HELP a_total An a.\n# TYPE a_total counter\n";
    row("good", head + "a_total{x=\"1\"} 1\na_total{x=\"2\",y=\"\\\"\\\\\\n\"} 2.5e3\n", true);
    row("no end", head + "a_total 1", false);
    row("empty line", head + "\na_total 1\n", false);
    row("no type", "a_total 1\n", false);
    row("two types", head + "# TYPE a_total counter\n", false);
    row("type behind samples", "# HELP a A.\na 1\n# TYPE a gauge\n", false);
    row("twice the same", head + "a_total{x=\"1\",y=\"1\"} 1\na_total{y=\"1\",x=\"1\"} 1\n", false);
    row("apart", head + "a_total{x=\"1\"} 1\n# TYPE b gauge\nb 1\na_total{x=\"2\"} 1\n", false);
    row("bad name", "# TYPE 1a gauge\n1a 1\n", false);
    row("bad label", head + "a_total{1x=\"1\"} 1\n", false);
    row("unescaped", head + "a_total{x=\"a\"b\"} 1\n", false);
    row("no number", head + "a_total one\n", false);
    row("negative counter", head + "a_total -1\n", false);
    row("two blanks", head + "a_total  1\n", false);
    const QByteArray histogram = "# TYPE h histogram\nh_bucket{le=\"1\"} 1\n";
    row("histogram", histogram + "h_bucket{le=\"+Inf\"} 2\nh_sum 3\nh_count 2\n", true);
    row("no infinite bucket", histogram + "h_sum 3\nh_count 1\n", false);
    row("count is another", histogram + "h_bucket{le=\"+Inf\"} 2\nh_sum 3\nh_count 3\n", false);
    row("not cumulative", histogram + "h_bucket{le=\"+Inf\"} 0\nh_sum 3\nh_count 0\n", false);
    row("no sum", histogram + "h_bucket{le=\"+Inf\"} 2\nh_count 2\n", false);
    row("falling bounds", histogram + "h_bucket{le=\"0.5\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_sum 3\nh_count 2\n", false);
}

void tst_exposition::reader()
{
    QFETCH(QByteArray, text);
    QFETCH(bool, good);
    const auto parsed = prometheus::parse(text);
    QVERIFY2(parsed.problem.isEmpty() == good, qPrintable(parsed.problem));
}

void tst_exposition::escapes()
{
    Exposition out;
    out.family("a", "gauge", "One\nline \\ two");
    out.sample(1.5, {{"x", "a\"b\\c\nd"}});
    out.sample(1e300, {{"x", "large"}});
    QVERIFY2(prometheus::parse(out.text()).problem.isEmpty(), out.text().constData());
    QVERIFY2(out.text().contains("a{x=\"a\\\"b\\\\c\\nd\"} 1.5\n"), out.text().constData());
}

void tst_exposition::histogram()
{
    Histogram histogram;
    for (const double seconds : {0.0, 0.001, 0.0011, 0.5, 1e9})
        histogram.add(seconds);
    Exposition out;
    out.family("h", "histogram", "H.");
    out.sample(histogram, {{"runtime", "python"}});
    const auto parsed = prometheus::parse(out.text());
    QVERIFY2(parsed.problem.isEmpty(), qPrintable(parsed.problem));
    QCOMPARE(parsed.value(u"h_bucket{le=\"0.001\",runtime=\"python\"}"_s), 2);
    QCOMPARE(parsed.value(u"h_bucket{le=\"0.0025\",runtime=\"python\"}"_s), 3);
    QCOMPARE(parsed.value(u"h_bucket{le=\"600\",runtime=\"python\"}"_s), 4);
    QCOMPARE(parsed.value(u"h_bucket{le=\"+Inf\",runtime=\"python\"}"_s), 5);
    QCOMPARE(parsed.value(u"h_count{runtime=\"python\"}"_s), 5);
}

void tst_exposition::counts()
{
    Metrics metrics({u"python"_s});
    FakeRun ended, strange;
    auto abandoned = std::make_unique<FakeRun>();
    metrics.watch(&ended, u"python"_s);
    metrics.watch(&strange, u"a\"name"_s);
    metrics.watch(abandoned.get(), u"python"_s);
    Q_EMIT ended.started();
    Metrics::Gauges gauges;
    gauges.queued = 1;
    const auto under = prometheus::parse(metrics.text(gauges));
    QVERIFY2(under.problem.isEmpty(), qPrintable(under.problem));
    QCOMPARE(under.value(u"isol8_runs{state=\"running\"}"_s), 1);
    QCOMPARE(under.value(u"isol8_runs{state=\"queued\"}"_s), 1);
    QCOMPARE(under.value(u"isol8_runs{state=\"starting\"}"_s), 1);

    RunResult result;
    result.reason = Reason::Oom;
    result.durationMs = 2000;
    Q_EMIT ended.finished(result);
    Q_EMIT strange.finished(result);
    abandoned.reset();
    metrics.countRefusedKey(401);
    const auto done = prometheus::parse(metrics.text({}));
    QVERIFY2(done.problem.isEmpty(), qPrintable(done.problem));
    QCOMPARE(done.value(u"isol8_runs_total{reason=\"oom\",runtime=\"python\"}"_s), 1);
    QCOMPARE(done.value(u"isol8_runs_total{reason=\"oom\",runtime=\"other\"}"_s), 1);
    QCOMPARE(done.value(u"isol8_runs_total{reason=\"cancelled\",runtime=\"python\"}"_s), 1);
    QCOMPARE(done.value(u"isol8_run_program_seconds_sum{runtime=\"python\"}"_s), 2);
    QCOMPARE(done.value(u"isol8_run_program_seconds_count{runtime=\"python\"}"_s), 1);
    QCOMPARE(done.value(u"isol8_runs{state=\"running\"}"_s), 0);
    QCOMPARE(done.value(u"isol8_auth_refusals_total{status=\"401\"}"_s), 1);
    QCOMPARE(done.value(u"isol8_auth_refusals_total{status=\"429\"}"_s), 0);
    QVERIFY(done.value(u"process_resident_memory_bytes"_s) > 1e6);
    QVERIFY(done.value(u"process_open_fds"_s) > 2);
    for (auto it = done.types.begin(); it != done.types.end(); ++it)
        QVERIFY2((it.value() == u"counter") == it.key().endsWith(u"_total"), qPrintable(it.key()));
}

QTEST_GUILESS_MAIN(tst_exposition)
#include "tst_exposition.moc"
