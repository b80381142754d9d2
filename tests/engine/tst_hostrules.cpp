// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; egress
// Who may be reached: names in every disguise, patterns, ports, addresses.
#include <isol8/egress/AddressRule.h>
#include <isol8/egress/HostRules.h>
#include <isol8/egress/OwnAddress.h>

#include <QNetworkInterface>
#include <QRandomGenerator>
#include <QTest>

using namespace isol8;
using namespace isol8::egress;
using namespace Qt::StringLiterals;

class tst_hostrules : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void hosts_data();
    void hosts();
    void authorities_data();
    void authorities();
    void noise();
    void rules_data();
    void rules();
    void advice_data();
    void advice();
    void nothingByDefault();
    void badPatterns_data();
    void badPatterns();
    void badPrivate_data();
    void badPrivate();
    void patternsTakeLinearTime();
    void addresses_data();
    void addresses();
    void exemptAddresses();
    void ownAddresses();
};

void tst_hostrules::hosts_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("expected"); // the host, or the refusal's code in brackets
    const auto row = [](const char *name, const QByteArray &text, const QByteArray &expected) {
        QTest::newRow(name) << text << expected;
    };
    row("name", "example.com", "example.com");
    row("upper case", "ExAmPlE.COM", "example.com");
    row("trailing dot", "example.com.", "example.com");
    row("localhost with a dot", "LOCALHOST.", "localhost");
    row("two trailing dots", "example.com..", "<bad_host>");
    row("one dot", ".", "<bad_host>");
    row("dot first", ".example.com", "<bad_host>");
    row("empty label", "a..b", "<bad_host>");
    row("empty", "", "<bad_host>");
    row("underscore", "_a.example", "_a.example");
    row("hyphens", "r3---sn.example", "r3---sn.example");
    row("hyphen first", "-a.example", "<bad_host>");
    row("hyphen last", "a-.example", "<bad_host>");
    row("label of 63", QByteArray(63, 'a') + ".com", QByteArray(63, 'a') + ".com");
    row("label of 64", QByteArray(64, 'a') + ".com", "<bad_host>");
    row("name of 254", QByteArray("abc.").repeated(63) + "ab", "<bad_host>");
    row("overlong", QByteArray(100000, 'a'), "<bad_host>");
    row("umlaut",
        "b\xc3\xbc"
        "cher.example",
        "xn--bcher-kva.example");
    row("A-label", "XN--bcher-kva.example", "xn--bcher-kva.example");
    row("A-label of nothing", "xn--.example", "<bad_host>");
    row("A-label that is ASCII", "xn--abc-.example", "<bad_host>");
    row("A-label that decodes to nothing", "xn--a\x7f.example", "<bad_host>");
    row("mixed scripts stay apart from what they look like", "\xd0\xb0pple.com", "xn--pple-43d.com");
    row("wide digits", "\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1", "127.0.0.1");
    row("wide dots",
        "127\xe3\x80\x82"
        "0\xe3\x80\x82"
        "0\xe3\x80\x82"
        "1",
        "127.0.0.1");
    row("circled digits", "\xe2\x91\xa0\xe2\x91\xa1\xe2\x91\xa6.1", "<ip_literal>");
    row("wide slash",
        "a\xef\xbc\x8f"
        "b.com",
        "<bad_host>");
    row("broken UTF-8", "a\xff.com", "<bad_host>");
    row("right to left mark", "a\xe2\x80\x8f.com", "<bad_host>");
    row("quad", "127.0.0.1", "127.0.0.1");
    row("quad with a dot", "127.0.0.1.", "127.0.0.1");
    row("decimal", "2130706433", "<ip_literal>");
    row("octal", "0177.0.0.1", "<ip_literal>");
    row("octal of one number", "017700000001", "<ip_literal>");
    row("hexadecimal", "0x7f.0.0.1", "<ip_literal>");
    row("hexadecimal of one number", "0x7F000001", "<ip_literal>");
    row("empty hexadecimal", "a.0x", "<ip_literal>");
    row("short", "127.1", "<ip_literal>");
    row("zero", "0", "<ip_literal>");
    row("five numbers", "1.2.3.4.5", "<ip_literal>");
    row("too large", "1.2.3.256", "<ip_literal>");
    row("leading zero", "1.2.3.04", "<ip_literal>");
    row("name that ends in a number", "example.1", "<ip_literal>");
    row("name with numbers", "1.2.3.4.example", "1.2.3.4.example");
    row("IPv6", "[::1]", "::1");
    row("IPv6, long form", "[0:0:0:0:0:0:0:1]", "::1");
    row("IPv6 without brackets", "::1", "<bad_host>");
    row("IPv6 with a zone", "[fe80::1%eth0]", "<bad_host>");
    row("IPv4-mapped", "[::ffff:127.0.0.1]", "<ip_literal>");
    row("IPv4-mapped in hexadecimal", "[::ffff:7f00:1]", "<ip_literal>");
    row("IPv4-compatible", "[::127.0.0.1]", "<ip_literal>");
    row("IPv4 in brackets", "[127.0.0.1]", "<bad_host>");
    row("empty brackets", "[]", "<bad_host>");
    row("NUL", QByteArray("evil.com\0.allowed.com", 21), "<bad_host>");
    row("NUL in brackets", QByteArray("[::1\0]", 6), "<bad_host>");
    row("CRLF", "allowed.com\r\nHost: evil.com", "<bad_host>");
    row("line feed at the end", "allowed.com\n", "<bad_host>");
    row("at", "allowed.com@evil.com", "<bad_host>");
    row("number sign", "evil.com#allowed.com", "<bad_host>");
    row("percent", "evil%2ecom", "<bad_host>");
    row("blank", "evil.com allowed.com", "<bad_host>");
    row("slash", "evil.com/allowed.com", "<bad_host>");
    row("backslash", "evil.com\\allowed.com", "<bad_host>");
    row("question mark", "evil.com?allowed.com", "<bad_host>");
    row("comma", "evil.com,allowed.com", "<bad_host>");
    row("asterisk", "*.com", "<bad_host>");
}

void tst_hostrules::hosts()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, expected);
    const Parsed<Host> host = parseHost(text);
    QCOMPARE(host.value ? host.value->text : QByteArray('<' + host.refusal.code.toLatin1() + '>'), expected);
    if (!host.value)
        QVERIFY(!host.refusal.sentence.contains(u'\n') && host.refusal.sentence.size() < 300);
    else
        QVERIFY(parseHost(host.value->forAuthority()).value == host.value); // it is the one form
}

void tst_hostrules::authorities_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<int>("defaultPort");
    QTest::addColumn<QByteArray>("expected");
    const auto row = [](const QByteArray &text, int port, const QByteArray &expected) {
        QTest::newRow(text.constData()) << text << port << expected;
    };
    row("a.example:81", 0, "a.example 81");
    row("a.example", 80, "a.example 80");
    row("a.example", 0, "<bad_host>");
    row("a.example:", 80, "<bad_host>");
    row("a.example:0", 80, "<bad_host>");
    row("a.example:080", 80, "<bad_host>");
    row("a.example:65535", 80, "a.example 65535");
    row("a.example:65536", 80, "<bad_host>");
    row("a.example:+80", 80, "<bad_host>");
    row("a.example: 80", 80, "<bad_host>");
    row("a.example:80:80", 80, "<bad_host>");
    row("a.example:http", 80, "<bad_host>");
    row(":80", 80, "<bad_host>");
    row("user:secret@a.example:80", 80, "<bad_host>");
    row("[::1]:80", 0, "::1 80");
    row("[::1]", 443, "::1 443");
    row("::1:80", 0, "<bad_host>");
    row("127.1:80", 0, "<ip_literal>");
}

void tst_hostrules::authorities()
{
    QFETCH(QByteArray, text);
    QFETCH(int, defaultPort);
    QFETCH(QByteArray, expected);
    const Parsed<Authority> parsed = parseAuthority(text, quint16(defaultPort));
    QCOMPARE(parsed.value ? QByteArray(parsed.value->host.text + ' ' + QByteArray::number(parsed.value->port))
                          : QByteArray('<' + parsed.refusal.code.toLatin1() + '>'),
             expected);
    QVERIFY(!parsed.refusal.sentence.contains(u"secret"_s));
}

// Whatever comes in: what comes out has only bytes that a name server may see.
void tst_hostrules::noise()
{
    QRandomGenerator random(7);
    const QByteArrayList words{"xn--", ".", "a", "[", "]", ":", "1", "0x", "\xc3\xbc", "\xe3\x80\x82", "-", "@", "\0"};
    for (int i = 0; i < 50000; ++i) {
        QByteArray text;
        for (int n = random.bounded(1, 12); n > 0; --n)
            text +=
                random.bounded(3) ? words[random.bounded(int(words.size()))] : QByteArray(1, char(random.bounded(256)));
        const Parsed<Authority> parsed = parseAuthority(text, 80);
        QCOMPARE(parsed.value.has_value(), parsed.refusal.code.isEmpty());
        if (!parsed.value || parsed.value->host.isAddress())
            continue;
        for (const char c : parsed.value->host.text)
            QVERIFY((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_');
    }
}

void tst_hostrules::rules_data()
{
    QTest::addColumn<RuleSet>("rules");
    QTest::addColumn<QByteArray>("target");
    QTest::addColumn<QString>("code"); // empty: allowed
    const auto row = [](const char *name, const RuleSet &rules, const QByteArray &target, QStringView code) {
        QTest::newRow(name) << rules << target << code.toString();
    };
    const auto white = [](const QStringList &patterns) { return RuleSet{patterns, {}, {}, {}, {80, 443}}; };
    const QStringView no = reasons::NotWhitelisted;
    row("empty whitelist", {}, "anything.example:443", u"");
    row("literal", white({u"a.example"_s}), "a.example:443", u"");
    row("literal in capitals", white({u"A.Example."_s}), "a.example:443", u"");
    row("literal's dot is one", white({u"a.example"_s}), "aXexample:443", no);
    row("literal is the whole name", white({u"a.example"_s}), "b.a.example:443", no);
    row("literal is no beginning", white({u"a.example"_s}), "a.example.evil.com:443", no);
    row("international literal", white({u"bücher.example"_s}), "xn--bcher-kva.example:443", u"");
    row("look-alike", white({u"apple.com"_s}), "xn--pple-43d.com:443", no);
    row("expression", white({u".*\\.example"_s}), "a.b.example:80", u"");
    row("expression is the whole name", white({u"a\\.(com|org)"_s}), "a.com.evil.org:80", no);
    row("alternatives are anchored", white({u"a\\.com|b\\.com"_s}), "xb.com:80", no);
    row("alternatives, second", white({u"a\\.com|b\\.com"_s}), "b.com:80", u"");
    row("own anchors", white({u"^a\\.com$"_s}), "a.com:80", u"");
    row("expression in capitals", white({u"[A-Z]+\\.COM"_s}), "abc.com:80", u"");
    row("IPv6 address in brackets", {{}, {}, {u"[::1]"_s}, {u"[::1]:8080"_s}, {80}}, "[::1]:8080",
        reasons::Blacklisted);
    row("IPv6 by expression", {{u"fd00:.*"_s}, {}, {}, {u"fd00::/8"_s}, {80}}, "[fd00::1]:80", u"");
    row("named group", white({u"(?P<sub>a|b)\\.example"_s}), "b.example:80", u"");
    row("group that takes no part", white({u"(?:a|b)\\.example"_s}), "b.example:80", u"");
    row("underscore", white({u"_a.*"_s}), "_a.example:80", u"");
    row("request's blacklist", {{}, {}, {u"x.example"_s}, {}, {80}, {u"evil.example"_s}}, "evil.example:80",
        reasons::Blacklisted);
    row("blacklist wins", {{u".*"_s}, {}, {u"evil.example"_s}, {}, {80}}, "evil.example:80", reasons::Blacklisted);
    row("blacklist by expression", {{}, {}, {u"(.*\\.)?evil\\.example"_s}, {}, {80}}, "x.evil.example:80",
        reasons::Blacklisted);
    row("blacklist and others", {{}, {}, {u"evil.example"_s}, {}, {80}}, "good.example:80", u"");
    row("ceiling", {{}, {u"a.example"_s}, {}, {}, {80}}, "b.example:80", no);
    row("whitelist within the ceiling", {{u"a.example"_s}, {u".*\\.example"_s}, {}, {}, {80}}, "a.example:80", u"");
    row("whitelist past the ceiling", {{u"a.com"_s}, {u".*\\.example"_s}, {}, {}, {80}}, "a.com:80", no);
    row("other port", {}, "a.example:22", reasons::Port);
    row("made-up host", white({u".*"_s}), "npm.isol8.internal:80", reasons::Closed);
    row("made-up host on the whitelist", white({u"isol8.internal"_s}), "isol8.internal:80", reasons::Closed);
    row("made-up host, exempt", {{}, {}, {}, {u"x.isol8.internal:80"_s}, {80}}, "x.isol8.internal:80", reasons::Closed);
    row("no made-up host", white({u".*"_s}), "notisol8.internal:80", u"");
    row("listed port", {{}, {}, {}, {}, {22}}, "a.example:22", u"");
    row("unlisted 443", {{}, {}, {}, {}, {22}}, "a.example:443", reasons::Port);
    row("address", {}, "1.1.1.1:443", reasons::IpLiteral);
    row("address on the whitelist", white({u"1.1.1.1"_s}), "1.1.1.1:443", reasons::IpLiteral);
    row("address that the whitelist does not have", white({u"a.example"_s}), "1.1.1.1:443", reasons::IpLiteral);
    row("exempt address", {{}, {}, {}, {u"127.0.0.1:8080"_s}, {80}}, "127.0.0.1:8080", u"");
    row("exempt address, other port", {{}, {}, {}, {u"127.0.0.1:8080"_s}, {80}}, "127.0.0.1:80", reasons::IpLiteral);
    row("exempt address needs the whitelist", {{u"a"_s}, {}, {}, {u"127.0.0.1:8080"_s}, {80}}, "127.0.0.1:8080", no);
    row("exempt IPv6", {{}, {}, {}, {u"[::1]:8080"_s}, {80}}, "[0::1]:8080", u"");
    row("address in an exempt range", {{}, {}, {}, {u"10.1.0.0/16"_s}, {80}}, "10.1.2.3:80", u"");
    row("range opens no port", {{}, {}, {}, {u"10.1.0.0/16"_s}, {80}}, "10.1.2.3:81", reasons::Port);
    row("address outside of the range", {{}, {}, {}, {u"10.1.0.0/16"_s}, {80}}, "10.2.0.1:80", reasons::IpLiteral);
    row("exempt name opens its port", {{}, {}, {}, {u"reg.corp:4873"_s}, {80}}, "reg.corp:4873", u"");
    row("exempt name opens no other", {{}, {}, {}, {u"reg.corp:4873"_s}, {80}}, "reg.corp:4874", reasons::Port);
    row("exempt name on the blacklist", {{}, {}, {u"reg.corp"_s}, {u"reg.corp:4873"_s}, {80}}, "reg.corp:4873",
        reasons::Blacklisted);
}

void tst_hostrules::rules()
{
    QFETCH(RuleSet, rules);
    QFETCH(QByteArray, target);
    QFETCH(QString, code);
    const auto compiled = HostRules::compile(rules);
    QVERIFY(compiled);
    // What is no name of ASCII bytes comes as its own row of hosts_data().
    const Parsed<Authority> parsed = parseAuthority(target, 0);
    QVERIFY(parsed.value);
    const Refusal refusal = compiled->judge(*parsed.value);
    QCOMPARE(refusal.code, code);
    QCOMPARE(refusal.sentence.isEmpty(), code.isEmpty());
    QVERIFY(code.isEmpty() || isWall(code));
}

// What would help: --allow, where it does, and else whose list it is.
void tst_hostrules::advice_data()
{
    QTest::addColumn<QStringList>("whitelist");
    QTest::addColumn<QStringList>("ceiling");
    QTest::addColumn<bool>("helps");
    const QStringList other{u"a.com"_s};
    QTest::newRow("own list") << other << QStringList() << true;
    QTest::newRow("own list within the owner's") << other << QStringList{u"b\\.com|a\\.com"_s} << true;
    QTest::newRow("the owner's list, and none") << QStringList() << other << false;
    QTest::newRow("the owner's list, taken over") << other << other << false;
    QTest::newRow("both") << QStringList{u"c.com"_s} << other << false;
}

void tst_hostrules::advice()
{
    QFETCH(QStringList, whitelist);
    QFETCH(QStringList, ceiling);
    QFETCH(bool, helps);
    const auto compiled = HostRules::compile({whitelist, ceiling, {}, {u"10.0.0.1:443"_s}, {443}});
    QVERIFY(compiled);
    for (const QByteArray &target : {"b.com:443"_ba, "10.0.0.1:443"_ba}) {
        if (target.startsWith('1') && helps && !ceiling.isEmpty())
            continue; // the owner's list has no addresses
        const QString sentence = compiled->judge(*parseAuthority(target, 0).value).sentence;
        QCOMPARE(sentence.contains(u"--allow "_s), helps);
        QCOMPARE(sentence.contains(u"owner"_s), !helps);
    }
}

void tst_hostrules::nothingByDefault()
{
    const HostRules rules;
    QCOMPARE(rules.judge(*parseAuthority("a.example:443", 0).value).code, reasons::Closed);
    QCOMPARE(rules.judgeAddress(*parseAuthority("a.example:443", 0).value, QHostAddress(u"10.0.0.1"_s)).code,
             reasons::PrivateAddress);
}

void tst_hostrules::badPatterns_data()
{
    QTest::addColumn<QString>("pattern");
    QTest::addColumn<QString>("part");
    const auto row = [](const char *name, const QString &pattern, const QString &part) {
        QTest::newRow(name) << pattern << part;
    };
    row("look-ahead", u"(?=a)b"_s, u"look-around"_s);
    row("look-behind", u"(?<=a)b"_s, u"look-around"_s);
    row("negative", u"(?!evil).*"_s, u"look-around"_s);
    row("back-reference", u"(a)\\1"_s, u"back-references"_s);
    row("glob", u"*.example.com"_s, u".*\\.example\\.com"_s);
    row("parenthesis", u"(a"_s, u"parenthesis"_s);
    row("bracket", u"[a"_s, u"bracket"_s);
    row("repetition bomb", u"((a{100}){100}){100}"_s, u""_s);
    row("overlong", QString(2000, u'('), u"1024"_s);
    row("empty", QString(), u"empty"_s);
    row("literal that is no name", u"a..b"_s, u"no host name"_s);
    // What no host's name can match: in a blacklist it would let pass what it is meant for.
    row("URL", u"https://x/"_s, u"slash"_s);
    row("scheme that may be missing", u"(https?://)?x\\.example"_s, u"slash"_s);
    row("escaped slashes", u"https:\\/\\/x\\/"_s, u"slash"_s);
    row("path", u"x.example/.*"_s, u"slash"_s);
    row("port", u"a:443"_s, u"port"_s);
    row("any port", u".*\\.example:\\d+"_s, u"port"_s);
    row("blank in front", u" a.example"_s, u"blank"_s);
    row("blank behind", u"a.example "_s, u"blank"_s);
    row("tab", u"a\tb"_s, u"blank"_s);
    row("white space", u"a\\sb"_s, u"blank"_s);
    row("quoted blank", u"\\Qa b\\E"_s, u"blank"_s);
    row("userinfo", u"me@a.example"_s, u"\"@\""_s);
    row("comma", u"a.example,b.example"_s, u"\",\""_s);
    row("Unicode class", u"\\pL+"_s, u"ASCII"_s);
    row("Unicode class in brackets", u"[\\p{Greek}]+"_s, u"ASCII"_s);
    row("many repetitions", u".{1000}"_s.repeated(100), u"too large"_s);
    row("repetition of a group", u"((a{10}b){10}c){30}"_s, u"too large"_s);
    row("quoted parenthesis", u"(aaa\\Q)\\Ebbbbbbbb){900}"_s, u"\")\""_s);
    row("international expression", u"b.*ücher"_s, u"xn--"_s);
}

void tst_hostrules::badPatterns()
{
    QFETCH(QString, pattern);
    QFETCH(QString, part);
    const QString problem = patternProblem(pattern);
    QVERIFY2(!problem.isEmpty() && problem.contains(part), qPrintable(problem));
    for (const bool white : {true, false}) {
        RuleSet rules;
        (white ? rules.whitelist : rules.blacklist) = {u"fine.example"_s, pattern};
        const auto compiled = HostRules::compile(rules);
        QVERIFY(!compiled);
        QCOMPARE(compiled.error().code, errors::BadValue);
        QVERIFY(compiled.error().message.contains(problem));
    }
}

void tst_hostrules::badPrivate_data()
{
    QTest::addColumn<QString>("entry");
    QTest::addColumn<bool>("good");
    const auto row = [](const char *entry, bool good) { QTest::newRow(entry) << QString::fromLatin1(entry) << good; };
    row("10.0.0.0/8", true);
    row("fd00::/8", true);
    row("10.0.0.1/32", true);
    row("0.0.0.0/0", true);
    row("localhost:8080", true);
    row("[::1]:8080", true);
    row("10.0.0.1:80", true);
    row("10/8", false);
    row("10.1/16", false);
    row("10.0.0.0/33", false);
    row("10.0.0.0/-1", false);
    row("10.0.0.0/", false);
    row("10.0.0.0/255.0.0.0", false);
    row("fd00::/129", false);
    row("a.example/8", false);
    row("10.0.0.1", false);
    row("localhost", false);
    row("localhost:", false);
    row("localhost:http", false);
    row("", false);
    row("http://localhost:80", false);
}

void tst_hostrules::badPrivate()
{
    QFETCH(QString, entry);
    QFETCH(bool, good);
    QVERIFY2(allowPrivateProblem(entry).isEmpty() == good, qPrintable(allowPrivateProblem(entry)));
    QCOMPARE(HostRules::compile({{}, {}, {}, {entry}, {80}}).has_value(), good);
}

// Backtracking would take longer than the sun lasts.
void tst_hostrules::patternsTakeLinearTime()
{
    const auto rules = HostRules::compile({{u"(a*)*(a*)*(a|aa)*b"_s}, {}, {}, {}, {80}});
    QVERIFY(rules);
    const QByteArray name = QByteArray(QByteArray(60, 'a') + '.').repeated(3) + "aaa:80";
    QCOMPARE(rules->judge(*parseAuthority(name, 0).value).code, reasons::NotWhitelisted);
}

void tst_hostrules::addresses_data()
{
    QTest::addColumn<QString>("address");
    QTest::addColumn<QString>("what"); // a part of it; empty: public
    const auto row = [](const char *address, const QString &what) {
        QTest::newRow(address) << QString::fromLatin1(address) << what;
    };
    for (const char *address :
         {"1.1.1.1",        "8.8.8.8",         "9.255.255.255",   "11.0.0.0",        "100.63.255.255",
          "100.128.0.0",    "126.255.255.255", "128.0.0.0",       "169.253.255.255", "169.255.0.0",
          "172.15.255.255", "172.32.0.0",      "192.0.1.0",       "192.167.255.255", "192.169.0.0",
          "198.17.255.255", "198.20.0.0",      "223.255.255.255", "2606:4700::1111", "2001:4860:4860::8888",
          "2a00::1",        "2001:200::1"})
        row(address, {});
    row("0.0.0.0", u"this host"_s);
    row("0.1.2.3", u"this host"_s);
    row("10.0.0.0", u"private"_s);
    row("10.255.255.255", u"private"_s);
    row("100.64.0.0", u"shared"_s);
    row("100.127.255.255", u"shared"_s);
    row("100.100.100.200", u"metadata"_s);
    row("127.0.0.1", u"loopback"_s);
    row("127.255.255.255", u"loopback"_s);
    row("168.63.129.16", u"cloud"_s);
    row("169.254.0.1", u"link-local"_s);
    row("169.254.169.254", u"metadata"_s);
    row("172.16.0.0", u"private"_s);
    row("172.17.0.1", u"private"_s); // Docker's bridge
    row("172.31.255.255", u"private"_s);
    row("192.0.0.1", u"protocols"_s);
    row("192.0.0.192", u"protocols"_s);
    row("192.0.2.1", u"documentation"_s);
    row("192.88.99.1", u"6to4"_s);
    row("192.168.1.1", u"private"_s);
    row("198.18.0.0", u"benchmarking"_s);
    row("198.19.255.255", u"benchmarking"_s);
    row("198.51.100.1", u"documentation"_s);
    row("203.0.113.1", u"documentation"_s);
    row("224.0.0.1", u"multicast"_s);
    row("239.255.255.255", u"multicast"_s);
    row("240.0.0.1", u"reserved"_s);
    row("255.255.255.255", u"broadcast"_s);
    row("::", u"no address"_s);
    row("::1", u"loopback"_s);
    row("::127.0.0.1", u"compatible"_s);
    row("::ffff:127.0.0.1", u"mapped"_s);
    row("::ffff:8.8.8.8", u"mapped"_s);
    row("64:ff9b::7f00:1", u"NAT64"_s);
    row("64:ff9b:1::1", u"NAT64"_s);
    row("100::1", u"discard"_s);
    row("2001::1", u"Teredo"_s);
    row("2001:2::1", u"protocols"_s);
    row("2001:20::1", u"protocols"_s);
    row("2001:1ff::1", u"protocols"_s);
    row("2001:db8::1", u"documentation"_s);
    row("2002:7f00:1::", u"6to4"_s);
    row("3fff:fff::1", u"documentation"_s);
    row("4000::1", u"reserved"_s);
    row("5f00::1", u"reserved"_s);
    row("fc00::1", u"private"_s);
    row("fd00:ec2::254", u"private"_s);
    row("fe80::1", u"link-local"_s);
    row("fec0::1", u"private"_s);
    row("ff02::1", u"multicast"_s);
    row("2a00::5efe:7f00:1", u"ISATAP"_s);
    row("2a00::200:5efe:7f00:1", u"ISATAP"_s);
    row("", u"no address"_s);
}

void tst_hostrules::addresses()
{
    QFETCH(QString, address);
    QFETCH(QString, what);
    const QString special = specialAddress(QHostAddress(address));
    QVERIFY2(what.isEmpty() ? special.isEmpty() : special.contains(what), qPrintable(special));
    const auto rules = HostRules::compile({});
    const Refusal refusal = rules->judgeAddress(*parseAuthority("a.example:443", 0).value, QHostAddress(address));
    QCOMPARE(refusal.code, what.isEmpty() ? QString() : reasons::PrivateAddress.toString());
}

void tst_hostrules::exemptAddresses()
{
    const auto rules = HostRules::compile({{}, {}, {}, {u"reg.corp:4873"_s, u"10.1.0.0/16"_s, u"fd00::/8"_s}, {80}});
    QVERIFY(rules);
    const auto code = [&](const char *target, const char *address) {
        return rules->judgeAddress(*parseAuthority(target, 0).value, QHostAddress(QString::fromLatin1(address))).code;
    };
    QCOMPARE(code("reg.corp:4873", "192.168.0.1"), QString());
    QCOMPARE(code("reg.corp:80", "192.168.0.1"), reasons::PrivateAddress);
    QCOMPARE(code("other.corp:4873", "192.168.0.1"), reasons::PrivateAddress);
    QCOMPARE(code("other.corp:80", "10.1.255.1"), QString());
    QCOMPARE(code("other.corp:80", "10.2.0.1"), reasons::PrivateAddress);
    QCOMPARE(code("other.corp:80", "::ffff:10.1.0.1"), reasons::PrivateAddress);
    QCOMPARE(code("other.corp:80", "fd00:1::1"), QString());
}

// This machine's are as near as loopback, also where their range is a public one.
void tst_hostrules::ownAddresses()
{
    for (const QHostAddress &address : QNetworkInterface::allAddresses()) {
        const bool own = isOwnAddress(address);
        const bool isThere = QNetworkInterface::allAddresses().contains(address); // another test's comes and goes
        if (isThere && address.scopeId().isEmpty())
            QVERIFY2(own, qPrintable(address.toString()));
    }
    QVERIFY(isOwnAddress(QHostAddress(u"127.0.0.1"_s)));
    for (const char *address : {"9.9.9.9", "203.0.113.1", "2620:fe::fe", "255.255.255.255"})
        QVERIFY2(!isOwnAddress(QHostAddress(QString::fromLatin1(address))), address);
    QVERIFY(!isOwnAddress(QHostAddress()));

    const Authority target = *parseAuthority("a.example:443", 0).value;
    const QHostAddress address(u"9.9.9.9"_s);
    const auto rules = HostRules::compile({});
    QCOMPARE(rules->judgeAddress(target, address, false).code, QString());
    const Refusal refusal = rules->judgeAddress(target, address, true);
    QCOMPARE(refusal.code, reasons::PrivateAddress);
    QVERIFY2(refusal.sentence.contains(u"this machine's own"), qPrintable(refusal.sentence));
    for (const char *exempt : {"a.example:443", "9.9.9.0/24"}) {
        const auto open = HostRules::compile({{}, {}, {}, {QString::fromLatin1(exempt)}, {443}});
        QCOMPARE(open->judgeAddress(target, address, true).code, QString());
    }
}

QTEST_APPLESS_MAIN(tst_hostrules)
#include "tst_hostrules.moc"
