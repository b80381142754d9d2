// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/docker/Endpoint.h>
#include <isol8/guest/protocol.h>

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLocalServer>
#include <QLocalSocket>
#include <QTemporaryDir>

#include <functional>

namespace isol8::test {

/*!
    The machine's Docker daemon by another socket, whose containers lack walls: what is asked for is changed by
    `weaken` on its way, and isol8-init replaced by tests/isol8-init-open, which tells the engine what it wants to hear.
    So the engine that is tested is the product's, unchanged.
*/
class WeakDocker : public QObject
{
public:
    explicit WeakDocker(QString daemon = QStringLiteral("/var/run/docker.sock"))
        : m_daemon(std::move(daemon))
    {
        connect(&m_server, &QLocalServer::newConnection, this, [this] {
            while (QLocalSocket *client = m_server.nextPendingConnection())
                add(client);
        });
        m_server.listen(m_folder.filePath(QStringLiteral("docker.sock")));
    }

    [[nodiscard]] docker::Endpoint endpoint() const
    {
        docker::Endpoint endpoint;
        endpoint.path = m_server.fullServerName();
        return endpoint;
    }
    [[nodiscard]] QString address() const { return QStringLiteral("unix://") + m_server.fullServerName(); }

    std::function<void(QJsonObject &create)> weaken; //!< the body of POST /containers/create
    QString open;                                    //!< of isol8-init-open, comma-separated
    bool lies = true; //!< isol8-init-open says what was asked for; else it is the product's
    int created = 0;

private:
    struct Link
    {
        QLocalSocket *client = nullptr;
        QLocalSocket *daemon = nullptr;
        QByteArray buffer; //!< of requests
        bool raw = false;  //!< an attached stream, or a body without a length
    };

    void add(QLocalSocket *client)
    {
        auto *daemon = new QLocalSocket(client);
        auto link = std::make_shared<Link>(Link{client, daemon, {}, false});
        connect(client, &QLocalSocket::readyRead, this, [this, link] { forward(*link); });
        connect(daemon, &QLocalSocket::readyRead, client,
                [link] { link->client->write(link->daemon->readAll()), link->client->flush(); });
        connect(client, &QLocalSocket::disconnected, daemon, &QLocalSocket::disconnectFromServer);
        connect(client, &QLocalSocket::disconnected, client, &QObject::deleteLater);
        connect(daemon, &QLocalSocket::disconnected, client, &QLocalSocket::disconnectFromServer);
        daemon->connectToServer(m_daemon);
        forward(*link);
    }

    void forward(Link &link)
    {
        link.buffer += link.client->readAll();
        while (!link.raw) {
            const qsizetype end = link.buffer.indexOf("\r\n\r\n");
            if (end < 0)
                return;
            QByteArray head = link.buffer.first(end + 4);
            const qsizetype at = head.toLower().indexOf("\r\ncontent-length:");
            const qsizetype line = at < 0 ? -1 : head.indexOf("\r\n", at + 2);
            const qsizetype length = at < 0 ? 0 : head.sliced(at + 17, line - at - 17).trimmed().toLongLong();
            if (head.toLower().contains("upgrade: tcp") || head.toLower().contains("transfer-encoding: chunked")) {
                link.raw = true;
                break;
            }
            if (link.buffer.size() < end + 4 + length)
                return;
            QByteArray body = link.buffer.sliced(end + 4, length);
            link.buffer.remove(0, end + 4 + length);
            if (head.startsWith("POST") && head.first(head.indexOf('\r')).contains("/containers/create")) {
                body = weakened(body);
                head.replace(at, line - at, QByteArray("\r\nContent-Length: " + QByteArray::number(body.size())));
                ++created;
            }
            link.daemon->write(head + body);
        }
        link.daemon->write(std::exchange(link.buffer, {}));
        link.daemon->flush();
    }

    [[nodiscard]] QByteArray weakened(const QByteArray &body) const
    {
        QJsonObject create = QJsonDocument::fromJson(body).object();
        const QString facts = factsOf(create);
        if (weaken)
            weaken(create);
        QJsonObject host = create.value(QStringLiteral("HostConfig")).toObject();
        QJsonArray mounts = host.value(QStringLiteral("Mounts")).toArray();
        for (QJsonValueRef value : mounts) {
            QJsonObject mount = value.toObject();
            if (lies && mount.value(QStringLiteral("Target")).toString() == QStringLiteral("/.isol8/isol8-init"))
                mount.insert(QStringLiteral("Source"), QStringLiteral(ISOL8_BINARY_DIR "/tests/isol8-init-open"));
            value = mount;
        }
        host.insert(QStringLiteral("Mounts"), mounts);
        create.insert(QStringLiteral("HostConfig"), host);
        if (lies) {
            QJsonArray env = create.value(QStringLiteral("Env")).toArray();
            env.append(QString(QStringLiteral("ISOL8_OPEN_WALLS=") + open));
            env.append(QString(QStringLiteral("ISOL8_FACTS=") + facts));
            create.insert(QStringLiteral("Env"), env);
        }
        return QJsonDocument(create).toJson(QJsonDocument::Compact);
    }

    //! What a sandbox that is as it was asked for would say.
    static QString factsOf(const QJsonObject &create)
    {
        const QJsonObject host = create.value(QStringLiteral("HostConfig")).toObject();
        const auto number = [&](const char *key) {
            return QString::number(host.value(QLatin1StringView(key)).toInteger());
        };
        const auto size = [&](const QString &path) {
            const QString options = host.value(QStringLiteral("Tmpfs"))[path].toString();
            const qsizetype at = options.indexOf(QStringLiteral("size="));
            return options.sliced(at + 5).section(u',', 0, 0);
        };
        return QStringList{
            QStringLiteral("net=lo"),
            QStringLiteral("nnp=1"),
            QStringLiteral("seccomp=2"),
            QStringLiteral("cap.bounding=1e0"),
            QStringLiteral("cap.effective=1e0"),
            QStringLiteral("root.readonly=1"),
            QStringLiteral("mounts.writable="),
            QStringLiteral("memory.max=") + number("Memory"),
            QStringLiteral("memory.swap.max=0"),
            QStringLiteral("pids.max=") + number("PidsLimit"),
            QStringLiteral("cpu.max=%1 100000").arg(host.value(QStringLiteral("NanoCpus")).toInteger() / 10000),
            QStringLiteral("nofile=1024"),
            QStringLiteral("core=0"),
            QStringLiteral("mount:/sandbox=tmpfs rw,nosuid,nodev ") + size(QStringLiteral("/sandbox")),
            QStringLiteral("mount:/tmp=tmpfs rw,nosuid,nodev,noexec ") + size(QStringLiteral("/tmp")),
            QStringLiteral("mount:/dev/shm=tmpfs rw,nosuid,nodev,noexec ") + number("ShmSize")}
            .join(u'|');
    }

    QString m_daemon;
    QTemporaryDir m_folder;
    QLocalServer m_server;
};

} // namespace isol8::test
