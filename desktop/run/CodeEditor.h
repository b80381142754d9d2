// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QsciScintilla;

namespace isol8::desktop {

//! An editor with line numbers and the highlighting of a runtime's language; follows the palette.
class CodeEditor : public QWidget
{
    Q_OBJECT

public:
    explicit CodeEditor(QWidget *parent = nullptr);

    [[nodiscard]] QString text() const;
    void setText(const QString &text);
    //! "python", "node", "bun", "deno", "bash"; others are plain.
    void setLanguage(const QString &runtime);
    //! The next place behind the cursor; it is selected. False: it is nowhere.
    bool find(const QString &text, bool backwards);
    [[nodiscard]] QString selectedText() const;
    void goToLine(int line);

Q_SIGNALS:
    void edited();
    //! Ctrl-Tab, or with Shift the other way: Tab itself is part of the text.
    void left(bool next);
    void cursorMoved(int line, int column);

protected:
    bool eventFilter(QObject *object, QEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    void applyColours();

    QsciScintilla *m_editor;
    QString m_language;
    bool m_setting = false;
};

} // namespace isol8::desktop
