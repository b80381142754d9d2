// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/app/Icons.h>
#include <desktop/core/Texts.h>
#include <desktop/run/FilesPane.h>

#include <QDir>
#include <QMimeData>
#include <QUrl>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8::desktop {

namespace {

enum Roles { PathRole = Qt::UserRole + 1, IndexRole };

QString changeName(SandboxFile::Change change)
{
    switch (change) {
    case SandboxFile::Change::Added:
        return FilesModel::tr("new");
    case SandboxFile::Change::Changed:
        return FilesModel::tr("changed");
    case SandboxFile::Change::None:
        break;
    }
    return {};
}

} // namespace

FilesModel::FilesModel(QObject *parent)
    : QStandardItemModel(parent)
{
    setHorizontalHeaderLabels({tr("File"), tr("Size"), tr("Change")});
}

void FilesModel::setFiles(const QList<SandboxFile> &files)
{
    removeRows(0, rowCount());
    m_outbox.reset();
    m_files = files;
    // What was changed comes first where not all can be shown.
    std::stable_partition(m_files.begin(), m_files.end(),
                          [](const SandboxFile &file) { return file.change != SandboxFile::Change::None; });
    m_files.resize(std::min(m_files.size(), MaxShown));
    m_files.removeIf([](const SandboxFile &file) { return file.path.count(u'/') > MaxDepth; });
    for (qsizetype i = 0; i < m_files.size(); ++i) {
        const SandboxFile &file = m_files.at(i);
        const QString name = file.path.section(u'/', -1);
        QStandardItem *parent = folder(file.path.section(u'/', 0, -2));
        auto *item = new QStandardItem(icon(u"file"_s), name);
        item->setData(file.path, PathRole);
        item->setData(i, IndexRole);
        item->setEditable(false);
        auto *size = new QStandardItem(texts::bytes(file.size));
        auto *change = new QStandardItem(changeName(file.change));
        for (QStandardItem *other : {size, change})
            other->setEditable(false);
        parent->appendRow({item, size, change});
    }
    m_folders.clear();
}

QStandardItem *FilesModel::folder(const QString &path)
{
    if (path.isEmpty())
        return invisibleRootItem();
    if (QStandardItem *known = m_folders.value(path))
        return known;
    const QString above = path.section(u'/', 0, -2);
    auto *item = new QStandardItem(icon(u"folder"_s), path.section(u'/', -1));
    item->setData(path, PathRole);
    item->setData(-1, IndexRole);
    item->setEditable(false);
    folder(above)->appendRow(item);
    m_folders.insert(path, item);
    return item;
}

const SandboxFile *FilesModel::file(const QModelIndex &index) const
{
    const QVariant at = index.siblingAtColumn(0).data(IndexRole);
    return at.isValid() && at.toInt() >= 0 ? &m_files.at(at.toInt()) : nullptr;
}

void FilesModel::setContent(const QString &path, const QByteArray &content)
{
    for (SandboxFile &file : m_files) {
        if (file.path == path)
            file.content = content;
    }
}

QStringList FilesModel::mimeTypes() const
{
    return {u"text/uri-list"_s};
}

// What is dragged is a copy in a folder of ours, which is gone with the model.
QMimeData *FilesModel::mimeData(const QModelIndexList &indexes) const
{
    auto *self = const_cast<FilesModel *>(this); // NOLINT: the folder is made when it is needed
    QList<QUrl> urls;
    for (const QModelIndex &index : indexes) {
        const SandboxFile *dragged = index.column() == 0 ? file(index) : nullptr;
        if (!dragged || !dragged->content)
            continue;
        if (!m_outbox)
            self->m_outbox = std::make_unique<QTemporaryDir>();
        // Two of one name from two folders do not meet.
        const QString place = m_outbox->filePath(QString::number(urls.size()));
        QDir().mkpath(place);
        const QString path = place + u'/' + dragged->path.section(u'/', -1);
        QFile out(path);
        if (out.open(QIODevice::WriteOnly) && out.write(*dragged->content) == dragged->content->size())
            urls.append(QUrl::fromLocalFile(path));
    }
    if (urls.isEmpty())
        return nullptr;
    auto *data = new QMimeData;
    data->setUrls(urls);
    return data;
}

bool FilesModel::canDropMimeData(const QMimeData *data, Qt::DropAction, int, int, const QModelIndex &) const
{
    return data->hasUrls();
}

bool FilesModel::dropMimeData(const QMimeData *data, Qt::DropAction, int, int, const QModelIndex &)
{
    QStringList paths;
    for (const QUrl &url : data->urls()) {
        if (url.isLocalFile())
            paths.append(url.toLocalFile());
    }
    if (!paths.isEmpty())
        Q_EMIT dropped(paths);
    return !paths.isEmpty();
}

} // namespace isol8::desktop
