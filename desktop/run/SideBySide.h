// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <desktop/core/EngineHub.h>
#include <desktop/core/Program.h>

#include <QDialog>

#include <functional>

QT_BEGIN_NAMESPACE
class QCheckBox;
class QLineEdit;
class QPushButton;
QT_END_NAMESPACE

namespace isol8::desktop {

class RunController;

//! One program on several runtimes and images at once, their outputs side by side. Deletes itself when it is closed,
//! which ends what runs.
class SideBySide : public QDialog
{
    Q_OBJECT

public:
    SideBySide(EngineHub *hub, Program program, const QStringList &runtimes, QWidget *parent);

    void start();
    [[nodiscard]] bool isRunning() const;

private:
    void addColumn(const QString &runtime, const QString &image = {});

    EngineHub *m_hub;
    Program m_program;
    QList<QCheckBox *> m_choices;
    QList<RunController *> m_controllers;
    QLineEdit *m_images; //!< names of custom images
    QWidget *m_columns = nullptr;
    QPushButton *m_start;
};

} // namespace isol8::desktop
