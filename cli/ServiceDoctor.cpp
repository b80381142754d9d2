// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/ServiceDoctor.h>

#include <cli/ServiceFlags.h>
#include <cli/Terminal.h>
#include <isol8/remote/RemoteRun.h>
#include <isol8/remote/SocketOpening.h>

using namespace Qt::StringLiterals;
using Level = isol8::CheckItem::Level;

namespace isol8::cli {

namespace {

QString sentenceOf(const Error &error)
{
    return error.detail.isEmpty() ? error.message : u"%1 (%2)"_s.arg(error.message, error.detail);
}

} // namespace

ServiceDoctor::ServiceDoctor(remote::ServiceEndpoint service)
    : m_service(std::move(service))
    , m_client(m_service)
{
}

ServiceDoctor::~ServiceDoctor() = default;

void ServiceDoctor::tell(const QString &id, Level level, const QString &sentence, const QString &advice)
{
    Q_EMIT found({id, level, sentence, advice});
}

void ServiceDoctor::start()
{
    if (!m_service.isConfidential())
        tell(u"encryption"_s, Level::Advice,
             u"%1 is not encrypted: whoever is on the way can read the key, code and output."_s.arg(
                 m_service.toString()),
             u"Have it serve by TLS (--tls-cert, --tls-key), or put a proxy with TLS before it."_s);
    m_client.ask({"GET", "/health"}, {this, [this](const Result<QJsonObject> &health) { healthTold(health); }});
}

void ServiceDoctor::healthTold(const Result<QJsonObject> &health)
{
    if (!health) {
        tell(u"service"_s, Level::Problem, sentenceOf(health.error()));
        return Q_EMIT finished();
    }
    const QString version = printable(health->value(u"version"_s).toString().left(64));
    if (version.isEmpty()) {
        tell(u"service"_s, Level::Problem, m_client.peer().stranger().message);
        return Q_EMIT finished();
    }
    tell(u"service"_s, Level::Ok, u"%1 answers (isol8 %2)."_s.arg(m_service.toString(), version));
    if (version != u"" ISOL8_VERSION "")
        tell(u"version"_s, Level::Advice, u"The service is isol8 %1, and this is " ISOL8_VERSION "."_s.arg(version),
             u"What one of them does not know yet does not work."_s);
    const QJsonObject images = health->value(u"images"_s).toObject();
    for (auto image = images.begin(); image != images.end(); ++image) {
        const QString name = printable(image.key().left(64));
        if (!image.value().toBool())
            tell(u"image_"_s + name, Level::Advice, u"The service has no image for %1."_s.arg(name),
                 u"Its owner makes it by isol8 setup there, or by isol8 setup --host with the master key."_s);
        else if (m_runtime.isEmpty() || name == u"bash")
            m_runtime = name;
    }
    checkKey();
}

void ServiceDoctor::checkKey()
{
    m_client.ask({"GET", "/sessions"},
                 {this, [this](const Result<QJsonObject> &sessions) {
                      if (!sessions) {
                          tell(u"key"_s, Level::Problem, sentenceOf(sessions.error()));
                          return Q_EMIT finished();
                      }
                      tell(u"key"_s, Level::Ok,
                           m_client.peer().hasKey ? u"The service takes the key."_s : u"The service wants no key."_s);
                      checkSocket();
                  }});
}

void ServiceDoctor::checkSocket()
{
    m_opening = std::make_unique<SocketOpening>(m_client.peer(), RemoteRun::path());
    connect(m_opening.get(), &SocketOpening::opened, this, [this] {
        m_opening.release()->deleteLater();
        tell(u"websocket"_s, Level::Ok, u"A WebSocket gets through."_s);
        checkRun();
    });
    connect(m_opening.get(), &SocketOpening::failed, this, [this](const Error &error) {
        m_opening.release()->deleteLater();
        tell(u"websocket"_s, Level::Advice, u"No WebSocket gets through: %1"_s.arg(sentenceOf(error)),
             u"Terminals and typed stdin need one (run -i, run -t, shell); let the proxy before it pass Upgrade on."_s);
        checkRun();
    });
}

void ServiceDoctor::checkRun()
{
    if (m_runtime.isEmpty()) {
        tell(u"run"_s, Level::Problem, u"The service has no image to start a sandbox from."_s,
             u"Its owner makes them by isol8 setup there, or by isol8 setup --host with the master key."_s);
        return Q_EMIT finished();
    }
    m_engine = engineOf(m_service);
    RunRequest request;
    request.cmd = u"echo ok"_s;
    request.runtime = m_runtime;
    m_since.start();
    Run *const run = m_engine->execute(request);
    connect(run, &Run::finished, this, &ServiceDoctor::runEnded);
}

void ServiceDoctor::runEnded(const RunResult &result)
{
    if (result.reason == Reason::Completed && result.stdoutText == "ok\n")
        tell(u"run"_s, Level::Ok, u"A run there works; it took %1 ms from here."_s.arg(m_since.elapsed()));
    else
        tell(u"run"_s, Level::Problem,
             result.error.isEmpty() ? u"A sandbox starts there but does not work."_s : printable(result.error));
    Q_EMIT finished();
}

} // namespace isol8::cli
