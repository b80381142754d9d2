// SPDX-License-Identifier: GPL-3.0-or-later
#include <service/RunEvents.h>

#include <QTimer>

using Type = isol8::StreamEvent::Type;

namespace isol8::service {

namespace {

// A program that is killed has ended by then, and what it used is known. One that is interrupted, in a session, may
// take longer; whose key does not count any more does not wait for that.
constexpr milliseconds EndPatience{250};

} // namespace

RunEvents::RunEvents(const Runs::Started &started, QSet<StreamEvent::Type> extras, bool collected, QObject *parent)
    : QObject(parent)
    , m_run(started.run)
    , m_limited(started.limited)
    , m_extras(std::move(extras))
    , m_collected(collected)
{
    connect(m_run.get(), &Run::output, this, [this](OutputStream stream, const QByteArray &text, Phase phase) {
        tell({stream == OutputStream::Stdout ? Type::Stdout : Type::Stderr, text, phase, {}, {}, {}});
    });
    connect(m_run.get(), &Run::queued, this, [this](int place) {
        tell({Type::Queued, QByteArray::number(place), Phase::Setup, {}, {}, {}});
    });
    connect(m_run.get(), &Run::progress, this, [this](const QString &sentence) {
        tell({Type::Progress, sentence.toUtf8(), Phase::Setup, {}, {}, {}});
    });
    connect(m_run.get(), &Run::started, this, [this] {
        m_started = true;
        tell({Type::Started, {}, Phase::Code, {}, {}, {}});
    });
    connect(m_run.get(), &Run::usage, this, [this](const ResourceUsage &usage) {
        tell({Type::Usage, {}, m_started ? Phase::Code : Phase::Setup, {}, {}, usage});
    });
    connect(m_run.get(), &Run::networkLogged, this, [this](const QJsonObject &entry) {
        StreamEvent event;
        event.type = Type::Network;
        event.network = entry;
        tell(std::move(event));
    });
    connect(m_run.get(), &Run::displayed, this, [this](const QJsonObject &value) {
        StreamEvent event;
        event.type = Type::Value;
        event.value = value;
        tell(std::move(event));
    });
    connect(m_run.get(), &Run::background, this, [this](OutputStream stream, const QByteArray &text) {
        StreamEvent event;
        event.type = Type::Background;
        event.data = text;
        event.stream = stream;
        tell(std::move(event));
    });
    connect(m_run.get(), &Run::fileOpened, this, [this](const RunFile &file) {
        StreamEvent event;
        event.type = Type::FileOpened;
        event.file = file;
        tell(std::move(event));
    });
    connect(m_run.get(), &Run::fileData, this, [this](const QByteArray &bytes) {
        tell({Type::FileData, bytes, Phase::Code, {}, {}, {}});
    });
    connect(m_run.get(), &Run::fileEnded, this, [this](const QString &problem) {
        tell({Type::FileEnded, problem.toUtf8(), Phase::Code, {}, {}, {}});
    });
    connect(m_run.get(), &Run::finished, this, &RunEvents::onFinished);
    connect(started.runs, &Runs::ended, this, &RunEvents::onEnded);
}

// It may be in the middle of a signal.
RunEvents::~RunEvents()
{
    m_run->disconnect(this);
    if (!m_run->isFinished())
        m_run->cancel();
    m_run.release()->deleteLater();
}

void RunEvents::tell(StreamEvent event)
{
    if (!std::exchange(m_underWay, true))
        Q_EMIT underWay();
    const bool forEveryone = event.type == Type::Stdout || event.type == Type::Stderr || event.type == Type::Error ||
                             event.type == Type::Exit;
    if (forEveryone || m_extras.contains(event.type))
        Q_EMIT this->event(event);
}

void RunEvents::onFinished(const RunResult &result)
{
    if (std::exchange(m_over, true))
        return;
    m_result = result;
    m_result.limited = m_limited + result.limited;
    Q_EMIT finished();
}

// Nothing of the run is told any more but what it has used.
void RunEvents::onEnded(const Run *run, const Error &why)
{
    if (run != m_run.get() || m_ended)
        return;
    m_ended = why;
    m_run->disconnect(this);
    connect(m_run.get(), &Run::finished, this, &RunEvents::tellEnded);
    QTimer::singleShot(EndPatience, this, &RunEvents::tellEnded);
}

void RunEvents::tellEnded()
{
    RunResult result = m_run->result();
    result.reason = Reason::Cancelled;
    result.exitCode = 130;
    result.error = m_ended->message;
    result.errorCode = m_ended->code;
    onFinished(result);
}

void RunEvents::finish()
{
    const Phase phase = m_started ? Phase::Code : Phase::Setup;
    const bool failed = m_result.reason == Reason::SetupFailed || m_result.reason == Reason::Internal ||
                        m_result.reason == Reason::SessionLost || m_ended.has_value();
    if (failed)
        tell({Type::Error, m_result.error.toUtf8(), phase, m_result.errorCode, {}, {}});
    StreamEvent exit{Type::Exit, QByteArray::number(m_result.exitCode), phase, {}, {}, {}};
    exit.resultText = m_result.toJsonText(m_collected);
    tell(std::move(exit));
}

} // namespace isol8::service
