// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/isolation/IsolationCheck.h>

#include <QTimer>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8 {

namespace {

constexpr milliseconds BetweenLooks{500};
constexpr int Looks = 40;

} // namespace

IsolationCheck::IsolationCheck(const LocalEngineOptions &options, QString runtime, QObject *parent)
    : QObject(parent)
    , m_client(options.endpoint.value_or(docker::Endpoint()))
    , m_engine(std::make_unique<LocalEngine>(options))
    , m_runtime(std::move(runtime))
{
}

IsolationCheck::~IsolationCheck() = default;

void IsolationCheck::start(const QStringList &wanted)
{
    m_wanted = wanted;
    m_trials = trials(m_runtime, wanted);
    begin(false);
}

void IsolationCheck::begin(bool after)
{
    m_running = 0;
    for (qsizetype index = 0; index < m_trials.size(); ++index) {
        if (m_trials[index].after != after)
            continue;
        ++m_running;
        Run *run = m_engine->execute(m_trials[index].request, m_trials[index].options);
        connect(run, &Run::finished, this, [this, run, index](const RunResult &result) {
            run->deleteLater();
            ended(index, result);
        });
    }
    if (m_running == 0)
        QTimer::singleShot(0, this, [this, after] { after ? lookForContainers(Looks) : begin(true); });
}

void IsolationCheck::ended(qsizetype index, const RunResult &result)
{
    const Trial &trial = m_trials.at(index);
    for (const QString &wall : trial.walls)
        m_probes[wall].append(trial.judge(wall, result));
    Q_EMIT progress(++m_ended, int(m_trials.size()));
    if (--m_running > 0)
        return;
    if (!trial.after)
        begin(true);
    else
        m_engine->stop({this, [this](const Result<void> &) { lookForContainers(Looks); }});
}

void IsolationCheck::lookForContainers(int attempts)
{
    if (!m_probes.contains(u"leftovers"_s)) {
        finish();
        return;
    }
    m_client.listContainers({{u"org.isol8"_s, m_engine->id()}},
                            {this, [this, attempts](const Result<QList<docker::ContainerSummary>> &list) {
                                 if (list && !list->isEmpty() && attempts > 0) {
                                     QTimer::singleShot(BetweenLooks, this,
                                                        [this, attempts] { lookForContainers(attempts - 1); });
                                     return;
                                 }
                                 Probe probe{u"a container lives on"_s, Probe::Outcome::Untried, {}};
                                 if (list) {
                                     probe.outcome = list->isEmpty() ? Probe::Outcome::Held : Probe::Outcome::Open;
                                     probe.found = list->isEmpty() ? u"none"_s : u"%1 containers"_s.arg(list->size());
                                 } else {
                                     probe.found = list.error().message;
                                 }
                                 m_probes[u"leftovers"_s].append(probe);
                                 finish();
                             }});
}

void IsolationCheck::finish()
{
    QList<WallReport> reports;
    for (const Wall &wall : walls()) {
        if (m_wanted.isEmpty() || m_wanted.contains(wall.id))
            reports.append({wall, m_probes.value(wall.id)});
    }
    Q_EMIT finished(reports);
}

} // namespace isol8
