// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/remote/RemoteTransfer.h>

#include <QLocale>
#include <QTimer>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8::remote {

namespace {

constexpr qsizetype AnswerLimit = 64 * 1024;

// The service waits for its sandbox, and the sandbox may be busy.
constexpr milliseconds TransferSilence{120000};

qint64 timeOf(const QByteArray &httpDate)
{
    const QDateTime date = QLocale::c().toDateTime(QString::fromLatin1(httpDate), u"ddd, dd MMM yyyy hh:mm:ss 'GMT'"_s);
    return date.isValid() ? QDateTime(date.date(), date.time(), Qt::UTC).toMSecsSinceEpoch() : 0;
}

Error brokenOff(const Peer &peer, const http::Failure &failure)
{
    return {isol8::errors::EngineLost.toString(),
            u"The connection to %1 broke in the middle of a file."_s.arg(peer.isElsewhere() ? peer.name
                                                                                            : u"the isol8 engine"_s),
            failure.detail};
}

} // namespace

RemoteUpload::RemoteUpload(const Peer &peer, const QByteArray &path, QObject *parent)
    : Upload(parent)
    , m_peer(peer)
    , m_connection(peer.address)
{
    connect(&m_connection, &http::Connection::head, this,
            [this](const http::ResponseHead &head) { m_answer.head = head; });
    connect(&m_connection, &http::Connection::body, this,
            [this](const QByteArray &bytes) { m_answer.body += bytes.left(AnswerLimit - m_answer.body.size()); });
    connect(&m_connection, &http::Connection::finished, this, &RemoteUpload::onFinished);
    connect(&m_feed, &Feed::taken, this, &Upload::taken);
    http::Request request;
    request.method = "PUT";
    request.target = peer.target(path);
    request.headers = peer.headers;
    request.device = &m_feed;
    request.streamed = true;
    request.timeout = TransferSilence;
    m_connection.start(request);
    QTimer::singleShot(0, this, &Upload::taken); // more is welcome: it waits in the socket
}

void RemoteUpload::write(const QByteArray &bytes)
{
    m_feed.give(bytes);
}

void RemoteUpload::onFinished(const http::Failure &failure)
{
    const int status = m_answer.head.status;
    Error error; // none
    if (status != 0 && status / 100 != 2)
        error = m_peer.refused(m_answer.head, m_answer.body);
    else if (failure)
        error = m_connection.isSent() ? brokenOff(m_peer, failure) : m_peer.unreachable(failure);
    Q_EMIT finished(error);
}

RemoteDownload::RemoteDownload(const Peer &peer, const QByteArray &path, const QString &name, QObject *parent)
    : Download(parent)
    , m_peer(peer)
    , m_name(name)
    , m_connection(peer.address)
{
    connect(&m_connection, &http::Connection::head, this, &RemoteDownload::onHead);
    connect(&m_connection, &http::Connection::body, this, &RemoteDownload::onBody);
    connect(&m_connection, &http::Connection::finished, this, &RemoteDownload::onFinished);
    http::Request request;
    request.target = peer.target(path);
    request.headers = peer.headers;
    request.streamed = true;
    request.timeout = TransferSilence;
    m_connection.start(request);
}

void RemoteDownload::onHead(const http::ResponseHead &head)
{
    m_answer.head = head;
    if (head.status != 200)
        return;
    SessionFile file;
    file.path = m_name;
    file.size = head.value("content-length").toLongLong();
    file.mode = head.value("x-isol8-mode").toUInt(nullptr, 8);
    const QByteArray exact = head.value("x-isol8-mtime-ms"); // which an older service does not tell
    file.mtimeMs = exact.isEmpty() ? timeOf(head.value("last-modified")) : std::max<qint64>(exact.toLongLong(), 0);
    Q_EMIT opened(file);
}

void RemoteDownload::onBody(const QByteArray &bytes)
{
    if (m_answer.head.status == 200)
        Q_EMIT data(bytes);
    else
        m_answer.body += bytes.left(AnswerLimit - m_answer.body.size());
}

void RemoteDownload::onFinished(const http::Failure &failure)
{
    const int status = m_answer.head.status;
    Error error; // none
    if (status != 0 && status != 200)
        error = m_peer.refused(m_answer.head, m_answer.body);
    else if (failure)
        error = status == 0 ? m_peer.unreachable(failure) : brokenOff(m_peer, failure);
    Q_EMIT finished(error);
}

} // namespace isol8::remote
