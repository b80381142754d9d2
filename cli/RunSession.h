// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cli/FileSaver.h>
#include <cli/OutputFile.h>
#include <cli/RawTerminal.h>
#include <cli/ScreenModes.h>
#include <cli/Signals.h>
#include <isol8/execution/Engine.h>

#include <QObject>
#include <QSocketNotifier>

#include <functional>
#include <memory>

namespace isol8::cli {

//! How `isol8 run` shows a run.
struct RunDisplay
{
    bool stream = true;        //!< as it comes; else at the end
    bool json = false;         //!< the result as JSON on stdout, nothing else there
    bool forwardStdin = false; //!< -i: our stdin is the program's, as it comes
    bool terminal = false;     //!< -t: the program gets a terminal of the size of ours, which goes raw meanwhile
    bool namedSession = false; //!< the user knows the session's name
    bool elsewhere = false;    //!< a service runs it
    QString again = {};        //!< ServiceFlags::again()
    bool hideNetwork = false;  //!< its log is for the record alone
    bool collect = false;      //!< resulted() has the output, also where it is shown as it comes
    bool values = false;       //!< --results: values are printed, whatever stdout is
    FilesToSave save;          //!< what --get is to bring to the current folder; its files are those of the result
};

/*!
    One `isol8 run`: the run's output to our stdout and stderr with back-pressure, Ctrl-C, and the exit code.
    finished() comes once, when everything is written.
*/
class RunSession : public QObject
{
    Q_OBJECT

public:
    //! \a outFile: the program's stdout goes there instead of ours; may be null.
    RunSession(Engine *engine, RunDisplay display, std::unique_ptr<OutputFile> outFile, QObject *parent = nullptr);

    //! What to run on where the engine turns out not to have taken the run; called at most once.
    void setFallback(std::function<Engine *()> fallback) { m_fallback = std::move(fallback); }
    //! Is told of each run as soon as it is made.
    using Observer = std::function<void(Run *, const RunRequest &, const RunOptions &)>;
    void setObserver(Observer observer) { m_observer = std::move(observer); }
    void start(RunRequest request, RunOptions options);

Q_SIGNALS:
    //! Before finished().
    void resulted(const isol8::RunResult &result);
    void finished(int exitCode);

private:
    [[nodiscard]] bool isLive() const;
    void launch();
    void taken();
    void showOutput(OutputStream stream, const QByteArray &text);
    void showNetwork(const QJsonObject &entry);
    void showValue(const QJsonObject &value);
    [[nodiscard]] QByteArray withValues(const RunResult &result);
    [[nodiscard]] bool showsValues() const;
    [[nodiscard]] bool takesFiles() const;
    [[nodiscard]] FileSaver *saver();
    void showBackground(const QByteArray &text);
    void applyBackPressure();
    void runFinished(const RunResult &result);
    void report(const RunResult &result);
    void saveFiles(const RunResult &result);
    void say(const QString &sentence);
    void finishWhenDrained();
    void onSignal(int number);
    void onTerminalSignal(int number);
    void leaveTerminal();
    [[nodiscard]] bool isTyped() const;
    void forwardStdin();
    void readStdin();
    void outputBroken(int error);
    void closeOutFile();

    Engine *m_engine;
    Observer m_observer;
    std::function<Engine *()> m_fallback; //!< as long as the engine may not have taken the run
    RunDisplay m_display;
    RunRequest m_request;
    RunOptions m_options;
    QByteArray m_forwarded; //!< of stdin, while there is a fallback
    Run *m_run = nullptr;
    OutputWriter m_out;
    OutputWriter m_err;
    std::unique_ptr<FileSaver> m_saver; //!< from the first file on
    std::unique_ptr<OutputFile> m_outFile;
    Signals m_signals;
    std::unique_ptr<RawTerminal> m_raw;
    ScreenModes m_screen; //!< of our terminal, where the program's output goes to it
    QSocketNotifier *m_stdin = nullptr;
    bool m_started = false;  //!< the program was
    bool m_bringing = false; //!< files are coming
    bool m_stdinEnded = false;
    bool m_ended = false;
    bool m_done = false;
    bool m_hurried = false; //!< what nobody reads is dropped
    int m_exitCode = 1;
};

//! The exit code of `isol8 run` for a result: the program's own, 124, 125, 130, or 2 for a request that is wrong in
//! itself.
[[nodiscard]] int exitCodeOf(const RunResult &result);

} // namespace isol8::cli
