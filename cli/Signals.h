// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QSocketNotifier>

namespace isol8::cli {

/*!
    Unix signals as Qt signals, in the event loop: SIGINT, SIGTERM, SIGHUP, SIGWINCH. One per process.
*/
class Signals : public QObject
{
    Q_OBJECT

public:
    explicit Signals(QObject *parent = nullptr);
    ~Signals() override;

Q_SIGNALS:
    void received(int number);

private:
    void read();

    QSocketNotifier *m_notifier = nullptr;
};

} // namespace isol8::cli
