// SPDX-License-Identifier: GPL-3.0-or-later
#include <service/http/Router.h>

#include <isol8/base/FileNames.h>
#include <service/http/Listener.h>

#include <QTcpSocket>

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

// The decoded segments of a path; null where it cannot be read.
std::optional<QStringList> segmentsOf(const QByteArray &path)
{
    QStringList segments;
    for (const QByteArray &part : path.mid(1).split('/')) {
        for (qsizetype at = part.indexOf('%'); at >= 0; at = part.indexOf('%', at + 1)) {
            if (QByteArray::fromHex(part.mid(at + 1, 2)).toHex() != part.mid(at + 1, 2).toLower() ||
                part.size() < at + 3)
                return {};
        }
        const QByteArray bytes = QByteArray::fromPercentEncoding(part);
        if (bytes.contains('\0'))
            return {};
        segments.append(fileNameFromBytes(bytes));
    }
    return segments;
}

// In a form that no URL parser changes: what is not plain is told in hexadecimal.
QByteArray canonical(const QStringList &segments)
{
    const auto isPlain = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
               c == '.';
    };
    QByteArray path;
    for (const QString &segment : segments) {
        const QByteArray bytes = fileNameToBytes(segment);
        const bool plain =
            !bytes.isEmpty() && bytes != "." && bytes != ".." && std::all_of(bytes.begin(), bytes.end(), isPlain);
        path += '/' + (plain ? bytes : '=' + bytes.toHex());
    }
    return path;
}

#if QT_VERSION >= QT_VERSION_CHECK(6, 8, 0)
using Responder = QHttpServerResponder &;
#else
using Responder = QHttpServerResponder &&;
#endif

} // namespace

//! What QHttpServer calls "<rest>".
struct Router::Rest
{
};

Router::Router(QObject *parent)
    : QObject(parent)
    , m_server(new QHttpServer(this))
{
    if (!QMetaType::hasRegisteredConverterFunction<QString, Rest>())
        QMetaType::registerConverter<QString, Rest>([](const QString &) { return Rest(); });
    m_server->router()->addConverter(QMetaType::fromType<Rest>(), ".+");
#if QT_VERSION >= QT_VERSION_CHECK(6, 8, 0)
    m_server->setMissingHandler(this, [this](const QHttpServerRequest &, Responder) { missing(); });
#else
    m_server->setMissingHandler([this](const QHttpServerRequest &, Responder) { missing(); });
#endif
}

Router::~Router() = default;

std::optional<QStringList> Router::Route::match(const QStringList &found) const
{
    QStringList arguments;
    for (qsizetype i = 0; i < segments.size(); ++i) {
        if (segments[i] == "<rest>"_L1) {
            const QString rest = found.sliced(std::min(i, found.size())).join(u'/');
            if (rest.isEmpty())
                return {};
            return arguments << rest;
        }
        if (i >= found.size() || (segments[i] == "<arg>"_L1 ? found[i].isEmpty() : found[i] != segments[i]))
            return {};
        if (segments[i] == "<arg>"_L1)
            arguments.append(found[i]);
    }
    return found.size() == segments.size() ? std::optional(arguments) : std::nullopt;
}

template<class... Variables> void Router::offerAs(const QString &path, const Route *route)
{
    m_server->route(path, methodOf(route->method),
                    [this, route](const Variables &..., const QHttpServerRequest &, Responder) { handle(*route); });
}

void Router::add(const QByteArray &method, const QString &path, Handler handler, Access access, Body body)
{
    m_routes.push_back(
        std::make_unique<Route>(Route{method, path.mid(1).split(u'/'), std::move(handler), access, body}));
    const Route *const route = m_routes.back().get();
    QString pattern = path;
    const bool hasRest = pattern.endsWith("<rest>"_L1);
    pattern.replace("<rest>"_L1, "<arg>"_L1);
    switch (pattern.count("<arg>"_L1) - (hasRest ? 1 : 0)) {
    case 0:
        return hasRest ? offerAs<Rest>(pattern, route) : offerAs<>(pattern, route);
    case 1:
        return hasRest ? offerAs<QString, Rest>(pattern, route) : offerAs<QString>(pattern, route);
    default:
        return hasRest ? offerAs<QString, QString, Rest>(pattern, route) : offerAs<QString, QString>(pattern, route);
    }
}

QStringList Router::routes() const
{
    QStringList routes;
    for (const auto &route : m_routes)
        routes.append(QString::fromLatin1(route->method) + u" /"_s + route->segments.join(u'/'));
    return routes;
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
    const auto segments = segmentsOf(head.path);
    if (segments) {
        m_current = exchange;
        m_segments = *segments;
        const QByteArray request =
            method + ' ' + canonical(m_segments) + " HTTP/1.1\r\nHost: isol8\r\nContent-Length: 0\r\n\r\n";
        if (offer(request) || offer(request))
            return;
        m_current = nullptr;
    }
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

void Router::handle(const Route &route)
{
    if (!m_current)
        return;
    const auto arguments = route.match(m_segments);
    if (!arguments)
        return missing();
    Exchange *const exchange = std::exchange(m_current, nullptr);
    exchange->setArguments(*arguments);
    const auto admit = [guard = QPointer(exchange), &route] {
        if (!guard)
            return;
        if (route.body == Body::Streamed)
            route.handler(guard);
        else
            guard->readBody([exchange = guard.data(), &route] { route.handler(exchange); });
    };
    if (m_gate)
        m_gate(exchange, route.access, admit);
    else
        admit();
}

void Router::missing()
{
    Exchange *exchange = std::exchange(m_current, nullptr);
    if (!exchange)
        return;
    QByteArrayList allowed;
    for (const auto &route : m_routes) {
        if (route->match(m_segments) && !allowed.contains(route->method))
            allowed.append(route->method);
    }
    if (allowed.isEmpty()) {
        exchange->respondError(404, {errors::NotFound.toString(), u"There is nothing at this path."_s, {}});
        return;
    }
    std::sort(allowed.begin(), allowed.end());
    exchange->respondError(
        405, {u"wrong_method"_s, u"This path takes %1."_s.arg(QString::fromLatin1(allowed.join(", "))), {}},
        {{"Allow", allowed.join(", ")}});
}

} // namespace isol8::service
