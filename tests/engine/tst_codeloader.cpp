// SPDX-License-Identifier: GPL-3.0-or-later
// test: fake; remotecode
// Programs from servers on loopback, whose names a scripted resolver knows.
#include "support/Certificates.h"
#include "support/CodeServer.h"

#include <isol8/remotecode/Loader.h>

#include <QCryptographicHash>
#include <QDir>
#include <QNetworkProxy>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace isol8;
using namespace isol8::remotecode;
using namespace isol8::test;
using namespace Qt::StringLiterals;

namespace {

const QByteArray Program = "print('\xc3\xbc')\n";

QString hashOf(const QByteArray &data)
{
    return QString::fromLatin1(QCryptographicHash::hash(data, QCryptographicHash::Sha256).toHex());
}

} // namespace

class tst_codeloader : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init();
    void fetches();
    void answers_data();
    void answers();
    void requestOnTheWire();
    void trust_data();
    void trust();
    void plainHttp();
    void redirects_data();
    void redirects();
    void redirectKinds();
    void rebinding();
    void checkedAddress();
    void severalAddresses();
    void onePrivateAddress();
    void noAddress();
    void proxyIsNotUsed();
    void hash();
    void hashRequired();
    void disabled();
    void timeouts_data();
    void timeouts();
    void givenUp();
    void loaderGone();
    void atOnce();
    void cached();
    void cachedAnyAge();
    void cacheOff();
    void cacheDamaged();
    void cachedButRefusedNow();
    void cachedFromAnAddressThatIsRefusedNow();

private:
    [[nodiscard]] LoaderOptions options() const;
    [[nodiscard]] QString url(const QByteArray &path) const;
    [[nodiscard]] QString plainUrl(const QByteArray &path) const;
    //! The code, or the error's code, a blank and its sentence.
    [[nodiscard]] static QByteArray outcome(Loader &loader, const LoadRequest &request);
    [[nodiscard]] QByteArray load(const QString &url) const;

    Certificates m_certificates;
    std::unique_ptr<CodeServer> m_server;
    std::unique_ptr<CodeServer> m_plain;
    std::unique_ptr<ScriptedResolver> m_resolver;
    std::unique_ptr<QTemporaryDir> m_cache;
    CodeSettings m_settings;
    QString m_authorities;
};

void tst_codeloader::initTestCase()
{
    if (!Certificates::possible())
        QSKIP("no openssl, or Qt without TLS");
    QVERIFY(m_certificates.makeAuthority(u"ca"_s));
    QVERIFY(m_certificates.makeAuthority(u"otherca"_s));
    QVERIFY(m_certificates.makeCertificate(u"server"_s, u"ca"_s, u"x"_s, u"DNS:code.example,DNS:cdn.example"_s, false));
    QVERIFY(m_certificates.makeCertificate(u"elsewhere"_s, u"ca"_s, u"x"_s, u"DNS:elsewhere.example"_s, false));
    QVERIFY(m_certificates.makeCertificate(u"stranger"_s, u"otherca"_s, u"x"_s, u"DNS:code.example"_s, false));
}

void tst_codeloader::init()
{
    m_server = std::make_unique<CodeServer>(m_certificates.serverConfiguration(u"server"_s, false));
    m_plain = std::make_unique<CodeServer>();
    m_resolver = std::make_unique<ScriptedResolver>();
    for (const QString &name : {u"code.example"_s, u"cdn.example"_s})
        m_resolver->answers[name] = {{u"127.0.0.1"_s}};
    m_resolver->answers[u"inside.example"_s] = {{u"192.168.7.7"_s}};
    m_resolver->answers[u"metadata.example"_s] = {{u"169.254.169.254"_s}};
    m_resolver->answers[u"loop.example"_s] = {{u"127.0.0.1"_s}};
    m_cache = std::make_unique<QTemporaryDir>();
    m_settings = CodeSettings();
    m_settings.enabled = true;
    m_settings.enableCache = false;
    // All but loopback, where the servers are.
    m_settings.blockedHosts = {u"10.0.0.0/8"_s, u"192.168.0.0/16"_s, u"blocked.example"_s};
    m_settings.fetchTimeout = milliseconds(10000);
    m_authorities = m_certificates.path() + u"/ca.crt"_s;
}

LoaderOptions tst_codeloader::options() const
{
    LoaderOptions options;
    options.settings = m_settings;
    options.network.allowPrivate = {u"code.example:%1"_s.arg(m_server->port()),
                                    u"cdn.example:%1"_s.arg(m_server->port()),
                                    u"code.example:%1"_s.arg(m_plain->port())};
    options.resolver = m_resolver.get();
    options.cacheFolder = m_cache->filePath(u"code"_s);
    options.authorities = m_authorities;
    return options;
}

QString tst_codeloader::url(const QByteArray &path) const
{
    return u"https://code.example:%1%2"_s.arg(m_server->port()).arg(QString::fromUtf8(path));
}

QString tst_codeloader::plainUrl(const QByteArray &path) const
{
    return u"http://code.example:%1%2"_s.arg(m_plain->port()).arg(QString::fromUtf8(path));
}

QByteArray tst_codeloader::outcome(Loader &loader, const LoadRequest &request)
{
    const std::unique_ptr<CodeLoad> load(loader.load(request, nullptr));
    QByteArray got;
    int times = 0;
    connect(load.get(), &CodeLoad::finished, &loader, [&](const Result<QByteArray> &code) {
        ++times;
        got = code ? *code : (code.error().code + u' ' + code.error().message).toUtf8();
    });
    if (!QTest::qWaitFor([&] { return times > 0; }, 20000))
        return "never";
    QTest::qWait(0);
    return times == 1 ? got : "more than once";
}

QByteArray tst_codeloader::load(const QString &url) const
{
    Loader loader(options());
    return outcome(loader, {url, {}, false, {}});
}

void tst_codeloader::fetches()
{
    m_server->serve("/a.py?x=1", Program);
    QCOMPARE(load(url("/a.py?x=1")), Program);
    QCOMPARE(m_server->heads.size(), 1);
    QTRY_COMPARE_WITH_TIMEOUT(m_server->open, 0, 20000);
}

void tst_codeloader::answers_data()
{
    QTest::addColumn<QByteArray>("answer");
    QTest::addColumn<QByteArray>("expected"); // the program, or how code and sentence begin
    const QByteArray ok = "HTTP/1.1 200 OK\r\n";
    const auto row = [](const char *name, const QByteArray &answer, const QByteArray &expected) {
        QTest::newRow(name) << answer << expected;
    };
    const auto chunked = [&](const QByteArray &body) -> QByteArray {
        return ok + "Transfer-Encoding: chunked\r\n\r\n" + QByteArray::number(body.size(), 16) + "\r\n" + body +
               "\r\n0\r\n\r\n";
    };
    const QByteArray fits(1000, 'a');
    row("length", CodeServer::text(Program), Program);
    row("chunked", chunked(Program), Program);
    row("identity", CodeServer::text(Program, "Content-Encoding: identity\r\n"), Program);
    row("as large as may be", CodeServer::text(fits), fits);
    row("as large as may be, chunked", chunked(fits), fits);
    row("too large", CodeServer::text(fits + 'a'), "remote_code_too_large ");
    row("announced too large", ok + "Content-Length: 9999999999\r\n\r\n", "remote_code_too_large ");
    row("too large, chunked", chunked(fits + 'a'), "remote_code_too_large ");
    row("a chunk announced too large", ok + "Transfer-Encoding: chunked\r\n\r\nffffffff\r\n" + QByteArray(5000, 'a'),
        "remote_code_too_large ");
    row("no length", ok + "\r\n" + Program, "remote_code_failed The code cannot be fetched: https://code.example");
    row("cut", ok + "Content-Length: 100\r\n\r\n" + Program, "remote_code_failed ");
    row("cut, chunked", ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nprint\r\n", "remote_code_failed ");
    row("two lengths", ok + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nprint(", "remote_code_failed ");
    row("length and chunks", ok + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "remote_code_failed ");
    row("compressed", CodeServer::text("\x1f\x8b\x08", "Content-Encoding: gzip\r\n"), "remote_code_failed ");
    row("not found", {}, "remote_code_failed The code cannot be fetched: https://code.example");
    row("no content", "HTTP/1.1 204 X\r\n\r\n", "remote_code_failed ");
    row("a part", "HTTP/1.1 206 X\r\nContent-Length: 1\r\n\r\na", "remote_code_failed ");
    row("forbidden", "HTTP/1.1 403 X\r\nContent-Length: 1\r\n\r\na", "remote_code_failed ");
    row("server error", "HTTP/1.1 500 X\r\nContent-Length: 1\r\n\r\na", "remote_code_failed ");
    row("no HTTP", "hello\r\n\r\n", "remote_code_failed ");
    row("nothing", " ", "remote_code_failed ");
    row("empty", CodeServer::text({}), "remote_code_not_text ");
    row("blank", CodeServer::text(" \n\t"), "remote_code_not_text ");
    row("NUL", CodeServer::text(QByteArray("print(1)\0", 9)), "remote_code_not_text ");
    row("Latin-1", CodeServer::text("print('\xfc')"), "remote_code_not_text ");
    row("a cut character", CodeServer::text("print('\xc3"), "remote_code_not_text ");
    row("a surrogate", CodeServer::text("\xed\xa0\x80"), "remote_code_not_text ");
    row("ELF",
        CodeServer::text(QByteArray("\x7f"
                                    "ELF\x02\x01\x01\0\0",
                                    9)),
        "remote_code_not_text ");
}

void tst_codeloader::answers()
{
    QFETCH(QByteArray, answer);
    QFETCH(QByteArray, expected);
    m_settings.maxCodeSize = 1000;
    if (!answer.isEmpty())
        m_server->answers["/x"] = {answer};
    const QByteArray got = load(url("/x"));
    if (expected.startsWith("remote_code_"))
        QVERIFY2(got.startsWith(expected), got.constData());
    else
        QCOMPARE(got, expected);
}

void tst_codeloader::requestOnTheWire()
{
    m_server->serve("/%C3%BC.py?token=sesame", Program);
    QCOMPARE(load(u"https://CODE.example.:%1/./\u00fc.py?token=sesame#part"_s.arg(m_server->port())), Program);
    QCOMPARE(m_resolver->asked, QStringList{u"code.example"_s});
    const QByteArray head = m_server->heads.value(0);
    const QByteArray expected =
        "GET /%C3%BC.py?token=sesame HTTP/1.1\r\nHost: code.example:" + QByteArray::number(m_server->port()) + "\r\n";
    QVERIFY2(head.startsWith(expected), head.constData());
    QVERIFY(head.contains("\r\nAccept-Encoding: identity\r\n"));
    QVERIFY(!head.contains("Cookie") && !head.contains("Authorization"));
    // The token is in no message.
    const QByteArray failed = load(url("/x?token=sesame"));
    QVERIFY2(failed.startsWith("remote_code_failed ") && !failed.contains("sesame"), failed.constData());
}

void tst_codeloader::trust_data()
{
    QTest::addColumn<QString>("certificate");
    QTest::addColumn<QString>("authority"); // a file's name; empty: the system's alone
    QTest::addColumn<bool>("fine");
    QTest::newRow("trusted") << u"server"_s << u"ca.crt"_s << true;
    QTest::newRow("the system's authorities alone") << u"server"_s << QString() << false;
    QTest::newRow("another authority") << u"stranger"_s << u"ca.crt"_s << false;
    QTest::newRow("another host's") << u"elsewhere"_s << u"ca.crt"_s << false;
    QTest::newRow("no such file of authorities") << u"server"_s << u"none.crt"_s << false;
    QTest::newRow("no authorities in the file") << u"server"_s << u"ca.key"_s << false;
}

void tst_codeloader::trust()
{
    QFETCH(QString, certificate);
    QFETCH(QString, authority);
    QFETCH(bool, fine);
    m_server = std::make_unique<CodeServer>(m_certificates.serverConfiguration(certificate, false));
    m_authorities = authority.isEmpty() ? QString() : m_certificates.path() + u'/' + authority;
    m_server->serve("/a", Program);
    const QByteArray got = load(url("/a"));
    QVERIFY2(fine ? got == Program : got.startsWith("remote_code_failed "), got.constData());
    QCOMPARE(m_server->heads.size(), fine ? 1 : 0); // nothing is said to one that is not trusted
}

void tst_codeloader::plainHttp()
{
    m_plain->serve("/a", Program);
    QVERIFY(load(plainUrl("/a")).startsWith("remote_code_refused "));
    m_settings.allowedSchemes = {u"https"_s, u"http"_s};
    QVERIFY(load(plainUrl("/a")).startsWith("remote_code_refused "));
    QCOMPARE(m_plain->heads.size(), 0);
    QVERIFY(m_resolver->asked.isEmpty());
    Loader loader(options());
    QCOMPARE(outcome(loader, {plainUrl("/a"), {}, true, {}}), Program);
    // It waits for the end of a head, and TLS is none.
    m_settings.fetchTimeout = milliseconds(200);
    QVERIFY(load(u"https://code.example:%1/a"_s.arg(m_plain->port())).startsWith("remote_code_timeout "));
}

void tst_codeloader::redirects_data()
{
    QTest::addColumn<QString>("location"); // %1: the server's port, %2: the plain one's
    QTest::addColumn<QByteArray>("expected");
    QTest::addColumn<QString>("part");
    const QByteArray refused = "remote_code_refused ";
    QTest::newRow("relative") << u"b"_s << Program << QString();
    QTest::newRow("another host") << u"https://cdn.example:%1/b"_s << Program << QString();
    QTest::newRow("without a scheme") << u"//cdn.example:%1/b"_s << Program << QString();
    QTest::newRow("to http") << u"http://code.example:%2/b"_s << refused << u"from https to http"_s;
    QTest::newRow("to a private address") << u"https://inside.example/b"_s << refused << u"192.168.0.0/16"_s;
    QTest::newRow("to the metadata address") << u"https://metadata.example/b"_s << refused << u"metadata service"_s;
    QTest::newRow("to the metadata address itself") << u"https://169.254.169.254/b"_s << refused << u"an address"_s;
    QTest::newRow("to loopback") << u"https://loop.example/b"_s << refused << u"loopback"_s;
    QTest::newRow("to loopback itself") << u"https://127.0.0.1:%1/b"_s << refused << u"an address"_s;
    QTest::newRow("to loopback as a number") << u"https://2130706433/b"_s << refused << u"does not follow"_s;
    QTest::newRow("to a blocked host") << u"https://blocked.example/b"_s << refused << u"blockedHosts"_s;
    QTest::newRow("to another port") << u"https://code.example:22/b"_s << refused << u"port 22"_s;
    QTest::newRow("to a file") << u"file:///etc/passwd"_s << refused << u"does not follow"_s;
    QTest::newRow("with a password") << u"https://a:sesame@cdn.example:%1/b"_s << refused << u"does not follow"_s;
    QTest::newRow("to nowhere") << QString() << QByteArray("remote_code_failed ") << u"more than 5 times"_s;
}

void tst_codeloader::redirects()
{
    QFETCH(QString, location);
    QFETCH(QByteArray, expected);
    QFETCH(QString, part);
    m_settings.allowedSchemes = {u"https"_s, u"http"_s};
    m_server->serve("/b", Program);
    m_plain->serve("/b", Program);
    m_server->answers["/a"] = {CodeServer::redirect(location.replace(u"%1"_s, QString::number(m_server->port()))
                                                        .replace(u"%2"_s, QString::number(m_plain->port()))
                                                        .toUtf8())};
    Loader loader(options());
    const QByteArray got = outcome(loader, {url("/a"), {}, true, {}});
    QVERIFY2(got.startsWith(expected) && got.contains(part.toUtf8()) && !got.contains("sesame"), got.constData());
    QCOMPARE(m_plain->heads.size(), 0);
}

// Five are followed, six are not; all kinds are.
void tst_codeloader::redirectKinds()
{
    m_server->serve("/b", Program);
    const QList<int> kinds{301, 302, 303, 307, 308, 302};
    for (int i = 0; i < kinds.size(); ++i) {
        const QByteArray next = i + 1 < kinds.size() ? QByteArray("/r" + QByteArray::number(i + 1)) : QByteArray("/b");
        m_server->answers["/r" + QByteArray::number(i)] = {CodeServer::redirect(next, kinds[i])};
    }
    QCOMPARE(load(url("/r1")), Program);
    QVERIFY(load(url("/r0")).startsWith("remote_code_failed "));
    m_server->answers["/none"] = {"HTTP/1.1 302 X\r\nContent-Length: 0\r\n\r\n"};
    QVERIFY(load(url("/none")).startsWith("remote_code_failed "));
    m_server->answers["/two"] = {"HTTP/1.1 302 X\r\nLocation: /b\r\nLocation: /c\r\nContent-Length: 0\r\n\r\n"};
    QVERIFY(load(url("/two")).startsWith("remote_code_failed "));
}

// The name that was public is not so at the second look.
void tst_codeloader::rebinding()
{
    m_server->serve("/b", Program);
    m_server->answers["/a"] = {CodeServer::redirect("/b")};
    m_resolver->answers[u"code.example"_s] = {{u"127.0.0.1"_s}, {u"192.168.1.1"_s}};
    const QByteArray got = load(url("/a"));
    QVERIFY2(got.startsWith("remote_code_refused ") && got.contains("192.168.1.1"), got.constData());
    QCOMPARE(m_server->heads.size(), 1);
    // Each visit looks once, and goes where that look said.
    QCOMPARE(m_resolver->asked.size(), 2);
}

void tst_codeloader::checkedAddress()
{
    CodeServer other(m_certificates.serverConfiguration(u"server"_s, false), QHostAddress(u"127.0.0.9"_s));
    other.serve("/a", "print(9)");
    m_resolver->answers[u"code.example"_s] = {{u"127.0.0.9"_s}, {u"127.0.0.1"_s}};
    LoaderOptions with = options();
    with.network.allowPrivate = {u"code.example:%1"_s.arg(other.port())};
    Loader loader(with);
    QCOMPARE(outcome(loader, {u"https://code.example:%1/a"_s.arg(other.port()), {}, false, {}}), "print(9)");
    QCOMPARE(m_resolver->asked.size(), 1);
}

void tst_codeloader::severalAddresses()
{
    m_server->serve("/a", Program);
    m_resolver->answers[u"code.example"_s] = {{u"127.0.0.8"_s, u"127.0.0.9"_s, u"127.0.0.1"_s}};
    QCOMPARE(load(url("/a")), Program);
    m_resolver->answers[u"code.example"_s] = {{u"127.0.0.8"_s, u"127.0.0.9"_s}};
    QVERIFY(load(url("/a")).startsWith("remote_code_failed "));
}

void tst_codeloader::onePrivateAddress()
{
    m_server->serve("/a", Program);
    for (const QStringList &addresses :
         {QStringList{u"127.0.0.1"_s, u"192.168.1.1"_s}, QStringList{u"10.0.0.1"_s, u"127.0.0.1"_s}}) {
        m_resolver->answers[u"code.example"_s] = {addresses};
        QVERIFY(load(url("/a")).startsWith("remote_code_refused "));
    }
    QCOMPARE(m_server->heads.size(), 0);
}

void tst_codeloader::noAddress()
{
    LoaderOptions with = options();
    with.network.allowPrivate.clear();
    Loader loader(with);
    const QByteArray got = outcome(loader, {u"https://nowhere.example/a"_s, {}, false, {}});
    QVERIFY2(got.startsWith("remote_code_failed ") && got.contains("no address"), got.constData());
}

// A proxy would resolve the name again, where nobody checks it.
void tst_codeloader::proxyIsNotUsed()
{
    CodeServer proxy;
    const QByteArray name = "http://127.0.0.1:" + QByteArray::number(proxy.port());
    for (const char *variable : {"http_proxy", "https_proxy", "all_proxy"})
        qputenv(variable, name);
    QNetworkProxy::setApplicationProxy(QNetworkProxy(QNetworkProxy::HttpProxy, u"127.0.0.1"_s, proxy.port()));
    m_server->serve("/a", Program);
    const QByteArray got = load(url("/a"));
    QNetworkProxy::setApplicationProxy(QNetworkProxy::NoProxy);
    for (const char *variable : {"http_proxy", "https_proxy", "all_proxy"})
        qunsetenv(variable);
    QCOMPARE(got, Program);
    QCOMPARE(proxy.heads.size(), 0);
}

void tst_codeloader::hash()
{
    m_server->serve("/a", Program);
    m_server->answers["/unending"] = {"HTTP/1.1 200 OK\r\n\r\n" + Program};
    Loader loader(options());
    QCOMPARE(outcome(loader, {url("/a"), hashOf(Program), false, {}}), Program);
    QCOMPARE(outcome(loader, {url("/a"), hashOf(Program).toUpper(), false, {}}), Program);
    QCOMPARE(outcome(loader, {url("/unending"), hashOf(Program), false, {}}), Program);
    const QByteArray got = outcome(loader, {url("/a"), hashOf("other"), false, {}});
    QVERIFY2(got.startsWith("remote_code_hash_mismatch ") && got.contains(hashOf(Program).toUtf8()), got.constData());
    QVERIFY(outcome(loader, {url("/unending"), hashOf("other"), false, {}}).startsWith("remote_code_hash_mismatch "));
}

void tst_codeloader::hashRequired()
{
    m_server->serve("/a", Program);
    m_settings.requireHash = true;
    QVERIFY(load(url("/a")).startsWith("remote_code_hash_required "));
    QVERIFY(m_resolver->asked.isEmpty());
    Loader loader(options());
    QCOMPARE(outcome(loader, {url("/a"), hashOf(Program), false, {}}), Program);
}

void tst_codeloader::disabled()
{
    m_settings.enabled = false;
    const QByteArray got = load(url("/a"));
    QVERIFY2(got.startsWith("remote_code_disabled ") && got.contains("remoteCode.enabled"), got.constData());
    QVERIFY(m_resolver->asked.isEmpty());
    m_settings.enabled = true;
    CodeSettings callers; // is not enabled
    Loader loader(options());
    QVERIFY(outcome(loader, {url("/a"), {}, false, callers}).startsWith("remote_code_disabled "));
    QVERIFY(outcome(loader, {u"ftp://code.example/a"_s, {}, false, {}}).startsWith("bad_request "));
    m_settings.allowedHosts = {u"(a"_s};
    QVERIFY(load(url("/a")).startsWith("bad_config "));
}

void tst_codeloader::timeouts_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<int>("pieceMs");
    QTest::addColumn<bool>("silentNames");
    QTest::newRow("says nothing") << QByteArray("") << 0 << false;
    QTest::newRow("says a head") << QByteArray("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n") << 0 << false;
    QTest::newRow("says it byte by byte") << CodeServer::text(QByteArray(500, 'a')) << 10 << false;
    QTest::newRow("names are not resolved") << CodeServer::text(Program) << 0 << true;
}

// One clock for all of it, however busy the server looks.
void tst_codeloader::timeouts()
{
    QFETCH(QByteArray, bytes);
    QFETCH(int, pieceMs);
    QFETCH(bool, silentNames);
    m_settings.fetchTimeout = milliseconds(300);
    m_server->answers["/a"] = {bytes, false, pieceMs};
    m_resolver->silent = silentNames;
    const QByteArray got = load(url("/a"));
    QVERIFY2(got.startsWith("remote_code_timeout ") && got.contains("300 ms"), got.constData());
    QTRY_COMPARE_WITH_TIMEOUT(m_server->open, 0, 20000);
}

void tst_codeloader::givenUp()
{
    m_server->answers["/a"] = {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", false};
    Loader loader(options());
    CodeLoad *load = loader.load({url("/a"), {}, false, {}}, &loader);
    QSignalSpy finished(load, &CodeLoad::finished);
    QTRY_COMPARE_WITH_TIMEOUT(m_server->heads.size(), 1, 20000);
    delete load;
    QTRY_COMPARE_WITH_TIMEOUT(m_server->open, 0, 20000);
    QCOMPARE(finished.size(), 0);
    // At every earlier moment, too.
    delete loader.load({url("/a"), {}, false, {}}, &loader);
    load = loader.load({url("/a"), {}, false, {}}, &loader);
    m_resolver->asked.clear();
    QTRY_COMPARE_WITH_TIMEOUT(m_resolver->asked.size(), 1, 20000);
    delete load;
    QTest::qWait(50);
    QCOMPARE(m_server->open, 0);
}

void tst_codeloader::loaderGone()
{
    m_server->answers["/a"] = {"", false};
    auto loader = std::make_unique<Loader>(options());
    const std::unique_ptr<CodeLoad> load(loader->load({url("/a"), {}, false, {}}, nullptr));
    QByteArray got;
    connect(load.get(), &CodeLoad::finished, this,
            [&](const Result<QByteArray> &code) { got = code ? *code : code.error().code.toUtf8(); });
    QTRY_COMPARE_WITH_TIMEOUT(m_server->heads.size(), 1, 20000);
    loader.reset();
    QCOMPARE(got, "cancelled");
    QTRY_COMPARE_WITH_TIMEOUT(m_server->open, 0, 20000);
}

void tst_codeloader::atOnce()
{
    m_server->answers["/slow"] = {"", false};
    m_server->serve("/a", Program);
    Loader loader(options());
    QList<CodeLoad *> slow;
    for (int i = 0; i < Loader::ActiveLimit + 3; ++i)
        slow.append(loader.load({url("/slow"), {}, false, {}}, &loader));
    QTRY_COMPARE_WITH_TIMEOUT(m_server->heads.size(), Loader::ActiveLimit, 20000);
    QTest::qWait(50);
    QCOMPARE(m_server->heads.size(), Loader::ActiveLimit);
    // Who waits may leave; who goes makes room.
    delete slow.takeLast();
    delete slow.takeFirst();
    delete slow.takeFirst();
    QTRY_COMPARE_WITH_TIMEOUT(m_server->heads.size(), Loader::ActiveLimit + 2, 20000);
    delete slow.takeFirst();
    QCOMPARE(outcome(loader, {url("/a"), {}, false, {}}), Program);
    qDeleteAll(slow);
}

void tst_codeloader::cached()
{
    m_settings.enableCache = true;
    m_server->serve("/a", Program);
    QCOMPARE(load(url("/a")), Program);
    m_server->serve("/a", "print(2)");
    QCOMPARE(load(url("/a")), Program);
    QCOMPARE(m_server->heads.size(), 1);
    QCOMPARE(load(url("/a?2")).left(19), "remote_code_failed "); // another URL, which the server does not have
    // The hash says that something else is wanted.
    Loader loader(options());
    QCOMPARE(outcome(loader, {url("/a"), hashOf("print(2)"), false, {}}), "print(2)");
    QCOMPARE(m_server->heads.size(), 3);
    QCOMPARE(load(url("/a")), "print(2)");
    QCOMPARE(m_server->heads.size(), 3);
}

void tst_codeloader::cachedAnyAge()
{
    m_settings.enableCache = true;
    m_settings.cacheTtl = std::chrono::seconds(0);
    m_server->serve("/a", Program);
    QCOMPARE(load(url("/a")), Program);
    m_server->serve("/a", "print(2)");
    Loader loader(options());
    QCOMPARE(outcome(loader, {url("/a"), hashOf(Program), false, {}}), Program);
    QCOMPARE(m_server->heads.size(), 1);
    QCOMPARE(load(url("/a")), "print(2)");
    QCOMPARE(m_server->heads.size(), 2);
    // A second.
    m_settings.cacheTtl = std::chrono::seconds(1);
    m_server->serve("/a", "print(3)");
    QCOMPARE(load(url("/a")), "print(2)");
    QTRY_COMPARE_WITH_TIMEOUT(load(url("/a")), "print(3)", 20000);
}

void tst_codeloader::cacheOff()
{
    m_server->serve("/a", Program);
    QCOMPARE(load(url("/a")), Program);
    QCOMPARE(load(url("/a")), Program);
    QCOMPARE(m_server->heads.size(), 2);
    QVERIFY(!QDir(options().cacheFolder).exists());
    // What failed is not kept either.
    m_settings.enableCache = true;
    m_server->serve("/b", QByteArray("a\0b", 3));
    QVERIFY(load(url("/b")).startsWith("remote_code_not_text "));
    QVERIFY(load(url("/c")).startsWith("remote_code_failed "));
    QVERIFY(!QDir(options().cacheFolder).exists());
}

void tst_codeloader::cacheDamaged()
{
    m_settings.enableCache = true;
    m_server->serve("/a", Program);
    QCOMPARE(load(url("/a")), Program);
    const QDir folder(options().cacheFolder);
    QFile file(folder.filePath(folder.entryList(QDir::Files).value(0)));
    QVERIFY(file.open(QIODevice::Append));
    file.write("evil()");
    file.close();
    QCOMPARE(load(url("/a")), Program);
    QCOMPARE(m_server->heads.size(), 2);
    QCOMPARE(load(url("/a")), Program);
    QCOMPARE(m_server->heads.size(), 2);
    // Smaller programs are allowed now than when it was fetched.
    m_settings.maxCodeSize = Program.size() - 1;
    QVERIFY(load(url("/a")).startsWith("remote_code_too_large "));
}

// What a redirect led to is judged again when it comes from the cache.
void tst_codeloader::cachedButRefusedNow()
{
    m_settings.enableCache = true;
    m_server->answers["/a"] = {
        CodeServer::redirect("https://cdn.example:" + QByteArray::number(m_server->port()) + "/b")};
    m_server->serve("/b", Program);
    QCOMPARE(load(url("/a")), Program);
    QCOMPARE(load(url("/a")), Program);
    QCOMPARE(m_server->heads.size(), 2);
    m_settings.blockedHosts += u"cdn.example"_s;
    QVERIFY(load(url("/a")).startsWith("remote_code_refused "));
    m_settings.blockedHosts += u"code.example"_s;
    QVERIFY(load(url("/a")).startsWith("remote_code_refused "));
    QCOMPARE(m_server->heads.size(), 3);
}

// What stands in the cache came from there: with another configuration that is as if it came now.
void tst_codeloader::cachedFromAnAddressThatIsRefusedNow()
{
    m_settings.enableCache = true;
    m_server->serve("/a.py", Program);
    QCOMPARE(load(url("/a.py")), Program);
    QCOMPARE(load(url("/a.py")), Program);
    QCOMPARE(m_server->heads.size(), 1);
    m_settings.blockedHosts.append(u"127.0.0.0/8"_s);
    const QByteArray blocked = load(url("/a.py"));
    QVERIFY2(blocked.startsWith("remote_code_refused "), blocked.constData());
    m_settings.blockedHosts.removeLast();
    QCOMPARE(load(url("/a.py")), Program);
    LoaderOptions withoutPrivate = options();
    withoutPrivate.network.allowPrivate.clear();
    withoutPrivate.network.ports = {int(m_server->port())};
    Loader loader(withoutPrivate);
    const QByteArray isPrivate = outcome(loader, {url("/a.py"), {}, false, {}});
    QVERIFY2(isPrivate.startsWith("remote_code_refused "), isPrivate.constData());
    QCOMPARE(m_server->heads.size(), 1);
}

QTEST_GUILESS_MAIN(tst_codeloader)
#include "tst_codeloader.moc"
