// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; runtime
#include <isol8/runtime/Runtime.h>

#include <QTest>

using namespace isol8;
using namespace Qt::StringLiterals;

class tst_packages : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void taken_data();
    void taken();
    void refused_data();
    void refused();
    void sentences();
    void plans();
    void noInstaller();
    void tooMany();
};

void tst_packages::taken_data()
{
    QTest::addColumn<QString>("syntax");
    QTest::addColumn<QString>("package");
    QTest::addColumn<QString>("argument");
    const auto rows = [](const QString &syntax, const QStringList &packages) {
        for (const QString &package : packages)
            QTest::addRow("%s %s", qPrintable(syntax), qPrintable(package)) << syntax << package << package;
    };
    rows(u"npm"_s,
         {u"lodash"_s, u"JSONStream"_s, u"is-odd@3.0.1"_s, u"@types/node"_s, u"@types/node@^20"_s, u"x@latest"_s,
          u"x@>=1.2.3-beta.1 <2 || ~3"_s, u"x@1.0.0+build"_s, u"x@*"_s, u"socket.io"_s, u"x@1 - 2"_s, u"a~b"_s});
    rows(u"pypi"_s,
         {u"requests"_s, u"zope.interface"_s, u"ruamel_yaml"_s, u"uvicorn[standard]"_s, u"a[b, c-d]>=1.0,<2"_s,
          u"numpy==1.26.*"_s, u"numpy ~= 1.26"_s, u"x===1!2.0+local.1"_s, u"x!=1.0"_s, u"2to3"_s, u"x"_s});
    rows(u"deno"_s, {u"npm:chalk"_s, u"npm:chalk@5"_s, u"npm:@std/x@^1.0"_s});
    QTest::newRow("deno without npm:") << u"deno"_s << u"@types/node@20"_s << u"npm:@types/node@20"_s;
    rows(u""_s, {u"anything/at:all"_s});
}

void tst_packages::taken()
{
    QFETCH(QString, syntax);
    QFETCH(QString, package);
    QFETCH(QString, argument);
    const auto result = packageArgument(packageSyntax(syntax).value_or(PackageSyntax::Unknown), package);
    QVERIFY2(result, result ? "" : qPrintable(result.error().message));
    QCOMPARE(*result, argument);
}

void tst_packages::refused_data()
{
    QTest::addColumn<QString>("syntax");
    QTest::addColumn<QString>("package");
    const QStringList everywhere{u""_s,
                                 u" "_s,
                                 u"--global"_s,
                                 u"-e"_s,
                                 u"-e."_s,
                                 u"-r"_s,
                                 u"."_s,
                                 u".."_s,
                                 u"./x"_s,
                                 u"../x"_s,
                                 u"/etc/passwd"_s,
                                 u"~/x"_s,
                                 u"file:../x"_s,
                                 u"file:///etc"_s,
                                 u"git+ssh://git@example.com/x.git"_s,
                                 u"git+https://example.com/x"_s,
                                 u"github:user/repo"_s,
                                 u"user/repo"_s,
                                 u"http://example.com/x.tgz"_s,
                                 u"https://example.com/x.whl"_s,
                                 u"//example.com/x"_s,
                                 u"x@http://example.com/"_s,
                                 u"x @ https://example.com/x"_s,
                                 u"x@file:.."_s,
                                 u"x@../y"_s,
                                 u"x@.."_s,
                                 u"x@~/y"_s,
                                 u"x;rm -rf /"_s,
                                 u"x ; python_version<'3'"_s,
                                 u"x && y"_s,
                                 u"x|y"_s,
                                 u"$(id)"_s,
                                 u"`id`"_s,
                                 u"x\ny"_s,
                                 u"x\n"_s,
                                 u"x\r"_s,
                                 u"x"_s + QChar(u'\0'),
                                 u"x "_s + QChar(u'\0') + u"y"_s,
                                 u"x\ty"_s,
                                 u" x"_s,
                                 u"x y"_s,
                                 u"ünicode"_s,
                                 u"x\u202ey"_s,
                                 u"x.tgz"_s,
                                 u"x.tar.gz"_s,
                                 u"x.whl"_s,
                                 u"c:\\x"_s,
                                 u"x\\..\\y"_s,
                                 u"jsr:@std/path"_s,
                                 u"workspace:*"_s,
                                 u"link:x"_s,
                                 u"%2e%2e"_s,
                                 u"a"_s.repeated(600)};
    for (const QString &syntax : {u"npm"_s, u"pypi"_s, u"deno"_s}) {
        for (qsizetype i = 0; i < everywhere.size(); ++i)
            QTest::addRow("%s %d %s", qPrintable(syntax), int(i), qPrintable(everywhere[i].left(30).simplified()))
                << syntax << everywhere[i];
    }
    const auto rows = [](const QString &syntax, const QStringList &packages) {
        for (const QString &package : packages)
            QTest::addRow("%s only %s", qPrintable(syntax), qPrintable(package)) << syntax << package;
    };
    rows(u"npm"_s,
         {u"@scope"_s, u"@/x"_s, u"@a/b/c"_s, u"@-a/b"_s, u"@a/-b"_s, u"x@npm:y"_s, u"x@"_s, u"x@-1"_s, u"x@1.tgz"_s,
          u"x@y.tar"_s, u"npm:x"_s, u"_x"_s, u".x"_s, u"x@ 1"_s, u"x@a@b"_s, u"x>=1"_s, u"@../x"_s, u"@a/.."_s});
    rows(u"deno"_s, {u"npm:"_s, u"npm:npm:x"_s, u"npm:--x"_s, u"npm:/x"_s, u"npm:x/sub"_s, u"npm:../x"_s,
                     u"https://deno.land/x/y"_s, u"node:fs"_s});
    rows(u"pypi"_s, {u"x-"_s, u"x[]"_s, u"x[a"_s, u"x[../a]"_s, u"x=1"_s, u"x>="_s, u"x==1;y"_s, u"x==1,"_s,
                     u"x==1.zip"_s, u"x @ file:y"_s, u"x==../y"_s, u"@a/b"_s, u"x.zip"_s, u"x==1 --hash=a"_s});
    rows(u""_s, {u"--flag"_s, u"-e"_s, u"x\ny"_s, u""_s});
}

void tst_packages::refused()
{
    QFETCH(QString, syntax);
    QFETCH(QString, package);
    const auto result = packageArgument(packageSyntax(syntax).value_or(PackageSyntax::Unknown), package);
    QVERIFY2(!result, result ? qPrintable(*result) : "");
    QCOMPARE(result.error().code, errors::BadRequest);
    QVERIFY(result.error().message.startsWith(u"The package \""));
    QVERIFY(!result.error().message.contains(u'\n'));
    QVERIFY(!result.error().message.contains(QChar(u'\0')));
}

void tst_packages::sentences()
{
    QCOMPARE(
        packageArgument(PackageSyntax::Npm, u"--global"_s).error().message,
        u"The package \"--global\" is refused: give a name that the npm registry knows, such as lodash, lodash@^4 or "
        "@types/node."_s);
    const QString secret =
        packageArgument(PackageSyntax::Pypi, u"https://user:hunter2@example.com/x"_s).error().message;
    QVERIFY2(secret.contains(u"\"https://***@example.com/x\""), qPrintable(secret));
    QVERIFY(packageArgument(PackageSyntax::Deno, u"jsr:@std/path"_s).error().message.contains(u"jsr"));
}

void tst_packages::plans()
{
    const auto runtimes = RuntimeRegistry::builtIn();
    for (const QString &name : {u"python"_s, u"node"_s, u"bun"_s, u"deno"_s}) {
        const auto runtime = runtimes.byName(name);
        QVERIFY(runtime);
        QVERIFY2(runtime->packages != PackageSyntax::Unknown, qPrintable(name));
        const auto plan = planInstall(*runtime, {u"one"_s, u"two"_s});
        QVERIFY(plan);
        const QString prefix = name == u"deno" ? u"npm:"_s : QString();
        QCOMPARE(plan->argv.last(2), (QStringList{prefix + u"one"_s, prefix + u"two"_s}));
        QCOMPARE(plan->env, runtime->installEnv);
        QVERIFY(!planInstall(*runtime, {u"one"_s, u"../two"_s}));
    }
}

void tst_packages::noInstaller()
{
    const auto bash = RuntimeRegistry::builtIn().byName(u"bash");
    QVERIFY(bash);
    const auto plan = planInstall(*bash, {u"jq"_s});
    QVERIFY(!plan);
    QVERIFY(plan.error().message.contains(u"isol8 build"));
}

void tst_packages::tooMany()
{
    const auto node = RuntimeRegistry::builtIn().byName(u"node");
    QVERIFY(planInstall(*node, QStringList(MaxPackages, u"x"_s)));
    QVERIFY(!planInstall(*node, QStringList(MaxPackages + 1, u"x"_s)));
}

QTEST_GUILESS_MAIN(tst_packages)
#include "tst_packages.moc"
