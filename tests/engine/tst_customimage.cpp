// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; image execution
// Which packages serve for which, which image a run takes, and what an image's label and hash say.
#include <isol8/execution/RunImage.h>
#include <isol8/image/CustomImage.h>
#include <isol8/image/Recipe.h>
#include <isol8/runtime/Runtime.h>

#include <QTest>

using namespace isol8;
using namespace Qt::StringLiterals;

namespace {

Runtime runtimeNamed(QStringView name)
{
    return RuntimeRegistry::builtIn().byName(name).value();
}

CustomImage imageOf(const QString &tag, const QString &runtime, const QStringList &packages, qint64 createdAt = 0)
{
    return {u"sha256:"_s + tag, {tag + u":latest"_s}, runtime, packages, {}, {}, {}, 0, createdAt};
}

} // namespace

class tst_customimage : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void serves_data();
    void serves();
    void normal_data();
    void normal();
    void found_data();
    void found();
    void chosen();
    void refused_data();
    void refused();
    void hash();
    void labelsTellAll();
    void names_data();
    void names();
};

void tst_customimage::serves_data()
{
    QTest::addColumn<PackageSyntax>("syntax");
    QTest::addColumn<QString>("has");
    QTest::addColumn<QString>("wanted");
    QTest::addColumn<bool>("serves");
    const auto row = [](PackageSyntax syntax, const QString &has, const QString &wanted, bool serves) {
        QTest::addRow("%s for %s", qPrintable(has), qPrintable(wanted)) << syntax << has << wanted << serves;
    };
    const auto pypi = [&](const QString &has, const QString &wanted, bool serves) {
        row(PackageSyntax::Pypi, has, wanted, serves);
    };
    const auto npm = [&](const QString &has, const QString &wanted, bool serves) {
        row(PackageSyntax::Npm, has, wanted, serves);
    };
    pypi(u"numpy"_s, u"numpy"_s, true);
    pypi(u"numpy==1.26.4"_s, u"numpy"_s, true);
    pypi(u"numpy"_s, u"numpy==1.26.4"_s, false);
    pypi(u"numpy"_s, u"pandas"_s, false);
    pypi(u"Ruamel.YAML"_s, u"ruamel_yaml"_s, true);
    pypi(u"numpy==1.26.4"_s, u"numpy==1.26.4"_s, true);
    pypi(u"numpy==1.26"_s, u"numpy == 1.26.0"_s, true);
    pypi(u"numpy==1.26.4"_s, u"numpy==1.26"_s, false);
    pypi(u"numpy==1.26.4"_s, u"numpy==1.*"_s, true);
    pypi(u"numpy==1.26.4"_s, u"numpy!=1.26.*"_s, false);
    pypi(u"numpy==1.26.4"_s, u"numpy>=1.20,<2"_s, true);
    pypi(u"numpy==2.0"_s, u"numpy>=1.20,<2"_s, false);
    pypi(u"numpy==1.26.4"_s, u"numpy~=1.20"_s, true);
    pypi(u"numpy==1.26.4"_s, u"numpy~=1.20.3"_s, false);
    pypi(u"numpy==1.26.4"_s, u"numpy>1.26.4"_s, false);
    pypi(u"numpy==1.26.4"_s, u"numpy<=1.26.4"_s, true);
    pypi(u"numpy>=1,<2"_s, u"numpy <2, >=1"_s, true);
    pypi(u"numpy>=1,<2"_s, u"numpy>=1"_s, false);
    pypi(u"numpy==2.0rc1"_s, u"numpy>=1"_s, false);
    pypi(u"numpy==2.0rc1"_s, u"numpy==2.0rc1"_s, true);
    pypi(u"uvicorn[standard]"_s, u"uvicorn"_s, true);
    pypi(u"uvicorn"_s, u"uvicorn[standard]"_s, false);
    pypi(u"uvicorn[standard, watch]"_s, u"uvicorn[Standard]"_s, true);
    npm(u"lodash"_s, u"lodash"_s, true);
    npm(u"lodash@4"_s, u"lodash"_s, true);
    npm(u"lodash"_s, u"lodash@4"_s, false);
    npm(u"lodash@4"_s, u"lodash@4"_s, true);
    npm(u"lodash@4"_s, u"lodash@4.17.21"_s, false);
    npm(u"lodash@4.17.21"_s, u"lodash@4"_s, true);
    npm(u"lodash@4.17.21"_s, u"lodash@4.17"_s, true);
    npm(u"lodash@4.17.21"_s, u"lodash@4.16"_s, false);
    npm(u"lodash@4.17.21"_s, u"lodash@4.x"_s, true);
    npm(u"lodash@4.17.21"_s, u"lodash@*"_s, true);
    npm(u"lodash@4.17.21"_s, u"lodash@^4.2"_s, true);
    npm(u"lodash@4.17.21"_s, u"lodash@^5"_s, false);
    npm(u"lodash@0.2.5"_s, u"lodash@^0.2.3"_s, true);
    npm(u"lodash@0.3.0"_s, u"lodash@^0.2.3"_s, false);
    npm(u"lodash@4.17.21"_s, u"lodash@~4.17.1"_s, true);
    npm(u"lodash@4.17.21"_s, u"lodash@~4.16.1"_s, false);
    npm(u"lodash@4.17.21"_s, u"lodash@~4"_s, true);
    npm(u"lodash@4.17.21"_s, u"lodash@>=4 <5"_s, true);
    npm(u"lodash@4.17.21"_s, u"lodash@> 4.17 <5"_s, false);
    npm(u"lodash@4.17.21"_s, u"lodash@>4.16 <5"_s, true);
    npm(u"lodash@4.17.21"_s, u"lodash@3 || 4"_s, true);
    npm(u"lodash@4.17.21"_s, u"lodash@latest"_s, false);
    npm(u"lodash@latest"_s, u"lodash@latest"_s, true);
    npm(u"lodash@4.17.21"_s, u"lodash@1.0.0 - 5.0.0"_s, false); // not understood
    npm(u"@types/node@20"_s, u"@types/node"_s, true);
    npm(u"@types/node"_s, u"@types/deno"_s, false);
    npm(u"node"_s, u"@types/node"_s, false);
    row(PackageSyntax::Deno, u"npm:lodash@4.17.21"_s, u"lodash@4"_s, true);
    row(PackageSyntax::Unknown, u"json"_s, u"json"_s, true);
    row(PackageSyntax::Unknown, u"json"_s, u"json:2"_s, false);
}

void tst_customimage::serves()
{
    QFETCH(PackageSyntax, syntax);
    QFETCH(QString, has);
    QFETCH(QString, wanted);
    QTEST(packageServes(syntax, has, wanted), "serves");
}

void tst_customimage::normal_data()
{
    QTest::addColumn<PackageSyntax>("syntax");
    QTest::addColumn<QStringList>("packages");
    QTest::addColumn<QStringList>("normal");
    QTest::newRow("pypi") << PackageSyntax::Pypi
                          << QStringList{u"Pandas >= 2, <3"_s, u"ruamel_yaml"_s, u"pandas<3,>=2"_s, u"x [b, A]==1"_s}
                          << QStringList{u"pandas<3,>=2"_s, u"ruamel-yaml"_s, u"x[a,b]==1"_s};
    QTest::newRow("npm") << PackageSyntax::Npm << QStringList{u"b@>=1  <2"_s, u"@a/b"_s, u"b@>=1 <2"_s}
                         << QStringList{u"@a/b"_s, u"b@>=1 <2"_s};
    QTest::newRow("deno") << PackageSyntax::Deno << QStringList{u"npm:b@1"_s, u"b@1"_s} << QStringList{u"b@1"_s};
}

void tst_customimage::normal()
{
    QFETCH(PackageSyntax, syntax);
    QFETCH(QStringList, packages);
    QTEST(normalPackages(syntax, packages), "normal");
}

void tst_customimage::found_data()
{
    QTest::addColumn<QStringList>("wanted");
    QTest::addColumn<QString>("tag");
    QTest::newRow("exact") << QStringList{u"numpy"_s} << u"numpy"_s;
    QTest::newRow("exact, in another order") << QStringList{u"Pandas"_s, u"numpy"_s} << u"both"_s;
    QTest::newRow("the smallest superset") << QStringList{u"pandas"_s} << u"both"_s;
    QTest::newRow("the newest of two") << QStringList{u"requests"_s} << u"requests-new"_s;
    QTest::newRow("none") << QStringList{u"numpy"_s, u"flask"_s} << QString();
    QTest::newRow("another runtime's") << QStringList{u"lodash"_s} << QString();
    QTest::newRow("a range") << QStringList{u"scipy>=1"_s} << u"pinned"_s;
    QTest::newRow("unpinned does not do") << QStringList{u"numpy==1.26"_s} << QString();
    QTest::newRow("with a setup script only by name") << QStringList{u"scripted"_s} << QString();
    QTest::newRow("without a name never") << QStringList{u"unnamed"_s} << QString();
}

void tst_customimage::found()
{
    QFETCH(QStringList, wanted);
    CustomImage scripted = imageOf(u"scripted"_s, u"python"_s, {u"scripted"_s});
    scripted.setupScript = u"true"_s;
    CustomImage unnamed = imageOf(u"unnamed"_s, u"python"_s, {u"unnamed"_s});
    unnamed.tags.clear();
    const QList<CustomImage> images{imageOf(u"large"_s, u"python"_s, {u"numpy"_s, u"pandas"_s, u"x"_s}),
                                    imageOf(u"both"_s, u"python"_s, {u"numpy"_s, u"pandas"_s}),
                                    imageOf(u"numpy"_s, u"python"_s, {u"numpy"_s}),
                                    imageOf(u"requests-new"_s, u"python"_s, {u"requests"_s}, 20),
                                    imageOf(u"requests-old"_s, u"python"_s, {u"requests"_s}, 10),
                                    imageOf(u"lodash"_s, u"node"_s, {u"lodash"_s}),
                                    imageOf(u"pinned"_s, u"python"_s, {u"scipy==1.11.4"_s}),
                                    scripted,
                                    unnamed};
    const CustomImage *image = imageWithPackages(images, runtimeNamed(u"python"), wanted);
    QTEST(image ? image->id.section(u':', 1) : QString(), "tag");
}

void tst_customimage::chosen()
{
    const Runtime python = runtimeNamed(u"python");
    const Runtime deno = runtimeNamed(u"deno");
    CustomImage data = imageOf(u"data"_s, u"python"_s, {u"numpy"_s});
    CustomImage scripted = imageOf(u"scripted"_s, u"python"_s, {u"numpy"_s});
    scripted.setupScript = u"echo hi"_s;
    const QList<CustomImage> images{scripted, data, imageOf(u"odd"_s, u"deno"_s, {u"is-odd"_s})};

    QVERIFY(!chooseImage({}, python, {}, nullptr).depends);
    QVERIFY(!chooseImage(u"isol8:python"_s, python, {u"numpy"_s}, nullptr).depends);
    QVERIFY(chooseImage({}, python, {u"numpy"_s}, nullptr).depends);
    QVERIFY(chooseImage(u"data"_s, python, {}, nullptr).depends);

    RunImage found = chooseImage({}, python, {u"numpy"_s}, &images);
    QCOMPARE(found.image, data.id);
    QVERIFY(found.hasPackages);
    QVERIFY(found.setupScript.isEmpty());

    found = chooseImage({}, python, {u"numpy"_s, u"flask"_s}, &images);
    QCOMPARE(found.image, u"isol8:python"_s);
    QVERIFY(!found.hasPackages);

    found = chooseImage(u"scripted"_s, python, {u"flask"_s}, &images);
    QCOMPARE(found.image, scripted.id);
    QCOMPARE(found.setupScript, u"echo hi"_s);
    QVERIFY(!found.hasPackages);
    QVERIFY(chooseImage(u"scripted:latest"_s, python, {u"numpy"_s}, &images).hasPackages);

    found = chooseImage(u"debian:12"_s, python, {}, &images);
    QCOMPARE(found.image, u"debian:12"_s);

    QCOMPARE(chooseImage({}, deno, {u"npm:is-odd"_s}, &images).env.value(u"DENO_DIR"_s), u"/opt/isol8/deno"_s);
    QVERIFY(chooseImage({}, deno, {}, &images).env.isEmpty());
}

void tst_customimage::refused_data()
{
    QTest::addColumn<CustomRecipe>("recipe");
    QTest::addColumn<QString>("sentence");
    const auto row = [](const char *name, const CustomRecipe &recipe, const QString &sentence) {
        QTest::newRow(name) << recipe << sentence;
    };
    row("no name", {{}, u"python"_s, {u"x"_s}, {}, {}}, u"\"\" is no name for an image"_s);
    row("capitals", {u"Data"_s, u"python"_s, {u"x"_s}, {}, {}}, u"\"Data\" is no name for an image"_s);
    row("an option", {u"--rm"_s, u"python"_s, {u"x"_s}, {}, {}}, u"is no name for an image"_s);
    row("isol8's own", {u"isol8:python"_s, u"python"_s, {u"x"_s}, {}, {}}, u"an image that `isol8 setup` makes"_s);
    row("the base", {u"isol8:base"_s, u"python"_s, {u"x"_s}, {}, {}}, u"an image that `isol8 setup` makes"_s);
    row("nothing", {u"x"_s, u"python"_s, {}, {}, {}}, u"There is nothing to build"_s);
    row("no installer", {u"x"_s, u"bash"_s, {u"jq"_s}, {}, {}}, u"The runtime bash cannot have packages"_s);
    row("an option as package", {u"x"_s, u"python"_s, {u"--index-url=x"_s}, {}, {}}, u"is refused"_s);
    row("a path as package", {u"x"_s, u"node"_s, {u"../x"_s}, {}, {}}, u"is refused"_s);
    row("an option for apt", {u"x"_s, u"bash"_s, {}, {u"-o=x"_s}, {}}, u"is not a Debian package's name"_s);
    row("two words for apt", {u"x"_s, u"bash"_s, {}, {u"gcc -y"_s}, {}}, u"is not a Debian package's name"_s);
    row("a long script", {u"x"_s, u"bash"_s, {}, {}, QString(MaxImageScript + 1, u'x')},
        u"The setup script is longer than 64 KiB"_s);
}

void tst_customimage::refused()
{
    QFETCH(CustomRecipe, recipe);
    QFETCH(QString, sentence);
    const auto checked = checkRecipe(recipe, runtimeNamed(recipe.runtime));
    QVERIFY(!checked);
    QCOMPARE(checked.error().code, errors::BadRequest.toString());
    QVERIFY2(checked.error().message.contains(sentence), qPrintable(checked.error().message));
}

void tst_customimage::hash()
{
    const Runtime python = runtimeNamed(u"python");
    const auto hashOf = [&](const CustomRecipe &recipe, const QString &base = u"sha256:1"_s) {
        return recipeHash(checkRecipe(recipe, python).value(), python, base);
    };
    const CustomRecipe recipe{u"x"_s, u"python"_s, {u"numpy"_s, u"Pandas"_s}, {u"gcc"_s, u"bc"_s}, u"true"_s};
    const QString same = hashOf(recipe);
    QCOMPARE(hashOf({u"y"_s, u"python"_s, {u"pandas"_s, u"numpy"_s, u"numpy"_s}, {u"bc"_s, u"gcc"_s}, u"true"_s}),
             same);
    QVERIFY(hashOf(recipe, u"sha256:2"_s) != same);
    CustomRecipe other = recipe;
    other.packages = {u"numpy"_s};
    QVERIFY(hashOf(other) != same);
    other = recipe;
    other.systemPackages = {u"gcc"_s};
    QVERIFY(hashOf(other) != same);
    other = recipe;
    other.setupScript = u"false"_s;
    QVERIFY(hashOf(other) != same);
}

void tst_customimage::labelsTellAll()
{
    const CustomRecipe recipe{
        u"x"_s, u"python"_s, {u"a>=1,<2"_s, u"b"_s}, {u"gcc"_s}, u"echo \"$HOME\" 'ä'\nexit 0\n"_s};
    docker::ImageSummary summary;
    summary.id = u"sha256:1"_s;
    summary.tags = {u"x:latest"_s};
    summary.labels = recipeLabels(recipe, u"h"_s);
    docker::ImageSummary standard;
    standard.tags = {u"isol8:python"_s};
    standard.labels = {{labels::Image.toString(), u"1"_s}, {labels::Runtime.toString(), u"python"_s}};
    const QList<CustomImage> images = customImages({standard, summary});
    QCOMPARE(images.size(), 1);
    QCOMPARE(images.first().runtime, recipe.runtime);
    QCOMPARE(images.first().packages, recipe.packages);
    QCOMPARE(images.first().systemPackages, recipe.systemPackages);
    QCOMPARE(images.first().setupScript, recipe.setupScript);
    QCOMPARE(images.first().hash, u"h"_s);
    QCOMPARE(findImage(images, u"x"_s), &images.first());
    QCOMPARE(findImage(images, u"sha256:1"_s), &images.first());
    QCOMPARE(findImage(images, u"x:2"_s), nullptr);

    const QString id = u"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"_s;
    docker::ImageSummary made{u"sha256:"_s + id, {u"isol8:python"_s}, 1, 1, {{labels::Image.toString(), u"1"_s}}};
    docker::ImageSummary foreign{u"sha256:"_s + id, {u"isol8:python"_s}, 1, 1, {}};
    QVERIFY(standardImages({foreign}).isEmpty());
    const QList<CustomImage> all = images + standardImages({made});
    QCOMPARE(all.size(), images.size() + 1);
    for (const QString &name :
         {QString(u"sha256:"_s + id), id, id.left(12), QString(u"isol8:python@sha256:"_s + id), u"isol8:python"_s})
        QVERIFY2(findImage(all, name) == &all.last(), qPrintable(name));
    for (const QString &name : {id.left(11), QString(u"sha256:1"_s + id.sliced(1)), QString(u"x@"_s + id.left(11))})
        QVERIFY2(findImage(all, name) != &all.last(), qPrintable(name));
    const Runtime python = RuntimeRegistry::builtIn().byName(u"python"_s).value();
    const RunImage chosen = chooseImage(id, python, {}, &all);
    QVERIFY(chosen.isOwn);
    QCOMPARE(chosen.image, u"isol8:python"_s);
}

void tst_customimage::names_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("full");
    QTest::newRow("plain") << u"x"_s << u"x:latest"_s;
    QTest::newRow("tag") << u"x:1"_s << u"x:1"_s;
    QTest::newRow("port") << u"reg:5000/x"_s << u"reg:5000/x:latest"_s;
    QTest::newRow("port and tag") << u"reg:5000/x:1"_s << u"reg:5000/x:1"_s;
    QTest::newRow("digest") << u"x@sha256:1"_s << u"x@sha256:1"_s;
}

void tst_customimage::names()
{
    QFETCH(QString, name);
    QTEST(fullImageName(name), "full");
}

QTEST_GUILESS_MAIN(tst_customimage)
#include "tst_customimage.moc"
