// SPDX-License-Identifier: GPL-3.0-or-later
#include "Bench.h"
#include "Engines.h"

#include "support/InThread.h"
#include "support/Relay.h"

#include <isol8/http/Connection.h>
#include <isol8/remote/RemoteEngine.h>

#include <QDir>
#include <QElapsedTimer>
#include <QEventLoop>
#include <QFile>
#include <QJsonDocument>
#include <QProcess>
#include <QTemporaryDir>
#include <QTimer>

#include <memory>
#include <vector>

using namespace Qt::StringLiterals;
using namespace isol8;

namespace bench {

namespace {

// A background engine of its own, with a configuration and a socket of its own.
class OwnService
{
public:
    explicit OwnService(const QByteArray &config)
    {
        QDir(m_folder.path()).mkpath(u"home/.isol8"_s);
        QDir(m_folder.path()).mkdir(u"run"_s);
        QFile::setPermissions(m_folder.filePath(u"run"_s), QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
        QFile file(m_folder.filePath(u"home/.isol8/config.json"_s));
        if (file.open(QIODevice::WriteOnly))
            file.write(config);
        file.close();
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert(u"XDG_RUNTIME_DIR"_s, m_folder.filePath(u"run"_s));
        environment.insert(u"HOME"_s, m_folder.filePath(u"home"_s));
        m_process.setProcessEnvironment(environment);
        m_process.setStandardErrorFile(QProcess::nullDevice());
        m_process.start(isol8Binary(), {u"serve"_s, u"--local"_s});
        while (m_process.state() != QProcess::NotRunning && !QFile::exists(socket()))
            wait(std::chrono::milliseconds(20));
    }
    ~OwnService()
    {
        m_process.terminate();
        m_process.waitForFinished(20000);
    }
    OwnService(const OwnService &) = delete;
    OwnService &operator=(const OwnService &) = delete;

    [[nodiscard]] QString socket() const { return m_folder.filePath(u"run/isol8/engine.sock"_s); }

private:
    QTemporaryDir m_folder;
    QProcess m_process;
};

// A keep-alive client of POST /execute.
class PostClient
{
public:
    explicit PostClient(const QString &socket)
        : m_connection(unixAddress(socket))
    {
    }

    // The answer's milliseconds; negative when it is not what it should be.
    void execute(QObject *context, const std::function<void(double)> &done)
    {
        m_body.clear();
        m_timer.start();
        auto *guard = new QObject(context);
        QObject::connect(&m_connection, &http::Connection::body, guard,
                         [this](const QByteArray &part) { m_body += part; });
        QObject::connect(&m_connection, &http::Connection::finished, guard, [this, guard, done](const http::Failure &) {
            const double ms = double(m_timer.nsecsElapsed()) / 1e6;
            guard->disconnect();
            delete guard;
            done(m_body.contains(R"("stdout":"hello\n")") ? ms : -1);
        });
        http::Request request;
        request.method = "POST";
        request.target = "/execute";
        request.headers = {{"Content-Type", "application/json"}};
        request.body = R"json({"request":{"code":"print('hello')","runtime":"python"}})json";
        m_connection.start(request);
    }

private:
    static http::Address unixAddress(const QString &path)
    {
        http::Address address;
        address.path = path;
        return address;
    }

    http::Connection m_connection;
    QByteArray m_body;
    QElapsedTimer m_timer;
};

const QByteArray FastConfig = R"({"poolStrategy": "fast", "poolSize": {"clean": 1, "dirty": 8}})";

} // namespace

// POST /execute on a kept connection against the engine alone, turn about.
QList<Comparison> httpExecute(int rounds)
{
    Comparison comparison{{u"POST /execute, warm python, fast"_s, u"ms"_s, {}},
                          {u"the engine alone"_s, u"ms"_s, {}},
                          u"at most 1 ms more"_s};
    const OwnService service(FastConfig);
    LocalEngine engine(pooled(Config::PoolStrategy::Fast, 1));
    startEngine(engine, {u"python"_s});
    wait(std::chrono::milliseconds(2000)); // the service's own pool
    PostClient client(service.socket());
    for (int i = 0; i < rounds; ++i) {
        QEventLoop loop;
        client.execute(&loop, [&](double ms) {
            comparison.subject.add(ms);
            loop.quit();
        });
        loop.exec();
        wait(std::chrono::milliseconds(40)); // a sandbox is reset behind the answer
        QElapsedTimer timer;
        timer.start();
        Run *run = engine.execute(hello());
        QObject::connect(run, &Run::finished, &loop, &QEventLoop::quit);
        loop.exec();
        comparison.comparator.add(isHello(run->result()) ? double(timer.nsecsElapsed()) / 1e6 : -1);
        delete run;
        wait(std::chrono::milliseconds(40));
    }
    stopEngine(engine);
    return {comparison};
}

// A run by a RemoteEngine, which opens a WebSocket for it, against the engine alone, turn about: on the Unix socket,
// and over TCP by a relay that stands before it.
QList<Comparison> remoteExecute(int rounds)
{
    const OwnService service(FastConfig);
    LocalEngine engine(pooled(Config::PoolStrategy::Fast, 1));
    startEngine(engine, {u"python"_s});
    wait(std::chrono::milliseconds(2000)); // the service's own pool
    const isol8::test::InThread<isol8::test::Relay> relay(
        [&] { return std::make_unique<isol8::test::Relay>(isol8::test::Relay::Options{service.socket()}); });
    QList<Comparison> comparisons;
    for (const bool overTcp : {false, true}) {
        RemoteEngineOptions options;
        options.address.path = service.socket();
        if (overTcp) {
            if (auto endpoint = remote::ServiceEndpoint::parse(relay.fake()->url)) {
                endpoint->key = isol8::test::Relay::Options().key;
                options.service = *endpoint;
            }
        }
        RemoteEngine there(options);
        Comparison comparison{{overTcp ? u"RemoteEngine over TCP and a relay, warm python, fast"_s
                                       : u"RemoteEngine on the Unix socket, warm python, fast"_s,
                               u"ms"_s,
                               {}},
                              {u"the engine alone"_s, u"ms"_s, {}},
                              u"at most 1.5 ms more"_s};
        for (int i = 0; i < rounds; ++i) {
            for (Engine *each : {static_cast<Engine *>(&there), static_cast<Engine *>(&engine)}) {
                QEventLoop loop;
                QElapsedTimer timer;
                timer.start();
                const std::unique_ptr<Run> run(each->execute(hello()));
                QObject::connect(run.get(), &Run::finished, &loop, &QEventLoop::quit);
                loop.exec();
                const double ms = isHello(run->result()) ? double(timer.nsecsElapsed()) / 1e6 : -1;
                (each == &there ? comparison.subject : comparison.comparator).add(ms);
                wait(std::chrono::milliseconds(40)); // a sandbox is reset behind the answer
            }
        }
        comparisons.append(comparison);
    }
    stopEngine(engine);
    return comparisons;
}

QList<Comparison> httpThroughput(int rounds)
{
    Comparison comparison{{u"python runs a second by POST /execute, fast, 8 clients"_s, u"1/s"_s, {}},
                          {u"the TypeScript isol8's, measured once on such a machine"_s, u"1/s"_s, {2.2}},
                          u"at least 45 (100 runs a second)"_s};
    const OwnService service(FastConfig);
    wait(std::chrono::milliseconds(2000));
    std::vector<std::unique_ptr<PostClient>> clients;
    std::vector<PostClient *> idle;
    for (int i = 0; i < 8; ++i) {
        clients.push_back(std::make_unique<PostClient>(service.socket()));
        idle.push_back(clients.back().get());
    }
    for (int i = 0; i < rounds + 1; ++i) {
        Samples first = comparison.subject; // the first round fills the pool
        sustained(i > 0 ? &comparison.subject : &first, 8,
                  [&](QObject *context, const std::function<void(bool)> &done) {
                      PostClient *client = idle.back();
                      idle.pop_back();
                      client->execute(context, [&idle, client, done](double ms) {
                          idle.push_back(client);
                          done(ms >= 0);
                      });
                  });
    }
    return {comparison};
}

} // namespace bench
