// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker; builder execution egress http
// Custom images on the real daemon: built from a local index, this machine's npm registry and Debian's archive, and
// run.
#include "support/Docker.h"
#include "support/TestImages.h"
#include "support/WheelIndex.h"

#include <isol8/builder/ImageBuild.h>
#include <isol8/builder/ImageBuilds.h>
#include <isol8/execution/LocalEngine.h>

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QTest>

#include <memory>

using namespace isol8;
using namespace Qt::StringLiterals;

namespace {

QByteArray told(const RunResult &result)
{
    return QByteArray(result.stdoutText + result.stderrText + result.error.toUtf8());
}

} // namespace

class tst_imagebuild : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();

    void pip();
    void npm_data();
    void npm();
    void unchanged();
    void scriptOrder();
    void scriptFails();
    void failingLeavesNothing_data();
    void failingLeavesNothing();
    void cancelledLeavesNothing_data();
    void cancelledLeavesNothing();
    void otherNames_data();
    void otherNames();
    void rebuiltIsUsed();
    void severalGoOn();
    void debian();
    void debianAndPip();

private:
    struct Built
    {
        Error error;
        CustomImage image;
        bool made = false;
    };
    Built build(const CustomRecipe &recipe, bool force = false);
    RunResult run(const QString &runtime, const QByteArray &code, const QStringList &packages,
                  const RunOptions &options = {}, const QString &setupScript = {});
    QString tag(const QString &name) const
    {
        return u"isol8-test-build%1-%2"_s.arg(QCoreApplication::applicationPid()).arg(name);
    }

    QTemporaryDir m_folder;
    std::unique_ptr<test::WheelIndex> m_index;
    std::unique_ptr<docker::Client> m_client;
    std::unique_ptr<LocalEngine> m_engine;
    QStringList m_tags;
};

void tst_imagebuild::init()
{
    static int number = 0;
    qputenv("XDG_CACHE_HOME", m_folder.filePath(u"cache%1"_s.arg(++number)).toLocal8Bit());
    m_index = std::make_unique<test::WheelIndex>();
    m_client =
        std::make_unique<docker::Client>(docker::Endpoint::discover(QProcessEnvironment::systemEnvironment()).value());
    m_engine = std::make_unique<LocalEngine>();
}

void tst_imagebuild::cleanup()
{
    const QString id = m_engine->id();
    bool stopped = false;
    m_engine->stop({this, [&](const Result<void> &) { stopped = true; }});
    QTRY_VERIFY_WITH_TIMEOUT(stopped, 30000);
    m_engine.reset();
    QVERIFY(dockertest::gone(id, 10000));
    for (const QString &name : std::exchange(m_tags, {}))
        dockertest::docker({u"rmi"_s, u"-f"_s, name});
}

tst_imagebuild::Built tst_imagebuild::build(const CustomRecipe &recipe, bool force)
{
    if (!recipe.tag.startsWith(u"isol8:"))
        m_tags.append(recipe.tag);
    ImageBuild build(m_client.get(), recipe, RuntimeRegistry::builtIn().byName(recipe.runtime).value(), force);
    std::optional<Error> ended;
    connect(&build, &ImageBuild::finished, this, [&](const Error &error) { ended = error; });
    build.start();
    if (!QTest::qWaitFor([&] { return ended.has_value(); }, 300000))
        return {{u"hangs"_s, {}, {}}, {}, false};
    const bool clean = dockertest::gone(build.engineId(), 10000);
    return {clean ? *ended : Error{u"leaves a container"_s, {}, {}}, build.image(), build.wasBuilt()};
}

RunResult tst_imagebuild::run(const QString &runtime, const QByteArray &code, const QStringList &packages,
                              const RunOptions &options, const QString &setupScript)
{
    RunRequest request;
    request.runtime = runtime;
    request.code = code;
    request.installPackages = packages;
    request.setupScript = setupScript;
    request.timeout = milliseconds(90000);
    std::unique_ptr<Run> run(m_engine->execute(request, options));
    if (!QTest::qWaitFor([&] { return run->isFinished(); }, 120000))
        run->cancel();
    return run->result();
}

// Built with the index, then used without: the import works, the programs of packages are found, nothing is asked for.
void tst_imagebuild::pip()
{
    m_index->offer("answer", "value = 42\ndef main():\n    print('main', value)\n");
    m_index->offer("other", "value = 7\n");
    const Built built = build({tag(u"pip"_s), u"python"_s, {u"answer"_s, u"other==1.0"_s}, {}, {}});
    QVERIFY2(built.error.code.isEmpty(), qPrintable(built.error.message + built.error.detail));
    QVERIFY(built.made);
    QCOMPARE(built.image.runtime, u"python"_s);
    QCOMPARE(built.image.packages, (QStringList{u"answer"_s, u"other==1.0"_s}));
    QVERIFY(m_index->requests() > 0);
    m_index.reset(); // from here on an install must fail

    const QByteArray code = "import answer, other, os\nprint(answer.value, other.value, os.listdir('/sandbox'))\n"
                            "os.system('answer')\n";
    RunOptions named;
    named.image = tag(u"pip"_s);
    for (const QStringList &packages : {QStringList{}, {u"answer"_s}, {u"Other>=1"_s, u"answer"_s}}) {
        // Without packages it must be named; with them it is found.
        const RunResult result = run(u"python"_s, code, packages, packages.isEmpty() ? named : RunOptions());
        QCOMPARE(result.stdoutText, QByteArray("42 7 ['main.py']\nmain 42\n"));
        QVERIFY2(result.reason == Reason::Completed, told(result).constData());
        QCOMPARE(result.resourceUsage.networkBytesIn, 0);
    }
    QCOMPARE(run(u"python"_s, code, {u"answer"_s}, named).stdoutText, QByteArray("42 7 ['main.py']\nmain 42\n"));
    // One that it has not is installed, which fails here; and so does a version that it may not have.
    QVERIFY(run(u"python"_s, code, {u"answer"_s, u"third"_s}).reason == Reason::SetupFailed);
    QVERIFY(run(u"python"_s, code, {u"answer==1.0"_s}).reason == Reason::SetupFailed);
}

void tst_imagebuild::npm_data()
{
    QTest::addColumn<QString>("runtime");
    QTest::addColumn<QString>("package");
    QTest::addColumn<QString>("wanted");
    QTest::addColumn<QByteArray>("program");
    const QByteArray import = "import isOdd from 'is-odd'; console.log('odd', isOdd(3))";
    QTest::newRow("node") << u"node"_s << u"is-odd@3.0.1"_s << u"is-odd@^3"_s
                          << QByteArray("console.log('odd', require('is-odd')(3))");
    QTest::newRow("node, a program") << u"node"_s << u"semver@7.6.0"_s << u"semver"_s
                                     << QByteArray("console.log(require('child_process').execSync('semver 1.2.3 && "
                                                   "echo odd true').toString().split('\\n')[1])");
    QTest::newRow("bun") << u"bun"_s << u"is-odd@3.0.1"_s << u"is-odd@3"_s << import;
    QTest::newRow("deno") << u"deno"_s << u"npm:is-odd@3.0.1"_s << u"is-odd@3.0.1"_s
                          << QByteArray(import).replace("'is-odd'", "'npm:is-odd@3.0.1'");
}

void tst_imagebuild::npm()
{
    QFETCH(QString, runtime);
    QFETCH(QString, package);
    QFETCH(QString, wanted);
    QFETCH(QByteArray, program);
    const Built built = build({tag(runtime), runtime, {package}, {}, {}});
    QVERIFY2(built.error.code.isEmpty(), qPrintable(built.error.message + built.error.detail));
    qputenv("npm_config_registry", "http://127.0.0.1:9/"); // from here on an install must fail
    const RunResult result = run(runtime, program, {wanted});
    const RunResult without = run(runtime, program, {});
    qunsetenv("npm_config_registry");
    QVERIFY2(result.stdoutText == "odd true\n", told(result).constData());
    QCOMPARE(result.exitCode, 0);
    QVERIFY(without.exitCode != 0); // it is the image that has it
}

void tst_imagebuild::unchanged()
{
    const CustomRecipe recipe{tag(u"same"_s), u"bash"_s, {}, {}, u"true"_s};
    const Built first = build(recipe);
    QVERIFY2(first.error.code.isEmpty(), qPrintable(first.error.message));
    QVERIFY(first.made);
    const Built second = build(recipe);
    QVERIFY(second.error.code.isEmpty());
    QVERIFY(!second.made);
    QCOMPARE(second.image, first.image);
    QVERIFY(build(recipe, true).made);

    CustomRecipe other = recipe;
    other.setupScript = u"false"_s;
    const Built changed = build(other);
    QVERIFY(changed.made);
    QVERIFY(changed.image.id != first.image.id);
    QCOMPARE(changed.image.setupScript, u"false"_s);
    // The image that had the name is gone.
    QVERIFY(dockertest::docker({u"inspect"_s, u"-f"_s, u"{{.Id}}"_s, first.image.id}).isEmpty());
}

// Spec section 4: the image's script, the installs, the request's script, the program; all in /sandbox, as its user.
void tst_imagebuild::scriptOrder()
{
    m_index->offer("answer", "value = 42\n");
    const QString script = u"has() { python3 -c 'import answer' 2> /dev/null && echo has || echo lacks; }\n"_s;
    const Built built =
        build({tag(u"order"_s), u"python"_s, {}, {}, script + u"echo image $(pwd) $(id -u) $(has) $WHO >> order\n"_s});
    QVERIFY2(built.error.code.isEmpty(), qPrintable(built.error.message));
    RunOptions options;
    options.image = tag(u"order"_s);
    options.secrets = {{u"WHO"_s, u"secret"_s}};
    const RunResult result = run(u"python"_s, "print(open('order').read(), end='')", {u"answer"_s}, options,
                                 script + u"echo request $(has) >> order"_s);
    QVERIFY2(result.exitCode == 0, told(result).constData());
    QCOMPARE(result.stdoutText, QByteArray("image /sandbox 1000 lacks ***\nrequest has\n"));
}

void tst_imagebuild::scriptFails()
{
    QVERIFY(build({tag(u"fails"_s), u"bash"_s, {}, {}, u"echo why >&2; exit 7"_s}).error.code.isEmpty());
    RunOptions options;
    options.image = tag(u"fails"_s);
    const RunResult result = run(u"bash"_s, "echo never", {}, options);
    QVERIFY2(result.reason == Reason::SetupFailed, told(result).constData());
    QCOMPARE(result.exitCode, 7);
    QCOMPARE(result.stdoutText, QByteArray());
    QCOMPARE(result.stderrText, QByteArray("why\n"));
    QVERIFY2(result.error.startsWith(u"The image's setup script failed with exit code 7"), qPrintable(result.error));
}

void tst_imagebuild::failingLeavesNothing_data()
{
    QTest::addColumn<CustomRecipe>("recipe");
    QTest::addColumn<QString>("sentence");
    QTest::newRow("pip") << CustomRecipe{{}, u"python"_s, {u"absent"_s}, {}, {}}
                         << u"the installer ended with exit code 1"_s;
    QTest::newRow("npm") << CustomRecipe{{}, u"node"_s, {u"@isol8-test/there-is-no-such-package"_s}, {}, {}}
                         << u"the installer ended with exit code 1"_s;
    QTest::newRow("apt") << CustomRecipe{{}, u"bash"_s, {}, {u"there-is-no-such-package"_s}, {}}
                         << u"Unable to locate package there-is-no-such-package"_s;
}

void tst_imagebuild::failingLeavesNothing()
{
    QFETCH(CustomRecipe, recipe);
    QFETCH(QString, sentence);
    recipe.tag = tag(u"fail"_s);
    CustomRecipe good = recipe;
    good.packages.clear();
    good.systemPackages.clear();
    good.setupScript = u"true"_s;
    const Built first = build(good);
    QVERIFY(first.error.code.isEmpty());
    const Built failed = build(recipe);
    QCOMPARE(failed.error.code, errors::ImageFailed.toString());
    QVERIFY2(failed.error.message.contains(sentence), qPrintable(failed.error.message));
    QVERIFY(!failed.error.detail.isEmpty());
    // The image of that name is the one from before.
    QCOMPARE(dockertest::docker({u"inspect"_s, u"-f"_s, u"{{.Id}}"_s, recipe.tag}), first.image.id.toLatin1());
}

void tst_imagebuild::cancelledLeavesNothing_data()
{
    QTest::addColumn<CustomRecipe>("recipe");
    QTest::addColumn<QString>("when"); //!< the progress at which it is cancelled
    QTest::newRow("installing") << CustomRecipe{{}, u"python"_s, {u"slow"_s}, {}, {}} << u"installing slow"_s;
    QTest::newRow("the sandbox starts") << CustomRecipe{{}, u"python"_s, {u"slow"_s}, {}, {}} << u"starting"_s;
    QTest::newRow("apt") << CustomRecipe{{}, u"bash"_s, {}, {u"bc"_s}, {}} << u"finding out"_s;
    QTest::newRow("dpkg") << CustomRecipe{{}, u"bash"_s, {}, {u"bc"_s}, {}} << u"packing the files"_s;
}

void tst_imagebuild::cancelledLeavesNothing()
{
    QFETCH(CustomRecipe, recipe);
    QFETCH(QString, when);
    m_index->hang("slow");
    recipe.tag = tag(u"cancelled"_s);
    m_tags.append(recipe.tag);
    for (const bool deleted : {false, true}) {
        auto build = std::make_unique<ImageBuild>(m_client.get(), recipe,
                                                  RuntimeRegistry::builtIn().byName(recipe.runtime).value(), false);
        const QString id = build->engineId();
        std::optional<Error> ended;
        bool reached = false;
        connect(build.get(), &ImageBuild::finished, this, [&](const Error &error) { ended = error; });
        connect(build.get(), &ImageBuild::progress, this,
                [&](const QString &sentence) { reached = reached || sentence.startsWith(when); });
        build->start();
        QTRY_VERIFY_WITH_TIMEOUT(reached || ended, 120000);
        QVERIFY2(!ended, ended ? qPrintable(ended->message + ended->detail) : "");
        if (deleted) {
            build.reset();
        } else {
            build->cancel();
            QTRY_VERIFY_WITH_TIMEOUT(ended.has_value(), 30000);
            QCOMPARE(ended->code, errors::Cancelled.toString());
        }
        QVERIFY(dockertest::gone(id, 20000));
        QVERIFY(!dockertest::hasImage(recipe.tag));
    }
}

void tst_imagebuild::otherNames_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("sentence");
    QTest::newRow("isol8's own") << u"isol8:bash"_s << u"an image that `isol8 setup` makes"_s;
    QTest::newRow("another's") << tag(u"foreign"_s) << u"an image that isol8 did not build"_s;
}

void tst_imagebuild::otherNames()
{
    QFETCH(QString, name);
    QFETCH(QString, sentence);
    if (name == tag(u"foreign"_s))
        dockertest::docker({u"tag"_s, u"isol8:bash"_s, name});
    const Built built = build({name, u"bash"_s, {}, {}, u"true"_s});
    QCOMPARE(built.error.code, errors::BadRequest.toString());
    QVERIFY2(built.error.message.contains(sentence), qPrintable(built.error.message));
}

// An engine that runs on sees it after a moment, also where it keeps sandboxes of the old one.
void tst_imagebuild::rebuiltIsUsed()
{
    m_engine->start({}, {});
    RunOptions options;
    options.image = tag(u"again"_s);
    for (const QByteArray word : {"one", "two"}) {
        QVERIFY(build({options.image, u"bash"_s, {}, {}, u"echo %1 > word"_s.arg(QString::fromLatin1(word))})
                    .error.code.isEmpty());
        QTRY_COMPARE_WITH_TIMEOUT(run(u"bash"_s, "cat word", {}, options).stdoutText, word + '\n', 20000);
    }
}

void tst_imagebuild::severalGoOn()
{
    const QString good = tag(u"good"_s);
    const QString bad = tag(u"bad"_s);
    m_tags << good << bad;
    Config config;
    config.prebuiltImages = {
        QJsonObject{{u"tag"_s, bad}, {u"runtime"_s, u"python"_s}, {u"installPackages"_s, QJsonArray{u"absent"_s}}},
        QJsonObject{{u"tag"_s, good}, {u"runtime"_s, u"bash"_s}, {u"setupScript"_s, u"true"_s}}};
    ImageBuilds builds(m_client.get(), prebuiltRecipes(config), RuntimeRegistry::builtIn(), false);
    QStringList log;
    std::optional<Error> ended;
    connect(&builds, &ImageBuilds::ready, this, [&](const CustomImage &image, bool built) {
        log.append(image.tags.value(0) + (built ? u" built"_s : u" there"_s));
    });
    connect(&builds, &ImageBuilds::failed, this, [&](const QString &name, const Error &) { log.append(name); });
    connect(&builds, &ImageBuilds::finished, this, [&](const Error &error) { ended = error; });
    builds.start();
    QTRY_VERIFY_WITH_TIMEOUT(ended.has_value(), 60000);
    QCOMPARE(log, (QStringList{bad, good + u":latest built"_s}));
    QCOMPARE(ended->code, errors::ImageFailed.toString());
}

// Shared libraries, alternatives, what maintainer scripts make; no program with rights of its own, nothing of apt left.
void tst_imagebuild::debian()
{
    const auto image = testimages::lua();
    QVERIFY2(image, image ? "" : qPrintable(image.error().message));
    QCOMPARE(image->systemPackages, (QStringList{u"bc"_s, u"lua5.4"_s}));
    RunOptions options;
    options.image = u"isol8-test-lua"_s;
    const RunResult result = run(u"bash"_s,
                                 "echo '6 * 7' | bc\n"
                                 "lua -e 'print(6 * 7)'\n"
                                 "readlink /etc/alternatives/lua-interpreter\n"
                                 "find / -xdev -perm /6000 -type f 2>/dev/null\n"
                                 "ls -d /isol8-build /var/lib/dpkg /usr/sbin/policy-rc.d /etc/apt 2>/dev/null\n"
                                 "echo end\n",
                                 {}, options);
    QVERIFY2(result.stdoutText == "42\n42\n/usr/bin/lua5.4\nend\n", told(result).constData());
}

// What comes from Debian is there for pip, and pip's packages lie on top.
void tst_imagebuild::debianAndPip()
{
    m_index->offer("answer", "import attr\nvalue = attr.__name__\n");
    const Built built = build({tag(u"both"_s), u"python"_s, {u"answer"_s}, {u"python3-attr"_s}, {}});
    QVERIFY2(built.error.code.isEmpty(), qPrintable(built.error.message + built.error.detail));
    RunOptions options;
    options.image = tag(u"both"_s);
    const RunResult result =
        run(u"python"_s,
            "import answer, attr, os\n"
            "print(answer.value, os.path.exists(attr.__cached__), os.path.exists(answer.__cached__))\n",
            {}, options);
    QVERIFY2(result.stdoutText == "attr True True\n", told(result).constData());
}

QTEST_GUILESS_MAIN(tst_imagebuild)
#include "tst_imagebuild.moc"
