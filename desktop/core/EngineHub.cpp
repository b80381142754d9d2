// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/core/EngineHub.h>

#include <isol8/remote/LocalSocket.h>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8::desktop {

namespace {
constexpr milliseconds BackgroundEvery{5000};
}

EngineHub::EngineHub(HubOptions options, KeyStore *keys, QObject *parent)
    : QObject(parent)
    , m_options(std::move(options))
    , m_keys(keys)
{
    add({LocalId.toString(), tr("This computer"), ConnectionSpec::Kind::Local, {}}, {});
    addServices();
    if (m_options.lookForBackground) {
        connect(&m_backgroundTimer, &QTimer::timeout, this, &EngineHub::lookForBackground);
        m_backgroundTimer.start(BackgroundEvery);
        lookForBackground();
    }
}

EngineHub::~EngineHub() = default;

QString EngineHub::file() const
{
    return m_options.folder + u"/connections.json"_s;
}

QList<EngineConnection *> EngineHub::connections() const
{
    QList<EngineConnection *> list;
    for (const auto &connection : m_connections)
        list.append(connection.get());
    return list;
}

EngineConnection *EngineHub::connection(const QString &id) const
{
    const auto at = std::find_if(m_connections.begin(), m_connections.end(),
                                 [&](const auto &connection) { return connection->spec().id == id; });
    return at == m_connections.end() ? nullptr : at->get();
}

void EngineHub::add(const ConnectionSpec &spec, const QByteArray &key)
{
    auto engine = m_options.factory(spec, key, m_options.config);
    if (!engine)
        return;
    auto connection = std::make_unique<EngineConnection>(spec, std::move(engine));
    if (spec.kind == ConnectionSpec::Kind::Service) {
        if (auto endpoint = remote::ServiceEndpoint::parse(spec.url.toString())) {
            endpoint->key = key;
            connection->setService(*endpoint);
        }
    }
    connect(connection.get(), &EngineConnection::stateChanged, this, [this, id = spec.id] { Q_EMIT stateChanged(id); });
    m_connections.push_back(std::move(connection));
    Q_EMIT connectionsChanged();
}

void EngineHub::remove(const QString &id)
{
    const auto at = std::find_if(m_connections.begin(), m_connections.end(),
                                 [&](const auto &connection) { return connection->spec().id == id; });
    if (at == m_connections.end())
        return;
    const std::unique_ptr<EngineConnection> gone = std::move(*at);
    m_connections.erase(at);
    Q_EMIT connectionsChanged();
}

void EngineHub::addServices()
{
    for (const ConnectionSpec &spec : readConnections(file()))
        m_keys->read(spec.id, {this, [this, spec](const Result<QByteArray> &key) {
                                   if (!connection(spec.id))
                                       add(spec, key.value_or(QByteArray()));
                               }});
}

QList<ConnectionSpec> EngineHub::services() const
{
    return readConnections(file());
}

void EngineHub::saveService(ConnectionSpec spec, const QByteArray &key, Callback<void> done)
{
    spec.kind = ConnectionSpec::Kind::Service;
    QList<ConnectionSpec> all = services();
    all.removeIf([&](const ConnectionSpec &other) { return other.id == spec.id; });
    all.append(spec);
    if (const auto written = writeConnections(file(), all); !written) {
        QTimer::singleShot(0, this, [done, error = written.error()] { done(fail(error)); });
        return;
    }
    remove(spec.id);
    add(spec, key);
    m_keys->write(spec.id, key, std::move(done));
}

void EngineHub::removeService(const QString &id)
{
    QList<ConnectionSpec> all = services();
    all.removeIf([&](const ConnectionSpec &other) { return other.id == id; });
    (void)writeConnections(file(), all);
    m_keys->remove(id);
    remove(id);
}

void EngineHub::setConfig(const Config &config)
{
    if (config == m_options.config)
        return;
    m_options.config = config;
    const ConnectionSpec spec = local()->spec();
    remove(spec.id);
    add(spec, {});
    std::rotate(m_connections.begin(), m_connections.end() - 1, m_connections.end());
    Q_EMIT connectionsChanged();
}

void EngineHub::lookForBackground()
{
    const bool there = LocalSocket::find(QProcessEnvironment::systemEnvironment()).isOurs();
    const QString id = BackgroundId.toString();
    if (there && !connection(id))
        add({id, tr("Background engine"), ConnectionSpec::Kind::Background, {}}, {});
    else if (!there && connection(id))
        remove(id);
}

void EngineHub::countRun(int change)
{
    m_running += change;
    Q_EMIT runningChanged();
}

void EngineHub::stop()
{
    m_backgroundTimer.stop();
    m_toStop = int(m_connections.size());
    for (const auto &connection : m_connections) {
        connect(connection.get(), &EngineConnection::stopped, this, [this] {
            if (--m_toStop == 0)
                Q_EMIT stopped();
        });
        connection->stop();
    }
}

} // namespace isol8::desktop
