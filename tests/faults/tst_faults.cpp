// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker,abuse; base
/*
    Parts of isol8 are killed or frozen at random moments while runs are under way: the command, the background engine,
    the service, the desktop app, a program's isol8-init, its containerd shim, and dockerd, which is this test's own. A
    round is one such blow; several runs are under way in it, by one of the four ways to an engine. After each what is
    left is counted: containers, processes, files of the runs, answers that are lost or wrong. All of it is none. An
    engine that lives on must hold about what it held before: memory and descriptors.

        tests/faults/faults.sh 500       goes on where it was, and says how far it has come

    By itself: ISOL8_FAULTS is the number of rounds (20), ISOL8_FAULTS_SEED their seed, ISOL8_FAULTS_LOG a file to which
    each round that is over adds a line; rounds that are in it are not done again.
*/
#include "Machine.h"
#include "support/Signals.h"

#include <QElapsedTimer>
#include <QTest>

#include <csignal>
#include <random>
#include <vector>

#include <sys/types.h>

using namespace Qt::StringLiterals;
using namespace faults;

namespace {

enum class Victim { Client, Engine, Init, Shim, Daemon };
enum class Blow { Kill, Freeze };

constexpr const char *victimNames[] = {"a client", "the engine", "isol8-init", "the shim", "dockerd"};
// Qt Test ends a function after five minutes, unless it is told otherwise before the first.
[[maybe_unused]] const bool patient = qputenv("QTEST_FUNCTION_TIMEOUT", "86400000");
constexpr int Frozen = 700; // milliseconds
constexpr int Together = 3; // runs of a round
constexpr qint64 MoreKiB = 24 * 1024;
constexpr qsizetype MoreDescriptors = 24;
const QByteArray Answer = "begin\nthe answer\n";

struct Round
{
    Way way = Way::Direct;
    Victim victim = Victim::Client;
    Blow blow = Blow::Kill;
    int delay = 0;
    uint chance = 0; //!< which of several is struck

    [[nodiscard]] QByteArray text() const
    {
        return QByteArray(blow == Blow::Kill ? "killed " : "frozen ") + victimNames[int(victim)] + " after " +
               QByteArray::number(delay) + " ms, runs by " + wayNames[int(way)];
    }
};

// The same for the same seed and number, whatever came before.
Round roundOf(uint seed, int number, bool hasDesktop, bool mayLoseDaemon)
{
    std::seed_seq sequence{seed, uint(number)};
    std::mt19937 random(sequence);
    Round round;
    round.way = Way(random() % (hasDesktop ? 4 : 3));
    // A lost dockerd takes a minute: one round in sixty, and not in CI, where tst_daemondeath is.
    const uint dice = random() % 30;
    round.victim = dice == 0 ? Victim::Daemon : Victim(dice % 4);
    // Where nobody stands between them, the command is the engine.
    if (round.way == Way::Direct && round.victim == Victim::Engine)
        round.victim = Victim::Client;
    round.blow = random() % 3 == 0 ? Blow::Freeze : Blow::Kill;
    if (round.victim == Victim::Daemon && (!mayLoseDaemon || random() % 2))
        round.blow = Blow::Freeze;
    round.delay = int(random() % 600);
    round.chance = random();
    return round;
}

// What one run came to.
struct Outcome
{
    bool died = false; //!< who was to tell it
    bool answered = false;
    bool told = false; //!< why there is no answer
    QByteArray text;
};

} // namespace

class tst_faults : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void rounds();
    void cleanupTestCase();

private:
    void play(const Round &round);
    [[nodiscard]] std::vector<Outcome> runAndStrike(const Round &round);
    [[nodiscard]] QList<pid_t> targets(const Round &round,
                                       const std::vector<std::unique_ptr<QProcess>> &commands) const;
    [[nodiscard]] Outcome outcomeOf(QProcess *command) const;
    [[nodiscard]] Outcome desktopOutcome(QProcess *desktop, const QByteArray &line) const;
    void compareHoldings(Way way);
    void readLog(const QString &path);

    std::unique_ptr<Machine> m_machine;
    uint m_seed = 1;
    bool m_hasDesktop = false;
    int m_first = 0;    //!< rounds that are done already
    int m_before = 0;   //!< of them, those that failed
    QByteArray m_round; //!< for messages
    struct Life
    {
        qint64 process = 0;
        int rounds = 0;
        Holdings early;
    };
    std::map<Way, Life> m_lives;
    qint64 m_mostKiB = 0;
    qsizetype m_mostDescriptors = 0;
    int m_longestLife = 0;
    qint64 m_struck = 0;
    qint64 m_runs = 0;
    qint64 m_answered = 0;
};

void tst_faults::initTestCase()
{
    QVERIFY2(::geteuid() == 0, "a daemon of the test's own needs root");
    m_hasDesktop = QFile::exists(QCoreApplication::applicationDirPath() + u"/isol8-desktop-victim"_s);
    m_machine = std::make_unique<Machine>();
    QVERIFY(m_machine->newDaemon());
    if (const int seed = qEnvironmentVariableIntValue("ISOL8_FAULTS_SEED"))
        m_seed = uint(seed);
    if (const QString log = qEnvironmentVariable("ISOL8_FAULTS_LOG"); !log.isEmpty())
        readLog(log);
    qInfo("seed %u, from round %d on%s", m_seed, m_first, m_hasDesktop ? "" : ", without the desktop app");
}

void tst_faults::readLog(const QString &path)
{
    const QByteArray start = "seed " + QByteArray::number(m_seed) + " round ";
    for (const QByteArray &line : fileText(path).split('\n')) {
        if (!line.startsWith(start))
            continue;
        m_first = std::max(m_first, line.mid(start.size(), line.indexOf(':') - start.size()).toInt() + 1);
        m_before += line.contains(": FAILED") ? 1 : 0;
    }
}

QList<pid_t> tst_faults::targets(const Round &round, const std::vector<std::unique_ptr<QProcess>> &commands) const
{
    const auto one = [&](const QList<pid_t> &list) {
        return list.isEmpty() ? list : QList<pid_t>{list[qsizetype(round.chance % uint(list.size()))]};
    };
    switch (round.victim) {
    case Victim::Client:
        if (commands.empty())
            return {pid_t(m_machine->engine(round.way)->processId())};
        return {pid_t(commands.front()->processId())};
    case Victim::Engine:
        return {pid_t(m_machine->engine(round.way)->processId())};
    case Victim::Daemon:
        return {m_machine->daemonId()};
    case Victim::Init:
        return one(m_machine->guests(false));
    case Victim::Shim:
        return one(m_machine->guests(true));
    }
    return {};
}

Outcome tst_faults::outcomeOf(QProcess *command) const
{
    Outcome outcome;
    const QByteArray out = command->readAllStandardOutput();
    const QByteArray err = command->readAllStandardError();
    outcome.died = command->exitStatus() == QProcess::CrashExit;
    outcome.answered = !outcome.died && command->exitCode() == 0 && out == Answer;
    outcome.told = !outcome.died && command->exitCode() != 0 && err.startsWith("isol8: ") && Answer.startsWith(out);
    outcome.text = "exit " + QByteArray::number(command->exitCode()) + ", out \"" + out + "\", err \"" + err + '"';
    if (outcome.died && !Answer.startsWith(out))
        outcome.died = false; // a wrong answer is worse than none
    return outcome;
}

// "REASON EXITCODE OUTPUT"
Outcome tst_faults::desktopOutcome(QProcess *desktop, const QByteArray &line) const
{
    Outcome outcome;
    outcome.text = "the desktop app says \"" + line + '"';
    if (!line.endsWith('\n')) {
        outcome.died = desktop->state() == QProcess::NotRunning;
        return outcome;
    }
    const QList<QByteArray> words = line.trimmed().split(' ');
    const QByteArray out = QByteArray::fromPercentEncoding(words.value(2));
    // Behind it may stand that the sandbox was gone when its files were to be looked at.
    outcome.answered = words.value(0) == "completed" && words.value(1) == "0" && out.startsWith(Answer);
    outcome.told = words.value(0) != "completed" && !words.value(0).isEmpty();
    return outcome;
}

std::vector<Outcome> tst_faults::runAndStrike(const Round &round)
{
    const QString code = u"echo begin; sleep 0.3; echo the answer"_s;
    std::vector<std::unique_ptr<QProcess>> commands;
    QProcess *desktop = round.way == Way::Desktop ? m_machine->engine(round.way) : nullptr;
    if (desktop) {
        (void)desktop->readAllStandardOutput();
        desktop->write(code.toUtf8() + '\n');
    } else {
        for (int i = 0; i < Together; ++i)
            commands.push_back(m_machine->command(round.way, code));
    }
    QTest::qWait(round.delay);
    const QList<pid_t> ids = targets(round, commands);
    const bool loses = round.victim == Victim::Daemon && round.blow == Blow::Kill;
    const QList<pid_t> orphans = loses ? m_machine->guests(false) : QList<pid_t>();
    for (const pid_t id : ids)
        m_struck += processtest::sendSignal(id, round.blow == Blow::Kill ? SIGKILL : SIGSTOP) ? 1 : 0;
    if (round.blow == Blow::Freeze) {
        QTest::qWait(Frozen);
        for (const pid_t id : ids)
            processtest::sendSignal(id, SIGCONT);
    }
    std::vector<Outcome> outcomes;
    for (const auto &command : commands) {
        if (!QTest::qWaitFor([&] { return command->state() == QProcess::NotRunning; }, Patience))
            outcomes.push_back({false, false, false, "it does not end"});
        else
            outcomes.push_back(outcomeOf(command.get()));
    }
    if (desktop) {
        QByteArray line;
        (void)QTest::qWaitFor(
            [&] {
                line += desktop->readAllStandardOutput();
                return line.endsWith('\n') || desktop->state() == QProcess::NotRunning;
            },
            Patience);
        outcomes.push_back(desktopOutcome(desktop, line));
    }
    if (loses) { // init ends by itself when nobody has spoken to it for a while
        for (const pid_t id : orphans) {
            if (!QTest::qWaitFor([&] { return !processtest::sendSignal(id, 0); }, Patience))
                outcomes.push_back({false, false, false, "isol8-init outlives dockerd"});
        }
    }
    return outcomes;
}

void tst_faults::play(const Round &round)
{
    QVERIFY2(m_machine->haveEngine(round.way), QByteArray(m_round + ": the engine does not start").constData());
    const std::vector<Outcome> outcomes = runAndStrike(round);
    int untold = 0;
    int told = 0;
    for (const Outcome &outcome : outcomes) {
        QVERIFY2(outcome.answered || outcome.told || outcome.died,
                 QByteArray(m_round + ": " + outcome.text).constData());
        untold += outcome.died ? 1 : 0;
        told += outcome.told ? 1 : 0;
        m_answered += outcome.answered ? 1 : 0;
        ++m_runs;
    }
    // Who was not struck has an answer, and so has who was frozen; else the blow is to be seen in what is missing.
    const QByteArray all = m_round + ": " + QByteArray::number(told) + " of " + QByteArray::number(outcomes.size()) +
                           " without an answer, last: " + outcomes.back().text;
    const bool kill = round.blow == Blow::Kill;
    const bool strikesClient =
        round.victim == Victim::Client || (round.way == Way::Desktop && round.victim == Victim::Engine);
    QVERIFY2(untold <= (kill && strikesClient ? 1 : 0), all.constData());
    const bool strikesAll = kill && (round.victim == Victim::Engine || round.victim == Victim::Daemon);
    const bool strikesOne = kill && (round.victim == Victim::Init || round.victim == Victim::Shim);
    QVERIFY2(strikesAll || told <= (strikesOne ? 1 : 0), all.constData());
    if (round.victim == Victim::Daemon && kill)
        QVERIFY2(m_machine->newDaemon(), m_round.constData());
    QVERIFY2(QTest::qWaitFor([&] { return m_machine->left().isEmpty(); }, Patience),
             QByteArray(m_round + ": left behind: " + m_machine->left()).constData());
    for (const Way way : {Way::Background, Way::Service, Way::Desktop})
        compareHoldings(way);
}

// After three rounds of its life an engine has all that it needs.
void tst_faults::compareHoldings(Way way)
{
    if (!m_machine->isAlive(way))
        return;
    Life &life = m_lives[way];
    if (life.process != m_machine->engine(way)->processId())
        life = {m_machine->engine(way)->processId(), 0, {}};
    const Holdings now = m_machine->holdings(way);
    if (++life.rounds <= 3)
        life.early = now;
    const qint64 more = now.residentKiB - life.early.residentKiB;
    const qsizetype opened = now.descriptors - life.early.descriptors;
    m_mostKiB = std::max(m_mostKiB, more);
    m_mostDescriptors = std::max(m_mostDescriptors, opened);
    m_longestLife = std::max(m_longestLife, life.rounds);
    const QByteArray what = m_round + ": " + wayNames[int(way)] + " holds " + QByteArray::number(more) + " KiB and " +
                            QByteArray::number(opened) + " descriptors more than " + QByteArray::number(life.rounds) +
                            " rounds ago";
    QVERIFY2(more < MoreKiB, what.constData());
    QVERIFY2(opened < MoreDescriptors, what.constData());
}

void tst_faults::rounds()
{
    const int wanted = qEnvironmentVariableIntValue("ISOL8_FAULTS");
    const int count = wanted > 0 ? wanted : 20;
    QFile log(qEnvironmentVariable("ISOL8_FAULTS_LOG"));
    if (!log.fileName().isEmpty())
        QVERIFY2(log.open(QIODevice::WriteOnly | QIODevice::Append | QIODevice::Unbuffered),
                 qPrintable(log.fileName()));
    QElapsedTimer clock;
    clock.start();
    for (int i = m_first; i < count; ++i) {
        const Round round = roundOf(m_seed, i, m_hasDesktop, wanted > 0);
        m_round = "round " + QByteArray::number(i) + " (" + round.text() + ')';
        play(round);
        const bool failed = QTest::currentTestFailed();
        if (log.isOpen())
            log.write("seed " + QByteArray::number(m_seed) + " round " + QByteArray::number(i) +
                      (failed ? ": FAILED, " : ": ") + round.text() + '\n');
        if (failed)
            return;
        if (i % 25 == 24 || i + 1 == count)
            qInfo("%d rounds, %lld s; %lld processes struck, %lld of %lld runs answered; an engine lived %d rounds, "
                  "held at most %lld KiB and %d descriptors more than at its third",
                  i + 1, clock.elapsed() / 1000, m_struck, m_answered, m_runs, m_longestLife, m_mostKiB,
                  int(m_mostDescriptors));
    }
    QCOMPARE(m_before, 0);
}

void tst_faults::cleanupTestCase()
{
    if (!m_machine)
        return;
    m_machine->stopEngines();
    QTRY_COMPARE_WITH_TIMEOUT(m_machine->left(), QByteArray(), Patience);
    m_machine.reset();
}

QTEST_GUILESS_MAIN(tst_faults)
#include "tst_faults.moc"
