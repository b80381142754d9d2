// SPDX-License-Identifier: GPL-3.0-or-later
// test: fake; docker http
// A daemon behind TLS, with certificates that openssl makes here.
#include "support/Await.h"
#include "support/Certificates.h"
#include "support/FakeDocker.h"

#include <isol8/docker/AttachStream.h>
#include <isol8/docker/Client.h>

#include <QBuffer>
#include <QFile>
#include <QProcess>
#include <QRegularExpression>
#include <QSslCertificate>
#include <QSslKey>
#include <QStandardPaths>
#include <QTest>
#include <QtEndian>

using namespace isol8;
using namespace isol8::docker;
using namespace isol8::test;
using namespace Qt::StringLiterals;

class tst_dockertls : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void trust_data();
    void trust();
    void wrongProtocol();
    void alert();
    void keptAlive();
    void attach();
    void upload();

private:
    Endpoint endpoint(const FakeDocker &fake, const QString &certificates) const;

    Certificates m_certificates;
};

Endpoint tst_dockertls::endpoint(const FakeDocker &fake, const QString &certificates) const
{
    Endpoint endpoint = fake.endpoint();
    endpoint.certPath = certificates;
    return endpoint;
}

void tst_dockertls::initTestCase()
{
    if (!Certificates::possible())
        QSKIP("no openssl, or Qt without TLS");
    QVERIFY(m_certificates.makeAuthority(u"ca"_s));
    QVERIFY(m_certificates.makeAuthority(u"otherca"_s));
    QVERIFY(m_certificates.makeCertificate(u"server"_s, u"ca"_s, u"docker"_s, u"IP:127.0.0.1,DNS:localhost"_s, false));
    QVERIFY(m_certificates.makeCertificate(u"elsewhere"_s, u"ca"_s, u"docker"_s, u"DNS:elsewhere.example"_s, false));
    QVERIFY(m_certificates.makeCertificate(u"client"_s, u"ca"_s, u"client"_s, {}, false));
    QVERIFY(m_certificates.makeCertificate(u"ecclient"_s, u"ca"_s, u"client"_s, {}, true));
    QVERIFY(m_certificates.makeCertificate(u"stranger"_s, u"otherca"_s, u"client"_s, {}, false));
}

void tst_dockertls::trust_data()
{
    QTest::addColumn<QString>("server");
    QTest::addColumn<bool>("demand"); // a client's certificate
    QTest::addColumn<QString>("host");
    QTest::addColumn<QStringList>("files"); // ca, cert, key
    QTest::addColumn<bool>("verify");
    QTest::addColumn<bool>("fine");
    const QStringList all{u"ca"_s, u"client"_s, u"client"_s};
    const QString ip = u"127.0.0.1"_s;
    const QString server = u"server"_s;
    const QString none;
    QTest::newRow("by address") << server << true << ip << all << true << true;
    QTest::newRow("by name") << server << true << u"localhost"_s << all << true << true;
    QTest::newRow("elliptic key") << server << true << ip << QStringList{u"ca"_s, u"ecclient"_s, u"ecclient"_s} << true
                                  << true;
    QTest::newRow("no certificate, none demanded")
        << server << false << ip << QStringList{u"ca"_s, none, none} << true << true;
    QTest::newRow("no certificate, one demanded")
        << server << true << ip << QStringList{u"ca"_s, none, none} << true << false;
    QTest::newRow("a stranger's certificate")
        << server << true << ip << QStringList{u"ca"_s, u"stranger"_s, u"stranger"_s} << true << false;
    QTest::newRow("another authority") << server << true << ip << QStringList{u"otherca"_s, u"client"_s, u"client"_s}
                                       << true << false;
    QTest::newRow("the system's authorities")
        << server << false << ip << QStringList{none, none, none} << true << false;
    QTest::newRow("another host's certificate") << u"elsewhere"_s << true << ip << all << true << false;
    QTest::newRow("unverified") << u"elsewhere"_s << true << ip << QStringList{u"otherca"_s, u"client"_s, u"client"_s}
                                << false << true;
    QTest::newRow("nonsense for authority")
        << server << false << ip << QStringList{u"!"_s, none, none} << true << false;
    QTest::newRow("nonsense for certificate")
        << server << false << ip << QStringList{u"ca"_s, u"!"_s, u"client"_s} << true << false;
    QTest::newRow("nonsense for key") << server << false << ip << QStringList{u"ca"_s, u"client"_s, u"!"_s} << true
                                      << false;
    QTest::newRow("certificate without key")
        << server << false << ip << QStringList{u"ca"_s, u"client"_s, none} << true << false;
}

void tst_dockertls::trust()
{
    QFETCH(QString, server);
    QFETCH(bool, demand);
    QFETCH(QString, host);
    QFETCH(QStringList, files);
    QFETCH(bool, verify);
    QFETCH(bool, fine);
    FakeDocker fake(Endpoint::Kind::Tls, m_certificates.serverConfiguration(server, demand));
    Endpoint where = endpoint(fake, m_certificates.folder(files[0], files[1], files[2]));
    where.host = host;
    where.verify = verify;
    Client client(where);
    const auto version = await<Version>([&](auto done) { client.ping(done); }, 20s);
    QVERIFY2(version.has_value() == fine, describe(version));
    if (!fine) {
        QVERIFY2(version.error().code == errors::DockerUnreachable, describe(version));
        QVERIFY2(version.error().message.contains(where.certPath), describe(version));
        // Nothing was said to one that is not trusted.
        QCOMPARE(fake.requests.size(), 0);
    }
}

void tst_dockertls::wrongProtocol()
{
    FakeDocker plain(Endpoint::Kind::Tcp);
    Endpoint where = endpoint(plain, m_certificates.folder(u"ca"_s, u"client"_s, u"client"_s));
    where.kind = Endpoint::Kind::Tls;
    Client tls(where);
    tls.setTimeout(500ms);
    const auto silent = await<Version>([&](auto done) { tls.ping(done); });
    QVERIFY2(!silent && silent.error().code == errors::Timeout, describe(silent));

    FakeDocker secure(Endpoint::Kind::Tls, m_certificates.serverConfiguration(u"server"_s, true));
    where = secure.endpoint();
    where.kind = Endpoint::Kind::Tcp;
    Client unencrypted(where);
    unencrypted.setTimeout(5s);
    const auto refused = await<Version>([&](auto done) { unencrypted.ping(done); });
    QVERIFY2(!refused && (refused.error().code == errors::DockerProtocol || refused.error().code == errors::DockerLost),
             describe(refused));
}

void tst_dockertls::alert()
{
    // A server that says why, as Docker's does.
    QProcess server;
    server.setWorkingDirectory(m_certificates.path());
    server.start(u"openssl"_s,
                 {u"s_server"_s, u"-accept"_s, u"127.0.0.1:0"_s, u"-cert"_s, u"server.crt"_s, u"-key"_s,
                  u"server.key"_s, u"-CAfile"_s, u"ca.crt"_s, u"-Verify"_s, u"1"_s, u"-verify_return_error"_s});
    QByteArray said;
    static const QRegularExpression address(u"ACCEPT 127\\.0\\.0\\.1:(\\d+)"_s);
    QRegularExpressionMatch match;
    QTRY_VERIFY_WITH_TIMEOUT(
        (said += server.readAllStandardOutput(), match = address.match(QString::fromLatin1(said))).hasMatch(), 20000);
    Endpoint where;
    where.kind = Endpoint::Kind::Tls;
    where.host = u"127.0.0.1"_s;
    where.port = match.captured(1).toUShort();
    where.certPath = m_certificates.folder(u"ca"_s, {}, {});
    Client client(where);
    const auto version = await<Version>([&](auto done) { client.ping(done); });
    QVERIFY2(!version && version.error().code == errors::DockerUnreachable, describe(version));
    QVERIFY2(version.error().message.contains(u"certificate required"), describe(version));
    server.kill();
    QVERIFY(server.waitForFinished());
}

void tst_dockertls::keptAlive()
{
    FakeDocker fake(Endpoint::Kind::Tls, m_certificates.serverConfiguration(u"server"_s, true));
    fake.handler = [](const FakeRequest &request, FakePeer &) {
        return request.is("GET /_ping")
                   ? std::nullopt
                   : std::optional(FakeReply::byteByByte(FakeReply::answer(200, "{}").pieces.first()));
    };
    Client client(endpoint(fake, m_certificates.folder(u"ca"_s, u"client"_s, u"client"_s)));
    for (int i = 0; i < 10; ++i) {
        const auto facts = await<QJsonObject>([&](auto done) { client.info(done); });
        QVERIFY2(facts, describe(facts));
    }
    QCOMPARE(fake.requests.last().connection, 1);
}

void tst_dockertls::attach()
{
    FakeDocker fake(Endpoint::Kind::Tls, m_certificates.serverConfiguration(u"server"_s, true));
    QByteArray stream;
    for (int i = 0; i < 200; ++i) {
        QByteArray header(8, '\0');
        header[0] = '\1';
        qToBigEndian<quint32>(32 * 1024, header.data() + 4);
        stream += header + QByteArray(32 * 1024, 'x');
    }
    fake.handler = [&](const FakeRequest &request, FakePeer &) {
        return request.is("GET /_ping") ? std::nullopt : std::optional(FakeReply::attached(stream));
    };
    Client client(endpoint(fake, m_certificates.folder(u"ca"_s, u"client"_s, u"client"_s)));
    std::unique_ptr<AttachStream> attached(client.attach(u"x"_s, nullptr));
    qint64 size = 0;
    bool closed = false;
    connect(attached.get(), &AttachStream::standardOutput, this, [&](QByteArrayView data) { size += data.size(); });
    connect(attached.get(), &AttachStream::closed, this, [&](const Error &error) { closed = error.code.isEmpty(); });
    attached->write("hello");
    QTRY_VERIFY_WITH_TIMEOUT(size > 0, 20000);
    attached->setPaused(true);
    const qint64 before = size;
    QTest::qWait(20);
    QCOMPARE(size, before);
    attached->setPaused(false);
    QTRY_COMPARE_WITH_TIMEOUT(size, 200 * 32 * 1024, 20000);
    QTRY_COMPARE_WITH_TIMEOUT(fake.lastPeer()->streamed, "hello", 20000);
    fake.lastPeer()->close();
    QTRY_VERIFY_WITH_TIMEOUT(closed, 20000);
}

void tst_dockertls::upload()
{
    FakeDocker fake(Endpoint::Kind::Tls, m_certificates.serverConfiguration(u"server"_s, true));
    fake.handler = [](const FakeRequest &request, FakePeer &) {
        return request.is("GET /_ping") ? std::nullopt : std::optional(FakeReply::answer(200, "{}"));
    };
    Client client(endpoint(fake, m_certificates.folder(u"ca"_s, u"client"_s, u"client"_s)));
    QByteArray tar(3'000'000, 'x');
    QBuffer buffer(&tar);
    QVERIFY(buffer.open(QIODevice::ReadOnly));
    std::unique_ptr<Job> job(client.importImage(&buffer, u"a:b"_s, {}, nullptr));
    std::optional<Error> end;
    connect(job.get(), &Job::finished, this, [&](const Error &error) { end = error; });
    QTRY_VERIFY_WITH_TIMEOUT(end.has_value(), 20000);
    QVERIFY2(end->code.isEmpty(), describe(*end));
    QCOMPARE(fake.requests.last().body.size(), tar.size());
}

QTEST_GUILESS_MAIN(tst_dockertls)
#include "tst_dockertls.moc"
