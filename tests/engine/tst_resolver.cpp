// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; egress
// Names to addresses, asked of a name server on loopback that plays a script.
#include <isol8/egress/LookupQueue.h>
#include <isol8/egress/SystemResolver.h>

#include <support/DnsServer.h>

#include <QSet>
#include <QTemporaryDir>
#include <QTest>

#include <memory>

using namespace isol8;
using namespace isol8::egress;
using namespace isol8::test;
using namespace std::chrono_literals;
using namespace Qt::StringLiterals;

namespace {

QHostAddress at(const char *text)
{
    return QHostAddress(QString::fromLatin1(text));
}

//! What came of a question.
struct Asked
{
    std::unique_ptr<QObject> context = std::make_unique<QObject>();
    std::optional<Result<QList<QHostAddress>>> result;
    int answers = 0;

    [[nodiscard]] QString text() const
    {
        if (!result)
            return u"nothing"_s;
        if (!*result)
            return result->error().code;
        QStringList list;
        for (const QHostAddress &address : **result)
            list.append(address.toString());
        list.sort();
        return list.join(u' ');
    }
};

std::shared_ptr<Asked> ask(Resolver &resolver, const QString &host)
{
    auto asked = std::make_shared<Asked>();
    resolver.resolve(host, {asked->context.get(), [asked = asked.get()](Result<QList<QHostAddress>> result) {
                                asked->result = std::move(result);
                                ++asked->answers;
                            }});
    return asked;
}

} // namespace

class tst_resolver : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void answers_data();
    void answers();
    void overTcp();
    void asksAgain();
    void searchDomains();
    void hostsFile();
    void parsesHosts();
    void manySourcePorts();
    void slowNamesHoldNobodyUp();
    void givesUpWithItsContext();
    void deletedWithQuestionsOpen();
    void queueKeepsToItsNumber();
    void queueForgetsWhoIsGone();

private:
    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<DnsServer> m_server;
    ResolverOptions m_options;
};

void tst_resolver::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
    m_server = std::make_unique<DnsServer>();
    m_server->names = {
        {u"both.example"_s, {{at("192.0.2.1"), at("2001:db8::1"), at("192.0.2.2")}}},
        {u"four.example"_s, {{at("192.0.2.4")}}},
        {u"six.example"_s, {{at("2001:db8::6")}}},
        {u"empty.example"_s, {}},
        {u"failing.example"_s, {{}, 2}},
        {u"refused.example"_s, {{}, 5}},
        {u"silent.example"_s, {{}, 0, true}},
        {u"halfsilent.example"_s, {{at("192.0.2.4")}, 0, false, true}},
        {u"lossy.example"_s, {{at("192.0.2.7")}, 0, false, false, 2}},
        {u"long.example"_s, {{at("192.0.2.8")}, 0, false, false, 0, true}},
        {u"forged.example"_s, {{at("192.0.2.9")}, 0, false, false, 0, false, true}},
    };
    m_options = {};
    m_options.servers = {m_server->address()};
    m_options.hostsFile = m_folder->filePath(u"hosts"_s);
    m_options.timeout = 300ms;
    m_options.tries = 2;
}

void tst_resolver::answers_data()
{
    QTest::addColumn<QString>("host");
    QTest::addColumn<QString>("expected"); // addresses, or the error's code
    const auto row = [](const char *name, QStringView expected) {
        QTest::newRow(name) << QString::fromLatin1(name) + u".example"_s << expected.toString();
    };
    row("both", u"192.0.2.1 192.0.2.2 2001:db8::1");
    row("four", u"192.0.2.4");
    row("six", u"2001:db8::6");
    row("empty", errors::NotFound);
    row("unknown", errors::NotFound);
    row("failing", errors::NameServers);
    row("refused", errors::NameServers);
    row("silent", errors::Timeout);
    row("halfsilent", u"192.0.2.4");
    row("lossy", u"192.0.2.7");
    row("long", u"192.0.2.8");
    row("forged", u"192.0.2.9");
}

void tst_resolver::answers()
{
    QFETCH(QString, host);
    QFETCH(QString, expected);
    SystemResolver resolver(m_options);
    const auto asked = ask(resolver, host);
    QVERIFY(!asked->result); // never from inside the call
    QTRY_COMPARE_WITH_TIMEOUT(asked->text(), expected, 20000);
    QCOMPARE(asked->answers, 1);
    QVERIFY(m_server->count(host) > 0);
}

void tst_resolver::overTcp()
{
    SystemResolver resolver(m_options);
    const auto asked = ask(resolver, u"long.example"_s);
    QTRY_COMPARE_WITH_TIMEOUT(asked->text(), u"192.0.2.8"_s, 20000);
    QVERIFY(std::any_of(m_server->asked.cbegin(), m_server->asked.cend(),
                        [](const DnsServer::Question &question) { return question.tcp; }));
}

// The next server is asked where the first does not answer.
void tst_resolver::asksAgain()
{
    DnsServer other;
    other.names = {{u"silent.example"_s, {{at("192.0.2.20")}}}};
    m_options.servers.append(other.address());
    SystemResolver resolver(m_options);
    const auto asked = ask(resolver, u"silent.example"_s);
    QTRY_COMPARE_WITH_TIMEOUT(asked->text(), u"192.0.2.20"_s, 20000);
}

// What was judged is what is asked for. A name without a dot means one of the machine's own domain.
void tst_resolver::searchDomains()
{
    qputenv("LOCALDOMAIN", "corp.example");
    m_server->names.insert(u"box.corp.example"_s, {{at("192.0.2.30")}});
    m_server->names.insert(u"absent.example.corp.example"_s, {{at("192.0.2.31")}});
    SystemResolver resolver(m_options);
    const auto single = ask(resolver, u"box"_s);
    const auto whole = ask(resolver, u"absent.example"_s);
    QTRY_COMPARE_WITH_TIMEOUT(whole->text(), errors::NotFound.toString(), 20000);
    QTRY_COMPARE_WITH_TIMEOUT(single->text(), u"192.0.2.30"_s, 20000);
    QCOMPARE(m_server->count(u"absent.example.corp.example"_s), 0);
    qunsetenv("LOCALDOMAIN");
}

void tst_resolver::hostsFile()
{
    const auto write = [this](const QByteArray &text) {
        QFile file(m_options.hostsFile);
        QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
        file.write(text);
    };
    SystemResolver resolver(m_options);
    write("10.9.8.7 four.example other.example\n");
    const auto first = ask(resolver, u"four.example"_s);
    QVERIFY(!first->result);
    QTRY_COMPARE_WITH_TIMEOUT(first->text(), u"10.9.8.7"_s, 20000);
    QCOMPARE(m_server->asked.size(), 0);
    write("10.9.8.77 four.example\n");
    const auto second = ask(resolver, u"four.example"_s);
    QTRY_COMPARE_WITH_TIMEOUT(second->text(), u"10.9.8.77"_s, 20000);
    QFile::remove(m_options.hostsFile);
    const auto third = ask(resolver, u"four.example"_s);
    QTRY_COMPARE_WITH_TIMEOUT(third->text(), u"192.0.2.4"_s, 20000);
}

void tst_resolver::parsesHosts()
{
    const HostTable table = parseHosts("# 1.1.1.1 comment\n"
                                       "127.0.0.1\tlocalhost Box.Example. # box2\n"
                                       "::1 localhost\n"
                                       "127.0.0.1 localhost\n"
                                       "nonsense line\n"
                                       "10.0.0.1\n"
                                       "10.0.0.2 last");
    QCOMPARE(table.size(), 3);
    QCOMPARE(table.value("localhost"), (QList<QHostAddress>{at("127.0.0.1"), at("::1")}));
    QCOMPARE(table.value("box.example"), QList<QHostAddress>{at("127.0.0.1")});
    QCOMPARE(table.value("last"), QList<QHostAddress>{at("10.0.0.2")});
}

// Whoever would forge an answer has to guess both.
void tst_resolver::manySourcePorts()
{
    SystemResolver resolver(m_options);
    QList<std::shared_ptr<Asked>> all;
    for (int i = 0; i < 20; ++i)
        all.append(ask(resolver, u"four.example"_s));
    for (const auto &asked : std::as_const(all))
        QTRY_COMPARE_WITH_TIMEOUT(asked->text(), u"192.0.2.4"_s, 20000);
    QSet<quint16> ports, ids;
    for (const DnsServer::Question &question : std::as_const(m_server->asked)) {
        ports.insert(question.port);
        ids.insert(question.id);
    }
    QCOMPARE_GE(ports.size(), 20);
    QCOMPARE_GE(ids.size(), 35);
}

void tst_resolver::slowNamesHoldNobodyUp()
{
    m_options.timeout = 2s;
    SystemResolver resolver(m_options);
    QList<std::shared_ptr<Asked>> slow;
    for (int i = 0; i < 100; ++i)
        slow.append(ask(resolver, u"silent.example"_s));
    const auto asked = ask(resolver, u"four.example"_s);
    QTRY_COMPARE_WITH_TIMEOUT(asked->text(), u"192.0.2.4"_s, 20000);
    for (const auto &one : std::as_const(slow))
        QVERIFY(!one->result);
}

void tst_resolver::givesUpWithItsContext()
{
    SystemResolver resolver(m_options);
    const auto asked = ask(resolver, u"silent.example"_s);
    QTRY_COMPARE_WITH_TIMEOUT(m_server->count(u"silent.example"_s), 2, 20000);
    QVERIFY(!resolver.children().isEmpty());
    asked->context.reset();
    QVERIFY(resolver.children().isEmpty());
    QTest::qWait(700); // past the time at which it would have been asked again
    QCOMPARE(m_server->count(u"silent.example"_s), 2);
    QCOMPARE(asked->answers, 0);
}

void tst_resolver::deletedWithQuestionsOpen()
{
    auto resolver = std::make_unique<SystemResolver>(m_options);
    const auto silent = ask(*resolver, u"silent.example"_s);
    const auto slow = ask(*resolver, u"long.example"_s);
    for (int i = 0; i < 5; ++i)
        QCoreApplication::processEvents();
    resolver.reset();
    QTest::qWait(50);
    QCOMPARE(silent->answers, 0);
    QCOMPARE_LE(slow->answers, 1);
}

void tst_resolver::queueKeepsToItsNumber()
{
    SystemResolver resolver(m_options);
    LookupQueue queue(&resolver, 3);
    QList<std::shared_ptr<Asked>> all;
    for (int i = 0; i < 10; ++i)
        all.append(ask(queue, i < 3 ? u"silent.example"_s : u"four.example"_s));
    QTRY_COMPARE_WITH_TIMEOUT(m_server->count(u"silent.example"_s), 6, 20000);
    QCOMPARE(resolver.children().size(), 3);
    QCOMPARE(m_server->count(u"four.example"_s), 0);
    all[0]->context.reset(); // makes room
    for (int i = 3; i < 10; ++i)
        QTRY_COMPARE_WITH_TIMEOUT(all[i]->text(), u"192.0.2.4"_s, 20000);
    QCOMPARE(all[0]->answers, 0);
    QTRY_COMPARE_WITH_TIMEOUT(all[1]->text(), errors::Timeout.toString(), 20000);
    QCOMPARE(all[1]->answers, 1);
}

void tst_resolver::queueForgetsWhoIsGone()
{
    SystemResolver resolver(m_options);
    LookupQueue queue(&resolver, 1);
    auto first = ask(queue, u"silent.example"_s);
    auto second = ask(queue, u"four.example"_s);
    auto third = ask(queue, u"six.example"_s);
    second->context.reset();
    first->context.reset();
    QTRY_COMPARE_WITH_TIMEOUT(third->text(), u"2001:db8::6"_s, 20000);
    QCOMPARE(m_server->count(u"four.example"_s), 0);
    QCOMPARE(first->answers + second->answers, 0);
}

QTEST_GUILESS_MAIN(tst_resolver)
#include "tst_resolver.moc"
