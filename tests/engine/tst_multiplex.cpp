// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; docker http
// Docker's framed stream, its stream of JSON objects, and its version numbers: whole, byte by byte, cut at every place.
#include <isol8/docker/Api.h>
#include <isol8/docker/Demultiplexer.h>
#include <isol8/docker/JsonStream.h>

#include <QJsonDocument>
#include <QRandomGenerator>
#include <QTest>
#include <QtEndian>

using namespace isol8::docker;
using namespace Qt::StringLiterals;

namespace {

QByteArray frame(char stream, const QByteArray &data, qint64 length = -1)
{
    QByteArray header(8, '\0');
    header[0] = stream;
    qToBigEndian(static_cast<quint32>(length < 0 ? data.size() : length), header.data() + 4);
    return header + data;
}

QByteArray demultiplex(const QList<QByteArray> &pieces)
{
    QByteArray out, err, end;
    Demultiplexer demultiplexer;
    for (const QByteArray &piece : pieces) {
        QByteArrayView view = piece;
        while (end.isEmpty()) {
            const auto step = demultiplexer.parse(view);
            view = view.sliced(step.consumed);
            if (step.event == Demultiplexer::Event::Failed)
                end = demultiplexer.problem().toUtf8();
            if (step.event == Demultiplexer::Event::NeedMore) {
                if (!view.isEmpty())
                    qFatal("needs more and has not used what there is");
                break;
            }
            if (step.event == Demultiplexer::Event::Output) {
                if (step.data.isEmpty())
                    qFatal("an empty piece");
                (step.standardError ? err : out) += step.data;
            }
        }
    }
    if (end.isEmpty())
        end = demultiplexer.isAtBoundary() ? "boundary" : "inside";
    return out + '|' + err + '|' + end;
}

QByteArray parseJson(const QList<QByteArray> &pieces)
{
    QByteArray text;
    JsonStream stream;
    for (const QByteArray &piece : pieces) {
        QByteArrayView view = piece;
        for (;;) {
            const auto step = stream.parse(view);
            view = view.sliced(step.consumed);
            if (step.event == JsonStream::Event::Failed)
                return text + stream.problem().toUtf8();
            if (step.event == JsonStream::Event::NeedMore)
                break;
            text += QJsonDocument(step.object).toJson(QJsonDocument::Compact) + '|';
        }
    }
    return text + (stream.isAtBoundary() ? "boundary" : "inside");
}

template<class Parse> void everyCut(const QByteArray &input, const QByteArray &expected, Parse parse)
{
    QCOMPARE(parse({input}), expected);
    QList<QByteArray> bytes;
    for (const char c : input)
        bytes.append(QByteArray(1, c));
    QCOMPARE(parse(bytes), expected);
    for (qsizetype cut = 0; cut <= input.size(); ++cut)
        QCOMPARE(parse({input.first(cut), input.sliced(cut)}), expected);
}

} // namespace

class tst_multiplex : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void frames_data();
    void frames();
    void partsAsTheyCome();
    void randomBytes();
    void json_data();
    void json();
    void jsonLimit();
    void versions_data();
    void versions();
};

void tst_multiplex::frames_data()
{
    QTest::addColumn<QByteArray>("input");
    QTest::addColumn<QByteArray>("expected");
    const auto row = [](const char *name, const QByteArray &input, const QByteArray &expected) {
        QTest::newRow(name) << input << expected;
    };
    const QByteArray badHeader = "a frame's header is not one of stdin, stdout and stderr";
    row("nothing", "", "||boundary");
    row("stdout", frame(1, "hello"), "hello||boundary");
    row("stderr", frame(2, "oh"), "|oh|boundary");
    row("stdin's echo", frame(0, "in"), "in||boundary");
    row("several", frame(1, "a") + frame(2, "b") + frame(1, "c"), "ac|b|boundary");
    row("empty frame", frame(1, "") + frame(2, "") + frame(1, "x"), "x||boundary");
    row("data like a header", frame(1, frame(2, "x")), frame(2, "x") + "||boundary");
    row("cut in header", frame(1, "a") + QByteArray("\x01\x00\x00", 3), "a||inside");
    row("cut in data", frame(1, "abc", 5), "abc||inside");
    row("stream 3", frame(1, "a") + frame(3, "b"), "a||" + badHeader);
    row("stream 255", frame('\xff', "b"), "||" + badHeader);
    row("text", "panic: runtime error", "||" + badHeader);
    row("padding used", QByteArray("\x01\x00\x01\x00\x00\x00\x00\x01x", 9), "||" + badHeader);
    row("16 MiB announced", frame(1, "abc", 16 * 1024 * 1024), "abc||inside");
    row("16 MiB and a byte announced", frame(1, "abc", 16 * 1024 * 1024 + 1),
        "||a frame of 16777217 bytes is too long");
    row("4 GiB announced", frame(1, "abc", 0xffffffff), "||a frame of 4294967295 bytes is too long");
}

void tst_multiplex::frames()
{
    QFETCH(QByteArray, input);
    QFETCH(QByteArray, expected);
    everyCut(input, expected, demultiplex);
}

void tst_multiplex::partsAsTheyCome()
{
    Demultiplexer demultiplexer;
    const QByteArray input = frame(2, "abc", 1000); // the step's data is a view of it
    const auto step = demultiplexer.parse(input);
    QVERIFY(step.event == Demultiplexer::Event::Output);
    QVERIFY(step.standardError);
    QCOMPARE(step.data.toByteArray(), "abc");
    QVERIFY(!demultiplexer.isAtBoundary());
}

void tst_multiplex::randomBytes()
{
    QRandomGenerator random(8);
    for (int i = 0; i < 5000; ++i) {
        QByteArray input;
        for (int frames = random.bounded(1, 5); frames > 0; --frames)
            input += frame(static_cast<char>(random.bounded(4)), QByteArray(random.bounded(20), 'x'),
                           random.bounded(8) ? -1 : random.bounded(40));
        QList<QByteArray> bytes;
        for (const char c : std::as_const(input))
            bytes.append(QByteArray(1, c));
        QCOMPARE(demultiplex(bytes), demultiplex({input}));
    }
}

void tst_multiplex::json_data()
{
    QTest::addColumn<QByteArray>("input");
    QTest::addColumn<QByteArray>("expected");
    const auto row = [](const char *name, const QByteArray &input, const QByteArray &expected) {
        QTest::newRow(name) << input << expected;
    };
    row("nothing", "", "boundary");
    row("blanks", " \r\n\t", "boundary");
    row("one", R"({"a":1})", R"({"a":1}|boundary)");
    row("lines", "{\"a\":1}\r\n{\"b\":2}\n", R"({"a":1}|{"b":2}|boundary)");
    row("nothing between", R"({"a":1}{"b":2}{})", R"({"a":1}|{"b":2}|{}|boundary)");
    row("nested", R"({"a":{"b":[{"c":[]}]}}{"d":1})", R"({"a":{"b":[{"c":[]}]}}|{"d":1}|boundary)");
    row("braces in strings", R"({"a":"}{]["}{"b":"\"}"}{"c":"\\"})", R"({"a":"}{]["}|{"b":"\"}"}|{"c":"\\"}|boundary)");
    row("cut", R"({"a":1}{"b)", R"({"a":1}|inside)");
    row("an array", R"({"a":1}[1])", R"({"a":1}|the stream holds something else than JSON objects)");
    row("text", "OK", "the stream holds something else than JSON objects");
    row("closed before opened", "}", "the stream holds something else than JSON objects");
    row("wrong bracket", R"({"a":[1}})", "the stream holds JSON that cannot be read");
    row("no JSON in braces", "{oops}", "the stream holds JSON that cannot be read");
    row("very deep", QByteArray(R"({"a":)").repeated(2000) + "1" + QByteArray("}").repeated(2000),
        "the stream holds JSON that cannot be read");
}

void tst_multiplex::json()
{
    QFETCH(QByteArray, input);
    QFETCH(QByteArray, expected);
    if (input.size() < 1000)
        everyCut(input, expected, parseJson);
    else
        QCOMPARE(parseJson({input}), expected);
}

void tst_multiplex::jsonLimit()
{
    const auto object = [](qsizetype size) -> QByteArray { return "{\"a\":\"" + QByteArray(size - 8, 'x') + "\"}"; };
    const QByteArray fits = object(JsonStream::ObjectLimit);
    QVERIFY(parseJson({fits}).endsWith("|boundary"));
    QVERIFY(parseJson({fits.first(1000), fits.sliced(1000)}).endsWith("|boundary"));
    const QByteArray tooLong = object(JsonStream::ObjectLimit + 1);
    QCOMPARE(parseJson({tooLong}), "a JSON object of the stream is too long");
    QCOMPARE(parseJson({tooLong.first(1000), tooLong.sliced(1000)}), "a JSON object of the stream is too long");
}

void tst_multiplex::versions_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<int>("major"); // -1: none
    QTest::addColumn<int>("minor");
    QTest::newRow("1.41") << QByteArray("1.41") << 1 << 41;
    QTest::newRow("1.9") << QByteArray("1.9") << 1 << 9;
    QTest::newRow("2.0") << QByteArray("2.0") << 2 << 0;
    for (const char *bad : {"", "1", ".", "1.", ".1", "1.4.1", "a.b", "-1.4", "1.-4", "1.99999", "1 .41"})
        QTest::newRow(bad) << QByteArray(bad) << -1 << 0;
}

void tst_multiplex::versions()
{
    QFETCH(QByteArray, text);
    QFETCH(int, major);
    QFETCH(int, minor);
    const auto version = parseApiVersion(text);
    QCOMPARE(version ? version->first : -1, major);
    if (version)
        QCOMPARE(version->second, minor);
}

QTEST_GUILESS_MAIN(tst_multiplex)
#include "tst_multiplex.moc"
