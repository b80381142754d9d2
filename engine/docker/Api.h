// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/docker/Client.h>
#include <isol8/docker/Errors.h>
#include <isol8/http/Pool.h>

#include <QPointer>
#include <QUrl>

#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace isol8::docker {

//! A request's path and query, percent-encoded.
class Target
{
public:
    explicit Target(const char *path)
        : m_bytes(path)
    {
    }
    //! One segment; a slash in it is encoded.
    Target &segment(const QString &text);
    //! An image's name, whose slashes stand.
    Target &imageName(const QString &name);
    Target &text(const char *text);
    Target &query(const char *name, const QString &value);
    [[nodiscard]] const QByteArray &bytes() const { return m_bytes; }

private:
    QByteArray m_bytes;
    bool m_hasQuery = false;
};

//! "1.41" as {1, 41}.
[[nodiscard]] std::optional<std::pair<int, int>> parseApiVersion(QByteArrayView text);

/*!
    What Client, its jobs and its streams share: the connections, and the API version, which the first request
   negotiates while others wait for it. A negotiation that failed is tried again by the next request.
*/
class Api : public QObject
{
    Q_OBJECT

public:
    explicit Api(const Endpoint &endpoint, QObject *parent = nullptr);

    using Ready = std::function<void(const Error &)>;
    //! Calls \a ready, at once where the version is known, unless \a context is gone by then. Errors never come at
    //! once.
    void whenReady(QObject *context, Ready ready);
    //! Asks the daemon even where the version is known.
    void ping(QObject *context, std::function<void(Result<Version>)> done);
    //! After whenReady(): \a request, its target without the version.
    [[nodiscard]] http::Exchange *send(http::Request request, QObject *parent);
    //! The whole of it: \a done gets the answer of any status, or why there is none.
    void call(const http::Request &request, const Purpose &purpose, std::function<void(Result<http::Response>)> done);

    [[nodiscard]] Error error(const http::Failure &failure, const Purpose &purpose, milliseconds silence);

    Endpoint endpoint;
    milliseconds timeout{60'000};

private:
    struct Waiting
    {
        QPointer<QObject> context;
        Ready ready;
    };
    void ask();
    void onPing(const http::Failure &failure, const http::Response &response);
    void askVersion(const QString &os);
    void onVersion(const http::Failure &failure, const http::Response &response, const QString &os);
    void settle(const QByteArray &daemonApi, const QByteArray &daemonMinimum, const QString &os);
    void answerWaiting(const Error &error);
    void getPlain(const QByteArray &target, std::function<void(const http::Failure &, const http::Response &)> done);

    http::Pool m_pool;
    std::optional<Version> m_version;
    QByteArray m_prefix; //!< "/v1.41"
    bool m_asking = false;
    std::vector<Waiting> m_waiting;
};

} // namespace isol8::docker
