// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <desktop/run/FileChanges.h>
#include <isol8/base/Callback.h>

#include <QHash>
#include <QStandardItemModel>
#include <QTemporaryDir>
#include <QWidget>

#include <functional>
#include <memory>

QT_BEGIN_NAMESPACE
class QLabel;
class QToolButton;
class QTreeView;
QT_END_NAMESPACE

namespace isol8::desktop {

//! A tree of a sandbox's files. Its rows can be dragged out as files; files dropped on it are told of.
class FilesModel : public QStandardItemModel
{
    Q_OBJECT

public:
    explicit FilesModel(QObject *parent = nullptr);

    void setFiles(const QList<SandboxFile> &files);
    //! How many of them are shown; whoever makes more names the window would be busy with makes them for that.
    static constexpr qsizetype MaxShown = 5000;
    static constexpr qsizetype MaxDepth = 60;
    //! Null: a folder.
    [[nodiscard]] const SandboxFile *file(const QModelIndex &index) const;
    [[nodiscard]] qsizetype shown() const { return m_files.size(); }
    void setContent(const QString &path, const QByteArray &content);

    [[nodiscard]] QMimeData *mimeData(const QModelIndexList &indexes) const override;
    [[nodiscard]] QStringList mimeTypes() const override;
    bool canDropMimeData(const QMimeData *data, Qt::DropAction action, int row, int column,
                         const QModelIndex &parent) const override;
    bool dropMimeData(const QMimeData *data, Qt::DropAction action, int row, int column,
                      const QModelIndex &parent) override;
    [[nodiscard]] Qt::DropActions supportedDragActions() const override { return Qt::CopyAction; }
    [[nodiscard]] Qt::DropActions supportedDropActions() const override { return Qt::CopyAction; }

Q_SIGNALS:
    void dropped(const QStringList &paths);

private:
    QStandardItem *folder(const QString &path);

    QList<SandboxFile> m_files;
    QHash<QString, QStandardItem *> m_folders; //!< by their paths, while setFiles() goes on
    std::unique_ptr<QTemporaryDir> m_outbox;
};

//! What a program has left in its sandbox: what is new or changed, with a comparison, to be saved one by one.
class FilesPane : public QWidget
{
    Q_OBJECT

public:
    explicit FilesPane(QWidget *parent = nullptr);

    void setFiles(const QList<SandboxFile> &files);
    //! Off: they are told of as they are, and not as what a run made of them.
    void setChangesShown(bool shown);
    [[nodiscard]] int changedCount() const { return m_changed; }
    [[nodiscard]] FilesModel *model() const { return m_model; }

    //! Brings the content of a file that is not here yet.
    std::function<void(const QString &path, Callback<QByteArray> done)> fetch;

Q_SIGNALS:
    void dropped(const QStringList &paths);
    void failed(const QString &sentence);

private:
    void updateButtons();
    void prefetch();
    [[nodiscard]] const SandboxFile *current() const;
    void withContent(const std::function<void(const SandboxFile &)> &use);
    void save();
    void showDiff(const SandboxFile &file);

    FilesModel *m_model;
    QTreeView *m_tree;
    QLabel *m_summary;
    QToolButton *m_add;
    QToolButton *m_save;
    QToolButton *m_show;
    bool m_changesShown = true;
    int m_changed = 0;
};

} // namespace isol8::desktop
