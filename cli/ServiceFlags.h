// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cli/Command.h>
#include <isol8/remote/RemoteEngine.h>

#include <QProcessEnvironment>

#include <memory>
#include <optional>

namespace isol8::cli {

/*!
    The flags of commands that can ask a service elsewhere: --host, --key, --ca-file; and what stands for them in the
    environment: ISOL8_HOST, ISOL8_API_KEY, ISOL8_CA_FILE, and what `isol8 login` has kept.
*/
class ServiceFlags
{
public:
    //! For as many subcommands as share a reader.
    void addTo(CLI::App *app, const std::string &group = "A service elsewhere");

    /*!
        The service that is meant, with its key; none: this machine. --host "" means this machine, too, whatever
        ISOL8_HOST says. The key: --key ("-": the first line of stdin), else ISOL8_API_KEY, else what login has kept for
        just this host. unauthorized where that has expired.
    */
    [[nodiscard]] Result<std::optional<remote::ServiceEndpoint>> read(const QProcessEnvironment &environment) const;
    //! The same for commands that are for a service only, without the key that login has kept.
    [[nodiscard]] Result<remote::ServiceEndpoint> readForLogin(const QProcessEnvironment &environment) const;
    //! What a command that is suggested needs to reach the same service: " --host URL", or nothing.
    [[nodiscard]] QString again() const;

private:
    [[nodiscard]] Result<std::optional<remote::ServiceEndpoint>> readHost(const QProcessEnvironment &environment) const;
    [[nodiscard]] Result<QByteArray> readKey(const QProcessEnvironment &environment) const;

    QList<CLI::Option *> m_host, m_key, m_authority;
};

[[nodiscard]] std::unique_ptr<RemoteEngine> engineOf(const remote::ServiceEndpoint &service);

} // namespace isol8::cli
