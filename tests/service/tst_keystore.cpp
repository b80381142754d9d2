// SPDX-License-Identifier: GPL-3.0-or-later
// test: database; service; sql
#include "support/Await.h"
#include "support/Databases.h"
#include "support/LoopbackServer.h"

#include <service/auth/ApiKey.h>
#include <service/auth/AuthController.h>
#include <service/auth/AuthErrors.h>
#include <service/auth/KeyDirectory.h>
#include <service/auth/SqlKeyStore.h>
#include <service/auth/SqlSchema.h>
#include <service/auth/SqliteFile.h>

#include <QSqlDatabase>
#include <QSqlError>
#include <QSqlQuery>
#include <QSqlRecord>
#include <QTemporaryDir>

#include <array>
#include <numeric>

#include <sys/stat.h>

using namespace isol8;
using namespace isol8::service;
using namespace Qt::StringLiterals;

namespace {

KeyRecord record(const QByteArray &key, const QString &tenant = u"default"_s, qint64 createdAt = 1000)
{
    KeyRecord made;
    made.id = QString::fromLatin1(digestOf(QByteArray("id of " + key)).toHex().left(36));
    made.digest = digestOf(key);
    made.prefix = u"isol8_"_s + QString::fromLatin1(key.left(6));
    made.name = u"the key "_s + QString::fromLatin1(key);
    made.tenant = tenant;
    made.createdAt = createdAt;
    made.expiresAt = createdAt + 3200000000000;
    return made;
}

// What is said of a key: good, revoked, none, or an error's code. False when nothing is.
bool lookUp(KeyDirectory *directory, const QByteArray &key, QString *verdict)
{
    verdict->clear();
    directory->find(digestOf(key), directory, [verdict](const Result<std::optional<KeyRecord>> &found) {
        *verdict = !found ? found.error().code : !*found ? u"none"_s : (*found)->revoked ? u"revoked"_s : u"good"_s;
    });
    return QTest::qWaitFor([verdict] { return !verdict->isEmpty(); }, 30000);
}

mode_t modeOf(const QString &path)
{
    struct stat found = {};
    return ::stat(QFile::encodeName(path).constData(), &found) == 0 ? found.st_mode & 07777 : 0;
}

// Counts how many of its bytes are looked at.
struct CountedByte
{
    unsigned char value = 0;
    static inline int looks = 0;
    friend unsigned char operator^(CountedByte left, CountedByte right)
    {
        ++looks;
        return left.value ^ right.value;
    }
};

} // namespace

/*
    Where keys are kept, on SQLite, a real PostgreSQL and a real MariaDB, which this program starts and ends.
*/
class tst_keystore : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init();

    void comparison();
    void shapes();
    void targets_data();
    void targets();
    void sqliteFile();
    void commandDoesWithout();

    void kept_data() { all(); }
    void kept();
    void manyAtOnce_data() { all(); }
    void manyAtOnce();
    void revoked_data() { all(); }
    void revoked();
    void notes_data() { all(); }
    void notes();
    void swept_data() { all(); }
    void swept();
    void nothingButHashes_data() { all(); }
    void nothingButHashes();
    void olderTables_data() { all(); }
    void olderTables();
    void newerTables_data() { all(); }
    void newerTables();
    void madeByManyAtOnce_data() { all(); }
    void madeByManyAtOnce();
    void revokedByAnotherProcess_data() { all(); }
    void revokedByAnotherProcess();
    void strangersKeysAreBounded_data() { all(); }
    void strangersKeysAreBounded();
    void serverIsGoneForAWhile_data() { servers(); }
    void serverIsGoneForAWhile();
    void requestsWhileServerIsGone_data() { servers(); }
    void requestsWhileServerIsGone();
    void serverHangs_data() { servers(); }
    void serverHangs();
    void wrongPassword_data() { servers(); }
    void wrongPassword();

private:
    static void servers()
    {
        QTest::addColumn<QString>("backend");
        QTest::newRow("postgres") << u"postgres"_s;
        QTest::newRow("mariadb") << u"mariadb"_s;
    }
    static void all()
    {
        servers();
        QTest::newRow("sqlite") << u"sqlite"_s;
    }
    [[nodiscard]] QString url(const QString &backend) const
    {
        return backend == u"postgres"  ? m_postgres.url()
               : backend == u"mariadb" ? m_mariaDb.url()
                                       : m_folder.filePath(u"keys/auth.db"_s);
    }
    [[nodiscard]] std::unique_ptr<SqlKeyStore> store(const QString &backend) const
    {
        return std::make_unique<SqlKeyStore>(DatabaseTarget::parse(url(backend)).value());
    }
    [[nodiscard]] databases::Server &server(const QString &backend)
    {
        return backend == u"postgres" ? static_cast<databases::Server &>(m_postgres) : m_mariaDb;
    }
    //! Statements past the store; what the last of them gives, its values joined.
    QString sql(const QString &backend, const QStringList &statements) const;

    QTemporaryDir m_folder;
    databases::Postgres m_postgres;
    databases::MariaDb m_mariaDb;
};

void tst_keystore::initTestCase()
{
    m_postgres.prepare();
    m_mariaDb.prepare();
    QVERIFY2(m_postgres.start(), qPrintable(m_postgres.problem));
    QVERIFY2(m_mariaDb.start(), qPrintable(m_mariaDb.problem));
}

// Each function begins with empty databases.
void tst_keystore::init()
{
    for (const QString &backend : {u"postgres"_s, u"mariadb"_s, u"sqlite"_s}) {
        if (QString::fromLatin1(QTest::currentDataTag()) == backend)
            sql(backend, {u"DROP TABLE IF EXISTS isol8_keys"_s, u"DROP TABLE IF EXISTS isol8_quotas"_s,
                          u"DROP TABLE IF EXISTS isol8_keeping"_s, u"DROP TABLE IF EXISTS isol8_cpu"_s,
                          u"DROP TABLE IF EXISTS isol8_schema"_s});
    }
}

QString tst_keystore::sql(const QString &backend, const QStringList &statements) const
{
    const DatabaseTarget target = DatabaseTarget::parse(url(backend)).value();
    QString text;
    {
        QSqlDatabase database = QSqlDatabase::addDatabase(backend == u"postgres"  ? u"QPSQL"_s
                                                          : backend == u"mariadb" ? u"QMYSQL"_s
                                                                                  : u"QSQLITE"_s,
                                                          u"raw"_s);
        database.setHostName(target.host);
        database.setPort(target.port);
        database.setUserName(target.user);
        database.setPassword(target.password);
        database.setDatabaseName(target.file.isEmpty() ? target.name : target.file);
        if (!target.file.isEmpty())
            QDir().mkpath(QFileInfo(target.file).path());
        if (!database.open())
            text = u"not open: "_s + database.lastError().text();
        for (const QString &statement : statements) {
            QSqlQuery query(database);
            if (!query.exec(statement))
                text = query.lastError().text();
            else if (&statement == &statements.back()) {
                while (query.next()) {
                    for (int i = 0; i < query.record().count(); ++i)
                        text += query.value(i).toString() + u' ';
                    text += u'\n';
                }
            }
        }
    }
    QSqlDatabase::removeDatabase(u"raw"_s);
    return text.trimmed();
}

// However far two are the same, as much is looked at.
void tst_keystore::comparison()
{
    std::array<CountedByte, 32> right{}, tried{};
    for (size_t i = 0; i < right.size(); ++i)
        right[i].value = static_cast<unsigned char>(i * 7);
    for (size_t same = 0; same <= right.size(); ++same) {
        tried = right;
        for (size_t i = same; i < tried.size(); ++i)
            tried[i].value = static_cast<unsigned char>(~tried[i].value);
        CountedByte::looks = 0;
        QCOMPARE(equalInConstantTime(right.data(), tried.data(), right.size()), same == right.size());
        QCOMPARE(CountedByte::looks, 32);
    }
    QVERIFY(equalDigests(digestOf("a"), digestOf("a")));
    QVERIFY(!equalDigests(digestOf("a"), digestOf("b")));
    QVERIFY(!equalDigests({}, {}));
}

void tst_keystore::shapes()
{
    const QByteArray key = makeKey().value();
    QCOMPARE(key.size(), 49);
    QVERIFY(isKeyShaped(key));
    QVERIFY(makeKey().value() != key);
    QCOMPARE(prefixOf(key), QString::fromLatin1(key.left(12)));
    for (const QByteArray &wrong : QByteArrayList{key + 'a',
                                                  key.chopped(1),
                                                  QByteArray(key).replace(6, 1, "+"),
                                                  'x' + key.sliced(1),
                                                  {},
                                                  "isol8_",
                                                  QByteArray(49, '\0')})
        QVERIFY2(!isKeyShaped(wrong), wrong.constData());

    for (const QString &tenant : {u"a"_s, u"Acme-2.x_y"_s, u"-"_s, QString(64, u'a')})
        QVERIFY2(isTenant(tenant), qPrintable(tenant));
    for (const QString &tenant : {u""_s, u".."_s, u".a"_s, u"a/b"_s, u"a b"_s, u"é"_s, u"a\n"_s, QString(65, u'a')})
        QVERIFY2(!isTenant(tenant), qPrintable(tenant));
    for (const QString &name : {u"a"_s, u"my laptop"_s, u"Schlüssel 鍵 🔑"_s, QString(100, u'a')})
        QVERIFY2(isKeyName(name), qPrintable(name));
    for (const QString &name :
         {u""_s, u" a"_s, u"a "_s, u"a\nb"_s, u"a\u202eb"_s, QString(QChar(0xd800)), QString(101, u'a'), u"a\x1b[1m"_s})
        QVERIFY2(!isKeyName(name), qPrintable(name));
}

void tst_keystore::targets_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("expected"); //!< "kind file host port user password name options", or "-": refused
    const QString postgres = u" connect_timeout=3;tcp_user_timeout=5000"_s;
    const QString mySql = u" MYSQL_OPT_CONNECT_TIMEOUT=3;MYSQL_OPT_READ_TIMEOUT=5;MYSQL_OPT_WRITE_TIMEOUT=5"_s;
    QTest::newRow("path") << u"/a/b.db"_s << u"0 /a/b.db  -1    "_s;
    QTest::newRow("home") << u"~/b.db"_s << u"0 "_s + QDir::homePath() + u"/b.db  -1    "_s;
    QTest::newRow("none") << u""_s << u"0 "_s + QDir::homePath() + u"/.isol8/auth.db  -1    "_s;
    QTest::newRow("postgres") << u"postgres://u:p%40%2F@h:5/d?sslmode=verify-full&sslrootcert=/a/b.pem"_s
                              << u"1  h 5 u p@/ d"_s + postgres + u";sslmode=verify-full;sslrootcert=/a/b.pem"_s;
    QTest::newRow("postgresql") << u"postgresql://h/d"_s << u"1  h -1   d"_s + postgres;
    QTest::newRow("folder") << u"postgres:///d?host=/run/postgresql"_s << u"1  /run/postgresql -1   d"_s + postgres;
    QTest::newRow("mysql") << u"mysql://u@h/d"_s << u"2  h -1 u  d"_s + mySql;
    QTest::newRow("mariadb") << u"mariadb://u:p@/d?socket=/run/x.sock"_s
                             << u"2   -1 u p d"_s + mySql + u";UNIX_SOCKET=/run/x.sock"_s;
    for (const char *refused :
         {"postgres://s3cret@h", "postgres://h/", "postgres://u:s3cret@h/a/b", "oracle://u:s3cret@h/d",
          "postgres://u:s3cret@h/d?options=x", "postgres://u:s3cret@h/d?sslmode=a;b",
          "postgres://u:s3cret@h/d?sslmode=a%20b", "mysql://u:s3cret@h/d?host=/a", "mysql://u:s3cret@h:99999/d",
          "postgres://u:s3cret@h/d?sslmode='a'", "mysql://u:s3cret@h/d?socket="})
        QTest::newRow(refused) << QString::fromLatin1(refused) << u"-"_s;
}

void tst_keystore::targets()
{
    QFETCH(QString, text);
    QFETCH(QString, expected);
    const auto target = DatabaseTarget::parse(text);
    if (expected == u"-") {
        QVERIFY(!target);
        QCOMPARE(target.error().code, autherrors::AuthDatabase);
        QVERIFY(!target.error().message.contains(u"s3cret"_s));
        return;
    }
    QVERIFY2(target, test::describe(target));
    QCOMPARE(u"%1 %2 %3 %4 %5 %6 %7 %8"_s.arg(int(target->kind))
                 .arg(target->file, target->host)
                 .arg(target->port)
                 .arg(target->user, target->password, target->name, target->options),
             expected);
}

void tst_keystore::sqliteFile()
{
    const auto at = [this](const QString &name) { return m_folder.filePath(u"files/"_s + name); };
    SqlKeyStore store(DatabaseTarget::parse(at(u"deep/er/auth.db"_s)).value());
    const ::mode_t before = ::umask(0);
    const auto opened = store.open();
    const auto inserted = store.insert(record("a"));
    ::umask(before);
    QVERIFY2(opened, test::describe(opened));
    QVERIFY2(inserted, test::describe(inserted));
    QCOMPARE(modeOf(at(u"deep"_s)), mode_t(0700));
    QCOMPARE(modeOf(at(u"deep/er"_s)), mode_t(0700));
    for (const QString &end : {u""_s, u"-wal"_s, u"-shm"_s})
        QCOMPARE(modeOf(at(u"deep/er/auth.db"_s + end)), mode_t(0600));

    // One that others could read.
    QFile loose(at(u"deep/loose.db"_s));
    QVERIFY(loose.open(QIODevice::WriteOnly));
    loose.close();
    QCOMPARE(::chmod(QFile::encodeName(loose.fileName()).constData(), 0644), 0);
    QVERIFY(prepareSqliteFile(loose.fileName()));
    QCOMPARE(modeOf(loose.fileName()), mode_t(0600));

    // Where everybody may put another in its place.
    QDir().mkpath(at(u"open"_s));
    QCOMPARE(::chmod(QFile::encodeName(at(u"open"_s)).constData(), 0777), 0);
    const auto inOpen = prepareSqliteFile(at(u"open/auth.db"_s));
    QVERIFY(!inOpen);
    QCOMPARE(inOpen.error().code, autherrors::AuthDatabase);
    QVERIFY(!QFile::exists(at(u"open/auth.db"_s)));

    QVERIFY(!prepareSqliteFile(at(u"deep"_s)));              // a folder
    QVERIFY(!prepareSqliteFile(u"/dev/null"_s));             // no plain file
    QVERIFY(!prepareSqliteFile(u"/proc/none/auth.db"_s));    // cannot be made
    QVERIFY(!prepareSqliteFile(loose.fileName() + u"/x"_s)); // in a file
    if (::geteuid() == 0) {
        QFile others(at(u"deep/others.db"_s));
        QVERIFY(others.open(QIODevice::WriteOnly));
        others.close();
        QCOMPARE(::chown(QFile::encodeName(others.fileName()).constData(), databases::Nobody, databases::Nobody), 0);
        QVERIFY(!prepareSqliteFile(others.fileName()));
    }
}

// QtSql is the service's alone.
void tst_keystore::commandDoesWithout()
{
    QProcess ldd;
    ldd.start(u"ldd"_s, {qEnvironmentVariable("ISOL8_BIN") + u"/isol8"_s});
    QVERIFY(ldd.waitForFinished());
    const QByteArray libraries = ldd.readAllStandardOutput();
    QVERIFY(libraries.contains("libQt6Core"));
    QVERIFY(!libraries.contains("libQt6Sql"));
}

void tst_keystore::kept()
{
    QFETCH(QString, backend);
    KeyRecord first = record("first", u"Acme"_s, 1000);
    KeyRecord second = record("second", u"acme"_s, 3000);
    KeyRecord third = record("third", u"Acme"_s, 2000);
    second.name = u"Schlüssel '; DROP TABLE isol8_keys; -- 鍵 🔑"_s;
    second.quota = {60, 2, 3600, 7, 9};
    {
        const auto keys = store(backend);
        const auto opened = keys->open();
        QVERIFY2(opened, test::describe(opened));
        for (const KeyRecord &key : {first, second, third}) {
            const auto inserted = keys->insert(key);
            QVERIFY2(inserted, test::describe(inserted));
        }
        QVERIFY(!keys->insert(first)); // one of that id
        KeyRecord twin = first;
        twin.id = record("other").id;
        QVERIFY(!keys->insert(twin)); // of that hash
    }
    const auto keys = store(backend); // connects by itself
    QCOMPARE(keys->find({digestOf("second")}, 5).value(), QList{second});
    QCOMPARE(keys->find({digestOf("none"), digestOf("third")}, 5).value(), QList{third});
    QVERIFY(keys->find({digestOf("none")}, 5).value().isEmpty());
    QVERIFY(keys->find({}, 5).value().isEmpty());
    QCOMPARE(keys->list({}).value(), (QList{second, third, first}));
    QCOMPARE(keys->list(u"Acme"_s).value(), (QList{third, first}));
    QCOMPARE(keys->list(u"acme"_s).value(), QList{second});
    QVERIFY(keys->list(u"ACME"_s).value().isEmpty());
}

void tst_keystore::manyAtOnce()
{
    QFETCH(QString, backend);
    const auto keys = store(backend);
    QList<QByteArray> digests;
    for (qsizetype i = 0; i < KeyStore::MostAtOnce; ++i)
        digests.append(digestOf(QByteArray("key" + QByteArray::number(i))));
    QVERIFY(keys->insert(record("key7")));
    QVERIFY(keys->insert(record("key99")));
    const auto found = keys->find(digests, 5);
    QVERIFY2(found, test::describe(found));
    QCOMPARE(found->size(), 2);
}

void tst_keystore::revoked()
{
    QFETCH(QString, backend);
    const auto keys = store(backend);
    QVERIFY(keys->insert(record("a")));
    QVERIFY(keys->insert(record("b")));
    QCOMPARE(keys->revoke(record("a").id).value(), true);
    QCOMPARE(keys->revoke(record("a").id).value(), true);
    QCOMPARE(keys->revoke(record("c").id).value(), false);
    QCOMPARE(keys->find({digestOf("a")}, 5).value().constFirst().revoked, true);
    QCOMPARE(keys->find({digestOf("b")}, 5).value().constFirst().revoked, false);
}

// Two services count together.
void tst_keystore::notes()
{
    QFETCH(QString, backend);
    const auto one = store(backend), two = store(backend);
    KeyRecord key = record("a");
    key.quota.cpuSecondsPerDay = 10;
    QVERIFY(one->insert(key));
    KeyNotes notes{{{key.id, 5000}}, 20, {{key.id, 1500}, {u"gone"_s, 3}}};
    const auto noted = one->note(notes);
    QVERIFY2(noted, test::describe(noted));
    notes.usedAt = {{key.id, 4000}};
    QVERIFY(two->note(notes));
    key.cpuMs = 3000;
    key.lastUsedAt = 5000; // the latest
    QCOMPARE(one->find({key.digest}, 20).value(), QList{key});
    key.cpuMs = 0;
    QCOMPARE(one->find({key.digest}, 21).value(), QList{key});
    QCOMPARE(sql(backend, {u"SELECT COUNT(*) FROM isol8_cpu"_s}), u"1"_s);
}

void tst_keystore::swept()
{
    QFETCH(QString, backend);
    const auto keys = store(backend);
    const qint64 now = 30 * DayMs + 5000;
    KeyRecord stays = record("stays"), goes = record("goes");
    stays.quota = goes.quota = {1, 1, 1, 1, 1};
    stays.expiresAt = now + 1;
    goes.expiresAt = now;
    QVERIFY(keys->insert(stays));
    QVERIFY(keys->insert(goes));
    for (const qint64 day : {29, 30})
        QVERIFY(keys->note({{}, day, {{stays.id, 7}, {goes.id, 7}}}));
    const auto swept = keys->sweep(now);
    QVERIFY2(swept, test::describe(swept));
    QCOMPARE(keys->list({}).value(), QList{stays});
    QCOMPARE(sql(backend, {u"SELECT key_id FROM isol8_quotas"_s}), stays.id);
    QCOMPARE(sql(backend, {u"SELECT key_id FROM isol8_keeping"_s}), stays.id);
    QCOMPARE(sql(backend, {u"SELECT day FROM isol8_cpu"_s}), u"30"_s);
}

void tst_keystore::nothingButHashes()
{
    QFETCH(QString, backend);
    const QByteArray key = makeKey().value();
    KeyRecord kept = record("a");
    kept.digest = digestOf(key);
    kept.prefix = prefixOf(key);
    QVERIFY(store(backend)->insert(kept));
    const QString row = sql(backend, {u"SELECT * FROM isol8_keys"_s});
    QVERIFY(row.contains(QString::fromLatin1(digestOf(key).toHex())));
    QVERIFY(row.contains(kept.prefix));
    QVERIFY(!row.contains(QString::fromLatin1(key.first(13))));
}

// Tables of the first version, with a key in them.
void tst_keystore::olderTables()
{
    QFETCH(QString, backend);
    KeyRecord key = record("old");
    QVERIFY(store(backend)->insert(key));
    sql(backend, {u"DROP TABLE isol8_quotas"_s, u"DROP TABLE isol8_cpu"_s, u"DROP TABLE isol8_keeping"_s,
                  u"DELETE FROM isol8_schema WHERE version > 1"_s});
    const auto keys = store(backend);
    const auto opened = keys->open();
    QVERIFY2(opened, test::describe(opened));
    QCOMPARE(keys->find({key.digest}, 1).value(), QList{key});
    KeyRecord other = record("new");
    other.quota.concurrentRuns = 3;
    other.quota.snapshots = 2;
    QVERIFY(keys->insert(other));
    QCOMPARE(keys->find({other.digest}, 1).value(), QList{other});
    QCOMPARE(sql(backend, {u"SELECT MAX(version) FROM isol8_schema"_s}), QString::number(schemaVersion()));
}

void tst_keystore::newerTables()
{
    QFETCH(QString, backend);
    QVERIFY(store(backend)->open());
    sql(backend, {u"INSERT INTO isol8_schema (version) VALUES (99)"_s});
    const auto opened = store(backend)->open();
    QVERIFY(!opened);
    QCOMPARE(opened.error().code, autherrors::AuthDatabase);
    QVERIFY(opened.error().message.contains(u"newer"_s));
}

// Services that start at the same time on an empty database.
void tst_keystore::madeByManyAtOnce()
{
    QFETCH(QString, backend);
    std::vector<std::unique_ptr<KeyDatabase>> services;
    QList<Result<void>> opened;
    for (int i = 0; i < 4; ++i) {
        services.push_back(std::make_unique<KeyDatabase>(store(backend)));
        services.back()->run<void>([](KeyStore &keys) { return keys.open(); },
                                   {this, [&opened](const Result<void> &result) { opened.append(result); }});
    }
    QTRY_COMPARE_WITH_TIMEOUT(opened.size(), 4, 60000);
    for (const auto &result : opened)
        QVERIFY2(result, test::describe(result));
    QCOMPARE(sql(backend, {u"SELECT COUNT(*) FROM isol8_schema"_s}), QString::number(schemaVersion()));
}

void tst_keystore::revokedByAnotherProcess()
{
    QFETCH(QString, backend);
    const auto other = store(backend);
    QVERIFY(other->insert(record("a")));
    KeyDatabase database(store(backend));
    KeyDirectory directory(&database);
    QString last;
    const auto look = [&] { return lookUp(&directory, "a", &last); };
    QVERIFY(look());
    QCOMPARE(last, u"good"_s);
    QVERIFY(other->revoke(record("a").id).value());
    static_assert(KeyDirectory::Life.count() < 1000);
    QVERIFY(QTest::qWaitFor([&] { return look() && last == u"revoked"; }, 30000));
    QVERIFY(look());
    QCOMPARE(last, u"revoked"_s);
}

void tst_keystore::strangersKeysAreBounded()
{
    QFETCH(QString, backend);
    QVERIFY(store(backend)->insert(record("a")));
    KeyDatabase database(store(backend));
    KeyDirectory directory(&database);
    const qsizetype tries = KeyDirectory::MostUnknown + 2 * KeyDirectory::MostWaiting;
    QHash<QString, int> verdicts;
    const auto look = [&](const QByteArray &key) {
        directory.find(digestOf(key), this, [&](const Result<std::optional<KeyRecord>> &found) {
            ++verdicts[!found ? found.error().code : !*found ? u"none"_s : (*found)->id];
        });
    };
    look("a");
    QTRY_COMPARE_WITH_TIMEOUT(verdicts.value(record("a").id), 1, 30000);
    // All at once: more than may wait are told to come again.
    for (qsizetype i = 0; i < tries; ++i)
        look("wrong" + QByteArray::number(i));
    look("a");
    const auto answers = [&] { return std::accumulate(verdicts.cbegin(), verdicts.cend(), qsizetype(0)); };
    QTRY_COMPARE_WITH_TIMEOUT(answers(), tries + 2, 60000);
    QCOMPARE(verdicts.value(record("a").id), 2);
    QVERIFY(verdicts.value(u"none"_s) > 0);
    QVERIFY(verdicts.value(autherrors::AuthUnavailable.toString()) >= tries - 2 * KeyDirectory::MostWaiting);
    // A few at a time: all are answered, and not all are kept.
    for (qsizetype i = 0; i < KeyDirectory::MostUnknown + 100; ++i) {
        verdicts.clear();
        look("other" + QByteArray::number(i));
        if (i % 100 == 99)
            QTRY_VERIFY_WITH_TIMEOUT(answers() > 0, 30000);
        QVERIFY(directory.kept() <= KeyDirectory::MostUnknown + KeyStore::MostAtOnce + 1);
    }
}

// What is known lives its second; then there are no answers, until the server is back.
void tst_keystore::serverIsGoneForAWhile()
{
    QFETCH(QString, backend);
    QVERIFY(store(backend)->insert(record("a")));
    KeyDatabase database(store(backend));
    KeyDirectory directory(&database);
    QString last;
    const auto look = [&] { return lookUp(&directory, "a", &last); };
    QVERIFY(look());
    QCOMPARE(last, u"good"_s);
    server(backend).end();
    QVERIFY(QTest::qWaitFor([&] { return look() && last == autherrors::AuthUnavailable; }, 30000));
    QVERIFY2(server(backend).start(), qPrintable(server(backend).problem));
    QVERIFY(QTest::qWaitFor([&] { return look() && last == u"good"; }, 60000));
}

// As clients see it.
void tst_keystore::requestsWhileServerIsGone()
{
    QFETCH(QString, backend);
    const QByteArray key = makeKey().value();
    KeyRecord kept = record("a");
    kept.digest = digestOf(key);
    kept.createdAt = QDateTime::currentMSecsSinceEpoch();
    QVERIFY(store(backend)->insert(kept));
    Authenticator authenticator({"master", url(backend)});
    const auto opened = test::await<void>([&](Callback<void> done) { authenticator.open(std::move(done)); });
    QVERIFY2(opened, test::describe(opened));
    servicetest::LoopbackServer server;
    const AuthController controller(&authenticator, &server.router);
    server.router.add("GET", u"/who"_s, [](Exchange *exchange) { exchange->respondJson(200, {}); });
    server.router.setGate(authenticator.gate());
    QVERIFY(server.listen());
    const auto ask = [&](const QByteArray &path, const QByteArray &token) {
        return server.ask("GET " + path + " HTTP/1.1\r\nHost: x\r\n" + servicetest::bearer(token) + "\r\n");
    };
    QCOMPARE(ask("/who", key).status, 200);
    this->server(backend).end();
    QVERIFY(QTest::qWaitFor([&] { return ask("/who", key).status != 200; }, 30000));
    const servicetest::Answer refused = ask("/who", key);
    QCOMPARE(refused.status, 503);
    QCOMPARE(refused.json().value(u"code"_s).toString(), u"auth_unavailable"_s);
    QVERIFY(refused.head.contains("Retry-After: 1"));
    QVERIFY(!refused.body.contains("isol8@") && !refused.body.contains("127.0.0.1")); // what is underneath is not said
    QCOMPARE(ask("/who", "master").status, 200);
    QCOMPARE(ask("/auth/keys", "master").status, 503);
    QVERIFY2(this->server(backend).start(), qPrintable(this->server(backend).problem));
    QVERIFY(QTest::qWaitFor([&] { return ask("/who", key).status == 200; }, 60000));
    QVERIFY(QTest::qWaitFor([&] { return ask("/auth/keys", "master").status == 200; }, 60000));
}

void tst_keystore::serverHangs()
{
    QFETCH(QString, backend);
    QVERIFY(store(backend)->insert(record("a")));
    KeyDatabase database(store(backend));
    KeyDirectory directory(&database);
    QString last;
    const auto look = [&] { return lookUp(&directory, "a", &last); };
    QVERIFY(look());
    QCOMPARE(last, u"good"_s);
    server(backend).suspend(true);
    const bool gone = QTest::qWaitFor([&] { return look() && last == autherrors::AuthUnavailable; }, 30000);
    server(backend).suspend(false);
    QVERIFY(gone);
    QVERIFY(QTest::qWaitFor([&] { return look() && last == u"good"; }, 60000));
}

void tst_keystore::wrongPassword()
{
    QFETCH(QString, backend);
    DatabaseTarget target = DatabaseTarget::parse(url(backend)).value();
    target.password = u"not the s3cret"_s;
    const auto opened = SqlKeyStore(target).open();
    QVERIFY(!opened);
    QCOMPARE(opened.error().code, autherrors::AuthUnavailable);
    QVERIFY(!opened.error().message.isEmpty());
    QVERIFY(!opened.error().detail.isEmpty());
    QVERIFY(!opened.error().detail.contains(u"s3cret"_s));
}

QTEST_GUILESS_MAIN(tst_keystore)
#include "tst_keystore.moc"
