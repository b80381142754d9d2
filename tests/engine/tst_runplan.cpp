// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; execution
#include <isol8/execution/RunPlan.h>
#include <isol8/sandbox/Sweep.h>

#include <QCryptographicHash>
#include <QTest>

#include <algorithm>

using namespace isol8;
using namespace Qt::StringLiterals;

namespace {

const Config defaults;
const RuntimeRegistry registry = RuntimeRegistry::builtIn();

Result<RunPlan> plan(const RunRequest &request, const RunOptions &options = {}, const Config &config = defaults,
                     LimitsApplied limits = LimitsApplied::Configured)
{
    return planRun(request, options, {config, registry, limits});
}

RunRequest code(const QByteArray &text, const QString &runtime = {})
{
    RunRequest request;
    request.code = text;
    request.runtime = runtime;
    return request;
}

bool hasVariable(const RunPlan &plan, const std::string &variable)
{
    const auto &env = plan.steps.last().message.env;
    return std::find(env.begin(), env.end(), variable) != env.end();
}

} // namespace

class tst_runplan : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void defaultsOfTheSpecification();
    void precedence();
    void limitsLower();
    void programFiles_data();
    void programFiles();
    void programBesideFiles_data();
    void programBesideFiles();
    void environmentOrder();
    void commandRunsByBash();
    void setupComesFirst();
    void tooLargeForOneFrame();
    void agent();
    void doorLimits();
    void needsNetwork_data();
    void needsNetwork();
    void codeAsArgument();
    void waitingInterpreter_data();
    void waitingInterpreter();
    void interpreterMessage();
    void fromUrl_data();
    void fromUrl();
    void codeHash();
    void packageNames();
    void notYet_data();
    void notYet();
    void leftovers_data();
    void leftovers();
};

void tst_runplan::defaultsOfTheSpecification()
{
    const auto made = plan(code("x"));
    QVERIFY(made);
    QCOMPARE(made->runtime, u"python"_s);
    QCOMPARE(made->spec.image, u"isol8:python"_s);
    QCOMPARE(made->spec.memory, 512 * MiB);
    QCOMPARE(made->spec.cpus, 1.0);
    QCOMPARE(made->spec.pids, 64);
    QCOMPARE(made->spec.sandboxSize, 512 * MiB);
    QCOMPARE(made->spec.tmpSize, 256 * MiB);
    QVERIFY(made->spec.network == Network::None);
    QVERIFY(made->spec.readonlyRoot);
    QVERIFY(made->spec.seccomp == SeccompMode::Strict);
    QVERIFY(!made->spec.seccompProfile.isEmpty());
    QCOMPARE(made->timeout, milliseconds(30000));
    QCOMPARE(made->maxOutput, 1 * MiB);
    QCOMPARE(made->steps.size(), 1);
    QVERIFY(hasVariable(*made, "HOME=/sandbox"));
    QCOMPARE(*defaultSpec(u"python"_s, {defaults, registry}), made->spec);
}

void tst_runplan::precedence()
{
    Config config;
    config.defaults.timeout = milliseconds(1000);
    config.defaults.memoryLimit = 100 * MiB;
    RunRequest request = code("x");
    RunOptions options;
    QCOMPARE(plan(request, options, config)->timeout, milliseconds(1000));
    QCOMPARE(plan(request, options, config)->spec.memory, 100 * MiB);
    options.timeout = milliseconds(2000);
    options.memoryLimit = 200 * MiB;
    QCOMPARE(plan(request, options, config)->timeout, milliseconds(2000));
    QCOMPARE(plan(request, options, config)->spec.memory, 200 * MiB);
    request.timeout = milliseconds(3000);
    QCOMPARE(plan(request, options, config)->timeout, milliseconds(3000));
}

void tst_runplan::limitsLower()
{
    RunOptions options;
    options.memoryLimit = 16 * GiB;
    options.pidsLimit = 4096;
    QCOMPARE(plan(code("x"), options)->spec.memory, 16 * GiB);
    const auto made = plan(code("x"), options, defaults, LimitsApplied::All);
    QVERIFY(made);
    QCOMPARE(made->spec.memory, 2 * GiB);
    QCOMPARE(made->spec.pids, 256);
    QVERIFY(made->limited.contains(u"memoryLimit"_s));
    QVERIFY(made->limited.contains(u"pidsLimit"_s));
    QVERIFY(!made->limited.contains(u"cpuLimit"_s));
}

void tst_runplan::programFiles_data()
{
    QTest::addColumn<QString>("runtime");
    QTest::addColumn<QString>("fileName");
    QTest::addColumn<QString>("extension");
    QTest::addColumn<QString>("image"); // empty: refused
    QTest::addColumn<QString>("path");
    QTest::newRow("inline") << u"python"_s << QString() << QString() << u"isol8:python"_s << u"/sandbox/main.py"_s;
    QTest::newRow("inline node") << u"node"_s << QString() << QString() << u"isol8:node"_s << u"/sandbox/main.js"_s;
    QTest::newRow("a module") << u"node"_s << QString() << u".mjs"_s << u"isol8:node"_s << u"/sandbox/main.mjs"_s;
    QTest::newRow("without the dot") << u"node"_s << QString() << u"cjs"_s << u"isol8:node"_s << u"/sandbox/main.cjs"_s;
    QTest::newRow("inline bun") << u"bun"_s << QString() << QString() << u"isol8:bun"_s << u"/sandbox/main.ts"_s;
    QTest::newRow("inline deno") << u"deno"_s << QString() << QString() << u"isol8:deno"_s << u"/sandbox/main.mts"_s;
    QTest::newRow("by name") << QString() << u"hello.mts"_s << QString() << u"isol8:deno"_s << u"/sandbox/hello.mts"_s;
    QTest::newRow("two dots") << QString() << u"a.test.ts"_s << QString() << u"isol8:bun"_s << u"/sandbox/a.test.ts"_s;
    QTest::newRow("no extension") << u"bash"_s << u"tool"_s << QString() << u"isol8:bash"_s << u"/sandbox/tool"_s;
    QTest::newRow("unknown extension") << QString() << u"x.rb"_s << QString() << QString() << QString();
    QTest::newRow("unknown runtime") << u"cobol"_s << QString() << QString() << QString() << QString();
}

void tst_runplan::programFiles()
{
    QFETCH(QString, runtime);
    QFETCH(QString, fileName);
    QFETCH(QString, extension);
    QFETCH(QString, image);
    QFETCH(QString, path);
    RunRequest request = code("x", runtime);
    request.fileName = fileName;
    request.fileExtension = extension;
    const auto made = plan(request);
    QCOMPARE(made.has_value(), !image.isEmpty());
    if (!made) {
        QCOMPARE(made.error().code, errors::UnknownRuntime);
        return;
    }
    QCOMPARE(made->spec.image, image);
    QCOMPARE(QString::fromStdString(made->steps.last().message.file), path);
    QCOMPARE(made->steps.last().message.content, std::string("x"));
    QVERIFY(made->uploads.isEmpty());
    const auto &argv = made->steps.last().message.argv;
    QVERIFY(std::find(argv.begin(), argv.end(), path.toStdString()) != argv.end());
}

void tst_runplan::programBesideFiles_data()
{
    QTest::addColumn<QString>("fileName");
    QTest::addColumn<QStringList>("files");
    QTest::addColumn<QByteArray>("content"); // of the files; the program is "x"
    QTest::addColumn<QString>("path");
    const QByteArray other = "other";
    QTest::newRow("free") << QString() << QStringList{u"/sandbox/a.py"_s} << other << u"/sandbox/main.py"_s;
    QTest::newRow("taken") << QString() << QStringList{u"/sandbox/main.py"_s} << other << u"/sandbox/main_1.py"_s;
    QTest::newRow("taken twice") << QString() << QStringList{u"main.py"_s, u"/tmp/../sandbox/main_1.py"_s} << other
                                 << u"/sandbox/main_2.py"_s;
    QTest::newRow("by a folder") << QString() << QStringList{u"/sandbox/main.py/x"_s} << other
                                 << u"/sandbox/main_1.py"_s;
    QTest::newRow("elsewhere") << QString() << QStringList{u"/sandbox/src/main.py"_s, u"/tmp/main.py"_s} << other
                               << u"/sandbox/main.py"_s;
    QTest::newRow("the program itself") << u"src/app.py"_s << QStringList{u"/sandbox/src/app.py"_s} << QByteArray("x")
                                        << u"/sandbox/src/app.py"_s;
    QTest::newRow("another of its name") << u"app.py"_s << QStringList{u"/sandbox/app.py"_s} << other
                                         << u"/sandbox/app_1.py"_s;
    QTest::newRow("no extension") << u"app"_s << QStringList{u"/sandbox/app"_s} << other << u"/sandbox/app_1"_s;
}

// Nothing that was given is overwritten, and a program in a folder stays there.
void tst_runplan::programBesideFiles()
{
    QFETCH(QString, fileName);
    QFETCH(QStringList, files);
    QFETCH(QByteArray, content);
    QFETCH(QString, path);
    RunRequest request = code("x", u"python"_s);
    request.fileName = fileName;
    for (const QString &file : files)
        request.files.append({file, content, 0644});
    QCOMPARE(programPath(request, *registry.byName(u"python"_s)), path);
    const auto made = plan(request);
    QVERIFY(made);
    QCOMPARE(made->uploads.size(), files.size());
    const guest::RunMessage &message = made->steps.last().message;
    QVERIFY(std::find(message.argv.begin(), message.argv.end(), path.toStdString()) != message.argv.end());
    // What lies there already is not written again.
    QCOMPARE(message.file, content == "x" ? std::string() : path.toStdString());
    QCOMPARE(message.cwd, std::string("/sandbox"));
}

void tst_runplan::environmentOrder()
{
    RunRequest request = code("x");
    request.env.insert(u"A"_s, u"request"_s);
    request.env.insert(u"HOME"_s, u"/tmp"_s);
    RunOptions options;
    options.secrets.insert(u"A"_s, u"secret-value"_s);
    const auto made = plan(request, options);
    QVERIFY(hasVariable(*made, "A=secret-value"));
    QVERIFY(!hasVariable(*made, "A=request"));
    QVERIFY(hasVariable(*made, "HOME=/tmp"));
}

void tst_runplan::commandRunsByBash()
{
    RunRequest request;
    request.cmd = u"echo \"$1\""_s;
    request.args = QStringList{u"a b"_s};
    auto made = plan(request);
    QVERIFY(made);
    QCOMPARE(made->spec.image, u"isol8:bash"_s);
    QCOMPARE(made->steps.last().message.argv, (std::vector<std::string>{"bash", "-c", "echo \"$1\"", "isol8", "a b"}));
    request.runtime = u"python"_s;
    made = plan(request);
    QCOMPARE(made->spec.image, u"isol8:python"_s);
    QCOMPARE(made->steps.last().message.argv[0], "bash");
}

void tst_runplan::setupComesFirst()
{
    RunRequest request = code("x");
    request.setupScript = u"touch a"_s;
    const auto made = plan(request);
    QCOMPARE(made->steps.size(), 2);
    QVERIFY(made->steps[0].phase == Phase::Setup);
    QVERIFY(made->steps[1].phase == Phase::Code);
}

void tst_runplan::tooLargeForOneFrame()
{
    RunRequest request = code("x");
    request.args = QStringList{QString(300000, u'a')};
    QCOMPARE(plan(request).error().code, errors::BadRequest);
    request.args.clear();
    request.code = QByteArray(10 * 1000 * 1000, 'a'); // a file like others
    const auto made = plan(request);
    QVERIFY(made);
    QCOMPARE(made->uploads.size(), 1);
    QVERIFY(made->steps.last().message.file.empty());
}

void tst_runplan::agent()
{
    RunRequest request = code("Say \xc3\xa4 'hello'\nand $HOME", u"agent"_s);
    request.agentFlags = QStringList{u"--model"_s, u"a b"_s};
    request.fileName = u"prompts/hello.md"_s;
    RunOptions options;
    options.network = Network::Host;
    auto made = plan(request, options);
    QVERIFY2(made, qPrintable(made ? QString() : made.error().message));
    QCOMPARE(made->spec.image, u"isol8:agent"_s);
    QCOMPARE(made->spec.pids, 200);
    QCOMPARE(made->spec.sandboxSize, 2 * GiB);
    const guest::RunMessage &message = made->steps.last().message;
    QCOMPARE(message.argv.front(), std::string("pi"));
    QCOMPARE(message.argv.back(), std::string(" Say \xc3\xa4 'hello'\nand $HOME"));
    QCOMPARE(message.argv.at(message.argv.size() - 3), std::string("a b"));
    // Nothing of it lies in the sandbox.
    QVERIFY(message.file.empty() && made->uploads.isEmpty() && made->directories.isEmpty());
    options.pidsLimit = 10;
    QCOMPARE(plan(request, options)->spec.pids, 10);
    // Without a network one that is started ahead would serve nobody.
    QCOMPARE(defaultSpec(u"agent"_s, {defaults, registry}).error().code, errors::BadRequest);
    Config config;
    config.defaults.network = Network::Host;
    QVERIFY(defaultSpec(u"agent"_s, {config, registry}));
    // Elsewhere the flags have no meaning.
    request.runtime = u"python"_s;
    request.fileName.clear();
    made = plan(request);
    QVERIFY(made);
    QCOMPARE(made->steps.last().message.argv, (std::vector<std::string>{"python3", "/sandbox/main.py"}));
}

// What the configuration allows a run of the network holds for an installer, too, whose run has none.
void tst_runplan::doorLimits()
{
    Config config;
    config.network.maxBytes = 12345;
    config.network.maxConnections = 7;
    RunOptions options;
    for (const Network network : {Network::None, Network::Filtered}) {
        options.network = network;
        const auto made = plan(code("x"), options, config);
        QVERIFY(made);
        QCOMPARE(made->network.limits.bytes, 12345);
        QCOMPARE(made->network.limits.connections, 7);
        QCOMPARE(made->network.rules.has_value(), network == Network::Filtered);
    }
}

void tst_runplan::needsNetwork_data()
{
    QTest::addColumn<RunRequest>("request");
    QTest::addColumn<RunOptions>("options");
    QTest::addColumn<QStringList>("configured"); // the configuration's whitelist
    QTest::addColumn<QString>("flag");           // in the refusal; empty: none for that reason
    const RunRequest prompt = code("Say hello", u"agent"_s);
    RunOptions options;
    const QStringList model{u"api.example.com"_s};
    QTest::newRow("none by default") << prompt << options << QStringList() << u"--net filtered --allow"_s;
    options.network = Network::None;
    QTest::newRow("none") << prompt << options << model << u"--net filtered --allow"_s;
    options.network = Network::Filtered;
    QTest::newRow("filtered, no rule") << prompt << options << QStringList() << u"--allow 'api.example.com'"_s;
    QTest::newRow("filtered, a rule of the configuration") << prompt << options << model << QString();
    options.whitelist = QStringList();
    QTest::newRow("filtered, none instead of the configuration's")
        << prompt << options << model << u"--allow 'api.example.com'"_s;
    options.whitelist = model;
    QTest::newRow("filtered, a rule") << prompt << options << QStringList() << QString();
    options = {};
    options.network = Network::Host;
    QTest::newRow("host") << prompt << options << QStringList() << QString();
    QTest::newRow("another runtime") << code("x") << RunOptions() << QStringList() << QString();
    RunRequest command;
    command.cmd = u"pi --version"_s;
    command.runtime = u"agent"_s;
    QTest::newRow("a command in its image") << command << RunOptions() << QStringList() << QString();
}

void tst_runplan::needsNetwork()
{
    QFETCH(RunRequest, request);
    QFETCH(RunOptions, options);
    QFETCH(QStringList, configured);
    QFETCH(QString, flag);
    Config config;
    config.network.whitelist = configured;
    const auto made = plan(request, options, config);
    if (flag.isEmpty()) {
        QVERIFY(made || made.error().code != errors::BadRequest);
        return;
    }
    QVERIFY(!made);
    QCOMPARE(made.error().code, errors::BadRequest);
    QVERIFY2(made.error().message.contains(flag) && made.error().message.contains(u"agent"),
             qPrintable(made.error().message));
}

// The kernel takes no longer argument; and what a runtime does not take is not dropped silently.
void tst_runplan::codeAsArgument()
{
    RunOptions options;
    options.network = Network::Host;
    RunRequest request = code(QByteArray(100 * KiB, 'a'), u"agent"_s);
    QVERIFY(plan(request, options));
    request.code = QByteArray(128 * KiB, 'a');
    QCOMPARE(plan(request, options).error().code, errors::BadRequest);
    request.code = "Say hello";
    request.args = QStringList{u"loudly"_s};
    QCOMPARE(plan(request, options).error().message,
             u"The runtime agent takes no arguments; write them into the code."_s);
}

void tst_runplan::waitingInterpreter_data()
{
    QTest::addColumn<RunRequest>("request");
    QTest::addColumn<RunOptions>("options");
    QTest::addColumn<bool>("fits");
    const RunOptions none;
    QTest::newRow("plain") << code("x") << none << true;
    RunRequest request = code("x");
    request.args = QStringList{u"a"_s};
    request.workdir = u"/tmp"_s;
    request.stdinData = "in";
    request.env.insert(u"GREETING"_s, u"x"_s);
    request.fileName = u"hello.py"_s;
    QTest::newRow("arguments, folder, stdin, variables, name") << request << none << true;
    QTest::newRow("node") << code("x", u"node"_s) << none << true;
    QTest::newRow("bash has none") << code("x", u"bash"_s) << none << false;
    for (const QString &name :
         {u"PYTHONHASHSEED"_s, u"LD_PRELOAD"_s, u"LC_ALL"_s, u"LANG"_s, u"TZ"_s, u"HOME"_s, u"PATH"_s}) {
        request = code("x");
        request.env.insert(name, u"1"_s);
        QTest::newRow(qPrintable(name)) << request << none << false;
        request.runtime = u"node"_s;
        if (name == u"HOME" || name == u"PATH")
            QTest::addRow("%s, node", qPrintable(name)) << request << none << false;
    }
    for (const auto &[path, fits] :
         {std::pair{u"/sandbox/.local/lib/python3.11/site-packages/x.pth"_s, false},
          std::pair{u"/sandbox/a/../.local"_s, false}, std::pair{u"/sandbox/.localx"_s, true},
          std::pair{u"/sandbox/x/.local/y"_s, true}}) {
        request = code("x");
        request.files = {{path, "content", 0644}};
        QTest::newRow(qPrintable(path)) << request << none << fits;
        request.runtime = u"node"_s;
        QTest::addRow("%s, node", qPrintable(path)) << request << none << true;
    }
    request = code("x");
    request.fileName = QString(200, u'a') + u".py"_s;
    QTest::newRow("a longer name") << request << none << false;
    request = code("x");
    request.setupScript = u"true"_s;
    QTest::newRow("setup script") << request << none << false;
    request = {};
    request.cmd = u"true"_s;
    request.runtime = u"python"_s;
    QTest::newRow("command") << request << none << false;
    RunOptions options;
    options.pty = true;
    QTest::newRow("terminal") << code("x") << options << false;
    options = {};
    options.secrets.insert(u"PYTHONSTARTUP"_s, u"secret"_s);
    QTest::newRow("secret with such a name") << code("x") << options << false;
}

void tst_runplan::waitingInterpreter()
{
    QFETCH(RunRequest, request);
    QFETCH(RunOptions, options);
    QFETCH(bool, fits);
    const auto made = plan(request, options);
    QVERIFY(made);
    QCOMPARE(made->mayWait, fits);
}

void tst_runplan::interpreterMessage()
{
    const Runtime python = RuntimeRegistry::builtIn().byName(u"python").value();
    const auto once = isol8::waitingInterpreter(python, Network::None, false);
    const auto forks = isol8::waitingInterpreter(python, Network::None, true);
    const auto has = [](const guest::RunMessage &message, const std::string &variable) {
        return std::find(message.env.begin(), message.env.end(), variable) != message.env.end();
    };
    QCOMPARE(once.argv.size(), std::size_t(2));
    QCOMPARE(once.argv[0], std::string("python3"));
    QCOMPARE(once.flags, 0U);
    QVERIFY(has(once, "ISOL8_WAIT=once") && has(once, "HOME=/sandbox") && has(once, "PYTHONUNBUFFERED=1"));
    QVERIFY(has(forks, "ISOL8_WAIT=fork") && has(forks, "LD_PRELOAD=/.isol8/boot/fork.so"));
    QCOMPARE(forks.flags, std::uint32_t(guest::RunMessage::Forks));
    const Runtime node = RuntimeRegistry::builtIn().byName(u"node").value();
    QCOMPARE(isol8::waitingInterpreter(node, Network::None, true).flags, 0U); // it cannot
    const Runtime bash = RuntimeRegistry::builtIn().byName(u"bash").value();
    QVERIFY(isol8::waitingInterpreter(bash, Network::None, true).argv.empty());
}

void tst_runplan::fromUrl_data()
{
    QTest::addColumn<QString>("url");
    QTest::addColumn<QString>("runtime");
    QTest::addColumn<QString>("extension");
    QTest::addColumn<QString>("name");     // of the program
    QTest::addColumn<QString>("expected"); // runtime, or the error's sentence
    const auto row = [](const char *title, const QString &url, const QString &runtime, const QString &extension,
                        const QString &name, const QString &expected) {
        QTest::newRow(title) << url << runtime << extension << name << expected;
    };
    const QString none;
    row("by extension", u"https://e.com/a/x.ts?raw"_s, none, none, u"x.ts"_s, u"bun"_s);
    row("runtime wins", u"https://e.com/x.ts"_s, u"deno"_s, none, u"x.ts"_s, u"deno"_s);
    row("extension wins over the name", u"https://e.com/x.txt"_s, none, u".js"_s, u"x.txt"_s, u"node"_s);
    row("extension for no name", u"https://e.com/"_s, none, u".js"_s, none, u"node"_s);
    row("runtime for no name", u"https://e.com/"_s, u"bash"_s, none, none, u"bash"_s);
    row("unknown extension", u"https://e.com/x.txt"_s, none, none, u"x.txt"_s, u"No runtime is known for \".txt\""_s);
    row("no extension", u"https://e.com/x"_s, none, none, u"x"_s, u"\"x\" has no extension"_s);
    row("no name", u"https://e.com/"_s, none, none, none, u"The URL of the code does not end in a file's name"_s);
}

void tst_runplan::fromUrl()
{
    QFETCH(QString, url);
    QFETCH(QString, runtime);
    QFETCH(QString, extension);
    QFETCH(QString, name);
    QFETCH(QString, expected);
    RunRequest request;
    request.codeUrl = url;
    request.runtime = runtime;
    request.fileExtension = extension;
    QCOMPARE(programName(request), name);
    const auto chosen = chooseRuntime(request, registry);
    const QString got = chosen ? chosen->name : chosen.error().message;
    QVERIFY2(got.startsWith(expected), qPrintable(got));
    const auto made = plan(request);
    QCOMPARE(made.has_value(), chosen.has_value());
    QVERIFY(chosen || made.error().code == errors::UnknownRuntime);
    // What else is wrong shows before anything is fetched.
    RunOptions kept;
    kept.mode = RunMode::Persistent;
    kept.persist = true;
    QVERIFY(!plan(request, kept));
}

void tst_runplan::codeHash()
{
    RunRequest request = code("print(1)");
    request.codeHash = u"70A61F4C3C1D2B0F5D1A6F8B0C8E8D3D6B7C9D0E1F2A3B4C5D6E7F8091A2B3C4"_s;
    const auto wrong = plan(request);
    QVERIFY(!wrong);
    QCOMPARE(wrong.error().code, errors::RemoteCodeHashMismatch);
    request.codeHash =
        QString::fromLatin1(QCryptographicHash::hash("print(1)", QCryptographicHash::Sha256).toHex().toUpper());
    QVERIFY(plan(request));
}

// Before anything else about installing is looked at.
void tst_runplan::packageNames()
{
    RunRequest request = code("x");
    request.installPackages = QStringList{u"numpy"_s, u"git+ssh://git@example.com/x"_s};
    const auto hostile = plan(request);
    QVERIFY(!hostile);
    QCOMPARE(hostile.error().code, errors::BadRequest);
    QVERIFY(hostile.error().message.contains(u"git+ssh://"));
    request.runtime = u"bash"_s;
    request.installPackages = QStringList{u"jq"_s};
    const auto bash = plan(request);
    QVERIFY(!bash);
    QVERIFY(bash.error().message.contains(u"isol8 build"));
}

void tst_runplan::notYet_data()
{
    QTest::addColumn<RunRequest>("request");
    QTest::addColumn<RunOptions>("options");
    RunOptions options;
    options.persist = true;
    options.mode = RunMode::Persistent;
    QTest::newRow("persist, of a session") << code("x") << options;
}

// What cannot be kept is refused, never dropped silently.
void tst_runplan::notYet()
{
    QFETCH(RunRequest, request);
    QFETCH(RunOptions, options);
    const auto made = plan(request, options);
    QVERIFY(!made);
    QCOMPARE(made.error().code, errors::NotAllowed);
}

void tst_runplan::leftovers_data()
{
    QTest::addColumn<QString>("state");
    QTest::addColumn<int>("age");
    QTest::addColumn<bool>("leftover");
    QTest::newRow("just created") << u"created"_s << 5 << false;
    QTest::newRow("created long ago") << u"created"_s << 61 << true;
    QTest::newRow("running") << u"running"_s << 100000 << false;
    QTest::newRow("paused") << u"paused"_s << 100000 << false;
    QTest::newRow("exited") << u"exited"_s << 61 << true;
    QTest::newRow("dead") << u"dead"_s << 61 << true;
}

void tst_runplan::leftovers()
{
    QFETCH(QString, state);
    QFETCH(int, age);
    QFETCH(bool, leftover);
    docker::ContainerSummary container;
    container.state = state;
    container.createdAt = 1000;
    QCOMPARE(isLeftover(container, 1000 + age, std::chrono::seconds(60)), leftover);
}

QTEST_GUILESS_MAIN(tst_runplan)
#include "tst_runplan.moc"
