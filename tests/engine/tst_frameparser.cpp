// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; sandbox
#include <isol8/sandbox/FrameParser.h>

#include <QTest>

using namespace isol8;

namespace {

QByteArray frame(guest::FrameType type, quint32 id, const QByteArray &payload)
{
    unsigned char header[guest::HeaderSize];
    guest::encodeHeader(header, {quint32(payload.size()), type, id});
    return QByteArray(reinterpret_cast<const char *>(header), sizeof header) + payload;
}

// What a parser made of the pieces: "type:id:payload" each, "!" at the end when it broke. The parts of one frame of
// output are joined: those before its end leave the parser inside of it.
QStringList parse(const QList<QByteArray> &pieces)
{
    QStringList log;
    FrameParser parser;
    bool inside = false;
    for (const QByteArray &piece : pieces) {
        parser.feed(piece);
        FrameParser::Frame out;
        FrameParser::Status status;
        while ((status = parser.next(&out)) == FrameParser::Status::Frame) {
            const QString head = QStringLiteral("%1:%2:").arg(int(out.type)).arg(out.id);
            const QString payload = QString::fromLatin1(out.payload.toByteArray().left(40));
            if (!inside)
                log << head + payload;
            else if (log.last().startsWith(head))
                log.last() += payload;
            else
                log << QStringLiteral("not a part of it: ") + head + payload;
            inside = parser.isInside();
        }
        if (status == FrameParser::Status::Broken) {
            log << QStringLiteral("!");
            break;
        }
    }
    return log;
}

QByteArray broken(int offset, char value)
{
    QByteArray bytes = frame(guest::FrameType::Stdout, 1, "abc");
    bytes[offset] = value;
    return bytes;
}

} // namespace

class tst_frameparser : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void frames_data();
    void frames();
    void largest();
    void parts();
    void boundary();
};

void tst_frameparser::frames_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QStringList>("log");
    const auto out = guest::FrameType::Stdout;
    QTest::newRow("nothing") << QByteArray() << QStringList();
    QTest::newRow("one") << frame(out, 7, "hello") << QStringList{QStringLiteral("68:7:hello")};
    QTest::newRow("empty payload") << frame(guest::FrameType::Started, 1, {}) << QStringList{QStringLiteral("67:1:")};
    QTest::newRow("three") << frame(out, 1, "a") + frame(guest::FrameType::Stderr, 1, "b") + frame(out, 2, {})
                           << QStringList{QStringLiteral("68:1:a"), QStringLiteral("69:1:b"), QStringLiteral("68:2:")};
    QTest::newRow("unfinished header") << frame(out, 1, "a").left(7) << QStringList();
    QTest::newRow("unfinished output") << frame(out, 1, "abc").left(14) << QStringList{QStringLiteral("68:1:ab")};
    QTest::newRow("unfinished message") << frame(guest::FrameType::Exit, 1, "abc").left(14) << QStringList();
    QTest::newRow("a message among output")
        << frame(out, 1, "abc") + frame(guest::FrameType::Exit, 1, "exit") + frame(out, 1, "def")
        << QStringList{QStringLiteral("68:1:abc"), QStringLiteral("70:1:exit"), QStringLiteral("68:1:def")};
    QTest::newRow("too long") << broken(2, 5) << QStringList{QStringLiteral("!")};
    QTest::newRow("far too long") << broken(3, char(0xff)) << QStringList{QStringLiteral("!")};
    QTest::newRow("reserved byte") << broken(5, 1) << QStringList{QStringLiteral("!")};
    QTest::newRow("reserved word") << broken(7, 1) << QStringList{QStringLiteral("!")};
    QTest::newRow("a host's type") << broken(4, 0x02) << QStringList{QStringLiteral("!")};
    QTest::newRow("good, then broken") << frame(out, 1, "a") + broken(4, 0) + frame(out, 1, "b")
                                       << QStringList{QStringLiteral("68:1:a"), QStringLiteral("!")};
}

void tst_frameparser::frames()
{
    QFETCH(QByteArray, bytes);
    QFETCH(QStringList, log);
    QCOMPARE(parse({bytes}), log);
    QList<QByteArray> single;
    for (const char c : std::as_const(bytes))
        single << QByteArray(1, c);
    QCOMPARE(parse(single), log);
    for (qsizetype cut = 0; cut <= bytes.size(); ++cut)
        QCOMPARE(parse({bytes.left(cut), bytes.mid(cut)}), log);
}

void tst_frameparser::largest()
{
    const QByteArray payload(guest::MaxPayload, 'x');
    const QByteArray bytes = frame(guest::FrameType::Stdout, 1, payload) + frame(guest::FrameType::Stdout, 2, "y");
    QCOMPARE(parse({bytes}).size(), 2);
    QCOMPARE(parse({bytes.left(100000), bytes.mid(100000)}).size(), 2);
}

// Of output nothing is held back or copied: each part is where it was fed.
void tst_frameparser::parts()
{
    FrameParser parser;
    FrameParser::Frame out;
    const QByteArray bytes = frame(guest::FrameType::Stderr, 3, "abcdef");
    parser.feed(QByteArrayView(bytes).first(15));
    QCOMPARE(parser.next(&out), FrameParser::Status::Frame);
    QCOMPARE(out.payload.data(), bytes.data() + guest::HeaderSize);
    QCOMPARE(out.payload, QByteArrayView("abc"));
    QVERIFY(parser.isInside());
    QCOMPARE(parser.next(&out), FrameParser::Status::NeedMore);
    parser.feed(QByteArrayView(bytes).sliced(15));
    QCOMPARE(parser.next(&out), FrameParser::Status::Frame);
    QCOMPARE(out.payload.data(), bytes.data() + 15);
    QCOMPARE(out.type, guest::FrameType::Stderr);
    QCOMPARE(out.id, 3U);
    QVERIFY(!parser.isInside() && parser.atBoundary());
}

void tst_frameparser::boundary()
{
    FrameParser parser;
    FrameParser::Frame out;
    QVERIFY(parser.atBoundary());
    const QByteArray bytes = frame(guest::FrameType::Stdout, 1, "abc");
    parser.feed(QByteArrayView(bytes).first(13));
    QCOMPARE(parser.next(&out), FrameParser::Status::Frame);
    QCOMPARE(parser.next(&out), FrameParser::Status::NeedMore);
    QVERIFY(!parser.atBoundary());
    parser.feed(QByteArrayView(bytes).sliced(13));
    QCOMPARE(parser.next(&out), FrameParser::Status::Frame);
    QVERIFY(parser.atBoundary());
}

QTEST_GUILESS_MAIN(tst_frameparser)
#include "tst_frameparser.moc"
