// SPDX-License-Identifier: GPL-3.0-or-later
// test: fake; guest
// The embedded programs: installed, and run where that needs no container.
#include <isol8/guest/GuestFiles.h>

#include <QCryptographicHash>
#include <QFile>
#include <QFileInfo>
#include <QProcess>
#include <QSocketNotifier>
#include <QTemporaryDir>
#include <QTest>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

using namespace isol8;
using namespace Qt::StringLiterals;

class tst_guest_files : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void embedded();
    void install_data();
    void install();
    void installUnknown();
    void initRefusesAnotherPid();
    void reaperRemoves();
    void reaperEndsInPeace();

private:
    QTemporaryDir m_folder;
};

namespace {

// A daemon with two containers, which notes what it is asked.
class Daemon : public QObject
{
public:
    explicit Daemon(const QString &path)
        : m_fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0))
        , m_notifier(m_fd, QSocketNotifier::Read)
    {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        qstrncpy(address.sun_path, QFile::encodeName(path).constData(), sizeof address.sun_path);
        m_listens =
            ::bind(m_fd, reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0 && ::listen(m_fd, 16) == 0;
        connect(&m_notifier, &QSocketNotifier::activated, this, &Daemon::serve);
    }
    ~Daemon() override { ::close(m_fd); }

    bool m_listens = false;
    QByteArrayList m_lines;

private:
    void serve()
    {
        const int client = ::accept(m_fd, nullptr, nullptr);
        QByteArray request;
        char part[4096];
        ssize_t n = 0;
        while (!request.endsWith("\r\n\r\n") && (n = ::read(client, part, sizeof part)) > 0)
            request.append(part, n);
        m_lines.append(request.left(request.indexOf('\r')));
        QByteArray answer = "HTTP/1.0 200 OK\r\n\r\n";
        if (request.startsWith("GET"))
            answer += "[{\"Id\":\"" + QByteArray(64, 'a') + "\"},{\"Id\":\"" + QByteArray(64, 'b') + "\"}]";
        QCOMPARE(::write(client, answer.constData(), std::size_t(answer.size())), ssize_t(answer.size()));
        ::close(client);
    }

    int m_fd;
    QSocketNotifier m_notifier;
};

} // namespace

void tst_guest_files::initTestCase()
{
    QVERIFY(m_folder.isValid());
    qputenv("XDG_CACHE_HOME", m_folder.path().toUtf8());
}

void tst_guest_files::embedded()
{
    for (const QByteArray &program : {guestInit(), guestReaper()}) {
        QVERIFY(program.startsWith("\x7f"
                                   "ELF"));
        QVERIFY2(program.size() < 1024 * 1024, qPrintable(QString::number(program.size())));
    }
    const QByteArray hash = QCryptographicHash::hash(guestInit(), QCryptographicHash::Sha256).toHex();
    QCOMPARE(guestHash().toLatin1(), hash.left(16));
}

void tst_guest_files::install_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QByteArray>("content");
    QTest::addColumn<uint>("mode");
    QTest::newRow("init") << GuestInitName.toString() << guestInit() << 0555U;
    QTest::newRow("reaper") << GuestReaperName.toString() << guestReaper() << 0555U;
    QTest::newRow("hosts") << GuestHostsName.toString() << guestHosts() << 0444U;
}

void tst_guest_files::install()
{
    QFETCH(QString, name);
    QFETCH(QByteArray, content);
    QFETCH(uint, mode);
    const auto path = installGuestFile(name);
    QVERIFY(path.has_value());
    QVERIFY(path->startsWith(m_folder.path() + u"/isol8/guest/"_s + name + u'-'));
    const auto check = [&] {
        QFile file(*path);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(file.readAll(), content);
        struct stat status
        {
        };
        QCOMPARE(::stat(QFile::encodeName(*path).constData(), &status), 0);
        QCOMPARE(uint(status.st_mode & 07777), mode);
    };
    check();

    const QDateTime written = QFileInfo(*path).lastModified();
    QCOMPARE(installGuestFile(name).value_or(QString()), *path);
    QCOMPARE(QFileInfo(*path).lastModified(), written); // left alone

    QVERIFY(QFile::remove(*path));
    QFile wrong(*path); // what is not right is made so
    QVERIFY(wrong.open(QIODevice::WriteOnly));
    wrong.write("half");
    wrong.close();
    QCOMPARE(installGuestFile(name).value_or(QString()), *path);
    check();
}

void tst_guest_files::installUnknown()
{
    const auto path = installGuestFile(u"../evil");
    QVERIFY(!path.has_value());
    QCOMPARE(path.error().code, errors::NotFound);
}

void tst_guest_files::initRefusesAnotherPid()
{
    QProcess init;
    init.start(installGuestFile(GuestInitName).value(), {});
    QVERIFY(init.waitForFinished());
    QCOMPARE(init.exitStatus(), QProcess::NormalExit);
    QCOMPARE(init.exitCode(), 1);
    QVERIFY(init.readAllStandardError().contains("first process of a sandbox"));
    QVERIFY(init.readAllStandardOutput().isEmpty());
}

void tst_guest_files::reaperRemoves()
{
    const QString socket = m_folder.filePath(u"docker.sock"_s);
    Daemon daemon(socket);
    QVERIFY(daemon.m_listens);
    QProcess reaper;
    reaper.start(installGuestFile(GuestReaperName).value(), {socket, u"org.isol8=x\"y"_s});
    QVERIFY(reaper.waitForStarted());

    reaper.write("anything but the clean end");
    reaper.closeWriteChannel();
    QTRY_COMPARE_WITH_TIMEOUT(reaper.state(), QProcess::NotRunning, 15000);
    QCOMPARE(reaper.exitCode(), 0);
    const QByteArray list =
        "GET /containers/json?all=1&filters=%7B%22label%22%3A%5B%22org.isol8%3Dx%5C%22y%22%5D%7D HTTP/1.0";
    QByteArrayList expected;
    for (int round = 0; round < 3; ++round) {
        expected << list << "DELETE /containers/" + QByteArray(64, 'a') + "?force=1&v=1 HTTP/1.0"
                 << "DELETE /containers/" + QByteArray(64, 'b') + "?force=1&v=1 HTTP/1.0";
    }
    QCOMPARE(daemon.m_lines, expected);
}

void tst_guest_files::reaperEndsInPeace()
{
    const QString socket = m_folder.filePath(u"docker2.sock"_s);
    Daemon daemon(socket);
    QProcess reaper;
    reaper.start(installGuestFile(GuestReaperName).value(), {socket, u"org.isol8=x"_s});
    QVERIFY(reaper.waitForStarted());
    reaper.write("q");
    QTRY_COMPARE(reaper.state(), QProcess::NotRunning);
    QCOMPARE(reaper.exitCode(), 0);
    QVERIFY(daemon.m_lines.isEmpty());
}

QTEST_GUILESS_MAIN(tst_guest_files)
#include "tst_guest_files.moc"
