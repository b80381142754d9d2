// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker; docker
// The typed client against a real daemon. The image holds one static program, made here.
#include "support/Await.h"
#include "support/Tar.h"

#include <isol8/docker/AttachStream.h>
#include <isol8/docker/Client.h>

#include <QBuffer>
#include <QElapsedTimer>
#include <QFile>
#include <QProcess>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>
#include <QUuid>

#include <ctime>

using namespace isol8;
using namespace isol8::docker;
using namespace isol8::test;
using namespace Qt::StringLiterals;

namespace {

// cat: copies stdin to stdout, says "bye" on stderr, exits with 7. flood N: N MiB to stdout. sleep: until killed.
const char Program[] = R"(
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static char buffer[65536];
static void put(int fd, const char *data, ssize_t size)
{
    while (size > 0) {
        const ssize_t n = write(fd, data, size);
        if (n <= 0)
            _exit(3);
        data += n;
        size -= n;
    }
}
int main(int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "cat")) {
        ssize_t n;
        while ((n = read(0, buffer, sizeof buffer)) > 0)
            put(1, buffer, n);
        put(2, "bye", 3);
        return 7;
    }
    if (argc > 2 && !strcmp(argv[1], "flood")) {
        memset(buffer, 'x', sizeof buffer);
        for (long i = atol(argv[2]) * 16; i > 0; --i)
            put(1, buffer, sizeof buffer);
        return 0;
    }
    for (;;)
        pause();
}
)";

double cpuSeconds()
{
    timespec time{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return double(time.tv_sec) + double(time.tv_nsec) / 1e9;
}

} // namespace

class tst_dockerclient : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cleanup();
    void cleanupTestCase();

    void versionAndInfo();
    void errors_data();
    void errors();
    void life();
    void killAndRemove();
    void removeTwice();
    void attachBeforeStart();
    void attachDeleted();
    void pause();
    void listByLabel();
    void images();
    void importFromProcess();
    void build();
    void buildFails();
    void events();
    void volumes();
    void manyInSequence();
    void manyAtOnce();
    void throughput();

private:
    Result<QString> create(const QStringList &command, const QString &image = {}, bool autoRemove = false);
    Error run(Job *job);
    QByteArray rootFileSystem() const;
    qsizetype containersLeft();

    std::unique_ptr<Client> m_client;
    QByteArray m_binary;
    QString m_id = u"isol8-test-"_s + QUuid::createUuid().toString(QUuid::Id128).first(12);
    QString m_image = m_id + u":base"_s;
};

void tst_dockerclient::initTestCase()
{
    const auto endpoint = Endpoint::discover(QProcessEnvironment::systemEnvironment());
    QVERIFY2(endpoint, describe(endpoint));
    m_client = std::make_unique<Client>(*endpoint);
    const auto version = await<Version>([&](auto done) { m_client->ping(done); });
    if (!version && version.error().code == errors::DockerUnreachable)
        QSKIP("no Docker daemon");
    QVERIFY2(version, describe(version));

    QTemporaryDir folder;
    QFile source(folder.filePath(u"program.c"_s));
    QVERIFY(source.open(QIODevice::WriteOnly));
    source.write(Program);
    source.close();
    const QString binary = folder.filePath(u"program"_s);
    QProcess compiler;
    compiler.start(u"cc"_s, {u"-O2"_s, u"-static"_s, u"-o"_s, binary, source.fileName()});
    QVERIFY(compiler.waitForFinished());
    QVERIFY2(compiler.exitCode() == 0, compiler.readAllStandardError().constData());
    QFile made(binary);
    QVERIFY(made.open(QIODevice::ReadOnly));
    m_binary = made.readAll();

    QByteArray tar = rootFileSystem();
    QBuffer buffer(&tar);
    QVERIFY(buffer.open(QIODevice::ReadOnly));
    const Error error =
        run(m_client->importImage(&buffer, m_image, {u"LABEL org.isol8.test=%1"_s.arg(m_id), u"ENV A=b"_s}, this));
    QVERIFY2(error.code.isEmpty(), describe(error));
}

void tst_dockerclient::cleanup()
{
    const auto containers = await<QList<ContainerSummary>>([&](auto done) {
        m_client->listContainers({{u"org.isol8.test"_s, m_id}}, done);
    });
    QVERIFY2(containers, describe(containers));
    for (const ContainerSummary &container : *containers) {
        const auto removed = await<void>([&](auto done) { m_client->removeContainer(container.id, done); });
        QVERIFY2(removed, describe(removed));
    }
    QTRY_COMPARE_WITH_TIMEOUT(containersLeft(), 0, 30000);
}

void tst_dockerclient::cleanupTestCase()
{
    const auto images = await<QList<ImageSummary>>([&](auto done) {
        m_client->listImages({{u"org.isol8.test"_s, m_id}}, done);
    });
    QVERIFY2(images, describe(images));
    for (const ImageSummary &image : *images) {
        const QStringList names = image.tags.isEmpty() ? QStringList{image.id} : image.tags;
        for (const QString &name : names)
            (void)await<void>([&](auto done) { m_client->removeImage(name, true, done); });
    }
    const auto left = await<QList<ImageSummary>>([&](auto done) {
        m_client->listImages({{u"org.isol8.test"_s, m_id}}, done);
    });
    QVERIFY2(left, describe(left));
    QCOMPARE(left->size(), 0);
}

QByteArray tst_dockerclient::rootFileSystem() const
{
    Tar tar;
    tar.addFolder("etc");
    tar.addFile("program", m_binary, 0755);
    return tar.bytes();
}

qsizetype tst_dockerclient::containersLeft()
{
    const auto list = await<QList<ContainerSummary>>([&](auto done) {
        m_client->listContainers({{u"org.isol8.test"_s, m_id}}, done);
    });
    return list ? list->size() : -1;
}

Result<QString> tst_dockerclient::create(const QStringList &command, const QString &image, bool autoRemove)
{
    const QJsonObject request{
        {u"Image"_s, image.isEmpty() ? m_image : image},
        {u"Cmd"_s, QJsonArray::fromStringList(command)},
        {u"OpenStdin"_s, true},
        {u"StdinOnce"_s, true},
        {u"AttachStdin"_s, true},
        {u"AttachStdout"_s, true},
        {u"AttachStderr"_s, true},
        {u"NetworkDisabled"_s, true},
        {u"Labels"_s, QJsonObject{{u"org.isol8.test"_s, m_id}}},
        {u"HostConfig"_s, QJsonObject{{u"NetworkMode"_s, u"none"_s}, {u"AutoRemove"_s, autoRemove}}}};
    return await<QString>([&](auto done) { m_client->createContainer(request, {}, done); });
}

Error tst_dockerclient::run(Job *job)
{
    QSignalSpy finished(job, &Job::finished);
    if (!finished.wait(120'000))
        return {u"test_never"_s, {}, {}};
    job->deleteLater();
    return finished.first().first().value<Error>();
}

void tst_dockerclient::versionAndInfo()
{
    const auto version = await<Version>([&](auto done) { m_client->ping(done); });
    QVERIFY2(version, describe(version));
    QVERIFY(version->api.startsWith(u"1."));
    QVERIFY(!version->daemonApi.isEmpty());
    QCOMPARE(version->os, u"linux"_s);
    const auto info = await<QJsonObject>([&](auto done) { m_client->info(done); });
    QVERIFY2(info, describe(info));
    QVERIFY(info->contains("ServerVersion"_L1));
}

void tst_dockerclient::errors_data()
{
    QTest::addColumn<QString>("call");
    QTest::addColumn<QString>("code");
    QTest::addColumn<QString>("message");
    QTest::newRow("create, our image")
        << u"create isol8:nosuch"_s << u"image_missing"_s
        << u"The image isol8:nosuch is not there; make it with: isol8 setup --runtime nosuch"_s;
    QTest::newRow("create, other image") << u"create nosuch/image:1"_s << u"image_missing"_s
                                         << u"The image nosuch/image:1 is not there; pull or build it first."_s;
    QTest::newRow("create, bad image name") << u"create A B"_s << u"docker_error"_s << QString();
    QTest::newRow("start") << u"start"_s << u"not_found"_s << u"Docker knows no container nosuch."_s;
    QTest::newRow("wait") << u"wait"_s << u"not_found"_s << QString();
    QTest::newRow("kill") << u"kill"_s << u"not_found"_s << QString();
    QTest::newRow("remove is success") << u"remove"_s << QString() << QString();
    QTest::newRow("inspect") << u"inspect"_s << u"not_found"_s << QString();
    QTest::newRow("inspect image") << u"image"_s << u"not_found"_s << QString();
    QTest::newRow("remove image") << u"remove image"_s << u"not_found"_s << QString();
    QTest::newRow("tag") << u"tag"_s << u"not_found"_s << QString();
    QTest::newRow("remove volume") << u"volume"_s << u"not_found"_s << QString();
    QTest::newRow("attach") << u"attach"_s << u"not_found"_s << QString();
}

void tst_dockerclient::errors()
{
    QFETCH(QString, call);
    QFETCH(QString, code);
    QFETCH(QString, message);
    const QString id = u"nosuch"_s;
    Error error;
    const auto keep = [&](const auto &result) { error = result ? Error{} : result.error(); };
    if (call.startsWith(u"create "))
        keep(create({u"/program"_s}, call.sliced(7)));
    else if (call == u"start")
        keep(await<void>([&](auto done) { m_client->startContainer(id, done); }));
    else if (call == u"wait")
        keep(await<int>([&](auto done) { m_client->waitContainer(id, done); }));
    else if (call == u"kill")
        keep(await<void>([&](auto done) { m_client->killContainer(id, u"SIGKILL"_s, done); }));
    else if (call == u"remove")
        keep(await<void>([&](auto done) { m_client->removeContainer(id, done); }));
    else if (call == u"inspect")
        keep(await<QJsonObject>([&](auto done) { m_client->inspectContainer(id, done); }));
    else if (call == u"image")
        keep(await<QJsonObject>([&](auto done) { m_client->inspectImage(u"isol8:nosuch"_s, done); }));
    else if (call == u"remove image")
        keep(await<void>([&](auto done) { m_client->removeImage(u"isol8:nosuch"_s, false, done); }));
    else if (call == u"tag")
        keep(await<void>([&](auto done) { m_client->tagImage(u"isol8:nosuch"_s, u"a"_s, u"b"_s, done); }));
    else if (call == u"volume")
        keep(await<void>([&](auto done) { m_client->removeVolume(id, done); }));
    else {
        AttachStream *stream = m_client->attach(id, this);
        QSignalSpy closed(stream, &AttachStream::closed);
        QVERIFY(closed.wait());
        error = closed.first().first().value<Error>();
        delete stream;
    }
    QVERIFY2(error.code == code, describe(error));
    if (!message.isEmpty())
        QCOMPARE(error.message, message);
}

void tst_dockerclient::life()
{
    const auto id = create({u"/program"_s, u"cat"_s}, {}, true);
    QVERIFY2(id, describe(id));
    AttachStream *stream = m_client->attach(*id, this);
    QStringList log;
    QByteArray out, err;
    Error end;
    connect(stream, &AttachStream::opened, this, [&] { log << u"opened"_s; });
    connect(stream, &AttachStream::standardOutput, this, [&](QByteArrayView data) { out += data; });
    connect(stream, &AttachStream::standardError, this, [&](QByteArrayView data) { err += data; });
    connect(stream, &AttachStream::closed, this, [&](const Error &error) {
        end = error;
        log << u"closed"_s;
    });
    stream->write("written before it was opened\n");
    QVERIFY(stream->bytesToWrite() > 0);
    QTRY_COMPARE_WITH_TIMEOUT(log, QStringList{u"opened"_s}, 20000);

    const auto started = await<void>([&](auto done) { m_client->startContainer(*id, done); });
    QVERIFY2(started, describe(started));
    std::optional<Result<int>> exit;
    m_client->waitContainer(*id, {this, [&](Result<int> code) { exit = code; }});
    QTRY_COMPARE_WITH_TIMEOUT(out, "written before it was opened\n", 20000);
    for (int i = 0; i < 20; ++i) {
        const QByteArray line = "line " + QByteArray::number(i) + '\n';
        out.clear();
        stream->write(line);
        QTRY_COMPARE_WITH_TIMEOUT(out, line, 20000);
    }
    QTRY_COMPARE_WITH_TIMEOUT(stream->bytesToWrite(), 0, 20000);
    QVERIFY(log == QStringList{u"opened"_s});
    const auto facts = await<QJsonObject>([&](auto done) { m_client->inspectContainer(*id, done); });
    QVERIFY2(facts, describe(facts));
    QCOMPARE(facts->value("State"_L1).toObject().value("Status"_L1).toString(), u"running"_s);

    // The only stdin there is closes, and the container's program ends by itself: contagious death.
    delete stream;
    QTRY_VERIFY_WITH_TIMEOUT(exit.has_value(), 20000);
    // The wait may see the container only when AutoRemove has removed it.
    QVERIFY2(*exit ? **exit == 7 : exit->error().code == errors::NotFound, describe(*exit));
    QTRY_COMPARE_WITH_TIMEOUT(containersLeft(), 0, 20000);
}

void tst_dockerclient::killAndRemove()
{
    const auto id = create({u"/program"_s, u"sleep"_s});
    QVERIFY2(id, describe(id));
    AttachStream *stream = m_client->attach(*id, this);
    QSignalSpy closed(stream, &AttachStream::closed);
    QSignalSpy opened(stream, &AttachStream::opened);
    QVERIFY(opened.wait());
    QVERIFY(await<void>([&](auto done) { m_client->startContainer(*id, done); }));
    QVERIFY(await<void>([&](auto done) { m_client->startContainer(*id, done); })); // 304: it is as asked
    std::optional<Result<int>> exit;
    m_client->waitContainer(*id, {this, [&](Result<int> code) { exit = code; }});
    const auto killed = await<void>([&](auto done) { m_client->killContainer(*id, u"SIGKILL"_s, done); });
    QVERIFY2(killed, describe(killed));
    QTRY_VERIFY_WITH_TIMEOUT(exit.has_value(), 20000);
    QVERIFY2(*exit, describe(*exit));
    QCOMPARE(**exit, 137);
    QTRY_COMPARE_WITH_TIMEOUT(closed.size(), 1, 20000);
    QVERIFY2(closed.first().first().value<Error>().code.isEmpty(), describe(closed.first().first().value<Error>()));
    const auto again = await<void>([&](auto done) { m_client->killContainer(*id, u"SIGKILL"_s, done); });
    QVERIFY(!again);
    QCOMPARE(again.error().code, errors::DockerError);
    QVERIFY(again.error().detail.contains(u"is not running"));
    delete stream;
}

void tst_dockerclient::removeTwice()
{
    const auto id = create({u"/program"_s, u"sleep"_s});
    QVERIFY2(id, describe(id));
    QVERIFY(await<void>([&](auto done) { m_client->startContainer(*id, done); }));
    QList<Result<void>> results;
    for (int i = 0; i < 4; ++i)
        m_client->removeContainer(*id, {this, [&](const Result<void> &result) { results << result; }});
    QTRY_COMPARE_WITH_TIMEOUT(results.size(), 4, 20000);
    for (const auto &result : results)
        QVERIFY2(result, describe(result));
    QTRY_COMPARE_WITH_TIMEOUT(containersLeft(), 0, 20000);
}

void tst_dockerclient::attachBeforeStart()
{
    // All of the output of a program that ends at once is there.
    for (int i = 0; i < 3; ++i) {
        const auto id = create({u"/program"_s, u"flood"_s, u"3"_s}, {}, true);
        QVERIFY2(id, describe(id));
        AttachStream *stream = m_client->attach(*id, this);
        QSignalSpy opened(stream, &AttachStream::opened);
        QSignalSpy closed(stream, &AttachStream::closed);
        qint64 size = 0;
        connect(stream, &AttachStream::standardOutput, this, [&](QByteArrayView data) { size += data.size(); });
        QVERIFY(opened.wait());
        QVERIFY(await<void>([&](auto done) { m_client->startContainer(*id, done); }));
        QTRY_COMPARE_WITH_TIMEOUT(closed.size(), 1, 20000);
        QCOMPARE(size, 3 * 1024 * 1024);
        QVERIFY(closed.first().first().value<Error>().code.isEmpty());
        delete stream;
    }
}

void tst_dockerclient::attachDeleted()
{
    const auto id = create({u"/program"_s, u"cat"_s}, {}, true);
    QVERIFY2(id, describe(id));
    auto *parent = new QObject;
    AttachStream *stream = m_client->attach(*id, parent);
    QSignalSpy opened(stream, &AttachStream::opened);
    QVERIFY(opened.wait());
    QVERIFY(await<void>([&](auto done) { m_client->startContainer(*id, done); }));
    connect(stream, &AttachStream::standardOutput, this, [&] { delete std::exchange(parent, nullptr); });
    stream->write("x");
    QTRY_VERIFY_WITH_TIMEOUT(!parent, 20000);
    QTRY_COMPARE_WITH_TIMEOUT(containersLeft(), 0, 20000);
}

void tst_dockerclient::pause()
{
    const auto id = create({u"/program"_s, u"flood"_s, u"8"_s}, {}, true);
    QVERIFY2(id, describe(id));
    AttachStream *stream = m_client->attach(*id, this);
    QSignalSpy opened(stream, &AttachStream::opened);
    QSignalSpy closed(stream, &AttachStream::closed);
    qint64 size = 0;
    int parts = 0;
    connect(stream, &AttachStream::standardOutput, this, [&](QByteArrayView data) {
        size += data.size();
        // Every tenth part the consumer is busy for a turn of the loop or two.
        if (++parts % 10 == 0) {
            stream->setPaused(true);
            const qint64 before = size;
            QTimer::singleShot(1, stream, [&, before] {
                QCOMPARE(size, before);
                stream->setPaused(false);
            });
        }
    });
    QVERIFY(opened.wait());
    QVERIFY(await<void>([&](auto done) { m_client->startContainer(*id, done); }));
    QTRY_COMPARE_WITH_TIMEOUT(closed.size(), 1, 20000);
    QCOMPARE(size, 8 * 1024 * 1024);
    delete stream;
}

void tst_dockerclient::listByLabel()
{
    const auto id = create({u"/program"_s, u"cat"_s});
    QVERIFY2(id, describe(id));
    const auto list = [&](const QMap<QString, QString> &labels) {
        return await<QList<ContainerSummary>>([&](auto done) { m_client->listContainers(labels, done); });
    };
    const auto found = list({{u"org.isol8.test"_s, m_id}});
    QVERIFY2(found, describe(found));
    QCOMPARE(found->size(), 1);
    QCOMPARE(found->first().id, *id);
    QCOMPARE(found->first().image, m_image);
    QCOMPARE(found->first().state, u"created"_s);
    QCOMPARE(found->first().labels.value(u"org.isol8.test"_s), m_id);
    QVERIFY(qAbs(found->first().createdAt - QDateTime::currentSecsSinceEpoch()) < 600);
    const auto count = [&](const QMap<QString, QString> &labels) {
        const auto containers = list(labels);
        return containers ? containers->size() : -1;
    };
    QCOMPARE(count({{u"org.isol8.test"_s, u"other"_s}}), 0);
    QVERIFY(count({{u"org.isol8.test"_s, QString()}}) >= 1);
    QCOMPARE(count({{u"org.isol8.test"_s, m_id}, {u"no.such"_s, QString()}}), 0);
}

void tst_dockerclient::images()
{
    const auto facts = await<QJsonObject>([&](auto done) { m_client->inspectImage(m_image, done); });
    QVERIFY2(facts, describe(facts));
    QVERIFY(facts->value("Config"_L1).toObject().value("Env"_L1).toArray().contains(u"A=b"_s));
    const auto tagged = await<void>([&](auto done) { m_client->tagImage(m_image, m_id + u"/second"_s, u"x"_s, done); });
    QVERIFY2(tagged, describe(tagged));
    const auto images = await<QList<ImageSummary>>([&](auto done) {
        m_client->listImages({{u"org.isol8.test"_s, m_id}}, done);
    });
    QVERIFY2(images, describe(images));
    QCOMPARE(images->size(), 1);
    QCOMPARE(images->first().tags.size(), 2);
    QVERIFY(images->first().tags.contains(m_id + u"/second:x"_s));
    QVERIFY(images->first().size >= m_binary.size());
    QVERIFY(await<void>([&](auto done) { m_client->removeImage(m_id + u"/second:x"_s, false, done); }));
    QVERIFY(await<QJsonObject>([&](auto done) { m_client->inspectImage(m_image, done); }));
}

void tst_dockerclient::importFromProcess()
{
    QTemporaryDir folder;
    QFile file(folder.filePath(u"root.tar"_s));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(rootFileSystem());
    file.close();
    QProcess process;
    // Late, and in two pieces.
    process.start(u"sh"_s, {u"-c"_s, u"sleep 0.2; head -c 1000 \"$1\"; sleep 0.2; tail -c +1001 \"$1\""_s, u"sh"_s,
                            file.fileName()});
    const QString name = m_id + u":process"_s;
    const Error error = run(m_client->importImage(&process, name, {u"LABEL org.isol8.test=%1"_s.arg(m_id)}, this));
    QVERIFY2(error.code.isEmpty(), describe(error));
    QVERIFY(await<QJsonObject>([&](auto done) { m_client->inspectImage(name, done); }));

    QProcess failing;
    failing.start(u"sh"_s, {u"-c"_s, u"head -c 1000 \"$1\"; exit 3"_s, u"sh"_s, file.fileName()});
    const Error failure = run(m_client->importImage(&failing, m_id + u":cut"_s, {}, this));
    QVERIFY2(failure.code == errors::FileError, describe(failure));
    QVERIFY(failure.message.contains(u"exit code 3"));
    QVERIFY(!await<QJsonObject>([&](auto done) { m_client->inspectImage(m_id + u":cut"_s, done); }));
}

void tst_dockerclient::build()
{
    Tar context;
    context.addFile("Dockerfile",
                    "FROM " + m_image.toLatin1() + "\nENV BUILT=yes\nCOPY note /note\nCMD [\"/program\", \"cat\"]\n");
    context.addFile("note", "hello");
    QByteArray bytes = context.bytes();
    QBuffer buffer(&bytes);
    QVERIFY(buffer.open(QIODevice::ReadOnly));
    const QString name = m_id + u":built"_s;
    Job *job = m_client->buildImage(&buffer, name, {{u"org.isol8.test"_s, m_id}, {u"quoted"_s, u"a \"b\" & c"_s}},
                                    false, this);
    QString log;
    connect(job, &Job::message, this,
            [&](const QJsonObject &message) { log += message.value("stream"_L1).toString(); });
    const Error error = run(job);
    QVERIFY2(error.code.isEmpty(), describe({error.code, error.message, error.detail + log}));
    QVERIFY2(log.contains(u"Step 2/6 : ENV BUILT=yes"), log.toUtf8().constData());
    const auto facts = await<QJsonObject>([&](auto done) { m_client->inspectImage(name, done); });
    QVERIFY2(facts, describe(facts));
    const QJsonObject labels = facts->value("Config"_L1).toObject().value("Labels"_L1).toObject();
    QCOMPARE(labels.value("quoted"_L1).toString(), u"a \"b\" & c"_s);
}

void tst_dockerclient::buildFails()
{
    Tar context;
    context.addFile("Dockerfile", "FROM " + m_image.toLatin1() + "\nCOPY nosuch /\n");
    QByteArray bytes = context.bytes();
    QBuffer buffer(&bytes);
    QVERIFY(buffer.open(QIODevice::ReadOnly));
    const Error error = run(m_client->buildImage(&buffer, m_id + u":bad"_s, {}, false, this));
    QVERIFY2(error.code == errors::DockerError, describe(error));
    QVERIFY2(error.detail.contains(u"nosuch"), describe(error));
    const Error pull = run(m_client->pullImage(u"127.0.0.1:1/nosuch:1"_s, this));
    QVERIFY2(pull.code == errors::DockerError, describe(pull));
}

void tst_dockerclient::events()
{
    std::unique_ptr<Job> job(m_client->events({{u"org.isol8.test"_s, m_id}}, nullptr));
    QStringList actions;
    QSignalSpy finished(job.get(), &Job::finished);
    connect(job.get(), &Job::message, this,
            [&](const QJsonObject &event) { actions << event.value("Action"_L1).toString(); });
    // The subscription stands once its answer's head is there, which the job does not tell: the first create may be
    // missed.
    QString id;
    QTRY_VERIFY_WITH_TIMEOUT(
        [&] {
            if (const auto made = create({u"/program"_s, u"cat"_s}))
                id = *made;
            return !actions.isEmpty();
        }(),
        20000);
    QVERIFY(actions.contains(u"create"_s));
    QVERIFY(await<void>([&](auto done) { m_client->removeContainer(id, done); }));
    QTRY_VERIFY_WITH_TIMEOUT(actions.contains(u"destroy"_s), 20000);
    QCOMPARE(finished.size(), 0);
}

void tst_dockerclient::volumes()
{
    const auto made = await<void>([&](auto done) {
        m_client->createVolume(m_id, {{u"org.isol8.test"_s, m_id}}, done);
    });
    QVERIFY2(made, describe(made));
    const auto removed = await<void>([&](auto done) { m_client->removeVolume(m_id, done); });
    QVERIFY2(removed, describe(removed));
}

void tst_dockerclient::manyInSequence()
{
    const auto id = create({u"/program"_s, u"cat"_s});
    QVERIFY2(id, describe(id));
    QElapsedTimer timer;
    timer.start();
    const double cpu = cpuSeconds();
    for (int i = 0; i < 100; ++i)
        QVERIFY(await<Version>([&](auto done) { m_client->ping(done); }));
    qInfo("100 pings in sequence: %.3f ms each, %.3f ms of it this process's CPU time",
          double(timer.nsecsElapsed()) / 1e8, (cpuSeconds() - cpu) * 10);
    timer.start();
    for (int i = 0; i < 100; ++i)
        QVERIFY(await<QJsonObject>([&](auto done) { m_client->inspectContainer(*id, done); }));
    qInfo("100 inspections in sequence: %.3f ms each", double(timer.nsecsElapsed()) / 1e8);
}

void tst_dockerclient::manyAtOnce()
{
    const auto id = create({u"/program"_s, u"cat"_s});
    QVERIFY2(id, describe(id));
    int fine = 0;
    for (int i = 0; i < 200; ++i)
        m_client->inspectContainer(*id, {this, [&](const Result<QJsonObject> &facts) { fine += facts.has_value(); }});
    QTRY_COMPARE_WITH_TIMEOUT(fine, 200, 30000);
}

void tst_dockerclient::throughput()
{
    const auto id = create({u"/program"_s, u"flood"_s, u"200"_s}, {}, true);
    QVERIFY2(id, describe(id));
    AttachStream *stream = m_client->attach(*id, this);
    QSignalSpy opened(stream, &AttachStream::opened);
    QSignalSpy closed(stream, &AttachStream::closed);
    qint64 size = 0;
    QElapsedTimer timer;
    qint64 last = 0;
    const double cpu = cpuSeconds();
    connect(stream, &AttachStream::standardOutput, this, [&](QByteArrayView data) {
        if (size == 0)
            timer.start();
        size += data.size();
        last = timer.nsecsElapsed();
    });
    QVERIFY(opened.wait());
    QVERIFY(await<void>([&](auto done) { m_client->startContainer(*id, done); }));
    QTRY_COMPARE_WITH_TIMEOUT(closed.size(), 1, 60000);
    QCOMPARE(size, 200ll * 1024 * 1024);
    // The second figure does not depend on what else the machine does.
    qInfo("attached stream: %.0f MB/s; %.0f MB per second of this process's CPU time",
          double(size) / 1e6 / (double(last) / 1e9), double(size) / 1e6 / (cpuSeconds() - cpu));
    delete stream;
}

QTEST_GUILESS_MAIN(tst_dockerclient)
#include "tst_dockerclient.moc"
