// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/run/FindBar.h>

#include <desktop/app/Icons.h>

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QToolButton>

using namespace Qt::StringLiterals;

namespace isol8::desktop {

FindBar::FindBar(QWidget *parent)
    : QWidget(parent)
    , m_text(new QLineEdit(this))
    , m_answer(new QLabel(this))
{
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(6, 4, 6, 4);
    m_text->setPlaceholderText(tr("Find"));
    m_text->setAccessibleName(tr("Text to find"));
    m_text->setClearButtonEnabled(true);
    layout->addWidget(m_text, 1);
    layout->addWidget(m_answer);
    const auto button = [&](const QString &name, const QString &iconName, auto action) {
        auto *tool = new QToolButton(this);
        tool->setIcon(icon(iconName));
        tool->setToolTip(name);
        tool->setAccessibleName(name);
        tool->setAutoRaise(true);
        connect(tool, &QToolButton::clicked, this, action);
        layout->addWidget(tool);
    };
    button(tr("Find the one before"), u"up"_s, [this] { search(true); });
    button(tr("Find the next"), u"down"_s, [this] { search(false); });
    button(tr("Close the search"), u"close"_s, [this] { Q_EMIT closed(); });
    connect(m_text, &QLineEdit::returnPressed, this, [this] { search(false); });
    hide();
}

void FindBar::open(const QString &text)
{
    if (!text.isEmpty() && !text.contains(u'\n'))
        m_text->setText(text);
    setFound(true);
    show();
    m_text->setFocus();
    m_text->selectAll();
}

void FindBar::setFound(bool found)
{
    m_answer->setText(found ? QString() : tr("Not found"));
}

void FindBar::search(bool backwards)
{
    Q_EMIT find(m_text->text(), backwards);
}

bool FindBar::event(QEvent *event)
{
    // Esc closes the search; it does not stop the program meanwhile.
    if (event->type() == QEvent::ShortcutOverride && static_cast<QKeyEvent *>(event)->key() == Qt::Key_Escape) {
        event->accept();
        return true;
    }
    return QWidget::event(event);
}

void FindBar::keyPressEvent(QKeyEvent *event)
{
    if (event->key() == Qt::Key_Escape)
        Q_EMIT closed();
    else if (event->key() == Qt::Key_Return && (event->modifiers() & Qt::ShiftModifier))
        search(true);
    else
        QWidget::keyPressEvent(event);
}

} // namespace isol8::desktop
