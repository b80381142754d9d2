// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; config
#include <isol8/config/JsonOutline.h>

#include <QJsonDocument>
#include <QRandomGenerator>
#include <QTest>

using namespace isol8;
using namespace Qt::StringLiterals;

class tst_configlines : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void keys_data();
    void keys();
    void problems_data();
    void problems();
    void position();
    void deep();
    void manyKeys();
    void agreesWithQt();
};

void tst_configlines::keys_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("path");
    QTest::addColumn<int>("line"); // 0: not known
    QTest::addColumn<int>("column");
    const QByteArray text = "{\n  \"a\": 1,\n  \"b\": {\r\n    \"c\": [ {\"d\": 2},\n {\"d\": 3} ]\n  },\n  "
                            "\"\\u00e4\": \"\xC3\xA4\", \"e\": null\n}";
    QTest::newRow("first") << text << u"a"_s << 2 << 3;
    QTest::newRow("object") << text << u"b"_s << 3 << 3;
    QTest::newRow("nested") << text << u"b.c"_s << 4 << 5;
    QTest::newRow("in a list") << text << u"b.c[0].d"_s << 4 << 13;
    QTest::newRow("second in a list") << text << u"b.c[1].d"_s << 5 << 3;
    QTest::newRow("escaped key") << text << u"\u00e4"_s << 7 << 3;
    QTest::newRow("behind a wide character") << text << u"e"_s << 7 << 18;
    QTest::newRow("missing member: its object") << text << u"b.x"_s << 3 << 3;
    QTest::newRow("missing deep: what is known") << text << u"b.c[1].x.y"_s << 4 << 5;
    QTest::newRow("unknown") << text << u"zzz"_s << 0 << 0;
    QTest::newRow("whole") << text << QString() << 0 << 0;
    QTest::newRow("BOM") << QByteArray("\xEF\xBB\xBF{\"a\":1}") << u"a"_s << 1 << 3;
}

void tst_configlines::keys()
{
    QFETCH(QByteArray, text);
    QFETCH(QString, path);
    QFETCH(int, line);
    QFETCH(int, column);
    const JsonOutline outline = outlineJson(text);
    QVERIFY2(!outline.problem, qPrintable(outline.problem ? outline.problem->sentence : QString()));
    const auto found = positionOf(outline, path);
    QCOMPARE(found.has_value(), line > 0);
    if (found)
        QCOMPARE(*found, (TextPosition{line, column}));
}

void tst_configlines::problems_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<int>("line");
    QTest::addColumn<int>("column");
    QTest::addColumn<QString>("sentence"); // a part of it
    const auto row = [](const char *name, const QByteArray &text, int line, int column, const QString &sentence) {
        QTest::newRow(name) << text << line << column << sentence;
    };
    row("empty", "", 1, 1, u"file is empty"_s);
    row("blank", " \n\n ", 3, 2, u"file is empty"_s);
    row("trailing comma", "{\n \"a\": 1,\n}", 2, 8, u"comma before }"_s);
    row("trailing comma in list", "{\"a\": [1,\n2,]}", 2, 2, u"comma before ]"_s);
    row("two commas", "{\"a\": 1,,\"b\":2}", 1, 9, u"two commas"_s);
    row("missing comma", "{\"a\": 1\n\"b\": 2}", 2, 1, u"comma or } is missing"_s);
    row("missing colon", "{\"a\" 1}", 1, 6, u"colon is missing behind \"a\""_s);
    row("comment", "{\n// limits\n\"a\": 1}", 2, 1, u"no comments"_s);
    row("block comment", "{\"a\": 1 /* x */}", 1, 9, u"no comments"_s);
    row("hash comment", "# x\n{}", 1, 1, u"no comments"_s);
    row("single quotes", "{'a': 1}", 1, 2, u"double quotes"_s);
    row("single quoted value", "{\"a\": 'b'}", 1, 7, u"double quotes"_s);
    row("bare key", "{a: 1}", 1, 2, u"double quotes: \"a\""_s);
    row("bare value", "{\"a\": none}", 1, 7, u"double quotes: \"none\""_s);
    row("size without quotes", "{\"a\": 512m}", 1, 7, u"as in \"512m\""_s);
    row("True", "{\"a\": True}", 1, 7, u"Write true"_s);
    row("no value", "{\"a\": }", 1, 7, u"value is missing"_s);
    row("leading zero", "{\"a\": 012}", 1, 7, u"not a number"_s);
    row("plus", "{\"a\": +1}", 1, 7, u"not a number"_s);
    row("point", "{\"a\": 1.}", 1, 7, u"not a number"_s);
    row("hex", "{\"a\": 0x10}", 1, 7, u"unit"_s);
    row("duplicate", "{\"a\": 1,\n \"a\": 2}", 2, 2, u"The key a is given twice"_s);
    row("duplicate in an object", "{\"n\": {\"a\": 1,\n \"b\": 2, \"a\": 2}}", 2, 10, u"The key n.a is given twice"_s);
    row("duplicate by escape", "{\"a\": 1,\n \"\\u0061\": 2}", 2, 2, u"The key a is given twice"_s);
    row("open text", "{\"a\": \"b\n}", 1, 9, u"not closed on its line"_s);
    row("open text at the end", "{\"a\": \"b", 1, 7, u"not closed"_s);
    row("cut off", "{\"a\": 1", 1, 8, u"ends where } is expected"_s);
    row("cut off in list", "{\"a\": [1", 1, 9, u"ends where ] is expected"_s);
    row("cut off before value", "{\"a\":", 1, 6, u"ends where a value is expected"_s);
    row("cut off before key", "{", 1, 2, u"ends where a key"_s);
    row("bad escape", "{\"a\": \"C:\\work\"}", 1, 10, u"write \\\\ for a backslash"_s);
    row("bad unicode escape", "{\"a\": \"\\u12g4\"}", 1, 8, u"four hexadecimal"_s);
    row("tab in text", "{\"a\": \"b\tc\"}", 1, 9, u"\\u0009"_s);
    row("bad UTF-8", "{\"a\": \"\xC3(\"}", 1, 7, u"not valid UTF-8"_s);
    row("UTF-16", QByteArray("\xFF\xFE{\0}\0", 6), 1, 1, u"UTF-16"_s);
    row("behind the end", "{}\n{}", 2, 1, u"behind the last brace"_s);
    row("binary",
        QByteArray("\x7F"
                   "ELF\0\1",
                   6),
        1, 1, u"value is expected"_s);
}

void tst_configlines::problems()
{
    QFETCH(QByteArray, text);
    QFETCH(int, line);
    QFETCH(int, column);
    QFETCH(QString, sentence);
    const JsonOutline outline = outlineJson(text);
    QVERIFY(outline.problem);
    QVERIFY2(outline.problem->sentence.contains(sentence), qPrintable(outline.problem->sentence));
    QCOMPARE(outline.problem->position, (TextPosition{line, column}));
}

void tst_configlines::position()
{
    QCOMPARE(positionAt("ab\ncd", 4), (TextPosition{2, 2}));
    QCOMPARE(positionAt("ab\ncd", 100), (TextPosition{2, 3}));
    QCOMPARE(positionAt("ab\ncd", -1), (TextPosition{1, 1}));
    QCOMPARE(positionAt("", 0), (TextPosition{1, 1}));
}

void tst_configlines::deep()
{
    QVERIFY(outlineJson(QByteArray(1 << 20, '[')).problem->sentence.contains(u"levels"));
    QByteArray objects;
    for (int i = 0; i < 100000; ++i)
        objects += "{\"a\":";
    QVERIFY(outlineJson(objects).problem->sentence.contains(u"levels"));
}

void tst_configlines::manyKeys()
{
    QByteArray text = "{";
    for (int i = 0; i < 20000; ++i)
        text += "\"k" + QByteArray::number(i) + "\":1,";
    const JsonOutline outline = outlineJson(text);
    QVERIFY(outline.problem->sentence.contains(u"keys"));
    QCOMPARE(outline.keys.size(), MaxJsonKeys);
}

// Random damage to a text: what the outline accepts Qt accepts, too, and nothing crashes.
void tst_configlines::agreesWithQt()
{
    const QByteArray good = R"({"a": [1, -2.5e3, "x\u00e4\n", true, false, null, {}, []], "b": {"c": "d"}, "e": ""})";
    QVERIFY(!outlineJson(good).problem);
    QRandomGenerator random(7);
    const QByteArray bytes = "{}[]:,\"\\0159.eE+-truefalsn \n\t\x80\xFF\xC3/";
    for (int round = 0; round < 20000; ++round) {
        QByteArray text = good;
        for (int i = random.bounded(1, 4); i > 0; --i) {
            const auto at = random.bounded(int(text.size()));
            if (random.bounded(2))
                text[at] = bytes[random.bounded(int(bytes.size()))];
            else
                text.remove(at, 1);
        }
        const JsonOutline outline = outlineJson(text);
        QJsonParseError error;
        QJsonDocument::fromJson(text, &error);
        if (!outline.problem)
            QVERIFY2(error.error == QJsonParseError::NoError, text.constData());
    }
}

QTEST_GUILESS_MAIN(tst_configlines)
#include "tst_configlines.moc"
