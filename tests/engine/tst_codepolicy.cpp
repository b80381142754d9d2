// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; remotecode config
#include <isol8/config/Config.h>
#include <isol8/remotecode/CodePolicy.h>

#include <QTest>

using namespace isol8;
using namespace isol8::remotecode;
using namespace Qt::StringLiterals;

namespace {

const QString Hash(64, u'a');

CodeSettings enabled()
{
    CodeSettings settings = CodeSettings::fromJson(Config().remoteCode);
    settings.enabled = true;
    return settings;
}

// "allowed", or the error's code and sentence.
QString outcome(const Result<void> &result)
{
    return result ? u"allowed"_s : result.error().code + u": "_s + result.error().message;
}

CodePolicy compiled(const CodeSettings &settings, const NetworkSettings &network = {},
                    const std::optional<CodeSettings> &further = {})
{
    const auto policy = CodePolicy::compile(settings, network, further);
    if (!policy)
        qFatal("%s", qPrintable(policy.error().message));
    return *policy;
}

} // namespace

class tst_codepolicy : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void urls_data();
    void urls();
    void badUrls_data();
    void badUrls();
    void redirects_data();
    void redirects();
    void fileNames_data();
    void fileNames();
    void defaults();
    void judge_data();
    void judge();
    void addresses_data();
    void addresses();
    void ownAddress();
    void requests();
    void downgrade();
    void further();
    void wrongEntries_data();
    void wrongEntries();
};

void tst_codepolicy::urls_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("canonical");
    const auto row = [](const char *name, const QString &text, const QString &canonical) {
        QTest::newRow(name) << text << canonical;
    };
    row("plain", u"https://example.com/a.py"_s, u"https://example.com/a.py"_s);
    row("upper case", u"HTTPS://EXAMPLE.com/A.py"_s, u"https://example.com/A.py"_s);
    row("its own port", u"https://example.com:443/a"_s, u"https://example.com/a"_s);
    row("http's own port", u"http://example.com:80/a"_s, u"http://example.com/a"_s);
    row("another port", u"https://example.com:8443/a"_s, u"https://example.com:8443/a"_s);
    row("no path", u"https://example.com"_s, u"https://example.com/"_s);
    row("query without a path", u"https://example.com?a=b"_s, u"https://example.com/?a=b"_s);
    row("query", u"https://example.com/a?b=/../c"_s, u"https://example.com/a?b=/../c"_s);
    row("fragment", u"https://example.com/a#b?c"_s, u"https://example.com/a"_s);
    row("host-like fragment", u"https://evil.com#allowed.com"_s, u"https://evil.com/"_s);
    row("trailing dot", u"https://example.com./a"_s, u"https://example.com/a"_s);
    row("international", u"https://b\u00fccher.example/\u00fc"_s, u"https://xn--bcher-kva.example/%C3%BC"_s);
    row("full-width dots and letters", u"https://ex\uff41mple\u3002com/"_s, u"https://example.com/"_s);
    row("dot segments", u"https://example.com/a/./b/../c/%2E%2e/d"_s, u"https://example.com/a/d"_s);
    row("above the root", u"https://example.com/../../a/.."_s, u"https://example.com/"_s);
    row("quotes", u"https://example.com/<\"a\">"_s, u"https://example.com/%3C%22a%22%3E"_s);
    row("address", u"https://192.0.2.7/a"_s, u"https://192.0.2.7/a"_s);
    row("IPv6", u"https://[2001:DB8::0:1]:444/a"_s, u"https://[2001:db8::1]:444/a"_s);
    row("at sign in the path", u"https://example.com/@a"_s, u"https://example.com/@a"_s);
}

void tst_codepolicy::urls()
{
    QFETCH(QString, text);
    QFETCH(QString, canonical);
    const auto url = CodeUrl::parse(text);
    QVERIFY2(url, url ? "" : qPrintable(url.error().message));
    QCOMPARE(QString::fromLatin1(url->text()), canonical);
    QCOMPARE(*CodeUrl::parse(canonical), *url);
}

void tst_codepolicy::badUrls_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("part"); // of the sentence
    const auto row = [](const char *name, const QString &text, const QString &part) {
        QTest::newRow(name) << text << part;
    };
    row("empty", {}, u"https://"_s);
    row("a name", u"example.com/a.py"_s, u"https://"_s);
    row("a file", u"file:///etc/passwd"_s, u"https://"_s);
    row("ftp", u"ftp://example.com/a"_s, u"https://"_s);
    row("data", u"data:text/plain,print(1)"_s, u"https://"_s);
    row("one slash", u"https:/example.com"_s, u"a host"_s);
    row("no host", u"https:///a"_s, u"host name"_s);
    row("user", u"https://user@example.com/"_s, u"a user or a password"_s);
    row("password", u"https://u:sesame@example.com/"_s, u"a user or a password"_s);
    row("allowed as user", u"https://allowed.com@evil.com/"_s, u"a user or a password"_s);
    row("allowed as user, coded", u"https://allowed.com%40evil.com/"_s, u"host names consist of"_s);
    row("backslash", u"https://evil.com\\@allowed.com/"_s, u"a backslash"_s);
    row("blank", u"https://example.com/a b"_s, u"a blank"_s);
    row("leading blank", u" https://example.com/"_s, u"a blank"_s);
    row("line end", u"https://example.com/a\r\nHost: evil.com"_s, u"control character"_s);
    row("NUL", u"https://example.com\0.evil.com/"_s, u"control character"_s);
    row("decimal address", u"https://2130706433/"_s, u"an address in a notation"_s);
    row("octal address", u"https://0177.0.0.1/"_s, u"an address in a notation"_s);
    row("hexadecimal address", u"https://0x7f.1/"_s, u"an address in a notation"_s);
    row("short address", u"https://127.1/"_s, u"an address in a notation"_s);
    row("full-width address", u"https://\uff11\uff12\uff17.1/"_s, u"an address in a notation"_s);
    row("IPv4 in IPv6", u"https://[::ffff:127.0.0.1]/"_s, u"an IPv4 address written as IPv6"_s);
    row("IPv6 zone", u"https://[fe80::1%25eth0]/"_s, u"no IPv6 address"_s);
    row("port 0", u"https://example.com:0/"_s, u"no port"_s);
    row("large port", u"https://example.com:65536/"_s, u"no port"_s);
    row("no port", u"https://example.com:/"_s, u"no port"_s);
    row("two ports", u"https://example.com:80:443/"_s, u"host names consist of"_s);
    row("too long", u"https://example.com/"_s + QString(CodeUrl::Limit, u'a'), u"longer than"_s);
}

void tst_codepolicy::badUrls()
{
    QFETCH(QString, text);
    QFETCH(QString, part);
    const auto url = CodeUrl::parse(text);
    QVERIFY(!url);
    QCOMPARE(url.error().code, errors::BadRequest);
    QVERIFY2(url.error().message.contains(part), qPrintable(url.error().message));
    QVERIFY(!url.error().message.contains(u"sesame"_s));
}

void tst_codepolicy::redirects_data()
{
    QTest::addColumn<QByteArray>("location");
    QTest::addColumn<QByteArray>("result"); // empty: refused
    const auto row = [](const char *name, const QByteArray &location, const QByteArray &result) {
        QTest::newRow(name) << location << result;
    };
    row("absolute", "https://other.example/x", "https://other.example/x");
    row("absolute http", "http://other.example/x", "http://other.example/x");
    row("without a scheme", "//other.example/x", "https://other.example/x");
    row("absolute path", "/x/y", "https://example.com:8443/x/y");
    row("relative", "x.py", "https://example.com:8443/a/x.py");
    row("relative, upwards", "../../x.py?c", "https://example.com:8443/x.py?c");
    row("query", "?c=d", "https://example.com:8443/a/b?c=d");
    row("fragment", "#x", "https://example.com:8443/a/b?q");
    row("UTF-8", "/\xc3\xbc", "https://example.com:8443/%C3%BC");
    row("file", "file:///etc/passwd", {});
    row("user", "https://a@b.example/", {});
    row("user without a scheme", "//a@b.example/", {});
    row("decimal address", "//2130706433/", {});
    row("colon in the first segment", "a:b", {});
    row("backslashes", "\\\\evil.example/", {});
}

void tst_codepolicy::redirects()
{
    QFETCH(QByteArray, location);
    QFETCH(QByteArray, result);
    const auto next = CodeUrl::parse(u"https://example.com:8443/a/b?q")->resolved(location);
    QCOMPARE(next ? next->text() : QByteArray(), result);
}

void tst_codepolicy::fileNames_data()
{
    QTest::addColumn<QString>("url");
    QTest::addColumn<QString>("name");
    QTest::newRow("plain") << u"https://e.com/a/b/x.ts"_s << u"x.ts"_s;
    QTest::newRow("query") << u"https://e.com/x.py?token=/y.js"_s << u"x.py"_s;
    QTest::newRow("encoded") << u"https://e.com/a%20b%2epy"_s << u"a b.py"_s;
    QTest::newRow("slash in it") << u"https://e.com/..%2Fx.py"_s << QString();
    QTest::newRow("NUL in it") << u"https://e.com/x.py%00.txt"_s << QString();
    QTest::newRow("line end in it") << u"https://e.com/x%0A.py"_s << QString();
    QTest::newRow("no UTF-8") << u"https://e.com/%ff.py"_s << QString();
    QTest::newRow("none") << u"https://e.com/a/"_s << QString();
    QTest::newRow("too long") << u"https://e.com/"_s + QString(256, u'a') << QString();
}

void tst_codepolicy::fileNames()
{
    QFETCH(QString, url);
    QFETCH(QString, name);
    QCOMPARE(CodeUrl::parse(url)->fileName(), name);
}

// The struct's defaults are the schema's, but for the blocked hosts that only the schema has.
void tst_codepolicy::defaults()
{
    CodeSettings settings = CodeSettings::fromJson(Config().remoteCode);
    QVERIFY(settings.blockedHosts.contains(u"127.0.0.0/8"_s));
    settings.blockedHosts.clear();
    QVERIFY(settings == CodeSettings());
    QVERIFY(!settings.enabled && settings.enableCache && !settings.requireHash);
    QCOMPARE(settings.maxCodeSize, 10 * MiB);
    QCOMPARE(settings.fetchTimeout, milliseconds(30000));
    QCOMPARE(settings.cacheTtl, std::chrono::seconds(3600));
}

void tst_codepolicy::judge_data()
{
    QTest::addColumn<QString>("url");
    QTest::addColumn<QString>("expected"); // the sentence's end, or "allowed"
    QTest::addColumn<QStringList>("schemes");
    QTest::addColumn<QStringList>("allowed");
    QTest::addColumn<QStringList>("blocked");
    QTest::addColumn<QStringList>("allowPrivate");
    QTest::addColumn<bool>("insecure");
    const QStringList https{u"https"_s};
    const QStringList both{u"https"_s, u"http"_s};
    const QString fine = u"allowed"_s;
    const auto row = [&](const char *name, const QString &url, const QString &expected,
                         const QStringList &schemes = {u"https"_s}, const QStringList &allowed = {},
                         const QStringList &blocked = {}, const QStringList &allowPrivate = {}, bool insecure = false) {
        QTest::newRow(name) << url << expected << schemes << allowed << blocked << allowPrivate << insecure;
    };
    row("public host", u"https://example.com/a"_s, fine);
    row("http", u"http://example.com/a"_s, u"http is not in remoteCode.allowedSchemes."_s);
    row("http, though asked for", u"http://example.com/a"_s, u"http is not in remoteCode.allowedSchemes."_s, https, {},
        {}, {}, true);
    row("http, not asked for", u"http://example.com/a"_s, u"--allow-insecure-code-url (allowInsecureCodeUrl)."_s, both);
    row("http, asked for", u"http://example.com/a"_s, fine, both, {}, {}, {}, true);
    row("http only", u"https://example.com/a"_s, u"https is not in remoteCode.allowedSchemes."_s, {u"http"_s});
    row("another port", u"https://example.com:22/a"_s, u"port 22 is not in network.ports."_s);
    row("listed", u"https://example.com/a"_s, fine, https, {u"example.com"_s});
    row("listed in upper case", u"https://EXAMPLE.COM./a"_s, fine, https, {u"Example.com"_s});
    row("not listed", u"https://example.org/a"_s, u"example.org is not in remoteCode.allowedHosts."_s, https,
        {u"example.com"_s});
    row("below a listed", u"https://a.example.com/"_s, u"a.example.com is not in remoteCode.allowedHosts."_s, https,
        {u"example.com"_s});
    row("ends like a listed", u"https://evilexample.com/"_s, u"evilexample.com is not in remoteCode.allowedHosts."_s,
        https, {u"(.*\\.)?example\\.com"_s});
    row("begins like a listed", u"https://example.com.evil.org/"_s,
        u"example.com.evil.org is not in remoteCode.allowedHosts."_s, https, {u"example.com"_s});
    row("a dot is a dot", u"https://examplexcom/"_s, u"examplexcom is not in remoteCode.allowedHosts."_s, https,
        {u"example.com"_s});
    row("pattern", u"https://a.example.com/"_s, fine, https, {u".*\\.example\\.com"_s});
    row("blocked", u"https://example.com/a"_s, u"remoteCode.blockedHosts has example.com."_s, https, {},
        {u"example.com"_s});
    row("blocked wins", u"https://example.com/a"_s, u"remoteCode.blockedHosts has example.com."_s, https,
        {u"example.com"_s}, {u".*\\.com"_s});
    row("blocked wins over private", u"https://example.com:8443/a"_s, u"remoteCode.blockedHosts has example.com."_s,
        https, {}, {u"example.com"_s}, {u"example.com:8443"_s});
    row("localhost", u"https://localhost/"_s, u"remoteCode.blockedHosts has localhost."_s, https, {}, {u"DEFAULT"_s});
    row("below localhost", u"https://a.localhost./"_s, u"remoteCode.blockedHosts has a.localhost."_s, https, {},
        {u"DEFAULT"_s});
    row("metadata", u"https://metadata.google.internal/"_s, u"remoteCode.blockedHosts has metadata.google.internal."_s,
        https, {}, {u"DEFAULT"_s});
    row("public address", u"https://8.8.8.8/"_s,
        u"8.8.8.8 is an address; use the host's name, or name 8.8.8.8:443 in network.allowPrivate."_s);
    row("public address that is named", u"https://8.8.8.8/"_s, fine, https, {}, {}, {u"8.8.8.8:443"_s});
    row("metadata address", u"http://169.254.169.254/latest"_s, u"name 169.254.169.254:80 in network.allowPrivate."_s,
        both, {}, {u"DEFAULT"_s}, {}, true);
    row("IPv6 address", u"https://[::1]/"_s, u"name [::1]:443 in network.allowPrivate."_s);
    row("private host's port", u"https://git.corp:8443/"_s, fine, https, {}, {}, {u"git.corp:8443"_s});
    row("private host, not listed", u"https://git.corp:8443/"_s, u"git.corp is not in remoteCode.allowedHosts."_s,
        https, {u"example.com"_s}, {}, {u"git.corp:8443"_s});
}

void tst_codepolicy::judge()
{
    QFETCH(QString, url);
    QFETCH(QString, expected);
    QFETCH(QStringList, schemes);
    QFETCH(QStringList, allowed);
    QFETCH(QStringList, blocked);
    QFETCH(QStringList, allowPrivate);
    QFETCH(bool, insecure);
    CodeSettings settings = enabled();
    settings.allowedSchemes = schemes;
    settings.allowedHosts = allowed;
    if (blocked != QStringList{u"DEFAULT"_s})
        settings.blockedHosts = blocked;
    const QString got = outcome(compiled(settings, {allowPrivate, {80, 443}}).judge(*CodeUrl::parse(url), insecure));
    QVERIFY2(got.endsWith(expected), qPrintable(got));
    QVERIFY2(expected == u"allowed" || got.startsWith(u"remote_code_refused: The code is not fetched from http"_s),
             qPrintable(got));
}

void tst_codepolicy::addresses_data()
{
    QTest::addColumn<QString>("address");
    QTest::addColumn<QString>("expected");
    QTest::addColumn<bool>("usual"); // the default's blocked ranges; else none
    QTest::addColumn<QStringList>("allowPrivate");
    const QString blocked = u"of remoteCode.blockedHosts."_s;
    const QString special = u"git.corp:443 in network.allowPrivate would allow it."_s;
    const auto row = [&](const char *name, const QString &address, const QString &expected, bool usual = true,
                         const QStringList &allowPrivate = {}) {
        QTest::newRow(name) << address << expected << usual << allowPrivate;
    };
    row("public", u"93.184.216.34"_s, u"allowed"_s);
    row("public IPv6", u"2606:2800:220:1::1"_s, u"allowed"_s);
    row("loopback", u"127.0.0.1"_s, blocked);
    row("all of loopback", u"127.9.9.9"_s, blocked);
    row("private 10", u"10.0.0.1"_s, blocked);
    row("private 172", u"172.17.0.1"_s, blocked);
    row("private 192", u"192.168.1.1"_s, blocked);
    row("metadata", u"169.254.169.254"_s, blocked);
    row("this host", u"0.0.0.0"_s, blocked);
    row("shared", u"100.64.0.1"_s, blocked);
    row("IPv6 loopback", u"::1"_s, blocked);
    row("unique local", u"fd00::1"_s, blocked);
    row("link-local", u"fe80::1"_s, blocked);
    row("loopback as IPv6", u"::ffff:127.0.0.1"_s, blocked);
    row("multicast", u"224.0.0.1"_s, special);
    row("NAT64", u"64:ff9b::7f00:1"_s, special);
    row("loopback, nothing blocked", u"127.0.0.1"_s, special, false);
    row("metadata, nothing blocked", u"169.254.169.254"_s, special, false);
    row("as IPv6, nothing blocked", u"::ffff:10.0.0.1"_s, special, false);
    row("named, but blocked", u"10.0.0.1"_s, blocked, true, {u"git.corp:443"_s});
    row("its range named, but blocked", u"10.0.0.1"_s, blocked, true, {u"10.0.0.0/8"_s});
    row("named", u"10.0.0.1"_s, u"allowed"_s, false, {u"git.corp:443"_s});
    row("its range named", u"10.0.0.1"_s, u"allowed"_s, false, {u"10.0.0.0/8"_s});
    row("another port named", u"10.0.0.1"_s, special, false, {u"git.corp:444"_s});
    row("another range named", u"10.0.0.1"_s, special, false, {u"10.1.0.0/16"_s});
}

void tst_codepolicy::addresses()
{
    QFETCH(QString, address);
    QFETCH(QString, expected);
    QFETCH(bool, usual);
    QFETCH(QStringList, allowPrivate);
    CodeSettings settings = enabled();
    if (!usual)
        settings.blockedHosts.clear();
    const auto policy = compiled(settings, {allowPrivate, {443}});
    const QString got = outcome(policy.judgeAddress(*CodeUrl::parse(u"https://git.corp/x"), QHostAddress(address)));
    QVERIFY2(got.endsWith(expected), qPrintable(got));
}

// What this machine serves is not for fetching, whatever range its address is in.
void tst_codepolicy::ownAddress()
{
    const CodeUrl url = *CodeUrl::parse(u"https://git.corp/x"_s);
    const QHostAddress address(u"93.184.216.34"_s);
    const QString got = outcome(compiled(enabled()).judgeAddress(url, address, true));
    QVERIFY2(got.contains(u"which is this machine's own and no public address"), qPrintable(got));
    QCOMPARE(outcome(compiled(enabled(), {{u"git.corp:443"_s}, {443}}).judgeAddress(url, address, true)), u"allowed"_s);
}

void tst_codepolicy::requests()
{
    CodeSettings settings = enabled();
    QCOMPARE(outcome(compiled(settings).judgeRequest({})), u"allowed"_s);
    settings.requireHash = true;
    QVERIFY(outcome(compiled(settings).judgeRequest({})).startsWith(u"remote_code_hash_required: "_s));
    QCOMPARE(outcome(compiled(settings).judgeRequest(Hash)), u"allowed"_s);
    settings.enabled = false;
    const QString disabled = outcome(compiled(settings).judgeRequest(Hash));
    QVERIFY(disabled.startsWith(u"remote_code_disabled: "_s) && disabled.contains(u"remoteCode.enabled"_s));
    QVERIFY(outcome(CodePolicy().judgeRequest(Hash)).startsWith(u"remote_code_disabled: "_s));
    QVERIFY(!CodePolicy().judge(*CodeUrl::parse(u"https://example.com/"), true));
}

void tst_codepolicy::downgrade()
{
    const auto secure = *CodeUrl::parse(u"https://a.example/");
    const auto plain = *CodeUrl::parse(u"http://b.example/");
    QVERIFY(!CodePolicy::judgeRedirect(secure, plain));
    QVERIFY(CodePolicy::judgeRedirect(plain, secure));
    QVERIFY(CodePolicy::judgeRedirect(plain, plain));
    QVERIFY(CodePolicy::judgeRedirect(secure, secure));
}

// A caller's own policy narrows the engine's and never widens it.
void tst_codepolicy::further()
{
    CodeSettings own = enabled();
    own.allowedHosts = {u".*\\.example"_s};
    own.allowedSchemes = {u"https"_s, u"http"_s};
    CodeSettings other;
    other.enabled = true;
    other.allowedHosts = {u"a.example"_s, u"b.other"_s};
    other.blockedHosts = {u"203.0.112.0/24"_s};
    other.maxCodeSize = 1000;
    other.fetchTimeout = milliseconds(50);
    other.requireHash = true;
    other.enableCache = false;
    other.cacheTtl = std::chrono::seconds(1);
    const CodePolicy both = compiled(own, {}, other);
    QVERIFY(both.judge(*CodeUrl::parse(u"https://a.example/"), true));
    QVERIFY(!both.judge(*CodeUrl::parse(u"http://a.example/"), true));
    QVERIFY(!both.judge(*CodeUrl::parse(u"https://b.other/"), true));
    QVERIFY(!both.judge(*CodeUrl::parse(u"https://c.example/"), true));
    QVERIFY(!both.judgeAddress(*CodeUrl::parse(u"https://a.example/"), QHostAddress(u"203.0.112.1"_s)));
    QVERIFY(!both.judgeAddress(*CodeUrl::parse(u"https://a.example/"), QHostAddress(u"10.0.0.1"_s)));
    QVERIFY(!both.judgeRequest({}) && both.judgeRequest(Hash));
    QCOMPARE(both.maxCodeSize(), 1000);
    QCOMPARE(both.fetchTimeout(), milliseconds(50));
    QVERIFY(!both.usesCache());
    QCOMPARE(both.cacheTtl(), std::chrono::seconds(1));

    CodeSettings wide;
    wide.enabled = true;
    wide.maxCodeSize = GiB;
    wide.allowedSchemes = {u"https"_s, u"http"_s};
    const CodePolicy same = compiled(enabled(), {}, wide);
    QCOMPARE(same.maxCodeSize(), 10 * MiB);
    QVERIFY(!same.judge(*CodeUrl::parse(u"http://a.example/"), true));
    QVERIFY(!compiled(CodeSettings(), {}, wide).judgeRequest(Hash));
}

void tst_codepolicy::wrongEntries_data()
{
    QTest::addColumn<QString>("allowed");
    QTest::addColumn<QString>("blocked");
    QTest::addColumn<QString>("part");
    QTest::newRow("look-around") << u"(?!a).*"_s << QString() << u"remoteCode.allowedHosts has \"(?!a).*\""_s;
    QTest::newRow("range in allowedHosts")
        << u"10.0.0.0/8"_s << QString() << u"remoteCode.allowedHosts has \"10.0.0.0/8\""_s;
    QTest::newRow("open parenthesis") << QString() << u"(a"_s << u"remoteCode.blockedHosts has \"(a\""_s;
    QTest::newRow("no range") << QString() << u"10/8"_s << u"no address range"_s;
    QTest::newRow("too many bits") << QString() << u"10.0.0.0/33"_s << u"no address range"_s;
}

void tst_codepolicy::wrongEntries()
{
    QFETCH(QString, allowed);
    QFETCH(QString, blocked);
    QFETCH(QString, part);
    CodeSettings settings = enabled();
    settings.allowedHosts = allowed.isEmpty() ? QStringList() : QStringList{allowed};
    settings.blockedHosts = blocked.isEmpty() ? QStringList() : QStringList{blocked};
    const auto policy = CodePolicy::compile(settings, {});
    QVERIFY(!policy);
    QCOMPARE(policy.error().code, errors::BadConfig);
    QVERIFY2(policy.error().message.contains(part), qPrintable(policy.error().message));
}

QTEST_APPLESS_MAIN(tst_codepolicy)
#include "tst_codepolicy.moc"
