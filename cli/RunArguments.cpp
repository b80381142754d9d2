// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/RunArguments.h>

#include <cli/CodeLocation.h>
#include <cli/FileCollector.h>
#include <cli/RunSource.h>
#include <cli/SetupScript.h>
#include <cli/Terminal.h>
#include <isol8/base/ShellWords.h>
#include <isol8/execution/FieldReader.h>
#include <isol8/execution/RunPlan.h>
#include <isol8/execution/Validate.h>
#include <isol8/session/Session.h>
#include <isol8/snapshot/SnapshotStore.h>

#include <QFile>
#include <QFileInfo>

#include <cmath>

using namespace Qt::StringLiterals;

namespace isol8::cli {

namespace {

constexpr qint64 MaxStdin = 64 * MiB;

tl::unexpected<Error> usage(const QString &sentence)
{
    return fail(errors::BadRequest, sentence);
}

// "K=V", or "K" from the environment.
Result<QMap<QString, QString>> variables(const QString &flag, const QStringList &items,
                                         const QProcessEnvironment &environment)
{
    QMap<QString, QString> map;
    for (const QString &item : items) {
        const qsizetype equals = item.indexOf(u'=');
        const QString name = item.left(equals < 0 ? item.size() : equals);
        if (name.isEmpty())
            return usage(u"%1 needs a name: %1 NAME=VALUE, or %1 NAME to take it from the environment."_s.arg(flag));
        if (map.contains(name))
            return usage(u"%1 %2 is given more than once; give it once."_s.arg(flag, name.left(64)));
        if (equals < 0 && !environment.contains(name))
            return usage(u"%1 %2: there is no such variable in the environment; set it, or write %1 %2=VALUE."_s.arg(
                flag, name.left(64)));
        map.insert(name, equals < 0 ? environment.value(name) : item.sliced(equals + 1));
    }
    return map;
}

template<class T> Result<void> readWith(Result<T> (*parse)(QStringView), const QString &flag, const CLI::Option *option,
                                        std::optional<T> *field)
{
    if (!given(option))
        return {};
    const auto parsed = parse(text(option));
    if (!parsed)
        return fail(parsed.error().code, u"%1: %2"_s.arg(flag, parsed.error().message));
    *field = *parsed;
    return {};
}

} // namespace

Result<RunArguments> RunFlags::read(const QStringList &programArguments, const RunSurroundings &surroundings) const
{
    RunArguments arguments;
    arguments.stream = !given(m_noStream);
    arguments.outFile = text(m_out);
    arguments.json = given(m_json);
    arguments.interactive = given(m_interactive);
    arguments.terminal = given(m_terminal);
    arguments.options.results = given(m_results);
    arguments.namedSession = given(m_sessionId);
    if (given(m_persistent) || given(m_sessionId))
        arguments.options.mode = RunMode::Persistent;
    arguments.options.sessionId = text(m_sessionId);
    if (given(m_sessionId) && !isSessionId(arguments.options.sessionId))
        return usage(u"--session-id needs a name: 1 to 64 letters, digits, dots, dashes or underscores."_s);
    arguments.options.snapshot = text(m_fromSnapshot);
    if (given(m_fromSnapshot) && arguments.options.mode != RunMode::Persistent)
        return usage(
            u"A snapshot is what a session begins with; add --persistent or --session-id to --from-snapshot."_s);
    if (given(m_fromSnapshot) && !SnapshotStore::checkName(arguments.options.snapshot))
        return usage(u"--from-snapshot needs the name of one; isol8 session snapshots lists them."_s);
    if (arguments.options.mode == RunMode::Persistent && arguments.terminal && !given(m_cmd))
        return usage(
            u"A session's programs have no terminal, only commands do (--cmd, isol8 shell); leave out --tty, or "
            u"--persistent and --session-id."_s);
    if (given(m_persist) && arguments.options.mode == RunMode::Persistent)
        return usage(u"A session's container ends with the session; leave out --persist, or --persistent and "
                     u"--session-id."_s);
    if (surroundings.isElsewhere) {
        if (auto fine = checkElsewhere(); !fine)
            return fail(fine.error());
    }
    if (given(m_out) && arguments.outFile.isEmpty())
        return usage(u"--out needs a file's name."_s);
    if (arguments.json && given(m_out))
        return usage(u"Give only one of --json and --out; the result has stdout in it."_s);
    arguments.recordFile = text(m_record);
    if (given(m_record) && arguments.recordFile.isEmpty())
        return usage(u"--record needs a file's name."_s);
    if (given(m_record) && (arguments.interactive || arguments.terminal || isPersistent(arguments.options)))
        return usage(u"--record is for runs that can be repeated: without --interactive, --tty and sessions."_s);
    if (m_isShell)
        arguments.terminal = arguments.interactive = true;
    if (arguments.json && (arguments.interactive || arguments.terminal))
        return usage(u"--json waits for the end of the run; it cannot go with --interactive or --tty."_s);
    if (auto done = readLimits(&arguments.options); !done)
        return fail(done.error());
    // What stands on the command line is checked before anything is read.
    if (auto done = readInputs(surroundings, &arguments); !done)
        return fail(done.error());
    if (auto done = readProgram(programArguments, surroundings, &arguments); !done)
        return fail(done.error());
    readTerminal(surroundings, &arguments);
    if (given(m_files)) {
        auto collected = collectFiles(text(m_files));
        if (!collected)
            return fail(collected.error().code, u"--files: "_s + collected.error().message);
        arguments.request.files = std::move(collected->files);
        // The program among them is the program as it is read.
        for (InputFile &input : arguments.request.files) {
            if (arguments.request.code && input.path == u"/sandbox/"_s + arguments.request.fileName)
                input.content = *arguments.request.code;
        }
        arguments.notes = collected->notes;
    }
    if (auto valid = validate(arguments.request); !valid)
        return fail(valid.error());
    if (auto valid = validate(arguments.options); !valid)
        return fail(valid.error());
    return arguments;
}

// What makes no sense where Docker is not this machine's.
Result<void> RunFlags::checkElsewhere() const
{
    if (given(m_persist))
        return usage(u"--persist keeps a container where it runs, and nobody can look into it from here; use "
                     u"--session-id with --host, and isol8 session files and get."_s);
    return {};
}

Result<void> RunFlags::readProgram(const QStringList &programArguments, const RunSurroundings &surroundings,
                                   RunArguments *arguments) const
{
    if (m_isShell)
        return readShell(programArguments, surroundings, arguments);
    RunRequest &request = arguments->request;
    const QString file = text(m_file);
    request.args = programArguments;
    const QStringList sources = givenSources();
    if (sources.size() > 1)
        return usage(u"Give only one of %1 and %2."_s.arg(sources[0], sources[1]));
    if (!sources.isEmpty() && given(m_file))
        return usage(u"Give either %1 or the file \"%2\"; arguments for the program stand behind --."_s.arg(
            sources[0], file.left(64)));
    const bool isFetched = given(m_url) || given(m_github) || given(m_gist);
    for (const auto &[option, name] :
         {std::pair{m_hash, u"--hash"_s}, std::pair{m_insecure, u"--allow-insecure-code-url"_s}}) {
        if (given(option) && !isFetched)
            return usage(u"%1 goes with --url, --github or --gist."_s.arg(name));
    }

    if (given(m_file) && file.isEmpty())
        return usage(u"The program's file has no name; name it, or give the program by --eval or on stdin."_s);

    QString runtimeName = text(m_runtime);
    if (given(m_runtime) && runtimeName.isEmpty())
        return usage(u"--runtime needs a name, one of %1."_s.arg(surroundings.registry->names().join(u", "_s)));
    if (isFetched)
        return readUrl(surroundings, &request);
    if (given(m_file) && file != u"-") {
        auto program = cli::readProgram(file, runtimeName, *surroundings.registry);
        if (!program)
            return fail(program.error());
        request.code = program->code;
        request.fileName = program->name;
        if (given(m_files) && !program->name.isEmpty()) {
            if (const QString place = placeBelow(text(m_files), file); !place.isEmpty())
                request.fileName = place;
        }
        request.runtime = program->runtime.name;
        return {};
    }
    const bool open = isRuntimeOpen();
    if (runtimeName.isEmpty())
        runtimeName = given(m_cmd) ? u"bash"_s : u"python"_s;
    const auto runtime = surroundings.registry->byName(runtimeName);
    if (!runtime)
        return fail(runtime.error());
    request.runtime = open ? QString() : runtime->name;
    if (given(m_eval)) {
        request.code = bytes(m_eval);
    } else if (given(m_cmd)) {
        request.cmd = text(m_cmd);
        if (request.cmd.trimmed().isEmpty())
            return usage(u"--cmd is empty; there is nothing to run."_s);
        if (!request.args.isEmpty())
            return usage(u"--cmd takes no arguments; write them into the command."_s);
    } else if (arguments->terminal && surroundings.stdinIsTerminal && !given(m_file) && !given(m_stdin)) {
        return readRepl(*runtime, arguments);
    } else {
        if (arguments->interactive || text(m_stdin) == u"-")
            return usage(u"stdin cannot be both the program and its input; give the program as FILE or --eval."_s);
        const bool vowel = QStringView(u"aeiou").contains(runtime->name.front());
        auto code =
            surroundings.readStdin(MaxCodeSize, u"%1 %2 program"_s.arg(vowel ? u"an"_s : u"a"_s, runtime->name));
        if (!code)
            return fail(code.error());
        request.code = withoutMark(*code);
    }
    return {};
}

// It is then the session's, or its snapshot's.
bool RunFlags::isRuntimeOpen() const
{
    return !given(m_runtime) && (given(m_sessionId) || given(m_fromSnapshot));
}

Result<void> RunFlags::readShell(const QStringList &command, const RunSurroundings &surroundings,
                                 RunArguments *arguments) const
{
    const auto runtime = surroundings.registry->byName(given(m_runtime) ? text(m_runtime) : u"bash"_s);
    if (!runtime)
        return fail(runtime.error());
    RunRequest &request = arguments->request;
    request.runtime = isRuntimeOpen() ? QString() : runtime->name;
    if (!command.isEmpty()) {
        request.cmd = u"exec "_s + quoteShellWords(command);
        return {};
    }
    // For images whose /etc/bash.bashrc has none. A variable would be lost: a bash that runs a command drops it.
    const QString prompt = request.env.value(u"PS1"_s, u"\\u@\\h:\\w\\$ "_s);
    request.cmd = u"PS1=%1 exec bash"_s.arg(quoteShellWords({prompt}));
    return {};
}

Result<void> RunFlags::readRepl(const Runtime &runtime, RunArguments *arguments) const
{
    if (runtime.repl.isEmpty())
        return usage(u"The runtime %1 has no prompt of its own; give code by FILE or --eval, or open a shell by isol8 "
                     u"shell --runtime %1."_s.arg(runtime.name));
    arguments->request.cmd = u"exec "_s + quoteShellWords(runtime.repl + arguments->request.args);
    arguments->request.args.clear();
    return {};
}

// What depends on whether somebody sits there.
void RunFlags::readTerminal(const RunSurroundings &surroundings, RunArguments *arguments) const
{
    if (m_isShell && !surroundings.stdinIsTerminal)
        arguments->terminal = false; // as a script's, what comes is not typed
    RunRequest &request = arguments->request;
    const bool isTyped = arguments->terminal && surroundings.stdinIsTerminal;
    arguments->interactive = arguments->interactive || isTyped;
    request.interactiveStdin = arguments->interactive;
    if ((isTyped || m_isShell) && !given(m_timeout))
        request.timeout = milliseconds(LongestTimeoutMs);
    if (!isTyped)
        return;
    const auto variables = terminalVariables(surroundings.environment);
    for (auto it = variables.begin(); it != variables.end(); ++it) {
        if (!request.env.contains(it.key()))
            request.env.insert(it.key(), it.value());
    }
}

QStringList RunFlags::givenSources() const
{
    QStringList names;
    for (const auto &[option, name] :
         {std::pair{m_eval, u"--eval"_s}, std::pair{m_cmd, u"--cmd"_s}, std::pair{m_url, u"--url"_s},
          std::pair{m_github, u"--github"_s}, std::pair{m_gist, u"--gist"_s}}) {
        if (given(option))
            names.append(name);
    }
    return names;
}

Result<void> RunFlags::readUrl(const RunSurroundings &surroundings, RunRequest *request) const
{
    const auto url = given(m_github) ? githubUrl(text(m_github))
                     : given(m_gist) ? gistUrl(text(m_gist))
                                     : Result<QString>(text(m_url));
    if (!url)
        return fail(url.error());
    if (url->isEmpty())
        return usage(u"--url is empty; give the program's URL."_s);
    if (given(m_hash) && (bytes(m_hash).size() != 64 || QByteArray::fromHex(bytes(m_hash)).size() != 32))
        return usage(u"--hash must be a SHA-256: 64 hexadecimal digits, as sha256sum prints them."_s);
    request->codeUrl = *url;
    request->codeHash = text(m_hash);
    request->allowInsecureCodeUrl = given(m_insecure);
    request->runtime = text(m_runtime);
    if (auto valid = validate(*request); !valid)
        return valid;
    const auto runtime = chooseRuntime(*request, *surroundings.registry);
    if (!runtime)
        return fail(runtime.error());
    request->runtime = runtime->name;
    return {};
}

Result<void> RunFlags::readInputs(const RunSurroundings &surroundings, RunArguments *arguments) const
{
    RunRequest &request = arguments->request;
    auto env = variables(u"--env"_s, texts(m_env), surroundings.environment);
    if (!env)
        return fail(env.error());
    request.env = *env;
    auto secrets = variables(u"--secret"_s, texts(m_secret), surroundings.environment);
    if (!secrets)
        return fail(secrets.error());
    arguments->options.secrets = *secrets;
    if (auto valid = validate(arguments->options); !valid)
        return fail(valid.error());

    const auto agentFlags = splitShellWords(text(m_agentFlags));
    if (!agentFlags)
        return usage(u"--agent-flags: "_s + agentFlags.error().message);
    request.agentFlags = *agentFlags;

    request.installPackages = texts(m_install);
    const auto setup = readSetupScript(texts(m_setup));
    if (!setup)
        return fail(setup.error());
    request.setupScript = *setup;

    if (given(m_workdir)) {
        const auto path = sandboxPath(text(m_workdir));
        if (!path)
            return fail(path.error().code, u"--workdir: "_s + path.error().message);
        request.workdir = *path;
    }
    arguments->getPaths = texts(m_get);
    for (const QString &wanted : std::as_const(arguments->getPaths)) {
        if (const auto path = sandboxPath(wanted); !path)
            return fail(path.error().code, u"--get: "_s + path.error().message);
    }
    request.outputPaths = arguments->getPaths;

    request.interactiveStdin = arguments->interactive;
    const bool isProgram = givenSources().isEmpty() && (!given(m_file) || text(m_file) == u"-");
    if (text(m_stdin) != u"-") {
        request.stdinData = bytes(m_stdin);
    } else if (arguments->interactive) {
        return usage(u"Give only one of --stdin - and --interactive."_s);
    } else if (!isProgram) {
        auto data = surroundings.readStdin(MaxStdin, u"the program's input"_s);
        if (!data)
            return fail(data.error());
        request.stdinData = *data;
    }
    return {};
}

Result<void> RunFlags::readLimits(RunOptions *options) const
{
    if (auto r = readWith(&parseDuration, u"--timeout"_s, m_timeout, &options->timeout); !r)
        return r;
    if (auto r = readWith(&parseSize, u"--memory"_s, m_memory, &options->memoryLimit); !r)
        return r;
    if (auto r = readWith(&parseSize, u"--sandbox-size"_s, m_sandboxSize, &options->sandboxSize); !r)
        return r;
    if (auto r = readWith(&parseSize, u"--tmp-size"_s, m_tmpSize, &options->tmpSize); !r)
        return r;
    if (auto r = readWith(&parseSize, u"--max-output"_s, m_maxOutput, &options->maxOutputSize); !r)
        return r;
    if (given(m_cpu)) {
        bool ok = false;
        const double cpus = text(m_cpu).toDouble(&ok);
        if (!ok || !std::isfinite(cpus) || cpus <= 0)
            return fail(errors::BadValue,
                        u"--cpu: \"%1\" is not a number of CPUs, such as 0.5 or 2."_s.arg(text(m_cpu).left(64)));
        options->cpuLimit = cpus;
    }
    if (given(m_pids)) {
        bool ok = false;
        const int pids = text(m_pids).toInt(&ok);
        if (!ok || pids <= 0)
            return fail(errors::BadValue,
                        u"--pids-limit: \"%1\" is not a number of processes, such as 64."_s.arg(text(m_pids).left(64)));
        options->pidsLimit = pids;
    }
    if (given(m_net)) {
        options->network = networkFromString(text(m_net));
        if (!options->network)
            return usage(u"--net: \"%1\" is none of none, host and filtered."_s.arg(text(m_net).left(64)));
    }
    const bool ruled = given(m_allow) || given(m_deny);
    if (given(m_allow) && !options->network)
        options->network = Network::Filtered;
    if (ruled && options->network != Network::Filtered)
        return usage(u"--allow and --deny are for --net filtered; give that, or leave them away."_s);
    if (given(m_allow))
        options->whitelist = texts(m_allow);
    if (given(m_deny))
        options->blacklist = texts(m_deny);
    options->logNetwork = given(m_logNetwork);
    for (const auto &[option, name, field] : {std::tuple{m_image, u"--image"_s, &options->image},
                                              std::tuple{m_isolation, u"--isolation"_s, &options->isolation}}) {
        if (given(option) && text(option).isEmpty())
            return usage(u"%1 needs a name."_s.arg(name));
        *field = text(option);
    }
    options->persist = given(m_persist);
    return {};
}

} // namespace isol8::cli
