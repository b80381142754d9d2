// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QElapsedTimer>
#include <QHash>
#include <QString>

#include <optional>

namespace isol8::desktop {

/*!
    CPU and memory of this machine's containers, from the kernel's files of their cgroups: two short reads each, where
    asking the daemon takes a second. What cannot be read has no numbers.
*/
class ContainerUsage
{
public:
    struct Sample
    {
        std::optional<double> cpuPercent; //!< since the sample before; 100: one core
        std::optional<double> memoryMB;
    };

    ContainerUsage();
    [[nodiscard]] Sample sample(const QString &containerId);
    //! Forgets containers that were not asked about since the last time.
    void sweep();

private:
    struct Known
    {
        QString memoryPath;
        QString cpuPath;
        qint64 cpuNs = -1;
        qint64 atNs = 0;
        bool isAsked = false;
    };

    [[nodiscard]] Known find(const QString &containerId) const;

    QHash<QString, Known> m_known;
    QElapsedTimer m_clock;
};

} // namespace isol8::desktop
