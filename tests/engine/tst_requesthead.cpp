// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; http
#include <isol8/http/RequestHead.h>

#include <QRandomGenerator>
#include <QTest>

using namespace isol8::http;
using namespace Qt::StringLiterals;

namespace {

QByteArray get(const QByteArray &fields)
{
    return "GET / HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n";
}

// Head and body of everything in \a input, fed in pieces: "200 /path body" or the status that refuses it.
QByteArray log(const QByteArray &input, qsizetype piece, qint64 limit)
{
    QByteArray buffer, lines;
    RequestHead head;
    BodyDecoder body;
    bool inBody = false;
    QByteArray collected;
    for (qsizetype at = 0; at < input.size(); at += piece) {
        buffer += input.mid(at, piece);
        for (bool more = true; more;) {
            more = false;
            if (!inBody) {
                HeadParse parse = parseRequestHead(buffer);
                if (parse.status == HeadParse::Status::Refused)
                    return lines + QByteArray::number(parse.httpStatus) + '\n';
                if (parse.status == HeadParse::Status::NeedMore)
                    break;
                buffer.remove(0, parse.consumed);
                head = parse.head;
                body = BodyDecoder(head, limit);
                inBody = true;
            }
            qsizetype consumed = 0;
            const auto status = body.feed(buffer, &consumed);
            buffer.remove(0, consumed);
            if (status == BodyDecoder::Status::TooLarge)
                return lines + "413\n";
            if (status == BodyDecoder::Status::Malformed)
                return lines + "400\n";
            if (status == BodyDecoder::Status::Done) {
                lines += head.method + ' ' + head.path + '?' + head.query + (head.keepAlive ? " alive " : " closes ") +
                         (head.expectsContinue ? "expects " : "") + body.take() + '\n';
                inBody = false;
                more = !buffer.isEmpty();
            }
        }
    }
    return lines;
}

} // namespace

/*
    Requests as strangers send them: what is read, what is refused and with which status, however the bytes are cut.
*/
class tst_requesthead : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void requests_data();
    void requests();
    void noise();
};

void tst_requesthead::requests_data()
{
    QTest::addColumn<QByteArray>("input");
    QTest::addColumn<QByteArray>("expected");
    const auto row = [](const char *name, const QByteArray &input, const QByteArray &expected) {
        QTest::newRow(name) << input << expected;
    };
    row("plain", get(""), "GET /? alive \n");
    row("query", "GET /a/b?c=d&e HTTP/1.1\r\nHost: x\r\n\r\n", "GET /a/b?c=d&e alive \n");
    row("address", "GET http://host:80/a HTTP/1.1\r\nHost: x\r\n\r\n", "GET /a? alive \n");
    row("address without a path", "GET http://host HTTP/1.1\r\nHost: x\r\n\r\n", "GET /? alive \n");
    row("body", "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello", "POST /x? alive hello\n");
    row("two after each other", "POST /x HTTP/1.1\r\nHost: x\r\ncontent-length: 1\r\n\r\na" + get(""),
        "POST /x? alive a\nGET /? alive \n");
    row("empty lines before", "\r\n\r\n" + get(""), "GET /? alive \n");
    row("chunks",
        "POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
        "chunked\r\n\r\n3\r\nabc\r\n00A;x=y\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\n" +
            get(""),
        "POST /x? alive abc0123456789\nGET /? alive \n");
    row("close", get("Connection: close\r\n"), "GET /? closes \n");
    row("close in a list", get("Connection: foo, CLOSE\r\n"), "GET /? closes \n");
    row("1.0", "GET / HTTP/1.0\r\n\r\n", "GET /? closes \n");
    row("1.0, keep-alive", "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "GET /? alive \n");
    row("expects", "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\na",
        "POST /? alive expects a\n");
    row("expects much", get("Expect: miracles\r\n"), "417\n");
    row("no Host", "GET / HTTP/1.1\r\n\r\n", "400\n");
    row("two Hosts", get("host: y\r\n"), "400\n");
    row("bare line feeds", "GET / HTTP/1.1\nHost: x\n\n" + QByteArray(HeadLimit, ' '), "431\n");
    row("bare line feed in a field", get("a: b\nc: d\r\n"), "400\n");
    row("bare return in a field", get("a: b\rc: d\r\n"), "400\n");
    row("NUL in a field", get(QByteArray("a: b\0c\r\n", 8)), "400\n");
    row("folded field", get("a: b\r\n c\r\n"), "400\n");
    row("blank before the colon", get("Content-Length : 5\r\n"), "400\n");
    row("no colon", get("hello\r\n"), "400\n");
    row("no name", get(": b\r\n"), "400\n");
    row("length and chunks", get("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), "400\n");
    row("two lengths", get("Content-Length: 5\r\nContent-Length: 6\r\n"), "400\n");
    row("the same length twice", get("Content-Length: 5\r\nContent-Length: 5\r\n"), "400\n");
    row("a list of lengths", get("Content-Length: 5, 5\r\n"), "400\n");
    row("negative length", get("Content-Length: -5\r\n"), "400\n");
    row("length with a sign", get("Content-Length: +5\r\n"), "400\n");
    row("hexadecimal length", get("Content-Length: 0x5\r\n"), "400\n");
    row("empty length", get("Content-Length:\r\n"), "400\n");
    row("huge length", get("Content-Length: 99999999999999999999\r\n"), "413\n");
    row("length over the limit", get("Content-Length: 1001\r\n"), "413\n");
    row("unknown encoding", get("Transfer-Encoding: gzip, chunked\r\n"), "501\n");
    row("two encodings", get("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), "501\n");
    row("obscured encoding",
        get("Transfer-Encoding: \x0b"
            "chunked\r\n"),
        "400\n");
    row("chunks in 1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", "400\n");
    const QByteArray chunked = get("Transfer-Encoding: chunked\r\n");
    row("chunks over the limit", chunked + "3e9\r\n", "413\n");
    row("chunks that add up to over the limit", chunked + "3e8\r\n" + QByteArray(1000, 'a') + "\r\n1\r\n", "413\n");
    row("chunk of a huge size", chunked + "fffffffffffffffff\r\n", "400\n");
    row("chunk of a negative size", chunked + "-1\r\n", "400\n");
    row("chunk of no size", chunked + "\r\n", "400\n");
    row("chunk that is longer than it says", chunked + "1\r\nab\r\n", "400\n");
    row("endless chunk line", chunked + "1;" + QByteArray(2000, 'x'), "400\n");
    row("endless trailers", chunked + "0\r\n" + QByteArray("a: " + QByteArray(500, 'b') + "\r\n").repeated(40),
        "400\n");
    row("trailer without a colon", chunked + "0\r\nhello\r\n\r\n", "400\n");
    row("folded trailer", chunked + "0\r\na: b\r\n c\r\n\r\n", "400\n");
    row("other version", "GET / HTTP/2.0\r\nHost: x\r\n\r\n", "505\n");
    row("no version", "GET /\r\n\r\n", "400\n");
    row("small version", "GET / http/1.1\r\nHost: x\r\n\r\n", "400\n");
    row("blank in the target", "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", "400\n");
    row("byte above ASCII in the target", "GET /\xc3\xa4 HTTP/1.1\r\nHost: x\r\n\r\n", "400\n");
    row("target that is no path", "GET a HTTP/1.1\r\nHost: x\r\n\r\n", "400\n");
    row("CONNECT", "CONNECT host:443 HTTP/1.1\r\nHost: x\r\n\r\n", "400\n");
    row("method with a colon", "G:T / HTTP/1.1\r\nHost: x\r\n\r\n", "400\n");
    row("endless method", QByteArray(17, 'A') + " / HTTP/1.1\r\nHost: x\r\n\r\n", "501\n");
    row("blank at the beginning", " " + get(""), "400\n");
    row("endless head", "GET / HTTP/1.1\r\n" + QByteArray("a: " + QByteArray(500, 'b') + "\r\n").repeated(40), "431\n");
    row("too many fields", get(QByteArray("a: b\r\n").repeated(100)), "431\n");
    row("TLS", QByteArray::fromHex("16030100a5010000a1030300") + QByteArray(HeadLimit + 10, 'x'), "431\n");
}

void tst_requesthead::requests()
{
    QFETCH(QByteArray, input);
    QFETCH(QByteArray, expected);
    for (const qsizetype piece : {input.size(), qsizetype(1), qsizetype(3), qsizetype(1000)})
        QCOMPARE(log(input, piece, 1000), expected);
}

// Never more than one reading of the same bytes.
void tst_requesthead::noise()
{
    const QByteArrayList words{"GET ",      "POST ",
                               "/",         "/execute",
                               " HTTP/1.1", " HTTP/1.0",
                               "\r\n",      "\r\n\r\n",
                               "Host: x",   "Content-Length: ",
                               "5",         "Transfer-Encoding: ",
                               "chunked",   "Connection: close",
                               ":",         " ",
                               "0\r\n\r\n", "a\r\n",
                               "\n",        "\r",
                               "hello",     ";"};
    QRandomGenerator random(1);
    for (int round = 0; round < 20000; ++round) {
        QByteArray input = random.bounded(2) ? QByteArray("POST / HTTP/1.1\r\nHost: x\r\n") : QByteArray();
        for (int i = random.bounded(1, 14); i > 0; --i)
            input += random.bounded(12) ? words[random.bounded(int(words.size()))]
                                        : QByteArray(1, char(random.bounded(256)));
        const QByteArray whole = log(input, input.size(), 1000);
        QCOMPARE(log(input, 1, 1000), whole);
    }
}

QTEST_APPLESS_MAIN(tst_requesthead)
#include "tst_requesthead.moc"
