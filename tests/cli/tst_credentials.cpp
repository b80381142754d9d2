// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; cli
#include <cli/Credentials.h>

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <thread>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

using namespace isol8;
using namespace isol8::cli;
using namespace Qt::StringLiterals;

namespace {

Credentials::Entry entryFor(const QString &host, const QByteArray &token = "isol8_token", qint64 seconds = 3600)
{
    const QDateTime now = QDateTime::fromSecsSinceEpoch(QDateTime::currentSecsSinceEpoch(), Qt::UTC);
    return {host, token, u"id-1"_s, u"me@here"_s, seconds == 0 ? QDateTime() : now.addSecs(seconds)};
}

mode_t modeOf(const QString &path)
{
    struct stat status = {};
    return ::lstat(QFile::encodeName(path).constData(), &status) == 0 ? status.st_mode & 07777 : 0;
}

} // namespace

class tst_credentials : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();

    void nothingKept();
    void keeps();
    void forgets();
    void dropsWhatExpired();
    void closesTheFolder();
    void followsNoLink();
    void refusesWhatOthersReach();
    void leavesWhatItCannotRead();
    void leftOversDoNotMatter();
    void writersTakeTurns();

private:
    void write(const QByteArray &content, QFile::Permissions permissions = QFile::ReadOwner | QFile::WriteOwner)
    {
        QVERIFY(QDir().mkpath(m_folder));
        QFile::setPermissions(m_folder, QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
        QFile file(m_path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(content);
        file.setPermissions(permissions);
    }
    [[nodiscard]] QByteArray content() const
    {
        QFile file(m_path);
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }

    std::unique_ptr<QTemporaryDir> m_root;
    QString m_folder;
    QString m_path;
    const QString m_host = u"https://a.example"_s;
};

void tst_credentials::init()
{
    m_root = std::make_unique<QTemporaryDir>();
    m_folder = m_root->filePath(u".isol8"_s);
    m_path = m_folder + u"/credentials.json"_s;
}

void tst_credentials::nothingKept()
{
    const Credentials credentials(m_folder);
    QCOMPARE(credentials.path(), m_path);
    QVERIFY(credentials.all() && credentials.all()->isEmpty());
    QVERIFY(credentials.find(m_host) && !*credentials.find(m_host));
    QVERIFY(credentials.remove(m_host) && !*credentials.remove(m_host));
    QVERIFY(!QFile::exists(m_folder)); // nor is anything made for looking
}

void tst_credentials::keeps()
{
    const Credentials credentials(m_folder);
    const auto first = entryFor(m_host);
    const auto second = entryFor(u"http://localhost:3000/x"_s, "isol8_other", 0);
    QVERIFY(credentials.store(first));
    QCOMPARE(modeOf(m_folder), mode_t(0700));
    QCOMPARE(modeOf(m_path), mode_t(0600));
    QVERIFY(credentials.store(second));
    QCOMPARE(**credentials.find(m_host), first);
    QCOMPARE(**credentials.find(second.host), second);
    QVERIFY(!(*credentials.find(second.host))->isExpired());
    QVERIFY(!*credentials.find(u"https://a.example.evil"_s));
    QVERIFY(!*credentials.find(u"https://a.example/"_s));
    const auto renewed = entryFor(m_host, "isol8_new");
    QVERIFY(credentials.store(renewed));
    QCOMPARE(credentials.all()->size(), 2);
    QCOMPARE(**credentials.find(m_host), renewed);
    QVERIFY(!content().contains("isol8_token"));
}

void tst_credentials::forgets()
{
    const Credentials credentials(m_folder);
    QVERIFY(credentials.store(entryFor(m_host)));
    QVERIFY(credentials.store(entryFor(u"https://b.example"_s)));
    QVERIFY(*credentials.remove(m_host));
    QVERIFY(!*credentials.find(m_host));
    QVERIFY(*credentials.find(u"https://b.example"_s));
    QCOMPARE(modeOf(m_path), mode_t(0600));
}

void tst_credentials::dropsWhatExpired()
{
    const Credentials credentials(m_folder);
    QVERIFY(credentials.store(entryFor(m_host, "isol8_old", -5)));
    QVERIFY((*credentials.find(m_host))->isExpired()); // it can be told from none
    QVERIFY(credentials.store(entryFor(u"https://b.example"_s)));
    QCOMPARE(credentials.all()->size(), 1);
}

void tst_credentials::closesTheFolder()
{
    QVERIFY(QDir().mkpath(m_folder));
    QVERIFY(::chmod(QFile::encodeName(m_folder).constData(), 0755) == 0);
    QVERIFY(Credentials(m_folder).store(entryFor(m_host)));
    QCOMPARE(modeOf(m_folder), mode_t(0700));
}

void tst_credentials::followsNoLink()
{
    // To another file: it is neither read nor written.
    write(R"({"hosts": {"https://a.example": {"token": "theirs"}}})");
    const QString elsewhere = m_root->filePath(u"elsewhere"_s);
    QVERIFY(QFile::rename(m_path, elsewhere));
    QVERIFY(QFile::link(elsewhere, m_path));
    const Credentials credentials(m_folder);
    QVERIFY(!credentials.find(m_host));
    const auto stored = credentials.store(entryFor(m_host));
    QVERIFY(!stored);
    QCOMPARE(stored.error().code, errors::FileError.toString());
    QVERIFY(QFile::remove(m_path));
    // Where the new file is to be made.
    QVERIFY(QFile::link(elsewhere, m_path + u".new"_s));
    QVERIFY(credentials.store(entryFor(m_host)));
    QFile other(elsewhere);
    QVERIFY(other.open(QIODevice::ReadOnly));
    QVERIFY(other.readAll().contains("theirs"));
    // Nor to another folder.
    const QString link = m_root->filePath(u"link"_s);
    QVERIFY(QFile::link(m_folder, link));
    QVERIFY(!Credentials(link).find(m_host));
    QVERIFY(!Credentials(link).store(entryFor(m_host)));
    // What is no file at all does not hang it.
    QVERIFY(QFile::remove(m_path));
    QVERIFY(::mkfifo(QFile::encodeName(m_path).constData(), 0600) == 0);
    QVERIFY(!credentials.find(m_host));
}

void tst_credentials::refusesWhatOthersReach()
{
    write(R"({"hosts": {"https://a.example": {"token": "t"}}})",
          QFile::ReadOwner | QFile::WriteOwner | QFile::ReadGroup);
    const Credentials credentials(m_folder);
    const auto found = credentials.find(m_host);
    QVERIFY(!found);
    QCOMPARE(found.error().code, errors::NotAllowed.toString());
    QVERIFY2(found.error().message.contains(u"chmod 600"_s), qPrintable(found.error().message));
    QFile::setPermissions(m_path, QFile::ReadOwner | QFile::WriteOwner);
    QVERIFY(*credentials.find(m_host));
    QVERIFY(::chmod(QFile::encodeName(m_folder).constData(), 0770) == 0);
    QVERIFY(!credentials.find(m_host));
}

void tst_credentials::leavesWhatItCannotRead()
{
    write("not JSON");
    const Credentials credentials(m_folder);
    QVERIFY(!credentials.find(m_host));
    QVERIFY(!credentials.store(entryFor(m_host)));
    QCOMPARE(content(), QByteArray("not JSON"));
}

// Of a writer that was killed.
void tst_credentials::leftOversDoNotMatter()
{
    write("{}");
    QVERIFY(QFile::copy(m_path, m_path + u".new"_s));
    QVERIFY(Credentials(m_folder).store(entryFor(m_host)));
    QVERIFY(*Credentials(m_folder).find(m_host));
    QVERIFY(!QFile::exists(m_path + u".new"_s));
}

void tst_credentials::writersTakeTurns()
{
    std::vector<std::thread> writers;
    for (int i = 0; i < 8; ++i)
        writers.emplace_back([this, i] {
            for (int j = 0; j < 5; ++j)
                (void)Credentials(m_folder).store(entryFor(u"https://h%1-%2.example"_s.arg(i).arg(j)));
        });
    for (std::thread &writer : writers)
        writer.join();
    QCOMPARE(Credentials(m_folder).all()->size(), 40);
}

QTEST_GUILESS_MAIN(tst_credentials)
#include "tst_credentials.moc"
