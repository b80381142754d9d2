// SPDX-License-Identifier: GPL-3.0-or-later
// test: fake; registry
// The origins, against registries on loopback that play a script.
#include "support/Certificates.h"
#include "support/Origins.h"

#include <isol8/registry/Registries.h>

#include <QCryptographicHash>
#include <QDir>
#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QTest>

using namespace isol8;
using namespace isol8::registry;
using namespace isol8::test;
using namespace Qt::StringLiterals;

class tst_registry : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init();
    void npmInstall();
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
    void redirects_data();
    void redirects();
    void credentials();
    void otherHost_data();
    void otherHost();
    void pinned();
    void trust_data();
    void trust();
    void upstreamProxy();
    void brokenOff_data();
    void brokenOff();
    void flatMemory();
    void given_up();
    void cached();
    void cacheKey();
    void cacheDamaged_data();
    void cacheDamaged();
    void cacheAges();
    void notCached();
    void cacheBounded();

private:
    struct Setup
    {
        RegistrySettings settings;
        std::unique_ptr<Registries> registries;
        std::unique_ptr<Install> install;
    };
    //! With \a npm as the npm registry and \a pypi as the indexes.
    RegistrySettings settingsFor(const QString &npm, const QStringList &pypi = {}) const;
    std::unique_ptr<Install> installOf(const RegistrySettings &settings, const QString &cache = {},
                                       const CacheLimits &limits = {}, const QStringList &packages = {u"x"_s});
    [[nodiscard]] egress::Origin *npm() const { return m_install->origins().value("npm.isol8.internal"); }
    [[nodiscard]] egress::Origin *pypi() const { return m_install->origins().value("pypi.isol8.internal"); }
    void begin(const RegistrySettings &settings) { m_install = installOf(settings); }
    QSslConfiguration tls(const QString &certificate) const
    {
        return m_certificates.serverConfiguration(certificate, false);
    }

    Certificates m_certificates;
    std::unique_ptr<Registries> m_registries;
    std::unique_ptr<Install> m_install;
};

static QByteArray pathOf(const QByteArray &url)
{
    const qsizetype fragment = url.indexOf('#');
    return url.mid(url.indexOf('/', 7), fragment < 0 ? -1 : fragment - url.indexOf('/', 7));
}

static QByteArray tarballIn(const QByteArray &body)
{
    return QJsonDocument::fromJson(body)[u"versions"][u"1.0.0"][u"dist"][u"tarball"].toString().toLatin1();
}

static QByteArray metadata(const QString &tarball)
{
    return R"({"name":"x","versions":{"1.0.0":{"dist":{"tarball":")" + tarball.toLatin1() + R"("}}}})";
}

static QByteArray noise(qsizetype size)
{
    QByteArray data;
    for (QByteArray block = "seed"; data.size() < size; data += block)
        block = QCryptographicHash::hash(block, QCryptographicHash::Sha256);
    return data.left(size);
}

void tst_registry::initTestCase()
{
    if (!Certificates::possible())
        QSKIP("no openssl, or Qt without TLS");
    QVERIFY(m_certificates.makeAuthority(u"ca"_s));
    QVERIFY(m_certificates.makeAuthority(u"otherca"_s));
    QVERIFY(m_certificates.makeCertificate(u"server"_s, u"ca"_s, u"registry"_s,
                                           u"IP:127.0.0.1,DNS:localhost,DNS:files.example.org"_s, false));
    QVERIFY(m_certificates.makeCertificate(u"elsewhere"_s, u"ca"_s, u"registry"_s, u"DNS:elsewhere.example"_s, false));
}

void tst_registry::init()
{
    m_install.reset();
    m_registries.reset();
}

RegistrySettings tst_registry::settingsFor(const QString &npm, const QStringList &pypi) const
{
    RegistrySettings settings;
    settings.npm.registries = {registryUrl(npm)};
    for (const QString &url : pypi)
        settings.pypi.registries.append(registryUrl(url));
    for (ClientSettings *client : {&settings.npm, &settings.pypi})
        client->authorityFiles = {m_certificates.path() + u"/ca.crt"_s};
    return settings;
}

std::unique_ptr<Install> tst_registry::installOf(const RegistrySettings &settings, const QString &cache,
                                                 const CacheLimits &limits, const QStringList &packages)
{
    m_registries = std::make_unique<Registries>(settings, cache, limits);
    return m_registries->install(u"node"_s, u"sha256:1"_s, packages);
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

void tst_registry::redirects_data()
{
    QTest::addColumn<bool>("tls");
    QTest::addColumn<QByteArray>("location"); // %1: the server's URL
    QTest::addColumn<int>("status");
    QTest::addColumn<QByteArray>("words"); // of the body
    QTest::newRow("to the same registry") << true << QByteArray("%1y") << 200 << QByteArray("{}");
    QTest::newRow("relative") << false << QByteArray("/y") << 200 << QByteArray("{}");
    QTest::newRow("loop") << false << QByteArray("/x") << 502 << QByteArray("more than five");
    QTest::newRow("no Location") << false << QByteArray() << 502 << QByteArray("no URL");
    QTest::newRow("file") << false << QByteArray("file:///etc/passwd") << 502 << QByteArray("no URL");
    QTest::newRow("https to http") << true << QByteArray("http://127.0.0.1:1/y") << 502
                                   << QByteArray("from https to http");
    QTest::newRow("http, other host") << false << QByteArray("http://files.example.org/y") << 502
                                      << QByteArray("without TLS");
    QTest::newRow("other port") << true << QByteArray("https://127.0.0.1:1/y") << 502 << QByteArray("loopback");
    QTest::newRow("metadata service") << false << QByteArray("https://169.254.169.254/y") << 502
                                      << QByteArray("metadata");
    QTest::newRow("private name") << false << QByteArray("https://private.example.org/y") << 502
                                  << QByteArray("private network");
    QTest::newRow("one private among public")
        << false << QByteArray("https://mixed.example.org/y") << 502 << QByteArray("loopback");
    QTest::newRow("mapped") << false << QByteArray("https://[::ffff:127.0.0.1]/y") << 502 << QByteArray("stands for");
    QTest::newRow("unknown name") << false << QByteArray("https://unknown.example.org/y") << 502
                                  << QByteArray("not known");
    QTest::newRow("decimal") << false << QByteArray("https://2130706433/y") << 502 << QByteArray("isol8: ");
}

static QList<QHostAddress> scriptedNames(const QString &host)
{
    if (host == u"private.example.org")
        return {QHostAddress(u"10.0.0.1"_s)};
    if (host == u"mixed.example.org")
        return {QHostAddress(u"8.8.8.8"_s), QHostAddress(u"127.0.0.1"_s)};
    return {};
}

void tst_registry::redirects()
{
    QFETCH(bool, tls);
    QFETCH(QByteArray, location);
    QFETCH(int, status);
    QFETCH(QByteArray, words);
    const auto server = tls ? std::make_unique<FakeRegistry>(this->tls(u"server"_s)) : std::make_unique<FakeRegistry>();
    location.replace("%1", server->url().toLatin1());
    const QList<QByteArray> headers =
        location.isEmpty() ? QList<QByteArray>() : QList<QByteArray>{"Location: " + location};
    server->answer("/x", {302, headers, "moved", false, -1, false});
    server->answer("/y", {200, {}, "{}", false, -1, false});
    begin(settingsFor(server->url()));
    m_registries->setNames(scriptedNames);
    const Taken taken = take(npm(), "/x");
    QCOMPARE(taken.head.status, status);
    QVERIFY2(taken.body.contains(words), taken.body.constData());
    QVERIFY(!taken.body.contains("moved"));
}

// They go to where they belong, and come back to nobody.
void tst_registry::credentials()
{
    FakeRegistry server(tls(u"server"_s));
    FakeRegistry other(tls(u"server"_s));
    server.answer("/npm/x", {302, {"Location: " + other.url(u"localhost"_s).toLatin1() + "x"}, {}, false, -1, false});
    server.answer("/npm/y", {401, {}, "bad token s3cret", false, -1, false});
    const QString named = other.url(u"localhost"_s);
    other.answer(
        "/x", {200, {}, metadata(QString(named).replace(u"://"_s, u"://u:s3cret@"_s) + u"x.tgz"_s), false, -1, false});
    other.answer("/x.tgz", {200, {}, "file", false, -1, false});
    RegistrySettings settings = settingsFor(server.url() + u"npm"_s);
    settings.npm.credentials = {{authorityOf(QUrl(server.url())), u"/npm/"_s, "Bearer s3cret"}};
    settings.npm.scopes.insert(u"@other"_s, registryUrl(named)); // so that loopback may be asked
    begin(settings);
    const Taken taken = take(npm(), "/x");
    QCOMPARE(taken.head.status, 200);
    QCOMPARE(server.seen.first().field("Authorization"), "Bearer s3cret");
    QCOMPARE(other.seen.first().field("Authorization"), "");
    QVERIFY2(!taken.body.contains("s3cret"), taken.body.constData());
    QVERIFY(!QByteArray::fromBase64(pathOf(tarballIn(taken.body)).split('/').value(4), QByteArray::Base64UrlEncoding)
                 .contains("s3cret"));
    QCOMPARE(take(npm(), pathOf(tarballIn(taken.body))).body, "file");
    const Taken refused = take(npm(), "/y");
    QCOMPARE(refused.head.status, 403);
    QVERIFY(!refused.body.contains("s3cret"));
    for (const http::Header &header : refused.head.headers)
        QVERIFY(!header.value.contains("s3cret"));
}

void tst_registry::otherHost_data()
{
    QTest::addColumn<QByteArray>("tarball");
    QTest::addColumn<QByteArray>("words");
    QTest::newRow("http") << QByteArray("http://files.example.org/x.tgz") << QByteArray("without TLS");
    QTest::newRow("loopback") << QByteArray("https://127.0.0.1:1/x.tgz") << QByteArray("loopback");
    QTest::newRow("localhost by name") << QByteArray("https://local.example.org/x.tgz") << QByteArray("loopback");
    QTest::newRow("private") << QByteArray("https://private.example.org/x.tgz") << QByteArray("private network");
}

// What a registry names is asked for by the same rules as what it redirects to.
void tst_registry::otherHost()
{
    QFETCH(QByteArray, tarball);
    QFETCH(QByteArray, words);
    FakeRegistry server;
    server.answer("/x", {200, {}, metadata(QString::fromLatin1(tarball)), false, -1, false});
    begin(settingsFor(server.url()));
    m_registries->setNames([](const QString &host) {
        return host == u"local.example.org" ? QList<QHostAddress>{QHostAddress(u"127.0.0.1"_s)} : scriptedNames(host);
    });
    const Taken taken = take(npm(), pathOf(tarballIn(take(npm(), "/x").body)));
    QCOMPARE(taken.head.status, 502);
    QVERIFY2(taken.body.contains(words), taken.body.constData());
}

// A public host: the address that was looked at is the one that is asked, by the host's name.
void tst_registry::pinned()
{
    FakeRegistry server;
    FakeRegistry files(tls(u"server"_s));
    const QString named = files.url(u"files.example.org"_s);
    server.answer("/x", {200, {}, metadata(named + u"x.tgz"_s), false, -1, false});
    server.answer("/y", {200, {}, metadata(files.url(u"wrong.example.org"_s) + u"x.tgz"_s), false, -1, false});
    files.answer("/x.tgz", {200, {}, "file", false, -1, false});
    RegistrySettings settings = settingsFor(server.url());
    settings.npm.credentials = {{authorityOf(QUrl(server.url())), u"/"_s, "Bearer s3cret"}};
    begin(settings);
    int asked = 0;
    m_registries->setNames(
        [&](const QString &) {
            ++asked;
            return QList<QHostAddress>{QHostAddress(u"127.0.0.2"_s),
                                       QHostAddress(u"127.0.0.1"_s)}; // nobody at the first
        },
        [](const QHostAddress &) { return QString(); });
    QCOMPARE(take(npm(), pathOf(tarballIn(take(npm(), "/x").body))).body, "file");
    QCOMPARE(asked, 1);
    QCOMPARE(files.seen.size(), 1);
    QCOMPARE(files.seen.first().field("Host"), QUrl(named).authority().toLatin1());
    QCOMPARE(files.seen.first().field("Authorization"), "");
    const Taken wrong = take(npm(), pathOf(tarballIn(take(npm(), "/y").body)));
    QCOMPARE(wrong.head.status, 502);
    QVERIFY2(wrong.body.contains("not trusted"), wrong.body.constData());
    QCOMPARE(files.seen.size(), 1);
}

void tst_registry::trust_data()
{
    QTest::addColumn<QString>("certificate");
    QTest::addColumn<QString>("authority");
    QTest::addColumn<bool>("verify");
    QTest::addColumn<QString>("unverified");
    QTest::addColumn<bool>("fine");
    const QString ca = u"ca"_s;
    QTest::newRow("trusted") << u"server"_s << ca << true << QString() << true;
    QTest::newRow("another's name") << u"elsewhere"_s << ca << true << QString() << false;
    QTest::newRow("another authority") << u"server"_s << u"otherca"_s << true << QString() << false;
    QTest::newRow("the system's authorities") << u"server"_s << QString() << true << QString() << false;
    QTest::newRow("strict-ssl off") << u"elsewhere"_s << u"otherca"_s << false << QString() << true;
    QTest::newRow("trusted host") << u"elsewhere"_s << u"otherca"_s << true << u"127.0.0.1"_s << true;
    QTest::newRow("another trusted host") << u"elsewhere"_s << ca << true << u"127.0.0.2"_s << false;
}

void tst_registry::trust()
{
    QFETCH(QString, certificate);
    QFETCH(QString, authority);
    QFETCH(bool, verify);
    QFETCH(QString, unverified);
    QFETCH(bool, fine);
    FakeRegistry server(tls(certificate));
    server.answer("/x", {200, {}, "{}", false, -1, false});
    RegistrySettings settings = settingsFor(server.url());
    settings.npm.authorityFiles.clear();
    if (authority == u"ca")
        settings.npm.authorities = m_certificates.read(u"ca.crt"_s); // as npm's "ca"
    else if (!authority.isEmpty())
        settings.npm.authorityFiles = {m_certificates.path() + u'/' + authority + u".crt"_s};
    settings.npm.verify = verify;
    if (!unverified.isEmpty())
        settings.npm.unverified = {unverified};
    begin(settings);
    const Taken taken = take(npm(), "/x");
    QCOMPARE(taken.head.status, fine ? 200 : 502);
    QCOMPARE(server.seen.size(), fine ? 1 : 0);
    if (!fine)
        QVERIFY2(taken.body.contains("not trusted"), taken.body.constData());
}

void tst_registry::upstreamProxy()
{
    FakeRegistry proxy; // it sees plain HTTP in absolute-form
    proxy.answer("http://registry.example.org/x", {200, {}, "{}", false, -1, false});
    RegistrySettings settings = settingsFor(u"http://registry.example.org/"_s);
    settings.npm.proxy.http = QUrl(proxy.url().replace(u"://"_s, u"://me:pw@"_s));
    begin(settings);
    QCOMPARE(take(npm(), "/x").head.status, 200);
    QCOMPARE(proxy.seen.size(), 1);
    QCOMPARE(proxy.seen.first().target, "http://registry.example.org/x");
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
    m_install = installOf(settingsFor(server.url()), cache.path());
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
    QTRY_VERIFY(readable);
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

void tst_registry::given_up()
{
    FakeRegistry server;
    server.answer("/x/-/x-1.tgz", {200, {}, noise(2000000), false, -1, false});
    server.answer("/slow", {200, {}, {}, false, -1, true});
    QTemporaryDir cache;
    m_install = installOf(settingsFor(server.url()), cache.path());
    auto slow = npm()->serve({"GET", "/slow", {}});
    QTRY_COMPARE(server.seen.size(), 1);
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
    QTRY_VERIFY(gone);
    QTest::qWait(50);
    QVERIFY(QDir(cache.path() + u"/bodies"_s).isEmpty());
}

void tst_registry::cached()
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
    m_install = installOf(settings, cache.filePath(u"deep/er"_s));
    for (const QByteArray &path : paths)
        first.append(take(npm(), path));
    // Not before the installer has succeeded.
    QCOMPARE(m_registries->install(u"node"_s, u"sha256:1"_s, {u"x"_s})->statistics(), InstallStatistics());
    m_install->succeeded();
    QCOMPARE(server.seen.size(), 2);

    m_install = installOf(settings, cache.filePath(u"deep/er"_s)); // another engine, later
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

void tst_registry::cacheKey()
{
    FakeRegistry server;
    server.answer("/x", {200, {}, "{}", false, -1, false});
    QTemporaryDir cache;
    m_install = installOf(settingsFor(server.url()), cache.path(), {}, {u"a"_s, u"b"_s});
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

void tst_registry::cacheDamaged_data()
{
    QTest::addColumn<QByteArray>("body"); // what the file becomes; empty: it goes
    QTest::newRow("other bytes") << QByteArray("evil1");
    QTest::newRow("shorter") << QByteArray("evi");
    QTest::newRow("longer") << QByteArray("evil1evil1");
    QTest::newRow("gone") << QByteArray();
}

void tst_registry::cacheDamaged()
{
    QFETCH(QByteArray, body);
    FakeRegistry server;
    server.answer("/x/-/x-1.tgz", {200, {}, "right", false, -1, false});
    QTemporaryDir cache;
    m_install = installOf(settingsFor(server.url()), cache.path());
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

void tst_registry::cacheAges()
{
    FakeRegistry server;
    server.answer("/x", {200, {}, "{}", false, -1, false});
    server.answer("/x/-/x-1.tgz", {200, {}, "file", false, -1, false});
    QTemporaryDir cache;
    CacheLimits limits;
    limits.metadataAge = std::chrono::hours(-1); // everything is too old
    for (const int seen : {2, 3}) {              // metadata alone is fetched again
        m_install = installOf(settingsFor(server.url()), cache.path(), limits);
        QVERIFY(take(npm(), "/x").whole);
        QVERIFY(take(npm(), "/x/-/x-1.tgz").whole);
        m_install->succeeded();
        QCOMPARE(server.seen.size(), seen);
    }
}

void tst_registry::notCached()
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
        m_install = installOf(settingsFor(server.url()), cache.path(), limits);
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
    m_install = installOf(settingsFor(server.url()), cache.filePath(u"file/below"_s));
    QCOMPARE(take(npm(), "/z").body, "{}");
    m_install->succeeded();
}

void tst_registry::cacheBounded()
{
    FakeRegistry server;
    QTemporaryDir cache;
    CacheLimits limits;
    limits.total = 2500;
    for (int i = 0; i < 4; ++i) {
        const QByteArray path = "/x/-/x-" + QByteArray::number(i) + ".tgz";
        server.answer(path, {200, {}, noise(1000 + i), false, -1, false});
        m_install = installOf(settingsFor(server.url()), cache.path(), limits, {QString::number(i)});
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

QTEST_GUILESS_MAIN(tst_registry)
#include "tst_registry.moc"
