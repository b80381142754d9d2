// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/McpCommand.h>

#include <cli/BackgroundEngine.h>
#include <cli/ExitCodes.h>
#include <cli/Terminal.h>
#include <isol8/egress/HostPatterns.h>
#include <isol8/execution/LocalEngine.h>
#include <isol8/runtime/Runtime.h>

#include <QDir>
#include <QJsonDocument>
#include <QLoggingCategory>
#include <QProcessEnvironment>
#include <QTimer>

using namespace Qt::StringLiterals;

namespace isol8::cli {

namespace {

Q_LOGGING_CATEGORY(mcpLog, "isol8.mcp", QtWarningMsg)

constexpr qint64 DefaultOutput = 64 * 1024;          // more is of little use to a model
constexpr qsizetype MostUnwritten = 4 * 1024 * 1024; // of what a slow client has not taken: progress is left out then
constexpr qsizetype MostCalls = 64;
constexpr milliseconds WritingPatience{3000};

// The newest last.
const QStringList &protocolVersions()
{
    static const QStringList versions{u"2024-11-05"_s, u"2025-03-26"_s, u"2025-06-18"_s, u"2025-11-25"_s};
    return versions;
}

QString keyOf(const QJsonValue &id)
{
    return QString::fromUtf8(QJsonDocument(QJsonArray{id}).toJson(QJsonDocument::Compact));
}

QJsonObject initialized(const QJsonObject &params)
{
    const QString wanted = params.value(u"protocolVersion"_s).toString();
    const QString version = protocolVersions().contains(wanted) ? wanted : protocolVersions().constLast();
    return {
        {u"protocolVersion"_s, version},
        {u"capabilities"_s, QJsonObject{{u"tools"_s, QJsonObject{}}}},
        {u"serverInfo"_s,
         QJsonObject{{u"name"_s, u"isol8"_s}, {u"title"_s, u"isol8"_s}, {u"version"_s, u"" ISOL8_VERSION ""_s}}},
        {u"instructions"_s,
         u"Runs code that nobody needs to trust, in containers that leave nothing behind. Give run_code and run_command a session to keep files, variables and imports from one call to the next; without one everything is thrown away. Stop sessions that are no longer needed."_s}};
}

Result<void> readSize(const CLI::Option *option, const QString &name, std::optional<qint64> *field)
{
    if (!given(option))
        return {};
    const auto size = parseSize(text(option));
    if (!size)
        return fail(size.error().code, name + u": "_s + size.error().message);
    *field = *size;
    return {};
}

Result<void> readDuration(const CLI::Option *option, const QString &name, std::optional<milliseconds> *field)
{
    if (!given(option))
        return {};
    const auto duration = parseDuration(text(option));
    if (!duration)
        return fail(duration.error().code, name + u": "_s + duration.error().message);
    *field = *duration;
    return {};
}

} // namespace

McpCommand::~McpCommand() = default;

CLI::App *McpCommand::setUp(CLI::App &root)
{
    CLI::App *app = root.add_subcommand("mcp", "Let AI agents run code: a Model Context Protocol server on stdio");
    m_allow = value(app, "--allow", "HOST",
                    "A host that programs may reach, a pattern, or preset:NAME; without, the configuration's network",
                    Times::Many);
    m_deny = value(app, "--deny", "HOST", "A host that they may not reach, whatever --allow says", Times::Many);
    m_memory = value(app, "--memory", "SIZE", "Memory of each sandbox, such as 1g");
    m_cpu = value(app, "--cpu", "N", "CPUs of each sandbox, such as 0.5");
    m_timeout = value(app, "--timeout", "TIME", "How long a run may take that says nothing else, such as 30s");
    m_longest = value(app, "--max-timeout", "TIME", "What a run may ask for at most; 10m without");
    m_maxOutput = value(app, "--max-output", "SIZE", "Of stdout and of stderr, as a model gets them; 64k without");
    m_service.addTo(app);
    app->footer("Its tools: run_code, run_command, list_files, read_file, write_file, list_sessions, stop_session.\n"
                "What a model may have is said here; it cannot ask for more. Sessions live in the background engine\n"
                "where that runs (isol8 serve --local), else they end with this process. With --host, or ISOL8_HOST,\n"
                "all of it is at that service, whose limits and network hold, too.\n\n"
                "Examples:\n"
                "  isol8 mcp\n"
                "  isol8 mcp --allow preset:pypi --allow api.example.com --memory 1g\n"
                "  isol8 mcp --host https://isol8.example.com\n"
                "In a client's configuration:\n"
                "  {\"mcpServers\": {\"isol8\": {\"command\": \"isol8\", \"args\": [\"mcp\"]}}}");
    return app;
}

Result<McpPolicy> McpCommand::readPolicy() const
{
    McpPolicy policy;
    RunOptions &options = policy.options;
    options.maxOutputSize = DefaultOutput;
    std::optional<milliseconds> longest;
    for (const auto &read : {readSize(m_memory, u"--memory"_s, &options.memoryLimit),
                             readSize(m_maxOutput, u"--max-output"_s, &options.maxOutputSize),
                             readDuration(m_timeout, u"--timeout"_s, &options.timeout),
                             readDuration(m_longest, u"--max-timeout"_s, &longest)}) {
        if (!read)
            return fail(read.error());
    }
    policy.longest = longest.value_or(policy.longest);
    if (given(m_cpu)) {
        bool ok = false;
        options.cpuLimit = text(m_cpu).toDouble(&ok);
        if (!ok || !(*options.cpuLimit > 0))
            return fail(errors::BadValue,
                        u"--cpu: \"%1\" is not a number of CPUs, such as 0.5 or 2."_s.arg(text(m_cpu).left(64)));
    }
    if (given(m_allow))
        options.network = Network::Filtered;
    else if (!m_elsewhere)
        options.network = m_config.defaults.network; // a service has its own
    if (given(m_deny) && options.network != Network::Filtered)
        return fail(errors::BadRequest, u"--deny is for what --allow lets through; give that, too."_s);
    if (options.network == Network::Filtered)
        options.whitelist = given(m_allow) ? texts(m_allow) : m_config.network.whitelist;
    if (given(m_deny))
        options.blacklist = texts(m_deny);
    for (const auto &list : {options.whitelist.value_or(QStringList()), options.blacklist.value_or(QStringList())}) {
        if (const auto patterns = egress::HostPatterns::compile(list); !patterns)
            return fail(patterns.error());
    }
    const auto registry = RuntimeRegistry::builtIn().extendedBy(m_config.runtimes);
    if (!registry)
        return fail(registry.error());
    for (const Runtime &runtime : registry->all()) {
        if (!runtime.needsNetwork)
            policy.runtimes.append(runtime.name);
    }
    return policy;
}

void McpCommand::run(const CommandContext &context)
{
    if (const auto begun = begin(context); !begun)
        end(begun.error());
}

Result<void> McpCommand::begin(const CommandContext &context)
{
    const auto environment = QProcessEnvironment::systemEnvironment();
    const auto loaded = loadConfig(context.configPath, QDir::currentPath(), environment);
    if (!loaded)
        return fail(loaded.error());
    m_config = loaded->config;
    const auto service = m_service.read(environment);
    if (!service)
        return fail(service.error());
    if (*service)
        m_elsewhere = std::make_unique<remote::ServiceClient>(**service);
    auto policy = readPolicy();
    if (!policy)
        return fail(policy.error());
    m_policy = std::move(*policy);
    if (*service) {
        useService(**service);
        return {};
    }
    auto background = backgroundEngine(m_config, {}, environment);
    if (!background)
        return fail(background.error());
    if (!*background) {
        useOwnEngine();
        serve();
        return {};
    }
    m_engine = std::move(*background);
    m_engine->start({}, {this, [this](const Result<void> &ready) {
                             if (!ready) {
                                 qCDebug(mcpLog).noquote() << "no background engine:" << ready.error().message;
                                 useOwnEngine();
                             }
                             serve();
                         }});
    return {};
}

// One that is not there, or does not take the key, is told at once, and not by each call.
void McpCommand::useService(const remote::ServiceEndpoint &service)
{
    m_engine = engineOf(service);
    m_engine->start({}, {this, [this](const Result<void> &ready) {
                             if (ready)
                                 askForRuntimes();
                             else
                                 end(ready.error());
                         }});
}

// A service may have languages that are not configured here, and lack some that are.
void McpCommand::askForRuntimes()
{
    m_elsewhere->ask({"GET", "/health"}, {this, [this](const Result<QJsonObject> &health) {
                                              const QStringList names =
                                                  health ? health->value(u"images"_s).toObject().keys() : QStringList();
                                              if (!names.isEmpty())
                                                  m_policy.runtimes.clear();
                                              for (const QString &name : names) {
                                                  const auto known = RuntimeRegistry::builtIn().byName(name);
                                                  if (!known || !known->needsNetwork)
                                                      m_policy.runtimes.append(name);
                                              }
                                              serve();
                                          }});
}

void McpCommand::end(const Error &error)
{
    printError(error);
    Q_EMIT finished(exitCodeFor(error));
}

void McpCommand::useOwnEngine()
{
    if (m_engine)
        m_engine.release()->deleteLater();
    m_engine = std::make_unique<LocalEngine>(LocalEngineOptions{m_config, LimitsApplied::Configured, {}});
    m_isOwn = true;
}

void McpCommand::serve()
{
    m_signals = std::make_unique<Signals>(QList<int>{SIGINT, SIGTERM, SIGHUP});
    connect(m_signals.get(), &Signals::received, this, &McpCommand::stop);
    m_connection = std::make_unique<McpConnection>();
    connect(m_connection.get(), &McpConnection::requested, this, &McpCommand::request);
    connect(m_connection.get(), &McpConnection::notified, this,
            [this](const QString &method, const QJsonObject &params) {
                if (method == u"notifications/cancelled")
                    cancel(params);
            });
    connect(m_connection.get(), &McpConnection::closed, this, &McpCommand::stop);
    m_connection->open();
}

void McpCommand::request(const QJsonValue &id, const QString &method, const QJsonObject &params)
{
    if (method == u"initialize")
        m_connection->answer(id, initialized(params));
    else if (method == u"ping")
        m_connection->answer(id, {});
    else if (method == u"tools/list")
        m_connection->answer(id, {{u"tools"_s, mcpTools(m_policy)}});
    else if (method == u"tools/call")
        call(id, params);
    else
        m_connection->refuse(id, rpc::MethodNotFound, u"isol8 has no method %1."_s.arg(method.left(64)));
}

void McpCommand::call(const QJsonValue &id, const QJsonObject &params)
{
    const QString tool = params.value(u"name"_s).toString();
    const QJsonValue arguments = params.value(u"arguments"_s);
    const QString key = keyOf(id);
    if (!isMcpTool(tool) || !(arguments.isUndefined() || arguments.isObject()))
        return m_connection->refuse(id, rpc::InvalidParams,
                                    isMcpTool(tool) ? u"params.arguments must be an object."_s
                                                    : u"isol8 has no tool %1."_s.arg(tool.left(64)));
    if (m_calls.contains(key) || m_calls.size() >= MostCalls)
        return m_connection->refuse(id, rpc::InvalidRequest,
                                    m_calls.contains(key) ? u"A request with this id is under way."_s
                                                          : u"Too many calls are under way."_s);
    auto *call = new McpCall(m_engine.get(), m_policy, this);
    m_calls.insert(key, call);
    if (const QJsonValue token = params.value(u"_meta"_s).toObject().value(u"progressToken"_s);
        token.isString() || token.isDouble()) {
        connect(call, &McpCall::progress, this, [this, token, steps = 0](qint64, const QString &text) mutable {
            if (m_connection->pending() < MostUnwritten)
                m_connection->notify(u"notifications/progress"_s,
                                     {{u"progressToken"_s, token}, {u"progress"_s, ++steps}, {u"message"_s, text}});
        });
    }
    connect(call, &McpCall::finished, this, [this, id, key](const QJsonObject &result, bool lost) {
        m_calls.remove(key);
        m_connection->answer(id, result);
        if (lost && !m_isOwn && !m_elsewhere && m_calls.isEmpty())
            useOwnEngine(); // for what comes next
    });
    call->begin(tool, arguments.toObject());
}

// It is not answered then.
void McpCommand::cancel(const QJsonObject &params)
{
    delete m_calls.take(keyOf(params.value(u"requestId"_s)));
}

void McpCommand::stop()
{
    if (std::exchange(m_stopping, true))
        return;
    for (const QPointer<McpCall> &call : std::exchange(m_calls, {}))
        delete call;
    if (!m_isOwn)
        return leave(); // the background engine, or the service, goes on with its sessions
    m_engine->stop({this, [this](const Result<void> &) { leave(); }});
}

// What was answered is still to be written, to a client that reads.
void McpCommand::leave()
{
    if (m_connection->pending() == 0)
        return Q_EMIT finished(Success);
    const auto end = [this] { Q_EMIT finished(Success); };
    connect(m_connection.get(), &McpConnection::drained, this, end);
    QTimer::singleShot(WritingPatience, this, end);
}

} // namespace isol8::cli
