// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; execution
#include <isol8/execution/Explicit.h>
#include <isol8/execution/RunPlan.h>
#include <isol8/execution/StreamEvent.h>

#include <QJsonArray>
#include <QJsonDocument>
#include <QTest>

using namespace isol8;
using namespace Qt::StringLiterals;
using Type = StreamEvent::Type;

/*
    Events on the wire, and a run written out so that another engine's configuration does not change it.
*/
class tst_streamevent : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void wire_data();
    void wire();
    void files();
    void foreign_data();
    void foreign();
    void explicitRun_data();
    void explicitRun();
    void explicitRunOfLongLists();
};

void tst_streamevent::wire_data()
{
    QTest::addColumn<StreamEvent>("event");
    QTest::addColumn<QByteArray>("json");
    const auto row = [](const char *name, const StreamEvent &event, const QByteArray &json) {
        QTest::newRow(name) << event << json;
    };
    row("stdout", {Type::Stdout, "hi\n", Phase::Code, {}, {}, {}}, R"({"type":"stdout","data":"hi\n","phase":"code"})");
    row("stderr in setup", {Type::Stderr, "x", Phase::Setup, {}, {}, {}},
        R"({"type":"stderr","data":"x","phase":"setup"})");
    row("all that must be escaped",
        {Type::Stdout, QByteArray("\0\x1f\x7f\"\\/\r\t\b\xc3\xa4\xf0\x9f\x8e\x89", 15), {}, {}, {}, {}},
        "{\"type\":\"stdout\",\"data\":\"\\u0000\\u001f\\u007f\\\"\\\\/"
        "\\r\\t\\u0008\xc3\xa4\xf0\x9f\x8e\x89\",\"phase\":\"setup\"}");
    row("exit", {Type::Exit, "3", Phase::Code, {}, {{u"exitCode"_s, 3}}, {}},
        R"({"type":"exit","data":"3","phase":"code","result":{"exitCode":3}})");
    row("error", {Type::Error, "No.", Phase::Setup, u"bad_request"_s, {}, {}},
        R"({"type":"error","data":"No.","phase":"setup","code":"bad_request"})");
    row("queued", {Type::Queued, "2", Phase::Setup, {}, {}, {}}, R"({"type":"queued","data":"2","phase":"setup"})");
    row("usage", {Type::Usage, {}, Phase::Code, {}, {}, ResourceUsage{1.5, 2, 3, 0, 0, 7}},
        R"({"type":"usage","data":"","phase":"code","usage":{"cpuMs":7,"cpuPercent":1.5,"memoryMB":2,"networkBytesIn":0,"networkBytesOut":0,"peakMemoryMB":3}})");
}

void tst_streamevent::wire()
{
    QFETCH(StreamEvent, event);
    QFETCH(QByteArray, json);
    QCOMPARE(event.toJson(), json);
    QVERIFY(QJsonDocument::fromJson(json).isObject());
    const auto back = StreamEvent::fromJson(json);
    QVERIFY(back && *back);
    QCOMPARE((*back)->toJson(), json);
    QCOMPARE((*back)->data, event.data);
}

void tst_streamevent::files()
{
    StreamEvent opened;
    opened.type = Type::FileOpened;
    opened.file = {"/sandbox/\xff\n\"", 9007199254740992, {0750, 1600000000123}};
    const StreamEvent data{Type::FileData, QByteArray("\0\xff", 2), Phase::Code, {}, {}, {}};
    const StreamEvent ended{Type::FileEnded, {}, Phase::Code, {}, {}, {}};
    const StreamEvent broken{Type::FileEnded, "It ended.", Phase::Code, {}, {}, {}};
    for (const StreamEvent &event : {opened, data, ended, broken}) {
        QVERIFY(event.isBinary());
        const auto read = StreamEvent::fromBinary(event.toBinary());
        QVERIFY(read);
        QCOMPARE(*read, event);
    }
    for (const QByteArray &wrong :
         {QByteArray(), QByteArray("\3"), QByteArray("\4"), QByteArray("\6x"), QByteArray("\3{}"),
          QByteArray("\3{\"path\":\"L2E=\"}"), QByteArray("\3{\"path\":\"YQ==\",\"size\":1}"),
          QByteArray("\3{\"path\":\"L2E=\",\"size\":-1}")})
        QVERIFY2(!StreamEvent::fromBinary(wrong), wrong.constData());
    QVERIFY(StreamEvent::fromBinary("\3{\"path\":\"L2E=\",\"size\":1}"));
}

void tst_streamevent::foreign_data()
{
    QTest::addColumn<QByteArray>("json");
    QTest::addColumn<bool>("error");
    QTest::newRow("newer type") << QByteArray(R"({"type":"sparkle","data":"x"})") << false;
    QTest::newRow("no JSON") << QByteArray("hello") << true;
    QTest::newRow("a list") << QByteArray("[]") << true;
    QTest::newRow("no type") << QByteArray("{}") << true;
    QTest::newRow("wrong type of data") << QByteArray(R"({"type":"stdout","data":3})") << true;
    QTest::newRow("wrong usage") << QByteArray(R"({"type":"usage","usage":{"cpuMs":"many"}})") << true;
}

void tst_streamevent::foreign()
{
    QFETCH(QByteArray, json);
    QFETCH(bool, error);
    const auto event = StreamEvent::fromJson(json);
    QCOMPARE(!event, error);
    QVERIFY(error || !*event);
}

void tst_streamevent::explicitRun_data()
{
    QTest::addColumn<QByteArray>("config"); // the caller's
    QTest::addColumn<RunRequest>("request");
    QTest::addColumn<RunOptions>("options");
    RunRequest request;
    request.code = "x";
    RunRequest node = request;
    node.fileName = u"a.mjs"_s;
    RunRequest command;
    command.cmd = u"ls"_s;
    RunOptions options;
    options.memoryLimit = 3 * GiB;
    options.timeout = milliseconds(900);
    QTest::newRow("defaults") << QByteArray("{}") << request << RunOptions();
    QTest::newRow("configured defaults")
        << QByteArray(
               R"({"defaults": {"memoryLimit": "64m", "timeoutMs": 5, "pidsLimit": 7, "readonlyRootFs": false}})")
        << node << RunOptions();
    QTest::newRow("configured limits") << QByteArray(R"({"limits": {"memoryLimit": "1g", "timeoutMs": 100}})")
                                       << command << options;
    QTest::newRow("security") << QByteArray(R"({"security": {"seccomp": "unconfined"}})") << request << options;
}

// The plan of the caller, and that of an engine with a configuration of its own, are the same.
void tst_streamevent::explicitRun()
{
    QFETCH(QByteArray, config);
    QFETCH(RunRequest, request);
    QFETCH(RunOptions, options);
    const auto own = parseConfig(config, u"own"_s);
    QVERIFY2(own, own ? "" : qPrintable(own.error().message));
    const auto other = parseConfig(
        R"({"defaults": {"memoryLimit": "99m", "timeoutMs": 99, "cpuLimit": 0.5, "tmpSize": "9m"}, "limits": {"memoryLimit": "98m", "pidsLimit": 5}})",
        u"other"_s);
    QVERIFY2(other, other ? "" : qPrintable(other.error().message));
    const auto runtimes = RuntimeRegistry::builtIn();
    const auto local = planRun(request, options, {*own, runtimes, LimitsApplied::Configured, 2});
    QVERIFY2(local, local ? "" : qPrintable(local.error().message));
    const auto said = makeExplicit(request, options, runtimes, *own, LimitsApplied::Configured, 2);
    QVERIFY(said);
    const auto there = planRun(said->request, said->options, {*other, runtimes, LimitsApplied::None, 2});
    QVERIFY2(there, there ? "" : qPrintable(there.error().message));
    QVERIFY(there->spec == local->spec);
    QCOMPARE(there->timeout, local->timeout);
    QCOMPARE(there->maxOutput, local->maxOutput);
    QCOMPARE(there->runtime, local->runtime);
    QCOMPARE(said->limited, local->limited);
    QCOMPARE(there->limited, QStringList());
    // It survives the wire, too.
    const auto request2 = RunRequest::fromJson(said->request.toJson());
    const auto options2 = RunOptions::fromJson(said->options.toJson());
    QVERIFY(request2 && options2);
    QCOMPARE(*options2, said->options);
}

// The configuration's lists may be longer than a request's: they are the engine's, and are not written into the
// options.
void tst_streamevent::explicitRunOfLongLists()
{
    QJsonArray hosts;
    for (int i = 0; i < 3000; ++i)
        hosts.append(u"h%1.example"_s.arg(i));
    const QJsonObject network{{u"whitelist"_s, hosts}, {u"blacklist"_s, hosts}};
    const auto own = parseConfig(QJsonDocument(QJsonObject{{u"network"_s, network}}).toJson(), u"own"_s);
    QVERIFY2(own, own ? "" : qPrintable(own.error().message));
    RunRequest request;
    request.code = "1";
    RunOptions options;
    options.network = Network::Filtered;
    options.blacklist = QStringList{u"denied.example"_s};
    const auto runtimes = RuntimeRegistry::builtIn();
    const auto said = makeExplicit(request, options, runtimes, *own, LimitsApplied::Configured, 2);
    QVERIFY(said);
    const auto sent = RunOptions::fromJson(said->options.toJson());
    QVERIFY2(sent, sent ? "" : qPrintable(sent.error().message));
    QCOMPARE(*sent, said->options);
    const auto plan = planRun(said->request, *sent, {*own, runtimes, LimitsApplied::None, 2});
    QVERIFY2(plan, plan ? "" : qPrintable(plan.error().message));
    QVERIFY(plan->network.rules);
    const auto code = [&](const QByteArray &host) {
        return plan->network.rules->judge(*egress::parseAuthority(host, 0).value).code;
    };
    QCOMPARE(code("h2999.example:443"), egress::reasons::Blacklisted);
    QCOMPARE(code("denied.example:443"), egress::reasons::Blacklisted);
    QCOMPARE(code("other.example:443"), egress::reasons::NotWhitelisted);
}

QTEST_APPLESS_MAIN(tst_streamevent)
#include "tst_streamevent.moc"
