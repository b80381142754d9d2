// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QIODevice>

namespace isol8::remote {

//! Bytes that one side gives and the other reads, as they come: a request's body whose writer waits for taken().
class Feed : public QIODevice
{
    Q_OBJECT

public:
    explicit Feed(QObject *parent = nullptr);

    //! Ignored after end().
    void give(const QByteArray &bytes);
    //! Nothing follows.
    void end();

    [[nodiscard]] bool isSequential() const override { return true; }
    [[nodiscard]] qint64 bytesAvailable() const override { return m_bytes.size() - m_at + QIODevice::bytesAvailable(); }

Q_SIGNALS:
    //! All that was given is read.
    void taken();

protected:
    qint64 readData(char *data, qint64 size) override;
    qint64 writeData(const char *, qint64) override { return -1; }

private:
    QByteArray m_bytes;
    qsizetype m_at = 0;
    bool m_ended = false;
};

} // namespace isol8::remote
