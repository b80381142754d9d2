// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/BuildCommand.h>

#include <cli/ExitCodes.h>
#include <cli/ListCustomCommand.h>
#include <cli/SetupScript.h>
#include <cli/Terminal.h>
#include <isol8/config/Config.h>

#include <QDir>
#include <QJsonArray>
#include <QJsonDocument>

#include <csignal>

using namespace Qt::StringLiterals;

namespace isol8::cli {

CLI::App *BuildCommand::setUp(CLI::App &root)
{
    CLI::App *app = root.add_subcommand("build", "Make an image of your own: a runtime with packages in it");
    m_base = value(app, "-b,--base", "python|node|bun|deno|bash|agent",
                   "The runtime that it is for; bash where only --apt and --setup are given");
    m_tag = value(app, "--tag", "NAME", "What the image is called");
    m_install = value(app, "--install", "PACKAGE", "Packages of the runtime's registry", Times::Lists);
    m_apt = value(app, "--apt", "PACKAGE", "Debian packages, and what they depend on", Times::Lists);
    m_setup = value(app, "--setup", "SCRIPT",
                    "Run this by bash before each program in it: commands, or a file that has them", Times::Many);
    m_force = flag(app, "--force", "Make it again, even where nothing has changed");
    m_json = flag(app, "--json", "Print the image as JSON");
    m_service.addTo(app);
    app->footer(
        "Packages are installed in a sandbox, which reaches the registries that this machine's npm and pip are set up\n"
        "for, and nothing else. Debian packages are fetched by this machine's apt, and installed in a container "
        "without\n"
        "a network; nothing of this machine is changed. An image is made again only when what goes into it has "
        "changed.\n\n"
        "A run finds such an image by itself when --install asks for no more than it has: nothing is installed then, "
        "and\n"
        "no network is needed. One with a setup script is used where it is named (--image).\n\n"
        "Examples:\n"
        "  isol8 build --base python --install numpy pandas --tag data\n"
        "  isol8 run --install numpy -e 'import numpy; print(numpy.arange(3))'\n"
        "  isol8 build --base node --install lodash@4 --setup 'echo ready' --tag tools\n"
        "  isol8 build --base python --apt python3-matplotlib --tag plots\n"
        "  isol8 build --apt gcc libc6-dev --tag isol8-c\n"
        "  isol8 build --host https://isol8.example.com --base python --install numpy --tag data   # with its master "
        "key");
    return app;
}

void BuildCommand::run(const CommandContext &context)
{
    if (const auto begun = begin(context); !begun) {
        printError(begun.error());
        Q_EMIT finished(exitCodeFor(begun.error()));
    }
}

Result<void> BuildCommand::begin(const CommandContext &context)
{
    m_debug = context.debug;
    m_name = text(m_tag);
    if (m_name.isEmpty())
        return fail(errors::BadRequest, u"Give the image a name: --tag NAME."_s);
    if (!given(m_base) && given(m_install))
        return fail(errors::BadRequest, u"Say which runtime the packages are for: --base python, for one."_s);
    const auto service = m_service.read(QProcessEnvironment::systemEnvironment());
    if (!service)
        return fail(service.error());
    const auto script = readSetupScript(texts(m_setup));
    if (!script)
        return fail(script.error());
    m_since.start();
    if (!*service)
        return buildHere(context, *script);
    buildElsewhere(**service, *script);
    return {};
}

Result<void> BuildCommand::buildHere(const CommandContext &context, const QString &script)
{
    const auto config = loadConfig(context.configPath, QDir::currentPath(), QProcessEnvironment::systemEnvironment());
    if (!config)
        return fail(config.error());
    const auto runtimes = RuntimeRegistry::builtIn().extendedBy(config->config.runtimes);
    if (!runtimes)
        return fail(runtimes.error());
    const auto runtime = runtimes->byName(baseName());
    if (!runtime)
        return fail(runtime.error());
    const auto endpoint = docker::Endpoint::discover(QProcessEnvironment::systemEnvironment());
    if (!endpoint)
        return fail(endpoint.error());
    m_client = std::make_unique<docker::Client>(*endpoint);
    m_build = std::make_unique<ImageBuild>(m_client.get(),
                                           CustomRecipe{m_name, runtime->name, texts(m_install), texts(m_apt), script},
                                           *runtime, given(m_force));
    follow(m_build.get());
    m_build->start();
    return {};
}

void BuildCommand::buildElsewhere(const remote::ServiceEndpoint &service, const QString &script)
{
    const QJsonObject recipe{{u"tag"_s, m_name},
                             {u"runtime"_s, baseName()},
                             {u"installPackages"_s, QJsonArray::fromStringList(texts(m_install))},
                             {u"aptPackages"_s, QJsonArray::fromStringList(texts(m_apt))},
                             {u"setupScript"_s, script},
                             {u"force"_s, given(m_force)}};
    m_elsewhere = std::make_unique<BuildElsewhere>(service, recipe);
    follow(m_elsewhere.get());
}

template<class Build> void BuildCommand::follow(Build *build)
{
    connect(build, &Build::progress, this,
            [this](const QString &sentence, int percent) { m_line.show(m_name, sentence, percent); });
    connect(build, &Build::log, this, [this](const QString &line) {
        if (m_debug)
            m_line.say(line);
    });
    connect(build, &Build::finished, this, &BuildCommand::end);
    m_signals = std::make_unique<Signals>();
    connect(m_signals.get(), &Signals::received, this, [build](int number) {
        if (number != SIGWINCH)
            build->cancel();
    });
}

void BuildCommand::end(const Error &error)
{
    m_line.say({});
    if (!error.code.isEmpty()) {
        printError(error.code == errors::ImageFailed ? Error{error.code, error.message, {}} : error);
        if (!error.detail.isEmpty() && error.code == errors::ImageFailed && !m_debug)
            printNote(error.detail.trimmed());
        Q_EMIT finished(error.code == errors::Cancelled ? int(Interrupted) : int(exitCodeFor(error)));
    } else if (m_elsewhere) {
        report(m_elsewhere->wasBuilt(), m_elsewhere->image().value(u"size"_s).toInteger(), m_elsewhere->image());
    } else {
        const CustomImage &image = m_build->image();
        report(m_build->wasBuilt(), image.size, imageObject(image, fullImageName(m_name)));
    }
}

void BuildCommand::report(bool built, qint64 size, QJsonObject image)
{
    const QString took = built ? u", "_s + formatDuration(milliseconds(m_since.elapsed())) : QString();
    printNote(u"%1 is %2 (%3%4)"_s.arg(m_name, built ? u"made"_s : u"up to date"_s, megabytes(size), took));
    if (given(m_json)) {
        image.insert(u"built"_s, built);
        if (!printData(QString::fromUtf8(QJsonDocument(image).toJson())))
            return Q_EMIT finished(Failure);
    }
    Q_EMIT finished(Success);
}

} // namespace isol8::cli
