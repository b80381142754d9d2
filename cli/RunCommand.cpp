// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/RunCommand.h>

#include <cli/BackgroundEngine.h>
#include <cli/ExitCodes.h>
#include <cli/RunRecorder.h>
#include <cli/RunSession.h>
#include <cli/RunSource.h>
#include <cli/Terminal.h>
#include <isol8/config/Config.h>
#include <isol8/execution/LocalEngine.h>
#include <isol8/execution/RunPlan.h>

#include <QDir>
#include <QJsonArray>
#include <QJsonObject>
#include <QLoggingCategory>

#include <unistd.h>

using namespace Qt::StringLiterals;

namespace isol8::cli {

namespace {

Q_LOGGING_CATEGORY(commandLog, "isol8.cli", QtWarningMsg)

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
        if (file.path.endsWith(u'/'))
            continue;
        save.given.insert(file.path, file.content);
        save.replaceable.insert(file.path);
    }
    const auto runtime = registry.byName(arguments.request.runtime);
    if (runtime && arguments.request.code)
        save.given.insert(programPath(arguments.request, *runtime), *arguments.request.code);
    return save;
}

// A service may have languages that are not configured here: they are known by their names.
Result<RuntimeRegistry> runtimesOf(const Config &config, const QString &named, bool elsewhere)
{
    auto registry = RuntimeRegistry::builtIn().extendedBy(config.runtimes);
    if (!registry || !elsewhere || named.isEmpty() || registry->byName(named))
        return registry;
    const QJsonObject standIn{
        {u"image"_s, u"service"_s}, {u"extensions"_s, QJsonArray()}, {u"command"_s, QJsonArray{u"{file}"_s}}};
    auto more = registry->extendedBy({{named, standIn}});
    return more ? more : registry;
}

} // namespace

RunCommand::RunCommand(Kind kind)
    : m_kind(kind)
{
}

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
    const auto service = m_flags.service().read(environment);
    if (!service)
        return fail(service.error());
    const bool elsewhere = service->has_value();
    const auto registry = runtimesOf(loaded->config, m_flags.runtimeName(), elsewhere);
    if (!registry)
        return fail(registry.error());
    auto arguments = m_flags.read(context.programArguments,
                                  {&*registry, environment, readProgramText, isTerminal(STDIN_FILENO), elsewhere});
    if (!arguments)
        return fail(arguments.error());
    const bool hideNetwork = !arguments->options.logNetwork;
    if (!arguments->recordFile.isEmpty() && elsewhere)
        return fail(errors::BadValue, u"--record is for runs on this machine: a service keeps its images to itself."_s);
    if (!arguments->recordFile.isEmpty()) {
        arguments->options.logNetwork = true;
        const auto endpoint = docker::Endpoint::discover(environment);
        if (!endpoint)
            return fail(endpoint.error());
        auto recorder = RunRecorder::make(arguments->recordFile, arguments->request, arguments->options, *registry,
                                          loaded->config, *endpoint);
        if (!recorder)
            return fail(recorder.error());
        m_recorder = std::move(*recorder);
    }
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
    if (arguments->terminal && !isTerminal(STDOUT_FILENO))
        printNote(
            u"isol8: stdout is not a terminal; the program has one all the same, and what it shows goes to stdout."_s);

    RunDisplay display;
    display.stream = arguments->stream;
    display.json = arguments->json;
    display.forwardStdin = arguments->interactive;
    display.terminal = arguments->terminal;
    display.namedSession = arguments->namedSession;
    display.collect = m_recorder != nullptr;
    display.hideNetwork = hideNetwork;
    display.values = arguments->options.results;
    display.save = filesToSave(*arguments, *registry);
    display.elsewhere = elsewhere;
    display.again = m_flags.service().again();
    m_outFile = std::move(outFile);
    if (elsewhere) {
        m_engine = engineOf(**service);
        start(m_engine.get(), *arguments, display, false);
        return {};
    }
    m_local = [config = loaded->config] {
        return std::make_unique<LocalEngine>(LocalEngineOptions{config, LimitsApplied::Configured, {}});
    };
    if (const auto records = audit::Settings::fromJson(loaded->config.audit, QDir::currentPath()); records.enabled)
        m_auditor = std::make_unique<audit::Auditor>(records);
    if (isPersistent(arguments->options)) {
        m_start = new BackgroundStart(loaded->config, loaded->path, !arguments->request.installPackages.isEmpty(),
                                      environment, this);
        m_start->start(
            {this, [this, arguments = *arguments, display](const Result<std::shared_ptr<RemoteEngine>> &ready) {
                 if (ready) {
                     m_sessions = *ready;
                     start(m_sessions.get(), arguments, display, false);
                 } else {
                     printError(ready.error());
                     Q_EMIT finished(exitCodeFor(ready.error()));
                 }
             }});
        return {};
    }
    auto background = backgroundEngine(loaded->config, arguments->request, environment);
    if (!background)
        return fail(background.error());
    if (!*background) {
        if (auto made = makeLocal(); !made)
            return made;
        start(m_engine.get(), *arguments, display, false);
        return {};
    }
    m_engine = std::move(*background);
    m_engine->start({}, {this, [this, arguments = *arguments, display](const Result<void> &ready) {
                             if (ready) {
                                 qCDebug(commandLog) << "running in the background engine";
                             } else {
                                 qCDebug(commandLog).noquote()
                                     << "no background engine:" << ready.error().message << ready.error().detail;
                                 m_engine.release()->deleteLater();
                                 if (const auto made = makeLocal(); !made) {
                                     printError(made.error());
                                     Q_EMIT finished(exitCodeFor(made.error()));
                                     return;
                                 }
                             }
                             start(m_engine.get(), arguments, display, ready.has_value());
                         }});
    return {};
}

void RunCommand::start(Engine *engine, const RunArguments &arguments, const RunDisplay &display, bool background)
{
    auto *session = new RunSession(engine, display, std::move(m_outFile), this);
    if (m_auditor)
        session->setObserver(
            [this](Run *run, const RunRequest &request, const RunOptions &options) { audited(run, request, options); });
    const auto end = [this](int exitCode) {
        if (!m_auditor || m_auditor->isSettled())
            Q_EMIT finished(exitCode);
        else
            connect(m_auditor.get(), &audit::Auditor::settled, this, [this, exitCode] { Q_EMIT finished(exitCode); });
    };
    if (m_recorder) {
        connect(session, &RunSession::resulted, m_recorder.get(), &RunRecorder::setResult);
        connect(session, &RunSession::finished, m_recorder.get(), &RunRecorder::write);
        connect(m_recorder.get(), &RunRecorder::finished, this, end);
    } else {
        connect(session, &RunSession::finished, this, end);
    }
    if (background)
        session->setFallback([this] {
            m_engine.release()->deleteLater();
            m_engine = m_local();
            return m_engine.get();
        });
    session->start(arguments.request, arguments.options);
}

// An engine of our own, once it is sure that its runs can be recorded.
Result<void> RunCommand::makeLocal()
{
    if (m_auditor) {
        if (auto opened = m_auditor->open(); !opened)
            return opened;
    }
    m_engine = m_local();
    return {};
}

// What the background engine runs, it records itself.
void RunCommand::audited(Run *run, const RunRequest &request, const RunOptions &options)
{
    if (qobject_cast<LocalEngine *>(m_engine.get()))
        m_auditor->watch(run, request, options, {audit::currentUser(), {}}, request.runtime);
}

} // namespace isol8::cli
