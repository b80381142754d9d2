// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; service
#include <service/ConfigReload.h>
#include <service/RequestPolicy.h>

#include <isol8/execution/Explicit.h>
#include <isol8/execution/RunPlan.h>
#include <isol8/execution/SessionTerms.h>

#include <QJsonDocument>
#include <QTest>

using namespace isol8;
using namespace isol8::service;
using namespace Qt::StringLiterals;

namespace {

const RuntimeRegistry registry = RuntimeRegistry::builtIn();

Config configOf(const QByteArray &json)
{
    const auto config = Config::fromJson(QJsonDocument::fromJson(json).object());
    return config ? *config : throw std::runtime_error(config.error().message.toStdString());
}

// As Runs::start() does it for a stranger, and the engine after it.
Result<RunPlan> planOf(const QByteArray &body, const Config &config, const QList<CustomImage> &images = {},
                       QStringList *limited = nullptr)
{
    auto message = ExecuteMessage::fromJson(body);
    if (!message)
        return isol8::fail(message.error());
    if (const auto allowed = applyRequestPolicy(&*message, config); !allowed)
        return isol8::fail(allowed.error());
    if (message->isExplicit)
        return isol8::fail(u"explicit", u"is still believed"_s);
    const auto filled =
        makeExplicit(std::move(message->request), std::move(message->options), registry, config, LimitsApplied::All, 2);
    if (!filled)
        return isol8::fail(filled.error());
    if (limited)
        *limited = filled->limited;
    return planRun(filled->request, filled->options, {config, registry, LimitsApplied::All, 2, &images});
}

QByteArray withOptions(const QByteArray &options)
{
    return R"({"request": {"code": "x", "runtime": "python"}, "options": )" + options + "}";
}

} // namespace

/*
    What a request over HTTP may set: each line of that section of the specification, and each way round it that needs
    no sandbox. The others are in tst_remotepolicy.
*/
class tst_requestpolicy : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void decides_data();
    void decides();
    void limits_data();
    void limits();
    void hosts_data();
    void hosts();
    void images_data();
    void images();
    void sessionsKeepTheirImage();
    void reload();
};

void tst_requestpolicy::decides_data()
{
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QByteArray>("config");
    QTest::addColumn<QString>("code");  // empty: it may
    QTest::addColumn<QString>("names"); // in service.allow
    const auto row = [](const char *name, const QByteArray &options, const QByteArray &config, const QString &names) {
        QTest::newRow(name) << withOptions(options) << config << (names.isEmpty() ? QString() : u"not_allowed"_s)
                            << names;
    };
    const QByteArray none = "{}";
    const QString security = u"security"_s, root = u"readonlyRootFs"_s, host = u"network:host"_s;
    row("nothing", "{}", none, {});
    row("network none", R"({"network": "none"})", none, {});
    row("network filtered", R"({"network": "filtered"})", none, {});
    row("network none, where it is host", R"({"network": "none"})", R"({"defaults": {"network": "host"}})", {});
    row("network host", R"({"network": "host"})", none, host);
    row("network host, as the server has it", R"({"network": "host"})", R"({"defaults": {"network": "host"}})", {});
    row("network host, allowed", R"({"network": "host"})", R"({"service": {"allow": ["network:host"]}})", {});
    row("network host, something else allowed", R"({"network": "host"})",
        R"({"service": {"allow": ["security", "readonlyRootFs", "persist", "isolation", "priority", "image"]}})", host);
    row("network host behind a filter", R"({"network": "host", "networkFilter": {"whitelist": ["a.example"]}})", none,
        host);

    row("seccomp unconfined", R"({"security": {"seccomp": "unconfined"}})", none, security);
    row("seccomp as the server has it", R"({"security": {"seccomp": "strict"}})", none, {});
    row("seccomp unconfined, as the server has it", R"({"security": {"seccomp": "unconfined"}})",
        R"({"security": {"seccomp": "unconfined"}})", {});
    row("a profile", R"({"security": {"seccomp": "custom", "customProfilePath": "/etc/passwd"}})", none, security);
    row("a profile's path alone", R"({"security": {"customProfilePath": "/etc/passwd"}})", none, security);
    row("another path under the server's custom", R"({"security": {"customProfilePath": "/etc/passwd"}})",
        R"({"security": {"seccomp": "custom", "customProfilePath": "/profile.json"}})", security);
    row("strict under the server's custom", R"({"security": {"seccomp": "strict"}})",
        R"({"security": {"seccomp": "custom", "customProfilePath": "/profile.json"}})", security);
    row("seccomp, allowed", R"({"security": {"seccomp": "unconfined"}})", R"({"service": {"allow": ["security"]}})",
        {});
    row("an empty security", R"({"security": {}})", none, {});

    row("writable root", R"({"readonlyRootFs": false})", none, root);
    row("read-only root", R"({"readonlyRootFs": true})", none, {});
    row("writable root, as the server has it", R"({"readonlyRootFs": false})",
        R"({"defaults": {"readonlyRootFs": false}})", {});
    row("read-only root, where the server's is not", R"({"readonlyRootFs": true})",
        R"({"defaults": {"readonlyRootFs": false}})", {});
    row("writable root, allowed", R"({"readonlyRootFs": false})", R"({"service": {"allow": ["readonlyRootFs"]}})", {});

    row("persist", R"({"persist": true})", none, u"persist"_s);
    row("no persist", R"({"persist": false})", none, {});
    row("persist, allowed", R"({"persist": true})", R"({"service": {"allow": ["persist"]}})", {});
    row("isolation", R"({"isolation": "runc"})", none, u"isolation"_s);
    row("isolation by default", R"({"isolation": "default"})", none, {});
    row("isolation, allowed", R"({"isolation": "runc"})", R"({"service": {"allow": ["isolation"]}})", {});
    row("priority", R"({"priority": 1})", none, u"priority"_s);
    row("a low priority", R"({"priority": -1})", none, u"priority"_s);
    row("priority 0", R"({"priority": 0})", none, {});
    row("priority, allowed", R"({"priority": 1})", R"({"service": {"allow": ["priority"]}})", {});

    row("what is ignored",
        R"({"audit": {"enabled": true, "logDir": "/etc"}, "remoteCode": {"enabled": true, "allowedSchemes": ["http"]},
            "debug": true, "poolStrategy": "fast", "poolSize": 99})",
        none, {});
    row("what is ignored, of any type", R"({"audit": 1, "remoteCode": [], "poolStrategy": {}, "poolSize": "many"})",
        none, {});
    // Whoever says that nothing is to be filled in is not believed, and judged all the same.
    QTest::newRow("explicit") << QByteArray(
                                     R"({"request": {"code": "x", "runtime": "python"}, "explicit": true,
                                         "options": {"memoryLimit": "16g", "network": "none"}})")
                              << none << QString() << QString();
    QTest::newRow("explicit, writable root")
        << QByteArray(R"({"request": {"code": "x"}, "explicit": true, "options": {"readonlyRootFs": false}})") << none
        << u"not_allowed"_s << root;
    QTest::newRow("asked for nothing")
        << QByteArray(R"({"request": {"code": "x"}, "asked": [], "options": {"network": "host"}})") << none
        << u"not_allowed"_s << host;
    QTest::newRow("a session's first run")
        << QByteArray(R"({"request": {"code": "x"}, "sessionId": "s", "options": {"network": "host"}})") << none
        << u"not_allowed"_s << host;
    QTest::newRow("a key twice")
        << QByteArray(R"({"request": {"code": "x"}, "options": {"network": "none", "network": "host"}})") << none
        << u"not_allowed"_s << host;
}

void tst_requestpolicy::decides()
{
    QFETCH(QByteArray, body);
    QFETCH(QByteArray, config);
    QFETCH(QString, code);
    QFETCH(QString, names);
    auto message = ExecuteMessage::fromJson(body);
    QVERIFY2(message, message ? "" : qPrintable(message.error().message));
    const auto allowed = applyRequestPolicy(&*message, configOf(config));
    QCOMPARE(allowed ? QString() : allowed.error().code, code);
    if (!allowed) {
        QVERIFY2(allowed.error().message.contains(u'"' + names + u'"'), qPrintable(allowed.error().message));
        return;
    }
    QVERIFY(message->options.confined);
    QVERIFY(!message->options.debug);
    QVERIFY(!message->options.remoteCode);
    QVERIFY(!message->isExplicit);
}

void tst_requestpolicy::limits_data()
{
    QTest::addColumn<QByteArray>("body");
    const QByteArray options = R"({"memoryLimit": "1t", "cpuLimit": 64, "pidsLimit": 100000, "sandboxSize": "1t",
                                   "tmpSize": "1t", "maxOutputSize": "1t", "timeoutMs": 2000000000})";
    QTest::newRow("run") << withOptions(options);
    QTest::newRow("explicit") << R"({"explicit": true, "request": {"code": "x", "runtime": "python"}, "options": )" +
                                     options + "}";
    QTest::newRow("session") << R"({"sessionId": "s", "request": {"code": "x", "runtime": "python"}, "options": )" +
                                    options + "}";
    QTest::newRow("asked") << R"({"sessionId": "s", "asked": [], "request": {"code": "x"}, "options": )" + options +
                                  "}";
}

void tst_requestpolicy::limits()
{
    QFETCH(QByteArray, body);
    QStringList limited;
    const Config config;
    const auto plan = planOf(body, config, {}, &limited);
    QVERIFY2(plan, plan ? "" : qPrintable(plan.error().message));
    QCOMPARE(plan->spec.memory, config.limits.memoryLimit);
    QCOMPARE(plan->spec.cpus, 2.0);
    QCOMPARE(plan->spec.pids, config.limits.pidsLimit);
    QCOMPARE(plan->spec.sandboxSize, config.limits.sandboxSize);
    QCOMPARE(plan->spec.tmpSize, config.limits.tmpSize);
    QCOMPARE(plan->maxOutput, config.limits.maxOutputSize);
    QCOMPARE(plan->timeout, config.limits.timeout);
    limited.sort();
    QCOMPARE(limited, (QStringList{u"cpuLimit"_s, u"maxOutputSize"_s, u"memoryLimit"_s, u"pidsLimit"_s,
                                   u"sandboxSize"_s, u"timeoutMs"_s, u"tmpSize"_s}));
}

void tst_requestpolicy::hosts_data()
{
    QTest::addColumn<QByteArray>("config");
    QTest::addColumn<QByteArray>("filter");
    QTest::addColumn<QString>("reached"); // of a.example, b.example, c.example
    const auto row = [](const char *name, const QByteArray &config, const QByteArray &filter, const QString &reached) {
        QTest::newRow(name) << R"({"network": )" + config + "}" << filter << reached;
    };
    row("both empty", "{}", "{}", u"abc"_s);
    row("the request's", "{}", R"({"whitelist": ["a.example"]})", u"a"_s);
    row("the server's", R"({"whitelist": ["a.example"]})", "{}", u"a"_s);
    row("the request's is everything", R"({"whitelist": ["a.example"]})", R"({"whitelist": [".*"]})", u"a"_s);
    row("the request's is empty", R"({"whitelist": ["a.example"]})", R"({"whitelist": []})", u"a"_s);
    row("both must match", R"({"whitelist": ["a.example", "b.example"]})",
        R"({"whitelist": ["b.example", "c.example"]})", u"b"_s);
    row("the server's blacklist", R"({"blacklist": ["b.example"]})", R"({"whitelist": ["b.example"]})", QString());
    row("no blacklist asked for", R"({"blacklist": ["b.example"]})", R"({"blacklist": []})", u"ac"_s);
    row("both blacklists", R"({"blacklist": ["b.example"]})", R"({"blacklist": ["c.example"]})", u"a"_s);
    row("blacklisted within the ceiling", R"({"whitelist": [".*\\.example"], "blacklist": ["b.example"]})",
        R"({"whitelist": ["b.example", "c.example"]})", u"c"_s);
}

void tst_requestpolicy::hosts()
{
    QFETCH(QByteArray, config);
    QFETCH(QByteArray, filter);
    QFETCH(QString, reached);
    const auto plan =
        planOf(withOptions(R"({"network": "filtered", "networkFilter": )" + filter + "}"), configOf(config));
    QVERIFY2(plan, plan ? "" : qPrintable(plan.error().message));
    QVERIFY(plan->network.rules);
    QString found;
    for (const QString &name : {u"a"_s, u"b"_s, u"c"_s}) {
        const auto target = egress::parseAuthority(QString(name + u".example"_s).toUtf8(), 443);
        QVERIFY(target.value);
        if (plan->network.rules->judge(*target.value).code.isEmpty())
            found += name;
    }
    QCOMPARE(found, reached);
}

void tst_requestpolicy::images_data()
{
    QTest::addColumn<QString>("image");
    QTest::addColumn<QByteArray>("allow");
    QTest::addColumn<bool>("fine");
    const auto row = [](const char *name, const QString &image, bool fine, const QByteArray &allow = "[]") {
        QTest::newRow(name) << image << allow << fine;
    };
    row("the runtime's", u"isol8:python"_s, true);
    row("another runtime's", u"isol8:node"_s, true);
    row("a custom one", u"pandas"_s, true);
    row("a custom one by its tag", u"pandas:latest"_s, true);
    row("a custom one by another tag", u"team/data:2"_s, true);
    row("a custom one by its id", u"sha256:"_s + QString(64, u'a'), true);
    row("a stranger's", u"debian:bookworm"_s, false);
    row("a stranger's by its id", u"sha256:"_s + QString(64, u'b'), false);
    row("a custom one by its short id", QString(12, u'a'), true);
    row("less of an id than a short one", QString(11, u'a'), false);
    row("a stranger's by its short id", QString(12, u'b'), false);
    row("a stranger's with our name before it", u"isol8:evil"_s, false);
    row("our name and a digest", u"isol8:python@sha256:"_s + QString(64, u'b'), false);
    row("our name at a registry", u"evil.example/isol8:python"_s, false);
    row("our name in capitals", u"ISOL8:python"_s, false);
    row("our name and a blank", u"isol8:python "_s, false);
    row("a stranger's, allowed", u"debian:bookworm"_s, true, R"(["image"])");
    row("a stranger's, something else allowed", u"debian:bookworm"_s, false, R"(["security"])");
}

void tst_requestpolicy::images()
{
    QFETCH(QString, image);
    QFETCH(QByteArray, allow);
    QFETCH(bool, fine);
    CustomImage pandas;
    pandas.id = u"sha256:"_s + QString(64, u'a');
    pandas.tags = {u"pandas:latest"_s, u"team/data:2"_s};
    pandas.runtime = u"python"_s;
    const Config config = configOf(R"({"service": {"allow": )" + allow + "}}");
    for (const QByteArray session : {"", R"("sessionId": "s", )"}) {
        const QByteArray body = "{" + session + R"("request": {"code": "x", "runtime": "python"}, "asked": [],
                                "options": {"image": ")" +
                                image.toUtf8() + R"("}})";
        const auto plan = planOf(body, config, {pandas});
        QVERIFY2(plan.has_value() == fine, plan ? "" : qPrintable(plan.error().message));
        if (!plan && !image.endsWith(u' '))
            QCOMPARE(plan.error().code, u"not_allowed"_s);
    }
}

// A session goes on in its image although nobody finds it by a name any more.
void tst_requestpolicy::sessionsKeepTheirImage()
{
    RunOptions options;
    options.ownImagesOnly = true;
    options.asked = QStringList();
    RunRequest request;
    SessionTerms terms;
    terms.spec.image = u"sha256:"_s + QString(64, u'a');
    adoptTerms(&request, &options, terms);
    QCOMPARE(options.image, terms.spec.image);
    QVERIFY(!options.ownImagesOnly);

    options = {};
    options.ownImagesOnly = true;
    options.image = u"debian:bookworm"_s;
    options.asked.reset();
    adoptTerms(&request, &options, terms);
    QCOMPARE(options.image, u"debian:bookworm"_s);
    QVERIFY(options.ownImagesOnly);
}

void tst_requestpolicy::reload()
{
    const Config before = configOf(R"({"maxConcurrent": 3, "limits": {"memoryLimit": "1g"}})");
    const Config file = configOf(R"({"maxConcurrent": 5, "limits": {"pidsLimit": 9}, "network": {"whitelist": ["a.b"]},
                                     "service": {"allow": ["image"]}, "poolStrategy": "fast"})");
    const ConfigReload reloaded = reloadConfig(before, file);
    QCOMPARE(reloaded.changed, (QStringList{u"limits"_s, u"network"_s, u"service"_s}));
    QCOMPARE(reloaded.kept, (QStringList{u"maxConcurrent"_s, u"poolStrategy"_s}));
    QCOMPARE(reloaded.config.maxConcurrent, 3);
    QCOMPARE(reloaded.config.limits, file.limits);
    QCOMPARE(reloaded.config.limitKeys, file.limitKeys);
    QCOMPARE(reloaded.config.network, file.network);
    const ConfigReload again = reloadConfig(reloaded.config, file);
    QCOMPARE(again.changed, QStringList());
    QCOMPARE(again.kept, reloaded.kept);
}

QTEST_GUILESS_MAIN(tst_requestpolicy)
#include "tst_requestpolicy.moc"
