// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; config
#include <isol8/config/Config.h>
#include <isol8/config/SchemaValidation.h>

#include <QDir>
#include <QFile>
#include <QJsonDocument>
#include <QTemporaryDir>
#include <QTest>

using namespace isol8;
using namespace Qt::StringLiterals;

class tst_config : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void schemaDefaults();
    void schemaDescribesEverything();
    void defaultsAreTheSpecifications();
    void everyKey();
    void poolSize();
    void merging();
    void wrong_data();
    void wrong();
    void secondNet_data();
    void secondNet();
    void wrongLine_data();
    void wrongLine();
    void found_data();
    void found();
    void origins();
    void profilePath();
    void auditFolder();
    void explicitAbsent();
    void unreadable();
};

namespace {

QJsonObject parse(const QByteArray &text)
{
    return QJsonDocument::fromJson(text).object();
}

QJsonObject schema()
{
    return parse(configSchema());
}

QJsonObject resolved(QJsonObject node)
{
    const QString reference = node.value(u"$ref"_s).toString();
    if (reference.isEmpty())
        return node;
    QJsonObject whole = schema()[u"definitions"_s][reference.section(u'/', -1)].toObject();
    for (auto it = node.begin(); it != node.end(); ++it)
        whole.insert(it.key(), it.value());
    return whole;
}

// What the schema itself says the defaults are.
QJsonValue defaultsOf(const QJsonObject &rawNode)
{
    const QJsonObject node = resolved(rawNode);
    const QJsonObject properties = node.value(u"properties"_s).toObject();
    if (properties.isEmpty())
        return node.value(u"default"_s);
    QJsonObject result;
    for (auto it = properties.begin(); it != properties.end(); ++it) {
        if (it.key() != u"$schema")
            result.insert(it.key(), defaultsOf(it.value().toObject()));
    }
    return result;
}

bool write(const QString &path, const QByteArray &text)
{
    QDir().mkpath(path.section(u'/', 0, -2));
    QFile file(path);
    return file.open(QIODevice::WriteOnly) && file.write(text) == text.size();
}

QProcessEnvironment home(const QString &path)
{
    QProcessEnvironment environment;
    environment.insert(u"HOME"_s, path);
    return environment;
}

// The sizes of a file may be written in two ways; one of them.
QJsonValue inBytes(const QJsonValue &value)
{
    if (value.isString() && parseSize(value.toString()))
        return *parseSize(value.toString());
    if (!value.isObject())
        return value;
    QJsonObject object = value.toObject();
    for (auto it = object.begin(); it != object.end(); ++it)
        it.value() = inBytes(it.value());
    return object;
}

} // namespace

void tst_config::schemaDefaults()
{
    const QJsonObject defaults = defaultsOf(schema()).toObject();
    QCOMPARE(QJsonDocument(inBytes(Config{}.toJson()).toObject()).toJson(),
             QJsonDocument(inBytes(defaults).toObject()).toJson());
    auto config = Config::fromJson(defaults);
    QVERIFY2(config, qPrintable(config ? QString() : config.error().message));
    QVERIFY(config->limitsConfigured);
    config->limitsConfigured = false;
    config->limitKeys.clear();
    QCOMPARE(*config, Config{});
    QCOMPARE(Config::fromJson({}).value(), Config{});
}

static void checkDescriptions(const QJsonObject &rawNode, const QString &path)
{
    const QJsonObject node = resolved(rawNode);
    QVERIFY2(!node.value(u"description"_s).toString().isEmpty(), qPrintable(path));
    const QJsonObject properties = node.value(u"properties"_s).toObject();
    if (!properties.isEmpty())
        QVERIFY2(node.value(u"additionalProperties"_s) == QJsonValue(false), qPrintable(path));
    for (auto it = properties.begin(); it != properties.end(); ++it)
        checkDescriptions(it.value().toObject(), path + u'.' + it.key());
}

void tst_config::schemaDescribesEverything()
{
    checkDescriptions(schema(), u"schema"_s);
}

void tst_config::defaultsAreTheSpecifications()
{
    const Config c;
    QCOMPARE(c.maxConcurrent, 10);
    QCOMPARE(c.defaults.timeout, milliseconds(30000));
    QCOMPARE(c.defaults.memoryLimit, 512 * MiB);
    QVERIFY(c.defaults.network == Network::None);
    QVERIFY(c.defaults.readonlyRootFs);
    QCOMPARE(c.limits.maxOutputSize, 16 * MiB);
    QVERIFY(c.security.seccomp == SeccompMode::Strict);
    QCOMPARE(c.poolStrategy, Config::PoolStrategy::Secure);
    QCOMPARE(c.remoteCode.value(u"enabled"_s), QJsonValue(false));
    QCOMPARE(c.remoteCode.value(u"maxCodeSize"_s), QJsonValue(10485760));
    QCOMPARE(c.remoteCode.value(u"allowedSchemes"_s), QJsonValue(QJsonArray{u"https"_s}));
    QCOMPARE(c.audit.value(u"retentionDays"_s), QJsonValue(90));
    QCOMPARE(c.auth.value(u"defaultTtlMs"_s), QJsonValue(86400000));
    QCOMPARE(c.service.value(u"drainMs"_s), QJsonValue(10000));
}

void tst_config::everyKey()
{
    const QJsonObject file = parse(R"({
      "$schema": "x", "maxConcurrent": 3,
      "defaults": {"timeoutMs": 5000, "memoryLimit": "1g", "cpuLimit": 0.5, "network": "filtered", "sandboxSize": 1048576,
                   "tmpSize": "64m", "readonlyRootFs": false, "pidsLimit": 32, "maxOutputSize": "2m"},
      "limits": {"timeoutMs": 6000, "memoryLimit": 8589934592, "cpuLimit": 2, "pidsLimit": 100, "sandboxSize": "3g", "tmpSize": "2g", "maxOutputSize": 5},
      "network": {"whitelist": ["a.example"], "blacklist": ["b"], "allowPrivate": ["10.0.0.1:80"], "ports": [8080],
        "maxConnections": 5, "maxTotalConnections": 6, "maxBytes": "7m", "idleTimeoutMs": 8000},
      "cleanup": {"autoPrune": false, "maxContainerAgeMs": 86400000000, "pauseAfterMs": 2},
      "poolStrategy": "fast", "poolSize": {"clean": 4, "dirty": 5},
      "security": {"seccomp": "custom", "customProfilePath": "/p.json"},
      "remoteCode": {"enabled": true, "maxCodeSize": "1m"}, "audit": {"enabled": true}, "auth": {"enabled": true},
      "service": {"allow": ["image"]}, "prebuiltImages": [{"tag": "t", "runtime": "ruby", "installPackages": ["x"]}],
      "runtimes": {"ruby": {"command": ["ruby", "{file}"], "extensions": [".rb"]}}, "debug": true})");
    const auto config = Config::fromJson(file);
    QVERIFY2(config, qPrintable(config ? QString() : config.error().message));
    QCOMPARE(config->maxConcurrent, 3);
    QCOMPARE(config->defaults.timeout, milliseconds(5000));
    QCOMPARE(config->defaults.memoryLimit, GiB);
    QCOMPARE(config->defaults.cpuLimit, 0.5);
    QVERIFY(config->defaults.network == Network::Filtered);
    QCOMPARE(config->defaults.sandboxSize, MiB);
    QCOMPARE(config->defaults.tmpSize, 64 * MiB);
    QCOMPARE(config->defaults.readonlyRootFs, false);
    QCOMPARE(config->defaults.pidsLimit, 32);
    QCOMPARE(config->defaults.maxOutputSize, 2 * MiB);
    QCOMPARE(config->limits.timeout, milliseconds(6000));
    QCOMPARE(config->limits.memoryLimit, 8 * GiB);
    QCOMPARE(config->limits.maxOutputSize, 5);
    QVERIFY(config->limitsConfigured);
    QCOMPARE(config->limitKeys.size(), 7);
    QCOMPARE(config->network.whitelist, QStringList{u"a.example"_s});
    QCOMPARE(config->network.blacklist, QStringList{u"b"_s});
    QCOMPARE(config->network.allowPrivate, QStringList{u"10.0.0.1:80"_s});
    QCOMPARE(config->network.ports, QList<int>{8080});
    QCOMPARE(config->network.maxConnections, 5);
    QCOMPARE(config->network.maxTotalConnections, 6);
    QCOMPARE(config->network.maxBytes, 7 * MiB);
    QCOMPARE(config->network.idleTimeout, milliseconds(8000));
    QCOMPARE(config->cleanup.autoPrune, false);
    QCOMPARE(config->cleanup.maxContainerAge, milliseconds(86400000000));
    QCOMPARE(config->cleanup.pauseAfter, milliseconds(2));
    QCOMPARE(config->poolStrategy, Config::PoolStrategy::Fast);
    QCOMPARE(config->poolSize.clean, 4);
    QCOMPARE(config->poolSize.dirty, 5);
    QVERIFY(config->security.seccomp == SeccompMode::Custom);
    QCOMPARE(config->security.customProfilePath, u"/p.json"_s);
    QCOMPARE(config->remoteCode.value(u"maxCodeSize"_s), QJsonValue(1048576));
    QCOMPARE(config->remoteCode.value(u"cacheTtl"_s), QJsonValue(3600));
    QCOMPARE(config->prebuiltImages.size(), 1);
    QVERIFY(config->debug);
    const auto again = Config::fromJson(config->toJson());
    QVERIFY2(again, qPrintable(again ? QString() : again.error().message));
    QCOMPARE(*again, *config);
}

void tst_config::poolSize()
{
    QCOMPARE(Config::fromJson({{u"poolSize"_s, 3}}).value().poolSize, (Config::PoolSize{3, 3}));
    QCOMPARE(Config::fromJson({{u"poolSize"_s, QJsonObject{{u"clean"_s, 2}}}}).value().poolSize,
             (Config::PoolSize{2, 1}));
}

void tst_config::merging()
{
    const auto config =
        Config::fromJson(parse(R"({"defaults":{"timeoutMs":1},"limits":{"pidsLimit":10},"audit":{"enabled":true}})"));
    QVERIFY(config);
    QCOMPARE(config->defaults.timeout, milliseconds(1));
    QCOMPARE(config->defaults.memoryLimit, 512 * MiB);
    QCOMPARE(config->limits.memoryLimit, 2 * GiB);
    QCOMPARE(config->limitKeys, QStringList{u"pidsLimit"_s});
    QCOMPARE(config->audit.value(u"destination"_s), QJsonValue(u"filesystem"_s));
}

void tst_config::wrong_data()
{
    QTest::addColumn<QByteArray>("json");
    QTest::addColumn<QString>("message");
    const auto row = [](const char *name, const QByteArray &json, const QString &message) {
        QTest::newRow(name) << json << message;
    };
    row("unknown key", R"({"maxConcurent": 1})", u"maxConcurent is not a known key. Did you mean \"maxConcurrent\"?"_s);
    row("unknown nested key", R"({"defaults": {"memoryLimt": "1g"}})",
        u"defaults.memoryLimt is not a known key. Did you mean \"memoryLimit\"?"_s);
    row("unknown far key", R"({"cleanup": {"zzz": 1}})",
        u"cleanup.zzz is not a known key. Known are autoPrune, maxContainerAgeMs, pauseAfterMs."_s);
    row("text for number", R"({"maxConcurrent": "many"})",
        u"maxConcurrent must be a whole number from 1 to 10000, not \"many\"."_s);
    row("fraction for integer", R"({"maxConcurrent": 1.5})",
        u"maxConcurrent must be a whole number from 1 to 10000, not 1.5."_s);
    row("too small", R"({"maxConcurrent": 0})", u"maxConcurrent must be a whole number from 1 to 10000, not 0."_s);
    row("too large", R"({"defaults": {"timeoutMs": 1e300}})",
        u"defaults.timeoutMs must be a whole number from 1 to 2147483647, not 1.0000000000000001e+300."_s);
    row("text for boolean", R"({"debug": "yes"})", u"debug must be true or false, not \"yes\"."_s);
    row("null", R"({"debug": null})", u"debug must be true or false, not null."_s);
    row("list for object", R"({"defaults": []})", u"defaults must be an object, { … }, not a list."_s);
    row("text for list", R"({"network": {"whitelist": "a"}})",
        u"network.whitelist must be a list, [ … ], not \"a\"."_s);
    row("number in list", R"({"network": {"whitelist": ["a", 1]}})",
        u"network.whitelist[1] must be a text that is not empty, not 1."_s);
    row("port", R"({"network": {"ports": [80, 70000]}})",
        u"network.ports[1] must be a whole number from 1 to 65535, not 70000."_s);
    row("choice", R"({"defaults": {"network": "bridge"}})",
        u"defaults.network must be one of \"none\", \"host\", \"filtered\", not \"bridge\"."_s);
    row("size", R"({"defaults": {"memoryLimit": "lots"}})",
        u"defaults.memoryLimit must be a size such as \"512m\" or \"1g\", or a number of bytes, not \"lots\"."_s);
    row("size zero", R"({"defaults": {"memoryLimit": "0m"}})", u"defaults.memoryLimit: \"0m\" is not a size"_s);
    row("size negative", R"({"defaults": {"tmpSize": -5}})", u"defaults.tmpSize must be a size"_s);
    row("size true", R"({"defaults": {"tmpSize": true}})", u"defaults.tmpSize must be a size"_s);
    row("memory too low", R"({"defaults": {"memoryLimit": "1m"}})",
        u"defaults.memoryLimit is too low; nothing starts with less than 16m."_s);
    row("sandbox too small", R"({"defaults": {"sandboxSize": "4k"}})",
        u"defaults.sandboxSize is too low; nothing starts with less than 64k."_s);
    row("tmp too small", R"({"limits": {"tmpSize": 1}})", u"limits.tmpSize is too low"_s);
    row("no pattern", R"({"network": {"whitelist": ["a", "("]}})",
        u"network.whitelist[1] is \"(\", which cannot be used: a closing parenthesis is missing."_s);
    row("look-ahead", R"({"network": {"whitelist": ["(?=a)b"]}})",
        u"network.whitelist[0] is \"(?=a)b\", which cannot be used: it uses \"(?=\", and these patterns (RE2) have no look-around."_s);
    row("back-reference", R"({"network": {"blacklist": ["(a)\\1"]}})",
        u"network.blacklist[0] is \"(a)\\1\", which cannot be used: it uses \"\\1\", and these patterns (RE2) have no back-references"_s);
    row("no range", R"({"network": {"allowPrivate": ["10/8"]}})",
        u"network.allowPrivate[0] is \"10/8\", which cannot be used: it is no address range"_s);
    row("private without a port", R"({"network": {"allowPrivate": ["a:1", "localhost"]}})",
        u"network.allowPrivate[1] is \"localhost\", which cannot be used: it has neither a port"_s);
    row("no connections", R"({"network": {"maxConnections": 0}})",
        u"network.maxConnections must be a whole number from 1 to 10000, not 0."_s);
    row("bytes", R"({"network": {"maxBytes": "0m"}})", u"network.maxBytes: \"0m\" is not a size"_s);
    row("no pattern to block", R"({"network": {"blacklist": ["*.example"]}})",
        u"network.blacklist[0] is \"*.example\""_s);
    row("limit too low", R"({"limits": {"memoryLimit": "1m"}})", u"limits.memoryLimit is too low"_s);
    row("pool text", R"({"poolSize": "2"})",
        u"poolSize must be a whole number from 0 to 1000 or an object, { … }, not \"2\"."_s);
    row("pool key", R"({"poolSize": {"cleen": 1}})", u"poolSize.cleen is not a known key. Did you mean \"clean\"?"_s);
    row("custom without path", R"({"security": {"seccomp": "custom"}})", u"security.seccomp is \"custom\", but"_s);
    row("path without custom", R"({"security": {"customProfilePath": "/x"}})",
        u"security.customProfilePath is given, but would not be used"_s);
    row("remote size", R"({"remoteCode": {"maxCodeSize": "0k"}})", u"remoteCode.maxCodeSize: \"0k\" is not a size"_s);
    row("scheme", R"({"remoteCode": {"allowedSchemes": ["ftp"]}})", u"remoteCode.allowedSchemes[0] must be one of"_s);
    row("allowed host", R"({"remoteCode": {"allowedHosts": ["a.example", "*.example"]}})",
        u"remoteCode.allowedHosts[1] is \"*.example\", which cannot be used: there is nothing in front of"_s);
    row("blocked host", R"({"remoteCode": {"blockedHosts": ["(?=a).*"]}})",
        u"remoteCode.blockedHosts[0] is \"(?=a).*\", which cannot be used: it uses"_s);
    row("blocked range", R"({"remoteCode": {"blockedHosts": ["10.0.0.0/8", "10.0.0/8"]}})",
        u"remoteCode.blockedHosts[1] is \"10.0.0/8\", which cannot be used: it is no address range"_s);
    row("image without tag", R"({"prebuiltImages": [{"runtime": "python"}]})", u"prebuiltImages[0].tag is missing."_s);
    row("image's runtime", R"({"prebuiltImages": [{"tag": "x", "runtime": "pyton"}]})",
        u"prebuiltImages[0].runtime is \"pyton\"; there are"_s);
    row("tag twice", R"({"prebuiltImages": [{"tag": "x", "runtime": "node"}, {"tag": "x", "runtime": "node"}]})",
        u"prebuiltImages[1].tag is \"x\", as another"_s);
    row("image's key", R"({"prebuiltImages": [{"tag": "x", "runtime": "node", "packages": []}]})",
        u"prebuiltImages[0].packages is not a known key."_s);
    row("runtime's key", R"({"runtimes": {"ruby": {"comand": []}}})",
        u"runtimes.ruby.comand is not a known key. Did you mean \"command\"?"_s);
    row("runtime's command", R"({"runtimes": {"ruby": {"command": []}}})", u"runtimes.ruby.command is missing"_s);
    row("runtime's placeholder", R"({"runtimes": {"ruby": {"command": ["ruby"]}}})",
        u"runtimes.ruby.command mentions neither"_s);
    row("audit destination", R"({"audit": {"destination": "syslog"}})",
        u"audit.destination must be one of \"filesystem\", \"stdout\", not \"syslog\"."_s);
    row("service allow", R"({"service": {"allow": ["everything"]}})", u"service.allow[0] must be one of"_s);
}

void tst_config::wrong()
{
    QFETCH(QByteArray, json);
    QFETCH(QString, message);
    QJsonParseError error;
    const QJsonObject object = QJsonDocument::fromJson(json, &error).object();
    QCOMPARE(error.error, QJsonParseError::NoError);
    const auto config = Config::fromJson(object);
    QVERIFY(!config);
    QCOMPARE(config.error().code, errors::BadConfig);
    QVERIFY2(config.error().message.startsWith(message), qPrintable(config.error().message));
}

void tst_config::secondNet_data()
{
    QTest::addColumn<QByteArray>("json");
    QTest::addColumn<bool>("fits");
    QTest::newRow("empty") << QByteArray("{}") << true;
    QTest::newRow("64 bits") << QByteArray(R"({"defaults": {"memoryLimit": 8589934592}})") << true;
    QTest::newRow("both forms") << QByteArray(R"({"poolSize": 2, "limits": {"tmpSize": "1g"}})") << true;
    QTest::newRow("unknown key") << QByteArray(R"({"defaults": {"x": 1}})") << false;
    QTest::newRow("type") << QByteArray(R"({"debug": "yes"})") << false;
    QTest::newRow("range") << QByteArray(R"({"maxConcurrent": 0})") << false;
    QTest::newRow("choice") << QByteArray(R"({"poolStrategy": "slow"})") << false;
    QTest::newRow("pattern") << QByteArray(R"({"defaults": {"tmpSize": "big"}})") << false;
    QTest::newRow("item") << QByteArray(R"({"network": {"ports": [0]}})") << false;
    QTest::newRow("missing") << QByteArray(R"({"prebuiltImages": [{"tag": "x"}]})") << false;
}

// valijson alone.
void tst_config::secondNet()
{
    QFETCH(QByteArray, json);
    QFETCH(bool, fits);
    const auto misfit = misfitOf(parse(json), schema());
    QVERIFY2(misfit.has_value() != fits, qPrintable(misfit.value_or(u"no misfit"_s)));
}

void tst_config::wrongLine_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("message");
    QTest::newRow("unknown key")
        << QByteArray("{\n  \"defaults\": {\n    \"memoryLimt\": \"1g\"\n  }\n}")
        << u"FILE, line 3: defaults.memoryLimt is not a known key. Did you mean \"memoryLimit\"?"_s;
    QTest::newRow("wrong type") << QByteArray("{\n\n  \"debug\": 1\n}")
                                << u"FILE, line 3: debug must be true or false, not 1."_s;
    QTest::newRow("in a list") << QByteArray("{\n \"network\": {\n  \"ports\": [1,\n 0]}}")
                               << u"FILE, line 3: network.ports[1] must be"_s;
    QTest::newRow("in a runtime") << QByteArray("{\n \"runtimes\": {\n  \"ruby\": {\n   \"command\": [\"ruby\"]}}}")
                                  << u"FILE, line 4: runtimes.ruby.command mentions neither"_s;
    QTest::newRow("missing") << QByteArray("{\n \"prebuiltImages\": [\n {\"tag\": \"x\"}]}")
                             << u"FILE, line 2: prebuiltImages[0].runtime is missing."_s;
    QTest::newRow("syntax") << QByteArray("{\n  \"debug\": true,\n}")
                            << u"FILE, line 2, column 16: There is a comma before }; remove it."_s;
    QTest::newRow("duplicate") << QByteArray("{\n  \"debug\": true,\n  \"debug\": false\n}")
                               << u"FILE, line 3, column 3: The key debug is given twice; keep one."_s;
    QTest::newRow("not an object") << QByteArray("[]")
                                   << u"FILE, line 1, column 1: A configuration is an object: { … }."_s;
    QTest::newRow("empty") << QByteArray()
                           << u"FILE, line 1, column 1: The file is empty; write {} for the defaults."_s;
}

void tst_config::wrongLine()
{
    QFETCH(QByteArray, text);
    QFETCH(QString, message);
    const auto config = parseConfig(text, u"FILE"_s);
    QVERIFY(!config);
    QCOMPARE(config.error().code, errors::BadConfig);
    QVERIFY2(config.error().message.startsWith(message), qPrintable(config.error().message));
}

void tst_config::found_data()
{
    QTest::addColumn<QStringList>("files"); // that exist
    QTest::addColumn<QString>("explicitPath");
    QTest::addColumn<QString>("variable");
    QTest::addColumn<QString>("expected");
    const QString local = u"work/isol8.config.json"_s;
    const QString user = u"home/.isol8/config.json"_s;
    const QStringList all{local, user, u"work/a.json"_s, u"work/b.json"_s};
    QTest::newRow("none") << QStringList{} << QString() << QString() << QString();
    QTest::newRow("user's") << QStringList{user} << QString() << QString() << user;
    QTest::newRow("folder's first") << all << QString() << QString() << local;
    QTest::newRow("variable") << all << QString() << u"a.json"_s << u"work/a.json"_s;
    QTest::newRow("explicit wins") << all << u"b.json"_s << u"a.json"_s << u"work/b.json"_s;
}

void tst_config::found()
{
    QFETCH(QStringList, files);
    QFETCH(QString, explicitPath);
    QFETCH(QString, variable);
    QFETCH(QString, expected);
    QTemporaryDir folder;
    const QString root = folder.path() + u'/';
    for (qsizetype i = 0; i < files.size(); ++i)
        QVERIFY(write(root + files[i], R"({"maxConcurrent": )" + QByteArray::number(i + 1) + '}'));
    QProcessEnvironment environment = home(root + u"home"_s);
    if (!variable.isEmpty())
        environment.insert(u"ISOL8_CONFIG"_s, variable);
    const auto loaded = loadConfig(explicitPath, root + u"work"_s, environment);
    QVERIFY2(loaded, qPrintable(loaded ? QString() : loaded.error().message));
    QCOMPARE(loaded->path, expected.isEmpty() ? QString() : QString(root + expected));
    QCOMPARE(loaded->config.maxConcurrent, expected.isEmpty() ? 10 : int(files.indexOf(expected)) + 1);
}

void tst_config::origins()
{
    QTemporaryDir folder;
    const QString path = folder.path() + u"/isol8.config.json"_s;
    QVERIFY(write(
        path, R"({"defaults": {"memoryLimit": "1g"}, "poolSize": 2, "network": {"whitelist": []}, "runtimes": {}})"));
    const auto loaded = loadConfig({}, folder.path(), home(folder.path()));
    QVERIFY(loaded);
    QCOMPARE(loaded->origins.value(u"defaults.memoryLimit"_s), path);
    QCOMPARE(loaded->origins.value(u"defaults.timeoutMs"_s), u"default"_s);
    QCOMPARE(loaded->origins.value(u"poolSize.clean"_s), path);
    QCOMPARE(loaded->origins.value(u"poolSize.dirty"_s), path);
    QCOMPARE(loaded->origins.value(u"network.whitelist"_s), path);
    QCOMPARE(loaded->origins.value(u"network.blacklist"_s), u"default"_s);
    QCOMPARE(loaded->origins.value(u"runtimes"_s), path);
    QCOMPARE(loaded->origins.value(u"audit.logDir"_s), u"default"_s);
    const QString nothing = u"nothing"_s;
    for (const QString &key :
         {u"debug"_s, u"limits.cpuLimit"_s, u"remoteCode.enabled"_s, u"service.drainMs"_s, u"prebuiltImages"_s})
        QVERIFY2(loaded->origins.value(key, nothing) == u"default", qPrintable(key));
}

void tst_config::profilePath()
{
    QTemporaryDir folder;
    QVERIFY(write(folder.path() + u"/c/x.json"_s,
                  R"({"security": {"seccomp": "custom", "customProfilePath": "../p.json"}})"));
    const auto loaded = loadConfig(u"c/x.json"_s, folder.path(), home(folder.path()));
    QVERIFY(loaded);
    QCOMPARE(loaded->config.security.customProfilePath, QString(folder.path() + u"/p.json"_s));
}

void tst_config::auditFolder()
{
    QTemporaryDir folder;
    QProcessEnvironment environment = home(folder.path());
    environment.insert(u"ISOL8_AUDIT_DIR"_s, u"/var/audit"_s);
    auto loaded = loadConfig({}, folder.path(), environment);
    QVERIFY(loaded);
    QCOMPARE(loaded->config.audit.value(u"logDir"_s), QJsonValue(u"/var/audit"_s));
    QCOMPARE(loaded->origins.value(u"audit.logDir"_s), u"ISOL8_AUDIT_DIR"_s);
    QVERIFY(write(folder.path() + u"/isol8.config.json"_s, R"({"audit": {"logDir": "/x"}})"));
    loaded = loadConfig({}, folder.path(), environment);
    QVERIFY(loaded);
    QCOMPARE(loaded->config.audit.value(u"logDir"_s), QJsonValue(u"/x"_s));
}

void tst_config::explicitAbsent()
{
    QTemporaryDir folder;
    auto loaded = loadConfig(u"no.json"_s, folder.path(), home(folder.path()));
    QVERIFY(!loaded);
    QCOMPARE(loaded.error().message,
             QString(u"There is no configuration file "_s + folder.path() + u"/no.json (--config names it)."_s));
    QProcessEnvironment environment = home(folder.path());
    environment.insert(u"ISOL8_CONFIG"_s, u"/no/such.json"_s);
    loaded = loadConfig({}, folder.path(), environment);
    QVERIFY(!loaded);
    QCOMPARE(loaded.error().message, u"There is no configuration file /no/such.json (ISOL8_CONFIG names it)."_s);
}

void tst_config::unreadable()
{
    QTemporaryDir folder;
    QDir(folder.path()).mkdir(u"isol8.config.json"_s);
    const auto loaded = loadConfig({}, folder.path(), home(folder.path()));
    QVERIFY(!loaded);
    QCOMPARE(loaded.error().code, errors::BadConfig);
    QVERIFY(loaded.error().message.contains(u"is a folder"));
}

QTEST_GUILESS_MAIN(tst_config)
#include "tst_config.moc"
