// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/execution/Run.h>
#include <isol8/execution/RunRequest.h>
#include <isol8/execution/StreamEvent.h>
#include <isol8/http/WebSocket.h>
#include <isol8/remote/EventStream.h>
#include <isol8/remote/Peer.h>
#include <isol8/remote/SocketOpening.h>

#include <QElapsedTimer>

#include <memory>

namespace isol8 {

//! What a RemoteRun is made of.
struct RemoteRunPlan
{
    RunRequest request;
    RunOptions options;
    bool isExplicit = false;
    QStringList limited;                //!< to be put before what the service limits
    std::shared_ptr<remote::Peer> peer; //!< the engine's, which learns what gets through
};

/*!
    A run on a service, over a WebSocket of its own; or by server-sent events, where a service elsewhere is found not to
    be reached by one: without stdin that comes later, signals and terminals.

    Stdin goes out as far as the sandbox takes it: at most StdinWindow bytes are on their way, so that what else this
    says gets through at once. A run is cancelled by a message, so that its result comes back, or by closing the
   connection.
*/
class RemoteRun final : public Run
{
    Q_OBJECT

public:
    //! \a socket: a connection that is open already, or null.
    RemoteRun(RemoteRunPlan plan, std::unique_ptr<http::WebSocket> socket, QObject *parent);
    //! One that fails with \a error.
    RemoteRun(const Error &error, QObject *parent);
    ~RemoteRun() override;

    [[nodiscard]] QString executionId() const override { return m_result.executionId; }
    [[nodiscard]] bool isFinished() const override { return m_state == State::Finished; }
    [[nodiscard]] const RunResult &result() const override { return m_result; }
    void cancel() override;
    void writeStdin(const QByteArray &data) override;
    void closeStdin() override;
    [[nodiscard]] qint64 stdinPending() const override { return m_stdin.size() + m_stdinSent - m_stdinTaken; }
    void sendSignal(int signal) override;
    void resize(int columns, int rows) override;
    void setOutputPaused(bool paused) override;

    [[nodiscard]] static QByteArray path() { return "/execute/ws"; }
    static constexpr qint64 StdinWindow = 256 * KiB;

private:
    enum class State { Opening, Asked, Accepted, Finished };

    void begin();
    void openSocket();
    void socketRefused(const Error &error);
    void openStream();
    [[nodiscard]] bool waitAndRetry(const http::ResponseHead &head, const Error &error);
    void retryIn(milliseconds wait);
    [[nodiscard]] bool isOverQuota(const RunResult &result) const;
    void useSocket(std::unique_ptr<http::WebSocket> socket);
    [[nodiscard]] QByteArray executeMessage() const;
    void onMessageText(const QByteArray &text);
    void onMessageBytes(const QByteArray &message);
    void onEvent(const StreamEvent &event);
    void keep(const StreamEvent &event);
    void onExit(const StreamEvent &event);
    void onClosed(const QString &detail);
    void sendObject(const QJsonObject &object);
    void pumpStdin();
    void fail(Reason reason, const Error &error);
    void finish();
    void dropSocket();

    RemoteRunPlan m_plan;
    std::unique_ptr<SocketOpening> m_opening;
    std::unique_ptr<http::WebSocket> m_socket;
    std::unique_ptr<remote::EventStream> m_stream; //!< instead of it
    int m_attempt = 0;
    State m_state = State::Opening;
    RunResult m_result; //!< with m_stream and collectOutput it holds the output so far
    bool m_cancelled = false;
    bool m_askedToCancel = false;
    bool m_paused = false;
    QByteArray m_stdin; //!< not sent yet
    qint64 m_stdinSent = 0;
    qint64 m_stdinTaken = 0;
    bool m_stdinOpen = true;
    bool m_eofDue = false;
    QElapsedTimer m_sinceStart;
};

} // namespace isol8
