// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/SaveRecord.h>

#include <cli/NewLocalFile.h>
#include <isol8/base/Paths.h>
#include <isol8/base/Units.h>

#include <QDir>
#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>

using namespace Qt::StringLiterals;

namespace isol8::cli {

namespace {

constexpr qint64 LargestRecord = 16 * MiB;

} // namespace

SaveRecord::SaveRecord(const QString &records, const QString &folder)
    : m_folder(QFileInfo(folder).canonicalFilePath())
    , m_path(records + u'/' + QString::fromLatin1(contentHash(m_folder.toUtf8())) + u".json"_s)
{
    const auto text = readFile(m_path, LargestRecord);
    if (!text)
        return;
    const QJsonObject object = QJsonDocument::fromJson(*text).object();
    const QJsonObject files = object.value(u"files"_s).toObject();
    for (auto it = files.begin(); it != files.end(); ++it)
        m_hashes.insert(it.key(), it.value().toString().toLatin1());
}

bool SaveRecord::holds(const QString &place, const QByteArray &hash) const
{
    const auto found = m_hashes.constFind(place);
    return found != m_hashes.constEnd() && *found == hash;
}

void SaveRecord::add(const QString &place, const QByteArray &hash)
{
    m_hashes.insert(place, hash);
    m_changed = true;
}

void SaveRecord::store()
{
    if (!m_changed)
        return;
    m_changed = false;
    QJsonObject files;
    for (auto it = m_hashes.cbegin(); it != m_hashes.cend(); ++it) {
        if (QFileInfo::exists(m_folder + u'/' + it.key()))
            files.insert(it.key(), QString::fromLatin1(*it));
    }
    const QJsonObject object{{u"folder"_s, m_folder}, {u"files"_s, files}};
    (void)writeFileAtomically(m_path, QJsonDocument(object).toJson(QJsonDocument::Compact), 0600);
}

} // namespace isol8::cli
