// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "support/Cli.h"
#include "support/OwnDaemon.h"

#include <QCoreApplication>
#include <QRegularExpression>

#include <map>

#include <unistd.h>

/*!
    A machine in small for faults: a daemon of its own, a home of its own, and the engines that may live in it.
*/
namespace faults {

using namespace Qt::StringLiterals;

constexpr int Patience = 120'000;

inline QByteArray fileText(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

//! Which engine a run goes through.
enum class Way { Direct, Background, Service, Desktop };
constexpr const char *wayNames[] = {"the command", "the background engine", "the service", "the desktop app"};

//! What an engine that does nothing holds.
struct Holdings
{
    qint64 residentKiB = 0;
    qsizetype descriptors = 0;
};

class Machine
{
public:
    Machine()
        : m_cgroup(u"/isol8-faults-%1"_s.arg(::getpid()))
    {
        m_environment = QProcessEnvironment::systemEnvironment();
        for (const auto &[name, folder] : {std::pair{u"HOME"_s, u"home"_s}, std::pair{u"XDG_CACHE_HOME"_s, u"cache"_s},
                                           std::pair{u"XDG_RUNTIME_DIR"_s, u"run"_s}, std::pair{u"TMPDIR"_s, u"tmp"_s},
                                           std::pair{QString(), u"alone"_s}, std::pair{QString(), u"desktop"_s}}) {
            QDir(m_home.path()).mkdir(folder);
            QFile::setPermissions(m_home.filePath(folder), QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
            if (!name.isEmpty())
                m_environment.insert(name, m_home.filePath(folder));
        }
        m_environment.insert(u"ISOL8_API_KEY"_s, u"isol8-of-the-faults"_s);
        m_environment.insert(u"QT_QPA_PLATFORM"_s, u"offscreen"_s);
        for (const QString &name : {u"ISOL8_CONFIG"_s, u"ISOL8_ENGINE"_s, u"DOCKER_CONTEXT"_s})
            m_environment.remove(name);
        QDir(m_home.path()).mkpath(u"home/.isol8"_s);
        for (const QString &name : {u"home/.isol8/config.json"_s, u"desktop/config.json"_s}) {
            QFile config(m_home.filePath(name));
            // What is kept ready would be counted as left behind.
            if (config.open(QIODevice::WriteOnly))
                config.write("{\"poolSize\": 0}");
        }
    }
    ~Machine() { stopEngines(); }

    //! One that was killed cannot start again at once: its remains hold its folder. Engines of the one before end.
    [[nodiscard]] bool newDaemon()
    {
        stopEngines();
        m_daemon = std::make_unique<dockertest::OwnDaemon>();
        m_daemon->extraArguments = {u"--cgroup-parent"_s, m_cgroup};
        m_environment.insert(u"DOCKER_HOST"_s, QString(u"unix://"_s + m_daemon->socket()));
        return m_daemon->start() && m_daemon->loadImage(u"isol8:bash"_s);
    }
    [[nodiscard]] const dockertest::OwnDaemon &daemon() const { return *m_daemon; }
    [[nodiscard]] pid_t daemonId() const
    {
        return fileText(QString(QFileInfo(m_daemon->socket()).path() + u"/pid"_s)).trimmed().toInt();
    }

    //! Starts it where it does not live; of Direct there is none.
    [[nodiscard]] bool haveEngine(Way way)
    {
        if (way == Way::Direct || isAlive(way))
            return true;
        auto process = std::make_unique<QProcess>();
        process->setProcessEnvironment(m_environment);
        process->setStandardErrorFile(m_home.filePath(u"engine%1.log"_s.arg(int(way))), QIODevice::Append);
        if (way == Way::Desktop)
            process->start(QCoreApplication::applicationDirPath() + u"/isol8-desktop-victim"_s,
                           {m_home.filePath(u"desktop"_s)});
        else if (way == Way::Service)
            process->start(clitest::binary(), {u"serve"_s, u"--port"_s, u"0"_s, u"--prewarm"_s, QString()});
        else
            process->start(clitest::binary(), {u"serve"_s, u"--local"_s, u"--prewarm"_s, QString()});
        if (!process->waitForStarted())
            return false;
        QByteArray line;
        const bool ready = QTest::qWaitFor(
            [&] {
                if (way == Way::Background)
                    return QFile::exists(m_home.filePath(u"run/isol8/engine.sock"_s)) ||
                           process->state() == QProcess::NotRunning;
                line += process->readAllStandardOutput();
                return line.contains('\n') || process->state() == QProcess::NotRunning;
            },
            Patience);
        if (way == Way::Service)
            m_url = QString::fromLatin1(line.trimmed());
        m_engines[way] = std::move(process);
        return ready && isAlive(way);
    }
    [[nodiscard]] bool isAlive(Way way) const
    {
        const auto found = m_engines.find(way);
        return found != m_engines.end() && found->second->state() != QProcess::NotRunning;
    }
    [[nodiscard]] QProcess *engine(Way way) const
    {
        const auto found = m_engines.find(way);
        return found == m_engines.end() ? nullptr : found->second.get();
    }
    void stopEngine(Way way)
    {
        QProcess *process = engine(way);
        if (process && process->state() != QProcess::NotRunning) {
            process->terminate();
            if (!process->waitForFinished(30'000)) {
                process->kill();
                process->waitForFinished(5000);
            }
        }
        m_engines.erase(way);
    }
    void stopEngines()
    {
        for (const Way way : {Way::Background, Way::Service, Way::Desktop})
            stopEngine(way);
    }

    //! `isol8 run` of a bash program, on its way.
    [[nodiscard]] std::unique_ptr<QProcess> command(Way way, const QString &code) const
    {
        QProcessEnvironment environment = m_environment;
        if (way != Way::Background)
            environment.insert(u"XDG_RUNTIME_DIR"_s, m_home.filePath(u"alone"_s));
        QStringList arguments{u"run"_s, u"-r"_s, u"bash"_s, u"--cmd"_s, code};
        if (way == Way::Service)
            arguments += {u"--host"_s, m_url};
        auto process = std::make_unique<QProcess>();
        process->setProcessEnvironment(environment);
        process->start(clitest::binary(), arguments);
        return process;
    }

    //! The processes of the sandboxes that run: their isol8-init, or the shims that hold them.
    [[nodiscard]] QList<pid_t> guests(bool shims) const
    {
        QList<pid_t> list;
        const QByteArray ids = m_daemon->docker({u"ps"_s, u"-q"_s, u"--no-trunc"_s});
        for (const QByteArray &id : ids.split('\n')) {
            if (id.isEmpty())
                continue;
            if (shims) {
                for (const auto &[pid, words] : processes()) {
                    if (words.contains(id))
                        list.append(pid);
                }
            } else {
                list.append(
                    m_daemon->docker({u"inspect"_s, u"-f"_s, u"{{.State.Pid}}"_s, QString::fromLatin1(id)}).toInt());
            }
        }
        list.removeIf([](pid_t id) { return id <= 1; }); // who has ended has none
        return list;
    }

    //! What there is although nothing runs; empty: nothing.
    [[nodiscard]] QByteArray left() const
    {
        QByteArray found;
        const QByteArray containers = m_daemon->docker({u"ps"_s, u"-a"_s, u"--format"_s, u"{{.ID}} {{.Status}}"_s});
        if (!containers.isEmpty())
            found += "containers: " + containers.simplified() + "; ";
        QList<QByteArray> engines;
        for (const auto &[way, process] : m_engines) {
            if (process->state() != QProcess::NotRunning)
                engines.append(QByteArray::number(process->processId()));
        }
        const QByteArray socket = QFile::encodeName(m_daemon->socket());
        for (const auto &[pid, words] : processes()) {
            const bool reaper =
                words.startsWith("isol8-reaper") && words.contains(socket) && !engines.contains(parentOf(pid));
            if (reaper || fileText(u"/proc/%1/cgroup"_s.arg(pid)).contains(m_cgroup.toLatin1()))
                found += "process " + QByteArray::number(pid) + " (" + QByteArray(words).replace('\0', ' ') + "); ";
        }
        const QStringList files = QDir(m_home.filePath(u"tmp"_s))
                                      .entryList(QDir::AllEntries | QDir::NoDotAndDotDot | QDir::Hidden | QDir::System);
        if (!files.isEmpty())
            found += "files: " + files.join(u' ').toUtf8();
        return found;
    }

    [[nodiscard]] Holdings holdings(Way way) const
    {
        const QString folder = u"/proc/%1/"_s.arg(m_engines.at(way)->processId());
        Holdings holdings;
        static const QRegularExpression pattern(u"VmRSS:\\s*(\\d+) kB"_s);
        holdings.residentKiB =
            pattern.match(QString::fromLatin1(fileText(folder + u"status"_s))).captured(1).toLongLong();
        holdings.descriptors =
            QDir(folder + u"fd"_s).entryList(QDir::AllEntries | QDir::System | QDir::NoDotAndDotDot).size();
        return holdings;
    }

private:
    [[nodiscard]] static QByteArray parentOf(pid_t id)
    {
        const QByteArray status = fileText(u"/proc/%1/status"_s.arg(id));
        const qsizetype at = status.indexOf("PPid:\t") + 6;
        return status.mid(at, status.indexOf('\n', at) - at);
    }
    [[nodiscard]] static std::map<pid_t, QByteArray> processes()
    {
        std::map<pid_t, QByteArray> map;
        const QStringList entries = QDir(u"/proc"_s).entryList(QDir::Dirs | QDir::NoDotAndDotDot);
        for (const QString &entry : entries) {
            bool ok = false;
            const pid_t id = entry.toInt(&ok);
            if (ok)
                map.emplace(id, fileText(u"/proc/%1/cmdline"_s.arg(id)));
        }
        return map;
    }

    QTemporaryDir m_home;
    QString m_cgroup;
    QProcessEnvironment m_environment;
    std::unique_ptr<dockertest::OwnDaemon> m_daemon;
    std::map<Way, std::unique_ptr<QProcess>> m_engines;
    QString m_url; //!< of the service
};

} // namespace faults
