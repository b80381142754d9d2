// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker; registry runtime
// The real installers, as their manifests start them, with the origins behind an HTTP proxy: npm, bun and deno against
// the npm registry that this machine is configured for, pip against an index made here.
#include "support/Docker.h"
#include "support/Origins.h"

#include <isol8/registry/Registries.h>
#include <isol8/runtime/Runtime.h>

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace isol8;
using namespace isol8::registry;
using namespace isol8::test;
using namespace Qt::StringLiterals;

class tst_installers : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void npm_data();
    void npm();
    void pip();
    void wordsOfFailure_data();
    void wordsOfFailure();

private:
    struct Outcome
    {
        int exitCode = -1;
        QByteArray output;
    };
    Outcome inside(const QString &runtime, const QStringList &packages, const QString &program,
                   const QMap<QString, QString> &env = {});
    static bool makeWheel(const QString &path, const QString &name, const QString &dependency);

    std::unique_ptr<OriginProxy> m_proxy;
};

// Installs \a packages in a fresh container of the runtime's image and runs \a program there, as user sandbox.
tst_installers::Outcome tst_installers::inside(const QString &name, const QStringList &packages, const QString &program,
                                               const QMap<QString, QString> &more)
{
    const Runtime runtime = RuntimeRegistry::builtIn().byName(name).value();
    const auto plan = planInstall(runtime, packages);
    if (!plan)
        return {-1, plan.error().message.toUtf8()};
    QMap<QString, QString> env = runtime.env;
    env.insert(u"HOME"_s, u"/sandbox"_s);
    env.insert(u"PROGRAM"_s, program);
    env.insert(u"PATH"_s, u"/sandbox/.local/bin:/sandbox/node_modules/.bin:/usr/local/bin:/usr/bin:/bin"_s);
    QStringList command{u"run"_s,        u"--rm"_s,
                        u"--network"_s,  u"host"_s,
                        u"--user"_s,     u"1000:1000"_s,
                        u"--workdir"_s,  u"/sandbox"_s,
                        u"--tmpfs"_s,    u"/sandbox:exec,uid=1000,gid=1000,size=512m"_s,
                        u"--tmpfs"_s,    u"/tmp:exec,mode=1777,size=256m"_s,
                        u"--read-only"_s};
    for (auto it = env.cbegin(); it != env.cend(); ++it)
        command << u"--env"_s << QString(it.key() + u'=' + it.value());
    const QString file = u"/sandbox/main"_s + runtime.extensions.first();
    // The installer alone has the proxy; the program has no network that it could use.
    QStringList installer{u"env"_s};
    QMap<QString, QString> installEnv = plan->env;
    installEnv.insert(more);
    for (const QString &variable : {u"http_proxy"_s, u"https_proxy"_s, u"HTTP_PROXY"_s, u"HTTPS_PROXY"_s})
        installEnv.insert(variable, m_proxy->url());
    for (auto it = installEnv.cbegin(); it != installEnv.cend(); ++it)
        installer << QString(it.key() + u'=' + it.value());
    installer += plan->argv;
    const QStringList run = expandCommand(runtime.command, {file, {}, {}, {}, {}});
    command << runtime.image << u"bash"_s << u"-c"_s
            << u"\"${@:1:%1}\" || exit 90; printf %s \"$PROGRAM\" > %2; https_proxy=http://127.0.0.1:9 "
               "http_proxy=http://127.0.0.1:9 \"${@:%3}\"; code=$?; du -sh /sandbox /tmp >&2; exit $code"_s
                   .arg(installer.size())
                   .arg(file)
                   .arg(installer.size() + 1)
            << u"bash"_s << installer << run;

    QProcess process;
    process.setProcessChannelMode(QProcess::MergedChannels);
    process.start(u"docker"_s, command);
    (void)QTest::qWaitFor([&] { return process.state() == QProcess::NotRunning; }, 240000);
    if (process.state() != QProcess::NotRunning)
        process.kill();
    process.waitForFinished(5000);
    return {process.exitCode(), process.readAll()};
}

bool tst_installers::makeWheel(const QString &path, const QString &name, const QString &dependency)
{
    QProcess python;
    python.start(
        u"python3"_s,
        {u"-c"_s,
         u"import sys, zipfile\n"
         "path, name, dependency = sys.argv[1:]\n"
         "with zipfile.ZipFile(path, 'w') as z:\n"
         "    info = name + '-1.0.dist-info/'\n"
         "    z.writestr(name + '.py', 'answer = 42\\n')\n"
         "    z.writestr(info + 'METADATA', 'Metadata-Version: 2.1\\nName: ' + name + '\\nVersion: 1.0\\n'\n"
         "               + ('Requires-Dist: ' + dependency + '\\n' if dependency else ''))\n"
         "    z.writestr(info + 'WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')\n"
         "    z.writestr(info + 'RECORD', '')\n"_s,
         path, name, dependency});
    return python.waitForFinished(20000) && python.exitCode() == 0;
}

void tst_installers::npm_data()
{
    QTest::addColumn<QString>("runtime");
    QTest::addColumn<QString>("package");
    QTest::addColumn<QString>("program");
    const QString require = u"console.log('odd', require('is-odd')(3))"_s;
    const QString import = u"import isOdd from 'is-odd'; console.log('odd', isOdd(3))"_s;
    QTest::newRow("npm") << u"node"_s << u"is-odd@3.0.1"_s << require;
    QTest::newRow("bun") << u"bun"_s << u"is-odd@^3"_s << import;
    QTest::newRow("deno") << u"deno"_s << u"is-odd@3.0.1"_s
                          << QString(import).replace(u"'is-odd'"_s, u"'npm:is-odd@3.0.1'"_s);
    QTest::newRow("npm, scope") << u"node"_s << u"@sindresorhus/is@4.6.0"_s
                                << u"console.log('odd', require('@sindresorhus/is').number(3))"_s;
    QTest::newRow("npm, many") << u"node"_s << u"express@4"_s
                               << u"console.log('odd', typeof require('express') == 'function')"_s;
    QTest::newRow("deno, scope") << u"deno"_s << u"npm:@sindresorhus/is@4.6.0"_s
                                 << u"import is from 'npm:@sindresorhus/is@4.6.0'; console.log('odd', is.number(3))"_s;
}

void tst_installers::npm()
{
    QFETCH(QString, runtime);
    QFETCH(QString, package);
    QFETCH(QString, program);
    if (!dockertest::hasImage(u"isol8:"_s + runtime))
        QSKIP("the runtime's image is not there");
    QTemporaryDir cache;
    const Registries registries(RegistrySettings::read(SettingsSources::ofThisProcess()), cache.path());
    auto install = registries.install(runtime, u"image"_s, {package});
    const Taken probe = take(install->origins().value("npm.isol8.internal"), "/is-odd", {}, "HEAD");
    if (probe.head.status != 200)
        QSKIP("the npm registry that this machine is configured for does not answer");

    for (const bool again : {false, true}) {
        install = registries.install(runtime, u"image"_s, {package});
        m_proxy = std::make_unique<OriginProxy>(install->origins());
        const Outcome outcome = inside(runtime, {package}, program, install->environment());
        QVERIFY2(outcome.exitCode == 0 && outcome.output.contains("odd true"), outcome.output.constData());
        qInfo("%s", outcome.output.constData());
        for (const QByteArray &line : m_proxy->log)
            QVERIFY2(line.startsWith("200 "), line.constData());
        install->succeeded();
        if (again)
            QCOMPARE(install->statistics().bytesFetched, 0);
        else
            QVERIFY(install->statistics().fetched > 0);
    }
}

void tst_installers::pip()
{
    if (!dockertest::hasImage(u"isol8:python"_s))
        QSKIP("the image isol8:python is not there");
    QTemporaryDir files;
    if (!makeWheel(files.filePath(u"one.whl"_s), u"one"_s, u"two>=1"_s) ||
        !makeWheel(files.filePath(u"two.whl"_s), u"two"_s, {}))
        QSKIP("no python3 to make packages with");
    FakeRegistry first;
    FakeRegistry second;
    const auto content = [&](const QString &name) {
        QFile file(files.filePath(name));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    };
    first.answer("/simple/one/", {200,
                                  {"Content-Type: text/html"},
                                  "<!DOCTYPE html><a href=\"../../files/one-1.0-py3-none-any.whl\">one</a>",
                                  false,
                                  -1,
                                  false});
    first.answer("/files/one-1.0-py3-none-any.whl", {200, {}, content(u"one.whl"_s), false, -1, false});
    second.answer(
        "/simple/two/",
        {200,
         {"Content-Type: application/vnd.pypi.simple.v1+json"},
         R"({"meta":{"api-version":"1.0"},"name":"two","files":[{"filename":"two-1.0-py3-none-any.whl","hashes":{},"url":")" +
             second.url().toLatin1() + R"(files/two-1.0-py3-none-any.whl"}]})",
         true,
         -1,
         false});
    second.answer("/files/two-1.0-py3-none-any.whl", {200, {}, content(u"two.whl"_s), true, -1, false});
    RegistrySettings settings;
    settings.npm.registries = {QUrl(u"https://unused.example/"_s)};
    settings.pypi.registries = {registryUrl(first.url() + u"simple"_s), registryUrl(second.url() + u"simple"_s)};

    QTemporaryDir cache;
    const Registries registries(settings, cache.path());
    for (const bool again : {false, true}) {
        const auto install = registries.install(u"python"_s, u"image"_s, {u"one"_s});
        m_proxy = std::make_unique<OriginProxy>(install->origins());
        const Outcome outcome =
            inside(u"python"_s, {u"one==1.0"_s}, u"import one, two; print('odd', one.answer + two.answer)"_s,
                   install->environment());
        QVERIFY2(outcome.exitCode == 0 && outcome.output.contains("odd 84"), outcome.output.constData());
        qInfo("%s", outcome.output.constData());
        install->succeeded();
        if (again)
            QCOMPARE(install->statistics().bytesFetched, 0);
        else
            QVERIFY(install->statistics().fetched >= 4);
    }
}

void tst_installers::wordsOfFailure_data()
{
    QTest::addColumn<QString>("runtime");
    QTest::addColumn<int>("status");
    QTest::addColumn<QByteArray>("words");
    QTest::newRow("npm, 404") << u"node"_s << 404 << QByteArray("404");
    QTest::newRow("npm, 403") << u"node"_s << 401 << QByteArray("credentials in the host's own configuration");
    QTest::newRow("npm, 502") << u"node"_s << 500 << QByteArray("502");
    QTest::newRow("bun, 404") << u"bun"_s << 404 << QByteArray("404");
    QTest::newRow("bun, 502") << u"bun"_s << 500 << QByteArray("502");
    QTest::newRow("deno, 404") << u"deno"_s << 404 << QByteArray("does not exist");
    QTest::newRow("deno, 502") << u"deno"_s << 500 << QByteArray("502");
    QTest::newRow("pip, 404") << u"python"_s << 404 << QByteArray("No matching distribution");
    QTest::newRow("pip, 403") << u"python"_s << 401 << QByteArray("No matching distribution");
}

void tst_installers::wordsOfFailure()
{
    QFETCH(QString, runtime);
    QFETCH(int, status);
    QFETCH(QByteArray, words);
    if (!dockertest::hasImage(u"isol8:"_s + runtime))
        QSKIP("the runtime's image is not there");
    FakeRegistry server;
    server.answer("/nothing-here", {status, {}, "{}", false, -1, false});
    server.answer("/simple/nothing-here/", {status, {}, "{}", false, -1, false});
    RegistrySettings settings;
    settings.npm.registries = {registryUrl(server.url())};
    settings.pypi.registries = {registryUrl(server.url() + u"simple"_s)};
    const Registries registries(settings, {});
    const auto install = registries.install(runtime, u"image"_s, {u"nothing-here"_s});
    m_proxy = std::make_unique<OriginProxy>(install->origins());
    const Outcome outcome = inside(runtime, {u"nothing-here"_s}, u"x"_s, install->environment());
    QCOMPARE(outcome.exitCode, 90);
    QVERIFY2(outcome.output.contains(words), outcome.output.constData());
    qInfo("%s", outcome.output.constData());
}

QTEST_GUILESS_MAIN(tst_installers)
#include "tst_installers.moc"
