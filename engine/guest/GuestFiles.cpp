// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/guest/GuestFiles.h>

#include <isol8/base/Embedded.h>
#include <isol8/base/Paths.h>

#include <QCryptographicHash>
#include <QDir>
#include <QFile>
#include <QFileInfo>

#include "GuestHashes.h" // written by the build

#include <sys/stat.h>
#include <unistd.h>

ISOL8_DECLARE_EMBEDDED(init)
ISOL8_DECLARE_EMBEDDED(reaper)
ISOL8_DECLARE_EMBEDDED(boot_fork)
ISOL8_DECLARE_EMBEDDED(boot_python)
ISOL8_DECLARE_EMBEDDED(boot_node)
ISOL8_DECLARE_EMBEDDED(live_python)
ISOL8_DECLARE_EMBEDDED(live_javascript)
ISOL8_DECLARE_EMBEDDED(live_module)
ISOL8_DECLARE_EMBEDDED(live_bash)

using namespace Qt::StringLiterals;

namespace isol8 {

namespace {

struct GuestFile
{
    QByteArray content;
    QString hash;
    mode_t mode = 0;
};

GuestFile guestFile(QStringView name)
{
    if (name == GuestInitName)
        return {guestInit(), guestHash(), 0555};
    if (name == GuestReaperName)
        return {guestReaper(), QString::fromLatin1(ReaperHash), 0555};
    if (name == GuestHostsName)
        return {guestHosts(), u"2"_s, 0444};
    return {};
}

bool stands(const QString &path, const GuestFile &file)
{
    struct stat status
    {
    };
    return ::lstat(QFile::encodeName(path).constData(), &status) == 0 && S_ISREG(status.st_mode) &&
           status.st_size == file.content.size() && (status.st_mode & 07777) == file.mode &&
           status.st_uid == ::geteuid();
}

} // namespace

QByteArray guestInit()
{
    return isol8_embedded_init();
}

QByteArray guestReaper()
{
    return isol8_embedded_reaper();
}

QString guestHash()
{
    return QString::fromLatin1(InitHash);
}

QByteArray guestHosts()
{
    return QByteArrayLiteral("127.0.0.1\tlocalhost sandbox\n::1\tlocalhost ip6-localhost ip6-loopback\n");
}

Result<QString> installGuestFile(QStringView name)
{
    const GuestFile file = guestFile(name);
    if (file.content.isEmpty())
        return fail(errors::NotFound, u"isol8 carries no guest file %1."_s.arg(name));
    const QString path = cacheDirectory() + u"/guest/"_s + name + u'-' + file.hash;
    if (stands(path, file))
        return path;
    if (const auto written = writeFileAtomically(path, file.content, file.mode); !written)
        return fail(written.error());
    return path;
}

QMap<QString, QByteArray> guestBoot()
{
    return {{u"fork.so"_s, isol8_embedded_boot_fork()},
            {u"python/sitecustomize.py"_s, isol8_embedded_boot_python()},
            {u"node/boot.cjs"_s, isol8_embedded_boot_node()},
            {u"live/live.py"_s, isol8_embedded_live_python()},
            {u"live/live.mjs"_s, isol8_embedded_live_javascript()},
            {u"live/module.mjs"_s, isol8_embedded_live_module()},
            {u"live/live.sh"_s, isol8_embedded_live_bash()}};
}

Result<QString> installGuestBoot()
{
    const QMap<QString, QByteArray> files = guestBoot();
    QCryptographicHash hash(QCryptographicHash::Sha256);
    for (const QByteArray &content : files)
        hash.addData(content);
    const QString folder = cacheDirectory() + u"/guest/boot-"_s + QString::fromLatin1(hash.result().toHex().left(16));
    for (auto file = files.cbegin(); file != files.cend(); ++file) {
        const QString path = folder + u'/' + file.key();
        const GuestFile content{file.value(), {}, 0444};
        if (stands(path, content))
            continue;
        // The sandbox user is another; what keeps the host's others out is the cache folder's own mode.
        const QString parent = QFileInfo(path).path();
        QDir().mkpath(parent);
        for (const QString &open : {folder, parent})
            (void)::chmod(QFile::encodeName(open).constData(), 0755);
        if (const auto written = writeFileAtomically(path, content.content, content.mode); !written)
            return fail(written.error());
    }
    return folder;
}

} // namespace isol8
