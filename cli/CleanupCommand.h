// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cli/Command.h>
#include <isol8/docker/Client.h>

#include <memory>

namespace isol8::cli {

/*!
    `isol8 cleanup`: removes what isol8 has on this daemon: containers, running or not, and with --images its images.
    Asks first, unless --force; nothing else on the daemon is touched, for only isol8's labels count.
*/
class CleanupCommand : public Command
{
    Q_OBJECT

public:
    using Command::Command;

    CLI::App *setUp(CLI::App &root) override;
    void run(const CommandContext &context) override;

private:
    void listed(const QList<docker::ContainerSummary> &containers);
    void decide();
    void removeContainers();
    void removeNextImage();
    void fail(const Error &error);
    void end();

    CLI::Option *m_force = nullptr, *m_images = nullptr, *m_dryRun = nullptr, *m_json = nullptr;
    std::unique_ptr<docker::Client> m_client;
    QList<docker::ContainerSummary> m_containers;
    QStringList m_imageNames;
    QStringList m_removedContainers;
    QStringList m_removedImages;
    QStringList m_failures;
};

} // namespace isol8::cli
