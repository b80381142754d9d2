// SPDX-License-Identifier: GPL-3.0-or-later
// test: fake; registry
// The origins, against registries on loopback that play a script.
#include "support/RegistryFixture.h"

#include <QDir>
#include <QFileInfo>
#include <QTemporaryDir>

using namespace isol8;
using namespace isol8::registry;
using namespace isol8::test;
using namespace Qt::StringLiterals;

class tst_registry : public RegistryFixture
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init() { forget(); }
    void npmInstall();
    void compressed();
    void pypiInstall_data();
    void pypiInstall();
    void scopesAndExtras();
    void sandboxFieldsGoNowhere();
    void conditional();
    void head();
    void statuses_data();
    void statuses();
    void nothingThere();
    void notAsked_data();
    void notAsked();
    void brokenOff_data();
    void brokenOff();
    void flatMemory();
    void stalledInstall();
    void givenUp();
};

void tst_registry::initTestCase()
{
    if (!Certificates::possible())
        QSKIP("no openssl, or Qt without TLS");
    QVERIFY(makeCertificates());
}

void tst_registry::npmInstall()
{
    FakeRegistry server(tls(u"server"_s));
    const QByteArray tarball = noise(300000);
    server.answer("/npm/x", {200,
                             {"Content-Type: application/json", "ETag: \"1\"", "Set-Cookie: a=b", "X-Other: c"},
                             metadata(server.url() + u"npm/x/-/x-1.0.0.tgz"_s),
                             true,
                             -1,
                             false});
    server.answer("/npm/x/-/x-1.0.0.tgz", {200, {"Content-Type: application/octet-stream"}, tarball, false, -1, false});
    begin(settingsFor(server.url() + u"npm"_s));

    const Taken document = take(npm(), "/x");
    QVERIFY(document.whole);
    QCOMPARE(document.head.status, 200);
    QCOMPARE(document.head.value("Content-Type"), "application/json");
    QCOMPARE(document.head.value("ETag"), "\"1\"");
    QCOMPARE(document.head.headers.size(), 2);
    QCOMPARE(tarballIn(document.body), "http://npm.isol8.internal/x/-/x-1.0.0.tgz");

    const Taken file = take(npm(), pathOf(tarballIn(document.body)));
    QVERIFY(file.whole);
    QCOMPARE(file.head.value("Content-Length"), QByteArray::number(tarball.size()));
    QVERIFY(file.body == tarball);
    QCOMPARE(m_install->statistics().fetched, 2);
    QVERIFY(m_install->statistics().bytesFetched > tarball.size());
}

// Metadata may come compressed; files are not asked for that way.
void tst_registry::compressed()
{
    FakeRegistry server;
    const QByteArray body = metadata(server.url() + u"x/-/x-1.tgz"_s) + QByteArray(30 * 1024 * 1024, ' ');
    server.answer("/x", {200, {"Content-Encoding: deflate"}, qCompress(body).sliced(4), false, -1, false});
    server.answer("/x/-/x-1.tgz", {200, {}, "file", false, -1, false});
    begin(settingsFor(server.url()));
    const Taken taken = take(npm(), "/x");
    QVERIFY(taken.whole);
    QCOMPARE(tarballIn(taken.body), "http://npm.isol8.internal/x/-/x-1.tgz");
    QVERIFY(taken.body.size() > 30 * 1024 * 1024);
    QVERIFY(taken.head.value("Content-Length").isEmpty() && taken.head.value("Content-Encoding").isEmpty());
    QVERIFY(take(npm(), "/x/-/x-1.tgz").whole);
    QVERIFY(server.seen[0].field("Accept-Encoding").contains("gzip"));
    QCOMPARE(server.seen[1].field("Accept-Encoding"), "identity");
}

void tst_registry::pypiInstall_data()
{
    QTest::addColumn<QByteArray>("accept");
    QTest::addColumn<QByteArray>("type");
    QTest::addColumn<QByteArray>("body"); // %1: the server's URL
    QTest::newRow("HTML") << QByteArray("text/html") << QByteArray("text/html")
                          << QByteArray(
                                 R"(<a href="../../files/x-1.whl#sha256=ab" data-dist-info-metadata="true">x</a>)");
    QTest::newRow("HTML, absolute") << QByteArray("text/html") << QByteArray("text/html; charset=utf-8")
                                    << QByteArray(R"(<a href="%1files/x-1.whl#sha256=ab">x</a>)");
    QTest::newRow("JSON") << QByteArray("application/vnd.pypi.simple.v1+json")
                          << QByteArray("application/vnd.pypi.simple.v1+json")
                          << QByteArray(R"({"files":[{"filename":"x-1.whl","url":"%1files/x-1.whl"}]})");
}

void tst_registry::pypiInstall()
{
    QFETCH(QByteArray, accept);
    QFETCH(QByteArray, type);
    QFETCH(QByteArray, body);
    FakeRegistry server;
    body.replace("%1", server.url().toLatin1());
    server.answer("/root/simple/x/", {200, {"Content-Type: " + type}, body, false, -1, false});
    server.answer("/root/files/x-1.whl", {200, {}, "wheel", false, -1, false});
    server.answer("/files/x-1.whl", {200, {}, "wheel", false, -1, false});
    server.answer("/root/files/x-1.whl.metadata", {200, {}, "core", false, -1, false});
    begin(settingsFor(u"https://unused.example/"_s, {server.url() + u"root/simple"_s}));

    const Taken page = take(pypi(), "/simple/x/", {{"Accept", accept + ";q=1, secret/x"}});
    QVERIFY(page.whole);
    QCOMPARE(page.head.value("Content-Type"), type);
    QVERIFY(server.seen.first().field("Accept").startsWith(accept));
    QVERIFY(!server.seen.first().head.contains("secret"));
    const qsizetype at = page.body.indexOf("http://pypi.isol8.internal/-/file/");
    QVERIFY2(at >= 0, page.body.constData());
    QByteArray url = page.body.mid(at);
    url = url.left(url.indexOf('"'));
    QVERIFY(url.contains("/x-1.whl"));
    const Taken file = take(pypi(), pathOf(url));
    QCOMPARE(file.body, "wheel");
    if (body.contains("data-dist")) {
        QVERIFY(url.endsWith("#sha256=ab"));
        QCOMPARE(take(pypi(), pathOf(url) + ".metadata").body, "core");
    }
}

void tst_registry::scopesAndExtras()
{
    FakeRegistry first;
    FakeRegistry second;
    second.answer("/@s%2Fx", {200, {}, metadata(second.url() + u"download/@s/x/1/x.tgz"_s), false, -1, false});
    second.answer("/download/@s/x/1/x.tgz", {200, {}, "scoped", false, -1, false});
    second.answer("/extra/x/", {200, {"Content-Type: text/html"}, "<a href=x.whl>", false, -1, false});
    RegistrySettings settings = settingsFor(first.url(), {first.url(), second.url() + u"extra"_s});
    settings.npm.scopes.insert(u"@s"_s, registryUrl(second.url()));
    begin(settings);
    QCOMPARE(take(npm(), pathOf(tarballIn(take(npm(), "/@s%2fx").body))).body, "scoped");
    QCOMPARE(m_install->environment(),
             (QMap<QString, QString>{{u"PIP_EXTRA_INDEX_URL"_s, u"http://pypi.isol8.internal/extra/1/"_s}}));
    QCOMPARE(take(pypi(), "/extra/1/x/").head.status, 200);
    QVERIFY(first.seen.isEmpty());
}

void tst_registry::sandboxFieldsGoNowhere()
{
    FakeRegistry server;
    server.answer("/x", {200, {}, "{}", false, -1, false});
    begin(settingsFor(server.url()));
    const QByteArray secret = "s3cret";
    QVERIFY(take(npm(), "/x",
                 {{"Authorization", "Bearer " + secret},
                  {"Cookie", secret},
                  {"User-Agent", secret},
                  {"Accept", "application/vnd.npm.install-v1+json; " + secret},
                  {"npm-session", secret},
                  {"X-Forwarded-For", secret},
                  {"If-None-Match", QByteArray(500, 'x') + secret},
                  {"Host", secret},
                  {"Accept-Language", secret}})
                .whole);
    QCOMPARE(server.seen.size(), 1);
    QVERIFY2(!server.seen.first().head.contains(secret), server.seen.first().head.constData());
    QCOMPARE(server.seen.first().field("User-Agent"), "isol8");
    QVERIFY(server.seen.first().field("Accept").contains("application/vnd.npm.install-v1+json"));
}

void tst_registry::conditional()
{
    FakeRegistry server;
    server.answer("/x", {304, {"ETag: \"1\""}, {}, false, -1, false});
    begin(settingsFor(server.url()));
    const Taken taken = take(npm(), "/x", {{"if-none-match", "\"1\""}, {"If-Modified-Since", "yesterday"}});
    QCOMPARE(taken.head.status, 304);
    QVERIFY(taken.whole);
    QVERIFY(taken.body.isEmpty());
    QCOMPARE(server.seen.first().field("If-None-Match"), "\"1\"");
    QCOMPARE(server.seen.first().field("If-Modified-Since"), "yesterday");
}

void tst_registry::head()
{
    FakeRegistry server;
    server.answer("/x/-/x-1.tgz", {200, {}, "12345", false, -1, false});
    begin(settingsFor(server.url()));
    const Taken taken = take(npm(), "/x/-/x-1.tgz", {}, "HEAD");
    QVERIFY(taken.whole);
    QCOMPARE(taken.head.value("Content-Length"), "5");
    QVERIFY(taken.body.isEmpty());
    QCOMPARE(server.seen.first().method, "HEAD");
}

void tst_registry::statuses_data()
{
    QTest::addColumn<int>("upstream");
    QTest::addColumn<int>("status");
    for (const int status : {404, 410})
        QTest::addRow("%d", status) << status << 404;
    for (const int status : {401, 403})
        QTest::addRow("%d", status) << status << 403;
    for (const int status : {400, 405, 429, 500, 502, 503, 204, 206, 300})
        QTest::addRow("%d", status) << status << 502;
}

void tst_registry::statuses()
{
    QFETCH(int, upstream);
    QFETCH(int, status);
    FakeRegistry server;
    server.answer(
        "/x",
        {upstream, {"WWW-Authenticate: Basic realm=\"a\""}, upstream == 204 ? "" : "secret words", false, -1, false});
    server.answer("/simple/x/", {upstream, {}, upstream == 204 ? "" : "secret words", false, -1, false});
    begin(settingsFor(server.url(), {server.url() + u"simple"_s}));
    const Taken ofNpm = take(npm(), "/x");
    QCOMPARE(ofNpm.head.status, status);
    QVERIFY(ofNpm.whole);
    QVERIFY(QJsonDocument::fromJson(ofNpm.body)[u"error"].toString().startsWith(u"isol8: "));
    QVERIFY(!ofNpm.body.contains("secret"));
    QVERIFY(ofNpm.head.value("WWW-Authenticate").isEmpty());
    QCOMPARE(ofNpm.head.value("Content-Length"), QByteArray::number(ofNpm.body.size()));
    const Taken ofPip = take(pypi(), "/simple/x/");
    QCOMPARE(ofPip.head.status, status);
    QVERIFY2(ofPip.head.reason.contains("isol8: "), ofPip.head.reason.constData());
}

void tst_registry::nothingThere()
{
    QString url;
    {
        const FakeRegistry server;
        url = server.url();
    }
    RegistrySettings settings = settingsFor(url);
    begin(settings);
    const Taken taken = take(npm(), "/x");
    QCOMPARE(taken.head.status, 502);
    QVERIFY2(taken.body.contains("nothing answers at 127.0.0.1"), taken.body.constData());
    QCOMPARE(take(npm(), "/y").head.status, 502);
    QCOMPARE(m_install->problems(), QStringList{u"nothing answers at 127.0.0.1"_s});
    // pip, configured with no-index.
    QCOMPARE(take(pypi(), "/simple/x/").head.status, 404);
}

void tst_registry::notAsked_data()
{
    QTest::addColumn<QByteArray>("method");
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<int>("status");
    const auto row = [](const char *method, const char *path, int status) {
        QTest::addRow("%s %s", method, path) << QByteArray(method) << QByteArray(path) << status;
    };
    row("GET", "/../x", 404);
    row("GET", "/x/%2e%2e/y", 404);
    row("GET", "/-/npm/v1/security/advisories/bulk", 404);
    row("GET", "http://npm.isol8.internal/x", 404);
    row("GET", "/-/file/00000000000000000000000000000000/aHR0cDovLzE2OS4yNTQuMTY5LjI1NC8/file", 404);
    row("GET", "/x?y", 404);
    row("POST", "/x", 405);
    row("PUT", "/x", 405);
    row("DELETE", "/x", 405);
    row("CONNECT", "/x", 405);
    row("get", "/x", 405);
}

void tst_registry::notAsked()
{
    QFETCH(QByteArray, method);
    QFETCH(QByteArray, path);
    QFETCH(int, status);
    FakeRegistry server;
    begin(settingsFor(server.url()));
    const Taken taken = take(npm(), path, {}, method);
    QCOMPARE(taken.head.status, status);
    QVERIFY(taken.whole);
    QVERIFY(server.seen.isEmpty());
}

void tst_registry::brokenOff_data()
{
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<bool>("chunked");
    QTest::newRow("metadata") << QByteArray("/x") << false;
    QTest::newRow("metadata in chunks") << QByteArray("/x") << true;
    QTest::newRow("file") << QByteArray("/x/-/x-1.tgz") << false;
    QTest::newRow("file in chunks") << QByteArray("/x/-/x-1.tgz") << true;
}

void tst_registry::brokenOff()
{
    QFETCH(QByteArray, path);
    QFETCH(bool, chunked);
    FakeRegistry server;
    server.answer(path, {200, {}, '{' + QByteArray(100000, ' ') + '}', chunked, 50000, false});
    QTemporaryDir cache;
    begin(settingsFor(server.url()), cache.path());
    const Taken taken = take(npm(), path);
    QCOMPARE(taken.head.status, 200);
    QVERIFY(taken.ended);
    QVERIFY(!taken.whole);
    m_install->succeeded();
    QVERIFY(QDir(cache.path() + u"/bodies"_s).isEmpty());
    QVERIFY(!QFileInfo::exists(cache.path() + u"/sets"_s));
}

// Who does not read holds the registry back.
void tst_registry::flatMemory()
{
    FakeRegistry server;
    const QByteArray body(32 * 1024 * 1024, 'x');
    server.answer("/x/-/x-1.tgz", {200, {}, body, false, -1, false});
    begin(settingsFor(server.url()));
    const auto reply = npm()->serve({"GET", "/x/-/x-1.tgz", {}});
    bool readable = false;
    connect(reply.get(), &egress::OriginReply::readable, this, [&] { readable = true; });
    QTRY_VERIFY_WITH_TIMEOUT(readable, 20000);
    qint64 before = -1; // until nothing moves any more
    while (before != server.written) {
        before = server.written;
        QTest::qWait(200);
    }
    QVERIFY2(server.written < 16 * 1024 * 1024, QByteArray::number(server.written).constData());
    qsizetype taken = 0;
    const auto readAll = [&] {
        for (qsizetype size = reply->read(1 << 20).size(); size > 0; size = reply->read(1 << 20).size())
            taken += size;
    };
    connect(reply.get(), &egress::OriginReply::readable, this, readAll);
    readAll();
    QTRY_VERIFY_WITH_TIMEOUT(reply->atEnd(), 30000);
    QCOMPARE(taken, body.size());
}

// One that asks for much and reads nothing holds up no other.
void tst_registry::stalledInstall()
{
    FakeRegistry server;
    server.answer("/x/-/x-1.tgz", {200, {}, QByteArray(8 * 1024 * 1024, 'x'), false, -1, false});
    server.answer("/y", {200, {}, "{}", false, -1, false});
    begin(settingsFor(server.url()));
    std::vector<std::unique_ptr<egress::OriginReply>> stalled;
    for (int i = 0; i < 8; ++i)
        stalled.push_back(npm()->serve({"GET", "/x/-/x-1.tgz", {}}));
    QTRY_COMPARE_WITH_TIMEOUT(server.seen.size(), 6, 20000);
    const auto other = m_registries->install(u"node"_s, u"sha256:1"_s, {u"y"_s});
    QCOMPARE(take(other->origins().value("npm.isol8.internal"), "/y").body, "{}");
}

void tst_registry::givenUp()
{
    FakeRegistry server;
    server.answer("/x/-/x-1.tgz", {200, {}, noise(2000000), false, -1, false});
    server.answer("/slow", {200, {}, {}, false, -1, true});
    QTemporaryDir cache;
    begin(settingsFor(server.url()), cache.path());
    auto slow = npm()->serve({"GET", "/slow", {}});
    QTRY_COMPARE_WITH_TIMEOUT(server.seen.size(), 1, 20000);
    slow.reset();
    // In the middle of its own signal, and everything else with it.
    egress::OriginReply *reply = npm()->serve({"GET", "/x/-/x-1.tgz", {}}).release();
    bool gone = false;
    connect(reply, &egress::OriginReply::readable, reply, [&] {
        delete reply;
        m_install.reset();
        m_registries.reset();
        gone = true;
    });
    QTRY_VERIFY_WITH_TIMEOUT(gone, 20000);
    QTest::qWait(50);
    QVERIFY(QDir(cache.path() + u"/bodies"_s).isEmpty());
}

QTEST_GUILESS_MAIN(tst_registry)
#include "tst_registry.moc"
