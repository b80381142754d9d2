// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; cli
#include <cli/ScreenModes.h>
#include <cli/Terminal.h>

#include <QTest>

using namespace isol8::cli;
using namespace Qt::StringLiterals;

class tst_screenmodes : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void undo_data();
    void undo();
    void variables();
};

void tst_screenmodes::undo_data()
{
    QTest::addColumn<QByteArray>("shown");
    QTest::addColumn<QByteArray>("undone");
    const auto row = [](const char *name, const char *shown, const char *undone) {
        QTest::newRow(name) << QByteArray(shown) << QByteArray(undone);
    };
    row("text", "hello\r\nw\xc3\xb6rld", "");
    row("colour left", "a \x1b[1;31mred", "\x1b[0m");
    row("colour ended", "a \x1b[31mred\x1b[m", "");
    row("colour ended by 0", "\x1b[31mred\x1b[0m", "");
    row("not a colour", "\x1b[?4m", "");
    row("other keys", "\x1b[>4;2m", "\x1b[>4m");
    row("other keys, ended", "\x1b[>4;2m\x1b[>4;m", "");
    row("vim, killed", "\x1b[?1049h\x1b[22;0;0t\x1b[?1h\x1b=\x1b[?2004h\x1b[1;24r\x1b[?12h\x1b[?12l\x1b[27m\x1b[0m",
        "\x1b[?1l\x1b[?1049l\x1b[?2004l\x1b>");
    row("vim, ended", "\x1b[?1049h\x1b[?1h\x1b=\x1b[?2004htext\x1b[?2004l\x1b[?1l\x1b>\x1b[?1049l", "");
    row("hidden cursor", "\x1b[?25l", "\x1b[?25h");
    row("cursor again", "\x1b[?25l\x1b[?25h", "");
    row("mouse", "\x1b[?1000;1006h", "\x1b[?1000l\x1b[?1006l");
    row("unknown modes", "\x1b[?99999999999999h\x1b[?77h\x1b[4h", "");
    row("line drawing", "\x1b(0lqqk", "\x1b(B");
    row("ASCII again", "\x1b(0lqqk\x1b(B", "");
    row("full reset",
        "\x1b[?1049h\x1b[31m\x1b(0\x1b=\x1b"
        "c",
        "");
    row("a title broken off", "\x1b]0;\x1b[31m title [?25l\a", "\x1b[0m");
    row("in a title", "\x1b]0;title", "\x1b\\");
    row("in a sequence", "x\x1b[?10", "\x18");
    row("a sequence given up", "\x1b[?25\x18l", "");
    row("a long sequence", "\x1b[?25;25;25;25;25;25;25;25;25;25;25;25;25;25;25;25;25;25;25;25;25;25;25;25;25l",
        "\x1b[?25h");
}

void tst_screenmodes::undo()
{
    QFETCH(QByteArray, shown);
    QFETCH(QByteArray, undone);
    ScreenModes whole;
    whole.follow(shown);
    QCOMPARE(whole.undo(), undone);
    ScreenModes pieces;
    for (const char c : shown)
        pieces.follow(QByteArray(1, c));
    QCOMPARE(pieces.undo(), undone);
    whole.follow(undone);
    QCOMPARE(whole.undo(), QByteArray());
}

// What a hostile or odd environment of ours says does not go inside.
void tst_screenmodes::variables()
{
    QProcessEnvironment environment;
    QVERIFY(terminalVariables(environment).isEmpty());
    environment.insert(u"TERM"_s, u"tmux-256color"_s);
    environment.insert(u"COLORTERM"_s, u"truecolor"_s);
    environment.insert(u"NO_COLOR"_s, u"yes"_s);
    environment.insert(u"TERM_PROGRAM"_s, u"x"_s);
    const QMap<QString, QString> expected{
        {u"TERM"_s, u"tmux-256color"_s}, {u"COLORTERM"_s, u"truecolor"_s}, {u"NO_COLOR"_s, u"1"_s}};
    QCOMPARE(terminalVariables(environment), expected);
    environment.insert(u"TERM"_s, u"xterm-kitty"_s);
    environment.insert(u"COLORTERM"_s, u"../../x"_s);
    QCOMPARE(terminalVariables(environment), (QMap<QString, QString>{{u"NO_COLOR"_s, u"1"_s}}));
}

QTEST_GUILESS_MAIN(tst_screenmodes)
#include "tst_screenmodes.moc"
