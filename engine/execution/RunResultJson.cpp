// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/execution/RunResult.h>

#include <isol8/execution/FieldReader.h>
#include <isol8/execution/StreamEvent.h>

#include <QJsonDocument>

#include <array>
#include <limits>

using namespace Qt::StringLiterals;

namespace isol8 {

namespace {

struct NamedReason
{
    Reason reason;
    QStringView name;
};

constexpr std::array Reasons{
    NamedReason{Reason::Completed, u"completed"},      NamedReason{Reason::Killed, u"killed"},
    NamedReason{Reason::Timeout, u"timeout"},          NamedReason{Reason::Oom, u"oom"},
    NamedReason{Reason::DiskFull, u"disk_full"},       NamedReason{Reason::Cancelled, u"cancelled"},
    NamedReason{Reason::SetupFailed, u"setup_failed"}, NamedReason{Reason::SessionLost, u"session_lost"},
    NamedReason{Reason::Internal, u"internal"}};

constexpr qint64 Most = 9007199254740992; // 2^53

std::optional<Error> readUsage(const QJsonObject &object, ResourceUsage *usage)
{
    FieldReader reader(object, u"result.resourceUsage"_s);
    reader.read(u"cpuPercent"_s, &usage->cpuPercent, 0, 1e9);
    reader.read(u"memoryMB"_s, &usage->memoryMB, 0, 1e12);
    reader.read(u"peakMemoryMB"_s, &usage->peakMemoryMB, 0, 1e12);
    reader.read(u"networkBytesIn"_s, &usage->networkBytesIn, 0, Most);
    reader.read(u"networkBytesOut"_s, &usage->networkBytesOut, 0, Most);
    reader.read(u"cpuMs"_s, &usage->cpuMs, 0, Most);
    return reader.error();
}

void readFiles(FieldReader *reader, QMap<QString, QByteArray> *files)
{
    QMap<QString, QString> encoded;
    reader->read(u"files"_s, &encoded);
    for (auto it = encoded.begin(); it != encoded.end(); ++it) {
        const auto decoded =
            QByteArray::fromBase64Encoding(it.value().toLatin1(), QByteArray::AbortOnBase64DecodingErrors);
        if (!decoded)
            reader->complain(
                {errors::BadRequest.toString(), u"result.files.%1 is not valid base64."_s.arg(it.key().left(256)), {}});
        else
            files->insert(it.key(), *decoded);
    }
}

std::optional<Error> readFileInfo(const QJsonObject &all, QMap<QString, FileInfo> *files)
{
    for (auto it = all.begin(); it != all.end(); ++it) {
        FieldReader reader(it.value().toObject(), u"result.fileInfo."_s + it.key().left(256));
        FileInfo info;
        int mode = 0;
        reader.read(u"mode"_s, &mode, 0, 0777);
        reader.read(u"mtimeMs"_s, &info.mtimeMs, 0, Most);
        if (reader.error())
            return reader.error();
        info.mode = uint(mode);
        files->insert(it.key(), info);
    }
    return std::nullopt;
}

QJsonObject fileInfoJson(const QMap<QString, FileInfo> &files)
{
    QJsonObject object;
    for (auto it = files.begin(); it != files.end(); ++it)
        object.insert(it.key(), QJsonObject{{u"mode"_s, int(it->mode)}, {u"mtimeMs"_s, it->mtimeMs}});
    return object;
}

} // namespace

QJsonObject toJson(const ResourceUsage &usage)
{
    return {{u"cpuPercent"_s, usage.cpuPercent},           {u"memoryMB"_s, usage.memoryMB},
            {u"peakMemoryMB"_s, usage.peakMemoryMB},       {u"networkBytesIn"_s, usage.networkBytesIn},
            {u"networkBytesOut"_s, usage.networkBytesOut}, {u"cpuMs"_s, usage.cpuMs}};
}

QString toString(Reason reason)
{
    for (const NamedReason &named : Reasons) {
        if (named.reason == reason)
            return named.name.toString();
    }
    return {};
}

std::optional<Reason> reasonFromString(QStringView text)
{
    for (const NamedReason &named : Reasons) {
        if (named.name == text)
            return named.reason;
    }
    return std::nullopt;
}

QString toString(Phase phase)
{
    return phase == Phase::Setup ? u"setup"_s : u"code"_s;
}

QString stateLostSentence()
{
    return u"The session's interpreter ended with it: its files are kept, its names are not."_s;
}

QByteArray RunResult::toJsonText(bool withOutput) const
{
    RunResult rest = *this;
    rest.files.clear();
    QByteArray json = QJsonDocument(rest.toJson(withOutput)).toJson(QJsonDocument::Compact);
    if (files.isEmpty())
        return json;
    // A QJsonObject would take what the files hold through UTF-16 and back.
    qsizetype size = 0;
    for (auto it = files.begin(); it != files.end(); ++it)
        size += it.key().size() * 6 + (it.value().size() + 2) / 3 * 4 + 8;
    const QByteArray none = "\"files\":{}";
    const qsizetype at = json.indexOf(none) + none.size() - 1;
    const QByteArray behind = json.sliced(at);
    json.truncate(at);
    json.reserve(json.size() + size + behind.size());
    for (auto it = files.begin(); it != files.end(); ++it) {
        const QByteArray name = QJsonDocument(QJsonArray{it.key()}).toJson(QJsonDocument::Compact);
        json.append(it == files.begin() ? "" : ",").append(name.sliced(1, name.size() - 2)).append(":\"");
        // In pieces that end where base64 may be cut.
        constexpr qsizetype Piece = 48 * 1024;
        for (qsizetype from = 0; from < it.value().size(); from += Piece)
            json.append(it.value().mid(from, Piece).toBase64());
        json.append('"');
    }
    return json.append(behind);
}

QJsonObject RunResult::toJson(bool withOutput) const
{
    QJsonObject encoded;
    for (auto it = files.begin(); it != files.end(); ++it)
        encoded.insert(it.key(), QString::fromLatin1(it.value().toBase64()));
    QJsonObject object{
        {u"exitCode"_s, exitCode},
        {u"durationMs"_s, durationMs},
        {u"truncated"_s, truncated},
        {u"executionId"_s, executionId},
        {u"runtime"_s, runtime},
        {u"timestamp"_s, timestamp.isValid() ? timestamp.toUTC().toString(Qt::ISODateWithMs) : QString()},
        {u"containerId"_s, containerId},
        {u"files"_s, encoded},
        {u"resourceUsage"_s, isol8::toJson(resourceUsage)},
        {u"networkLogs"_s, networkLogs},
        {u"reason"_s, toString(reason)},
        {u"queuedMs"_s, queuedMs},
        {u"setupMs"_s, setupMs},
        {u"limited"_s, QJsonArray::fromStringList(limited)},
        {u"results"_s, results}};
    if (withOutput) {
        object.insert(u"stdout"_s, QString::fromUtf8(stdoutText));
        object.insert(u"stderr"_s, QString::fromUtf8(stderrText));
    }
    if (!fileInfo.isEmpty())
        object.insert(u"fileInfo"_s, fileInfoJson(fileInfo));
    if (networkLogsDropped > 0)
        object.insert(u"networkLogsDropped"_s, networkLogsDropped);
    if (!signal.isEmpty())
        object.insert(u"signal"_s, signal);
    if (!sessionId.isEmpty())
        object.insert(u"sessionId"_s, sessionId);
    if (stateKept) {
        object.insert(u"stateKept"_s, *stateKept);
        object.insert(u"stateFresh"_s, stateFresh);
    }
    if (withOutput && (!backgroundStdout.isEmpty() || !backgroundStderr.isEmpty()))
        object.insert(u"background"_s, QJsonObject{{u"stdout"_s, QString::fromUtf8(backgroundStdout)},
                                                   {u"stderr"_s, QString::fromUtf8(backgroundStderr)}});
    if (!error.isEmpty())
        object.insert(u"error"_s, error);
    if (!errorCode.isEmpty())
        object.insert(u"errorCode"_s, errorCode);
    return object;
}

Result<RunResult> RunResult::fromJson(const QJsonObject &object)
{
    RunResult result;
    FieldReader reader(object, u"result"_s);
    std::optional<QByteArray> text;
    reader.read(u"stdout"_s, &text);
    result.stdoutText = text.value_or(QByteArray());
    text.reset();
    reader.read(u"stderr"_s, &text);
    result.stderrText = text.value_or(QByteArray());
    reader.read(u"exitCode"_s, &result.exitCode, std::numeric_limits<int>::min(), std::numeric_limits<int>::max());
    reader.read(u"durationMs"_s, &result.durationMs, 0, Most);
    reader.read(u"truncated"_s, &result.truncated);
    reader.read(u"executionId"_s, &result.executionId);
    reader.read(u"runtime"_s, &result.runtime);
    QString timestamp;
    reader.read(u"timestamp"_s, &timestamp);
    result.timestamp = QDateTime::fromString(timestamp, Qt::ISODateWithMs).toUTC();
    if (!timestamp.isEmpty() && !result.timestamp.isValid())
        reader.complain({errors::BadRequest.toString(), u"result.timestamp is not a time in ISO 8601."_s, {}});
    reader.read(u"containerId"_s, &result.containerId);
    readFiles(&reader, &result.files);
    QJsonObject fileInfo;
    reader.read(u"fileInfo"_s, &fileInfo);
    if (auto wrong = readFileInfo(fileInfo, &result.fileInfo))
        reader.complain(std::move(*wrong));
    QJsonObject usage;
    reader.read(u"resourceUsage"_s, &usage);
    if (auto wrong = readUsage(usage, &result.resourceUsage))
        reader.complain(std::move(*wrong));
    reader.read(u"networkLogs"_s, &result.networkLogs);
    reader.read(u"networkLogsDropped"_s, &result.networkLogsDropped, 0, Most);
    QString reason;
    reader.read(u"reason"_s, &reason);
    // A service that gives no reason is an older one: what it calls a result has run.
    result.reason = reason.isEmpty() ? Reason::Completed : reasonFromString(reason).value_or(Reason::Internal);
    reader.read(u"signal"_s, &result.signal);
    reader.read(u"queuedMs"_s, &result.queuedMs, 0, Most);
    reader.read(u"setupMs"_s, &result.setupMs, 0, Most);
    reader.read(u"error"_s, &result.error);
    reader.read(u"errorCode"_s, &result.errorCode);
    reader.read(u"limited"_s, &result.limited);
    reader.read(u"results"_s, &result.results);
    reader.read(u"sessionId"_s, &result.sessionId);
    reader.read(u"stateKept"_s, &result.stateKept);
    reader.read(u"stateFresh"_s, &result.stateFresh);
    QJsonObject backgroundObject;
    reader.read(u"background"_s, &backgroundObject);
    FieldReader background(backgroundObject, u"result.background"_s);
    text.reset();
    background.read(u"stdout"_s, &text);
    result.backgroundStdout = text.value_or(QByteArray());
    text.reset();
    background.read(u"stderr"_s, &text);
    result.backgroundStderr = text.value_or(QByteArray());
    if (background.error())
        reader.complain(*background.error());
    if (reader.error())
        return fail(*reader.error());
    return result;
}

} // namespace isol8
