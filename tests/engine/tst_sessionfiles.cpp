// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker; remote execution
// The files of a session by the Engine interface, once on the Docker daemon and once on a background engine.
#include "support/ServiceProcess.h"

#include <isol8/execution/LocalEngine.h>
#include <isol8/remote/RemoteEngine.h>

#include <QTest>

#include <memory>

using namespace isol8;
using namespace Qt::StringLiterals;

class tst_sessionfiles : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase_data();
    void initTestCase();
    void init();
    void cleanup();

    void roundTrip_data();
    void roundTrip();
    void modes_data();
    void modes();
    void listing();
    void listingOfMany();
    void namesAreBytes();
    void outputFilesStreamed();
    void cancelTellsOfTheState();
    void removal();
    void refused_data();
    void refused();
    void tooLarge();
    void notRegular();
    void underWayAndPaused();
    void isAUse();
    void noSandboxYet();
    void endsMeanwhile();
    void owners();
    void snapshot();
    void snapshotRefused();
    void snapshotOfOneThatEnds();
    void brokenSnapshot();

private:
    template<class T> struct Answer
    {
        std::optional<Result<T>> result;
        bool inside = true; //!< the call
        bool early = false; //!< it came inside
    };
    //! The answer to one call.
    template<class T, class Call> Result<T> ask(Call call)
    {
        const auto answer = std::make_shared<Answer<T>>();
        call(Callback<T>(this, [answer](const Result<T> &result) {
            answer->early = answer->inside;
            answer->result = result;
        }));
        answer->inside = false;
        (void)QTest::qWaitFor([&] { return answer->result.has_value(); }, 30000);
        if (answer->early)
            return fail(u"test", u"called back from inside the call"_s);
        return answer->result.value_or(fail(errors::Timeout, {}));
    }
    Result<void> put(const QString &path, const QByteArray &content, std::optional<uint> mode = {},
                     const QString &session = u"s"_s)
    {
        return ask<void>([&](auto done) { m_engine->putFile({}, session, path, content, mode, done); });
    }
    Result<QByteArray> get(const QString &path, const QString &session = u"s"_s, const QString &owner = {})
    {
        return ask<QByteArray>([&](auto done) { m_engine->getFile(owner, session, path, done); });
    }
    Result<QList<SessionFile>> list(const QString &path, bool recursive = false, const QString &session = u"s"_s)
    {
        return ask<QList<SessionFile>>([&](auto done) { m_engine->listFiles({}, session, path, recursive, done); });
    }
    Result<void> remove(const QString &path, const QString &session = u"s"_s)
    {
        return ask<void>([&](auto done) { m_engine->removeFile({}, session, path, done); });
    }
    Run *start(const QString &line, const QString &session = u"s"_s, const QString &snapshot = {})
    {
        RunRequest request;
        request.cmd = line;
        RunOptions options;
        options.sessionId = session;
        options.snapshot = snapshot;
        return m_engine->execute(request, options);
    }
    RunResult runFrom(const QString &snapshot, const QString &line, const QString &session)
    {
        const std::unique_ptr<Run> run(start(line, session, snapshot));
        (void)QTest::qWaitFor([&] { return run->isFinished(); }, 60000);
        return run->result();
    }
    Result<SnapshotInfo> save(const QString &name, const QString &session = u"s"_s)
    {
        return ask<SnapshotInfo>([&](auto done) { m_engine->saveSnapshot({}, session, name, done); });
    }
    QStringList snapshots()
    {
        QStringList names;
        const auto found = ask<QList<SnapshotInfo>>([&](auto done) { m_engine->snapshots({}, done); });
        for (const SnapshotInfo &info : found.value_or(QList<SnapshotInfo>()))
            names.append(info.name);
        return names;
    }
    Result<void> removeSnapshot(const QString &name)
    {
        return ask<void>([&](auto done) { m_engine->removeSnapshot({}, name, done); });
    }
    bool stopSession(const QString &name)
    {
        return ask<bool>([&](auto done) { m_engine->removeSession({}, name, done); }).value_or(false);
    }
    QByteArray run(const QString &line)
    {
        const std::unique_ptr<Run> run(start(line));
        (void)QTest::qWaitFor([&] { return run->isFinished(); }, 60000);
        return run->result().stdoutText;
    }
    QList<SessionInfo> sessions()
    {
        return ask<QList<SessionInfo>>([&](auto done) { m_engine->sessions({}, done); }).value_or(QList<SessionInfo>());
    }

    QTemporaryDir m_data;
    servicetest::ServiceProcess m_service;
    std::unique_ptr<Engine> m_engine;
    bool m_remote = false;
};

// "ok" or the code.
template<class T> static QString codeOf(const Result<T> &result)
{
    return result ? u"ok"_s : result.error().code;
}

void tst_sessionfiles::initTestCase_data()
{
    QTest::addColumn<bool>("remote");
    QTest::newRow("local") << false;
    QTest::newRow("remote") << true;
}

void tst_sessionfiles::initTestCase()
{
    qputenv("XDG_DATA_HOME", m_data.path().toLocal8Bit());
    m_service.environment.insert(u"XDG_DATA_HOME"_s, m_data.path());
    QVERIFY(m_service.start());
}

void tst_sessionfiles::init()
{
    QFETCH_GLOBAL(bool, remote);
    m_remote = remote;
    if (remote) {
        RemoteEngineOptions options;
        options.address.path = m_service.socketPath();
        m_engine = std::make_unique<RemoteEngine>(options);
    } else {
        m_engine = std::make_unique<LocalEngine>();
    }
    QCOMPARE(run(u"echo there"_s), QByteArray("there\n"));
}

void tst_sessionfiles::cleanup()
{
    (void)ask<bool>([&](auto done) { m_engine->removeSession({}, u"s"_s, done); });
    if (auto *local = qobject_cast<LocalEngine *>(m_engine.get())) {
        const QString id = local->id();
        (void)ask<void>([&](auto done) { m_engine->stop(done); });
        m_engine.reset();
        QVERIFY(dockertest::gone(id, 15000));
    } else {
        m_engine.reset();
        QVERIFY(m_service.nothingLeft(15000));
    }
}

void tst_sessionfiles::roundTrip_data()
{
    QTest::addColumn<QString>("path");
    QTest::addColumn<QString>("inside");
    QTest::addColumn<QByteArray>("content");
    QByteArray all;
    for (int i = 0; i < 256; ++i)
        all += char(i);
    QTest::newRow("empty") << u"a"_s << u"/sandbox/a"_s << QByteArray();
    QTest::newRow("bytes") << u"/sandbox/a.bin"_s << u"/sandbox/a.bin"_s << all;
    QTest::newRow("in /tmp, new folders") << u"/tmp/x/y/z"_s << u"/tmp/x/y/z"_s << QByteArray("z");
    QTest::newRow("lexical dots") << u"a/../b/./c"_s << u"/sandbox/b/c"_s << QByteArray("c");
    QTest::newRow("what queries mean otherwise")
        << u"a b+c&d=e%20#\u00e4?/\u20ac"_s << u"/sandbox/a b+c&d=e%20#\u00e4?/\u20ac"_s << QByteArray("q");
    QTest::newRow("the largest") << u"l"_s << u"/sandbox/l"_s << QByteArray(Engine::MaxPut, 'L');
}

void tst_sessionfiles::roundTrip()
{
    QFETCH(QString, path);
    QFETCH(QString, inside);
    QFETCH(QByteArray, content);
    QCOMPARE(codeOf(put(path, content)), u"ok"_s);
    QCOMPARE(run(u"wc -c < '%1'"_s.arg(inside)).trimmed(), QByteArray::number(content.size()));
    const auto back = get(path);
    QCOMPARE(codeOf(back), u"ok"_s);
    QVERIFY(*back == content);
    QCOMPARE(codeOf(put(path, "again")), u"ok"_s);
    QCOMPARE(get(inside).value_or(""), QByteArray("again"));
}

void tst_sessionfiles::modes_data()
{
    QTest::addColumn<std::optional<uint>>("mode");
    QTest::addColumn<QByteArray>("shown");
    QTest::newRow("none") << std::optional<uint>() << QByteArray("644\n");
    QTest::newRow("executable") << std::optional<uint>(0755) << QByteArray("755\n");
    QTest::newRow("private") << std::optional<uint>(0600) << QByteArray("600\n");
}

void tst_sessionfiles::modes()
{
    QFETCH(std::optional<uint>, mode);
    QFETCH(QByteArray, shown);
    QCOMPARE(codeOf(put(u"m"_s, "m", mode)), u"ok"_s);
    QCOMPARE(run(u"stat -c %a m"_s), shown);
}

void tst_sessionfiles::listing()
{
    run(u"mkdir -p d/e; echo 12345 > d/f; chmod 640 d/f; touch -d @1700000000.5 d/f; ln -s /etc/passwd d/l; "
        "mkfifo d/p; echo x > d/e/g"_s);
    const auto files = list(u"d"_s);
    QCOMPARE(codeOf(files), u"ok"_s);
    QCOMPARE(files->size(), 4);
    using Type = SessionFile::Type;
    const SessionFile file{u"/sandbox/d/f"_s, Type::File, 6, 0640, 1700000000500, {}};
    QCOMPARE(toJson(files->at(1)), toJson(file));
    QVERIFY(files->at(1) == file);
    QCOMPARE(files->at(0).path, u"/sandbox/d/e"_s);
    QVERIFY(files->at(0).type == Type::Directory);
    QVERIFY(files->at(2).type == Type::Link);
    QCOMPARE(files->at(2).target, u"/etc/passwd"_s);
    QVERIFY(files->at(3).type == Type::Other);
    QStringList paths;
    for (const SessionFile &found : list(u"/sandbox/d"_s, true).value_or(QList<SessionFile>()))
        paths.append(found.path);
    QVERIFY(paths.contains(u"/sandbox/d/e/g"_s));
    QCOMPARE(list(u"d/*f"_s).value_or(QList<SessionFile>()).size(), 1);
    QCOMPARE(list(u"/tmp"_s).value_or(QList<SessionFile>{{}}).size(), 0);
}

void tst_sessionfiles::listingOfMany()
{
    QCOMPARE(run(u"mkdir many; cd many; touch $(seq -f %06g 20000); echo made"_s), QByteArray("made\n"));
    const auto files = list(u"many"_s);
    QCOMPARE(codeOf(files), u"ok"_s);
    QCOMPARE(files->size(), 20000);
    QCOMPARE(files->constLast().path, u"/sandbox/many/020000"_s);
}

// A name that is no UTF-8 is kept to the byte.
void tst_sessionfiles::namesAreBytes()
{
    QCOMPARE(run(u"cd /sandbox && mkdir $'d\\xfe' && printf in > $'d\\xfe/n\\xff' && ln -s $'\\x80' l"_s), "");
    const auto found = list(u"/sandbox"_s, true);
    QVERIFY2(found, found ? "" : qPrintable(found.error().message));
    QStringList paths;
    for (const SessionFile &file : *found)
        paths.append(file.path + file.target);
    const QString folder = u"/sandbox/d"_s + QChar(0xdcfe);
    const QString name = folder + u"/n" + QChar(0xdcff);
    QCOMPARE(paths, (QStringList{folder, name, QString(u"/sandbox/l"_s + QChar(0xdc80))}));
    QCOMPARE(get(name).value_or("(none)"), "in");
    QCOMPARE(codeOf(put(name, "out")), u"ok"_s);
    QCOMPARE(run(u"cat /sandbox/*/*"_s), "out");
    std::unique_ptr<Download> download(m_engine->downloadFile({}, u"s"_s, name, nullptr));
    QByteArray bytes;
    bool over = false;
    connect(download.get(), &Download::data, this, [&](const QByteArray &part) { bytes += part; });
    connect(download.get(), &Download::finished, this, [&] { over = true; });
    QTRY_VERIFY_WITH_TIMEOUT(over, 30000);
    QCOMPARE(bytes, "out");
    RunRequest request;
    request.cmd = u":"_s;
    request.outputPaths = QStringList{u"*/n*"_s};
    RunOptions options;
    options.sessionId = u"s"_s;
    const std::unique_ptr<Run> run(m_engine->execute(request, options));
    QTRY_VERIFY_WITH_TIMEOUT(run->isFinished(), 60000);
    QCOMPARE(run->result().files.value(name), "out");
    QCOMPARE(codeOf(remove(name)), u"ok"_s);
    QCOMPARE(list(folder).value_or(QList<SessionFile>{{}}).size(), 0);
}

void tst_sessionfiles::outputFilesStreamed()
{
    RunRequest request;
    request.cmd = u"truncate -s 60M big; printf 1 > one; printf 2 > $'two\\xff'"_s;
    request.outputPaths = QStringList{u"*"_s};
    RunOptions options;
    options.sessionId = u"s"_s;
    options.streamFiles = true;
    const std::unique_ptr<Run> run(m_engine->execute(request, options));
    QStringList told;
    qint64 bytes = 0;
    connect(run.get(), &Run::fileOpened, this, [&](const RunFile &file) {
        told.append(QString::fromLatin1(file.path) + u' ' + QString::number(file.size));
    });
    connect(run.get(), &Run::fileData, this, [&](const QByteArray &part) { bytes += part.size(); });
    connect(run.get(), &Run::fileEnded, this, [&](const QString &problem) { told.append(problem); });
    QTRY_VERIFY_WITH_TIMEOUT(run->isFinished(), 60000);
    QCOMPARE(told,
             (QStringList{u"/sandbox/big 62914560"_s, {}, u"/sandbox/one 1"_s, {}, u"/sandbox/two\u00ff 1"_s, {}}));
    QCOMPARE(bytes, 60 * MiB + 2);
    QVERIFY(run->result().files.isEmpty() && run->result().error.isEmpty());
}

// Who ends a run in a session hears what became of its interpreter.
void tst_sessionfiles::cancelTellsOfTheState()
{
    RunRequest request;
    request.runtime = u"bash"_s;
    request.code = "trap : INT TERM\necho up\nwhile :; do sleep 1; done";
    RunOptions options;
    options.sessionId = u"s"_s;
    const std::unique_ptr<Run> run(m_engine->execute(request, options));
    connect(run.get(), &Run::output, run.get(), [run = run.get()] { run->cancel(); });
    QTRY_VERIFY_WITH_TIMEOUT(run->isFinished(), 60000);
    QCOMPARE(toString(run->result().reason), toString(Reason::Cancelled));
    QCOMPARE(run->result().exitCode, 130);
    QCOMPARE(run->result().stateKept, std::optional(false));
    QVERIFY2(run->result().error.contains(stateLostSentence()), qPrintable(run->result().error));
}

void tst_sessionfiles::removal()
{
    run(u"mkdir -p d/e; echo x > d/e/g; echo y > f; ln -s f l"_s);
    for (const QString &path : {u"d"_s, u"l"_s})
        QCOMPARE(codeOf(remove(path)), u"ok"_s);
    QCOMPARE(run(u"ls"_s), QByteArray("f\n"));
    QCOMPARE(codeOf(remove(u"d"_s)), u"not_found"_s);
}

void tst_sessionfiles::refused_data()
{
    QTest::addColumn<QString>("session");
    QTest::addColumn<QString>("path");
    QTest::addColumn<QString>("code");
    QTest::newRow("another session") << u"other"_s << u"a"_s << u"unknown_session"_s;
    QTest::newRow("no name of a session") << u"s?x y"_s << u"a"_s << u"unknown_session"_s;
    QTest::newRow("no file") << u"s"_s << u"nothing"_s << u"not_found"_s;
    QTest::newRow("outside") << u"s"_s << u"/etc/passwd"_s << u"bad_path"_s;
    QTest::newRow("climbs out") << u"s"_s << u"a/../../etc/passwd"_s << u"bad_path"_s;
    QTest::newRow("a link out") << u"s"_s << u"out/passwd"_s << u"bad_path"_s;
    QTest::newRow("too long") << u"s"_s << QString(300, u'x') << u"bad_path"_s;
}

void tst_sessionfiles::refused()
{
    QFETCH(QString, session);
    QFETCH(QString, path);
    QFETCH(QString, code);
    run(u"ln -s /etc out"_s);
    QCOMPARE(codeOf(get(path, session)), code);
    QCOMPARE(codeOf(remove(path, session)), code);
    if (code != u"not_found")
        QCOMPARE(codeOf(put(path, "x", {}, session)), code);
    if (code != u"not_found") // a pattern that nothing matches names nothing
        QCOMPARE(codeOf(list(path, false, session)), code);
}

void tst_sessionfiles::tooLarge()
{
    QCOMPARE(codeOf(put(u"a"_s, QByteArray(Engine::MaxPut + 1, 'x'))), u"too_large"_s);
    QCOMPARE(run(u"truncate -s 16M b; truncate -s 16777217 c; ls"_s), QByteArray("b\nc\n"));
    QCOMPARE(get(u"b"_s).value_or("").size(), Engine::MaxGet);
    QCOMPARE(codeOf(get(u"c"_s)), u"too_large"_s);
}

void tst_sessionfiles::notRegular()
{
    run(u"mkdir d; mkfifo p"_s);
    QCOMPARE(codeOf(get(u"d"_s)), u"file_error"_s);
    QCOMPARE(codeOf(get(u"p"_s)), u"file_error"_s);
    QCOMPARE(codeOf(put(u"d"_s, "x")), u"file_error"_s);
}

void tst_sessionfiles::underWayAndPaused()
{
    const auto pause = [&] {
        return ask<void>([&](auto done) { m_engine->setSessionPaused({}, u"s"_s, true, done); });
    };
    // The program waits for what comes, and is seen by what it leaves.
    const std::unique_ptr<Run> waiting(start(u"touch up; until [ -e go ]; do sleep 0.05; done; cat go"_s));
    QTRY_COMPARE_WITH_TIMEOUT(codeOf(get(u"up"_s)), u"ok"_s, 20000);
    QCOMPARE(codeOf(pause()), u"session_busy"_s);
    QVERIFY(!waiting->isFinished());
    QCOMPARE(codeOf(put(u"part"_s, "went")), u"ok"_s);
    QCOMPARE(get(u"part"_s).value_or(""), QByteArray("went"));
    QVERIFY(!waiting->isFinished());
    QCOMPARE(codeOf(put(u"go"_s, "gone")), u"ok"_s);
    QTRY_VERIFY_WITH_TIMEOUT(waiting->isFinished(), 20000);
    QCOMPARE(waiting->result().stdoutText, QByteArray("gone"));

    QCOMPARE(codeOf(pause()), u"ok"_s);
    QCOMPARE(codeOf(put(u"later"_s, "slept")), u"ok"_s);
    QCOMPARE(get(u"later"_s).value_or(""), QByteArray("slept"));
    QVERIFY(list(u"/sandbox"_s).value_or(QList<SessionFile>()).size() >= 3);
    QCOMPARE(codeOf(remove(u"go"_s)), u"ok"_s);
    QVERIFY(sessions().value(0).isPaused);
    QCOMPARE(run(u"cat later; ls go 2>&1 | wc -l"_s), QByteArray("slept1\n"));
}

void tst_sessionfiles::isAUse()
{
    const QDateTime before = sessions().value(0).lastAccessedAt;
    QVERIFY(before.isValid());
    QTRY_VERIFY(QDateTime::currentDateTimeUtc() > before.addMSecs(5));
    QCOMPARE(codeOf(list(u"/sandbox"_s)), u"ok"_s);
    QVERIFY(sessions().value(0).lastAccessedAt > before);
}

void tst_sessionfiles::noSandboxYet()
{
    const std::unique_ptr<Run> run(start(u"echo up"_s, u"young"_s));
    QString code;
    // From the first moment that it is there, either of these, and nothing else.
    while (!run->isFinished()) {
        code = codeOf(put(u"a"_s, "x", {}, u"young"_s));
        QVERIFY2(code == u"unknown_session" || code == u"ok", qPrintable(code));
    }
    QCOMPARE(codeOf(get(u"a"_s, u"young"_s)), code == u"ok" ? u"ok"_s : u"not_found"_s);
    QVERIFY(ask<bool>([&](auto done) { m_engine->removeSession({}, u"young"_s, done); }).value_or(false));
}

void tst_sessionfiles::endsMeanwhile()
{
    QVERIFY(run(u"head -c 16M /dev/zero > big; echo made"_s) == "made\n");
    std::optional<Result<QByteArray>> got;
    m_engine->getFile({}, u"s"_s, u"big"_s, {this, [&](const Result<QByteArray> &r) { got = r; }});
    QVERIFY(ask<bool>([&](auto done) { m_engine->removeSession({}, u"s"_s, done); }).value_or(false));
    QTRY_VERIFY_WITH_TIMEOUT(got.has_value(), 20000);
    QVERIFY2(*got || got->error().code == errors::SessionLost || got->error().code == errors::UnknownSession,
             qPrintable(codeOf(*got)));
    QCOMPARE(codeOf(get(u"big"_s)), u"unknown_session"_s);
}

void tst_sessionfiles::owners()
{
    if (m_remote)
        return; // the service serves one
    QCOMPARE(codeOf(put(u"a"_s, "mine")), u"ok"_s);
    QCOMPARE(codeOf(get(u"a"_s, u"s"_s, u"other"_s)), u"unknown_session"_s);
}

void tst_sessionfiles::snapshot()
{
    run(u"mkdir d; echo kept > d/f; chmod 700 d/f; ln -s d/f l"_s);
    const auto saved = save(u"one"_s);
    QCOMPARE(codeOf(saved), u"ok"_s);
    QCOMPARE(saved->name, u"one"_s);
    QCOMPARE(saved->runtime, u"bash"_s);
    QVERIFY(saved->size > 0 && saved->created.isValid());
    QCOMPARE(snapshots(), QStringList{u"one"_s});
    run(u"rm -r d l"_s);
    // As often as one wants, with the session that it is of or without; what is uploaded comes on top.
    for (const QString &name : {u"second"_s, u"third"_s}) {
        const RunResult result = runFrom(u"one"_s, u"stat -c %a d/f; cat l; echo other > d/f"_s, name);
        QCOMPARE(result.stdoutText, QByteArray("700\nkept\n"));
        QCOMPARE(codeOf(get(u"d/f"_s, name)), u"ok"_s);
        QVERIFY(stopSession(name));
    }
    QCOMPARE(codeOf(save(u"one"_s)), u"exists"_s);
    // A session that is paused stays so.
    QCOMPARE(codeOf(ask<void>([&](auto done) { m_engine->setSessionPaused({}, u"s"_s, true, done); })), u"ok"_s);
    QCOMPARE(codeOf(save(u"two"_s)), u"ok"_s);
    QVERIFY(sessions().value(0).isPaused);
    QCOMPARE(run(u"echo awake"_s), QByteArray("awake\n"));
    for (const QString &name : {u"one"_s, u"two"_s})
        QCOMPARE(codeOf(removeSnapshot(name)), u"ok"_s);
    QCOMPARE(snapshots(), QStringList());
}

void tst_sessionfiles::snapshotRefused()
{
    QCOMPARE(codeOf(save(u"a"_s, u"other"_s)), u"unknown_session"_s);
    QCOMPARE(codeOf(save(u".a"_s)), u"bad_value"_s);
    QCOMPARE(codeOf(removeSnapshot(u"none"_s)), u"not_found"_s);
    QCOMPARE(runFrom(u"none"_s, u"echo"_s, u"new"_s).errorCode, u"not_found"_s);
    QCOMPARE(codeOf(save(u"a"_s)), u"ok"_s);
    QCOMPARE(runFrom(u"a"_s, u"echo"_s, u"s"_s).errorCode, u"session_conflict"_s);
    QCOMPARE(runFrom(u"a"_s, u"echo"_s, {}).errorCode, u"bad_request"_s);
    // One of another runtime has nothing of it.
    RunRequest other;
    other.code = "print(1)";
    other.runtime = u"python"_s;
    RunOptions options;
    options.snapshot = u"a"_s;
    options.sessionId = u"new"_s;
    const std::unique_ptr<Run> refused(m_engine->execute(other, options));
    QTRY_VERIFY_WITH_TIMEOUT(refused->isFinished(), 20000);
    QCOMPARE(refused->result().errorCode, u"session_conflict"_s);
    QVERIFY(refused->result().error.contains(u"bash"));
    const std::unique_ptr<Run> busy(start(u"touch up; until [ -e go ]; do sleep 0.05; done"_s));
    QTRY_COMPARE_WITH_TIMEOUT(codeOf(get(u"up"_s)), u"ok"_s, 20000);
    QCOMPARE(codeOf(save(u"b"_s)), u"session_busy"_s);
    QCOMPARE(codeOf(put(u"go"_s, "")), u"ok"_s);
    QTRY_VERIFY_WITH_TIMEOUT(busy->isFinished(), 20000);
    QCOMPARE(sessions().size(), 1);
    QCOMPARE(codeOf(removeSnapshot(u"a"_s)), u"ok"_s);
}

void tst_sessionfiles::snapshotOfOneThatEnds()
{
    QCOMPARE(run(u"head -c 100M /dev/urandom > big; echo made"_s), QByteArray("made\n"));
    std::optional<Result<SnapshotInfo>> saved;
    m_engine->saveSnapshot({}, u"s"_s, u"half"_s, {this, [&](const Result<SnapshotInfo> &r) { saved = r; }});
    QVERIFY(stopSession(u"s"_s));
    QTRY_VERIFY_WITH_TIMEOUT(saved.has_value(), 20000);
    QVERIFY2(!*saved, "it was saved before the session ended");
    QVERIFY2(saved->error().code == errors::SessionLost || saved->error().code == errors::UnknownSession,
             qPrintable(saved->error().code));
    QCOMPARE(snapshots(), QStringList());
}

// No session is left that has half of one.
void tst_sessionfiles::brokenSnapshot()
{
    QCOMPARE(run(u"head -c 3M /dev/urandom > big; echo made"_s), QByteArray("made\n"));
    QCOMPARE(codeOf(save(u"broken"_s)), u"ok"_s);
    QFile file(SnapshotStore().pathOf({}, u"broken"_s));
    QVERIFY(file.open(QIODevice::ReadWrite));
    QVERIFY(file.resize(2'000'000));
    file.close();
    const RunResult result = runFrom(u"broken"_s, u"echo started"_s, u"new"_s);
    QVERIFY(result.reason == Reason::SetupFailed);
    QVERIFY2(!result.errorCode.isEmpty(), qPrintable(result.error));
    QCOMPARE(result.stdoutText, QByteArray());
    QCOMPARE(sessions().size(), 1);
    QCOMPARE(codeOf(removeSnapshot(u"broken"_s)), u"ok"_s);
}

QTEST_GUILESS_MAIN(tst_sessionfiles)
#include "tst_sessionfiles.moc"
