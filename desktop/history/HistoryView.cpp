// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/history/HistoryView.h>

#include <desktop/core/Texts.h>
#include <desktop/run/DiffDialog.h>

#include <QFontDatabase>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSplitter>
#include <QTableView>
#include <QVBoxLayout>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8::desktop {

HistoryView::HistoryView(HistoryStore *store, QWidget *parent)
    : QWidget(parent)
    , m_store(store)
    , m_model(new HistoryModel(store, this))
    , m_search(new QLineEdit(this))
    , m_table(new QTableView(this))
    , m_preview(new QPlainTextEdit(this))
    , m_open(new QPushButton(tr("Open"), this))
    , m_again(new QPushButton(tr("Run again"), this))
    , m_compare(new QPushButton(tr("Compare"), this))
    , m_remove(new QPushButton(tr("Remove"), this))
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(8, 8, 8, 8);
    auto *row = new QHBoxLayout;
    m_search->setPlaceholderText(tr("Search programs and their output"));
    m_search->setAccessibleName(tr("Search the history"));
    m_search->setClearButtonEnabled(true);
    m_search->setObjectName(u"historySearch"_s);
    row->addWidget(m_search, 1);
    for (QPushButton *button : {m_open, m_again, m_compare, m_remove})
        row->addWidget(button);
    layout->addLayout(row);
    auto *split = new QSplitter(Qt::Vertical, this);
    m_table->setModel(m_model);
    m_table->setObjectName(u"historyTable"_s);
    m_table->setAccessibleName(tr("Runs"));
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setShowGrid(false);
    m_table->setAlternatingRowColors(true);
    m_table->setTabKeyNavigation(false);
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(m_table->fontMetrics().height() + 8);
    m_table->horizontalHeader()->setSectionResizeMode(HistoryModel::Title, QHeaderView::Stretch);
    m_table->setColumnWidth(HistoryModel::When, 130);
    split->addWidget(m_table);
    m_preview->setReadOnly(true);
    m_preview->setAccessibleName(tr("The run that is chosen"));
    m_preview->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    split->addWidget(m_preview);
    split->setChildrenCollapsible(false);
    layout->addWidget(split, 1);

    m_searchTimer.setSingleShot(true);
    m_searchTimer.setInterval(120);
    connect(&m_searchTimer, &QTimer::timeout, this, [this] { m_model->setSearch(m_search->text()); });
    connect(m_search, &QLineEdit::textChanged, &m_searchTimer, qOverload<>(&QTimer::start));
    connect(m_table->selectionModel(), &QItemSelectionModel::selectionChanged, this, &HistoryView::showCurrent);
    connect(m_model, &QAbstractItemModel::modelReset, this, &HistoryView::updateButtons);
    connect(m_table, &QTableView::activated, this, [this] { open(false); });
    connect(m_open, &QPushButton::clicked, this, [this] { open(false); });
    connect(m_again, &QPushButton::clicked, this, [this] { open(true); });
    connect(m_compare, &QPushButton::clicked, this, &HistoryView::compare);
    connect(m_remove, &QPushButton::clicked, this, [this] { m_store->remove(chosen()); });
    updateButtons();
}

QList<qint64> HistoryView::chosen() const
{
    QList<qint64> ids;
    for (const QModelIndex &index : m_table->selectionModel()->selectedRows())
        ids.append(m_model->row(index.row()).id);
    std::sort(ids.begin(), ids.end());
    return ids;
}

void HistoryView::showCurrent()
{
    const QList<qint64> ids = chosen();
    const auto entry = ids.size() == 1 ? m_store->entry(ids.first()) : std::nullopt;
    m_preview->setPlainText(entry ? texts::clipped(entry->wholeText()) : QString());
    updateButtons();
}

void HistoryView::updateButtons()
{
    const qsizetype count = m_table->selectionModel()->selectedRows().size();
    m_open->setEnabled(count == 1);
    m_again->setEnabled(count == 1);
    m_compare->setEnabled(count == 2);
    m_compare->setToolTip(count == 2 ? QString() : tr("Choose two runs to compare them"));
    m_remove->setEnabled(count > 0);
}

void HistoryView::compare()
{
    const QList<qint64> ids = chosen();
    const auto a = m_store->entry(ids.value(0));
    const auto b = m_store->entry(ids.value(1));
    if (a && b)
        (new DiffDialog(tr("Two runs compared"), a->wholeText(), b->wholeText(), window()))->open();
}

void HistoryView::open(bool run)
{
    const auto entry = m_store->entry(chosen().value(0));
    if (!entry)
        return;
    if (run)
        Q_EMIT runRequested(entry->program);
    else
        Q_EMIT openRequested(entry->program);
}

} // namespace isol8::desktop
