// SPDX-License-Identifier: GPL-3.0-or-later
// test: fake; registry
// Where the origins go, whom they trust, and what they say of themselves there.
#include "support/DnsServer.h"
#include "support/RegistryFixture.h"

#include <isol8/egress/SystemResolver.h>

using namespace isol8;
using namespace isol8::registry;
using namespace isol8::test;
using namespace Qt::StringLiterals;

class tst_registryreach : public RegistryFixture
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init() { forget(); }
    void redirects_data();
    void redirects();
    void credentials();
    void otherHost_data();
    void otherHost();
    void pinned();
    void trust_data();
    void trust();
    void clientCertificate();
    void upstreamProxy();
    void behindProxy_data();
    void behindProxy();
    void namesOfTheResolver_data();
    void namesOfTheResolver();
};

void tst_registryreach::initTestCase()
{
    if (!Certificates::possible())
        QSKIP("no openssl, or Qt without TLS");
    QVERIFY(makeCertificates());
}

void tst_registryreach::redirects_data()
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

void tst_registryreach::redirects()
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
    m_rules.names = scriptedNames;
    begin(settingsFor(server->url()));
    const Taken taken = take(npm(), "/x");
    QCOMPARE(taken.head.status, status);
    QVERIFY2(taken.body.contains(words), taken.body.constData());
    QVERIFY(!taken.body.contains("moved"));
}

// They go to where they belong, and come back to nobody.
void tst_registryreach::credentials()
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

void tst_registryreach::otherHost_data()
{
    QTest::addColumn<QByteArray>("tarball");
    QTest::addColumn<QByteArray>("words");
    QTest::newRow("http") << QByteArray("http://files.example.org/x.tgz") << QByteArray("without TLS");
    QTest::newRow("loopback") << QByteArray("https://127.0.0.1:1/x.tgz") << QByteArray("loopback");
    QTest::newRow("localhost by name") << QByteArray("https://local.example.org/x.tgz") << QByteArray("loopback");
    QTest::newRow("private") << QByteArray("https://private.example.org/x.tgz") << QByteArray("private network");
}

// What a registry names is asked for by the same rules as what it redirects to.
void tst_registryreach::otherHost()
{
    QFETCH(QByteArray, tarball);
    QFETCH(QByteArray, words);
    FakeRegistry server;
    server.answer("/x", {200, {}, metadata(QString::fromLatin1(tarball)), false, -1, false});
    m_rules.names = [](const QString &host) {
        return host == u"local.example.org" ? QList<QHostAddress>{QHostAddress(u"127.0.0.1"_s)} : scriptedNames(host);
    };
    begin(settingsFor(server.url()));
    const Taken taken = take(npm(), pathOf(tarballIn(take(npm(), "/x").body)));
    QCOMPARE(taken.head.status, 502);
    QVERIFY2(taken.body.contains(words), taken.body.constData());
}

// A public host: the address that was looked at is the one that is asked, by the host's name.
void tst_registryreach::pinned()
{
    FakeRegistry server;
    FakeRegistry files(tls(u"server"_s));
    const QString named = files.url(u"files.example.org"_s);
    server.answer("/x", {200, {}, metadata(named + u"x.tgz"_s), false, -1, false});
    server.answer("/y", {200, {}, metadata(files.url(u"wrong.example.org"_s) + u"x.tgz"_s), false, -1, false});
    files.answer("/x.tgz", {200, {}, "file", false, -1, false});
    RegistrySettings settings = settingsFor(server.url());
    settings.npm.credentials = {{authorityOf(QUrl(server.url())), u"/"_s, "Bearer s3cret"}};
    int asked = 0;
    m_rules.names = [&](const QString &) {
        ++asked;
        return QList<QHostAddress>{QHostAddress(u"127.0.0.2"_s), QHostAddress(u"127.0.0.1"_s)}; // nobody at the first
    };
    m_rules.special = [](const QHostAddress &) { return QString(); };
    begin(settings);
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

void tst_registryreach::trust_data()
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

void tst_registryreach::trust()
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

// A registry that wants to know by a certificate who asks.
void tst_registryreach::clientCertificate()
{
    QVERIFY(m_certificates.makeCertificate(u"client"_s, u"ca"_s, u"me"_s, QString(), true));
    FakeRegistry server(m_certificates.serverConfiguration(u"server"_s, true));
    server.answer("/x", {200, {}, "{}", false, -1, false});
    RegistrySettings settings = settingsFor(server.url());
    settings.problems = {u"pip's setting \"find-links\" is not used."_s};
    begin(settings);
    QCOMPARE(take(npm(), "/x").head.status, 502);
    QCOMPARE(server.seen.size(), 0);
    QCOMPARE(m_install->problems().constFirst(), u"pip's setting \"find-links\" is not used"_s);
    const QString files = m_certificates.path() + u"/client"_s;
    settings.npm.certificates = {
        {registry::authorityOf(QUrl(server.url())), u"/"_s, files + u".crt"_s, files + u".key"_s, {}}};
    begin(settings);
    QCOMPARE(take(npm(), "/x").head.status, 200);
    settings.npm.certificates = {
        {{}, u"/"_s, {}, {}, m_certificates.read(u"client.crt"_s) + m_certificates.read(u"client.key"_s)}};
    begin(settings);
    QCOMPARE(take(npm(), "/x").head.status, 200);
    QCOMPARE(server.seen.size(), 2);
}

void tst_registryreach::upstreamProxy()
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

void tst_registryreach::behindProxy_data()
{
    QTest::addColumn<QByteArray>("tarball");
    QTest::addColumn<bool>("asked"); // the proxy, for a tunnel
    QTest::newRow("a name that only the proxy knows") << QByteArray("https://files.example.net/x.tgz") << true;
    QTest::newRow("a private name") << QByteArray("https://private.example.org/x.tgz") << false;
    QTest::newRow("an address") << QByteArray("https://169.254.169.254/x.tgz") << false;
    QTest::newRow("a name without a dot") << QByteArray("https://intranet/x.tgz") << false;
    QTest::newRow("an internal name") << QByteArray("https://vault.internal/x.tgz") << false;
    QTest::newRow("http") << QByteArray("http://files.example.net/x.tgz") << false;
}

void tst_registryreach::behindProxy()
{
    QFETCH(QByteArray, tarball);
    QFETCH(bool, asked);
    FakeRegistry server;
    FakeRegistry proxy;
    server.answer("/x", {200, {}, metadata(QString::fromLatin1(tarball)), false, -1, false});
    RegistrySettings settings = settingsFor(server.url());
    settings.npm.proxy = {QUrl(proxy.url()), QUrl(proxy.url()), {u"127.0.0.1"_s}};
    m_rules.names = scriptedNames;
    begin(settings);
    QCOMPARE(take(npm(), pathOf(tarballIn(take(npm(), "/x").body))).head.status, 502);
    QCOMPARE(proxy.seen.size(), asked ? 1 : 0);
    if (asked)
        QCOMPARE(proxy.seen.first().method + ' ' + proxy.seen.first().target, "CONNECT files.example.net:443");
}

void tst_registryreach::namesOfTheResolver_data()
{
    QTest::addColumn<QString>("proxy");
    QTest::addColumn<QByteArray>("target");
    QTest::addColumn<QString>("asked"); // of the name server
    QTest::newRow("a registry") << QString() << QByteArray("/x") << u"registry.example"_s;
    QTest::newRow("a proxy") << u"proxy.example"_s << QByteArray("http://registry.example:PORT/x")
                             << u"proxy.example"_s;
    QTest::newRow("a proxy that is not there") << u"other.example"_s << QByteArray() << u"other.example"_s;
}

// Nobody else resolves: not even the name of the host's own proxy.
void tst_registryreach::namesOfTheResolver()
{
    QFETCH(QString, proxy);
    QFETCH(QByteArray, target);
    QFETCH(QString, asked);
    FakeRegistry server;
    const QByteArray port = QByteArray::number(server.port());
    target.replace("PORT", port);
    server.answer(target, {200, {}, "{}", false, -1, false});
    DnsServer names;
    for (const char *name : {"registry.example", "proxy.example"})
        names.names.insert(QString::fromLatin1(name), {{QHostAddress(QHostAddress::LocalHost)}});
    egress::ResolverOptions options;
    options.servers = {names.address()};
    options.hostsFile.clear();
    RegistrySettings settings = settingsFor(server.url(u"registry.example"_s));
    if (!proxy.isEmpty())
        settings.npm.proxy.http = QUrl(server.url(proxy));
    const Registries registries(settings, {}, {}, std::make_shared<egress::SystemResolver>(options));
    const auto install = registries.install(u"node"_s, u"sha256:1"_s, {u"x"_s});
    const Taken taken = take(install->origins().value("npm.isol8.internal"), "/x");
    QCOMPARE(taken.head.status, target.isEmpty() ? 502 : 200);
    QVERIFY(names.count(asked) > 0);
    if (target.isEmpty())
        return;
    QCOMPARE(server.seen.size(), 1);
    QCOMPARE(server.seen.first().target, target);
    QCOMPARE(server.seen.first().field("Host"), "registry.example:" + port);
}

QTEST_GUILESS_MAIN(tst_registryreach)
#include "tst_registryreach.moc"
