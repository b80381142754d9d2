// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker; builder execution
// Languages of the configuration: one that compiles, one that Debian interprets, both in images made by isol8 build.
#include "support/Docker.h"
#include "support/TestImages.h"

#include <isol8/execution/LocalEngine.h>

#include <QTest>

#include <memory>

using namespace isol8;
using namespace Qt::StringLiterals;

class tst_compiled : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init();
    void cleanup();

    void runs();
    void diagnostics();
    void warnings();
    void compiledOnce();
    void whatIsNotKept_data();
    void whatIsNotKept();
    void anotherLanguage();

private:
    RunResult run(const RunRequest &request, const RunOptions &options = {}, const QString &owner = {});
    RunRequest program(const QByteArray &code) const;

    Config m_config;
    std::unique_ptr<LocalEngine> m_engine;
    QStringList m_compiled; //!< of the last run: its setup phases
    QByteArray m_setupOutput;
};

void tst_compiled::initTestCase()
{
    const auto compiler = testimages::compiler();
    QVERIFY2(compiler, compiler ? "" : qPrintable(compiler.error().message + compiler.error().detail));
    const auto lua = testimages::lua();
    QVERIFY2(lua, lua ? "" : qPrintable(lua.error().message + lua.error().detail));
    m_config.runtimes = {
        {u"c"_s, QJsonObject{{u"image"_s, u"isol8-test-c"_s},
                             {u"extensions"_s, QJsonArray{u".c"_s}},
                             {u"compile"_s, QJsonArray{u"tcc"_s, u"-Wall"_s, u"{file}"_s, u"-o"_s, u"{file}.out"_s}},
                             {u"command"_s, QJsonArray{u"{file}.out"_s, u"{args}"_s}}}},
        {u"lua"_s, QJsonObject{{u"image"_s, u"isol8-test-lua"_s},
                               {u"extensions"_s, QJsonArray{u".lua"_s}},
                               {u"command"_s, QJsonArray{u"lua"_s, u"{file}"_s, u"{args}"_s}}}}};
}

void tst_compiled::init()
{
    LocalEngineOptions options;
    options.config = m_config;
    m_engine = std::make_unique<LocalEngine>(options);
}

void tst_compiled::cleanup()
{
    bool stopped = false;
    m_engine->stop({this, [&](const Result<void> &) { stopped = true; }});
    QTRY_VERIFY_WITH_TIMEOUT(stopped, 30000);
    m_engine.reset();
}

RunRequest tst_compiled::program(const QByteArray &code) const
{
    RunRequest request;
    request.runtime = u"c"_s;
    request.code = code;
    return request;
}

RunResult tst_compiled::run(const RunRequest &request, const RunOptions &options, const QString &owner)
{
    m_compiled.clear();
    m_setupOutput.clear();
    std::unique_ptr<Run> run(m_engine->execute(request, options, owner));
    connect(run.get(), &Run::progress, this, [this](const QString &sentence) { m_compiled.append(sentence); });
    connect(run.get(), &Run::output, this, [this](OutputStream, const QByteArray &text, Phase phase) {
        if (phase == Phase::Setup)
            m_setupOutput += text;
    });
    if (!QTest::qWaitFor([&] { return run->isFinished(); }, 120000))
        run->cancel();
    return run->result();
}

void tst_compiled::runs()
{
    RunRequest request =
        program("#include <stdio.h>\n"
                "int main(int n, char **v) { char s[9]; gets(s); printf(\"%s %s\\n\", v[1], s); return 3; }\n");
    request.args = QStringList{u"one"_s};
    request.stdinData = "two\n";
    const RunResult result = run(request);
    QCOMPARE(result.stdoutText, QByteArray("one two\n"));
    QCOMPARE(result.exitCode, 3);
    QVERIFY(result.reason == Reason::Completed);
}

void tst_compiled::diagnostics()
{
    RunRequest request = program("int main() {\n  return nothing;\n}\n");
    request.fileName = u"broken.c"_s;
    const RunResult result = run(request);
    QVERIFY(result.reason == Reason::Completed); // as of a program that an interpreter cannot read
    QCOMPARE(result.errorCode, u"compile_failed"_s);
    QCOMPARE(result.exitCode, 1);
    QVERIFY2(result.stderrText.contains("broken.c:2: error: 'nothing' undeclared"), result.stderrText.constData());
    QVERIFY2(m_setupOutput.contains("broken.c:2: error:"), m_setupOutput.constData());
    QVERIFY2(result.error.startsWith(u"Compiling failed with exit code 1"), qPrintable(result.error));
}

// They are there each time, in the setup phase, and not among the program's output.
void tst_compiled::warnings()
{
    const RunRequest request = program("int main() { int *p = 5; return p != 0; }\n");
    for (int i = 0; i < 2; ++i) {
        const RunResult result = run(request);
        QCOMPARE(result.exitCode, 1);
        QCOMPARE(result.stderrText, QByteArray());
        QVERIFY2(m_setupOutput.contains("main.c:1: warning:"), m_setupOutput.constData());
    }
}

void tst_compiled::compiledOnce()
{
    const RunRequest request = program("#include <stdio.h>\nint main() { puts(__TIME__); return 0; }\n");
    const QByteArray first = run(request).stdoutText;
    QVERIFY(!first.isEmpty());
    QCOMPARE(m_compiled, QStringList{u"Compiling"_s});
    QTest::qWait(1100); // the compiler would tell another time now
    RunRequest again = request;
    again.args = QStringList{u"other"_s};
    again.stdinData = "other";
    QCOMPARE(run(again).stdoutText, first);
    QCOMPARE(m_compiled, QStringList());
}

void tst_compiled::whatIsNotKept_data()
{
    QTest::addColumn<QString>("what");
    for (const char *what : {"another source", "another variable", "a secret", "a file", "a setup script",
                             "another owner", "another place"})
        QTest::newRow(what) << QString::fromLatin1(what);
}

void tst_compiled::whatIsNotKept()
{
    QFETCH(QString, what);
    RunRequest request = program("int main() { return 0; }\n");
    QCOMPARE(run(request).exitCode, 0);
    RunOptions options;
    QString owner;
    if (what == u"another source")
        request.code = "int main() { return  0; }\n";
    else if (what == u"another variable")
        request.env.insert(u"CPATH"_s, u"/sandbox"_s);
    else if (what == u"a secret")
        options.secrets.insert(u"CPATH"_s, u"/sandbox"_s);
    else if (what == u"a file")
        request.files = {{u"/sandbox/stdio.h"_s, "#error"}};
    else if (what == u"a setup script")
        request.setupScript = u"true"_s;
    else if (what == u"another owner")
        owner = u"other"_s;
    else if (what == u"another place")
        request.fileName = u"other.c"_s;
    QCOMPARE(run(request, options, owner).exitCode, 0);
    QVERIFY2(m_compiled.contains(u"Compiling"_s), qPrintable(m_compiled.join(u',')));
}

void tst_compiled::anotherLanguage()
{
    RunRequest request;
    request.fileName = u"hello.lua"_s;
    request.code = "print(arg[1], 6 * 7)\nerror('line two')\n";
    request.args = QStringList{u"answer"_s};
    const RunResult result = run(request);
    QCOMPARE(result.runtime, u"lua"_s);
    QCOMPARE(result.stdoutText, QByteArray("answer\t42\n"));
    QVERIFY2(result.stderrText.contains("hello.lua:2: line two"), result.stderrText.constData());
    QCOMPARE(result.exitCode, 1);
}

QTEST_GUILESS_MAIN(tst_compiled)
#include "tst_compiled.moc"
