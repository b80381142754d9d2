// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; service
#include "support/Certificates.h"

#include <service/http/Exchange.h>
#include <service/http/Listener.h>
#include <service/http/Router.h>
#include <service/http/TlsHandshake.h>

#include <QSignalSpy>
#include <QSslSocket>
#include <QTest>

#include <memory>

using namespace isol8;
using namespace isol8::service;
using namespace isol8::test;
using namespace std::chrono_literals;
using namespace Qt::StringLiterals;

/*
    The service's side of TLS, in this process: who is let in, and that a client that stalls is seen as without TLS.
*/
class tst_httptls : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init();
    void cleanup();

    void answers_data();
    void answers();
    void noTls_data();
    void noTls();
    void clientThatDoesNotRead();
    void refusedWhileSending();
    void newCertificate();
    void wrongFiles_data();
    void wrongFiles();

private:
    [[nodiscard]] QString file(const QString &name) const { return m_certificates.path() + u'/' + name; }
    //! A client that trusts the authority.
    std::unique_ptr<QSslSocket> connectClient(QSsl::SslProtocol protocol = QSsl::SecureProtocols);

    Certificates m_certificates;
    ServerLimits m_limits;
    std::unique_ptr<Router> m_router;
    Listener *m_listener = nullptr;
    QPointer<Exchange> m_kept;
};

void tst_httptls::initTestCase()
{
    if (!Certificates::possible())
        QSKIP("no openssl, or Qt without TLS");
    QVERIFY(m_certificates.makeAuthority(u"ca"_s));
    for (const auto &[name, elliptic] : {std::pair{u"rsa"_s, false}, {u"ec"_s, true}})
        QVERIFY(m_certificates.makeCertificate(name, u"ca"_s, name, u"IP:127.0.0.1"_s, elliptic));
}

void tst_httptls::init()
{
    m_limits = {};
    m_limits.handshakeTimeout = 500ms;
    m_limits.writeTimeout = 500ms;
    m_limits.body = 1000;
    m_router = std::make_unique<Router>();
    m_listener = new Listener(m_limits);
    QVERIFY(m_listener->listen(QHostAddress::LocalHost));
    const auto tls = loadServerTls(file(u"rsa.crt"_s), file(u"rsa.key"_s));
    QVERIFY2(tls, tls ? "" : qPrintable(tls.error().message));
    m_listener->setTls(*tls);
    m_router->bind(m_listener);
    connect(m_listener, &Listener::requested, m_router.get(), &Router::dispatch);
    m_router->add("POST", u"/echo"_s,
                  [](Exchange *exchange) { exchange->respond(200, "text/plain", exchange->takeBody()); });
    m_router->add("GET", u"/keep"_s, [this](Exchange *exchange) { m_kept = exchange; });
}

void tst_httptls::cleanup()
{
    m_router.reset();
}

std::unique_ptr<QSslSocket> tst_httptls::connectClient(QSsl::SslProtocol protocol)
{
    auto socket = std::make_unique<QSslSocket>();
    QSslConfiguration configuration = QSslConfiguration::defaultConfiguration();
    configuration.setCaCertificates({QSslCertificate(m_certificates.read(u"ca.crt"_s))});
    configuration.setProtocol(protocol);
    socket->setSslConfiguration(configuration);
    socket->connectToHostEncrypted(u"127.0.0.1"_s, m_listener->serverPort());
    return socket;
}

void tst_httptls::answers_data()
{
    QTest::addColumn<QString>("certificate");
    QTest::addColumn<QSsl::SslProtocol>("protocol");
    QTest::newRow("RSA, 1.2") << u"rsa"_s << QSsl::TlsV1_2;
    QTest::newRow("RSA, 1.3") << u"rsa"_s << QSsl::TlsV1_3;
    QTest::newRow("elliptic, 1.3") << u"ec"_s << QSsl::TlsV1_3;
}

void tst_httptls::answers()
{
    QFETCH(QString, certificate);
    QFETCH(QSsl::SslProtocol, protocol);
    const auto tls = loadServerTls(file(certificate + u".crt"_s), file(certificate + u".key"_s));
    QVERIFY2(tls, tls ? "" : qPrintable(tls.error().message));
    m_listener->setTls(*tls);
    const auto client = connectClient(protocol);
    QTRY_VERIFY2(client->isEncrypted(), qPrintable(client->errorString()));
    QCOMPARE(client->peerCertificate().subjectInfo(QSslCertificate::CommonName), QStringList{certificate});
    QByteArray received;
    for (const QByteArray body : {"one", "two"}) {
        client->write("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n" + body);
        QTRY_VERIFY((received += client->readAll()).endsWith(QByteArray("\r\n\r\n" + body)));
    }
    QCOMPARE(m_listener->connections(), 1);
    client->disconnectFromHost();
    QTRY_COMPARE(m_listener->connections(), 0);
}

void tst_httptls::noTls_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::newRow("silence") << QByteArray();
    QTest::newRow("HTTP") << QByteArray("GET /keep HTTP/1.1\r\nHost: x\r\n\r\n");
    QTest::newRow("half a hello") << QByteArray::fromHex("160301020001");
    QTest::newRow("TLS 1.0") << QByteArray::fromHex("1603010031010000"
                                                    "2d0301") +
                                    QByteArray(32, 'r') + QByteArray::fromHex("000006002f0035000a0100");
    QTest::newRow("noise") << QByteArray(100000, '\xa5');
}

void tst_httptls::noTls()
{
    QFETCH(QByteArray, bytes);
    QTcpSocket client;
    client.connectToHost(QHostAddress::LocalHost, m_listener->serverPort());
    client.write(bytes);
    QTRY_COMPARE_WITH_TIMEOUT(client.state(), QAbstractSocket::UnconnectedState, 10000);
    QVERIFY(!client.readAll().contains("HTTP"));
    QTRY_COMPARE(m_listener->connections(), 0);
}

// What TLS has encrypted has not left yet: it must count, or nothing would hold such a client's output back.
void tst_httptls::clientThatDoesNotRead()
{
    const auto client = connectClient();
    QTRY_VERIFY2(client->isEncrypted(), qPrintable(client->errorString()));
    client->setReadBufferSize(1024);
    client->write("GET /keep HTTP/1.1\r\nHost: x\r\n\r\n");
    QTRY_VERIFY(m_kept);
    m_kept->startStream("text/plain");
    QSignalSpy gone(m_kept, &QObject::destroyed);
    m_kept->write(QByteArray(20000000, 'x'));
    QVERIFY2(m_kept->pendingBytes() > 10000000, QByteArray::number(m_kept->pendingBytes()).constData());
    const auto other = connectClient();
    other->write("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi");
    QByteArray received;
    QTRY_VERIFY((received += other->readAll()).endsWith("hi"));
    QTRY_COMPARE_WITH_TIMEOUT(gone.size(), 1, 10000);
}

void tst_httptls::refusedWhileSending()
{
    const auto client = connectClient();
    QTRY_VERIFY2(client->isEncrypted(), qPrintable(client->errorString()));
    client->write("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 50000000\r\n\r\n");
    client->write(QByteArray(4000000, 'x'));
    QByteArray received;
    QTRY_VERIFY((received += client->readAll()).contains("too_large"));
    QTRY_COMPARE_WITH_TIMEOUT(client->state(), QAbstractSocket::UnconnectedState, 10000);
}

void tst_httptls::newCertificate()
{
    const auto before = connectClient();
    QTRY_VERIFY2(before->isEncrypted(), qPrintable(before->errorString()));
    m_listener->setTls(*loadServerTls(file(u"ec.crt"_s), file(u"ec.key"_s)));
    const auto after = connectClient();
    QTRY_VERIFY2(after->isEncrypted(), qPrintable(after->errorString()));
    QCOMPARE(after->peerCertificate().subjectInfo(QSslCertificate::CommonName), QStringList{u"ec"_s});
    before->write("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi");
    QByteArray received;
    QTRY_VERIFY((received += before->readAll()).endsWith("hi"));
}

void tst_httptls::wrongFiles_data()
{
    QTest::addColumn<QString>("certificate");
    QTest::addColumn<QString>("key");
    QTest::addColumn<QString>("names");
    QTest::newRow("no certificate") << u"nowhere"_s << u"rsa.key"_s << u"nowhere"_s;
    QTest::newRow("no key") << u"rsa.crt"_s << u"nowhere"_s << u"nowhere"_s;
    QTest::newRow("exchanged") << u"rsa.key"_s << u"rsa.crt"_s << u"rsa.key"_s;
    QTest::newRow("key of another") << u"rsa.crt"_s << u"ca.key"_s << u"ca.key"_s;
    QTest::newRow("key of another kind") << u"rsa.crt"_s << u"ec.key"_s << u"ec.key"_s;
}

void tst_httptls::wrongFiles()
{
    QFETCH(QString, certificate);
    QFETCH(QString, key);
    QFETCH(QString, names);
    const auto tls = loadServerTls(file(certificate), file(key));
    QVERIFY(!tls);
    QVERIFY2(tls.error().message.contains(names), qPrintable(tls.error().message));
}

QTEST_GUILESS_MAIN(tst_httptls)
#include "tst_httptls.moc"
