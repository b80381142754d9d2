// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/ReplayCommand.h>

#include <cli/ExitCodes.h>
#include <cli/RunSession.h>
#include <cli/Terminal.h>
#include <isol8/base/Paths.h>
#include <isol8/config/Config.h>
#include <isol8/execution/LocalEngine.h>
#include <isol8/image/CustomImage.h>

#include <QDir>
#include <QJsonArray>
#include <QJsonDocument>
#include <QProcessEnvironment>

using namespace Qt::StringLiterals;

namespace isol8::cli {

namespace {

constexpr qint64 LargestRecord = 256 * MiB;

} // namespace

CLI::App *ReplayCommand::setUp(CLI::App &root)
{
    CLI::App *app = root.add_subcommand("replay", "Run again what run --record wrote down, and say what differs");
    m_file = value(app, "FILE", "FILE", "The record")->required();
    m_secret = value(app, "--secret", "NAME=VALUE",
                     "A secret that the run had; NAME alone takes it from the environment", Times::Many);
    m_asRecorded = flag(app, "--as-recorded",
                        "Also where the record asks for what weakens the sandbox, as the host's network does");
    m_json = flag(app, "--json", "Print what came of it as JSON");
    m_service.addTo(app);
    app->footer(
        "Compared are the image's digest, how the run ended, SHA-256 of its output and of the files that --get\n"
        "brought, and whom it spoke to. 0 when all of that is the same, 1 when something differs, 125 when it\n"
        "could not be run. A record holds the code and all inputs, but no secret and no output. A service shows\n"
        "its images to its master key alone; with another key the digest is not compared.\n\n"
        "Examples:\n"
        "  isol8 run --record run.json report.py\n"
        "  isol8 replay run.json\n"
        "  isol8 replay --secret API_KEY run.json\n"
        "  isol8 replay --host https://isol8.example.com run.json");
    return app;
}

void ReplayCommand::run(const CommandContext &context)
{
    if (const auto begun = begin(context); !begun)
        end(begun.error());
}

void ReplayCommand::end(const Error &error)
{
    printError(error);
    Q_EMIT finished(exitCodeFor(error));
}

Result<void> ReplayCommand::begin(const CommandContext &context)
{
    const QString path = text(m_file);
    const auto content = readFile(path, LargestRecord);
    if (!content)
        return fail(content.error());
    auto record = RunRecord::fromJson(*content);
    if (!record)
        return fail(errors::BadRequest, printable(u"%1: %2"_s.arg(path, record.error().message)));
    m_record = std::move(*record);
    if (m_record.masked)
        return fail(errors::BadRequest,
                    u"The record has *** where what was run held a secret's value, so it cannot be run again; hand "
                    "secrets over by --secret alone."_s);
    if (const QStringList weak = weaknesses(m_record); !weak.isEmpty() && !given(m_asRecorded))
        return fail(errors::BadRequest,
                    printable(u"The record asks for %1; add --as-recorded if you trust it."_s.arg(weak.join(u", "_s))));
    if (auto secrets = readSecrets(); !secrets)
        return secrets;
    const auto environment = QProcessEnvironment::systemEnvironment();
    const auto loaded = loadConfig(context.configPath, QDir::currentPath(), environment);
    if (!loaded)
        return fail(loaded.error());
    const auto service = m_service.read(environment);
    if (!service)
        return fail(service.error());
    if (*service) {
        m_elsewhere = std::make_unique<remote::ServiceClient>(**service);
        m_engine = engineOf(**service);
        compareImageThere();
        return {};
    }
    const auto endpoint = docker::Endpoint::discover(environment);
    if (!endpoint)
        return fail(endpoint.error());
    m_client = std::make_unique<docker::Client>(*endpoint);
    m_engine = std::make_unique<LocalEngine>(LocalEngineOptions{loaded->config, LimitsApplied::Configured, *endpoint});
    compareImage();
    return {};
}

Result<void> ReplayCommand::readSecrets()
{
    for (const QString &argument : texts(m_secret)) {
        const qsizetype equals = argument.indexOf(u'=');
        const QString name = equals < 0 ? argument : argument.left(equals);
        if (equals < 0 && !qEnvironmentVariableIsSet(name.toUtf8().constData()))
            return fail(errors::BadRequest, u"--secret %1: there is no such variable in the environment."_s.arg(name));
        m_record.options.secrets.insert(name, equals < 0 ? qEnvironmentVariable(name.toUtf8().constData())
                                                         : argument.sliced(equals + 1));
    }
    for (const QString &name : std::as_const(m_record.secretNames)) {
        if (!m_record.options.secrets.contains(name))
            return fail(errors::BadRequest,
                        printable(u"The run had the secret %1, which no record holds; add --secret %1."_s.arg(name)));
    }
    return {};
}

void ReplayCommand::compareImage()
{
    m_client->inspectImage(m_record.image, {this, [this](const Result<QJsonObject> &image) {
                                                imageFound(image ? image->value("Id"_L1).toString() : QString());
                                            }});
}

void ReplayCommand::compareImageThere()
{
    m_elsewhere->ask({"GET", "/images"},
                     {this, [this](const Result<QJsonObject> &answer) {
                          const bool isKeptSecret = !answer && (answer.error().code == errors::NotAllowed ||
                                                                answer.error().code == errors::NotFound);
                          if (!answer && !isKeptSecret)
                              return end(answer.error());
                          if (isKeptSecret) {
                              m_imageCompared = false;
                              printNote(u"isol8: the service does not show its images to this key; the image's digest "
                                        u"is not compared."_s);
                              return execute();
                          }
                          QString id;
                          const QJsonArray images = answer->value("images"_L1).toArray();
                          for (const QJsonValue &image : images) {
                              if (fullImageName(image["tag"_L1].toString()) == fullImageName(m_record.image))
                                  id = image["id"_L1].toString();
                          }
                          imageFound(id);
                      }});
}

void ReplayCommand::imageFound(const QString &id)
{
    if (!m_record.imageId.isEmpty() && id != m_record.imageId)
        m_differences.append(u"image %1: %2 was recorded, %3 now"_s.arg(
            m_record.image, m_record.imageId.left(19), id.isEmpty() ? u"none is there"_s : id.left(19)));
    execute();
}

void ReplayCommand::execute()
{
    m_record.options.collectOutput = true;
    m_record.options.logNetwork = true;
    Run *run = m_engine->execute(m_record.request, m_record.options);
    connect(run, &Run::finished, this, &ReplayCommand::ended);
}

void ReplayCommand::ended(const RunResult &result)
{
    const bool ran = result.exitCode != CouldNotStart || result.reason == Reason::Completed;
    const QJsonObject outcome = outcomeOf(result);
    for (const QString &limited : result.limited)
        m_differences.append(
            u"%1: lowered to %2 limit"_s.arg(limited, m_elsewhere ? u"the service's"_s : u"this machine's"_s));
    m_differences += differences(m_record.outcome, outcome);
    if (given(m_json)) {
        const QJsonObject report{{u"same"_s, m_differences.isEmpty()},
                                 {u"differences"_s, QJsonArray::fromStringList(m_differences)},
                                 {u"outcome"_s, outcome},
                                 {u"imageCompared"_s, m_imageCompared},
                                 {u"error"_s, result.error}};
        printData(QString::fromUtf8(QJsonDocument(report).toJson()));
    } else {
        QString text;
        for (const QString &difference : std::as_const(m_differences))
            text += printable(difference) + u'\n';
        printData(m_differences.isEmpty()
                      ? u"The same: %1, exit code %2, %3 bytes of stdout, %4 of stderr, %5 files.\n"_s
                            .arg(toString(result.reason))
                            .arg(result.exitCode)
                            .arg(result.stdoutText.size())
                            .arg(result.stderrText.size())
                            .arg(result.files.size())
                      : text);
        if (!ran && !result.error.isEmpty())
            printError(result.error);
    }
    const bool same = m_differences.isEmpty();
    Q_EMIT finished(same ? int(Success) : !ran ? exitCodeOf(result) : int(Failure));
}

} // namespace isol8::cli
