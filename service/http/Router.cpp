// SPDX-License-Identifier: GPL-3.0-or-later
#include <service/http/Router.h>

#include <service/http/Listener.h>

#include <QTcpSocket>
#include <QUrl>

#include <algorithm>
#include <cstring>

using namespace Qt::StringLiterals;

namespace isol8::service {

//! A connection that only hands over what it is given; what QHttpServer writes to it goes nowhere.
class Router::Feed : public QTcpSocket
{
public:
    explicit Feed(QObject *parent)
        : QTcpSocket(parent)
    {
        setSocketState(ConnectedState);
        setOpenMode(ReadWrite);
    }
    ~Feed() override { setSocketState(UnconnectedState); }

    void give(const QByteArray &bytes)
    {
        m_bytes = bytes;
        m_at = 0;
        Q_EMIT readyRead();
    }

    [[nodiscard]] qint64 bytesAvailable() const override { return m_bytes.size() - m_at + QIODevice::bytesAvailable(); }
    void disconnectFromHost() override {}
    void close() override {}

protected:
    qint64 readData(char *data, qint64 size) override
    {
        const qint64 count = std::min<qint64>(size, m_bytes.size() - m_at);
        std::memcpy(data, m_bytes.constData() + m_at, static_cast<size_t>(count));
        m_at += count;
        return count;
    }
    qint64 writeData(const char *, qint64 size) override { return size; }

private:
    QByteArray m_bytes;
    qsizetype m_at = 0;
};

namespace {

QHttpServerRequest::Methods methodOf(const QByteArray &name)
{
    if (name == "POST")
        return QHttpServerRequest::Method::Post;
    if (name == "PUT")
        return QHttpServerRequest::Method::Put;
    if (name == "DELETE")
        return QHttpServerRequest::Method::Delete;
    return QHttpServerRequest::Method::Get;
}

bool fits(const QString &pattern, const QString &path)
{
    const qsizetype at = pattern.indexOf("<arg>"_L1);
    if (at < 0)
        return pattern == path;
    const QStringView head = QStringView(pattern).first(at);
    const QStringView tail = QStringView(pattern).sliced(at + 5);
    return path.size() > head.size() + tail.size() && path.startsWith(head) && path.endsWith(tail) &&
           !QStringView(path).sliced(at).chopped(tail.size()).contains(u'/');
}

#if QT_VERSION >= QT_VERSION_CHECK(6, 8, 0)
using Responder = QHttpServerResponder &;
#else
using Responder = QHttpServerResponder &&;
#endif

} // namespace

Router::Router(QObject *parent)
    : QObject(parent)
    , m_server(new QHttpServer(this))
{
#if QT_VERSION >= QT_VERSION_CHECK(6, 8, 0)
    m_server->setMissingHandler(this, [this](const QHttpServerRequest &, Responder) { missing(); });
#else
    m_server->setMissingHandler([this](const QHttpServerRequest &, Responder) { missing(); });
#endif
}

Router::~Router() = default;

void Router::add(const QByteArray &method, const QString &path, Handler handler, Access access)
{
    m_methods[path].insert(method);
    if (path.contains("<arg>"_L1)) {
        m_server->route(
            path, methodOf(method),
            [this, handler = std::move(handler), access](const QString &argument, const QHttpServerRequest &,
                                                         Responder) { handle(handler, access, {argument}); });
        return;
    }
    m_server->route(path, methodOf(method),
                    [this, handler = std::move(handler), access](const QHttpServerRequest &, Responder) {
                        handle(handler, access, {});
                    });
}

void Router::bind(Listener *listener)
{
    m_server->bind(listener);
    if (m_listener)
        return;
    m_listener = listener;
    renewFeed();
}

void Router::renewFeed()
{
    if (m_feed)
        m_feed->deleteLater();
    auto *feed = new Feed(this);
    m_feed = feed;
    m_listener->addPendingConnection(feed);
}

void Router::dispatch(Exchange *exchange)
{
    const http::RequestHead &head = exchange->head();
    const QByteArray method = head.method == "HEAD" ? QByteArray("GET") : head.method;
    if (methodOf(method) == QHttpServerRequest::Method::Get && method != "GET") {
        exchange->respondError(501, {u"unknown_method"_s, u"The request's method is not known."_s, {}});
        return;
    }
    m_current = exchange;
    const QByteArray canonical = method + ' ' + head.path + " HTTP/1.1\r\nHost: isol8\r\nContent-Length: 0\r\n\r\n";
    if (offer(canonical) || offer(canonical))
        return;
    m_current = nullptr;
    exchange->respondError(400, {errors::BadRequest.toString(), u"The request's path cannot be read."_s, {}});
}

bool Router::offer(const QByteArray &canonical)
{
    if (!m_feed)
        renewFeed();
    static_cast<Feed *>(m_feed.data())->give(canonical);
    if (!m_current)
        return true;
    // Neither a handler nor missing() took it: the parser behind this feed is stuck.
    renewFeed();
    return false;
}

void Router::handle(const Handler &handler, Access access, const QStringList &arguments)
{
    Exchange *exchange = std::exchange(m_current, nullptr);
    if (!exchange)
        return;
    exchange->setArguments(arguments);
    if (!m_gate)
        return handler(exchange);
    m_gate(exchange, access, [guard = QPointer(exchange), handler] {
        if (guard)
            handler(guard);
    });
}

void Router::missing()
{
    Exchange *exchange = std::exchange(m_current, nullptr);
    if (!exchange)
        return;
    const QString path = QUrl::fromPercentEncoding(exchange->head().path);
    const auto methods = std::find_if(m_methods.keyBegin(), m_methods.keyEnd(),
                                      [&](const QString &pattern) { return fits(pattern, path); });
    if (methods == m_methods.keyEnd()) {
        exchange->respondError(404, {errors::NotFound.toString(), u"There is nothing at this path."_s, {}});
        return;
    }
    const QSet<QByteArray> &names = *m_methods.constFind(*methods);
    QByteArrayList allowed(names.begin(), names.end());
    std::sort(allowed.begin(), allowed.end());
    exchange->respondError(
        405, {u"wrong_method"_s, u"This path takes %1."_s.arg(QString::fromLatin1(allowed.join(", "))), {}},
        {{"Allow", allowed.join(", ")}});
}

} // namespace isol8::service
