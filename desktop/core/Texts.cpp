// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/core/Texts.h>

#include <isol8/remote/ServiceEndpoint.h>

#include <QCoreApplication>
#include <QLocale>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8::desktop::texts {

namespace {
struct Tr
{
    Q_DECLARE_TR_FUNCTIONS(Texts)
};
} // namespace

QString reason(Reason reason)
{
    switch (reason) {
    case Reason::Completed:
        return Tr::tr("Completed");
    case Reason::Killed:
        return Tr::tr("Killed by a signal");
    case Reason::Timeout:
        return Tr::tr("Out of time");
    case Reason::Oom:
        return Tr::tr("Out of memory");
    case Reason::DiskFull:
        return Tr::tr("Disk full");
    case Reason::Cancelled:
        return Tr::tr("Stopped");
    case Reason::SetupFailed:
        return Tr::tr("Setup failed");
    case Reason::SessionLost:
        return Tr::tr("Session lost");
    case Reason::Internal:
        return Tr::tr("Could not run");
    }
    return {};
}

QString duration(qint64 ms)
{
    const QLocale locale;
    if (ms < 1000)
        return Tr::tr("%1 ms").arg(ms);
    if (ms < 120'000)
        return Tr::tr("%1 s").arg(locale.toString(double(ms) / 1000, 'f', ms < 10'000 ? 2 : 1));
    return Tr::tr("%1 min").arg(locale.toString(double(ms) / 60'000, 'f', 1));
}

QString bytes(qint64 size)
{
    return QLocale().formattedDataSize(size, size < 1024 ? 0 : 1);
}

QString megabytes(double size)
{
    return Tr::tr("%1 MB").arg(QLocale().toString(size, 'f', size < 10 ? 1 : 0));
}

QString age(qint64 seconds)
{
    seconds = std::max<qint64>(0, seconds);
    if (seconds < 120)
        return Tr::tr("%1 s").arg(seconds);
    if (seconds < 7200)
        return Tr::tr("%1 min").arg(seconds / 60);
    return Tr::tr("%1 h").arg(seconds / 3600);
}

QString when(const QDateTime &time)
{
    const QDateTime local = time.toLocalTime();
    const QLocale locale;
    if (local.date() == QDate::currentDate())
        return locale.toString(local.time(), u"HH:mm:ss");
    return locale.toString(local.date(), QLocale::ShortFormat) + u' ' + locale.toString(local.time(), u"HH:mm");
}

QString summary(const RunResult &result)
{
    const QString ended =
        result.signal.isEmpty() ? reason(result.reason) : reason(result.reason) + u" ("_s + result.signal + u')';
    if (result.reason == Reason::Internal || result.reason == Reason::SetupFailed)
        return ended;
    return Tr::tr("%1, exit code %2, in %3").arg(ended).arg(result.exitCode).arg(duration(result.durationMs));
}

QString clipped(const QString &text, qsizetype most)
{
    QString result;
    qsizetype begin = 0;
    while (begin < text.size() && result.size() < most) {
        const qsizetype newline = text.indexOf(u'\n', begin);
        const qsizetype end = newline < 0 ? text.size() : newline;
        const qsizetype length = std::min({end - begin, MaxLine, most - result.size()});
        result += QStringView(text).mid(begin, length);
        if (length < end - begin)
            result += u'…';
        if (newline >= 0)
            result += u'\n';
        begin = end + 1;
    }
    if (begin < text.size())
        result += u'…';
    return result;
}

QString plainToolTip(const QString &text)
{
    return text.isEmpty() ? QString() : QString(u"<qt>"_s + text.toHtmlEscaped() + u"</qt>"_s);
}

Advice advice(const QString &code, const QString &message)
{
    const QString checkUp = u"view.checkup"_s;
    const QString images = u"view.images"_s;
    const QString connections = u"view.connections"_s;
    if (code == errors::DockerUnreachable)
        return {Tr::tr("Docker does not answer. Is it installed and started?"), checkUp};
    if (code == errors::DockerPermission)
        return {Tr::tr("This user may not use Docker; the group \"docker\" usually may."), checkUp};
    if (code == errors::DockerLost)
        return {Tr::tr("Docker went away while the program ran."), checkUp};
    if (code == errors::ImageMissing)
        return {Tr::tr("The image that this runtime's sandboxes start from is missing; it is made on the Images page."),
                images};
    if (code == errors::EngineUnreachable)
        return {Tr::tr("The service does not answer. Is its address right, and is it running?"), connections};
    if (code == errors::EngineLost)
        return {Tr::tr("The connection to the service broke while the program ran."), connections};
    if (code == remote::errors::Unauthorized)
        return {Tr::tr("The service wants a key; give it on the Connections page."), connections};
    if (code == remote::errors::Forbidden)
        return {Tr::tr("The service does not take the key; give another on the Connections page."), connections};
    if (code == remote::errors::Untrusted)
        return {Tr::tr("Nobody that this computer trusts vouches for the service's certificate."), connections};
    return {message, {}};
}

} // namespace isol8::desktop::texts
