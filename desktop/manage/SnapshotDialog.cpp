// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/manage/SnapshotDialog.h>

#include <desktop/app/Icons.h>
#include <desktop/core/Texts.h>

#include <QDialogButtonBox>
#include <QHeaderView>
#include <QLabel>
#include <QMessageBox>
#include <QPushButton>
#include <QTreeWidget>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace isol8::desktop {

SnapshotDialog::SnapshotDialog(SandboxController *controller, QWidget *parent)
    : QDialog(parent)
    , m_controller(controller)
    , m_list(new QTreeWidget(this))
    , m_status(new QLabel(tr("Looking for snapshots…"), this))
    , m_start(new QPushButton(icon(u"run"_s), tr("Start from it"), this))
    , m_remove(new QPushButton(icon(u"remove"_s), tr("Remove…"), this))
{
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("Snapshots"));
    resize(640, 380);
    auto *layout = new QVBoxLayout(this);
    m_status->setWordWrap(true);
    m_status->setTextFormat(Qt::PlainText);
    m_status->setAccessibleName(tr("What there is"));
    layout->addWidget(m_status);
    m_list->setAccessibleName(tr("Snapshots"));
    m_list->setObjectName(u"snapshotList"_s);
    m_list->setHeaderLabels({tr("Name"), tr("Runtime"), tr("Size"), tr("Saved"), tr("Of")});
    m_list->setRootIsDecorated(false);
    m_list->setAlternatingRowColors(true);
    m_list->header()->setSectionResizeMode(QHeaderView::ResizeToContents);
    layout->addWidget(m_list, 1);
    auto *buttons = new QDialogButtonBox(this);
    buttons->addButton(m_remove, QDialogButtonBox::ActionRole);
    buttons->addButton(m_start, QDialogButtonBox::ActionRole);
    QPushButton *close = buttons->addButton(tr("Close"), QDialogButtonBox::RejectRole);
    m_start->setToolTip(tr("A new session whose /sandbox begins with it"));
    m_start->setObjectName(u"startFromSnapshot"_s);
    layout->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_list, &QTreeWidget::currentItemChanged, this, &SnapshotDialog::updateButtons);
    const auto start = [this] {
        if (const auto row = current()) {
            Q_EMIT startRequested(*row);
            accept();
        }
    };
    connect(m_start, &QPushButton::clicked, this, start);
    connect(m_list, &QTreeWidget::itemActivated, this, start);
    connect(m_remove, &QPushButton::clicked, this, &SnapshotDialog::askRemove);
    connect(controller, &SandboxController::snapshotsFound, this, &SnapshotDialog::show);
    connect(controller, &SandboxController::failed, m_status, &QLabel::setText);
    close->setAutoDefault(false);
    updateButtons();
    controller->listSnapshots();
}

void SnapshotDialog::show(const QList<SnapshotRow> &rows)
{
    m_rows = rows;
    m_list->clear();
    for (const SnapshotRow &row : rows) {
        auto *item = new QTreeWidgetItem({row.info.name, row.info.runtime, texts::bytes(row.info.size),
                                          texts::when(row.info.created), row.connectionName});
        item->setTextAlignment(2, Qt::AlignRight | Qt::AlignVCenter);
        m_list->addTopLevelItem(item);
    }
    m_list->setCurrentItem(m_list->topLevelItem(0));
    m_status->setText(rows.isEmpty() ? tr("There are no snapshots. Choose a session, and keep its files.")
                                     : tr("%n snapshot(s)", nullptr, int(rows.size())));
    updateButtons();
}

std::optional<SnapshotRow> SnapshotDialog::current() const
{
    const int row = m_list->indexOfTopLevelItem(m_list->currentItem());
    return row >= 0 && row < m_rows.size() ? std::optional(m_rows.at(row)) : std::nullopt;
}

void SnapshotDialog::updateButtons()
{
    const bool any = current().has_value();
    m_start->setEnabled(any);
    m_remove->setEnabled(any);
}

void SnapshotDialog::askRemove()
{
    const auto row = current();
    if (!row)
        return;
    auto *box = new QMessageBox(QMessageBox::Question, tr("Remove a snapshot"),
                                tr("Remove the snapshot %1? Its files are gone then.").arg(row->info.name),
                                QMessageBox::NoButton, this);
    box->setAttribute(Qt::WA_DeleteOnClose);
    connect(box->addButton(tr("Remove"), QMessageBox::DestructiveRole), &QPushButton::clicked, m_controller,
            [controller = m_controller, chosen = *row] { controller->removeSnapshot(chosen); });
    box->setDefaultButton(box->addButton(tr("Keep"), QMessageBox::RejectRole));
    box->open();
}

} // namespace isol8::desktop
