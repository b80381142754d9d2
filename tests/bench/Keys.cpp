// SPDX-License-Identifier: GPL-3.0-or-later
// What a key costs a request, and whether the time that a wrong one takes tells how much of it is right. Prints
// medians in µs over one kept connection, turn about, and asserts nothing.
#include "../support/Await.h"

#include <service/auth/ApiKey.h>
#include <service/auth/Authenticator.h>
#include <service/http/Listener.h>

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QTcpSocket>
#include <QTemporaryDir>
#include <QTextStream>

#include <algorithm>
#include <array>

#include <netinet/in.h>
#include <sys/socket.h>

using namespace isol8;
using namespace isol8::service;
using namespace Qt::StringLiterals;

namespace {

constexpr int Rounds = 5000;

struct Row
{
    const char *name;
    const char *path;
    QByteArray key;
    std::vector<double> times;

    [[nodiscard]] double part(double share) const { return times[size_t(double(times.size() - 1) * share)]; }
};

// Bound to a port of the system's choice.
int listeningSocket(quint16 *port)
{
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(fd, reinterpret_cast<sockaddr *>(&address), size) != 0 ||
        ::getsockname(fd, reinterpret_cast<sockaddr *>(&address), &size) != 0 || ::listen(fd, 10) != 0)
        return -1;
    *port = ntohs(address.sin_port);
    return fd;
}

// Microseconds.
double ask(QTcpSocket *socket, const Row &row)
{
    QEventLoop loop;
    QByteArray answer;
    QObject::connect(socket, &QTcpSocket::readyRead, &loop, [&] {
        answer += socket->readAll();
        if (answer.endsWith('}'))
            loop.quit();
    });
    QElapsedTimer timer;
    timer.start();
    socket->write("GET " + QByteArray(row.path) + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + row.key +
                  "\r\n\r\n");
    loop.exec();
    return double(timer.nsecsElapsed()) / 1e3;
}

} // namespace

int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    const QTemporaryDir folder;
    const QByteArray master = makeKey().value();
    Authenticator authenticator({master, folder.filePath(u"auth.db"_s)});
    if (!test::await<void>([&](Callback<void> done) { authenticator.open(std::move(done)); }))
        return 1;
    const auto made = test::await<MadeKey>([&](Callback<MadeKey> done) {
        authenticator.makeKey({u"bench"_s, u"default"_s}, std::move(done));
    });
    quint16 port = 0;
    const int fd = listeningSocket(&port);
    ServerLimits limits;
    Router router;
    auto *listener = new Listener(limits);
    if (!made || !listener->adopt(fd))
        return 1;
    router.bind(listener);
    router.setGate(authenticator.gate());
    const auto answer = [](Exchange *exchange) { exchange->respondJson(200, {}); };
    router.add("GET", u"/open"_s, answer, Access::Open);
    router.add("GET", u"/key"_s, answer, Access::Key);
    QObject::connect(listener, &Listener::requested, &router, &Router::dispatch);

    // One letter that is not the right one.
    const auto nearly = [](QByteArray key) {
        key.back() = key.back() == 'A' ? 'B' : 'A';
        return key;
    };
    std::array rows{Row{"no key looked at", "/open", made->key, {}},
                    Row{"a key of the database", "/key", made->key, {}},
                    Row{"the master key", "/key", master, {}},
                    Row{"wrong: nothing right", "/key", makeKey().value(), {}},
                    Row{"wrong: a key of the database but for its last letter", "/key", nearly(made->key), {}},
                    Row{"wrong: the master key but for its last letter", "/key", nearly(master), {}}};
    QTcpSocket socket;
    QEventLoop connecting;
    QObject::connect(&socket, &QTcpSocket::connected, &connecting, &QEventLoop::quit);
    socket.connectToHost(QHostAddress::LocalHost, port);
    connecting.exec();
    for (int i = 0; i < Rounds; ++i) {
        for (Row &row : rows)
            row.times.push_back(ask(&socket, row));
    }
    QTextStream out(stdout);
    for (Row &row : rows) {
        std::sort(row.times.begin(), row.times.end());
        out << QString::fromLatin1(row.name).leftJustified(54)
            << u"%1 µs (quarters %2 and %3)\n"_s.arg(row.part(0.5), 6, 'f', 1)
                   .arg(row.part(0.25), 0, 'f', 1)
                   .arg(row.part(0.75), 0, 'f', 1);
    }
    return 0;
}
