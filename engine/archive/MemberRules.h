// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/archive/TarMember.h>
#include <isol8/base/Error.h>
#include <isol8/base/Units.h>

#include <QByteArrayList>
#include <QHash>

namespace isol8::archive {

//! How much of an archive is taken, and where it is to be unpacked.
struct TarLimits
{
    qint64 maxBytes = 4 * GiB;         //!< content of files in all
    int maxMembers = 100000;           //!< members in all
    int maxDepth = 100;                //!< folders in folders
    QByteArray directory = "/sandbox"; //!< absolute path in the sandbox; links may lead into it, and into /sandbox
    bool linksMayLeave = false;        //!< symbolic links may hold anything: of archives that isol8 made itself
};

/*!
    Which members of an archive are unpacked: those whose names and links stay in the folder that they are unpacked
   into. Pure. What is refused, with bad_archive and a sentence:

    - names that are absolute, climb by "..", are too long or too deep;
    - a second member of the same name, save folders; what lies below a file or a symbolic link of the archive;
    - hard links to anything but a file that came before;
    - symbolic links that lead out, by their text: ".." may only stand at its beginning, where the folders that it
   climbs are the archive's own and no links.
*/
class MemberRules
{
public:
    explicit MemberRules(TarLimits limits);

    //! Tidies the member's names. An error without a code: it may be unpacked.
    [[nodiscard]] Error check(TarMember *member);

    [[nodiscard]] const TarLimits &limits() const { return m_limits; }

private:
    [[nodiscard]] Error checkPlace(const TarMember &member);
    [[nodiscard]] Error checkTarget(TarMember *member) const;

    TarLimits m_limits;
    QHash<QByteArray, TarMember::Kind> m_seen; //!< by name, the folders of members included
    qint64 m_bytes = 0;
    qint64 m_nameBytes = 0;
    int m_members = 0;
};

//! Whether the symbolic link \a link, which lies below the absolute path \a directory, leads by its text elsewhere than
//! into one of the folders \a into. Pure.
[[nodiscard]] bool linkLeadsOut(const TarMember &link, const QByteArray &directory, const QByteArrayList &into);
//! bad_archive.
[[nodiscard]] Error badArchive(const QString &sentence);
//! A name from an archive, fit for a sentence.
[[nodiscard]] QString shownName(const QByteArray &name);

} // namespace isol8::archive
