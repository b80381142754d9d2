// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <desktop/run/RunController.h>

#include <QFrame>

QT_BEGIN_NAMESPACE
class QLabel;
QT_END_NAMESPACE

namespace isol8::desktop {

//! A quiet bar: the program wanted to reach a host that it may not.
class NetworkBar : public QFrame
{
    Q_OBJECT

public:
    enum class Answer { Once, Session, Always, Never };
    Q_ENUM(Answer)

    explicit NetworkBar(QWidget *parent = nullptr);
    void ask(const RefusedHost &host);
    void clear();

Q_SIGNALS:
    void answered(const QString &host, isol8::desktop::NetworkBar::Answer answer);

private:
    void showNext();

    QLabel *m_text;
    QList<RefusedHost> m_hosts;
};

} // namespace isol8::desktop
