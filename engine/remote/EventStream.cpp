// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/remote/EventStream.h>

#include <isol8/remote/SocketOpening.h>

#include <QPointer>

using namespace Qt::StringLiterals;

namespace isol8::remote {

namespace {

constexpr qsizetype RefusalLimit = 64 * 1024;
// Of silence; a service sends a comment every 15 s.
constexpr milliseconds Silence{60000};

} // namespace

EventStream::EventStream(const Peer &peer, const QByteArray &path, const QByteArray &message, QObject *parent)
    : QObject(parent)
    , m_peer(peer)
    , m_connection(peer.address)
    , m_lines(SocketOpening::MessageLimit)
{
    connect(&m_connection, &http::Connection::head, this, &EventStream::onHead);
    connect(&m_connection, &http::Connection::body, this, &EventStream::onBody);
    connect(&m_connection, &http::Connection::finished, this, &EventStream::onFinished);
    http::Request request;
    request.method = "POST";
    request.target = peer.target(path);
    request.headers = peer.headers;
    request.headers.append(http::Header{"Content-Type", "application/json"});
    request.headers.append(http::Header{"Accept", "text/event-stream"});
    request.body = message;
    request.streamed = true;
    request.timeout = Silence;
    m_connection.start(request);
}

void EventStream::setPaused(bool paused)
{
    m_paused = paused;
    m_connection.setPaused(paused);
    if (!paused)
        QMetaObject::invokeMethod(this, &EventStream::tell, Qt::QueuedConnection);
}

void EventStream::onHead(const http::ResponseHead &head)
{
    m_head = head;
    m_open = head.status == 200 && head.value("content-type").toLower().startsWith("text/event-stream");
    if (m_open)
        Q_EMIT opened();
}

void EventStream::onBody(const QByteArray &data)
{
    if (!m_open) {
        m_refusal += data.left(RefusalLimit - m_refusal.size());
        return;
    }
    m_lines.feed(data);
    tell();
}

// What has come already waits while paused, too.
void EventStream::tell()
{
    if (m_telling)
        return;
    const QPointer<EventStream> alive(this);
    m_telling = true;
    while (!m_paused) {
        const auto data = m_lines.next();
        if (!data)
            break;
        Q_EMIT event(*data);
        if (!alive)
            return;
    }
    m_telling = false;
    if (m_lines.isTooLarge() && !std::exchange(m_over, true))
        m_detail = u"an event of it is too large"_s;
    if (m_over && !m_paused && !std::exchange(m_told, true)) {
        m_connection.close();
        Q_EMIT closed(m_detail);
    }
}

void EventStream::onFinished(const http::Failure &failure)
{
    if (!m_open) {
        Q_EMIT refused(m_head.status == 0     ? m_peer.unreachable(failure)
                       : m_head.status == 200 ? m_peer.stranger()
                                              : m_peer.refused(m_head, m_refusal),
                       m_head);
        return;
    }
    m_over = true;
    m_detail = failure.kind == http::Failure::Kind::Timeout ? u"it was silent"_s : failure.detail;
    tell();
}

} // namespace isol8::remote
