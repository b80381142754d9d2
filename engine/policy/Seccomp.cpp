// SPDX-License-Identifier: GPL-3.0-or-later
/*
    Where the seccomp profile comes from. What ours allows, and why, is told in resources/seccomp/README.md; the
    profile's groups carry their reasons as comments.
*/
#include <isol8/base/Embedded.h>
#include <isol8/base/Paths.h>
#include <isol8/policy/SandboxSpec.h>

#include <QJsonDocument>

#include <algorithm>
#include <iterator>

ISOL8_DECLARE_EMBEDDED(seccomp_strict)

using namespace Qt::StringLiterals;

namespace isol8 {

namespace {

constexpr qint64 MaximumProfile = 1 * MiB;

// What Docker and the OCI runtimes know as an action.
bool isAction(QStringView action)
{
    static constexpr QStringView known[] = {u"SCMP_ACT_KILL",  u"SCMP_ACT_KILL_PROCESS", u"SCMP_ACT_KILL_THREAD",
                                            u"SCMP_ACT_TRAP",  u"SCMP_ACT_ERRNO",        u"SCMP_ACT_TRACE",
                                            u"SCMP_ACT_ALLOW", u"SCMP_ACT_LOG",          u"SCMP_ACT_NOTIFY"};
    return std::find(std::begin(known), std::end(known), action) != std::end(known);
}

Result<QByteArray> customProfile(const QString &path)
{
    if (path.isEmpty())
        return fail(errors::BadConfig,
                    u"security.seccomp is custom, but customProfilePath is missing; name the profile's file."_s);
    const auto text = readFile(path, MaximumProfile);
    if (!text)
        return fail(errors::BadConfig,
                    u"The seccomp profile \"%1\" cannot be read; check customProfilePath."_s.arg(path),
                    text.error().message);
    QJsonParseError parse;
    const QJsonDocument document = QJsonDocument::fromJson(*text, &parse);
    if (!document.isObject())
        return fail(errors::BadConfig,
                    u"The seccomp profile \"%1\" is no JSON object; write one in Docker's format."_s.arg(path),
                    parse.error != QJsonParseError::NoError
                        ? u"%1 at byte %2"_s.arg(parse.errorString()).arg(parse.offset)
                        : QString());
    const QJsonValue action = document[u"defaultAction"];
    if (!action.isString())
        return fail(
            errors::BadConfig,
            u"The seccomp profile \"%1\" has no defaultAction, so it would not say what is refused; add one, as in SCMP_ACT_ERRNO."_s
                .arg(path));
    if (!isAction(action.toString()))
        return fail(
            errors::BadConfig,
            u"The seccomp profile \"%1\" has the unknown defaultAction \"%2\"; write one such as SCMP_ACT_ERRNO."_s.arg(
                path, action.toString().left(64)));
    return *text;
}

} // namespace

Result<QByteArray> seccompProfile(SeccompMode mode, const QString &customPath)
{
    switch (mode) {
    case SeccompMode::Strict:
        return isol8_embedded_seccomp_strict();
    case SeccompMode::Unconfined:
        return QByteArray();
    case SeccompMode::Custom:
        return customProfile(customPath);
    }
    return fail(errors::BadConfig, u"security.seccomp is unknown; write strict, unconfined or custom."_s);
}

} // namespace isol8
