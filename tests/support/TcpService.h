// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ServiceProcess.h"

#include <QHostAddress>
#include <QTcpSocket>

namespace servicetest {

/*!
    The built isol8-service as strangers see it: on a TCP port of its own, with the key "sesame".
*/
class TcpService : public ServiceProcess
{
public:
    static inline const QByteArray Key = "Authorization: Bearer sesame\r\n";

    TcpService()
    {
        for (const char *name : {"ISOL8_PORT", "PORT", "ISOL8_API_KEY"})
            environment.remove(QString::fromLatin1(name));
        environment.insert(QStringLiteral("ISOL8_API_KEY"), QStringLiteral("sesame"));
    }

    //! False when it does not say where it listens within \a ms. Prewarms nothing, unless \a arguments say so.
    bool startTcp(QStringList arguments = {}, int ms = 20000)
    {
        if (!arguments.contains(QStringLiteral("--prewarm")))
            arguments << QStringLiteral("--prewarm") << QString();
        process.setProcessEnvironment(environment);
        process.setProcessChannelMode(QProcess::SeparateChannels);
        process.start(binary(), QStringList{QStringLiteral("--port"), QStringLiteral("0")} + arguments);
        QObject::connect(&process, &QProcess::readyReadStandardError, &process,
                         [this] { said += process.readAllStandardError(); });
        QByteArray line;
        const auto listens = [&] {
            line += process.readAllStandardOutput();
            return line.endsWith('\n') || process.state() == QProcess::NotRunning;
        };
        if (!QTest::qWaitFor(listens, ms) || !line.endsWith('\n'))
            return false;
        url = QString::fromLatin1(line.trimmed());
        port = quint16(url.section(QLatin1Char(':'), -1).toUInt());
        if (url.startsWith(QLatin1String("https")))
            return true;
        engineId = askTcp("GET /health HTTP/1.1\r\nHost: x\r\n\r\n").json().value(QStringLiteral("engine")).toString();
        return !engineId.isEmpty();
    }

    //! One exchange on a connection of its own, as it stands. The test's event loop goes on meanwhile.
    [[nodiscard]] Answer askTcp(const QByteArray &request, int ms = 60000) const
    {
        QTcpSocket socket;
        socket.connectToHost(QHostAddress::LocalHost, port);
        QByteArray closing = request;
        closing.insert(closing.indexOf("\r\n") + 2, "Connection: close\r\n");
        socket.write(closing);
        bool ended = false;
        QObject::connect(&socket, &QTcpSocket::disconnected, &socket, [&] { ended = true; });
        QObject::connect(&socket, &QTcpSocket::errorOccurred, &socket, [&] { ended = true; });
        if (!QTest::qWaitFor([&] { return ended; }, ms))
            qWarning("no answer in time");
        return parseAnswer(socket.readAll());
    }
    //! POST with the key.
    [[nodiscard]] Answer run(const QJsonObject &body, const QByteArray &path = "/execute") const
    {
        return askTcp(post(path, body, Key));
    }

    QString url; //!< what it printed
    quint16 port = 0;
    QByteArray said; //!< on stderr
};

} // namespace servicetest
