// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; execution
#include <isol8/execution/Resolve.h>

#include <QTest>

using namespace isol8;
using namespace Qt::StringLiterals;

class tst_resolve : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void defaults();
    void precedence_data();
    void precedence();
    void limits_data();
    void limits();
    void networkRules();
    void seccomp();
    void image();
};

static Runtime python()
{
    return RuntimeRegistry::builtIn().byName(u"python").value();
}

static Runtime withDefaults(const QJsonObject &defaults)
{
    Runtime runtime = python();
    runtime.defaults = defaults;
    return runtime;
}

void tst_resolve::defaults()
{
    const ResolvedOptions r = resolve({}, {}, python(), Config{}, LimitsApplied::All, 2);
    QCOMPARE(r.timeout, milliseconds(30000));
    QCOMPARE(r.memoryLimit, 512 * MiB);
    QCOMPARE(r.cpuLimit, 1.0);
    QCOMPARE(r.pidsLimit, 64);
    QCOMPARE(r.sandboxSize, 512 * MiB);
    QCOMPARE(r.tmpSize, 256 * MiB);
    QCOMPARE(r.maxOutputSize, MiB);
    QVERIFY(r.readonlyRootFs);
    QVERIFY(r.network == Network::None);
    QVERIFY(r.seccomp == SeccompMode::Strict);
    QCOMPARE(r.image, u"isol8:python"_s);
    QCOMPARE(r.limited, QStringList());
}

void tst_resolve::precedence_data()
{
    QTest::addColumn<int>("request"); // ms; 0: not given
    QTest::addColumn<int>("options");
    QTest::addColumn<int>("runtime");
    QTest::addColumn<int>("config");
    QTest::addColumn<int>("expected");
    QTest::newRow("default") << 0 << 0 << 0 << 0 << 30000;
    QTest::newRow("config") << 0 << 0 << 0 << 5 << 5;
    QTest::newRow("runtime over config") << 0 << 0 << 4 << 5 << 4;
    QTest::newRow("options over runtime") << 0 << 3 << 4 << 5 << 3;
    QTest::newRow("request over all") << 2 << 3 << 4 << 5 << 2;
    QTest::newRow("request over options") << 2 << 1 << 0 << 0 << 2;
}

void tst_resolve::precedence()
{
    QFETCH(int, request);
    QFETCH(int, options);
    QFETCH(int, runtime);
    QFETCH(int, config);
    QFETCH(int, expected);
    RunRequest q;
    if (request)
        q.timeout = milliseconds(request);
    RunOptions o;
    if (options)
        o.timeout = milliseconds(options);
    Config c;
    if (config)
        c.defaults.timeout = milliseconds(config);
    const Runtime r = runtime ? withDefaults({{u"timeoutMs"_s, runtime}}) : python();
    QCOMPARE(resolve(q, o, r, c, LimitsApplied::All, 2).timeout, milliseconds(expected));
}

void tst_resolve::limits_data()
{
    QTest::addColumn<QJsonObject>("options");
    QTest::addColumn<QJsonObject>("configured");
    QTest::addColumn<int>("applied");
    QTest::addColumn<QString>("amounts"); // timeout memory cpu pids sandbox tmp output
    QTest::addColumn<QStringList>("limited");
    const QJsonObject much{{u"timeoutMs"_s, 900000},     {u"memoryLimit"_s, u"16g"_s}, {u"cpuLimit"_s, 64},
                           {u"pidsLimit"_s, 1000},       {u"sandboxSize"_s, u"9g"_s},  {u"tmpSize"_s, u"9g"_s},
                           {u"maxOutputSize"_s, u"1g"_s}};
    const QStringList all{u"timeoutMs"_s,   u"memoryLimit"_s, u"cpuLimit"_s,     u"pidsLimit"_s,
                          u"sandboxSize"_s, u"tmpSize"_s,     u"maxOutputSize"_s};
    const QString uncut = u"900000 16g 64 1000 9g 9g 1g"_s;
    const auto row = [](const char *name, const QJsonObject &options, const QJsonObject &configured,
                        LimitsApplied applied, const QString &amounts, const QStringList &limited) {
        QTest::newRow(name) << options << configured << int(applied) << amounts << limited;
    };
    row("none", much, {}, LimitsApplied::None, uncut, {});
    row("none, though configured", much, {{u"pidsLimit"_s, 5}}, LimitsApplied::None, uncut, {});
    row("configured: nothing is", much, {}, LimitsApplied::Configured, uncut, {});
    row("configured: one", much, {{u"pidsLimit"_s, 5}}, LimitsApplied::Configured, u"900000 16g 64 5 9g 9g 1g"_s,
        {u"pidsLimit"_s});
    row("all", much, {}, LimitsApplied::All, u"600000 2g 2 256 2g 1g 16m"_s, all);
    row("all, one configured", much, {{u"cpuLimit"_s, 4}, {u"memoryLimit"_s, u"4g"_s}}, LimitsApplied::All,
        u"600000 4g 4 256 2g 1g 16m"_s, all);
    row("within", {{u"memoryLimit"_s, u"2g"_s}, {u"pidsLimit"_s, 256}}, {}, LimitsApplied::All,
        u"30000 2g 1 256 512m 256m 1m"_s, {});
    row("lower is kept", {{u"memoryLimit"_s, u"64m"_s}}, {}, LimitsApplied::All, u"30000 64m 1 64 512m 256m 1m"_s, {});
    row("a default is cut silently", {}, {{u"memoryLimit"_s, u"128m"_s}}, LimitsApplied::All,
        u"30000 128m 1 64 512m 256m 1m"_s, {});
    row("one asked for is named", {{u"memoryLimit"_s, u"129m"_s}}, {{u"memoryLimit"_s, u"128m"_s}},
        LimitsApplied::Configured, u"30000 128m 1 64 512m 256m 1m"_s, {u"memoryLimit"_s});
}

void tst_resolve::limits()
{
    QFETCH(QJsonObject, options);
    QFETCH(QJsonObject, configured);
    QFETCH(int, applied);
    QFETCH(QString, amounts);
    QFETCH(QStringList, limited);
    const auto config = Config::fromJson(configured.isEmpty() ? QJsonObject() : QJsonObject{{u"limits"_s, configured}});
    const auto parsed = RunOptions::fromJson(options);
    QVERIFY(config && parsed);
    const ResolvedOptions r = resolve({}, *parsed, python(), *config, LimitsApplied(applied), 2);
    const QString found = u"%1 %2 %3 %4 %5 %6 %7"_s.arg(r.timeout.count())
                              .arg(formatSize(r.memoryLimit))
                              .arg(r.cpuLimit)
                              .arg(r.pidsLimit)
                              .arg(formatSize(r.sandboxSize), formatSize(r.tmpSize), formatSize(r.maxOutputSize));
    QCOMPARE(found, amounts);
    QCOMPARE(r.limited, limited);
}

void tst_resolve::networkRules()
{
    Config config;
    config.network.whitelist = {u"a"_s};
    config.network.blacklist = {u"b"_s};
    config.network.ports = {443};
    RunOptions options;
    ResolvedOptions r = resolve({}, options, python(), config, LimitsApplied::None, 0);
    QCOMPARE(r.networkRules.whitelist, QStringList{u"a"_s});
    options.whitelist = {{u"c"_s}};
    options.blacklist = {{u"d"_s}};
    options.network = Network::Filtered;
    r = resolve({}, options, python(), config, LimitsApplied::None, 0);
    QVERIFY(r.network == Network::Filtered);
    QCOMPARE(r.networkRules.whitelist, QStringList{u"c"_s});
    QCOMPARE(r.networkRules.blacklist, (QStringList{u"b"_s, u"d"_s}));
    QCOMPARE(r.networkRules.ports, QList<int>{443});
}

void tst_resolve::seccomp()
{
    Config config;
    config.security = {SeccompMode::Custom, u"/p"_s};
    RunOptions options;
    ResolvedOptions r = resolve({}, options, python(), config, LimitsApplied::None, 0);
    QVERIFY(r.seccomp == SeccompMode::Custom);
    QCOMPARE(r.customProfilePath, u"/p"_s);
    options.customProfilePath = u"/q"_s;
    r = resolve({}, options, python(), config, LimitsApplied::None, 0);
    QCOMPARE(r.customProfilePath, u"/q"_s);
    options.seccomp = SeccompMode::Strict;
    r = resolve({}, options, python(), config, LimitsApplied::None, 0);
    QVERIFY(r.seccomp == SeccompMode::Strict);
    QCOMPARE(r.customProfilePath, QString());
}

void tst_resolve::image()
{
    RunOptions options;
    options.image = u"mine:1"_s;
    options.isolation = u"runsc"_s;
    const Runtime runtime = withDefaults({{u"sandboxSize"_s, u"2g"_s}, {u"pidsLimit"_s, 200}, {u"cpuLimit"_s, 0.5}});
    const ResolvedOptions r = resolve({}, options, runtime, Config{}, LimitsApplied::None, 0);
    QCOMPARE(r.image, u"mine:1"_s);
    QCOMPARE(r.isolation, u"runsc"_s);
    QCOMPARE(r.sandboxSize, 2 * GiB);
    QCOMPARE(r.pidsLimit, 200);
    QCOMPARE(r.cpuLimit, 0.5);
}

QTEST_GUILESS_MAIN(tst_resolve)
#include "tst_resolve.moc"
