// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/audit/AuditRecord.h>

#include <isol8/execution/StreamEvent.h>
#include <isol8/output/OutputFilter.h>

#include <QCryptographicHash>
#include <QJsonArray>
#include <QJsonDocument>

using namespace Qt::StringLiterals;

namespace isol8::audit {

namespace {

// What one run may put into the log is bounded: others' runs wait while it is written.
constexpr qsizetype MostText = MiB;
constexpr qsizetype MostMetadata = 64 * KiB;
constexpr qsizetype MostSentence = 2000;

QString clipped(const QByteArray &text)
{
    if (text.size() <= MostText)
        return QString::fromUtf8(text);
    qsizetype size = MostText;
    while (size > 0 && (static_cast<unsigned char>(text.at(size)) & 0xC0) == 0x80)
        --size; // not within a character
    return QString::fromUtf8(text.first(size)) + u"\n[%1 bytes more]"_s.arg(text.size() - size);
}

QJsonObject bounded(const QJsonObject &metadata)
{
    const qsizetype size = QJsonDocument(metadata).toJson(QJsonDocument::Compact).size();
    if (size <= MostMetadata)
        return metadata;
    return {{u"omitted"_s, u"%1 bytes, which is too much for a record"_s.arg(size)}};
}

QJsonValue orNull(const QString &text)
{
    return text.isEmpty() ? QJsonValue(QJsonValue::Null) : QJsonValue(text);
}

class Masker
{
public:
    explicit Masker(const QList<QByteArray> &secrets)
    {
        if (auto compiled = SecretPatterns::compile(secrets))
            m_patterns = *compiled;
    }
    //! Whether secrets are known by their form: without that, what may hold one is left out.
    [[nodiscard]] bool isReady() const { return m_patterns != nullptr; }

    [[nodiscard]] QString text(QByteArrayView text) const { return clipped(m_patterns->mask(text)); }
    [[nodiscard]] QJsonArray array(const QJsonArray &array) const
    {
        QJsonArray masked;
        for (const QJsonValue &value : array)
            masked.append(this->value(value));
        return masked;
    }
    [[nodiscard]] QJsonObject object(const QJsonObject &object) const
    {
        QJsonObject masked;
        for (auto it = object.begin(); it != object.end(); ++it)
            masked.insert(text(it.key().toUtf8()), value(it.value()));
        return masked;
    }

private:
    [[nodiscard]] QJsonValue value(const QJsonValue &value) const
    {
        if (value.isString())
            return text(value.toString().toUtf8());
        if (value.isArray())
            return array(value.toArray());
        if (value.isObject())
            return object(value.toObject());
        return value;
    }

    std::shared_ptr<const SecretPatterns> m_patterns;
};

} // namespace

RunFacts RunFacts::of(const RunRequest &request, const RunOptions &options, const Subject &subject,
                      const Settings &settings)
{
    RunFacts facts{subject, {}, request.runtime, {}, {}, bounded(request.metadata), {}};
    const QByteArray code = request.code.value_or(request.cmd.toUtf8());
    if (request.code || !request.cmd.isEmpty())
        facts.codeHash = QCryptographicHash::hash(code, QCryptographicHash::Sha256).toHex();
    if (settings.includeCode)
        facts.code = code;
    for (const QString &secret : options.secrets)
        facts.secrets.append(secret.toUtf8());
    return facts;
}

QJsonObject recordOf(const RunFacts &facts, const RunResult &result, const Settings &settings)
{
    const Masker mask(facts.secrets);
    const QByteArray &hash = facts.codeHash.isEmpty() ? result.fetchedCodeHash : facts.codeHash;
    const QDateTime begun = result.timestamp.isValid() ? result.timestamp : QDateTime::currentDateTimeUtc();
    QJsonObject record{{u"executionId"_s, result.executionId.isEmpty() ? facts.executionId : result.executionId},
                       {u"userId"_s, orNull(facts.subject.userId)},
                       {u"tenantId"_s, orNull(facts.subject.tenantId)},
                       {u"timestamp"_s, begun.toUTC().toString(Qt::ISODateWithMs)},
                       {u"runtime"_s, orNull(result.runtime.isEmpty() ? facts.runtime : result.runtime)},
                       {u"codeHash"_s, orNull(QString::fromLatin1(hash))},
                       {u"containerId"_s, orNull(result.containerId)},
                       {u"exitCode"_s, result.exitCode},
                       {u"reason"_s, toString(result.reason)},
                       {u"durationMs"_s, result.durationMs},
                       {u"securityEvents"_s, mask.isReady() ? mask.array(result.securityEvents) : QJsonArray()},
                       {u"networkLogs"_s, mask.isReady() ? mask.array(result.networkLogs) : QJsonArray()},
                       {u"metadata"_s, mask.isReady() ? mask.object(facts.metadata) : QJsonObject()}};
    if (settings.trackResources)
        record.insert(u"resourceUsage"_s, isol8::toJson(result.resourceUsage));
    if (!result.errorCode.isEmpty())
        record.insert(u"errorCode"_s, result.errorCode);
    if (!mask.isReady())
        return record;
    if (!result.errorCode.isEmpty())
        record.insert(u"error"_s, mask.text(result.error.left(MostSentence).toUtf8()));
    if (settings.includeCode)
        record.insert(u"code"_s, mask.text(facts.code));
    if (settings.includeOutput) {
        record.insert(u"stdout"_s, mask.text(result.stdoutText));
        record.insert(u"stderr"_s, mask.text(result.stderrText));
    }
    return record;
}

QJsonObject refusalOf(const RunFacts &facts, const Error &why, const Settings &settings)
{
    RunResult nothing;
    nothing.exitCode = 125;
    nothing.errorCode = why.code;
    nothing.error = why.message;
    QJsonObject record = recordOf(facts, nothing, settings);
    record.insert(u"reason"_s, Refused.toString());
    record.insert(u"executionId"_s, QJsonValue::Null);
    return record;
}

} // namespace isol8::audit
