// SPDX-License-Identifier: GPL-3.0-or-later
// QScintilla's headers use Qt's short keywords; so this file is compiled by itself.
#undef QT_NO_KEYWORDS
#include <Qsci/qscilexerbash.h>
#include <Qsci/qscilexerjavascript.h>
#include <Qsci/qscilexerpython.h>
#include <Qsci/qsciscintilla.h>

#include <desktop/output/TerminalColours.h>
#include <desktop/run/CodeEditor.h>

#include <QEvent>
#include <QFontDatabase>
#include <QKeyEvent>
#include <QShortcut>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace isol8::desktop {

namespace {

QsciLexer *lexerFor(const QString &runtime, QObject *parent)
{
    if (runtime == "python"_L1)
        return new QsciLexerPython(parent);
    if (runtime == "node"_L1 || runtime == "bun"_L1 || runtime == "deno"_L1)
        return new QsciLexerJavaScript(parent);
    if (runtime == "bash"_L1)
        return new QsciLexerBash(parent);
    return nullptr;
}

// What a style means, by the name that the lexer has for it; so one table serves all languages.
QColor colourFor(const QString &description, const QColor &plain, bool dark)
{
    const auto has = [&](QLatin1String word) { return description.contains(word, Qt::CaseInsensitive); };
    if (has("comment"_L1))
        return dark ? QColor(0x8a, 0x93, 0x9e) : QColor(0x6a, 0x73, 0x7d);
    if (has("keyword"_L1))
        return dark ? QColor(0xf2, 0x8b, 0x82) : QColor(0xb3, 0x26, 0x1e);
    if (has("string"_L1) || has("quote"_L1) || has("here document"_L1) || has("regular"_L1))
        return dark ? QColor(0x81, 0xc9, 0x95) : QColor(0x1b, 0x6e, 0x33);
    if (has("number"_L1) || has("scalar"_L1))
        return dark ? QColor(0xfd, 0xd6, 0x63) : QColor(0x8a, 0x5a, 0x00);
    if (has("class name"_L1) || has("function"_L1) || has("method"_L1) || has("decorator"_L1))
        return dark ? QColor(0x8a, 0xb4, 0xf8) : QColor(0x1a, 0x56, 0xb8);
    return plain;
}

} // namespace

CodeEditor::CodeEditor(QWidget *parent)
    : QWidget(parent)
    , m_editor(new QsciScintilla(this))
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->addWidget(m_editor);
    setFocusProxy(m_editor);
    m_editor->installEventFilter(this);
    m_editor->setObjectName(u"editor"_s);
    m_editor->setAccessibleName(tr("Program"));
    m_editor->setAccessibleDescription(tr("The program to run. Tab is part of the text; Ctrl-Tab leaves the editor."));
    m_editor->setUtf8(true);
    m_editor->setEolMode(QsciScintilla::EolUnix);
    m_editor->setIndentationsUseTabs(false);
    m_editor->setTabWidth(4);
    m_editor->setAutoIndent(true);
    m_editor->setBraceMatching(QsciScintilla::SloppyBraceMatch);
    m_editor->setMarginType(0, QsciScintilla::NumberMargin);
    m_editor->setMarginWidth(0, u"00000"_s);
    m_editor->setMarginWidth(1, 0);
    m_editor->SendScintilla(QsciScintilla::SCI_SETMARGINLEFT, 0UL, 6L);
    m_editor->setScrollWidth(1);
    m_editor->setScrollWidthTracking(true);
    // Keys that are the window's.
    m_editor->SendScintilla(QsciScintilla::SCI_CLEARCMDKEY,
                            QsciScintilla::SCK_RETURN + (QsciScintilla::SCMOD_CTRL << 16));
    m_editor->SendScintilla(QsciScintilla::SCI_CLEARCMDKEY, QsciScintilla::SCK_ESCAPE);
    m_editor->SendScintilla(QsciScintilla::SCI_CLEARCMDKEY, int('D') + (QsciScintilla::SCMOD_CTRL << 16));
    m_editor->SendScintilla(QsciScintilla::SCI_CLEARCMDKEY, int('L') + (QsciScintilla::SCMOD_CTRL << 16));
    const auto leave = [this](QKeyCombination key, bool next) {
        auto *shortcut = new QShortcut(QKeySequence(key), this, nullptr, nullptr, Qt::WidgetWithChildrenShortcut);
        connect(shortcut, &QShortcut::activated, this, [this, next] { Q_EMIT left(next); });
    };
    leave(Qt::CTRL | Qt::Key_Tab, true);
    leave(Qt::CTRL | Qt::SHIFT | Qt::Key_Tab, false);
    leave(Qt::CTRL | Qt::SHIFT | Qt::Key_Backtab, false);
    connect(m_editor, &QsciScintilla::textChanged, this, [this] {
        if (!m_setting)
            Q_EMIT edited();
    });
    connect(m_editor, &QsciScintilla::cursorPositionChanged, this,
            [this](int line, int index) { Q_EMIT cursorMoved(line + 1, index + 1); });
    applyColours();
}

QString CodeEditor::text() const
{
    return m_editor->text();
}

void CodeEditor::setText(const QString &text)
{
    m_setting = true;
    m_editor->setText(text);
    m_editor->SendScintilla(QsciScintilla::SCI_EMPTYUNDOBUFFER);
    m_setting = false;
}

void CodeEditor::setLanguage(const QString &runtime)
{
    if (runtime == m_language)
        return;
    m_language = runtime;
    QsciLexer *before = m_editor->lexer();
    m_editor->setLexer(lexerFor(runtime, m_editor));
    delete before;
    applyColours();
}

void CodeEditor::applyColours()
{
    const QPalette colours = palette();
    const bool dark = isDark(colours);
    const QColor paper = colours.color(QPalette::Base);
    const QColor ink = colours.color(QPalette::Text);
    const QFont font = QFontDatabase::systemFont(QFontDatabase::FixedFont);
    m_editor->setFont(font);
    m_editor->setColor(ink);
    m_editor->setPaper(paper);
    if (QsciLexer *lexer = m_editor->lexer()) {
        lexer->setDefaultFont(font);
        lexer->setFont(font);
        lexer->setDefaultPaper(paper);
        lexer->setPaper(paper);
        lexer->setDefaultColor(ink);
        for (int style = 0; style < 128; ++style) {
            const QString description = lexer->description(style);
            if (!description.isEmpty())
                lexer->setColor(colourFor(description, ink, dark), style);
        }
    }
    m_editor->setCaretForegroundColor(ink);
    m_editor->setCaretLineVisible(true);
    m_editor->setCaretLineBackgroundColor(dark ? paper.lighter(125) : paper.darker(104));
    m_editor->setSelectionBackgroundColor(colours.color(QPalette::Highlight));
    m_editor->setSelectionForegroundColor(colours.color(QPalette::HighlightedText));
    m_editor->setMarginsFont(font);
    m_editor->setMarginsBackgroundColor(colours.color(QPalette::AlternateBase));
    m_editor->setMarginsForegroundColor(dark ? QColor(0x9a, 0xa0, 0xa6) : QColor(0x5f, 0x63, 0x68));
    m_editor->setMatchedBraceBackgroundColor(dark ? QColor(0x3c, 0x50, 0x6e) : QColor(0xcf, 0xe2, 0xff));
    m_editor->setMatchedBraceForegroundColor(ink);
    m_editor->setUnmatchedBraceForegroundColor(errorColour(dark));
    m_editor->setUnmatchedBraceBackgroundColor(paper);
}

bool CodeEditor::find(const QString &text, bool backwards)
{
    if (text.isEmpty())
        return false;
    int line = 0;
    int index = 0;
    m_editor->getCursorPosition(&line, &index);
    if (backwards && m_editor->hasSelectedText()) {
        int endLine = 0;
        int endIndex = 0;
        m_editor->getSelection(&line, &index, &endLine, &endIndex);
    }
    return m_editor->findFirst(text, false, false, false, true, !backwards, line, index);
}

QString CodeEditor::selectedText() const
{
    return m_editor->selectedText();
}

void CodeEditor::goToLine(int line)
{
    m_editor->setCursorPosition(line - 1, 0);
    m_editor->ensureLineVisible(line - 1);
}

// Keys of the window that the editor claims and does nothing with.
bool CodeEditor::eventFilter(QObject *object, QEvent *event)
{
    if (event->type() == QEvent::ShortcutOverride) {
        const QKeyCombination key = static_cast<QKeyEvent *>(event)->keyCombination();
        if (key == QKeyCombination(Qt::Key_Escape) || key == (Qt::CTRL | Qt::Key_L)) {
            event->ignore();
            return true;
        }
    }
    return QWidget::eventFilter(object, event);
}

void CodeEditor::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        applyColours();
}

} // namespace isol8::desktop
