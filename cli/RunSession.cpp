// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/RunSession.h>

#include <cli/ExitCodes.h>
#include <cli/Terminal.h>
#include <isol8/base/FileNames.h>
#include <isol8/base/Paths.h>
#include <isol8/execution/FieldReader.h>
#include <isol8/remote/RemoteEngine.h>

#include <QDir>
#include <QJsonDocument>
#include <QLoggingCategory>
#include <QTimer>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>

#include <unistd.h>

using namespace Qt::StringLiterals;

namespace isol8::cli {

namespace {

// More than this unwritten stops reading from the sandbox until our reader has caught up.
constexpr qsizetype HighWater = 256 * 1024;
constexpr qsizetype MaxSentences = 20;
// How long the terminal stays raw for output that comes before its end.
constexpr std::chrono::milliseconds LastWords{500};

Q_LOGGING_CATEGORY(cliLog, "isol8.cli", QtWarningMsg)

QList<int> signalsFor(const RunDisplay &display)
{
    QList<int> numbers{SIGINT, SIGTERM, SIGHUP, SIGWINCH};
    if (display.terminal)
        numbers += {SIGTSTP, SIGCONT};
    return numbers;
}

} // namespace

int exitCodeOf(const RunResult &result)
{
    const bool neverStarted = result.reason == Reason::SetupFailed && result.exitCode == CouldNotStart;
    if (neverStarted && exitCodeFor({result.errorCode, {}, {}}) == WrongUsage)
        return WrongUsage;
    return result.exitCode;
}

RunSession::RunSession(Engine *engine, RunDisplay display, std::unique_ptr<OutputFile> outFile, QObject *parent)
    : QObject(parent)
    , m_engine(engine)
    , m_display(std::move(display))
    , m_out(STDOUT_FILENO)
    , m_err(STDERR_FILENO)
    , m_outFile(std::move(outFile))
    , m_signals(signalsFor(m_display))
{
    if (m_outFile)
        connect(m_outFile.get(), &OutputFile::settled, this, &RunSession::finishWhenDrained);
    connect(&m_signals, &Signals::received, this, &RunSession::onSignal);
    for (OutputWriter *writer : {&m_out, &m_err}) {
        connect(writer, &OutputWriter::drained, this, &RunSession::applyBackPressure);
        connect(writer, &OutputWriter::broken, this, &RunSession::outputBroken);
    }
}

void RunSession::start(RunRequest request, RunOptions options)
{
    request.interactiveStdin = request.interactiveStdin || m_display.forwardStdin;
    if (m_display.terminal) {
        options.pty = true;
        options.ptySize = terminalSize();
    }
    options.collectOutput = m_display.collect || !isLive();
    options.streamFiles = takesFiles();
    m_request = std::move(request);
    m_options = std::move(options);
    launch();
    if (m_display.forwardStdin && !isTyped())
        forwardStdin();
}

// Whether our terminal's keys are to be those of the program's: not before it runs, so that Ctrl-C ends what it waits
// for.
bool RunSession::isTyped() const
{
    return m_display.terminal && isTerminal(STDIN_FILENO);
}

void RunSession::forwardStdin()
{
    if (m_stdin || m_ended)
        return;
    if (isTyped())
        m_raw = std::make_unique<RawTerminal>();
    m_stdin = new QSocketNotifier(STDIN_FILENO, QSocketNotifier::Read, this);
    connect(m_stdin, &QSocketNotifier::activated, this, &RunSession::readStdin);
}

bool RunSession::isLive() const
{
    return m_display.stream && !m_display.json && !m_outFile;
}

// A result that is shown, or recorded, has the files in it.
bool RunSession::takesFiles() const
{
    return !m_display.save.wanted.isEmpty() && !m_display.json && !m_display.collect;
}

FileSaver *RunSession::saver()
{
    if (!m_saver)
        m_saver = std::make_unique<FileSaver>(QDir::currentPath(), m_display.save, cacheDirectory() + u"/brought"_s);
    return m_saver.get();
}

void RunSession::launch()
{
    m_run = m_engine->execute(m_request, m_options);
    if (m_observer)
        m_observer(m_run, m_request, m_options);
    for (const auto sign : {&Run::started, &Run::stdinTaken})
        connect(m_run, sign, this, &RunSession::taken);
    connect(m_run, &Run::started, this, [this] {
        m_started = true;
        if (m_display.forwardStdin)
            forwardStdin();
    });
    connect(m_run, &Run::queued, this, &RunSession::taken);
    connect(m_run, &Run::progress, this, &RunSession::taken);
    if (isLive())
        connect(m_run, &Run::output, this, [this](OutputStream stream, const QByteArray &text, Phase phase) {
            // stdout is the program's alone.
            showOutput(phase == Phase::Setup ? OutputStream::Stderr : stream, text);
        });
    if (m_options.logNetwork && !m_display.json && !m_display.hideNetwork)
        connect(m_run, &Run::networkLogged, this, &RunSession::showNetwork);
    connect(m_run, &Run::displayed, this, &RunSession::showValue);
    connect(m_run, &Run::background, this, [this](OutputStream, const QByteArray &text) { showBackground(text); });
    if (m_options.streamFiles) {
        connect(m_run, &Run::fileOpened, this, [this](const RunFile &file) {
            m_bringing = true; // the program has ended: what its output waits for is not theirs
            applyBackPressure();
            saver()->begin(file);
        });
        connect(m_run, &Run::fileData, this, [this](const QByteArray &bytes) { saver()->write(bytes); });
        connect(m_run, &Run::fileEnded, this, [this](const QString &problem) { saver()->end(problem); });
    }
    connect(m_run, &Run::finished, this, &RunSession::runFinished);
    connect(m_run, &Run::stdinTaken, this, [this] {
        if (m_stdin && !m_stdinEnded && m_run->stdinPending() < HighWater)
            m_stdin->setEnabled(true);
    });
    m_run->writeStdin(m_forwarded);
    if (m_stdinEnded)
        m_run->closeStdin();
}

// From here on there is one engine for it, and no other.
void RunSession::taken()
{
    m_fallback = nullptr;
    m_forwarded.clear();
}

void RunSession::showOutput(OutputStream stream, const QByteArray &text)
{
    if (m_display.terminal && stream == OutputStream::Stdout)
        m_screen.follow(text);
    (stream == OutputStream::Stdout ? m_out : m_err).write(text);
    applyBackPressure();
}

void RunSession::showNetwork(const QJsonObject &entry)
{
    const bool allowed = entry.value(u"action"_s).toString() == u"ALLOW";
    QString where = entry.value(u"host"_s).toString();
    if (const int port = entry.value(u"port"_s).toInt(); port > 0)
        where += u':' + QString::number(port);
    where += entry.value(u"path"_s).toString();
    QString line = u"%1 %2 %3"_s.arg(allowed ? u"allowed"_s : u"refused"_s, entry.value(u"method"_s).toString(), where);
    if (allowed)
        line += u", %1 in, %2 out, %3 ms"_s
                    .arg(formatSize(entry.value(u"bytesIn"_s).toInteger()),
                         formatSize(entry.value(u"bytesOut"_s).toInteger()))
                    .arg(entry.value(u"durationMs"_s).toInteger());
    if (const QString reason = entry.value(u"reason"_s).toString(); !reason.isEmpty())
        line += u": "_s + reason;
    say(line);
}

void RunSession::applyBackPressure()
{
    if (m_ended) {
        finishWhenDrained();
        return;
    }
    if (m_run)
        m_run->setOutputPaused(!m_bringing && (m_out.pending() > HighWater || m_err.pending() > HighWater));
}

void RunSession::readStdin()
{
    char buffer[65536];
    const ssize_t n = ::read(STDIN_FILENO, buffer, sizeof buffer);
    if (n > 0) {
        const QByteArray data(buffer, n);
        if (m_fallback)
            m_forwarded.append(data);
        m_run->writeStdin(data);
        if (m_run->stdinPending() >= HighWater)
            m_stdin->setEnabled(false);
        return;
    }
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    m_stdin->setEnabled(false);
    m_stdinEnded = true;
    m_run->closeStdin();
}

void RunSession::onSignal(int number)
{
    if (number == SIGWINCH || number == SIGTSTP || number == SIGCONT) {
        onTerminalSignal(number);
        return;
    }
    // A second one: the person does not want to wait. The container dies with our stream.
    if (m_ended || m_exitCode > 128) {
        m_raw.reset();
        ::_exit(128 + number);
    }
    m_exitCode = 128 + number;
    m_run->cancel();
    // Whoever does not read now is not waited for, as no program that a signal ends would.
    QTimer::singleShot(LastWords, this, [this] {
        m_hurried = true;
        finishWhenDrained();
    });
}

void RunSession::onTerminalSignal(int number)
{
    if (number == SIGTSTP && m_raw)
        m_raw->stopProcess();
    else if (number == SIGTSTP)
        ::raise(SIGSTOP);
    else if (number == SIGCONT && m_raw)
        m_raw->renew();
    if (!m_display.terminal || m_ended)
        return;
    m_options.ptySize = terminalSize(); // it may have changed while nobody looked
    m_run->resize(m_options.ptySize.width(), m_options.ptySize.height());
}

// As it was before: what the program switched on goes off behind its last output, and the settings come back when that
// is written; soon even where it cannot be.
void RunSession::leaveTerminal()
{
    if (!m_display.terminal)
        return;
    if (isTerminal(STDOUT_FILENO))
        m_out.write(m_screen.undo());
    QTimer::singleShot(LastWords, this, [this] { m_raw.reset(); });
}

void RunSession::outputBroken(int error)
{
    if (error != EPIPE && !m_ended)
        say(u"The output cannot be written: %1."_s.arg(QString::fromLocal8Bit(std::strerror(error))));
    if (!m_ended)
        m_run->cancel();
    else
        finishWhenDrained();
}

void RunSession::runFinished(const RunResult &result)
{
    if (m_fallback && isNotTaken(result.errorCode)) {
        qCDebug(cliLog).noquote() << "the background engine did not take the run:" << result.error;
        m_run->deleteLater();
        m_engine = std::exchange(m_fallback, nullptr)();
        launch();
        m_forwarded.clear();
        return;
    }
    m_ended = true;
    leaveTerminal();
    if (m_stdin)
        m_stdin->setEnabled(false);
    m_exitCode = m_exitCode > 128 ? m_exitCode : exitCodeOf(result);
    if (m_out.isBroken() && result.reason == Reason::Cancelled)
        m_exitCode = 128 + SIGPIPE;
    report(result);
    Q_EMIT resulted(result);
    finishWhenDrained();
}

void RunSession::report(const RunResult &result)
{
    if (m_outFile && (m_started || !result.stdoutText.isEmpty()))
        m_outFile->write(withValues(result));
    else if (m_outFile)
        m_outFile->discard();
    if (m_display.json) {
        m_out.write(QJsonDocument(result.toJson()).toJson(QJsonDocument::Indented));
    } else if (!m_display.stream || m_outFile) {
        if (!m_outFile)
            m_out.write(withValues(result));
        m_err.write(result.stderrText);
    }
    saveFiles(result);
    if (!result.sessionId.isEmpty() && !m_display.namedSession && !m_display.json)
        say(u"session %1: go on with isol8 run%2 --session-id %1; end it with isol8 session stop%2 %1"_s.arg(
            result.sessionId, m_display.again));
    if (m_options.persist && isKeptAfter(result.reason) && !result.containerId.isEmpty())
        say(u"The container %1 is kept for an hour. To look into it: docker exec -it -u sandbox %1 bash. To remove it: "
            u"docker rm -f %1, or isol8 cleanup for all."_s.arg(result.containerId.left(12)));
    // That of a program that is typed to was nobody's wish.
    const bool isUnlimited = m_request.timeout == milliseconds(LongestTimeoutMs) && result.reason != Reason::Timeout;
    for (const QString &limited : result.limited) {
        if (limited == u"timeoutMs" && isUnlimited)
            continue;
        say(u"%1 was lowered to the %2 limit."_s.arg(limited, m_display.elsewhere ? u"service's"_s : u"configured"_s));
    }
    // A service may end a run, too: its key's time is used up, or is over.
    const bool askedForIt =
        result.reason == Reason::Cancelled && (result.errorCode.isEmpty() || result.errorCode == errors::Cancelled);
    if (!result.error.isEmpty() && !askedForIt && !m_display.json)
        say(result.error);
    if (askedForIt && result.stateKept == false && !m_display.json)
        say(stateLostSentence());
    if (result.errorCode == errors::TooLarge && m_exitCode == 0)
        m_exitCode = Failure;
}

// What a session's last expression is, for whoever sits before it, or has asked for it.
bool RunSession::showsValues() const
{
    return !m_display.json && (m_display.values || (isLive() && isTerminal(STDOUT_FILENO)));
}

void RunSession::showValue(const QJsonObject &value)
{
    if (!showsValues())
        return;
    const QString type = value.value("type"_L1).toString();
    if (type != u"text/plain" && (m_display.values || type.startsWith(u"image/")))
        say(u"a value of the type %1; see it with --json"_s.arg(type));
    else if (type == u"text/plain" && isLive())
        showOutput(OutputStream::Stdout, value.value("data"_L1).toString().toUtf8() + '\n');
}

// stdout as it is printed at the end: each value that is text is where it was shown.
QByteArray RunSession::withValues(const RunResult &result)
{
    if (!m_display.values)
        return result.stdoutText;
    QByteArray text;
    qsizetype at = 0;
    for (const QJsonValue &item : result.results) {
        const QJsonObject value = item.toObject();
        if (value.value("type"_L1).toString() != u"text/plain")
            continue;
        const qsizetype place =
            std::clamp(qsizetype(value.value("stdoutAt"_L1).toInteger()), at, result.stdoutText.size());
        text += result.stdoutText.mid(at, place - at) + value.value("data"_L1).toString().toUtf8() + '\n';
        at = place;
    }
    return text + result.stdoutText.mid(at);
}

void RunSession::showBackground(const QByteArray &text)
{
    if (m_display.json)
        return;
    say(u"written in the session since its last run:"_s);
    m_err.write(text);
}

void RunSession::saveFiles(const RunResult &result)
{
    if (m_display.save.wanted.isEmpty())
        return;
    for (auto it = result.files.cbegin(); it != result.files.cend(); ++it) {
        saver()->begin({fileNameToBytes(it.key()), it->size(), result.fileInfo.value(it.key(), {0666, 0})});
        saver()->write(*it);
        saver()->end();
    }
    const SavedFiles saved = m_saver ? m_saver->finish() : SavedFiles();
    for (const QStringList &sentences : {saved.notes, saved.problems}) {
        for (const QString &sentence : sentences.mid(0, MaxSentences))
            say(sentence);
        if (const qsizetype more = sentences.size() - MaxSentences; more > 0)
            say(u"%1 more files were not brought."_s.arg(more));
    }
    if (!saved.problems.isEmpty() && m_exitCode == 0)
        m_exitCode = Failure;
}

// Names in a sentence may be a hostile program's: they do not speak to the terminal.
void RunSession::say(const QString &sentence)
{
    QString line = sentence;
    for (QChar &c : line) {
        if (c.category() == QChar::Other_Control)
            c = u'?';
    }
    m_err.write("isol8: " + line.toUtf8() + (m_raw ? "\r\n" : "\n"));
}

void RunSession::closeOutFile()
{
    const auto written = std::exchange(m_outFile, nullptr)->close();
    if (written)
        return;
    say(written.error().message);
    if (m_exitCode == 0)
        m_exitCode = Failure;
}

void RunSession::finishWhenDrained()
{
    if (!m_ended || m_done || (m_outFile && m_outFile->pending() > 0))
        return;
    if (m_outFile)
        closeOutFile();
    if (!m_hurried && (m_out.pending() > 0 || m_err.pending() > 0))
        return;
    m_done = true;
    m_raw.reset();
    QTimer::singleShot(0, this, [this] { Q_EMIT finished(m_exitCode); });
}

} // namespace isol8::cli
