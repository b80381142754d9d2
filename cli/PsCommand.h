// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cli/Command.h>
#include <cli/ServiceFlags.h>
#include <isol8/docker/Client.h>
#include <isol8/http/Pool.h>
#include <isol8/remote/ServiceClient.h>

#include <QJsonArray>

#include <memory>
#include <optional>

namespace isol8::cli {

/*!
    `isol8 ps`: what runs now: the runs of this user's background engine, which it tells of itself, and every sandbox on
    this Docker daemon, by isol8's labels. Or what a service elsewhere runs for the key's tenant.
*/
class PsCommand : public Command
{
    Q_OBJECT

public:
    using Command::Command;

    CLI::App *setUp(CLI::App &root) override;
    void run(const CommandContext &context) override;

private:
    void askService(const remote::ServiceEndpoint &service);
    void askSandboxes();
    void printService(const std::optional<QJsonArray> &sandboxes);
    void askEngine();
    void engineAnswered(const http::Response &response);
    void listSandboxes();
    [[nodiscard]] QList<QStringList> runRows() const;
    void print(const QList<docker::ContainerSummary> &containers);
    void fail(const Error &error);

    ServiceFlags m_service;
    CLI::Option *m_json = nullptr;
    std::unique_ptr<remote::ServiceClient> m_elsewhere;
    std::unique_ptr<http::Pool> m_engine;
    std::unique_ptr<docker::Client> m_client;
    std::optional<QString> m_engineId; //!< of the background engine, where one answers
    QJsonArray m_runs;                 //!< its
};

} // namespace isol8::cli
