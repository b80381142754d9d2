// SPDX-License-Identifier: GPL-3.0-or-later
// The service as strangers load it: by TCP, with a key. The clients are bare sockets, so that they cost little.
#include "Bench.h"
#include "Engines.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>

#include <algorithm>
#include <cerrno>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace bench {

namespace {

constexpr int Crowd = 1000;
const QByteArray Health = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n";

QByteArray post(const QByteArray &path, const QByteArray &body)
{
    return "POST " + path + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sesame\r\nContent-Length: " +
           QByteArray::number(body.size()) + "\r\n\r\n" + body;
}

class OwnServer
{
public:
    explicit OwnServer(const QByteArray &config, const QString &prewarm)
    {
        QDir(m_folder.path()).mkpath(u"home/.isol8"_s);
        QFile file(m_folder.filePath(u"home/.isol8/config.json"_s));
        if (file.open(QIODevice::WriteOnly))
            file.write(config);
        file.close();
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert(u"HOME"_s, m_folder.filePath(u"home"_s));
        environment.insert(u"ISOL8_API_KEY"_s, u"sesame"_s);
        m_process.setProcessEnvironment(environment);
        m_process.setWorkingDirectory(m_folder.path());
        m_process.setStandardErrorFile(QProcess::nullDevice());
        m_process.start(isol8Binary(), {u"serve"_s, u"--port"_s, u"0"_s, u"--prewarm"_s, prewarm});
        while (!m_process.canReadLine() && m_process.waitForReadyRead(20000)) {
        }
        m_port = quint16(m_process.readLine().trimmed().split(':').last().toUInt());
        rlimit limit = {};
        ::getrlimit(RLIMIT_NOFILE, &limit);
        limit.rlim_cur = limit.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &limit);
    }
    ~OwnServer()
    {
        m_process.terminate();
        m_process.waitForFinished(20000);
    }
    OwnServer(const OwnServer &) = delete;
    OwnServer &operator=(const OwnServer &) = delete;

    [[nodiscard]] quint16 port() const { return m_port; }
    [[nodiscard]] double residentKib() const
    {
        const QByteArray text = read(u"status"_s);
        return text.mid(text.indexOf("VmRSS:") + 6, 16).simplified().split(' ').first().toDouble();
    }
    //! Of the service alone, on whatever core.
    [[nodiscard]] double cpuSeconds() const
    {
        const QByteArray text = read(u"stat"_s);
        const QList<QByteArray> fields = text.mid(text.lastIndexOf(')') + 2).split(' ');
        return (fields.value(11).toDouble() + fields.value(12).toDouble()) / double(::sysconf(_SC_CLK_TCK));
    }

private:
    [[nodiscard]] QByteArray read(const QString &name) const
    {
        QFile file(u"/proc/%1/%2"_s.arg(m_process.processId()).arg(name));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }

    QTemporaryDir m_folder;
    QProcess m_process;
    quint16 m_port = 0;
};

// Connected sockets, closed with it.
class Sockets
{
public:
    Sockets(quint16 port, int count)
    {
        sockaddr_in address = {};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        for (int i = 0; i < count; ++i) {
            const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
            if (::connect(fd, reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0)
                ++failed;
            ::fcntl(fd, F_SETFL, O_NONBLOCK);
            polls.push_back({fd, POLLIN, 0});
        }
        received.resize(polls.size());
    }
    ~Sockets()
    {
        for (const pollfd &poll : polls)
            ::close(poll.fd);
    }
    Sockets(const Sockets &) = delete;
    Sockets &operator=(const Sockets &) = delete;

    std::vector<pollfd> polls;
    std::vector<QByteArray> received;
    int failed = 0;
};

bool isWhole(const QByteArray &answer)
{
    const qsizetype end = answer.indexOf("\r\n\r\n");
    if (end < 0)
        return false;
    const qsizetype length = answer.indexOf("Content-Length: ");
    if (length < 0 || length > end)
        return answer.endsWith("\r\n0\r\n\r\n");
    return answer.size() >= end + 4 + answer.mid(length + 16, 12).split('\r').first().toLongLong();
}

struct Tally
{
    int good = 0;
    int bad = 0;
};

// Each socket asks, waits for its answer and asks again, while `more` says so; `mark` is in a good answer.
Tally hammer(Sockets &sockets, const QByteArray &request, const QByteArray &mark, const std::function<bool(int)> &more)
{
    Tally tally;
    size_t open = 0;
    int asked = 0;
    const auto ask = [&](size_t i) {
        if (!more(asked)) {
            sockets.polls[i].events = 0;
            return;
        }
        ++asked;
        ++open;
        sockets.received[i].clear();
        if (::send(sockets.polls[i].fd, request.constData(), size_t(request.size()), MSG_NOSIGNAL) < 0)
            ++tally.bad;
    };
    for (size_t i = 0; i < sockets.polls.size(); ++i)
        ask(i);
    char part[65536];
    while (open > 0 && ::poll(sockets.polls.data(), sockets.polls.size(), 120000) > 0) {
        for (size_t i = 0; i < sockets.polls.size(); ++i) {
            if (!(sockets.polls[i].revents & (POLLIN | POLLHUP | POLLERR)))
                continue;
            const ssize_t size = ::recv(sockets.polls[i].fd, part, sizeof part, 0);
            if (size < 0 && errno == EAGAIN)
                continue;
            if (size <= 0) {
                ++tally.bad;
                --open;
                sockets.polls[i].fd = -1; // poll() passes it over
                continue;
            }
            sockets.received[i].append(part, size);
            if (!isWhole(sockets.received[i]))
                continue;
            --open;
            ++(sockets.received[i].contains(mark) ? tally.good : tally.bad);
            ask(i);
        }
    }
    tally.bad += int(open);
    return tally;
}

const QByteArray ServerConfig = R"({"poolStrategy": "fast", "poolSize": {"clean": 1, "dirty": 10}})";

} // namespace

QList<Comparison> health(int rounds)
{
    Comparison rate{{u"GET /health, keep-alive, 16 clients"_s, u"1/s"_s, {}}, {}, u"15,000 on one core"_s};
    Comparison perCore{{u"the same for each second of the service's CPU time"_s, u"1/s"_s, {}}, {}, u"15,000"_s};
    const OwnServer server(R"({"poolSize": 0})", {});
    Sockets sockets(server.port(), 16);
    for (int i = 0; i < rounds; ++i) {
        QElapsedTimer timer;
        timer.start();
        const double before = server.cpuSeconds();
        const Tally tally = hammer(sockets, Health, R"("status":"ok")", [&](int) { return timer.elapsed() < 2000; });
        for (pollfd &poll : sockets.polls)
            poll.events = POLLIN;
        rate.subject.failed += tally.bad;
        rate.subject.add(tally.good / (double(timer.nsecsElapsed()) / 1e9));
        perCore.subject.add(tally.good / std::max(server.cpuSeconds() - before, 0.01));
    }
    return {rate, perCore};
}

QList<Comparison> idleConnections(int)
{
    Comparison each{{u"memory for each of 1,000 idle connections"_s, u"KiB"_s, {}}, {}, u"at most 50"_s};
    Comparison rest{{u"the service at rest"_s, u"KiB"_s, {}}, {}, u"at most 40,000"_s};
    const OwnServer server(R"({"poolSize": 0})", {});
    {
        Sockets first(server.port(), 1);
        hammer(first, Health, "ok", [](int asked) { return asked < 100; });
    }
    const double before = server.residentKib();
    rest.subject.add(before);
    Sockets sockets(server.port(), Crowd);
    const Tally tally = hammer(sockets, Health, "ok", [](int asked) { return asked < Crowd; });
    each.subject.failed = tally.bad + sockets.failed;
    each.subject.add((server.residentKib() - before) / Crowd);
    return {each, rest};
}

QList<Comparison> sse1000(int)
{
    Comparison time{
        {u"1,000 event streams at once, 10 producing, until the last has ended"_s, u"s"_s, {}}, {}, u"none lost"_s};
    Comparison memory{{u"memory for each of them, at most"_s, u"KiB"_s, {}}, {}, u"at most 50"_s};
    const OwnServer server(ServerConfig, u"python"_s);
    wait(std::chrono::milliseconds(3000));
    const double before = server.residentKib();
    double peak = before;
    QElapsedTimer timer;
    timer.start();
    Sockets sockets(server.port(), Crowd);
    QElapsedTimer since;
    since.start();
    const Tally tally =
        hammer(sockets, post("/execute/stream", R"json({"request":{"code":"print('hello')","runtime":"python"}})json"),
               R"("data":"hello)", [&](int asked) {
                   if (since.elapsed() > 100) {
                       peak = std::max(peak, server.residentKib());
                       since.start();
                   }
                   return asked < Crowd;
               });
    time.subject.failed = tally.bad;
    time.subject.add(double(timer.elapsed()) / 1000);
    memory.subject.add((peak - before) / Crowd);
    return {time, memory};
}

QList<Comparison> http10000(int)
{
    constexpr int First = 1000, All = 10'000;
    Comparison rate{{u"10,000 runs by POST /execute, fast, 16 clients"_s, u"1/s"_s, {}}, {}, u"no error"_s};
    Comparison memory{
        {u"the service's memory after 10,000 runs"_s, u"KiB"_s, {}}, {u"after 1,000"_s, u"KiB"_s, {}}, u"the same"_s};
    const OwnServer server(ServerConfig, u"python"_s);
    wait(std::chrono::milliseconds(3000));
    Sockets sockets(server.port(), 16);
    QElapsedTimer timer;
    timer.start();
    const Tally tally =
        hammer(sockets, post("/execute", R"json({"request":{"code":"print('hello')","runtime":"python"}})json"),
               R"("stdout":"hello\n")", [&](int asked) {
                   if (asked == First)
                       memory.comparator.add(server.residentKib());
                   return asked < All;
               });
    rate.subject.failed = tally.bad;
    rate.subject.add(tally.good / (double(timer.elapsed()) / 1000));
    memory.subject.add(server.residentKib());
    return {rate, memory};
}

} // namespace bench
