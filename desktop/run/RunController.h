// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <desktop/core/EngineHub.h>
#include <desktop/core/Program.h>
#include <desktop/output/OutputDocument.h>
#include <desktop/run/FileChanges.h>

#include <QObject>
#include <QPointer>
#include <QTimer>

namespace isol8::desktop {

//! A host that a filtered run wanted to reach and may not.
struct RefusedHost
{
    QString host;
    int port = 0;
    QString reason;
};

/*!
    Runs one program at a time for a view. Output comes at most once a frame and at most FrameBytes of it; what is more
    waits in the sandbox, so that neither window nor memory suffers. ended() comes once for each start(), behind the
    last of the output. Deleting it ends what it runs.
*/
class RunController : public QObject
{
    Q_OBJECT

public:
    explicit RunController(EngineHub *hub, QObject *parent = nullptr);
    ~RunController() override;

    [[nodiscard]] bool isRunning() const { return m_running; }
    //! Of the last start().
    [[nodiscard]] const Program &program() const { return m_program; }
    [[nodiscard]] const RunResult &result() const { return m_result; }

    //! Does nothing while one runs.
    void start(const Program &program);
    void stop();
    void sendInput(const QByteArray &bytes);
    void endInput();
    void resizeTerminal(int columns, int rows);
    //! A file of the session that the last run used.
    void fetch(const QString &path, Callback<QByteArray> done);
    void putIntoSession(const QString &path, const QByteArray &content, Callback<void> done);

    //! Hosts that this window's runs may reach besides what they ask for, and those nobody is asked about again.
    void allowForNow(const QString &host) { m_allowed.append(host); }
    void denyForNow(const QString &host) { m_denied.append(host); }

    static constexpr qsizetype FrameBytes = 256 * 1024;
    static constexpr qsizetype HighWater = 4 * 1024 * 1024;
    static constexpr milliseconds Frame{16};

Q_SIGNALS:
    void begun();
    //! What happens before the program: waiting, installing.
    void progressed(const QString &sentence);
    void programStarted();
    void output(isol8::desktop::OutputKind kind, const QByteArray &bytes);
    void usageSampled(const isol8::ResourceUsage &usage);
    void displayed(const QJsonObject &value);
    void hostRefused(const isol8::desktop::RefusedHost &host);
    void filesFound(const QList<isol8::desktop::SandboxFile> &files);
    void ended(const isol8::RunResult &result);

private:
    struct Piece
    {
        OutputKind kind;
        QByteArray bytes;
    };

    void launch();
    void listThenLaunch();
    void take(OutputKind kind, const QByteArray &bytes);
    void flush();
    void finished(const RunResult &result);
    void finish();
    void findFiles();
    [[nodiscard]] Engine *engine() const;
    [[nodiscard]] RunRequest preparedRequest() const;
    [[nodiscard]] RunOptions preparedOptions() const;
    void failToStart(const Error &error);

    //! What is no program of a user's, as a session's shell, makes no files that are told of.
    [[nodiscard]] bool wantsFiles() const { return m_program.request.cmd.isEmpty(); }
    void setRunning(bool running);

    QPointer<EngineHub> m_hub;
    Program m_program;
    QPointer<Run> m_run;
    RunResult m_result;
    QList<Piece> m_pieces;
    qsizetype m_pending = 0;
    QTimer m_frame;
    QList<SessionFile> m_before;
    QStringList m_allowed;
    QStringList m_denied;
    QStringList m_asked;
    bool m_running = false;
    bool m_finished = false;
    bool m_cancelled = false;
    bool m_paused = false;
    int m_generation = 0;
};

} // namespace isol8::desktop
