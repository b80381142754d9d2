// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/audit/Auditor.h>

#include <isol8/audit/LineSink.h>
#include <isol8/audit/PostLogScript.h>
#include <isol8/audit/RecordFolder.h>

#include <QDateTime>
#include <QLoggingCategory>

#include <algorithm>
#include <vector>

#include <pwd.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace isol8::audit {

namespace {

Q_LOGGING_CATEGORY(auditLog, "isol8.audit", QtWarningMsg)

constexpr milliseconds RetryEvery{5};
constexpr milliseconds LockPatience{5000};
constexpr milliseconds TellEvery{10000};
constexpr qsizetype MostWaiting = 10000;

} // namespace

//! One run's, until its end.
class Auditor::Watch : public QObject
{
public:
    Watch(Auditor *auditor, Run *run, RunFacts facts, bool gathers, qint64 limit)
        : QObject(auditor)
        , m_auditor(auditor)
        , m_facts(std::move(facts))
        , m_limit(limit)
    {
        connect(run, &Run::started, this, [this] { m_since.start(); });
        if (gathers)
            connect(run, &Run::output, this, [this](OutputStream stream, const QByteArray &text, Phase) {
                QByteArray &kept = stream == OutputStream::Stdout ? m_result.stdoutText : m_result.stderrText;
                kept += text.first(std::clamp<qsizetype>(m_limit - kept.size(), 0, text.size()));
            });
        connect(run, &Run::finished, this, [this, gathers](const RunResult &result) {
            RunResult whole = result;
            if (gathers) {
                whole.stdoutText = m_result.stdoutText;
                whole.stderrText = m_result.stderrText;
            }
            end(whole);
        });
        // It was given up, and says nothing more.
        connect(run, &QObject::destroyed, this, [this] {
            m_result.reason = Reason::Cancelled;
            m_result.exitCode = 130;
            m_result.durationMs = m_since.isValid() ? m_since.elapsed() : 0;
            m_result.timestamp = m_begun;
            end(m_result);
        });
    }

private:
    void end(const RunResult &result)
    {
        if (std::exchange(m_ended, true))
            return;
        m_auditor->record(recordOf(m_facts, result, m_auditor->settings()));
        deleteLater();
    }

    Auditor *m_auditor;
    RunFacts m_facts;
    qint64 m_limit; //!< bytes of each stream that are kept
    RunResult m_result;
    QDateTime m_begun = QDateTime::currentDateTimeUtc();
    QElapsedTimer m_since; //!< the program's start
    bool m_ended = false;
};

Auditor::Auditor(Settings settings, QObject *parent)
    : QObject(parent)
    , m_settings(std::move(settings))
{
    m_retry.setSingleShot(true);
    connect(&m_retry, &QTimer::timeout, this, &Auditor::flush);
    setUp();
}

Auditor::~Auditor() = default;

void Auditor::setUp()
{
    if (m_settings.toStdout) {
        m_sink = std::make_unique<LineSink>(STDOUT_FILENO);
        connect(m_sink.get(), &LineSink::drained, this, [this] {
            if (isSettled())
                Q_EMIT settled();
        });
    } else {
        m_folder = std::make_unique<RecordFolder>(m_settings.folder, m_settings.retentionDays);
        if (!m_settings.postLogScript.isEmpty())
            m_script = std::make_unique<PostLogScript>(m_settings.postLogScript);
    }
}

Result<void> Auditor::setSettings(const Settings &settings)
{
    if (settings == m_settings)
        return {};
    if (settings.enabled && !settings.toStdout) {
        RecordFolder folder(settings.folder, settings.retentionDays);
        if (auto opened = folder.open(); !opened && !folder.isFull())
            return opened;
    }
    // What waits has been waiting for the folder as it was.
    flush();
    while (m_folder && !m_waiting.isEmpty()) {
        lose({errors::FileError.toString(),
              u"The audit log in %1 is locked by another process."_s.arg(m_folder->path()),
              {}});
        m_waiting.removeFirst();
    }
    m_retry.stop();
    m_locked.invalidate();
    m_script.reset();
    m_folder.reset();
    if (!settings.toStdout)
        m_sink.reset();
    const bool hasSink = m_sink != nullptr;
    m_settings = settings;
    if (!hasSink)
        setUp();
    return open();
}

Result<void> Auditor::open()
{
    if (!m_folder || !m_settings.enabled)
        return {};
    auto opened = m_folder->open();
    if (!opened && m_folder->isFull()) {
        tell(opened.error());
        return {};
    }
    return opened;
}

void Auditor::watch(Run *run, const RunRequest &request, const RunOptions &options, const Subject &subject,
                    const QString &runtime)
{
    if (!m_settings.enabled)
        return;
    RunFacts facts = RunFacts::of(request, options, subject, m_settings);
    facts.executionId = run->executionId();
    facts.runtime = runtime;
    const bool gathers = m_settings.includeOutput && !options.collectOutput;
    new Watch(this, run, std::move(facts), gathers, options.maxOutputSize.value_or(MiB));
}

void Auditor::recordRefusal(const RunRequest &request, const RunOptions &options, const Subject &subject,
                            const Error &why)
{
    if (m_settings.enabled)
        record(refusalOf(RunFacts::of(request, options, subject, m_settings), why, m_settings));
}

bool Auditor::isSettled() const
{
    return m_waiting.isEmpty() && (!m_sink || m_sink->isDrained());
}

void Auditor::record(const QJsonObject &record)
{
    if (!m_settings.enabled)
        return;
    if (m_sink) {
        if (m_sink->write(chained(record, &m_point)))
            ++m_written;
        else
            lose({errors::FileError.toString(), u"The audit log cannot be written to stdout."_s, {}});
        return;
    }
    if (m_waiting.size() >= MostWaiting) {
        lose({errors::FileError.toString(),
              u"The audit log in %1 is locked by another process."_s.arg(m_folder->path()),
              {}});
        return;
    }
    m_waiting.append(record);
    flush();
}

void Auditor::flush()
{
    bool any = false;
    while (!m_waiting.isEmpty()) {
        const auto outcome =
            m_folder->append(m_waiting.constFirst(), &m_unsaid, QDateTime::currentDateTimeUtc().date());
        if (outcome && *outcome == RecordFolder::Outcome::Locked) {
            if (!m_locked.isValid())
                m_locked.start();
            if (!m_locked.hasExpired(LockPatience.count())) {
                m_retry.start(RetryEvery);
                break;
            }
            lose({errors::FileError.toString(),
                  u"The audit log in %1 is locked by another process."_s.arg(m_folder->path()),
                  {}});
        } else if (!outcome) {
            m_locked.invalidate();
            lose(outcome.error());
        } else {
            m_locked.invalidate();
            any = true;
            ++m_written;
        }
        m_waiting.removeFirst();
    }
    if (any && m_script)
        m_script->run(m_folder->currentFile());
    if (isSettled())
        Q_EMIT settled();
}

void Auditor::lose(const Error &error)
{
    ++m_lost;
    ++m_unsaid;
    ++m_untold;
    tell(error);
}

void Auditor::tell(const Error &error)
{
    if (m_told.isValid() && !m_told.hasExpired(TellEvery.count()))
        return;
    m_told.start();
    QString sentence = error.message;
    if (m_untold > 0)
        sentence +=
            m_untold == 1 ? u" The record of a run is lost."_s : u" The records of %1 runs are lost."_s.arg(m_untold);
    m_untold = 0;
    qCWarning(auditLog).noquote() << sentence;
}

QString currentUser()
{
    std::vector<char> buffer(16384);
    passwd entry = {};
    passwd *found = nullptr;
    if (::getpwuid_r(::geteuid(), &entry, buffer.data(), buffer.size(), &found) == 0 && found)
        return QString::fromLocal8Bit(entry.pw_name);
    return QString::number(::geteuid());
}

} // namespace isol8::audit
