// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QHash>
#include <QHostAddress>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTimer>
#include <QUdpSocket>
#include <QtEndian>

namespace isol8::test {

//! What the server says of a name.
struct DnsScript
{
    QList<QHostAddress> addresses; //!< of both families; each question gets its own
    int code = 0;                  //!< RCODE: 2 server failure, 3 no such name, 5 refused
    bool silent = false;
    bool silentV6 = false;
    int lost = 0;           //!< so many questions are not answered
    bool truncated = false; //!< over UDP it says that TCP is needed
    bool forged = false;    //!< wrong answers come first: another id, another question, from another port
};

//! A name server on loopback that answers A and AAAA by a script, over UDP and TCP.
class DnsServer : public QObject
{
public:
    static constexpr quint16 A = 1;
    static constexpr quint16 Aaaa = 28;

    struct Question
    {
        QString name;
        quint16 type = 0;
        quint16 id = 0;
        bool tcp = false;
        quint16 port = 0; //!< where it came from
    };

    DnsServer()
    {
        for (int tries = 0; tries < 50; ++tries) {
            m_udp.close();
            m_tcp.close();
            if (m_udp.bind(QHostAddress::LocalHost) && m_tcp.listen(QHostAddress::LocalHost, m_udp.localPort()))
                break;
        }
        if (!m_tcp.isListening())
            qFatal("no port on loopback");
        connect(&m_udp, &QUdpSocket::readyRead, this, [this] { onDatagrams(); });
        connect(&m_tcp, &QTcpServer::newConnection, this, [this] {
            while (QTcpSocket *socket = m_tcp.nextPendingConnection())
                connect(socket, &QTcpSocket::readyRead, this, [this, socket] { onStream(socket); });
        });
    }

    [[nodiscard]] QString address() const { return QStringLiteral("127.0.0.1:%1").arg(m_udp.localPort()); }
    [[nodiscard]] qsizetype count(const QString &name) const
    {
        return std::count_if(asked.begin(), asked.end(), [&](const Question &q) { return q.name == name; });
    }

    QHash<QString, DnsScript> names; //!< others: no such name
    QList<Question> asked;

private:
    void onDatagrams()
    {
        while (m_udp.hasPendingDatagrams()) {
            QByteArray data(m_udp.pendingDatagramSize(), '\0');
            QHostAddress from;
            quint16 port = 0;
            m_udp.readDatagram(data.data(), data.size(), &from, &port);
            Question question;
            const DnsScript script = read(data, false, port, &question);
            if (isSilent(script, question.type))
                continue;
            if (script.forged) {
                const DnsScript lie{{QHostAddress(QStringLiteral("6.6.6.6")), QHostAddress(QStringLiteral("2606::6"))}};
                QByteArray otherId = answer(data, question, lie, false);
                otherId[0] = char(otherId[0] ^ 0x55);
                m_udp.writeDatagram(otherId, from, port);
                QByteArray otherQuestion = answer(data, question, lie, false);
                otherQuestion[14] = char(otherQuestion[14] ^ 1);
                m_udp.writeDatagram(otherQuestion, from, port);
                QUdpSocket stranger;
                stranger.bind(QHostAddress::LocalHost);
                stranger.writeDatagram(answer(data, question, lie, false), from, port);
            }
            m_udp.writeDatagram(answer(data, question, script, script.truncated), from, port);
        }
    }

    void onStream(QTcpSocket *socket)
    {
        while (socket->bytesAvailable() >= 2) {
            const auto size = qFromBigEndian<quint16>(socket->peek(2).constData());
            if (socket->bytesAvailable() < 2 + size)
                return;
            const QByteArray data = socket->read(2 + size).sliced(2);
            Question question;
            const DnsScript script = read(data, true, socket->peerPort(), &question);
            if (isSilent(script, question.type))
                continue;
            const QByteArray out = answer(data, question, script, false);
            QByteArray length(2, '\0');
            qToBigEndian(quint16(out.size()), length.data());
            socket->write(length + out);
        }
    }

    static bool isSilent(const DnsScript &script, quint16 type)
    {
        return script.silent || (script.silentV6 && type == Aaaa);
    }

    DnsScript read(const QByteArray &data, bool tcp, quint16 port, Question *question)
    {
        question->id = qFromBigEndian<quint16>(data.constData());
        question->tcp = tcp;
        question->port = port;
        qsizetype at = 12;
        QStringList labels;
        while (at < data.size() && data[at] != 0) {
            labels.append(QString::fromLatin1(data.mid(at + 1, data[at])).toLower());
            at += data[at] + 1;
        }
        m_questionEnd = at + 5;
        question->name = labels.join(u'.');
        question->type = qFromBigEndian<quint16>(data.constData() + at + 1);
        asked.append(*question);
        const auto found = names.find(question->name);
        if (found == names.end()) {
            DnsScript unknown;
            unknown.code = 3;
            return unknown;
        }
        DnsScript script = *found;
        if (found->lost > 0) {
            --found->lost;
            script.silent = true;
        }
        return script;
    }

    QByteArray answer(const QByteArray &data, const Question &question, const DnsScript &script, bool truncated) const
    {
        QByteArray records;
        quint16 count = 0;
        for (const QHostAddress &address : script.addresses) {
            const bool isV4 = address.protocol() == QAbstractSocket::IPv4Protocol;
            if (truncated || isV4 != (question.type == A))
                continue;
            QByteArray raw(isV4 ? 4 : 16, '\0');
            if (isV4)
                qToBigEndian(address.toIPv4Address(), raw.data());
            else
                std::copy_n(address.toIPv6Address().c, 16, raw.begin());
            records += QByteArray::fromHex("c00c") + QByteArray(1, '\0') + char(question.type) +
                       QByteArray::fromHex("00010000003c00") + char(raw.size()) + raw;
            ++count;
        }
        QByteArray head = data.first(2) + QByteArray(1, char(truncated ? 0x87 : 0x85)) + char(0x80 | script.code) +
                          QByteArray::fromHex("0001000000000000");
        qToBigEndian(count, head.data() + 6);
        return head + data.mid(12, m_questionEnd - 12) + records;
    }

    QUdpSocket m_udp;
    QTcpServer m_tcp;
    qsizetype m_questionEnd = 0;
};

} // namespace isol8::test
