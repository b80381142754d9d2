// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <desktop/core/Program.h>

#include <QHash>
#include <QWidget>

QT_BEGIN_NAMESPACE
class QCheckBox;
class QComboBox;
class QFormLayout;
class QLabel;
class QLineEdit;
class QPlainTextEdit;
QT_END_NAMESPACE

namespace isol8::desktop {

//! How a program is to be run: everything of RunRequest and RunOptions that is no code. Empty fields leave it to the
//! configuration.
class OptionsPanel : public QWidget
{
    Q_OBJECT

public:
    explicit OptionsPanel(QWidget *parent = nullptr);

    void show(const Program &program);
    //! What the fields say, into \a program. bad_value names the first field that cannot be read.
    [[nodiscard]] Result<void> apply(Program *program) const;
    //! The session has begun with its snapshot; its next run does not again.
    void clearSnapshot();
    //! Files of this machine that are given to the program, into /sandbox.
    void addFiles(const QStringList &paths);

Q_SIGNALS:
    void edited();
    //! A file could not be given.
    void failed(const QString &sentence);

private:
    QLineEdit *line(QFormLayout *form, const QString &label, const QString &hint, const QString &meaning);
    QPlainTextEdit *lines(QFormLayout *form, const QString &label, const QString &hint, const QString &meaning);
    QCheckBox *check(QFormLayout *form, const QString &label, const QString &meaning);
    void showFiles();
    void showHosts();

    QFormLayout *m_form;
    QComboBox *m_network;
    QPlainTextEdit *m_allow;
    QPlainTextEdit *m_deny;
    QLineEdit *m_timeout;
    QLineEdit *m_memory;
    QLineEdit *m_cpu;
    QLineEdit *m_pids;
    QLineEdit *m_output;
    QLineEdit *m_space;
    QLineEdit *m_packages;
    QLineEdit *m_arguments;
    QLineEdit *m_image;
    QLineEdit *m_session;
    QLineEdit *m_snapshot;
    QPlainTextEdit *m_environment;
    QPlainTextEdit *m_secrets;
    QPlainTextEdit *m_setup;
    QPlainTextEdit *m_stdin;
    QCheckBox *m_interactive;
    QCheckBox *m_terminal;
    QLabel *m_files;
    QList<InputFile> m_given;
    Program m_shown;
    QHash<const QWidget *, QString> m_shownTexts; //!< of fields that do not tell all of what they were given
    bool m_showing = false;
};

} // namespace isol8::desktop
