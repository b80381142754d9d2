// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cli/ServiceFlags.h>
#include <isol8/remote/ServiceClient.h>

#include <memory>

namespace isol8::cli {

//! `isol8 login`: has a service make a key of its own for this user, and keeps it for what comes after.
class LoginCommand : public Command
{
    Q_OBJECT

public:
    using Command::Command;

    CLI::App *setUp(CLI::App &root) override;
    void run(const CommandContext &context) override;

private:
    [[nodiscard]] Result<void> begin();
    void answered(const Result<QJsonObject> &answer);
    [[nodiscard]] Result<void> keep(const QJsonObject &answer);
    void end(const Error &error);

    ServiceFlags m_service;
    CLI::Option *m_name = nullptr, *m_ttl = nullptr;
    QString m_host;
    QString m_keyName;
    std::unique_ptr<remote::ServiceClient> m_client;
};

} // namespace isol8::cli
