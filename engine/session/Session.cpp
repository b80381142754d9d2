// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/session/Session.h>

#include <QLoggingCategory>
#include <QRegularExpression>

#include <csignal>

using namespace Qt::StringLiterals;

namespace isol8 {

namespace {

Q_LOGGING_CATEGORY(sessionLog, "isol8.session", QtWarningMsg)

constexpr qint64 BackgroundLimit = 64 * 1024; // of each stream, between two runs

void later(QObject *context, const Callback<void> &done, const Result<void> &result)
{
    QTimer::singleShot(0, context, [done, result] { done(result); });
}

// How long an interrupted program has to end by itself, and how long its death may take.
constexpr milliseconds InterruptPatience{1000};
constexpr milliseconds KillPatience{1500};

} // namespace

bool isSessionId(QStringView id)
{
    static const QRegularExpression rule(u"\\A[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}\\z"_s);
    return rule.match(id).hasMatch();
}

Session::Session(QString id, QString runtime, Times times, QObject *parent)
    : QObject(parent)
    , m_id(std::move(id))
    , m_runtime(std::move(runtime))
    , m_times(times)
    , m_created(QDateTime::currentDateTimeUtc())
    , m_used(m_created)
{
    for (QTimer *timer : {&m_endingTimer, &m_pauseTimer, &m_ageTimer})
        timer->setSingleShot(true);
    connect(&m_pauseTimer, &QTimer::timeout, this, [this] { pause({this, [](const Result<void> &) {}}); });
    connect(&m_ageTimer, &QTimer::timeout, this, &Session::expired);
    connect(&m_endingTimer, &QTimer::timeout, this, [this] {
        if (!m_ending)
            return;
        if (++m_endingStage == 1)
            m_ending->sendSignal(SIGKILL);
        else
            m_ending->kill();
        m_endingTimer.start(KillPatience);
    });
}

Session::~Session()
{
    delete release();
}

SessionInfo Session::info() const
{
    SessionInfo info;
    info.id = m_id;
    info.runtime = m_runtime;
    info.containerId = m_sandbox ? m_sandbox->containerId() : QString();
    info.isActive = m_taken || !m_waiting.isEmpty();
    info.isPaused = m_paused;
    info.createdAt = m_created;
    info.lastAccessedAt = m_used;
    return info;
}

void Session::enter(QObject *who, std::function<void()> granted)
{
    m_waiting.enqueue({who, std::move(granted)});
    m_pauseTimer.stop();
    m_ageTimer.stop();
    next();
}

void Session::leave(QObject *who)
{
    m_waiting.removeIf([who](const Place &place) { return place.who == who; });
    if (!m_taken || m_current != who)
        return;
    m_current = nullptr;
    if (!m_ending)
        settle();
}

void Session::leave(QObject *who, std::unique_ptr<Program> program)
{
    if (!m_taken || m_current != who)
        return leave(who);
    m_current = nullptr;
    m_ending = std::move(program);
    m_ending->disconnect();
    m_ending->setDoor({});
    const auto ended = [this] {
        m_endingTimer.stop();
        m_ending.release()->deleteLater();
        settle();
    };
    connect(m_ending.get(), &Program::exited, this, ended);
    connect(m_ending.get(), &Program::lost, this, ended);
    m_endingStage = 0;
    m_endingTimer.start(InterruptPatience);
    m_ending->interrupt();
}

void Session::settle()
{
    m_taken = false;
    m_used = QDateTime::currentDateTimeUtc();
    next();
    if (!m_taken && m_waiting.isEmpty())
        idle();
}

void Session::idle()
{
    if (m_lost)
        return;
    if (m_times.maxAge.count() > 0)
        m_ageTimer.start(m_times.maxAge);
    if (m_times.pauseAfter.count() > 0 && m_sandbox)
        m_pauseTimer.start(m_times.pauseAfter);
}

// From the event loop, and only one at a time.
void Session::next()
{
    if (m_taken || m_ending || std::exchange(m_scheduled, true))
        return;
    QTimer::singleShot(0, this, [this] {
        m_scheduled = false;
        if (m_taken || m_ending)
            return;
        while (!m_waiting.isEmpty()) {
            const Place place = m_waiting.dequeue();
            if (!place.who)
                continue;
            m_taken = true;
            m_current = place.who;
            m_used = QDateTime::currentDateTimeUtc();
            connect(
                place.who, &QObject::destroyed, this,
                [this] {
                    if (m_taken && !m_current && !m_ending)
                        settle();
                },
                Qt::QueuedConnection);
            place.granted();
            return;
        }
        idle();
    });
}

void Session::adopt(Sandbox *sandbox)
{
    m_sandbox = sandbox;
    sandbox->setParent(this);
    connect(sandbox, &Sandbox::closed, this, [this](const Error &error) {
        m_lost = true;
        m_pauseTimer.stop();
        if (m_times.maxAge.count() > 0)
            m_ageTimer.start(m_times.maxAge); // until somebody has heard of it
        const QPointer<Session> self(this);
        changed(fail(errors::SessionLost, u"The session %1 is lost: its sandbox ended."_s.arg(m_id)));
        if (self)
            Q_EMIT lost(error);
    });
    connect(sandbox->channel(), &GuestChannel::idleOutput, this, &Session::collect);
}

Sandbox *Session::release()
{
    Sandbox *const sandbox = m_sandbox;
    m_sandbox = nullptr;
    if (sandbox) {
        sandbox->disconnect(this);
        sandbox->channel()->disconnect(this);
    }
    return sandbox;
}

void Session::pause(Callback<void> done)
{
    if (m_changing) {
        m_changes.append([this, done] { pause(done); });
    } else if (m_taken || !m_waiting.isEmpty() || !m_sandbox || m_lost) {
        later(this, done,
              fail(errors::SessionBusy,
                   u"The session %1 has a run under way; it can be paused when that has ended."_s.arg(m_id)));
    } else {
        change(true, done);
    }
}

void Session::wake(Callback<void> done)
{
    m_pauseTimer.stop();
    if (m_changing)
        m_changes.append([this, done] { wake(done); });
    else if (!m_sandbox || m_lost)
        later(this, done, {});
    else
        change(false, done);
}

void Session::change(bool pausing, Callback<void> done)
{
    if (m_paused == pausing) {
        later(this, done, {});
        return;
    }
    qCDebug(sessionLog) << (pausing ? "pausing" : "waking") << m_id;
    m_changing = std::move(done);
    const Callback<void> answered{this, [this, pausing](const Result<void> &result) {
                                      m_paused = result ? pausing : m_paused;
                                      if (!m_paused && !m_taken && m_waiting.isEmpty())
                                          idle();
                                      changed(result);
                                  }};
    if (pausing)
        m_sandbox->pause(answered);
    else
        m_sandbox->resume(answered);
}

// Init is asked one thing at a time.
void Session::changed(const Result<void> &result)
{
    if (!m_changing)
        return;
    const Callback<void> done = std::move(*m_changing);
    m_changing.reset();
    const QPointer<Session> self(this);
    done(result);
    while (self && !m_changing && !m_changes.isEmpty())
        m_changes.takeFirst()();
}

void Session::tellEnding(const Error &error)
{
    m_lost = true;
    m_waiting.clear();
    Q_EMIT ending(error);
}

void Session::touch()
{
    m_used = QDateTime::currentDateTimeUtc();
    if (m_ageTimer.isActive())
        m_ageTimer.start(m_times.maxAge);
}

void Session::addSecrets(const QList<QByteArray> &secrets)
{
    for (const QByteArray &secret : secrets) {
        if (!m_secrets.contains(secret))
            m_secrets.append(secret);
    }
}

void Session::collect(bool isStderr, QByteArrayView data)
{
    auto &filter = isStderr ? m_err : m_out;
    if (!filter) {
        const auto patterns = SecretPatterns::compile(m_secrets);
        if (!patterns)
            return;
        filter = std::make_unique<OutputFilter>(*patterns, BackgroundLimit);
    }
    (isStderr ? m_background.stderrText : m_background.stdoutText).append(filter->feed(data));
}

Session::Background Session::takeBackground()
{
    if (m_out)
        m_background.stdoutText.append(m_out->finish(false));
    if (m_err)
        m_background.stderrText.append(m_err->finish(false));
    m_out.reset();
    m_err.reset();
    return std::exchange(m_background, {});
}

} // namespace isol8
