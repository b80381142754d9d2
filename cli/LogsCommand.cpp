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
#include <QJsonArray>
#include <QJsonDocument>
#include <QProcessEnvironment>
#include <QUrl>

#include <algorithm>

#include <sys/stat.h>

using namespace Qt::StringLiterals;

namespace isol8::cli {

namespace {

constexpr int LookEveryMs = 250;
constexpr qsizetype UsualLimit = 100;
constexpr qsizetype MostElsewhere = 1000; // a service's own limit

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
    m_service.addTo(app);
    app->footer(
        "Records are kept where the configuration has audit.enabled. Each carries the hash of the one before, and\n"
        "executions.chain says where they begin and end; --verify reads all of them, says the first that does not fit, "
        "and\nends with 1 then. Who can write to the folder can also write a new chain from some record on. That shows "
        "by the\nhash of a later one that --verify told before: keep it elsewhere, and give it as --hash.\n\n"
        "With --host they are a service's: of the key's tenant, with the master key of all, a thousand at most.\n\n"
        "Examples:\n"
        "  isol8 logs --since 2h --reason timeout\n"
        "  isol8 logs --host https://isol8.example.com\n"
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
        m_filter.since = *from;
    }
    if (given(m_reason) && text(m_reason) != audit::Refused && !reasonFromString(text(m_reason)))
        return fail(errors::BadValue, u"--reason: there is no reason \"%1\"."_s.arg(text(m_reason).left(64)));
    if (given(m_hash) && !given(m_verify))
        return fail(errors::BadValue, u"--hash goes with --verify."_s);
    if (given(m_hash) && text(m_hash).isEmpty())
        return fail(errors::BadValue, u"--hash is empty: give the hash that --verify told before."_s);
    m_filter.runtime = text(m_runtime);
    m_filter.reason = text(m_reason);
    if (given(m_tenant))
        m_filter.tenant = text(m_tenant);
    const auto service = m_service.read(QProcessEnvironment::systemEnvironment());
    if (!service)
        return fail(service.error());
    if (*service)
        return askService(**service);
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

Result<qsizetype> LogsCommand::limit() const
{
    if (!given(m_limit))
        return UsualLimit;
    bool isNumber = false;
    const int limit = text(m_limit).toInt(&isNumber);
    if (!isNumber || limit < 0)
        return fail(errors::BadValue, u"--limit: \"%1\" is no number of records."_s.arg(text(m_limit).left(64)));
    return limit;
}

Result<void> LogsCommand::askService(const remote::ServiceEndpoint &service)
{
    for (const CLI::Option *option : {m_dir, m_follow, m_verify}) {
        if (given(option))
            return fail(errors::BadValue,
                        u"%1 is for the records on this machine; it does not go with --host (--host \"\": here)."_s.arg(
                            QString::fromStdString(option->get_name())));
    }
    const auto wanted = limit();
    if (!wanted)
        return fail(wanted.error());
    QByteArray path =
        "/logs?limit=" + QByteArray::number(*wanted == 0 ? MostElsewhere : std::min(*wanted, MostElsewhere));
    const auto add = [&path](const QByteArray &name, const QString &text) {
        if (!text.isEmpty())
            path += '&' + name + '=' + QUrl::toPercentEncoding(text);
    };
    add("since", m_filter.since.isValid() ? m_filter.since.toUTC().toString(Qt::ISODateWithMs) : QString());
    add("runtime", m_filter.runtime);
    add("reason", m_filter.reason);
    add("tenantId", m_filter.tenant.value_or(QString()));
    m_elsewhere = std::make_unique<remote::ServiceClient>(service);
    const QString name = m_elsewhere->peer().name;
    m_elsewhere->ask({"GET", path, {}, 2 * audit::RecordSearch::MostFound},
                     {this, [this, name](const Result<QJsonObject> &answer) {
                          if (!answer) {
                              printError(answer.error());
                              Q_EMIT finished(exitCodeFor(answer.error()));
                              return;
                          }
                          QList<QJsonObject> records;
                          for (const QJsonValue &record : answer->value(u"records"_s).toArray())
                              records.append(record.toObject());
                          show(records, u"at "_s + name);
                      }});
    return {};
}

void LogsCommand::show(const QList<QJsonObject> &records, const QString &where)
{
    bool isRead = given(m_json) || (records.isEmpty() && !given(m_follow)) || printData(header());
    for (const QJsonObject &record : records)
        isRead = isRead && print(record);
    if (records.isEmpty() && !given(m_json) && !given(m_follow))
        printNote(u"There are no such records %1."_s.arg(where));
    if (!isRead || !given(m_follow)) {
        Q_EMIT finished(isRead ? Success : Failure);
        return;
    }
    connect(&m_look, &QTimer::timeout, this, &LogsCommand::follow);
    m_look.start(LookEveryMs);
}

bool LogsCommand::print(const QJsonObject &record)
{
    return printData(given(m_json) ? QString::fromUtf8(QJsonDocument(record).toJson(QJsonDocument::Compact)) + u'\n'
                                   : lineOf(record));
}

Result<void> LogsCommand::list()
{
    const auto most = limit();
    if (!most)
        return fail(most.error());
    const QStringList names = audit::recordFiles(m_folder);
    if (names.isEmpty() && !given(m_follow))
        return fail(
            errors::NotFound,
            u"There are no records in %1; they are kept where the configuration has audit.enabled."_s.arg(m_folder));
    QList<QJsonObject> last;
    for (const QString &name : names) {
        const QDate day = audit::dayOf(name);
        if (day.isValid() && m_filter.since.isValid() && day < m_filter.since.date())
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
            if (!m_filter.takes(record))
                continue;
            last.append(record);
            if (*most > 0 && last.size() > *most)
                last.removeFirst();
        }
        if (name == QLatin1StringView(audit::CurrentFile))
            m_file = std::move(file);
    }
    show(last, u"in "_s + m_folder);
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
            if (m_filter.takes(record) && !print(record)) {
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
