// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/app/CommandPalette.h>

#include <desktop/app/ActionRegistry.h>

#include <QAction>
#include <QKeyEvent>
#include <QLineEdit>
#include <QListWidget>
#include <QVBoxLayout>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8::desktop {

int matchDistance(const QString &typed, const QString &name)
{
    qsizetype at = 0;
    qsizetype last = -1;
    qsizetype distance = 0;
    for (const QChar c : typed) {
        if (c.isSpace())
            continue;
        at = name.indexOf(c, at, Qt::CaseInsensitive);
        if (at < 0)
            return -1;
        distance += last < 0 ? at : (at - last - 1) * 2;
        last = at++;
    }
    return int(distance);
}

CommandPalette::CommandPalette(const QList<QAction *> &actions, QWidget *parent)
    : QDialog(parent, Qt::Popup | Qt::FramelessWindowHint)
    , m_actions(actions)
    , m_text(new QLineEdit(this))
    , m_list(new QListWidget(this))
{
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("Command palette"));
    setAccessibleName(windowTitle());
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(8, 8, 8, 8);
    layout->addWidget(m_text);
    layout->addWidget(m_list);
    m_text->setPlaceholderText(tr("What would you like to do?"));
    m_text->setAccessibleName(tr("Name of a command"));
    m_text->installEventFilter(this);
    m_list->setAccessibleName(tr("Commands"));
    m_list->setFocusPolicy(Qt::NoFocus);
    m_list->setIconSize({16, 16});
    connect(m_text, &QLineEdit::textChanged, this, &CommandPalette::filter);
    connect(m_text, &QLineEdit::returnPressed, this, &CommandPalette::choose);
    connect(m_list, &QListWidget::itemClicked, this, &CommandPalette::choose);
    resize(460, 340);
    if (parent)
        move(parent->mapToGlobal(QPoint((parent->width() - width()) / 2, 60)));
    filter({});
    m_text->setFocus();
}

void CommandPalette::filter(const QString &text)
{
    QList<std::pair<int, int>> found; // distance, index
    for (int i = 0; i < m_actions.size(); ++i) {
        const int distance = matchDistance(text, withoutMnemonic(m_actions.at(i)->text()));
        if (distance >= 0 && m_actions.at(i)->isEnabled())
            found.append({distance, i});
    }
    std::stable_sort(found.begin(), found.end(), [](const auto &a, const auto &b) { return a.first < b.first; });
    QPixmap blank(16, 16); // so that all names begin below each other
    blank.fill(Qt::transparent);
    m_list->clear();
    for (const auto &[distance, i] : std::as_const(found)) {
        const QAction *action = m_actions.at(i);
        QString name = withoutMnemonic(action->text());
        if (!action->shortcut().isEmpty())
            name += u"    "_s + action->shortcut().toString(QKeySequence::NativeText);
        auto *item = new QListWidgetItem(action->icon().isNull() ? QIcon(blank) : action->icon(), name, m_list);
        item->setData(Qt::UserRole, i);
    }
    m_list->setCurrentRow(0);
}

void CommandPalette::choose()
{
    const QListWidgetItem *item = m_list->currentItem();
    QAction *action = item ? m_actions.at(item->data(Qt::UserRole).toInt()) : nullptr;
    close();
    if (action)
        action->trigger();
}

bool CommandPalette::eventFilter(QObject *object, QEvent *event)
{
    if (event->type() == QEvent::KeyPress) {
        const int key = static_cast<QKeyEvent *>(event)->key();
        const int step = key == Qt::Key_Down ? 1 : key == Qt::Key_Up ? -1 : 0;
        if (step != 0 && m_list->count() > 0) {
            m_list->setCurrentRow((m_list->currentRow() + step + m_list->count()) % m_list->count());
            return true;
        }
    }
    return QDialog::eventFilter(object, event);
}

} // namespace isol8::desktop
