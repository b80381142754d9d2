// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; audit
#include "support/Signals.h"

#include <isol8/audit/AuditRecord.h>
#include <isol8/audit/PostLogScript.h>
#include <isol8/audit/RecordFolder.h>
#include <isol8/audit/RecordVerification.h>

#include <QCoreApplication>
#include <QCryptographicHash>
#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QProcess>
#include <QSet>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace isol8;
using namespace isol8::audit;
using namespace Qt::StringLiterals;

namespace {

const QDate Monday(2026, 11, 23);

QByteArray contentOf(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

void setContent(const QString &path, const QByteArray &content)
{
    QFile file(path);
    if (file.open(QIODevice::WriteOnly))
        file.write(content);
}

void addContent(const QString &path, const QByteArray &content)
{
    setContent(path, contentOf(path) + content);
}

int modeOf(const QString &path)
{
    struct stat info = {};
    return ::stat(QFile::encodeName(path).constData(), &info) == 0 ? int(info.st_mode & 07777) : -1;
}

QJsonObject runNumber(int number)
{
    return {{u"executionId"_s, QString::number(number)}};
}

class Folder
{
public:
    [[nodiscard]] QString path() const { return m_dir.filePath(u"log/audit"_s); }
    [[nodiscard]] QString file(const QString &name) const { return path() + u'/' + name; }
    [[nodiscard]] QString current() const { return file(u"executions.log"_s); }

    //! Records \a from to \a to, by a writer of its own.
    bool write(int from, int to, QDate day = Monday, int retention = 90)
    {
        RecordFolder folder(path(), retention);
        qint64 unsaid = 0;
        for (int i = from; i <= to; ++i) {
            const auto outcome = folder.append(runNumber(i), &unsaid, day);
            if (!outcome || *outcome != RecordFolder::Outcome::Written)
                return false;
        }
        return true;
    }
    [[nodiscard]] Verification verify(const QByteArray &known = {}) const
    {
        const auto verified = verifyRecords(path(), known);
        if (verified)
            return *verified;
        Verification failed;
        failed.problem = ChainCheck::Problem{{}, verified.error().message};
        return failed;
    }
    //! "executions.log:3 sentence"; empty: all is well.
    [[nodiscard]] QString problem() const
    {
        const auto verification = verify();
        return verification.problem ? u"%1:%2 %3"_s.arg(verification.problem->place.file)
                                          .arg(verification.problem->place.line)
                                          .arg(verification.problem->sentence)
                                    : QString();
    }

private:
    QTemporaryDir m_dir;
};

QByteArrayList linesOf(const QString &path)
{
    QByteArrayList lines = contentOf(path).split('\n');
    lines.removeLast();
    return lines;
}

} // namespace

/*
    The files of the audit log: what is in a record, and that nothing that happens to the files goes unseen.
*/
class tst_audit : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void fields();
    void included();
    void secretsAreMasked();
    void unknownSecretsLeaveNothing();
    void largeRuns();
    void settings();
    void filesAndModes();
    void chain();
    void rotates();
    void retention();
    void tampered_data();
    void tampered();
    void changedThenContinued();
    void knownHash();
    void tornLine();
    void lostChainFile();
    void writerKilledBeforeItToldOfALine();
    void fullDisk();
    void locked();
    void folderRemoved();
    void notAFolder();
    void manyWritersKilled();
    void script();
    void scriptIsKilled();
    void scriptIsMissing();
};

void tst_audit::fields()
{
    RunRequest request;
    request.code = "print(1)";
    request.runtime = u"python"_s;
    request.metadata = {{u"ticket"_s, 7}};
    RunResult result;
    result.executionId = u"id"_s;
    result.runtime = u"python"_s;
    result.timestamp = QDateTime::fromString(u"2026-11-26T10:00:00.123Z"_s, Qt::ISODateWithMs);
    result.containerId = u"c1"_s;
    result.exitCode = 3;
    result.reason = Reason::Completed;
    result.durationMs = 12;
    result.stdoutText = "out";
    result.networkLogs = {QJsonObject{{u"host"_s, u"a.example"_s}}};
    result.securityEvents = {QJsonObject{{u"type"_s, u"network"_s}}};
    const QJsonObject record = recordOf(RunFacts::of(request, {}, {u"ann"_s, u"t1"_s}, {}), result, Settings());
    QCOMPARE(record.keys(),
             QStringList({u"codeHash"_s, u"containerId"_s, u"durationMs"_s, u"executionId"_s, u"exitCode"_s,
                          u"metadata"_s, u"networkLogs"_s, u"reason"_s, u"resourceUsage"_s, u"runtime"_s,
                          u"securityEvents"_s, u"tenantId"_s, u"timestamp"_s, u"userId"_s}));
    QCOMPARE(record.value(u"codeHash"_s).toString().toLatin1(),
             QCryptographicHash::hash("print(1)", QCryptographicHash::Sha256).toHex());
    QCOMPARE(record.value(u"timestamp"_s), QJsonValue(u"2026-11-26T10:00:00.123Z"_s));
    QCOMPARE(record.value(u"userId"_s), QJsonValue(u"ann"_s));
    QCOMPARE(record.value(u"tenantId"_s), QJsonValue(u"t1"_s));
    QCOMPARE(record.value(u"reason"_s), QJsonValue(u"completed"_s));
    QCOMPARE(record.value(u"metadata"_s).toObject().value(u"ticket"_s), QJsonValue(7));
    QCOMPARE(record.value(u"networkLogs"_s).toArray().size(), 1);
    QCOMPARE(record.value(u"securityEvents"_s).toArray().size(), 1);

    Settings bare;
    bare.trackResources = false;
    RunRequest fetched;
    fetched.codeUrl = u"https://a.example/x.py?token=abc"_s;
    result.fetchedCodeHash = QByteArray(64, 'f');
    const QJsonObject other = recordOf(RunFacts::of(fetched, {}, {}, bare), result, bare);
    QVERIFY(!other.contains(u"resourceUsage"_s));
    QVERIFY(other.value(u"userId"_s).isNull() && other.value(u"tenantId"_s).isNull());
    QCOMPARE(other.value(u"codeHash"_s).toString(), QString(64, u'f'));
    QVERIFY(!QJsonDocument(other).toJson().contains("token"));
}

void tst_audit::included()
{
    Settings settings;
    settings.includeCode = settings.includeOutput = true;
    RunRequest request;
    request.cmd = u"echo hi"_s;
    RunResult result;
    result.stdoutText = "hi\n";
    result.stderrText = "no\n";
    const QJsonObject record = recordOf(RunFacts::of(request, {}, {}, settings), result, settings);
    QCOMPARE(record.value(u"code"_s), QJsonValue(u"echo hi"_s));
    QCOMPARE(record.value(u"stdout"_s), QJsonValue(u"hi\n"_s));
    QCOMPARE(record.value(u"stderr"_s), QJsonValue(u"no\n"_s));
}

void tst_audit::secretsAreMasked()
{
    const QString secret = u"s3cr\"et/äß"_s;
    const QByteArray encoded = secret.toUtf8().toBase64();
    Settings settings;
    settings.includeCode = settings.includeOutput = true;
    RunRequest request;
    request.code = "key = '" + secret.toUtf8() + "'";
    request.metadata = {{u"a"_s, QJsonArray{secret, QJsonObject{{secret, QString::fromLatin1(encoded)}}}}};
    RunOptions options;
    options.secrets = {{u"KEY"_s, secret}};
    RunResult result;
    result.stdoutText = "x" + encoded;
    result.networkLogs = {QJsonObject{{u"path"_s, QString(u"/v1/"_s + secret)}}};
    result.securityEvents = {QJsonObject{{u"message"_s, secret}}};
    result.errorCode = u"setup_failed"_s;
    result.error = u"There is no "_s + secret;
    const QJsonObject record = recordOf(RunFacts::of(request, options, {}, settings), result, settings);
    const QString text = QString::fromUtf8(QJsonDocument(record).toJson());
    QVERIFY2(!text.contains(u"cr\\\"et"_s) && !text.contains(u"äß"_s), qPrintable(text));
    QVERIFY2(!text.contains(QString::fromLatin1(encoded.first(12))), qPrintable(text));
    QCOMPARE(record.value(u"code"_s), QJsonValue(u"key = '***'"_s));
    QCOMPARE(record.value(u"error"_s), QJsonValue(u"There is no ***"_s));
    const QJsonObject refused =
        refusalOf(RunFacts::of(request, options, {}, settings), {u"not_allowed"_s, secret, {}}, settings);
    QCOMPARE(refused.value(u"reason"_s), QJsonValue(u"refused"_s));
    QCOMPARE(refused.value(u"errorCode"_s), QJsonValue(u"not_allowed"_s));
    QCOMPARE(refused.value(u"error"_s), QJsonValue(u"***"_s));
    QVERIFY(refused.value(u"executionId"_s).isNull() && !refused.value(u"codeHash"_s).isNull());
    QCOMPARE(refused.keys(), QJsonObject(record).keys());
    QCOMPARE(record.value(u"networkLogs"_s).toArray().at(0).toObject().value(u"path"_s), QJsonValue(u"/v1/***"_s));
}

// A run that was refused for its secret: nobody knows how to find it.
void tst_audit::unknownSecretsLeaveNothing()
{
    Settings settings;
    settings.includeCode = settings.includeOutput = true;
    RunRequest request;
    request.code = "abc";
    request.metadata = {{u"k"_s, u"abc"_s}};
    RunOptions options;
    options.secrets = {{u"KEY"_s, u"abc"_s}};
    const QByteArray text =
        QJsonDocument(recordOf(RunFacts::of(request, options, {}, settings), {}, settings)).toJson();
    QVERIFY2(!text.contains("\"abc\""), text.constData());
}

void tst_audit::largeRuns()
{
    Settings settings;
    settings.includeCode = settings.includeOutput = true;
    RunRequest request;
    request.code = QByteArray(3 * MiB, '#');
    request.metadata = {{u"a"_s, QString(100000, u'm')}};
    RunResult result;
    result.stdoutText = QByteArray(MiB - 1, 'o') + "\u00e4 and more"; // a character across the limit
    result.stderrText = QByteArray(MiB, 'e');
    const QJsonObject record = recordOf(RunFacts::of(request, {}, {}, settings), result, settings);
    QCOMPARE(record.value(u"code"_s).toString().size(), MiB + QByteArray("\n[2097152 bytes more]").size());
    QVERIFY(record.value(u"stdout"_s).toString().endsWith(u"o\n[11 bytes more]"_s));
    QCOMPARE(record.value(u"stderr"_s).toString().size(), MiB);
    QCOMPARE(record.value(u"metadata"_s).toObject().keys(), QStringList{u"omitted"_s});
}

void tst_audit::settings()
{
    const QJsonObject audit{{u"enabled"_s, true}, {u"logDir"_s, u"./records"_s}, {u"postLogScript"_s, u"~/ship"_s}};
    const Settings settings = Settings::fromJson(audit, u"/srv/x"_s);
    QVERIFY(settings.enabled && !settings.toStdout && settings.trackResources);
    QCOMPARE(settings.folder, u"/srv/x/records"_s);
    QCOMPARE(settings.postLogScript, QDir::homePath() + u"/ship"_s);
    QCOMPARE(Settings::fromJson({{u"logDir"_s, u"/var/log/isol8"_s}}, u"/srv/x"_s).folder, u"/var/log/isol8"_s);
}

void tst_audit::filesAndModes()
{
    Folder folder;
    const auto before = ::umask(0);
    QVERIFY(folder.write(1, 1));
    ::umask(before);
    QCOMPARE(modeOf(folder.path()), 0700);
    QCOMPARE(modeOf(folder.current()), 0600);
    QCOMPARE(modeOf(folder.file(u"executions.chain"_s)), 0600);
    QCOMPARE(::chmod(QFile::encodeName(folder.path()).constData(), 0755), 0);
    QCOMPARE(::chmod(QFile::encodeName(folder.current()).constData(), 0644), 0);
    QVERIFY(folder.write(2, 2));
    QCOMPARE(modeOf(folder.path()), 0700);
    QCOMPARE(modeOf(folder.current()), 0600);
}

void tst_audit::chain()
{
    Folder folder;
    QVERIFY(folder.write(1, 2));
    QVERIFY(folder.write(3, 3)); // another writer goes on
    const QByteArrayList lines = linesOf(folder.current());
    QCOMPARE(lines.size(), 3);
    QByteArray hash(64, '0');
    for (int i = 0; i < 3; ++i) {
        const QJsonObject line = QJsonDocument::fromJson(lines.at(i)).object();
        QCOMPARE(line.value(u"executionId"_s), QJsonValue(QString::number(i + 1)));
        QCOMPARE(line.value(u"sequence"_s), QJsonValue(i + 1));
        QCOMPARE(line.value(u"previousHash"_s).toString().toLatin1(), hash);
        hash = QCryptographicHash::hash(lines.at(i), QCryptographicHash::Sha256).toHex();
    }
    const Verification whole = folder.verify();
    QVERIFY2(!whole.problem, qPrintable(folder.problem()));
    QCOMPARE(whole.records, 3);
    QCOMPARE(whole.last.hash, hash);
}

void tst_audit::rotates()
{
    Folder folder;
    QVERIFY(folder.write(1, 2));
    QVERIFY(folder.write(3, 3, Monday.addDays(1)));
    QVERIFY(folder.write(4, 4, Monday)); // a clock that was set back
    QVERIFY(folder.write(5, 5, Monday.addDays(9)));
    QCOMPARE(recordFiles(folder.path()),
             QStringList({u"executions-2026-11-23.log"_s, u"executions-2026-11-24.log"_s, u"executions.log"_s}));
    QCOMPARE(linesOf(folder.file(u"executions-2026-11-24.log"_s)).size(), 2);
    QCOMPARE(folder.problem(), QString());
    QCOMPARE(folder.verify().records, 5);
    QCOMPARE(modeOf(folder.file(u"executions-2026-11-23.log"_s)), 0600);
}

void tst_audit::retention()
{
    Folder folder;
    for (int day = 0; day < 5; ++day)
        QVERIFY(folder.write(day + 1, day + 1, Monday.addDays(day), 2));
    QCOMPARE(recordFiles(folder.path()),
             QStringList({u"executions-2026-11-25.log"_s, u"executions-2026-11-26.log"_s, u"executions.log"_s}));
    QCOMPARE(folder.problem(), QString());
    QCOMPARE(folder.verify().first.sequence, 2);
    // The oldest that should be there is not: that was not retention.
    QVERIFY(QFile::remove(folder.file(u"executions-2026-11-25.log"_s)));
    QVERIFY2(folder.problem().startsWith(u"executions-2026-11-26.log:1 1 before"_s), qPrintable(folder.problem()));
}

// Three files: lines 1 and 2, 3 to 5, 6 and 7.
void tst_audit::tampered_data()
{
    QTest::addColumn<QString>("file");
    QTest::addColumn<QByteArrayList>("order"); // of its lines, from 0; "x1": line 1 changed
    QTest::addColumn<QString>("problem");
    const auto row = [](const char *name, const QString &file, const QByteArrayList &order, const QString &problem) {
        QTest::newRow(name) << file << order << problem;
    };
    const QString second = u"executions-2026-11-24.log"_s;
    row("nothing", second, {"0", "1", "2"}, {});
    row("removed", second, {"0", "2"}, second + u":2 1 before this one are missing"_s);
    row("first removed", u"executions-2026-11-23.log"_s, {"1"},
        u"executions-2026-11-23.log:1 1 before this one are missing"_s);
    row("changed", second, {"0", "x1", "2"}, second + u":2 This line is not what the next one says"_s);
    row("last of a file changed", second, {"0", "1", "x2"}, second + u":3 This line is not what the next one says"_s);
    row("swapped", second, {"1", "0", "2"}, second + u":1 1 before this one are missing"_s);
    row("repeated", second, {"0", "0", "1", "2"}, second + u":2 This line does not belong here"_s);
    row("emptied", second, {}, u"executions.log:1 3 before this one are missing"_s);
    row("no record", second, {"0", "hello", "1", "2"}, second + u":2 This line is no record"_s);
    row("empty line", second, {"0", "", "1", "2"}, second + u":2 This line is no record"_s);
    row("the end cut", u"executions.log"_s, {"0"}, u"executions.log:1 1 behind this one are missing"_s);
    row("the last file emptied", u"executions.log"_s, {}, second + u":3 2 behind this one are missing"_s);
    row("the last line changed", u"executions.log"_s, {"0", "x1"}, u"executions.log:2 This line, the last one"_s);
    row("file removed", second, {"-"}, u"executions.log:1 3 before this one are missing"_s);
    row("first file removed", u"executions-2026-11-23.log"_s, {"-"}, second + u":1 2 before this one are missing"_s);
    row("last file removed", u"executions.log"_s, {"-"}, second + u":3 2 behind this one are missing"_s);
}

void tst_audit::tampered()
{
    QFETCH(QString, file);
    QFETCH(QByteArrayList, order);
    QFETCH(QString, problem);
    Folder folder;
    QVERIFY(folder.write(1, 2) && folder.write(3, 5, Monday.addDays(1)) && folder.write(6, 7, Monday.addDays(2)));
    QByteArrayList lines = linesOf(folder.file(file));
    if (order.value(0) == "-") {
        QVERIFY(QFile::remove(folder.file(file)));
    } else {
        QByteArray content;
        for (const QByteArray &part : std::as_const(order)) {
            bool isNumber = false;
            const int number = (part.startsWith('x') ? part.mid(1) : part).toInt(&isNumber);
            QByteArray line = isNumber ? lines.at(number) : part;
            content += (part.startsWith('x') ? line.replace("executionId", "executionID") : line) + '\n';
        }
        setContent(folder.file(file), content);
    }
    const QString found = folder.problem();
    QVERIFY2(problem.isEmpty() ? found.isEmpty() : found.startsWith(problem), qPrintable(found));
    // Writing on hides nothing.
    QVERIFY(folder.write(8, 8, Monday.addDays(2)));
    QCOMPARE(folder.problem().isEmpty(), problem.isEmpty());
}

// Who changes a line and all hashes behind it, but not executions.chain.
void tst_audit::changedThenContinued()
{
    Folder folder;
    QVERIFY(folder.write(1, 3));
    ChainPoint point;
    QByteArray content;
    for (int i = 1; i <= 3; ++i)
        content += chained(runNumber(i == 2 ? 99 : i), &point) + '\n';
    setContent(folder.current(), content);
    QVERIFY2(folder.problem().startsWith(u"executions.log:3 This line, the last one, was changed"_s),
             qPrintable(folder.problem()));
}

void tst_audit::knownHash()
{
    Folder folder;
    QVERIFY(folder.write(1, 3));
    const QByteArray hash = hashOf(linesOf(folder.current()).at(1));
    QVERIFY(folder.verify(hash).knowsHash);
    QVERIFY(!folder.verify(QByteArray(64, 'a')).knowsHash);
}

void tst_audit::tornLine()
{
    Folder folder;
    QVERIFY(folder.write(1, 2));
    addContent(folder.current(), R"({"executionId":"3","out)");
    QCOMPARE(folder.problem(), QString());
    QVERIFY(folder.verify().unfinished);
    QVERIFY(folder.write(4, 4));
    const QByteArrayList lines = linesOf(folder.current());
    QCOMPARE(lines.size(), 5);
    QCOMPARE(QJsonDocument::fromJson(lines.at(3)).object().value(u"event"_s), QJsonValue(u"torn"_s));
    QCOMPARE(folder.problem(), QString());
    QCOMPARE(folder.verify().torn, 1);
    QCOMPARE(folder.verify().records, 3);
    // What is said of an unfinished line is no licence to remove it, or to put another in its place.
    setContent(folder.current(), (lines.mid(0, 2) + lines.mid(3)).join('\n') + '\n');
    QVERIFY2(folder.problem().startsWith(u"executions.log:3 The unfinished line"_s), qPrintable(folder.problem()));
    setContent(folder.current(), (lines.mid(0, 2) + QByteArrayList{"other"} + lines.mid(3)).join('\n') + '\n');
    QVERIFY2(folder.problem().startsWith(u"executions.log:3 This line is no record"_s), qPrintable(folder.problem()));
}

void tst_audit::lostChainFile()
{
    Folder folder;
    QVERIFY(folder.write(1, 2));
    QVERIFY(QFile::remove(folder.file(u"executions.chain"_s)));
    QVERIFY2(folder.problem().startsWith(u"executions.chain:0 "_s), qPrintable(folder.problem()));
    QVERIFY(folder.write(3, 3));
    QVERIFY2(folder.problem().startsWith(u"executions.log:3 The file that says"_s), qPrintable(folder.problem()));
    QCOMPARE(linesOf(folder.current()).size(), 4);
}

void tst_audit::writerKilledBeforeItToldOfALine()
{
    Folder folder;
    QVERIFY(folder.write(1, 2));
    const QByteArray ends = contentOf(folder.file(u"executions.chain"_s));
    QVERIFY(folder.write(3, 4));
    setContent(folder.file(u"executions.chain"_s), ends);
    QCOMPARE(folder.problem(), QString());
    QVERIFY(folder.write(5, 5));
    QCOMPARE(folder.problem(), QString());
    QCOMPARE(folder.verify().records, 5);
}

// A write that the kernel takes only in part: what a full disk does.
void tst_audit::fullDisk()
{
    Folder folder;
    QVERIFY(folder.write(1, 1));
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit before = {};
    QCOMPARE(::getrlimit(RLIMIT_FSIZE, &before), 0);
    const rlimit small{static_cast<rlim_t>(contentOf(folder.current()).size() + 50), before.rlim_max};
    RecordFolder records(folder.path(), 90);
    qint64 unsaid = 0;
    QCOMPARE(::setrlimit(RLIMIT_FSIZE, &small), 0);
    const auto failed = records.append(runNumber(2), &unsaid, Monday);
    QCOMPARE(::setrlimit(RLIMIT_FSIZE, &before), 0);
    QVERIFY(!failed);
    QVERIFY2(failed.error().message.contains(folder.path()), qPrintable(failed.error().message));
    QCOMPARE(linesOf(folder.current()).size(), 1);
    QVERIFY(contentOf(folder.current()).endsWith('\n'));
    unsaid = 1;
    QVERIFY(records.append(runNumber(3), &unsaid, Monday));
    QCOMPARE(unsaid, 0);
    QCOMPARE(folder.problem(), QString());
    QCOMPARE(folder.verify().records, 2);
    QCOMPARE(folder.verify().lost, 1);
}

void tst_audit::locked()
{
    Folder folder;
    QVERIFY(folder.write(1, 1));
    const int other = ::open(QFile::encodeName(folder.file(u"executions.chain"_s)).constData(), O_RDWR | O_CLOEXEC);
    QCOMPARE(::flock(other, LOCK_EX), 0);
    RecordFolder records(folder.path(), 90);
    qint64 unsaid = 0;
    const auto outcome = records.append(runNumber(2), &unsaid, Monday);
    QVERIFY(outcome && *outcome == RecordFolder::Outcome::Locked);
    ::close(other);
    const auto again = records.append(runNumber(2), &unsaid, Monday);
    QVERIFY(again && *again == RecordFolder::Outcome::Written);
}

void tst_audit::folderRemoved()
{
    Folder folder;
    RecordFolder records(folder.path(), 90);
    qint64 unsaid = 0;
    QVERIFY(records.append(runNumber(1), &unsaid, Monday));
    QVERIFY(QDir(folder.path()).removeRecursively());
    QVERIFY(records.append(runNumber(2), &unsaid, Monday));
    QCOMPARE(linesOf(folder.current()).size(), 1);
}

void tst_audit::notAFolder()
{
    QTemporaryDir dir;
    setContent(dir.filePath(u"file"_s), "x");
    RecordFolder records(dir.filePath(u"file"_s), 90);
    const auto opened = records.open();
    QVERIFY(!opened);
    QCOMPARE(opened.error().code, errors::FileError.toString());
    // A link in the place of the file leads nowhere.
    Folder folder;
    QVERIFY(folder.write(1, 1));
    QVERIFY(QFile::remove(folder.current()));
    QVERIFY(QFile::link(dir.filePath(u"file"_s), folder.current()));
    QVERIFY(!folder.write(2, 2));
    QCOMPARE(contentOf(dir.filePath(u"file"_s)), QByteArray("x"));
}

// Three processes, of which one after the other is killed at no particular moment.
void tst_audit::manyWritersKilled()
{
    Folder folder;
    std::vector<std::unique_ptr<QProcess>> writers;
    for (int round = 0; round < 8; ++round) {
        auto writer = std::make_unique<QProcess>();
        writer->setProcessChannelMode(QProcess::ForwardedErrorChannel);
        writer->start(QCoreApplication::applicationFilePath(), {u"--write"_s, folder.path(), QString::number(round)});
        QVERIFY(writer->waitForReadyRead(20000)); // it has written one
        writers.push_back(std::move(writer));
        if (writers.size() >= 3) {
            writers.front()->kill();
            writers.front()->waitForFinished(5000);
            writers.erase(writers.begin());
        }
    }
    for (const auto &writer : writers) {
        writer->kill();
        writer->waitForFinished(5000);
    }
    QVERIFY(folder.write(0, 0, QDateTime::currentDateTimeUtc().date()));
    const Verification whole = folder.verify();
    QVERIFY2(!whole.problem, qPrintable(folder.problem()));
    QVERIFY(whole.records > 8);
    QSet<QString> writersSeen;
    for (const QString &name : recordFiles(folder.path())) {
        for (const QByteArray &line : linesOf(folder.file(name)))
            writersSeen.insert(QJsonDocument::fromJson(line).object().value(u"writer"_s).toString());
    }
    for (int round = 0; round < 8; ++round)
        QVERIFY2(writersSeen.contains(QString::number(round)), qPrintable(QString::number(round)));
}

// One at a time, the last of them behind the last record; nothing of ours is in its hands.
void tst_audit::script()
{
    QTemporaryDir dir;
    const QString program = dir.filePath(u"ship"_s);
    setContent(program, "#!/bin/sh\nd=" + QFile::encodeName(dir.path()) +
                            "\nmkdir \"$d/running\" || echo two >> \"$d/wrong\"\n"
                            "env > \"$d/env\"; ls -l /proc/self/fd > \"$d/fds\"; pwd > \"$d/pwd\"\n"
                            "while [ ! -e \"$d/go\" ]; do sleep 0.02; done\n"
                            "rmdir \"$d/running\"; echo \"$1\" >> \"$d/told\"\n");
    QVERIFY(QFile::setPermissions(program, QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner));
    qputenv("ISOL8_API_KEY", "do-not-hand-on");
    const int inherited = ::open("/etc/hostname", O_RDONLY); // not close-on-exec
    PostLogScript script(program);
    for (int i = 0; i < 5; ++i)
        script.run(u"/var/log/a.log"_s);
    QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(dir.filePath(u"pwd"_s)), 20000);
    setContent(dir.filePath(u"go"_s), {});
    QTRY_COMPARE_WITH_TIMEOUT(linesOf(dir.filePath(u"told"_s)), QByteArrayList({"/var/log/a.log", "/var/log/a.log"}),
                              20000);
    QVERIFY(!QFile::exists(dir.filePath(u"wrong"_s)));
    QVERIFY(!contentOf(dir.filePath(u"env"_s)).contains("do-not-hand-on"));
    for (const QByteArray &line : linesOf(dir.filePath(u"env"_s)))
        QVERIFY2(
            QByteArrayList({"PATH", "HOME", "LANG", "PWD", "OLDPWD", "SHLVL", "_"}).contains(line.split('=').at(0)),
            line.constData());
    QVERIFY(!contentOf(dir.filePath(u"fds"_s)).contains("hostname"));
    QCOMPARE(contentOf(dir.filePath(u"pwd"_s)), QByteArray("/\n"));
    QCOMPARE(script.failures(), 0);
    ::close(inherited);
}

void tst_audit::scriptIsKilled()
{
    QTemporaryDir dir;
    const QString program = dir.filePath(u"hang"_s);
    setContent(program, "#!/bin/sh\ntrap '' TERM ALRM\nsleep 600 &\necho $! > " +
                            QFile::encodeName(dir.filePath(u"pid"_s)) + "\nwait; sleep 600\n");
    QVERIFY(QFile::setPermissions(program, QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner));
    PostLogScript script(program, nullptr, milliseconds(1500));
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"script .* failed: it was killed"_s));
    script.run(u"/x"_s);
    QTRY_COMPARE_WITH_TIMEOUT(script.failures(), 1, 20000);
    const auto child = static_cast<pid_t>(contentOf(dir.filePath(u"pid"_s)).trimmed().toInt());
    QVERIFY(child > 0);
    QTRY_VERIFY_WITH_TIMEOUT(
        !processtest::sendSignal(child, 0) || contentOf(u"/proc/%1/stat"_s.arg(child)).contains(") Z"), 10000);
}

void tst_audit::scriptIsMissing()
{
    PostLogScript script(u"/nowhere/at/all"_s);
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"script /nowhere/at/all failed"_s));
    script.run(u"/x"_s);
    script.run(u"/x"_s);
    QTRY_COMPARE_WITH_TIMEOUT(script.failures(), 2, 20000);
}

// A writer for manyWritersKilled(): writes until it is killed, long lines among them, on a day after the other.
static int writeForEver(const QString &path, const QString &name)
{
    RecordFolder folder(path, 90);
    qint64 unsaid = 0;
    for (int i = 0;;) {
        const QJsonObject record{{u"writer"_s, name}, {u"stdout"_s, QString(i % 5 == 4 ? 200000 : 10, u'x')}};
        const auto outcome = folder.append(record, &unsaid, QDateTime::currentDateTimeUtc().date());
        if (!outcome) {
            std::fprintf(stderr, "%s\n", qPrintable(outcome.error().message));
            return 1;
        }
        if (*outcome == RecordFolder::Outcome::Locked)
            ::usleep(500);
        else if (++i == 1) {
            std::puts("up");
            std::fflush(stdout);
        }
    }
}

int main(int argc, char **argv)
{
    const QCoreApplication application(argc, argv);
    const QStringList arguments = QCoreApplication::arguments();
    if (arguments.value(1) == u"--write"_s)
        return writeForEver(arguments.value(2), arguments.value(3));
    tst_audit test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_audit.moc"
