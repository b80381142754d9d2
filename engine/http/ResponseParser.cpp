// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/http/ResponseParser.h>

#include <isol8/http/Grammar.h>

using namespace Qt::StringLiterals;

namespace isol8::http {

namespace {

//! Digits and nothing else; -1 for anything that is no number, or too large.
qint64 parseDecimal(QByteArrayView text)
{
    if (text.isEmpty() || text.size() > 19)
        return -1;
    quint64 value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9')
            return -1;
        value = value * 10 + static_cast<quint64>(c - '0');
    }
    return value > static_cast<quint64>(std::numeric_limits<qint64>::max()) ? -1 : static_cast<qint64>(value);
}

int hexDigit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

} // namespace

ResponseParser::Step ResponseParser::parse(QByteArrayView input)
{
    Step step;
    for (;;) {
        if (m_headDue) {
            m_headDue = false;
            step.event = m_state == State::StatusLine ? Event::Interim : Event::Head;
            return step;
        }
        bool fine = true;
        switch (m_state) {
        case State::Complete:
            step.event = Event::Complete;
            return step;
        case State::Upgraded:
            step.event = Event::Upgraded;
            return step;
        case State::Failed:
            step.event = Event::Failed;
            return step;
        case State::StatusLine:
        case State::Fields:
        case State::Trailers:
            if (takeLine(input, step.consumed, HeadLimit)) {
                if (m_state == State::StatusLine)
                    fine = parseStatusLine();
                else if (!m_line.isEmpty())
                    fine = parseField();
                else if (m_state == State::Fields)
                    fine = endOfHead();
                else
                    m_state = State::Complete;
                m_line.clear();
                break;
            }
            if (m_state == State::Failed)
                break;
            return step;
        case State::ChunkSize:
        case State::ChunkEnd:
            if (takeLine(input, step.consumed, m_state == State::ChunkSize ? ChunkLineLimit : 0)) {
                if (m_state == State::ChunkSize)
                    fine = parseChunkSize();
                else
                    m_state = State::ChunkSize;
                m_line.clear();
                break;
            }
            if (m_state == State::Failed)
                break;
            return step;
        case State::Length:
        case State::UntilClose:
        case State::ChunkData:
            if (step.consumed == input.size())
                return step;
            return takeBody(input, step.consumed);
        }
        if (!fine)
            m_state = State::Failed;
    }
}

ResponseParser::Event ResponseParser::finish()
{
    if (m_state == State::UntilClose)
        m_state = State::Complete;
    if (m_state == State::Complete)
        return Event::Complete;
    if (m_state != State::Failed)
        refuse(m_state == State::StatusLine && m_line.isEmpty()
                   ? u"the connection was closed without an answer"_s
                   : u"the connection was closed in the middle of an answer"_s);
    return Event::Failed;
}

bool ResponseParser::takeLine(QByteArrayView input, qsizetype &consumed, qsizetype limit)
{
    const QByteArrayView rest = input.sliced(consumed);
    const qsizetype end = rest.indexOf('\n');
    const QByteArrayView part = end < 0 ? rest : rest.first(end + 1);
    const bool counted = m_state != State::ChunkSize && m_state != State::ChunkEnd;
    // The same bytes must be refused however they are cut: the limit is the line's, its CRLF excluded.
    const qsizetype used = counted ? m_headBytes : m_line.size();
    if (used + part.size() > limit + 2) {
        refuse(counted      ? u"the answer's head is too large"_s
               : limit == 0 ? u"a chunk is longer than its size says"_s
                            : u"a chunk's size line is too long"_s);
        return false;
    }
    m_line += part;
    consumed += part.size();
    if (counted)
        m_headBytes += part.size();
    if (end < 0)
        return false;
    if (!m_line.endsWith("\r\n")) {
        refuse(u"a line does not end in CRLF"_s);
        return false;
    }
    m_line.chop(2);
    if (!isFieldText(m_line)) {
        refuse(u"a line holds a control byte"_s);
        return false;
    }
    return true;
}

bool ResponseParser::parseStatusLine()
{
    const QByteArrayView line = m_line;
    // "HTTP/1.1 200 OK"; the reason, and the blank before it, may be missing.
    if (line.size() < 12 || !line.startsWith("HTTP/1.") || (line[7] != '0' && line[7] != '1') || line[8] != ' ')
        return refuse(u"the answer does not begin like HTTP/1.1"_s);
    const qint64 status = parseDecimal(line.sliced(9, 3));
    if (status < 100 || status > 599 || (line.size() > 12 && line[12] != ' '))
        return refuse(u"the answer's status is no number from 100 to 599"_s);
    m_head = {};
    m_head.minorVersion = line[7] - '0';
    m_head.status = static_cast<int>(status);
    m_head.reason = line.size() > 13 ? line.sliced(13).toByteArray() : QByteArray();
    m_contentLength = -1;
    m_chunked = false;
    m_fieldCount = 0;
    m_state = State::Fields;
    return true;
}

bool ResponseParser::parseField()
{
    if (++m_fieldCount > HeaderCountLimit)
        return refuse(u"the answer has too many header fields"_s);
    const QByteArrayView line = m_line;
    const qsizetype colon = line.indexOf(':');
    const QByteArrayView name = colon < 0 ? QByteArrayView() : line.first(colon);
    if (!isToken(name))
        return refuse(u"a header field has no proper name"_s);
    const QByteArray value = withoutBlanks(line.sliced(colon + 1)).toByteArray();
    if (m_state == State::Trailers) {
        m_trailers.append({name.toByteArray(), value});
        return true;
    }
    if (name.compare("content-length", Qt::CaseInsensitive) == 0) {
        const qint64 length = parseDecimal(value);
        if (length < 0)
            return refuse(u"Content-Length is no length"_s);
        if (m_contentLength >= 0 && m_contentLength != length)
            return refuse(u"there are two different Content-Lengths"_s);
        m_contentLength = length;
    } else if (name.compare("transfer-encoding", Qt::CaseInsensitive) == 0) {
        if (m_chunked || value.compare("chunked", Qt::CaseInsensitive) != 0)
            return refuse(u"Transfer-Encoding is something else than chunked"_s);
        m_chunked = true;
    }
    m_head.headers.append({name.toByteArray(), value});
    return true;
}

bool ResponseParser::endOfHead()
{
    if (m_chunked && m_contentLength >= 0)
        return refuse(u"there are a Content-Length and a Transfer-Encoding"_s);
    if (m_chunked && m_head.minorVersion == 0)
        return refuse(u"HTTP/1.0 has no Transfer-Encoding"_s);
    const int status = m_head.status;
    if (status < 200 && status != 101) {
        m_state = State::StatusLine;
        m_headDue = m_expectation.interim;
        return true;
    }
    m_headDue = true;
    if (status == 101) {
        if (!m_expectation.upgrade)
            return refuse(u"the protocol was switched unasked"_s);
        m_state = State::Upgraded;
        return true;
    }
    // Docker before API 1.42, and any daemon that was not asked by "Upgrade: tcp": a 200 whose body is the raw stream.
    const QByteArray type = m_head.value("content-type");
    if (m_expectation.upgrade && status == 200 && !m_chunked && m_contentLength < 0 &&
        (type == "application/vnd.docker.raw-stream" || type == "application/vnd.docker.multiplexed-stream")) {
        m_state = State::Upgraded;
        return true;
    }
    m_keepAlive = m_head.minorVersion == 1 ? !m_head.hasToken("connection", "close")
                                           : m_head.hasToken("connection", "keep-alive");
    if (m_expectation.noBody || status == 204 || status == 304 || (!m_chunked && m_contentLength == 0)) {
        m_state = State::Complete;
    } else if (m_chunked) {
        m_state = State::ChunkSize;
    } else if (m_contentLength > 0) {
        if (m_contentLength > m_expectation.bodyLimit)
            return refuse(u"the answer is too large"_s);
        m_left = m_contentLength;
        m_state = State::Length;
    } else {
        m_keepAlive = false;
        m_state = State::UntilClose;
    }
    return true;
}

bool ResponseParser::parseChunkSize()
{
    const QByteArrayView line = m_line;
    qsizetype digits = 0;
    quint64 size = 0;
    for (; digits < line.size() && hexDigit(line[digits]) >= 0; ++digits) {
        if (size >> 59)
            return refuse(u"a chunk's size is too large"_s);
        size = size << 4 | static_cast<quint64>(hexDigit(line[digits]));
    }
    const QByteArrayView rest = withoutBlanks(line.sliced(digits));
    if (digits == 0 || (!rest.isEmpty() && rest.front() != ';'))
        return refuse(u"a chunk's size is no number"_s);
    if (size == 0) {
        m_fieldCount = 0;
        m_state = State::Trailers;
        return true;
    }
    m_left = static_cast<qint64>(size);
    if (m_left > m_expectation.bodyLimit - m_received)
        return refuse(u"the answer is too large"_s);
    m_state = State::ChunkData;
    return true;
}

ResponseParser::Step ResponseParser::takeBody(QByteArrayView input, qsizetype consumed)
{
    const QByteArrayView rest = input.sliced(consumed);
    const qint64 room = m_state == State::UntilClose ? m_expectation.bodyLimit - m_received : m_left;
    const auto size = static_cast<qsizetype>(std::min<qint64>(rest.size(), room));
    if (size == 0) {
        refuse(u"the answer is too large"_s);
        return {Event::Failed, consumed, {}};
    }
    m_received += size;
    if (m_state != State::UntilClose) {
        m_left -= size;
        if (m_left == 0)
            m_state = m_state == State::Length ? State::Complete : State::ChunkEnd;
    }
    return {Event::Body, consumed + size, rest.first(size)};
}

bool ResponseParser::refuse(const QString &problem)
{
    m_state = State::Failed;
    m_headDue = false;
    m_keepAlive = false;
    m_problem = problem;
    return false;
}

} // namespace isol8::http
