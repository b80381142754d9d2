// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/SetupCommand.h>

#include <cli/ExitCodes.h>
#include <cli/Signals.h>
#include <cli/Terminal.h>
#include <isol8/base/Units.h>
#include <isol8/config/Config.h>

#include <QDir>
#include <QJsonDocument>
#include <QJsonObject>

#include <csignal>

#include <unistd.h>

using namespace Qt::StringLiterals;

namespace isol8::cli {

namespace {

QString levelName(CheckItem::Level level)
{
    switch (level) {
    case CheckItem::Level::Ok:
        return u"ok"_s;
    case CheckItem::Level::Advice:
        return u"advice"_s;
    case CheckItem::Level::Problem:
        return u"problem"_s;
    }
    return {};
}

} // namespace

CLI::App *SetupCommand::setUp(CLI::App &root)
{
    CLI::App *app = root.add_subcommand("setup", "Make the images that sandboxes start from");
    m_runtimes = value(app, "-r,--runtime", imageRuntimes().join(u'|').toStdString(),
                       "Only this runtime's image; may be given again", Times::Many);
    m_force = flag(app, "--force", "Make them again, even those that are up to date");
    m_json = flag(app, "--json", "Print the check-up and the images as JSON");
    m_service.addTo(app);
    app->footer("Looks at Docker first, and says what to do about what is wrong there. Images are made from Debian's "
                "slim image "
                "where a container registry answers, else from Debian packages on this machine (mmdebstrap); node, "
                "bun, deno and the agent come from npm packages. The configuration's prebuiltImages are built, too. A "
                "second setup has nothing to do.\n\n"
                "Examples:\n"
                "  isol8 setup\n"
                "  isol8 setup --runtime python --runtime bash\n"
                "  isol8 setup --force\n"
                "  isol8 setup --host https://isol8.example.com   # its images, with its master key");
    return app;
}

void SetupCommand::run(const CommandContext &context)
{
    m_debug = context.debug;
    const auto service = m_service.read(QProcessEnvironment::systemEnvironment());
    if (!service)
        return end(service.error());
    if (*service)
        return setUpElsewhere(**service);
    const auto endpoint = docker::Endpoint::discover(QProcessEnvironment::systemEnvironment());
    if (!endpoint)
        return end(endpoint.error());
    const auto config = loadConfig(context.configPath, QDir::currentPath(), QProcessEnvironment::systemEnvironment());
    if (!config)
        return end(config.error());
    auto registry = RuntimeRegistry::builtIn().extendedBy(config->config.runtimes);
    if (!registry)
        return end(registry.error());
    m_registry = std::move(*registry);
    const QStringList only = texts(m_runtimes);
    for (const CustomRecipe &recipe : prebuiltRecipes(config->config)) {
        if (only.isEmpty() || only.contains(recipe.runtime))
            m_recipes.append(recipe);
    }
    m_client = std::make_unique<docker::Client>(*endpoint);
    ImageSetup::Options options;
    options.runtimes = texts(m_runtimes);
    options.force = given(m_force);
    m_setup = std::make_unique<ImageSetup>(m_client.get(), options);
    connect(m_setup.get(), &ImageSetup::checked, this, &SetupCommand::showChecks);
    connect(m_setup.get(), &ImageSetup::progress, this, &SetupCommand::showProgress);
    connect(m_setup.get(), &ImageSetup::imageReady, this, &SetupCommand::showReady);
    connect(m_setup.get(), &ImageSetup::finished, this, [this](const Error &error) {
        if (error.code.isEmpty() && !m_recipes.isEmpty())
            buildOthers();
        else
            end(error);
    });
    connect(m_setup.get(), &ImageSetup::log, this, [this](const QString &line) {
        if (m_debug)
            say(line);
    });
    m_signals = std::make_unique<Signals>();
    connect(m_signals.get(), &Signals::received, this, [this](int number) {
        if (number == SIGWINCH)
            return;
        if (m_builds)
            m_builds->cancel();
        else
            m_setup->cancel();
    });
    m_setup->start();
}

// The service checks its Docker itself; what its own configuration wants built it builds at its start.
void SetupCommand::setUpElsewhere(const remote::ServiceEndpoint &service)
{
    m_elsewhere = std::make_unique<BuildElsewhere>(
        service,
        QJsonObject{{u"runtimes"_s, QJsonArray::fromStringList(texts(m_runtimes))}, {u"force"_s, given(m_force)}});
    connect(
        m_elsewhere.get(), &BuildElsewhere::progress, this,
        [this](const QString &sentence, int percent, const QString &image) { showProgress(image, sentence, percent); });
    connect(m_elsewhere.get(), &BuildElsewhere::imageReady, this, [this](const QJsonObject &image, bool built) {
        ImageState state;
        state.recipe.name = printable(image.value(u"runtime"_s).toString());
        state.recipe.tag = printable(image.value(u"tag"_s).toString());
        state.id = image.value(u"id"_s).toString();
        state.size = image.value(u"size"_s).toInteger();
        showReady(state, built);
    });
    connect(m_elsewhere.get(), &BuildElsewhere::log, this, [this](const QString &line) {
        if (m_debug)
            say(line);
    });
    connect(m_elsewhere.get(), &BuildElsewhere::finished, this, &SetupCommand::end);
    m_signals = std::make_unique<Signals>();
    connect(m_signals.get(), &Signals::received, this, [this](int number) {
        if (number != SIGWINCH)
            m_elsewhere->cancel();
    });
}

void SetupCommand::showChecks(const QList<CheckItem> &items)
{
    for (const CheckItem &item : items) {
        m_checks.append(QJsonObject{{u"id"_s, item.id},
                                    {u"level"_s, levelName(item.level)},
                                    {u"found"_s, item.found},
                                    {u"advice"_s, item.advice}});
        if (item.level != CheckItem::Level::Ok)
            say(u"isol8: "_s + item.found + u' ' + item.advice);
        else if (m_debug)
            say(item.found);
    }
}

void SetupCommand::buildOthers()
{
    m_builds = std::make_unique<ImageBuilds>(m_client.get(), m_recipes, m_registry, given(m_force));
    connect(m_builds.get(), &ImageBuilds::progress, this, &SetupCommand::showProgress);
    connect(m_builds.get(), &ImageBuilds::ready, this, &SetupCommand::showBuilt);
    connect(m_builds.get(), &ImageBuilds::failed, this,
            [this](const QString &tag, const Error &error) { say(u"%1: %2"_s.arg(tag, error.message)); });
    connect(m_builds.get(), &ImageBuilds::finished, this, &SetupCommand::end);
    connect(m_builds.get(), &ImageBuilds::log, this, [this](const QString &line) {
        if (m_debug)
            say(line);
    });
    m_builds->start();
}

void SetupCommand::showBuilt(const CustomImage &image, bool built)
{
    ImageState state;
    state.recipe.name = image.runtime;
    state.recipe.tag = image.tags.value(0);
    state.id = image.id;
    state.size = image.size;
    showReady(state, built);
}

void SetupCommand::showProgress(const QString &image, const QString &sentence, int percent)
{
    if (std::exchange(m_image, image) != image)
        m_since.start();
    m_line.show(image, sentence, percent);
}

void SetupCommand::showReady(const ImageState &state, bool built)
{
    m_images.append(QJsonObject{{u"name"_s, state.recipe.name},
                                {u"image"_s, state.recipe.tag},
                                {u"status"_s, built ? u"built"_s : u"current"_s},
                                {u"id"_s, state.id},
                                {u"size"_s, state.size}});
    m_built += built ? 1 : 0;
    const QString took =
        built && m_since.isValid() ? u", "_s + formatDuration(milliseconds(m_since.elapsed())) : QString();
    say(u"%1: %2 is %3 (%4%5)"_s.arg(state.recipe.name, state.recipe.tag, built ? u"made"_s : u"up to date"_s,
                                     megabytes(state.size), took));
}

void SetupCommand::end(const Error &error)
{
    const bool fine = error.code.isEmpty();
    if (given(m_json)) {
        QJsonObject result{{u"docker"_s, m_checks}, {u"images"_s, m_images}};
        if (!fine)
            result.insert(u"error"_s, QJsonObject{{u"code"_s, error.code}, {u"message"_s, error.message}});
        if (!printData(QString::fromUtf8(QJsonDocument(result).toJson())))
            return Q_EMIT finished(Failure);
    }
    if (!fine) {
        say({}); // ends a line of progress
        printError(error);
        return Q_EMIT finished(error.code == errors::Cancelled ? int(Interrupted) : int(exitCodeFor(error)));
    }
    if (m_built == 0)
        say(u"Nothing to do."_s);
    Q_EMIT finished(Success);
}

} // namespace isol8::cli
