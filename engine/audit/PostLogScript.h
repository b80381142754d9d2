// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Units.h>

#include <QObject>
#include <QProcess>
#include <QTimer>

namespace isol8::audit {

/*!
    The operator's program that is started behind each record, with the file's path as its only argument. Never more
    than one: what is written while it runs is told by one more start. It gets PATH, HOME and LANG, no other variable,
    no descriptor of ours, / as its folder and /dev/null as stdin, stdout and stderr; it is killed, with what it has
    started, when it takes too long.

    One that still runs when this is deleted goes on by itself, under an alarm of the same length.
*/
class PostLogScript : public QObject
{
    Q_OBJECT

public:
    explicit PostLogScript(QString program, QObject *parent = nullptr, milliseconds patience = milliseconds(60000));
    ~PostLogScript() override;

    //! Returns at once.
    void run(const QString &file);
    [[nodiscard]] qint64 failures() const { return m_failures; }

private:
    void start();
    void ended(bool good, const QString &why);

    QString m_program;
    milliseconds m_patience;
    QProcess *m_process = nullptr;
    QString m_file;
    bool m_again = false;
    bool m_told = false; //!< of a failure
    qint64 m_failures = 0;
    QTimer m_deadline;
};

} // namespace isol8::audit
