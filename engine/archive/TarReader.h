// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/archive/MemberRules.h>
#include <isol8/archive/TarMember.h>
#include <isol8/base/Error.h>

#include <QByteArray>
#include <QByteArrayView>

namespace isol8::archive {

/*!
    Reads a tar archive as its bytes arrive: POSIX ustar and pax, GNU's long names, and the old form. Pure; holds one
    block, or one extended header of at most 1 MiB, and the names.

    Why not libarchive: it pulls (archive_read_next_header() calls back for bytes and cannot be told "not yet"), which
    with a socket's bytes means a thread that blocks; and it reads dozens of forms where an archive from a stranger
    shall have one. What is compressed is refused with a sentence.

    Everything is hostile. What is not a file, folder or link, what MemberRules refuses, sparse files, sizes where there
    is no content, a wrong checksum, extended headers without a member, and anything after the end is bad_archive; so is
    an archive that ends early. A member is told only after all of its header was checked.
*/
class TarReader
{
public:
    enum class Event {
        NeedMore, //!< all was consumed
        Member,   //!< member() is the next one
        Data,     //!< content of the member
        Failed,   //!< error() says why; nothing more comes
    };
    struct Step
    {
        Event event = Event::NeedMore;
        qsizetype consumed = 0; //!< of the bytes given
        QByteArrayView data;    //!< of Data: part of those bytes
    };

    explicit TarReader(TarLimits limits);

    //! Looks at \a bytes up to the next event. To be called with what was not consumed until it needs more.
    [[nodiscard]] Step feed(QByteArrayView bytes);
    //! No bytes follow. An error without a code: the archive was whole.
    [[nodiscard]] Error finish();

    [[nodiscard]] const TarMember &member() const { return m_member; }
    //! Content of the member that is still to come.
    [[nodiscard]] qint64 left() const { return m_state == State::Content ? m_left : 0; }
    [[nodiscard]] const Error &error() const { return m_error; }

private:
    enum class State { Header, Extension, Content, Padding, Ending, Ended, Failed };

    [[nodiscard]] Step collect(QByteArrayView bytes);
    [[nodiscard]] Step content(QByteArrayView bytes);
    [[nodiscard]] Step trailer(QByteArrayView bytes);
    [[nodiscard]] Event header();
    [[nodiscard]] Event beginExtension(char type, qint64 size);
    [[nodiscard]] Event extension();
    [[nodiscard]] Event paxHeader();
    [[nodiscard]] Event begin(char type, qint64 size);
    [[nodiscard]] Event fail(const QString &sentence);

    MemberRules m_rules;
    State m_state = State::Header;
    QByteArray m_block; //!< a header, or an extended header's body, as far as it has come
    qsizetype m_wanted;
    char m_extension = 0;     //!< type of the extended header that is read
    qsizetype m_bodySize = 0; //!< of it
    TarMember m_member;
    qint64 m_left = 0;    //!< bytes of content, or of padding
    qint64 m_padding = 0; //!< after the content
    qint64 m_trailing = 0;
    int m_globals = 0;

    // what extended headers say of the next member
    struct Overrides
    {
        bool any = false;
        bool pax = false;
        QByteArray name;
        QByteArray target;
        qint64 size = -1;
        qint64 mtimeMs = -1;
    };
    Overrides m_next;
    Error m_error;
};

} // namespace isol8::archive
