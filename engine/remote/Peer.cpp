// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/remote/Peer.h>

#include <isol8/remote/ServiceEndpoint.h>

#include <QJsonDocument>
#include <QJsonObject>
#include <QLocale>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8::remote {

namespace {

constexpr qsizetype SentenceLimit = 1000;

// For people, on a terminal too: what answers may be anybody.
QString plain(QString text)
{
    for (QChar &c : text) {
        if (c.category() == QChar::Other_Control)
            c = u'?';
    }
    return text;
}

// Retry-After: seconds, or a date.
std::optional<qint64> secondsToWait(const http::ResponseHead &head)
{
    const QByteArray field = head.value("retry-after");
    if (field.isEmpty())
        return {};
    bool isNumber = false;
    const qint64 seconds = field.toLongLong(&isNumber);
    if (isNumber)
        return seconds >= 0 ? std::optional(seconds) : std::nullopt;
    const QDateTime date = QLocale::c().toDateTime(QString::fromLatin1(field), u"ddd, dd MMM yyyy hh:mm:ss 'GMT'"_s);
    if (!date.isValid())
        return {};
    const QDateTime utc(date.date(), date.time(), Qt::UTC);
    return std::max<qint64>(QDateTime::currentDateTimeUtc().secsTo(utc), 0);
}

} // namespace

std::optional<milliseconds> retryAfter(const http::ResponseHead &head, const Error &error, int attempt, bool repeatable)
{
    const bool passes = error.code == isol8::errors::QueueFull || error.code == u"auth_unavailable" ||
                        error.code == isol8::errors::EngineUnreachable; // no code of its own
    if (attempt >= MostRetries || !(head.status == 429 || (head.status == 503 && repeatable && passes)))
        return {};
    const auto seconds = secondsToWait(head);
    if (!seconds || *seconds > LongestRetryWait.count() / 1000)
        return {};
    return milliseconds(std::max<qint64>(*seconds * 1000, 100));
}

Error Peer::unreachable(const http::Failure &failure) const
{
    const QString code = isol8::errors::EngineUnreachable.toString();
    if (!isElsewhere())
        return {code, u"The isol8 engine does not answer; is it running?"_s,
                failure.detail.isEmpty() ? u"it is silent"_s : failure.detail};
    using Kind = http::Failure::Kind;
    switch (failure.kind) {
    case Kind::Tls:
        return {errors::Untrusted.toString(),
                u"There is no trusted connection to %1; if its certificate is one of your own, name the file of its "
                u"authority by --ca-file or ISOL8_CA_FILE."_s.arg(name),
                failure.detail};
    case Kind::Timeout:
        return {code, u"The service at %1 does not answer."_s.arg(name), {}};
    case Kind::Protocol:
        return stranger(failure.detail);
    case Kind::Source:
        return {isol8::errors::FileError.toString(), u"What was to be sent cannot be read."_s, failure.detail};
    default:
        return {code, u"The service at %1 cannot be reached."_s.arg(name), failure.detail};
    }
}

Error Peer::stranger(const QString &detail) const
{
    return {isol8::errors::EngineUnreachable.toString(),
            isElsewhere() ? u"What answers at %1 is no isol8 service."_s.arg(name)
                          : u"What answers at the address is no isol8 service."_s,
            detail};
}

Error Peer::lost(const QString &detail) const
{
    return {isol8::errors::EngineLost.toString(),
            u"The connection to %1 broke in the middle of the run, which was ended by that."_s.arg(
                isElsewhere() ? name : u"the isol8 engine"_s),
            detail};
}

Error Peer::refused(const http::ResponseHead &head, const QByteArray &body) const
{
    const QJsonObject answer = QJsonDocument::fromJson(body).object();
    const QString code = plain(answer.value(u"code"_s).toString().left(64));
    const QString sentence = plain(answer.value(u"error"_s).toString().left(SentenceLimit));
    const bool isService = !sentence.isEmpty();
    const auto codeOr = [&](QStringView ours) { return code.isEmpty() ? ours.toString() : code; };
    if (!isElsewhere()) {
        return isService ? Error{codeOr(isol8::errors::EngineUnreachable), sentence, {}}
                         : Error{isol8::errors::EngineUnreachable.toString(),
                                 u"The isol8 engine answered with status %1."_s.arg(head.status),
                                 {}};
    }
    if (head.status / 100 == 3)
        return {
            isol8::errors::EngineUnreachable.toString(),
            u"%1 sends elsewhere (%2); that is not followed, for the key would go there, too. If it is the service, "
            u"give that address."_s.arg(name, plain(QString::fromLatin1(head.value("location").left(256)))),
            {}};
    switch (head.status) {
    case 401:
        if (!hasKey)
            return {codeOr(errors::Unauthorized),
                    u"The service at %1 wants a key: give it by --key, by ISOL8_API_KEY, or once and for all by isol8 "
                    u"login --host %1."_s.arg(name),
                    {}};
        [[fallthrough]];
    case 403:
        if (!isService)
            return {errors::Forbidden.toString(), u"The service at %1 does not take this key."_s.arg(name), {}};
        return {codeOr(errors::Forbidden), u"The service at %1 refuses: %2"_s.arg(name, sentence), {}};
    case 413:
        return {codeOr(isol8::errors::TooLarge),
                isService ? sentence : u"This is more than the service at %1 takes at once."_s.arg(name),
                {}};
    case 429: {
        const auto seconds = secondsToWait(head);
        return {codeOr(errors::TooMany),
                u"The service at %1 takes no more of this key's requests now; try again %2."_s.arg(
                    name, seconds ? u"in %1 s"_s.arg(*seconds) : u"later"_s),
                sentence};
    }
    default:
        break;
    }
    if (isService)
        return {codeOr(isol8::errors::EngineUnreachable), sentence, {}};
    return stranger(u"HTTP status %1"_s.arg(head.status));
}

} // namespace isol8::remote
