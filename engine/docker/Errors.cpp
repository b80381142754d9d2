// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/docker/Errors.h>

#include <isol8/base/Units.h>

#include <QJsonDocument>
#include <QJsonObject>

using namespace Qt::StringLiterals;

namespace isol8::docker {

Error transportError(const Endpoint &endpoint, const http::Failure &failure, const Purpose &purpose,
                     milliseconds timeout)
{
    const QString where = endpoint.toString();
    switch (failure.kind) {
    case http::Failure::Kind::None:
        break;
    case http::Failure::Kind::NotThere:
        return {
            errors::DockerUnreachable.toString(),
            endpoint.kind == Endpoint::Kind::Unix
                ? u"Docker does not answer at %1; start it (sudo systemctl start docker) or set DOCKER_HOST."_s.arg(
                      where)
                : u"Docker does not answer at %1; start it there, or set DOCKER_HOST to where it listens."_s.arg(where),
            failure.detail};
    case http::Failure::Kind::Permission:
        return {
            errors::DockerPermission.toString(),
            u"You may not use Docker at %1; add yourself to the group docker: sudo usermod -aG docker $USER, then log in again."_s
                .arg(where),
            failure.detail};
    case http::Failure::Kind::Tls:
        return {errors::DockerUnreachable.toString(),
                u"No trusted TLS connection to Docker at %1 could be made (%2); check the certificates in %3."_s.arg(
                    where, failure.detail, endpoint.certPath.isEmpty() ? u"DOCKER_CERT_PATH"_s : endpoint.certPath),
                failure.detail};
    case http::Failure::Kind::Lost:
        return {
            errors::DockerLost.toString(),
            u"The connection to Docker ended while it was asked to %1; check that the daemon still runs (docker info)."_s
                .arg(purpose.action),
            failure.detail};
    case http::Failure::Kind::Protocol:
        return protocolError(purpose, failure.detail);
    case http::Failure::Kind::Timeout:
        return {errors::Timeout.toString(),
                u"Docker was silent for %1 when asked to %2; check that the daemon is well (docker info)."_s.arg(
                    formatDuration(timeout), purpose.action),
                failure.detail};
    case http::Failure::Kind::Source:
        return {errors::FileError.toString(),
                u"What Docker needs to %1 could not be read to its end: %2."_s.arg(purpose.action, failure.detail),
                failure.detail};
    }
    return {};
}

Error statusError(const http::ResponseHead &head, const QByteArray &body, const Purpose &purpose)
{
    const QString words = daemonMessage(body);
    const QString detail = words.isEmpty() ? u"HTTP status %1"_s.arg(head.status) : words;
    if (head.status == 404)
        return {errors::NotFound.toString(), u"Docker knows no %1."_s.arg(purpose.subject), detail};
    return {errors::DockerError.toString(), u"Docker refused to %1 (status %2)."_s.arg(purpose.action).arg(head.status),
            detail};
}

Error protocolError(const Purpose &purpose, const QString &problem)
{
    return {
        errors::DockerProtocol.toString(),
        u"When asked to %1, what answers there did not answer like Docker; check DOCKER_HOST."_s.arg(purpose.action),
        problem};
}

Error imageMissing(const QString &image, const QString &detail)
{
    const QString runtime = image.startsWith(u"isol8:") ? image.sliced(6) : QString();
    return {errors::ImageMissing.toString(),
            runtime.isEmpty()
                ? u"The image %1 is not there; pull or build it first."_s.arg(image)
                : u"The image %1 is not there; make it with: isol8 setup --runtime %2"_s.arg(image, runtime),
            detail};
}

QString daemonMessage(const QByteArray &body)
{
    const QJsonDocument document = QJsonDocument::fromJson(body);
    if (document.isObject() && document.object().value("message"_L1).isString())
        return document.object().value("message"_L1).toString();
    return QString::fromUtf8(body.first(qMin<qsizetype>(body.size(), 1000))).trimmed();
}

} // namespace isol8::docker
