// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/egress/HttpForward.h>

#include <utility>

using namespace Qt::StringLiterals;

namespace isol8::egress {

namespace {

using Event = http::ResponseParser::Event;

// A sentence in the place of "Forbidden": some clients show nothing else.
QByteArray reasonPhrase(const QString &sentence)
{
    QByteArray out;
    for (const QChar c : sentence)
        out += c.unicode() >= 0x20 && c.unicode() < 0x7f ? c.toLatin1() : '?';
    return out.left(300);
}

} // namespace

HttpForward::HttpForward(Inlet *inlet, Ledger *ledger)
    : m_inlet(inlet)
    , m_ledger(ledger)
{
    m_headTimer.setSingleShot(true);
    connect(&m_headTimer, &QTimer::timeout, this, [this] {
        refuseHead({reasons::BadRequest.toString(), u"The request's head did not come to its end in time."_s, 408});
    });
}

HttpForward::HttpForward(Inlet *inlet, Ledger *ledger, const Authority &tunnel, std::unique_ptr<SocketStream> server)
    : HttpForward(inlet, ledger)
{
    m_tunnel = tunnel;
    m_serverTarget = tunnel;
    adopt(std::move(server));
}

void HttpForward::start()
{
    ByteStream *client = m_inlet->stream.get();
    connect(client, &ByteStream::readable, this, &HttpForward::onClientReadable);
    connect(client, &ByteStream::drained, this, &HttpForward::pumpAnswer);
    connect(client, &ByteStream::closed, this, &HttpForward::onClientClosed);
    QMetaObject::invokeMethod(this, &HttpForward::onClientReadable, Qt::QueuedConnection);
}

void HttpForward::giveUp(const Refusal &refusal)
{
    m_headTimer.stop();
    m_state = State::Over;
    if (m_transaction)
        m_transaction->refuse(refusal);
    m_transaction.reset();
    dropDial();
    dropServer();
    dropOrigin();
}

std::unique_ptr<SocketStream> HttpForward::takeServer()
{
    m_state = State::Over;
    m_inlet->stream->disconnect(this);
    if (m_server)
        m_server->disconnect(this);
    return std::move(m_server);
}

void HttpForward::onClientReadable()
{
    if (m_state == State::Head)
        readHead();
    else if (m_state == State::Exchange)
        pumpRequest();
}

void HttpForward::onClientClosed()
{
    if (m_state == State::Over)
        return;
    // What it had sent before is still brought to the server.
    if (m_state == State::Exchange)
        pumpRequest(true);
    if (m_state == State::Over)
        return;
    m_transaction.reset(); // as abandoned
    over(false);           // nobody is there to read the last of it
}

void HttpForward::readHead()
{
    m_inlet->fill(ProxyHeadLimit + 16);
    const QByteArray &bytes = m_inlet->buffer;
    // Whoever sends its head byte by byte costs one look at each, not one at all that came before.
    const bool whole = bytes.indexOf("\r\n\r\n", std::max<qsizetype>(m_searched - 3, 0)) >= 0;
    m_searched = bytes.size();
    const http::HeadParse parse = whole || bytes.size() > ProxyHeadLimit
                                      ? http::parseRequestHead(bytes, http::TargetForm::Any, ProxyHeadLimit)
                                      : http::HeadParse{};
    switch (parse.status) {
    case http::HeadParse::Status::NeedMore:
        if (m_inlet->stream->atEnd())
            return over(true);
        if (!bytes.isEmpty() && !m_headTimer.isActive())
            m_headTimer.start(m_ledger->limits.head);
        return;
    case http::HeadParse::Status::Refused:
        return refuseHead({reasons::BadRequest.toString(), parse.problem, parse.httpStatus});
    case http::HeadParse::Status::Done:
        break;
    }
    m_headTimer.stop();
    m_searched = 0;
    m_head = parse.head;
    m_inlet->buffer.remove(0, parse.consumed);
    begin();
}

void HttpForward::begin()
{
    m_headSent = false;
    const Parsed<Target> target = judgeTarget(m_head, m_tunnel ? &*m_tunnel : nullptr);
    const QString method = QString::fromLatin1(m_head.method);
    if (!target.value) {
        const LoggedTarget logged = loggedTarget(m_head, m_tunnel ? &*m_tunnel : nullptr);
        m_transaction = std::make_unique<Transaction>(m_ledger, method, logged.host, logged.port, logged.path);
        return answerRefusal(target.refusal);
    }
    m_target = *target.value;
    m_transaction = std::make_unique<Transaction>(m_ledger, method, QString::fromLatin1(m_target.authority.host.text),
                                                  m_target.authority.port,
                                                  m_target.connect ? QString() : loggedPath(m_target.path));
    m_closes = !m_head.keepAlive || m_head.minorVersion == 0;
    if (egress::Origin *origin = m_tunnel ? nullptr : m_ledger->originFor(m_target)) {
        dropServer();
        return askOrigin(origin);
    }
    if (m_server && (m_server->isOver() || m_server->isBroken() || m_server->atEnd() || m_target.connect ||
                     m_serverTarget != m_target.authority))
        dropServer();
    if (!m_server) {
        m_reused = false;
        return dial();
    }
    // The same connection, to an address that was checked; the rules speak again.
    const Refusal refusal = m_ledger->rules.judge(m_target.authority);
    if (!refusal.code.isEmpty())
        return answerRefusal(refusal);
    startExchange();
}

void HttpForward::askOrigin(egress::Origin *origin)
{
    if ((m_head.method != "GET" && m_head.method != "HEAD") || m_head.chunked || m_head.contentLength > 0)
        return answerRefusal(
            {reasons::Unsupported.toString(), u"isol8 answers GET and HEAD without a body at this host."_s, 405});
    m_state = State::Origin;
    m_requestDone = true;
    m_toChunks = false;
    m_reply = origin->serve({m_head.method, m_target.path, m_head.headers});
    connect(m_reply.get(), &OriginReply::head, this, &HttpForward::onAnswerHead);
    connect(m_reply.get(), &OriginReply::readable, this, &HttpForward::pumpOrigin);
    connect(m_reply.get(), &OriginReply::finished, this, &HttpForward::onOriginFinished);
}

void HttpForward::pumpOrigin()
{
    while (m_state == State::Origin && m_headSent && m_inlet->takesMore()) {
        const QByteArray data = m_reply->read(Slice);
        if (data.isEmpty())
            break;
        m_transaction->addIn(data.size());
        m_inlet->write(m_toChunks ? chunk(data) : data);
    }
    if (m_state == State::Origin && m_headSent && m_reply->atEnd())
        onOriginFinished(true);
}

void HttpForward::onOriginFinished(bool whole)
{
    if (m_state != State::Origin || (whole && m_headSent && !m_reply->atEnd()))
        return; // the rest is to be read first
    const bool answered = m_headSent;
    dropOrigin();
    if (!answered)
        return answerRefusal({reasons::BadAnswer.toString(), u"isol8 has no answer."_s, 502});
    if (!whole) {
        m_transaction.reset(); // as abandoned
        return over(false);
    }
    if (m_toChunks)
        m_inlet->write(lastChunk({}));
    m_transaction->finish();
    m_transaction.reset();
    if (m_closes)
        return over(true);
    awaitNext();
}

void HttpForward::dropOrigin()
{
    if (!m_reply)
        return;
    m_reply->disconnect(this);
    m_reply.release()->deleteLater(); // may be in its own signal
}

void HttpForward::awaitNext()
{
    m_state = State::Head;
    // Not from here: a program that sends many requests at once must not make the stack grow.
    QMetaObject::invokeMethod(this, &HttpForward::onClientReadable, Qt::QueuedConnection);
}

void HttpForward::dial()
{
    m_state = State::Dialing;
    m_dial = std::make_unique<Dial>(m_ledger, m_target.authority);
    connect(m_dial.get(), &Dial::failed, this, &HttpForward::answerRefusal);
    connect(m_dial.get(), &Dial::connected, this, &HttpForward::onDialled);
    m_dial->start();
}

void HttpForward::onDialled()
{
    adopt(m_dial->take());
    dropDial();
    m_serverTarget = m_target.authority;
    if (!m_target.connect)
        return startExchange();
    m_inlet->write("HTTP/1.1 200 Connection established\r\n\r\n");
    m_state = State::Over;
    Q_EMIT raw(true);
}

void HttpForward::adopt(std::unique_ptr<SocketStream> server)
{
    m_server = std::move(server);
    connect(m_server.get(), &ByteStream::readable, this, &HttpForward::onServerReadable);
    connect(m_server.get(), &ByteStream::closed, this, &HttpForward::onServerReadable);
    connect(m_server.get(), &ByteStream::drained, this, [this] { pumpRequest(); });
}

void HttpForward::dropServer()
{
    if (!m_server)
        return;
    SocketStream::sendOff(std::move(m_server), m_ledger->leaving);
}

// This may be a slot of its own.
void HttpForward::dropDial()
{
    if (!m_dial)
        return;
    m_dial->stop();
    m_dial->disconnect(this);
    m_dial->setParent(this);
    m_dial.release()->deleteLater();
}

void HttpForward::startExchange()
{
    m_state = State::Exchange;
    m_body = http::BodyDecoder(m_head, http::NoLimit);
    m_requestDone = false;
    m_answered = false;
    m_toChunks = false;
    m_answer.clear();
    m_parser = http::ResponseParser({m_head.method == "HEAD", asksForUpgrade(m_head), http::NoLimit, true});
    const QByteArray head = forwardedHead(m_head, m_target);
    m_server->write(head);
    m_transaction->addOut(head.size());
    pumpRequest();
}

void HttpForward::pumpRequest(bool all)
{
    while (m_state == State::Exchange && !m_requestDone && (all || m_server->pending() <= SocketStream::WriteMark)) {
        m_inlet->fill(Slice);
        qsizetype consumed = 0;
        const auto status = m_body.feed(m_inlet->buffer, &consumed);
        m_inlet->buffer.remove(0, consumed);
        const QByteArray data = m_body.take();
        QByteArray out = m_head.chunked ? chunk(data) : data;
        m_requestDone = status == http::BodyDecoder::Status::Done;
        if (m_requestDone && m_head.chunked)
            out += lastChunk(m_body.trailers());
        m_server->write(out);
        m_transaction->addOut(out.size());
        if (status == http::BodyDecoder::Status::Malformed || status == http::BodyDecoder::Status::TooLarge)
            return answerRefusal(
                {reasons::BadRequest.toString(), u"The chunks of the request's body are malformed."_s, 400});
        if (m_requestDone || consumed > 0)
            continue;
        if (!m_inlet->atEnd())
            return;
        m_transaction.reset(); // as abandoned: the body lacks its end
        return over(false);
    }
}

void HttpForward::onServerReadable()
{
    if (m_state == State::Exchange)
        pumpAnswer();
    else if (m_state == State::Head)
        dropServer(); // it closed, or spoke unasked
}

void HttpForward::pumpAnswer()
{
    if (m_state == State::Origin)
        return pumpOrigin();
    while (m_state == State::Exchange && m_inlet->takesMore()) {
        if (m_answer.isEmpty()) {
            m_answer = m_server->read(Slice);
            m_transaction->addIn(m_answer.size());
            ++m_inlet->activity;
        }
        if (m_answer.isEmpty()) {
            if (!m_server->atEnd())
                return;
            if (m_server->isBroken() || m_parser.finish() != Event::Complete)
                return onAnswerBroken(m_parser.problem());
            return onAnswerComplete();
        }
        m_answered = true;
        QByteArrayView rest = m_answer;
        bool more = true;
        while (more && m_state == State::Exchange) {
            const http::ResponseParser::Step parsed = m_parser.parse(rest);
            rest = rest.sliced(parsed.consumed);
            if (parsed.event == Event::Complete || parsed.event == Event::Upgraded || parsed.event == Event::Failed) {
                m_answer = rest.toByteArray();
                if (parsed.event == Event::Failed)
                    return onAnswerBroken(m_parser.problem());
                if (parsed.event == Event::Complete)
                    return onAnswerComplete();
                m_state = State::Over;
                Q_EMIT raw(false);
                return;
            }
            more = step(parsed);
        }
        m_answer.clear();
    }
}

bool HttpForward::step(const http::ResponseParser::Step &parsed)
{
    switch (parsed.event) {
    case Event::Interim:
        if (m_head.minorVersion == 1)
            m_inlet->write(returnedHead(m_parser.head(), {}, false));
        return true;
    case Event::Head:
        onAnswerHead(m_parser.head());
        return true;
    case Event::Body:
        m_inlet->write(m_toChunks ? chunk(parsed.body.toByteArray()) : parsed.body.toByteArray());
        return true;
    default:
        return false;
    }
}

void HttpForward::onAnswerHead(const http::ResponseHead &head)
{
    const bool empty = m_head.method == "HEAD" || head.status == 204 || head.status == 304;
    const QByteArray length = head.value("content-length");
    const bool chunked = !head.value("transfer-encoding").isNull();
    // The program may well send the rest of its body; but whether it has understood where that ends is uncertain.
    m_closes = m_closes || !m_requestDone;
    QByteArray framing;
    if (!length.isNull() && head.status != 204 && head.status != 101) {
        framing = "Content-Length: " + length + "\r\n";
    } else if (head.status != 101 && (!empty || chunked) && head.status != 204) {
        m_toChunks = m_head.minorVersion == 1;
        if (m_toChunks)
            framing = "Transfer-Encoding: chunked\r\n";
        m_toChunks = m_toChunks && !empty;
        m_closes = m_closes || m_head.minorVersion == 0;
    }
    m_inlet->write(returnedHead(head, framing, m_closes));
    m_headSent = true;
}

void HttpForward::onAnswerComplete()
{
    if (m_toChunks)
        m_inlet->write(lastChunk(m_parser.trailers()));
    m_transaction->finish();
    m_transaction.reset();
    if (!m_requestDone || m_closes)
        return over(true);
    if (!m_parser.keepsAlive() || !m_answer.isEmpty() || m_server->atEnd())
        dropServer();
    m_answer.clear();
    m_reused = true;
    awaitNext();
}

bool HttpForward::canRepeat() const
{
    static const QByteArrayList Safe{"GET", "HEAD", "OPTIONS"};
    return m_reused && !m_tunnel && !m_answered && m_requestDone && Safe.contains(m_head.method) && !m_head.chunked &&
           m_head.contentLength == 0;
}

void HttpForward::onAnswerBroken(const QString &problem)
{
    const bool repeat = canRepeat();
    dropServer();
    if (repeat) { // the server had closed a connection that was kept
        m_reused = false;
        return dial();
    }
    const Refusal refusal{
        reasons::BadAnswer.toString(),
        u"%1 did not answer properly: %2."_s.arg(QString::fromLatin1(m_target.authority.host.text),
                                                 problem.isEmpty() ? u"the connection broke"_s : problem),
        502};
    answerRefusal(refusal);
}

void HttpForward::refuseHead(const Refusal &refusal)
{
    m_transaction = std::make_unique<Transaction>(m_ledger, QString(), QString(), 0, QString());
    m_headSent = false;
    answerRefusal(refusal);
}

void HttpForward::answerRefusal(const Refusal &refusal)
{
    m_headTimer.stop();
    m_transaction->refuse(refusal);
    m_transaction->finish();
    m_transaction.reset();
    if (m_headSent) // half of another answer
        return over(false);
    const QByteArray body = refusal.sentence.toUtf8() + '\n';
    QByteArray answer = "HTTP/1.1 " + QByteArray::number(refusal.status) + ' ' + reasonPhrase(refusal.sentence) +
                        "\r\nContent-Type: text/plain; charset=utf-8\r\nX-Isol8-Reason: " + refusal.code.toLatin1() +
                        "\r\nContent-Length: " + QByteArray::number(body.size()) + "\r\nConnection: close\r\n\r\n";
    if (m_head.method != "HEAD")
        answer += body;
    m_inlet->write(answer);
    over(true);
}

void HttpForward::over(bool clean)
{
    m_state = State::Over;
    m_headTimer.stop();
    dropServer();
    dropOrigin();
    dropDial();
    if (clean)
        Q_EMIT finished();
    else
        Q_EMIT broken();
}

} // namespace isol8::egress
