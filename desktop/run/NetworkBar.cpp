// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/run/NetworkBar.h>

#include <desktop/app/Icons.h>
#include <desktop/core/Texts.h>

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QToolButton>

using namespace Qt::StringLiterals;

namespace isol8::desktop {

NetworkBar::NetworkBar(QWidget *parent)
    : QFrame(parent)
    , m_text(new QLabel(this))
{
    setFrameShape(QFrame::StyledPanel);
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::AlternateBase);
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(8, 4, 8, 4);
    m_text->setTextFormat(Qt::PlainText);
    m_text->setWordWrap(true); // long names of hosts, and German
    layout->addWidget(m_text, 1);
    const auto button = [&](const QString &text, const QString &meaning, Answer answer) {
        auto *push = new QPushButton(text, this);
        push->setToolTip(meaning);
        push->setAccessibleDescription(meaning);
        connect(push, &QPushButton::clicked, this, [this, answer] {
            if (!m_hosts.isEmpty())
                Q_EMIT answered(m_hosts.takeFirst().host, answer);
            showNext();
        });
        layout->addWidget(push);
    };
    button(tr("Once"), tr("Run it again, with this host allowed this time"), Answer::Once);
    button(tr("For now"), tr("Allow it until this window is closed, and run again"), Answer::Session);
    button(tr("Always"), tr("Put it into the configuration's whitelist, and run again"), Answer::Always);
    button(tr("Never"), tr("Put it into the configuration's blacklist"), Answer::Never);
    auto *close = new QToolButton(this);
    close->setIcon(icon(u"close"_s));
    close->setAutoRaise(true);
    close->setToolTip(tr("Not now"));
    close->setAccessibleName(tr("Not now"));
    connect(close, &QToolButton::clicked, this, &NetworkBar::clear);
    layout->addWidget(close);
    hide();
}

void NetworkBar::ask(const RefusedHost &host)
{
    m_hosts.append(host);
    showNext();
}

void NetworkBar::clear()
{
    m_hosts.clear();
    hide();
}

void NetworkBar::showNext()
{
    setVisible(!m_hosts.isEmpty());
    if (m_hosts.isEmpty())
        return;
    const QString host = m_hosts.first().host.left(200);
    m_text->setText(tr("It wants to talk to %1. Allow it?").arg(host));
    m_text->setToolTip(texts::plainToolTip(m_hosts.first().reason.left(300)));
    setAccessibleName(m_text->text());
}

} // namespace isol8::desktop
