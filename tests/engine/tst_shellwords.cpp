// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; base
#include <isol8/base/ShellWords.h>

#include <QTest>

using namespace isol8;
using namespace Qt::StringLiterals;

class tst_shellwords : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void split_data();
    void split();
    void unended_data();
    void unended();
};

void tst_shellwords::split_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QStringList>("words");
    const auto row = [](const char *name, const QString &text, const QStringList &words) {
        QTest::newRow(name) << text << words;
    };
    row("empty", {}, {});
    row("blank", u" \t\n"_s, {});
    row("words", u" --model  x\t-v\n"_s, {u"--model"_s, u"x"_s, u"-v"_s});
    row("single quotes", u"'a b' 'c\\d\"$x'"_s, {u"a b"_s, u"c\\d\"$x"_s});
    row("double quotes", u"\"a 'b'\" \"\\\"\\\\\\$\\`\\n\""_s, {u"a 'b'"_s, u"\"\\$`\\n"_s});
    row("joined", u"a'b c'\"d e\"\\ f"_s, {u"ab cd e f"_s});
    row("empty words", u"'' a \"\""_s, {QString(u""_s), u"a"_s, QString(u""_s)});
    row("escaped", u"\\'a \\\\ \\-"_s, {u"'a"_s, u"\\"_s, u"-"_s});
    row("a line that goes on", u"a\\\nb \"c\\\nd\" \\\n e"_s, {u"ab"_s, u"cd"_s, u"e"_s});
    row("nothing else has a meaning", u"$HOME *.c ~ #x ; | & `ls` $(ls) {a,b}"_s,
        {u"$HOME"_s, u"*.c"_s, u"~"_s, u"#x"_s, u";"_s, u"|"_s, u"&"_s, u"`ls`"_s, u"$(ls)"_s, u"{a,b}"_s});
    row("other characters", u"\u00e4\u00a0\u20ac 😀"_s, {u"\u00e4\u00a0\u20ac"_s, u"😀"_s});
}

void tst_shellwords::split()
{
    QFETCH(QString, text);
    QFETCH(QStringList, words);
    const auto result = splitShellWords(text);
    QVERIFY2(result, qPrintable(result ? QString() : result.error().message));
    QCOMPARE(*result, words);
    QCOMPARE(splitShellWords(quoteShellWords(words)).value(), words);
}

void tst_shellwords::unended_data()
{
    QTest::addColumn<QString>("text");
    for (const QString &text : {u"'a"_s, u"a \"b'"_s, u"'"_s, u"\"a\\\""_s, u"a\\"_s, u"\"\\"_s})
        QTest::newRow(qPrintable(text)) << text;
}

void tst_shellwords::unended()
{
    QFETCH(QString, text);
    const auto result = splitShellWords(text);
    QVERIFY(!result);
    QCOMPARE(result.error().code, errors::BadValue);
}

QTEST_GUILESS_MAIN(tst_shellwords)
#include "tst_shellwords.moc"
