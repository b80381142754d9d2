// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Callback.h>
#include <service/RunMeter.h>
#include <service/auth/AuthOptions.h>
#include <service/auth/KeyDirectory.h>
#include <service/auth/Quotas.h>
#include <service/http/Router.h>

#include <QTimer>

#include <memory>

namespace isol8::service {

struct NewKey
{
    QString name;
    QString tenant;
    milliseconds ttl{0}; //!< 0: AuthOptions::defaultTtl
    Quota quota = {};
};

//! A key that was made, and the one time that it is there to be read.
struct MadeKey
{
    KeyRecord record;
    QByteArray key;
};

/*!
    Who a request is of, by its `Authorization: Bearer`: the master key, which does not leave this process and acts for
    any tenant (`?tenantId=`, else "default"), or a key of the database. Nothing but the SHA-256 of either is compared
    (ApiKey.h), and no key is logged.

    A key that was revoked or has expired counts no longer than a second after that, and the runs of it, and of one that
   has used up its CPU time, are ended then. While the database does not answer, keys that it was not asked about in
   that second get 503; the master key needs no database.
*/
class Authenticator : public QObject, private RunMeter
{
    Q_OBJECT

public:
    explicit Authenticator(AuthOptions options, QObject *parent = nullptr);
    //! Writes down when keys were used last, and what of their quotas; waits for that (KeyDatabase).
    ~Authenticator() override;

    //! Opens the database, where there is to be one. Fails with auth_database where it or its address is wrong, and
    //! with auth_unavailable where it does not answer. bad_value: there is no master key.
    void open(Callback<void> ready);

    /*!
        401 without a key, 403 with one that does not count or may not do this, 503 while the database is gone, 400 for
       a request that cannot be understood. Access::Open lets everybody pass, as a caller who is nobody.
    */
    [[nodiscard]] Router::Gate gate();

    //! Whether there is a database; the following need it.
    [[nodiscard]] bool keepsKeys() const { return m_database != nullptr; }
    void makeKey(const NewKey &wanted, const Callback<MadeKey> &done);
    //! The newest first; of all tenants where none is named.
    void keys(const std::optional<QString> &tenant, Callback<QList<KeyRecord>> done);
    //! Counts nowhere from then on; false: there is no such key.
    void revoke(const QString &id, const Callback<bool> &done);

    //! For Runs::setMeter().
    [[nodiscard]] RunMeter *meter() { return this; }

private:
    void confirm(const Caller &caller, Callback<void> done) override;
    Result<void> admit(const Caller &caller) override { return m_quotas.admit(caller); }
    int retryAfter(const Caller &caller) const override { return m_quotas.retryAfter(caller); }
    void count(const Caller &caller, Run *run, End end) override;
    Quota quotaOf(const QString &keyId) const override { return m_quotas.quotaOf(keyId); }
    Result<void> mayCompute(const QString &keyId) override { return m_quotas.mayCompute(keyId); }
    void charge(const QString &keyId, qint64 cpuMs) override { m_quotas.charge(keyId, cpuMs); }

    void check(Exchange *exchange, Access access, const std::function<void()> &admit);
    void admitMaster(Exchange *exchange, const std::function<void()> &admit) const;
    void admitKey(Exchange *exchange, Access access, const KeyRecord &record, const std::function<void()> &admit);
    void write();
    void sweep();
    void watch();
    void learn(const KeyRecord &record);
    void endRuns(const QString &id, const Error &why);

    //! What a key has under way.
    struct Watched
    {
        struct Begun
        {
            QPointer<Run> run;
            End end;
        };
        QByteArray digest;
        qint64 expiresAt = 0; //!< ms since 1970
        QList<Begun> runs;
    };
    struct Known
    {
        QByteArray digest;
        qint64 expiresAt = 0;
    };

    AuthOptions m_options;
    QByteArray m_masterDigest;
    std::unique_ptr<KeyDatabase> m_database;
    std::unique_ptr<KeyDirectory> m_directory;
    Quotas m_quotas;
    QHash<QString, qint64> m_usedAt;   //!< that the database does not know yet
    QHash<QString, Known> m_let;       //!< keys whose requests were let pass, by their ids
    QHash<QString, Watched> m_running; //!< by keys' ids
    bool m_writing = false;
    QTimer m_watchTimer;
    QTimer m_writeTimer;
    QTimer m_sweepTimer;
};

} // namespace isol8::service
