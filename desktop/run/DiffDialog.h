// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>

namespace isol8::desktop {

//! Two texts line by line, or one alone where \a before is null. Deletes itself when it is closed.
class DiffDialog : public QDialog
{
    Q_OBJECT

public:
    DiffDialog(const QString &title, const QString &before, const QString &after, QWidget *parent);
};

} // namespace isol8::desktop
