// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/snapshot/SnapshotStore.h>

#include <isol8/base/Paths.h>
#include <isol8/snapshot/SnapshotFile.h>

#include <QCryptographicHash>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <unistd.h>

using namespace Qt::StringLiterals;

namespace isol8 {

namespace {

constexpr qsizetype MaxName = 64;
constexpr QStringView Suffix = u".tar";

bool isPlain(QStringView text)
{
    const auto isGood = [](QChar c) {
        return (c >= u'A' && c <= u'Z') || (c >= u'a' && c <= u'z') || (c >= u'0' && c <= u'9') || c == u'.' ||
               c == u'_' || c == u'-';
    };
    return !text.isEmpty() && text.size() <= MaxName && text[0] != u'.' &&
           std::all_of(text.begin(), text.end(), isGood);
}

Result<SnapshotInfo> read(const QString &path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return fail(errors::FileError, u"Cannot read %1: %2."_s.arg(path, file.errorString()));
    auto info = snapshots::decodeInfo(file.read(snapshots::MaxInfoSize + 1024));
    if (info)
        info->size = file.size();
    return info;
}

} // namespace

QJsonObject SnapshotInfo::toJson() const
{
    QJsonObject object{{u"name"_s, name},
                       {u"runtime"_s, runtime},
                       {u"created"_s, created.toUTC().toString(Qt::ISODateWithMs)},
                       {u"size"_s, size},
                       {u"spec"_s, spec}};
    if (!skipped.isEmpty())
        object.insert(u"skipped"_s, QJsonArray::fromStringList(skipped));
    return object;
}

SnapshotInfo snapshotInfoFromJson(const QJsonObject &object)
{
    SnapshotInfo info;
    info.name = object.value(u"name"_s).toString();
    info.runtime = object.value(u"runtime"_s).toString();
    info.created = QDateTime::fromString(object.value(u"created"_s).toString(), Qt::ISODateWithMs).toUTC();
    info.size = object.value(u"size"_s).toInteger();
    info.spec = object.value(u"spec"_s).toObject();
    const QJsonArray skipped = object.value(u"skipped"_s).toArray();
    for (const QJsonValue &sentence : skipped)
        info.skipped.append(sentence.toString());
    return info;
}

QString SnapshotStore::standardFolder()
{
    return dataDirectory() + u"/snapshots"_s;
}

SnapshotStore::SnapshotStore(QString folder, qint64 maxBytes)
    : m_folder(std::move(folder))
    , m_maxBytes(maxBytes)
{
}

Result<void> SnapshotStore::checkName(const QString &name)
{
    if (isPlain(name))
        return {};
    return fail(errors::BadValue,
                u"A snapshot's name is 1 to 64 letters, digits, dots, hyphens or underscores, and does "
                "not begin with a dot."_s);
}

QString SnapshotStore::folderOf(const QString &owner) const
{
    if (isPlain(owner))
        return m_folder + u'/' + owner;
    const QByteArray hash = QCryptographicHash::hash(owner.toUtf8(), QCryptographicHash::Sha256).toHex().left(32);
    return m_folder + u"/~"_s + QString::fromLatin1(hash); // no plain owner's
}

QString SnapshotStore::pathOf(const QString &owner, const QString &name) const
{
    return folderOf(owner) + u'/' + name + Suffix;
}

QList<SnapshotInfo> SnapshotStore::list(const QString &owner) const
{
    QList<SnapshotInfo> all;
    const QFileInfoList files = QDir(folderOf(owner)).entryInfoList({u"*"_s + Suffix}, QDir::Files, QDir::Name);
    for (const QFileInfo &file : files) {
        auto info = file.isSymLink() ? fail(errors::FileError, {}) : read(file.filePath());
        if (!info || !isPlain(file.completeBaseName()))
            continue;
        info->name = file.completeBaseName(); // what it goes by now
        all.append(*info);
    }
    return all;
}

Result<SnapshotInfo> SnapshotStore::info(const QString &owner, const QString &name) const
{
    if (auto good = checkName(name); !good)
        return fail(good.error());
    const QString path = pathOf(owner, name);
    if (!QFileInfo::exists(path))
        return fail(errors::NotFound, u"There is no snapshot %1."_s.arg(name));
    auto info = read(path);
    if (info)
        info->name = name;
    return info;
}

Result<void> SnapshotStore::remove(const QString &owner, const QString &name) const
{
    if (auto good = checkName(name); !good)
        return good;
    if (::unlink(QFile::encodeName(pathOf(owner, name)).constData()) == 0) {
        (void)::rmdir(QFile::encodeName(folderOf(owner)).constData()); // where that was the last
        return {};
    }
    if (errno == ENOENT)
        return fail(errors::NotFound, u"There is no snapshot %1."_s.arg(name));
    return fail(errors::FileError,
                u"The snapshot %1 cannot be removed: %2."_s.arg(name, QString::fromLocal8Bit(std::strerror(errno))));
}

qint64 SnapshotStore::usedBytes(const QString &owner, const QString &except) const
{
    qint64 used = 0;
    const QFileInfoList files = QDir(folderOf(owner)).entryInfoList(QDir::Files | QDir::Hidden);
    for (const QFileInfo &file : files)
        used += file.fileName() == QString(except + Suffix) ? 0 : file.size();
    return used;
}

} // namespace isol8
