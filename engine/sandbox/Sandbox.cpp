// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/sandbox/Sandbox.h>

#include <isol8/docker/AttachStream.h>
#include <isol8/docker/Client.h>

#include <QLoggingCategory>
#include <QPointer>
#include <QUuid>

using namespace Qt::StringLiterals;

namespace isol8 {

namespace {

Q_LOGGING_CATEGORY(sandboxLog, "isol8.sandbox", QtWarningMsg)

// Init greets within a millisecond of its start; a machine under heavy load may take longer to get there.
constexpr milliseconds HelloPatience{30000};

} // namespace

// What a sandbox does between runs: each asked for by a frame and answered by one.
class Sandbox::Chores : private FrameHandler
{
public:
    explicit Chores(Sandbox *sandbox)
        : q(sandbox)
        , m_id(sandbox->channel()->add(this))
    {
    }
    ~Chores() override
    {
        if (m_id && q->channel())
            q->channel()->remove(m_id);
    }

    void ask(guest::FrameType type, const std::string &payload = {})
    {
        q->channel()->send(type, m_id, {payload.data(), qsizetype(payload.size())});
    }

private:
    bool onFrame(guest::FrameType type, QByteArrayView payload) override
    {
        const std::string_view bytes(payload.data(), size_t(payload.size()));
        if (type == guest::FrameType::Prepared) {
            guest::PreparedMessage message;
            if (!message.decode(bytes))
                return false;
            if (!message.ok)
                qCDebug(sandboxLog) << "no interpreter waits:" << message.problem.c_str();
            const bool asked = q->isPreparing(); // else it tells of the interpreter's end
            q->m_interpreter = message.ok ? Interpreter::Waits : asked ? Interpreter::Cannot : Interpreter::None;
            if (asked)
                Q_EMIT q->prepared(message.ok);
            return true;
        }
        if (type == guest::FrameType::ResetDone) {
            guest::ResetDoneMessage message;
            if (!message.decode(bytes))
                return false;
            if (!message.ok)
                qCDebug(sandboxLog) << "not reset:" << message.problem.c_str();
            if (std::exchange(q->m_resetting, false))
                Q_EMIT q->wasReset(message.ok);
            return true;
        }
        if (type == guest::FrameType::Stopped || type == guest::FrameType::Continued) {
            std::exchange(q->m_pausing, {})({});
            return payload.isEmpty();
        }
        if (type == guest::FrameType::DoorState) {
            guest::DoorStateMessage message;
            if (!message.decode(bytes))
                return false;
            if (!message.ok)
                qCDebug(sandboxLog) << "the door:" << message.problem.c_str();
            Q_EMIT q->doorSet(message.ok);
            return true;
        }
        return false;
    }
    void onLost(const Error &) override { m_id = 0; } // the sandbox hears of it itself

    Sandbox *q;
    quint32 m_id;
};

Sandbox::Sandbox(docker::Client *client, SandboxSpec spec, SandboxIdentity identity, QObject *parent)
    : QObject(parent)
    , m_client(client)
    , m_spec(std::move(spec))
    , m_identity(std::move(identity))
{
    m_helloTimer.setSingleShot(true);
    connect(&m_helloTimer, &QTimer::timeout, this, [this] {
        close({errors::Timeout.toString(),
               u"The sandbox was started but does not answer; look at the daemon's log."_s,
               {}});
    });
}

Sandbox::~Sandbox() = default;

void Sandbox::open()
{
    Q_ASSERT(m_state == State::Fresh);
    m_state = State::Creating;
    const QString name = u"isol8-"_s + QUuid::createUuid().toString(QUuid::Id128).left(20);
    m_client->createContainer(createRequest(m_spec, m_identity), name,
                              {this, [this](const Result<QString> &id) { created(id); }});
}

void Sandbox::created(const Result<QString> &id)
{
    if (m_state == State::Destroying) {
        if (id) {
            m_containerId = *id;
            removeContainer();
        } else {
            deleteLater();
        }
        return;
    }
    if (!id) {
        close(id.error());
        return;
    }
    m_containerId = *id;
    qCDebug(sandboxLog) << "created" << m_containerId.left(12);
    attach();
}

void Sandbox::attach()
{
    m_state = State::Attaching;
    m_stream = m_client->attach(m_containerId, this);
    m_channel = std::make_unique<GuestChannel>(m_stream);
    connect(m_stream, &docker::AttachStream::opened, this, &Sandbox::startContainer);
    connect(m_channel.get(), &GuestChannel::hello, this, &Sandbox::greeted);
    connect(m_channel.get(), &GuestChannel::lost, this, &Sandbox::lost);
}

// A container that cannot be started ends its stream before the daemon says why it cannot.
void Sandbox::lost(const Error &error)
{
    if (m_state == State::Starting && !m_startAnswered)
        m_lost = error;
    else
        close(error);
}

void Sandbox::startContainer()
{
    m_state = State::Starting;
    m_client->startContainer(m_containerId, {this, [this](const Result<void> &result) {
                                                 m_startAnswered = true;
                                                 if (m_state == State::Destroying)
                                                     return;
                                                 if (!result || m_lost)
                                                     close(result ? *m_lost : result.error());
                                                 else if (m_state == State::Starting)
                                                     m_helloTimer.start(HelloPatience);
                                             }});
}

void Sandbox::greeted(const guest::HelloMessage &hello)
{
    // Init is often quicker than the daemon's answer to start.
    m_helloTimer.stop();
    if (const auto walls = verifyWalls(m_spec, hello); !walls) {
        close(walls.error());
        return;
    }
    m_state = State::Ready;
    m_opened = true;
    qCDebug(sandboxLog) << "ready" << m_containerId.left(12);
    Q_EMIT ready();
}

void Sandbox::prepare(const guest::RunMessage &interpreter)
{
    if (!m_chores)
        m_chores = std::make_unique<Chores>(this);
    m_interpreter = Interpreter::Preparing;
    m_chores->ask(guest::FrameType::Prepare, interpreter.encode());
}

void Sandbox::reset()
{
    if (!m_chores)
        m_chores = std::make_unique<Chores>(this);
    m_resetting = true;
    m_chores->ask(guest::FrameType::Reset);
}

void Sandbox::setDoorOpen(bool open)
{
    if (m_spec.network == Network::Host) { // whose loopback it would be
        QMetaObject::invokeMethod(
            this, [this, open] { Q_EMIT doorSet(!open); }, Qt::QueuedConnection);
        return;
    }
    if (!m_chores)
        m_chores = std::make_unique<Chores>(this);
    m_chores->ask(open ? guest::FrameType::DoorListen : guest::FrameType::DoorShut);
}

void Sandbox::close(const Error &error)
{
    if (m_state == State::Closed || m_state == State::Destroying)
        return;
    m_state = State::Closed;
    m_helloTimer.stop();
    qCDebug(sandboxLog) << "closed" << m_containerId.left(12) << error.code << error.message << error.detail;
    if (m_stream)
        m_stream->abort();
    Q_EMIT closed(error);
}

void Sandbox::pause(Callback<void> done)
{
    m_pausing = std::move(done);
    if (!m_chores)
        m_chores = std::make_unique<Chores>(this);
    m_chores->ask(guest::FrameType::Stop);
}

void Sandbox::resume(Callback<void> done)
{
    m_pausing = std::move(done);
    if (!m_chores)
        m_chores = std::make_unique<Chores>(this);
    m_chores->ask(guest::FrameType::Continue);
}

void Sandbox::destroy()
{
    if (m_state == State::Destroying)
        return;
    const State before = m_state;
    letGo();
    if (before == State::Creating)
        return; // created() goes on
    if (m_containerId.isEmpty())
        deleteLater();
    else
        removeContainer();
}

void Sandbox::leave()
{
    Q_ASSERT(m_spec.keep && m_state == State::Ready);
    letGo();
    deleteLater();
}

void Sandbox::letGo()
{
    m_state = State::Destroying;
    disconnect(this, &Sandbox::ready, nullptr, nullptr);
    disconnect(this, &Sandbox::closed, nullptr, nullptr);
    m_helloTimer.stop();
    if (m_stream)
        m_stream->abort();
}

void Sandbox::removeContainer()
{
    // Closing the stream ends init, and AutoRemove does the rest; this covers an init that was broken, and a container
    // that was never started.
    m_client->removeContainer(m_containerId, {this, [this](const Result<void> &result) {
                                                  if (!result)
                                                      qCWarning(sandboxLog).noquote()
                                                          << "A container could not be removed:"
                                                          << result.error().message << result.error().detail;
                                                  deleteLater();
                                              }});
}

} // namespace isol8
