// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/RunCommand.h>

#include <cli/ExitCodes.h>
#include <cli/RunSession.h>
#include <cli/RunSource.h>
#include <cli/Terminal.h>
#include <isol8/config/Config.h>
#include <isol8/execution/LocalEngine.h>
#include <isol8/execution/RunPlan.h>

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

FilesToSave filesToSave(const RunArguments &arguments, const RuntimeRegistry &registry)
{
    FilesToSave save;
    save.wanted = arguments.getPaths;
    if (save.wanted.isEmpty())
        return save;
    for (const InputFile &file : arguments.request.files) {
        save.given.insert(file.path, file.content);
        save.replaceable.insert(file.path);
    }
    const auto runtime = registry.byName(arguments.request.runtime);
    if (runtime && arguments.request.code)
        save.given.insert(programPath(arguments.request, *runtime), *arguments.request.code);
    return save;
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
    std::unique_ptr<OutputFile> outFile;
    if (!arguments->outFile.isEmpty()) {
        auto opened = OutputFile::open(arguments->outFile);
        if (!opened)
            return fail(opened.error());
        outFile = std::move(*opened);
    }
    for (const QString &note : std::as_const(arguments->notes))
        printNote(note);
    arguments->options.debug = context.debug;

    m_engine = std::make_unique<LocalEngine>(LocalEngineOptions{loaded->config, LimitsApplied::Configured, {}});
    RunDisplay display;
    display.stream = arguments->stream;
    display.json = arguments->json;
    display.forwardStdin = arguments->interactive || arguments->terminal;
    display.terminal = arguments->terminal;
    display.save = filesToSave(*arguments, *registry);
    auto *session = new RunSession(m_engine.get(), display, std::move(outFile), this);
    connect(session, &RunSession::finished, this, &Command::finished);
    session->start(arguments->request, arguments->options);
    return {};
}

} // namespace isol8::cli
