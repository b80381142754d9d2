// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cli/Command.h>
#include <cli/ServiceFlags.h>
#include <isol8/audit/RecordSearch.h>
#include <isol8/base/Error.h>
#include <isol8/remote/ServiceClient.h>

#include <QFile>
#include <QJsonObject>
#include <QTimer>

#include <memory>

namespace isol8::cli {

/*!
    `isol8 logs`: the records of the audit log, and whether all are there. Or those that a service elsewhere keeps.
*/
class LogsCommand : public Command
{
    Q_OBJECT

public:
    using Command::Command;

    CLI::App *setUp(CLI::App &root) override;
    void run(const CommandContext &context) override;

private:
    [[nodiscard]] Result<void> begin(const CommandContext &context);
    [[nodiscard]] Result<void> list();
    void verify();
    void follow();
    [[nodiscard]] Result<qsizetype> limit() const;
    [[nodiscard]] Result<void> askService(const remote::ServiceEndpoint &service);
    void show(const QList<QJsonObject> &records, const QString &where);
    bool print(const QJsonObject &record);

    CLI::Option *m_dir = nullptr;
    CLI::Option *m_since = nullptr;
    CLI::Option *m_runtime = nullptr;
    CLI::Option *m_reason = nullptr;
    CLI::Option *m_tenant = nullptr;
    CLI::Option *m_limit = nullptr;
    CLI::Option *m_follow = nullptr;
    CLI::Option *m_json = nullptr;
    CLI::Option *m_verify = nullptr;
    CLI::Option *m_hash = nullptr;
    QString m_folder;
    audit::RecordFilter m_filter;
    ServiceFlags m_service;
    std::unique_ptr<remote::ServiceClient> m_elsewhere;
    std::unique_ptr<QFile> m_file; //!< that is followed
    QByteArray m_rest;             //!< of a line that is not whole yet
    QTimer m_look;
};

} // namespace isol8::cli
