// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/remotecode/CodeFetch.h>

#include <isol8/egress/OwnAddress.h>

#include <QCryptographicHash>

#include <algorithm>
#include <utility>

using namespace Qt::StringLiterals;

namespace isol8::remotecode {

namespace {

constexpr qsizetype AddressLimit = 8; // that are tried
constexpr milliseconds AddressPatience{4000};

bool isRedirect(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

http::Request requestFor(const CodeUrl &url)
{
    http::Request request;
    request.target = url.target;
    request.headers = {{"Accept", "text/plain, */*;q=0.8"}, {"Accept-Encoding", "identity"}, {"Connection", "close"}};
    request.streamed = true;
    request.timeout = milliseconds(0); // one clock covers it all
    return request;
}

QString problemOf(const http::Failure &failure)
{
    switch (failure.kind) {
    case http::Failure::Kind::NotThere:
        return u"nothing answers there"_s;
    case http::Failure::Kind::Tls:
        return u"TLS could not be set up with it, or its certificate is not to be trusted"_s;
    case http::Failure::Kind::Protocol:
        return u"what it answers is no proper HTTP"_s;
    default:
        return u"the connection broke off"_s;
    }
}

} // namespace

Result<void> checkCode(const QByteArray &content, const QByteArray &hash, const CodeRequest &request)
{
    const QString from = request.url.shown();
    if (!request.hash.isEmpty() && request.hash.toLower().toLatin1() != hash)
        return isol8::fail(errors::RemoteCodeHashMismatch,
                           u"The code at %1 has another SHA-256 than the one given, %2; it is not run."_s.arg(
                               from, QString::fromLatin1(hash)));
    if (content.trimmed().isEmpty())
        return isol8::fail(errors::RemoteCodeNotText, u"There is no code at %1; it is empty."_s.arg(from));
    if (content.contains('\0'))
        return isol8::fail(errors::RemoteCodeNotText,
                           u"What is at %1 is binary data, not a program's text."_s.arg(from));
    if (!QUtf8StringView(content).isValidUtf8())
        return isol8::fail(errors::RemoteCodeNotText, u"What is at %1 is not UTF-8 text."_s.arg(from));
    return {};
}

CodeFetch::CodeFetch(CodeRequest request, CodePolicy policy, egress::Resolver *resolver, QString authorities,
                     QObject *parent)
    : QObject(parent)
    , m_request(std::move(request))
    , m_policy(std::move(policy))
    , m_resolver(resolver)
    , m_authorities(std::move(authorities))
{
    for (QTimer *timer : {&m_deadline, &m_patience})
        timer->setSingleShot(true);
    connect(&m_deadline, &QTimer::timeout, this, [this] {
        fail(errors::RemoteCodeTimeout,
             u"Fetching the code from %1 took longer than %2 (remoteCode.fetchTimeoutMs)."_s.arg(
                 m_url.shown(), formatDuration(m_policy.fetchTimeout())));
    });
    connect(&m_patience, &QTimer::timeout, this, [this] {
        if (!m_connection->isSent())
            tryNext();
    });
}

CodeFetch::~CodeFetch() = default;

void CodeFetch::start()
{
    m_deadline.start(m_policy.fetchTimeout());
    QMetaObject::invokeMethod(
        this, [this] { visit(m_request.url); }, Qt::QueuedConnection);
}

void CodeFetch::visit(const CodeUrl &url)
{
    m_url = url;
    m_entry.origins.append({url.origin(), {}});
    if (const auto allowed = m_policy.judge(url, m_request.allowInsecure); !allowed)
        return end(isol8::fail(allowed.error()));
    const egress::Host &host = url.authority.host;
    if (host.isAddress())
        return resolved(QList<QHostAddress>{host.address});
    const quint64 number = ++m_visit;
    m_resolver->resolve(QString::fromLatin1(host.text),
                        {this, [this, number](const Result<QList<QHostAddress>> &addresses) {
                             if (number == m_visit)
                                 resolved(addresses);
                         }});
}

void CodeFetch::resolved(const Result<QList<QHostAddress>> &addresses)
{
    if (m_over)
        return;
    if (!addresses || addresses->isEmpty()) {
        const bool isUnknown = addresses || addresses.error().code == errors::NotFound;
        return fail(errors::RemoteCodeFailed,
                    u"The code cannot be fetched from %1: %2."_s.arg(
                        m_url.shown(), isUnknown ? u"its host has no address"_s
                                                 : u"its host could not be resolved, the name servers do not answer"_s),
                    addresses ? QString() : addresses.error().message);
    }
    for (const QHostAddress &address : *addresses) {
        if (const auto allowed = m_policy.judgeAddress(m_url, address, egress::isOwnAddress(address)); !allowed)
            return end(isol8::fail(allowed.error()));
    }
    m_addresses = addresses->first(std::min(addresses->size(), AddressLimit));
    tryNext();
}

void CodeFetch::tryNext()
{
    drop();
    http::Address address;
    address.kind = m_url.secure ? http::Address::Kind::Tls : http::Address::Kind::Tcp;
    address.host = QString::fromLatin1(m_url.authority.host.text);
    address.port = m_url.authority.port;
    address.peer = m_addresses.takeFirst();
    m_entry.origins.last().address = address.peer;
    address.authorities = m_authorities;
    m_connection = std::make_unique<http::Connection>(address);
    connect(m_connection.get(), &http::Connection::head, this, &CodeFetch::onHead);
    connect(m_connection.get(), &http::Connection::body, this, &CodeFetch::onBody);
    connect(m_connection.get(), &http::Connection::finished, this, &CodeFetch::onFinished);
    if (!m_addresses.isEmpty())
        m_patience.start(AddressPatience);
    m_connection->start(requestFor(m_url));
}

void CodeFetch::onHead(const http::ResponseHead &head)
{
    m_patience.stop();
    if (isRedirect(head.status))
        return followRedirect(head);
    const QString from = m_url.shown();
    if (head.status != 200)
        return fail(errors::RemoteCodeFailed,
                    u"The code cannot be fetched: %1 answered %2%3."_s.arg(
                        from, QString::number(head.status), head.status == 404 ? u" (not found)"_s : QString()));
    const QByteArray encoding = head.value("Content-Encoding").toLower();
    if (!encoding.isEmpty() && encoding != "identity")
        return fail(errors::RemoteCodeFailed,
                    u"The code cannot be fetched: %1 sends it compressed, though it was not asked to."_s.arg(from));
    const QByteArray length = head.value("Content-Length");
    if (length.isNull() && head.value("Transfer-Encoding").isNull() && m_request.hash.isEmpty())
        return fail(errors::RemoteCodeFailed,
                    u"The code cannot be fetched: %1 does not say how long it is, so that a part could pass for the "
                    u"whole; give its SHA-256 (--hash, codeHash)."_s.arg(from));
    if (length.toLongLong() > m_policy.maxCodeSize())
        tooLarge();
}

void CodeFetch::onBody(const QByteArray &data)
{
    if (data.size() > m_policy.maxCodeSize() - m_entry.content.size())
        return tooLarge();
    m_entry.content += data;
}

void CodeFetch::tooLarge()
{
    fail(errors::RemoteCodeTooLarge, u"The code at %1 is larger than %2 (remoteCode.maxCodeSize)."_s.arg(
                                         m_url.shown(), formatSize(m_policy.maxCodeSize())));
}

void CodeFetch::onFinished(const http::Failure &failure)
{
    m_patience.stop();
    if (!failure)
        return complete();
    if (failure.kind == http::Failure::Kind::NotThere && !m_addresses.isEmpty())
        return tryNext();
    fail(errors::RemoteCodeFailed, u"The code cannot be fetched from %1: %2."_s.arg(m_url.shown(), problemOf(failure)),
         failure.detail);
}

void CodeFetch::followRedirect(const http::ResponseHead &head)
{
    const auto locations = std::count_if(head.headers.begin(), head.headers.end(), [](const http::Header &header) {
        return header.name.compare("Location", Qt::CaseInsensitive) == 0;
    });
    if (locations != 1)
        return fail(errors::RemoteCodeFailed,
                    u"The code cannot be fetched: %1 sends on, but does not say where to."_s.arg(m_url.shown()));
    if (m_entry.origins.size() > RedirectLimit)
        return fail(errors::RemoteCodeFailed, u"The code cannot be fetched: %1 sends on more than %2 times."_s.arg(
                                                  m_request.url.shown(), QString::number(RedirectLimit)));
    const auto next = m_url.resolved(head.value("Location"));
    if (!next)
        return fail(errors::RemoteCodeRefused,
                    u"The code is not fetched: %1 sends on to what isol8 does not follow."_s.arg(m_url.shown()),
                    next.error().message);
    if (const auto allowed = CodePolicy::judgeRedirect(m_url, *next); !allowed)
        return end(isol8::fail(allowed.error()));
    drop();
    visit(*next);
}

// Connections are dropped in their own slots, which they allow.
void CodeFetch::drop()
{
    m_patience.stop();
    if (m_connection)
        m_connection->disconnect(this);
    m_connection.reset();
}

void CodeFetch::complete()
{
    m_entry.hash = QCryptographicHash::hash(m_entry.content, QCryptographicHash::Sha256).toHex();
    m_entry.fetchedAt = QDateTime::currentDateTimeUtc();
    if (const auto fine = checkCode(m_entry.content, m_entry.hash, m_request); !fine)
        return end(isol8::fail(fine.error()));
    end(m_entry);
}

void CodeFetch::fail(QStringView code, const QString &sentence, const QString &detail)
{
    end(isol8::fail(code, sentence, detail));
}

void CodeFetch::end(const Result<CodeEntry> &result)
{
    if (std::exchange(m_over, true))
        return;
    m_deadline.stop();
    drop();
    Q_EMIT finished(result);
}

} // namespace isol8::remotecode
