// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/history/RunLog.h>

#include <desktop/core/Texts.h>
#include <isol8/audit/RecordFolder.h>

#include <QDialogButtonBox>
#include <QFile>
#include <QFontDatabase>
#include <QHeaderView>
#include <QJsonDocument>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSet>
#include <QSplitter>
#include <QTreeWidget>
#include <QVBoxLayout>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8::desktop {

namespace {

constexpr int MostRuns = 200;
constexpr qint64 MostRecordBytes = 4 * MiB; //!< the newest of a folder that may have grown for months

LogEntry entryOf(const QJsonObject &record)
{
    LogEntry entry;
    entry.time = QDateTime::fromString(record.value(u"timestamp"_s).toString(), Qt::ISODateWithMs);
    entry.title = record.value(u"runtime"_s).toString();
    const auto reason = reasonFromString(record.value(u"reason"_s).toString());
    entry.ended = reason ? texts::reason(*reason) : QString();
    entry.durationMs = record.value(u"durationMs"_s).toInteger();
    entry.detail = QString::fromUtf8(QJsonDocument(record).toJson());
    return entry;
}

QList<LogEntry> recordsOf(const QString &folder, const QString &container)
{
    QList<LogEntry> list;
    QStringList names = audit::recordFiles(folder);
    qint64 left = MostRecordBytes;
    while (!names.isEmpty() && left > 0 && list.size() < MostRuns) {
        QFile file(folder + u'/' + names.takeLast());
        if (!file.open(QIODevice::ReadOnly))
            continue;
        if (file.size() > left) {
            file.seek(file.size() - left);
            file.readLine(); // the rest of one
        }
        left -= file.size();
        while (!file.atEnd()) {
            const QByteArray line = file.readLine();
            const QJsonObject record =
                line.contains(container.toLatin1()) ? QJsonDocument::fromJson(line).object() : QJsonObject();
            if (record.value(u"containerId"_s).toString().startsWith(container))
                list.append(entryOf(record));
        }
    }
    return list;
}

} // namespace

QList<LogEntry> runLog(const HistoryStore &history, const LogQuestion &question)
{
    QList<LogEntry> list;
    QSet<qint64> known;
    for (const HistoryRow &row : history.ofSession(question.connection, question.session, MostRuns)) {
        const auto entry = history.entry(row.id);
        if (!entry)
            continue;
        const QString ended = row.reason == Reason::Completed && row.exitCode != 0
                                  ? RunLogDialog::tr("Exit code %1").arg(row.exitCode)
                                  : texts::reason(row.reason);
        list.append({row.started, row.title, ended, row.durationMs, entry->wholeText()});
        known.insert(row.started.toMSecsSinceEpoch());
    }
    if (!question.auditFolder.isEmpty() && question.container.size() >= 12) {
        for (const LogEntry &entry : recordsOf(question.auditFolder, question.container)) {
            if (!known.contains(entry.time.toMSecsSinceEpoch()))
                list.append(entry);
        }
    }
    std::stable_sort(list.begin(), list.end(), [](const LogEntry &a, const LogEntry &b) { return a.time > b.time; });
    return list.mid(0, MostRuns);
}

RunLogDialog::RunLogDialog(const QString &title, const QList<LogEntry> &entries, QWidget *parent)
    : QDialog(parent)
    , m_list(new QTreeWidget(this))
    , m_detail(new QPlainTextEdit(this))
{
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(title);
    resize(760, 520);
    auto *layout = new QVBoxLayout(this);
    auto *said = new QLabel(
        entries.isEmpty() ? tr("Nothing is kept of its runs. This app keeps those that it starts; of all others there "
                               "are records where the setting audit.enabled is on.")
                          : tr("%n run(s)", nullptr, int(entries.size())),
        this);
    said->setWordWrap(true);
    layout->addWidget(said);
    auto *split = new QSplitter(Qt::Vertical, this);
    m_list->setAccessibleName(tr("Runs of the sandbox"));
    m_list->setObjectName(u"logList"_s);
    m_list->setHeaderLabels({tr("When"), tr("Program"), tr("Ended"), tr("Time")});
    m_list->setRootIsDecorated(false);
    m_list->setAlternatingRowColors(true);
    m_list->header()->setStretchLastSection(false);
    m_list->header()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_list->header()->setSectionResizeMode(1, QHeaderView::Stretch);
    m_detail->setReadOnly(true);
    m_detail->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    m_detail->setAccessibleName(tr("The run that is chosen"));
    split->addWidget(m_list);
    split->addWidget(m_detail);
    split->setChildrenCollapsible(false);
    layout->addWidget(split, 1);
    connect(m_list, &QTreeWidget::currentItemChanged, m_detail, [this](const QTreeWidgetItem *item) {
        m_detail->setPlainText(item ? texts::clipped(item->data(0, Qt::UserRole).toString()) : QString());
    });
    for (const LogEntry &entry : entries) {
        auto *item =
            new QTreeWidgetItem({texts::when(entry.time), entry.title, entry.ended, texts::duration(entry.durationMs)});
        item->setData(0, Qt::UserRole, entry.detail);
        item->setTextAlignment(3, Qt::AlignRight | Qt::AlignVCenter);
        m_list->addTopLevelItem(item);
    }
    m_list->setCurrentItem(m_list->topLevelItem(0));
    auto *buttons = new QDialogButtonBox(this);
    buttons->addButton(tr("Close"), QDialogButtonBox::RejectRole)->setDefault(true);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    layout->addWidget(buttons);
}

} // namespace isol8::desktop
