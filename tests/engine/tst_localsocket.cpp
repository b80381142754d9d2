// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; remote
#include <isol8/remote/EngineContext.h>
#include <isol8/remote/LocalSocket.h>

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonObject>
#include <QLocalServer>
#include <QTemporaryDir>
#include <QTest>

#include <sys/stat.h>
#include <unistd.h>

using namespace isol8;
using namespace Qt::StringLiterals;

/*
    Where the background engine is looked for, whom it is trusted from, and what it must have in common with its caller.
*/
class tst_localsocket : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void place_data();
    void place();
    void folder();
    void ours();
    void context_data();
    void context();
    void registries();
    void differences_data();
    void differences();
    void strangeTokens();
};

void tst_localsocket::place_data()
{
    QTest::addColumn<QString>("runtimeDir"); // null: not set
    QTest::addColumn<QString>("folder");     // null: one of the usual places
    QTest::newRow("set") << u"/run/x"_s << u"/run/x/isol8"_s;
    QTest::newRow("relative") << u"run/x"_s << QString();
    QTest::newRow("empty") << u""_s << QString();
    QTest::newRow("not set") << QString() << QString();
}

void tst_localsocket::place()
{
    QFETCH(QString, runtimeDir);
    QFETCH(QString, folder);
    QProcessEnvironment environment;
    if (!runtimeDir.isNull())
        environment.insert(u"XDG_RUNTIME_DIR"_s, runtimeDir);
    const LocalSocket socket = LocalSocket::find(environment);
    const QString user = QString::number(::geteuid());
    if (!folder.isNull())
        QCOMPARE(socket.folder, folder);
    else
        QVERIFY2(socket.folder == u"/run/user/"_s + user + u"/isol8" || socket.folder == u"/tmp/isol8-"_s + user,
                 qPrintable(socket.folder));
    QCOMPARE(socket.path(), QString(socket.folder + u"/engine.sock"));
}

void tst_localsocket::folder()
{
    QTemporaryDir base;
    const LocalSocket socket{base.filePath(u"isol8"_s)};
    QVERIFY(socket.ensureFolder());
    struct stat info = {};
    QCOMPARE(::stat(socket.folder.toLocal8Bit().constData(), &info), 0);
    QCOMPARE(int(info.st_mode & 07777), 0700);
    QVERIFY(socket.ensureFolder()); // it may be there
    QCOMPARE(::chmod(socket.folder.toLocal8Bit().constData(), 0770), 0);
    QCOMPARE(socket.ensureFolder().error().code, errors::NotAllowed.toString());

    const LocalSocket link{base.filePath(u"link"_s)};
    QVERIFY(QDir(base.path()).mkdir(u"elsewhere"_s));
    QVERIFY(QFile::link(base.filePath(u"elsewhere"_s), link.folder));
    QCOMPARE(link.ensureFolder().error().code, errors::NotAllowed.toString());
    const LocalSocket absent{base.filePath(u"a/b"_s)};
    QCOMPARE(absent.ensureFolder().error().code, errors::FileError.toString());
}

void tst_localsocket::ours()
{
    QTemporaryDir base;
    const LocalSocket socket{base.filePath(u"isol8"_s)};
    QVERIFY(!socket.isOurs());
    QVERIFY(socket.ensureFolder());
    QVERIFY(!socket.isOurs());
    QFile file(socket.path());
    QVERIFY(file.open(QIODevice::WriteOnly));
    QVERIFY(!socket.isOurs());
    QVERIFY(file.remove());
    QLocalServer server;
    QVERIFY(server.listen(socket.path()));
    QVERIFY(socket.isOurs());
    QCOMPARE(::chmod(socket.folder.toLocal8Bit().constData(), 0722), 0);
    QVERIFY(!socket.isOurs());
    if (::geteuid() != 0)
        return;
    QCOMPARE(::chmod(socket.folder.toLocal8Bit().constData(), 0700), 0);
    QCOMPARE(::lchown(socket.path().toLocal8Bit().constData(), 65534, 65534), 0);
    QVERIFY(!socket.isOurs());
}

void tst_localsocket::context_data()
{
    QTest::addColumn<QString>("version");
    QTest::addColumn<QString>("docker");
    QTest::addColumn<QByteArray>("config");
    QTest::addColumn<bool>("same");
    const QString docker = u"unix:///var/run/docker.sock"_s;
    QTest::newRow("same") << u"1"_s << docker << QByteArray("{}") << true;
    QTest::newRow("what a request can say")
        << u"1"_s << docker << QByteArray(R"({"defaults": {"memoryLimit": "1g"}, "maxConcurrent": 3})") << true;
    QTest::newRow("version") << u"2"_s << docker << QByteArray("{}") << false;
    QTest::newRow("daemon") << u"1"_s << u"tcp://x:1"_s << QByteArray("{}") << false;
    QTest::newRow("runtimes")
        << u"1"_s << docker
        << QByteArray(R"({"runtimes": {"x": {"image": "i", "extensions": [".x"], "command": ["x", "{file}"]}}})")
        << true;
    QTest::newRow("whitelist") << u"1"_s << docker << QByteArray(R"({"network": {"whitelist": ["a"]}})") << false;
    QTest::newRow("blacklist") << u"1"_s << docker << QByteArray(R"({"network": {"blacklist": ["a"]}})") << false;
    QTest::newRow("private") << u"1"_s << docker << QByteArray(R"({"network": {"allowPrivate": ["a:1"]}})") << false;
    for (const char *limit : {"maxConnections", "maxTotalConnections", "maxBytes", "idleTimeoutMs"})
        QTest::newRow(limit) << u"1"_s << docker << QByteArray(R"({"network": {")" + QByteArray(limit) + R"(": 5000}})")
                             << false;
    QTest::newRow("remote code") << u"1"_s << docker << QByteArray(R"({"remoteCode": {"requireHash": true}})") << false;
    QTest::newRow("ports") << u"1"_s << docker << QByteArray(R"({"network": {"ports": [80]}})") << false;
}

void tst_localsocket::context()
{
    QFETCH(QString, version);
    QFETCH(QString, docker);
    QFETCH(QByteArray, config);
    QFETCH(bool, same);
    const auto parsed = parseConfig(config, u"c"_s);
    QVERIFY2(parsed, parsed ? "" : qPrintable(parsed.error().message));
    const EngineContext one{u"1"_s, u"unix:///var/run/docker.sock"_s, {}};
    const EngineContext other{version, docker, *parsed};
    QCOMPARE(one.token() == other.token(), same);
    QCOMPARE(one.differences(other.token(), {}).isEmpty(), same);
}

// Where packages come from matters to a run that installs some, and to no other.
void tst_localsocket::registries()
{
    const QString docker = u"unix:///var/run/docker.sock"_s;
    const EngineContext engine{u"1"_s, docker, {}};
    int read = 0;
    const auto own = [&] {
        ++read;
        return QByteArray("aa");
    };
    EngineContext caller = engine;
    const auto differences = [&](const QByteArray &token) { return engine.differences(token, own); };
    QCOMPARE(differences(caller.token()), QStringList());
    QCOMPARE(read, 0);
    caller.registries = "aa";
    QCOMPARE(differences(caller.token()), QStringList());
    QCOMPARE(read, 1);
    caller.registries = "bb";
    QCOMPARE(differences(caller.token()), QStringList{u"registries"_s});
    caller.registries = "aa";
    caller.version = u"2"_s;
    QCOMPARE(differences(caller.token()), QStringList{u"version"_s});
}

// Who is turned away is told why.
void tst_localsocket::differences_data()
{
    QTest::addColumn<QByteArray>("token");
    QTest::addColumn<QStringList>("different");
    EngineContext caller{u"1"_s, u"docker"_s, {}};
    QTest::newRow("the same") << caller.token() << QStringList();
    caller.config.runtimes = {{u"lua"_s, QJsonObject{{u"command"_s, QJsonArray{u"lua"_s, u"{file}"_s}}}}};
    QTest::newRow("languages come with the run") << caller.token() << QStringList();
    QTest::newRow("more than is known here") << caller.token() + ";new=1" << QStringList{u"version"_s};
    QTest::newRow("less") << caller.token().left(caller.token().lastIndexOf(';')) << QStringList{u"audit"_s};
    caller.config.network.ports = {22};
    caller.config.network.whitelist = {u"a.example"_s};
    QTest::newRow("two keys") << caller.token() << QStringList{u"network.whitelist"_s, u"network.ports"_s};
    caller = {u"1"_s, u"unix:///another"_s, {}};
    QTest::newRow("Docker") << caller.token() << QStringList{u"docker"_s};
}

void tst_localsocket::differences()
{
    QFETCH(QByteArray, token);
    QFETCH(QStringList, different);
    const EngineContext engine{u"1"_s, u"docker"_s, {}};
    QCOMPARE(engine.differences(token, {}), different);
    QCOMPARE(token == engine.token(), different.isEmpty());
}

// Tokens of older versions, and what is none.
void tst_localsocket::strangeTokens()
{
    const EngineContext engine{u"1"_s, u"docker"_s, {}};
    const QByteArray token = engine.token();
    const QByteArrayList tokens{"",          QByteArray(64, 'a'), token + '.', token + ';',
                                ';' + token, "=" + token,         ";;;",       token + ';' + token};
    for (const QByteArray &strange : tokens)
        QVERIFY2(!engine.differences(strange, {}).isEmpty(), strange.constData());
}

QTEST_APPLESS_MAIN(tst_localsocket)
#include "tst_localsocket.moc"
