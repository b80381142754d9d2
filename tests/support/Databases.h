// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "Signals.h"

#include <QDir>
#include <QFile>
#include <QProcess>
#include <QTcpServer>
#include <QTemporaryDir>
#include <QTest>
#include <QUrl>

#include <csignal>

#include <unistd.h>

/*!
    A real PostgreSQL and a real MariaDB of the test's own, in temporary folders, for an unprivileged user. They end
   with the test, however that ends. PostgreSQL is reached by a Unix socket, MariaDB by loopback.
*/
namespace databases {

inline constexpr uint Nobody = 65534;
//! Of both; what a URL must encode is in it.
inline QString password()
{
    return QStringLiteral("p@ss/w#rd %1;'");
}

class Server
{
public:
    Server()
        : m_folder(QDir::tempPath() + QStringLiteral("/isol8-db-XXXXXX"))
    {
        if (::geteuid() == 0 && ::chown(QFile::encodeName(m_folder.path()).constData(), Nobody, Nobody) != 0)
            problem = QStringLiteral("chown");
    }
    virtual ~Server() { end(); }
    Server(const Server &) = delete;
    Server &operator=(const Server &) = delete;

    //! To be called before start(); two servers do that at the same time.
    virtual void prepare() = 0;
    virtual bool start() = 0;
    //! For DatabaseTarget.
    [[nodiscard]] virtual QString url() const = 0;

    //! SIGKILL: what a crash or a lost machine is.
    void end()
    {
        for (QProcess *process : {&m_server, &m_preparation}) {
            if (process->state() == QProcess::NotRunning)
                continue;
            process->kill();
            process->waitForFinished(10000);
        }
    }
    //! Like a machine that answers nothing any more.
    void suspend(bool suspended) const
    {
        if (m_server.processId() <= 0) // the kernel's first processes have the parent 0
            return;
        const QByteArray parent = QByteArray::number(m_server.processId());
        const QStringList processes = QDir(QStringLiteral("/proc")).entryList(QDir::Dirs);
        processtest::sendSignal(m_server, suspended ? SIGSTOP : SIGCONT);
        for (const QString &process : processes) {
            QFile status(QStringLiteral("/proc/%1/status").arg(process));
            if (process.toInt() > 0 && status.open(QIODevice::ReadOnly) &&
                status.readAll().contains(QByteArray("\nPPid:\t" + parent + "\n")))
                processtest::sendSignal(process.toInt(), suspended ? SIGSTOP : SIGCONT);
        }
    }

    QString problem;

protected:
    void launch(QProcess *process, const QString &program, const QStringList &arguments)
    {
        QStringList line{QStringLiteral("--pdeathsig=KILL")};
        if (::geteuid() == 0)
            line << QStringLiteral("--reuid=%1").arg(Nobody) << QStringLiteral("--regid=%1").arg(Nobody)
                 << QStringLiteral("--clear-groups");
        process->setWorkingDirectory(m_folder.path());
        process->setProcessChannelMode(QProcess::MergedChannels);
        process->setStandardOutputFile(m_folder.filePath(QStringLiteral("log")), QIODevice::Truncate);
        process->start(QStringLiteral("setpriv"), line << QStringLiteral("--") << program << arguments);
    }
    bool prepared()
    {
        if (m_preparation.state() != QProcess::NotRunning)
            m_preparation.waitForFinished(120000);
        return (m_preparation.exitStatus() == QProcess::NormalExit && m_preparation.exitCode() == 0) || complain();
    }
    //! Until the server that was launched says \a sentence.
    bool says(const QByteArray &sentence)
    {
        const bool said = QTest::qWaitFor(
            [&] { return log().contains(sentence) || m_server.state() == QProcess::NotRunning; }, 120000);
        return (said && m_server.state() != QProcess::NotRunning) || complain();
    }
    [[nodiscard]] QByteArray log() const
    {
        QFile file(m_folder.filePath(QStringLiteral("log")));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }
    bool complain()
    {
        problem = QString::fromUtf8(log().right(3000));
        return false;
    }
    void write(const QString &name, const QString &content) const
    {
        QFile file(m_folder.filePath(name));
        if (file.open(QIODevice::WriteOnly))
            file.write(content.toUtf8());
        file.setPermissions(QFile::ReadOwner | QFile::ReadGroup | QFile::ReadOther);
    }

    QTemporaryDir m_folder;
    QProcess m_preparation;
    QProcess m_server;
};

class Postgres : public Server
{
public:
    void prepare() override
    {
        const QStringList versions =
            QDir(QStringLiteral("/usr/lib/postgresql")).entryList(QDir::Dirs | QDir::NoDotAndDotDot, QDir::Name);
        m_programs = QStringLiteral("/usr/lib/postgresql/%1/bin/").arg(versions.value(versions.size() - 1));
        write(QStringLiteral("password"), password());
        launch(&m_preparation, m_programs + QStringLiteral("initdb"),
               {QStringLiteral("-D"), QStringLiteral("data"), QStringLiteral("-U"), QStringLiteral("isol8"),
                QStringLiteral("--auth=scram-sha-256"), QStringLiteral("--pwfile=password"), QStringLiteral("-N"),
                QStringLiteral("-E"), QStringLiteral("UTF8"), QStringLiteral("--locale=C"),
                QStringLiteral("--no-instructions")});
    }
    bool start() override
    {
        if (!prepared())
            return false;
        launch(&m_server, m_programs + QStringLiteral("postgres"),
               {QStringLiteral("-D"), QStringLiteral("data"), QStringLiteral("-k"), m_folder.path(),
                QStringLiteral("-c"), QStringLiteral("listen_addresses="), QStringLiteral("-c"),
                QStringLiteral("fsync=off"), QStringLiteral("-c"), QStringLiteral("shared_buffers=16MB")});
        return says("ready to accept connections");
    }
    [[nodiscard]] QString url() const override
    {
        return QStringLiteral("postgres://isol8:%1@/postgres?host=%2")
            .arg(QString::fromLatin1(QUrl::toPercentEncoding(password())), m_folder.path());
    }

private:
    QString m_programs;
};

class MariaDb : public Server
{
public:
    void prepare() override
    {
        launch(&m_preparation, QStringLiteral("mariadb-install-db"),
               {QStringLiteral("--no-defaults"), QStringLiteral("--datadir=%1/data").arg(m_folder.path()),
                QStringLiteral("--auth-root-authentication-method=normal"), QStringLiteral("--skip-test-db"),
                QStringLiteral("--skip-name-resolve"), QStringLiteral("--innodb-flush-method=nosync")});
        QString quoted = password();
        quoted.replace(QLatin1Char('\''), QLatin1String("''"));
        write(QStringLiteral("users.sql"),
              QStringLiteral("CREATE DATABASE IF NOT EXISTS keyring;\n"
                             "CREATE USER IF NOT EXISTS 'isol8'@'127.0.0.1' IDENTIFIED BY '%1';\n"
                             "GRANT ALL ON keyring.* TO 'isol8'@'127.0.0.1';\n")
                  .arg(quoted));
    }
    bool start() override
    {
        if (!prepared())
            return false;
        // Somebody else may take the port before the server does.
        for (int tries = 0; tries < 3; ++tries) {
            QTcpServer probe;
            if (m_port == 0 && probe.listen(QHostAddress::LocalHost))
                m_port = probe.serverPort();
            probe.close();
            launch(
                &m_server, QStringLiteral("/usr/sbin/mariadbd"),
                {QStringLiteral("--no-defaults"), QStringLiteral("--datadir=%1/data").arg(m_folder.path()),
                 QStringLiteral("--socket=%1/socket").arg(m_folder.path()), QStringLiteral("--bind-address=127.0.0.1"),
                 QStringLiteral("--port=%1").arg(m_port), QStringLiteral("--pid-file=%1/pid").arg(m_folder.path()),
                 QStringLiteral("--innodb-buffer-pool-size=16M"), QStringLiteral("--innodb-flush-log-at-trx-commit=2"),
                 QStringLiteral("--innodb-flush-method=nosync"), QStringLiteral("--skip-name-resolve"),
                 QStringLiteral("--init-file=%1/users.sql").arg(m_folder.path())});
            if (says("ready for connections"))
                return true;
            m_port = 0;
        }
        return false;
    }
    [[nodiscard]] QString url() const override
    {
        return QStringLiteral("mysql://isol8:%1@127.0.0.1:%2/keyring")
            .arg(QString::fromLatin1(QUrl::toPercentEncoding(password())), QString::number(m_port));
    }

private:
    quint16 m_port = 0;
};

} // namespace databases
