// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/CodeLocation.h>

#include <QRegularExpression>
#include <QStringList>
#include <QUrl>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8::cli {

namespace {

tl::unexpected<Error> usage(const QString &sentence)
{
    return fail(errors::BadRequest, sentence);
}

bool isName(const QString &part)
{
    static const QRegularExpression pattern(u"\\A[A-Za-z0-9._-]+\\z"_s);
    return pattern.match(part).hasMatch();
}

// Whether a part could lead elsewhere in a URL, or is none.
bool isUsable(const QString &part)
{
    return !part.isEmpty() && part != u"." && part != u".." &&
           std::none_of(part.begin(), part.end(), [](QChar c) { return c.category() == QChar::Other_Control; });
}

QString encoded(const QStringList &parts)
{
    QStringList list;
    for (const QString &part : parts)
        list.append(QString::fromLatin1(QUrl::toPercentEncoding(part)));
    return list.join(u'/');
}

} // namespace

Result<QString> githubUrl(const QString &location)
{
    if (location.contains(u"://"_s))
        return usage(u"--github takes owner/repo/ref/path; a whole URL goes to --url."_s);
    const QStringList parts = location.split(u'/');
    if (parts.size() < 4 || !std::all_of(parts.begin(), parts.end(), isUsable))
        return usage(u"--github: \"%1\" is not owner/repo/ref/path, such as torvalds/linux/master/README."_s.arg(
            location.left(64)));
    if (!isName(parts[0]) || !isName(parts[1]))
        return usage(u"--github: \"%1\" is no repository; owner and name have letters, digits and . _ - in them."_s.arg(
            QString(parts[0] + u'/' + parts[1]).left(64)));
    return QString(u"https://raw.githubusercontent.com/"_s + encoded(parts));
}

Result<QString> gistUrl(const QString &location)
{
    if (location.contains(u"://"_s))
        return usage(u"--gist takes id/file; a whole URL goes to --url."_s);
    QStringList parts = location.split(u'/');
    static const QRegularExpression pattern(u"\\A([0-9a-f]+)(?:@([0-9a-f]+))?\\z"_s);
    const bool withUser = parts.size() == 3;
    const auto id = pattern.match(parts.value(withUser ? 1 : 0));
    if (parts.size() < 2 || parts.size() > 3 || !id.hasMatch() || !isUsable(parts.last()) ||
        (withUser && !isName(parts[0])))
        return usage(
            u"--gist: \"%1\" is neither id/file nor user/id/file; the id is what a gist's address ends with."_s.arg(
                location.left(64)));
    const bool withRevision = id.hasCaptured(2);
    if (withRevision && !withUser)
        return usage(u"--gist: a revision needs the gist's user, too: user/id@revision/file."_s);
    const QString file = encoded({parts.last()});
    if (!withUser)
        return QString(u"https://gist.githubusercontent.com/raw/%1/"_s.arg(id.captured(1)) + file);
    return QString(u"https://gist.githubusercontent.com/%1/%2/raw/"_s.arg(parts[0], id.captured(1)) +
                   (withRevision ? id.captured(2) + u'/' : QString()) + file);
}

} // namespace isol8::cli
