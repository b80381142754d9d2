// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; registry
#include <isol8/registry/BodyRewriter.h>
#include <isol8/registry/RegistryPaths.h>

#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

using namespace isol8::registry;
using namespace Qt::StringLiterals;

class tst_registrybodies : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void rewritten_data();
    void rewritten();
    void large();
    void tooLong_data();
    void tooLong();
    void cut_data();
    void cut();
    void npmPaths_data();
    void npmPaths();
    void pypiPaths_data();
    void pypiPaths();
    void signedPaths();
    void forged();
    void npmFiles();

private:
    ClientSettings m_npm{{QUrl(u"https://r.example/npm/"_s)},
                         {{u"@s"_s, QUrl(u"https://s.example/"_s)}},
                         {},
                         {},
                         {},
                         {},
                         {},
                         true,
                         {},
                         {}};
    ClientSettings m_pypi{
        {QUrl(u"https://p.example/simple/"_s), QUrl(u"https://q.example/"_s)}, {}, {}, {}, {}, {}, {}, true, {}, {}};
    UrlSigner m_signer;
};

static std::unique_ptr<BodyRewriter> make(const QByteArray &kind)
{
    const QUrl base(u"https://r.example/a/b/"_s);
    const UrlMap map = [](const QUrl &url) {
        return url.scheme() == u"ftp" ? QByteArray() : "<" + url.toEncoded() + ">";
    };
    if (kind == "npm")
        return npmRewriter(base, map);
    return kind == "json" ? simpleJsonRewriter(base, map) : simpleHtmlRewriter(base, map);
}

static QByteArray run(const QByteArray &kind, const QByteArray &body, qsizetype piece, bool *fine = nullptr)
{
    const auto rewriter = make(kind);
    QByteArray out;
    bool good = true;
    for (qsizetype i = 0; good && i < body.size(); i += piece)
        good = rewriter->feed(QByteArrayView(body).sliced(i, qMin(piece, body.size() - i)), &out);
    good = good && rewriter->finish(&out);
    if (fine)
        *fine = good;
    return out;
}

void tst_registrybodies::rewritten_data()
{
    QTest::addColumn<QByteArray>("kind");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QByteArray>("expected");
    const auto row = [](const char *name, const char *kind, const char *body, const char *expected) {
        QTest::newRow(name) << QByteArray(kind) << QByteArray(body) << QByteArray(expected);
    };
    row("versions", "npm",
        R"({"name":"x","versions":{"1.0.0":{"dist":{"shasum":"a","tarball":"https://r.example/x.tgz"}}}})",
        R"({"name":"x","versions":{"1.0.0":{"dist":{"shasum":"a","tarball":"<https://r.example/x.tgz>"}}}})");
    row("one version", "npm", R"({ "dist" : { "tarball" : "https://r.example/x.tgz" } })",
        R"({ "dist" : { "tarball" : "<https://r.example/x.tgz>" } })");
    row("escaped", "npm", R"({"d\u0069st":{"tarball":"https:\/\/r.example\/x.tgz"}})",
        R"({"d\u0069st":{"tarball":"<https://r.example/x.tgz>"}})");
    row("relative", "npm", R"({"dist":{"tarball":"../x.tgz"}})",
        R"({"dist":{"tarball":"<https://r.example/a/x.tgz>"}})");
    row("refused URL", "npm", R"({"dist":{"tarball":"ftp://r.example/x.tgz"}})", R"({"dist":{"tarball":""}})");
    // A package's own fields are its author's words, and not the registry's.
    row("author's own", "npm",
        R"({"tarball":"https://a/","config":{"dist":{"tarball":"https://b/"}},"versions":{"1":{"tarball":"https://c/","config":{"dist":{"tarball":"https://d/"}},"dist":{"x":{"tarball":"https://e/"},"list":[{"tarball":"https://f/"}]}}}})",
        R"({"tarball":"https://a/","config":{"dist":{"tarball":"https://b/"}},"versions":{"1":{"tarball":"https://c/","config":{"dist":{"tarball":"https://d/"}},"dist":{"x":{"tarball":"https://e/"},"list":[{"tarball":"https://f/"}]}}}})");
    row("in a text", "npm", R"({"readme":"\"dist\":{\"tarball\":\"https://a/\"}","dist":["tarball","https://b/"]})",
        R"({"readme":"\"dist\":{\"tarball\":\"https://a/\"}","dist":["tarball","https://b/"]})");
    row("after other values", "npm",
        R"({"a":[1,{"b":"c"},null],"dist":{"n":1,"t":[true],"tarball":"https://a/"},"z":{}})",
        R"({"a":[1,{"b":"c"},null],"dist":{"n":1,"t":[true],"tarball":"<https://a/>"},"z":{}})");
    row("no text", "npm", R"({"dist":{"tarball":null,"x":"y"}})", R"({"dist":{"tarball":null,"x":"y"}})");
    row("deep", "npm",
        R"({"a":{"b":{"c":{"d":{"e":{"dist":{"tarball":"https://a/"}}}}}},"dist":{"tarball":"https://b/"}})",
        R"({"a":{"b":{"c":{"d":{"e":{"dist":{"tarball":"https://a/"}}}}}},"dist":{"tarball":"<https://b/>"}})");
    row("files", "json",
        R"({"meta":{"url":"x"},"files":[{"url":"f.whl#sha256=ab","hashes":{"url":"n"}},{"url":"https://f.example/g.whl"}],"url":"z"})",
        R"({"meta":{"url":"x"},"files":[{"url":"<https://r.example/a/b/f.whl#sha256=ab>","hashes":{"url":"n"}},{"url":"<https://f.example/g.whl>"}],"url":"z"})");
    row("anchor", "html", R"(<html><a href="https://f.example/x.whl#sha256=ab" data-requires-python="&gt;=3">x</a>)",
        R"(<html><a href="&lt;https://f.example/x.whl#sha256=ab&gt;" data-requires-python="&gt;=3">x</a>)");
    row("relative anchor", "html", "<a href='../../p/x.whl'>x</a>",
        R"(<a href="&lt;https://r.example/p/x.whl&gt;">x</a>)");
    row("upper case, no quotes", "html", "<A CLASS=a HREF=x.whl>x</A>",
        R"(<A CLASS=a href="&lt;https://r.example/a/b/x.whl&gt;">x</A>)");
    row("entities", "html", R"(<a href="x.whl?a=1&amp;b=2">x</a>)",
        R"(<a href="&lt;https://r.example/a/b/x.whl?a=1&amp;b=2&gt;">x</a>)");
    row("base", "html", R"(<base href="https://b.example/c/"><a href="x.whl">x</a>)",
        R"(<a href="&lt;https://b.example/c/x.whl&gt;">x</a>)");
    row("other tags", "html", R"(<abbr href="x"><link href="x"><a name="x"> 1 < 2 </a>)",
        R"(<abbr href="x"><link href="x"><a name="x"> 1 < 2 </a>)");
    row("data-href", "html", R"(<a data-href="x" href="y">)",
        R"(<a data-href="x" href="&lt;https://r.example/a/b/y&gt;">)");
    row("comment", "html", R"(<!--SERIAL 1 it's--><a href="y">)",
        R"(<!--SERIAL 1 it's--><a href="&lt;https://r.example/a/b/y&gt;">)");
    row("refused anchor", "html", R"(<a href="ftp://x/">)", R"(<a href="">)");
}

void tst_registrybodies::rewritten()
{
    QFETCH(QByteArray, kind);
    QFETCH(QByteArray, body);
    QFETCH(QByteArray, expected);
    for (const qsizetype piece : {body.size(), qsizetype(1), qsizetype(2), qsizetype(7)}) {
        bool fine = false;
        QCOMPARE(run(kind, body, piece, &fine), expected);
        QVERIFY(fine);
    }
}

void tst_registrybodies::large()
{
    QByteArray body = R"({"name":"x","versions":{)";
    for (int i = 0; i < 20000; ++i)
        body += (i > 0 ? R"(,"1.0.)" : R"("1.0.)") + QByteArray::number(i) +
                R"(":{"readme":"a \" b","dist":{"tarball":"https://r.example/x-)" + QByteArray::number(i) +
                R"(.tgz"}})";
    body += "}}";
    bool fine = false;
    const QByteArray out = run("npm", body, 65536, &fine);
    QVERIFY(fine);
    QCOMPARE(out.count("<https://r.example/x-"), 20000);
    QVERIFY(QJsonDocument::fromJson(out).object().value(u"versions").toObject().size() == 20000);
}

void tst_registrybodies::tooLong_data()
{
    QTest::addColumn<QByteArray>("kind");
    QTest::addColumn<QByteArray>("body");
    QTest::newRow("URL") << QByteArray("npm")
                         << QByteArray(R"({"dist":{"tarball":")" + QByteArray(20000, 'a') + R"("}})");
    QTest::newRow("tag") << QByteArray("html") << QByteArray("<a " + QByteArray(70000, 'a') + ">");
}

void tst_registrybodies::tooLong()
{
    QFETCH(QByteArray, kind);
    QFETCH(QByteArray, body);
    bool fine = true;
    (void)run(kind, body, 4096, &fine);
    QVERIFY(!fine);
}

void tst_registrybodies::cut_data()
{
    QTest::addColumn<QByteArray>("kind");
    QTest::addColumn<QByteArray>("body");
    QTest::newRow("object") << QByteArray("npm") << QByteArray(R"({"a":1)");
    QTest::newRow("string") << QByteArray("npm") << QByteArray(R"({"a":"b)");
    QTest::newRow("URL") << QByteArray("json") << QByteArray(R"({"files":[{"url":"x)");
    QTest::newRow("tag") << QByteArray("html") << QByteArray(R"(<a href="x)");
}

void tst_registrybodies::cut()
{
    QFETCH(QByteArray, kind);
    QFETCH(QByteArray, body);
    bool fine = true;
    (void)run(kind, body, 4, &fine);
    QVERIFY(!fine);
}

void tst_registrybodies::npmPaths_data()
{
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<QByteArray>("url"); // empty: none
    QTest::addColumn<bool>("metadata");
    const auto row = [](const char *path, const char *url, bool metadata = false) {
        QTest::newRow(path) << QByteArray(path) << QByteArray(url) << metadata;
    };
    row("/lodash", "https://r.example/npm/lodash", true);
    row("/JSONStream", "https://r.example/npm/JSONStream", true);
    row("/lodash/4.17.21", "https://r.example/npm/lodash/4.17.21", true);
    row("/lodash/latest", "https://r.example/npm/lodash/latest", true);
    row("/@types%2fnode", "https://r.example/npm/@types%2Fnode", true);
    row("/@types%2Fnode", "https://r.example/npm/@types%2Fnode", true);
    row("/@types/node", "https://r.example/npm/@types%2Fnode", true);
    row("/@s%2fx", "https://s.example/@s%2Fx", true);
    row("/@s/x/1.0.0", "https://s.example/@s%2Fx/1.0.0", true);
    row("/lodash/-/lodash-4.17.21.tgz", "https://r.example/npm/lodash/-/lodash-4.17.21.tgz");
    row("/@types/node/-/node-1.0.0.tgz", "https://r.example/npm/@types/node/-/node-1.0.0.tgz");
    row("/@s/x/-/x-1.tgz", "https://s.example/@s/x/-/x-1.tgz");
    for (const char *path : {"/",
                             "",
                             "lodash",
                             "//lodash",
                             "/..",
                             "/.",
                             "/../lodash",
                             "/lodash/..",
                             "/lodash/../x",
                             "/%2e%2e/x",
                             "/lodash/%2e%2e",
                             "/lodash%2fx",
                             "/a/b/c",
                             "/lodash/-/../x.tgz",
                             "/lodash/-/%2e%2e%2fx.tgz",
                             "/lodash/-/x.tgz?y",
                             "/lodash?write=true",
                             "/lodash#x",
                             "/-/npm/v1/security/audits",
                             "/-/ping",
                             "/-/user/x",
                             "/-/whoami",
                             "/lodash/-/x.exe",
                             "/@types",
                             "/@types%2f",
                             "/@types%2f..",
                             "/@../x",
                             "/@types%252fnode",
                             "/lodash\\x",
                             "/lo dash",
                             "/lodash\r\nX: y",
                             "/lodash/",
                             "/http://evil.example/",
                             "/@evil.example:80/x",
                             "/_x",
                             "/-x",
                             "/\xc3\xbc",
                             "*"})
        row(path, "");
}

void tst_registrybodies::npmPaths()
{
    QFETCH(QByteArray, path);
    QFETCH(QByteArray, url);
    QFETCH(bool, metadata);
    const auto asked = askedOfNpm(path, m_npm, m_signer);
    QCOMPARE(asked ? asked->url.toEncoded() : QByteArray(), url);
    if (asked)
        QCOMPARE(asked->metadata, metadata);
}

void tst_registrybodies::pypiPaths_data()
{
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<QByteArray>("url");
    const auto row = [](const char *path, const char *url) {
        QTest::newRow(path) << QByteArray(path) << QByteArray(url);
    };
    row("/simple/requests/", "https://p.example/simple/requests/");
    row("/simple/zope.interface", "https://p.example/simple/zope.interface/");
    row("/extra/1/x/", "https://q.example/x/");
    for (const char *path : {"/", "/simple/", "/simple", "/simple//", "/simple/../x/", "/simple/%2e%2e/",
                             "/simple/a/b/", "/simple/a/?x", "/extra/0/x/", "/extra/2/x/", "/extra/x/",
                             "/extra/1/../x/", "/requests/", "/simple/.a/", "/simple/a./", "/simple/a b/", "/legacy/"})
        row(path, "");
}

void tst_registrybodies::pypiPaths()
{
    QFETCH(QByteArray, path);
    QFETCH(QByteArray, url);
    const auto asked = askedOfPypi(path, m_pypi, m_signer);
    QCOMPARE(asked ? asked->url.toEncoded() : QByteArray(), url);
}

void tst_registrybodies::signedPaths()
{
    const QUrl url(u"https://me:pw@f.example/p/x-1.0-py3-none-any.whl?a=b#sha256=ab"_s);
    const QByteArray path = m_signer.path(url);
    QVERIFY2(path.endsWith("/x-1.0-py3-none-any.whl#sha256=ab"), path.constData());
    QVERIFY(!path.contains("pw"));
    const QByteArray asked = path.left(path.indexOf('#'));
    QCOMPARE(m_signer.url(asked).value_or(QUrl()).toEncoded(), "https://f.example/p/x-1.0-py3-none-any.whl?a=b");
    QCOMPARE(m_signer.url(QByteArray(asked + ".metadata")).value_or(QUrl()).toEncoded(),
             "https://f.example/p/x-1.0-py3-none-any.whl.metadata?a=b");
    QCOMPARE(askedOfPypi(asked, m_pypi, m_signer), (Asked{m_signer.url(asked).value(), false}));
    QVERIFY(m_signer.path(QUrl(u"https://f.example/"_s + u"a"_s.repeated(9000))).isEmpty());
}

void tst_registrybodies::forged()
{
    const QByteArray path = m_signer.path(QUrl(u"https://f.example/x.whl"_s));
    QVERIFY(m_signer.url(path));
    QVERIFY(!UrlSigner().url(path)); // another's key
    for (qsizetype i = 0; i < path.size(); ++i) {
        QByteArray other = path;
        other[i] = other[i] == 'a' ? 'b' : 'a';
        QVERIFY2(!m_signer.url(other), other.constData());
        QVERIFY2(!m_signer.url(path.left(i)), path.left(i).constData());
    }
    for (const char *behind : {"/", "/x", "?x", "#x", ".asc", ".metadata.metadata", "%00"})
        QVERIFY2(!m_signer.url(QByteArray(path + behind)), behind);
}

void tst_registrybodies::npmFiles()
{
    const auto file = [&](const char *url) { return npmFile(QUrl::fromEncoded(url), m_npm, m_signer); };
    QCOMPARE(file("https://r.example/npm/x/-/x-1.tgz"), "http://npm.isol8.internal/x/-/x-1.tgz");
    QCOMPARE(file("https://s.example/@s/x/-/x-1.tgz"), "http://npm.isol8.internal/@s/x/-/x-1.tgz");
    // Where the short form would lead elsewhere, or nowhere.
    for (const char *url :
         {"https://s.example/x/-/x-1.tgz", "https://r.example/npm/@s/x/-/x-1.tgz", "https://r.example/files/x-1.tgz",
          "https://r.example/npm/x/-/x-1.tgz?y=z", "https://r.example/npm/x", "http://r.example/npm/x/-/x-1.tgz",
          "https://cdn.example/x.tgz"}) {
        const QByteArray mapped = file(url);
        QVERIFY2(mapped.startsWith("http://npm.isol8.internal/-/file/"), mapped.constData());
        const auto asked = askedOfNpm(mapped.mid(mapped.indexOf('/', 7)), m_npm, m_signer);
        QVERIFY(asked);
        QCOMPARE(asked->url.toEncoded(), url);
    }
    QCOMPARE(file("ftp://r.example/x"), "");
    QCOMPARE(file("file:///etc/passwd"), "");
}

QTEST_GUILESS_MAIN(tst_registrybodies)
#include "tst_registrybodies.moc"
