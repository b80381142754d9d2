// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/archive/TarWriter.h>

#include <isol8/archive/PaxRecords.h>
#include <isol8/archive/TarFormat.h>
#include <isol8/base/Units.h>

#include <QUtf8StringView>

#include <numeric>

namespace isol8::archive {

namespace {

constexpr qint64 MaxOctalSize = 8 * GiB - 1;
constexpr uint Owner = 1000;

QByteArray octal(qint64 value, int digits)
{
    return QByteArray::number(value, 8).rightJustified(digits, '0').right(digits);
}

QByteArray block(const QByteArray &name, char type, const QByteArray &target, uint mode, qint64 size, qint64 seconds)
{
    QByteArray header(TarBlock, '\0');
    const auto put = [&](qsizetype at, const QByteArray &text) { header.replace(at, text.size(), text); };
    put(0, name.left(TarNameSize));
    put(100, octal(mode, 7));
    put(108, octal(Owner, 7));
    put(116, octal(Owner, 7));
    put(124, octal(size, 11));
    put(136, octal(seconds, 11));
    put(148, "        ");
    header[156] = type;
    put(157, target.left(TarNameSize));
    put(257, "ustar");
    put(263, "00");
    const int sum =
        std::accumulate(header.cbegin(), header.cend(), 0, [](int all, char c) { return all + static_cast<uchar>(c); });
    put(148, octal(sum, 6) + '\0');
    return header;
}

char typeOf(TarMember::Kind kind)
{
    switch (kind) {
    case TarMember::Kind::HardLink:
        return '1';
    case TarMember::Kind::Symlink:
        return '2';
    case TarMember::Kind::Directory:
        return '5';
    case TarMember::Kind::File:
        break;
    }
    return '0';
}

QByteArray paxRecords(const TarMember &member, const QByteArray &name)
{
    QByteArray records;
    const bool isText = QUtf8StringView(name).isValidUtf8() && QUtf8StringView(member.target).isValidUtf8();
    if (name.size() > TarNameSize)
        records += paxRecord("path", name);
    if (member.target.size() > TarNameSize)
        records += paxRecord("linkpath", member.target);
    if (!records.isEmpty() && !isText)
        records.prepend(paxRecord("hdrcharset", "BINARY"));
    if (member.size > MaxOctalSize)
        records += paxRecord("size", QByteArray::number(member.size));
    if (member.mtimeMs % 1000 != 0)
        records += paxRecord("mtime", QByteArray::number(member.mtimeMs / 1000) + '.' +
                                          QByteArray::number(member.mtimeMs % 1000).rightJustified(3, '0'));
    return records;
}

} // namespace

QByteArray tarHeader(const TarMember &member)
{
    QByteArray name = member.name.isEmpty() ? QByteArray(".") : member.name;
    if (member.kind == TarMember::Kind::Directory)
        name += '/';
    const qint64 seconds = member.mtimeMs / 1000;
    QByteArray bytes;
    if (const QByteArray records = paxRecords(member, name); !records.isEmpty())
        bytes =
            block("PaxHeaders/member", 'x', {}, 0644, records.size(), seconds) + records + tarPadding(records.size());
    const qint64 size = member.size > MaxOctalSize ? 0 : member.size;
    return bytes + block(name, typeOf(member.kind), member.target, member.mode & 07777, size, seconds);
}

QByteArray tarComment(const QByteArray &text)
{
    const QByteArray record = paxRecord("comment", text);
    return block("pax_global_header", 'g', {}, 0644, record.size(), 0) + record + tarPadding(record.size());
}

QByteArray tarPadding(qint64 size)
{
    return QByteArray(qsizetype(tarPaddingSize(size)), '\0');
}

QByteArray endOfTar()
{
    return QByteArray(2 * TarBlock, '\0');
}

} // namespace isol8::archive
