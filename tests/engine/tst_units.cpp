// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; base
#include <isol8/base/Units.h>

#include <QTest>

using namespace isol8;
using namespace Qt::StringLiterals;

class tst_units : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void size_data();
    void size();
    void sizeRoundTrip_data();
    void sizeRoundTrip();
    void duration_data();
    void duration();
};

void tst_units::size_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<qint64>("bytes"); // -1: bad_value
    QTest::newRow("bytes") << u"1048576"_s << qint64(1048576);
    QTest::newRow("k") << u"64k"_s << 64 * KiB;
    QTest::newRow("m") << u"512m"_s << 512 * MiB;
    QTest::newRow("upper") << u"512M"_s << 512 * MiB;
    QTest::newRow("g") << u"1g"_s << GiB;
    QTest::newRow("gb") << u"1gb"_s << GiB;
    QTest::newRow("GiB") << u"1GiB"_s << GiB;
    QTest::newRow("fraction") << u"1.5g"_s << GiB + GiB / 2;
    QTest::newRow("b") << u"100b"_s << qint64(100);
    QTest::newRow("spaces") << u" 2 m "_s << 2 * MiB;
    QTest::newRow("empty") << QString() << qint64(-1);
    QTest::newRow("zero") << u"0"_s << qint64(-1);
    QTest::newRow("negative") << u"-5m"_s << qint64(-1);
    QTest::newRow("word") << u"lots"_s << qint64(-1);
    QTest::newRow("unit alone") << u"m"_s << qint64(-1);
    QTest::newRow("two dots") << u"1.2.3m"_s << qint64(-1);
    QTest::newRow("unknown unit") << u"5x"_s << qint64(-1);
    QTest::newRow("exponent") << u"1e3"_s << qint64(-1);
    QTest::newRow("too large") << u"99999999t"_s << qint64(-1);
    QTest::newRow("ib alone") << u"5ib"_s << qint64(-1);
}

void tst_units::size()
{
    QFETCH(QString, text);
    QFETCH(qint64, bytes);
    const auto result = parseSize(text);
    QCOMPARE(result.value_or(-1), bytes);
    if (!result)
        QCOMPARE(result.error().code, errors::BadValue);
}

void tst_units::sizeRoundTrip_data()
{
    QTest::addColumn<qint64>("bytes");
    QTest::addColumn<QString>("text");
    QTest::newRow("1g") << GiB << u"1g"_s;
    QTest::newRow("1536m") << GiB + GiB / 2 << u"1536m"_s;
    QTest::newRow("64k") << 64 * KiB << u"64k"_s;
    QTest::newRow("1000") << qint64(1000) << u"1000"_s;
}

void tst_units::sizeRoundTrip()
{
    QFETCH(qint64, bytes);
    QFETCH(QString, text);
    QCOMPARE(formatSize(bytes), text);
    QCOMPARE(parseSize(text).value_or(-1), bytes);
}

void tst_units::duration_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<qint64>("ms"); // -1: bad_value
    QTest::newRow("plain") << u"1500"_s << qint64(1500);
    QTest::newRow("ms") << u"250ms"_s << qint64(250);
    QTest::newRow("s") << u"30s"_s << qint64(30000);
    QTest::newRow("fraction") << u"1.5s"_s << qint64(1500);
    QTest::newRow("m") << u"2m"_s << qint64(120000);
    QTest::newRow("h") << u"1h"_s << qint64(3600000);
    QTest::newRow("zero") << u"0"_s << qint64(-1);
    QTest::newRow("negative") << u"-1s"_s << qint64(-1);
    QTest::newRow("word") << u"soon"_s << qint64(-1);
    QTest::newRow("unit") << u"3d"_s << qint64(-1);
    QTest::newRow("empty") << QString() << qint64(-1);
    QTest::newRow("huge") << u"99999999999h"_s << qint64(-1);
}

void tst_units::duration()
{
    QFETCH(QString, text);
    QFETCH(qint64, ms);
    const auto result = parseDuration(text);
    QCOMPARE(result ? result->count() : -1, ms);
    if (!result)
        QCOMPARE(result.error().code, errors::BadValue);
}

QTEST_GUILESS_MAIN(tst_units)
#include "tst_units.moc"
