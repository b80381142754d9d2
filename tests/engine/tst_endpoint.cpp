// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; docker
#include <isol8/docker/Endpoint.h>

#include <QCryptographicHash>
#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace isol8;
using namespace isol8::docker;
using namespace Qt::StringLiterals;

class tst_endpoint : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void hosts_data();
    void hosts();
    void tls_data();
    void tls();
    void contexts_data();
    void contexts();
    void dockerConfig();
    void defaults();

private:
    void write(const QString &path, const QByteArray &content);
    void addContext(const QString &name, const QByteArray &docker, bool tls = false);
    Result<Endpoint> discover(const QStringList &variables) const;

    std::unique_ptr<QTemporaryDir> m_home;
    QString m_systemSocket;
};

void tst_endpoint::init()
{
    m_home = std::make_unique<QTemporaryDir>();
    m_systemSocket = m_home->filePath(u"system.sock"_s);
    write(u"system.sock"_s, {});
}

void tst_endpoint::write(const QString &path, const QByteArray &content)
{
    const QString whole = m_home->filePath(path);
    QDir().mkpath(QFileInfo(whole).path());
    QFile file(whole);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(content);
}

void tst_endpoint::addContext(const QString &name, const QByteArray &docker, bool tls)
{
    const QString hash =
        QString::fromLatin1(QCryptographicHash::hash(name.toUtf8(), QCryptographicHash::Sha256).toHex());
    write(u".docker/contexts/meta/%1/meta.json"_s.arg(hash),
          "{\"Name\":\"" + name.toUtf8() + "\",\"Metadata\":{},\"Endpoints\":{\"docker\":" + docker + "}}");
    if (tls)
        write(u".docker/contexts/tls/%1/docker/ca.pem"_s.arg(hash), "x");
}

Result<Endpoint> tst_endpoint::discover(const QStringList &variables) const
{
    QProcessEnvironment environment;
    environment.insert(u"HOME"_s, m_home->path());
    for (const QString &variable : variables)
        environment.insert(variable.section(u'=', 0, 0), variable.section(u'=', 1));
    return Endpoint::discover(environment, m_systemSocket);
}

void tst_endpoint::hosts_data()
{
    QTest::addColumn<QString>("host");
    QTest::addColumn<QString>("expected"); // empty: bad_config
    QTest::newRow("unix") << u"unix:///run/user/1000/docker.sock"_s << u"unix:///run/user/1000/docker.sock"_s;
    QTest::newRow("blanks around") << u" unix:///a \n"_s << u"unix:///a"_s;
    QTest::newRow("tcp") << u"tcp://build.example:4000"_s << u"tcp://build.example:4000"_s;
    QTest::newRow("tcp, upper case") << u"TCP://build.example:4000"_s << u"tcp://build.example:4000"_s;
    QTest::newRow("tcp, no port") << u"tcp://build.example"_s << u"tcp://build.example:2375"_s;
    QTest::newRow("tcp, slash") << u"tcp://10.0.0.1:2375/"_s << u"tcp://10.0.0.1:2375"_s;
    QTest::newRow("tcp, no host") << u"tcp://:4000"_s << u"tcp://localhost:4000"_s;
    QTest::newRow("tcp, IPv6") << u"tcp://[::1]:4000"_s << u"tcp://[::1]:4000"_s;
    QTest::newRow("no scheme") << u"build.example:4000"_s << u"tcp://build.example:4000"_s;
    QTest::newRow("unix, relative") << u"unix://docker.sock"_s << QString();
    QTest::newRow("unix, nothing") << u"unix://"_s << QString();
    QTest::newRow("ssh") << u"ssh://me@build.example"_s << QString();
    QTest::newRow("npipe") << u"npipe:////./pipe/docker"_s << QString();
    QTest::newRow("http") << u"http://build.example"_s << QString();
    QTest::newRow("port 0") << u"tcp://build.example:0"_s << QString();
    QTest::newRow("port 65536") << u"tcp://build.example:65536"_s << QString();
    QTest::newRow("port of a word") << u"tcp://build.example:docker"_s << QString();
    QTest::newRow("path") << u"tcp://build.example:2375/v1"_s << QString();
    QTest::newRow("user") << u"tcp://me:secret@build.example:2375"_s << QString();
    QTest::newRow("query") << u"tcp://build.example:2375?x"_s << QString();
    QTest::newRow("blank inside") << u"tcp://build example:2375"_s << QString();
}

void tst_endpoint::hosts()
{
    QFETCH(QString, host);
    QFETCH(QString, expected);
    // DOCKER_HOST wins over a context that does not even exist.
    const auto endpoint = discover({u"DOCKER_HOST="_s + host, u"DOCKER_CONTEXT=nosuch"_s});
    QCOMPARE(endpoint ? endpoint->toString() : QString(), expected);
    if (endpoint) {
        QCOMPARE(endpoint->origin, u"DOCKER_HOST"_s);
    } else {
        QCOMPARE(endpoint.error().code, errors::BadConfig);
        QVERIFY(endpoint.error().message.startsWith(u"DOCKER_HOST "));
    }
}

void tst_endpoint::tls_data()
{
    QTest::addColumn<QStringList>("variables");
    QTest::addColumn<bool>("tls");
    QTest::addColumn<bool>("verify");
    QTest::addColumn<QString>("certificates"); // "~": HOME
    const QString host = u"DOCKER_HOST=tcp://h"_s;
    QTest::newRow("none") << QStringList{host} << false << true << QString();
    QTest::newRow("verify") << QStringList{host, u"DOCKER_TLS_VERIFY=1"_s} << true << true << u"~/.docker"_s;
    QTest::newRow("verify set to nothing") << QStringList{host, u"DOCKER_TLS_VERIFY="_s} << false << true << QString();
    QTest::newRow("certificates") << QStringList{host, u"DOCKER_CERT_PATH=/c"_s} << true << false << u"/c"_s;
    QTest::newRow("both") << QStringList{host, u"DOCKER_CERT_PATH=/c"_s, u"DOCKER_TLS_VERIFY=1"_s} << true << true
                          << u"/c"_s;
    QTest::newRow("DOCKER_TLS") << QStringList{host, u"DOCKER_TLS=1"_s} << true << false << u"~/.docker"_s;
    QTest::newRow("unix") << QStringList{u"DOCKER_HOST=unix:///s"_s, u"DOCKER_TLS_VERIFY=1"_s} << false << true
                          << QString();
}

void tst_endpoint::tls()
{
    QFETCH(QStringList, variables);
    QFETCH(bool, tls);
    QFETCH(bool, verify);
    QFETCH(QString, certificates);
    const auto endpoint = discover(variables);
    QVERIFY(endpoint);
    QCOMPARE(endpoint->kind == Endpoint::Kind::Tls, tls);
    QCOMPARE(endpoint->verify, verify);
    QCOMPARE(endpoint->certPath, certificates.replace(u'~', m_home->path()));
    if (endpoint->kind != Endpoint::Kind::Unix)
        QCOMPARE(endpoint->port, tls ? 2376 : 2375);
}

void tst_endpoint::contexts_data()
{
    QTest::addColumn<QString>("config"); // content of config.json; empty: none
    QTest::addColumn<QString>("variable");
    QTest::addColumn<QString>(
        "expected"); // "origin address [TLS, TLS unverified]", or a part of the error's sentence after "!"
    const QString none;
    QTest::newRow("no config") << none << none << u"default system"_s;
    QTest::newRow("config names none") << u"{\"auths\":{}}"_s << none << u"default system"_s;
    QTest::newRow("default") << u"{\"currentContext\":\"default\"}"_s << none << u"default system"_s;
    QTest::newRow("unix") << u"{\"currentContext\":\"desktop-linux\"}"_s << none
                          << u"context desktop-linux unix:///desk.sock"_s;
    QTest::newRow("variable wins") << u"{\"currentContext\":\"desktop-linux\"}"_s << u"plain"_s
                                   << u"context plain tcp://far:2375"_s;
    QTest::newRow("variable says default")
        << u"{\"currentContext\":\"desktop-linux\"}"_s << u"default"_s << u"default system"_s;
    QTest::newRow("TLS") << none << u"secure"_s << u"context secure tcp://far:2376 TLS"_s;
    QTest::newRow("TLS unverified") << none << u"careless"_s << u"context careless tcp://far:99 TLS unverified"_s;
    QTest::newRow("name of any bytes") << none << u"größe/../x"_s << u"context größe/../x unix:///any"_s;
    QTest::newRow("absent") << none << u"nosuch"_s << u"!There is no Docker context nosuch"_s;
    QTest::newRow("absent, by config") << u"{\"currentContext\":\"nosuch\"}"_s << none
                                       << u"!There is no Docker context nosuch"_s;
    QTest::newRow("ssh") << none << u"shell"_s << u"!isol8 does not speak ssh"_s;
    QTest::newRow("no host") << none << u"hostless"_s << u"!it names no host"_s;
    QTest::newRow("broken meta") << none << u"broken"_s << u"!is no JSON object"_s;
    QTest::newRow("broken config") << u"{\"currentContext\":"_s << none << u"!config.json is no JSON object"_s;
    QTest::newRow("config is a list") << u"[]"_s << none << u"!config.json is no JSON object"_s;
}

void tst_endpoint::contexts()
{
    QFETCH(QString, config);
    QFETCH(QString, variable);
    QFETCH(QString, expected);
    addContext(u"desktop-linux"_s, R"({"Host":"unix:///desk.sock"})");
    addContext(u"plain"_s, R"({"Host":"tcp://far","SkipTLSVerify":false})");
    addContext(u"secure"_s, R"({"Host":"tcp://far"})", true);
    addContext(u"careless"_s, R"({"Host":"tcp://far:99","SkipTLSVerify":true})", true);
    addContext(u"größe/../x"_s, R"({"Host":"unix:///any"})");
    addContext(u"shell"_s, R"({"Host":"ssh://me@far"})");
    addContext(u"hostless"_s, "{}");
    addContext(u"broken"_s, "{{{");
    if (!config.isEmpty())
        write(u".docker/config.json"_s, config.toUtf8());
    const auto endpoint = discover(variable.isEmpty() ? QStringList() : QStringList{u"DOCKER_CONTEXT="_s + variable});
    if (expected.startsWith(u'!')) {
        QVERIFY(!endpoint);
        QCOMPARE(endpoint.error().code, errors::BadConfig);
        QVERIFY2(endpoint.error().message.contains(expected.sliced(1)), endpoint.error().message.toUtf8().constData());
        return;
    }
    QVERIFY2(endpoint, endpoint ? "" : endpoint.error().message.toUtf8().constData());
    QString found = endpoint->origin + u' ' + (endpoint->path == m_systemSocket ? u"system"_s : endpoint->toString());
    if (endpoint->kind == Endpoint::Kind::Tls) {
        found += endpoint->verify ? u" TLS"_s : u" TLS unverified"_s;
        QVERIFY(QFile::exists(endpoint->certPath + u"/ca.pem"_s));
    }
    QCOMPARE(found, expected);
}

void tst_endpoint::dockerConfig()
{
    addContext(u"here"_s, R"({"Host":"unix:///here"})");
    QVERIFY(QDir(m_home->path()).rename(u".docker"_s, u"elsewhere"_s));
    write(u"elsewhere/config.json"_s, R"({"currentContext":"here"})");
    const auto endpoint = discover({u"DOCKER_CONFIG=%1/elsewhere"_s.arg(m_home->path())});
    QVERIFY(endpoint);
    QCOMPARE(endpoint->path, u"/here"_s);
}

void tst_endpoint::defaults()
{
    write(u"run/docker.sock"_s, {});
    const QString runtime = u"XDG_RUNTIME_DIR=%1/run"_s.arg(m_home->path());
    QCOMPARE(discover({runtime})->path, m_systemSocket);
    QVERIFY(QFile::remove(m_systemSocket));
    QCOMPARE(discover({runtime})->path, m_home->path() + u"/run/docker.sock"_s);
    QCOMPARE(discover({runtime})->origin, u"rootless"_s);
    QVERIFY(QFile::remove(m_home->path() + u"/run/docker.sock"_s));
    QCOMPARE(discover({runtime})->path, m_systemSocket);
    QCOMPARE(discover({})->path, m_systemSocket);
}

QTEST_GUILESS_MAIN(tst_endpoint)
#include "tst_endpoint.moc"
