// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; http
// Each row is fed whole, byte by byte, and cut in two at every place: the outcome must be the same.
#include <isol8/http/ResponseParser.h>

#include <QRandomGenerator>
#include <QTest>

using namespace isol8::http;
using namespace Qt::StringLiterals;

namespace {

struct Outcome
{
    QByteArray end = "more"; //!< more, complete, upgraded, or the problem
    ResponseHead head;
    QByteArray body;
    QByteArray rest;
    bool keepsAlive = false;
    int heads = 0;
    friend bool operator==(const Outcome &, const Outcome &) = default;
};

QByteArray describe(const Outcome &outcome)
{
    QByteArray text = outcome.end + " status " + QByteArray::number(outcome.head.status) + " heads " +
                      QByteArray::number(outcome.heads) + (outcome.keepsAlive ? " alive" : " closes") + " body '" +
                      outcome.body.left(200) + "' rest '" + outcome.rest.left(200) + '\'';
    return text;
}

QByteArray nameOf(ResponseParser::Event event, const ResponseParser &parser)
{
    switch (event) {
    case ResponseParser::Event::Complete:
        return "complete";
    case ResponseParser::Event::Upgraded:
        return "upgraded";
    case ResponseParser::Event::Failed:
        return parser.problem().toUtf8();
    default:
        return "more";
    }
}

Outcome feed(const QList<QByteArray> &pieces, ResponseParser::Expectation expectation, bool closes)
{
    Outcome outcome;
    ResponseParser parser(expectation);
    bool over = false;
    for (const QByteArray &piece : pieces) {
        QByteArrayView view = piece;
        for (bool more = !over; more;) {
            const auto step = parser.parse(view);
            if (step.consumed < 0 || step.consumed > view.size())
                qFatal("consumed more than there is");
            view = view.sliced(step.consumed);
            switch (step.event) {
            case ResponseParser::Event::NeedMore:
                if (!view.isEmpty())
                    qFatal("needs more and has not used what there is");
                more = false;
                break;
            case ResponseParser::Event::Head:
                ++outcome.heads;
                outcome.head = parser.head();
                break;
            case ResponseParser::Event::Body:
                if (step.body.isEmpty())
                    qFatal("an empty piece of body");
                outcome.body += step.body;
                break;
            default:
                outcome.end = nameOf(step.event, parser);
                over = true;
                more = false;
            }
        }
        outcome.rest += view;
    }
    if (!over && closes) {
        const auto event = parser.finish();
        outcome.end = nameOf(event, parser);
        over = true;
    }
    outcome.keepsAlive = over && parser.keepsAlive();
    if (outcome.end != "complete" && outcome.end != "upgraded" && outcome.end != "more")
        outcome.rest.clear(); // where a refused input is left does not matter
    return outcome;
}

QList<QByteArray> singleBytes(const QByteArray &input)
{
    QList<QByteArray> pieces;
    pieces.reserve(input.size());
    for (const char c : input)
        pieces.append(QByteArray(1, c));
    return pieces;
}

const QByteArray Ok = "HTTP/1.1 200 OK\r\n";

} // namespace

class tst_httpparser : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void answers_data();
    void answers();
    void heads();
    void interimAndTrailers();
    void limits_data();
    void limits();
    void mutations();
};

void tst_httpparser::answers_data()
{
    QTest::addColumn<QByteArray>("input");
    QTest::addColumn<QByteArray>(
        "mode"); // c: then the peer closes; u: asked for an upgrade; h: HEAD; l: limit of 5 bytes
    QTest::addColumn<QByteArray>("end");
    QTest::addColumn<int>("status");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QByteArray>("rest");
    QTest::addColumn<bool>("keepsAlive");

    const auto fine = [](const char *name, const QByteArray &input, int status, const QByteArray &body,
                         bool keepsAlive = true, const QByteArray &rest = {}, const QByteArray &mode = {}) {
        QTest::newRow(name) << input << mode << QByteArray("complete") << status << body << rest << keepsAlive;
    };
    fine("length", Ok + "Content-Length: 5\r\n\r\nhello", 200, "hello");
    fine("length zero", Ok + "Content-Length: 0\r\n\r\n", 200, "");
    fine("bytes behind", Ok + "Content-Length: 2\r\n\r\nhiHTTP/1.1", 200, "hi", true, "HTTP/1.1");
    fine("binary body", Ok + QByteArray("Content-Length: 4\r\n\r\n\0\r\n\xff", 25), 200, QByteArray("\0\r\n\xff", 4));
    fine("same length twice", Ok + "Content-Length: 2\r\ncontent-length: 2\r\n\r\nhi", 200, "hi");
    fine("field names of any case", Ok + "cOnTent-LENGTH:2\r\n\r\nhi", 200, "hi");
    fine("no reason", "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nhi", 200, "hi");
    fine("empty reason", "HTTP/1.1 404 \r\nContent-Length: 2\r\n\r\nhi", 404, "hi");
    fine("latin reason", "HTTP/1.1 404 Nicht gef\xfcnden\r\nContent-Length: 0\r\n\r\n", 404, "");
    fine("close asked", Ok + "Connection: close\r\nContent-Length: 2\r\n\r\nhi", 200, "hi", false);
    fine("close among others", Ok + "Connection: x, Close\r\nContent-Length: 2\r\n\r\nhi", 200, "hi", false);
    fine("HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", 200, "hi", false);
    fine("HTTP/1.0 kept", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nhi", 200, "hi");
    fine("until close", Ok + "\r\nhello", 200, "hello", false, {}, "c");
    fine("until close, nothing", Ok + "\r\n", 200, "", false, {}, "c");
    fine("204", "HTTP/1.1 204 No Content\r\n\r\n", 204, "", true, {});
    fine("204 with a length", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nHTTP/", 204, "", true, "HTTP/");
    fine("304", "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", 304, "");
    fine("HEAD", Ok + "Content-Length: 9\r\n\r\n", 200, "", true, {}, "h");
    fine("HEAD chunked", Ok + "Transfer-Encoding: chunked\r\n\r\n", 200, "", true, {}, "h");
    fine("100 before", "HTTP/1.1 100 Continue\r\n\r\n" + Ok + "Content-Length: 2\r\n\r\nhi", 200, "hi");
    fine("103 with fields before",
         "HTTP/1.1 103 Early Hints\r\nContent-Length: 7\r\nLink: x\r\n\r\n" + Ok + "Content-Length: 2\r\n\r\nhi", 200,
         "hi");
    const QByteArray chunked = Ok + "Transfer-Encoding: chunked\r\n\r\n";
    fine("chunked", chunked + "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", 200, "hello world");
    fine("chunked, nothing", chunked + "0\r\n\r\n", 200, "");
    fine("chunked, long zero", chunked + "0000\r\n\r\n", 200, "");
    fine("chunked, hex of both cases", chunked + "A\r\n0123456789\r\nb\r\n0123456789a\r\n0\r\n\r\n", 200,
         "01234567890123456789a");
    fine("chunk extensions", chunked + "5;a=b;c=\"d\"\r\nhello\r\n0;last\r\n\r\n", 200, "hello");
    fine("chunk size and blank", chunked + "5 \r\nhello\r\n0\t;x\r\n\r\n", 200, "hello");
    fine("trailers", chunked + "2\r\nhi\r\n0\r\nExpires: never\r\nContent-Length: 99\r\n\r\nrest", 200, "hi", true,
         "rest");
    fine("CRLF in chunk", chunked + "4\r\n\r\n\r\n\r\n0\r\n\r\n", 200, "\r\n\r\n");
    fine("chunked, any case", Ok + "transfer-encoding: Chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", 200, "hi");
    fine("limit met by length", Ok + "Content-Length: 5\r\n\r\nhello", 200, "hello", true, {}, "l");
    fine("limit met by chunks", chunked + "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", 200, "hello", true, {}, "l");
    fine("limit met until close", Ok + "\r\nhello", 200, "hello", false, {}, "lc");
    fine("upgrade refused",
         "HTTP/1.1 404 Not Found\r\nContent-Type: application/vnd.docker.raw-stream\r\nContent-Length: 2\r\n\r\nhi",
         404, "hi", true, {}, "u");
    fine("upgrade answered by something else", Ok + "Content-Type: text/plain\r\n\r\nhi", 200, "hi", false, {}, "uc");
    fine("raw stream unasked", Ok + "Content-Type: application/vnd.docker.raw-stream\r\n\r\nhi", 200, "hi", false, {},
         "c");

    const auto upgraded = [](const char *name, const QByteArray &input, int status, const QByteArray &rest) {
        QTest::newRow(name) << input << QByteArray("u") << QByteArray("upgraded") << status << QByteArray() << rest
                            << false;
    };
    const QByteArray raw = "Content-Type: application/vnd.docker.raw-stream\r\n";
    upgraded("101", "HTTP/1.1 101 UPGRADED\r\n" + raw + "Connection: Upgrade\r\nUpgrade: tcp\r\n\r\nstream", 101,
             "stream");
    upgraded("101 alone", "HTTP/1.1 101 UPGRADED\r\n\r\n", 101, "");
    upgraded("100, then 101", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 101 UPGRADED\r\n\r\nx", 101, "x");
    upgraded("200 hijack", Ok + raw + "\r\nHTTP/1.1 stream", 200, "HTTP/1.1 stream");
    upgraded("200 hijack, multiplexed", Ok + "Content-Type: application/vnd.docker.multiplexed-stream\r\n\r\n", 200,
             "");

    const auto more = [](const char *name, const QByteArray &input) {
        QTest::newRow(name) << input << QByteArray() << QByteArray("more") << -1 << QByteArray() << QByteArray()
                            << false;
    };
    more("nothing", "");
    more("begun", "HTTP/1.1 2");
    more("no empty line", Ok + "Content-Length: 5\r\n");

    const auto bad = [](const char *name, const QByteArray &input, const QByteArray &problem,
                        const QByteArray &mode = {}, const QByteArray &body = {}) {
        QTest::newRow(name) << input << mode << problem << -1 << body << QByteArray() << false;
    };
    const QByteArray noStatus = "the answer's status is no number from 100 to 599";
    const QByteArray noHttp = "the answer does not begin like HTTP/1.1";
    const QByteArray noLength = "Content-Length is no length";
    bad("closed at once", "", "the connection was closed without an answer", "c");
    bad("closed in status", "HTTP/1.1 20", "the connection was closed in the middle of an answer", "c");
    bad("closed in fields", Ok + "A: b\r\n", "the connection was closed in the middle of an answer", "c");
    bad("closed in body", Ok + "Content-Length: 5\r\n\r\nhel", "the connection was closed in the middle of an answer",
        "c", "hel");
    bad("closed in chunk", chunked + "5\r\nhel", "the connection was closed in the middle of an answer", "c", "hel");
    bad("closed before last chunk", chunked + "5\r\nhello\r\n", "the connection was closed in the middle of an answer",
        "c", "hello");
    bad("closed in trailers", chunked + "0\r\nA: b\r\n", "the connection was closed in the middle of an answer", "c");
    bad("closed after 100", "HTTP/1.1 100 Continue\r\n\r\n", "the connection was closed without an answer", "c");
    bad("empty line first", "\r\nHTTP/1.1 200 OK\r\n\r\n", noHttp);
    bad("another protocol", "SSH-2.0-OpenSSH_9.2\r\n", noHttp);
    bad("HTTP/2", "HTTP/2.0 200 OK\r\n\r\n", noHttp);
    bad("HTTP/1.2", "HTTP/1.2 200 OK\r\n\r\n", noHttp);
    bad("HTTP/0.9", "<html></html>\r\n", noHttp);
    bad("lower case", "http/1.1 200 OK\r\n\r\n", noHttp);
    bad("TLS alert", QByteArray("\x15\x03\x01\x00\x02\x02\x28\r\n", 9), "a line holds a control byte");
    bad("status of two digits", "HTTP/1.1 20 OK\r\n\r\n", noStatus);
    bad("status of four digits", "HTTP/1.1 2000 OK\r\n\r\n", noStatus);
    bad("status 099", "HTTP/1.1 099 OK\r\n\r\n", noStatus);
    bad("status 600", "HTTP/1.1 600 OK\r\n\r\n", noStatus);
    bad("status -20", "HTTP/1.1 -20 OK\r\n\r\n", noStatus);
    bad("two blanks", "HTTP/1.1  200 OK\r\n\r\n", noStatus);
    bad("bare LF after status", "HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n", "a line does not end in CRLF");
    bad("bare LF after field", Ok + "A: b\n\r\n", "a line does not end in CRLF");
    bad("bare LF as end", Ok + "A: b\r\n\n", "a line does not end in CRLF");
    bad("bare CR in field", Ok + "A: b\rc\r\n\r\n", "a line holds a control byte");
    bad("NUL in field", Ok + QByteArray("A: b\0c\r\n\r\n", 10), "a line holds a control byte");
    bad("NUL in name", Ok + QByteArray("A\0: b\r\n\r\n", 9), "a line holds a control byte");
    bad("escape in reason", "HTTP/1.1 200 \x1b[2J\r\n\r\n", "a line holds a control byte");
    bad("DEL in field", Ok + "A: \x7f\r\n\r\n", "a line holds a control byte");
    bad("no colon", Ok + "Content-Length 5\r\n\r\n", "a header field has no proper name");
    bad("empty name", Ok + ": x\r\n\r\n", "a header field has no proper name");
    bad("blank before colon", Ok + "Content-Length : 5\r\n\r\n", "a header field has no proper name");
    bad("folded field", Ok + "A: b\r\n c: d\r\n\r\n", "a header field has no proper name");
    bad("negative length", Ok + "Content-Length: -1\r\n\r\n", noLength);
    bad("length with sign", Ok + "Content-Length: +1\r\n\r\n", noLength);
    bad("empty length", Ok + "Content-Length:\r\n\r\n", noLength);
    bad("hex length", Ok + "Content-Length: 0x5\r\n\r\n", noLength);
    bad("length with blank", Ok + "Content-Length: 1 2\r\n\r\n", noLength);
    bad("length as list", Ok + "Content-Length: 5, 5\r\n\r\n", noLength);
    bad("length of 2^63", Ok + "Content-Length: 9223372036854775808\r\n\r\n", noLength);
    bad("length of 2^64", Ok + "Content-Length: 18446744073709551616\r\n\r\n", noLength);
    bad("length of 2^64 + 5", Ok + "Content-Length: 18446744073709551621\r\n\r\n", noLength);
    bad("two lengths", Ok + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n",
        "there are two different Content-Lengths");
    bad("length and chunked", Ok + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        "there are a Content-Length and a Transfer-Encoding");
    bad("chunked and length", Ok + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
        "there are a Content-Length and a Transfer-Encoding");
    bad("gzip", Ok + "Transfer-Encoding: gzip, chunked\r\n\r\n", "Transfer-Encoding is something else than chunked");
    bad("chunked twice", Ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        "Transfer-Encoding is something else than chunked");
    bad("chunked with control byte",
        Ok + "Transfer-Encoding: \x0b"
             "chunked\r\n\r\n",
        "a line holds a control byte");
    bad("chunked in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.0 has no Transfer-Encoding");
    const QByteArray noSize = "a chunk's size is no number";
    bad("chunk of no size", chunked + "\r\n", noSize);
    bad("chunk of a word", chunked + "xyz\r\n", noSize);
    bad("chunk of -1", chunked + "-1\r\n", noSize);
    bad("chunk of 0x5", chunked + "0x5\r\nhello", noSize);
    bad("chunk of blank 5", chunked + " 5\r\nhello", noSize);
    bad("chunk extension without size", chunked + ";a\r\n", noSize);
    bad("chunk too large", chunked + "8000000000000000\r\n", "a chunk's size is too large");
    bad("chunk of 2^64", chunked + "10000000000000000\r\n", "a chunk's size is too large");
    bad("chunk longer than said", chunked + "2\r\nhello\r\n", "a chunk is longer than its size says", {}, "he");
    bad("chunk ends in LF", chunked + "2\r\nhi\n0\r\n\r\n", "a line does not end in CRLF", {}, "hi");
    bad("chunk size ends in LF", chunked + "2\nhi\r\n", "a line does not end in CRLF");
    bad("bad trailer", chunked + "0\r\nno field\r\n\r\n", "a header field has no proper name");
    bad("101 unasked", "HTTP/1.1 101 UPGRADED\r\n\r\n", "the protocol was switched unasked");
    bad("limit passed by length", Ok + "Content-Length: 6\r\n\r\nhello!", "the answer is too large", "l");
    bad("limit passed by chunks", chunked + "3\r\nhel\r\n3\r\nlo!\r\n0\r\n\r\n", "the answer is too large", "l", "hel");
    bad("limit passed until close", Ok + "\r\nhello!", "the answer is too large", "l", "hello");
}

void tst_httpparser::answers()
{
    QFETCH(QByteArray, input);
    QFETCH(QByteArray, mode);
    QFETCH(QByteArray, end);
    QFETCH(int, status);
    QFETCH(QByteArray, body);
    QFETCH(QByteArray, rest);
    QFETCH(bool, keepsAlive);
    const ResponseParser::Expectation expectation{mode.contains('h'), mode.contains('u'),
                                                  mode.contains('l') ? 5 : NoLimit};
    const bool closes = mode.contains('c');
    const Outcome whole = feed({input}, expectation, closes);
    QCOMPARE(whole.end, end);
    QCOMPARE(whole.body, body);
    QCOMPARE(whole.rest, rest);
    QCOMPARE(whole.keepsAlive, keepsAlive);
    if (status >= 0) {
        QCOMPARE(whole.head.status, status);
        QCOMPARE(whole.heads, 1);
    }
    const Outcome bytes = feed(singleBytes(input), expectation, closes);
    QVERIFY2(bytes == whole, describe(bytes).constData());
    for (qsizetype cut = 0; cut <= input.size(); ++cut) {
        const Outcome halves = feed({input.first(cut), input.sliced(cut)}, expectation, closes);
        QVERIFY2(halves == whole,
                 QByteArray("cut at " + QByteArray::number(cut) + ": " + describe(halves)).constData());
    }
}

void tst_httpparser::interimAndTrailers()
{
    const QByteArray answer =
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n"
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nSum: 7\r\nx: \r\n\r\n";
    for (const bool asked : {true, false}) {
        for (const QList<QByteArray> &pieces : {QList<QByteArray>{answer}, singleBytes(answer)}) {
            ResponseParser parser(ResponseParser::Expectation{false, false, NoLimit, asked});
            QByteArray log;
            for (const QByteArray &piece : pieces) {
                QByteArrayView view = piece;
                for (bool more = true; more;) {
                    const auto step = parser.parse(view);
                    view = view.sliced(step.consumed);
                    more =
                        step.event != ResponseParser::Event::NeedMore && step.event != ResponseParser::Event::Complete;
                    if (step.event == ResponseParser::Event::Interim)
                        log +=
                            "interim " + QByteArray::number(parser.head().status) + ' ' + parser.head().value("link");
                    if (step.event == ResponseParser::Event::Head)
                        log += "head " + QByteArray::number(parser.head().status) + ' ';
                    if (step.event == ResponseParser::Event::Failed)
                        QFAIL(qPrintable(parser.problem()));
                }
            }
            QCOMPARE(log, QByteArray(asked ? "interim 100 interim 103 <a>head 200 " : "head 200 "));
            QCOMPARE(parser.trailers(), (QList<Header>{{"Sum", "7"}, {"x", ""}}));
        }
    }
}

void tst_httpparser::heads()
{
    ResponseParser parser;
    const QByteArray input = "HTTP/1.1 418 I'm a teapot\r\nApi-Version: 1.41\r\nX:\t padded \t\r\nEmpty:\r\nList: a, B "
                             ",c\r\nList: d\r\n\r\n";
    QVERIFY(parser.parse(input).event == ResponseParser::Event::Head);
    const ResponseHead &head = parser.head();
    QCOMPARE(head.status, 418);
    QCOMPARE(head.reason, "I'm a teapot");
    QCOMPARE(head.minorVersion, 1);
    QCOMPARE(head.headers.size(), 5);
    QCOMPARE(head.value("api-version"), "1.41");
    QCOMPARE(head.value("x"), "padded");
    QVERIFY(!head.value("empty").isNull());
    QVERIFY(head.value("absent").isNull());
    QVERIFY(head.hasToken("list", "b"));
    QVERIFY(head.hasToken("list", "D"));
    QVERIFY(!head.hasToken("list", "e"));
    QVERIFY(!head.hasToken("absent", "a"));
}

void tst_httpparser::limits_data()
{
    QTest::addColumn<QByteArray>("input");
    QTest::addColumn<QByteArray>("end");
    const auto fields = [](int count) {
        QByteArray text = Ok;
        for (int i = 0; i < count; ++i)
            text += "A: b\r\n";
        return text;
    };
    // The limit counts every byte of a head but its last CRLF.
    const auto head = [](qsizetype size) -> QByteArray {
        return Ok + "A: " + QByteArray(size - Ok.size() - 5 - 2, 'x') + "\r\n\r\n";
    };
    const QByteArray chunked = Ok + "Transfer-Encoding: chunked\r\n\r\n";
    const qsizetype limit = ResponseParser::HeadLimit;
    QTest::newRow("100 fields") << QByteArray(fields(99) + "Content-Length: 0\r\n\r\n") << QByteArray("complete");
    QTest::newRow("101 fields") << QByteArray(fields(100) + "Content-Length: 0\r\n\r\n")
                                << QByteArray("the answer has too many header fields");
    QTest::newRow("head of 64 KiB") << head(limit + 2) << QByteArray("more");
    QTest::newRow("head of 64 KiB and a byte") << head(limit + 3) << QByteArray("the answer's head is too large");
    QTest::newRow("endless status") << QByteArray(100'000, 'H') << QByteArray("the answer's head is too large");
    QTest::newRow("endless field") << QByteArray(Ok + QByteArray(100'000, 'H'))
                                   << QByteArray("the answer's head is too large");
    QTest::newRow("endless interim answers")
        << QByteArray("HTTP/1.1 100 Continue\r\n\r\n").repeated(3000) << QByteArray("the answer's head is too large");
    QTest::newRow("chunk line of 1 KiB") << QByteArray(chunked + "0;" + QByteArray(1022, 'x') + "\r\n\r\n")
                                         << QByteArray("complete");
    QTest::newRow("chunk line of 1 KiB and a byte") << QByteArray(chunked + "0;" + QByteArray(1023, 'x') + "\r\n\r\n")
                                                    << QByteArray("a chunk's size line is too long");
    QTest::newRow("endless chunk line") << QByteArray(chunked + QByteArray(3000, '0'))
                                        << QByteArray("a chunk's size line is too long");
    QTest::newRow("endless trailers") << QByteArray(chunked + "0\r\n" +
                                                    QByteArray("A: " + QByteArray(1000, 'b') + "\r\n").repeated(90))
                                      << QByteArray("the answer's head is too large");
    QTest::newRow("many trailers") << QByteArray(chunked + "0\r\n" + QByteArray("A: b\r\n").repeated(101))
                                   << QByteArray("the answer has too many header fields");
}

void tst_httpparser::limits()
{
    QFETCH(QByteArray, input);
    QFETCH(QByteArray, end);
    const Outcome whole = feed({input}, {}, false);
    QCOMPARE(whole.end, end);
    QVERIFY(feed(singleBytes(input), {}, false) == whole);
    const qsizetype stride = qMax<qsizetype>(1, input.size() / 500);
    for (qsizetype cut = 0; cut <= input.size(); cut += stride)
        QVERIFY2(feed({input.first(cut), input.sliced(cut)}, {}, false) == whole, QByteArray::number(cut).constData());
}

void tst_httpparser::mutations()
{
    const QList<QByteArray> seeds = {
        Ok + "Content-Length: 5\r\n\r\nhello",
        Ok + "Transfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nA: b\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n" + Ok + "Connection: close\r\n\r\nbody",
        Ok + "Content-Type: application/vnd.docker.raw-stream\r\n\r\nstream",
    };
    const QByteArray alphabet("\r\n :;,0123456789abcfHTP/.-\0\x7f\xff", 29);
    QRandomGenerator random(8);
    for (int i = 0; i < 20'000; ++i) {
        QByteArray input = seeds[random.bounded(seeds.size())];
        for (int changes = random.bounded(1, 5); changes > 0 && !input.isEmpty(); --changes) {
            const qsizetype at = random.bounded(input.size());
            switch (random.bounded(4)) {
            case 0:
                input[at] = alphabet[random.bounded(alphabet.size())];
                break;
            case 1:
                input.insert(at, alphabet[random.bounded(alphabet.size())]);
                break;
            case 2:
                input.remove(at, random.bounded(1, 6));
                break;
            default:
                input.insert(at, input.mid(random.bounded(input.size()), 12));
            }
        }
        const ResponseParser::Expectation expectation{false, random.bounded(2) == 0, random.bounded(2) ? 8 : NoLimit};
        const Outcome whole = feed({input}, expectation, true);
        const Outcome bytes = feed(singleBytes(input), expectation, true);
        QVERIFY2(whole == bytes,
                 QByteArray(describe(whole) + " / " + describe(bytes) + " / " + input.toPercentEncoding()).constData());
    }
}

QTEST_GUILESS_MAIN(tst_httpparser)
#include "tst_httpparser.moc"
