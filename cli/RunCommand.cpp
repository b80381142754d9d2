// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/RunCommand.h>

#include <cli/ExitCodes.h>
#include <cli/RunSession.h>
#include <cli/RunSource.h>
#include <cli/Terminal.h>
#include <isol8/config/Config.h>
#include <isol8/execution/LocalEngine.h>

#include <QDir>

#include <unistd.h>

using namespace Qt::StringLiterals;

namespace isol8::cli {

namespace {

Result<QByteArray> readProgramText(qint64 limit, const QString &waitingFor)
{
    if (isTerminal(STDIN_FILENO))
        printNote(u"isol8: waiting for %1; end it with Ctrl-D, or see isol8 run --help"_s.arg(waitingFor));
    return readStdin(limit);
}

} // namespace

RunCommand::RunCommand() = default;

RunCommand::~RunCommand() = default;

bool RunCommand::ownsTheRest(const QString &positional) const
{
    return isIsol8Script(positional);
}

void RunCommand::run(const CommandContext &context)
{
    if (const auto begun = begin(context); !begun) {
        printError(begun.error());
        Q_EMIT finished(exitCodeFor(begun.error()));
    }
}

Result<void> RunCommand::begin(const CommandContext &context)
{
    const auto environment = QProcessEnvironment::systemEnvironment();
    const auto loaded = loadConfig(context.configPath, QDir::currentPath(), environment);
    if (!loaded)
        return fail(loaded.error());
    const auto registry = RuntimeRegistry::builtIn().extendedBy(loaded->config.runtimes);
    if (!registry)
        return fail(registry.error());
    auto arguments = m_flags.read(context.programArguments, {&*registry, environment, readProgramText});
    if (!arguments)
        return fail(arguments.error());
    for (const QString &note : std::as_const(arguments->notes))
        printNote(note);
    arguments->options.debug = context.debug;

    m_engine = std::make_unique<LocalEngine>(LocalEngineOptions{loaded->config, LimitsApplied::Configured, {}});
    RunDisplay display;
    display.stream = arguments->stream;
    display.json = arguments->json;
    display.forwardStdin = arguments->interactive || arguments->terminal;
    display.terminal = arguments->terminal;
    display.outFile = arguments->outFile;
    display.getPaths = arguments->getPaths;
    auto *session = new RunSession(m_engine.get(), display, this);
    connect(session, &RunSession::finished, this, &Command::finished);
    session->start(arguments->request, arguments->options);
    return {};
}

} // namespace isol8::cli
