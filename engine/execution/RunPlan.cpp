// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/execution/RunPlan.h>

#include <isol8/execution/CompileCache.h>
#include <isol8/execution/Validate.h>
#include <isol8/guest/door.h>
#include <isol8/remotecode/CodeUrl.h>

#include <QCryptographicHash>
#include <QSet>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8 {

namespace {

constexpr QStringView SandboxPath =
    u"/sandbox/.local/bin:/sandbox/node_modules/.bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
constexpr QStringView SetupScriptPath = u"/tmp/.isol8-setup.sh";
constexpr QStringView ImageScriptPath = u"/tmp/.isol8-image-setup.sh";

std::string toStd(const QString &text)
{
    return text.toStdString();
}

// What every program finds in its environment; the runtime's, the request's and the secrets go over it in that order.
QMap<QString, QString> baseEnvironment(const QString &workdir, bool pty)
{
    QMap<QString, QString> env{{u"PATH"_s, SandboxPath.toString()},
                               {u"HOME"_s, u"/sandbox"_s},
                               {u"USER"_s, u"sandbox"_s},
                               {u"LOGNAME"_s, u"sandbox"_s},
                               {u"SHELL"_s, u"/bin/bash"_s},
                               {u"LANG"_s, u"C.UTF-8"_s},
                               {u"TMPDIR"_s, u"/tmp"_s},
                               {u"PWD"_s, workdir}};
    if (pty)
        env.insert(u"TERM"_s, u"xterm-256color"_s);
    return env;
}

// How programs find the door: each kind of client looks for another name. Plain HTTP to it, also for all_proxy: clients
// that take a SOCKS proxy from there fail where they lack a library for it.
QMap<QString, QString> proxyEnvironment(const Runtime &runtime)
{
    const QString door = u"http://127.0.0.1:%1"_s.arg(guest::DoorPort);
    const QString direct = u"localhost,127.0.0.1,::1"_s;
    QMap<QString, QString> env = runtime.proxyEnv;
    for (const QString &name : {u"http_proxy"_s, u"https_proxy"_s, u"all_proxy"_s}) {
        env.insert(name, door);
        env.insert(name.toUpper(), door);
    }
    env.insert(u"no_proxy"_s, direct);
    env.insert(u"NO_PROXY"_s, direct);
    return env;
}

// The configuration's list and the request's stay apart, so that each is one that has been compiled before.
Result<egress::HostRules> planRules(const Config::NetworkRules &rules, const Config &config, const RunOptions &options)
{
    return egress::HostRules::compile({rules.whitelist, options.confined ? config.network.whitelist : QStringList(),
                                       config.network.blacklist, rules.allowPrivate, rules.ports,
                                       options.blacklist.value_or(QStringList())});
}

egress::GateLimits doorLimits(const Config::NetworkRules &rules)
{
    egress::GateLimits limits;
    limits.connections = rules.maxConnections;
    limits.connectionsInAll = rules.maxTotalConnections;
    limits.bytes = rules.maxBytes;
    limits.idle = rules.idleTimeout;
    return limits;
}

// The name that the program's file gets in /sandbox, as long as it is free.
QString preferredFile(const RunRequest &request, const Runtime &runtime)
{
    if (!request.fileName.isEmpty() && request.fileExtension.isEmpty())
        return u"/sandbox/"_s + request.fileName;
    QString extension = request.fileExtension.isEmpty() ? runtime.inlineExtension : request.fileExtension;
    if (extension.isEmpty() && !runtime.extensions.isEmpty())
        extension = runtime.extensions.first();
    if (!extension.isEmpty() && !extension.startsWith(u'.'))
        extension.prepend(u'.');
    const qsizetype name = request.fileName.lastIndexOf(u'/') + 1;
    const QString base = request.fileName.isEmpty()
                             ? u"main"_s
                             : request.fileName.left(name) + request.fileName.sliced(name).section(u'.', 0, 0);
    return u"/sandbox/"_s + base + extension;
}

// Whether request.files holds the program itself, too.
bool holdsProgram(const RunRequest &request, const QString &path)
{
    return std::any_of(request.files.begin(), request.files.end(), [&](const InputFile &file) {
        return request.code == file.content && sandboxPath(file.path) == path;
    });
}

bool mentions(const QStringList &command, QStringView placeholder)
{
    return std::any_of(command.begin(), command.end(), [&](const QString &item) { return item.contains(placeholder); });
}

bool isAtOrBelow(const QString &path, QString place)
{
    if (!place.endsWith(u'/'))
        place += u'/';
    return QString(path + u'/').startsWith(place);
}

// Whether the program starts just as a waiting interpreter would have started it.
bool fitsWaiting(const Runtime &runtime, const RunRequest &request, const RunOptions &options, const QString &file,
                 const QList<InputFile> &uploads)
{
    if (!runtime.warmUp || options.pty || !runtime.compile.isEmpty() || file.size() > runtime.warmUp->file.size() ||
        request.fileName.contains(u'/'))
        return false;
    for (const QString &place : runtime.warmUp->coldFiles) {
        if (std::any_of(uploads.begin(), uploads.end(),
                        [&](const InputFile &upload) { return isAtOrBelow(upload.path, place); }))
            return false;
    }
    const QStringList names = request.env.keys() + options.secrets.keys();
    return std::none_of(names.begin(), names.end(), [&](const QString &name) {
        const QStringList &cold = runtime.warmUp->cold;
        return std::any_of(cold.begin(), cold.end(), [&](const QString &start) { return name.startsWith(start); });
    });
}

// A program that is useless without a network is not started without one. Pure bash in its image may be.
Result<void> refuseWithoutNetwork(const RunRequest &request, const Runtime &runtime, const ResolvedOptions &options)
{
    if (!runtime.needsNetwork || !request.cmd.isEmpty())
        return {};
    if (options.network == Network::None)
        return fail(
            errors::BadRequest,
            u"The runtime %1 needs a network: allow it the hosts that it talks to, such as --net filtered --allow 'api.example.com'."_s
                .arg(runtime.name));
    if (options.network == Network::Filtered && options.networkRules.whitelist.isEmpty())
        return fail(
            errors::BadRequest,
            u"The runtime %1 needs a rule for each host that it talks to when its network is filtered, such as --allow 'api.example.com'."_s
                .arg(runtime.name));
    return {};
}

Result<void> refuseWhatIsNotThere(const RunOptions &asked)
{
    const auto no = [](const QString &what) { return fail(errors::NotAllowed, what); };
    if (asked.persist && isPersistent(asked))
        return no(u"A session's container ends with the session; leave out persist."_s);
    return {};
}

Result<void> checkHash(const RunRequest &request)
{
    if (request.codeHash.isEmpty() || !request.code)
        return {};
    const QByteArray hash = QCryptographicHash::hash(*request.code, QCryptographicHash::Sha256).toHex();
    if (request.codeHash.toLower().toLatin1() == hash)
        return {};
    return fail(errors::RemoteCodeHashMismatch,
                u"The code has another SHA-256 than the one given (codeHash), %1; it is not run."_s.arg(
                    QString::fromLatin1(hash)));
}

std::vector<std::string> toList(const QMap<QString, QString> &env)
{
    std::vector<std::string> list;
    for (auto it = env.cbegin(); it != env.cend(); ++it)
        list.push_back(toStd(it.key()) + '=' + toStd(it.value()));
    return list;
}

guest::RunMessage message(const QStringList &argv, const QMap<QString, QString> &env, const QString &workdir)
{
    guest::RunMessage run;
    for (const QString &item : argv)
        run.argv.push_back(toStd(item));
    run.env = toList(env);
    run.cwd = toStd(workdir);
    return run;
}

SandboxSpec makeSpec(const Runtime &runtime, const QString &image, const ResolvedOptions &options,
                     const QByteArray &profile)
{
    SandboxSpec spec;
    spec.image = image;
    spec.runtime = runtime.name;
    spec.network = options.network;
    spec.memory = options.memoryLimit;
    spec.cpus = options.cpuLimit;
    spec.pids = options.pidsLimit;
    spec.sandboxSize = options.sandboxSize;
    spec.tmpSize = options.tmpSize;
    spec.readonlyRoot = options.readonlyRootFs;
    spec.seccomp = options.seccomp;
    spec.seccompProfile = profile;
    spec.isolation = options.isolation;
    return spec;
}

} // namespace

QString programPath(const RunRequest &request, const Runtime &runtime)
{
    const QString preferred = preferredFile(request, runtime);
    const QString folder = preferred.left(preferred.lastIndexOf(u'/') + 1);
    QSet<QString> taken; // names in that folder
    for (const InputFile &file : request.files) {
        const auto path = sandboxPath(file.path);
        if (path && path->startsWith(folder) && !(*path == preferred && request.code == file.content))
            taken.insert(path->sliced(folder.size()).section(u'/', 0, 0));
    }
    const QString name = preferred.sliced(folder.size());
    const qsizetype dot = name.lastIndexOf(u'.') > 0 ? name.lastIndexOf(u'.') : name.size();
    QString free = name;
    for (int number = 1; taken.contains(free); ++number)
        free = name.left(dot) + u'_' + QString::number(number) + name.sliced(dot);
    return folder + free;
}

QString programName(const RunRequest &request)
{
    if (!request.fileName.isEmpty() || request.codeUrl.isEmpty())
        return request.fileName;
    const auto url = remotecode::CodeUrl::parse(request.codeUrl);
    return url ? url->fileName() : QString();
}

bool isPersistent(const RunOptions &options)
{
    return options.mode == RunMode::Persistent || !options.sessionId.isEmpty();
}

Result<Runtime> chooseRuntime(const RunRequest &request, const RuntimeRegistry &runtimes)
{
    if (!request.runtime.isEmpty())
        return runtimes.byName(request.runtime);
    if (!request.cmd.isEmpty())
        return runtimes.byName(u"bash");
    const bool isFetched = !request.codeUrl.isEmpty();
    const QString name = programName(request);
    if (!name.isEmpty() && !(isFetched && !request.fileExtension.isEmpty()))
        return runtimes.byFileName(name);
    if (isFetched && request.fileExtension.isEmpty())
        return fail(errors::UnknownRuntime,
                    u"The URL of the code does not end in a file's name, which would tell its language; say which by "
                    u"--runtime (runtime)."_s);
    if (!request.fileExtension.isEmpty())
        return runtimes.byFileName(QString(u"main"_s + request.fileExtension));
    return runtimes.byName(u"python");
}

Result<RunPlan> planRun(const RunRequest &request, const RunOptions &options, const PlanContext &context)
{
    if (const auto valid = validate(request); !valid)
        return fail(valid.error());
    if (const auto valid = validate(options); !valid)
        return fail(valid.error());
    if (const auto valid = checkHash(request); !valid)
        return fail(valid.error());
    const auto runtime = chooseRuntime(request, context.runtimes);
    if (!runtime)
        return fail(runtime.error());
    InstallPlan install;
    if (!request.installPackages.isEmpty()) {
        auto planned = planInstall(*runtime, request.installPackages);
        if (!planned)
            return fail(planned.error());
        install = std::move(*planned);
    }

    RunPlan plan;
    const ResolvedOptions resolved =
        resolve(request, options, *runtime, context.config, context.limits, context.hostCpus);
    plan.limited = resolved.limited;
    if (const auto useful = refuseWithoutNetwork(request, *runtime, resolved); !useful)
        return fail(useful.error());
    const RunImage image = chooseImage(options.image, *runtime, request.installPackages, context.images);
    plan.dependsOnImages = image.depends && !context.images;
    if (options.ownImagesOnly && context.images && !image.isOwn)
        return fail(
            errors::NotAllowed,
            u"options.image must be one of isol8's own images, by its name: one that isol8 setup or isol8 build "
            "made."_s);
    if (image.hasPackages && !request.installPackages.isEmpty()) {
        plan.imageName = image.name;
        install = {};
    }
    if (!install.argv.isEmpty() && resolved.network == Network::Host)
        return fail(errors::NotAllowed, u"Packages are installed through isol8's door, which a sandbox on the host's "
                                        "network has not; leave network at none, or make it filtered."_s);
    if (const auto possible = refuseWhatIsNotThere(options); !possible)
        return fail(possible.error());
    const auto profile = seccompProfile(resolved.seccomp, resolved.customProfilePath);
    if (!profile)
        return fail(profile.error());
    plan.runtime = runtime->name;
    plan.spec = makeSpec(*runtime, image.image, resolved, *profile);
    plan.spec.keep = options.persist;
    if (const auto checked = checkSpec(plan.spec); !checked)
        return fail(checked.error());
    if (resolved.network == Network::Filtered) {
        auto rules = planRules(resolved.networkRules, context.config, options);
        if (!rules)
            return fail(rules.error());
        plan.network.rules = std::move(*rules);
    }
    plan.network.limits = doorLimits(resolved.networkRules);
    plan.timeout = resolved.timeout;
    plan.maxOutput = resolved.maxOutputSize;

    QList<QByteArray> secrets;
    for (const QString &secret : options.secrets)
        secrets.append(secret.toUtf8());
    auto patterns = SecretPatterns::compile(secrets);
    if (!patterns)
        return fail(patterns.error());
    plan.secrets = std::move(*patterns);
    plan.secretValues = secrets;

    const auto workdir = request.workdir.isEmpty() ? Result<QString>(u"/sandbox"_s) : sandboxPath(request.workdir);
    if (!workdir)
        return fail(workdir.error());
    if (*workdir != u"/sandbox" && *workdir != u"/tmp")
        plan.directories.append(*workdir);
    for (const InputFile &file : request.files) {
        const auto path = sandboxPath(file.path);
        if (!path)
            return fail(path.error());
        if (file.path.endsWith(u'/'))
            plan.folders.append({*path, {}, file.mode, file.mtimeMs});
        else
            plan.uploads.append({*path, file.content, file.mode, file.mtimeMs});
    }
    // The deepest first: one that shuts its owner out is shut last.
    std::sort(plan.folders.begin(), plan.folders.end(),
              [](const InputFile &a, const InputFile &b) { return a.path > b.path; });
    for (const QString &pattern : request.outputPaths) {
        const auto path = sandboxPath(pattern);
        if (!path)
            return fail(path.error());
        plan.outputPaths.append(*path);
    }

    QMap<QString, QString> env = baseEnvironment(*workdir, options.pty);
    env.insert(runtime->env);
    env.insert(image.env);
    env.insert(request.env);
    env.insert(options.secrets);
    if (plan.network.rules)
        env.insert(proxyEnvironment(*runtime)); // whatever the request says

    const bool isSession = isPersistent(options);
    // What is evaluated by the session's own interpreter has that one's streams.
    if (isSession && options.pty && request.cmd.isEmpty())
        return fail(
            errors::BadRequest,
            u"A session's programs have no terminal, only commands do (--cmd); leave out --persistent, or -t."_s);
    const bool canLive = request.cmd.isEmpty() && !runtime->live.isEmpty() && runtime->compile.isEmpty();
    if (options.results && !canLive)
        return fail(errors::BadRequest,
                    u"Only programs in python, node, bun, deno and bash have values to show; leave out results."_s);
    if (options.results && options.pty)
        return fail(errors::BadRequest, u"A program in a terminal has no values to show; leave out results, or -t."_s);
    plan.live = canLive && (isSession || options.results);
    const auto addStep = [&](Phase phase, const QString &title, const QStringList &argv) {
        RunStep step{phase, message(argv, env, *workdir), title};
        if (options.pty && phase == Phase::Code) {
            step.message.flags |= guest::RunMessage::Pty;
            step.message.columns = quint32(options.ptySize.width());
            step.message.rows = quint32(options.ptySize.height());
        }
        plan.steps.append(step);
    };
    const auto addScript = [&](const QString &title, QStringView path, const QString &script) {
        if (script.isEmpty())
            return;
        plan.uploads.append({path.toString(), script.toUtf8(), 0644});
        addStep(Phase::Setup, title, {u"bash"_s, path.toString()});
        plan.steps.last().message.cwd = "/sandbox";
    };
    addScript(u"The image's setup script"_s, ImageScriptPath, image.setupScript);
    if (!image.setupScript.isEmpty())
        plan.steps.last().once = true;
    if (!install.argv.isEmpty()) {
        plan.packages = request.installPackages;
        plan.steps.append({Phase::Setup, installerMessage(*runtime, install),
                           u"Installing "_s + request.installPackages.join(u", "_s).left(200), true});
    }
    addScript(u"The setup script"_s, SetupScriptPath, request.setupScript);
    if (!request.cmd.isEmpty()) {
        addStep(Phase::Code, u"The command"_s, QStringList{u"bash"_s, u"-c"_s, request.cmd, u"isol8"_s} + request.args);
    } else {
        const QString file = programPath(request, *runtime);
        const QByteArray code = request.code.value_or(QByteArray());
        const bool uploaded = holdsProgram(request, file);
        const bool isFile =
            !uploaded && (mentions(runtime->command, u"{file}") || mentions(runtime->compile, u"{file}"));
        const bool alone = plan.steps.isEmpty() && runtime->compile.isEmpty();
        const qsizetype setups = plan.steps.size();
        plan.mayWait = !plan.live && !isSession && !options.runtimes && alone && image.env.isEmpty() &&
                       fitsWaiting(*runtime, request, options, file, plan.uploads);
        if (const QString folder = file.left(file.lastIndexOf(u'/')); folder != u"/sandbox" && isFile)
            plan.directories.append(folder);
        if (!runtime->compile.isEmpty()) {
            addStep(Phase::Setup, u"Compiling"_s, expandCommand(runtime->compile, {file, {}, {}, {}, {}}));
            plan.steps.last().compiles = true;
            // A custom image has its id here. Secrets, other files and a network could make another program of it.
            if (plan.steps.size() == 1 && request.files.isEmpty() && options.secrets.isEmpty() && !plan.network.rules &&
                plan.spec.image.startsWith(u"sha256:") && mentions(runtime->compile, u"{file}.out")) {
                plan.compiledFile = file + u".out";
                plan.compiledKey = CompileCache::key(plan.spec.image, plan.steps.last().message, code);
            }
        }
        addStep(Phase::Code, u"The program"_s,
                plan.live ? runtime->live
                          : expandCommand(runtime->command,
                                          {file, QString::fromUtf8(code), request.args, request.agentFlags, {}}));
        guest::RunMessage &last = plan.steps.last().message;
        if (std::any_of(last.argv.begin(), last.argv.end(),
                        [](const std::string &item) { return item.size() > std::size_t(MaxArgumentSize); }))
            return fail(
                errors::BadRequest,
                u"The code is longer than 128 KiB, which the runtime %1 cannot take; put what is long into files."_s
                    .arg(runtime->name));
        if (!request.args.isEmpty() && !mentions(runtime->command, u"{args}"))
            return fail(errors::BadRequest,
                        u"The runtime %1 takes no arguments; write them into the code."_s.arg(runtime->name));
        if (plan.live) {
            QMap<QString, QString> liveEnv = baseEnvironment(u"/sandbox"_s, false);
            liveEnv.insert(runtime->env);
            liveEnv.insert(image.env);
            QMap<QString, QString> runEnv = request.env;
            runEnv.insert(options.secrets);
            if (plan.network.rules) {
                const QMap<QString, QString> proxy = proxyEnvironment(*runtime);
                liveEnv.insert(proxy);
                for (const QString &name : proxy.keys())
                    runEnv.remove(name);
            }
            last.flags |= guest::RunMessage::Live;
            last.env = toList(liveEnv);
            last.cwd = "/sandbox";
            last.liveArgv.push_back(toStd(file));
            for (const QString &argument : request.args)
                last.liveArgv.push_back(toStd(argument));
            last.liveEnv = toList(runEnv);
            if (!request.workdir.isEmpty())
                last.liveCwd = toStd(*workdir);
        }
        // The file comes with the message that starts the program, unless that is too large for one.
        const size_t told = last.encode().size() + toStd(file).size() + size_t(code.size());
        if (isFile && alone && !plan.live && told <= guest::MaxPayload) {
            last.file = toStd(file);
            last.content = code.toStdString();
        } else if (isFile && setups > 0) {
            plan.steps[setups].files = {{file, code, 0644}};
        } else if (isFile) {
            plan.uploads.append({file, code, 0644});
        }
    }
    if (isSession) {
        for (RunStep &step : plan.steps)
            step.message.flags |= guest::RunMessage::KeepOthers;
    }
    if (plan.steps.last().message.encode().size() > guest::MaxPayload)
        return fail(
            errors::BadRequest,
            u"Arguments, environment and secrets together are larger than 256 KiB; pass large data as files or stdin."_s);
    return plan;
}

// The installer is the runtime's, not the request's: neither its variables nor secrets are for it.
guest::RunMessage installerMessage(const Runtime &runtime, const InstallPlan &install)
{
    QMap<QString, QString> env = baseEnvironment(u"/sandbox"_s, false);
    env.insert(runtime.env);
    env.insert(install.env);
    env.insert(proxyEnvironment(runtime));
    return message(install.argv, env, u"/sandbox"_s);
}

guest::RunMessage waitingInterpreter(const Runtime &runtime, Network network, bool forks)
{
    if (!runtime.warmUp)
        return {};
    forks = forks && !runtime.warmUp->forkEnv.isEmpty();
    QMap<QString, QString> env = baseEnvironment(u"/sandbox"_s, false);
    env.insert(runtime.env);
    if (network == Network::Filtered)
        env.insert(proxyEnvironment(runtime));
    env.insert(runtime.warmUp->env);
    if (forks)
        env.insert(runtime.warmUp->forkEnv);
    guest::RunMessage waiting =
        message(expandCommand(runtime.command, {runtime.warmUp->file, {}, {}, {}, {}}), env, u"/sandbox"_s);
    waiting.flags = forks ? quint32(guest::RunMessage::Forks) : 0;
    return waiting;
}

Result<SandboxSpec> defaultSpec(const QString &name, const PlanContext &context)
{
    const auto runtime = context.runtimes.byName(name);
    if (!runtime)
        return fail(runtime.error());
    const ResolvedOptions resolved = resolve({}, {}, *runtime, context.config, context.limits, context.hostCpus);
    if (const auto useful = refuseWithoutNetwork({}, *runtime, resolved); !useful)
        return fail(useful.error());
    const auto profile = seccompProfile(resolved.seccomp, resolved.customProfilePath);
    if (!profile)
        return fail(profile.error());
    return makeSpec(*runtime, chooseImage({}, *runtime, {}, context.images).image, resolved, *profile);
}

} // namespace isol8
