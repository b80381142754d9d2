// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cli/Command.h>
#include <cli/ServiceFlags.h>
#include <isol8/docker/Client.h>
#include <isol8/remote/ServiceClient.h>

#include <memory>

namespace isol8::cli {

/*!
    `isol8 cleanup`: removes what isol8 has on this daemon: containers, running or not, and with --images its images.
    Asks first, unless --force; nothing else on the daemon is touched, for only isol8's labels count. Or has a service
    elsewhere do as much: what nobody uses there.
*/
class CleanupCommand : public Command
{
    Q_OBJECT

public:
    using Command::Command;

    CLI::App *setUp(CLI::App &root) override;
    void run(const CommandContext &context) override;

private:
    void cleanElsewhere(const remote::ServiceEndpoint &service);
    void cleanedElsewhere(const QJsonObject &answer);
    //! Otherwise everything has been said, and finished() has been emitted.
    [[nodiscard]] bool isConfirmed(const QString &what);
    void listed(const QList<docker::ContainerSummary> &containers);
    void decide();
    void removeContainers();
    void removeNextImage();
    void fail(const Error &error);
    void end();

    CLI::Option *m_force = nullptr, *m_images = nullptr, *m_dryRun = nullptr, *m_json = nullptr;
    ServiceFlags m_service;
    std::unique_ptr<remote::ServiceClient> m_elsewhere; //!< null: this machine
    std::unique_ptr<docker::Client> m_client;
    QList<docker::ContainerSummary> m_containers;
    QStringList m_imageNames;
    QStringList m_removedContainers;
    QStringList m_removedImages;
    QStringList m_failures;
};

} // namespace isol8::cli
