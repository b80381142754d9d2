// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/LogsCommand.h>

#include <cli/ExitCodes.h>
#include <cli/Terminal.h>
#include <isol8/audit/AuditRecord.h>
#include <isol8/audit/AuditSettings.h>
#include <isol8/audit/RecordFolder.h>
#include <isol8/audit/RecordVerification.h>
#include <isol8/base/Units.h>
#include <isol8/config/Config.h>
#include <isol8/execution/RunResult.h>

#include <QDir>
#include <QJsonDocument>
#include <QProcessEnvironment>

#include <sys/stat.h>

using namespace Qt::StringLiterals;

namespace isol8::cli {

namespace {

constexpr int LookEveryMs = 250;
constexpr qsizetype UsualLimit = 100;

// "2h", "7d", or a time of ISO 8601.
Result<QDateTime> momentOf(const QString &text)
{
    const QDateTime given = QDateTime::fromString(text, Qt::ISODateWithMs);
    if (given.isValid())
        return given.toUTC();
    const QDateTime now = QDateTime::currentDateTimeUtc();
    bool isNumber = false;
    const double days = text.chopped(text.endsWith(u'd') ? 1 : 0).toDouble(&isNumber);
    if (text.endsWith(u'd') && isNumber && days > 0 && days < 40000)
        return now.addMSecs(-qint64(days * 86400000));
    if (const auto ago = parseDuration(text))
        return now.addMSecs(-ago->count());
    return fail(
        errors::BadValue,
        u"--since: \"%1\" is neither a time, as in 2026-11-26T10:00, nor a duration, as in 30m, 2h or 7d."_s.arg(
            text.left(64)));
}

// What a client wrote does not speak to the terminal.
QString column(const QJsonValue &value, int width)
{
    QString text = value.isDouble() ? QString::number(value.toInteger()) : value.toString();
    for (QChar &c : text) {
        if (c.category() == QChar::Other_Control)
            c = u'?';
    }
    return (text.isEmpty() ? u"-"_s : text).left(width).leftJustified(width);
}

QString lineOf(const QJsonObject &record)
{
    const QDateTime time = QDateTime::fromString(record.value(u"timestamp"_s).toString(), Qt::ISODateWithMs);
    QString line = time.toUTC().toString(u"yyyy-MM-dd HH:mm:ss"_s) + u"  "_s;
    line += column(record.value(u"executionId"_s), 36) + u"  "_s + column(record.value(u"runtime"_s), 8) + u"  "_s;
    line += column(record.value(u"reason"_s), 12) + u"  "_s + column(record.value(u"exitCode"_s), 4) + u"  "_s;
    line += formatDuration(milliseconds(record.value(u"durationMs"_s).toInteger())).leftJustified(10) + u"  "_s;
    return line + column(record.value(u"userId"_s), 12) + u"  "_s + column(record.value(u"tenantId"_s), 24).trimmed() +
           u'\n';
}

QString header()
{
    return u"TIME (UTC)           EXECUTION                             RUNTIME   REASON        EXIT  DURATION    "
           u"USER          TENANT\n"_s;
}

QJsonObject toJson(const audit::Verification &found)
{
    QJsonObject object{{u"whole"_s, !found.problem && found.knowsHash},
                       {u"records"_s, found.records},
                       {u"files"_s, found.files},
                       {u"torn"_s, found.torn},
                       {u"lost"_s, found.lost},
                       {u"deletedBefore"_s, found.first.sequence},
                       {u"lastSequence"_s, found.last.sequence},
                       {u"lastHash"_s, QString::fromLatin1(found.last.hash)}};
    if (found.problem)
        object.insert(u"problem"_s, QJsonObject{{u"file"_s, found.problem->place.file},
                                                {u"line"_s, found.problem->place.line},
                                                {u"message"_s, found.problem->sentence}});
    return object;
}

} // namespace

CLI::App *LogsCommand::setUp(CLI::App &root)
{
    CLI::App *app = root.add_subcommand("logs", "Show the records of runs, and whether all are there");
    m_since = value(app, "--since", "TIME", "Only runs since then: 30m, 2h, 7d, 2026-11-26, 2026-11-26T10:00:00Z");
    m_runtime = value(app, "-r,--runtime", "RUNTIME", "Only those of this runtime");
    m_reason = value(app, "--reason", "REASON", "Only those that ended so: completed, timeout, oom, …");
    m_tenant = value(app, "--tenant", "TENANT", "Only this tenant's");
    m_limit = value(app, "--limit", "N", "The last N (100); 0: all");
    m_follow = flag(app, "-f,--follow", "Go on with those to come");
    m_json = flag(app, "--json", "As JSON, a record a line, whole");
    m_verify = flag(app, "--verify", "Check that no record was removed, changed or moved");
    m_hash = value(app, "--hash", "HASH", "With --verify: that a line of this hash is among them, too");
    m_dir = value(app, "--dir", "DIR", "Folder of the records, instead of the configuration's audit.logDir");
    app->footer(
        "Records are kept where the configuration has audit.enabled. Each carries the hash of the one before, and\n"
        "executions.chain says where they begin and end; --verify reads all of them, says the first that does not fit, "
        "and\nends with 1 then. Who can write to the folder can also write a new chain from some record on. That shows "
        "by the\nhash of a later one that --verify told before: keep it elsewhere, and give it as --hash.\n\n"
        "Examples:\n"
        "  isol8 logs --since 2h --reason timeout\n"
        "  isol8 logs -f --json | jq .executionId\n"
        "  isol8 logs --verify");
    return app;
}

void LogsCommand::run(const CommandContext &context)
{
    if (const auto begun = begin(context); !begun) {
        printError(begun.error());
        Q_EMIT finished(exitCodeFor(begun.error()));
    }
}

Result<void> LogsCommand::begin(const CommandContext &context)
{
    if (given(m_since)) {
        const auto from = momentOf(text(m_since));
        if (!from)
            return fail(from.error());
        m_from = *from;
    }
    if (given(m_reason) && text(m_reason) != audit::Refused && !reasonFromString(text(m_reason)))
        return fail(errors::BadValue, u"--reason: there is no reason \"%1\"."_s.arg(text(m_reason).left(64)));
    if (given(m_hash) && !given(m_verify))
        return fail(errors::BadValue, u"--hash goes with --verify."_s);
    if (given(m_hash) && text(m_hash).isEmpty())
        return fail(errors::BadValue, u"--hash is empty: give the hash that --verify told before."_s);
    if (given(m_dir)) {
        m_folder = QDir::cleanPath(QDir::current().absoluteFilePath(text(m_dir)));
    } else {
        const auto loaded =
            loadConfig(context.configPath, QDir::currentPath(), QProcessEnvironment::systemEnvironment());
        if (!loaded)
            return fail(loaded.error());
        m_folder = audit::Settings::fromJson(loaded->config.audit, QDir::currentPath()).folder;
    }
    if (given(m_verify)) {
        verify();
        return {};
    }
    return list();
}

bool LogsCommand::isWanted(const QJsonObject &record) const
{
    if (record.isEmpty() || record.contains(u"event"_s))
        return false;
    const auto fits = [&](const CLI::Option *option, const QString &key) {
        return !given(option) || record.value(key).toString() == text(option);
    };
    if (!fits(m_runtime, u"runtime"_s) || !fits(m_reason, u"reason"_s) || !fits(m_tenant, u"tenantId"_s))
        return false;
    return !m_from.isValid() ||
           QDateTime::fromString(record.value(u"timestamp"_s).toString(), Qt::ISODateWithMs) >= m_from;
}

bool LogsCommand::print(const QJsonObject &record)
{
    return printData(given(m_json) ? QString::fromUtf8(QJsonDocument(record).toJson(QJsonDocument::Compact)) + u'\n'
                                   : lineOf(record));
}

Result<void> LogsCommand::list()
{
    qsizetype limit = UsualLimit;
    if (given(m_limit)) {
        bool isNumber = false;
        limit = text(m_limit).toInt(&isNumber);
        if (!isNumber || limit < 0)
            return fail(errors::BadValue, u"--limit: \"%1\" is no number of records."_s.arg(text(m_limit).left(64)));
    }
    const QStringList names = audit::recordFiles(m_folder);
    if (names.isEmpty() && !given(m_follow))
        return fail(
            errors::NotFound,
            u"There are no records in %1; they are kept where the configuration has audit.enabled."_s.arg(m_folder));
    QList<QJsonObject> last;
    for (const QString &name : names) {
        const QDate day = audit::dayOf(name);
        if (day.isValid() && m_from.isValid() && day < m_from.date())
            continue;
        auto file = std::make_unique<QFile>(m_folder + u'/' + name);
        if (!file->open(QIODevice::ReadOnly))
            return fail(errors::FileError, u"%1 cannot be read."_s.arg(file->fileName()), file->errorString());
        while (!file->atEnd()) {
            const QByteArray line = file->readLine(audit::LongestLine);
            if (!line.endsWith('\n') && name == QLatin1StringView(audit::CurrentFile)) {
                m_rest = line;
                break;
            }
            const QJsonObject record = QJsonDocument::fromJson(line).object();
            if (!isWanted(record))
                continue;
            last.append(record);
            if (limit > 0 && last.size() > limit)
                last.removeFirst();
        }
        if (name == QLatin1StringView(audit::CurrentFile))
            m_file = std::move(file);
    }
    if (!given(m_json) && (given(m_follow) || !last.isEmpty()))
        printData(header());
    for (const QJsonObject &record : std::as_const(last)) {
        if (!print(record)) {
            Q_EMIT finished(Failure);
            return {};
        }
    }
    if (last.isEmpty() && !given(m_json) && !given(m_follow))
        printNote(u"There are no such records in %1."_s.arg(m_folder));
    if (!given(m_follow)) {
        Q_EMIT finished(Success);
        return {};
    }
    connect(&m_look, &QTimer::timeout, this, &LogsCommand::follow);
    m_look.start(LookEveryMs);
    return {};
}

// What was written since; a file that was renamed is read to its end first.
void LogsCommand::follow()
{
    const auto identity = [](int result, const struct stat &info) {
        return result == 0 ? std::pair(info.st_dev, info.st_ino) : std::pair(dev_t(0), ino_t(0));
    };
    struct stat ours = {}, theirs = {};
    const QString path = m_folder + u'/' + QLatin1StringView(audit::CurrentFile);
    const auto current = identity(::stat(QFile::encodeName(path).constData(), &theirs), theirs);
    for (;;) {
        while (m_file) {
            const QByteArray part = m_file->readLine(audit::LongestLine);
            if (part.isEmpty())
                break;
            m_rest += part;
            if (!m_rest.endsWith('\n'))
                continue;
            const QJsonObject record = QJsonDocument::fromJson(std::exchange(m_rest, {})).object();
            if (isWanted(record) && !print(record)) {
                m_look.stop();
                Q_EMIT finished(Failure);
                return;
            }
        }
        const auto have = m_file ? identity(::fstat(m_file->handle(), &ours), ours) : identity(-1, ours);
        if (have == current || current == identity(-1, ours))
            return;
        m_rest.clear();
        m_file = std::make_unique<QFile>(path);
        if (!m_file->open(QIODevice::ReadOnly)) {
            m_file.reset();
            return;
        }
    }
}

void LogsCommand::verify()
{
    const auto found = audit::verifyRecords(m_folder, bytes(m_hash).toLower());
    if (!found) {
        printError(found.error());
        Q_EMIT finished(Failure);
        return;
    }
    const bool whole = !found->problem && found->knowsHash;
    if (given(m_json)) {
        printData(QString::fromUtf8(QJsonDocument(toJson(*found)).toJson()));
        Q_EMIT finished(whole ? Success : Failure);
        return;
    }
    if (found->problem) {
        const auto &place = found->problem->place;
        const QString where = place.file + (place.line > 0 ? u':' + QString::number(place.line) : QString());
        printError((where.isEmpty() ? QString() : m_folder + u'/' + where + u": "_s) + found->problem->sentence);
    } else if (!found->knowsHash) {
        printError(u"No line has the hash that was given; the records are not those that had it."_s);
    } else {
        printData(u"%1 records in %2 files are whole; the hash of the last line is %3\n"_s.arg(found->records)
                      .arg(found->files)
                      .arg(QString::fromLatin1(found->last.hash)));
    }
    if (whole && found->first.sequence > 0)
        printNote(u"The first %1 lines were deleted by age (audit.retentionDays)."_s.arg(found->first.sequence));
    if (whole && found->lost > 0)
        printNote(u"%1 more could not be written, says the log itself."_s.arg(found->lost));
    if (whole && found->torn > 0)
        printNote(u"%1 lines were never finished (a writer was killed, or the disk was full)."_s.arg(found->torn));
    if (whole && found->unfinished)
        printNote(u"The last line is being written, or its writer was killed."_s);
    Q_EMIT finished(whole ? Success : Failure);
}

} // namespace isol8::cli
