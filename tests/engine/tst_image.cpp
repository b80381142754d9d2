// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; image
// What is made and when: recipes and their hashes, states, plans; and the check-up of Docker.
#include <isol8/base/Units.h>
#include <isol8/image/CheckUp.h>
#include <isol8/image/EmbeddedScripts.h>
#include <isol8/image/Recipe.h>

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>
#include <QTest>

#include <set>

using namespace isol8;
using namespace Qt::StringLiterals;

namespace {

using Status = ImageState::Status;

docker::ImageSummary image(const QString &tag, const QString &hash, const QString &id)
{
    docker::ImageSummary summary;
    summary.id = id;
    summary.tags = {tag};
    summary.size = 42;
    summary.labels = {{labels::Image.toString(), u"1"_s}, {labels::Hash.toString(), hash}};
    return summary;
}

// "python:missing base:stale …", the rest current.
QList<ImageState> statesFrom(const QString &text)
{
    QList<ImageState> states = imageStates(imageRecipes(u"amd64"), {});
    for (ImageState &state : states)
        state.status = Status::Current;
    for (const QString &word : text.split(u' ', Qt::SkipEmptyParts)) {
        for (ImageState &state : states) {
            if (state.recipe.name == word.section(u':', 0, 0))
                state.status = word.endsWith(":missing"_L1) ? Status::Missing : Status::Stale;
        }
    }
    return states;
}

QJsonObject goodInfo()
{
    return {{u"ServerVersion"_s, u"20.10.24"_s},
            {u"OSType"_s, u"linux"_s},
            {u"Architecture"_s, u"x86_64"_s},
            {u"MemoryLimit"_s, true},
            {u"SwapLimit"_s, true},
            {u"CpuCfsPeriod"_s, true},
            {u"CpuCfsQuota"_s, true},
            {u"PidsLimit"_s, true},
            {u"DockerRootDir"_s, u"/var/lib/docker"_s},
            {u"SecurityOptions"_s, QJsonArray{u"name=seccomp,profile=default"_s}}};
}

} // namespace

class tst_image : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void recipes();
    void architectures();
    void agentLock();
    void states();
    void plan_data();
    void plan();
    void planRefusesUnknown();
    void checkUp_data();
    void checkUp();
};

void tst_image::recipes()
{
    const QList<ImageRecipe> recipes = imageRecipes(u"amd64");
    QStringList seen;
    std::set<QString> hashes;
    for (const ImageRecipe &recipe : recipes) {
        QCOMPARE(recipe.tag, u"isol8:"_s + recipe.name);
        QVERIFY2(recipe.base.isEmpty() || seen.contains(recipe.base), qPrintable(recipe.name + u" before its base"_s));
        QVERIFY(QRegularExpression(u"^[0-9a-f]{64}$"_s).match(recipe.hash).hasMatch());
        hashes.insert(recipe.hash);
        seen.append(recipe.name);
    }
    QCOMPARE(qsizetype(hashes.size()), recipes.size());
    for (const QString &runtime : imageRuntimes())
        QVERIFY2(seen.contains(runtime), qPrintable(runtime));
    QCOMPARE(imageRecipes(u"amd64"), recipes);
    QVERIFY(slimImage().contains(u':'));
}

void tst_image::architectures()
{
    QCOMPARE(imageArchitecture(u"x86_64"), u"amd64"_s);
    QCOMPARE(imageArchitecture(u"aarch64"), u"arm64"_s);
    QCOMPARE(imageArchitecture(u"riscv64"), QString());
    const QList<ImageRecipe> amd = imageRecipes(u"amd64");
    const QList<ImageRecipe> arm = imageRecipes(u"arm64");
    QCOMPARE(amd.size(), arm.size());
    for (qsizetype i = 0; i < amd.size(); ++i)
        QVERIFY2(amd.at(i).hash != arm.at(i).hash, qPrintable(amd.at(i).name));
}

// A script gets it as a variable (below 128 KiB for Linux), npm finds each package by the machine's own registry, and
// nothing is installed that is not what it was.
void tst_image::agentLock()
{
    const QByteArray text = isol8_embedded_images_agent_lock();
    QVERIFY(text.size() + qstrlen("ISOL8_AGENT_LOCK=") < 128 * 1024);
    const QJsonObject packages = QJsonDocument::fromJson(text).object().value(u"packages").toObject();
    QVERIFY(packages.size() > 100);
    for (auto it = packages.begin(); it != packages.end(); ++it) {
        const QJsonObject package = it.value().toObject();
        QVERIFY2(!package.contains(u"resolved"), qPrintable(it.key()));
        QVERIFY2(it.key().isEmpty() || package.value(u"integrity").toString().startsWith(u"sha512-"),
                 qPrintable(it.key()));
    }
    const QString agent = u"@mariozechner/pi-coding-agent"_s;
    const QString asked =
        packages.value(QString()).toObject().value(u"dependencies").toObject().value(agent).toString();
    QCOMPARE(packages.value(u"node_modules/"_s + agent).toObject().value(u"version").toString(), asked);
    QVERIFY2(asked.at(0).isDigit(), qPrintable(asked)); // one version, no range
}

void tst_image::states()
{
    const QList<ImageRecipe> recipes = imageRecipes(u"amd64");
    const QList<ImageState> states = imageStates(recipes, {image(u"isol8:python"_s, recipes.at(0).hash, u"sha256:a"_s),
                                                           image(u"isol8:base"_s, u"older"_s, u"sha256:b"_s),
                                                           image(u"my:own"_s, u"x"_s, u"sha256:c"_s)});
    QCOMPARE(states.size(), recipes.size());
    QCOMPARE(states.at(0).status, Status::Current);
    QCOMPARE(states.at(0).id, u"sha256:a"_s);
    QCOMPARE(states.at(0).size, 42);
    QCOMPARE(states.at(1).status, Status::Stale);
    QCOMPARE(states.at(2).status, Status::Missing);
    QCOMPARE(states.at(2).id, QString());
}

void tst_image::plan_data()
{
    QTest::addColumn<QString>("states");
    QTest::addColumn<QStringList>("runtimes");
    QTest::addColumn<bool>("force");
    QTest::addColumn<QString>("expected");

    const QString nothing =
        u"python:missing base:missing bash:missing node:missing bun:missing deno:missing agent:missing"_s;
    const QString all = u"python base bash node bun deno agent"_s;
    QTest::newRow("all current") << QString() << QStringList() << false << QString();
    QTest::newRow("none there") << nothing << QStringList() << false << all;
    QTest::newRow("python alone") << nothing << QStringList{u"python"_s} << false << u"python"_s;
    QTest::newRow("node brings its base") << nothing << QStringList{u"node"_s} << false << u"base node"_s;
    const QStringList agent{u"agent"_s};
    QTest::newRow("agent brings node and its base") << nothing << agent << false << u"base node agent"_s;
    QTest::newRow("agent on a current node") << u"base:stale agent:missing"_s << agent << false << u"agent"_s;
    QTest::newRow("agent on a stale node")
        << u"node:stale agent:stale bun:stale"_s << agent << false << u"node agent"_s;
    QTest::newRow("agent on a stale node without base")
        << u"base:missing node:stale agent:stale"_s << agent << false << u"base node agent"_s;
    QTest::newRow("agent current on a stale node") << u"node:stale"_s << agent << false << QString();
    QTest::newRow("forced, agent") << QString() << agent << true << u"agent"_s;
    QTest::newRow("forced, agent on a missing node") << u"node:missing"_s << agent << true << u"node agent"_s;
    QTest::newRow("node and agent") << u"node:stale agent:stale"_s << QStringList{u"agent"_s, u"node"_s} << false
                                    << u"node agent"_s;
    QTest::newRow("two that share one") << nothing << QStringList{u"bun"_s, u"bash"_s} << false << u"base bash bun"_s;
    QTest::newRow("resumed") << u"bun:missing deno:missing"_s << QStringList() << false << u"bun deno"_s;
    QTest::newRow("a stale base, all current") << u"base:stale"_s << QStringList() << false << QString();
    QTest::newRow("a stale base below a stale one")
        << u"base:stale deno:stale"_s << QStringList() << false << u"base deno"_s;
    QTest::newRow("forced, all") << QString() << QStringList() << true << all;
    QTest::newRow("forced, one") << QString() << QStringList{u"node"_s} << true << u"node"_s;
    QTest::newRow("forced, one, no base") << u"base:missing"_s << QStringList{u"node"_s} << true << u"base node"_s;
    QTest::newRow("named twice") << nothing << QStringList{u"python"_s, u"python"_s} << false << u"python"_s;
}

void tst_image::plan()
{
    QFETCH(QString, states);
    QFETCH(QStringList, runtimes);
    QFETCH(bool, force);
    QFETCH(QString, expected);
    const auto plan = imagePlan(statesFrom(states), runtimes, force);
    QVERIFY(plan);
    QStringList names;
    for (const ImageState &state : *plan)
        names.append(state.recipe.name);
    QCOMPARE(names.join(u' '), expected);
}

void tst_image::planRefusesUnknown()
{
    for (const QString &name : {u"ruby"_s, u"base"_s, QString()}) {
        const auto plan = imagePlan(statesFrom({}), {name}, false);
        QVERIFY(!plan);
        QCOMPARE(plan.error().code, errors::UnknownRuntime);
        QVERIFY2(plan.error().message.contains(u"python"), qPrintable(plan.error().message));
    }
}

void tst_image::checkUp_data()
{
    QTest::addColumn<QJsonObject>("change");
    QTest::addColumn<qint64>("freeBytes");
    QTest::addColumn<QStringList>("problems");

    QTest::newRow("all well") << QJsonObject() << 20 * GiB << QStringList();
    QTest::newRow("remote: disk unknown") << QJsonObject() << qint64(-1) << QStringList();
    QTest::newRow("disk full") << QJsonObject() << 100 * MiB << QStringList{u"disk"_s};
    QTest::newRow("windows") << QJsonObject{{u"OSType"_s, u"windows"_s}} << 20 * GiB << QStringList{u"system"_s};
    QTest::newRow("no system named") << QJsonObject{{u"OSType"_s, QJsonValue()}} << 20 * GiB
                                     << QStringList{u"system"_s};
    QTest::newRow("risc-v") << QJsonObject{{u"Architecture"_s, u"riscv64"_s}} << 20 * GiB
                            << QStringList{u"architecture"_s};
    QTest::newRow("arm") << QJsonObject{{u"Architecture"_s, u"aarch64"_s}} << 20 * GiB << QStringList();
    QTest::newRow("no memory limit") << QJsonObject{{u"MemoryLimit"_s, false}} << 20 * GiB
                                     << QStringList{u"memory_limit"_s};
    QTest::newRow("no swap limit") << QJsonObject{{u"SwapLimit"_s, false}} << 20 * GiB << QStringList{u"swap_limit"_s};
    QTest::newRow("no cpu quota") << QJsonObject{{u"CpuCfsQuota"_s, false}} << 20 * GiB << QStringList{u"cpu_limit"_s};
    QTest::newRow("no pids limit") << QJsonObject{{u"PidsLimit"_s, false}} << 20 * GiB << QStringList{u"pids_limit"_s};
    QTest::newRow("no seccomp") << QJsonObject{{u"SecurityOptions"_s, QJsonArray{u"name=apparmor"_s}}} << 20 * GiB
                                << QStringList{u"seccomp"_s};
    QTest::newRow("rootless without cgroups")
        << QJsonObject{{u"MemoryLimit"_s, false},
                       {u"SwapLimit"_s, false},
                       {u"CpuCfsQuota"_s, false},
                       {u"PidsLimit"_s, false},
                       {u"SecurityOptions"_s, QJsonArray{u"name=seccomp"_s, u"name=rootless"_s}}}
        << 20 * GiB << QStringList{u"memory_limit"_s, u"swap_limit"_s, u"cpu_limit"_s, u"pids_limit"_s};
    QTest::newRow("wrong types") << QJsonObject{{u"MemoryLimit"_s, u"yes"_s}, {u"SecurityOptions"_s, 7}} << 20 * GiB
                                 << QStringList{u"memory_limit"_s, u"seccomp"_s};
}

void tst_image::checkUp()
{
    QFETCH(QJsonObject, change);
    QFETCH(qint64, freeBytes);
    QFETCH(QStringList, problems);
    QJsonObject info = goodInfo();
    for (auto it = change.begin(); it != change.end(); ++it)
        info.insert(it.key(), it.value());
    QStringList found;
    for (const CheckItem &item : checkDocker(info, freeBytes)) {
        QVERIFY2(item.found.endsWith(u'.'), qPrintable(item.found));
        if (item.level == CheckItem::Level::Ok) {
            QCOMPARE(item.advice, QString());
            continue;
        }
        found.append(item.id);
        QVERIFY2(item.advice.endsWith(u'.'), qPrintable(item.id));
        if (change.value(u"SecurityOptions").toArray().contains(u"name=rootless"_s))
            QVERIFY2(item.advice.contains(u"Delegate"), qPrintable(item.advice));
    }
    QCOMPARE(found, problems);
}

QTEST_GUILESS_MAIN(tst_image)
#include "tst_image.moc"
