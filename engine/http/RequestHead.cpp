// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/http/RequestHead.h>

#include <isol8/http/Grammar.h>

using namespace Qt::StringLiterals;

namespace isol8::http {

namespace {

constexpr qsizetype MethodLimit = 16;
constexpr qsizetype LengthDigits = 15;
constexpr qsizetype ChunkDigits = 8;
constexpr qsizetype LineLimit = 1024;
constexpr qsizetype TrailerLimit = 8 * 1024;

bool isTarget(QByteArrayView text)
{
    return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

HeadParse refused(int status, const QString &problem)
{
    HeadParse parse;
    parse.status = HeadParse::Status::Refused;
    parse.httpStatus = status;
    parse.problem = problem;
    return parse;
}

// Problems are empty where there are none.
struct Problem
{
    int status = 0;
    QString sentence;
    [[nodiscard]] explicit operator bool() const { return status != 0; }
};

Problem parseTarget(QByteArrayView target, RequestHead *head)
{
    // A client that takes us for its proxy sends the whole address.
    if (target.size() > 7 && target.first(7).compare("http://", Qt::CaseInsensitive) == 0) {
        const qsizetype slash = target.indexOf('/', 7);
        target = slash < 0 ? QByteArrayView("/") : target.sliced(slash);
    }
    if (!target.startsWith('/'))
        return {400, u"The request's target is not a path."_s};
    const qsizetype mark = target.indexOf('?');
    head->path = target.first(mark < 0 ? target.size() : mark).toByteArray();
    head->query = mark < 0 ? QByteArray() : target.sliced(mark + 1).toByteArray();
    return {};
}

Problem parseRequestLine(QByteArrayView line, TargetForm form, RequestHead *head)
{
    const qsizetype first = line.indexOf(' ');
    const qsizetype last = line.lastIndexOf(' ');
    if (first <= 0 || last == first)
        return {400, u"The request line is not one of HTTP/1.1."_s};
    const QByteArrayView version = line.sliced(last + 1);
    if (version.size() != 8 || !version.startsWith("HTTP/"))
        return {400, u"The request line is not one of HTTP/1.1."_s};
    if (version != "HTTP/1.1" && version != "HTTP/1.0")
        return {505, u"This service speaks HTTP/1.1."_s};
    head->minorVersion = version.back() - '0';
    head->method = line.first(first).toByteArray();
    if (!isToken(head->method))
        return {400, u"The request's method is not a word."_s};
    if (head->method.size() > MethodLimit)
        return {501, u"The request's method is not known."_s};
    const QByteArrayView target = line.sliced(first + 1, last - first - 1);
    if (!isTarget(target))
        return {400, u"The request's target holds a blank, or what is not ASCII."_s};
    head->target = target.toByteArray();
    return form == TargetForm::Path ? parseTarget(target, head) : Problem{};
}

Problem parseField(QByteArrayView line, QList<Header> *headers)
{
    const qsizetype colon = line.indexOf(':');
    if (colon < 0 || !isToken(line.first(colon)))
        return {400, u"A header field has no name, or a blank before its colon."_s};
    const QByteArrayView value = withoutBlanks(line.sliced(colon + 1));
    if (!isFieldText(value))
        return {400, u"A header field holds a control character."_s};
    if (headers->size() >= HeadFieldLimit)
        return {431, u"The request has more than %1 header fields."_s.arg(HeadFieldLimit)};
    headers->append({line.first(colon).toByteArray(), value.toByteArray()});
    return {};
}

qsizetype countOf(const RequestHead &head, QByteArrayView name)
{
    return std::count_if(head.headers.begin(), head.headers.end(), [&](const Header &header) {
        return QByteArrayView(header.name).compare(name, Qt::CaseInsensitive) == 0;
    });
}

Problem judgeLength(RequestHead *head)
{
    const bool hasLength = countOf(*head, "content-length") > 0;
    if (countOf(*head, "transfer-encoding") > 0) {
        if (hasLength)
            return {400, u"The request has both Content-Length and Transfer-Encoding."_s};
        if (head->minorVersion == 0)
            return {400, u"HTTP/1.0 has no Transfer-Encoding."_s};
        if (countOf(*head, "transfer-encoding") > 1 ||
            head->value("transfer-encoding").compare("chunked", Qt::CaseInsensitive) != 0)
            return {501, u"The only Transfer-Encoding that this service takes is chunked."_s};
        head->chunked = true;
        return {};
    }
    if (!hasLength)
        return {};
    const QByteArray length = head->value("content-length");
    const bool digits = std::all_of(length.begin(), length.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (countOf(*head, "content-length") > 1 || length.isEmpty() || !digits)
        return {400, u"Content-Length is not one number."_s};
    if (length.size() > LengthDigits)
        return {413, u"The body is too large."_s};
    head->contentLength = length.toLongLong();
    return {};
}

Problem judge(RequestHead *head)
{
    const qsizetype hosts = countOf(*head, "host");
    if (hosts > 1 || (hosts == 0 && head->minorVersion == 1))
        return {400, u"The request needs one Host field."_s};
    if (const Problem problem = judgeLength(head))
        return problem;
    head->keepAlive =
        head->minorVersion == 1 ? !head->hasToken("connection", "close") : head->hasToken("connection", "keep-alive");
    const QByteArray expect = head->value("expect");
    if (!expect.isNull() && expect.compare("100-continue", Qt::CaseInsensitive) != 0)
        return {417, u"The only expectation that this service meets is 100-continue."_s};
    head->expectsContinue = !expect.isNull() && head->minorVersion == 1;
    return {};
}

} // namespace

QByteArray RequestHead::value(QByteArrayView name) const
{
    for (const Header &header : headers) {
        if (QByteArrayView(header.name).compare(name, Qt::CaseInsensitive) == 0)
            return header.value.isNull() ? QByteArray("") : header.value;
    }
    return {};
}

bool RequestHead::hasToken(QByteArrayView name, QByteArrayView token) const
{
    for (const Header &header : headers) {
        if (QByteArrayView(header.name).compare(name, Qt::CaseInsensitive) != 0)
            continue;
        for (const QByteArray &item : header.value.split(',')) {
            if (withoutBlanks(item).compare(token, Qt::CaseInsensitive) == 0)
                return true;
        }
    }
    return false;
}

HeadParse parseRequestHead(QByteArrayView input, TargetForm form, qsizetype headLimit)
{
    // One client or another sends an empty line behind its last body.
    qsizetype begin = 0;
    while (begin < 4 && input.sliced(begin).startsWith("\r\n"))
        begin += 2;
    const QByteArrayView rest = input.sliced(begin);
    const qsizetype end = rest.first(std::min(rest.size(), headLimit + 4)).indexOf("\r\n\r\n");
    if (end < 0)
        return rest.size() > headLimit ? refused(431, u"The request's head is larger than %1 bytes."_s.arg(headLimit))
                                       : HeadParse{};
    HeadParse parse;
    parse.consumed = begin + end + 4;
    bool isFirst = true;
    for (qsizetype at = 0; at <= end;) {
        qsizetype stop = rest.indexOf("\r\n", at);
        const QByteArrayView line = rest.sliced(at, stop - at);
        const Problem problem = std::exchange(isFirst, false) ? parseRequestLine(line, form, &parse.head)
                                                              : parseField(line, &parse.head.headers);
        if (problem)
            return refused(problem.status, problem.sentence);
        at = stop + 2;
    }
    if (const Problem problem = judge(&parse.head))
        return refused(problem.status, problem.sentence);
    parse.status = HeadParse::Status::Done;
    return parse;
}

BodyDecoder::BodyDecoder(const RequestHead &head, qint64 limit)
    : m_state(head.chunked ? State::Size : State::Plain)
    , m_limit(limit)
    , m_left(head.contentLength)
{
}

BodyDecoder::Status BodyDecoder::feed(QByteArrayView input, qsizetype *consumed)
{
    *consumed = 0;
    if (m_state != State::Plain)
        return m_state == State::Done ? Status::Done : feedChunked(input, consumed);
    if (m_left > m_limit - m_body.size())
        return Status::TooLarge;
    *consumed = std::min<qsizetype>(m_left, input.size());
    m_body.append(input.first(*consumed));
    m_left -= *consumed;
    if (m_left > 0)
        return Status::NeedMore;
    m_state = State::Done;
    return Status::Done;
}

BodyDecoder::Status BodyDecoder::feedChunked(QByteArrayView input, qsizetype *consumed)
{
    qsizetype &at = *consumed;
    while (m_state != State::Done) {
        if (m_state == State::Data) {
            const auto part = std::min<qsizetype>(m_left, input.size() - at);
            m_body.append(input.sliced(at, part));
            at += part;
            m_left -= part;
            if (m_left > 0)
                return Status::NeedMore;
            m_state = State::DataEnd;
        }
        if (!takeLine(input, &at))
            return m_line.size() > LineLimit ? Status::Malformed : Status::NeedMore;
        if (m_state == State::Size) {
            if (const Status status = parseSize(); status != Status::NeedMore)
                return status;
        } else if (m_state == State::DataEnd) {
            if (!m_line.isEmpty())
                return Status::Malformed;
            m_state = State::Size;
        } else if (m_line.isEmpty()) {
            m_state = State::Done;
        } else {
            m_trailerBytes += m_line.size();
            if (m_trailerBytes > TrailerLimit || parseField(m_line, &m_trailers))
                return Status::Malformed;
        }
        m_line.clear();
    }
    return Status::Done;
}

bool BodyDecoder::takeLine(QByteArrayView input, qsizetype *at)
{
    while (*at < input.size() && m_line.size() <= LineLimit) {
        m_line.append(input[(*at)++]);
        if (m_line.endsWith("\r\n")) {
            m_line.chop(2);
            return true;
        }
    }
    return false;
}

BodyDecoder::Status BodyDecoder::parseSize()
{
    const qsizetype semicolon = m_line.indexOf(';');
    const QByteArray digits =
        withoutBlanks(QByteArrayView(m_line).first(semicolon < 0 ? m_line.size() : semicolon)).toByteArray();
    const bool hexadecimal = std::all_of(digits.begin(), digits.end(),
                                         [](char c) { return QByteArrayView("0123456789abcdefABCDEF").contains(c); });
    if (digits.isEmpty() || digits.size() > ChunkDigits || !hexadecimal || !isFieldText(m_line))
        return Status::Malformed;
    m_left = digits.toLongLong(nullptr, 16);
    if (m_left > m_limit - m_body.size())
        return Status::TooLarge;
    m_state = m_left == 0 ? State::Trailer : State::Data;
    return Status::NeedMore;
}

} // namespace isol8::http
