// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Callback.h>

#include <QByteArray>
#include <QObject>

namespace isol8::desktop {

/*!
    Keys of services: in the system's keychain, else, where no secret service runs, in a file that is encrypted with a
    key which stands beside it, readable by this user alone. Which of the two holds is for the user to know: inFile().
*/
class KeyStore : public QObject
{
    Q_OBJECT

public:
    enum class Place { KeychainFirst, FileOnly };
    explicit KeyStore(QString folder, Place place = Place::KeychainFirst, QObject *parent = nullptr);

    //! An empty key: there is none.
    void read(const QString &id, Callback<QByteArray> done);
    void write(const QString &id, const QByteArray &key, Callback<void> done);
    void remove(const QString &id);
    //! Whether keys have gone to, or come from, the file.
    [[nodiscard]] bool inFile() const { return m_inFile; }

private:
    [[nodiscard]] Result<QByteArray> fileKey() const;
    [[nodiscard]] Result<void> writeToFile(const QString &id, const QByteArray &key);
    [[nodiscard]] QByteArray readFromFile(const QString &id);
    [[nodiscard]] QString path() const;

    QString m_folder;
    Place m_place;
    bool m_inFile = false;
};

//! What the file is encrypted by: libsodium's secretbox (XSalsa20, Poly1305) under a key of 32 bytes, its random nonce
//! in front. Null: the key has another length.
[[nodiscard]] QByteArray sealed(const QByteArray &plain, const QByteArray &key);
//! Null: it was changed, or the key is another.
[[nodiscard]] QByteArray unsealed(const QByteArray &box, const QByteArray &key);

} // namespace isol8::desktop
