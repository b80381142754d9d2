// SPDX-License-Identifier: GPL-3.0-or-later
#include <service/auth/AuthController.h>

#include <isol8/execution/FieldReader.h>
#include <service/ExecuteMessage.h>
#include <service/Runs.h>
#include <service/auth/ApiKey.h>
#include <service/auth/AuthErrors.h>

#include <QDateTime>
#include <QJsonArray>
#include <QUrlQuery>
#include <QUuid>

using namespace Qt::StringLiterals;

namespace isol8::service {

namespace {

constexpr qint64 LongestTtlMs = 3200000000000; // a hundred years, as the configuration has it
constexpr int MostRunsPerMinute = 100000;
constexpr int MostRuns = 100000;
constexpr qint64 MostCpuSeconds = 1000000000;
constexpr int MostKept = 100000; // sessions, and snapshots

// Keys are for the one who asked, and for no cache on the way.
const http::Header NoStore{"Cache-Control", "no-store"};

void refuseKey(Exchange *exchange, const Error &error)
{
    if (error.code == autherrors::AuthUnavailable)
        exchange->respondError(503, {error.code, error.message, {}}, {{"Retry-After", "1"}});
    else
        exchange->respondError(httpStatus(error), {error.code, error.message, {}});
}

QJsonValue timeOf(qint64 ms)
{
    if (ms == 0)
        return QJsonValue::Null;
    return QDateTime::fromMSecsSinceEpoch(ms).toUTC().toString(Qt::ISODateWithMs);
}

QJsonObject toJson(const Quota &quota)
{
    QJsonObject object;
    if (quota.runsPerMinute > 0)
        object.insert(u"runsPerMinute"_s, quota.runsPerMinute);
    if (quota.concurrentRuns > 0)
        object.insert(u"concurrentRuns"_s, quota.concurrentRuns);
    if (quota.cpuSecondsPerDay > 0)
        object.insert(u"cpuSecondsPerDay"_s, quota.cpuSecondsPerDay);
    if (quota.sessions > 0)
        object.insert(u"sessions"_s, quota.sessions);
    if (quota.snapshots > 0)
        object.insert(u"snapshots"_s, quota.snapshots);
    return object;
}

QJsonObject toJson(const KeyRecord &record)
{
    QJsonObject object{{u"id"_s, record.id},
                       {u"name"_s, record.name},
                       {u"keyPrefix"_s, record.prefix},
                       {u"tenantId"_s, record.tenant},
                       {u"createdAt"_s, timeOf(record.createdAt)},
                       {u"expiresAt"_s, timeOf(record.expiresAt)},
                       {u"lastUsedAt"_s, timeOf(record.lastUsedAt)},
                       {u"revoked"_s, record.revoked}};
    if (record.quota.isSet())
        object.insert(u"quota"_s, toJson(record.quota));
    return object;
}

void readQuota(FieldReader *reader, Quota *quota)
{
    QJsonObject object;
    reader->read(u"quota"_s, &object);
    FieldReader inner(object, reader->pathOf(u"quota"_s));
    inner.read(u"runsPerMinute"_s, &quota->runsPerMinute, 1, MostRunsPerMinute);
    inner.read(u"concurrentRuns"_s, &quota->concurrentRuns, 1, MostRuns);
    inner.read(u"cpuSecondsPerDay"_s, &quota->cpuSecondsPerDay, 1, MostCpuSeconds);
    inner.read(u"sessions"_s, &quota->sessions, 1, MostKept);
    inner.read(u"snapshots"_s, &quota->snapshots, 1, MostKept);
    if (inner.error())
        reader->complain(*inner.error());
}

// \a tenant: the one that the master key acts as.
Result<NewKey> readKey(const QByteArray &body, const QString &tenant)
{
    const auto object = body.trimmed().isEmpty() ? Result<QJsonObject>(QJsonObject()) : parseObject(body);
    if (!object)
        return fail(object.error());
    NewKey key;
    key.tenant = tenant;
    FieldReader reader(*object, {});
    reader.read(u"name"_s, &key.name);
    reader.read(u"tenantId"_s, &key.tenant);
    qint64 ttl = 0;
    reader.read(u"ttlMs"_s, &ttl, 1, LongestTtlMs);
    key.ttl = milliseconds(ttl);
    readQuota(&reader, &key.quota);
    if (reader.error())
        return fail(*reader.error());
    if (!key.name.isEmpty() && !isKeyName(key.name))
        return fail(errors::BadRequest, u"%1 must be %2."_s.arg(reader.pathOf(u"name"_s), KeyNameSyntax));
    if (!isTenant(key.tenant))
        return fail(errors::BadRequest, u"%1 must be %2."_s.arg(reader.pathOf(u"tenantId"_s), TenantSyntax));
    return key;
}

} // namespace

AuthController::AuthController(Authenticator *authenticator, Router *router, QObject *parent)
    : QObject(parent)
    , m_authenticator(authenticator)
{
    const auto add = [this, router](const QByteArray &method, const QString &path,
                                    void (AuthController::*handler)(Exchange *)) {
        router->add(
            method, path,
            [this, handler](Exchange *exchange) {
                if (keepsKeys(exchange))
                    (this->*handler)(exchange);
            },
            Access::Master);
    };
    add("POST", u"/auth/keys"_s, &AuthController::create);
    add("GET", u"/auth/keys"_s, &AuthController::list);
    add("DELETE", u"/auth/keys/<arg>"_s, &AuthController::remove);
    add("POST", u"/auth/login"_s, &AuthController::login);
    // Nobody needs an operator to give up a key of their own.
    router->add("DELETE", u"/auth/login"_s, [this](Exchange *exchange) {
        if (keepsKeys(exchange))
            logout(exchange);
    });
}

bool AuthController::keepsKeys(Exchange *exchange) const
{
    if (m_authenticator && m_authenticator->keepsKeys())
        return true;
    exchange->respondError(
        400, {autherrors::AuthDisabled.toString(),
              u"This service keeps no keys: start it with --auth-db, or set auth.enabled in its configuration."_s,
              {}});
    return false;
}

void AuthController::create(Exchange *exchange)
{
    const auto wanted = readKey(exchange->takeBody(), exchange->caller().tenant);
    if (!wanted)
        return refuseKey(exchange, wanted.error());
    if (wanted->name.isEmpty())
        return refuseKey(exchange, {errors::BadRequest.toString(), u"name is missing: what the key is called."_s, {}});
    m_authenticator->makeKey(
        *wanted, {exchange, [exchange](const Result<MadeKey> &made) {
                      if (!made)
                          return refuseKey(exchange, made.error());
                      const KeyRecord &record = made->record;
                      QJsonObject answer{{u"id"_s, record.id},           {u"key"_s, QString::fromLatin1(made->key)},
                                         {u"name"_s, record.name},       {u"keyPrefix"_s, record.prefix},
                                         {u"tenantId"_s, record.tenant}, {u"expiresAt"_s, timeOf(record.expiresAt)}};
                      if (record.quota.isSet())
                          answer.insert(u"quota"_s, toJson(record.quota));
                      exchange->respondJson(201, answer, {NoStore});
                  }});
}

void AuthController::login(Exchange *exchange)
{
    auto wanted = readKey(exchange->takeBody(), exchange->caller().tenant);
    if (!wanted)
        return refuseKey(exchange, wanted.error());
    if (wanted->name.isEmpty())
        wanted->name = u"login"_s;
    m_authenticator->makeKey(*wanted, {exchange, [exchange](const Result<MadeKey> &made) {
                                           if (!made)
                                               return refuseKey(exchange, made.error());
                                           exchange->respondJson(200,
                                                                 {{u"token"_s, QString::fromLatin1(made->key)},
                                                                  {u"expiresAt"_s, timeOf(made->record.expiresAt)},
                                                                  {u"keyId"_s, made->record.id}},
                                                                 {NoStore});
                                       }});
}

void AuthController::logout(Exchange *exchange)
{
    const QString id = exchange->caller().keyId;
    if (id.isEmpty())
        return refuseKey(exchange,
                         {errors::BadRequest.toString(), u"The master key cannot be revoked; it is no login."_s, {}});
    m_authenticator->revoke(id, {exchange, [exchange, id](const Result<bool> &revoked) {
                                     if (revoked)
                                         exchange->respondJson(200, {{u"ok"_s, true}, {u"id"_s, id}});
                                     else
                                         refuseKey(exchange, revoked.error());
                                 }});
}

void AuthController::list(Exchange *exchange)
{
    // The master key sees all keys; the gate has checked what it names.
    const QUrlQuery query(QString::fromUtf8(exchange->head().query));
    std::optional<QString> tenant;
    if (query.hasQueryItem(u"tenantId"_s))
        tenant = exchange->caller().tenant;
    m_authenticator->keys(tenant, {exchange, [exchange](const Result<QList<KeyRecord>> &records) {
                                       if (!records)
                                           return refuseKey(exchange, records.error());
                                       QJsonArray keys;
                                       for (const KeyRecord &record : *records)
                                           keys.append(toJson(record));
                                       exchange->respondJson(200, {{u"keys"_s, keys}});
                                   }});
}

void AuthController::remove(Exchange *exchange)
{
    const QString id = exchange->arguments().constFirst();
    const auto unknown = [exchange, id] {
        refuseKey(exchange, {errors::NotFound.toString(), u"There is no key of that id."_s, {}});
    };
    if (QUuid::fromString(id).toString(QUuid::WithoutBraces) != id)
        return unknown();
    m_authenticator->revoke(id, {exchange, [exchange, id, unknown](const Result<bool> &revoked) {
                                     if (!revoked)
                                         refuseKey(exchange, revoked.error());
                                     else if (!*revoked)
                                         unknown();
                                     else
                                         exchange->respondJson(200, {{u"ok"_s, true}, {u"id"_s, id}});
                                 }});
}

} // namespace isol8::service
