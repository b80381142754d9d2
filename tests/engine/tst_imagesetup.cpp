// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker; image; serial
// Making images for real: bash's, which is a label on the base, so that the test costs seconds where the base is there.
#include "support/Docker.h"

#include <isol8/image/ImageScript.h>
#include <isol8/image/ImageSetup.h>

#include <QDir>
#include <QElapsedTimer>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>

using namespace isol8;
using namespace Qt::StringLiterals;

namespace {

QStringList leftBehind()
{
    QStringList found;
    for (const QString &folder : {u"/dev/shm"_s, QDir::tempPath()}) {
        for (const QString &name : QDir(folder).entryList({u"isol8-image.*"_s}, QDir::Dirs))
            found.append(folder + u'/' + name);
    }
    return found;
}

} // namespace

class tst_imagesetup : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cleanup();

    void makesWhatIsForced();
    void secondTimeIsQuick();
    void unknownRuntime();
    void unreachable();
    void failureSaysWhy();
    void cancelled();
    void deletedInFlight_data();
    void deletedInFlight();
    void script();

private:
    Error run(ImageSetup &setup);

    std::unique_ptr<docker::Client> m_client;
    QStringList m_before;
};

void tst_imagesetup::initTestCase()
{
    const auto endpoint = docker::Endpoint::discover(QProcessEnvironment::systemEnvironment());
    QVERIFY(endpoint);
    m_client = std::make_unique<docker::Client>(*endpoint);
    if (!dockertest::hasImage(u"isol8:base"_s))
        QSKIP("isol8:base is not there: run isol8 setup");
    m_before = leftBehind();
}

void tst_imagesetup::cleanup()
{
    QTRY_COMPARE_WITH_TIMEOUT(leftBehind(), m_before, 10000);
}

Error tst_imagesetup::run(ImageSetup &setup)
{
    QSignalSpy finished(&setup, &ImageSetup::finished);
    setup.start();
    if (!finished.isEmpty())
        return {u"test_inside"_s, u"finished from inside start()"_s, {}};
    if (!finished.wait(280000))
        return {u"test_never"_s, u"not finished"_s, {}};
    QTest::qWait(0);
    return finished.size() == 1 ? finished.first().first().value<Error>() : Error{u"test_twice"_s, {}, {}};
}

void tst_imagesetup::makesWhatIsForced()
{
    ImageSetup::Options options;
    options.runtimes = {u"bash"_s};
    options.force = true;
    ImageSetup setup(m_client.get(), options);
    QSignalSpy checked(&setup, &ImageSetup::checked);
    QSignalSpy ready(&setup, &ImageSetup::imageReady);
    const Error error = run(setup);
    QVERIFY2(error.code.isEmpty(), qPrintable(error.message + u'\n' + error.detail));
    QCOMPARE(checked.size(), 1);
    QVERIFY(!ready.isEmpty());
    const auto state = ready.last().first().value<ImageState>();
    QVERIFY(ready.last().last().toBool());
    QCOMPARE(state.recipe.tag, u"isol8:bash"_s);
    QCOMPARE(state.status, ImageState::Status::Current);
    const QByteArray labels = dockertest::docker(
        {u"inspect"_s, u"-f"_s, u"{{range $k, $v := .Config.Labels}}{{$k}}={{$v}} {{end}}"_s, u"isol8:bash"_s});
    QVERIFY2(labels.contains("org.isol8.image=1") && labels.contains("org.isol8.runtime=bash") &&
                 labels.contains(QByteArray("org.isol8.hash=" + state.recipe.hash.toLatin1())),
             labels.constData());
    QCOMPARE(
        dockertest::docker({u"run"_s, u"--rm"_s, u"--network"_s, u"none"_s, u"--read-only"_s, u"--user"_s, u"1000"_s,
                            u"isol8:bash"_s, u"bash"_s, u"-c"_s, u"id -un; command -v git curl jq awk which"_s}),
        QByteArray("sandbox\n/usr/bin/git\n/usr/bin/curl\n/usr/bin/jq\n/usr/bin/awk\n/usr/bin/which"));
}

void tst_imagesetup::secondTimeIsQuick()
{
    ImageSetup::Options options;
    options.runtimes = {u"bash"_s};
    ImageSetup setup(m_client.get(), options);
    QSignalSpy ready(&setup, &ImageSetup::imageReady);
    QSignalSpy progress(&setup, &ImageSetup::progress);
    const Error error = run(setup);
    QVERIFY2(error.code.isEmpty(), qPrintable(error.message));
    QCOMPARE(progress.size(), 0);
    QCOMPARE(ready.size(), 1);
    QVERIFY(!ready.first().last().toBool());
}

void tst_imagesetup::unknownRuntime()
{
    ImageSetup::Options options;
    options.runtimes = {u"cobol"_s};
    ImageSetup setup(m_client.get(), options);
    QCOMPARE(run(setup).code, errors::UnknownRuntime);
}

void tst_imagesetup::unreachable()
{
    docker::Endpoint nowhere;
    nowhere.path = u"/nonexistent/docker.sock"_s;
    docker::Client client(nowhere);
    ImageSetup setup(&client, {});
    QSignalSpy checked(&setup, &ImageSetup::checked);
    QCOMPARE(run(setup).code, errors::DockerUnreachable);
    QCOMPARE(checked.size(), 0);
}

// Where npm fails (here: it is not found and nothing was downloaded before) the sentence says what to install.
void tst_imagesetup::failureSaysWhy()
{
    QTemporaryDir empty;
    const QByteArray path = qgetenv("PATH");
    const QStringList tools{u"bash"_s,  u"cat"_s,   u"cut"_s,   u"tr"_s,    u"df"_s,  u"awk"_s,   u"mktemp"_s, u"rm"_s,
                            u"mkdir"_s, u"chmod"_s, u"flock"_s, u"uname"_s, u"seq"_s, u"sleep"_s, u"id"_s,     u"sh"_s};
    for (const QString &tool : tools)
        QFile::link(QStandardPaths::findExecutable(tool), empty.filePath(tool));
    qputenv("PATH", empty.path().toLocal8Bit());
    ImageSetup::Options options;
    options.runtimes = {u"bun"_s};
    options.force = true;
    options.downloads = empty.filePath(u"downloads"_s);
    ImageSetup setup(m_client.get(), options);
    const Error error = run(setup);
    qputenv("PATH", path);
    QCOMPARE(error.code, errors::ImageFailed);
    QVERIFY2(error.message.contains(u"npm") && error.message.contains(u"apt-get install"), qPrintable(error.message));
}

void tst_imagesetup::cancelled()
{
    ImageSetup::Options options;
    options.runtimes = {u"bash"_s};
    options.force = true;
    ImageSetup setup(m_client.get(), options);
    connect(&setup, &ImageSetup::progress, &setup, &ImageSetup::cancel);
    QCOMPARE(run(setup).code, errors::Cancelled);
}

void tst_imagesetup::deletedInFlight_data()
{
    QTest::addColumn<int>("afterMs");
    for (const int ms : {0, 5, 20, 60, 150, 400})
        QTest::addRow("after %d ms", ms) << ms;
}

void tst_imagesetup::deletedInFlight()
{
    QFETCH(int, afterMs);
    ImageSetup::Options options;
    options.runtimes = {u"bash"_s};
    options.force = true;
    auto setup = std::make_unique<ImageSetup>(m_client.get(), options);
    QSignalSpy finished(setup.get(), &ImageSetup::finished);
    setup->start();
    qsizetype before = 0; // on a quick machine it has ended by then
    QTimer::singleShot(afterMs, setup.get(), [&] {
        before = finished.size();
        setup.reset();
    });
    QTRY_VERIFY(!setup);
    QTest::qWait(0);
    QCOMPARE(finished.size(), before);
}

void tst_imagesetup::script()
{
    ImageScript script({u"programs"_s, u"nothing"_s}, u"amd64"_s, QDir::tempPath());
    QSignalSpy ended(&script, &ImageScript::ended);
    script.start();
    QVERIFY(ended.isEmpty());
    QVERIFY(ended.wait(20000));
    const Error error = ended.first().first().value<Error>();
    QCOMPARE(error.code, errors::ImageFailed);
    QVERIFY2(error.message.contains(u"Usage"), qPrintable(error.message));
}

QTEST_GUILESS_MAIN(tst_imagesetup)
#include "tst_imagesetup.moc"
