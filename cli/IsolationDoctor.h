// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/config/Config.h>
#include <isol8/docker/Client.h>
#include <isol8/isolation/HostAdvice.h>
#include <isol8/isolation/IsolationCheck.h>

#include <QObject>
#include <QStringList>

#include <memory>

namespace isol8::cli {

/*!
    `isol8 doctor --isolation`: tries every wall from inside sandboxes on this user's daemon, with this user's
   configuration, and prints a grade for each; then advice about the machine. finished() with 0 when every probe held,
   1 when one did not or could not be tried, 2 for a wall that there is not.
*/
class IsolationDoctor : public QObject
{
    Q_OBJECT

public:
    IsolationDoctor(bool json, QStringList wanted);

    void start(const QString &configPath);

Q_SIGNALS:
    void finished(int exitCode);

private:
    void askDaemon();
    void findImage();
    void giveUp(const Error &error);
    void report(const QList<WallReport> &reports);
    void print(const QList<WallReport> &reports) const;

    bool m_json;
    QStringList m_wanted;
    Config m_config;
    docker::Endpoint m_endpoint;
    std::unique_ptr<docker::Client> m_client;
    std::unique_ptr<IsolationCheck> m_check;
    QJsonObject m_info;
    QList<CheckItem> m_advice;
};

} // namespace isol8::cli
