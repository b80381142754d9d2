// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; execution
#include <isol8/execution/RunRequest.h>
#include <isol8/execution/Validate.h>

#include <QJsonArray>
#include <QJsonDocument>
#include <QTest>

#include <limits>

using namespace isol8;
using namespace Qt::StringLiterals;

class tst_runrequest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void everyKey();
    void agentFlags();
    void files();
    void ignored();
    void wrong_data();
    void wrong();
    void options();
    void wrongOptions_data();
    void wrongOptions();
    void manyPatterns();
    void secretsStaySecret();
    void validateCode_data();
    void validateCode();
    void validateOthers();
    void path_data();
    void path();
};

static QJsonObject parse(const QByteArray &text)
{
    QJsonParseError error;
    const QJsonDocument document = QJsonDocument::fromJson(text, &error);
    if (error.error != QJsonParseError::NoError)
        qFatal("%s", text.constData());
    return document.object();
}

void tst_runrequest::everyKey()
{
    const auto request = RunRequest::fromJson(parse(R"json({
        "code": "print('ä')", "runtime": "python", "codeHash": "00000000000000000000000000000000000000000000000000000000000000aF",
        "allowInsecureCodeUrl": true, "timeoutMs": 1500, "env": {"A": "1", "_b2": ""}, "fileExtension": ".py", "stdin": "in\u0000put",
        "files": {"/sandbox/a": "text"}, "outputPaths": ["/sandbox/*.png", "out"], "installPackages": ["numpy==1.2"], "setupScript": "true",
        "workdir": "/tmp/x", "agentFlags": ["--f"], "metadata": {"k": [1]}, "args": ["a b", ""]})json"));
    QVERIFY2(request, qPrintable(request ? QString() : request.error().message));
    QCOMPARE(*request->code, QByteArray("print('\xC3\xA4')"));
    QCOMPARE(request->runtime, u"python"_s);
    QVERIFY(request->allowInsecureCodeUrl);
    QCOMPARE(request->timeout.value(), milliseconds(1500));
    QCOMPARE(request->env, (QMap<QString, QString>{{u"A"_s, u"1"_s}, {u"_b2"_s, QString()}}));
    QCOMPARE(request->fileExtension, u".py"_s);
    QCOMPARE(request->stdinData, QByteArray("in\0put", 6));
    QCOMPARE(request->files, (QList<InputFile>{{u"/sandbox/a"_s, "text", 0644}}));
    QCOMPARE(request->outputPaths, (QStringList{u"/sandbox/*.png"_s, u"out"_s}));
    QCOMPARE(request->installPackages, QStringList{u"numpy==1.2"_s});
    QCOMPARE(request->setupScript, u"true"_s);
    QCOMPARE(request->workdir, u"/tmp/x"_s);
    QCOMPARE(request->agentFlags, QStringList{u"--f"_s});
    QCOMPARE(request->metadata, (QJsonObject{{u"k"_s, QJsonArray{1}}}));
    QCOMPARE(request->args, (QStringList{u"a b"_s, QString()}));
    const auto again = RunRequest::fromJson(request->toJson());
    QVERIFY(again);
    QCOMPARE(*again, *request);

    for (const QByteArray &json :
         {QByteArray(R"({"cmd": "ls"})"), QByteArray(R"({"codeUrl": "https://a.example/x.py"})")}) {
        const auto other = RunRequest::fromJson(parse(json));
        QVERIFY2(other, json.constData());
        QCOMPARE(other->toJson(), parse(json));
    }
}

void tst_runrequest::agentFlags()
{
    const auto flags = [](const QByteArray &json) {
        return RunRequest::fromJson(parse(R"({"code": "1", "agentFlags": )" + json + '}'));
    };
    QCOMPARE(flags(R"(["--model", "a b"])")->agentFlags, (QStringList{u"--model"_s, u"a b"_s}));
    QCOMPARE(flags(R"("--model 'a b' --thinking high")")->agentFlags,
             (QStringList{u"--model"_s, u"a b"_s, u"--thinking"_s, u"high"_s}));
    QCOMPARE(flags(R"("")")->agentFlags, QStringList());
    QCOMPARE(flags("null")->agentFlags, QStringList());
    QCOMPARE(flags(R"("--model 'a")").error().message, u"request.agentFlags: A quotation (') does not end."_s);
    QCOMPARE(flags(R"("--model 'a")").error().code, errors::BadRequest);
    QVERIFY(flags("7").error().message.startsWith(u"request.agentFlags must be"_s));
}

void tst_runrequest::files()
{
    const auto request = RunRequest::fromJson(parse(R"json({"code": "1", "files": {
        "/sandbox/text": "a\nb", "/sandbox/sub/../bin": {"base64": "AP8="}, "/tmp/x.sh": {"base64": "aGk=", "mode": 493, "mtimeMs": 1600000000123},
        "rel": {"type": "Buffer", "data": [104, 105, 0, 255]}, "/sandbox/with space'\"$(x)": ""
}
})json"));
    QVERIFY2(request, qPrintable(request ? QString() : request.error().message));
    QMap<QString, InputFile> byPath;
    for (const InputFile &file : request->files)
        byPath.insert(file.path, file);
    QCOMPARE(byPath.size(), 5);
    QCOMPARE(byPath.value(u"/sandbox/text"_s).content, QByteArray("a\nb"));
    QCOMPARE(byPath.value(u"/sandbox/bin"_s).content, QByteArray("\0\xFF", 2));
    QCOMPARE(byPath.value(u"/tmp/x.sh"_s).content, QByteArray("hi"));
    QCOMPARE(byPath.value(u"/tmp/x.sh"_s).mode, 0755U);
    QCOMPARE(byPath.value(u"/tmp/x.sh"_s).mtimeMs, 1600000000123);
    QCOMPARE(byPath.value(u"/sandbox/text"_s).mtimeMs, 0);
    QCOMPARE(byPath.value(u"/sandbox/rel"_s).content, QByteArray("hi\0\xFF", 4));
    QCOMPARE(byPath.value(u"/sandbox/with space'\"$(x)"_s).content, QByteArray());
    const auto again = RunRequest::fromJson(request->toJson());
    QVERIFY(again);
    QMap<QString, InputFile> second;
    for (const InputFile &file : again->files)
        second.insert(file.path, file);
    QCOMPARE(second, byPath);
}

void tst_runrequest::ignored()
{
    const auto request = RunRequest::fromJson(
        parse(R"({"code": "1", "unknown": {"x": 1}, "runtime": null, "timeoutMs": null, "files": null})"));
    QVERIFY(request);
    QCOMPARE(request->toJson(), (QJsonObject{{u"code"_s, u"1"_s}}));
}

void tst_runrequest::wrong_data()
{
    QTest::addColumn<QByteArray>("json");
    QTest::addColumn<QString>("code");
    QTest::addColumn<QString>("message"); // its beginning
    const auto row = [](const char *name, const QByteArray &json, const QString &message,
                        QStringView code = errors::BadRequest) {
        QTest::newRow(name) << json << code.toString() << message;
    };
    row("nothing", "{}", u"There is no code to run; give"_s);
    row("two", R"({"code": "1", "cmd": "ls"})", u"Give only one of"_s);
    row("three", R"({"code": "1", "cmd": "ls", "codeUrl": "x"})", u"Give only one of"_s);
    row("code number", R"({"code": 1})", u"request.code must be a text, not 1."_s);
    row("runtime list", R"({"code": "1", "runtime": ["python"]})", u"request.runtime must be a text, not a list."_s);
    row("timeout text", R"({"code": "1", "timeoutMs": "1"})",
        u"request.timeoutMs must be a whole number of milliseconds from 1 to 2147483647, not a text."_s);
    row("timeout zero", R"({"code": "1", "timeoutMs": 0})", u"request.timeoutMs must be"_s);
    row("timeout negative", R"({"code": "1", "timeoutMs": -1})", u"request.timeoutMs must be"_s);
    row("timeout huge", R"({"code": "1", "timeoutMs": 1e300})",
        u"request.timeoutMs must be a whole number of milliseconds from 1 to 2147483647, not 1e+300."_s);
    row("timeout fraction", R"({"code": "1", "timeoutMs": 1.5})",
        u"request.timeoutMs must be a whole number of milliseconds from 1 to 2147483647, not 1.5."_s);
    row("env list", R"({"code": "1", "env": []})", u"request.env must be an object, not a list."_s);
    row("env number", R"({"code": "1", "env": {"A": 1}})", u"request.env.A must be a text, not 1."_s);
    row("env name", R"({"code": "1", "env": {"A-B": "1"}})", u"request.env.A-B is not a variable's name"_s);
    row("env digit", R"({"code": "1", "env": {"1A": "1"}})", u"request.env.1A is not a variable's name"_s);
    row("env empty name", R"({"code": "1", "env": {"": "1"}})", u"request.env. is not a variable's name"_s);
    row("env name newline", R"({"code": "1", "env": {"A\n": "1"}})", u"request.env.A\n is not a variable's name"_s);
    row("env NUL", R"({"code": "1", "env": {"A": "x\u0000"}})", u"request.env.A contains a NUL character."_s);
    row("args text", R"({"code": "1", "args": "a"})", u"request.args must be a list of texts, not a text."_s);
    row("args number", R"({"code": "1", "args": ["a", 2]})", u"request.args[1] must be a text, not 2."_s);
    row("args NUL", R"({"code": "1", "args": ["\u0000"]})", u"request.args[0] contains a NUL character."_s);
    row("flag text", R"({"code": "1", "allowInsecureCodeUrl": "yes"})",
        u"request.allowInsecureCodeUrl must be true or false, not a text."_s);
    row("metadata text", R"({"code": "1", "metadata": "x"})", u"request.metadata must be an object"_s);
    row("files list", R"({"code": "1", "files": ["/sandbox/a"]})", u"request.files must be an object, not a list."_s);
    row("file number", R"({"code": "1", "files": {"/sandbox/a": 1}})",
        u"request.files./sandbox/a must be a text, { \"base64\": … } or a Buffer, not 1."_s);
    row("file empty object", R"({"code": "1", "files": {"/sandbox/a": {}}})",
        u"request.files./sandbox/a must be a text"_s);
    row("file base64", R"({"code": "1", "files": {"/sandbox/a": {"base64": "@@"}}})",
        u"request.files./sandbox/a.base64 is not valid base64."_s);
    row("file mode", R"({"code": "1", "files": {"/sandbox/a": {"base64": "", "mode": 512}}})",
        u"request.files./sandbox/a.mode must be permission bits"_s);
    row("file time", R"({"code": "1", "files": {"/sandbox/a": {"base64": "", "mtimeMs": -5}}})",
        u"request.files./sandbox/a.mtimeMs must be milliseconds since 1970"_s);
    row("file setuid", R"({"code": "1", "files": {"/sandbox/a": {"base64": "", "mode": 2541}}})",
        u"request.files./sandbox/a.mode must be permission bits"_s);
    row("file mode text", R"({"code": "1", "files": {"/sandbox/a": {"base64": "", "mode": "0644"}}})",
        u"request.files./sandbox/a.mode must be"_s);
    row("buffer 256", R"({"code": "1", "files": {"/sandbox/a": {"type": "Buffer", "data": [256]}}})",
        u"request.files./sandbox/a.data must hold"_s);
    row("buffer -1", R"({"code": "1", "files": {"/sandbox/a": {"type": "Buffer", "data": [-1]}}})",
        u"request.files./sandbox/a.data must hold"_s);
    row("buffer fraction", R"({"code": "1", "files": {"/sandbox/a": {"type": "Buffer", "data": [1.5]}}})",
        u"request.files./sandbox/a.data must hold"_s);
    row("buffer text", R"({"code": "1", "files": {"/sandbox/a": {"type": "Buffer", "data": ["1"]}}})",
        u"request.files./sandbox/a.data must hold"_s);
    row("file outside", R"({"code": "1", "files": {"/etc/passwd": ""}})",
        u"request.files: The path \"/etc/passwd\" leaves"_s, errors::BadPath);
    row("file climbs", R"({"code": "1", "files": {"/sandbox/../etc/passwd": ""}})", u"request.files: The path"_s,
        errors::BadPath);
    row("file is folder", R"({"code": "1", "files": {"/sandbox": ""}})", u"request.files: \"/sandbox\" is a folder"_s,
        errors::BadPath);
    row("folder with content", R"({"code": "1", "files": {"/sandbox/a/": "x"}})",
        u"request.files: \"/sandbox/a/\" is a folder"_s, errors::BadPath);
    row("file twice", R"({"code": "1", "files": {"/sandbox/a": "", "a": ""}})",
        u"request.files has /sandbox/a twice."_s);
    row("file in a file", R"({"code": "1", "files": {"/sandbox/a/b/c": "", "a": ""}})",
        u"request.files: \"/sandbox/a\" is a file, and \"/sandbox/a/b/c\" would be in it"_s, errors::BadPath);
    row("output outside", R"({"code": "1", "outputPaths": ["../etc/*"]})", u"request.outputPaths: The path"_s,
        errors::BadPath);
    row("workdir outside", R"({"code": "1", "workdir": "/"})", u"request.workdir: The path"_s, errors::BadPath);
    row("hash of a command",
        R"({"cmd": "ls", "codeHash": "0000000000000000000000000000000000000000000000000000000000000000"})",
        u"request.codeHash goes with"_s);
    row("no URL", R"({"codeUrl": "x.py"})", u"The URL of the code cannot be used: it must begin with https://"_s);
    row("URL with a password", R"({"codeUrl": "https://a:b@example.com/x.py"})",
        u"The URL of the code cannot be used"_s);
    row("hash", R"({"code": "1", "codeHash": "abc"})", u"request.codeHash must be a SHA-256"_s);
    row("extension", R"({"code": "1", "fileExtension": "/../x"})", u"request.fileExtension must be an extension"_s);
    row("package option", R"({"code": "1", "installPackages": ["--index-url=x"]})",
        u"request.installPackages[0] is not a package's name."_s);
    row("package newline", R"({"code": "1", "installPackages": ["a", "b\nc"]})",
        u"request.installPackages[1] is not a package's name."_s);
    row("cmd blank", R"({"cmd": "  "})", u"There is no code to run; request.cmd is empty."_s);
    row("cmd NUL", R"({"cmd": "a\u0000b"})", u"request.cmd contains a NUL character."_s);
    row("setup NUL", R"({"code": "1", "setupScript": "a\u0000b"})", u"request.setupScript contains a NUL character."_s);
    row("first one counts", R"({"code": 1, "runtime": 2})", u"request.code must be"_s);
}

void tst_runrequest::wrong()
{
    QFETCH(QByteArray, json);
    QFETCH(QString, code);
    QFETCH(QString, message);
    const auto request = RunRequest::fromJson(parse(json));
    QVERIFY(!request);
    QVERIFY2(request.error().message.startsWith(message), qPrintable(request.error().message));
    QCOMPARE(request.error().code, code);
}

void tst_runrequest::options()
{
    const auto options = RunOptions::fromJson(parse(R"({
        "mode": "persistent", "network": "filtered", "networkFilter": {"whitelist": ["a"], "blacklist": []}, "cpuLimit": 0.5,
        "memoryLimit": "1g", "pidsLimit": 10, "readonlyRootFs": false, "maxOutputSize": 1000, "secrets": {"TOKEN": "abcd"}, "timeoutMs": 10,
        "image": "isol8:python", "sandboxSize": 1048576, "tmpSize": "1m", "debug": true, "persist": true, "logNetwork": true,
        "security": {"seccomp": "custom", "customProfilePath": "/p"}, "audit": {"enabled": true}, "remoteCode": {}, "isolation": "runsc", "priority": -5,
        "poolSize": 9})"));
    QVERIFY2(options, qPrintable(options ? QString() : options.error().message));
    QVERIFY(options->mode == RunMode::Persistent);
    QVERIFY(options->network == Network::Filtered);
    QCOMPARE(options->whitelist.value(), QStringList{u"a"_s});
    QCOMPARE(options->blacklist.value(), QStringList());
    QCOMPARE(options->cpuLimit.value(), 0.5);
    QCOMPARE(options->memoryLimit.value(), GiB);
    QCOMPARE(options->pidsLimit.value(), 10);
    QCOMPARE(options->readonlyRootFs.value(), false);
    QCOMPARE(options->maxOutputSize.value(), 1000);
    QCOMPARE(options->secrets, (QMap<QString, QString>{{u"TOKEN"_s, u"abcd"_s}}));
    QCOMPARE(options->timeout.value(), milliseconds(10));
    QCOMPARE(options->image, u"isol8:python"_s);
    QCOMPARE(options->sandboxSize.value(), MiB);
    QCOMPARE(options->tmpSize.value(), MiB);
    QVERIFY(options->debug && options->persist && options->logNetwork);
    QVERIFY(options->seccomp == SeccompMode::Custom);
    QCOMPARE(options->customProfilePath, u"/p"_s);
    QCOMPARE(options->isolation, u"runsc"_s);
    QCOMPARE(options->priority, -5);
    const auto again = RunOptions::fromJson(options->toJson());
    QVERIFY(again);
    QCOMPARE(*again, *options);
    QCOMPARE(RunOptions::fromJson({}).value(), RunOptions{});
}

void tst_runrequest::wrongOptions_data()
{
    QTest::addColumn<QByteArray>("json");
    QTest::addColumn<QString>("code");
    QTest::addColumn<QString>("message"); // its beginning
    const auto row = [](const char *name, const QByteArray &json, const QString &message,
                        QStringView code = errors::BadRequest) {
        QTest::newRow(name) << json << code.toString() << message;
    };
    row("mode", R"({"mode": "forever"})", u"options.mode must be one of ephemeral, persistent, not \"forever\"."_s);
    row("mode number", R"({"mode": 1})", u"options.mode must be one of ephemeral, persistent, not 1."_s);
    row("network", R"({"network": "bridge"})",
        u"options.network must be one of none, host, filtered, not \"bridge\"."_s);
    row("seccomp", R"({"security": {"seccomp": "off"}})", u"options.security.seccomp must be one of"_s);
    row("security text", R"({"security": "strict"})", u"options.security must be an object, not a text."_s);
    row("filter list", R"({"networkFilter": []})", u"options.networkFilter must be an object"_s);
    row("whitelist text", R"({"networkFilter": {"whitelist": "x"}})",
        u"options.networkFilter.whitelist must be a list of texts"_s);
    row("whitelist pattern", R"({"networkFilter": {"whitelist": ["a", "(?!x).*"]}})",
        u"options.networkFilter.whitelist[1] is \"(?!x).*\", which cannot be used: it uses"_s);
    row("blacklist pattern", R"({"networkFilter": {"blacklist": ["*.a"]}})",
        u"options.networkFilter.blacklist[0] is \"*.a\", which cannot be used: there is nothing in front of"_s);
    const auto filter = [](const char *list, const QString &pattern, int times) {
        const QJsonArray patterns = QJsonArray::fromStringList(QStringList(times, pattern));
        return QJsonDocument(QJsonObject{{u"networkFilter"_s, QJsonObject{{QLatin1StringView(list), patterns}}}})
            .toJson();
    };
    row("list of names", filter("whitelist", u"a.example"_s, 1001),
        u"options.networkFilter.whitelist has more than 1000 entries."_s);
    row("many expressions", filter("blacklist", u"a.*"_s, 201),
        u"options.networkFilter.blacklist[200] is one expression too many: those of a request are at most 200"_s);
    row("large expressions", filter("whitelist", u"[a-z]{400}"_s, 100),
        u"options.networkFilter.whitelist[8] is one expression too many"_s);
    row("hostile expressions", filter("whitelist", u".{1000}"_s.repeated(140), 1000),
        u"options.networkFilter.whitelist[0] is \".{1000}"_s);
    row("Unicode classes", filter("blacklist", u"\\pL"_s.repeated(300), 1000),
        u"options.networkFilter.blacklist[0] is \"\\pL"_s);
    row("URL", filter("blacklist", u"https://evil.example/"_s, 1),
        u"options.networkFilter.blacklist[0] is \"https://evil.example/\", which cannot be used: it has a slash"_s);
    row("cpu zero", R"({"cpuLimit": 0})", u"options.cpuLimit must be a number from 0.01 to 4096, not 0."_s);
    row("cpu text", R"({"cpuLimit": "1"})", u"options.cpuLimit must be a number from 0.01 to 4096, not a text."_s);
    row("memory", R"({"memoryLimit": "lots"})", u"options.memoryLimit: \"lots\" is not a size"_s);
    row("memory negative", R"({"memoryLimit": -1})", u"options.memoryLimit must be a size"_s);
    row("memory fraction", R"({"memoryLimit": 1.5})", u"options.memoryLimit must be a size"_s);
    row("memory true", R"({"memoryLimit": true})", u"options.memoryLimit must be a size"_s);
    row("pids fraction", R"({"pidsLimit": 1.5})",
        u"options.pidsLimit must be a whole number from 1 to 4194304, not 1.5."_s);
    row("pids zero", R"({"pidsLimit": 0})", u"options.pidsLimit must be"_s);
    row("readonly", R"({"readonlyRootFs": 0})", u"options.readonlyRootFs must be true or false, not 0."_s);
    row("output", R"({"maxOutputSize": 0})", u"options.maxOutputSize must be a size"_s);
    row("timeout", R"({"timeoutMs": 0})", u"options.timeoutMs must be"_s);
    row("priority", R"({"priority": 1e9})", u"options.priority must be"_s);
    row("secret number", R"({"secrets": {"A": 12345}})", u"options.secrets.A must be a text, not 12345."_s);
    row("secret short", R"({"secrets": {"PIN": "123"}})", u"The secret PIN is shorter than 4 bytes"_s,
        errors::BadSecret);
    row("secret empty", R"({"secrets": {"PIN": ""}})", u"The secret PIN is shorter than 4 bytes"_s, errors::BadSecret);
    row("secret name", R"({"secrets": {"A B": "12345"}})", u"\"A B\" is not a secret's name"_s, errors::BadSecret);
    row("secret NUL", R"({"secrets": {"A": "123\u00004"}})", u"The secret A contains a NUL character."_s,
        errors::BadSecret);
}

void tst_runrequest::wrongOptions()
{
    QFETCH(QByteArray, json);
    QFETCH(QString, code);
    QFETCH(QString, message);
    const auto options = RunOptions::fromJson(parse(json));
    QVERIFY(!options);
    QVERIFY2(options.error().message.startsWith(message), qPrintable(options.error().message));
    QCOMPARE(options.error().code, code);
}

// Names cost nothing, and a fair number of expressions is taken.
void tst_runrequest::manyPatterns()
{
    RunOptions options;
    options.whitelist = QStringList();
    for (int i = 0; i < 900; ++i)
        options.whitelist->append(u"h%1.example"_s.arg(i));
    options.blacklist = QStringList();
    for (int i = 0; i < 190; ++i)
        options.blacklist->append(u"(.*\\.)?evil%1\\.(com|org)"_s.arg(i));
    const auto valid = validate(options);
    QVERIFY2(valid, valid ? "" : qPrintable(valid.error().message));
}

void tst_runrequest::secretsStaySecret()
{
    for (const QString &value : {u"xyz"_s, u"geheim\0x"_s, QString(200000, u'g')}) {
        RunOptions options;
        options.secrets.insert(u"NAME"_s, value);
        const auto valid = validate(options);
        QVERIFY(!valid);
        QVERIFY(valid.error().message.contains(u"NAME"));
        QVERIFY2(!valid.error().message.contains(value.left(6)), qPrintable(valid.error().message));
    }
    RunOptions fine;
    fine.secrets.insert(u"NAME"_s, u"\u00e4\u00f6"_s); // two characters, four bytes
    QVERIFY(validate(fine));
}

void tst_runrequest::validateCode_data()
{
    QTest::addColumn<QByteArray>("code");
    QTest::addColumn<QString>("message"); // empty: valid
    QTest::newRow("text") << QByteArray("print(1)") << QString();
    QTest::newRow("utf-8") << QByteArray("# \xE2\x82\xAC") << QString();
    QTest::newRow("10 MB") << QByteArray(10 * 1000 * 1000, '#') << QString();
    QTest::newRow("16 MiB") << QByteArray(MaxCodeSize, '#') << QString();
    QTest::newRow("larger") << QByteArray(MaxCodeSize + 1, '#')
                            << u"The code is larger than 16m; put data into files."_s;
    QTest::newRow("empty") << QByteArray("") << u"There is no code to run; the code is empty."_s;
    QTest::newRow("blank") << QByteArray(" \n\t") << u"There is no code to run; the code is empty."_s;
    QTest::newRow("NUL") << QByteArray("a\0b", 3) << u"The code is binary data, not text; give a program's source."_s;
    QTest::newRow("ELF") << QByteArray("\x7F"
                                       "ELF\2\1\1\0",
                                       8)
                         << u"The code is binary data, not text; give a program's source."_s;
    QTest::newRow("latin-1") << QByteArray("# \xE4") << u"The code is not UTF-8 text; save it as UTF-8."_s;
    QTest::newRow("cut character") << QByteArray("# \xE2\x82") << u"The code is not UTF-8 text; save it as UTF-8."_s;
}

void tst_runrequest::validateCode()
{
    QFETCH(QByteArray, code);
    QFETCH(QString, message);
    RunRequest request;
    request.code = code;
    const auto valid = validate(request);
    QCOMPARE(valid ? QString() : valid.error().message, message);
    if (!valid)
        QCOMPARE(valid.error().code, errors::BadRequest);
}

void tst_runrequest::validateOthers()
{
    RunRequest request;
    request.code = "1";
    QVERIFY(validate(request));
    request.args = {QString(MaxArgumentSize, u'a')};
    QVERIFY(validate(request));
    request.args = {QString(MaxArgumentSize + 1, u'a')};
    QCOMPARE(validate(request).error().message,
             u"request.args[0] is longer than 128 KiB; hand it over as a file or on stdin."_s);
    request.args = QStringList(9, QString(MaxArgumentSize, u'a'));
    QVERIFY(validate(request).error().message.contains(u"1 MiB together"));
    request.args.clear();
    request.env = {{u"A"_s, QString(MaxArgumentSize, u'a')}};
    QVERIFY(validate(request).error().message.startsWith(u"request.env.A is longer than"));
    request.env.clear();
    request.files = {{u"/sandbox/a"_s, {}, 04755}};
    QVERIFY(validate(request).error().message.contains(u"permission bits"));
    request.files.clear();
    for (const QString &name :
         {u"/a.py"_s, u"../a.py"_s, u"a/../b.py"_s, u"./a.py"_s, u"a//b.py"_s, u"a/"_s, u".."_s, QString(256, u'a')}) {
        request.fileName = name;
        QVERIFY2(!validate(request), qPrintable(name));
    }
    for (const QString &name : {u"a b.py"_s, u"a/b.py"_s, u"..a/.b"_s}) {
        request.fileName = name;
        QVERIFY2(validate(request), qPrintable(name));
    }

    RunOptions options;
    QVERIFY(validate(options));
    options.cpuLimit = std::numeric_limits<double>::quiet_NaN();
    QVERIFY(!validate(options));
    options.cpuLimit = std::numeric_limits<double>::infinity();
    QVERIFY(!validate(options));
    options.cpuLimit = 1;
    options.memoryLimit = -1;
    QVERIFY(!validate(options));
}

void tst_runrequest::path_data()
{
    QTest::addColumn<QString>("path");
    QTest::addColumn<QString>("resolved"); // empty: bad_path
    QTest::newRow("absolute") << u"/sandbox/a/b"_s << u"/sandbox/a/b"_s;
    QTest::newRow("relative") << u"a/b"_s << u"/sandbox/a/b"_s;
    QTest::newRow("dot") << u"."_s << u"/sandbox"_s;
    QTest::newRow("sandbox") << u"/sandbox"_s << u"/sandbox"_s;
    QTest::newRow("sandbox/") << u"/sandbox/"_s << u"/sandbox"_s;
    QTest::newRow("tmp") << u"/tmp/x"_s << u"/tmp/x"_s;
    QTest::newRow("from one to the other") << u"../tmp/x"_s << u"/tmp/x"_s;
    QTest::newRow("dots inside") << u"/sandbox/./a//../b/"_s << u"/sandbox/b"_s;
    QTest::newRow("out and back") << u"/etc/../sandbox/a"_s << u"/sandbox/a"_s;
    QTest::newRow("above the root") << u"/../../../sandbox/a"_s << u"/sandbox/a"_s;
    QTest::newRow("three dots") << u"/sandbox/.../a"_s << u"/sandbox/.../a"_s;
    QTest::newRow("glob") << u"*.png"_s << u"/sandbox/*.png"_s;
    QTest::newRow("odd but legal") << u"/sandbox/a\n'\"$;b"_s << u"/sandbox/a\n'\"$;b"_s;
    QTest::newRow("empty") << QString() << QString();
    QTest::newRow("root") << u"/"_s << QString();
    QTest::newRow("etc") << u"/etc/passwd"_s << QString();
    QTest::newRow("climbs") << u"/sandbox/../etc/passwd"_s << QString();
    QTest::newRow("relative climbs") << u"../../etc/passwd"_s << QString();
    QTest::newRow("parent") << u".."_s << QString();
    QTest::newRow("prefix only") << u"/sandboxes/a"_s << QString();
    QTest::newRow("prefix of tmp") << u"/tmpfile"_s << QString();
    QTest::newRow("proc") << u"/tmp/../proc/1/mem"_s << QString();
    QTest::newRow("NUL") << u"/sandbox/a\0b"_s << QString();
    QTest::newRow("long name") << QString(u"/sandbox/"_s + QString(256, u'a')) << QString();
    QTest::newRow("longest name") << QString(u"/sandbox/"_s + QString(255, u'a'))
                                  << QString(u"/sandbox/"_s + QString(255, u'a'));
    QTest::newRow("long name in bytes") << QString(u"/sandbox/"_s + QString(128, u'\u00e4')) << QString();
    QTest::newRow("long path") << QString(u"/sandbox"_s + QString(u"/aaaaaaa"_s).repeated(600)) << QString();
}

void tst_runrequest::path()
{
    QFETCH(QString, path);
    QFETCH(QString, resolved);
    const auto result = sandboxPath(path);
    QCOMPARE(result.value_or(QString()), resolved);
    if (!result)
        QCOMPARE(result.error().code, errors::BadPath);
}

QTEST_GUILESS_MAIN(tst_runrequest)
#include "tst_runrequest.moc"
