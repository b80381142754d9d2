// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Callback.h>
#include <isol8/base/Units.h>
#include <isol8/output/OutputFilter.h>
#include <isol8/sandbox/Program.h>
#include <isol8/sandbox/Sandbox.h>
#include <isol8/session/SessionInfo.h>

#include <QObject>
#include <QPointer>
#include <QQueue>
#include <QTimer>

#include <functional>
#include <memory>

namespace isol8 {

/*!
    A sandbox that is kept between runs, under a name. Its runs come one after the other, in the order of enter().

    It owns its sandbox. Between runs it collects what the sandbox's processes write, stops them after \a pauseAfter,
    and says expired() after \a maxAge without a run. When the sandbox is lost it says lost(); neither ends it: its
   owner does, by deleting it. A sandbox that is there then is handed to nobody: take it before, by release().
*/
class Session : public QObject
{
    Q_OBJECT

public:
    struct Times
    {
        milliseconds pauseAfter{0}; //!< 0: never
        milliseconds maxAge{0};     //!< 0: never
    };
    //! What was written between two runs, masked and cut.
    struct Background
    {
        QByteArray stdoutText;
        QByteArray stderrText;
    };

    Session(QString id, QString runtime, Times times, QObject *parent);
    ~Session() override;

    [[nodiscard]] const QString &id() const { return m_id; }
    [[nodiscard]] const QString &runtime() const { return m_runtime; }
    [[nodiscard]] SessionInfo info() const;

    //! \a granted is called, from the event loop, when it is \a who's turn; a \a who that is deleted loses its place.
    void enter(QObject *who, std::function<void()> granted);
    //! \a who has done, or will not wait any longer.
    void leave(QObject *who);
    //! As leave(), but \a program still runs: it is interrupted, then killed, and only then the next one's turn comes.
    void leave(QObject *who, std::unique_ptr<Program> program);

    //! Null before the first run's has started.
    [[nodiscard]] Sandbox *sandbox() const { return m_sandbox; }
    //! Takes a sandbox that is ready over.
    void adopt(Sandbox *sandbox);
    //! Gives it away, or null.
    [[nodiscard]] Sandbox *release();
    [[nodiscard]] bool isLost() const { return m_lost; }

    //! Has the processes stopped, or go on; \a done when that is so. A session with a run under way is not paused:
    //! session_busy. Its next run wakes it.
    void pause(Callback<void> done);
    void wake(Callback<void> done);

    //! What belongs to the sandbox, and not to each run, has been done in it: its image's setup script.
    [[nodiscard]] bool isSetUp() const { return m_setUp; }
    void setUp() { m_setUp = true; }

    //! Whether its runs count on names of an earlier one in the interpreter: none of them was told of its end.
    [[nodiscard]] bool hasState() const { return m_hasState; }
    void setHasState(bool has) { m_hasState = has; }

    //! Says ending() to its runs, before it is deleted.
    void tellEnding(const Error &error);

    //! Somebody uses its files: it is not idle.
    void touch();

    //! Adds to what is hidden in what its processes write: whatever one run was told stays in its interpreter.
    void addSecrets(const QList<QByteArray> &secrets);
    [[nodiscard]] const QList<QByteArray> &secrets() const { return m_secrets; }
    //! What was written since the run before ended.
    [[nodiscard]] Background takeBackground();

Q_SIGNALS:
    void lost(const isol8::Error &error);
    void expired();
    //! It is about to be deleted, its sandbox is gone or given away.
    void ending(const isol8::Error &error);

private:
    struct Place
    {
        QPointer<QObject> who;
        std::function<void()> granted;
    };

    void next();
    void settle();
    void idle();
    void change(bool pausing, Callback<void> done);
    void changed(const Result<void> &result);
    void collect(bool isStderr, QByteArrayView data);

    QString m_id;
    QString m_runtime;
    Times m_times;
    QDateTime m_created;
    QDateTime m_used;
    QPointer<Sandbox> m_sandbox;
    QQueue<Place> m_waiting;
    QPointer<QObject> m_current;
    bool m_taken = false;
    bool m_scheduled = false;
    bool m_lost = false;
    bool m_setUp = false;
    bool m_hasState = false;
    bool m_paused = false;
    std::optional<Callback<void>> m_changing; //!< its processes are being stopped, or let go on: whoever asked for that
    QList<std::function<void()>> m_changes;   //!< what was asked for meanwhile
    std::unique_ptr<Program> m_ending;
    int m_endingStage = 0;
    QTimer m_endingTimer;
    QTimer m_pauseTimer;
    QTimer m_ageTimer;
    QList<QByteArray> m_secrets;
    std::unique_ptr<OutputFilter> m_out;
    std::unique_ptr<OutputFilter> m_err;
    Background m_background;
};

//! Whether \a id may name a session: 1 to 64 of A-Z a-z 0-9 . _ -, not beginning with a dot.
[[nodiscard]] bool isSessionId(QStringView id);

} // namespace isol8
