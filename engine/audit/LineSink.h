// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QObject>
#include <QSocketNotifier>

namespace isol8::audit {

/*!
    Whole lines to stdout, or another descriptor that others share, without ever waiting for its reader.
*/
class LineSink : public QObject
{
    Q_OBJECT

public:
    explicit LineSink(int descriptor, QObject *parent = nullptr);
    ~LineSink() override;

    //! False: it is lost, for nobody reads, or what waits is too much already.
    [[nodiscard]] bool write(const QByteArray &line);
    [[nodiscard]] bool isDrained() const { return m_pending.isEmpty(); }

Q_SIGNALS:
    void drained();

private:
    void flush();

    int m_descriptor;
    bool m_own = false; //!< opened anew, so that it may be non-blocking
    bool m_socket = false;
    bool m_file = false;
    bool m_broken = false;
    QByteArray m_pending;
    QSocketNotifier *m_notifier = nullptr;
};

} // namespace isol8::audit
