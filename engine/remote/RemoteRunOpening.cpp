// SPDX-License-Identifier: GPL-3.0-or-later
// How a run comes to its service: by a WebSocket, by server-sent events where none gets through, at a later attempt.
#include <isol8/remote/RemoteRun.h>

#include <isol8/remote/ServiceEndpoint.h>

#include <QTimer>

#include <utility>

using namespace Qt::StringLiterals;

namespace isol8 {

void RemoteRun::openSocket()
{
    m_opening = std::make_unique<SocketOpening>(*m_plan.peer, path());
    connect(m_opening.get(), &SocketOpening::opened, this, [this] {
        useSocket(m_opening->takeSocket());
        m_opening.release()->deleteLater();
        begin();
    });
    connect(m_opening.get(), &SocketOpening::failed, this, &RemoteRun::socketRefused);
}

void RemoteRun::socketRefused(const Error &error)
{
    const http::ResponseHead head = m_opening->head();
    const bool upgradeAlone = m_opening->isUpgradeRefused() && m_plan.peer->isElsewhere();
    m_opening.release()->deleteLater();
    if (upgradeAlone)
        openStream();
    else if (!waitAndRetry(head, error))
        fail(Reason::Internal, error);
}

// What a service refused so has not begun.
bool RemoteRun::waitAndRetry(const http::ResponseHead &head, const Error &error)
{
    const auto wait = remote::retryAfter(head, error, m_attempt, true);
    if (!wait)
        return false;
    retryIn(*wait);
    return true;
}

void RemoteRun::retryIn(milliseconds wait)
{
    ++m_attempt;
    m_state = State::Opening;
    QTimer::singleShot(wait, this, &RemoteRun::begin);
    Q_EMIT progress(u"The service takes no more now; the next attempt is in %1 s"_s.arg((wait.count() + 999) / 1000));
}

// Over a WebSocket a service does not say how long to wait.
bool RemoteRun::isOverQuota(const RunResult &result) const
{
    return m_state == State::Asked && m_plan.peer->isElsewhere() && result.errorCode == remote::errors::TooMany &&
           m_stdinSent == 0 && !m_plan.request.interactiveStdin && m_attempt < remote::MostRetries;
}

void RemoteRun::openStream()
{
    if (m_stdinOpen || m_plan.options.pty || !QUtf8StringView(m_stdin.constData(), m_stdin.size()).isValidUtf8()) {
        fail(
            Reason::Internal,
            {remote::errors::NeedsSocket.toString(),
             u"No WebSocket gets through to %1, which a terminal and stdin that is typed, or is no text, need; let the "
             u"proxy before it pass Upgrade on, or give stdin as text beforehand."_s.arg(m_plan.peer->name),
             {}});
        return;
    }
    m_plan.request.stdinData = std::exchange(m_stdin, {});
    m_eofDue = false;
    m_stream = std::make_unique<remote::EventStream>(*m_plan.peer, "/execute/stream", executeMessage());
    m_stdin = std::exchange(m_plan.request.stdinData, {}); // for another attempt
    m_stream->setPaused(m_paused);
    connect(m_stream.get(), &remote::EventStream::opened, this, [this] {
        m_plan.peer->withoutSockets = true;
        m_state = State::Accepted;
        m_stdin.clear();
    });
    connect(m_stream.get(), &remote::EventStream::event, this, &RemoteRun::onMessageText);
    connect(m_stream.get(), &remote::EventStream::closed, this, &RemoteRun::onClosed);
    connect(m_stream.get(), &remote::EventStream::refused, this,
            [this](const Error &error, const http::ResponseHead &head) {
                m_stream.release()->deleteLater();
                if (!waitAndRetry(head, error))
                    fail(Reason::Internal, error);
            });
}

// By server-sent events the result comes without its output.
void RemoteRun::keep(const StreamEvent &event)
{
    using Type = StreamEvent::Type;
    const bool isSetup = event.phase == Phase::Setup;
    if (event.type == Type::Stdout)
        m_result.stdoutText += event.data;
    else if (event.type == Type::Stderr)
        m_result.stderrText += event.data;
    else if (event.type == Type::Value)
        m_result.results.append(event.value);
    else if (event.type == Type::Background)
        (event.stream == OutputStream::Stdout ? m_result.backgroundStdout : m_result.backgroundStderr) += event.data;
    else if (event.type == Type::Started || (event.type == Type::Progress && isSetup)) {
        m_result.stdoutText.clear(); // of a step of the setup, which ended well
        m_result.stderrText.clear();
    }
}

} // namespace isol8
