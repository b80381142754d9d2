// SPDX-License-Identifier: GPL-3.0-or-later
// test: fake; registry
// The same install a second time.
#include "support/RegistryFixture.h"

#include <QDir>
#include <QFileInfo>
#include <QTemporaryDir>

using namespace isol8;
using namespace isol8::registry;
using namespace isol8::test;
using namespace Qt::StringLiterals;

class tst_registrycache : public RegistryFixture
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init() { forget(); }
    void cached();
    void readerLeaves();
    void cacheKey();
    void cacheDamaged_data();
    void cacheDamaged();
    void cacheAges();
    void notCached();
    void cacheBounded();
    void failedInstallsAreBounded();
    void endlessInstallIsBounded();
    void withoutLength_data();
    void withoutLength();
};

void tst_registrycache::initTestCase()
{
    if (!Certificates::possible())
        QSKIP("no openssl, or Qt without TLS");
    QVERIFY(makeCertificates());
}

void tst_registrycache::cached()
{
    FakeRegistry server;
    const QByteArray tarball = noise(3000000);
    server.answer("/x", {200,
                         {"Content-Type: application/json", "ETag: \"1\""},
                         metadata(u"https://127.0.0.1/x.tgz"_s),
                         true,
                         -1,
                         false});
    server.answer("/x/-/x-1.tgz", {200, {"Content-Type: application/octet-stream"}, tarball, false, -1, false});
    const RegistrySettings settings = settingsFor(server.url());
    QTemporaryDir cache;
    const QByteArrayList paths{"/x", "/x/-/x-1.tgz"};
    QList<Taken> first;
    begin(settings, cache.filePath(u"deep/er"_s));
    for (const QByteArray &path : paths)
        first.append(take(npm(), path));
    // Not before the installer has succeeded.
    QCOMPARE(m_registries->install(u"node"_s, u"sha256:1"_s, {u"x"_s})->statistics(), InstallStatistics());
    m_install->succeeded();
    QCOMPARE(server.seen.size(), 2);

    begin(settings, cache.filePath(u"deep/er"_s)); // another engine, later
    for (qsizetype i = 0; i < paths.size(); ++i) {
        const Taken again = take(npm(), paths[i]);
        QVERIFY(again.whole);
        QCOMPARE(again.head.status, 200);
        QCOMPARE(again.head.value("Content-Type"), first[i].head.value("Content-Type"));
        QCOMPARE(again.head.value("ETag"), first[i].head.value("ETag"));
        // Signed anew: the codes of the engine before are nobody's.
        QVERIFY(again.body == first[i].body || again.body.contains("npm.isol8.internal/-/file/"));
    }
    QCOMPARE(server.seen.size(), 2);
    QCOMPARE(m_install->statistics(), (InstallStatistics{0, 2, 0}));
    for (const QString &folder : {u"deep/er/bodies"_s, u"deep/er/sets"_s}) {
        for (const QFileInfo &file : QDir(cache.filePath(folder)).entryInfoList(QDir::Files)) {
            QCOMPARE(file.permissions() & ~(QFile::ReadUser | QFile::WriteUser), QFile::ReadOwner | QFile::WriteOwner);
        }
    }
}

// A program that has as many bytes as it was promised is gone before the answer is over.
void tst_registrycache::readerLeaves()
{
    FakeRegistry server;
    const QByteArray tarball = noise(150000);
    server.answer("/x/-/x-1.tgz", {200, {}, tarball, false, -1, false});
    QTemporaryDir cache;
    for (const int cached : {0, 1}) {
        begin(settingsFor(server.url()), cache.path());
        egress::OriginReply *reply = npm()->serve({"GET", "/x/-/x-1.tgz", {}}).release();
        qsizetype taken = 0;
        bool gone = false;
        connect(reply, &egress::OriginReply::readable, reply, [&] {
            for (qsizetype size = reply->read(4096).size(); size > 0; size = reply->read(4096).size())
                taken += size;
            if (taken == tarball.size()) {
                gone = true;
                delete reply;
            }
        });
        QTRY_VERIFY(gone);
        QCOMPARE(m_install->statistics().cached, cached);
        m_install->succeeded();
    }
    QCOMPARE(server.seen.size(), 1);
}

void tst_registrycache::cacheKey()
{
    FakeRegistry server;
    server.answer("/x", {200, {}, "{}", false, -1, false});
    QTemporaryDir cache;
    begin(settingsFor(server.url()), cache.path(), {}, {u"a"_s, u"b"_s});
    QVERIFY(take(npm(), "/x").whole);
    m_install->succeeded();
    const auto fetches = [&](const QString &runtime, const QString &image, const QStringList &packages) {
        m_install = m_registries->install(runtime, image, packages);
        return take(npm(), "/x").whole && m_install->statistics().fetched == 1;
    };
    QVERIFY(!fetches(u"node"_s, u"sha256:1"_s, {u"a"_s, u"b"_s}));
    QVERIFY(!fetches(u"node"_s, u"sha256:1"_s, {u"b"_s, u"a"_s, u"b"_s}));
    QVERIFY(fetches(u"node"_s, u"sha256:1"_s, {u"a"_s}));
    QVERIFY(fetches(u"node"_s, u"sha256:1"_s, {u"a b"_s}));
    QVERIFY(fetches(u"node"_s, u"sha256:2"_s, {u"a"_s, u"b"_s}));
    QVERIFY(fetches(u"bun"_s, u"sha256:1"_s, {u"a"_s, u"b"_s}));
    RegistrySettings other = settingsFor(server.url());
    other.npm.scopes.insert(u"@a"_s, registryUrl(server.url() + u"other"_s));
    m_registries->setSettings(other);
    QVERIFY(fetches(u"node"_s, u"sha256:1"_s, {u"a"_s, u"b"_s}));
}

void tst_registrycache::cacheDamaged_data()
{
    QTest::addColumn<QByteArray>("body"); // what the file becomes; empty: it goes
    QTest::newRow("other bytes") << QByteArray("evil1");
    QTest::newRow("shorter") << QByteArray("evi");
    QTest::newRow("longer") << QByteArray("evil1evil1");
    QTest::newRow("gone") << QByteArray();
}

void tst_registrycache::cacheDamaged()
{
    QFETCH(QByteArray, body);
    FakeRegistry server;
    server.answer("/x/-/x-1.tgz", {200, {}, "right", false, -1, false});
    QTemporaryDir cache;
    begin(settingsFor(server.url()), cache.path());
    QVERIFY(take(npm(), "/x/-/x-1.tgz").whole);
    m_install->succeeded();
    const QFileInfoList files = QDir(cache.path() + u"/bodies"_s).entryInfoList(QDir::Files);
    QCOMPARE(files.size(), 1);
    QFile file(files.first().filePath());
    if (body.isEmpty()) {
        QVERIFY(file.remove());
    } else {
        QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
        file.write(body);
        file.close();
    }
    m_install = m_registries->install(u"node"_s, u"sha256:1"_s, {u"x"_s});
    QCOMPARE(take(npm(), "/x/-/x-1.tgz").body, "right");
    QCOMPARE(server.seen.size(), 2);
    QCOMPARE(m_install->statistics().fetched, 1);
    m_install->succeeded();
    m_install = m_registries->install(u"node"_s, u"sha256:1"_s, {u"x"_s});
    QCOMPARE(take(npm(), "/x/-/x-1.tgz").body, "right");
    QCOMPARE(server.seen.size(), 2);
    // A set that is no JSON is none.
    QFile set(QDir(cache.path() + u"/sets"_s).entryInfoList(QDir::Files).first().filePath());
    QVERIFY(set.open(QIODevice::WriteOnly | QIODevice::Truncate));
    set.write("{\"answers\":[{\"asked\":7,\"body\":\"../../etc\"},");
    set.close();
    m_install = m_registries->install(u"node"_s, u"sha256:1"_s, {u"x"_s});
    QCOMPARE(take(npm(), "/x/-/x-1.tgz").body, "right");
    QCOMPARE(server.seen.size(), 3);
}

void tst_registrycache::cacheAges()
{
    FakeRegistry server;
    server.answer("/x", {200, {}, "{}", false, -1, false});
    server.answer("/x/-/x-1.tgz", {200, {}, "file", false, -1, false});
    QTemporaryDir cache;
    CacheLimits limits;
    limits.metadataAge = std::chrono::hours(-1); // everything is too old
    for (const int seen : {2, 3}) {              // metadata alone is fetched again
        begin(settingsFor(server.url()), cache.path(), limits);
        QVERIFY(take(npm(), "/x").whole);
        QVERIFY(take(npm(), "/x/-/x-1.tgz").whole);
        m_install->succeeded();
        QCOMPARE(server.seen.size(), seen);
    }
}

void tst_registrycache::notCached()
{
    FakeRegistry server;
    server.answer("/x", {500, {}, "{}", false, -1, false});
    server.answer("/y", {404, {}, "{}", false, -1, false});
    server.answer("/z", {200, {}, "{}", false, -1, false});
    server.answer("/big/-/big-1.tgz", {200, {}, QByteArray(2000, 'x'), false, -1, false});
    QTemporaryDir cache;
    CacheLimits limits;
    limits.body = 1000;
    for (int i = 1; i <= 2; ++i) {
        begin(settingsFor(server.url()), cache.path(), limits);
        for (const char *path : {"/x", "/y"})
            QVERIFY(take(npm(), path).whole);
        QVERIFY(take(npm(), "/z", {}, "HEAD").whole);
        QCOMPARE(take(npm(), "/big/-/big-1.tgz").body.size(), 2000);
        m_install->succeeded();
        QCOMPARE(server.seen.size(), 4 * i);
    }
    // A disk that takes nothing fails no install.
    QFile file(cache.filePath(u"file"_s));
    QVERIFY(file.open(QIODevice::WriteOnly));
    begin(settingsFor(server.url()), cache.filePath(u"file/below"_s));
    QCOMPARE(take(npm(), "/z").body, "{}");
    m_install->succeeded();
}

void tst_registrycache::cacheBounded()
{
    FakeRegistry server;
    QTemporaryDir cache;
    CacheLimits limits;
    limits.total = 2500;
    for (int i = 0; i < 4; ++i) {
        const QByteArray path = "/x/-/x-" + QByteArray::number(i) + ".tgz";
        server.answer(path, {200, {}, noise(1000 + i), false, -1, false});
        begin(settingsFor(server.url()), cache.path(), limits, {QString::number(i)});
        QVERIFY(take(npm(), path).whole);
        m_install->succeeded();
        for (const QFileInfo &file : QDir(cache.path() + u"/bodies"_s).entryInfoList(QDir::Files)) {
            QFile aged(file.filePath());
            QVERIFY(aged.open(QIODevice::ReadWrite));
            QVERIFY(aged.setFileTime(file.lastModified().addSecs(-60), QFileDevice::FileModificationTime));
        }
    }
    const QFileInfoList left = QDir(cache.path() + u"/bodies"_s).entryInfoList(QDir::Files, QDir::Size);
    QCOMPARE(left.size(), 2);
    QCOMPARE(left[0].size(), 1003);
    QCOMPARE(left[1].size(), 1002);
}

namespace {

qint64 bodiesIn(const QTemporaryDir &cache)
{
    qint64 total = 0;
    for (const QFileInfo &file : QDir(cache.path() + u"/bodies"_s).entryInfoList(QDir::Files))
        total += file.size();
    return total;
}

} // namespace

// What they fetched is kept by no set, and goes as everything else does.
void tst_registrycache::failedInstallsAreBounded()
{
    FakeRegistry server;
    QTemporaryDir cache;
    CacheLimits limits;
    limits.total = 100'000;
    for (int i = 0; i < 3; ++i) {
        begin(settingsFor(server.url()), cache.path(), limits, {QString::number(i)});
        for (int part = 0; part < 6; ++part) {
            const QByteArray path = "/x/-/x-" + QByteArray::number(10 * i + part) + ".tgz";
            server.answer(path, {200, {}, noise(10'000 + 10 * i + part), false, -1, false});
            QVERIFY(take(npm(), path).whole);
        }
        m_install.reset(); // the installer failed
        QCOMPARE_LE(bodiesIn(cache), limits.total);
    }
    QCOMPARE_GE(bodiesIn(cache), 50'000);
}

// Nor does one that goes on and on fill the disk before its end.
void tst_registrycache::endlessInstallIsBounded()
{
    FakeRegistry server;
    QTemporaryDir cache;
    CacheLimits limits;
    limits.total = 100'000;
    begin(settingsFor(server.url()), cache.path(), limits);
    for (int i = 0; i < 20; ++i) {
        const QByteArray path = "/x/-/x-" + QByteArray::number(i) + ".tgz";
        server.answer(path, {200, {}, noise(10'000 + i), false, -1, false});
        QVERIFY(take(npm(), path).whole);
        QCOMPARE_LE(bodiesIn(cache), limits.total + limits.total / 8 + 11'000);
    }
}

void tst_registrycache::withoutLength_data()
{
    QTest::addColumn<QByteArray>("type");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<bool>("kept");
    const QByteArray page = "<!DOCTYPE html><html><body><a href=\"x-1.whl\">x-1.whl</a>\n";
    QTest::newRow("page with its end") << QByteArray("text/html") << page + "</body></html>\n" << true;
    QTest::newRow("page without its end") << QByteArray("text/html") << page << false;
    QTest::newRow("JSON with its end") << QByteArray("application/vnd.pypi.simple.v1+json")
                                       << QByteArray(R"({"files":[]})") << true;
    QTest::newRow("JSON without its end")
        << QByteArray("application/vnd.pypi.simple.v1+json") << QByteArray(R"({"files":[)") << false;
}

// A list of packages that may lack a part is not believed for a day.
void tst_registrycache::withoutLength()
{
    QFETCH(QByteArray, type);
    QFETCH(QByteArray, body);
    QFETCH(bool, kept);
    FakeRegistry server;
    Scripted scripted{200, {"Content-Type: " + type, "Connection: close"}, body, false, -1, false};
    scripted.bare = true;
    server.answer("/simple/x/", scripted);
    QTemporaryDir cache;
    for (int i = 0; i < 2; ++i) {
        begin(settingsFor(server.url(), {server.url() + u"simple/"_s}), cache.path());
        const Taken taken = take(pypi(), "/simple/x/", {{"Accept", type}});
        QVERIFY(taken.ended);
        m_install->succeeded();
    }
    QCOMPARE(server.seen.size(), kept ? 1 : 2);
}

QTEST_GUILESS_MAIN(tst_registrycache)
#include "tst_registrycache.moc"
