// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; guest
#include <isol8/guest/Glob.h>

#include <QElapsedTimer>
#include <QTest>

using namespace isol8::guest;
using namespace Qt::StringLiterals;

class tst_glob : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void name_data();
    void name();
    void nameIsLinearEnough();
    void path_data();
    void path();
    void parse_data();
    void parse();
    void descends();
};

void tst_glob::name_data()
{
    QTest::addColumn<QByteArray>("pattern");
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<bool>("matches");
    const auto row = [](const char *pattern, const char *text, bool matches) {
        QTest::addRow("%s on %s", pattern, text) << QByteArray(pattern) << QByteArray(text) << matches;
    };
    row("a.txt", "a.txt", true);
    row("a.txt", "a_txt", false);
    row("", "", true);
    row("", "a", false);
    row("a", "", false);
    row("*", "anything", true);
    row("*", "", true);
    row("*.txt", "a.txt", true);
    row("*.txt", ".txt", false);
    row("*.txt", "a.txt.gz", false);
    row("a*b*c", "aXbYc", true);
    row("a*b*c", "abc", true);
    row("a*b*c", "acb", false);
    row("*a*", "bab", true);
    row("**", "x", true);
    row("?", "x", true);
    row("?", "", false);
    row("?", "xy", false);
    row("?.txt", "\xc3\xa9.txt", true); // one character of two bytes
    row("??.txt", "\xc3\xa9.txt", false);
    row("?", "\xff", true); // no UTF-8 at all: a byte
    row("??", "\xc3(", true);
    row("[a-c]1", "b1", true);
    row("[a-c]1", "d1", false);
    row("[!a-c]1", "d1", true);
    row("[^a-c]1", "a1", false);
    row("[]]", "]", true);
    row("[]a]", "a", true);
    row("[!]]", "a", true);
    row("[!]]", "]", false);
    row("[a-]", "-", true);
    row("[-a]", "-", true);
    row("[abc", "[abc", true); // never closed: a plain character
    row("[abc", "a", false);
    row("[\xc3\xa0-\xc3\xbf]", "\xc3\xa9", true);
    row("[\\]]", "]", true);
    row("\\*", "*", true);
    row("\\*", "x", false);
    row("\\?a", "?a", true);
    row("a\\", "a\\", true);
    row("*", ".hidden", false);
    row("?hidden", ".hidden", false);
    row("[.]hidden", ".hidden", false);
    row(".*", ".hidden", true);
    row(".h*", ".hidden", true);
    row("\\.h*", ".hidden", true);
}

void tst_glob::name()
{
    QFETCH(QByteArray, pattern);
    QFETCH(QByteArray, text);
    QFETCH(bool, matches);
    QCOMPARE(matchName(pattern.toStdString(), text.toStdString()), matches);
}

// What takes forever with a matcher that backtracks over every star: here the product of both lengths.
void tst_glob::nameIsLinearEnough()
{
    std::string pattern;
    for (int i = 0; i < 100; ++i)
        pattern.append("a*");
    pattern.push_back('b');
    std::string text(250, 'a');
    QVERIFY(!matchName(pattern, text));
    text.push_back('b');
    QVERIFY(matchName(pattern, text));
}

void tst_glob::path_data()
{
    QTest::addColumn<QByteArray>("pattern");
    QTest::addColumn<QByteArrayList>("below"); // components below the pattern's base
    QTest::addColumn<bool>("matches");
    const auto row = [](const char *pattern, const QByteArrayList &below, bool matches) {
        QTest::addRow("%s on %s", pattern, below.join('/').constData()) << QByteArray(pattern) << below << matches;
    };
    row("/sandbox/*.txt", {"a.txt"}, true);
    row("/sandbox/*.txt", {"d", "a.txt"}, false);
    row("/sandbox/*/a.txt", {"d", "a.txt"}, true);
    row("/sandbox/*/a.txt", {"a.txt"}, false);
    row("/sandbox/**/a.txt", {"a.txt"}, true);
    row("/sandbox/**/a.txt", {"d", "a.txt"}, true);
    row("/sandbox/**/a.txt", {"d", "e", "f", "a.txt"}, true);
    row("/sandbox/**/a.txt", {".git", "a.txt"}, false);
    row("/sandbox/**/a.txt", {"d", "b.txt"}, false);
    row("/sandbox/**", {"d"}, true);
    row("/sandbox/**", {"d", "e"}, true);
    row("/sandbox/**", {".d"}, false);
    row("/sandbox/**/**/a", {"a"}, true);
    row("/sandbox/**/x/**/a", {"x", "a"}, true);
    row("/sandbox/**/x/**/a", {"b", "x", "c", "x", "a"}, true);
    row("/sandbox/**/x/**/a", {"b", "a"}, false);
    row("/sandbox/a*/**/*.[ch]", {"abc", "d", "e.c"}, true);
    row("/sandbox/a*/**/*.[ch]", {"bbc", "d", "e.c"}, false);
    row("/sandbox/*/**", {"d"}, true);
    row("/sandbox/.*/x", {".d", "x"}, true);
}

void tst_glob::path()
{
    QFETCH(QByteArray, pattern);
    QFETCH(QByteArrayList, below);
    QFETCH(bool, matches);
    Glob glob;
    QVERIFY(glob.parse(pattern.toStdString()));
    QCOMPARE(glob.base(), std::string("/sandbox"));
    Glob::State state = glob.start();
    for (int i = 0; i < below.size(); ++i) {
        QVERIFY2(!matches || i == 0 || glob.descends(state), "a folder above a match would not be entered");
        state = glob.step(state, below[i].toStdString());
    }
    QCOMPARE(glob.accepts(state), matches);
}

void tst_glob::parse_data()
{
    QTest::addColumn<QByteArray>("pattern");
    QTest::addColumn<QByteArray>("base"); // null: refused
    QTest::addColumn<bool>("plain");
    QTest::newRow("plain") << QByteArray("/sandbox/a") << QByteArray("/sandbox/a") << true;
    QTest::newRow("slashes and dots") << QByteArray("//sandbox/./a//") << QByteArray("/sandbox/a") << true;
    QTest::newRow("climbs before") << QByteArray("/sandbox/../x/*") << QByteArray("/sandbox/../x") << false;
    QTest::newRow("climbs behind") << QByteArray("/sandbox/*/../x") << QByteArray() << false;
    QTest::newRow("root") << QByteArray("/*") << QByteArray("/") << false;
    QTest::newRow("slash") << QByteArray("/") << QByteArray("/") << true;
    QTest::newRow("relative") << QByteArray("a/*") << QByteArray() << false;
    QTest::newRow("empty") << QByteArray("") << QByteArray() << false;
    QTest::newRow("plain behind a wildcard") << QByteArray("/a/*/b") << QByteArray("/a") << false;
    QTest::newRow("63 components") << QByteArray("/*").repeated(63) << QByteArray("/") << false;
    QTest::newRow("64 components") << QByteArray("/*").repeated(64) << QByteArray() << false;
}

void tst_glob::parse()
{
    QFETCH(QByteArray, pattern);
    QFETCH(QByteArray, base);
    QFETCH(bool, plain);
    Glob glob;
    QCOMPARE(glob.parse(pattern.toStdString()), !base.isNull());
    if (base.isNull())
        return;
    QCOMPARE(QByteArray::fromStdString(glob.base()), base);
    QCOMPARE(glob.isPlain(), plain);
}

void tst_glob::descends()
{
    Glob glob;
    QVERIFY(glob.parse("/sandbox/*.txt"));
    QVERIFY(!glob.descends(glob.step(glob.start(), "a.txt")));
    QVERIFY(glob.parse("/sandbox/src/*"));
    QCOMPARE(glob.base(), std::string("/sandbox/src"));
    QVERIFY(glob.parse("/sandbox/*/x"));
    QVERIFY(glob.descends(glob.step(glob.start(), "d")));
    QVERIFY(!glob.descends(glob.step(glob.start(), ".d")));
}

QTEST_APPLESS_MAIN(tst_glob)
#include "tst_glob.moc"
