// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; output
#include <isol8/output/OutputFilter.h>
#include <isol8/output/SecretVariants.h>

#include <QElapsedTimer>
#include <QRandomGenerator>
#include <QTest>

#include "engine/output_reference.h"

using namespace isol8;
using namespace Qt::StringLiterals;

namespace {

constexpr qint64 NoLimit = std::numeric_limits<qint64>::max();

std::shared_ptr<const SecretPatterns> compiled(const QList<QByteArray> &secrets)
{
    return SecretPatterns::compile(secrets).value();
}

QByteArray filtered(const QList<QByteArray> &secrets, qint64 limit, const QList<QByteArray> &chunks, bool cut = false)
{
    OutputFilter filter(compiled(secrets), limit);
    QByteArray out;
    for (const QByteArray &chunk : chunks)
        out += filter.feed(chunk);
    return out + filter.finish(cut);
}

QList<QByteArray> singleBytes(const QByteArray &text)
{
    QList<QByteArray> list;
    for (const char c : text)
        list.append(QByteArray(1, c));
    return list;
}

QList<QByteArray> randomPieces(QRandomGenerator &random, const QByteArray &text)
{
    QList<QByteArray> list;
    for (qsizetype at = 0; at < text.size();) {
        const qsizetype size = random.bounded(1, 8);
        list.append(text.mid(at, size));
        at += size;
    }
    return list;
}

} // namespace

class tst_output_filter : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void compile();
    void masks_data();
    void masks();
    void base64Alignments();
    void truncation_data();
    void truncation();
    void cutSource_data();
    void cutSource();
    void utf8_data();
    void utf8();
    void showsAtOnce_data();
    void showsAtOnce();
    void pauses_data();
    void pauses();
    void pausesTellLittle();
    void raw();
    void afterTheLimit();
    void endlessSecret();
    void randomSecrets();
    void randomBytes();
    void largeSecret();
    void throughput();
};

void tst_output_filter::compile()
{
    QCOMPARE(compiled({})->longest(), 0);
    QCOMPARE(compiled({})->mask("text"), "text");
    QVERIFY(compiled({"abcd"})->longest() >= 12); // %61%62%63%64
    for (const QByteArray &secret : {QByteArray(), QByteArray("a"), QByteArray("abc")}) {
        const auto result = SecretPatterns::compile({"long enough", secret});
        QVERIFY(!result);
        QCOMPARE(result.error().code, errors::BadSecret);
    }
    const auto large = SecretPatterns::compile({QByteArray(65537, 'x')});
    QVERIFY(!large);
    QCOMPARE(large.error().code, errors::BadSecret);
    QCOMPARE(compiled({"hunter22"})->mask("is hunter22, aHVudGVyMjI="), "is ***, ***");
}

void tst_output_filter::masks_data()
{
    QTest::addColumn<QList<QByteArray>>("secrets");
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("shown");
    const auto row = [](const char *name, const QList<QByteArray> &secrets, const QByteArray &text,
                        const QByteArray &shown) { QTest::newRow(name) << secrets << text << shown; };
    const QByteArray rich = "p@ss w/\"é<🙂\n~!";
    row("none", {}, "text\n", "text\n");
    row("absent", {"hunter22"}, "hunter21 hunter2\n", "hunter21 hunter2\n");
    row("alone", {"hunter22"}, "hunter22", "***");
    row("in text", {"hunter22"}, "a hunter22 b", "a *** b");
    row("twice", {"hunter22"}, "hunter22hunter22", "******");
    row("begun again", {"aab1"}, "aaab1", "a***");
    row("overlapping itself", {"abab"}, "ababab-", "***-");
    row("one in another", {"secret", "my secret key"}, "my secret key, secret, my secret", "***, ***, my ***");
    row("same beginning", {"token-1", "token-12"}, "token-12 token-1 token-13", "*** *** ***3");
    row("overlapping each other", {"abcdef", "efghij"}, "xabcdefghijx", "x***x");
    row("side by side", {"abcd", "efgh"}, "abcdefgh", "******");
    row("of NUL bytes", {QByteArray("a\0b\0c", 5)}, QByteArray("-a\0b\0c-", 7), "-***-");
    row("two lines", {"line one\nline two"}, "line one\nline two\n", "***\n");
    row("two lines in a terminal", {"line one\nline two"}, "line one\r\nline two\r\n", "***\r\n");
    row("not UTF-8", {"\xff\xfe\xfd\xfc"}, "a\xff\xfe\xfd\xfc", "a***");
    row("within a character", {"\x82\xac-secret"}, "\xe2\x82\xac-secret", "\xef\xbf\xbd***");

    row("base64", {"hunter22"}, "aHVudGVyMjI=\n", "***\n");
    row("base64 without padding", {"hunter22"}, "aHVudGVyMjI\n", "***\n");
    row("base64 in more", {"hunter22"}, QByteArray("key=hunter22;").toBase64(), "a2V5PW***Ow==");
    row("base64 of two lines of text, wrapped", {"hunter22hunter22"}, "aHVudGVyMj\nJodW50ZX\r\nIyMg==\n", "***\n");
    row("base64 wrapped early", {"hunter22hunter22"}, "aHV\nudGVyMjJodW50ZXIyMg==\n", "aHV\n***\n");
    row("base64 in too loose lines", {"hunter22"}, "aHVud\n\n\nGVyMjI=\n", "aHVud\n\n\nGVyMjI=\n");
    row("base64, both alphabets", {"\xfb\xef\xbe\xff\xfe\x01"}, "x ----__4B ++++//4B", "x *** ***");
    row("percent, as RFC 3986", {rich}, "p%40ss%20w%2F%22%C3%A9%3C%F0%9F%99%82%0A~%21", "***");
    row("percent, as components", {rich}, "p%40ss%20w%2F%22%C3%A9%3C%F0%9F%99%82%0A~!", "***");
    row("percent, as URI", {rich}, "p@ss%20w/%22%C3%A9%3C%F0%9F%99%82%0A~!", "***");
    row("percent, as form", {rich}, "p%40ss+w%2F%22%C3%A9%3C%F0%9F%99%82%0A%7E%21", "***");
    row("percent, small digits", {rich}, "p%40ss%20w%2f%22%c3%a9%3c%f0%9f%99%82%0a~!", "***");
    row("percent, with slashes", {rich}, "p%40ss%20w/%22%C3%A9%3C%F0%9F%99%82%0A~%21", "***");
    row("percent, every byte", {"a-b!"}, "%61%2D%62%21 %61%2d%62%21", "*** ***");
    row("JSON, as Node", {rich}, "\"p@ss w/\\\"é<🙂\\n~!\"", "\"***\"");
    row("JSON, as Python", {rich}, "\"p@ss w/\\\"\\u00e9<\\ud83d\\ude42\\n~!\"", "\"***\"");
    row("JSON, large digits", {rich}, "p@ss w/\\\"\\u00E9<\\uD83D\\uDE42\\n~!", "***");
    row("JSON, as PHP", {rich}, "p@ss w\\/\\\"\\u00e9<\\ud83d\\ude42\\n~!", "***");
    row("JSON, as Go", {rich}, "p@ss w/\\\"é\\u003c🙂\\n~!", "***");
    row("JSON, control characters", {"a\x01\t\x1f"}, "a\\u0001\\t\\u001f a\\u0001\\t\\u001F", "*** ***");
    row("JSON, backslash", {"C:\\dir"}, "C:\\\\dir", "***");
}

void tst_output_filter::masks()
{
    QFETCH(QList<QByteArray>, secrets);
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, shown);
    QCOMPARE(filtered(secrets, NoLimit, {text}), shown);
    QCOMPARE(filtered(secrets, NoLimit, singleBytes(text)), shown);
    for (qsizetype at = 0; at <= text.size(); ++at)
        QCOMPARE(filtered(secrets, NoLimit, {text.first(at), text.sliced(at)}), shown);
}

// Wherever a secret stands in a longer text, its base64 shows no character that it alone determines.
void tst_output_filter::base64Alignments()
{
    for (const QByteArray &secret : {QByteArray("abcd"), QByteArray("hunter22"), QByteArray("\xfb\xff\xbf~\xff\xfe?>")})
        for (int before = 0; before < 7; ++before)
            for (int after = 0; after < 4; ++after)
                for (const auto alphabet : {QByteArray::Base64Encoding, QByteArray::Base64UrlEncoding})
                    for (const auto padding : {QByteArray::KeepTrailingEquals, QByteArray::OmitTrailingEquals}) {
                        const QByteArray text = QByteArray(QByteArray(before, 'x') + secret + QByteArray(after, 'y'))
                                                    .toBase64(alphabet | padding);
                        const qsizetype begin = (before * 8 + 5) / 6;
                        const qsizetype end = after ? (before + secret.size()) * 8 / 6 : text.size();
                        const QByteArray expected = text.first(begin) + "***" + text.sliced(end);
                        QCOMPARE(filtered({secret}, NoLimit, {text}), expected);
                        QCOMPARE(filtered({secret}, NoLimit, singleBytes(text)), expected);
                    }
}

void tst_output_filter::truncation_data()
{
    QTest::addColumn<QList<QByteArray>>("secrets");
    QTest::addColumn<qint64>("limit");
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("shown"); // without the line
    QTest::addColumn<bool>("truncated");
    const auto row = [](const char *name, const QList<QByteArray> &secrets, qint64 limit, const QByteArray &text,
                        const QByteArray &shown,
                        bool truncated) { QTest::newRow(name) << secrets << limit << text << shown << truncated; };
    row("below", {}, 10, "12345", "12345", false);
    row("exactly", {}, 5, "12345", "12345", false);
    row("one more", {}, 5, "123456", "12345\n", true);
    row("after a line", {}, 5, "1234\n5", "1234\n", true);
    row("nothing", {}, 0, "", "", false);
    row("nothing allowed", {}, 0, "1", "", true);
    row("negative", {}, -1, "1", "", true);
    row("character of two", {}, 4, "abcé", "abc\n", true);
    row("character of four", {}, 6, "abc🙂d", "abc\n", true);
    row("character that fits", {}, 7, "abc🙂d", "abc🙂\n", true);
    row("nothing small follows", {}, 4, "abcéd", "abc\n", true);
    row("replacement", {}, 4, "ab\xff", "ab\n", true);
    row("replacement that fits", {}, 5, "ab\xff", "ab\xef\xbf\xbd", false);
    row("secret at the cut", {"hunter22"}, 6, "a hunter22 b", "a *** \n", true);
    row("secret over the cut", {"hunter22"}, 4, "a hunter22", "a **\n", true);
    row("secrets make room", {"hunter22"}, 7, "hunter22 hunter22", "*** ***", false);
    row("prefix before the cut", {"hunter22"}, 4, "a hunter21", "a hu\n", true);
}

void tst_output_filter::truncation()
{
    QFETCH(QList<QByteArray>, secrets);
    QFETCH(qint64, limit);
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, shown);
    QFETCH(bool, truncated);
    if (truncated)
        shown += "[isol8: output truncated at " + QByteArray::number(std::max<qint64>(limit, 0)) + " bytes]\n";
    QCOMPARE(filtered(secrets, limit, {text}), shown);
    QCOMPARE(filtered(secrets, limit, singleBytes(text)), shown);
    OutputFilter filter(compiled(secrets), limit);
    const QByteArray first = filter.feed(text);
    QCOMPARE(first + filter.finish(false), shown);
    QCOMPARE(filter.truncated(), truncated);
    QVERIFY(filter.finish(false).isEmpty() && filter.feed("more").isEmpty());
}

void tst_output_filter::cutSource_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("shown");
    QTest::newRow("no secret") << QByteArray("abc") << QByteArray("abc\n");
    QTest::newRow("nothing") << QByteArray() << QByteArray();
    QTest::newRow("four bytes of a secret") << QByteArray("a hunt") << QByteArray("a ***\n");
    QTest::newRow("all but one") << QByteArray("a hunter2") << QByteArray("a ***\n");
    QTest::newRow("three bytes") << QByteArray("a hun") << QByteArray("a hun\n");
    QTest::newRow("whole") << QByteArray("a hunter22") << QByteArray("a ***\n");
    QTest::newRow("base64") << QByteArray("a aHVudG") << QByteArray("a ***\n");
    QTest::newRow("base64, wrapped") << QByteArray("aHVudG\nVy") << QByteArray("***\n");
    QTest::newRow("percent") << QByteArray("%68%75%6") << QByteArray("***\n");
    QTest::newRow("cut character") << QByteArray("abc\xe2\x82") << QByteArray("abc\n");
}

void tst_output_filter::cutSource()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, shown);
    shown += "[isol8: output truncated at 100 bytes]\n";
    QCOMPARE(filtered({"hunter22"}, 100, {text}, true), shown);
    QCOMPARE(filtered({"hunter22"}, 100, singleBytes(text), true), shown);
}

void tst_output_filter::utf8_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("shown"); // "?" for U+FFFD
    const auto row = [](const char *name, const QByteArray &text, const QByteArray &shown) {
        QTest::newRow(name) << text << QByteArray(shown).replace('?', "\xef\xbf\xbd");
    };
    row("ASCII", "plain text, longer than thirty-two bytes\n", "plain text, longer than thirty-two bytes\n");
    row("NUL", QByteArray("a\0b", 3), QByteArray("a\0b", 3));
    row("two, three, four", "é€🙂", "é€🙂");
    row("last", "\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf");
    row("continuation alone", "a\x80z", "a?z");
    row("two continuations", "\x80\xbf", "??");
    row("overlong slash", "\xc0\xaf", "??");
    row("overlong of three", "\xe0\x80\xaf", "???");
    row("overlong of four", "\xf0\x80\x80\xaf", "????");
    row("surrogate", "\xed\xa0\x80", "???");
    row("past the last", "\xf4\x90\x80\x80", "????");
    row("no lead", "\xf8\x88\x80\x80\x80", "?????");
    row("FE and FF", "\xfe\xff", "??");
    row("cut of three", "\xe2\x82", "?");
    row("cut of three, more", "\xe2\x82z", "?z");
    row("cut of four", "\xf0\x9f\x99", "?");
    row("cut twice", "\xf0\x9f\xe2\x82z", "??z");
    row("lead and lead", "\xc3\xc3\xa9", "?é");
    row("of the standard",
        "a\xf1\x80\x80\xe1\x80\xc2"
        "b\x80"
        "c\x80\xbf"
        "d",
        "a???b?c??d");
}

void tst_output_filter::utf8()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, shown);
    QCOMPARE(filtered({}, NoLimit, {text}), shown);
    QCOMPARE(filtered({}, NoLimit, singleBytes(text)), shown);
    QCOMPARE(filtered({"hunter22"}, NoLimit, singleBytes(text)), shown);
}

// What cannot be the beginning of a secret is not held back.
void tst_output_filter::showsAtOnce_data()
{
    QTest::addColumn<QByteArray>("chunk");
    QTest::addColumn<QByteArray>("shown");
    QTest::newRow("a line") << QByteArray("hello\n") << QByteArray("hello\n");
    QTest::newRow("line whose last character begins a pattern") << QByteArray("cocoa\n") << QByteArray("cocoa\n");
    QTest::newRow("prompt") << QByteArray("name: ") << QByteArray("name: ");
    QTest::newRow("secret") << QByteArray("hunter22 hunter22") << QByteArray("*** ***");
    QTest::newRow("beginning of a secret") << QByteArray("name hunt") << QByteArray("name ");
    QTest::newRow("beginning of a character") << QByteArray("caf\xc3") << QByteArray("caf");
}

void tst_output_filter::showsAtOnce()
{
    QFETCH(QByteArray, chunk);
    QFETCH(QByteArray, shown);
    OutputFilter filter(compiled({"hunter22"}), NoLimit);
    QCOMPARE(filter.feed(chunk), shown);
}

// What is shown when a program waits behind what may be a secret's beginning, and what then.
void tst_output_filter::pauses_data()
{
    QTest::addColumn<QList<QByteArray>>("chunks");
    QTest::addColumn<QByteArray>("shown"); // | where it paused
    const auto row = [](const char *name, const QList<QByteArray> &chunks, const char *shown) {
        QTest::newRow(name) << chunks << QByteArray(shown);
    };
    row("echo of a first character", {"correct h", "at"}, "correct h|at|");
    row("a secret's quarter", {"correct hun", "t"}, "correct hu||nt");
    row("a secret in two pieces", {"<hun", "ter22>"}, "<hu|***>|");
    row("a secret byte by byte", {"h", "u", "n", "t", "e", "r", "2", "2"}, "h|u||||||***|");
    row("two, the second paused", {"hunter22hun", "ter22."}, "***hu|***.|");
    row("as base64", {"aHVu", "dGVyMjI= "}, "aH|*** |");
}

void tst_output_filter::pauses()
{
    QFETCH(QList<QByteArray>, chunks);
    QFETCH(QByteArray, shown);
    OutputFilter filter(compiled({"hunter22"}), NoLimit);
    QByteArray out;
    for (const QByteArray &chunk : chunks) {
        out += filter.feed(chunk);
        out += filter.pause();
        out += '|';
    }
    QVERIFY(!filter.isHolding() || !shown.endsWith('|'));
    QCOMPARE(out + filter.finish(false), shown);
}

// However it is cut and paused, no more than the first bytes are ever seen, and nothing else is lost.
void tst_output_filter::pausesTellLittle()
{
    QRandomGenerator random(5);
    const QByteArray secret = "abcabdabcabe"; // overlaps itself; its first three bytes may be seen
    for (int round = 0; round < 3000; ++round) {
        QByteArray text;
        while (text.size() < 60)
            text += random.bounded(4) ? secret.mid(random.bounded(12), random.bounded(1, 6)) : secret;
        OutputFilter filter(compiled({secret}), NoLimit);
        QByteArray out;
        for (const QByteArray &piece : randomPieces(random, text)) {
            out += filter.feed(piece);
            if (random.bounded(2))
                out += filter.pause();
        }
        out += filter.finish(false);
        QVERIFY2(!out.contains(secret), text.constData());
        OutputFilter whole(compiled({secret}), NoLimit);
        QByteArray expected = whole.feed(text);
        expected += whole.finish(false);
        if (!text.contains(secret))
            QCOMPARE(out, expected);
        QCOMPARE(out.endsWith("***"), expected.endsWith("***"));
        QVERIFY2(out.size() - expected.size() <= 3 * out.count("***"),
                 QByteArray(text + " -> " + out + ", and in one piece " + expected).constData());
    }
}

void tst_output_filter::raw()
{
    QByteArray all;
    for (int i = 0; i < 256; ++i)
        all.append(char(i));
    OutputFilter filter(compiled({"hunter22"}), 300, OutputFilter::Form::Raw);
    QCOMPARE(filter.feed(all), all);
    QCOMPARE(filter.feed("\xc3"), QByteArray("\xc3")); // a character's beginning, at once
    QCOMPARE(filter.feed("\xff hunter22"), QByteArray("\xff ***"));
    QVERIFY(!filter.truncated());
    QCOMPARE(filter.feed(QByteArray(100, '\xe4')).size(), 300 - 256 - 6);
    QVERIFY(filter.truncated());
}

void tst_output_filter::afterTheLimit()
{
    OutputFilter filter(compiled({"hunter22"}), 10);
    QCOMPARE(filter.feed("0123456789"), "0123456789");
    QVERIFY(!filter.truncated());
    QVERIFY(filter.feed(".").isEmpty());
    QVERIFY(filter.truncated());
    const QByteArray large(1 << 20, 'x');
    for (int i = 0; i < 10000; ++i) // 10 GB
        QVERIFY(filter.feed(large).isEmpty());
    QCOMPARE(filter.finish(true), "\n[isol8: output truncated at 10 bytes]\n");
}

// A secret that overlaps itself without end is hidden without being kept.
void tst_output_filter::endlessSecret()
{
    OutputFilter filter(compiled({"aaaa"}), NoLimit);
    QByteArray out;
    for (int i = 0; i < 1000; ++i)
        out += filter.feed(QByteArray(1000, 'a'));
    out += filter.feed("b");
    QCOMPARE(out + filter.finish(false), "***b");
}

void tst_output_filter::randomSecrets()
{
    for (uint seed = 1; seed <= 1500; ++seed) {
        QRandomGenerator random(seed);
        const reference::Case c = reference::randomCase(random);
        const bool cut = random.bounded(4) == 0;
        const QByteArray expected = reference::mask(c.secrets, c.text, cut);
        const QByteArray valid = reference::sanitize(expected, cut);
        QByteArray whole = filtered(c.secrets, NoLimit, {c.text}, cut);
        const QByteArray pieces = filtered(c.secrets, NoLimit, randomPieces(random, c.text), cut);
        QVERIFY2(pieces == whole, qPrintable(u"seed %1"_s.arg(seed)));
        if (cut)
            whole.truncate(whole.lastIndexOf("[isol8: "));
        if (cut && !valid.isEmpty() && !valid.endsWith('\n'))
            whole.chop(1);
        const QByteArray story = "seed " + QByteArray::number(seed) + "\ntext     " + c.text.toPercentEncoding() +
                                 "\nshown    " + whole.toPercentEncoding() + "\nexpected " + valid.toPercentEncoding();
        QVERIFY2(whole == valid, story.constData());
        if (!cut)
            QCOMPARE(compiled(c.secrets)->mask(c.text), expected);

        const qint64 limit = random.bounded(60);
        QVERIFY2(filtered(c.secrets, limit, {c.text}, cut) ==
                     filtered(c.secrets, limit, randomPieces(random, c.text), cut),
                 qPrintable(u"seed %1, limit %2"_s.arg(seed).arg(limit)));
    }
}

void tst_output_filter::randomBytes()
{
    static constexpr char bytes[] =
        "a\x00\x7f\x80\x8f\x90\x9f\xa0\xbf\xc0\xc1\xc2\xdf\xe0\xe2\xed\xef\xf0\xf3\xf4\xf5\xff";
    for (uint seed = 1; seed <= 3000; ++seed) {
        QRandomGenerator random(seed);
        QByteArray text;
        for (int i = random.bounded(60); i > 0; --i)
            text += bytes[random.bounded(int(sizeof bytes) - 1)];
        const QByteArray expected = reference::sanitize(text, false);
        QVERIFY2(filtered({}, NoLimit, {text}) == expected, qPrintable(u"seed %1"_s.arg(seed)));
        QVERIFY2(filtered({}, NoLimit, randomPieces(random, text)) == expected, qPrintable(u"seed %1"_s.arg(seed)));
        QVERIFY2(QString::fromUtf8(expected).toUtf8() == expected, qPrintable(u"seed %1"_s.arg(seed)));
    }
}

void tst_output_filter::largeSecret()
{
    QByteArray key;
    QRandomGenerator random(7);
    while (key.size() < 60000)
        key += QByteArray::number(random.generate(), 36) + '\n';
    QElapsedTimer timer;
    timer.start();
    const auto patterns = compiled({key});
    qInfo("a secret of %lld bytes compiled in %lld ms", static_cast<long long>(key.size()),
          static_cast<long long>(timer.elapsed()));
    QByteArray wrapped;
    const QByteArray encoded = QByteArray("x" + key + "y").toBase64();
    for (qsizetype at = 0; at < encoded.size(); at += 76)
        wrapped += encoded.mid(at, 76) + '\n';
    const QByteArray shown = patterns->mask(QByteArray("[" + key + "][" + wrapped + "]"));
    QVERIFY(shown.startsWith("[***]["));
    QVERIFY2(shown.size() < 30, shown.left(200).constData());
}

void tst_output_filter::throughput()
{
    QRandomGenerator random(1);
    QList<QByteArray> secrets;
    for (int i = 0; i < 10; ++i)
        secrets.append(QByteArray::number(random.generate64(), 36) + "-/" +
                       QByteArray::number(random.generate64(), 36));
    QByteArray log, base64;
    while (log.size() < (4 << 20))
        log += "2024-05-01T12:00:00Z INFO request " + QByteArray::number(random.generate()) +
               " took 12 ms for /api/v1/items\n";
    while (base64.size() < (4 << 20))
        base64 += QByteArray::number(random.generate64()).toBase64();
    const QByteArray mixed = QString::fromUtf8(log).replace(u'e', u'é').toUtf8();
    for (const int count : {0, 1, 10})
        for (const auto &[name, text] :
             {std::pair{"log", log}, std::pair{"base64", base64}, std::pair{"not ASCII", mixed}}) {
            OutputFilter filter(compiled(secrets.first(count)), NoLimit);
            QElapsedTimer timer;
            timer.start();
            qsizetype shown = 0;
            for (int round = 0; round < 4; ++round)
                for (qsizetype at = 0; at < text.size(); at += 65536)
                    shown += filter.feed(QByteArrayView(text).sliced(at, std::min<qsizetype>(65536, text.size() - at)))
                                 .size();
            shown += filter.finish(false).size();
            const double seconds = double(timer.nsecsElapsed()) / 1e9;
            qInfo("%2d secrets, %-9s %6.0f MB/s", count, name, 4 * double(text.size()) / seconds / 1e6);
            QCOMPARE(shown, 4 * text.size());
        }
}

QTEST_GUILESS_MAIN(tst_output_filter)
#include "tst_output_filter.moc"
