// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

QT_BEGIN_NAMESPACE
class QLabel;
class QLineEdit;
QT_END_NAMESPACE

namespace isol8::desktop {

//! A line to search by. What is searched is the owner's: it answers find() with setFound().
class FindBar : public QWidget
{
    Q_OBJECT

public:
    explicit FindBar(QWidget *parent = nullptr);
    void open(const QString &text);
    void setFound(bool found);

Q_SIGNALS:
    void find(const QString &text, bool backwards);
    void closed();

protected:
    bool event(QEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    void search(bool backwards);

    QLineEdit *m_text;
    QLabel *m_answer;
};

} // namespace isol8::desktop
