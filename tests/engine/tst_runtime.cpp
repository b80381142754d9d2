// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; runtime
#include <isol8/base/Nearest.h>
#include <isol8/runtime/Runtime.h>

#include <QJsonDocument>
#include <QTest>

using namespace isol8;
using namespace Qt::StringLiterals;

class tst_runtime : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void builtIn_data();
    void builtIn();
    void byFileName_data();
    void byFileName();
    void agent();
    void unknown();
    void manifest_data();
    void manifest();
    void extended();
    void takesExtension();
    void sameExtensionTwice();
    void expand_data();
    void expand();
    void nearestWord_data();
    void nearestWord();
};

static QJsonObject parse(const char *text)
{
    return QJsonDocument::fromJson(QByteArray(text)).object();
}

void tst_runtime::builtIn_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QStringList>("extensions");
    QTest::addColumn<QString>("inlineExtension");
    QTest::addColumn<QStringList>("argv");
    QTest::newRow("python") << u"python"_s << QStringList{u".py"_s} << u".py"_s
                            << QStringList{u"python3"_s, u"/sandbox/x"_s, u"a b"_s, u"c"_s};
    QTest::newRow("node") << u"node"_s << QStringList{u".js"_s, u".mjs"_s, u".cjs"_s} << u".js"_s
                          << QStringList{u"node"_s, u"/sandbox/x"_s, u"a b"_s, u"c"_s};
    QTest::newRow("bun") << u"bun"_s << QStringList{u".ts"_s, u".tsx"_s, u".jsx"_s} << u".ts"_s
                         << QStringList{u"bun"_s, u"run"_s, u"--no-install"_s, u"/sandbox/x"_s, u"a b"_s, u"c"_s};
    QTest::newRow("deno") << u"deno"_s << QStringList{u".mts"_s} << u".mts"_s
                          << QStringList{u"deno"_s,
                                         u"run"_s,
                                         u"--quiet"_s,
                                         u"--no-prompt"_s,
                                         u"--allow-read=/sandbox,/tmp"_s,
                                         u"--allow-write=/sandbox,/tmp"_s,
                                         u"--allow-env"_s,
                                         u"--allow-net"_s,
                                         u"/sandbox/x"_s,
                                         u"a b"_s,
                                         u"c"_s};
    QTest::newRow("bash") << u"bash"_s << QStringList{u".sh"_s} << u".sh"_s
                          << QStringList{u"bash"_s, u"/sandbox/x"_s, u"a b"_s, u"c"_s};
}

void tst_runtime::builtIn()
{
    QFETCH(QString, name);
    QFETCH(QStringList, extensions);
    QFETCH(QString, inlineExtension);
    QFETCH(QStringList, argv);
    const auto registry = RuntimeRegistry::builtIn();
    QCOMPARE(registry.all().size(), 6);
    const auto runtime = registry.byName(name);
    QVERIFY(runtime);
    QCOMPARE(runtime->image, QString(u"isol8:"_s + name));
    QCOMPARE(runtime->extensions, extensions);
    QCOMPARE(runtime->inlineExtension, inlineExtension);
    QCOMPARE(expandCommand(runtime->command, {u"/sandbox/x"_s, {}, {u"a b"_s, u"c"_s}, {}, {}}), argv);
    QVERIFY(!runtime->description.isEmpty());
    const auto again = Runtime::fromJson(name, runtime->toJson());
    QVERIFY(again);
    QCOMPARE(*again, *runtime);
}

void tst_runtime::byFileName_data()
{
    QTest::addColumn<QString>("file");
    QTest::addColumn<QString>("runtime"); // empty: unknown_runtime
    QTest::newRow("py") << u"hello.py"_s << u"python"_s;
    QTest::newRow("path") << u"/a.js/b/hello.py"_s << u"python"_s;
    QTest::newRow("js") << u"a.js"_s << u"node"_s;
    QTest::newRow("mjs") << u"a.mjs"_s << u"node"_s;
    QTest::newRow("cjs") << u"a.cjs"_s << u"node"_s;
    QTest::newRow("ts") << u"a.ts"_s << u"bun"_s;
    QTest::newRow("d.ts") << u"a.d.ts"_s << u"bun"_s;
    QTest::newRow("tsx") << u"a.tsx"_s << u"bun"_s;
    QTest::newRow("jsx") << u"a.jsx"_s << u"bun"_s;
    QTest::newRow("mts") << u"a.mts"_s << u"deno"_s;
    QTest::newRow("sh") << u"a.sh"_s << u"bash"_s;
    QTest::newRow("upper") << u"A.PY"_s << u"python"_s;
    QTest::newRow("two dots") << u"a.b.py"_s << u"python"_s;
    QTest::newRow("none") << u"Makefile"_s << QString();
    QTest::newRow("unknown") << u"a.rb"_s << QString();
    QTest::newRow("only the extension") << u".py"_s << QString();
    QTest::newRow("folder's dot") << u"a.py/hello"_s << QString();
    QTest::newRow("empty") << QString() << QString();
}

void tst_runtime::byFileName()
{
    QFETCH(QString, file);
    QFETCH(QString, runtime);
    const auto found = RuntimeRegistry::builtIn().byFileName(file);
    QCOMPARE(found ? found->name : QString(), runtime);
    if (!found) {
        QCOMPARE(found.error().code, errors::UnknownRuntime);
        QVERIFY2(found.error().message.contains(u"--runtime"), qPrintable(found.error().message));
        QVERIFY2(found.error().message.contains(u".mts"), qPrintable(found.error().message));
    }
}

// Whatever the prompt is, it is one argument, and none that pi could take for a flag or a file.
void tst_runtime::agent()
{
    const auto agent = RuntimeRegistry::builtIn().byName(u"agent");
    QVERIFY(agent);
    QCOMPARE(agent->image, u"isol8:agent"_s);
    QVERIFY(agent->extensions.isEmpty());
    QVERIFY(agent->needsNetwork);
    QCOMPARE(*Runtime::fromJson(agent->name, agent->toJson()), *agent);
    for (const QString &prompt : {u"Say hello"_s, u"-v"_s, u"--help"_s, u"@/etc/passwd"_s, u"{args} {file}"_s}) {
        const QStringList argv = expandCommand(agent->command, {u"/f"_s, prompt, {}, {u"--model"_s, u"a b"_s}, {}});
        QCOMPARE(argv.first(), u"pi"_s);
        QCOMPARE(argv.mid(argv.size() - 4), (QStringList{u"--model"_s, u"a b"_s, u"-p"_s, QString(u' ' + prompt)}));
    }
}

void tst_runtime::unknown()
{
    const auto found = RuntimeRegistry::builtIn().byName(u"pyton");
    QVERIFY(!found);
    QCOMPARE(found.error().code, errors::UnknownRuntime);
    QCOMPARE(
        found.error().message,
        u"There is no runtime \"pyton\"; there are python, node, bun, deno, bash, agent. Did you mean \"python\"?"_s);
}

void tst_runtime::manifest_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QByteArray>("json");
    QTest::addColumn<QString>("message"); // a part of it; empty: accepted
    const QString ruby = u"ruby"_s;
    QTest::newRow("packages") << ruby
                              << QByteArray(
                                     R"({"command":["x","{file}"],"install":["i","{packages}"],"packages":"npm",)"
                                     R"("installEnv":{"A":"b"}})")
                              << QString();
    QTest::newRow("unknown packages") << ruby << QByteArray(R"({"command":["x","{file}"],"packages":"gems"})")
                                      << u"runtimes.ruby.packages must be \"npm\", \"pypi\" or \"deno\"."_s;
    QTest::newRow("installer's variable") << ruby << QByteArray(R"({"command":["x","{file}"],"installEnv":{"1":"b"}})")
                                          << u"runtimes.ruby.installEnv.1"_s;
    QTest::newRow("least") << ruby << QByteArray(R"({"command":["ruby","{file}"]})") << QString();
    QTest::newRow("compiled")
        << u"c"_s
        << QByteArray(
               R"({"extensions":[".c"],"compile":["cc","{file}","-o","{file}.out"],"command":["{file}.out","{args}"]})")
        << QString();
    QTest::newRow("by code")
        << u"agent"_s
        << QByteArray(
               R"({"command":["pi","-p","{agentFlags}","{code}"],"defaults":{"pidsLimit":200,"sandboxSize":"2g"}})")
        << QString();
    QTest::newRow("unknown key") << ruby << QByteArray(R"({"comand":["ruby","{file}"]})")
                                 << u"runtimes.ruby.comand is not a known key. Did you mean \"command\"?"_s;
    QTest::newRow("no command") << ruby << QByteArray("{}") << u"runtimes.ruby.command is missing"_s;
    QTest::newRow("no file") << ruby << QByteArray(R"({"command":["ruby"]})") << u"neither {file} nor {code}"_s;
    QTest::newRow("text for list") << ruby << QByteArray(R"({"command":"ruby {file}"})")
                                   << u"runtimes.ruby.command must be a list"_s;
    QTest::newRow("number in list") << ruby << QByteArray(R"({"command":["ruby","{file}",3]})")
                                    << u"runtimes.ruby.command[2] must be a text"_s;
    QTest::newRow("args inside") << ruby << QByteArray(R"({"command":["ruby","{file} {args}"]})")
                                 << u"command[1] has {args} inside"_s;
    QTest::newRow("install without packages")
        << ruby << QByteArray(R"({"command":["ruby","{file}"],"install":["gem"]})")
        << u"install has no item {packages}"_s;
    QTest::newRow("extension without dot") << ruby << QByteArray(R"({"command":["ruby","{file}"],"extensions":["rb"]})")
                                           << u"extensions[0] must be an extension"_s;
    QTest::newRow("extension with slash")
        << ruby << QByteArray(R"({"command":["ruby","{file}"],"extensions":["./rb"]})")
        << u"extensions[0] must be an extension"_s;
    QTest::newRow("bad variable") << ruby << QByteArray(R"({"command":["ruby","{file}"],"env":{"A-B":"1"}})")
                                  << u"env.A-B is not a variable's name"_s;
    QTest::newRow("warm-up without variables")
        << ruby << QByteArray(R"({"command":["ruby","{file}"],"warmUp":{"file":"/sandbox/main.rb"}})")
        << u"warmUp.env is missing"_s;
    QTest::newRow("warm-up elsewhere")
        << ruby << QByteArray(R"({"command":["ruby","{file}"],"warmUp":{"file":"/etc/x","env":{"A":"1"}}})")
        << u"warmUp.file must be a path below /sandbox"_s;
    QTest::newRow("warm-up with a relative file")
        << ruby
        << QByteArray(
               R"({"command":["ruby","{file}"],"warmUp":{"file":"/sandbox/x","env":{"A":"1"},"coldFiles":["/a","b"]}})")
        << u"warmUp.coldFiles[1] must be an absolute path"_s;
    QTest::newRow("unknown key of a warm-up")
        << ruby
        << QByteArray(R"({"command":["ruby","{file}"],"warmUp":{"file":"/sandbox/x","env":{"A":"1"},"cool":1}})")
        << u"warmUp.cool is not a known key"_s;
    QTest::newRow("text for true") << ruby << QByteArray(R"({"command":["ruby","{file}"],"needsNetwork":"yes"})")
                                   << u"runtimes.ruby.needsNetwork must be true or false."_s;
    QTest::newRow("number in env") << ruby << QByteArray(R"({"command":["ruby","{file}"],"env":{"A":1}})")
                                   << u"env.A must be a text"_s;
    QTest::newRow("NUL") << ruby << QByteArray(R"({"command":["ruby","{file}","a\u0000b"]})") << u"NUL"_s;
    QTest::newRow("unknown default")
        << ruby << QByteArray(R"({"command":["ruby","{file}"],"defaults":{"pids":1}})")
        << u"runtimes.ruby.defaults.pids is not a known key. Did you mean \"pidsLimit\"?"_s;
    QTest::newRow("size default") << ruby << QByteArray(R"({"command":["ruby","{file}"],"defaults":{"tmpSize":"big"}})")
                                  << u"runtimes.ruby.defaults.tmpSize must be a size"_s;
    QTest::newRow("number default") << ruby
                                    << QByteArray(R"({"command":["ruby","{file}"],"defaults":{"pidsLimit":"many"}})")
                                    << u"runtimes.ruby.defaults.pidsLimit must be a number above 0"_s;
    QTest::newRow("image") << ruby << QByteArray(R"({"command":["ruby","{file}"],"image":"a b"})")
                           << u"image is not an image's name"_s;
    QTest::newRow("name") << u"Ruby 3"_s << QByteArray(R"({"command":["ruby","{file}"]})")
                          << u"is not a runtime's name"_s;
}

void tst_runtime::manifest()
{
    QFETCH(QString, name);
    QFETCH(QByteArray, json);
    QFETCH(QString, message);
    const auto runtime = Runtime::fromJson(name, parse(json.constData()));
    if (message.isEmpty()) {
        QVERIFY2(runtime, qPrintable(runtime ? QString() : runtime.error().message));
        const auto again = Runtime::fromJson(name, runtime->toJson());
        QVERIFY(again);
        QCOMPARE(*again, *runtime);
        return;
    }
    QVERIFY(!runtime);
    QCOMPARE(runtime.error().code, errors::BadConfig);
    QVERIFY2(runtime.error().message.contains(message), qPrintable(runtime.error().message));
}

void tst_runtime::extended()
{
    const auto registry = RuntimeRegistry::builtIn().extendedBy(parse(
        R"({"ruby":{"extensions":[".rb"],"command":["ruby","{file}","{args}"]},"python":{"extensions":[".py"],"command":["pypy3","{file}"]}})"));
    QVERIFY(registry);
    QCOMPARE(registry->all().size(), 7);
    QCOMPARE(registry->byFileName(u"x.rb").value().name, u"ruby"_s);
    QCOMPARE(registry->byName(u"ruby").value().image, u"isol8:ruby"_s);
    QCOMPARE(registry->byName(u"python").value().command.constFirst(), u"pypy3"_s);
    QVERIFY(!RuntimeRegistry::builtIn().extendedBy(parse(R"({"ruby":[]})")));
}

void tst_runtime::takesExtension()
{
    const auto registry = RuntimeRegistry::builtIn().extendedBy(
        parse(R"({"tsnode":{"extensions":[".TS"],"command":["ts-node","{file}"]}})"));
    QVERIFY(registry);
    QCOMPARE(registry->byFileName(u"x.ts").value().name, u"tsnode"_s);
    QCOMPARE(registry->byFileName(u"x.tsx").value().name, u"bun"_s);
    QCOMPARE(registry->byName(u"bun").value().inlineExtension, u".ts"_s);
}

void tst_runtime::sameExtensionTwice()
{
    const auto registry = RuntimeRegistry::builtIn().extendedBy(parse(
        R"({"a":{"extensions":[".x"],"command":["a","{file}"]},"b":{"extensions":[".y",".X"],"command":["b","{file}"]}})"));
    QVERIFY(!registry);
    QCOMPARE(registry.error().message,
             u"runtimes.a.extensions and runtimes.b.extensions both have \".X\"; leave it to one of them."_s);
}

void tst_runtime::expand_data()
{
    QTest::addColumn<QStringList>("command");
    QTest::addColumn<QStringList>("argv");
    QTest::newRow("lists") << QStringList{u"p"_s, u"{agentFlags}"_s, u"{code}"_s, u"{args}"_s, u"{packages}"_s}
                           << QStringList{u"p"_s,      u"-f"_s, u"print('{file} {args}')"_s,
                                          u"{file}"_s, u"x"_s,  u"numpy"_s};
    QTest::newRow("inside") << QStringList{u"-o={file}.out"_s, u"{file}{file}"_s}
                            << QStringList{u"-o=/s/a.out"_s, u"/s/a/s/a"_s};
    QTest::newRow("other braces") << QStringList{u"{x}"_s, u"{"_s, u"{fil"_s, u"{{file}}"_s}
                                  << QStringList{u"{x}"_s, u"{"_s, u"{fil"_s, u"{/s/a}"_s};
    QTest::newRow("empty") << QStringList{} << QStringList{};
}

void tst_runtime::expand()
{
    QFETCH(QStringList, command);
    QFETCH(QStringList, argv);
    QCOMPARE(expandCommand(command,
                           {u"/s/a"_s, u"print('{file} {args}')"_s, {u"{file}"_s, u"x"_s}, {u"-f"_s}, {u"numpy"_s}}),
             argv);
}

void tst_runtime::nearestWord_data()
{
    QTest::addColumn<QString>("word");
    QTest::addColumn<QString>("near");
    QTest::newRow("typo") << u"memoryLimt"_s << u"memoryLimit"_s;
    QTest::newRow("swap") << u"netwrok"_s << u"network"_s;
    QTest::newRow("case") << u"timeoutms"_s << u"timeoutMs"_s;
    QTest::newRow("part") << u"timeout"_s << u"timeoutMs"_s;
    QTest::newRow("far") << u"banana"_s << QString();
    QTest::newRow("empty") << QString() << QString();
    QTest::newRow("endless") << QString(100000, u'n') << QString();
}

void tst_runtime::nearestWord()
{
    QFETCH(QString, word);
    QFETCH(QString, near);
    QCOMPARE(nearest(word, {u"timeoutMs"_s, u"memoryLimit"_s, u"network"_s, u"debug"_s}), near);
}

QTEST_GUILESS_MAIN(tst_runtime)
#include "tst_runtime.moc"
