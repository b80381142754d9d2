// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/manage/SandboxView.h>

#include <desktop/app/Icons.h>
#include <desktop/manage/SandboxController.h>
#include <desktop/manage/ShellWindow.h>
#include <desktop/manage/SnapshotDialog.h>
#include <desktop/run/FilesPane.h>
#include <desktop/run/RunController.h>
#include <isol8/base/Paths.h>

#include <QFileInfo>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QInputDialog>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QSortFilterProxyModel>
#include <QSplitter>
#include <QTableView>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace isol8::desktop {

SandboxView::SandboxView(SandboxController *controller, QWidget *parent)
    : QWidget(parent)
    , m_controller(controller)
    , m_sorted(new QSortFilterProxyModel(this))
    , m_table(new QTableView(this))
    , m_files(new FilesPane(this))
    , m_continue(new QPushButton(icon(u"run"_s), tr("Use it"), this))
    , m_pause(new QPushButton(icon(u"pause"_s), tr("Pause"), this))
    , m_shell(new QPushButton(icon(u"terminal"_s), tr("Shell"), this))
    , m_log(new QPushButton(icon(u"history"_s), tr("Log"), this))
    , m_snapshots(new QPushButton(icon(u"snapshot"_s), tr("Snapshots"), this))
    , m_showFiles(new QPushButton(icon(u"folder"_s), tr("Files"), this))
    , m_stop(new QPushButton(icon(u"stop"_s), tr("Stop"), this))
    , m_status(new QLabel(this))
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(8, 8, 8, 8);
    auto *row = new QHBoxLayout;
    for (QPushButton *button : {m_continue, m_shell, m_showFiles, m_log, m_pause, m_snapshots})
        row->addWidget(button);
    row->addStretch();
    row->addWidget(m_stop);
    layout->addLayout(row);
    auto *menu = new QMenu(this);
    m_saveSnapshot = menu->addAction(tr("&Keep the session's files…"), this, &SandboxView::askSnapshotName);
    menu->addAction(tr("&Show all snapshots…"), this, &SandboxView::showSnapshots);
    m_snapshots->setMenu(menu);
    m_saveSnapshot->setObjectName(u"saveSnapshot"_s);
    menu->actions().constLast()->setObjectName(u"showSnapshots"_s);
    m_showFiles->setObjectName(u"sandboxFiles"_s);
    m_shell->setObjectName(u"sandboxShell"_s);
    m_log->setObjectName(u"sandboxLog"_s);
    m_shell->setToolTip(tr("A shell in the sandbox"));
    m_log->setToolTip(tr("What ran in it"));
    m_status->setWordWrap(true);
    m_status->setTextFormat(Qt::PlainText);
    m_status->setObjectName(u"sandboxStatus"_s);
    m_status->setAccessibleName(tr("What was done"));
    m_continue->setToolTip(tr("Run programs in this session"));
    auto *split = new QSplitter(Qt::Vertical, this);
    m_sorted->setSourceModel(controller->model());
    m_table->setModel(m_sorted);
    m_table->setObjectName(u"sandboxTable"_s);
    m_table->setAccessibleName(tr("Sandboxes"));
    m_table->setSortingEnabled(true);
    m_table->sortByColumn(SandboxModel::Kind, Qt::AscendingOrder);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setShowGrid(false);
    m_table->setAlternatingRowColors(true);
    m_table->setTabKeyNavigation(false);
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(m_table->fontMetrics().height() + 8);
    m_table->horizontalHeader()->setStretchLastSection(true);
    m_table->horizontalHeader()->setDefaultSectionSize(88);
    m_table->setColumnWidth(SandboxModel::Name, 160);
    m_table->setColumnWidth(SandboxModel::Kind, 120);
    split->addWidget(m_table);
    split->addWidget(m_files);
    split->setStretchFactor(0, 3);
    m_files->setChangesShown(false);
    m_files->hide();
    layout->addWidget(split, 1);
    layout->addWidget(m_status);

    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this] {
        m_files->hide();
        updateButtons();
    });
    connect(controller->model(), &QAbstractItemModel::dataChanged, this, &SandboxView::updateButtons);
    connect(controller->model(), &QAbstractItemModel::rowsRemoved, this, &SandboxView::updateButtons);
    connect(controller->model(), &QAbstractItemModel::rowsInserted, this, &SandboxView::updateButtons);
    connect(controller, &SandboxController::failed, this, &SandboxView::say);
    connect(controller, &SandboxController::done, this, &SandboxView::say);
    connect(m_continue, &QPushButton::clicked, this, [this] {
        if (const auto chosen = current())
            Q_EMIT continueRequested(*chosen);
    });
    connect(m_stop, &QPushButton::clicked, this, [this] {
        if (const auto chosen = current())
            m_controller->stop(*chosen);
    });
    connect(m_pause, &QPushButton::clicked, this, [this] {
        if (const auto chosen = current())
            m_controller->setPaused(*chosen, chosen->state != SandboxRow::State::Paused);
    });
    connect(m_shell, &QPushButton::clicked, this, &SandboxView::openShell);
    connect(m_log, &QPushButton::clicked, this, [this] {
        if (const auto chosen = current())
            Q_EMIT logRequested(*chosen);
    });
    connect(m_showFiles, &QPushButton::clicked, this, &SandboxView::showFiles);
    connect(m_files, &FilesPane::dropped, this, &SandboxView::put);
    connect(m_files, &FilesPane::failed, this, &SandboxView::say);
    m_files->fetch = [this](const QString &path, const Callback<QByteArray> &done) {
        if (const auto chosen = current())
            m_controller->getFile(*chosen, path, done);
    };
    updateButtons();
}

void SandboxView::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    m_controller->setWatched(true);
}

void SandboxView::hideEvent(QHideEvent *event)
{
    QWidget::hideEvent(event);
    m_controller->setWatched(false);
}

std::optional<SandboxRow> SandboxView::current() const
{
    const QModelIndex index = m_sorted->mapToSource(m_table->currentIndex());
    return index.isValid() ? std::optional(m_controller->model()->row(index.row())) : std::nullopt;
}

void SandboxView::updateButtons()
{
    const auto row = current();
    const bool session = row && row->source == SandboxRow::Source::Session;
    for (QPushButton *button : {m_continue, m_shell, m_pause, m_showFiles})
        button->setEnabled(session);
    m_saveSnapshot->setEnabled(session);
    m_log->setEnabled(row && row->kind != SandboxRow::Kind::Pool);
    m_stop->setEnabled(row.has_value());
    m_pause->setText(session && row->state == SandboxRow::State::Paused ? tr("Go on") : tr("Pause"));
    const int count = m_controller->model()->rowCount();
    if (count == 0)
        m_status->setText(tr("No sandbox is there. Runs and sessions appear here by themselves."));
    else if (!row)
        m_status->setText(tr("%n sandbox(es)", nullptr, count));
}

void SandboxView::showFiles()
{
    const auto row = current();
    if (!row)
        return;
    m_controller->listFiles(*row, {this, [this](const Result<QList<SessionFile>> &files) {
                                       if (!files) {
                                           say(files.error().message);
                                           return;
                                       }
                                       m_files->setFiles(filesOf(*files, *files, {}));
                                       m_files->show();
                                   }});
}

void SandboxView::openShell()
{
    const auto row = current();
    if (!row)
        return;
    auto *shell = new ShellWindow(m_controller->openShell(*row, this), tr("Shell in %1").arg(row->session), window());
    shell->show();
}

void SandboxView::showSnapshots()
{
    auto *dialog = new SnapshotDialog(m_controller, window());
    connect(dialog, &SnapshotDialog::startRequested, this, &SandboxView::startRequested);
    dialog->open();
}

void SandboxView::askSnapshotName()
{
    const auto row = current();
    if (!row)
        return;
    auto *dialog = new QInputDialog(this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(tr("Snapshot"));
    dialog->setLabelText(tr("Name of the snapshot of %1:").arg(row->session));
    dialog->setTextValue(row->session);
    connect(dialog, &QInputDialog::textValueSelected, this,
            [this, chosen = *row](const QString &name) { m_controller->saveSnapshot(chosen, name); });
    dialog->open();
}

void SandboxView::put(const QStringList &paths)
{
    const auto row = current();
    for (const QString &path : paths) {
        const auto content = readFile(path, Engine::MaxPut);
        if (!content)
            say(content.error().message);
        else if (row)
            m_controller->putFile(*row, u"/sandbox/"_s + QFileInfo(path).fileName(), *content);
    }
}

void SandboxView::say(const QString &sentence)
{
    m_status->setText(sentence);
}

} // namespace isol8::desktop
