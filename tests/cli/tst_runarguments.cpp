// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; cli
#include <cli/ArgumentScan.h>
#include <cli/CodeLocation.h>
#include <cli/ExitCodes.h>
#include <cli/FileCollector.h>
#include <cli/IgnoreRules.h>
#include <cli/RunArguments.h>
#include <cli/RunSource.h>
#include <isol8/execution/FieldReader.h>

#include <QDir>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <cstdio>

#include <sys/stat.h>
#include <unistd.h>

using namespace isol8;
using namespace isol8::cli;
using namespace Qt::StringLiterals;

namespace {

// As RunCommand will be, without the running.
class Probe : public Command
{
public:
    explicit Probe(bool shell)
        : isShell(shell)
    {
    }
    CLI::App *setUp(CLI::App &root) override
    {
        app = isShell ? flags.setUpShell(root) : flags.setUp(root);
        return app;
    }
    void run(const CommandContext &) override {}
    bool takesProgramArguments() const override { return true; }
    bool ownsTheRest(const QString &positional) const override { return isIsol8Script(positional); }

    bool isShell;
    RunFlags flags;
    CLI::App *app = nullptr;
};

struct Outcome
{
    RunArguments arguments;
    QString problem; // of the scan, or of reading
    QString code;
    QString waitedFor;
};

enum class Stdin { Pipe, Terminal };

// Of `run`, or of `shell` where that is the first of \a words.
Outcome parse(QStringList words, const QByteArray &stdinData = {}, const QProcessEnvironment &environment = {},
              Stdin kind = Stdin::Pipe)
{
    Outcome outcome;
    CLI::App root("", "isol8");
    const bool isShell = words.value(0) == u"shell";
    Probe probe(isShell);
    probe.setUp(root);
    if (isShell)
        words.removeFirst();
    std::vector<std::string> arguments{isShell ? "shell" : "run"};
    for (const QString &word : words)
        arguments.push_back(word.toStdString());
    const ArgumentScan scan =
        scanArguments(root, arguments, [&](const CLI::App *app) { return app == probe.app ? &probe : nullptr; });
    if (!scan.problem.isEmpty()) {
        outcome.problem = scan.problem;
        return outcome;
    }
    std::vector<std::string> reversed(scan.own.rbegin(), scan.own.rend());
    try {
        root.parse(std::move(reversed));
    } catch (const CLI::Error &error) {
        outcome.problem = u"CLI11: "_s + QString::fromLocal8Bit(error.what());
        return outcome;
    }
    const RuntimeRegistry registry = RuntimeRegistry::builtIn();
    RunSurroundings surroundings{&registry, environment,
                                 [&](qint64, const QString &what) -> Result<QByteArray> {
                                     outcome.waitedFor = what;
                                     return stdinData;
                                 },
                                 kind == Stdin::Terminal};
    auto read = probe.flags.read(scan.programArguments, surroundings);
    if (read) {
        outcome.arguments = std::move(*read);
    } else {
        outcome.problem = read.error().message;
        outcome.code = read.error().code;
    }
    return outcome;
}

} // namespace

class tst_runarguments : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void sources_data();
    void sources();
    void fromUrl_data();
    void fromUrl();
    void locations_data();
    void locations();
    void fromStdin();
    void arguments_data();
    void arguments();
    void ownScript();
    void everyFlag();
    void agent();
    void literalValues();
    void setups_data();
    void setups();
    void wrong_data();
    void wrong();
    void environment();
    void terminal_data();
    void terminal();
    void badFiles_data();
    void badFiles();
    void firstLine_data();
    void firstLine();
    void stdinInput();
    void pipeAsFile();
    void ignoreRules_data();
    void ignoreRules();
    void files();
    void filesTooLarge();
    void filesWrong();
    void programInFiles_data();
    void programInFiles();
    void byteOrderMark();
    void namesThatAreNotText();

private:
    void write(const QString &name, const QByteArray &content, QFile::Permissions permissions = {});
    std::unique_ptr<QTemporaryDir> m_folder;
};

// Each test starts in an empty folder.
void tst_runarguments::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
    QVERIFY(QDir::setCurrent(m_folder->path()));
}

void tst_runarguments::write(const QString &name, const QByteArray &content, QFile::Permissions permissions)
{
    QDir().mkpath(QFileInfo(name).path());
    QFile file(name);
    QVERIFY(file.open(QIODevice::WriteOnly));
    QCOMPARE(file.write(content), content.size());
    if (permissions)
        QVERIFY(file.setPermissions(permissions));
}

void tst_runarguments::sources_data()
{
    QTest::addColumn<QStringList>("words");
    QTest::addColumn<QString>("runtime");
    QTest::addColumn<QByteArray>("code");
    QTest::addColumn<QString>("cmd");
    QTest::addColumn<QString>("fileName");
    const QByteArray code = "print(1)";
    const auto row = [](const char *name, const QStringList &words, const QString &runtime, const QByteArray &source,
                        const QString &fileName = {}, const QString &cmd = {}) {
        QTest::newRow(name) << words << runtime << source << cmd << fileName;
    };
    row("py", {u"a.py"_s}, u"python"_s, code, u"a.py"_s);
    row("js", {u"a.js"_s}, u"node"_s, code, u"a.js"_s);
    row("ts", {u"a.ts"_s}, u"bun"_s, code, u"a.ts"_s);
    row("mts", {u"a.mts"_s}, u"deno"_s, code, u"a.mts"_s);
    row("sh", {u"a.sh"_s}, u"bash"_s, code, u"a.sh"_s);
    row("in a folder", {u"sub/a b.py"_s}, u"python"_s, code, u"a b.py"_s);
    row("runtime wins", {u"a.js"_s, u"-r"_s, u"bun"_s}, u"bun"_s, code, u"a.js"_s);
    row("runtime for no extension", {u"-r"_s, u"python"_s, u"tool"_s}, u"python"_s, code, u"tool"_s);
    row("first line", {u"script"_s}, u"bash"_s, "#!/bin/bash\necho", u"script"_s);
    row("eval", {u"-e"_s, u"1+1"_s}, u"python"_s, "1+1");
    row("eval in node", {u"-r"_s, u"node"_s, u"--eval=1+1"_s}, u"node"_s, "1+1");
    row("attached eval", {u"-e1+1"_s}, u"python"_s, "1+1");
    row("cmd", {u"--cmd"_s, u"ls | wc"_s}, u"bash"_s, {}, {}, u"ls | wc"_s);
    row("cmd in node's image", {u"--cmd"_s, u"npm -v"_s, u"-r"_s, u"node"_s}, u"node"_s, {}, {}, u"npm -v"_s);
    row("a file named as a command", {u"run"_s, u"-r"_s, u"bash"_s}, u"bash"_s, code, u"run"_s);
}

void tst_runarguments::sources()
{
    QFETCH(QStringList, words);
    QFETCH(QString, runtime);
    QFETCH(QByteArray, code);
    QFETCH(QString, cmd);
    QFETCH(QString, fileName);
    for (const QString &name :
         {u"a.py"_s, u"a.js"_s, u"a.ts"_s, u"a.mts"_s, u"a.sh"_s, u"sub/a b.py"_s, u"tool"_s, u"run"_s})
        write(name, "print(1)");
    write(u"script"_s, "#!/bin/bash\necho");
    const Outcome outcome = parse(words);
    QCOMPARE(outcome.problem, QString());
    const RunRequest &request = outcome.arguments.request;
    QCOMPARE(request.runtime, runtime);
    QCOMPARE(request.code.value_or(QByteArray()), code);
    QCOMPARE(request.code.has_value(), cmd.isEmpty());
    QCOMPARE(request.cmd, cmd);
    QCOMPARE(request.fileName, fileName);
    QCOMPARE(outcome.waitedFor, QString());
}

void tst_runarguments::fromUrl_data()
{
    QTest::addColumn<QStringList>("words");
    QTest::addColumn<QString>("url");
    QTest::addColumn<QString>("runtime");
    const QString url = u"https://e.com/a/x.ts"_s;
    QTest::newRow("url") << QStringList{u"--url"_s, url} << url << u"bun"_s;
    QTest::newRow("runtime") << QStringList{u"--url"_s, url, u"-r"_s, u"deno"_s} << url << u"deno"_s;
    QTest::newRow("github") << QStringList{u"--github"_s, u"o/r/main/x.py"_s}
                            << u"https://raw.githubusercontent.com/o/r/main/x.py"_s << u"python"_s;
    QTest::newRow("gist") << QStringList{u"--gist=0a1b/x.sh"_s} << u"https://gist.githubusercontent.com/raw/0a1b/x.sh"_s
                          << u"bash"_s;
    QTest::newRow("input besides") << QStringList{u"--url"_s, url, u"--stdin"_s, u"-"_s} << url << u"bun"_s;
}

void tst_runarguments::fromUrl()
{
    QFETCH(QStringList, words);
    QFETCH(QString, url);
    QFETCH(QString, runtime);
    const QString hash = QString(62, u'0') + u"aB"_s;
    const Outcome outcome = parse(words + QStringList{u"--hash"_s, hash, u"--"_s, u"-x"_s}, "input");
    QCOMPARE(outcome.problem, QString());
    const RunRequest &request = outcome.arguments.request;
    QCOMPARE(request.codeUrl, url);
    QCOMPARE(request.codeHash, hash);
    QCOMPARE(request.runtime, runtime);
    QVERIFY(!request.code && request.cmd.isEmpty() && !request.allowInsecureCodeUrl);
    QCOMPARE(request.args, QStringList{u"-x"_s});
    QCOMPARE(request.stdinData, words.contains(u"--stdin"_s) ? "input" : "");
    QVERIFY(outcome.waitedFor != u"a python program");
    QVERIFY(parse(words + QStringList{u"--allow-insecure-code-url"_s}).arguments.request.allowInsecureCodeUrl);
}

void tst_runarguments::locations_data()
{
    QTest::addColumn<bool>("gist");
    QTest::addColumn<QString>("location");
    QTest::addColumn<QString>("url"); // empty: refused
    const auto github = [](const char *name, const QString &location, const QString &rest) {
        QTest::newRow(name) << false << location
                            << (rest.isEmpty() ? QString() : u"https://raw.githubusercontent.com/"_s + rest);
    };
    const auto gist = [](const char *name, const QString &location, const QString &rest) {
        QTest::newRow(name) << true << location
                            << (rest.isEmpty() ? QString() : u"https://gist.githubusercontent.com/"_s + rest);
    };
    github("file", u"o/r-1/v1.0/x.py"_s, u"o/r-1/v1.0/x.py"_s);
    github("branch with slashes", u"o/r/fix/a/src/x.py"_s, u"o/r/fix/a/src/x.py"_s);
    github("encoded", u"o/r/main/a b/\u00fc?#%2e.py"_s, u"o/r/main/a%20b/%C3%BC%3F%23%252e.py"_s);
    github("no path", u"o/r/main"_s, {});
    github("nothing", {}, {});
    github("empty part", u"o/r//x.py"_s, {});
    github("upwards", u"o/r/main/../../../evil/r/main/x.py"_s, {});
    github("strange owner", u"o@evil.com/r/main/x.py"_s, {});
    github("strange repository", u"o/r r/main/x.py"_s, {});
    github("URL", u"https://github.com/o/r/blob/main/x.py"_s, {});
    github("line end", u"o/r/main/x\n.py"_s, {});
    gist("file of a gist", u"0123abcd/x.py"_s, u"raw/0123abcd/x.py"_s);
    gist("with its user", u"me/0123abcd/x y.py"_s, u"me/0123abcd/raw/x%20y.py"_s);
    gist("revision", u"me/0123abcd@ff00/x.py"_s, u"me/0123abcd/raw/ff00/x.py"_s);
    gist("revision without user", u"0123abcd@ff00/x.py"_s, {});
    gist("no file", u"0123abcd"_s, {});
    gist("no file, but a slash", u"0123abcd/"_s, {});
    gist("strange id", u"xyz/x.py"_s, {});
    gist("strange user", u"m e/0123abcd/x.py"_s, {});
    gist("upwards in a gist", u"0123abcd/.."_s, {});
    gist("URL of a gist", u"https://gist.github.com/me/0123abcd"_s, {});
    gist("too many parts", u"me/0123abcd/raw/x.py"_s, {});
}

void tst_runarguments::locations()
{
    QFETCH(bool, gist);
    QFETCH(QString, location);
    QFETCH(QString, url);
    const auto made = gist ? gistUrl(location) : githubUrl(location);
    QCOMPARE(made.value_or(QString()), url);
    QVERIFY(made || (made.error().code == errors::BadRequest &&
                     made.error().message.startsWith(gist ? u"--gist"_s : u"--github"_s)));
}

void tst_runarguments::fromStdin()
{
    Outcome outcome = parse({}, "print(2)");
    QCOMPARE(outcome.problem, QString());
    QCOMPARE(outcome.arguments.request.code.value(), "print(2)");
    QCOMPARE(outcome.arguments.request.runtime, u"python"_s);
    QCOMPARE(outcome.waitedFor, u"a python program"_s);
    outcome = parse({u"-"_s, u"-r"_s, u"node"_s, u"--"_s, u"x"_s}, "1");
    QCOMPARE(outcome.problem, QString());
    QCOMPARE(outcome.arguments.request.runtime, u"node"_s);
    QCOMPARE(outcome.arguments.request.args, QStringList{u"x"_s});
    outcome = parse({}, " \n");
    QCOMPARE(outcome.problem, u"There is no code to run; the code is empty."_s);
    QCOMPARE(outcome.code, errors::BadRequest);
}

void tst_runarguments::arguments_data()
{
    QTest::addColumn<QStringList>("words");
    QTest::addColumn<QStringList>("args");
    QTest::newRow("none") << QStringList{u"a.py"_s} << QStringList{};
    QTest::newRow("behind dashes") << QStringList{u"a.py"_s, u"--"_s, u"x"_s,   u"--timeout"_s,
                                                  u"y z"_s,  u"--"_s, QString()}
                                   << QStringList{u"x"_s, u"--timeout"_s, u"y z"_s, u"--"_s, QString()};
    QTest::newRow("without dashes") << QStringList{u"a.py"_s, u"x"_s, u"--timeout"_s, u"5s"_s, u"y"_s}
                                    << QStringList{u"x"_s, u"y"_s};
    QTest::newRow("both") << QStringList{u"a.py"_s, u"x"_s, u"--"_s, u"-y"_s} << QStringList{u"x"_s, u"-y"_s};
    QTest::newRow("eval") << QStringList{u"-e"_s, u"1"_s, u"--"_s, u"-x"_s} << QStringList{u"-x"_s};
    QTest::newRow("dashes alone") << QStringList{u"a.py"_s, u"--"_s} << QStringList{};
    QTest::newRow("brackets") << QStringList{u"a.py"_s, u"--"_s, u"[a,b]"_s, u"{}"_s}
                              << QStringList{u"[a,b]"_s, u"{}"_s};
}

void tst_runarguments::arguments()
{
    QFETCH(QStringList, words);
    QFETCH(QStringList, args);
    write(u"a.py"_s, "print(1)");
    const Outcome outcome = parse(words);
    QCOMPARE(outcome.problem, QString());
    QCOMPARE(outcome.arguments.request.args, args);
}

// "#!/usr/bin/env -S isol8 run -r python" makes the kernel call: isol8 run -r python ./tool --flag x
void tst_runarguments::ownScript()
{
    write(u"tool"_s, "#!/usr/bin/env -S isol8 run -r python\nimport sys");
    const Outcome called = parse({u"-r"_s, u"python"_s, u"./tool"_s, u"--verbose"_s, u"--timeout"_s, u"x"_s});
    QCOMPARE(called.problem, QString());
    QCOMPARE(called.arguments.request.args, (QStringList{u"--verbose"_s, u"--timeout"_s, u"x"_s}));
    const Outcome byHand = parse({u"tool"_s, u"--"_s, u"a"_s});
    QCOMPARE(byHand.problem, QString());
    QCOMPARE(byHand.arguments.request.runtime, u"python"_s);
    QCOMPARE(byHand.arguments.request.args, QStringList{u"a"_s});
    write(u"tool.py"_s, "#!/usr/bin/env -S isol8 run\nimport sys");
    QCOMPARE(parse({u"./tool.py"_s, u"-x"_s}).arguments.request.args, QStringList{u"-x"_s});
}

void tst_runarguments::everyFlag()
{
    QProcessEnvironment environment;
    environment.insert(u"FROM"_s, u"outside"_s);
    environment.insert(u"TOKEN"_s, u"s3cret!"_s);
    const Outcome outcome = parse({u"-e"_s,
                                   u"1"_s,
                                   u"--stdin"_s,
                                   u"in"_s,
                                   u"--workdir"_s,
                                   u"/tmp/../sandbox/x"_s,
                                   u"--net"_s,
                                   u"filtered"_s,
                                   u"--timeout"_s,
                                   u"1.5s"_s,
                                   u"--memory"_s,
                                   u"1g"_s,
                                   u"--cpu"_s,
                                   u"0.5"_s,
                                   u"--pids-limit"_s,
                                   u"10"_s,
                                   u"--max-output"_s,
                                   u"2m"_s,
                                   u"--sandbox-size"_s,
                                   u"64m"_s,
                                   u"--tmp-size=32m"_s,
                                   u"--persist"_s,
                                   u"--no-stream"_s,
                                   u"--secret"_s,
                                   u"K=a=b!"_s,
                                   u"--secret"_s,
                                   u"TOKEN"_s,
                                   u"--out"_s,
                                   u"o.txt"_s,
                                   u"--image"_s,
                                   u"mine:1"_s,
                                   u"--isolation"_s,
                                   u"runsc"_s,
                                   u"--env"_s,
                                   u"A=1=2"_s,
                                   u"--env"_s,
                                   u"FROM"_s,
                                   u"--env"_s,
                                   u"EMPTY="_s,
                                   u"--get"_s,
                                   u"out/*.png"_s,
                                   u"--get"_s,
                                   u"/tmp/x"_s,
                                   u"-it"_s},
                                  {}, environment);
    QCOMPARE(outcome.problem, QString());
    const RunArguments &a = outcome.arguments;
    QCOMPARE(a.request.stdinData, "in");
    QCOMPARE(a.request.workdir, u"/sandbox/x"_s);
    QVERIFY(a.options.network == Network::Filtered);
    QCOMPARE(a.options.timeout.value(), milliseconds(1500));
    QCOMPARE(a.options.memoryLimit.value(), GiB);
    QCOMPARE(a.options.cpuLimit.value(), 0.5);
    QCOMPARE(a.options.pidsLimit.value(), 10);
    QCOMPARE(a.options.maxOutputSize.value(), 2 * MiB);
    QCOMPARE(a.options.sandboxSize.value(), 64 * MiB);
    QCOMPARE(a.options.tmpSize.value(), 32 * MiB);
    QVERIFY(a.options.persist && !a.stream);
    QCOMPARE(a.options.secrets, (QMap<QString, QString>{{u"K"_s, u"a=b!"_s}, {u"TOKEN"_s, u"s3cret!"_s}}));
    QCOMPARE(a.outFile, u"o.txt"_s);
    QCOMPARE(a.options.image, u"mine:1"_s);
    QCOMPARE(a.options.isolation, u"runsc"_s);
    QCOMPARE(a.request.env,
             (QMap<QString, QString>{{u"A"_s, u"1=2"_s}, {u"FROM"_s, u"outside"_s}, {u"EMPTY"_s, QString()}}));
    QCOMPARE(a.getPaths, (QStringList{u"out/*.png"_s, u"/tmp/x"_s}));
    QCOMPARE(a.request.outputPaths, a.getPaths);
    QVERIFY(a.interactive && a.terminal && a.request.interactiveStdin && !a.json);

    const RunArguments plain = parse({u"-e"_s, u"1"_s, u"--json"_s}).arguments;
    QVERIFY(plain.json && plain.stream && !plain.interactive && !plain.terminal);
    QVERIFY(plain.options == RunOptions{});
}

// CLI11 would take lists, flags and empty texts in its own way.
void tst_runarguments::agent()
{
    const QString flags = u"--agent-flags"_s;
    Outcome outcome = parse({u"-r"_s, u"agent"_s, flags, u"--model 'a b' -nt"_s, u"-e"_s, u"-Say \"hi\""_s});
    QCOMPARE(outcome.problem, QString());
    QCOMPARE(outcome.arguments.request.runtime, u"agent"_s);
    QCOMPARE(*outcome.arguments.request.code, QByteArray("-Say \"hi\""));
    QCOMPARE(outcome.arguments.request.agentFlags, (QStringList{u"--model"_s, u"a b"_s, u"-nt"_s}));
    outcome = parse({u"-r"_s, u"agent"_s}, "Say hi\n");
    QCOMPARE(*outcome.arguments.request.code, QByteArray("Say hi\n"));
    QCOMPARE(outcome.arguments.request.agentFlags, QStringList());
    QCOMPARE(outcome.waitedFor, u"an agent program"_s);
    write(u"prompt.md"_s, "Say hi from a file");
    outcome = parse({u"-r"_s, u"agent"_s, u"prompt.md"_s, flags + u"=--offline"_s});
    QCOMPARE(*outcome.arguments.request.code, QByteArray("Say hi from a file"));
    QCOMPARE(outcome.arguments.request.agentFlags, QStringList{u"--offline"_s});
}

void tst_runarguments::setups_data()
{
    QTest::addColumn<QStringList>("scripts");
    QTest::addColumn<QByteArray>("printed");
    QTest::addColumn<int>("code");
    QTest::newRow("one") << QStringList{u"echo a"_s} << QByteArray("a\n") << 0;
    QTest::newRow("two") << QStringList{u"echo a"_s, u"echo b"_s} << QByteArray("a\nb\n") << 0;
    QTest::newRow("the first fails") << QStringList{u"echo a; false"_s, u"echo b"_s} << QByteArray("a\n") << 1;
    QTest::newRow("the first leaves") << QStringList{u"exit 7"_s, u"echo b"_s} << QByteArray() << 7;
    QTest::newRow("the first leaves well") << QStringList{u"exit 0"_s, u"echo b"_s} << QByteArray("b\n") << 0;
    QTest::newRow("the last fails") << QStringList{u"echo a"_s, u"exit 3"_s} << QByteArray("a\n") << 3;
    QTest::newRow("errexit") << QStringList{u"set -e; false; echo no"_s, u"echo b"_s} << QByteArray() << 1;
    QTest::newRow("quotes and comments") << QStringList{u"echo '$HOME' \"it's\" # )"_s,
                                                        u"cat <<ISOL8_SETUP\nx\nISOL8_SETUP"_s, u"echo \\\\"_s}
                                         << QByteArray("$HOME it's\nx\n\\\n") << 0;
    QTest::newRow("large") << QStringList{u": "_s + QString(200'000, u'x'), u"echo b"_s} << QByteArray("b\n") << 0;
}

// Each is a script of its own: what one says of its end is heard.
void tst_runarguments::setups()
{
    QFETCH(QStringList, scripts);
    QFETCH(QByteArray, printed);
    QFETCH(int, code);
    QStringList words{u"-e"_s, u"1"_s};
    for (const QString &script : scripts)
        words += {u"--setup"_s, script};
    const Outcome outcome = parse(words);
    QVERIFY2(outcome.problem.isEmpty(), qPrintable(outcome.problem));
    QTemporaryDir folder;
    QFile file(folder.filePath(u"setup.sh"_s));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(outcome.arguments.request.setupScript.toUtf8());
    file.close();
    QProcess bash;
    bash.start(u"bash"_s, {file.fileName()});
    QVERIFY(bash.waitForFinished(20000));
    QCOMPARE(bash.readAllStandardOutput(), printed);
    QCOMPARE(bash.exitCode(), code);
}

void tst_runarguments::literalValues()
{
    for (const QString &code :
         {u"[print(1), print(2)]"_s, u"-1"_s, u"--help"_s, u"{}"_s, u"a,b"_s, u"\"x\""_s, u"'x'"_s, u"--"_s, u"%%"_s}) {
        const Outcome outcome = parse({u"-e"_s, code});
        QVERIFY2(outcome.problem.isEmpty(), qPrintable(code + u": "_s + outcome.problem));
        QCOMPARE(QString::fromUtf8(outcome.arguments.request.code.value()), code);
    }
    const Outcome outcome =
        parse({u"-e"_s, u"1"_s, u"--env"_s, u"A=[1,2]"_s, u"--get"_s, u"[a,b]"_s, u"--stdin"_s, QString()});
    QCOMPARE(outcome.problem, QString());
    QCOMPARE(outcome.arguments.request.env.value(u"A"_s), u"[1,2]"_s);
    QCOMPARE(outcome.arguments.getPaths, QStringList{u"[a,b]"_s});
}

void tst_runarguments::wrong_data()
{
    QTest::addColumn<QStringList>("words");
    QTest::addColumn<QString>("problem"); // its beginning
    const auto row = [](const char *name, const QStringList &words, const QString &problem) {
        QTest::newRow(name) << words << problem;
    };
    const QString e = u"-e"_s, one = u"1"_s;
    row("timeout", {e, one, u"--timeout"_s, u"soon"_s}, u"--timeout: \"soon\" is not a duration"_s);
    row("timeout zero", {e, one, u"--timeout"_s, u"0"_s}, u"--timeout: \"0\" is not a duration"_s);
    row("memory", {e, one, u"--memory"_s, u"lots"_s}, u"--memory: \"lots\" is not a size"_s);
    row("memory negative", {e, one, u"--memory"_s, u"-5m"_s}, u"--memory: \"-5m\" is not a size"_s);
    row("cpu", {e, one, u"--cpu"_s, u"nan"_s}, u"--cpu: \"nan\" is not a number of CPUs"_s);
    row("pids", {e, one, u"--pids-limit"_s, u"1.5"_s}, u"--pids-limit: \"1.5\" is not a number of processes"_s);
    row("net", {e, one, u"--net"_s, u"bridge"_s}, u"--net: \"bridge\" is none of none, host and filtered."_s);
    row("twice", {e, one, u"--memory"_s, u"1g"_s, u"--memory"_s, u"2g"_s},
        u"--memory is given more than once; give it once."_s);
    row("eval twice", {e, one, u"--eval"_s, u"2"_s}, u"--eval is given more than once; give it once."_s);
    row("no value", {e, one, u"--memory"_s}, u"--memory needs a value: --memory SIZE."_s);
    row("no code", {e}, u"--eval needs a value: --eval CODE."_s);
    row("unknown flag", {e, one, u"--memroy"_s, u"1g"_s},
        u"isol8 run has no flag --memroy. Did you mean \"--memory\"?"_s);
    row("unknown short flag", {e, one, u"-x"_s}, u"isol8 run has no flag -x."_s);
    row("agent flags", {u"-r"_s, u"agent"_s, e, one, u"--agent-flags"_s, u"--model 'x"_s},
        u"--agent-flags: A quotation (') does not end."_s);
    row("persistent and persist", {e, one, u"--persistent"_s, u"--persist"_s},
        u"A session's container ends with the session; leave out --persist"_s);
    row("eval and cmd", {e, one, u"--cmd"_s, u"ls"_s}, u"Give only one of --eval and --cmd."_s);
    row("eval and file", {e, one, u"a.py"_s},
        u"Give either --eval or the file \"a.py\"; arguments for the program stand behind --."_s);
    row("cmd and file", {u"--cmd"_s, u"ls"_s, u"a.py"_s}, u"Give either --cmd or the file"_s);
    const QString url = u"--url"_s, there = u"https://e.com/x.py"_s;
    row("url and eval", {e, one, url, there}, u"Give only one of --eval and --url."_s);
    row("url and github", {url, there, u"--github"_s, u"o/r/m/x.py"_s}, u"Give only one of --url and --github."_s);
    row("github and gist", {u"--gist"_s, u"0a/x.py"_s, u"--github"_s, u"o/r/m/x.py"_s},
        u"Give only one of --github and --gist."_s);
    row("url and file", {url, there, u"a.py"_s}, u"Give either --url or the file \"a.py\""_s);
    row("url and stdin", {url, there, u"-"_s}, u"Give either --url or the file \"-\""_s);
    row("url empty", {url, QString()}, u"--url is empty"_s);
    row("url of a file", {url, u"file:///etc/passwd"_s}, u"The URL of the code cannot be used: it must begin with"_s);
    row("url with a password", {url, u"https://a:b@e.com/x.py"_s},
        u"The URL of the code cannot be used: it has a user"_s);
    row("url without language", {url, u"https://e.com/x"_s}, u"\"x\" has no extension that tells its language"_s);
    row("url's runtime empty", {url, there, u"-r"_s, QString()}, u"--runtime needs a name"_s);
    row("hash", {url, there, u"--hash"_s, u"abc"_s}, u"--hash must be a SHA-256"_s);
    row("hash of something else", {url, there, u"--hash"_s, QString(64, u'g')}, u"--hash must be a SHA-256"_s);
    row("hash empty", {url, there, u"--hash"_s, QString()}, u"--hash must be a SHA-256"_s);
    row("hash without a url", {e, one, u"--hash"_s, QString(64, u'0')},
        u"--hash goes with --url, --github or --gist."_s);
    row("insecure without a url", {e, one, u"--allow-insecure-code-url"_s}, u"--allow-insecure-code-url goes with"_s);
    row("cmd empty", {u"--cmd"_s, u" "_s}, u"--cmd is empty"_s);
    row("cmd with arguments", {u"--cmd"_s, u"ls"_s, u"--"_s, u"x"_s}, u"--cmd takes no arguments"_s);
    row("eval empty", {e, QString()}, u"There is no code to run; the code is empty."_s);
    row("runtime", {e, one, u"-r"_s, u"pyton"_s},
        u"There is no runtime \"pyton\"; there are python, node, bun, deno, bash, agent. Did you mean"_s);
    row("runtime empty", {e, one, u"-r"_s, QString()}, u"--runtime needs a name, one of python"_s);
    row("env without name", {e, one, u"--env"_s, u"=x"_s}, u"--env needs a name"_s);
    row("env absent", {e, one, u"--env"_s, u"NOSUCH"_s},
        u"--env NOSUCH: there is no such variable in the environment"_s);
    row("env twice", {e, one, u"--env"_s, u"A=1"_s, u"--env"_s, u"A=2"_s}, u"--env A is given more than once"_s);
    row("env name", {e, one, u"--env"_s, u"A-B=1"_s}, u"request.env.A-B is not a variable's name"_s);
    row("secret absent", {e, one, u"--secret"_s, u"NOSUCH"_s},
        u"--secret NOSUCH: there is no such variable in the environment"_s);
    row("secret short", {e, one, u"--secret"_s, u"PIN=123"_s}, u"The secret PIN is shorter than 4 bytes"_s);
    row("workdir", {e, one, u"--workdir"_s, u"/etc"_s}, u"--workdir: The path \"/etc\" leaves /sandbox and /tmp"_s);
    row("get", {e, one, u"--get"_s, u"../../etc/passwd"_s}, u"--get: The path \"../../etc/passwd\" leaves"_s);
    row("stdin twice", {u"--stdin"_s, u"-"_s}, u"stdin cannot be both the program and its input"_s);
    row("interactive program", {u"-i"_s}, u"stdin cannot be both the program and its input"_s);
    row("stdin - and -i", {e, one, u"-i"_s, u"--stdin"_s, u"-"_s}, u"Give only one of --stdin - and --interactive."_s);
    row("json and -t", {e, one, u"--json"_s, u"-t"_s}, u"--json waits for the end"_s);
    row("json and out", {e, one, u"--json"_s, u"--out"_s, u"x"_s}, u"Give only one of --json and --out"_s);
    row("out empty", {e, one, u"--out"_s, QString()}, u"--out needs a file's name."_s);
    row("file empty", {QString()}, u"The program's file has no name"_s);
    row("file empty with a runtime", {u"-r"_s, u"bash"_s, QString()}, u"The program's file has no name"_s);
    row("image empty", {e, one, u"--image"_s, QString()}, u"--image needs a name."_s);
}

void tst_runarguments::wrong()
{
    QFETCH(QStringList, words);
    QFETCH(QString, problem);
    const Outcome outcome = parse(words, "print(1)");
    QVERIFY2(outcome.problem.startsWith(problem), qPrintable(outcome.problem));
    if (!outcome.code.isEmpty())
        QCOMPARE(exitCodeFor({outcome.code, {}, {}}), int(WrongUsage));
}

void tst_runarguments::environment()
{
    QProcessEnvironment environment;
    environment.insert(u"PIN"_s, u"12"_s);
    const Outcome outcome = parse({u"-e"_s, u"1"_s, u"--secret"_s, u"PIN"_s}, {}, environment);
    QVERIFY2(outcome.problem.startsWith(u"The secret PIN is shorter"), qPrintable(outcome.problem));
    QCOMPARE(outcome.code, errors::BadSecret);
}

// What a terminal, at stdin and for the program, makes of it.
void tst_runarguments::terminal_data()
{
    QTest::addColumn<QStringList>("words");
    QTest::addColumn<Stdin>("kind");
    QTest::addColumn<QString>("expected"); // the program, then what differs from an ordinary run
    const auto row = [](const char *name, const QStringList &words, Stdin kind, const QString &expected) {
        QTest::newRow(name) << words << kind << expected;
    };
    const QString e = u"-e"_s;
    row("plain", {e, u"1"_s}, Stdin::Terminal, u"1"_s);
    row("-i", {u"-i"_s, e, u"1"_s}, Stdin::Terminal, u"1; stdin"_s);
    row("-t, typed", {u"-t"_s, e, u"1"_s}, Stdin::Terminal, u"1; terminal stdin endless TERM=linux"_s);
    row("-t in a pipe", {u"-t"_s, e, u"1"_s}, Stdin::Pipe, u"1; terminal"_s);
    row("-it in a pipe", {u"-it"_s, e, u"1"_s}, Stdin::Pipe, u"1; terminal stdin"_s);
    row("-t with a timeout", {u"-t"_s, u"--timeout"_s, u"5s"_s, e, u"1"_s}, Stdin::Terminal,
        u"1; terminal stdin TERM=linux"_s);
    row("-t with TERM", {u"-t"_s, u"--env"_s, u"TERM=dumb"_s, e, u"1"_s}, Stdin::Terminal,
        u"1; terminal stdin endless TERM=dumb"_s);
    row("prompt", {u"-t"_s, u"-r"_s, u"node"_s}, Stdin::Terminal, u"exec 'node'; terminal stdin endless TERM=linux"_s);
    row("prompt with arguments", {u"-it"_s, u"--"_s, u"-q"_s}, Stdin::Terminal,
        u"exec 'python3' '-q'; terminal stdin endless TERM=linux"_s);
    row("program from the pipe", {u"-t"_s}, Stdin::Pipe, u"piped; terminal"_s);
    row("program typed", {u"-t"_s, u"-"_s}, Stdin::Terminal, u"piped; terminal stdin endless TERM=linux"_s);
    row("no prompt", {u"-t"_s, u"-r"_s, u"agent"_s}, Stdin::Terminal,
        u"The runtime agent has no prompt of its own; give code by FILE or --eval, or open a shell by isol8 shell "
        u"--runtime agent."_s);
    const QString bash = u"PS1='\\u@\\h:\\w\\$ ' exec bash"_s;
    row("shell", {u"shell"_s}, Stdin::Terminal, bash + u"; terminal stdin endless TERM=linux"_s);
    row("shell in a pipe", {u"shell"_s}, Stdin::Pipe, bash + u"; stdin endless"_s);
    row("shell with a timeout", {u"shell"_s, u"--timeout"_s, u"1h"_s}, Stdin::Pipe, bash + u"; stdin"_s);
    row("shell with a program", {u"shell"_s, u"-r"_s, u"python"_s, u"--"_s, u"ls"_s, u"-l"_s, u"it's"_s}, Stdin::Pipe,
        u"exec 'ls' '-l' 'it'\\''s'; stdin endless"_s);
    row("shell with --eval", {u"shell"_s, e, u"1"_s}, Stdin::Terminal, u"isol8 shell has no flag -e."_s);
    row("shell with a file", {u"shell"_s, u"x.py"_s}, Stdin::Terminal, u"isol8 shell takes no argument \"x.py\"."_s);
    row("shell in an unknown image", {u"shell"_s, u"-r"_s, u"cobol"_s}, Stdin::Terminal,
        u"There is no runtime \"cobol\""_s);
}

void tst_runarguments::terminal()
{
    QFETCH(QStringList, words);
    QFETCH(Stdin, kind);
    QFETCH(QString, expected);
    QProcessEnvironment environment;
    environment.insert(u"TERM"_s, u"linux"_s);
    const Outcome outcome = parse(words, "piped", environment, kind);
    if (!outcome.problem.isEmpty()) {
        QVERIFY2(outcome.problem.startsWith(expected), qPrintable(outcome.problem));
        return;
    }
    const RunArguments &a = outcome.arguments;
    QStringList facts;
    if (a.terminal)
        facts += u"terminal"_s;
    if (a.interactive && a.request.interactiveStdin)
        facts += u"stdin"_s;
    if (a.request.timeout == milliseconds(LongestTimeoutMs))
        facts += u"endless"_s;
    if (a.request.env.contains(u"TERM"_s))
        facts += u"TERM="_s + a.request.env.value(u"TERM"_s);
    const QString program = a.request.cmd.isEmpty() ? QString::fromUtf8(*a.request.code) : a.request.cmd;
    QCOMPARE(facts.isEmpty() ? program : QString(program + u"; "_s + facts.join(u' ')), expected);
}

void tst_runarguments::badFiles_data()
{
    QTest::addColumn<QString>("file");
    QTest::addColumn<QString>("problem");
    QTest::addColumn<int>("exitCode");
    QTest::newRow("absent") << u"no.py"_s << u"Cannot read no.py: No such file or directory."_s << 1;
    QTest::newRow("folder") << u"folder.py"_s << u"folder.py is a folder, not a file."_s << 1;
    QTest::newRow("empty") << u"empty.py"_s << u"empty.py is empty; there is no code to run."_s << 2;
    QTest::newRow("binary") << u"binary.py"_s << u"binary.py is not a text in UTF-8; give a program's source."_s << 2;
    QTest::newRow("latin-1") << u"latin.py"_s << u"latin.py is not a text in UTF-8; give a program's source."_s << 2;
    QTest::newRow("large") << u"large.py"_s << u"large.py is larger than 16777216 bytes."_s << 1;
    QTest::newRow("unknown extension") << u"a.rb"_s << u"No runtime is known for \".rb\" files (known are .py"_s << 2;
    QTest::newRow("no extension") << u"Makefile"_s << u"\"Makefile\" has no extension that tells its language"_s << 2;
}

void tst_runarguments::badFiles()
{
    QFETCH(QString, file);
    QFETCH(QString, problem);
    QFETCH(int, exitCode);
    QVERIFY(QDir().mkpath(u"folder.py"_s));
    write(u"empty.py"_s, "\n");
    write(u"binary.py"_s, QByteArray("\x7F"
                                     "ELF\0",
                                     5));
    write(u"latin.py"_s, "# \xE4");
    write(u"a.rb"_s, "puts 1");
    write(u"Makefile"_s, "all:");
    if (file == u"large.py")
        write(file, QByteArray(16 * 1024 * 1024 + 1, '#'));
    const Outcome outcome = parse({file});
    QVERIFY2(outcome.problem.startsWith(problem), qPrintable(outcome.problem));
    QCOMPARE(exitCodeFor({outcome.code, {}, {}}), exitCode);
}

void tst_runarguments::firstLine_data()
{
    QTest::addColumn<QByteArray>("code");
    QTest::addColumn<QString>("runtime");
    QTest::newRow("none") << QByteArray("print(1)") << QString();
    QTest::newRow("isol8") << QByteArray("#!/usr/bin/env -S isol8 run\n") << QString();
    QTest::newRow("isol8 -r") << QByteArray("#!/usr/bin/env -S isol8 run -r node\n") << u"node"_s;
    QTest::newRow("isol8 --runtime=") << QByteArray("#!/usr/local/bin/isol8 run --runtime=deno\n") << u"deno"_s;
    QTest::newRow("isol8 --runtime") << QByteArray("#!isol8 run --timeout 5s --runtime bun") << u"bun"_s;
    QTest::newRow("python") << QByteArray("#!/usr/bin/python3.11 -u\n") << u"python"_s;
    QTest::newRow("env python3") << QByteArray("#!/usr/bin/env python3\r\n") << u"python"_s;
    QTest::newRow("env -S") << QByteArray("#! /usr/bin/env -S PYTHONUTF8=1 python3 -u\n") << u"python"_s;
    QTest::newRow("sh") << QByteArray("#!/bin/sh\n") << u"bash"_s;
    QTest::newRow("nodejs") << QByteArray("#!/usr/bin/nodejs\n") << u"node"_s;
    QTest::newRow("deno") << QByteArray("#!/usr/bin/env -S deno run\n") << u"deno"_s;
    QTest::newRow("perl") << QByteArray("#!/usr/bin/perl\n") << QString();
    QTest::newRow("only env") << QByteArray("#!/usr/bin/env") << QString();
    QTest::newRow("nothing") << QByteArray("#!") << QString();
    QTest::newRow("second line") << QByteArray("\n#!/bin/sh\n") << QString();
}

void tst_runarguments::firstLine()
{
    QFETCH(QByteArray, code);
    QFETCH(QString, runtime);
    QCOMPARE(runtimeOfFirstLine(code, RuntimeRegistry::builtIn()), runtime);
}

void tst_runarguments::stdinInput()
{
    write(u"a.py"_s, "print(1)");
    Outcome outcome = parse({u"a.py"_s, u"--stdin"_s, u"-"_s}, QByteArray("a\0b", 3));
    QCOMPARE(outcome.problem, QString());
    QCOMPARE(outcome.arguments.request.stdinData, QByteArray("a\0b", 3));
    QCOMPARE(outcome.waitedFor, u"the program's input"_s);
    outcome = parse({u"a.py"_s}, "not read");
    QCOMPARE(outcome.arguments.request.stdinData, QByteArray());
    QCOMPARE(outcome.waitedFor, QString());
}

void tst_runarguments::pipeAsFile()
{
    int ends[2];
    QCOMPARE(::pipe(ends), 0);
    QCOMPARE(::write(ends[1], "print(3)", 8), 8);
    ::close(ends[1]);
    const Outcome outcome = parse({u"-r"_s, u"python"_s, u"/dev/fd/%1"_s.arg(ends[0])});
    ::close(ends[0]);
    QCOMPARE(outcome.problem, QString());
    QCOMPARE(outcome.arguments.request.code.value(), "print(3)");
    QCOMPARE(outcome.arguments.request.fileName, QString());
}

void tst_runarguments::ignoreRules_data()
{
    QTest::addColumn<QString>("rules");
    QTest::addColumn<QString>("path"); // a folder where it ends with /
    QTest::addColumn<bool>("ignored");
    const auto row = [](const char *name, const QString &rules, const QString &path, bool ignored) {
        QTest::newRow(name) << rules << path << ignored;
    };
    row("plain", u"a.txt"_s, u"a.txt"_s, true);
    row("plain, deep", u"a.txt"_s, u"x/y/a.txt"_s, true);
    row("plain, other", u"a.txt"_s, u"ba.txt"_s, false);
    row("star", u"*.log"_s, u"x/b.log"_s, true);
    row("star stops at /", u"/x*"_s, u"x/b"_s, false);
    row("tied", u"/a"_s, u"x/a"_s, false);
    row("tied by middle", u"x/a"_s, u"y/x/a"_s, false);
    row("tied by middle, fits", u"x/a"_s, u"x/a"_s, true);
    row("folder only, file", u"build/"_s, u"build"_s, false);
    row("folder only, folder", u"build/"_s, u"x/build/"_s, true);
    row("question", u"a?c"_s, u"abc"_s, true);
    row("question is not /", u"x/a?c"_s, u"x/a/c"_s, false);
    row("class", u"[a-c].py"_s, u"b.py"_s, true);
    row("negated class", u"[!a-c].py"_s, u"b.py"_s, false);
    row("class never closed", u"[a"_s, u"[a"_s, true);
    row("** in front", u"**/x/a"_s, u"q/x/a"_s, true);
    row("** in the middle", u"x/**/a"_s, u"x/y/z/a"_s, true);
    row("** for none", u"x/**/a"_s, u"x/a"_s, true);
    row("** behind", u"x/**"_s, u"x/y"_s, true);
    row("** behind, itself", u"x/**"_s, u"x/"_s, false);
    row("taken back", u"*.log\n!keep.log"_s, u"keep.log"_s, false);
    row("taken back, other", u"*.log\n!keep.log"_s, u"b.log"_s, true);
    row("last wins", u"!a\na"_s, u"a"_s, true);
    row("comment", u"# a"_s, u"a"_s, false);
    row("escaped #", u"\\#a"_s, u"#a"_s, true);
    row("escaped !", u"\\!a"_s, u"!a"_s, true);
    row("trailing space", u"a  "_s, u"a"_s, true);
    row("CRLF", u"a\r\nb\r\n"_s, u"a"_s, true);
    row("dots are dots", u"a.b"_s, u"axb"_s, false);
    row("standard", QString(), u"x/node_modules/"_s, true);
    row("standard, .git file", QString(), u".git"_s, true);
    row("standard, name as file", QString(), u"venv"_s, false);
    row("standard taken back", u"!node_modules/"_s, u"node_modules/"_s, false);
    // Each star doubled the time once.
    row("many stars", u"a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b"_s, QString(250, u'a'), false);
    row("many folders", u"**/a/**/a/**/a/**/a/**/a/**/b"_s, u"a/"_s.repeated(120) + u"c"_s, false);
    row("class, letters beyond ASCII", u"[äö]x"_s, u"öx"_s, true);
    row("class, negated, letters beyond ASCII", u"[!äö]x"_s, u"üx"_s, true);
    row("class, a backslash", u"[\\]a]x"_s, u"]x"_s, true);
    row("class, a bracket first", u"[]a]x"_s, u"]x"_s, true);
    row("class, an escape that elsewhere means digits", u"[\\d]"_s, u"7"_s, false);
    row("class, turned around", u"[z-a]"_s, u"b"_s, false);
    row("question mark, beyond the first plane", u"?"_s, u"\U0001F600"_s, true);
}

void tst_runarguments::ignoreRules()
{
    QFETCH(QString, rules);
    QFETCH(QString, path);
    QFETCH(bool, ignored);
    IgnoreRules all = IgnoreRules::standard();
    all.add(rules);
    const bool isFolder = path.endsWith(u'/');
    if (isFolder)
        path.chop(1);
    QCOMPARE(all.ignores(path, isFolder), ignored);
}

void tst_runarguments::files()
{
    write(u"d/main.py"_s, "import lib");
    write(u"d/lib/a b.py"_s, "x");
    write(u"d/run.sh"_s, "y",
          QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner | QFile::ReadGroup | QFile::ExeGroup);
    write(u"d/.hidden"_s, QByteArray("\0\xFF", 2));
    write(u"d/node_modules/m/index.js"_s, "no");
    write(u"d/.git/config"_s, "no");
    write(u"d/lib/__pycache__/x.pyc"_s, "no");
    write(u"d/data/big.bin"_s, "no");
    write(u"d/.isol8ignore"_s, "data/\n*.tmp\n");
    write(u"d/x.tmp"_s, "no");
    write(u"secret"_s, "outside");
    QVERIFY(QFile::link(u"../secret"_s, u"d/out"_s));
    QVERIFY(QFile::link(u"lib/a b.py"_s, u"d/in"_s));
    QVERIFY(QFile::link(u"nowhere"_s, u"d/broken"_s));
    QVERIFY(QFile::link(u".."_s, u"d/lib/loop"_s));
    QCOMPARE(::mkfifo("d/pipe", 0600), 0);

    const Outcome outcome = parse({u"d/main.py"_s, u"--files"_s, u"d"_s});
    QCOMPARE(outcome.problem, QString());
    QMap<QString, InputFile> files;
    for (const InputFile &file : outcome.arguments.request.files)
        files.insert(file.path, file);
    QCOMPARE(files.keys(), (QStringList{u"/sandbox/.hidden"_s, u"/sandbox/in"_s, u"/sandbox/lib/a b.py"_s,
                                        u"/sandbox/main.py"_s, u"/sandbox/run.sh"_s}));
    QCOMPARE(files.value(u"/sandbox/.hidden"_s).content, QByteArray("\0\xFF", 2));
    QCOMPARE(files.value(u"/sandbox/in"_s).content, "x");
    QCOMPARE(files.value(u"/sandbox/run.sh"_s).mode, 0750U);
    QCOMPARE(outcome.arguments.notes,
             (QStringList{u"broken points to nothing and is left out."_s,
                          u"lib/loop points to a folder that it is in and is left out."_s,
                          u"out points out of d and is left out."_s, u"pipe is no file and is left out."_s}));
}

void tst_runarguments::filesTooLarge()
{
    write(u"d/a"_s, QByteArray(600, 'a'));
    write(u"d/b"_s, QByteArray(600, 'b'));
    const auto collected = collectFiles(u"d"_s, 1024);
    QVERIFY(!collected);
    QCOMPARE(collected.error().message,
             u"The files in d are larger than 1k together; leave some out by a .isol8ignore."_s);
    QVERIFY(collectFiles(u"d"_s, 1200));
}

void tst_runarguments::filesWrong()
{
    write(u"file"_s, "x");
    QCOMPARE(parse({u"-e"_s, u"1"_s, u"--files"_s, u"no"_s}).problem, u"--files: There is no folder no."_s);
    QCOMPARE(parse({u"-e"_s, u"1"_s, u"--files"_s, u"file"_s}).problem, u"--files: file is not a folder."_s);
}

void tst_runarguments::programInFiles_data()
{
    QTest::addColumn<QStringList>("words");
    QTest::addColumn<QString>("fileName");
    QTest::newRow("in the folder") << QStringList{u"--files"_s, u"proj"_s, u"proj/main.py"_s} << u"main.py"_s;
    QTest::newRow("below it") << QStringList{u"--files"_s, u"proj"_s, u"proj/src/app.py"_s} << u"src/app.py"_s;
    QTest::newRow("written otherwise") << QStringList{u"--files"_s, u"./proj/"_s, u"proj/../proj/src/./app.py"_s}
                                       << u"src/app.py"_s;
    QTest::newRow("here") << QStringList{u"--files"_s, u"."_s, u"proj/src/app.py"_s} << u"proj/src/app.py"_s;
    QTest::newRow("by a link to the folder")
        << QStringList{u"--files"_s, u"proj"_s, u"link/src/app.py"_s} << u"src/app.py"_s;
    QTest::newRow("beside it") << QStringList{u"--files"_s, u"proj"_s, u"project/app.py"_s} << u"app.py"_s;
    QTest::newRow("above it") << QStringList{u"--files"_s, u"proj/src"_s, u"proj/main.py"_s} << u"main.py"_s;
    QTest::newRow("without --files") << QStringList{u"proj/src/app.py"_s} << u"app.py"_s;
}

void tst_runarguments::programInFiles()
{
    QFETCH(QStringList, words);
    QFETCH(QString, fileName);
    for (const QString &name : {u"proj/main.py"_s, u"proj/src/app.py"_s, u"project/app.py"_s})
        write(name, "print(1)");
    QCOMPARE(::symlink("proj", "link"), 0);
    const Outcome outcome = parse(words);
    QCOMPARE(outcome.problem, QString());
    QCOMPARE(outcome.arguments.request.fileName, fileName);
}

void tst_runarguments::byteOrderMark()
{
    write(u"proj/a.sh"_s, "\xef\xbb\xbf#!/bin/bash\necho");
    write(u"proj/tool"_s, "\xef\xbb\xbf#!/bin/bash\necho");
    QCOMPARE(parse({u"proj/a.sh"_s}).arguments.request.code.value(), "#!/bin/bash\necho");
    QCOMPARE(parse({u"proj/tool"_s}).arguments.request.runtime, u"bash"_s);
    QCOMPARE(parse({u"-r"_s, u"bash"_s}, "\xef\xbb\xbf"
                                         "echo")
                 .arguments.request.code.value(),
             "echo");
    // Among the files, too, the program is one and the same.
    const RunRequest request = parse({u"--files"_s, u"proj"_s, u"proj/a.sh"_s}).arguments.request;
    QCOMPARE(request.files.first().path, u"/sandbox/a.sh"_s);
    QCOMPARE(request.files.first().content, request.code.value());
}

void tst_runarguments::namesThatAreNotText()
{
    QVERIFY(QDir().mkpath(u"proj/sub"_s));
    write(u"proj/a"_s, "x");
    for (const char *name : {"proj/\xff", "proj/sub/\xfe", "proj/sub/\xff"}) {
        FILE *opened = std::fopen(name, "w");
        QVERIFY(opened);
        std::fclose(opened);
    }
    const auto collected = collectFiles(u"proj"_s);
    for (const char *name : {"proj/\xff", "proj/sub/\xfe", "proj/sub/\xff"})
        std::remove(name);
    QVERIFY(collected);
    QCOMPARE(collected->files.size(), 2);
    QCOMPARE(collected->files.last().path, u"/sandbox/sub/"_s); // with nothing in it
    QCOMPARE(collected->notes, (QStringList{u"1 of the names in proj are not UTF-8 and are left out; rename them."_s,
                                            u"2 of the names in sub are not UTF-8 and are left out; rename them."_s}));
}

QTEST_GUILESS_MAIN(tst_runarguments)
#include "tst_runarguments.moc"
