// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <desktop/run/RichValue.h>

#include <isol8/base/Units.h>

#include <QObject>
#include <QProcess>
#include <QTimer>

#include <deque>

namespace isol8::desktop {

/*!
    Draws what a program shows in a process of its own first: what never ends, takes all memory or breaks a decoder does
    so there. That process is this program with the argument --rehearse, has a second of CPU for a value, and ends when
    nothing was asked of it for a while.
*/
class Rehearsal : public QObject
{
    Q_OBJECT

public:
    static constexpr const char *Argument = "--rehearse";

    explicit Rehearsal(QObject *parent = nullptr);
    ~Rehearsal() override;

    //! Another program than this one, which knows the argument.
    static void setProgram(const QString &path);

    //! Answered by one tried(), in order, from the event loop.
    void ask(const RichValue &value);
    //! What was asked is not answered any more.
    void forget();

Q_SIGNALS:
    //! \a took: of CPU.
    void tried(bool drawable, isol8::milliseconds took);

private:
    void next();
    void read();
    void ended();
    void answer(bool drawable, milliseconds took);
    void drop();

    QProcess *m_process = nullptr;
    std::deque<RichValue> m_asked;
    bool m_isTrying = false; //!< the first of them
    QTimer m_patience;
};

//! What main() does with Rehearsal::Argument; until its input ends. Its exit code.
[[nodiscard]] int rehearse(int argc, char **argv);

} // namespace isol8::desktop
