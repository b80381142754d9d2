// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/execution/Run.h>
#include <isol8/execution/RunHost.h>
#include <isol8/execution/RunRequest.h>
#include <isol8/guest/protocol.h>
#include <isol8/sandbox/Sandbox.h>

#include <QElapsedTimer>
#include <QPointer>
#include <QTimer>

#include <memory>

namespace isol8 {

class Collection;
class Installation;
class Program;
class Session;
class SnapshotRestore;
namespace remotecode {
class CodeLoad;
}

/*!
    A run on the local daemon, as a state machine:

        Planning (fetching the code, where it is a URL) -> Queued -> Opening -> Uploading -> Running (a step after the
   other; Installing before and behind the one that installs packages) -> Collecting -> Finished

    Every state leads to Finished by an error, a cancel or (from Uploading on) the timeout, and Finished is entered
   once.
*/
class LocalRun final : public Run
{
    Q_OBJECT

public:
    LocalRun(RunHost *host, RunRequest request, RunOptions options, QString owner, QObject *parent);
    ~LocalRun() override;

    [[nodiscard]] QString executionId() const override { return m_result.executionId; }
    [[nodiscard]] bool isFinished() const override { return m_state == State::Finished; }
    [[nodiscard]] const RunResult &result() const override { return m_result; }
    void cancel() override;
    //! The same without waiting for what the program has used: its sandbox is given back before this returns.
    void cancelAtOnce();
    void writeStdin(const QByteArray &data) override;
    void closeStdin() override;
    [[nodiscard]] qint64 stdinPending() const override;
    void sendSignal(int signal) override;
    void resize(int columns, int rows) override;
    void setOutputPaused(bool paused) override;

    [[nodiscard]] const QString &owner() const { return m_owner; }
    [[nodiscard]] bool isStarting() const { return m_starting; }
    //! Null while it has none.
    [[nodiscard]] const Sandbox *sandbox() const { return m_sandbox; }
    [[nodiscard]] bool isInSession() const { return !m_session.isNull(); }
    //! The queue's word that it may start.
    void admitted();

private:
    enum class State { Planning, Queued, Opening, Uploading, Installing, Running, Collecting, Finished };
    struct Streams;

    void plan();
    [[nodiscard]] Result<void> findSession();
    [[nodiscard]] bool joinSession();
    void waitInQueue();
    void fetchCode();
    void lookUpImages();
    void takeCompiled();
    void keepCompiled();
    void codeFetched(const Result<QByteArray> &code);
    void obtainSandbox();
    void startSandbox();
    void sandboxReset(bool clean);
    void resetTakesLong(Sandbox *sandbox);
    void setStarting(bool starting);
    void openSandbox(const SandboxIdentity &identity);
    void sandboxClosed(const Error &error);
    void sessionLost(const Error &error);
    void sessionEnding(const Error &error);
    void showValue(const QByteArray &type, const QByteArray &data);
    void leaveOut(const QByteArray &type, const QString &why);
    void takeBackground();
    void endGently();
    void endAtOnce();
    void tellUsage(const guest::UsageMessage &message);
    void watch(Sandbox *sandbox);
    void handedOver();
    void restore();
    void restored(const Error &error);
    void upload();
    void uploaded(const Result<void> &result);
    void startStep();
    void prepareInstallation();
    void nextStep();
    void programOutput(bool isStderr, QByteArrayView data);
    void outputRests();
    void emitOutput(OutputStream stream, const QByteArray &text);
    void programExited(const guest::ExitMessage &message);
    [[nodiscard]] bool flushStreams(const guest::ExitMessage &message);
    void judge(const guest::ExitMessage &message);
    void outOfMemory(const QString &who);
    void tellOfState(const guest::ExitMessage &message);
    void setupEnded(const guest::ExitMessage &message);
    void addUsage(const guest::ExitMessage &message);
    void collect();
    void giveUpCollecting(const QString &why);
    void collected();
    void dropCollection();
    [[nodiscard]] QString lateSentence(QStringView end) const;
    void timedOut();
    void fail(Reason reason, const Error &error);
    void finish();
    void dropSandbox();

    RunHost *m_host;
    RunRequest m_request;
    RunOptions m_options;
    QString m_owner;
    State m_state = State::Planning;
    ImageCatalogue::Images m_images; //!< set where the plan depends on them
    RunPlan m_plan;
    RunResult m_result;
    std::unique_ptr<remotecode::CodeLoad> m_codeLoad;
    QPointer<Session> m_session;  //!< a persistent run's
    bool m_madeRoom = false;      //!< init ended what the session's earlier runs had left, so that this one could start
    bool m_stateGone = false;     //!< the session's interpreter had ended before it, and nobody was told
    bool m_makesSession = false;  //!< its first run: without a sandbox from it, there is none
    Sandbox *m_sandbox = nullptr; //!< the session's, or this run's own
    std::unique_ptr<Program> m_program;
    std::unique_ptr<RunDoor> m_door;            //!< filtered runs, and those that install packages
    std::unique_ptr<SnapshotRestore> m_restore; //!< of the run that makes a session from a snapshot
    std::unique_ptr<Installation> m_installation;
    std::unique_ptr<Streams> m_streams;
    std::unique_ptr<Collection> m_collection;
    QString m_snapshotRuntime; //!< of the one that it begins a session with
    qsizetype m_step = 0;
    qint64 m_uploadBytes = 0;
    qsizetype m_nextUpload = 0; //!< of the plan's directories, then its uploads
    qsizetype m_uploading = 0;  //!< on their way
    bool m_stdinOpen = true;
    bool m_timedOut = false;
    bool m_starting = false; //!< its sandbox is being started
    bool m_wentWell = false; //!< the sandbox did all that it was asked
    bool m_cancelled = false;
    bool m_cancelling = false;  //!< the program's end is awaited
    int m_endingStage = 0;      //!< of a session's program: interrupted, killed, killed with all
    qint64 m_endedCpuMs = 0;    //!< of the steps that have ended
    qint64 m_shown[2] = {0, 0}; //!< bytes of stdout and stderr
    qint64 m_valueBytes = 0;
    qsizetype m_values = 0;
    qsizetype m_valuesLeft = 0; //!< that had no room
    bool m_paused = false;
    QByteArray m_earlyStdin;
    QList<int> m_earlySignals; //!< for the program that has not been started
    QTimer m_deadline;
    QTimer m_grace;
    QElapsedTimer m_sinceQueued;
    QElapsedTimer m_sinceHandOver;
};

} // namespace isol8
