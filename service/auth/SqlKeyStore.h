// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <service/auth/DatabaseTarget.h>
#include <service/auth/KeyStore.h>
#include <service/auth/SqliteFile.h>

#include <functional>
#include <memory>

class QSqlDatabase;
class QSqlQuery;

namespace isol8::service {

//! Keys by QtSql: SQLite, PostgreSQL, MySQL and MariaDB.
class SqlKeyStore : public KeyStore
{
public:
    //! Does not touch the database: it may be made on another thread than that of its other calls.
    explicit SqlKeyStore(DatabaseTarget target);
    ~SqlKeyStore() override;

    Result<void> open() override;
    Result<QList<KeyRecord>> find(const QList<QByteArray> &digests, qint64 day) override;
    Result<void> insert(const KeyRecord &record) override;
    Result<QList<KeyRecord>> list(const std::optional<QString> &tenant) override;
    Result<bool> revoke(const QString &id) override;
    Result<void> note(const KeyNotes &notes) override;
    Result<void> sweep(qint64 now) override;

private:
    using Values = QList<QVariant>;

    [[nodiscard]] Result<void> connect();
    void disconnect();
    [[nodiscard]] Result<void> settle(const QSqlDatabase &database) const;
    //! Of SQLite: whether the file is still the one that was opened. Writing to another's old name would be lost.
    [[nodiscard]] Result<void> checkFile();
    //! Of SQLite: whether the connection is good for reading. On a full disk it is, and a new one could not be made.
    [[nodiscard]] bool stillReads() const;
    //! Connects where that is needed, and does \a work again on a new connection where it fails on an old one.
    template<class T> [[nodiscard]] Result<T> attempt(const std::function<Result<T>()> &work);
    [[nodiscard]] Result<void> execute(QSqlQuery *query, const QString &statement, const Values &values) const;
    [[nodiscard]] Result<void> execute(const QString &statement, const Values &values) const;
    [[nodiscard]] Result<QList<KeyRecord>> select(const QString &condition, const Values &values, qint64 day) const;
    [[nodiscard]] Result<void> inTransaction(const std::function<Result<void>()> &work) const;
    [[nodiscard]] QSqlDatabase database() const;

    DatabaseTarget m_target;
    QString m_connection;          //!< QtSql's name of it; empty: there is none
    FileIdentity m_file;           //!< of SQLite: the one that was opened last
    SqliteCompanions m_companions; //!< of that
};

} // namespace isol8::service
