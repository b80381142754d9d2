// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "Docker.h"
#include "Signals.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLocalSocket>
#include <QProcess>
#include <QProcessEnvironment>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>

#include <sys/types.h>

/*!
    The built isol8-service in a runtime folder and a home of its own, and a client that speaks to it with bytes.
*/
namespace servicetest {

//! An answer, its body joined from chunks.
struct Answer
{
    int status = 0;
    QByteArray head;
    QByteArray body;
    [[nodiscard]] QJsonObject json() const { return QJsonDocument::fromJson(body).object(); }
};

inline QByteArray joinChunks(QByteArray chunks)
{
    QByteArray body;
    while (!chunks.isEmpty()) {
        const qsizetype line = chunks.indexOf("\r\n");
        const qsizetype size = chunks.first(qMax<qsizetype>(line, 0)).toLongLong(nullptr, 16);
        body += chunks.mid(line + 2, size);
        chunks = chunks.mid(line + 2 + size + 2);
        if (line < 0 || size == 0)
            break;
    }
    return body;
}

inline Answer parseAnswer(const QByteArray &bytes)
{
    Answer answer;
    const qsizetype end = bytes.indexOf("\r\n\r\n");
    if (end < 0)
        return answer;
    answer.head = bytes.first(end);
    answer.status = answer.head.mid(9, 3).toInt();
    answer.body = bytes.sliced(end + 4);
    if (answer.head.contains("chunked"))
        answer.body = joinChunks(answer.body);
    return answer;
}

inline QByteArray post(const QByteArray &path, const QJsonObject &body, const QByteArray &fields = {})
{
    const QByteArray json = QJsonDocument(body).toJson(QJsonDocument::Compact);
    return "POST " + path + " HTTP/1.1\r\nHost: x\r\n" + fields + "Content-Length: " + QByteArray::number(json.size()) +
           "\r\n\r\n" + json;
}

//! {"request": {"code": …}}, with more members where given.
inline QJsonObject python(const QString &code, const QJsonObject &options = {}, QJsonObject request = {})
{
    request.insert(QStringLiteral("code"), code);
    return {{QStringLiteral("request"), request}, {QStringLiteral("options"), options}};
}

class ServiceProcess
{
public:
    ServiceProcess()
        : m_folder(QDir::tempPath() + QStringLiteral("/isol8-st-XXXXXX"))
    {
        QDir(m_folder.path()).mkdir(QStringLiteral("home"));
        QDir(m_folder.path()).mkdir(QStringLiteral("run"));
        QFile::setPermissions(runtimeFolder(), QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
        environment.insert(QStringLiteral("HOME"), m_folder.filePath(QStringLiteral("home")));
        environment.insert(QStringLiteral("XDG_RUNTIME_DIR"), runtimeFolder());
        for (const char *name : {"ISOL8_CONFIG", "ISOL8_ENGINE", "NOTIFY_SOCKET", "LISTEN_FDS", "LISTEN_PID"})
            environment.remove(QString::fromLatin1(name));
    }
    ~ServiceProcess()
    {
        if (process.state() != QProcess::NotRunning)
            stop(SIGKILL);
    }

    [[nodiscard]] QString runtimeFolder() const { return m_folder.filePath(QStringLiteral("run")); }
    [[nodiscard]] QString socketPath() const { return runtimeFolder() + QStringLiteral("/isol8/engine.sock"); }
    [[nodiscard]] static QString binary()
    {
        return qEnvironmentVariable("ISOL8_BIN") + QStringLiteral("/isol8-service");
    }

    //! The user's configuration, for the next start.
    void configure(const QByteArray &json)
    {
        const QString folder = m_folder.filePath(QStringLiteral("home/.isol8"));
        QDir().mkpath(folder);
        QFile file(folder + QStringLiteral("/config.json"));
        if (file.open(QIODevice::WriteOnly))
            file.write(json);
    }

    //! Starts it; false when it does not listen within 10 s. One that is to prewarm nothing keeps no pool either, so
    //! that its containers are those of its runs, unless configure() says otherwise.
    bool start(const QStringList &arguments = {QStringLiteral("--prewarm"), QString()})
    {
        const bool configured = QFile::exists(m_folder.filePath(QStringLiteral("home/.isol8/config.json")));
        if (!configured && arguments.value(0) == QLatin1String("--prewarm") && arguments.value(1).isEmpty())
            configure(R"({"poolSize": 0})");
        process.setProcessEnvironment(environment);
        process.setProcessChannelMode(errorFile.isEmpty() ? QProcess::ForwardedErrorChannel
                                                          : QProcess::SeparateChannels);
        process.setStandardErrorFile(errorFile, QIODevice::Append);
        process.start(binary(), QStringList{QStringLiteral("--local")} + arguments);
        QElapsedTimer clock;
        clock.start();
        while (clock.elapsed() < 10000 && process.state() != QProcess::NotRunning) {
            QLocalSocket socket;
            socket.connectToServer(socketPath());
            if (socket.waitForConnected(100)) {
                engineId =
                    ask("GET /health HTTP/1.1\r\nHost: x\r\n\r\n").json().value(QStringLiteral("engine")).toString();
                return true;
            }
            QTest::qWait(10);
        }
        return false;
    }

    //! Its exit code, or -1 when it did not end within \a ms (it is killed then) or crashed.
    int stop(int signal, int ms = 30000)
    {
        if (process.processId() <= 0)
            return -1;
        processtest::sendSignal(process, signal);
        if (process.waitForFinished(ms) && process.exitStatus() == QProcess::NormalExit)
            return process.exitCode();
        process.kill();
        process.waitForFinished(5000);
        return -1;
    }

    //! One exchange on a connection of its own.
    [[nodiscard]] Answer ask(const QByteArray &request, int ms = 60000) const
    {
        QLocalSocket socket;
        socket.connectToServer(socketPath());
        QByteArray closing = request;
        closing.insert(closing.indexOf("\r\n") + 2, "Connection: close\r\n");
        socket.write(closing);
        QByteArray bytes;
        QElapsedTimer clock;
        clock.start();
        while (clock.elapsed() < ms && socket.waitForReadyRead(static_cast<int>(qMax<qint64>(ms - clock.elapsed(), 1))))
            bytes += socket.readAll();
        return parseAnswer(bytes + socket.readAll());
    }

    //! How many containers of its there are, in whatever state.
    [[nodiscard]] qsizetype containers() const
    {
        return dockertest::containers(QStringLiteral("org.isol8"), engineId).size();
    }
    [[nodiscard]] bool nothingLeft(int ms = 3000) const { return dockertest::gone(engineId, ms); }

    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    QProcess process;
    QString engineId;
    QString errorFile; //!< where its stderr goes; empty: to ours

private:
    QTemporaryDir m_folder;
};

} // namespace servicetest
