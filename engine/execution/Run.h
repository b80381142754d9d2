// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/execution/RunResult.h>

#include <QFuture>
#include <QObject>
#include <QPromise>

#include <memory>
#include <vector>

namespace isol8 {

/*!
    One execution under way. It ends by exactly one finished(), never from inside the call that made it.

    Ownership: the engine is its parent; it may be deleted by anyone at any time, which cancels it without finished().
    After finished() it stays until deleted; deleteLater() in a slot of finished() is the usual way.
    Thread: the engine's.
*/
class Run : public QObject
{
    Q_OBJECT

public:
    using QObject::QObject;

    [[nodiscard]] virtual QString executionId() const = 0;
    [[nodiscard]] virtual bool isFinished() const = 0;
    //! Valid after finished().
    [[nodiscard]] virtual const RunResult &result() const = 0;

    //! Kills the program and its sandbox; finished() follows with reason cancelled, unless it has ended meanwhile.
    virtual void cancel() = 0;
    //! Bytes for the program's stdin, where the request asked for interactiveStdin. Sent with back-pressure, kept until
    //! then.
    virtual void writeStdin(const QByteArray &data) = 0;
    virtual void closeStdin() = 0;
    //! Bytes of stdin that the program's sandbox has not taken yet.
    [[nodiscard]] virtual qint64 stdinPending() const = 0;
    //! SIGINT, SIGTERM, … (guest/RunSignals.h; others are passed over) to the program's process group, once there is
    //! one.
    virtual void sendSignal(int signal) = 0;
    virtual void resize(int columns, int rows) = 0;
    //! While paused the program's output waits at its source and memory stays flat.
    virtual void setOutputPaused(bool paused) = 0;

    //! The result as a future; several may be asked for. A deleted run cancels them.
    [[nodiscard]] QFuture<RunResult> future();

Q_SIGNALS:
    //! Place in the queue, from 1; sent again as it changes.
    void queued(int place);
    //! The program's execve succeeded.
    void started();
    //! Masked, truncated, whole UTF-8 characters; of a terminal whose output is not collected the bytes as they are,
    //! masked. Never empty.
    void output(isol8::OutputStream stream, const QByteArray &text, isol8::Phase phase);
    //! What is going on before the program runs: "Installing numpy".
    void progress(const QString &sentence);
    void usage(const isol8::ResourceUsage &usage);
    //! A value that a session's program showed: an entry as in RunResult::results, in order with the output.
    void displayed(const QJsonObject &value);
    //! What a session's processes wrote between the run before and this one; before started().
    void background(isol8::OutputStream stream, const QByteArray &text);
    //! A filtered run's request or tunnel has ended, or was refused: an entry as in RunResult::networkLogs.
    void networkLogged(const QJsonObject &entry);
    void stdinTaken();
    //! With RunOptions::streamFiles, behind the program's end: an output file, one after the other. Its bytes follow by
    //! fileData(), then fileEnded(). setOutputPaused() holds them back, too; a consumer that takes less than 1 MiB in
    //! ten minutes gets no more of them.
    void fileOpened(const isol8::RunFile &file);
    void fileData(const QByteArray &bytes);
    //! \a problem: why it is not whole, a sentence; empty: it is.
    void fileEnded(const QString &problem);
    void finished(const isol8::RunResult &result);

protected:
    //! Fulfils the futures and emits finished(); the last thing that a run does. It may be deleted in it.
    void tellFinished();

private:
    std::vector<std::shared_ptr<QPromise<RunResult>>> m_promises;
};

} // namespace isol8
