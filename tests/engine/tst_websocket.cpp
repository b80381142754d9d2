// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; http
#include <isol8/http/WebSocket.h>

#include <QSignalSpy>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTest>

#include <memory>

using namespace isol8::http;
using namespace std::chrono_literals;
using namespace Qt::StringLiterals;

/*
    Both ends of a WebSocket in one process: messages, pauses, heartbeats, and every way in which it ends.
*/
class tst_websocket : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void messages();
    void pausedPeerIsNotGivenUp();
    void silentPeerIsGivenUp();
    void closeFromEitherSide_data();
    void closeFromEitherSide();
    void everythingIsReadBeforeTheEnd();
    void dropped();
    void writeTimeout();
    void deletedInASlot();

private:
    std::unique_ptr<WebSocket> m_client;
    std::unique_ptr<WebSocket> m_server;
    QTcpSocket *m_raw = nullptr; //!< the client's
};

void tst_websocket::init()
{
    m_client.reset();
    m_server.reset();
    QTcpServer listener;
    QVERIFY(listener.listen(QHostAddress::LocalHost));
    m_raw = new QTcpSocket;
    m_raw->connectToHost(listener.serverAddress(), listener.serverPort());
    QVERIFY(m_raw->waitForConnected(5000));
    QVERIFY(listener.waitForNewConnection(5000));
    auto socket = Socket::accepted(listener.nextPendingConnection());
    socket->setWriteTimeout(500ms);
    m_server = std::make_unique<WebSocket>(WebSocketRole::Server, std::move(socket), QByteArray(), 1000000);
    m_client = std::make_unique<WebSocket>(WebSocketRole::Client, Socket::accepted(m_raw), QByteArray(), 1000000);
}

void tst_websocket::messages()
{
    QSignalSpy text(m_server.get(), &WebSocket::text);
    QSignalSpy binary(m_client.get(), &WebSocket::binary);
    for (int i = 0; i < 100; ++i) {
        m_client->sendText(QByteArray::number(i));
        m_server->sendBinary(QByteArray(i * 1000, 'x'));
    }
    QTRY_COMPARE_WITH_TIMEOUT(text.size(), 100, 20000);
    QTRY_COMPARE_WITH_TIMEOUT(binary.size(), 100, 20000);
    QCOMPARE(text.last().first().toByteArray(), QByteArray("99"));
    QCOMPARE(binary.last().first().toByteArray().size(), 99000);
}

void tst_websocket::pausedPeerIsNotGivenUp()
{
    m_server->setHeartbeat(100ms);
    m_client->setHeartbeat(100ms);
    m_client->setPaused(true);
    QSignalSpy closed(m_server.get(), &WebSocket::closed);
    QTest::qWait(800);
    QCOMPARE(closed.size(), 0);
    QSignalSpy text(m_client.get(), &WebSocket::text);
    m_server->sendText("late");
    QTest::qWait(300);
    QCOMPARE(text.size(), 0);
    m_client->setPaused(false);
    QTRY_COMPARE_WITH_TIMEOUT(text.size(), 1, 20000);
    QTest::qWait(300);
    QCOMPARE(closed.size(), 0);
}

void tst_websocket::silentPeerIsGivenUp()
{
    m_client->setPaused(true); // without a heartbeat of its own it says nothing
    QSignalSpy closed(m_server.get(), &WebSocket::closed);
    m_server->setHeartbeat(100ms);
    QTRY_COMPARE_WITH_TIMEOUT(closed.size(), 1, 20000);
    QCOMPARE(closed.first().first().toInt(), int(closecodes::GoingAway));
}

void tst_websocket::closeFromEitherSide_data()
{
    QTest::addColumn<bool>("byClient");
    QTest::newRow("client") << true;
    QTest::newRow("server") << false;
}

void tst_websocket::closeFromEitherSide()
{
    QFETCH(bool, byClient);
    WebSocket *first = byClient ? m_client.get() : m_server.get();
    WebSocket *second = byClient ? m_server.get() : m_client.get();
    QSignalSpy text(second, &WebSocket::text);
    QSignalSpy firstClosed(first, &WebSocket::closed);
    QSignalSpy secondClosed(second, &WebSocket::closed);
    first->sendText("last words");
    first->close(4321, "why");
    first->sendText("too late");
    QCOMPARE(firstClosed.size(), 0);
    QTRY_COMPARE_WITH_TIMEOUT(firstClosed.size(), 1, 20000);
    QCOMPARE(firstClosed.first().first().toInt(), 4321); // as the other repeats it
    first == m_client.get() ? m_client.reset() : m_server.reset();
    QTRY_COMPARE_WITH_TIMEOUT(secondClosed.size(), 1, 20000);
    QCOMPARE(secondClosed.first().first().toInt(), 4321);
    QCOMPARE(secondClosed.first().last().toString(), u"why"_s);
    QCOMPARE(text.size(), 1);
}

void tst_websocket::everythingIsReadBeforeTheEnd()
{
    m_client->setPaused(true);
    QSignalSpy binary(m_client.get(), &WebSocket::binary);
    QSignalSpy closed(m_client.get(), &WebSocket::closed);
    for (int i = 0; i < 3; ++i)
        m_server->sendBinary(QByteArray(100000, 'x'));
    m_server->close(closecodes::Normal);
    QTest::qWait(200);
    m_client->setPaused(false);
    QTRY_COMPARE_WITH_TIMEOUT(binary.size(), 3, 20000);
    m_server.reset();
    QTRY_COMPARE_WITH_TIMEOUT(closed.size(), 1, 20000);
    QCOMPARE(closed.first().first().toInt(), int(closecodes::Normal));
}

void tst_websocket::dropped()
{
    QSignalSpy closed(m_server.get(), &WebSocket::closed);
    m_client.reset();
    QTRY_COMPARE_WITH_TIMEOUT(closed.size(), 1, 20000);
    QCOMPARE(closed.first().first().toInt(), int(closecodes::None));
}

void tst_websocket::writeTimeout()
{
    m_client->setPaused(true);
    QSignalSpy closed(m_server.get(), &WebSocket::closed);
    for (int i = 0; i < 200; ++i)
        m_server->sendBinary(QByteArray(100000, 'x'));
    QVERIFY(m_server->bytesToWrite() > 0);
    QTRY_COMPARE_WITH_TIMEOUT(closed.size(), 1, 20000);
    QCOMPARE(closed.first().last().toString(), u"the peer does not read"_s);
}

void tst_websocket::deletedInASlot()
{
    connect(m_server.get(), &WebSocket::text, this, [this] { m_server.reset(); });
    QSignalSpy closed(m_client.get(), &WebSocket::closed);
    for (int i = 0; i < 10; ++i)
        m_client->sendText("x");
    QTRY_VERIFY_WITH_TIMEOUT(!m_server, 20000);
    QTRY_COMPARE_WITH_TIMEOUT(closed.size(), 1, 20000);
}

QTEST_GUILESS_MAIN(tst_websocket)
#include "tst_websocket.moc"
