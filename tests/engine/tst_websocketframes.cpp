// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; http
#include <isol8/http/WebSocketFrames.h>

#include <QRandomGenerator>
#include <QTest>

using namespace isol8::http;
using namespace Qt::StringLiterals;

namespace {

// Everything that comes out of \a input, fed in pieces of at most \a piece bytes, a line an event.
QByteArray log(WebSocketRole self, const QByteArray &input, qsizetype piece, qint64 limit)
{
    WebSocketParser parser(self, limit);
    QByteArray lines;
    qsizetype at = 0;
    while (at < input.size()) {
        const qsizetype end = std::min(input.size(), at + piece);
        while (at < end) {
            const auto step = parser.parse(QByteArrayView(input).sliced(at, end - at));
            at += step.consumed;
            switch (step.event) {
            case WebSocketParser::Event::NeedMore:
                break;
            case WebSocketParser::Event::Text:
                lines += "text " + parser.payload() + '\n';
                break;
            case WebSocketParser::Event::Binary:
                lines += "binary " + parser.payload().toHex() + '\n';
                break;
            case WebSocketParser::Event::Ping:
                lines += "ping " + parser.payload() + '\n';
                break;
            case WebSocketParser::Event::Pong:
                lines += "pong " + parser.payload() + '\n';
                break;
            case WebSocketParser::Event::Close:
                return lines + "close " + QByteArray::number(parser.closeCode()) + ' ' + parser.payload() + '\n';
            case WebSocketParser::Event::Failed:
                return lines + "failed " + QByteArray::number(parser.closeCode()) + '\n';
            }
        }
    }
    return lines;
}

QByteArray hex(const char *text)
{
    return QByteArray::fromHex(text);
}

} // namespace

/*
    RFC 6455's frames: its own examples, every rule that a peer may break, and that cutting the input changes nothing.
*/
class tst_websocketframes : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void handshake();
    void parsed_data();
    void parsed();
    void written_data();
    void written();
    void closeReasonIsCutBetweenCharacters();
    void noise();
};

void tst_websocketframes::handshake()
{
    QCOMPARE(webSocketAccept("dGhlIHNhbXBsZSBub25jZQ=="), QByteArray("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    QCOMPARE(QByteArray::fromBase64(webSocketKey()).size(), 16);
    QVERIFY(webSocketKey() != webSocketKey());
}

void tst_websocketframes::parsed_data()
{
    QTest::addColumn<WebSocketRole>("self");
    QTest::addColumn<QByteArray>("input");
    QTest::addColumn<QByteArray>("expected");
    const auto client = WebSocketRole::Client;
    const auto server = WebSocketRole::Server;
    QTest::newRow("RFC: hello") << client << hex("810548656c6c6f") << QByteArray("text Hello\n");
    QTest::newRow("RFC: masked hello") << server << hex("818537fa213d7f9f4d5158") << QByteArray("text Hello\n");
    QTest::newRow("RFC: fragmented") << client << hex("010348656c80026c6f") << QByteArray("text Hello\n");
    QTest::newRow("RFC: ping") << client << hex("890548656c6c6f") << QByteArray("ping Hello\n");
    QTest::newRow("RFC: masked pong") << server << hex("8a8537fa213d7f9f4d5158") << QByteArray("pong Hello\n");
    QTest::newRow("ping between fragments")
        << client << hex("010348656c8900") + hex("80026c6f") << QByteArray("ping \ntext Hello\n");
    QTest::newRow("empty text") << client << hex("8100") << QByteArray("text \n");
    QTest::newRow("empty fragments") << client << hex("010000000000") + hex("8000") << QByteArray("text \n");
    QTest::newRow("character cut by fragments") << client << hex("0101c38001a4") << QByteArray("text \xc3\xa4\n");
    QTest::newRow("256 bytes, 16-bit length")
        << client << hex("827e0100") + QByteArray(256, 'x') << "binary " + QByteArray(256, 'x').toHex() + '\n';
    QTest::newRow("70000 bytes, 64-bit length") << client << hex("827f0000000000011170") + QByteArray(70000, 'y')
                                                << "binary " + QByteArray(70000, 'y').toHex() + '\n';
    QTest::newRow("close without a code") << client << hex("8800") << QByteArray("close 1005 \n");
    QTest::newRow("close") << client << hex("880503e8") + "bye" << QByteArray("close 1000 bye\n");
    QTest::newRow("close, own code") << client << hex("88020fa0") << QByteArray("close 4000 \n");
    QTest::newRow("close, half a code") << client << hex("880103") << QByteArray("failed 1002\n");
    QTest::newRow("close, 1005 on the wire") << client << hex("880203ed") << QByteArray("failed 1002\n");
    QTest::newRow("close, reason not UTF-8") << client << hex("880403e8c328") << QByteArray("failed 1007\n");
    QTest::newRow("not masked") << server << hex("810548656c6c6f") << QByteArray("failed 1002\n");
    QTest::newRow("masked by a server") << client << hex("818537fa213d7f9f4d5158") << QByteArray("failed 1002\n");
    QTest::newRow("reserved bit") << client << hex("c10548656c6c6f") << QByteArray("failed 1002\n");
    QTest::newRow("unknown kind") << client << hex("8300") << QByteArray("failed 1002\n");
    QTest::newRow("unknown control kind") << client << hex("8b00") << QByteArray("failed 1002\n");
    QTest::newRow("fragmented ping") << client << hex("0900") << QByteArray("failed 1002\n");
    QTest::newRow("long ping") << client << hex("897e007e") << QByteArray("failed 1002\n");
    QTest::newRow("continuation of nothing") << client << hex("8000") << QByteArray("failed 1002\n");
    QTest::newRow("message inside a message") << client << hex("0100") + hex("8100") << QByteArray("failed 1002\n");
    QTest::newRow("text not UTF-8") << client << hex("8102c328") << QByteArray("failed 1007\n");
    QTest::newRow("too large") << client << hex("827f00000000000f4241") << QByteArray("failed 1009\n");
    QTest::newRow("too large in fragments")
        << client << hex("027f00000000000f4240") + QByteArray(1000000, 'z') + hex("800161")
        << QByteArray("failed 1009\n");
    QTest::newRow("largest length there is") << client << hex("827fffffffffffffffff") << QByteArray("failed 1009\n");
}

void tst_websocketframes::parsed()
{
    QFETCH(WebSocketRole, self);
    QFETCH(QByteArray, input);
    QFETCH(QByteArray, expected);
    for (const qsizetype piece : {input.size(), qsizetype(1), qsizetype(2), qsizetype(7)})
        QCOMPARE(log(self, input, piece, 1000000).left(200), expected.left(200));
}

void tst_websocketframes::written_data()
{
    QTest::addColumn<int>("size");
    for (const int size : {0, 1, 3, 8, 125, 126, 127, 65535, 65536, 200001})
        QTest::addRow("%d", size) << size;
}

void tst_websocketframes::written()
{
    QFETCH(int, size);
    QByteArray payload(size, 0);
    for (int i = 0; i < size; ++i)
        payload[i] = char(i * 7 + i / 256);
    for (const auto sender : {WebSocketRole::Client, WebSocketRole::Server}) {
        const QByteArray frame = webSocketFrame(sender, WebSocketOpcode::Binary, payload);
        const auto reader = sender == WebSocketRole::Client ? WebSocketRole::Server : WebSocketRole::Client;
        QCOMPARE(log(reader, frame, 4093, 1000000), "binary " + payload.toHex() + '\n');
    }
}

void tst_websocketframes::closeReasonIsCutBetweenCharacters()
{
    QByteArray reason;
    while (reason.size() < 200)
        reason += "\xe2\x82\xac";
    const QByteArray frame = webSocketClose(WebSocketRole::Server, 1000, reason);
    QCOMPARE(log(WebSocketRole::Client, frame, frame.size(), 1000), "close 1000 " + reason.first(123) + '\n');
}

// Whatever comes, it ends, and says the same however it is cut.
void tst_websocketframes::noise()
{
    QRandomGenerator random(4711);
    for (int round = 0; round < 3000; ++round) {
        QByteArray input;
        for (int part = random.bounded(1, 6); part > 0; --part) {
            if (random.bounded(2)) {
                const auto opcode = WebSocketOpcode(random.bounded(16));
                input += webSocketFrame(WebSocketRole::Client, opcode, QByteArray(random.bounded(300), 'a'));
                if (random.bounded(3) == 0)
                    input[random.bounded(int(input.size()))] = char(random.bounded(256));
            } else {
                for (int i = random.bounded(20); i > 0; --i)
                    input += char(random.bounded(256));
            }
        }
        const QByteArray whole = log(WebSocketRole::Server, input, input.size() + 1, 1000);
        QCOMPARE(log(WebSocketRole::Server, input, 1, 1000), whole);
    }
}

QTEST_APPLESS_MAIN(tst_websocketframes)
#include "tst_websocketframes.moc"
