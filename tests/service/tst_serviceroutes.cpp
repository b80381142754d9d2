// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker; service; websockets
#include "support/OwnDaemon.h"
#include "support/ServiceProcess.h"
#include "support/Tar.h"

#include <isol8/archive/TarReader.h>

#include <QTcpServer>
#include <QTcpSocket>
#include <QWebSocket>

using namespace servicetest;
using namespace Qt::StringLiterals;

namespace {

QByteArray request(const QByteArray &method, const QByteArray &target, const QByteArray &body = {},
                   const QByteArray &fields = {})
{
    QByteArray bytes = method + ' ' + target + " HTTP/1.1\r\nHost: x\r\n" + fields;
    if (method == "PUT")
        bytes += "Content-Length: " + QByteArray::number(body.size()) + "\r\n";
    return bytes + "\r\n" + body;
}

QString codeOf(const Answer &answer)
{
    return answer.json().value(u"code"_s).toString();
}

// "name mode size mtime" of each member, folders with a slash behind.
QStringList membersOf(const QByteArray &tar, QByteArray *content = nullptr)
{
    QStringList members;
    isol8::archive::TarReader reader({});
    QByteArrayView rest(tar);
    while (!rest.isEmpty()) {
        const auto step = reader.feed(rest);
        if (step.event == isol8::archive::TarReader::Event::Failed)
            return {reader.error().message};
        if (step.event == isol8::archive::TarReader::Event::Member) {
            const auto &member = reader.member();
            const bool isFolder = member.kind == isol8::archive::TarMember::Kind::Directory;
            members.append(QString::fromUtf8(member.name) + (isFolder ? u"/ "_s : u" "_s) +
                           QString::number(member.mode, 8) + u' ' + QString::number(member.size) + u' ' +
                           QString::number(member.mtimeMs));
        }
        if (step.event == isol8::archive::TarReader::Event::Data && content)
            content->append(step.data);
        rest = rest.sliced(step.consumed);
    }
    if (const auto error = reader.finish(); !error.code.isEmpty())
        members.append(error.message);
    return members;
}

// kB of a process's memory.
qint64 residentPeak(qint64 pid)
{
    QFile file(u"/proc/%1/status"_s.arg(pid));
    if (!file.open(QIODevice::ReadOnly))
        return -1;
    for (const QByteArray &line : file.readAll().split('\n')) {
        if (line.startsWith("VmHWM:"))
            return line.sliced(6).trimmed().split(' ').first().toLongLong();
    }
    return -1;
}

// The terminal of a session: Qt's WebSocket client through a bridge from TCP to the Unix socket.
class Shell : public QObject
{
public:
    Shell(const QString &path, const QString &target)
    {
        connect(&m_bridge, &QTcpServer::newConnection, this, [this, path] {
            QTcpSocket *from = m_bridge.nextPendingConnection();
            auto *to = new QLocalSocket(from);
            to->connectToServer(path);
            connect(from, &QTcpSocket::readyRead, to, [from, to] { to->write(from->readAll()); });
            connect(to, &QLocalSocket::readyRead, from, [from, to] { from->write(to->readAll()); });
            connect(to, &QLocalSocket::disconnected, from, [from] { from->disconnectFromHost(); });
            connect(from, &QTcpSocket::disconnected, to, [to] { to->abort(); });
        });
        m_bridge.listen(QHostAddress::LocalHost);
        connect(&socket, &QWebSocket::binaryMessageReceived, this, [this](const QByteArray &data) { screen += data; });
        connect(&socket, &QWebSocket::textMessageReceived, this, [this](const QString &text) {
            const QJsonObject event = QJsonDocument::fromJson(text.toUtf8()).object();
            events.append(event.value(u"type"_s).toString() + u' ' + event.value(u"data"_s).toString());
        });
        connect(&socket, &QWebSocket::disconnected, this, [this] { closed = true; });
        socket.open(QUrl(u"ws://127.0.0.1:%1%2"_s.arg(m_bridge.serverPort()).arg(target)));
    }
    void type(const QByteArray &keys) { socket.sendBinaryMessage(keys); }
    void send(const QByteArray &text) { socket.sendTextMessage(QString::fromUtf8(text)); }

    QWebSocket socket;
    QByteArray screen;
    QStringList events;
    bool closed = false;

private:
    QTcpServer m_bridge;
};

} // namespace

/*
    The routes for files as they are, runs, sandboxes, terminals, images and tidying up, as a client sees them.
*/
class tst_serviceroutes : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void rawFiles();
    void rawFilesRefused_data();
    void rawFilesRefused();
    void folders();
    void foldersRefused_data();
    void foldersRefused();
    void largeFiles();
    void noRoom();
    void clientLeavesWithHalfAFile();
    void sessionEndsUnderTransfer();
    void extraEvents_data();
    void extraEvents();
    void cancelRun();
    void sandboxes();
    void shell();
    void shellRefused_data();
    void shellRefused();
    void images();
    void imagesRefused_data();
    void imagesRefused();
    void tidyUp();
    void tidyUpImages();
    void cleanupTestCase();

private:
    [[nodiscard]] Answer ask(const QByteArray &method, const QByteArray &target, const QByteArray &body = {},
                             const QByteArray &fields = {}) const
    {
        return m_service.ask(request(method, target, body, fields));
    }
    //! What a command prints in the session.
    [[nodiscard]] QString inSession(const QString &command, const QString &session = u"work"_s) const
    {
        const QJsonObject body{{u"request"_s, QJsonObject{{u"cmd"_s, command}}}, {u"sessionId"_s, session}};
        return m_service.ask(post("/execute", body)).json().value(u"stdout"_s).toString();
    }
    //! Has usedKiB() told, while an upload is under way too, which a run would wait for. Until /tmp/used is removed.
    void watchUse(const QString &session) const
    {
        QCOMPARE(
            inSession(u"touch /tmp/used; (while [ -e /tmp/used ]; do df --output=used /sandbox | tail -n 1 > /tmp/new; "
                      "[ ! -e /tmp/used ] || mv /tmp/new /tmp/used; sleep 0.1; done) > /dev/null 2>&1 & echo up"_s,
                      session),
            u"up\n"_s);
    }
    //! -1: not known yet.
    [[nodiscard]] int usedKiB(const QByteArray &session) const
    {
        bool known = false;
        const int used = ask("GET", "/session/" + session + "/files//tmp/used").body.trimmed().toInt(&known);
        return known ? used : -1;
    }

    ServiceProcess m_service;
};

void tst_serviceroutes::initTestCase()
{
    m_service.configure(R"({"poolSize": 0, "defaults": {"sandboxSize": "160m"}})");
    QVERIFY(m_service.start({u"--prewarm"_s, QString(), u"--max-body"_s, u"64k"_s}));
    QCOMPARE(inSession(u"echo up"_s), u"up\n"_s);
}

void tst_serviceroutes::cleanupTestCase()
{
    QCOMPARE(ask("DELETE", "/session/work").status, 200);
    QVERIFY2(m_service.nothingLeft(), "a container was left behind");
    QCOMPARE(m_service.stop(SIGTERM), 0);
}

void tst_serviceroutes::rawFiles()
{
    const QByteArray bytes("a\0\xff\r\n", 5);
    Answer answer = ask("PUT", "/session/work/files/d/a%20b?mode=0750&mtimeMs=1000000000000", bytes);
    QCOMPARE(answer.status, 200);
    QCOMPARE(answer.json(), (QJsonObject{{u"ok"_s, true}, {u"bytes"_s, 5}}));
    QCOMPARE(inSession(u"stat -c '%a %s %Y' 'd/a b'"_s), u"750 5 1000000000\n"_s);
    // However its path is written.
    for (const QByteArray path : {"d/a%20b", "/sandbox/d/a%20b", "%2Fsandbox%2Fd%2Fa%20b", "d/../d//a%20b"}) {
        answer = ask("GET", "/session/work/files/" + path);
        QCOMPARE(answer.status, 200);
        QCOMPARE(answer.body, bytes);
    }
    for (const QByteArray field : {"Content-Type: application/octet-stream", "Content-Length: 5", "X-Isol8-Mode: 0750",
                                   "Last-Modified: Sun, 09 Sep 2001 01:46:40 GMT", "X-Content-Type-Options: nosniff"})
        QVERIFY2(answer.head.contains(field), answer.head.constData());
    answer = ask("HEAD", "/session/work/files/d/a%20b");
    QCOMPARE(answer.status, 200);
    QVERIFY(answer.head.contains("Content-Length: 5"));
    QCOMPARE(answer.body, QByteArray());
    // In chunks, into what is there, whose mode stays.
    answer = m_service.ask("PUT /session/work/files/d/a%20b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                           "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    QCOMPARE(answer.status, 200);
    QCOMPARE(ask("GET", "/session/work/files/d/a%20b").body, QByteArray("abcde"));
    QCOMPARE(ask("PUT", "/session/work/files//tmp/empty").status, 200);
    answer = ask("GET", "/session/work/files//tmp/empty");
    QCOMPARE(answer.status, 200);
    QCOMPARE(answer.body, QByteArray());
    // Folders.
    QCOMPARE(ask("PUT", "/session/work/files/e/f/?mode=700").status, 200);
    QCOMPARE(inSession(u"stat -c '%F %a' e/f"_s), u"directory 700\n"_s);
    QCOMPARE(ask("DELETE", "/session/work/files/e").json(), (QJsonObject{{u"ok"_s, true}}));
    QCOMPARE(ask("DELETE", "/session/work/files/e").status, 404);
    QCOMPARE(ask("DELETE", "/session/work/files/d/a%20b").status, 200);
    QCOMPARE(inSession(u"ls d"_s), QString());
}

void tst_serviceroutes::rawFilesRefused_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<int>("status");
    QTest::addColumn<QString>("code");
    const QString bad = u"bad_request"_s;
    QTest::newRow("get, none") << request("GET", "/session/work/files/none") << 404 << u"not_found"_s;
    QTest::newRow("head, none") << request("HEAD", "/session/work/files/none") << 404 << QString();
    QTest::newRow("get, unknown session") << request("GET", "/session/no/files/a") << 404 << u"unknown_session"_s;
    QTest::newRow("put, unknown session") << request("PUT", "/session/no/files/a", "x") << 404 << u"unknown_session"_s;
    QTest::newRow("put, large, unknown session")
        << request("PUT", "/session/no/files/a", QByteArray(400000, 'x')) << 404 << u"unknown_session"_s;
    QTest::newRow("get, climbs") << request("GET", "/session/work/files/../etc/passwd") << 400 << u"bad_path"_s;
    QTest::newRow("get, absolute") << request("GET", "/session/work/files//etc/passwd") << 400 << u"bad_path"_s;
    QTest::newRow("put, climbs") << request("PUT", "/session/work/files/a/../../b", "x") << 400 << u"bad_path"_s;
    QTest::newRow("get, folder") << request("GET", "/session/work/files//tmp") << 409 << u"file_error"_s;
    QTest::newRow("put, folder") << request("PUT", "/session/work/files//tmp", "x") << 409 << u"file_error"_s;
    QTest::newRow("put, mode") << request("PUT", "/session/work/files/a?mode=abc", "x") << 400 << bad;
    QTest::newRow("put, mode too large") << request("PUT", "/session/work/files/a?mode=1777", "x") << 400 << bad;
    QTest::newRow("put, mtime") << request("PUT", "/session/work/files/a?mtimeMs=-1", "x") << 400 << bad;
    QTest::newRow("put, folder with content") << request("PUT", "/session/work/files/a/", "x") << 400 << bad;
    QTest::newRow("delete, sandbox") << request("DELETE", "/session/work/files//sandbox") << 409 << u"file_error"_s;
    QTest::newRow("post") << QByteArray("POST /session/work/files/a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
                          << 405 << u"wrong_method"_s;
}

void tst_serviceroutes::rawFilesRefused()
{
    QFETCH(QByteArray, bytes);
    QFETCH(int, status);
    QFETCH(QString, code);
    const Answer answer = m_service.ask(bytes);
    QCOMPARE(answer.status, status);
    QCOMPARE(codeOf(answer), code);
}

void tst_serviceroutes::folders()
{
    isol8::test::Tar tar;
    tar.addFolder("t", 0750);
    tar.addFile("t/run.sh", "echo hi\n", 0755);
    tar.addFile("t/deep/er/a", "A", 0600);
    Answer answer = ask("PUT", "/session/work/files.tar?path=un/packed", tar.bytes());
    QCOMPARE(answer.status, 200);
    QCOMPARE(inSession(u"un/packed/t/run.sh; stat -c '%a' un/packed/t un/packed/t/deep/er/a"_s), u"hi\n750\n600\n"_s);
    QCOMPARE(inSession(u"touch -d @1000000000.25 un/packed/t/run.sh; ln -s run.sh un/packed/t/l"_s), QString());
    answer = ask("GET", "/session/work/files.tar?path=/sandbox/un/packed/t");
    QCOMPARE(answer.status, 200);
    QVERIFY(answer.head.contains("Content-Type: application/x-tar"));
    QByteArray content;
    QStringList members = membersOf(answer.body, &content);
    QVERIFY2(members.contains(u"run.sh 755 8 1000000000250"_s), qPrintable(members.join(u'\n')));
    QVERIFY(content.contains("echo hi\n"));
    QCOMPARE(members.size(), 5);
    // All of /sandbox, and back into /tmp.
    const QByteArray all = ask("GET", "/session/work/files.tar").body;
    QCOMPARE(ask("PUT", "/session/work/files.tar?path=/tmp/copy", all).status, 200);
    QCOMPARE(inSession(u"list() { find un | sort | xargs stat -c '%n %a %Y %F'; }; cd /tmp/copy; list > /tmp/1; "
                       "cd /sandbox; list | diff - /tmp/1 && echo same"_s),
             u"same\n"_s);
    const Answer head = ask("HEAD", "/session/work/files.tar?path=un");
    QCOMPARE(head.status, 200);
    QCOMPARE(head.body, QByteArray());
    QCOMPARE(ask("DELETE", "/session/work/files/un").status, 200);
}

void tst_serviceroutes::foldersRefused_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<int>("status");
    QTest::addColumn<QString>("code");
    isol8::test::Tar climbing;
    climbing.addFile("../a", "x");
    isol8::test::Tar good;
    good.addFile("a", QByteArray(5000, 'x'));
    const QByteArray to = "/session/work/files.tar?path=refused";
    QTest::newRow("climbs") << request("PUT", to, climbing.bytes()) << 400 << u"bad_archive"_s;
    QTest::newRow("no archive") << request("PUT", to, QByteArray(2000, 'x')) << 400 << u"bad_archive"_s;
    QTest::newRow("cut") << request("PUT", to, good.bytes().first(3000)) << 400 << u"bad_archive"_s;
    QTest::newRow("into nowhere") << request("PUT", "/session/work/files.tar?path=/etc", good.bytes()) << 400
                                  << u"bad_path"_s;
    QTest::newRow("unknown session") << request("PUT", "/session/no/files.tar", good.bytes()) << 404
                                     << u"unknown_session"_s;
    QTest::newRow("no folder") << request("GET", "/session/work/files.tar?path=none") << 404 << u"not_found"_s;
    QTest::newRow("of nowhere") << request("GET", "/session/work/files.tar?path=/etc") << 400 << u"bad_path"_s;
    QTest::newRow("of an unknown session") << request("GET", "/session/no/files.tar") << 404 << u"unknown_session"_s;
}

void tst_serviceroutes::foldersRefused()
{
    QFETCH(QByteArray, bytes);
    QFETCH(int, status);
    QFETCH(QString, code);
    const Answer answer = m_service.ask(bytes);
    QCOMPARE(answer.status, status);
    QCOMPARE(codeOf(answer), code);
}

// Far beyond --max-body, and the service does not hold them.
void tst_serviceroutes::largeFiles()
{
    constexpr qsizetype Size = 40 * 1024 * 1024;
    QByteArray bytes(Size, Qt::Uninitialized);
    for (qsizetype i = 0; i + 8 <= Size; i += 8) {
        const quint64 mixed = quint64(i) * 0x9e3779b97f4a7c15ULL;
        std::memcpy(bytes.data() + i, &mixed, 8);
    }
    [[maybe_unused]] const qint64 before = residentPeak(m_service.process.processId());
    QCOMPARE(ask("PUT", "/session/work/files/large", bytes).status, 200);
    QVERIFY(ask("GET", "/session/work/files/large").body == bytes);
    isol8::test::Tar tar;
    tar.addFile("again", bytes);
    QCOMPARE(ask("PUT", "/session/work/files.tar?path=unpacked", tar.bytes()).status, 200);
    QByteArray content;
    QCOMPARE(membersOf(ask("GET", "/session/work/files.tar?path=unpacked").body, &content).size(), 1);
    QVERIFY(content == bytes);
#ifndef __SANITIZE_ADDRESS__ // which keeps what was freed
    const qint64 grown = residentPeak(m_service.process.processId()) - before;
    QVERIFY2(grown < 20 * 1024, qPrintable(u"%1 kB"_s.arg(grown)));
#endif
    QCOMPARE(ask("DELETE", "/session/work/files/large").status, 200);
    QCOMPARE(ask("DELETE", "/session/work/files/unpacked").status, 200);
}

void tst_serviceroutes::noRoom()
{
    // The answer comes while most of it is on its way.
    const Answer answer = ask("PUT", "/session/work/files/huge", QByteArray(200 * 1024 * 1024, 'x'));
    QCOMPARE(answer.status, 507);
    QCOMPARE(codeOf(answer), u"disk_full"_s);
    QVERIFY(answer.json().value(u"error"_s).toString().contains(u"room"_s));
    QCOMPARE(ask("GET", "/session/work/files/huge").status, 404);
    QCOMPARE(inSession(u"echo well"_s), u"well\n"_s);
}

void tst_serviceroutes::clientLeavesWithHalfAFile()
{
    watchUse(u"work"_s);
    QCOMPARE(ask("PUT", "/session/work/files/half", "whole").status, 200);
    QTRY_VERIFY_WITH_TIMEOUT(usedKiB("work") >= 0, 20000);
    const int before = usedKiB("work");
    QLocalSocket socket;
    socket.connectToServer(m_service.socketPath());
    socket.write("PUT /session/work/files/half HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n" +
                 QByteArray(500000, 'x'));
    QTRY_VERIFY_WITH_TIMEOUT(usedKiB("work") > before + 200, 20000);
    socket.abort();
    QTRY_VERIFY_WITH_TIMEOUT(usedKiB("work") < before + 100, 20000);
    QCOMPARE(inSession(u"rm /tmp/used; cat half; ls -A | grep -c put"_s), u"whole0\n"_s); // what was there before stays
    QCOMPARE(ask("DELETE", "/session/work/files/half").status, 200);
}

void tst_serviceroutes::sessionEndsUnderTransfer()
{
    QCOMPARE(inSession(u"truncate -s 40M big; echo up"_s, u"ends"_s), u"up\n"_s);
    watchUse(u"ends"_s);
    QLocalSocket up;
    up.connectToServer(m_service.socketPath());
    up.write("PUT /session/ends/files/half HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n" +
             QByteArray(500000, 'x'));
    QTRY_VERIFY_WITH_TIMEOUT(usedKiB("ends") > 200, 20000);
    QLocalSocket down;
    down.setReadBufferSize(64 * 1024);
    down.connectToServer(m_service.socketPath());
    down.write(request("GET", "/session/ends/files/big"));
    QTRY_VERIFY_WITH_TIMEOUT(down.bytesAvailable() > 1000, 10000);
    QCOMPARE(ask("DELETE", "/session/ends").status, 200);
    QByteArray answer;
    QTRY_VERIFY_WITH_TIMEOUT((answer += up.readAll()).contains("session_lost"), 10000);
    QVERIFY2(answer.startsWith("HTTP/1.1 410 "), answer.constData());
    QByteArray cut;
    QTRY_VERIFY_WITH_TIMEOUT((cut += down.readAll(), down.state() == QLocalSocket::UnconnectedState), 20000);
    QVERIFY(cut.startsWith("HTTP/1.1 200 "));
    QVERIFY(cut.size() < 40 * 1024 * 1024);
}

// Who does not ask for them never sees them.
void tst_serviceroutes::extraEvents_data()
{
    QTest::addColumn<QJsonArray>("asked");
    QTest::addColumn<QStringList>("seen");
    QTest::newRow("none") << QJsonArray() << QStringList();
    QTest::newRow("unknown") << QJsonArray{u"sparkle"_s} << QStringList();
    QTest::newRow("all") << QJsonArray{u"queued"_s, u"progress"_s, u"usage"_s, u"network"_s}
                         << QStringList{u"network"_s, u"progress"_s, u"queued"_s, u"usage"_s};
    QTest::newRow("one") << QJsonArray{u"network"_s} << QStringList{u"network"_s};
}

void tst_serviceroutes::extraEvents()
{
    QFETCH(QJsonArray, asked);
    QFETCH(QStringList, seen);
    // Behind ten others there is a queue.
    std::vector<std::unique_ptr<QLocalSocket>> others;
    if (seen.contains(u"queued"_s)) {
        for (int i = 0; i < 10; ++i) {
            others.push_back(std::make_unique<QLocalSocket>());
            others.back()->connectToServer(m_service.socketPath());
            const QJsonObject body{{u"request"_s, QJsonObject{{u"cmd"_s, u"sleep 20"_s}}}};
            others.back()->write(post("/execute", body));
        }
        QTRY_COMPARE_WITH_TIMEOUT(ask("GET", "/runs").json().value(u"runs"_s).toArray().size(), 10, 30000);
    }
    const QString code = u"import os, time, urllib.request\n"
                         "try: urllib.request.urlopen('http://blocked.example/')\n"
                         "except Exception: pass\n"
                         "end = time.time() + 1.5\n"
                         "while time.time() < end: pass\n"_s;
    QJsonObject body = python(code,
                              {{u"network"_s, u"filtered"_s},
                               {u"logNetwork"_s, true},
                               {u"networkFilter"_s, QJsonObject{{u"whitelist"_s, QJsonArray{u"allowed.example"_s}}}}},
                              {{u"setupScript"_s, u"true"_s}});
    if (!asked.isEmpty())
        body.insert(u"events"_s, asked);
    QLocalSocket socket;
    socket.connectToServer(m_service.socketPath());
    socket.write(post("/execute/stream", body));
    QByteArray bytes;
    if (!others.empty()) {
        QTRY_VERIFY_WITH_TIMEOUT((bytes += socket.readAll()).contains(R"("type":"queued")"), 10000);
        others.clear();
    }
    QTRY_VERIFY_WITH_TIMEOUT((bytes += socket.readAll()).endsWith("\r\n0\r\n\r\n"), 60000);
    QSet<QString> types;
    for (const QByteArray &line : bytes.split('\n')) {
        if (!line.startsWith("data: "))
            continue;
        const QJsonObject event = QJsonDocument::fromJson(line.sliced(6)).object();
        const QString type = event.value(u"type"_s).toString();
        types.insert(type);
        if (type == u"network")
            QCOMPARE(event.value(u"network"_s).toObject().value(u"action"_s).toString(), u"BLOCK"_s);
        if (type == u"usage")
            QVERIFY2(line.contains("memoryMB"), line.constData());
    }
    types.remove(u"exit"_s);
    QStringList found(types.begin(), types.end());
    found.sort();
    QCOMPARE(found, seen);
}

void tst_serviceroutes::cancelRun()
{
    QLocalSocket socket;
    socket.connectToServer(m_service.socketPath());
    socket.write(post("/execute/stream", {{u"request"_s, QJsonObject{{u"cmd"_s, u"echo up; sleep 30"_s}}}}));
    QByteArray bytes;
    QTRY_VERIFY_WITH_TIMEOUT((bytes += socket.readAll()).contains("up\\n"), 10000);
    QJsonArray runs;
    QTRY_COMPARE_WITH_TIMEOUT((runs = ask("GET", "/runs").json().value(u"runs"_s).toArray()).size(), 1, 10000);
    const QByteArray id = runs[0][u"id"_s].toString().toLatin1();
    QCOMPARE(ask("DELETE", "/runs/" + id).json(), (QJsonObject{{u"ok"_s, true}}));
    QTRY_VERIFY_WITH_TIMEOUT((bytes += socket.readAll()).endsWith("\r\n0\r\n\r\n"), 10000);
    QVERIFY(bytes.contains(R"("reason":"cancelled")"));
    QCOMPARE(ask("DELETE", "/runs/" + id).status, 404);
    const Answer none = ask("DELETE", "/runs/nothing");
    QCOMPARE(none.status, 404);
    QCOMPARE(codeOf(none), u"not_found"_s);
}

void tst_serviceroutes::sandboxes()
{
    const auto list = [&] { return ask("GET", "/sandboxes").json().value(u"sandboxes"_s).toArray(); };
    QJsonArray before;
    QTRY_COMPARE_WITH_TIMEOUT((before = list()).size(), 1, 10000); // a run before may just be going
    QJsonObject session = before[0].toObject();
    QCOMPARE(session.value(u"id"_s).toString(), u"work"_s);
    QCOMPARE(session.value(u"purpose"_s).toString(), u"session"_s);
    QCOMPARE(session.value(u"state"_s).toString(), u"idle"_s);
    QCOMPARE(session.value(u"runtime"_s).toString(), u"bash"_s);
    QCOMPARE(session.value(u"containerId"_s).toString().size(), 64);
    QVERIFY(session.value(u"memoryMB"_s).toDouble() > 0);
    QVERIFY(session.value(u"cpuMs"_s).toInteger() > 0);
    QVERIFY(session.value(u"ageMs"_s).toInteger() > 0);
    QLocalSocket socket;
    socket.connectToServer(m_service.socketPath());
    socket.write(post("/execute/stream", python(u"print('up', flush=True)\nwhile True: pass"_s)));
    QByteArray bytes;
    QTRY_VERIFY_WITH_TIMEOUT((bytes += socket.readAll()).contains("up"), 10000);
    const QJsonArray runs = ask("GET", "/runs").json().value(u"runs"_s).toArray();
    const QString runId = runs.isEmpty() ? QString() : runs[0][u"id"_s].toString();
    QJsonObject run;
    QTRY_VERIFY_WITH_TIMEOUT((run = list().last().toObject()).value(u"cpuPercent"_s).toDouble() > 1, 10000);
    QCOMPARE(run.value(u"id"_s).toString(), runId);
    QCOMPARE(run.value(u"purpose"_s).toString(), u"run"_s);
    QCOMPARE(run.value(u"state"_s).toString(), u"running"_s);
    QCOMPARE(run.value(u"runtime"_s).toString(), u"python"_s);
    socket.abort();
    QTRY_COMPARE_WITH_TIMEOUT(list().size(), 1, 10000);
}

void tst_serviceroutes::shell()
{
    const QString target = u"/session/work/shell?cols=91&rows=33"_s;
    QCOMPARE(inSession(u"echo hello > greeting"_s), QString());
    Shell shell(m_service.socketPath(), target);
    QTRY_VERIFY_WITH_TIMEOUT(shell.events.contains(u"started "_s), 30000);
    shell.type("stty size; cat greeting; echo $((6*7))-$TERM\r");
    QTRY_VERIFY2_WITH_TIMEOUT(shell.screen.contains("33 91\r\nhello\r\n42-xterm-256color\r\n"),
                              shell.screen.constData(), 10000);
    shell.send(R"({"type":"resize","cols":50,"rows":20})");
    shell.type("stty size\r");
    QTRY_VERIFY_WITH_TIMEOUT(shell.screen.contains("20 50\r\n"), 10000);
    shell.send(R"({"type":"sparkle"})");
    QTRY_VERIFY(shell.events.last().startsWith(u"error type must be"_s));
    // A key that is a signal, and the run before the others of its session.
    shell.type("sleep 30\r");
    QTRY_VERIFY_WITH_TIMEOUT(shell.screen.contains("sleep 30\r\n"), 10000);
    shell.type("\x03");
    QTRY_VERIFY_WITH_TIMEOUT(shell.screen.contains("^C"), 10000);
    shell.type("echo still; echo made > by-shell; exit 3\r");
    QTRY_VERIFY_WITH_TIMEOUT(shell.closed, 10000);
    QVERIFY(shell.screen.contains("still\r\n"));
    QCOMPARE(shell.events.last(), u"exit 3"_s);
    QCOMPARE(int(shell.socket.closeCode()), 1000);
    QCOMPARE(inSession(u"cat by-shell"_s), u"made\n"_s);
    // A client that leaves ends what runs, and not the session.
    Shell leaving(m_service.socketPath(), u"/session/work/shell"_s);
    QTRY_VERIFY_WITH_TIMEOUT(leaving.events.contains(u"started "_s), 30000);
    leaving.socket.abort();
    QTRY_COMPARE_WITH_TIMEOUT(ask("GET", "/runs").json().value(u"runs"_s).toArray().size(), 0, 10000);
    QCOMPARE(inSession(u"cat by-shell"_s), u"made\n"_s);
}

void tst_serviceroutes::shellRefused_data()
{
    QTest::addColumn<QByteArray>("target");
    QTest::addColumn<int>("status");
    QTest::newRow("unknown session") << QByteArray("/session/no/shell") << 404;
    QTest::newRow("no WebSocket") << QByteArray("/session/work/shell") << 426;
    QTest::newRow("cols") << QByteArray("/session/work/shell?cols=0") << 400;
    QTest::newRow("timeout") << QByteArray("/session/work/shell?timeoutMs=x") << 400;
}

void tst_serviceroutes::shellRefused()
{
    QFETCH(QByteArray, target);
    QFETCH(int, status);
    QCOMPARE(ask("GET", target).status, status);
}

void tst_serviceroutes::images()
{
    const QString tag = u"isol8-test-routes%1"_s.arg(QCoreApplication::applicationPid());
    const auto find = [&](const QString &name) {
        const QJsonArray images = ask("GET", "/images").json().value(u"images"_s).toArray();
        const auto found = std::find_if(images.begin(), images.end(),
                                        [&](const QJsonValue &image) { return image[u"tag"_s].toString() == name; });
        return found == images.end() ? QJsonObject() : found->toObject();
    };
    const QJsonObject base = find(u"isol8:python"_s);
    QCOMPARE(base.value(u"kind"_s).toString(), u"standard"_s);
    QCOMPARE(base.value(u"runtime"_s).toString(), u"python"_s);
    QVERIFY(base.value(u"status"_s).toString() != u"missing"_s);
    QVERIFY(base.value(u"size"_s).toInteger() > 1000000);
    const auto make = [&](bool force) {
        QStringList events;
        const Answer answer = m_service.ask(
            post("/images",
                 {{u"tag"_s, tag}, {u"runtime"_s, u"python"_s}, {u"setupScript"_s, u"true"_s}, {u"force"_s, force}}));
        if (!answer.head.contains("text/event-stream"))
            return QStringList{QString::fromUtf8(answer.body)};
        for (const QByteArray &line : answer.body.split('\n')) {
            const QJsonObject event = QJsonDocument::fromJson(line.mid(6)).object();
            const QString type = event.value(u"type"_s).toString();
            if (type == u"image")
                events.append(type + u' ' + (event.value(u"built"_s).toBool() ? u"built "_s : u"there "_s) +
                              event.value(u"image"_s).toObject().value(u"tag"_s).toString());
            else if (type == u"exit")
                events.append(type + u' ' + event.value(u"data"_s).toString());
        }
        return events;
    };
    QCOMPARE(make(false), (QStringList{u"image built "_s + tag + u":latest"_s, u"exit 0"_s}));
    QCOMPARE(make(false), (QStringList{u"image there "_s + tag + u":latest"_s, u"exit 0"_s}));
    const QJsonObject custom = find(tag + u":latest"_s);
    QCOMPARE(custom.value(u"kind"_s).toString(), u"custom"_s);
    QCOMPARE(custom.value(u"setupScript"_s).toString(), u"true"_s);
    QCOMPARE(ask("DELETE", "/images/" + tag.toLatin1()).json(), (QJsonObject{{u"ok"_s, true}}));
    QCOMPARE(find(tag + u":latest"_s), QJsonObject());
    QCOMPARE(ask("DELETE", "/images/" + tag.toLatin1() + "%3Alatest").status, 404);
}

void tst_serviceroutes::imagesRefused_data()
{
    QTest::addColumn<QJsonObject>("body");
    QTest::addColumn<QString>("code");
    const QString bad = u"bad_request"_s;
    QTest::newRow("nothing") << QJsonObject() << bad;
    QTest::newRow("both") << QJsonObject{{u"tag"_s, u"a"_s}, {u"runtimes"_s, QJsonArray()}} << bad;
    QTest::newRow("type") << QJsonObject{{u"tag"_s, 1}} << bad;
    QTest::newRow("runtime") << QJsonObject{{u"tag"_s, u"a"_s}, {u"runtime"_s, u"cobol"_s}} << u"unknown_runtime"_s;
    QTest::newRow("nothing to build") << QJsonObject{{u"tag"_s, u"a"_s}, {u"runtime"_s, u"python"_s}} << bad;
    QTest::newRow("a standard image's name")
        << QJsonObject{{u"tag"_s, u"isol8:python"_s}, {u"runtime"_s, u"python"_s}, {u"setupScript"_s, u"true"_s}}
        << bad;
    QTest::newRow("setup of none") << QJsonObject{{u"runtimes"_s, QJsonArray{u"cobol"_s}}} << u"unknown_runtime"_s;
}

void tst_serviceroutes::imagesRefused()
{
    QFETCH(QJsonObject, body);
    QFETCH(QString, code);
    const Answer answer = m_service.ask(post("/images", body));
    QCOMPARE(answer.status, 400);
    QCOMPARE(codeOf(answer), code);
}

// What is under way goes on.
void tst_serviceroutes::tidyUp()
{
    QCOMPARE(inSession(u"echo up"_s, u"idle"_s), u"up\n"_s);
    QLocalSocket socket;
    socket.connectToServer(m_service.socketPath());
    socket.write(post("/execute/stream",
                      {{u"request"_s, QJsonObject{{u"cmd"_s, u"echo up; sleep 30"_s}}}, {u"sessionId"_s, u"busy"_s}}));
    QByteArray bytes;
    QTRY_VERIFY_WITH_TIMEOUT((bytes += socket.readAll()).contains("up"), 10000);
    const Answer answer = m_service.ask("POST /cleanup HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    QCOMPARE(answer.status, 200);
    const QJsonObject result = answer.json();
    QCOMPARE(result.value(u"ok"_s), QJsonValue(true));
    for (const QString &part : QStringList{u"sessions"_s, u"containers"_s, u"images"_s}) {
        const QJsonObject counts = result.value(part).toObject();
        QVERIFY(counts.value(u"removed"_s).isDouble());
        QCOMPARE(counts.value(u"failed"_s).toInt(-1), 0);
        QCOMPARE(counts.value(u"errors"_s), QJsonValue(QJsonArray()));
    }
    QCOMPARE(result[u"sessions"_s][u"removed"_s].toInt(), 2); // idle and work
    const QJsonArray left = ask("GET", "/sessions").json().value(u"sessions"_s).toArray();
    QCOMPARE(left.size(), 1);
    QCOMPARE(left[0][u"id"_s].toString(), u"busy"_s);
    QCOMPARE(ask("GET", "/runs").json().value(u"runs"_s).toArray().size(), 1);
    QCOMPARE(m_service.ask(post("/cleanup", {{u"images"_s, u"yes"_s}})).status, 400);
    socket.abort();
    QCOMPARE(ask("DELETE", "/session/busy").status, 200);
}

// On a daemon of its own, since it would take the images of others.
void tst_serviceroutes::tidyUpImages()
{
    dockertest::OwnDaemon daemon;
    QVERIFY(daemon.start());
    QProcess import;
    import.start(
        u"sh"_s,
        {u"-c"_s, u"for name in used unused other; do label=image; test $name != other || label=none; "
                  "tar cf - -C /etc hostname | docker -H unix://%1 import --change \"LABEL org.isol8.$label=1\" "
                  "--change 'CMD [\"/x\"]' - a:$name; done; docker -H unix://%1 create a:used"_s.arg(daemon.socket())});
    QVERIFY(import.waitForFinished(30000));
    ServiceProcess service;
    service.environment.insert(u"DOCKER_HOST"_s, u"unix://"_s + daemon.socket());
    QVERIFY(service.start());
    const auto kept =
        daemon.docker({u"create"_s, u"--label"_s, u"org.isol8="_s + service.engineId + u"-kept"_s, u"a:used"_s});
    const auto others = daemon.docker({u"create"_s, u"--label"_s, u"org.isol8=another"_s, u"a:used"_s});
    const Answer answer = service.ask(post("/cleanup", {{u"images"_s, true}}));
    QCOMPARE(service.stop(SIGTERM), 0);
    QCOMPARE(answer.status, 200);
    const QJsonObject result = answer.json();
    QCOMPARE(result.value(u"ok"_s), QJsonValue(false));
    QCOMPARE(result[u"containers"_s][u"removed"_s].toInt(), 1);
    QCOMPARE(result[u"images"_s][u"removed"_s].toInt(), 1);
    QCOMPARE(result[u"images"_s][u"failed"_s].toInt(), 1);
    const QByteArray images = daemon.docker({u"images"_s, u"--format"_s, u"{{.Tag}}"_s});
    QCOMPARE(images.split('\n').contains("unused"), false);
    QVERIFY(images.split('\n').contains("used") && images.split('\n').contains("other"));
    const QByteArray containers = daemon.docker({u"ps"_s, u"-aq"_s, u"--no-trunc"_s});
    QVERIFY(!containers.contains(kept.trimmed()));
    QVERIFY(containers.contains(others.trimmed()));
}

QTEST_GUILESS_MAIN(tst_serviceroutes)
#include "tst_serviceroutes.moc"
