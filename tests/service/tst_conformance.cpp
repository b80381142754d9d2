// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker; base http
// The service as a client sees it that was written from the specification's table alone, in another language:
// conformance/conformance.mjs. Its packages come from npm, pinned, into the build folder.
#include "support/TcpService.h"

#include <QCryptographicHash>
#include <QRegularExpression>
#include <QStandardPaths>

using namespace servicetest;
using namespace Qt::StringLiterals;

class tst_conformance : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void rows_data();
    void rows();
    void cleanupTestCase();

private:
    [[nodiscard]] QString packages() const;
    //! What the client tells of that service, a line a row.
    [[nodiscard]] QStringList lines(const QString &folder, const QMap<QString, QString> &service);

    QTemporaryDir m_keys;
    ServiceProcess m_local;
    TcpService m_tcp;
    QMap<QString, QStringList> m_lines; //!< by service
};

// A folder with the client and its packages; empty where npm gives none.
QString tst_conformance::packages() const
{
    const QDir source(u"" ISOL8_SOURCE_DIR "/tests/service/conformance"_s);
    QFile lock(source.filePath(u"package-lock.json"_s));
    if (!lock.open(QIODevice::ReadOnly))
        return {};
    const QString hash =
        QString::fromLatin1(QCryptographicHash::hash(lock.readAll(), QCryptographicHash::Sha256).toHex().first(16));
    const QString folder = u"" ISOL8_BINARY_DIR "/tests/conformance-"_s + hash;
    QDir().mkpath(folder);
    for (const QString &name : source.entryList(QDir::Files)) {
        QFile::remove(folder + u'/' + name);
        if (!QFile::copy(source.filePath(name), folder + u'/' + name))
            return {};
    }
    if (QFile::exists(folder + u"/node_modules/ws/package.json"_s))
        return folder;
    QProcess npm;
    npm.setWorkingDirectory(folder);
    npm.setProcessChannelMode(QProcess::ForwardedChannels);
    npm.start(u"npm"_s, {u"ci"_s, u"--no-audit"_s, u"--no-fund"_s, u"--ignore-scripts"_s});
    return npm.waitForFinished(120000) && npm.exitCode() == 0 ? folder : QString();
}

void tst_conformance::initTestCase()
{
    if (QStandardPaths::findExecutable(u"node"_s).isEmpty() || QStandardPaths::findExecutable(u"npm"_s).isEmpty())
        QSKIP("node and npm are not here");
    const QString folder = packages();
    QVERIFY2(!folder.isEmpty(), "npm did not give the client's packages");
    QVERIFY(m_local.start({u"--prewarm"_s, u"python"_s}));
    m_lines.insert(u"local"_s, lines(folder, {{u"ISOL8_SOCKET"_s, m_local.socketPath()}}));
    QVERIFY(m_tcp.startTcp({u"--prewarm"_s, u"python"_s, u"--auth-db"_s, m_keys.filePath(u"keys.db"_s)}));
    m_lines.insert(u"with keys"_s, lines(folder, {{u"ISOL8_URL"_s, m_tcp.url}, {u"ISOL8_KEY"_s, u"sesame"_s}}));
    for (const QStringList &told : std::as_const(m_lines))
        QVERIFY2(told.size() > 25, "the client told of too few rows");
}

QStringList tst_conformance::lines(const QString &folder, const QMap<QString, QString> &service)
{
    QProcess node;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    for (const char *name : {"ISOL8_URL", "ISOL8_KEY", "ISOL8_SOCKET", "ISOL8_CLEANUP_IMAGES"})
        environment.remove(QString::fromLatin1(name));
    for (auto it = service.begin(); it != service.end(); ++it)
        environment.insert(it.key(), it.value());
    node.setProcessEnvironment(environment);
    node.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    node.setWorkingDirectory(folder);
    node.start(u"node"_s, {u"conformance.mjs"_s});
    if (!node.waitForFinished(250000))
        return {};
    return QString::fromUtf8(node.readAllStandardOutput()).split(u'\n', Qt::SkipEmptyParts);
}

void tst_conformance::rows_data()
{
    QTest::addColumn<QString>("line");
    if (m_lines.isEmpty())
        QSKIP("the client did not run");
    static const QRegularExpression name(u"^(ok|skip|fail) (.*?)(: .*)?$"_s);
    for (auto it = m_lines.begin(); it != m_lines.end(); ++it) {
        for (const QString &line : it.value())
            QTest::newRow(qPrintable(it.key() + u": "_s + name.match(line).captured(2))) << line;
    }
}

void tst_conformance::rows()
{
    QFETCH(QString, line);
    if (line.startsWith(u"skip "))
        QSKIP(qPrintable(line));
    QVERIFY2(line.startsWith(u"ok "), qPrintable(line));
}

void tst_conformance::cleanupTestCase()
{
    if (m_lines.isEmpty())
        return;
    for (ServiceProcess *service : {&m_local, static_cast<ServiceProcess *>(&m_tcp)}) {
        QCOMPARE(service->stop(SIGTERM), 0);
        QVERIFY(service->nothingLeft());
    }
}

QTEST_GUILESS_MAIN(tst_conformance)
#include "tst_conformance.moc"
