// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/execution/RunRequest.h>

#include <isol8/execution/FieldReader.h>
#include <isol8/execution/Validate.h>

#include <QJsonArray>

using namespace Qt::StringLiterals;

namespace isol8 {

namespace {

// A text that is one of a few names; \a choices is for the message.
template<class T> void readChoice(FieldReader *reader, const QString &key, const QString &choices,
                                  std::optional<T> (*fromString)(QStringView), std::optional<T> *field)
{
    const QJsonValue found = reader->value(key);
    if (found.isUndefined())
        return;
    *field = fromString(found.toString());
    if (*field)
        return;
    if (found.isString())
        reader->complain(
            {errors::BadRequest.toString(),
             u"%1 must be one of %2, not \"%3\"."_s.arg(reader->pathOf(key), choices, found.toString().left(64)),
             {}});
    else
        reader->complain(reader->pathOf(key), u"one of "_s + choices, found);
}

std::optional<RunMode> modeFromString(QStringView text)
{
    if (text == u"ephemeral")
        return RunMode::Ephemeral;
    return text == u"persistent" ? std::optional(RunMode::Persistent) : std::nullopt;
}

} // namespace

Result<RunOptions> RunOptions::fromJson(const QJsonObject &object)
{
    RunOptions options;
    FieldReader reader(object, u"options"_s);
    std::optional<RunMode> mode;
    readChoice(&reader, u"mode"_s, u"ephemeral, persistent"_s, &modeFromString, &mode);
    options.mode = mode.value_or(RunMode::Ephemeral);
    readChoice(&reader, u"network"_s, u"none, host, filtered"_s, &networkFromString, &options.network);
    reader.read(u"cpuLimit"_s, &options.cpuLimit, 0.01, 4096);
    reader.readSize(u"memoryLimit"_s, &options.memoryLimit);
    reader.read(u"pidsLimit"_s, &options.pidsLimit, 1, 4194304);
    reader.read(u"readonlyRootFs"_s, &options.readonlyRootFs);
    reader.readSize(u"maxOutputSize"_s, &options.maxOutputSize);
    reader.read(u"secrets"_s, &options.secrets);
    reader.read(u"timeoutMs"_s, &options.timeout);
    reader.read(u"image"_s, &options.image);
    reader.readSize(u"sandboxSize"_s, &options.sandboxSize);
    reader.readSize(u"tmpSize"_s, &options.tmpSize);
    reader.read(u"debug"_s, &options.debug);
    reader.read(u"persist"_s, &options.persist);
    reader.read(u"logNetwork"_s, &options.logNetwork);
    reader.read(u"results"_s, &options.results);
    reader.read(u"isolation"_s, &options.isolation);
    reader.read(u"priority"_s, &options.priority, -1000, 1000);

    QJsonObject filterObject;
    reader.read(u"networkFilter"_s, &filterObject);
    FieldReader filter(filterObject, u"options.networkFilter"_s);
    filter.read(u"whitelist"_s, &options.whitelist);
    filter.read(u"blacklist"_s, &options.blacklist);

    QJsonObject securityObject;
    reader.read(u"security"_s, &securityObject);
    FieldReader security(securityObject, u"options.security"_s);
    readChoice(&security, u"seccomp"_s, u"strict, unconfined, custom"_s, &seccompFromString, &options.seccomp);
    security.read(u"customProfilePath"_s, &options.customProfilePath);

    for (const FieldReader *part : {&reader, &filter, &security}) {
        if (part->error())
            return fail(*part->error());
    }
    if (const auto valid = validate(options); !valid)
        return fail(valid.error());
    return options;
}

QJsonObject RunOptions::toJson() const
{
    QJsonObject object;
    const auto size = [&](const QString &key, const std::optional<qint64> &bytes) {
        if (bytes)
            object.insert(key, formatSize(*bytes));
    };
    const auto flag = [&](const QString &key, bool value) {
        if (value)
            object.insert(key, true);
    };
    const auto text = [](QJsonObject *target, const QString &key, const QString &value) {
        if (!value.isEmpty())
            target->insert(key, value);
    };
    const auto list = [](QJsonObject *target, const QString &key, const std::optional<QStringList> &value) {
        if (value)
            target->insert(key, QJsonArray::fromStringList(*value));
    };

    object.insert(u"mode"_s, mode == RunMode::Persistent ? u"persistent"_s : u"ephemeral"_s);
    if (network)
        object.insert(u"network"_s, toString(*network));
    QJsonObject filter;
    list(&filter, u"whitelist"_s, whitelist);
    list(&filter, u"blacklist"_s, blacklist);
    if (!filter.isEmpty())
        object.insert(u"networkFilter"_s, filter);
    if (cpuLimit)
        object.insert(u"cpuLimit"_s, *cpuLimit);
    size(u"memoryLimit"_s, memoryLimit);
    if (pidsLimit)
        object.insert(u"pidsLimit"_s, *pidsLimit);
    if (readonlyRootFs)
        object.insert(u"readonlyRootFs"_s, *readonlyRootFs);
    if (maxOutputSize)
        object.insert(u"maxOutputSize"_s, *maxOutputSize);
    if (!secrets.isEmpty()) {
        QJsonObject values;
        for (auto it = secrets.begin(); it != secrets.end(); ++it)
            values.insert(it.key(), it.value());
        object.insert(u"secrets"_s, values);
    }
    if (timeout)
        object.insert(u"timeoutMs"_s, qint64(timeout->count()));
    text(&object, u"image"_s, image);
    size(u"sandboxSize"_s, sandboxSize);
    size(u"tmpSize"_s, tmpSize);
    flag(u"debug"_s, debug);
    flag(u"persist"_s, persist);
    flag(u"logNetwork"_s, logNetwork);
    flag(u"results"_s, results);
    QJsonObject security;
    if (seccomp)
        security.insert(u"seccomp"_s, toString(*seccomp));
    text(&security, u"customProfilePath"_s, customProfilePath);
    if (!security.isEmpty())
        object.insert(u"security"_s, security);
    text(&object, u"isolation"_s, isolation);
    if (priority)
        object.insert(u"priority"_s, priority);
    return object;
}

} // namespace isol8
