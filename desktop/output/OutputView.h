// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <desktop/output/AccessibleText.h>
#include <desktop/output/OutputDocument.h>

#include <QAbstractScrollArea>

namespace isol8::desktop {

/*!
    Shows an OutputDocument: only the lines in sight are painted, so it costs the same whatever has been written.
    Follows the end while it is at the end. Text is selected by mouse or by Shift with the arrows, copied, searched. A
    screen reader hears what comes, and reads the newest SpokenChars of it.
*/
class OutputView : public QAbstractScrollArea
{
    Q_OBJECT

public:
    explicit OutputView(QWidget *parent = nullptr);

    [[nodiscard]] const OutputDocument &document() const { return m_document; }
    void append(OutputKind kind, const QByteArray &utf8);
    void note(const QString &sentence);
    void clear();

    [[nodiscard]] QString selectedText() const;
    void copy() const;
    void selectAll();
    //! The next place of \a text from where the last was found; it is selected and shown. False: it is nowhere.
    bool find(const QString &text, bool backwards);

    //! For AccessibleText.
    [[nodiscard]] SpokenText spoken();
    static constexpr qsizetype SpokenChars = 100'000;

    [[nodiscard]] QSize sizeHint() const override { return {480, 200}; }

protected:
    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void changeEvent(QEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mouseDoubleClickEvent(QMouseEvent *event) override;
    void contextMenuEvent(QContextMenuEvent *event) override;

private:
    struct Place
    {
        qint64 line = 0; //!< of the program, dropped ones counted
        qsizetype column = 0;
        friend auto operator<=>(const Place &, const Place &) = default;
    };

    void announce(const QByteArray &utf8);
    void changed();
    void moveCursor(QKeyEvent *event);
    [[nodiscard]] qsizetype firstSpokenLine() const;
    [[nodiscard]] int offsetOf(const Place &place) const;
    [[nodiscard]] Place placeOf(int offset) const;
    void updateMetrics();
    void updateBars();
    void paintLine(QPainter *painter, const OutputLine &line, qint64 number, int y) const;
    [[nodiscard]] Place placeAt(const QPoint &point) const;
    [[nodiscard]] qreal widthOf(const QString &text, qsizetype columns) const;
    [[nodiscard]] bool isAtEnd() const;
    void reveal(const Place &place);

    OutputDocument m_document;
    Place m_anchor;
    Place m_cursor;
    qint64 m_droppedBefore = 0;
    int m_lineHeight = 1;
    qreal m_charWidth = 1;
    bool m_dark = false;
};

} // namespace isol8::desktop
