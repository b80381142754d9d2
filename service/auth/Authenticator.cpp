// SPDX-License-Identifier: GPL-3.0-or-later
#include <service/auth/Authenticator.h>

#include <service/auth/ApiKey.h>
#include <service/auth/AuthErrors.h>
#include <service/auth/DatabaseTarget.h>
#include <service/auth/SqlKeyStore.h>

#include <QDateTime>
#include <QLoggingCategory>
#include <QUrlQuery>
#include <QUuid>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8::service {

namespace {

Q_LOGGING_CATEGORY(authLog, "isol8.auth", QtWarningMsg)

// How long what was noticed of keys may be lost by a crash.
constexpr milliseconds WriteUsesAfter{10000};
constexpr milliseconds WriteCpuAfter{1000};
constexpr milliseconds WriteAgainAfter{5000};
// With KeyDirectory's RefreshAfter and the database's answer this stays well below a second.
constexpr milliseconds WatchEvery{150};
constexpr qsizetype MostLet = 20000;

qint64 currentMs()
{
    return QDateTime::currentMSecsSinceEpoch();
}

struct Bearer
{
    enum class Is { Missing, Twice, There };
    Is is = Is::Missing;
    QByteArray token;
};

Bearer bearerOf(const http::RequestHead &head)
{
    Bearer bearer;
    for (const http::Header &header : head.headers) {
        if (header.name.compare("authorization", Qt::CaseInsensitive) != 0)
            continue;
        if (std::exchange(bearer.is, Bearer::Is::There) == Bearer::Is::There)
            return {Bearer::Is::Twice, {}};
        const qsizetype blank = header.value.indexOf(' ');
        if (blank > 0 && header.value.first(blank).compare("bearer", Qt::CaseInsensitive) == 0)
            bearer.token = header.value.sliced(blank).trimmed();
    }
    if (bearer.token.isEmpty())
        bearer.is = Bearer::Is::Missing;
    return bearer;
}

// Null where the query does not name one; none of several is meant.
Result<std::optional<QString>> askedTenant(const Exchange *exchange)
{
    const QUrlQuery query(QString::fromUtf8(QByteArray(exchange->head().query).replace('+', "%20")));
    const QStringList tenants = query.allQueryItemValues(u"tenantId"_s, QUrl::FullyDecoded);
    if (tenants.size() > 1)
        return fail(errors::BadRequest, u"tenantId is there more than once; give it once."_s);
    return tenants.isEmpty() ? std::optional<QString>() : tenants.constFirst();
}

Error badKey()
{
    return {autherrors::BadKey.toString(), u"This key is not known here."_s, {}};
}

Error revokedKey()
{
    return {autherrors::RevokedKey.toString(), u"This key was revoked."_s, {}};
}

Error expiredKey()
{
    return {autherrors::ExpiredKey.toString(), u"This key has expired."_s, {}};
}

// Whether a key that there is counts.
std::optional<Error> objection(const KeyRecord &record)
{
    if (record.revoked)
        return revokedKey();
    if (record.expiresAt <= currentMs())
        return expiredKey();
    return {};
}

void refuseMissing(Exchange *exchange)
{
    exchange->respondError(
        401, {autherrors::MissingKey.toString(), u"A key is needed: send it as \"Authorization: Bearer KEY\"."_s, {}},
        {{"WWW-Authenticate", "Bearer realm=\"isol8\""}});
}

void turnAway(Exchange *exchange, const Error &error)
{
    if (error.code == autherrors::AuthUnavailable)
        exchange->respondError(503, {error.code, error.message, {}}, {{"Retry-After", "1"}});
    else
        exchange->respondError(403, error);
}

template<class T> void failLater(const Callback<T> &done, const Error &error)
{
    if (QObject *const context = done.context())
        QTimer::singleShot(0, context, [done, error] { done(fail(error)); });
}

} // namespace

Authenticator::Authenticator(AuthOptions options, QObject *parent)
    : QObject(parent)
    , m_options(std::move(options))
    , m_masterDigest(m_options.masterKey.isEmpty() ? QByteArray() : digestOf(m_options.masterKey))
{
    m_options.masterKey.fill('\0');
    m_options.masterKey.clear();
    m_writeTimer.setSingleShot(true);
    connect(&m_writeTimer, &QTimer::timeout, this, &Authenticator::write);
    connect(&m_sweepTimer, &QTimer::timeout, this, &Authenticator::sweep);
    connect(&m_watchTimer, &QTimer::timeout, this, &Authenticator::watch);
    connect(&m_quotas, &Quotas::noteworthy, this, [this] {
        if (!m_writeTimer.isActive() || m_writeTimer.remainingTimeAsDuration() > WriteCpuAfter)
            m_writeTimer.start(WriteCpuAfter);
    });
}

Authenticator::~Authenticator()
{
    m_writing = false; // what is under way is done before what is added here
    if (m_database)
        write();
    m_directory.reset();
    m_database.reset();
}

void Authenticator::open(Callback<void> ready)
{
    if (m_masterDigest.isEmpty())
        return failLater(ready, {errors::BadValue.toString(), u"A master key is needed, and must not be empty."_s, {}});
    if (!m_options.database) {
        QTimer::singleShot(0, this, [ready] { ready({}); });
        return;
    }
    const auto target = DatabaseTarget::parse(*m_options.database);
    m_options.database->clear(); // it may hold a password
    if (!target)
        return failLater(ready, target.error());
    m_database = std::make_unique<KeyDatabase>(std::make_unique<SqlKeyStore>(*target));
    m_directory = std::make_unique<KeyDirectory>(m_database.get());
    connect(m_directory.get(), &KeyDirectory::answered, this, &Authenticator::learn);
    m_database->run<void>([](KeyStore &store) { return store.open(); },
                          {this, [this, ready = std::move(ready)](const Result<void> &opened) {
                               if (opened) {
                                   sweep();
                                   m_sweepTimer.start(m_options.cleanupInterval);
                               }
                               ready(opened);
                           }});
}

Router::Gate Authenticator::gate()
{
    return [guard = QPointer(this)](Exchange *exchange, Access access, const std::function<void()> &admit) {
        if (access == Access::Open) {
            exchange->setCaller({{}, {}, false, false});
            admit();
        } else if (guard) {
            guard->check(exchange, access, admit);
        } else {
            turnAway(exchange, {autherrors::AuthUnavailable.toString(), u"The service is ending."_s, {}});
        }
    };
}

void Authenticator::check(Exchange *exchange, Access access, const std::function<void()> &admit)
{
    const Bearer bearer = bearerOf(exchange->head());
    if (bearer.is == Bearer::Is::Missing)
        return refuseMissing(exchange);
    if (bearer.is == Bearer::Is::Twice) {
        exchange->respondError(
            400, {errors::BadRequest.toString(), u"The request has more than one Authorization field."_s, {}});
        return;
    }
    const QByteArray digest = digestOf(bearer.token);
    if (equalDigests(digest, m_masterDigest))
        return admitMaster(exchange, admit);
    if (!m_directory || !isKeyShaped(bearer.token))
        return turnAway(exchange, badKey());
    m_directory->find(digest, exchange, [this, exchange, access, admit](const Result<std::optional<KeyRecord>> &found) {
        if (!found)
            turnAway(exchange, found.error());
        else if (!*found)
            turnAway(exchange, badKey());
        else if (const auto against = objection(**found))
            turnAway(exchange, *against);
        else
            admitKey(exchange, access, **found, admit);
    });
}

void Authenticator::admitMaster(Exchange *exchange, const std::function<void()> &admit) const
{
    const auto asked = askedTenant(exchange);
    if (!asked)
        return exchange->respondError(400, asked.error());
    const QString tenant = asked->value_or(DefaultTenant.toString());
    if (!isTenant(tenant)) {
        exchange->respondError(400, {errors::BadRequest.toString(), u"tenantId must be %1."_s.arg(TenantSyntax), {}});
        return;
    }
    exchange->setCaller({tenant, {}, true, false});
    admit();
}

void Authenticator::admitKey(Exchange *exchange, Access access, const KeyRecord &record,
                             const std::function<void()> &admit)
{
    const auto notAllowed = [exchange](const QString &sentence) {
        turnAway(exchange, {errors::NotAllowed.toString(), sentence, {}});
    };
    // Whoever is refused from here on is known.
    exchange->setCaller({record.tenant, record.id, false, false});
    if (access == Access::Master)
        return notAllowed(u"This needs the master key."_s);
    const auto asked = askedTenant(exchange);
    if (!asked)
        return exchange->respondError(400, asked.error());
    if (*asked && **asked != record.tenant)
        return notAllowed(u"Only the master key acts for another tenant (tenantId)."_s);
    if (m_let.size() > MostLet)
        m_let.clear();
    m_let.insert(record.id, {record.digest, record.expiresAt});
    m_usedAt.insert(record.id, currentMs());
    if (!m_writeTimer.isActive())
        m_writeTimer.start(WriteUsesAfter);
    admit();
}

void Authenticator::confirm(const Caller &caller, Callback<void> done)
{
    QObject *const context = done.context();
    if (caller.keyId.isEmpty() || !context) {
        QTimer::singleShot(0, this, [done] { done({}); });
        return;
    }
    const auto let = m_let.constFind(caller.keyId);
    if (!m_directory || let == m_let.cend())
        return failLater(done, badKey());
    // As every answer of a Callback this comes later, even where it is known now.
    m_directory->find(let->digest, context, [done, context](const Result<std::optional<KeyRecord>> &found) {
        Result<void> verdict;
        if (!found)
            verdict = fail(found.error());
        else if (!*found)
            verdict = fail(badKey());
        else if (const auto against = objection(**found))
            verdict = fail(*against);
        QTimer::singleShot(0, context, [done, verdict] { done(verdict); });
    });
}

void Authenticator::count(const Caller &caller, Run *run, End end)
{
    m_quotas.count(caller, run);
    const auto let = m_let.constFind(caller.keyId);
    if (let == m_let.cend())
        return;
    Watched &watched = m_running[caller.keyId];
    watched.digest = let->digest;
    watched.expiresAt = let->expiresAt;
    watched.runs.append({run, std::move(end)});
    if (!m_watchTimer.isActive())
        m_watchTimer.start(WatchEvery);
}

// Whoever revokes a key, or gave it an end, wants an end of what is done with it; a quota is for what goes on, too. A
// key ends in time even where the database does not answer, and where another service has swept it away.
void Authenticator::watch()
{
    m_running.removeIf([](const auto &watched) {
        watched->runs.removeIf([](const Watched::Begun &begun) { return !begun.run || begun.run->isFinished(); });
        return watched->runs.isEmpty();
    });
    if (m_running.isEmpty())
        m_watchTimer.stop();
    const QStringList ids = m_running.keys();
    for (const QString &id : ids) {
        const Watched watched = m_running.value(id);
        m_directory->find(watched.digest, this, [this, id](const Result<std::optional<KeyRecord>> &found) {
            if (found && !*found) // of those that there are learn() hears
                endRuns(id, badKey());
        });
        if (watched.expiresAt <= currentMs())
            endRuns(id, expiredKey());
        else if (const auto may = m_quotas.mayCompute(id, Quotas::RunningGraceMs); !may)
            endRuns(id, may.error());
    }
}

void Authenticator::learn(const KeyRecord &record)
{
    m_quotas.learn(record);
    if (const auto against = objection(record))
        endRuns(record.id, *against);
}

void Authenticator::endRuns(const QString &id, const Error &why)
{
    const Watched watched = m_running.take(id);
    for (const Watched::Begun &begun : watched.runs) {
        if (begun.run && !begun.run->isFinished())
            begun.end(why);
    }
}

void Authenticator::makeKey(const NewKey &wanted, const Callback<MadeKey> &done)
{
    auto key = service::makeKey();
    if (!key)
        return failLater(done, key.error());
    MadeKey made;
    made.key = *key;
    KeyRecord &record = made.record;
    record.id = QUuid::createUuid().toString(QUuid::WithoutBraces);
    record.digest = digestOf(*key);
    record.prefix = prefixOf(*key);
    record.name = wanted.name;
    record.tenant = wanted.tenant;
    record.createdAt = currentMs();
    record.expiresAt = record.createdAt + (wanted.ttl.count() > 0 ? wanted.ttl : m_options.defaultTtl).count();
    record.quota = wanted.quota;
    m_database->run<void>([record](KeyStore &store) { return store.insert(record); },
                          {done.context(), [made, done](const Result<void> &inserted) {
                               if (inserted)
                                   done(made);
                               else
                                   done(fail(inserted.error()));
                           }});
}

void Authenticator::keys(const std::optional<QString> &tenant, Callback<QList<KeyRecord>> done)
{
    write();
    m_database->run<QList<KeyRecord>>([tenant](KeyStore &store) { return store.list(tenant); }, std::move(done));
}

void Authenticator::revoke(const QString &id, const Callback<bool> &done)
{
    m_database->run<bool>([id](KeyStore &store) { return store.revoke(id); },
                          {this, [this, id, done](const Result<bool> &revoked) {
                               m_directory->forget(id);
                               if (revoked && *revoked)
                                   endRuns(id, revokedKey());
                               done(revoked);
                           }});
}

// One at a time: what is noticed meanwhile goes with the next.
void Authenticator::write()
{
    if (m_writing) {
        m_writeTimer.start(WriteCpuAfter);
        return;
    }
    KeyNotes notes = m_quotas.takeNotes();
    notes.usedAt = std::exchange(m_usedAt, {});
    if (notes.usedAt.isEmpty() && notes.cpuMs.isEmpty())
        return;
    m_writing = true;
    m_writeTimer.stop();
    m_database->run<void>([notes](KeyStore &store) { return store.note(notes); },
                          {this, [this, notes](const Result<void> &noted) {
                               m_writing = false;
                               if (noted) {
                                   m_quotas.wereNoted(notes);
                               } else {
                                   qCDebug(authLog).noquote() << noted.error().message << noted.error().detail;
                                   m_quotas.keepNotes(notes);
                                   for (auto used = notes.usedAt.cbegin(); used != notes.usedAt.cend(); ++used)
                                       m_usedAt[used.key()] = std::max(m_usedAt.value(used.key()), used.value());
                                   m_writeTimer.start(WriteAgainAfter);
                               }
                           }});
}

void Authenticator::sweep()
{
    m_database->run<void>([time = currentMs()](KeyStore &store) { return store.sweep(time); },
                          {this, [](const Result<void> &swept) {
                               if (!swept)
                                   qCDebug(authLog).noquote() << swept.error().message << swept.error().detail;
                           }});
}

} // namespace isol8::service
