// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/archive/MemberRules.h>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8::archive {

namespace {

constexpr qsizetype MaxComponent = 255;
constexpr qsizetype MaxPath = 4000;       // with the folder it is unpacked into
constexpr qint64 MaxNameBytes = 32 * MiB; // in all: they are remembered

using Kind = TarMember::Kind;

struct Tidied
{
    QByteArrayList parts;
    QString problem; //!< "is absolute"; empty: none
};

Tidied tidy(const QByteArray &name, int maxDepth)
{
    Tidied tidied;
    if (name.startsWith('/'))
        return {{}, u"is absolute"_s};
    if (name.contains('\0'))
        return {{}, u"holds a zero byte"_s};
    for (const QByteArray &part : name.split('/')) {
        if (part.isEmpty() || part == ".")
            continue;
        if (part == "..")
            return {{}, u"climbs by \"..\""_s};
        if (part.size() > MaxComponent)
            return {{}, u"is too long"_s};
        tidied.parts.append(part);
    }
    if (tidied.parts.size() > maxDepth)
        return {{}, u"lies more than %1 folders deep"_s.arg(maxDepth)};
    return tidied;
}

bool isInside(const QByteArrayList &path, const QByteArray &folder)
{
    QByteArrayList parts = folder.split('/');
    parts.removeAll({});
    return path.size() >= parts.size() && std::equal(parts.cbegin(), parts.cend(), path.cbegin());
}

} // namespace

Error badArchive(const QString &sentence)
{
    return {errors::BadArchive.toString(), sentence, {}};
}

QString shownName(const QByteArray &name)
{
    QString text = QString::fromUtf8(name.left(120));
    for (QChar &c : text) {
        if (c.category() == QChar::Other_Control || c.category() == QChar::Other_Format)
            c = u'?';
    }
    return name.size() > 120 ? text + u'…' : text;
}

MemberRules::MemberRules(TarLimits limits)
    : m_limits(std::move(limits))
{
}

Error MemberRules::check(TarMember *member)
{
    if (++m_members > m_limits.maxMembers)
        return badArchive(u"The archive has more than %1 members."_s.arg(m_limits.maxMembers));
    m_nameBytes += member->name.size() + member->target.size();
    if (m_nameBytes > MaxNameBytes)
        return badArchive(u"The names in the archive are longer than %1 together."_s.arg(formatSize(MaxNameBytes)));
    if (member->size > m_limits.maxBytes - m_bytes)
        return badArchive(
            u"The files in the archive are larger than %1 together."_s.arg(formatSize(m_limits.maxBytes)));
    m_bytes += member->size;

    Tidied tidied = tidy(member->name, m_limits.maxDepth);
    if (tidied.problem.isEmpty() && m_limits.directory.size() + member->name.size() > MaxPath)
        tidied.problem = u"is too long"_s;
    if (!tidied.problem.isEmpty())
        return badArchive(u"The archive's member %1 %2."_s.arg(shownName(member->name), tidied.problem));
    member->name = tidied.parts.join('/');
    if (member->name.isEmpty() && member->kind != Kind::Directory)
        return badArchive(u"A member of the archive has no name."_s);
    if (const Error error = checkTarget(member); !error.code.isEmpty())
        return error;
    return checkPlace(*member);
}

// What was there before under this name, or on the way to it.
Error MemberRules::checkPlace(const TarMember &member)
{
    for (qsizetype slash = member.name.indexOf('/'); slash > 0; slash = member.name.indexOf('/', slash + 1)) {
        const QByteArray folder = member.name.left(slash);
        const auto found = m_seen.constFind(folder);
        if (found == m_seen.constEnd())
            m_seen.insert(folder, Kind::Directory);
        else if (*found != Kind::Directory)
            return badArchive(u"The archive's member %1 lies below %2, which is %3."_s.arg(
                shownName(member.name), shownName(folder),
                *found == Kind::Symlink ? u"a symbolic link"_s : u"a file"_s));
    }
    if (member.name.isEmpty())
        return {};
    const auto found = m_seen.constFind(member.name);
    if (found == m_seen.constEnd())
        m_seen.insert(member.name, member.kind);
    else if (*found != Kind::Directory || member.kind != Kind::Directory)
        return badArchive(u"The archive holds %1 twice."_s.arg(shownName(member.name)));
    return {};
}

Error MemberRules::checkTarget(TarMember *member) const
{
    if (member->kind != Kind::Symlink && member->kind != Kind::HardLink)
        return {};
    if (member->target.isEmpty() || member->target.size() > MaxPath || member->target.contains('\0'))
        return badArchive(u"The link %1 in the archive has no usable target."_s.arg(shownName(member->name)));
    if (member->kind == Kind::HardLink) {
        const Tidied tidied = tidy(member->target, m_limits.maxDepth);
        const QByteArray target = tidied.parts.join('/');
        const Kind found = m_seen.value(target, Kind::Directory);
        if (!tidied.problem.isEmpty() || (found != Kind::File && found != Kind::HardLink))
            return badArchive(
                u"The hard link %1 in the archive does not lead to a file of the archive before it."_s.arg(
                    shownName(member->name)));
        member->target = target;
        return {};
    }
    if (!m_limits.linksMayLeave && linkLeadsOut(*member, m_limits.directory, {"/sandbox", m_limits.directory}))
        return badArchive(u"The symbolic link %1 in the archive leads out of %2, to %3."_s.arg(
            shownName(member->name), shownName(m_limits.directory), shownName(member->target)));
    return {};
}

bool linkLeadsOut(const TarMember &link, const QByteArray &directory, const QByteArrayList &into)
{
    QByteArrayList path;
    if (!link.target.startsWith('/')) {
        path = QByteArray(directory + '/' + link.name).split('/');
        path.removeAll({});
        path.removeLast();
    }
    bool down = link.target.startsWith('/');
    for (const QByteArray &part : link.target.split('/')) {
        if (part.isEmpty() || part == ".")
            continue;
        if (part != "..") {
            down = true;
            path.append(part);
        } else if (down || path.isEmpty()) {
            return true; // through what may itself be a link, or above all
        } else {
            path.removeLast();
        }
    }
    return std::none_of(into.begin(), into.end(), [&path](const QByteArray &folder) { return isInside(path, folder); });
}

} // namespace isol8::archive
