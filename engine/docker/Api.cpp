// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/docker/Api.h>

#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8::docker {

namespace {

constexpr std::pair OldestApi{1, 40};
constexpr std::pair PreferredApi{1, 43};

http::Address addressOf(const Endpoint &endpoint)
{
    http::Address address;
    switch (endpoint.kind) {
    case Endpoint::Kind::Unix:
        address.kind = http::Address::Kind::Unix;
        break;
    case Endpoint::Kind::Tcp:
        address.kind = http::Address::Kind::Tcp;
        break;
    case Endpoint::Kind::Tls:
        address.kind = http::Address::Kind::Tls;
        break;
    }
    address.path = endpoint.path;
    address.host = endpoint.host;
    address.port = endpoint.port;
    address.certificates = endpoint.certPath;
    address.verify = endpoint.verify;
    return address;
}

Purpose negotiation()
{
    return {u"say its version"_s, u"such version"_s};
}

QByteArray format(std::pair<int, int> version)
{
    return QByteArray::number(version.first) + '.' + QByteArray::number(version.second);
}

} // namespace

Target &Target::segment(const QString &text)
{
    m_bytes += QUrl::toPercentEncoding(text);
    return *this;
}

Target &Target::imageName(const QString &name)
{
    m_bytes += QUrl::toPercentEncoding(name, "/:@");
    return *this;
}

Target &Target::text(const char *text)
{
    m_bytes += text;
    return *this;
}

Target &Target::query(const char *name, const QString &value)
{
    m_bytes += std::exchange(m_hasQuery, true) ? '&' : '?';
    m_bytes += name;
    m_bytes += '=' + QUrl::toPercentEncoding(value);
    return *this;
}

std::optional<std::pair<int, int>> parseApiVersion(QByteArrayView text)
{
    const qsizetype dot = text.indexOf('.');
    const auto number = [](QByteArrayView digits) {
        const bool fine = !digits.isEmpty() && digits.size() <= 4 &&
                          std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
        return fine ? digits.toByteArray().toInt() : -1;
    };
    if (dot < 0)
        return {};
    const std::pair version{number(text.first(dot)), number(text.sliced(dot + 1))};
    if (version.first < 0 || version.second < 0)
        return {};
    return version;
}

Api::Api(const Endpoint &where, QObject *parent)
    : QObject(parent)
    , endpoint(where)
    , m_pool(addressOf(where))
{
}

void Api::whenReady(QObject *context, Ready ready)
{
    if (m_version) {
        ready({});
        return;
    }
    m_waiting.push_back({context, std::move(ready)});
    ask();
}

void Api::ping(QObject *context, std::function<void(Result<Version>)> done)
{
    m_waiting.push_back({context, [this, done = std::move(done)](const Error &error) {
                             if (error.code.isEmpty())
                                 done(*m_version);
                             else
                                 done(fail(error));
                         }});
    ask();
}

http::Exchange *Api::send(http::Request request, QObject *parent)
{
    request.target.prepend(m_prefix);
    return m_pool.send(request, parent);
}

void Api::call(const http::Request &request, const Purpose &purpose, std::function<void(Result<http::Response>)> done)
{
    whenReady(this, [this, request, purpose, done = std::move(done)](const Error &negotiationError) {
        if (!negotiationError.code.isEmpty()) {
            done(fail(negotiationError));
            return;
        }
        http::Exchange *exchange = send(request, this);
        connect(exchange, &http::Exchange::finished, this,
                [this, exchange, purpose, silence = request.timeout, done](const http::Failure &failure) {
                    exchange->deleteLater();
                    if (failure)
                        done(fail(error(failure, purpose, silence)));
                    else
                        done(exchange->response());
                });
    });
}

Error Api::error(const http::Failure &failure, const Purpose &purpose, milliseconds silence)
{
    // Who answers next may be another daemon.
    if (failure.kind == http::Failure::Kind::NotThere || failure.kind == http::Failure::Kind::Lost)
        m_version.reset();
    return transportError(endpoint, failure, purpose, silence);
}

void Api::getPlain(const QByteArray &target, std::function<void(const http::Failure &, const http::Response &)> done)
{
    http::Request request;
    request.target = target;
    request.repeatable = true;
    request.unlimited = true;
    request.timeout = timeout;
    http::Exchange *exchange = m_pool.send(request, this);
    connect(exchange, &http::Exchange::finished, this,
            [exchange, done = std::move(done)](const http::Failure &failure) {
                exchange->deleteLater();
                done(failure, exchange->response());
            });
}

void Api::ask()
{
    if (std::exchange(m_asking, true))
        return;
    getPlain("/_ping",
             [this](const http::Failure &failure, const http::Response &response) { onPing(failure, response); });
}

void Api::onPing(const http::Failure &failure, const http::Response &response)
{
    // With TLS 1.3 a server judges the client's certificate when the handshake is done already, and may just close.
    if (failure.kind == http::Failure::Kind::Lost && endpoint.kind == Endpoint::Kind::Tls)
        return answerWaiting(error(
            {http::Failure::Kind::Tls, u"it closes new connections; perhaps it wants another client certificate"_s},
            negotiation(), timeout));
    if (failure)
        return answerWaiting(error(failure, negotiation(), timeout));
    const QByteArray api = response.head.value("Api-Version");
    const QString os = QString::fromLatin1(response.head.value("Ostype"));
    const auto version = parseApiVersion(api);
    if (response.head.status >= 300 && api.isEmpty())
        return answerWaiting(statusError(response.head, response.body, negotiation()));
    // Newer daemons also refuse what is too old for them, and say from where on only in /version.
    if (!version || *version > PreferredApi)
        return askVersion(os);
    settle(api, {}, os);
}

void Api::askVersion(const QString &os)
{
    getPlain("/version", [this, os](const http::Failure &failure, const http::Response &response) {
        onVersion(failure, response, os);
    });
}

void Api::onVersion(const http::Failure &failure, const http::Response &response, const QString &os)
{
    if (failure)
        return answerWaiting(error(failure, negotiation(), timeout));
    if (response.head.status >= 300)
        return answerWaiting(statusError(response.head, response.body, negotiation()));
    const QJsonObject facts = QJsonDocument::fromJson(response.body).object();
    settle(facts.value("ApiVersion"_L1).toString().toLatin1(), facts.value("MinAPIVersion"_L1).toString().toLatin1(),
           os.isEmpty() ? facts.value("Os"_L1).toString() : os);
}

void Api::settle(const QByteArray &daemonApi, const QByteArray &daemonMinimum, const QString &os)
{
    const auto newest = parseApiVersion(daemonApi);
    if (!newest)
        return answerWaiting(protocolError(negotiation(), u"it names no API version"_s));
    if (*newest < OldestApi) {
        m_version.reset();
        return answerWaiting(
            {errors::DockerVersion.toString(),
             u"Docker at %1 is too old (API %2, at least %3 is needed); update it to Docker 19.03 or newer."_s.arg(
                 endpoint.toString(), QString::fromLatin1(daemonApi), QString::fromLatin1(format(OldestApi))),
             {}});
    }
    const auto oldest = parseApiVersion(daemonMinimum).value_or(OldestApi);
    const QByteArray spoken = format(std::max(std::min(PreferredApi, *newest), oldest));
    m_version = Version{QString::fromLatin1(spoken), QString::fromLatin1(daemonApi), os};
    m_prefix = "/v" + spoken;
    answerWaiting({});
}

void Api::answerWaiting(const Error &error)
{
    m_asking = false;
    const QPointer<Api> alive(this);
    const std::vector<Waiting> waiting = std::exchange(m_waiting, {});
    for (const Waiting &one : waiting) {
        if (one.context)
            one.ready(error);
        if (!alive)
            return;
    }
}

} // namespace isol8::docker
