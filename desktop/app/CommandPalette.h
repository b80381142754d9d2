// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>

QT_BEGIN_NAMESPACE
class QLineEdit;
class QListWidget;
QT_END_NAMESPACE

namespace isol8::desktop {

//! Every action by a few letters of its name. Deletes itself when it is closed.
class CommandPalette : public QDialog
{
    Q_OBJECT

public:
    CommandPalette(const QList<QAction *> &actions, QWidget *parent);

protected:
    bool eventFilter(QObject *object, QEvent *event) override;

private:
    void filter(const QString &text);
    void choose();

    QList<QAction *> m_actions;
    QLineEdit *m_text;
    QListWidget *m_list;
};

//! Whether the letters of \a typed come in \a name in their order, and how well: the less the better; -1: not.
[[nodiscard]] int matchDistance(const QString &typed, const QString &name);

} // namespace isol8::desktop
