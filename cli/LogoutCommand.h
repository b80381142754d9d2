// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cli/Command.h>
#include <cli/Credentials.h>
#include <isol8/remote/ServiceClient.h>

#include <memory>

namespace isol8::cli {

/*!
    `isol8 logout`: has services revoke the keys that `isol8 login` has kept, and forgets them, also where the service
    cannot be asked: that is told then, and the exit code is 1.
*/
class LogoutCommand : public Command
{
    Q_OBJECT

public:
    using Command::Command;

    CLI::App *setUp(CLI::App &root) override;
    void run(const CommandContext &context) override;

private:
    void next();
    void revoke(const Credentials::Entry &entry);
    void revoked(const Credentials::Entry &entry, const Result<QJsonObject> &answer);
    [[nodiscard]] bool forget(const Credentials::Entry &entry);
    void end(const Error &error);

    CLI::Option *m_host = nullptr, *m_authority = nullptr, *m_local = nullptr;
    QList<Credentials::Entry> m_left;
    std::unique_ptr<remote::ServiceClient> m_client; //!< of the service that is asked
    int m_exitCode = 0;
};

} // namespace isol8::cli
