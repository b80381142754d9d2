// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <desktop/core/EngineConnection.h>
#include <desktop/core/KeyStore.h>

#include <QObject>

#include <memory>
#include <vector>

namespace isol8::desktop {

struct HubOptions
{
    Config config;
    QString folder; //!< where the list of services is kept
    EngineFactory factory = makeEngine;
    bool lookForBackground = true; //!< have a connection to this user's background engine while it is there
};

/*!
    Owns the connections: this machine's always, the background engine's while its socket is there, services as the
    user has added them.
*/
class EngineHub : public QObject
{
    Q_OBJECT

public:
    EngineHub(HubOptions options, KeyStore *keys, QObject *parent = nullptr);
    ~EngineHub() override;

    [[nodiscard]] QList<EngineConnection *> connections() const;
    //! Null: there is none of that id.
    [[nodiscard]] EngineConnection *connection(const QString &id) const;
    [[nodiscard]] EngineConnection *local() const { return connection(LocalId.toString()); }
    [[nodiscard]] KeyStore *keys() const { return m_keys; }

    //! Adds or replaces a service; its key goes into the key store.
    void saveService(ConnectionSpec spec, const QByteArray &key, Callback<void> done);
    void removeService(const QString &id);
    //! For engines that are made from now on; the local one is made again where nothing runs in it.
    void setConfig(const Config &config);
    [[nodiscard]] const Config &config() const { return m_options.config; }

    //! Programs of this app that are under way, in whatever window.
    [[nodiscard]] int running() const { return m_running; }
    void countRun(int change);

    //! Stops all engines; stopped() follows once their sandboxes are gone.
    void stop();

Q_SIGNALS:
    //! A connection has come or gone.
    void connectionsChanged();
    //! One that there is has another state.
    void stateChanged(const QString &id);
    void runningChanged();
    void stopped();

private:
    void add(const ConnectionSpec &spec, const QByteArray &key);
    void remove(const QString &id);
    void addServices();
    void lookForBackground();
    [[nodiscard]] QString file() const;
    [[nodiscard]] QList<ConnectionSpec> services() const;

    HubOptions m_options;
    KeyStore *m_keys;
    std::vector<std::unique_ptr<EngineConnection>> m_connections;
    QTimer m_backgroundTimer;
    int m_toStop = 0;
    int m_running = 0;
};

} // namespace isol8::desktop
