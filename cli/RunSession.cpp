// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/RunSession.h>

#include <cli/ExitCodes.h>
#include <isol8/base/Paths.h>

#include <QDir>
#include <QFileInfo>
#include <QJsonDocument>
#include <QTimer>

#include <cerrno>
#include <csignal>
#include <cstring>

#include <unistd.h>

using namespace Qt::StringLiterals;

namespace isol8::cli {

namespace {

// More than this unwritten stops reading from the sandbox until our reader has caught up.
constexpr qsizetype HighWater = 256 * 1024;

} // namespace

int exitCodeOf(const RunResult &result)
{
    const bool neverStarted = result.reason == Reason::SetupFailed && result.exitCode == CouldNotStart;
    if (neverStarted && exitCodeFor({result.errorCode, {}, {}}) == WrongUsage)
        return WrongUsage;
    return result.exitCode;
}

RunSession::RunSession(Engine *engine, RunDisplay display, QObject *parent)
    : QObject(parent)
    , m_engine(engine)
    , m_display(std::move(display))
    , m_out(STDOUT_FILENO)
    , m_err(STDERR_FILENO)
{
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
        options.ptySize = terminalSize(STDIN_FILENO);
        m_raw = std::make_unique<RawTerminal>();
    }
    const bool live = m_display.stream && !m_display.json && m_display.outFile.isEmpty();
    options.collectOutput = !live;
    m_run = m_engine->execute(request, options);
    if (live)
        connect(m_run, &Run::output, this,
                [this](OutputStream stream, const QByteArray &text) { showOutput(stream, text); });
    connect(m_run, &Run::finished, this, &RunSession::runFinished);
    if (m_display.forwardStdin) {
        m_stdin = new QSocketNotifier(STDIN_FILENO, QSocketNotifier::Read, this);
        connect(m_stdin, &QSocketNotifier::activated, this, &RunSession::readStdin);
        connect(m_run, &Run::stdinTaken, this, [this] {
            if (m_stdin && m_run->stdinPending() < HighWater)
                m_stdin->setEnabled(true);
        });
    }
}

void RunSession::showOutput(OutputStream stream, const QByteArray &text)
{
    (stream == OutputStream::Stdout ? m_out : m_err).write(text);
    applyBackPressure();
}

void RunSession::applyBackPressure()
{
    if (m_ended) {
        finishWhenDrained();
        return;
    }
    if (m_run)
        m_run->setOutputPaused(m_out.pending() > HighWater || m_err.pending() > HighWater);
}

void RunSession::readStdin()
{
    char buffer[65536];
    const ssize_t n = ::read(STDIN_FILENO, buffer, sizeof buffer);
    if (n > 0) {
        m_run->writeStdin(QByteArray(buffer, n));
        if (m_run->stdinPending() >= HighWater)
            m_stdin->setEnabled(false);
        return;
    }
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    m_stdin->setEnabled(false);
    m_run->closeStdin();
}

void RunSession::onSignal(int number)
{
    if (number == SIGWINCH) {
        const QSize size = terminalSize(STDIN_FILENO);
        if (m_display.terminal && !m_ended)
            m_run->resize(size.width(), size.height());
        return;
    }
    // A second one: the person does not want to wait. The container dies with our stream.
    if (m_ended || m_exitCode > 128) {
        m_raw.reset();
        ::_exit(128 + number);
    }
    m_exitCode = 128 + number;
    m_run->cancel();
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
    m_ended = true;
    m_raw.reset();
    if (m_stdin)
        m_stdin->setEnabled(false);
    m_exitCode = m_exitCode > 128 ? m_exitCode : exitCodeOf(result);
    if (m_out.isBroken() && result.reason == Reason::Cancelled)
        m_exitCode = 128 + SIGPIPE;
    report(result);
    finishWhenDrained();
}

void RunSession::report(const RunResult &result)
{
    if (!m_display.outFile.isEmpty()) {
        if (const auto written = writeFileAtomically(m_display.outFile, result.stdoutText, 0644); !written) {
            say(written.error().message);
            m_exitCode = 1;
        }
    }
    if (m_display.json) {
        m_out.write(QJsonDocument(result.toJson()).toJson(QJsonDocument::Indented));
    } else if (!m_display.stream || !m_display.outFile.isEmpty()) {
        if (m_display.outFile.isEmpty())
            m_out.write(result.stdoutText);
        m_err.write(result.stderrText);
    }
    saveFiles(result);
    for (const QString &limited : result.limited)
        say(u"%1 was lowered to the configured limit."_s.arg(limited));
    const bool askedForIt = result.reason == Reason::Cancelled;
    if (!result.error.isEmpty() && !askedForIt && !m_display.json)
        say(result.error);
}

void RunSession::saveFiles(const RunResult &result)
{
    if (m_display.getPaths.isEmpty())
        return;
    for (auto it = result.files.cbegin(); it != result.files.cend(); ++it) {
        // The name alone is ours to trust: it becomes a file in the current folder, never elsewhere.
        const QString name = QFileInfo(it.key()).fileName();
        if (name.isEmpty() || name == u"." || name == u"..")
            continue;
        if (const auto written = writeFileAtomically(QDir::current().filePath(name), it.value(), 0644); !written) {
            say(written.error().message);
            m_exitCode = m_exitCode ? m_exitCode : 1;
        }
    }
}

void RunSession::say(const QString &sentence)
{
    m_err.write("isol8: " + sentence.toUtf8() + '\n');
}

void RunSession::finishWhenDrained()
{
    if (m_done || m_out.pending() > 0 || m_err.pending() > 0)
        return;
    m_done = true;
    QTimer::singleShot(0, this, [this] { Q_EMIT finished(m_exitCode); });
}

} // namespace isol8::cli
