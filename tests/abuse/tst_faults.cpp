// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker,abuse; base
/*
    Parts of isol8 are killed or frozen at random moments of `isol8 run`: the command itself, the background engine, the
    program's isol8-init, its containerd shim, and dockerd, which is this test's own. Then what is left is counted:
    containers, processes, files of the runs, answers that are lost or wrong. All of it is none.

        ISOL8_FAULTS=500 ISOL8_FAULTS_SEED=7 ISOL8_BIN=build/ci/bin build/ci/tests/tst_faults

    Without that it is 20 rounds, of a seed that the output tells.
*/
#include "support/Cli.h"
#include "support/OwnDaemon.h"

#include <QElapsedTimer>
#include <QTest>

#include <csignal>
#include <random>

#include <sys/types.h>
#include <unistd.h>

using namespace Qt::StringLiterals;
using clitest::binary;
using dockertest::OwnDaemon;

namespace {

enum class Victim { Command, Background, Init, Shim, Daemon };
enum class Blow { Kill, Freeze };

constexpr const char *victims[] = {"the command", "the background engine", "isol8-init", "the shim", "dockerd"};
constexpr int Patience = 120'000;
// Qt Test ends a function after five minutes, unless it is told otherwise before the first.
[[maybe_unused]] const bool patient = qputenv("QTEST_FUNCTION_TIMEOUT", "86400000");
constexpr int Frozen = 700; // milliseconds
const QByteArray Answer = "begin\nthe answer\n";

QByteArray fileText(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

} // namespace

class tst_faults : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void rounds();
    void cleanupTestCase();

private:
    void newDaemon();
    void round(Victim victim, Blow blow, int delay);
    [[nodiscard]] QList<pid_t> find(Victim victim, const QProcess &command) const;
    [[nodiscard]] QByteArray left() const;
    [[nodiscard]] bool startBackground();
    [[nodiscard]] QList<pid_t> processesWith(const QByteArray &argument) const;

    std::unique_ptr<OwnDaemon> m_daemon;
    std::unique_ptr<QTemporaryDir> m_home;
    QProcessEnvironment m_environment;
    std::unique_ptr<QProcess> m_background;
    std::mt19937 m_random;
    QByteArray m_round; //!< for messages
};

void tst_faults::initTestCase()
{
    QVERIFY2(::geteuid() == 0, "a daemon of the test's own needs root");
    m_home = std::make_unique<QTemporaryDir>();
    m_environment = QProcessEnvironment::systemEnvironment();
    for (const auto &[name, folder] : {std::pair{u"HOME"_s, u"home"_s}, std::pair{u"XDG_CACHE_HOME"_s, u"cache"_s},
                                       std::pair{u"XDG_RUNTIME_DIR"_s, u"run"_s}, std::pair{u"TMPDIR"_s, u"tmp"_s}}) {
        QVERIFY(QDir(m_home->path()).mkdir(folder));
        QFile::setPermissions(m_home->filePath(folder), QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
        m_environment.insert(name, m_home->filePath(folder));
    }
    newDaemon();
    bool given = false;
    uint seed = uint(qEnvironmentVariableIntValue("ISOL8_FAULTS_SEED", &given));
    if (!given)
        seed = std::random_device()();
    m_random.seed(seed);
    qInfo("seed %u", seed);
}

// One that was killed cannot start again at once: its remains hold its folder.
void tst_faults::newDaemon()
{
    m_daemon = std::make_unique<OwnDaemon>();
    QVERIFY2(m_daemon->start(), m_round.constData());
    QVERIFY2(m_daemon->loadImage(u"isol8:bash"_s), m_round.constData());
    m_environment.insert(u"DOCKER_HOST"_s, QString(u"unix://"_s + m_daemon->socket()));
}

bool tst_faults::startBackground()
{
    if (m_background && m_background->state() != QProcess::NotRunning)
        return true;
    m_background = std::make_unique<QProcess>();
    m_background->setProcessEnvironment(m_environment);
    m_background->setStandardErrorFile(m_home->filePath(u"background.log"_s), QIODevice::Append);
    m_background->setStandardOutputFile(QProcess::nullDevice());
    m_background->start(binary(), {u"serve"_s, u"--local"_s});
    return m_background->waitForStarted() &&
           QTest::qWaitFor([&] { return QFile::exists(m_home->filePath(u"run/isol8/engine.sock"_s)); }, Patience);
}

QList<pid_t> tst_faults::processesWith(const QByteArray &argument) const
{
    QList<pid_t> list;
    const QStringList entries = QDir(u"/proc"_s).entryList(QDir::Dirs | QDir::NoDotAndDotDot);
    for (const QString &entry : entries) {
        bool ok = false;
        const pid_t id = entry.toInt(&ok);
        if (ok && fileText(u"/proc/%1/cmdline"_s.arg(id)).contains(argument))
            list.append(id);
    }
    return list;
}

QList<pid_t> tst_faults::find(Victim victim, const QProcess &command) const
{
    switch (victim) {
    case Victim::Command:
        return {pid_t(command.processId())};
    case Victim::Background:
        return {pid_t(m_background->processId())};
    case Victim::Daemon:
        return {fileText(QString(QFileInfo(m_daemon->socket()).path() + u"/pid"_s)).trimmed().toInt()};
    case Victim::Init:
    case Victim::Shim:
        break;
    }
    const QByteArray ids = m_daemon->docker({u"ps"_s, u"-q"_s, u"--no-trunc"_s});
    QList<pid_t> list;
    for (const QByteArray &id : ids.split('\n')) {
        if (id.isEmpty())
            continue;
        if (victim == Victim::Shim)
            list += processesWith(id);
        else
            list.append(
                m_daemon->docker({u"inspect"_s, u"-f"_s, u"{{.State.Pid}}"_s, QString::fromLatin1(id)}).toInt());
    }
    list.removeAll(0);
    return list;
}

// What there is although nothing runs; empty: nothing. The background engine, while it lives, may have its own.
QByteArray tst_faults::left() const
{
    const bool background = m_background && m_background->state() != QProcess::NotRunning;
    QByteArray found;
    if (!background) {
        const QByteArray containers = m_daemon->docker({u"ps"_s, u"-a"_s, u"--format"_s, u"{{.ID}} {{.Status}}"_s});
        if (!containers.isEmpty())
            found += "containers: " + containers.simplified() + "; ";
        for (const pid_t id : processesWith(QFile::encodeName(m_home->filePath(u"cache"_s))))
            found += "process " + QByteArray::number(id) + " (" +
                     fileText(u"/proc/%1/cmdline"_s.arg(id)).replace('\0', ' ') + "); ";
    }
    const QStringList files = QDir(m_home->filePath(u"tmp"_s))
                                  .entryList(QDir::AllEntries | QDir::NoDotAndDotDot | QDir::Hidden | QDir::System);
    if (!files.isEmpty())
        found += "files: " + files.join(u' ').toUtf8();
    return found;
}

void tst_faults::round(Victim victim, Blow blow, int delay)
{
    if (victim == Victim::Background)
        QVERIFY2(startBackground(), m_round.constData());
    QProcess command;
    command.setProcessEnvironment(m_environment);
    if (victim != Victim::Background && m_background) {
        m_background->kill();
        m_background->waitForFinished(Patience);
        m_background.reset();
    }
    command.start(binary(), {u"run"_s, u"-r"_s, u"bash"_s, u"--cmd"_s, u"echo begin; sleep 0.3; echo the answer"_s});
    QVERIFY2(command.waitForStarted(), m_round.constData());
    QTest::qWait(delay);
    QList<pid_t> ids = find(victim, command);
    ids.removeIf([](pid_t id) { return id <= 1; }); // who has ended has none
    const bool loses = victim == Victim::Daemon && blow == Blow::Kill;
    const QList<pid_t> orphans = loses ? find(Victim::Init, command) : QList<pid_t>();
    for (const pid_t id : ids)
        ::kill(id, blow == Blow::Kill ? SIGKILL : SIGSTOP);
    if (blow == Blow::Freeze) {
        QTest::qWait(Frozen);
        for (const pid_t id : ids)
            ::kill(id, SIGCONT);
    }
    QVERIFY2(QTest::qWaitFor([&] { return command.state() == QProcess::NotRunning; }, Patience),
             QByteArray(m_round + ": it does not end").constData());
    const QByteArray out = command.readAllStandardOutput();
    const QByteArray err = command.readAllStandardError();
    const QByteArray what =
        m_round + ": exit " + QByteArray::number(command.exitCode()) + ", out \"" + out + "\", err \"" + err + '"';
    if (victim == Victim::Command && blow == Blow::Kill && command.exitStatus() == QProcess::CrashExit) {
        QVERIFY2(Answer.startsWith(out), what.constData()); // nobody waits for the rest
    } else {
        QVERIFY2(command.exitStatus() == QProcess::NormalExit, what.constData());
        // The whole answer, or a sentence about why there is none.
        const bool answered = command.exitCode() == 0 && out == Answer;
        const bool told = command.exitCode() != 0 && err.startsWith("isol8: ") && Answer.startsWith(out);
        QVERIFY2(answered || told, what.constData());
        QVERIFY2(answered || blow == Blow::Kill, what.constData()); // who was frozen goes on
    }
    if (loses) { // init ends by itself when nobody has spoken to it for a while
        for (const pid_t id : orphans)
            QVERIFY2(QTest::qWaitFor([&] { return ::kill(id, 0) != 0; }, Patience), m_round.constData());
        newDaemon();
    }
    QVERIFY2(QTest::qWaitFor([&] { return left().isEmpty(); }, Patience),
             QByteArray(m_round + ": left behind: " + left()).constData());
}

void tst_faults::rounds()
{
    const int wanted = qEnvironmentVariableIntValue("ISOL8_FAULTS");
    const int count = wanted > 0 ? wanted : 20;
    QElapsedTimer clock;
    clock.start();
    for (int i = 0; i < count; ++i) {
        // A lost dockerd takes a minute: one round in sixty, and not in CI, where tst_daemondeath is.
        const int dice = int(m_random() % 20);
        const Victim victim = dice == 0 ? Victim::Daemon : Victim(dice % 4);
        const bool freezes = m_random() % 3 == 0 || (victim == Victim::Daemon && (wanted == 0 || m_random() % 2));
        const Blow blow = freezes ? Blow::Freeze : Blow::Kill;
        const int delay = int(m_random() % 900);
        m_round = "round " + QByteArray::number(i) + " (" + (blow == Blow::Kill ? "killed" : "frozen") + ' ' +
                  victims[int(victim)] + " after " + QByteArray::number(delay) + " ms)";
        round(victim, blow, delay);
        if (QTest::currentTestFailed())
            return;
        if (i % 50 == 49)
            qInfo("%d rounds, %lld s", i + 1, clock.elapsed() / 1000);
    }
}

void tst_faults::cleanupTestCase()
{
    if (m_background) {
        m_background->terminate();
        m_background->waitForFinished(30'000);
        m_background.reset();
        QTRY_COMPARE_WITH_TIMEOUT(left(), QByteArray(), Patience);
    }
}

QTEST_GUILESS_MAIN(tst_faults)
#include "tst_faults.moc"
