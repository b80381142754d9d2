// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker; base http
// The configuration's prebuiltImages are there before a service takes work; a user's own engine takes it at once.
#include "support/TcpService.h"
#include "support/WheelIndex.h"

#include <QCoreApplication>

using namespace servicetest;
using namespace Qt::StringLiterals;

class tst_serviceimages : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void builtFirst();
    void oneThatFails();
    void ownEngineDoesNotWait();
};

void tst_serviceimages::builtFirst()
{
    const QString name = u"isol8-test-service%1"_s.arg(QCoreApplication::applicationPid());
    TcpService service;
    service.configure(
        QJsonDocument(QJsonObject{{u"poolSize"_s, 0},
                                  {u"prebuiltImages"_s, QJsonArray{QJsonObject{{u"tag"_s, name},
                                                                               {u"runtime"_s, u"python"_s},
                                                                               {u"setupScript"_s, u"echo 42 > a"_s}}}}})
            .toJson());
    QVERIFY(service.startTcp({}, 120000));
    // The first thing that it is asked.
    const Answer answer = service.run(python(u"print(open('a').read(), end='')"_s, {{u"image"_s, name}}));
    const bool there = dockertest::hasImage(name);
    QCOMPARE(service.stop(SIGTERM), 0);
    dockertest::docker({u"rmi"_s, u"-f"_s, name});
    QVERIFY(there);
    QCOMPARE(answer.status, 200);
    QCOMPARE(answer.json().value(u"stdout"_s).toString(), u"42\n"_s);
}

// It serves all the same.
void tst_serviceimages::oneThatFails()
{
    ServiceProcess service;
    service.configure(
        R"({"poolSize": 0, "prebuiltImages": [{"tag": "isol8:python", "runtime": "python", "setupScript": "true"}]})");
    QVERIFY(service.start());
    const Answer answer = service.ask(post("/execute", python(u"print(6 * 7)"_s)));
    QCOMPARE(answer.json().value(u"stdout"_s).toString(), u"42\n"_s);
    QCOMPARE(service.stop(SIGTERM), 0);
}

void tst_serviceimages::ownEngineDoesNotWait()
{
    isol8::test::WheelIndex index;
    index.hang("slowmodule");
    ServiceProcess service;
    for (const QString &name : {u"PIP_CONFIG_FILE"_s, u"PIP_INDEX_URL"_s})
        service.environment.insert(name, qEnvironmentVariable(name.toUtf8().constData()));
    service.environment.remove(u"PIP_EXTRA_INDEX_URL"_s);
    service.configure(R"({"poolSize": 0, "prebuiltImages": [{"tag": "isol8-test-never", "runtime": "python",
                                                            "installPackages": ["slowmodule"]}]})");
    QVERIFY(service.start());
    QVERIFY(!service.engineId.isEmpty());
    QTRY_VERIFY_WITH_TIMEOUT(index.requests() > 0, 60000); // it is being made
    const Answer answer = service.ask(post("/execute", python(u"print(6 * 7)"_s)));
    QCOMPARE(answer.json().value(u"stdout"_s).toString(), u"42\n"_s);
    QCOMPARE(service.stop(SIGTERM), 0);
    QVERIFY(!dockertest::hasImage(u"isol8-test-never"_s));
}

QTEST_GUILESS_MAIN(tst_serviceimages)
#include "tst_serviceimages.moc"
