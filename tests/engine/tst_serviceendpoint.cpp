// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; remote
#include <isol8/remote/EventLines.h>
#include <isol8/remote/Peer.h>
#include <isol8/remote/ServiceEndpoint.h>

#include <QTest>

using namespace isol8;
using namespace isol8::remote;
using namespace std::chrono_literals;
using namespace Qt::StringLiterals;

// Addresses of services, the proxies before them, and what they say, as pure functions.
class tst_serviceendpoint : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void addresses_data();
    void addresses();
    void refusedAddresses_data();
    void refusedAddresses();
    void keys();
    void proxies_data();
    void proxies();
    void retries_data();
    void retries();
    void eventLines_data();
    void eventLines();
    void eventTooLarge();
};

void tst_serviceendpoint::addresses_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("canonical");
    QTest::addColumn<QString>("host");
    QTest::addColumn<int>("port");
    QTest::addColumn<QByteArray>("prefix");
    QTest::addColumn<bool>("confidential");
    const auto row = [](const QString &text, const QString &canonical, const QString &host, int port,
                        const QByteArray &prefix, bool confidential) {
        QTest::addRow("%s", qPrintable(text)) << text << canonical << host << port << prefix << confidential;
    };
    row(u"https://example.com"_s, u"https://example.com"_s, u"example.com"_s, 443, "", true);
    row(u" HTTPS://Example.COM:443/ "_s, u"https://example.com"_s, u"example.com"_s, 443, "", true);
    row(u"https://example.com:8443/a/b//"_s, u"https://example.com:8443/a/b"_s, u"example.com"_s, 8443, "/a/b", true);
    row(u"http://example.com:80"_s, u"http://example.com"_s, u"example.com"_s, 80, "", false);
    row(u"http://localhost:3000"_s, u"http://localhost:3000"_s, u"localhost"_s, 3000, "", true);
    row(u"http://127.0.0.1"_s, u"http://127.0.0.1"_s, u"127.0.0.1"_s, 80, "", true);
    row(u"http://[::1]:3000/x"_s, u"http://[::1]:3000/x"_s, u"::1"_s, 3000, "/x", true);
    row(u"http://[2001:db8::1]"_s, u"http://[2001:db8::1]"_s, u"2001:db8::1"_s, 80, "", false);
    row(u"https://b\u00fccher.example/\u00e4"_s, u"https://xn--bcher-kva.example/%C3%A4"_s, u"xn--bcher-kva.example"_s,
        443, "/%C3%A4", true);
}

void tst_serviceendpoint::addresses()
{
    QFETCH(QString, text);
    const auto endpoint = ServiceEndpoint::parse(text);
    QVERIFY2(endpoint, endpoint ? "" : qPrintable(endpoint.error().message));
    QTEST(endpoint->toString(), "canonical");
    QTEST(endpoint->address.host, "host");
    QTEST(int(endpoint->address.port), "port");
    QTEST(endpoint->prefix, "prefix");
    QTEST(endpoint->isConfidential(), "confidential");
    QVERIFY(endpoint->address.verify);
    QCOMPARE(ServiceEndpoint::parse(endpoint->toString())->toString(), endpoint->toString());
}

void tst_serviceendpoint::refusedAddresses_data()
{
    QTest::addColumn<QString>("text");
    for (const QString &text :
         {u""_s, u"example.com"_s, u"localhost:3000"_s, u"ftp://example.com"_s, u"https:example.com"_s, u"https://"_s,
          u"https:///x"_s, u"https://user@example.com"_s, u"https://user:secret@example.com"_s,
          u"https://example.com?x=1"_s, u"https://example.com/#x"_s, u"https://example.com:0"_s,
          u"https://example.com:99999"_s, u"https://exam ple.com"_s, u"https://example.com/a b"_s,
          u"https://example.com\r\nX: y"_s})
        QTest::addRow("%s", qPrintable(text)) << text;
}

void tst_serviceendpoint::refusedAddresses()
{
    QFETCH(QString, text);
    const auto endpoint = ServiceEndpoint::parse(text);
    QVERIFY2(!endpoint, endpoint ? qPrintable(endpoint->toString()) : "");
    QCOMPARE(endpoint.error().code, isol8::errors::BadValue.toString());
    QVERIFY(!endpoint.error().message.contains(u"secret"_s));
}

void tst_serviceendpoint::keys()
{
    QVERIFY(checkKey("isol8_Ab-9._~+/="));
    for (const QByteArray &key : {QByteArray(), QByteArray("a b"), QByteArray("a\r\nX: y"), QByteArray("a\n"),
                                  QByteArray("\xc3\xa4"), QByteArray("a\0b", 3), QByteArray(5000, 'a')}) {
        const auto checked = checkKey(key);
        QVERIFY2(!checked, key.constData());
        QVERIFY(key.isEmpty() || !checked.error().message.contains(QString::fromUtf8(key)));
    }
}

void tst_serviceendpoint::proxies_data()
{
    QTest::addColumn<QString>("service");
    QTest::addColumn<QStringList>("environment");
    QTest::addColumn<QString>("proxy");
    const QString https = u"https://svc.example.com"_s;
    const QString http = u"http://svc.example.com:3000"_s;
    const QString none;
    QTest::newRow("none") << https << QStringList{} << none;
    QTest::newRow("https") << https << QStringList{u"https_proxy=http://p:3128"_s} << u"http://p:3128"_s;
    QTest::newRow("capitals") << https << QStringList{u"HTTPS_PROXY=http://p:3128"_s} << u"http://p:3128"_s;
    QTest::newRow("no scheme") << https << QStringList{u"https_proxy=p:3128"_s} << u"http://p:3128"_s;
    QTest::newRow("with a password") << https << QStringList{u"https_proxy=http://u:w@p:3128"_s}
                                     << u"http://u:w@p:3128"_s;
    QTest::newRow("the other scheme's") << https << QStringList{u"http_proxy=http://p:3128"_s} << none;
    QTest::newRow("http") << http << QStringList{u"http_proxy=http://p:3128"_s} << u"http://p:3128"_s;
    QTest::newRow("http in capitals is CGI's") << http << QStringList{u"HTTP_PROXY=http://p:3128"_s} << none;
    QTest::newRow("all") << http << QStringList{u"all_proxy=http://p:3128"_s} << u"http://p:3128"_s;
    QTest::newRow("another kind") << https << QStringList{u"https_proxy=socks5://p:1080"_s} << none;
    QTest::newRow("excepted") << https << QStringList{u"https_proxy=http://p:1"_s, u"no_proxy=a.b, example.com"_s}
                              << none;
    QTest::newRow("excepted with a dot") << https
                                         << QStringList{u"https_proxy=http://p:1"_s, u"NO_PROXY=.example.com"_s}
                                         << none;
    QTest::newRow("excepted by port") << http
                                      << QStringList{u"http_proxy=http://p:1"_s, u"no_proxy=svc.example.com:3000"_s}
                                      << none;
    QTest::newRow("another port excepted")
        << http << QStringList{u"http_proxy=http://p:1"_s, u"no_proxy=svc.example.com:80"_s} << u"http://p:1"_s;
    QTest::newRow("all excepted") << https << QStringList{u"https_proxy=http://p:1"_s, u"no_proxy=*"_s} << none;
    QTest::newRow("another name") << https << QStringList{u"https_proxy=http://p:1"_s, u"no_proxy=ample.com"_s}
                                  << u"http://p:1"_s;
    QTest::newRow("loopback") << u"http://localhost:3000"_s << QStringList{u"http_proxy=http://p:1"_s} << none;
}

void tst_serviceendpoint::proxies()
{
    QFETCH(QString, service);
    QFETCH(QStringList, environment);
    QProcessEnvironment variables;
    for (const QString &variable : std::as_const(environment))
        variables.insert(variable.section(u'=', 0, 0), variable.section(u'=', 1));
    QTEST(proxyFor(*ServiceEndpoint::parse(service), variables).toString(), "proxy");
}

void tst_serviceendpoint::retries_data()
{
    QTest::addColumn<int>("status");
    QTest::addColumn<QByteArray>("field");
    QTest::addColumn<int>("attempt");
    QTest::addColumn<bool>("repeatable");
    QTest::addColumn<int>("wait"); // ms; -1: no
    QTest::newRow("429") << 429 << QByteArray("2") << 0 << false << 2000;
    QTest::newRow("at once is soon") << 429 << QByteArray("0") << 0 << false << 100;
    QTest::newRow("the last time") << 429 << QByteArray("2") << 2 << false << 2000;
    QTest::newRow("once too often") << 429 << QByteArray("2") << 3 << false << -1;
    QTest::newRow("too long") << 429 << QByteArray("60") << 0 << false << -1;
    QTest::newRow("no time") << 429 << QByteArray() << 0 << false << -1;
    QTest::newRow("negative") << 429 << QByteArray("-1") << 0 << false << -1;
    QTest::newRow("nonsense") << 429 << QByteArray("soon") << 0 << false << -1;
    QTest::newRow("a date that has passed") << 429 << QByteArray("Wed, 21 Oct 2015 07:28:00 GMT") << 0 << false << 100;
    QTest::newRow("503") << 503 << QByteArray("1") << 0 << true << 1000;
    QTest::newRow("503 of what may have begun") << 503 << QByteArray("1") << 0 << false << -1;
    QTest::newRow("500") << 500 << QByteArray("1") << 0 << true << -1;
}

void tst_serviceendpoint::retries()
{
    QFETCH(int, status);
    QFETCH(QByteArray, field);
    QFETCH(int, attempt);
    QFETCH(bool, repeatable);
    http::ResponseHead head;
    head.status = status;
    if (!field.isEmpty())
        head.headers = {{"Retry-After", field}};
    const Error error{isol8::errors::EngineUnreachable.toString(), {}, {}};
    QTEST(int(retryAfter(head, error, attempt, repeatable).value_or(-1ms).count()), "wait");
    // What will not be otherwise in a moment is not asked for again.
    const Error lasting{isol8::errors::ImageMissing.toString(), {}, {}};
    if (status != 429)
        QVERIFY(!retryAfter(head, lasting, attempt, repeatable));
}

void tst_serviceendpoint::eventLines_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QByteArrayList>("events");
    QTest::newRow("plain") << QByteArray("data: a\n\ndata: b\n\n") << QByteArrayList{"a", "b"};
    QTest::newRow("CRLF") << QByteArray("data: a\r\n\r\ndata:b\r\n\r\n") << QByteArrayList{"a", "b"};
    QTest::newRow("CR") << QByteArray("data: a\r\rdata: b\r\r:") << QByteArrayList{"a", "b"};
    QTest::newRow("heartbeats") << QByteArray(":\n\n: x\n\ndata: a\n:\n\n:\n\n") << QByteArrayList{"a"};
    QTest::newRow("other fields") << QByteArray("event: e\nid: 1\ndata: a\nretry: 5\n\n") << QByteArrayList{"a"};
    QTest::newRow("several lines") << QByteArray("data: a\ndata:  b\ndata\n\n") << QByteArrayList{"a\n b\n"};
    QTest::newRow("empty data") << QByteArray("data:\n\n") << QByteArrayList{""};
    QTest::newRow("not whole") << QByteArray("data: a\n\ndata: b\n") << QByteArrayList{"a"};
    QTest::newRow("no data") << QByteArray("event: e\n\ndatax: a\n\n") << QByteArrayList{};
}

void tst_serviceendpoint::eventLines()
{
    QFETCH(QByteArray, bytes);
    QFETCH(QByteArrayList, events);
    for (qsizetype step = 1; step <= bytes.size(); ++step) {
        EventLines lines(1000);
        QByteArrayList found;
        for (qsizetype at = 0; at < bytes.size(); at += step) {
            lines.feed(QByteArrayView(bytes).sliced(at, std::min(step, bytes.size() - at)));
            while (const auto event = lines.next())
                found.append(*event);
        }
        QCOMPARE(found, events);
        QVERIFY(!lines.isTooLarge());
    }
}

void tst_serviceendpoint::eventTooLarge()
{
    for (const QByteArray &part : {QByteArray("x"), QByteArray("data: y\n")}) {
        EventLines lines(100);
        for (int i = 0; i < 200 && !lines.isTooLarge(); ++i) {
            lines.feed(part);
            QVERIFY(!lines.next());
        }
        QVERIFY(lines.isTooLarge());
    }
}

QTEST_GUILESS_MAIN(tst_serviceendpoint)
#include "tst_serviceendpoint.moc"
