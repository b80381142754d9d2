// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/archive/TarReader.h>

#include <isol8/archive/PaxRecords.h>
#include <isol8/archive/TarFormat.h>

#include <algorithm>
#include <limits>
#include <optional>

using namespace Qt::StringLiterals;

namespace isol8::archive {

namespace {

constexpr qint64 MaxPaxBody = 1 * MiB;
constexpr qint64 MaxLongName = 8 * KiB;
constexpr qint64 MaxTrailing = 16 * MiB; // zeros behind the end
constexpr int MaxGlobals = 16;

constexpr qsizetype NameAt = 0, ModeAt = 100, SizeAt = 124, TimeAt = 136, SumAt = 148, TypeAt = 156, TargetAt = 157,
                    MagicAt = 257, PrefixAt = 345, PrefixSize = 155;

bool isZero(QByteArrayView bytes)
{
    return std::all_of(bytes.begin(), bytes.end(), [](char c) { return c == '\0'; });
}

QByteArray textAt(const QByteArray &block, qsizetype at, qsizetype size)
{
    const QByteArray field = block.mid(at, size);
    const qsizetype end = field.indexOf('\0');
    return end < 0 ? field : field.left(end);
}

// Octal, or GNU's binary form; what is negative is -1. Nothing where it is neither.
std::optional<qint64> numberAt(const QByteArray &block, qsizetype at, qsizetype size)
{
    const QByteArrayView field = QByteArrayView(block).sliced(at, size);
    const auto first = static_cast<uchar>(field[0]);
    if (first & 0x80) {
        if (first & 0x40)
            return -1;
        quint64 value = first & 0x3f;
        for (qsizetype i = 1; i < size; ++i) {
            if (value > (quint64(std::numeric_limits<qint64>::max()) >> 8))
                return {};
            value = (value << 8) | static_cast<uchar>(field[i]);
        }
        return qint64(value);
    }
    qsizetype i = 0;
    while (i < size && field[i] == ' ')
        ++i;
    qint64 value = 0;
    for (; i < size && field[i] >= '0' && field[i] <= '7'; ++i)
        value = value * 8 + (field[i] - '0'); // at most 12 digits
    return i == size || field[i] == ' ' || field[i] == '\0' ? std::optional(value) : std::nullopt;
}

bool hasRightSum(const QByteArray &block)
{
    qint64 asUnsigned = 0;
    qint64 asSigned = 0; // some old programs
    for (qsizetype i = 0; i < TarBlock; ++i) {
        const char c = i >= SumAt && i < SumAt + 8 ? ' ' : block[i];
        asUnsigned += static_cast<uchar>(c);
        asSigned += static_cast<signed char>(c);
    }
    const auto sum = numberAt(block, SumAt, 8);
    return sum && (*sum == asUnsigned || *sum == asSigned);
}

// "gzip" for what begins as that does; empty: nothing known.
QString compression(const QByteArray &block)
{
    struct Known
    {
        QByteArrayView begin;
        QStringView name;
    };
    const Known known[] = {{"\x1f\x8b", u"gzip"},
                           {"\x28\xb5\x2f\xfd", u"zstd"},
                           {"\xfd"
                            "7zXZ",
                            u"xz"},
                           {"BZh", u"bzip2"},
                           {"PK\x03\x04", u"zip"},
                           {"\x1f\x9d", u"compress"}};
    for (const Known &k : known) {
        if (block.startsWith(k.begin))
            return k.name.toString();
    }
    return {};
}

QString kindInWords(char type)
{
    switch (type) {
    case '3':
    case '4':
        return u"a device"_s;
    case '6':
        return u"a pipe (FIFO)"_s;
    case 'S':
        return u"a sparse file"_s;
    default:
        return u"of an unknown kind"_s;
    }
}

} // namespace

TarReader::TarReader(TarLimits limits)
    : m_rules(std::move(limits))
    , m_wanted(TarBlock)
{
}

TarReader::Event TarReader::fail(const QString &sentence)
{
    m_error = badArchive(sentence);
    m_state = State::Failed;
    return Event::Failed;
}

TarReader::Step TarReader::feed(QByteArrayView bytes)
{
    qsizetype consumed = 0;
    while (true) {
        if (m_state == State::Failed)
            return {Event::Failed, consumed, {}};
        const QByteArrayView rest = bytes.sliced(consumed);
        if (rest.isEmpty())
            return {Event::NeedMore, consumed, {}};
        Step step;
        switch (m_state) {
        case State::Content:
        case State::Padding:
            step = content(rest);
            break;
        case State::Ended:
            step = trailer(rest);
            break;
        default:
            step = collect(rest);
        }
        consumed += step.consumed;
        if (step.event != Event::NeedMore)
            return {step.event, consumed, step.data};
    }
}

Error TarReader::finish()
{
    if (m_state == State::Failed)
        return m_error;
    if (m_state == State::Ended || (m_state == State::Ending && m_block.isEmpty()))
        return {};
    (void)fail(m_state == State::Header && m_block.isEmpty() && !m_next.any
                   ? u"The archive has no end: it was cut off, or is no tar archive."_s
                   : u"The archive ends in the middle of a member."_s);
    return m_error;
}

TarReader::Step TarReader::collect(QByteArrayView bytes)
{
    const qsizetype n = std::min(bytes.size(), m_wanted - m_block.size());
    m_block.append(bytes.first(n));
    if (m_block.size() < m_wanted)
        return {Event::NeedMore, n, {}};
    const Event event = m_state == State::Extension ? extension() : header();
    m_block.clear();
    if (m_state != State::Extension)
        m_wanted = TarBlock;
    return {event, n, {}};
}

TarReader::Step TarReader::content(QByteArrayView bytes)
{
    const qsizetype n = qsizetype(std::min(qint64(bytes.size()), m_left));
    const bool isContent = m_state == State::Content;
    m_left -= n;
    if (m_left == 0) {
        m_left = isContent ? m_padding : 0;
        m_state = m_left > 0 ? State::Padding : State::Header;
    }
    return {isContent ? Event::Data : Event::NeedMore, n, isContent ? bytes.first(n) : QByteArrayView()};
}

TarReader::Step TarReader::trailer(QByteArrayView bytes)
{
    m_trailing += bytes.size();
    if (!isZero(bytes) || m_trailing > MaxTrailing)
        return {fail(u"Something follows the end of the archive."_s), bytes.size(), {}};
    return {Event::NeedMore, bytes.size(), {}};
}

TarReader::Event TarReader::header()
{
    if (isZero(m_block)) {
        if (m_next.any)
            return fail(u"The archive ends in the middle of a member."_s);
        m_state = m_state == State::Ending ? State::Ended : State::Ending;
        return Event::NeedMore;
    }
    if (m_state == State::Ending)
        return fail(u"Something follows the end of the archive."_s);
    if (!hasRightSum(m_block)) {
        const QString packed = compression(m_block);
        return fail(packed.isEmpty() ? u"This is no tar archive, or a broken one."_s
                                     : u"The archive is compressed (%1); give it as plain tar."_s.arg(packed));
    }
    const auto size = numberAt(m_block, SizeAt, 12);
    const auto mode = numberAt(m_block, ModeAt, 8);
    const auto time = numberAt(m_block, TimeAt, 12);
    if (!size || !mode || !time || *size < 0)
        return fail(u"A number in the archive's headers cannot be read."_s);
    const char type = m_block[TypeAt];
    if (type == 'x' || type == 'g' || type == 'L' || type == 'K')
        return beginExtension(type, *size);

    m_member = {};
    m_member.mode = uint(std::max<qint64>(0, *mode)) & 0777;
    m_member.mtimeMs = m_next.mtimeMs >= 0 ? m_next.mtimeMs : std::clamp<qint64>(*time, 0, 1'000'000'000'000) * 1000;
    m_member.name = m_next.name.isEmpty() ? textAt(m_block, NameAt, TarNameSize) : m_next.name;
    m_member.target = m_next.target.isEmpty() ? textAt(m_block, TargetAt, TarNameSize) : m_next.target;
    const bool isPosix = m_block.mid(MagicAt, 6) == QByteArrayView("ustar\0", 6);
    const QByteArray prefix = isPosix && m_next.name.isEmpty() ? textAt(m_block, PrefixAt, PrefixSize) : QByteArray();
    if (!prefix.isEmpty())
        m_member.name = prefix + '/' + m_member.name;
    const qint64 said = m_next.size >= 0 ? m_next.size : *size;
    m_next = {};
    return begin(type, said);
}

TarReader::Event TarReader::begin(char type, qint64 size)
{
    using Kind = TarMember::Kind;
    switch (type) {
    case '0':
    case '\0':
    case '7':
        m_member.kind = m_member.name.endsWith('/') ? Kind::Directory : Kind::File; // so folders were before POSIX
        break;
    case '1':
        m_member.kind = Kind::HardLink;
        break;
    case '2':
        m_member.kind = Kind::Symlink;
        break;
    case '5':
        m_member.kind = Kind::Directory;
        break;
    default:
        return fail(u"The archive's member %1 is %2, which is not unpacked."_s.arg(shownName(m_member.name),
                                                                                   kindInWords(type)));
    }
    if (m_member.kind == Kind::File)
        m_member.size = size;
    else if (size != 0)
        return fail(u"The archive's member %1 has content, but is no file."_s.arg(shownName(m_member.name)));
    if (m_member.kind == Kind::File || m_member.kind == Kind::Directory)
        m_member.target.clear();
    if (const Error error = m_rules.check(&m_member); !error.code.isEmpty())
        return fail(error.message);
    m_left = m_member.size;
    m_padding = tarPaddingSize(m_left);
    m_state = m_left > 0 ? State::Content : State::Header;
    return Event::Member;
}

TarReader::Event TarReader::beginExtension(char type, qint64 size)
{
    const bool isPax = type == 'x' || type == 'g';
    if (size > (isPax ? MaxPaxBody : MaxLongName))
        return fail(u"An extended header of the archive is too large."_s);
    if (type == 'g' && (m_next.any || ++m_globals > MaxGlobals))
        return fail(u"The archive has a global header where none may be."_s);
    const bool twice = (type == 'x' && m_next.pax) || (type == 'L' && !m_next.name.isEmpty()) ||
                       (type == 'K' && !m_next.target.isEmpty());
    if (twice)
        return fail(u"A member of the archive has two extended headers."_s);
    m_extension = type;
    m_bodySize = qsizetype(size);
    m_wanted = qsizetype(size + tarPaddingSize(size));
    m_next.any = m_next.any || type != 'g';
    m_next.pax = m_next.pax || type == 'x';
    if (size > 0)
        m_state = State::Extension;
    return Event::NeedMore;
}

TarReader::Event TarReader::extension()
{
    m_state = State::Header;
    m_block.truncate(m_bodySize);
    if (m_extension == 'x' || m_extension == 'g')
        return paxHeader();
    const QByteArray text = textAt(m_block, 0, m_block.size());
    if (text.isEmpty())
        return fail(u"An extended header of the archive cannot be read."_s);
    (m_extension == 'L' ? m_next.name : m_next.target) = text;
    return Event::NeedMore;
}

TarReader::Event TarReader::paxHeader()
{
    const auto records = readPaxRecords(m_block);
    if (!records)
        return fail(u"An extended header of the archive cannot be read."_s);
    for (auto it = records->cbegin(); it != records->cend(); ++it) {
        const QByteArray &key = it.key();
        const QByteArray &value = it.value();
        if (key.startsWith("GNU.sparse."))
            return fail(u"The archive holds sparse files, which are not unpacked."_s);
        const bool isPlace = key == "path" || key == "linkpath";
        if (!isPlace && key != "size" && key != "mtime")
            continue; // owners, other times, comments
        if (m_extension == 'g')
            return fail(u"The archive has a global header where none may be."_s);
        bool isNumber = true;
        if (key == "path")
            m_next.name = value;
        else if (key == "linkpath")
            m_next.target = value;
        else if (key == "size")
            m_next.size = value.startsWith('-') || value.startsWith('+') ? -1 : value.toLongLong(&isNumber);
        else
            m_next.mtimeMs = readPaxTime(value).value_or(-1);
        const bool isGood = isPlace         ? !value.isEmpty()
                            : key == "size" ? isNumber && m_next.size >= 0
                                            : m_next.mtimeMs >= 0;
        if (!isGood)
            return fail(u"An extended header of the archive cannot be read."_s);
    }
    return Event::NeedMore;
}

} // namespace isol8::archive
