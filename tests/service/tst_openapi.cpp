// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker; service
#include "support/ServiceProcess.h"

#include <service/OpenApi.h>
#include <service/Service.h>

#include <QRegularExpression>
#include <QStandardPaths>

using namespace isol8;
using namespace servicetest;
using namespace Qt::StringLiterals;

namespace {

// WebSockets have tests of their own; keys need a service with a database; the rest concerns all that is on the daemon.
const QStringList NotReplayed{u"executeSocket"_s, u"sessionShell"_s, u"createKey"_s, u"listKeys"_s,   u"revokeKey"_s,
                              u"login"_s,         u"logout"_s,       u"cleanup"_s,   u"buildImage"_s, u"removeImage"_s};

QJsonObject document()
{
    return QJsonDocument::fromJson(service::openApiDocument()).object();
}

// "GET /session/{}/files": what stands for a variable does not matter.
QString shapeOf(QString route)
{
    static const QRegularExpression variable(u"<[a-z]+>|\\{[A-Za-z]+\\}"_s);
    return route.replace(variable, u"{}"_s);
}

QMap<QString, QString> operations() // shape -> operationId
{
    QMap<QString, QString> found;
    const QJsonObject paths = document().value(u"paths"_s).toObject();
    for (auto path = paths.begin(); path != paths.end(); ++path) {
        const QJsonObject methods = path.value().toObject();
        for (auto method = methods.begin(); method != methods.end(); ++method)
            found.insert(shapeOf(method.key().toUpper() + u' ' + path.key()),
                         method.value().toObject().value(u"operationId"_s).toString());
    }
    return found;
}

QStringList missingOperations()
{
    const service::Service service{service::ServiceOptions{}};
    QSet<QString> real;
    const QStringList routes = service.router().routes();
    for (const QString &route : routes)
        real.insert(shapeOf(route));
    QStringList missing;
    const auto documented = operations();
    for (auto it = documented.begin(); it != documented.end(); ++it) {
        if (!real.contains(it.key()))
            missing.append(it.value());
    }
    return missing;
}

QString jsonList(const QStringList &list)
{
    return QString::fromUtf8(QJsonDocument(QJsonArray::fromStringList(list)).toJson(QJsonDocument::Compact));
}

} // namespace

/*
    resources/openapi.json says what the service does: the same routes, by the rules of OpenAPI, and every example of it
    is true.
*/
class tst_openapi : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void routes();
    void lints();
    void examples();

private:
    [[nodiscard]] bool node(const QStringList &arguments);

    QString m_folder;
    QString m_problem;
    QByteArray m_output;
};

// The packages stay in the build folder.
void tst_openapi::initTestCase()
{
    m_folder = QStringLiteral(ISOL8_BINARY_DIR) + u"/openapi-check"_s;
    const QString source = QStringLiteral(ISOL8_SOURCE_DIR) + u"/tests/service/openapi/"_s;
    QVERIFY(QDir().mkpath(m_folder));
    for (const QString &name : {u"package.json"_s, u"lint.mjs"_s, u"replay.mjs"_s}) {
        QFile::remove(m_folder + u'/' + name);
        QVERIFY(QFile::copy(source + name, m_folder + u'/' + name));
    }
    if (QStandardPaths::findExecutable(u"npm"_s).isEmpty()) {
        m_problem = u"npm is not installed"_s;
        return;
    }
    QProcess npm;
    npm.setWorkingDirectory(m_folder);
    npm.setProcessChannelMode(QProcess::MergedChannels);
    npm.start(u"npm"_s, {u"install"_s, u"--no-audit"_s, u"--no-fund"_s, u"--no-package-lock"_s, u"--prefer-offline"_s,
                         u"--ignore-scripts"_s});
    if (!npm.waitForFinished(180000) || npm.exitCode() != 0) {
        m_problem = u"npm cannot install the checkers: "_s + QString::fromUtf8(npm.readAll().right(300));
        npm.kill();
        npm.waitForFinished(5000);
    }
}

bool tst_openapi::node(const QStringList &arguments)
{
    QProcess process;
    process.setWorkingDirectory(m_folder);
    process.setProcessChannelMode(QProcess::MergedChannels);
    process.start(u"node"_s, arguments);
    const bool ended = process.waitForFinished(240000);
    m_output = process.readAll();
    return ended && process.exitStatus() == QProcess::NormalExit && process.exitCode() == 0;
}

void tst_openapi::routes()
{
    const service::Service service{service::ServiceOptions{}};
    const auto documented = operations();
    QVERIFY(documented.size() > 20);
    QStringList undocumented;
    const QStringList real = service.router().routes();
    QVERIFY(real.contains(u"GET /openapi.json"_s));
    for (const QString &route : real) {
        if (!documented.contains(shapeOf(route)))
            undocumented.append(route);
    }
    QVERIFY2(undocumented.isEmpty(), qPrintable(undocumented.join(u", "_s)));
    const QStringList unbuilt = missingOperations();
    QVERIFY2(unbuilt.isEmpty(), qPrintable(unbuilt.join(u", "_s)));
}

void tst_openapi::lints()
{
    if (!m_problem.isEmpty())
        QSKIP(qPrintable(m_problem));
    QVERIFY2(node({u"lint.mjs"_s, QStringLiteral(ISOL8_SOURCE_DIR) + u"/resources/openapi.json"_s}),
             m_output.constData());
}

void tst_openapi::examples()
{
    if (!m_problem.isEmpty())
        QSKIP(qPrintable(m_problem));
    ServiceProcess service;
    QVERIFY(service.start());
    const bool good = node({u"replay.mjs"_s, service.socketPath(), jsonList(NotReplayed + missingOperations()),
                            jsonList({}), QStringLiteral(ISOL8_SOURCE_DIR) + u"/resources/openapi.json"_s});
    QVERIFY2(good, m_output.constData());
    qInfo().noquote() << m_output.trimmed();
    QCOMPARE(service.stop(SIGTERM), 0);
}

QTEST_GUILESS_MAIN(tst_openapi)
#include "tst_openapi.moc"
