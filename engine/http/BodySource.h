// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QIODevice>
#include <QObject>
#include <QPointer>
#include <QProcess>

namespace isol8::http {

/*!
    Reads a QIODevice to its end without waiting, whatever kind it is: a file, a buffer, a socket, a process's stdout. A
   process that ends with anything but exit status 0 is a source that failed, since what it wrote is cut.

    The device is not owned. Where it is deleted before its end, the source has failed.
*/
class BodySource : public QObject
{
    Q_OBJECT

public:
    explicit BodySource(QIODevice *device, QObject *parent = nullptr);

    enum class Status { Data, Wait, End, Failed };
    struct Part
    {
        Status status = Status::Wait;
        QByteArray data;
        QString problem; //!< where it failed
    };
    //! At most \a size bytes. After Wait, ready() says when to try again.
    [[nodiscard]] Part read(qint64 size);

Q_SIGNALS:
    void ready();

private:
    void onClosing();
    void onEnded();
    [[nodiscard]] Part end() const;

    QPointer<QIODevice> m_device;
    QPointer<QProcess> m_process; //!< the same, where it is one
    QByteArray m_rest;            //!< what a device that closes still held
    bool m_ended = false;         //!< no more will come
    bool m_closed = false;
    QString m_problem;
};

} // namespace isol8::http
