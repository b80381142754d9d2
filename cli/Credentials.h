// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>
#include <isol8/base/Paths.h>

#include <QByteArray>
#include <QDateTime>
#include <QList>
#include <QString>

#include <optional>

namespace isol8::cli {

/*!
    What `isol8 login` keeps: a key for each service, in credentials.json of the user's own folder. Folder and file are
    for this user alone (0700, 0600), no link is followed to either, and readers see the old file or the new one.
    Writers take turns.

    Errors: file_error; not_allowed where folder or file belong to somebody else, or can be read by others.
*/
class Credentials
{
public:
    struct Entry
    {
        QString host; //!< remote::ServiceEndpoint::toString()
        QByteArray token;
        QString keyId;
        QString name;
        QDateTime expiresAt; //!< null: never
        [[nodiscard]] bool isExpired() const
        {
            return expiresAt.isValid() && expiresAt <= QDateTime::currentDateTimeUtc();
        }
        friend bool operator==(const Entry &, const Entry &) = default;
    };

    explicit Credentials(QString folder = userDirectory());

    //! By host; none where nobody has logged in.
    [[nodiscard]] Result<QList<Entry>> all() const;
    [[nodiscard]] Result<std::optional<Entry>> find(const QString &host) const;
    //! Instead of what there was for that host; what has expired is dropped.
    [[nodiscard]] Result<void> store(const Entry &entry) const;
    //! False: there was none.
    [[nodiscard]] Result<bool> remove(const QString &host) const;

    [[nodiscard]] QString path() const;

private:
    QString m_folder;
};

} // namespace isol8::cli
