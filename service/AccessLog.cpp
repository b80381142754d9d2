// SPDX-License-Identifier: GPL-3.0-or-later
#include <service/AccessLog.h>

#include <unistd.h>

using namespace Qt::StringLiterals;

namespace isol8::service {

namespace {

constexpr qsizetype LongestPath = 512;

// A tenant's name is somebody's text: it must not look like more than one field, or line.
QByteArray field(const QString &text)
{
    return text.isEmpty() ? QByteArray("-") : text.left(64).toUtf8().toPercentEncoding("@:+");
}

} // namespace

QByteArray accessLine(const Served &served, const QDateTime &time)
{
    const QByteArray path = served.path.left(LongestPath);
    return time.toUTC().toString(Qt::ISODateWithMs).toLatin1() + ' ' + (served.method.isEmpty() ? "-" : served.method) +
           ' ' + (path.isEmpty() ? "-" : path) + ' ' +
           (served.status == 0 ? QByteArray("-") : QByteArray::number(served.status)) + ' ' +
           QByteArray::number(qint64(served.took.count())) + "ms " + field(served.tenant) + ' ' +
           QByteArray::number(served.bytes) + '\n';
}

void logAccess(const Served &served)
{
    const QByteArray line = accessLine(served, QDateTime::currentDateTimeUtc());
    [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.constData(), size_t(line.size()));
}

} // namespace isol8::service
