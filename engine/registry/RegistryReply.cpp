// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/registry/RegistryReply.h>

#include <isol8/base/Units.h>

#include <QDateTime>
#include <QJsonDocument>
#include <QJsonObject>
#include <QPointer>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8::registry {

namespace {

constexpr qint64 Piece = 64 * KiB;
constexpr qint64 MetadataLimit = 128 * MiB;
constexpr qsizetype TailSize = 64;
constexpr qint64 FileLimit = 4 * GiB;

QByteArray reasonOf(int status)
{
    switch (status) {
    case 200:
        return "OK";
    case 304:
        return "Not Modified";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    default:
        return "Bad Gateway";
    }
}

// The answer's status as the sandbox sees it; 0: the registry's own answer is handed on.
int madeStatus(int status)
{
    if (status == 200 || status == 304)
        return 0;
    if (status == 404 || status == 410)
        return 404;
    return status == 401 || status == 403 || status == 407 ? 403 : 502;
}

QString sentenceFor(int status, const QString &host)
{
    if (madeStatus(status) == 404)
        return u"%1 has no such package or file"_s.arg(host);
    if (madeStatus(status) == 403)
        return u"%1 refuses it (%2); see the credentials in the host's own configuration"_s.arg(host).arg(status);
    return u"%1 answered with status %2"_s.arg(host).arg(status);
}

} // namespace

http::Response madeAnswer(RegistryKind kind, int status, const QString &sentence)
{
    http::Response response;
    const QString text = u"isol8: "_s + sentence;
    QByteArray plain = text.left(200).toLatin1();
    for (char &c : plain) {
        if (c < ' ' || c > '~')
            c = '?';
    }
    response.head.status = status;
    // pip prints the reason, npm the body.
    response.head.reason = reasonOf(status) + (kind == RegistryKind::Pypi ? " (" + plain + ')' : QByteArray());
    response.body = kind == RegistryKind::Npm
                        ? QJsonDocument(QJsonObject{{u"error"_s, text}}).toJson(QJsonDocument::Compact) + '\n'
                        : text.toUtf8() + '\n';
    response.head.headers = {{"Content-Type", kind == RegistryKind::Npm ? "application/json" : "text/plain"},
                             {"Content-Length", QByteArray::number(response.body.size())},
                             {"Cache-Control", "no-store"}};
    return response;
}

MadeReply::MadeReply(RegistryKind kind, int status, const QString &sentence, bool withBody)
{
    const http::Response response = madeAnswer(kind, status, sentence);
    m_head = response.head;
    if (withBody)
        m_body = response.body;
    QMetaObject::invokeMethod(this, &MadeReply::send, Qt::QueuedConnection);
}

void MadeReply::send()
{
    const QPointer<MadeReply> alive(this);
    Q_EMIT head(m_head);
    if (alive && !m_body.isEmpty())
        Q_EMIT readable();
    if (alive)
        Q_EMIT finished(true);
}

QByteArray MadeReply::read(qsizetype most)
{
    const QByteArray data = m_body.left(most);
    m_body.remove(0, data.size());
    return data;
}

RegistryReply::RegistryReply(RegistryKind kind, std::shared_ptr<InstallState> state, const Asked &asked,
                             const FetchRequest &request)
    : m_kind(kind)
    , m_state(std::move(state))
    , m_asked(asked)
    , m_request(request)
{
    if (m_state->cache && !m_request.head)
        m_cacheKey = m_asked.url.toEncoded() + ' ' + m_request.accept;
    const auto kept = m_state->kept.constFind(m_cacheKey);
    if (m_cacheKey.isEmpty() || kept == m_state->kept.constEnd()) {
        fetch();
    } else {
        m_fromCache = true;
        begin(std::make_unique<CachedSource>(*m_state->cache, *kept));
    }
}

RegistryReply::~RegistryReply() = default;

void RegistryReply::fetch()
{
    m_fromCache = false;
    begin(std::make_unique<Fetch>(m_kind == RegistryKind::Npm ? m_state->npm : m_state->pypi, m_request));
}

void RegistryReply::begin(std::unique_ptr<Source> source)
{
    dropSource();
    m_source = std::move(source);
    connect(m_source.get(), &Source::head, this, &RegistryReply::onHead);
    connect(m_source.get(), &Source::readable, this, &RegistryReply::onReadable);
    connect(m_source.get(), &Source::finished, this, &RegistryReply::onFinished);
    m_source->start();
}

std::unique_ptr<BodyRewriter> RegistryReply::rewriter(const Answer &answer) const
{
    if (!m_asked.metadata)
        return nullptr;
    const auto state = m_state;
    if (m_kind == RegistryKind::Npm)
        return npmRewriter(answer.url,
                           [state](const QUrl &url) { return npmFile(url, state->npm->settings(), *state->signer); });
    const UrlMap map = [state](const QUrl &url) { return pypiFile(url, *state->signer); };
    return answer.contentType.contains("json") ? simpleJsonRewriter(answer.url, map)
                                               : simpleHtmlRewriter(answer.url, map);
}

void RegistryReply::onHead()
{
    const Answer &answer = m_source->answer();
    if (const int made = madeStatus(answer.status); made != 0)
        return answerMade(made, sentenceFor(answer.status, m_asked.url.host()));
    const bool hasBody = answer.status == 200 && !m_request.head;
    http::ResponseHead head;
    head.status = answer.status;
    head.reason = reasonOf(answer.status);
    const auto add = [&](const char *name, const QByteArray &value) {
        const bool plain = std::all_of(value.begin(), value.end(), [](char c) { return c >= ' ' && c <= '~'; });
        if (!value.isEmpty() && plain)
            head.headers.append({name, value});
    };
    add("Content-Type", answer.contentType);
    add("ETag", answer.etag);
    add("Last-Modified", answer.lastModified);
    if (hasBody)
        m_rewriter = rewriter(answer);
    if (!m_asked.metadata && answer.length >= 0 && answer.status == 200)
        add("Content-Length", QByteArray::number(answer.length));
    if (hasBody && !m_fromCache && !m_cacheKey.isEmpty() && m_request.ifNoneMatch.isEmpty() &&
        m_request.ifModifiedSince.isEmpty())
        m_writer = std::make_unique<BodyWriter>(*m_state->cache);
    m_headSent = true;
    Q_EMIT this->head(head);
}

void RegistryReply::onReadable()
{
    pump();
    notify();
}

void RegistryReply::onFinished()
{
    if (m_fromCache && !m_headSent && !m_source->problem().isEmpty())
        return fetch();
    if (!m_headSent)
        return answerMade(502, m_source->problem());
    m_sourceEnded = true;
    pump();
    notify();
}

void RegistryReply::pump()
{
    while (m_source && !m_done && m_out.size() < Piece) {
        const QByteArray data = m_source->read(Piece);
        if (data.isEmpty() && !m_sourceEnded)
            return;
        if (data.isEmpty() ? (complete(), true) : !take(data))
            return;
    }
}

// False: there is nothing more to come.
bool RegistryReply::take(const QByteArray &data)
{
    m_taken += data.size();
    m_tail += data.right(TailSize);
    m_tail = m_tail.right(TailSize);
    if (!m_fromCache)
        m_state->statistics.bytesFetched += data.size();
    if (m_writer)
        m_writer->write(data);
    const bool fits = m_taken <= (m_asked.metadata ? MetadataLimit : FileLimit);
    if (!fits || (m_rewriter && !m_rewriter->feed(data, &m_out))) {
        end(false);
        return false;
    }
    if (!m_rewriter)
        m_out += data;
    // Who was told a length goes when he has it, and does not wait for the source to say that it has ended.
    if (m_taken == m_source->answer().length)
        remember();
    return true;
}

void RegistryReply::complete()
{
    const Answer answer = m_source->answer();
    const bool lengthFits = answer.length < 0 || m_request.head || answer.status != 200 || m_taken == answer.length;
    if (!m_source->problem().isEmpty() || !lengthFits || (m_rewriter && !m_rewriter->finish(&m_out)))
        return end(false);
    remember();
    end(true);
}

// The whole answer has been taken.
void RegistryReply::remember()
{
    if (m_remembered)
        return;
    m_remembered = true;
    const Answer answer = m_source->answer();
    // What ends when its connection does may lack a part. A list of packages that does would be believed for a day; one
    // in JSON has been read to its end by now.
    const bool isJson = m_kind == RegistryKind::Npm || answer.contentType.contains("json");
    const bool hasEnd = m_asked.metadata && (isJson || m_tail.trimmed().toLower().endsWith("</html>"));
    const bool isWhole = answer.framed || hasEnd;
    ++(m_fromCache ? m_state->statistics.cached : m_state->statistics.fetched);
    if (m_fromCache) {
        m_state->used.insert(m_cacheKey, m_state->kept.value(m_cacheKey));
    } else if (m_writer && isWhole) {
        if (const auto hash = m_writer->commit())
            m_state->used.insert(
                m_cacheKey, {answer, *hash, m_writer->size(), QDateTime::currentSecsSinceEpoch(), m_asked.metadata});
    }
}

void RegistryReply::end(bool whole)
{
    m_done = true;
    m_whole = whole;
    if (!whole)
        m_state->addProblem(
            u"the answer of %1 broke off, or is larger than any that makes sense"_s.arg(m_asked.url.host()));
    m_writer.reset();
    m_rewriter.reset();
    dropSource();
}

// This may be a slot of its own.
void RegistryReply::dropSource()
{
    if (!m_source)
        return;
    m_source->disconnect(this);
    m_source.release()->deleteLater();
}

void RegistryReply::answerMade(int status, const QString &sentence)
{
    const http::Response response = madeAnswer(m_kind, status, sentence);
    if (status != 404) // which is how pip's second index answers for what the first one has
        m_state->addProblem(sentence);
    m_headSent = true;
    end(true);
    if (!m_request.head)
        m_out = response.body;
    const QPointer<RegistryReply> alive(this);
    Q_EMIT head(response.head);
    if (alive)
        notify();
}

void RegistryReply::notify()
{
    m_pending = false;
    const QPointer<RegistryReply> alive(this);
    if (!m_out.isEmpty())
        Q_EMIT readable();
    if (alive && m_done && !m_told) {
        m_told = true;
        Q_EMIT finished(m_whole);
    }
}

void RegistryReply::notifyLater()
{
    if (m_pending)
        return;
    m_pending = true;
    QMetaObject::invokeMethod(this, &RegistryReply::notify, Qt::QueuedConnection);
}

QByteArray RegistryReply::read(qsizetype most)
{
    const QByteArray data = m_out.left(most);
    m_out.remove(0, data.size());
    const bool wasDone = m_done;
    pump();
    if (!m_out.isEmpty() || (m_done && !wasDone))
        notifyLater();
    return data;
}

} // namespace isol8::registry
