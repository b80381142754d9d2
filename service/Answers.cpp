// SPDX-License-Identifier: GPL-3.0-or-later
#include <service/Answers.h>

#include <isol8/base/FileNames.h>
#include <service/Runs.h>

using namespace Qt::StringLiterals;

namespace isol8::service {

void answerError(Exchange *exchange, const Error &error)
{
    // Of a run it is the service's, of a session's files it is the session's end.
    const int status = error.code == errors::SandboxLost ? 410 : httpStatus(error);
    QList<http::Header> headers;
    if (status == 429)
        headers.append(http::Header{"Retry-After", QByteArray::number(KeptPatience)});
    exchange->respondError(status, error, headers);
}

void answerBadRequest(Exchange *exchange, const QString &sentence)
{
    answerError(exchange, {errors::BadRequest.toString(), sentence, {}});
}

Callback<void> okTo(Exchange *exchange)
{
    return {exchange, [exchange](const Result<void> &done) {
                if (done)
                    exchange->respondJson(200, {{u"ok"_s, true}});
                else
                    answerError(exchange, done.error());
            }};
}

Query::Query(const Exchange *exchange)
    : m_query(QString::fromUtf8(QByteArray(exchange->head().query).replace('+', "%20")))
{
}

QString Query::path(const QString &key) const
{
    return fileNameFromBytes(
        QByteArray::fromPercentEncoding(m_query.queryItemValue(key, QUrl::FullyEncoded).toLatin1()));
}

Result<bool> Query::flag(const QString &key) const
{
    const QString text = value(key);
    if (text == u"true" || text == u"1")
        return true;
    if (text.isEmpty() || text == u"false" || text == u"0")
        return false;
    return fail(errors::BadRequest, u"%1 must be true or false."_s.arg(key));
}

Result<std::optional<uint>> Query::mode() const
{
    const QString text = value(u"mode"_s);
    if (text.isEmpty())
        return std::optional<uint>();
    bool isNumber = false;
    const uint mode = text.toUInt(&isNumber, 8);
    if (!isNumber || mode > 0777)
        return fail(errors::BadRequest, u"mode must be permission bits in octal, such as 0755."_s);
    return std::optional(mode);
}

Result<std::optional<qint64>> Query::number(const QString &key, qint64 least, qint64 most) const
{
    const QString text = value(key);
    if (text.isEmpty())
        return std::optional<qint64>();
    bool isNumber = false;
    const qint64 number = text.toLongLong(&isNumber);
    if (!isNumber || number < least || number > most)
        return fail(errors::BadRequest, u"%1 must be a whole number from %2 to %3."_s.arg(key).arg(least).arg(most));
    return std::optional(number);
}

} // namespace isol8::service
