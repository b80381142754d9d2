// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Units.h>

#include <QByteArray>
#include <QDateTime>
#include <QHostAddress>
#include <QList>
#include <QString>

#include <optional>

namespace isol8::remotecode {

//! Who was asked for a program.
struct CodeOrigin
{
    QByteArray url; //!< "https://example.com"
    QHostAddress address;

    friend bool operator==(const CodeOrigin &, const CodeOrigin &) = default;
};

//! A program that was fetched.
struct CodeEntry
{
    QByteArray content;
    QByteArray hash;           //!< SHA-256, lower case hexadecimal
    QList<CodeOrigin> origins; //!< in order, one a redirect more
    QDateTime fetchedAt;

    friend bool operator==(const CodeEntry &, const CodeEntry &) = default;
};

/*!
    Programs on disk, by the URL that was asked for: a folder that only the user can enter (0700), a file each (0600)
    with the content's SHA-256, which is compared at every reading. URLs are not in it, only their hashes, since they
   may have tokens.

    Nothing here is trusted: what is damaged, or not a plain file of this user's own that nobody else can write or has
    another name for, is not there. Symbolic links are followed neither to the folder nor in it. A file is replaced
   whole or not at all. Failing to write is no error: the cache then has nothing.

    Several processes may use one folder. At most \c SizeLimit bytes are kept, the latest.
*/
class CodeCache
{
public:
    //! \a folder is made when something is stored; empty: there is no cache.
    explicit CodeCache(QString folder);

    //! What is stored for \a url, of at most \a limit bytes, whatever its age.
    [[nodiscard]] std::optional<CodeEntry> find(const QByteArray &url, qint64 limit) const;
    void store(const QByteArray &url, const CodeEntry &entry) const;

    static constexpr qint64 SizeLimit = 64 * MiB;
    static constexpr int CountLimit = 1000;

private:
    QString m_folder;
};

} // namespace isol8::remotecode
