// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/run/FilesPane.h>

#include <desktop/app/Icons.h>
#include <desktop/run/DiffDialog.h>
#include <isol8/base/Paths.h>

#include <QFileDialog>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QToolButton>
#include <QTreeView>
#include <QVBoxLayout>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8::desktop {

namespace {
constexpr qsizetype LargestShown = 2 * 1024 * 1024;
constexpr qint64 LargestPrefetch = 4 * 1024 * 1024;
} // namespace

FilesPane::FilesPane(QWidget *parent)
    : QWidget(parent)
    , m_model(new FilesModel(this))
    , m_tree(new QTreeView(this))
    , m_summary(new QLabel(this))
    , m_add(new QToolButton(this))
    , m_save(new QToolButton(this))
    , m_show(new QToolButton(this))
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->setSpacing(0);
    auto *row = new QHBoxLayout;
    row->setContentsMargins(6, 4, 6, 4);
    row->addWidget(m_summary, 1);
    const auto button = [&](QToolButton *tool, const QString &text, const QString &iconName) {
        tool->setText(text);
        tool->setIcon(icon(iconName));
        tool->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
        tool->setAutoRaise(true);
        row->addWidget(tool);
    };
    button(m_add, tr("Add…"), u"add"_s);
    m_add->setToolTip(tr("Files of this computer for the program; they can be dropped here, too"));
    button(m_show, tr("Show"), u"compare"_s);
    button(m_save, tr("Save to…"), u"save"_s);
    layout->addLayout(row);
    layout->addWidget(m_tree);
    m_tree->setModel(m_model);
    m_tree->setFrameShape(QFrame::NoFrame);
    m_tree->setAccessibleName(tr("Files of the sandbox"));
    m_tree->setDragEnabled(true);
    m_tree->setAcceptDrops(true);
    m_tree->setDragDropMode(QAbstractItemView::DragDrop);
    m_tree->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_tree->header()->setStretchLastSection(true);
    m_tree->setColumnWidth(0, 320);
    connect(m_model, &FilesModel::dropped, this, &FilesPane::dropped);
    connect(m_tree->selectionModel(), &QItemSelectionModel::currentChanged, this, [this] {
        updateButtons();
        prefetch();
    });
    connect(m_tree, &QTreeView::activated, this,
            [this] { withContent([this](const SandboxFile &file) { showDiff(file); }); });
    connect(m_add, &QToolButton::clicked, this, [this] {
        auto *dialog = new QFileDialog(this, tr("Add files"));
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->setFileMode(QFileDialog::ExistingFiles);
        connect(dialog, &QFileDialog::filesSelected, this, &FilesPane::dropped);
        dialog->open();
    });
    connect(m_show, &QToolButton::clicked, this,
            [this] { withContent([this](const SandboxFile &file) { showDiff(file); }); });
    connect(m_save, &QToolButton::clicked, this, &FilesPane::save);
    setFiles({});
}

void FilesPane::setFiles(const QList<SandboxFile> &files)
{
    m_model->setFiles(files);
    m_tree->expandAll();
    m_changed = int(std::count_if(files.begin(), files.end(),
                                  [](const SandboxFile &file) { return file.change != SandboxFile::Change::None; }));
    m_summary->setText(!m_changesShown   ? tr("%n file(s)", nullptr, int(files.size()))
                       : files.isEmpty() ? tr("No files. Drop some here to give them to the program.")
                       : m_changed == 0  ? tr("Nothing was changed")
                                         : tr("%n file(s) new or changed", nullptr, m_changed));
    if (m_model->shown() < files.size())
        m_summary->setText(m_summary->text() + u"; "_s + tr("%n are shown", nullptr, int(m_model->shown())));
    updateButtons();
}

void FilesPane::setChangesShown(bool shown)
{
    m_changesShown = shown;
    m_tree->setColumnHidden(2, !shown);
}

const SandboxFile *FilesPane::current() const
{
    return m_model->file(m_tree->currentIndex());
}

void FilesPane::updateButtons()
{
    m_save->setEnabled(current());
    m_show->setEnabled(current());
}

// What is dragged must be here when the drag begins.
void FilesPane::prefetch()
{
    const SandboxFile *file = current();
    if (!file || file->content || !fetch || file->size > LargestPrefetch)
        return;
    fetch(file->path, {this, [this, path = file->path](const Result<QByteArray> &content) {
                           if (content)
                               m_model->setContent(path, *content);
                       }});
}

void FilesPane::withContent(const std::function<void(const SandboxFile &)> &use)
{
    const SandboxFile *file = current();
    if (!file)
        return;
    if (file->content || !fetch) {
        if (file->content)
            use(*file);
        return;
    }
    fetch(file->path, {this, [this, path = file->path, use](const Result<QByteArray> &content) {
                           if (!content) {
                               Q_EMIT failed(content.error().message);
                               return;
                           }
                           m_model->setContent(path, *content);
                           if (const SandboxFile *now = current(); now && now->path == path)
                               use(*now);
                       }});
}

void FilesPane::save()
{
    withContent([this](const SandboxFile &file) {
        auto *dialog = new QFileDialog(this, tr("Save the file"));
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->setAcceptMode(QFileDialog::AcceptSave);
        dialog->selectFile(file.path.section(u'/', -1));
        connect(dialog, &QFileDialog::fileSelected, this, [this, content = *file.content](const QString &path) {
            if (const auto written = writeFileAtomically(path, content, 0644); !written)
                Q_EMIT failed(written.error().message);
        });
        dialog->open();
    });
}

void FilesPane::showDiff(const SandboxFile &file)
{
    const bool readable = isText(*file.content) && (!file.before || isText(*file.before));
    const bool large = file.content->size() > LargestShown || (file.before && file.before->size() > LargestShown);
    const QString after =
        !readable ? tr("A binary file of %1 bytes.").arg(file.content->size())
        : large   ? tr("A text of %1 bytes, too large to be shown; save it to look into it.").arg(file.content->size())
                  : QString::fromUtf8(*file.content);
    const QString before = readable && !large && file.before ? QString::fromUtf8(*file.before) : QString();
    (new DiffDialog(file.path, before, after, window()))->open();
}

} // namespace isol8::desktop
