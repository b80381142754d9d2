// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; archive
// The tar reader and writer: archives of the system's tar both ways, and a corpus of hostile ones.
#include <isol8/archive/PaxRecords.h>
#include <isol8/archive/TarReader.h>
#include <isol8/archive/TarWriter.h>

#include <QDir>
#include <QFile>
#include <QProcess>
#include <QRandomGenerator>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace Qt::StringLiterals;
using namespace isol8;
using namespace isol8::archive;
using Kind = TarMember::Kind;

namespace {

struct Unpacked
{
    TarMember member;
    QByteArray content;
    friend bool operator==(const Unpacked &, const Unpacked &) = default;
};

struct Reading
{
    QList<Unpacked> members;
    Error error;
};

// All of an archive, in pieces of \a piece bytes.
Reading readAll(const QByteArray &bytes, qsizetype piece = 1 << 20, const TarLimits &limits = {})
{
    TarReader reader(limits);
    Reading reading;
    for (qsizetype at = 0; at < bytes.size(); at += piece) {
        QByteArrayView rest = QByteArrayView(bytes).sliced(at, std::min(piece, bytes.size() - at));
        while (true) {
            const auto step = reader.feed(rest);
            rest = rest.sliced(step.consumed);
            if (step.event == TarReader::Event::NeedMore)
                break;
            if (step.event == TarReader::Event::Failed) {
                reading.error = reader.error();
                return reading;
            }
            if (step.event == TarReader::Event::Member)
                reading.members.append({reader.member(), {}});
            else
                reading.members.last().content += step.data;
        }
    }
    reading.error = reader.finish();
    return reading;
}

// A header with whatever one likes in it.
struct Raw
{
    QByteArray name = "file";
    char type = '0';
    QByteArray target = {};
    QByteArray content = {};
    QByteArray size = {}; //!< the field itself; empty: the content's
    QByteArray magic = QByteArray("ustar\0"
                                  "00",
                                  8);
    QByteArray prefix = {};
    bool rightSum = true;

    operator QByteArray() const // NOLINT: archives are put together from these
    {
        QByteArray header(512, '\0');
        const auto put = [&](qsizetype at, const QByteArray &text) { header.replace(at, text.size(), text); };
        put(0, name);
        put(100, "0000644");
        put(124, size.isEmpty() ? QByteArray::number(content.size(), 8).rightJustified(11, '0') : size);
        put(136, "00000000017");
        put(148, "        ");
        header[156] = type;
        put(157, target);
        put(257, magic);
        put(345, prefix);
        int sum = rightSum ? 0 : 1;
        for (const char c : std::as_const(header))
            sum += uchar(c);
        put(148, QByteArray(QByteArray::number(sum, 8).rightJustified(6, '0') + '\0'));
        return header + content + tarPadding(content.size());
    }
};

QByteArray file(const QByteArray &name, const QByteArray &content = {})
{
    Raw raw;
    raw.name = name;
    raw.content = content;
    return raw;
}

QByteArray typed(const QByteArray &name, char type, const QByteArray &target = {}, const QByteArray &content = {})
{
    Raw raw;
    raw.name = name;
    raw.type = type;
    raw.target = target;
    raw.content = content;
    return raw;
}

QByteArray sized(const QByteArray &size)
{
    Raw raw;
    raw.size = size;
    return raw;
}

QByteArray pax(const QByteArray &records, char type = 'x')
{
    return typed("PaxHeaders/x", type, {}, records);
}

TarMember member(Kind kind, const QByteArray &name, const QByteArray &target = {})
{
    TarMember member;
    member.kind = kind;
    member.name = name;
    member.target = target;
    member.mode = kind == Kind::Directory ? 0755 : 0640;
    member.mtimeMs = 1600000000123;
    return member;
}

bool run(const QString &program, const QStringList &arguments, const QString &folder)
{
    QProcess process;
    process.setWorkingDirectory(folder);
    process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    process.start(program, arguments);
    return process.waitForFinished() && process.exitCode() == 0;
}

QByteArray contentOf(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray("cannot be read");
}

} // namespace

class tst_tar : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void refused_data();
    void refused();
    void accepted_data();
    void accepted();
    void limits();
    void cutAnywhere();
    void noise();
    void ofTheSystem_data();
    void ofTheSystem();
    void forTheSystem();
    void paxRecords();
};

void tst_tar::refused_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("sentence");
    const QByteArray end = endOfTar();
    const auto row = [](const char *name, const QByteArray &bytes, const QString &part) {
        QTest::newRow(name) << bytes << part;
    };
    row("absolute", file("/etc/passwd", "x") + end, u"/etc/passwd is absolute"_s);
    row("absolute by pax", pax(paxRecord("path", "/etc/x")) + file("x") + end, u"/etc/x is absolute"_s);
    row("absolute by a long name", typed("././@LongLink", 'L', {}, QByteArray("/etc/x", 7)) + file("x") + end,
        u"is absolute"_s);
    row("dots", file("../x") + end, u"climbs by \"..\""_s);
    row("dots inside", file("a/../../x") + end, u"climbs"_s);
    row("dots that stay", file("a/../b") + end, u"climbs"_s);
    Raw prefixed;
    prefixed.prefix = "../..";
    row("dots by prefix", QByteArray(prefixed) + end, u"climbs"_s);
    row("character device", typed("null", '3') + end, u"null is a device"_s);
    row("block device", typed("sda", '4') + end, u"is a device"_s);
    row("FIFO", typed("pipe", '6') + end, u"is a pipe"_s);
    row("sparse", typed("hole", 'S') + end, u"a sparse file"_s);
    row("sparse by pax", pax(paxRecord("GNU.sparse.major", "1")) + file("x") + end, u"sparse"_s);
    row("volume label", typed("label", 'V') + end, u"of an unknown kind"_s);
    row("unknown", typed("what", 'Z') + end, u"of an unknown kind"_s);
    row("symlink out", typed("a", '2', "../../etc/passwd") + end, u"leads out of /sandbox"_s);
    row("symlink out of /sandbox", typed("a", '2', "/etc") + end, u"leads out"_s);
    row("symlink to a neighbour by name", typed("a", '2', "/sandboxes/x") + end, u"leads out"_s);
    row("symlink to the top", typed("a", '2', "/") + end, u"leads out"_s);
    row("symlink to /tmp", typed("a", '2', "/tmp/x") + end, u"leads out"_s);
    row("symlink deep out", typed("a/b/c", '2', "../../../x") + end, u"leads out"_s);
    row("symlink through another", typed("d/l", '2', ".") + typed("d/m", '2', "l/../../..") + end, u"leads out"_s);
    row("symlink absolute with dots", typed("a", '2', "/sandbox/../etc") + end, u"leads out"_s);
    row("symlink to nothing", typed("a", '2') + end, u"no usable target"_s);
    row("symlink out by pax", pax(paxRecord("linkpath", "../x")) + typed("a", '2', "b") + end, u"leads out"_s);
    row("symlink out by a long target",
        typed("././@LongLink", 'K', {}, QByteArray("/etc/x", 7)) + typed("a", '2', "b") + end, u"leads out"_s);
    row("hard link out", typed("a", '1', "/etc/passwd") + end, u"hard link a"_s);
    row("hard link climbs", typed("a", '1', "../x") + end, u"hard link"_s);
    row("hard link to nothing", typed("a", '1', "b") + file("b") + end, u"hard link"_s);
    row("hard link to a symlink", typed("s", '2', "x") + typed("a", '1', "s") + end, u"hard link"_s);
    row("hard link to a folder", typed("d", '5') + typed("a", '1', "d") + end, u"hard link"_s);
    row("through a symlink", typed("d", '2', "e") + file("d/x") + end, u"d/x lies below d, which is a symbolic link"_s);
    row("through a symlink, written otherwise", typed("d", '2', "e") + file("./d//x") + end, u"a symbolic link"_s);
    row("below a file", file("d") + file("d/x") + end, u"which is a file"_s);
    row("symlink in place of a folder", file("d/x") + typed("d", '2', "e") + end, u"holds d twice"_s);
    row("file in place of a symlink", typed("a", '2', "b") + file("a") + end, u"holds a twice"_s);
    row("twice", file("a", "1") + file("./a", "2") + end, u"holds a twice"_s);
    row("folder with content", typed("d", '5', {}, "x") + end, u"has content, but is no file"_s);
    row("symlink with content", typed("a", '2', "b", "x") + end, u"has content"_s);
    row("hard link with content", file("b") + typed("a", '1', "b", "x") + end, u"has content"_s);
    row("no name", file("") + end, u"no name"_s);
    row("only dots for a name", file("./.") + end, u"no name"_s);
    row("zero in a name", pax(paxRecord("path", QByteArray("a\0b", 3))) + file("x") + end, u"zero byte"_s);
    row("component too long", pax(paxRecord("path", QByteArray(256, 'x'))) + file("x") + end, u"is too long"_s);
    row("path too long", pax(paxRecord("path", QByteArray("abc/").repeated(1100))) + file("x") + end, u"deep"_s);
    row("path too long, not deep",
        pax(paxRecord("path", QByteArray(QByteArray(250, 'x') + '/').repeated(20))) + file("x") + end,
        u"is too long"_s);
    row(
        "wrong sum",
        [] {
            Raw raw;
            raw.rightSum = false;
            return QByteArray(raw);
        }() +
            end,
        u"no tar archive"_s);
    row("text", QByteArray("hello ").repeated(200), u"no tar archive"_s);
    row("gzip", QByteArray("\x1f\x8b\x08").leftJustified(600, 'x'), u"compressed (gzip)"_s);
    row("zip", QByteArray("PK\x03\x04").leftJustified(600, 'x'), u"compressed (zip)"_s);
    row("size no number", sized("0000000000z") + end, u"cannot be read"_s);
    row("size negative", sized(QByteArray("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12)) + end,
        u"cannot be read"_s);
    row("size past 63 bits", sized(QByteArray("\x80\x7f\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12)) + end,
        u"cannot be read"_s);
    row("size enormous", sized(QByteArray("\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff", 12)) + end, u"larger than"_s);
    row("size enormous by pax", pax(paxRecord("size", "9223372036854775807")) + file("x") + end, u"larger than"_s);
    row("size negative by pax", pax(paxRecord("size", "-1")) + file("x") + end, u"cannot be read"_s);
    row("size no number by pax", pax(paxRecord("size", "1e3")) + file("x") + end, u"cannot be read"_s);
    row("size that lies", sized("00000002000") + end, u"no end"_s);
    row("pax length lies", pax("99 path=x\n") + file("x") + end, u"cannot be read"_s);
    row("pax length short", pax("3 path=x\n") + file("x") + end, u"cannot be read"_s);
    row("pax no equals", pax("9 pathxx\n") + file("x") + end, u"cannot be read"_s);
    row("pax no newline", pax("9 path=xx") + file("x") + end, u"cannot be read"_s);
    row("pax empty path", pax(paxRecord("path", "")) + file("x") + end, u"cannot be read"_s);
    row("pax twice", pax(paxRecord("path", "a")) + pax(paxRecord("path", "b")) + file("x") + end, u"two extended"_s);
    row("pax for nobody", file("x") + pax(paxRecord("path", "a")) + end, u"in the middle"_s);
    row("pax enormous", typed("x", 'x', {}, QByteArray(1100000, 'x')), u"too large"_s);
    row("long name enormous", typed("x", 'L', {}, QByteArray(9000, 'x')), u"too large"_s);
    row("long name twice",
        typed("l", 'L', {}, QByteArray("a", 2)) + typed("l", 'L', {}, QByteArray("b", 2)) + file("x") + end, u"two"_s);
    row("long name empty", typed("l", 'L', {}, QByteArray("\0", 1)) + file("x") + end, u"cannot be read"_s);
    row("global path", pax(paxRecord("path", "a"), 'g') + file("x") + end, u"global header"_s);
    row("global between", pax(paxRecord("path", "a")) + pax(paxRecord("comment", "a"), 'g') + file("x") + end,
        u"global header"_s);
    row("many globals", pax(paxRecord("comment", "a"), 'g').repeated(17) + file("x") + end, u"global header"_s);
    row("after the end", file("x") + end + file("y") + end, u"follows the end"_s);
    row("after half an end", file("x") + QByteArray(512, '\0') + file("y") + end, u"follows the end"_s);
    row("no end", file("x"), u"no end"_s);
    row("nothing", QByteArray(), u"no end"_s);
    row("cut header", file("x").left(300), u"in the middle"_s);
    row("cut content", file("x", "content").left(515), u"in the middle"_s);
    row("strange name in the sentence", file("../\x1b[31m\n") + end, u"../?[31m? climbs"_s);
}

void tst_tar::refused()
{
    QFETCH(QByteArray, bytes);
    QFETCH(QString, sentence);
    for (const qsizetype piece : {qsizetype(1 << 20), qsizetype(512), qsizetype(7)}) {
        const Reading reading = readAll(bytes, piece);
        QCOMPARE(reading.error.code, errors::BadArchive);
        QVERIFY2(reading.error.message.contains(sentence), qPrintable(reading.error.message));
        QVERIFY(reading.error.message.endsWith(u'.') && !reading.error.message.contains(u'\n'));
    }
}

void tst_tar::accepted_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QByteArrayList>("names");
    const auto row = [](const char *name, const QByteArray &bytes, const QByteArrayList &names) {
        QTest::newRow(name) << bytes + endOfTar() << names;
    };
    row("empty", {}, {});
    row("the folder itself", typed("./", '5') + file("./a"), {"", "a"});
    row("old form",
        [] {
            Raw raw;
            raw.magic = {};
            raw.type = '\0';
            return QByteArray(raw);
        }(),
        {"file"});
    row("old folder",
        [] {
            Raw raw;
            raw.magic = {};
            raw.type = '\0';
            raw.name = "d/";
            return QByteArray(raw);
        }(),
        {"d"});
    row("prefix",
        [] {
            Raw raw;
            raw.prefix = "a/b";
            return QByteArray(raw);
        }(),
        {"a/b/file"});
    row("no prefix with GNU",
        [] {
            Raw raw;
            raw.magic = "ustar  ";
            raw.prefix = "a/b";
            return QByteArray(raw);
        }(),
        {"file"});
    row("folders twice", typed("d/", '5') + file("d/x") + typed("d", '5'), {"d", "d/x", "d"});
    row("dots in names", file("..a/b.. c/...", "x"), {"..a/b.. c/..."});
    row("symlink up inside", typed("a/b/c", '2', "../../x/y"), {"a/b/c"});
    row("symlink to /sandbox", typed("a", '2', "/sandbox/x"), {"a"});
    row("hard links", file("a", "x") + typed("b", '1', "./a") + typed("c", '1', "b"), {"a", "b", "c"});
    row("GNU long",
        typed("l", 'K', {}, "short") + typed("l", 'L', {}, QByteArray("n").repeated(200)) + typed("a", '2', "b"),
        {QByteArray("n").repeated(200)});
    row("global comment", pax(paxRecord("comment", "a commit"), 'g') + file("x"), {"x"});
    row("sum of signed bytes",
        [] {
            QByteArray header = file("\xe9");
            header.replace(148, 8, "        ");
            int sum = 0;
            for (qsizetype i = 0; i < 512; ++i)
                sum += static_cast<signed char>(header[i]);
            header.replace(148, 7, QByteArray(QByteArray::number(sum, 8).rightJustified(6, '0') + '\0'));
            return header;
        }(),
        {"\xe9"});
    row("more zeros", file("x") + QByteArray(20000, '\0'), {"x"});
}

void tst_tar::accepted()
{
    QFETCH(QByteArray, bytes);
    QFETCH(QByteArrayList, names);
    const Reading whole = readAll(bytes);
    QVERIFY2(whole.error.code.isEmpty(), qPrintable(whole.error.message));
    QByteArrayList found;
    for (const Unpacked &unpacked : whole.members)
        found.append(unpacked.member.name);
    QCOMPARE(found, names);
    for (const qsizetype piece : {qsizetype(1), qsizetype(511), qsizetype(513)})
        QVERIFY(readAll(bytes, piece).members == whole.members);
}

void tst_tar::limits()
{
    TarLimits few;
    few.maxMembers = 3;
    few.maxBytes = 10;
    few.maxDepth = 2;
    few.directory = "/tmp/chosen";
    const auto check = [&](const QByteArray &bytes) { return readAll(bytes + endOfTar(), 1 << 20, few).error.message; };
    QCOMPARE(check(file("1", "12345") + file("2", "12345") + file("3")), QString());
    QVERIFY(check(file("1", "12345") + file("2", "123456")).contains(u"larger than"_s));
    QVERIFY(check(file("1") + file("2") + file("3") + file("4")).contains(u"more than 3 members"_s));
    QVERIFY(check(file("a/b/c")).contains(u"more than 2 folders deep"_s));
    QCOMPARE(check(typed("a", '2', "/sandbox/x") + typed("b", '2', "/tmp/chosen/x") + typed("d/c", '2', "../b")),
             QString());
    QVERIFY(check(typed("a", '2', "../other")).contains(u"leads out of /tmp/chosen"_s));
    QVERIFY(check(typed("a", '2', "/tmp/chosen2")).contains(u"leads out"_s));

    TarLimits own;
    own.linksMayLeave = true;
    QCOMPARE(readAll(typed("a", '2', "/usr/bin/python3") + endOfTar(), 512, own).error.code, QString());
    QVERIFY(!readAll(typed("a", '2', "/usr") + file("a/x") + endOfTar(), 512, own).error.code.isEmpty());

    // Many long names: they would have to be remembered.
    TarLimits many;
    QByteArray bytes;
    for (int i = 0; i < 10000; ++i)
        bytes += pax(paxRecord("path", QByteArray(QByteArray(200, 'x') + '/').repeated(17) + QByteArray::number(i))) +
                 file("x");
    QVERIFY(readAll(bytes + endOfTar(), 1 << 20, many).error.message.contains(u"names in the archive"_s));
}

// However much of it is there, a cut archive is refused, and what was told before is the beginning of the whole.
void tst_tar::cutAnywhere()
{
    const QByteArray whole = typed("d/", '5') + pax(paxRecord("path", "d/long")) + file("x", QByteArray(700, 'c')) +
                             typed("l", 'L', {}, "name") + typed("s", '2', "d") + endOfTar();
    const Reading all = readAll(whole);
    QVERIFY(all.error.code.isEmpty());
    for (qsizetype size = 0; size < whole.size() - 512; ++size) {
        const Reading reading = readAll(whole.left(size));
        QCOMPARE(reading.error.code, errors::BadArchive);
        for (qsizetype i = 0; i < reading.members.size(); ++i)
            QCOMPARE(reading.members[i].member, all.members[i].member);
    }
}

// Whatever bytes are changed, it ends, and no member breaks the rules.
void tst_tar::noise()
{
    const QByteArray whole = typed("d/", '5') + pax(paxRecord("path", "d/long") + paxRecord("mtime", "12.5")) +
                             file("x", QByteArray(700, 'c')) + typed("l", 'L', {}, "name") + typed("s", '2', "d") +
                             typed("h", '1', "d/long") + endOfTar();
    QRandomGenerator random(7);
    for (int round = 0; round < 20000; ++round) {
        QByteArray bytes = whole;
        for (int i = 0; i <= round % 3; ++i)
            bytes[random.bounded(bytes.size())] = char(random.bounded(256));
        if (round % 2) { // past the checksums
            for (qsizetype at = 0; at + 512 <= bytes.size(); at += 512) {
                if (bytes.mid(at + 257, 5) != "ustar")
                    continue;
                bytes.replace(at + 148, 8, "        ");
                int sum = 0;
                for (qsizetype i = 0; i < 512; ++i)
                    sum += uchar(bytes[at + i]);
                bytes.replace(at + 148, 7, QByteArray(QByteArray::number(sum, 8).rightJustified(6, '0') + '\0'));
            }
        }
        const Reading reading = readAll(bytes, 1 + random.bounded(2000));
        QVERIFY(reading.error.code.isEmpty() || reading.error.code == errors::BadArchive);
        for (const Unpacked &unpacked : reading.members) {
            const QByteArray &name = unpacked.member.name;
            QVERIFY(!name.startsWith('/') && !name.split('/').contains("..") && !name.contains('\0'));
            QVERIFY(unpacked.content.size() <= unpacked.member.size);
        }
    }
}

void tst_tar::ofTheSystem_data()
{
    QTest::addColumn<QString>("format");
    QTest::addColumn<bool>("exact"); //!< times with fractions, long link targets
    QTest::newRow("gnu") << u"gnu"_s << false;
    QTest::newRow("pax") << u"posix"_s << true;
    QTest::newRow("ustar") << u"ustar"_s << false;
    QTest::newRow("v7") << u"v7"_s << false;
}

void tst_tar::ofTheSystem()
{
    QFETCH(QString, format);
    QFETCH(bool, exact);
    const bool longNames = format == u"gnu"_s || format == u"posix"_s;
    QTemporaryDir folder;
    QDir root(folder.path());
    QVERIFY(root.mkpath(u"t/sub"_s));
    const QByteArray name = longNames ? QByteArray("n").repeated(180) : QByteArray("name");
    const QByteArray path = folder.path().toUtf8() + "/t/";
    QFile content(QFile::decodeName(path + "sub/" + name));
    QVERIFY(content.open(QIODevice::WriteOnly));
    content.write(QByteArray(5000, 'c'));
    content.close();
    QCOMPARE(::chmod(QByteArray(path + "sub/" + name).constData(), 0751), 0);
    const timespec times[2] = {{1500000000, 0}, {1600000000, 250000000}};
    QCOMPARE(::utimensat(AT_FDCWD, QByteArray(path + "sub/" + name).constData(), times, 0), 0);
    const QByteArray target =
        longNames ? QByteArray("x/").repeated(40) + "end-of-a-target-past-a-hundred" : QByteArray("sub");
    QCOMPARE(::symlink(target.constData(), QByteArray(path + "z-link").constData()), 0);
    QCOMPARE(::link(QByteArray(path + "sub/" + name).constData(), QByteArray(path + "y-hard").constData()), 0);

    const QString archive = folder.filePath(u"a.tar"_s);
    QVERIFY(run(u"tar"_s,
                {u"--format"_s, format, u"--sort=name"_s, u"-cf"_s, archive, u"-C"_s, folder.filePath(u"t"_s), u"."_s},
                folder.path()));
    const Reading reading = readAll(contentOf(archive), 1000);
    QVERIFY2(reading.error.code.isEmpty(), qPrintable(reading.error.message));
    QCOMPARE(reading.members.size(), 5);
    QCOMPARE(reading.members[0].member.name, QByteArray());
    QCOMPARE(reading.members[1].member.name, "sub");
    QVERIFY(reading.members[1].member.kind == Kind::Directory);
    const TarMember &file = reading.members[2].member;
    QCOMPARE(file.name, "sub/" + name);
    QCOMPARE(file.mode, 0751U);
    QCOMPARE(file.mtimeMs, exact ? 1600000000250 : 1600000000000);
    QCOMPARE(reading.members[2].content, QByteArray(5000, 'c'));
    QVERIFY(reading.members[3].member.kind == Kind::HardLink);
    QCOMPARE(reading.members[3].member.target, "sub/" + name);
    QVERIFY(reading.members[4].member.kind == Kind::Symlink);
    QCOMPARE(reading.members[4].member.target, target);
}

void tst_tar::forTheSystem()
{
    TarMember large = member(Kind::File, "sub/" + QByteArray("n").repeated(150));
    large.size = 5000;
    TarMember script = member(Kind::File, "run.sh");
    script.mode = 0755;
    script.size = 3;
    TarMember strange = member(Kind::File, "\xff\n " + QByteArray("s").repeated(100));
    const TarMember link = member(Kind::Symlink, "link", QByteArray("x/").repeated(60) + "y");
    QByteArray bytes = tarHeader(member(Kind::Directory, "sub")) + tarHeader(large) + QByteArray(5000, 'c') +
                       tarPadding(5000) + tarHeader(script) + "#!x" + tarPadding(3) + tarHeader(strange) +
                       tarHeader(link) + tarHeader(member(Kind::HardLink, "hard", "run.sh")) + endOfTar();
    const Reading back = readAll(bytes, 100);
    QVERIFY2(back.error.code.isEmpty(), qPrintable(back.error.message));
    QCOMPARE(back.members.size(), 6);
    QCOMPARE(back.members[1].member, large);
    QCOMPARE(back.members[3].member, strange);
    QCOMPARE(back.members[4].member, link);

    QList<QStringList> readers{{u"tar"_s, u"-xpf"_s}};
    if (!QStandardPaths::findExecutable(u"bsdtar"_s).isEmpty())
        readers.append({u"bsdtar"_s, u"-xpf"_s});
    for (const QStringList &reader : std::as_const(readers)) {
        QTemporaryDir folder;
        const QString archive = folder.filePath(u"a.tar"_s);
        QFile file(archive);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(bytes);
        file.close();
        QVERIFY(QDir(folder.path()).mkdir(u"out"_s));
        QVERIFY(run(reader[0], {reader[1], archive}, folder.filePath(u"out"_s)));
        const QByteArray out = folder.path().toUtf8() + "/out/";
        const auto check = [&](const TarMember &m) {
            struct stat status = {};
            return ::lstat(QByteArray(out + m.name).constData(), &status) == 0 && (status.st_mode & 0777) == m.mode &&
                   status.st_size == m.size && status.st_mtim.tv_sec == 1600000000 &&
                   status.st_mtim.tv_nsec == 123000000;
        };
        QVERIFY(check(large) && check(script) && check(strange));
        char target[1000];
        const ssize_t n = ::readlink(QByteArray(out + "link").constData(), target, sizeof target);
        QCOMPARE(QByteArray(target, n), link.target);
        QCOMPARE(contentOf(QFile::decodeName(out + "hard")), "#!x");
        QCOMPARE(::unlink(QByteArray(out + strange.name).constData()), 0); // Qt cannot name it
        struct stat sub = {};
        QCOMPARE(::stat(QByteArray(out + "sub").constData(), &sub), 0);
        QCOMPARE(sub.st_mtim.tv_sec, 1600000000);
    }
}

void tst_tar::paxRecords()
{
    QCOMPARE(paxRecord("path", "a"), "9 path=a\n");
    QCOMPARE(paxRecord("path", "ab"), "11 path=ab\n");
    for (int size = 0; size < 1100; ++size) {
        const auto records = readPaxRecords(paxRecord("a", QByteArray(size, 'x')) + paxRecord("b=", "=\n"));
        QVERIFY(records && records->size() == 2);
        QCOMPARE(records->value("a").size(), size);
    }
    QCOMPARE(readPaxTime("12.3456789").value_or(-1), 12345);
    QCOMPARE(readPaxTime("12").value_or(-1), 12000);
    QCOMPARE(readPaxTime("-5.5").value_or(-1), 0);
    for (const char *text : {"", "x", "1.x", ".5", "1e5", "9999999999999999", "--1"})
        QVERIFY(!readPaxTime(text));
}

QTEST_GUILESS_MAIN(tst_tar)
#include "tst_tar.moc"
