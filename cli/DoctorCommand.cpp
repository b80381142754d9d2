// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/DoctorCommand.h>

#include <cli/ExitCodes.h>
#include <cli/IsolationDoctor.h>
#include <cli/ServiceDoctor.h>
#include <cli/Terminal.h>
#include <isol8/config/Config.h>
#include <isol8/image/Recipe.h>

#include <QDir>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcessEnvironment>
#include <QStorageInfo>

#include <unistd.h>

using namespace Qt::StringLiterals;
using Level = isol8::CheckItem::Level;

namespace isol8::cli {

DoctorCommand::DoctorCommand() = default;
DoctorCommand::~DoctorCommand() = default;

CLI::App *DoctorCommand::setUp(CLI::App &root)
{
    CLI::App *app = root.add_subcommand("doctor", "Check everything that a run needs, and say how to mend it");
    m_json = flag(app, "--json", "Print the findings as JSON");
    m_isolation = flag(app, "--isolation", "Try the walls of real sandboxes from inside, and grade each");
    m_walls =
        value(app, "--wall", "NAME", "With --isolation: this wall alone, as in network (several times)", Times::Many);
    m_service.addTo(app);
    app->footer(
        "Reads the configuration, asks Docker about itself, looks for the images, and starts a sandbox whose "
        "walls are checked from inside. Ends with 0 when runs work, with 1 when something is in their way.\n\n"
        "--isolation runs about a dozen programs that try to get out, each in a sandbox as your configuration\n"
        "makes it, and grades every wall: 0 when all of them hold, 1 when one does not. What it says about the\n"
        "machine itself (kernel, runc, who may command Docker) is advice and changes nothing.\n\n"
        "With --host, or ISOL8_HOST, it is that service which is looked at: whether it answers, is trusted, has "
        "images,\n"
        "takes the key, lets WebSockets through, and runs a program.\n\n"
        "Examples:\n"
        "  isol8 doctor\n"
        "  isol8 doctor --isolation\n"
        "  isol8 doctor --isolation --wall network --wall door\n"
        "  isol8 doctor --json\n"
        "  isol8 doctor --host https://isol8.example.com");
    return app;
}

bool DoctorCommand::isWrongUsage(bool elsewhere)
{
    QString why;
    if (given(m_isolation) && elsewhere)
        why = u"--isolation tries the walls of this machine's sandboxes; run it where the service runs, "
              u"or here with --host \"\"."_s;
    else if (given(m_walls) && !given(m_isolation))
        why = u"--wall goes with --isolation."_s;
    if (why.isEmpty())
        return false;
    printError(why);
    Q_EMIT finished(WrongUsage);
    return true;
}

void DoctorCommand::run(const CommandContext &context)
{
    const auto environment = QProcessEnvironment::systemEnvironment();
    const auto service = m_service.read(environment);
    if (!service) {
        printError(service.error());
        return Q_EMIT finished(exitCodeFor(service.error()));
    }
    if (isWrongUsage(service->has_value()))
        return;
    if (*service) {
        m_serviceDoctor = std::make_unique<ServiceDoctor>(**service);
        connect(m_serviceDoctor.get(), &ServiceDoctor::found, this, &DoctorCommand::report);
        connect(m_serviceDoctor.get(), &ServiceDoctor::finished, this, &DoctorCommand::end);
        return m_serviceDoctor->start();
    }
    if (given(m_isolation)) {
        m_isolationDoctor = std::make_unique<IsolationDoctor>(given(m_json), texts(m_walls));
        connect(m_isolationDoctor.get(), &IsolationDoctor::finished, this, &Command::finished);
        m_isolationDoctor->start(context.configPath);
        return;
    }
    const auto loaded = loadConfig(context.configPath, QDir::currentPath(), environment);
    if (!loaded) {
        report(
            {u"config"_s, Level::Problem, loaded.error().message, u"Correct it; `isol8 config check` looks again."_s});
    } else {
        m_config = loaded->config;
        report({u"config"_s,
                Level::Ok,
                loaded->path.isEmpty() ? u"No configuration file; the defaults hold."_s
                                       : u"The configuration in %1 is good."_s.arg(loaded->path),
                {}});
    }
    const auto endpoint = docker::Endpoint::discover(environment);
    if (!endpoint) {
        report({u"docker"_s, Level::Problem, endpoint.error().message, {}});
        end();
        return;
    }
    m_client = std::make_unique<docker::Client>(*endpoint);
    m_client->ping({this, [this](const Result<docker::Version> &version) {
                        if (!version) {
                            report({u"docker"_s, Level::Problem, version.error().message, {}});
                            end();
                            return;
                        }
                        report({u"docker"_s,
                                Level::Ok,
                                u"Docker answers at %1 (API %2)."_s.arg(m_client->endpoint().toString(), version->api),
                                {}});
                        checkDaemon();
                    }});
}

void DoctorCommand::checkDaemon()
{
    m_client->info({this, [this](const Result<QJsonObject> &info) {
                        if (!info) {
                            report({u"docker_info"_s, Level::Problem, info.error().message, {}});
                            end();
                            return;
                        }
                        const bool local = m_client->endpoint().kind == docker::Endpoint::Kind::Unix;
                        const QStorageInfo storage(info->value(u"DockerRootDir"_s).toString());
                        const auto items =
                            checkDocker(*info, local && storage.isValid() ? storage.bytesAvailable() : -1);
                        for (const CheckItem &item : items)
                            report(item);
                        checkImages();
                    }});
}

void DoctorCommand::checkImages()
{
    m_client->listImages(
        {{labels::Image.toString(), u"1"_s}},
        {this, [this](const Result<QList<docker::ImageSummary>> &images) {
             if (!images) {
                 report({u"images"_s, Level::Problem, images.error().message, {}});
                 end();
                 return;
             }
             const auto recipes = imageRecipes(imageArchitecture(QSysInfo::currentCpuArchitecture()));
             QString usable;
             for (const ImageState &state : imageStates(recipes, *images)) {
                 const QString &name = state.recipe.name;
                 if (!imageRuntimes().contains(name))
                     continue;
                 const QString mend = u"Make it with: isol8 setup --runtime %1"_s.arg(name);
                 if (state.status == ImageState::Status::Missing)
                     report({u"image_"_s + name, Level::Advice, u"The image for %1 is missing."_s.arg(name), mend});
                 else if (state.status == ImageState::Status::Stale)
                     report({u"image_"_s + name, Level::Advice, u"The image for %1 is out of date."_s.arg(name), mend});
                 else
                     report({u"image_"_s + name, Level::Ok, u"The image for %1 is there."_s.arg(name), {}});
                 if (state.status != ImageState::Status::Missing && usable.isEmpty())
                     usable = name;
             }
             if (usable.isEmpty()) {
                 report({u"sandbox"_s, Level::Problem, u"No image is there to start a sandbox from."_s,
                         u"Make them with: isol8 setup"_s});
                 end();
                 return;
             }
             checkSandbox(usable);
         }});
}

void DoctorCommand::checkSandbox(const QString &runtime)
{
    m_engine = std::make_unique<LocalEngine>(LocalEngineOptions{m_config, LimitsApplied::Configured, {}});
    RunRequest request;
    request.cmd = u"echo ok"_s;
    request.runtime = runtime;
    Run *run = m_engine->execute(request);
    connect(run, &Run::finished, this, &DoctorCommand::sandboxEnded);
}

void DoctorCommand::sandboxEnded(const RunResult &result)
{
    if (result.reason == Reason::Completed && result.stdoutText == "ok\n")
        report({u"sandbox"_s, Level::Ok, u"A sandbox starts, and every wall of it stands as seen from inside."_s, {}});
    else
        report({u"sandbox"_s, Level::Problem,
                result.error.isEmpty() ? u"A sandbox starts but does not work."_s : result.error,
                u"Run again with --debug for more."_s});
    end();
}

void DoctorCommand::report(const CheckItem &item)
{
    static constexpr QStringView names[] = {u"ok", u"advice", u"problem"};
    static constexpr QStringView colours[] = {u"\x1b[32m", u"\x1b[33m", u"\x1b[31m"};
    const auto index = size_t(item.level);
    m_problem = m_problem || item.level == Level::Problem;
    m_items.append(QJsonObject{{u"id"_s, item.id},
                               {u"level"_s, names[index].toString()},
                               {u"found"_s, item.found},
                               {u"advice"_s, item.advice}});
    if (given(m_json))
        return;
    QString word = names[index].toString().leftJustified(8);
    if (usesColours(STDOUT_FILENO))
        word = QString(colours[index].toString() + word + u"\x1b[0m");
    QString line = word + item.found;
    if (!item.advice.isEmpty())
        line += u"\n        "_s + item.advice;
    printData(QString(line + u'\n'));
}

void DoctorCommand::end()
{
    if (given(m_json)) {
        const QJsonObject result{{u"ok"_s, !m_problem}, {u"checks"_s, m_items}};
        printData(QString::fromUtf8(QJsonDocument(result).toJson()));
    }
    Q_EMIT finished(m_problem ? Failure : Success);
}

} // namespace isol8::cli
