// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cli/Command.h>
#include <cli/McpCall.h>
#include <cli/McpConnection.h>
#include <cli/ServiceFlags.h>
#include <cli/Signals.h>
#include <isol8/config/Config.h>
#include <isol8/remote/ServiceClient.h>

#include <QMap>

#include <memory>

namespace isol8::cli {

/*!
    `isol8 mcp`: a server of the Model Context Protocol on stdin and stdout, whose tools run code in sandboxes. It uses
    the service that --host or ISOL8_HOST names; without, the background engine where that is there; else its own, whose
    sessions end with it.
*/
class McpCommand : public Command
{
    Q_OBJECT

public:
    ~McpCommand() override;

    CLI::App *setUp(CLI::App &root) override;
    void run(const CommandContext &context) override;

private:
    [[nodiscard]] Result<McpPolicy> readPolicy() const;
    [[nodiscard]] Result<void> begin(const CommandContext &context);
    void useService(const remote::ServiceEndpoint &service);
    void askForRuntimes();
    void serve();
    void useOwnEngine();
    void end(const Error &error);
    void request(const QJsonValue &id, const QString &method, const QJsonObject &params);
    void call(const QJsonValue &id, const QJsonObject &params);
    void cancel(const QJsonObject &params);
    void stop();
    void leave();

    CLI::Option *m_allow = nullptr, *m_deny = nullptr, *m_memory = nullptr, *m_cpu = nullptr, *m_timeout = nullptr,
                *m_longest = nullptr, *m_maxOutput = nullptr;
    ServiceFlags m_service;
    Config m_config;
    McpPolicy m_policy;
    std::unique_ptr<remote::ServiceClient> m_elsewhere; //!< null: this machine
    std::unique_ptr<Engine> m_engine;
    bool m_isOwn = false;
    bool m_stopping = false;
    std::unique_ptr<McpConnection> m_connection;
    std::unique_ptr<Signals> m_signals;
    QMap<QString, QPointer<McpCall>> m_calls; //!< by their ids
};

} // namespace isol8::cli
