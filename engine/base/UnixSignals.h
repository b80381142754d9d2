// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QObject>
#include <QSocketNotifier>

#include <csignal>

namespace isol8 {

/*!
    Unix signals as Qt signals, in the event loop. One per process. What the parent told this process to ignore (nohup)
    stays ignored.
*/
class UnixSignals : public QObject
{
    Q_OBJECT

public:
    explicit UnixSignals(QList<int> numbers = {SIGINT, SIGTERM, SIGHUP, SIGWINCH}, QObject *parent = nullptr);
    ~UnixSignals() override;

Q_SIGNALS:
    void received(int number);

private:
    void read();

    QList<int> m_numbers;
    QSocketNotifier *m_notifier = nullptr;
};

} // namespace isol8
