// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cli/Command.h>
#include <isol8/execution/Engine.h>

#include <QFile>

#include <memory>

namespace isol8::cli {

//! `isol8 session files|get|put|rm|mkdir`: a part of SessionCommand, which connects.
class SessionFilesCommand : public QObject
{
    Q_OBJECT

public:
    using QObject::QObject;

    //! Adds its subcommands to that of SessionCommand.
    void setUp(CLI::App *session);
    //! Whether one of them was chosen.
    [[nodiscard]] bool isChosen() const;
    //! \a engine: null where none runs.
    void run(Engine *engine);

Q_SIGNALS:
    void finished(int exitCode);

private:
    enum Which { Files, Get, Put, Rm, Mkdir };

    void list();
    void get();
    void getFromOlder(const QString &file, const Error &error);
    void put();
    void putRegular(std::unique_ptr<QFile> file, const UploadTarget &target);
    void putStream(const QString &name, QFile *file);
    void putWhole(const QByteArray &content, std::optional<uint> mode);
    void endTransfer(const Error &error);
    void remove();
    void makeFolder();
    void putFolder(const QString &name);
    void getFolder(const QString &folder, const Error &problem);
    void end(const Result<void> &result);
    void fail(const Error &error);

    CLI::App *m_files = nullptr, *m_get = nullptr, *m_put = nullptr, *m_rm = nullptr, *m_mkdir = nullptr;
    CLI::Option *m_json = nullptr, *m_recursive = nullptr, *m_output = nullptr, *m_force = nullptr;
    CLI::Option *m_file = nullptr, *m_name[5] = {}, *m_path[5] = {};
    Engine *m_engine = nullptr;
    QString m_session; //!< NAME of the one that was chosen
    QString m_inside;  //!< and PATH
};

} // namespace isol8::cli
