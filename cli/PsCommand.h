// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cli/Command.h>
#include <isol8/docker/Client.h>
#include <isol8/http/Pool.h>

#include <QJsonArray>

#include <memory>
#include <optional>

namespace isol8::cli {

/*!
    `isol8 ps`: what runs now: the runs of this user's background engine, which it tells of itself, and every sandbox on
    this Docker daemon, by isol8's labels.
*/
class PsCommand : public Command
{
    Q_OBJECT

public:
    using Command::Command;

    CLI::App *setUp(CLI::App &root) override;
    void run(const CommandContext &context) override;

private:
    void askEngine();
    void engineAnswered(const http::Response &response);
    void listSandboxes();
    void print(const QList<docker::ContainerSummary> &containers);
    void fail(const Error &error);

    CLI::Option *m_json = nullptr;
    std::unique_ptr<http::Pool> m_engine;
    std::unique_ptr<docker::Client> m_client;
    std::optional<QString> m_engineId; //!< of the background engine, where one answers
    QJsonArray m_runs;                 //!< its
};

} // namespace isol8::cli
