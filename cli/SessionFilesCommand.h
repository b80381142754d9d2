// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cli/Command.h>
#include <isol8/execution/Engine.h>

namespace isol8::cli {

//! `isol8 session files|get|put|rm`: a part of SessionCommand, which connects.
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
    // A file of this machine, or the beginning of one that is larger than Engine::MaxPut.
    struct LocalFile
    {
        QByteArray content;
        std::optional<uint> mode;
    };

    [[nodiscard]] static Result<LocalFile> readLocal(const QString &name);
    void list();
    void get();
    void getLarge(const QString &file);
    void put();
    void putLarge(const QString &name, const LocalFile &local);
    void endLarge(const Error &error);
    void remove();
    void save(const QString &file, const QByteArray &content);
    void end(const Result<void> &result);
    void fail(const Error &error);

    CLI::App *m_files = nullptr, *m_get = nullptr, *m_put = nullptr, *m_rm = nullptr;
    CLI::Option *m_json = nullptr, *m_recursive = nullptr, *m_output = nullptr, *m_force = nullptr;
    CLI::Option *m_file = nullptr, *m_name[4] = {}, *m_path[4] = {};
    Engine *m_engine = nullptr;
    QString m_session; //!< NAME of the one that was chosen
    QString m_inside;  //!< and PATH
};

} // namespace isol8::cli
