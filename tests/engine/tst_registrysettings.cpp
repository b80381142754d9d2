// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; registry
#include <isol8/registry/RegistrySettings.h>

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace isol8::registry;
using namespace Qt::StringLiterals;

using Pairs = QList<std::pair<QString, QString>>;

class tst_registrysettings : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void npmrc_data();
    void npmrc();
    void pipConf();
    void netrc();
    void urls_data();
    void urls();
    void nothingConfigured();
    void npmOrder();
    void npmCredentials();
    void npmTrust();
    void clientCertificates();
    void npmPlaces();
    void npmWrong();
    void credentialStays();
    void pipOrder();
    void pipIndexes();
    void pipTrust();
    void pipNothing();
    void proxies_data();
    void proxies();
    void digests();

private:
    void put(const QString &path, const QByteArray &content);
    RegistrySettings read(const QMap<QString, QString> &environment = {});

    std::unique_ptr<QTemporaryDir> m_files;

private Q_SLOTS:
    void init() { m_files = std::make_unique<QTemporaryDir>(); }
};

void tst_registrysettings::put(const QString &path, const QByteArray &content)
{
    const QString full = m_files->filePath(path);
    QDir().mkpath(full.left(full.lastIndexOf(u'/')));
    QFile file(full);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(content);
}

RegistrySettings tst_registrysettings::read(const QMap<QString, QString> &environment)
{
    return RegistrySettings::read({environment, m_files->filePath(u"home"_s), m_files->path(), u"/usr"_s});
}

void tst_registrysettings::npmrc_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<Pairs>("pairs");
    const auto one = [](const char *row, const QString &text, const QString &key, const QString &value) {
        QTest::newRow(row) << text << Pairs{{key, value}};
    };
    one("plain", u"registry=https://r.example/"_s, u"registry"_s, u"https://r.example/"_s);
    one("blanks", u"  registry = https://r.example/  "_s, u"registry"_s, u"https://r.example/"_s);
    one("carriage return", u"a=b\r"_s, u"a"_s, u"b"_s);
    one("flag", u"strict-ssl"_s, u"strict-ssl"_s, u"true"_s);
    one("comment behind", u"a=b ; c"_s, u"a"_s, u"b"_s);
    one("hash behind", u"a=b # c"_s, u"a"_s, u"b"_s);
    one("escaped comment", u"a=b\\;c"_s, u"a"_s, u"b;c"_s);
    one("double quotes", u"a=\"b ; \\n c\""_s, u"a"_s, u"b ; \n c"_s);
    one("single quotes", u"a='b ; c'"_s, u"a"_s, u"b ; c"_s);
    one("equals in the value", u"//r.example/:_auth=YTpi=="_s, u"//r.example/:_auth"_s, u"YTpi=="_s);
    one("variable", u"a=x${TOKEN}y"_s, u"a"_s, u"xsecrety"_s);
    one("variable in the key", u"//${HOST}/:_authToken=t"_s, u"//r.example/:_authToken"_s, u"t"_s);
    one("unknown variable", u"a=${NOTHING}"_s, u"a"_s, u"${NOTHING}"_s);
    one("unknown variable, optional", u"a=x${NOTHING?}y"_s, u"a"_s, u"xy"_s);
    one("no second replacement", u"a=${NESTED}"_s, u"a"_s, u"${TOKEN}"_s);
    QTest::newRow("nothing") << u"\n; a\n# b\n\n"_s << Pairs{};
    QTest::newRow("list") << u"ca[]=x\nca[]=y"_s << Pairs{{u"ca[]"_s, u"x"_s}, {u"ca[]"_s, u"y"_s}};
    QTest::newRow("section") << u"a=b\n[c]\nregistry=d"_s << Pairs{{u"a"_s, u"b"_s}};
}

void tst_registrysettings::npmrc()
{
    QFETCH(QString, text);
    QFETCH(Pairs, pairs);
    QCOMPARE(parseNpmrc(text, {{u"TOKEN"_s, u"secret"_s}, {u"HOST"_s, u"r.example"_s}, {u"NESTED"_s, u"${TOKEN}"_s}}),
             pairs);
}

void tst_registrysettings::pipConf()
{
    const auto sections = parsePipConf(u"# c\n[global]\nIndex_URL = https://a.example/simple\n"
                                       "extra-index-url =\n    https://b.example/\n    # no\n    https://c.example/\n"
                                       "cert: /x.pem\n\n[install]\nno-index = yes\nnonsense\n"_s);
    QCOMPARE(sections.value(u"global"_s).value(u"index-url"_s), u"https://a.example/simple"_s);
    QCOMPARE(sections.value(u"global"_s).value(u"extra-index-url"_s), u"\nhttps://b.example/\nhttps://c.example/"_s);
    QCOMPARE(sections.value(u"global"_s).value(u"cert"_s), u"/x.pem"_s);
    QCOMPARE(sections.value(u"install"_s), (QMap<QString, QString>{{u"no-index"_s, u"yes"_s}}));
}

void tst_registrysettings::netrc()
{
    QCOMPARE(parseNetrc(u"# machine no.example login a password b\nmachine A.example login me password s3\n"
                        "machine b.example\n  login you\n  account x\n  password \"p w\"\nmacdef init\n machine x\n\n"
                        "default login d password e\n"_s)
                 .size(),
             2);
    const auto entries = parseNetrc(u"machine A.example login me password s3 default login d password e"_s);
    QCOMPARE(entries, (QList<NetrcEntry>{{u"a.example"_s, u"me"_s, u"s3"_s}}));
    QVERIFY(parseNetrc(u"machine"_s).isEmpty());
}

void tst_registrysettings::urls_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("url");
    QTest::newRow("slash added") << u"https://r.example/npm"_s << u"https://r.example/npm/"_s;
    QTest::newRow("no path") << u"https://r.example"_s << u"https://r.example/"_s;
    QTest::newRow("port") << u"http://r.example:4873/"_s << u"http://r.example:4873/"_s;
    QTest::newRow("userinfo goes") << u"https://a:b@r.example/"_s << u"https://r.example/"_s;
    QTest::newRow("query goes") << u"https://r.example/?a=b#c"_s << u"https://r.example/"_s;
    QTest::newRow("encoded") << u"https://r.example/a%2fb"_s << u"https://r.example/a%2Fb/"_s;
    QTest::newRow("file") << u"file:///etc"_s << QString();
    QTest::newRow("nonsense") << u"nonsense"_s << QString();
    QTest::newRow("no host") << u"https:///x"_s << QString();
}

void tst_registrysettings::urls()
{
    QFETCH(QString, text);
    QFETCH(QString, url);
    QCOMPARE(QString::fromLatin1(registryUrl(text).toEncoded()), url);
}

void tst_registrysettings::nothingConfigured()
{
    const RegistrySettings settings = read();
    QCOMPARE(settings.npm.registries, QList<QUrl>{QUrl(u"https://registry.npmjs.org/"_s)});
    QCOMPARE(settings.pypi.registries, QList<QUrl>{QUrl(u"https://pypi.org/simple/"_s)});
    QVERIFY(settings.npm.verify);
    QVERIFY(settings.npm.credentials.isEmpty() && settings.pypi.credentials.isEmpty());
    QVERIFY(settings.npm.authorityFiles.isEmpty() && settings.pypi.authorityFiles.isEmpty());
    QVERIFY(settings.problems.isEmpty());
}

void tst_registrysettings::npmOrder()
{
    const auto registry = [](const RegistrySettings &settings) { return settings.npm.registries.first().host(); };
    put(u"usr/lib/node_modules/npm/npmrc"_s, "registry=https://builtin.example/\n");
    QCOMPARE(registry(read()), u"builtin.example"_s);
    put(u"etc/npmrc"_s, "registry=https://etc.example/\n");
    QCOMPARE(registry(read()), u"etc.example"_s);
    put(u"usr/etc/npmrc"_s, "registry=https://global.example/\n");
    QCOMPARE(registry(read()), u"global.example"_s);
    put(u"home/.npmrc"_s, "registry=https://user.example/\n@s:registry=https://scope.example/x\n");
    QCOMPARE(registry(read()), u"user.example"_s);
    QCOMPARE(registry(read({{u"NPM_CONFIG_REGISTRY"_s, u"https://env.example/"_s}})), u"env.example"_s);
    QCOMPARE(registry(read({{u"npm_config_registry"_s, QString()}})), u"user.example"_s);
    QCOMPARE(read().npm.scopes, (QMap<QString, QUrl>{{u"@s"_s, QUrl(u"https://scope.example/x/"_s)}}));
    // A sandbox's files and a project's are nobody's configuration.
    put(u".npmrc"_s, "registry=https://project.example/\n");
    const QString before = QDir::currentPath();
    QVERIFY(QDir::setCurrent(m_files->path()));
    const QString found = registry(read());
    QVERIFY(QDir::setCurrent(before));
    QCOMPARE(found, u"user.example"_s);
}

void tst_registrysettings::npmCredentials()
{
    put(u"home/.npmrc"_s, "registry=https://r.example/npm/\n"
                          "//r.example/:_authToken=outer\n"
                          "//r.example/npm/:_authToken=${TOKEN}\n"
                          "//basic.example/:_auth=dTpw\n"
                          "//user.example:8080/:username=me\n"
                          "//user.example:8080/:_password=c2VjcmV0\n");
    const ClientSettings npm = read({{u"TOKEN"_s, u"inner"_s}}).npm;
    const auto of = [&](const QString &url) { return npm.authorizationFor(QUrl(url)); };
    QCOMPARE(of(u"https://r.example/npm/lodash"_s), "Bearer inner");
    QCOMPARE(of(u"https://r.example/npmx/lodash"_s), "Bearer outer");
    QCOMPARE(of(u"https://R.example/files/x.tgz"_s), "Bearer outer");
    QCOMPARE(of(u"https://r.example:444/npm/lodash"_s), "");
    QCOMPARE(of(u"http://r.example/npm/lodash"_s), ""); // not in the clear
    QCOMPARE(of(u"https://r.example.evil.example/npm/x"_s), "");
    QCOMPARE(of(u"https://basic.example/x"_s), "Basic dTpw");
    QCOMPARE(of(u"https://user.example:8080/x"_s), "Basic bWU6c2VjcmV0");

    put(u"home/.npmrc"_s, "registry=https://u:p%40@r.example/npm/\n");
    QCOMPARE(read().npm.authorizationFor(QUrl(u"https://r.example/npm/x"_s)), "Basic dTpwQA==");
    put(u"home/.npmrc"_s, "registry=https://r.example/npm/\n_auth=dTpw\n");
    QCOMPARE(read().npm.authorizationFor(QUrl(u"https://r.example/npm/x"_s)), "Basic dTpw");
    QCOMPARE(read().npm.authorizationFor(QUrl(u"https://r.example/x"_s)), "");
    put(u"home/.npmrc"_s, "//r.example/:_authToken=\"a\\nX-Evil: b\"\n");
    QCOMPARE(read().npm.authorizationFor(QUrl(u"https://r.example/x"_s)), "");
}

void tst_registrysettings::npmTrust()
{
    const QMap<QString, QString> environment{{u"SSL_CERT_FILE"_s, u"/system.pem"_s},
                                             {u"NODE_EXTRA_CA_CERTS"_s, u"/extra.pem"_s}};
    QCOMPARE(read(environment).npm.authorityFiles, QStringList{u"/system.pem"_s});
    QCOMPARE(read(environment).npm.addedAuthorityFiles, QStringList{u"/extra.pem"_s});
    put(u"usr/etc/npmrc"_s, "ca[]=\"-----BEGIN A\\nx\"\nca[]=\"-----BEGIN B\"\nstrict-ssl=false\n");
    QCOMPARE(read(environment).npm.authorities, "-----BEGIN A\nx\n-----BEGIN B\n");
    QVERIFY(read(environment).npm.authorityFiles.isEmpty());
    QVERIFY(!read().npm.verify);
    put(u"home/.npmrc"_s, "cafile=/npm.pem\nca[]=\"-----BEGIN C\"\n");
    QCOMPARE(read(environment).npm.authorityFiles, QStringList{u"/npm.pem"_s});
    put(u"home/.npmrc"_s, "ca=null\n");
    QVERIFY(!read(environment).npm.authorities.contains("BEGIN"));
}

void tst_registrysettings::clientCertificates()
{
    const auto file = [&](const ClientSettings &client, const char *url) {
        const ClientCertificate *own = client.certificateFor(QUrl(QString::fromLatin1(url)));
        return own ? (own->pem.isEmpty() ? own->certificateFile : QString::fromUtf8(own->pem)) : QString();
    };
    put(u"a.crt"_s, "x");
    const QByteArray a = m_files->filePath(u"a.crt"_s).toUtf8();
    put(u"home/.npmrc"_s, "registry=https://r.example/npm/\ncert=\"C\\nC\"\nkey=\"K\"\n//s.example:444/:certfile=" + a +
                              "\n//s.example:444/:keyfile=" + a + "\n//half.example/:certfile=" + a + "\n");
    RegistrySettings settings = read();
    QVERIFY(settings.problems.isEmpty());
    QCOMPARE(file(settings.npm, "https://r.example/npm/x"), u"C\nC\nK\n"_s);
    QCOMPARE(file(settings.npm, "http://r.example/npm/x"), QString());
    QCOMPARE(file(settings.npm, "https://s.example:444/x"), QString::fromUtf8(a));
    QCOMPARE(file(settings.npm, "https://s.example/x"), QString());
    QCOMPARE(file(settings.npm, "https://half.example/x"), QString());
    QCOMPARE(file(settings.npm, "https://files.example/x"), QString());
    put(u"home/.npmrc"_s, "//r.example/:certfile=/nowhere.crt\n//r.example/:keyfile=/nowhere.key\n");
    QCOMPARE(read().problems.size(), 1);
    QVERIFY(read().problems.first().contains(u"cannot be read"_s));

    put(u"home/.npmrc"_s, "");
    put(u"etc/pip.conf"_s, "[global]\nindex-url = https://p.example/simple\nclient-cert = " + a + "\n");
    settings = read();
    QVERIFY(settings.problems.isEmpty());
    QCOMPARE(file(settings.pypi, "https://p.example/simple/x/"), QString::fromUtf8(a));
    QCOMPARE(file(settings.pypi, "https://files.example/x"), QString());
    QVERIFY(settings.digest() != read({{u"PIP_CLIENT_CERT"_s, u"/other"_s}}).digest());
}

void tst_registrysettings::npmPlaces()
{
    const auto registry = [](const RegistrySettings &settings) { return settings.npm.registries.first().host(); };
    put(u"elsewhere/rc"_s, "registry=https://elsewhere.example/\n");
    put(u"prefix/etc/npmrc"_s, "registry=https://prefix.example/\n");
    QCOMPARE(registry(read({{u"npm_config_userconfig"_s, m_files->filePath(u"elsewhere/rc"_s)}})),
             u"elsewhere.example"_s);
    QCOMPARE(registry(read({{u"npm_config_globalconfig"_s, m_files->filePath(u"elsewhere/rc"_s)}})),
             u"elsewhere.example"_s);
    put(u"home/.npmrc"_s, "prefix=" + m_files->filePath(u"prefix"_s).toUtf8() + "\n");
    QCOMPARE(registry(read()), u"prefix.example"_s);
}

void tst_registrysettings::npmWrong()
{
    put(u"home/.npmrc"_s, "registry=not a url s3cret\n@x:registry=ftp://s3cret@r.example/\n//:_authToken=x\n"
                          "//r.example/=y\n=\n");
    const RegistrySettings settings = read();
    QCOMPARE(settings.npm.registries, QList<QUrl>{QUrl(u"https://registry.npmjs.org/"_s)});
    QVERIFY(settings.npm.scopes.isEmpty());
    QCOMPARE(settings.problems.size(), 2);
    QVERIFY(!settings.problems.join(u' ').contains(u"s3cret"));
}

// Of all that is shown, nothing is secret.
void tst_registrysettings::credentialStays()
{
    put(u"home/.npmrc"_s, "registry=https://me:s3cret@r.example/\n");
    put(u"home/.config/pip/pip.conf"_s, "[global]\nindex-url=https://me:s3cret@p.example/simple\n");
    const RegistrySettings settings = read();
    QVERIFY(!settings.npm.registries.first().toString().contains(u"s3cret"));
    QVERIFY(!settings.pypi.registries.first().toString().contains(u"s3cret"));
}

void tst_registrysettings::pipOrder()
{
    const auto index = [](const RegistrySettings &settings) { return settings.pypi.registries.first().host(); };
    const auto conf = [](const char *section, const char *host) {
        return QByteArray(QByteArray("[") + section + "]\nindex-url = https://" + host + ".example/simple\n");
    };
    put(u"etc/xdg/pip/pip.conf"_s, conf("global", "xdg"));
    QCOMPARE(index(read()), u"xdg.example"_s);
    put(u"etc/pip.conf"_s, conf("global", "etc"));
    QCOMPARE(index(read()), u"etc.example"_s);
    put(u"home/.pip/pip.conf"_s, conf("global", "old"));
    QCOMPARE(index(read()), u"old.example"_s);
    put(u"home/.config/pip/pip.conf"_s, conf("global", "user"));
    QCOMPARE(index(read()), u"user.example"_s);
    put(u"xdg/pip/pip.conf"_s, conf("global", "home"));
    QCOMPARE(index(read({{u"XDG_CONFIG_HOME"_s, m_files->filePath(u"xdg"_s)}})), u"home.example"_s);
    put(u"venv/pip.conf"_s, conf("global", "site"));
    QCOMPARE(RegistrySettings::read({{}, m_files->filePath(u"home"_s), m_files->path(), u"/usr"_s, u"/venv"_s})
                 .pypi.registries.first()
                 .host(),
             u"site.example"_s);
    put(u"named"_s, conf("global", "named"));
    const QMap<QString, QString> named{{u"PIP_CONFIG_FILE"_s, m_files->filePath(u"named"_s)}};
    QCOMPARE(index(read(named)), u"named.example"_s);
    put(u"etc/pip.conf"_s, conf("install", "install"));
    QCOMPARE(index(read(named)), u"install.example"_s);
    auto environment = named;
    environment.insert(u"PIP_INDEX_URL"_s, u"https://env.example/simple"_s);
    QCOMPARE(index(read(environment)), u"env.example"_s);
    QCOMPARE(index(read({{u"PIP_CONFIG_FILE"_s, u"/dev/null"_s}})), u"pypi.org"_s);
}

void tst_registrysettings::pipIndexes()
{
    put(u"home/.config/pip/pip.conf"_s, "[global]\nindex-url = https://a.example/simple\nextra-index-url =\n"
                                        "  https://me:p%40ss@b.example/simple/\n  file:///srv/s3cret\n");
    put(u"home/.netrc"_s, "machine a.example login net password rc\nmachine b.example login x password y\n");
    const RegistrySettings settings = read();
    QCOMPARE(settings.pypi.registries,
             (QList<QUrl>{QUrl(u"https://a.example/simple/"_s), QUrl(u"https://b.example/simple/"_s)}));
    QCOMPARE(settings.problems.size(), 1);
    QVERIFY(!settings.problems.first().contains(u"s3cret"));
    QCOMPARE(settings.pypi.authorizationFor(QUrl(u"https://a.example/files/x"_s)), "Basic bmV0OnJj");
    QCOMPARE(settings.pypi.authorizationFor(QUrl(u"https://b.example/simple/x/"_s)), "Basic bWU6cEBzcw==");
    QCOMPARE(settings.pypi.authorizationFor(QUrl(u"https://c.example/"_s)), "");
}

void tst_registrysettings::pipTrust()
{
    put(u"etc/pip.conf"_s, "[global]\ntrusted-host = A.example\n  b.example:8443\ncert = /pip.pem\n");
    const ClientSettings pypi = read({{u"SSL_CERT_FILE"_s, u"/system.pem"_s}}).pypi;
    QCOMPARE(pypi.unverified, (QStringList{u"a.example"_s, u"b.example:8443"_s}));
    QCOMPARE(pypi.authorityFiles, QStringList{u"/pip.pem"_s});
    QCOMPARE(read({{u"PIP_CERT"_s, u"/env.pem"_s}}).pypi.authorityFiles, QStringList{u"/env.pem"_s});
}

void tst_registrysettings::pipNothing()
{
    put(u"etc/pip.conf"_s, "[install]\nno-index = true\n");
    QVERIFY(read().pypi.registries.isEmpty());
    QVERIFY(read().problems.isEmpty());
    put(u"etc/pip.conf"_s, "[install]\nno-index = true\nfind-links = /srv/s3cret\n");
    QCOMPARE(read().problems,
             QStringList{u"pip's setting \"find-links\" is not used: packages come from indexes only."_s});
}

void tst_registrysettings::proxies_data()
{
    QTest::addColumn<QString>("npmrc");
    QTest::addColumn<QString>("variables"); // NAME=value, with blanks between
    QTest::addColumn<QString>("url");
    QTest::addColumn<QString>("proxy"); // of npm
    const QString url = u"https://r.example/x"_s;
    const QString p = u"http://p.example:3128"_s;
    QTest::newRow("none") << QString() << QString() << url << QString();
    QTest::newRow("npm's") << u"https-proxy=http://me:pw@p.example:3128"_s << QString() << url
                           << u"http://me:pw@p.example:3128"_s;
    QTest::newRow("npm's for http") << u"proxy=http://p.example:3128"_s << QString() << u"http://r.example/x"_s << p;
    QTest::newRow("npm's for http serves https") << u"proxy=http://p.example:3128"_s << QString() << url << p;
    QTest::newRow("null") << u"https-proxy=null"_s << QString() << url << QString();
    QTest::newRow("lower") << QString() << u"https_proxy=http://p.example:3128"_s << url << p;
    QTest::newRow("upper") << QString() << u"HTTPS_PROXY=http://p.example:3128"_s << url << p;
    QTest::newRow("no scheme") << QString() << u"https_proxy=p.example:3128"_s << url << p;
    QTest::newRow("all") << QString() << u"ALL_PROXY=http://p.example:3128"_s << url << p;
    QTest::newRow("other scheme") << QString() << u"http_proxy=http://p.example:3128"_s << url << QString();
    const QString with = u"https_proxy=http://p.example:3128 no_proxy="_s;
    QTest::newRow("exception") << QString() << QString(with + u"r.example"_s) << url << QString();
    QTest::newRow("exception, domain") << QString() << QString(with + u"a,.example"_s) << url << QString();
    QTest::newRow("exception, star") << QString() << QString(with + u"*"_s) << url << QString();
    QTest::newRow("exception, star domain") << QString() << QString(with + u"*.example"_s) << url << QString();
    QTest::newRow("exception, part of a name") << QString() << QString(with + u"xample"_s) << url << p;
    QTest::newRow("npm's exception") << u"noproxy=r.example"_s << QString(with + u"a"_s) << url << QString();
}

void tst_registrysettings::proxies()
{
    QFETCH(QString, npmrc);
    QFETCH(QString, variables);
    QFETCH(QString, url);
    QFETCH(QString, proxy);
    put(u"home/.npmrc"_s, npmrc.toUtf8());
    QMap<QString, QString> environment;
    for (const QString &variable : variables.split(u' ', Qt::SkipEmptyParts))
        environment.insert(variable.section(u'=', 0, 0), variable.section(u'=', 1));
    QCOMPARE(read(environment).npm.proxyFor(QUrl(url)).toString(), proxy);
    if (npmrc.isEmpty())
        QCOMPARE(read(environment).pypi.proxyFor(QUrl(url)).toString(), proxy);
    const QString pip = u"http://pip.example:1"_s;
    environment.insert(u"PIP_PROXY"_s, pip);
    if (!variables.contains(u"no_proxy"))
        QCOMPARE(read(environment).pypi.proxyFor(QUrl(url)).toString(), pip);
}

// Whatever an install could be told from another by, and nothing else.
void tst_registrysettings::digests()
{
    const QByteArray plain = read().digest();
    QCOMPARE(read().digest(), plain);
    QCOMPARE(read({{u"EDITOR"_s, u"vi"_s}}).digest(), plain);
    QList<QByteArray> seen{plain};
    const QMap<QString, QString> one[]{{{u"PIP_INDEX_URL"_s, u"https://inside.example/simple/"_s}},
                                       {{u"PIP_INDEX_URL"_s, u"https://me:sesame@inside.example/simple/"_s}},
                                       {{u"PIP_EXTRA_INDEX_URL"_s, u"https://inside.example/simple/"_s}},
                                       {{u"PIP_NO_INDEX"_s, u"1"_s}},
                                       {{u"PIP_CERT"_s, u"/some.pem"_s}},
                                       {{u"npm_config_registry"_s, u"https://inside.example/"_s}},
                                       {{u"https_proxy"_s, u"http://proxy.example:3128"_s}}};
    for (const auto &environment : one) {
        const QByteArray digest = read(environment).digest();
        QVERIFY2(!seen.contains(digest), qPrintable(environment.firstKey()));
        seen.append(digest);
    }
    put(u"home/.npmrc"_s, "@corp:registry=https://inside.example/\n");
    QVERIFY(!seen.contains(read().digest()));
}

QTEST_GUILESS_MAIN(tst_registrysettings)
#include "tst_registrysettings.moc"
