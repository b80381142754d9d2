// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/RunRecord.h>

#include <isol8/output/OutputFilter.h>

#include <QCryptographicHash>
#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8::cli {

namespace {

QString hashOf(const QByteArray &content)
{
    return QString::fromLatin1(QCryptographicHash::hash(content, QCryptographicHash::Sha256).toHex());
}

QJsonObject digest(const QByteArray &content)
{
    return {{u"bytes"_s, content.size()}, {u"sha256"_s, hashOf(content)}};
}

// Every text in it, keys too.
QJsonValue maskedIn(const QJsonValue &value, const SecretPatterns &secrets, bool *any)
{
    const auto text = [&](const QString &plain) {
        const QString masked = QString::fromUtf8(secrets.mask(plain.toUtf8()));
        *any = *any || masked != plain;
        return masked;
    };
    if (value.isString())
        return text(value.toString());
    if (value.isArray()) {
        QJsonArray list;
        const QJsonArray array = value.toArray();
        for (const QJsonValue &item : array)
            list.append(maskedIn(item, secrets, any));
        return list;
    }
    if (!value.isObject())
        return value;
    QJsonObject object;
    const QJsonObject from = value.toObject();
    for (auto item = from.begin(); item != from.end(); ++item)
        object.insert(text(item.key()), maskedIn(item.value(), secrets, any));
    return object;
}

// What of an entry of the network's log is the same each time.
QString wayOut(const QJsonObject &entry)
{
    return u"%1 %2 %3:%4%5"_s.arg(entry[u"action"].toString(), entry[u"method"].toString(), entry[u"host"].toString(),
                                  QString::number(entry[u"port"].toInt()), entry[u"path"].toString());
}

QStringList waysOut(const QJsonObject &outcome)
{
    QStringList list;
    const QJsonArray log = outcome[u"networkLogs"].toArray();
    for (const QJsonValue &entry : log)
        list.append(wayOut(entry.toObject()));
    list.sort();
    list.removeDuplicates();
    return list;
}

QString shown(const QJsonObject &digest)
{
    return u"%1 bytes (SHA-256 %2…)"_s.arg(digest[u"bytes"].toInteger()).arg(digest[u"sha256"].toString().left(12));
}

Error notARecord(const QString &why)
{
    return {errors::BadValue.toString(), u"This is no record of isol8 run --record: "_s + why, {}};
}

} // namespace

QJsonObject outcomeOf(const RunResult &result)
{
    QJsonObject files;
    for (auto file = result.files.begin(); file != result.files.end(); ++file)
        files.insert(file.key(), digest(file.value()));
    return {{u"reason"_s, toString(result.reason)},
            {u"exitCode"_s, result.exitCode},
            {u"signal"_s, result.signal},
            {u"truncated"_s, result.truncated},
            {u"stdout"_s, digest(result.stdoutText)},
            {u"stderr"_s, digest(result.stderrText)},
            {u"files"_s, files},
            {u"networkLogs"_s, result.networkLogs}};
}

RunRecord makeRecord(RunRequest request, RunOptions options, const QString &image, const QString &imageId,
                     const RunResult &result)
{
    RunRecord record;
    record.secretNames = options.secrets.keys();
    QList<QByteArray> values;
    for (const QString &value : std::as_const(options.secrets))
        values.append(value.toUtf8());
    options.secrets.clear();
    record.request = std::move(request);
    record.options = std::move(options);
    record.image = image;
    record.imageId = imageId;
    record.outcome = outcomeOf(result);
    const auto secrets = SecretPatterns::compile(values);
    if (!values.isEmpty() && secrets) {
        const QJsonObject whole = maskedIn(record.toJson(), **secrets, &record.masked).toObject();
        const auto masked = RunRecord::fromJson(QJsonDocument(whole).toJson());
        const bool found = record.masked;
        if (masked)
            record = *masked;
        record.masked = found;
        // Where the masks make it unreadable nothing of the inputs is kept.
        if (!masked)
            record.request = {};
    }
    return record;
}

QJsonObject RunRecord::toJson() const
{
    QJsonObject asked = request.toJson();
    if (!request.fileName.isEmpty())
        asked.insert(u"fileName"_s, request.fileName);
    return {{u"isol8Record"_s, Format},
            {u"image"_s, QJsonObject{{u"name"_s, image}, {u"id"_s, imageId}}},
            {u"request"_s, asked},
            {u"options"_s, options.toJson()},
            {u"secrets"_s, QJsonArray::fromStringList(secretNames)},
            {u"masked"_s, masked},
            {u"outcome"_s, outcome}};
}

Result<RunRecord> RunRecord::fromJson(const QByteArray &text)
{
    QJsonParseError problem;
    const QJsonDocument document = QJsonDocument::fromJson(text, &problem);
    if (!document.isObject())
        return fail(notARecord(u"it is no JSON object (%1)."_s.arg(problem.errorString())));
    if (document[u"isol8Record"].toInt() != Format)
        return fail(notARecord(u"isol8Record is not %1."_s.arg(Format)));
    auto request = RunRequest::fromJson(document[u"request"].toObject());
    if (!request)
        return fail(notARecord(request.error().message));
    auto options = RunOptions::fromJson(document[u"options"].toObject());
    if (!options)
        return fail(notARecord(options.error().message));
    RunRecord record;
    record.request = std::move(*request);
    record.request.fileName = document[u"request"][u"fileName"].toString();
    record.options = std::move(*options);
    const QJsonArray names = document[u"secrets"].toArray();
    for (const QJsonValue &name : names)
        record.secretNames.append(name.toString());
    record.image = document[u"image"][u"name"].toString();
    record.imageId = document[u"image"][u"id"].toString();
    record.masked = document[u"masked"].toBool();
    record.outcome = document[u"outcome"].toObject();
    return record;
}

QStringList differences(const QJsonObject &before, const QJsonObject &now)
{
    QStringList list;
    for (const auto &[key, what] :
         {std::pair{u"reason"_s, u"how it ended"_s}, std::pair{u"exitCode"_s, u"exit code"_s},
          std::pair{u"signal"_s, u"signal"_s}, std::pair{u"truncated"_s, u"whether output was cut"_s}}) {
        if (before[key] != now[key])
            list.append(u"%1: %2 was recorded, %3 now"_s.arg(what, before[key].toVariant().toString(),
                                                             now[key].toVariant().toString()));
    }
    for (const QString &stream : {u"stdout"_s, u"stderr"_s}) {
        if (before[stream] != now[stream])
            list.append(u"%1: %2 was recorded, %3 now"_s.arg(stream, shown(before[stream].toObject()),
                                                             shown(now[stream].toObject())));
    }
    const QJsonObject oldFiles = before[u"files"].toObject();
    const QJsonObject newFiles = now[u"files"].toObject();
    QStringList paths = oldFiles.keys() + newFiles.keys();
    paths.sort();
    paths.removeDuplicates();
    for (const QString &path : std::as_const(paths)) {
        if (!newFiles.contains(path))
            list.append(u"%1: recorded, but not there now"_s.arg(path));
        else if (!oldFiles.contains(path))
            list.append(u"%1: not recorded, but there now"_s.arg(path));
        else if (oldFiles[path] != newFiles[path])
            list.append(u"%1: %2 was recorded, %3 now"_s.arg(path, shown(oldFiles[path].toObject()),
                                                             shown(newFiles[path].toObject())));
    }
    const QStringList oldWays = waysOut(before);
    const QStringList newWays = waysOut(now);
    for (const QString &way : oldWays) {
        if (!newWays.contains(way))
            list.append(u"network: %1 was recorded, but not now"_s.arg(way));
    }
    for (const QString &way : newWays) {
        if (!oldWays.contains(way))
            list.append(u"network: %1 was not recorded"_s.arg(way));
    }
    return list;
}

QStringList weaknesses(const RunRecord &record)
{
    QStringList list;
    const RunOptions &options = record.options;
    if (options.network == Network::Host)
        list.append(u"the host's network"_s);
    if (options.seccomp.value_or(SeccompMode::Strict) != SeccompMode::Strict)
        list.append(u"another seccomp profile than isol8's"_s);
    if (!options.readonlyRootFs.value_or(true))
        list.append(u"a writable root file system"_s);
    if (options.persist)
        list.append(u"a container that is kept"_s);
    if (!options.isolation.isEmpty())
        list.append(u"the isolation runtime %1"_s.arg(options.isolation.left(64)));
    return list;
}

} // namespace isol8::cli
