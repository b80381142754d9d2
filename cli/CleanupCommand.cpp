// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/CleanupCommand.h>

#include <cli/ExitCodes.h>
#include <cli/Terminal.h>
#include <isol8/image/Recipe.h>
#include <isol8/sandbox/Sweep.h>

#include <QJsonArray>
#include <QJsonDocument>
#include <QProcessEnvironment>

#include <algorithm>

#include <unistd.h>

using namespace Qt::StringLiterals;

namespace isol8::cli {

namespace {

// A service answers when everything is removed.
constexpr milliseconds ServicePatience{600000};

} // namespace

CLI::App *CleanupCommand::setUp(CLI::App &root)
{
    CLI::App *app = root.add_subcommand("cleanup", "Remove isol8's containers, and its images if asked");
    m_force = flag(app, "--force", "Do not ask");
    m_images = flag(app, "--images", "Remove isol8's images, too");
    m_dryRun = flag(app, "--dry-run", "Only say what would be removed");
    m_json = flag(app, "--json", "Print what was removed as JSON");
    m_service.addTo(app);
    app->footer(
        "Containers end with the isol8 that started them, so there is rarely anything to do; this also ends runs "
        "that are going on, of all users of this Docker daemon. Only what carries isol8's labels is touched.\n"
        "At a service (--host, with its master key) what nobody uses is removed: sessions that are idle for too "
        "long,\n"
        "containers that were left behind, and with --images the images that no sandbox stands on.\n\n"
        "Examples:\n"
        "  isol8 cleanup --dry-run\n"
        "  isol8 cleanup --force --images\n"
        "  isol8 cleanup --force --host https://isol8.example.com");
    return app;
}

void CleanupCommand::run(const CommandContext &)
{
    const auto environment = QProcessEnvironment::systemEnvironment();
    const auto service = m_service.read(environment);
    if (!service)
        return fail(service.error());
    if (*service)
        return cleanElsewhere(**service);
    const auto endpoint = docker::Endpoint::discover(environment);
    if (!endpoint)
        return fail(endpoint.error());
    m_client = std::make_unique<docker::Client>(*endpoint);
    m_client->listContainers({{u"org.isol8"_s, QString()}},
                             {this, [this](const Result<QList<docker::ContainerSummary>> &found) {
                                  if (!found)
                                      return fail(found.error());
                                  listed(*found);
                              }});
}

void CleanupCommand::cleanElsewhere(const remote::ServiceEndpoint &service)
{
    if (given(m_dryRun))
        return fail({errors::BadRequest.toString(),
                     u"--dry-run is for this machine: a service tells what it has removed, and not what it would."_s,
                     {}});
    const QString images = given(m_images) ? u" and all images that no sandbox stands on"_s : QString();
    if (!given(m_force) &&
        !isConfirmed(u"what nobody uses at %1: idle sessions, containers that were left behind%2"_s.arg(
            service.toString(), images)))
        return;
    m_elsewhere = std::make_unique<remote::ServiceClient>(service);
    remote::ServiceClient::Question question{"POST", "/cleanup", {{u"images"_s, given(m_images)}}};
    question.patience = ServicePatience;
    m_elsewhere->ask(question, {this, [this](const Result<QJsonObject> &answer) {
                                    if (answer)
                                        cleanedElsewhere(*answer);
                                    else
                                        fail(answer.error());
                                }});
}

void CleanupCommand::cleanedElsewhere(const QJsonObject &answer)
{
    const auto removed = [&](const QString &part) {
        return answer.value(part).toObject().value(u"removed"_s).toInteger();
    };
    if (given(m_json))
        printData(QString::fromUtf8(QJsonDocument(answer).toJson()));
    else
        printNote(u"Removed %1 sessions, %2 containers and %3 images."_s.arg(removed(u"sessions"_s))
                      .arg(removed(u"containers"_s))
                      .arg(removed(u"images"_s)));
    for (const QString &part : {u"sessions"_s, u"containers"_s, u"images"_s}) {
        const QJsonArray failures = answer.value(part).toObject().value(u"errors"_s).toArray();
        for (const QJsonValue &failure : failures)
            printError(printable(failure.toString()));
    }
    Q_EMIT finished(answer.value(u"ok"_s).toBool() ? Success : Failure);
}

bool CleanupCommand::isConfirmed(const QString &what)
{
    if (!isTerminal(STDIN_FILENO)) {
        printError(u"This would remove %1; say --force to do it without being asked."_s.arg(what));
        Q_EMIT finished(WrongUsage);
        return false;
    }
    printNote(u"This removes %1. Go on? [y/N] "_s.arg(what));
    char answer = 0;
    if (::read(STDIN_FILENO, &answer, 1) == 1 && (answer == 'y' || answer == 'Y'))
        return true;
    printNote(u"Nothing was removed."_s);
    Q_EMIT finished(Failure);
    return false;
}

void CleanupCommand::listed(const QList<docker::ContainerSummary> &containers)
{
    m_containers = containers;
    if (!given(m_images)) {
        decide();
        return;
    }
    m_client->listImages({{labels::Image.toString(), QString()}},
                         {this, [this](const Result<QList<docker::ImageSummary>> &found) {
                              if (!found)
                                  return fail(found.error());
                              for (const auto &image : *found) {
                                  if (image.tags.isEmpty())
                                      m_imageNames.append(image.id);
                                  else
                                      m_imageNames.append(image.tags);
                              }
                              decide();
                          }});
}

void CleanupCommand::decide()
{
    const auto running = std::count_if(m_containers.cbegin(), m_containers.cend(),
                                       [](const auto &container) { return container.state == u"running"; });
    if (m_containers.isEmpty() && m_imageNames.isEmpty()) {
        printNote(u"There is nothing to remove."_s);
        end();
        return;
    }
    if (given(m_dryRun)) {
        if (!given(m_json)) {
            for (const auto &container : std::as_const(m_containers))
                printData(u"container %1 %2 %3\n"_s.arg(container.id.left(12), container.state, container.image));
            for (const QString &image : std::as_const(m_imageNames))
                printData(u"image %1\n"_s.arg(image));
        }
        end();
        return;
    }
    if (given(m_force) || isConfirmed(u"%1 containers (%2 running) and %3 images"_s.arg(m_containers.size())
                                          .arg(running)
                                          .arg(m_imageNames.size())))
        removeContainers();
}

void CleanupCommand::removeContainers()
{
    QStringList wanted;
    for (const auto &container : std::as_const(m_containers))
        wanted.append(container.id);
    sweep(m_client.get(), [wanted](const docker::ContainerSummary &container) { return wanted.contains(container.id); },
          {this, [this](const Result<Swept> &swept) {
               if (!swept) {
                   m_failures.append(swept.error().message);
               } else {
                   m_removedContainers = swept->removed;
                   for (const Error &failure : swept->failures)
                       m_failures.append(failure.detail.isEmpty() ? failure.message
                                                                  : failure.message + u" ("_s + failure.detail + u')');
               }
               removeNextImage();
           }});
}

// One after the other; Docker keeps the layers of a base until the images on top of it are gone, too.
void CleanupCommand::removeNextImage()
{
    if (m_imageNames.isEmpty()) {
        end();
        return;
    }
    const QString name = m_imageNames.takeFirst();
    m_client->removeImage(name, true, {this, [this, name](const Result<void> &removed) {
                                           if (removed || removed.error().code == errors::NotFound)
                                               m_removedImages.append(name);
                                           else
                                               m_failures.append(removed.error().message);
                                           removeNextImage();
                                       }});
}

void CleanupCommand::fail(const Error &error)
{
    printError(error);
    Q_EMIT finished(exitCodeFor(error));
}

void CleanupCommand::end()
{
    const bool dry = given(m_dryRun);
    QStringList containers = m_removedContainers;
    if (dry) {
        for (const auto &container : std::as_const(m_containers))
            containers.append(container.id);
    }
    const QStringList images = dry ? m_imageNames : m_removedImages;
    if (given(m_json)) {
        const QJsonObject result{{u"dryRun"_s, dry},
                                 {u"containers"_s, QJsonArray::fromStringList(containers)},
                                 {u"images"_s, QJsonArray::fromStringList(images)},
                                 {u"errors"_s, QJsonArray::fromStringList(m_failures)}};
        printData(QString::fromUtf8(QJsonDocument(result).toJson()));
    } else if (!dry && !(containers.isEmpty() && images.isEmpty())) {
        printNote(u"Removed %1 containers and %2 images."_s.arg(containers.size()).arg(images.size()));
    }
    for (const QString &failure : std::as_const(m_failures))
        printError(failure);
    Q_EMIT finished(m_failures.isEmpty() ? Success : Failure);
}

} // namespace isol8::cli
