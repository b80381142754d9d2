// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker; base egress
// isol8 build, list-custom, setup with prebuiltImages and cleanup --images, as a user types them.
#include "support/Cli.h"
#include "support/OwnDaemon.h"
#include "support/Signals.h"
#include "support/WheelIndex.h"

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>
#include <QTest>

#include <algorithm>
#include <csignal>
#include <memory>

#include <unistd.h>

using namespace clitest;
using namespace Qt::StringLiterals;

class tst_clibuild : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init();
    void cleanup();

    void wrong_data();
    void wrong();
    void buildsListsAndRuns();
    void scriptFile();
    void endedInTheMiddle_data();
    void endedInTheMiddle();
    void setupBuildsPrebuilt();
    void cleanupOfImages();

private:
    Outcome run(const QStringList &arguments);
    QString tag(const QString &name)
    {
        const QString full = u"isol8-test-cli%1-%2"_s.arg(QCoreApplication::applicationPid()).arg(name);
        m_tags.append(full);
        return full;
    }
    QJsonObject listed(const QString &name);
    QString write(const QString &name, const QByteArray &content);

    QTemporaryDir m_folder;
    QProcessEnvironment m_environment;
    std::unique_ptr<isol8::test::WheelIndex> m_index;
    QStringList m_tags;
};

void tst_clibuild::initTestCase()
{
    QVERIFY(QFile::exists(binary()));
}

void tst_clibuild::init()
{
    static int number = 0;
    m_index = std::make_unique<isol8::test::WheelIndex>();
    m_environment = QProcessEnvironment::systemEnvironment();
    m_environment.insert(u"ISOL8_ENGINE"_s, u"local"_s);
    m_environment.insert(u"HOME"_s, m_folder.path());
    m_environment.insert(u"XDG_CACHE_HOME"_s, m_folder.filePath(u"cache%1"_s.arg(++number)));
    m_environment.remove(u"ISOL8_CONFIG"_s);
}

void tst_clibuild::cleanup()
{
    for (const QString &name : std::exchange(m_tags, {}))
        dockertest::docker({u"rmi"_s, u"-f"_s, name});
}

// Without blocking this process, whose index must answer meanwhile.
Outcome tst_clibuild::run(const QStringList &arguments)
{
    QProcess process;
    process.setProcessEnvironment(m_environment);
    process.setWorkingDirectory(m_folder.path());
    process.setStandardInputFile(QProcess::nullDevice());
    process.start(binary(), arguments);
    return outcomeOf(&process, QTest::qWaitFor([&] { return process.state() == QProcess::NotRunning; }, 180000));
}

QJsonObject tst_clibuild::listed(const QString &name)
{
    const QJsonArray images = QJsonDocument::fromJson(run({u"list-custom"_s, u"--json"_s}).out).array();
    for (const QJsonValue &image : images) {
        if (image[u"tag"].toString() == name + u":latest"_s)
            return image.toObject();
    }
    return {};
}

QString tst_clibuild::write(const QString &name, const QByteArray &content)
{
    QFile file(m_folder.filePath(name));
    return file.open(QIODevice::WriteOnly) && file.write(content) == content.size() ? file.fileName() : QString();
}

void tst_clibuild::wrong_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<int>("exitCode");
    QTest::addColumn<QByteArray>("sentence");
    const auto row = [](const char *name, const QString &arguments, int exitCode, const QByteArray &sentence) {
        QTest::newRow(name) << arguments.split(u' ') << exitCode << sentence;
    };
    row("no name", u"--apt bc"_s, 2, "--tag NAME");
    row("nothing", u"--tag x"_s, 2, "There is nothing to build");
    row("packages of which", u"--install numpy --tag x"_s, 2, "--base python");
    row("no such runtime", u"--base pyton --install numpy --tag x"_s, 2, "There is no runtime \"pyton\"");
    row("bash has no installer", u"--base bash --install jq --tag x"_s, 2, "--apt");
    row("a bad name", u"--base bash --setup true --tag UPPER"_s, 2, "is no name for an image");
    row("a bad package", u"--base node --install ok ../x --tag x"_s, 2, "\"../x\" is refused");
    row("a bad Debian package", u"--apt ok a;b --tag x"_s, 2, "\"a;b\" is not a Debian package's name");
    row("no such Debian package", u"--apt bc there-is-no-such-package --tag isol8-test-none"_s, 1,
        "Unable to locate package there-is-no-such-package");
}

void tst_clibuild::wrong()
{
    QFETCH(QStringList, arguments);
    QFETCH(int, exitCode);
    QFETCH(QByteArray, sentence);
    const Outcome outcome = run(QStringList{u"build"_s} + arguments);
    QVERIFY2(outcome.exitCode == exitCode, outcome.err.constData());
    QVERIFY2(outcome.err.contains(sentence), outcome.err.constData());
    QCOMPARE(outcome.out, QByteArray());
}

void tst_clibuild::buildsListsAndRuns()
{
    m_index->offer("answer", "value = 42\n");
    m_index->offer("other", "value = 7\n");
    const QString name = tag(u"data"_s);
    const QStringList command{u"build"_s, u"--base"_s, u"python"_s, u"--install"_s,
                              u"other"_s, u"answer"_s, u"--tag"_s,  name};
    const Outcome first = run(command);
    QVERIFY2(first.exitCode == 0, first.err.constData());
    QVERIFY2(first.err.contains(QByteArray(name.toUtf8() + " is made")), first.err.constData());
    QVERIFY2(first.err.contains("installing answer, other"), first.err.constData());
    QCOMPARE(first.out, QByteArray());

    const Outcome second = run(command + QStringList{u"--json"_s});
    QVERIFY2(second.err.contains("is up to date"), second.err.constData());
    const QJsonObject told = QJsonDocument::fromJson(second.out).object();
    QCOMPARE(told.value(u"built"_s), QJsonValue(false));
    QCOMPARE(told.value(u"tag"_s).toString(), name + u":latest"_s);

    const QJsonObject image = listed(name);
    QCOMPARE(image.value(u"id"_s), told.value(u"id"_s));
    QCOMPARE(image.value(u"runtime"_s).toString(), u"python"_s);
    QCOMPARE(image.value(u"installPackages"_s).toArray(), (QJsonArray{u"answer"_s, u"other"_s}));
    QVERIFY(image.value(u"size"_s).toInteger() > 50'000'000);
    QVERIFY(QDateTime::fromString(image.value(u"createdAt"_s).toString(), Qt::ISODate).isValid());
    const QByteArray table = run({u"list-custom"_s}).out;
    const QRegularExpression line(u"^%1:latest +python +[0-9]+ MB +[0-9]+ (s|min) +- +answer, other$"_s.arg(name),
                                  QRegularExpression::MultilineOption);
    QVERIFY2(table.startsWith("TAG ") && line.match(QString::fromUtf8(table)).hasMatch(), table.constData());

    m_index.reset(); // no install from here on
    const QString code = u"import answer; print(answer.value)"_s;
    QCOMPARE(run({u"run"_s, u"--install"_s, u"answer"_s, u"-e"_s, code}).out, QByteArray("42\n"));
    QCOMPARE(run({u"run"_s, u"--image"_s, name, u"-e"_s, code}).out, QByteArray("42\n"));
    QCOMPARE(run({u"run"_s, u"--image"_s, name, u"--install"_s, u"other"_s, u"-e"_s, code}).out, QByteArray("42\n"));
    const Outcome more = run({u"run"_s, u"--install"_s, u"third"_s, u"-e"_s, code});
    QCOMPARE(more.out, QByteArray());
    QVERIFY(more.exitCode != 0);
}

void tst_clibuild::scriptFile()
{
    const QString name = tag(u"script"_s);
    QVERIFY(!write(u"setup.sh"_s, "echo file > made\n").isEmpty());
    const Outcome built = run({u"build"_s, u"--base"_s, u"bash"_s, u"--setup"_s, u"setup.sh"_s, u"--setup"_s,
                               u"echo command >> made"_s, u"--tag"_s, name});
    QVERIFY2(built.exitCode == 0, built.err.constData());
    const QString script = listed(name).value(u"setupScript"_s).toString();
    QVERIFY2(script.contains(u"echo file > made\n") && script.contains(u"echo command >> made\n"), qPrintable(script));
    const Outcome ran = run({u"run"_s, u"--image"_s, name, u"-r"_s, u"bash"_s, u"-e"_s, u"cat made"_s});
    QVERIFY2(ran.out == "file\ncommand\n", ran.err.constData());
}

void tst_clibuild::endedInTheMiddle_data()
{
    QTest::addColumn<int>("signal");
    QTest::newRow("Ctrl-C") << SIGINT;
    QTest::newRow("killed") << SIGKILL;
}

// While the installer waits for an index that does not answer.
void tst_clibuild::endedInTheMiddle()
{
    QFETCH(int, signal);
    m_index->hang("slow");
    const QString name = tag(u"ended"_s);
    QProcess process;
    process.setProcessEnvironment(m_environment);
    process.start(binary(),
                  {u"--debug"_s, u"build"_s, u"--base"_s, u"python"_s, u"--install"_s, u"slow"_s, u"--tag"_s, name});
    const qsizetype before = m_index->requests();
    QTRY_VERIFY_WITH_TIMEOUT(m_index->requests() > before, 60000);
    QByteArray err = process.readAllStandardError();
    const auto match = QRegularExpression(u"created \"([0-9a-f]{12})\""_s).match(QString::fromUtf8(err));
    QVERIFY2(match.hasMatch(), err.constData());
    const QStringList find{u"ps"_s, u"-aq"_s, u"--filter"_s, u"id="_s + match.captured(1)};
    QVERIFY(!dockertest::docker(find).isEmpty());
    processtest::sendSignal(process, signal);
    QVERIFY(process.waitForFinished(30000));
    err += process.readAllStandardError();
    QVERIFY2(signal != SIGINT || process.exitCode() == 130, err.constData());
    QTRY_VERIFY_WITH_TIMEOUT(dockertest::docker(find).isEmpty(), 10000);
    QVERIFY(!dockertest::hasImage(name));
}

void tst_clibuild::setupBuildsPrebuilt()
{
    if (!dockertest::hasImage(u"isol8:bash"_s))
        QSKIP("isol8:bash is not there");
    const QString name = tag(u"prebuilt"_s);
    const QString other = tag(u"node"_s);
    const QString config = write(
        u"config.json"_s,
        QJsonDocument(
            QJsonObject{
                {u"prebuiltImages"_s,
                 QJsonArray{
                     QJsonObject{{u"tag"_s, name}, {u"runtime"_s, u"bash"_s}, {u"setupScript"_s, u"echo ready"_s}},
                     QJsonObject{{u"tag"_s, other}, {u"runtime"_s, u"node"_s}, {u"setupScript"_s, u"echo ready"_s}}}}})
            .toJson());
    const QStringList command{u"--config"_s, config, u"setup"_s, u"--runtime"_s, u"bash"_s};
    const Outcome first = run(command);
    QVERIFY2(first.exitCode == 0, first.err.constData());
    QVERIFY2(first.err.contains(QByteArray(name.toUtf8() + ":latest is made")), first.err.constData());
    QCOMPARE(listed(name).value(u"setupScript"_s).toString(), u"echo ready"_s);
    QVERIFY(!dockertest::hasImage(other)); // of another runtime than was asked for
    const Outcome second = run(command);
    QVERIFY2(second.err.contains(QByteArray(name.toUtf8() + ":latest is up to date")), second.err.constData());
    QVERIFY2(second.err.contains("Nothing to do."), second.err.constData());
}

// On a daemon of its own, for it removes all images of isol8's.
void tst_clibuild::cleanupOfImages()
{
    if (::geteuid() != 0)
        QSKIP("a daemon of its own needs root");
    dockertest::OwnDaemon daemon;
    QVERIFY(daemon.start());
    QVERIFY(daemon.loadImage(u"isol8:bash"_s));
    m_environment.insert(u"DOCKER_HOST"_s, u"unix://"_s + daemon.socket());
    const auto build = [&](const QString &script) {
        return run({u"build"_s, u"--base"_s, u"bash"_s, u"--setup"_s, script, u"--tag"_s, u"mine"_s});
    };
    const Outcome built = build(u"true"_s);
    QVERIFY2(built.exitCode == 0, built.err.constData());
    const QByteArray old = daemon.docker({u"inspect"_s, u"-f"_s, u"{{.Id}}"_s, u"mine"_s});
    // A container of the old image keeps it when another takes its name.
    const QByteArray user = daemon.docker({u"create"_s, u"mine"_s, u"true"_s});
    QVERIFY(!user.isEmpty());
    QVERIFY(build(u"false"_s).exitCode == 0);
    QVERIFY(!daemon.docker({u"inspect"_s, u"-f"_s, u"{{.Id}}"_s, QString::fromLatin1(old)}).isEmpty());
    QVERIFY(!daemon.docker({u"rm"_s, QString::fromLatin1(user)}).isEmpty());
    // One that is not isol8's.
    QProcess import;
    import.start(u"sh"_s,
                 {u"-c"_s, u"tar -cf - -T /dev/null | docker -H 'unix://%1' import - theirs"_s.arg(daemon.socket())});
    QVERIFY(import.waitForFinished(20000));

    const auto images = [&] {
        auto ids = daemon.docker({u"images"_s, u"-aq"_s, u"--no-trunc"_s}).split('\n');
        std::sort(ids.begin(), ids.end());
        return ids;
    };
    const QByteArray dry = run({u"cleanup"_s, u"--images"_s, u"--dry-run"_s}).out;
    for (const QByteArray &image :
         {QByteArray("image mine:latest\n"), QByteArray("image isol8:bash\n"), QByteArray("image " + old + '\n')})
        QVERIFY2(dry.contains(image), dry.constData());
    QVERIFY2(!dry.contains("theirs"), dry.constData());
    const auto before = images();
    const Outcome asked = run({u"cleanup"_s, u"--images"_s});
    QCOMPARE(asked.exitCode, 2);
    QVERIFY2(asked.err.contains("3 images; say --force"), asked.err.constData());
    QCOMPARE(images(), before);

    const Outcome removed = run({u"cleanup"_s, u"--images"_s, u"--force"_s});
    QVERIFY2(removed.exitCode == 0, removed.err.constData());
    QCOMPARE(images(), QList{daemon.docker({u"inspect"_s, u"-f"_s, u"{{.Id}}"_s, u"theirs"_s})});
}

QTEST_GUILESS_MAIN(tst_clibuild)
#include "tst_clibuild.moc"
