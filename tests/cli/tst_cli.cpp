// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; cli
// Runs the built isol8 as a person would; nothing here needs Docker.
#include <QDir>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QRegularExpression>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

#include <isol8/config/Config.h>

using namespace isol8;
using namespace Qt::StringLiterals;

namespace {

struct Ended
{
    int exitCode = -1;
    QString out;
    QString err;
};

QString binary()
{
    return qEnvironmentVariable("ISOL8_BIN") + u"/isol8"_s;
}

} // namespace

class tst_cli : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init();
    void help_data();
    void help();
    void version();
    void wrong_data();
    void wrong();
    void nothing();
    void config();
    void configJson();
    void configOrigins();
    void configFlag();
    void configCheck();
    void configSchemaIsPrinted();
    void debugIsQuiet();
    void withoutLocale();
    void noColourInPipes();
    void closedStdout();
    void bashCompletion_data();
    void bashCompletion();
    void bashCompletionOfFiles();
    void otherShells_data();
    void otherShells();

private:
    Ended isol8(const QStringList &arguments, const QProcessEnvironment &extra = {});
    Ended run(const QString &program, const QStringList &arguments, const QProcessEnvironment &extra = {});
    void write(const QString &name, const QByteArray &content);
    std::unique_ptr<QTemporaryDir> m_home;
};

void tst_cli::initTestCase()
{
    QVERIFY2(QFile::exists(binary()), "ISOL8_BIN must name the folder of the built isol8");
}

// Each test has an empty home, and stands in it.
void tst_cli::init()
{
    m_home = std::make_unique<QTemporaryDir>();
}

Ended tst_cli::run(const QString &program, const QStringList &arguments, const QProcessEnvironment &extra)
{
    QProcessEnvironment environment;
    environment.insert(u"HOME"_s, m_home->path());
    environment.insert(u"PATH"_s, QString(qEnvironmentVariable("ISOL8_BIN") + u':' + qEnvironmentVariable("PATH")));
    environment.insert(u"LANG"_s, u"C.UTF-8"_s);
    environment.insert(extra);
    QProcess process;
    process.setProcessEnvironment(environment);
    process.setWorkingDirectory(m_home->path());
    process.setStandardInputFile(QProcess::nullDevice());
    process.start(program, arguments);
    if (!process.waitForFinished(20000) || process.exitStatus() != QProcess::NormalExit)
        return {};
    return {process.exitCode(), QString::fromUtf8(process.readAllStandardOutput()),
            QString::fromUtf8(process.readAllStandardError())};
}

Ended tst_cli::isol8(const QStringList &arguments, const QProcessEnvironment &extra)
{
    return run(binary(), arguments, extra);
}

void tst_cli::write(const QString &name, const QByteArray &content)
{
    const QString path = m_home->path() + u'/' + name;
    QDir().mkpath(path.section(u'/', 0, -2));
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    QCOMPARE(file.write(content), content.size());
}

// Every command that --help lists, so that a new one is tested the day it comes.
void tst_cli::help_data()
{
    QTest::addColumn<QStringList>("command");
    QTest::addColumn<bool>("examples");
    QTest::newRow("isol8") << QStringList{} << false;
    init();
    static const QRegularExpression line(u"^  ([a-z-]+) +\\S"_s, QRegularExpression::MultilineOption);
    QList<QStringList> open{{}};
    while (!open.isEmpty()) {
        const QStringList command = open.takeFirst();
        const QString text = isol8(command + QStringList{u"--help"_s}).out;
        const QString listed = text.section(u"Subcommands:"_s, 1).section(u"\n\n"_s, 0, 0);
        for (auto it = line.globalMatch(listed); it.hasNext();) {
            const QStringList sub = command + QStringList{it.next().captured(1)};
            QTest::newRow(qPrintable(sub.join(u' '))) << sub << true;
            open.append(sub);
        }
    }
}

void tst_cli::help()
{
    QFETCH(QStringList, command);
    QFETCH(bool, examples);
    for (const QString &flag : {u"--help"_s, u"-h"_s}) {
        const Ended ended = isol8(command + QStringList{flag});
        QCOMPARE(ended.exitCode, 0);
        QCOMPARE(ended.err, QString());
        QVERIFY2(ended.out.contains(
                     QString(u"Usage: isol8"_s + (command.isEmpty() ? QString() : u' ' + command.join(u' ')))),
                 qPrintable(ended.out));
        QVERIFY2(!examples || ended.out.contains(u"Example"), qPrintable(ended.out));
        QVERIFY2(ended.out.endsWith(u'\n'), qPrintable(ended.out));
    }
    QCOMPARE(isol8(command + QStringList{u"--help"_s, u"--nonsense"_s}).exitCode, 0);
}

void tst_cli::version()
{
    const Ended ended = isol8({u"--version"_s});
    QCOMPARE(ended.exitCode, 0);
    QVERIFY2(QRegularExpression(u"^isol8 \\d+\\.\\d+\\.\\d+\n$"_s).match(ended.out).hasMatch(), qPrintable(ended.out));
}

void tst_cli::wrong_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("sentence");
    QTest::addColumn<QString>("hint");
    QTest::newRow("command") << QStringList{u"confg"_s}
                             << u"isol8: isol8 has no command \"confg\". Did you mean \"config\"?"_s
                             << u"isol8 --help"_s;
    QTest::newRow("sub-command") << QStringList{u"config"_s, u"chek"_s}
                                 << u"isol8: isol8 config has no command \"chek\". Did you mean \"check\"?"_s
                                 << u"isol8 config --help"_s;
    QTest::newRow("flag") << QStringList{u"config"_s, u"--jsn"_s}
                          << u"isol8: isol8 config has no flag --jsn. Did you mean \"--json\"?"_s
                          << u"isol8 config --help"_s;
    QTest::newRow("global flag") << QStringList{u"--verbose"_s, u"config"_s} << u"isol8: isol8 has no flag --verbose."_s
                                 << u"isol8 --help"_s;
    QTest::newRow("twice") << QStringList{u"--config"_s, u"a"_s, u"config"_s, u"--config"_s, u"b"_s}
                           << u"isol8: --config is given more than once; give it once."_s << u"isol8 config --help"_s;
    QTest::newRow("no value") << QStringList{u"config"_s, u"--config"_s}
                              << u"isol8: --config needs a value: --config FILE."_s << u"isol8 config --help"_s;
    QTest::newRow("argument") << QStringList{u"config"_s, u"schema"_s, u"x"_s}
                              << u"isol8: isol8 config schema takes no argument \"x\"."_s
                              << u"isol8 config schema --help"_s;
    QTest::newRow("second argument") << QStringList{u"completion"_s, u"bash"_s, u"x"_s}
                                     << u"isol8: isol8 completion takes no further argument \"x\"."_s
                                     << u"isol8 completion --help"_s;
    QTest::newRow("no shell") << QStringList{u"completion"_s}
                              << u"isol8: Say for which shell: isol8 completion bash, zsh or fish."_s
                              << u"isol8 completion --help"_s;
    QTest::newRow("unknown shell") << QStringList{u"completion"_s, u"csh"_s}
                                   << u"isol8: There is no completion for \"csh\"; there is for bash, zsh and fish."_s
                                   << u"isol8 completion --help"_s;
}

void tst_cli::wrong()
{
    QFETCH(QStringList, arguments);
    QFETCH(QString, sentence);
    QFETCH(QString, hint);
    const Ended ended = isol8(arguments);
    QCOMPARE(ended.err, QString(sentence + u"\nSee '"_s + hint + u"'.\n"_s));
    QCOMPARE(ended.exitCode, 2);
    QCOMPARE(ended.out, QString());
}

void tst_cli::nothing()
{
    const Ended ended = isol8({});
    QCOMPARE(ended.exitCode, 2);
    QCOMPARE(ended.out, QString());
    QVERIFY2(ended.err.contains(u"Usage: isol8"), qPrintable(ended.err));
}

void tst_cli::config()
{
    Ended ended = isol8({u"config"_s});
    QCOMPARE(ended.exitCode, 0);
    QCOMPARE(ended.err, u"No configuration file; these are the defaults.\n"_s);
    QVERIFY2(QRegularExpression(u"^defaults\\.memoryLimit +\"512m\"$"_s, QRegularExpression::MultilineOption)
                 .match(ended.out)
                 .hasMatch(),
             qPrintable(ended.out));
    write(u".isol8/config.json"_s, R"({"defaults": {"memoryLimit": "1g"}})");
    ended = isol8({u"config"_s});
    const QString path = m_home->path() + u"/.isol8/config.json"_s;
    QCOMPARE(ended.err, QString(u"From "_s + path + u":\n"_s));
    QVERIFY2(QRegularExpression(
                 QString(u"^defaults\\.memoryLimit +\"1g\" +\\("_s + QRegularExpression::escape(path) + u"\\)$"_s),
                 QRegularExpression::MultilineOption)
                 .match(ended.out)
                 .hasMatch(),
             qPrintable(ended.out));
}

void tst_cli::configJson()
{
    write(u"isol8.config.json"_s, R"({"maxConcurrent": 3})");
    const Ended ended = isol8({u"config"_s, u"--json"_s});
    QCOMPARE(ended.exitCode, 0);
    QCOMPARE(ended.err, QString());
    const QJsonObject printed = QJsonDocument::fromJson(ended.out.toUtf8()).object();
    QCOMPARE(printed, Config::fromJson({{u"maxConcurrent"_s, 3}}).value().toJson());
    write(u"again.json"_s, ended.out.toUtf8());
    QCOMPARE(isol8({u"config"_s, u"check"_s, u"again.json"_s}).exitCode, 0);
}

void tst_cli::configOrigins()
{
    write(u"isol8.config.json"_s, R"({"maxConcurrent": 3})");
    const Ended ended = isol8({u"config"_s, u"--json"_s, u"--origins"_s});
    const QJsonObject printed = QJsonDocument::fromJson(ended.out.toUtf8()).object();
    const QString path = m_home->path() + u"/isol8.config.json"_s;
    QCOMPARE(printed.value(u"file"_s).toString(), path);
    QCOMPARE(printed.value(u"origins"_s)[u"maxConcurrent"].toString(), path);
    QCOMPARE(printed.value(u"origins"_s)[u"debug"].toString(), u"default"_s);
    QCOMPARE(printed.value(u"config"_s)[u"maxConcurrent"].toInt(), 3);
}

void tst_cli::configFlag()
{
    write(u"other.json"_s, R"({"maxConcurrent": 4})");
    for (const QStringList &arguments : {QStringList{u"--config"_s, u"other.json"_s, u"config"_s, u"--json"_s},
                                         QStringList{u"config"_s, u"--json"_s, u"--config=other.json"_s}})
        QCOMPARE(QJsonDocument::fromJson(isol8(arguments).out.toUtf8())[u"maxConcurrent"].toInt(), 4);
    QProcessEnvironment environment;
    environment.insert(u"ISOL8_CONFIG"_s, u"other.json"_s);
    QCOMPARE(
        QJsonDocument::fromJson(isol8({u"config"_s, u"--json"_s}, environment).out.toUtf8())[u"maxConcurrent"].toInt(),
        4);
    const Ended ended = isol8({u"--config"_s, u"no.json"_s, u"config"_s});
    QCOMPARE(ended.exitCode, 1);
    QCOMPARE(ended.err, QString(u"isol8: There is no configuration file "_s + m_home->path() +
                                u"/no.json (--config names it).\n"_s));
}

void tst_cli::configCheck()
{
    Ended ended = isol8({u"config"_s, u"check"_s});
    QCOMPARE(ended.exitCode, 0);
    QCOMPARE(ended.err, u"There is no configuration file; the defaults are used.\n"_s);
    write(u"isol8.config.json"_s, "{\n  \"defaults\": {\n    \"memoryLimt\": \"1g\"\n  }\n}\n");
    ended = isol8({u"config"_s, u"check"_s});
    QCOMPARE(ended.exitCode, 1);
    QCOMPARE(ended.out, QString());
    QCOMPARE(
        ended.err,
        QString(
            u"isol8: "_s + m_home->path() +
            u"/isol8.config.json, line 3: defaults.memoryLimt is not a known key. Did you mean \"memoryLimit\"?\n"_s));
    write(u"profile.json"_s, R"({"security": {"seccomp": "custom", "customProfilePath": "nowhere.json"}})");
    ended = isol8({u"config"_s, u"check"_s, u"profile.json"_s});
    QCOMPARE(ended.exitCode, 1);
    QVERIFY2(ended.err.contains(m_home->path() + u"/nowhere.json"_s), qPrintable(ended.err));
    write(u"good.json"_s, "{}");
    ended = isol8({u"config"_s, u"check"_s, u"good.json"_s});
    QCOMPARE(ended.exitCode, 0);
    QCOMPARE(ended.err, QString(m_home->path() + u"/good.json is right.\n"_s));
}

void tst_cli::configSchemaIsPrinted()
{
    const Ended ended = isol8({u"config"_s, u"schema"_s});
    QCOMPARE(ended.exitCode, 0);
    QCOMPARE(ended.out.toUtf8(), configSchema());
}

void tst_cli::debugIsQuiet()
{
    const Ended ended = isol8({u"config"_s, u"schema"_s, u"--debug"_s});
    QCOMPARE(ended.exitCode, 0);
    QCOMPARE(ended.out.toUtf8(), configSchema());
}

void tst_cli::withoutLocale()
{
    QProcessEnvironment environment;
    environment.insert(u"LANG"_s, u"C"_s);
    environment.insert(u"LC_ALL"_s, u"C"_s);
    const Ended ended = isol8({u"config"_s, u"check"_s}, environment);
    QCOMPARE(ended.err, u"There is no configuration file; the defaults are used.\n"_s);
}

void tst_cli::noColourInPipes()
{
    QVERIFY(!isol8({u"nonsense"_s}).err.contains(u'\x1b'));
    if (QStandardPaths::findExecutable(u"script"_s).isEmpty())
        QSKIP("script (util-linux) is needed to have a terminal");
    const QStringList terminal{u"-qec"_s, u"isol8 nonsense"_s, u"/dev/null"_s};
    QProcessEnvironment environment;
    environment.insert(u"TERM"_s, u"xterm"_s);
    QVERIFY(run(u"script"_s, terminal, environment).out.contains(u"\x1b[31misol8:"));
    environment.insert(u"NO_COLOR"_s, u"1"_s);
    QVERIFY(!run(u"script"_s, terminal, environment).out.contains(u"\x1b[31m"));
}

void tst_cli::closedStdout()
{
    if (!QFile::exists(u"/dev/full"_s))
        QSKIP("there is no /dev/full");
    for (const QString &command : {u"config schema"_s, u"--help"_s, u"completion bash"_s})
        QCOMPARE(run(u"bash"_s, {u"-c"_s, u"isol8 %1 >/dev/full"_s.arg(command)}).exitCode, 1);
}

void tst_cli::bashCompletion_data()
{
    QTest::addColumn<QString>("line"); // the last word is completed
    QTest::addColumn<QStringList>("has");
    QTest::addColumn<QStringList>("hasNot");
    QTest::newRow("commands") << u"isol8 "_s << QStringList{u"config"_s, u"completion"_s} << QStringList{u"check"_s};
    QTest::newRow("begun") << u"isol8 con"_s << QStringList{u"config"_s} << QStringList{u"completion"_s};
    QTest::newRow("sub-commands") << u"isol8 config "_s << QStringList{u"check"_s, u"schema"_s}
                                  << QStringList{u"config"_s};
    QTest::newRow("behind a global flag") << u"isol8 --debug config "_s << QStringList{u"check"_s} << QStringList{};
    QTest::newRow("flags") << u"isol8 config --"_s
                           << QStringList{u"--json"_s, u"--origins"_s, u"--config"_s, u"--help"_s}
                           << QStringList{u"--version"_s};
    QTest::newRow("global flags") << u"isol8 --"_s << QStringList{u"--version"_s, u"--debug"_s}
                                  << QStringList{u"--json"_s};
    QTest::newRow("choices") << u"isol8 completion "_s << QStringList{u"bash"_s, u"zsh"_s, u"fish"_s} << QStringList{};
    QTest::newRow("choice begun") << u"isol8 completion f"_s << QStringList{u"fish"_s} << QStringList{u"bash"_s};
}

void tst_cli::bashCompletion()
{
    QFETCH(QString, line);
    QFETCH(QStringList, has);
    QFETCH(QStringList, hasNot);
    const QString script =
        u"set -eu; source <(isol8 completion bash); IFS=' ' read -ra COMP_WORDS <<<\"$1\"; "
        "[[ $1 == *' ' ]] && COMP_WORDS+=(''); COMP_CWORD=$((${#COMP_WORDS[@]}-1)); _isol8; printf '%s\\n' \"${COMPREPLY[@]}\""_s;
    const Ended ended = run(u"bash"_s, {u"--norc"_s, u"-c"_s, script, u"bash"_s, line});
    QCOMPARE(ended.err, QString());
    const QStringList found = ended.out.split(u'\n', Qt::SkipEmptyParts);
    for (const QString &word : has)
        QVERIFY2(found.contains(word), qPrintable(ended.out));
    for (const QString &word : hasNot)
        QVERIFY2(!found.contains(word), qPrintable(ended.out));
}

void tst_cli::bashCompletionOfFiles()
{
    write(u"my config.json"_s, "{}");
    const QString script =
        u"source <(isol8 completion bash); COMP_WORDS=(isol8 \"$@\"); COMP_CWORD=$#; _isol8; printf '%s\\n' \"${COMPREPLY[@]}\""_s;
    for (const QStringList &words :
         {QStringList{u"--config"_s, u"my"_s}, QStringList{u"config"_s, u"check"_s, u"my"_s}}) {
        const Ended ended = run(u"bash"_s, QStringList{u"--norc"_s, u"-c"_s, script, u"bash"_s} + words);
        QCOMPARE(ended.err, QString());
        QCOMPARE(ended.out, u"my config.json\n"_s);
    }
}

void tst_cli::otherShells_data()
{
    QTest::addColumn<QString>("shell");
    QTest::addColumn<QStringList>("syntaxCheck");
    QTest::addColumn<QString>("line");
    QTest::newRow("zsh") << u"zsh"_s << QStringList{u"-n"_s} << u"'--json:As JSON, in the form of the file'"_s;
    QTest::newRow("fish")
        << u"fish"_s << QStringList{u"--no-execute"_s}
        << u"complete -c isol8 -n '__fish_seen_subcommand_from config; and not __fish_seen_subcommand_from check schema' -l json -d"_s;
}

void tst_cli::otherShells()
{
    QFETCH(QString, shell);
    QFETCH(QStringList, syntaxCheck);
    QFETCH(QString, line);
    const Ended ended = isol8({u"completion"_s, shell});
    QCOMPARE(ended.exitCode, 0);
    QVERIFY2(ended.out.contains(line), qPrintable(ended.out));
    const QString program = QStandardPaths::findExecutable(shell);
    if (program.isEmpty())
        return;
    write(u"script"_s, ended.out.toUtf8());
    const Ended checked = run(program, syntaxCheck + QStringList{u"script"_s});
    QCOMPARE(checked.err, QString());
    QCOMPARE(checked.exitCode, 0);
}

QTEST_GUILESS_MAIN(tst_cli)
#include "tst_cli.moc"
