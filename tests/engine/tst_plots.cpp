// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker; builder execution; images
// Figures of Debian's matplotlib, in an image that was built with it, arrive as pictures without any call of ours in
// the program.
#include "support/Docker.h"
#include "support/TestImages.h"

#include <isol8/execution/LocalEngine.h>

#include <QImage>
#include <QTest>

#include <memory>

using namespace isol8;
using namespace Qt::StringLiterals;

class tst_plots : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cleanupTestCase();
    void plot();
    void shownWhereTheProgramShowsThem();
    void svg();
    void figureAsValue();
    void failedRun();
    void tables();

private:
    RunResult run(const QByteArray &code)
    {
        RunRequest request;
        request.runtime = u"python"_s;
        request.code = code;
        request.timeout = milliseconds(120000);
        RunOptions options;
        options.sessionId = u"plots"_s;
        options.image = u"isol8-test-matplotlib"_s;
        options.memoryLimit = 1 * GiB;
        Run *run = m_engine->execute(request, options);
        (void)QTest::qWaitFor([run] { return run->isFinished(); }, 130000);
        const RunResult result = run->result();
        delete run;
        return result;
    }
    static QList<QByteArray> values(const RunResult &result, const QString &type)
    {
        QList<QByteArray> found;
        for (const QJsonValue &value : result.results) {
            if (value.toObject().value(u"type"_s) == type)
                found.append(value.toObject().value(u"data"_s).toString().toUtf8());
        }
        return found;
    }

    std::unique_ptr<LocalEngine> m_engine;
};

void tst_plots::initTestCase()
{
    const auto image = testimages::matplotlib();
    if (!image) // 250 MB of packages, which a slow mirror does not give in time
        QSKIP(qPrintable(u"no image with matplotlib could be built: "_s + image.error().message));
    m_engine = std::make_unique<LocalEngine>();
}

void tst_plots::cleanupTestCase()
{
    if (!m_engine)
        return;
    const QString id = m_engine->id();
    m_engine.reset();
    QVERIFY2(dockertest::gone(id, 15000), "a container was left behind");
}

void tst_plots::plot()
{
    const RunResult result = run("import matplotlib.pyplot as plt\nplt.plot([1, 4, 2], color='red', linewidth=9)\n"
                                 "plt.title('A title')\nprint('drawn')");
    QVERIFY2(result.exitCode == 0, QByteArray(result.stderrText + result.error.toUtf8()).constData());
    QCOMPARE(result.stdoutText, "drawn\n"_ba);
    const auto pictures = values(result, u"image/png"_s);
    QCOMPARE(pictures.size(), 1);
    const QImage picture = QImage::fromData(QByteArray::fromBase64(pictures[0]), "PNG");
    QVERIFY(!picture.isNull());
    QVERIFY(picture.width() > 200 && picture.height() > 200);
    qsizetype red = 0, white = 0;
    for (int y = 0; y < picture.height(); ++y) {
        for (int x = 0; x < picture.width(); ++x) {
            red += picture.pixelColor(x, y) == QColor(255, 0, 0);
            white += picture.pixelColor(x, y) == QColor(255, 255, 255);
        }
    }
    QVERIFY2(red > 500 && white > red, QByteArray::number(red).constData());
    // What was shown is closed: it does not come again.
    QCOMPARE(values(run("x = 1"), u"image/png"_s).size(), 0);
}

void tst_plots::shownWhereTheProgramShowsThem()
{
    const RunResult result =
        run("print('one')\nplt.plot([1, 2])\nplt.show()\nprint('two')\nplt.figure(); plt.bar([1, 2], "
            "[3, 4])\nplt.figure(); plt.scatter([1], [1])\nNone");
    QVERIFY2(result.exitCode == 0, result.stderrText.constData());
    QCOMPARE(values(result, u"image/png"_s).size(), 3);
    QCOMPARE(result.results.at(0).toObject().value(u"stdoutAt"_s).toInt(), 4);
    QCOMPARE(result.results.at(1).toObject().value(u"stdoutAt"_s).toInt(), 8);
}

void tst_plots::svg()
{
    const RunResult result =
        run("import matplotlib\nmatplotlib.rcParams['savefig.format'] = 'svg'\n_ = plt.plot([1, 2])\n");
    const auto pictures = values(result, u"image/svg+xml"_s);
    QCOMPARE(pictures.size(), 1);
    QVERIFY(pictures[0].contains("<svg") && pictures[0].contains("</svg>"));
    (void)run("matplotlib.rcParams['savefig.format'] = 'png'");
}

void tst_plots::figureAsValue()
{
    const RunResult result = run("f = plt.figure()\nf.add_subplot().plot([1, 2])\nf");
    QCOMPARE(values(result, u"image/png"_s).size(), 1);
}

// Of any object that shows itself so; the data frames of pandas do.
// What it has drawn is its own.
void tst_plots::failedRun()
{
    const RunResult failed = run("import matplotlib.pyplot as plt\n_ = plt.plot([1, 2])\n1 / 0");
    QCOMPARE(failed.exitCode, 1);
    QCOMPARE(values(failed, u"image/png"_s).size(), 1);
    QCOMPARE(values(run("x = 1"), u"image/png"_s).size(), 0);
}

void tst_plots::tables()
{
    const RunResult result =
        run("class Frame:\n    def _repr_html_(self): return '<table><tr><td>1</td></tr></table>'\n"
            "    def __repr__(self): return '   a\\n0  1'\nFrame()");
    QCOMPARE(values(result, u"text/html"_s), QList<QByteArray>{"<table><tr><td>1</td></tr></table>"});
    QCOMPARE(values(result, u"text/plain"_s), QList<QByteArray>{"   a\n0  1"});
}

QTEST_GUILESS_MAIN(tst_plots)
#include "tst_plots.moc"
