// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QObject>

namespace isol8 {

/*!
    A connection's two directions, each with back-pressure and an end of its own: what the door's proxy speaks with the
    program on one side, whatever carries it.

    What is not taken by read() holds the peer back; what write() was given and could not send yet is pending(), and a
    writer that minds its memory waits for drained() while that is over HighWater. No signal is emitted from inside a
    call. Deleting it, also in a slot of its signals, breaks the connection at once.
*/
class ByteStream : public QObject
{
    Q_OBJECT

public:
    static constexpr qsizetype HighWater = 256 * 1024; //!< bytes pending() above which a writer should wait

    using QObject::QObject;

    //! At most \a most bytes of what has arrived; empty when nothing has.
    [[nodiscard]] virtual QByteArray read(qsizetype most) = 0;
    [[nodiscard]] virtual qsizetype available() const = 0;
    //! Queues; ignored after end(), abort() and closed().
    virtual void write(const QByteArray &data) = 0;
    [[nodiscard]] virtual qsizetype pending() const = 0;
    //! Nothing more will be written: the peer reads the end behind what was. Its own direction stays open.
    virtual void end() = 0;
    //! Breaks both directions at once; what is pending is lost. Nothing is emitted afterwards.
    virtual void abort() = 0;
    //! The peer has ended its direction and nothing of it is left to read.
    [[nodiscard]] virtual bool atEnd() const = 0;

Q_SIGNALS:
    //! There is something to read(), or atEnd() has become true.
    void readable();
    //! pending() has fallen to half of HighWater or below, after it had been above that.
    void drained();
    //! Both directions have ended, or the connection broke. What arrived before can still be read. Once.
    void closed();
};

} // namespace isol8
