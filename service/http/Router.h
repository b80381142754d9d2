// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <service/http/Exchange.h>

#include <QHttpServer>
#include <QPointer>
#include <QTcpSocket>

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace isol8::service {

class Listener;

/*!
    Which handler serves which method and path: Qt's HTTP server, fed with requests that are whole and well-formed.

    QHttpServer 6.4 takes requests without any limit, hangs or crashes where an answer comes late, and cannot stream. So
    what speaks with clients is ours (ClientConnection, Exchange), and what QHttpServer gets is a socket that is none:
    the head of one request after the other in a canonical form. It finds the handler; the answer goes out by the
    Exchange and not by its responder. Newer Qt finds handlers in the same way, with other types.

    A path is cut at its slashes first and percent-decoded then, so that "%2F" never makes a segment. What is no UTF-8,
    or holds a zero byte, is 400. "." and ".." are names like any other: nothing is tidied.
*/
class Router : public QObject
{
    Q_OBJECT

public:
    using Handler = std::function<void(Exchange *)>;
    /*!
        Decides who the caller is, and whether that may use a route of this access: either sets Exchange::setCaller()
       and calls \a admit, now or later, or answers. The exchange may be gone by then: so is what it owns, and admit()
       does nothing.
    */
    using Gate = std::function<void(Exchange *, Access, std::function<void()> admit)>;

    explicit Router(QObject *parent = nullptr);
    ~Router() override;

    enum class Body {
        Whole,    //!< Exchange::body() has it when the handler is called
        Streamed, //!< the handler asks for it (Exchange::streamBody()); of whatever size
    };

    //! \a method is one of GET, POST, PUT, DELETE; GET serves HEAD, too. \a path is matched whole; in it up to two
    //! "<arg>" may stand for a segment each that is not empty, and "<rest>" at its end for all that is left, slashes
    //! and empty segments included, and not nothing (Exchange::arguments()).
    void add(const QByteArray &method, const QString &path, Handler handler, Access access = Access::Key,
             Body body = Body::Whole);
    //! Asked before each handler is called, and before a body is read. None: the one user of a local service.
    void setGate(Gate gate) { m_gate = std::move(gate); }

    //! All that were added, as "GET /session/<arg>/files".
    [[nodiscard]] QStringList routes() const;

    //! A listener whose connections' requests are dispatched here; belongs to this from now on. One is needed.
    void bind(Listener *listener);

    //! Calls the handler; 404 and 405 are answered here.
    void dispatch(Exchange *exchange);

private:
    class Feed;
    struct Rest;
    struct Route
    {
        QByteArray method;
        QStringList segments;
        Handler handler;
        Access access = Access::Key;
        Body body = Body::Whole;

        //! What stands for its variables in a path of \a found; null where it is another's.
        [[nodiscard]] std::optional<QStringList> match(const QStringList &found) const;
    };

    template<class... Variables> void offerAs(const QString &path, const Route *route);
    //! Has QHttpServer look for the handler; false when it could not read the request.
    [[nodiscard]] bool offer(const QByteArray &canonical);
    void renewFeed();
    void handle(const Route &route);
    void missing();

    QHttpServer *m_server;
    Listener *m_listener = nullptr;
    QPointer<QTcpSocket> m_feed; //!< a Feed; newer Qt lets go of one that was idle
    Gate m_gate;
    Exchange *m_current = nullptr; //!< while QHttpServer looks for its handler
    QStringList m_segments;        //!< of its path
    std::vector<std::unique_ptr<Route>> m_routes;
};

} // namespace isol8::service
