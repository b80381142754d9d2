// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/docker/HijackedStream.h>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8::docker {

namespace {
constexpr qsizetype SmallRead = 4 * 1024;
constexpr qsizetype LargeRead = 64 * 1024;
} // namespace

HijackedStream::HijackedStream(Api *api, const QString &containerId, QObject *parent)
    : AttachStream(parent)
    , m_api(api)
    , m_purpose{u"attach to the container %1"_s.arg(containerId), u"container %1"_s.arg(containerId)}
{
    api->whenReady(this, [this, containerId](const Error &error) {
        if (m_over)
            return;
        if (error.code.isEmpty())
            begin(containerId);
        else
            end(error);
    });
}

HijackedStream::~HijackedStream() = default;

void HijackedStream::begin(const QString &containerId)
{
    http::Request request;
    request.method = "POST";
    request.target = Target("/containers/")
                         .segment(containerId)
                         .text("/attach")
                         .query("stream", u"1"_s)
                         .query("stdin", u"1"_s)
                         .query("stdout", u"1"_s)
                         .query("stderr", u"1"_s)
                         .bytes();
    request.upgrade = true;
    request.unlimited = true;
    request.timeout = {};
    m_exchange = m_api->send(request, this);
    connect(m_exchange, &http::Exchange::upgraded, this, &HijackedStream::onUpgraded);
    connect(m_exchange, &http::Exchange::finished, this, &HijackedStream::onRefused);
}

void HijackedStream::onUpgraded()
{
    http::Exchange *const exchange = m_exchange.data();
    if (!exchange)
        return;
    m_socket = exchange->takeSocket(m_buffer);
    exchange->deleteLater();
    m_end = m_buffer.size();
    m_peerClosed = m_socket->isOver();
    connect(m_socket.get(), &http::Socket::readyRead, this, &HijackedStream::process);
    connect(m_socket.get(), &http::Socket::closed, this, &HijackedStream::onSocketClosed);
    connect(m_socket.get(), &http::Socket::written, this, &AttachStream::written);
    if (!m_pending.isEmpty())
        m_socket->write(std::exchange(m_pending, {}));
    const QPointer<HijackedStream> alive(this);
    Q_EMIT opened();
    if (alive)
        process();
}

void HijackedStream::onRefused(const http::Failure &failure)
{
    if (failure)
        return end(m_api ? m_api->error(failure, m_purpose, {}) : Error{});
    const http::Exchange *const exchange = m_exchange.data();
    const http::Response response = exchange ? exchange->response() : http::Response{};
    if (response.head.status < 300)
        return end(
            protocolError(m_purpose, u"it did not give up the connection (status %1)"_s.arg(response.head.status)));
    end(statusError(response.head, response.body, m_purpose));
}

void HijackedStream::write(const QByteArray &data)
{
    if (m_over)
        return;
    if (m_socket)
        m_socket->write(data);
    else
        m_pending += data;
}

qint64 HijackedStream::bytesToWrite() const
{
    return m_pending.size() + (m_socket ? m_socket->bytesToWrite() : 0);
}

void HijackedStream::setPaused(bool paused)
{
    if (m_paused == paused)
        return;
    m_paused = paused;
    if (!paused && !m_over)
        QMetaObject::invokeMethod(this, &HijackedStream::process, Qt::QueuedConnection);
}

void HijackedStream::abort()
{
    m_over = true;
    m_pending.clear();
    delete m_exchange;
    m_socket.reset();
}

void HijackedStream::process()
{
    if (m_processing)
        return; // a slot runs an event loop of its own: what it is looking at stays as it is until it returns
    const QPointer<HijackedStream> alive(this);
    m_processing = true;
    while (m_socket && !m_paused) {
        if (m_begin == m_end) {
            // Grows while reads fill it, so that a quiet stream stays small.
            if (m_end == m_buffer.size())
                m_buffer.resize(std::clamp(2 * m_buffer.size(), SmallRead, LargeRead));
            m_begin = 0;
            m_end = m_socket->read(m_buffer.data(), m_buffer.size());
            if (m_end == 0)
                break;
        }
        const auto step = m_demultiplexer.parse(QByteArrayView(m_buffer).sliced(m_begin, m_end - m_begin));
        m_begin += step.consumed;
        switch (step.event) {
        case Demultiplexer::Event::NeedMore:
            break;
        case Demultiplexer::Event::Output:
            if (step.standardError)
                Q_EMIT standardError(step.data);
            else
                Q_EMIT standardOutput(step.data);
            break;
        case Demultiplexer::Event::Failed:
            return end(protocolError(m_purpose, m_demultiplexer.problem()));
        }
        if (!alive)
            return;
    }
    m_processing = false;
    if (!m_peerClosed || !m_socket || m_paused)
        return;
    if (m_closeFailure || !m_demultiplexer.isAtBoundary())
        end(transportError({}, {http::Failure::Kind::Lost, m_closeFailure.detail}, m_purpose, {}));
    else
        end({});
}

void HijackedStream::onSocketClosed(const http::Failure &failure)
{
    m_peerClosed = true;
    m_closeFailure = failure;
    process();
}

void HijackedStream::end(const Error &error)
{
    if (std::exchange(m_over, true))
        return;
    m_pending.clear();
    m_socket.reset();
    Q_EMIT closed(error);
}

} // namespace isol8::docker
