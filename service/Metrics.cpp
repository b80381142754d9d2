// SPDX-License-Identifier: GPL-3.0-or-later
#include <service/Metrics.h>

#include <algorithm>

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace isol8::service {

namespace {

constexpr Reason AllReasons[] = {Reason::Completed,   Reason::Killed,      Reason::Timeout,
                                 Reason::Oom,         Reason::DiskFull,    Reason::Cancelled,
                                 Reason::SetupFailed, Reason::SessionLost, Reason::Internal};

QByteArrayList procFields(const char *path)
{
    char buffer[2048];
    const int file = ::open(path, O_RDONLY | O_CLOEXEC);
    const ssize_t n = file < 0 ? -1 : ::read(file, buffer, sizeof buffer);
    if (file >= 0)
        ::close(file);
    QByteArray text(buffer, std::max<ssize_t>(n, 0));
    return text.mid(text.lastIndexOf(')') + 1).simplified().split(' '); // a process' name may have blanks
}

int openDescriptors()
{
    DIR *folder = ::opendir("/proc/self/fd");
    if (!folder)
        return 0;
    int count = -3;           // ".", ".." and the folder's own
    while (::readdir(folder)) // NOLINT(concurrency-mt-unsafe): a stream of our own
        ++count;
    ::closedir(folder);
    return std::max(count, 0);
}

} // namespace

Metrics::Metrics(QSet<QString> runtimes, QObject *parent)
    : QObject(parent)
    , m_runtimes(std::move(runtimes))
{
}

void Metrics::watch(Run *run, const QString &runtime)
{
    Active &active = m_active[run];
    active.runtime = m_runtimes.contains(runtime) ? runtime : QStringLiteral("other");
    active.since.start();
    connect(run, &Run::started, this, [this, run] { m_active[run].running = true; });
    connect(run, &Run::finished, this, [this, run](const RunResult &result) { ended(run, &result); });
    connect(run, &QObject::destroyed, this, [this, run] { ended(run, nullptr); });
}

// Without a result: it was given up.
void Metrics::ended(const Run *run, const RunResult *result)
{
    if (!m_active.contains(run))
        return;
    const Active active = m_active.take(run);
    ++m_runs[active.runtime][toString(result ? result->reason : Reason::Cancelled)];
    Latencies &latencies = m_latencies[active.runtime];
    latencies.total.add(double(active.since.nsecsElapsed()) / 1e9);
    if (!result)
        return;
    latencies.queue.add(double(result->queuedMs) / 1e3);
    if (!active.running)
        return;
    latencies.setup.add(double(result->setupMs) / 1e3);
    latencies.program.add(double(result->durationMs) / 1e3);
}

QByteArray Metrics::text(const Gauges &gauges) const
{
    Exposition out;
    out.family("isol8_build_info", "gauge", "The version that runs.");
    out.sample(1, {{"version", ISOL8_VERSION}});
    tellRuns(&out, gauges.queued);
    tellLatencies(&out);
    tellGauges(&out, gauges);
    out.family("isol8_auth_refusals_total", "counter", "Requests whose key was missing, wrong, or over its quota.");
    for (auto it = m_refusedKeys.begin(); it != m_refusedKeys.end(); ++it)
        out.sample(double(it.value()), {{"status", QByteArray::number(it.key())}});
    tellProcess(&out);
    return out.text();
}

void Metrics::tellRuns(Exposition *out, qint64 queued) const
{
    out->family("isol8_runs_total", "counter", "Runs that have ended, by why they did.");
    for (auto runtime = m_runs.begin(); runtime != m_runs.end(); ++runtime) {
        for (const Reason reason : AllReasons)
            out->sample(double(runtime->value(toString(reason))),
                        {{"runtime", runtime.key().toUtf8()}, {"reason", toString(reason).toUtf8()}});
    }
    const auto running = std::count_if(m_active.begin(), m_active.end(), [](const Active &run) { return run.running; });
    out->family("isol8_runs", "gauge", "Runs that are under way.");
    out->sample(double(queued), {{"state", "queued"}});
    out->sample(double(std::max<qint64>(m_active.size() - queued - running, 0)), {{"state", "starting"}});
    out->sample(double(running), {{"state", "running"}});
}

void Metrics::tellLatencies(Exposition *out) const
{
    const auto tell = [&](const char *name, const char *help, Histogram Latencies::*histogram) {
        out->family(name, "histogram", help);
        for (auto it = m_latencies.begin(); it != m_latencies.end(); ++it)
            out->sample(it.value().*histogram, {{"runtime", it.key().toUtf8()}});
    };
    tell("isol8_run_queue_seconds", "How long runs waited for their turn.", &Latencies::queue);
    tell("isol8_run_setup_seconds", "From the sandbox to the program's start: files, installs, setup scripts.",
         &Latencies::setup);
    tell("isol8_run_program_seconds", "From the program's start to its end.", &Latencies::program);
    tell("isol8_run_total_seconds", "From the request to the answer.", &Latencies::total);
}

void Metrics::tellGauges(Exposition *out, const Gauges &gauges)
{
    out->family("isol8_pool_sandboxes", "gauge", "Sandboxes that were started ahead of their runs.");
    out->sample(double(gauges.pool.waiting), {{"state", "waiting"}});
    out->sample(double(gauges.pool.starting), {{"state", "starting"}});
    out->family("isol8_pool_hits_total", "counter", "Runs that found a sandbox in the pool.");
    out->sample(double(gauges.pool.hits));
    out->family("isol8_pool_misses_total", "counter", "Runs that had to start their own.");
    out->sample(double(gauges.pool.misses));
    out->family("isol8_sessions", "gauge", "Sandboxes that are kept between runs.");
    out->sample(double(gauges.sessions));
    out->family("isol8_connections", "gauge", "Clients that are connected.");
    out->sample(double(gauges.connections), {{"kind", "http"}});
    out->sample(double(gauges.webSockets), {{"kind", "websocket"}});
    out->family("isol8_audit_records_total", "counter", "Records that were written to the audit log.");
    out->sample(double(gauges.auditRecords));
    out->family("isol8_audit_losses_total", "counter", "Records that could not be written to the audit log.");
    out->sample(double(gauges.auditLosses));
}

void Metrics::tellProcess(Exposition *out)
{
    const QByteArrayList statm = procFields("/proc/self/statm");
    const QByteArrayList stat = procFields("/proc/self/stat"); // from the third field on
    const auto tick = double(::sysconf(_SC_CLK_TCK));
    rlimit files = {};
    ::getrlimit(RLIMIT_NOFILE, &files);
    out->family("process_resident_memory_bytes", "gauge", "Memory of this process.");
    out->sample(statm.value(1).toDouble() * double(::sysconf(_SC_PAGESIZE)));
    out->family("process_cpu_seconds_total", "counter", "CPU time of this process.");
    out->sample((stat.value(11).toDouble() + stat.value(12).toDouble()) / tick);
    out->family("process_open_fds", "gauge", "Open file descriptors.");
    out->sample(openDescriptors());
    out->family("process_max_fds", "gauge", "File descriptors that may be open.");
    out->sample(double(files.rlim_cur));
}

void addMetricsRoute(Router *router, const Metrics *metrics, std::function<Metrics::Gauges()> gauges)
{
    router->add(
        "GET", QStringLiteral("/metrics"),
        [metrics, gauges = std::move(gauges)](Exchange *exchange) {
            exchange->respond(200, Exposition::ContentType, metrics->text(gauges()));
        },
        Access::Master);
}

} // namespace isol8::service
