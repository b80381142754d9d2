// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/registry/Upstream.h>

#include <isol8/base/Units.h>

#include <QNetworkReply>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8::registry {

namespace {

constexpr int RedirectLimit = 5;
constexpr qint64 BufferSize = 256 * KiB;
constexpr std::chrono::seconds Silence{60};

// Names that only a network of one's own knows.
bool isLocalName(const QString &host)
{
    return !host.contains(u'.') || host.endsWith(u".localhost") || host.endsWith(u".local") ||
           host.endsWith(u".internal") || host.endsWith(u'.');
}

QString sentenceOf(QNetworkReply::NetworkError error, const QString &host)
{
    switch (error) {
    case QNetworkReply::HostNotFoundError:
        return u"the name %1 is not known"_s.arg(host);
    case QNetworkReply::ConnectionRefusedError:
        return u"nothing answers at %1"_s.arg(host);
    case QNetworkReply::SslHandshakeFailedError:
        return u"the certificate of %1 is not trusted, or TLS failed; see cafile of npm, cert of pip"_s.arg(host);
    case QNetworkReply::ProxyConnectionRefusedError:
    case QNetworkReply::ProxyConnectionClosedError:
    case QNetworkReply::ProxyNotFoundError:
    case QNetworkReply::ProxyTimeoutError:
        return u"the host's own proxy does not answer"_s;
    case QNetworkReply::ProxyAuthenticationRequiredError:
        return u"the host's own proxy wants other credentials"_s;
    default:
        return u"the connection to %1 failed or broke off"_s.arg(host);
    }
}

} // namespace

Fetch::Fetch(std::shared_ptr<Upstream> upstream, const FetchRequest &request)
    : m_upstream(std::move(upstream))
    , m_request(request)
    , m_url(request.url)
{
    m_silence.setSingleShot(true);
    m_silence.setInterval(Silence);
    connect(&m_silence, &QTimer::timeout, this, &Fetch::onSilence);
}

Fetch::~Fetch()
{
    dropReply();
}

void Fetch::start()
{
    m_silence.start();
    go();
}

void Fetch::go()
{
    const ClientSettings &settings = m_upstream->settings();
    if (settings.isRegistry(m_url)) {
        if (const QUrl proxy = settings.proxyFor(m_url); !proxy.isEmpty())
            return sendByProxy(proxy);
        return m_upstream->resolve(m_url.host(), this, [this](const QList<QHostAddress> &found) {
            m_addresses = found;
            sendToNext();
        });
    }
    if (m_url.scheme() != u"https")
        return endLater(u"%1 is not asked without TLS, since it is no configured registry"_s.arg(m_url.host()));
    m_upstream->resolve(m_url.host(), this, [this](const QList<QHostAddress> &found) { onAddresses(found); });
}

void Fetch::onAddresses(const QList<QHostAddress> &addresses)
{
    if (m_over)
        return;
    const QUrl proxy = m_upstream->settings().proxyFor(m_url);
    for (const QHostAddress &address : addresses) {
        if (const QString special = m_upstream->special(address); !special.isEmpty())
            return endLater(u"%1 stands for %2, and is no configured registry"_s.arg(m_url.host(), special));
    }
    if (!proxy.isEmpty() && !(addresses.isEmpty() && isLocalName(m_url.host())))
        return sendByProxy(proxy);
    m_addresses = addresses;
    sendToNext();
}

void Fetch::sendToNext()
{
    if (m_over)
        return;
    if (m_addresses.isEmpty())
        return endLater(u"the name %1 is not known"_s.arg(m_url.host()));
    send(m_addresses.takeFirst());
}

void Fetch::sendByProxy(const QUrl &proxy)
{
    m_upstream->findProxy(proxy, this, [this](bool found) {
        if (m_over)
            return;
        if (!found)
            return endLater(u"the host's own proxy is not known by its name"_s);
        send({});
    });
}

// Null: behind a proxy, which resolves the name.
void Fetch::send(const QHostAddress &address)
{
    QUrl url = m_url;
    if (!address.isNull())
        url.setHost(address.toString());
    QNetworkRequest request(url);
    if (!address.isNull()) {
        request.setPeerVerifyName(m_url.host(QUrl::FullyEncoded));
        request.setRawHeader("Host", authorityOf(m_url));
    }
    request.setAttribute(QNetworkRequest::Http2AllowedAttribute, false);
    request.setAttribute(QNetworkRequest::CookieLoadControlAttribute, QNetworkRequest::Manual);
    request.setAttribute(QNetworkRequest::CookieSaveControlAttribute, QNetworkRequest::Manual);
    request.setAttribute(QNetworkRequest::AuthenticationReuseAttribute, QNetworkRequest::Manual);
    request.setAttribute(QNetworkRequest::CacheLoadControlAttribute, QNetworkRequest::AlwaysNetwork);
    request.setAttribute(QNetworkRequest::CacheSaveControlAttribute, false);
    request.setDecompressedSafetyCheckThreshold(-1); // whoever reads has a limit of its own
    request.setRawHeader("User-Agent", "isol8");
    if (!m_request.compressed)
        request.setRawHeader("Accept-Encoding", "identity");
    const auto add = [&](const char *name, const QByteArray &value) {
        if (!value.isEmpty())
            request.setRawHeader(name, value);
    };
    add("Accept", m_request.accept);
    add("If-None-Match", m_request.ifNoneMatch);
    add("If-Modified-Since", m_request.ifModifiedSince);
    add("Authorization", m_upstream->settings().authorizationFor(m_url));
    if (m_url.scheme() == u"https")
        request.setSslConfiguration(m_upstream->tls(m_url));

    QNetworkAccessManager *network = m_upstream->network();
    m_reply = m_request.head ? network->head(request) : network->get(request);
    m_reply->setReadBufferSize(BufferSize);
    if (m_upstream->trustsBlindly(m_url))
        m_reply->ignoreSslErrors();
    connect(m_reply, &QNetworkReply::metaDataChanged, this, &Fetch::onHead);
    connect(m_reply, &QNetworkReply::readyRead, this, &Fetch::onReadable);
    connect(m_reply, &QNetworkReply::finished, this, &Fetch::onReplyFinished);
}

void Fetch::onHead()
{
    m_silence.start();
    const int status = m_reply->attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt();
    if (m_hasHead || m_over || status < 200)
        return;
    if (status >= 300 && status < 400 && status != 304) {
        const QUrl target = QUrl::fromEncoded(m_reply->rawHeader("Location"), QUrl::TolerantMode);
        return redirect(target.isEmpty() ? QUrl() : m_url.resolved(target));
    }
    m_hasHead = true;
    m_answer.status = status;
    m_answer.contentType = m_reply->rawHeader("Content-Type");
    m_answer.etag = m_reply->rawHeader("ETag");
    m_answer.lastModified = m_reply->rawHeader("Last-Modified");
    m_answer.url = m_url;
    bool isNumber = false;
    const qint64 length = m_reply->rawHeader("Content-Length").toLongLong(&isNumber);
    if (isNumber && length >= 0 && !m_request.compressed)
        m_answer.length = length;
    // Qt takes the length of what it unpacks away: then nobody knows.
    m_answer.framed = isNumber || m_reply->rawHeader("Transfer-Encoding").toLower().contains("chunked");
    Q_EMIT head();
}

void Fetch::onReadable()
{
    m_silence.start();
    const QPointer<Fetch> alive(this);
    if (!m_hasHead)
        onHead();
    if (alive && m_hasHead && !m_over)
        Q_EMIT readable();
}

void Fetch::onReplyFinished()
{
    if (m_over)
        return;
    const QPointer<Fetch> alive(this);
    const QPointer<QNetworkReply> reply = m_reply;
    const auto error = m_reply->error();
    if (!m_hasHead && m_reply->attribute(QNetworkRequest::HttpStatusCodeAttribute).isValid())
        onHead();
    if (!alive || m_over || m_reply != reply) // it was a redirect
        return;
    // From ContentAccessDenied on they are statuses, which are answers like others.
    const bool isAnswer = m_hasHead && (error == QNetworkReply::NoError || error >= QNetworkReply::ContentAccessDenied);
    if (!m_hasHead && !m_addresses.isEmpty()) {
        dropReply();
        return send(m_addresses.takeFirst());
    }
    m_silence.stop();
    m_over = true;
    if (!isAnswer || error == QNetworkReply::ProtocolFailure)
        m_problem = sentenceOf(error, m_url.host());
    Q_EMIT finished();
}

void Fetch::onSilence()
{
    if (m_reply && m_reply->bytesAvailable() > 0)
        return m_silence.start(); // it is for the reader to go on
    const QString host = m_url.host();
    dropReply();
    endLater(u"%1 has not answered for a minute"_s.arg(host));
}

void Fetch::redirect(const QUrl &target)
{
    dropReply();
    if (++m_redirects > RedirectLimit)
        return endLater(u"it redirects more than five times"_s);
    const bool isHttp = target.scheme() == u"https" || target.scheme() == u"http";
    if (!target.isValid() || target.host().isEmpty() || !isHttp)
        return endLater(u"it redirects to what is no URL"_s);
    if (m_url.scheme() == u"https" && target.scheme() != u"https")
        return endLater(u"it redirects from https to http"_s);
    m_url = target.adjusted(QUrl::RemoveFragment | QUrl::RemoveUserInfo);
    m_addresses.clear();
    m_silence.start();
    go();
}

QByteArray Fetch::read(qint64 most)
{
    if (!m_reply || !m_hasHead)
        return {};
    const QByteArray data = m_reply->read(most);
    if (!m_over)
        m_silence.start();
    return data;
}

void Fetch::dropReply()
{
    if (!m_reply)
        return;
    m_reply->disconnect(this);
    m_reply->abort();
    m_reply->deleteLater();
    m_reply = nullptr;
}

void Fetch::endLater(const QString &problem)
{
    m_silence.stop();
    m_over = true;
    m_problem = problem;
    QMetaObject::invokeMethod(this, &Fetch::finished, Qt::QueuedConnection);
}

} // namespace isol8::registry
