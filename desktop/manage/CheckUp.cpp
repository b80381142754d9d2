// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/manage/CheckUp.h>

#include <desktop/app/Icons.h>
#include <isol8/config/Config.h>
#include <isol8/image/Recipe.h>

#include <QDir>
#include <QHBoxLayout>
#include <QLabel>
#include <QListWidget>
#include <QPushButton>
#include <QRegularExpression>
#include <QStorageInfo>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace isol8::desktop {

using Level = CheckItem::Level;

namespace {

// What the engine found, in the user's language, by the finding's id; its own sentence where that is not known here.
QString foundText(const CheckItem &item)
{
    const bool fine = item.level == Level::Ok;
    const auto say = [fine](const QString &good, const QString &bad) { return fine ? good : bad; };
    if (item.id == "system"_L1 && fine)
        return CheckUp::tr("It runs Linux containers.");
    if (item.id == "version"_L1)
        return CheckUp::tr("Docker %1 answers.").arg(item.found.section(u' ', 1, 1));
    if (item.id == "architecture"_L1 && fine)
        return CheckUp::tr("Its architecture is %1.").arg(item.found.section(u' ', 3).chopped(1));
    if (item.id == "memory_limit"_L1)
        return say(CheckUp::tr("Docker can limit memory."), CheckUp::tr("Docker cannot limit memory here."));
    if (item.id == "swap_limit"_L1)
        return say(CheckUp::tr("Docker can limit swap."), CheckUp::tr("Docker cannot limit swap here."));
    if (item.id == "cpu_limit"_L1)
        return say(CheckUp::tr("Docker can limit CPU time."), CheckUp::tr("Docker cannot limit CPU time here."));
    if (item.id == "pids_limit"_L1)
        return say(CheckUp::tr("Docker can limit the number of processes."),
                   CheckUp::tr("Docker cannot limit the number of processes here."));
    if (item.id == "seccomp"_L1)
        return say(CheckUp::tr("It filters system calls (seccomp)."),
                   CheckUp::tr("It cannot filter system calls (seccomp)."));
    static const QRegularExpression room(u"(\\d+) MiB .*\\((.*)\\)"_s);
    if (const auto match = room.match(item.found); item.id == "disk"_L1 && match.hasMatch())
        return say(CheckUp::tr("%1 MiB are free where Docker keeps its images (%2)."),
                   CheckUp::tr("Only %1 MiB are free where Docker keeps its images (%2)."))
            .arg(match.captured(1), match.captured(2));
    return item.found;
}

} // namespace

CheckUp::CheckUp(EngineHub *hub, QString configPath, QObject *parent)
    : QObject(parent)
    , m_hub(hub)
    , m_configPath(std::move(configPath))
{
}

void CheckUp::start()
{
    EngineConnection *local = m_hub->local();
    if (m_running || !local)
        return;
    m_running = true;
    m_problem = false;
    Q_EMIT begun();
    const bool there = QFile::exists(m_configPath);
    const auto loaded =
        loadConfig(there ? m_configPath : QString(), QDir::homePath(), QProcessEnvironment::systemEnvironment());
    if (loaded)
        add({u"config"_s,
             Level::Ok,
             there ? tr("The configuration in %1 is good.").arg(m_configPath)
                   : tr("There is no configuration file; the defaults hold."),
             {}});
    else
        add({u"config"_s, Level::Problem, loaded.error().message, tr("Mend it in Settings.")});
    docker::Client *daemon = local->docker();
    if (!daemon) {
        add({u"docker"_s, Level::Problem, local->problem().message, {}});
        end(false, false);
        return;
    }
    daemon->ping({this, [this, daemon = QPointer(daemon)](const Result<docker::Version> &version) {
                      if (!version || !daemon) {
                          add({u"docker"_s, Level::Problem, version ? QString() : version.error().message, {}});
                          end(false, false);
                          return;
                      }
                      add({u"docker"_s, Level::Ok, tr("Docker answers at %1.").arg(daemon->endpoint().toString()), {}});
                      checkDaemon(daemon);
                  }});
}

void CheckUp::checkDaemon(docker::Client *daemon)
{
    daemon->info({this, [this, daemon = QPointer(daemon)](const Result<QJsonObject> &info) {
                      if (!info || !daemon) {
                          add({u"docker_info"_s, Level::Problem, info ? QString() : info.error().message, {}});
                          end(false, false);
                          return;
                      }
                      const bool local = daemon->endpoint().kind == docker::Endpoint::Kind::Unix;
                      const QStorageInfo storage(info->value(u"DockerRootDir"_s).toString());
                      for (const CheckItem &item :
                           checkDocker(*info, local && storage.isValid() ? storage.bytesAvailable() : -1))
                          add(item);
                      checkImages(daemon);
                  }});
}

void CheckUp::checkImages(docker::Client *daemon)
{
    daemon->listImages({{labels::Image.toString(), u"1"_s}},
                       {this, [this](const Result<QList<docker::ImageSummary>> &images) {
                            if (!images) {
                                add({u"images"_s, Level::Problem, images.error().message, {}});
                                end(false, false);
                                return;
                            }
                            bool pythonMissing = true;
                            QStringList missing;
                            const auto recipes = imageRecipes(imageArchitecture(QSysInfo::currentCpuArchitecture()));
                            for (const ImageState &state : imageStates(recipes, *images)) {
                                if (!imageRuntimes().contains(state.recipe.name))
                                    continue;
                                if (state.status == ImageState::Status::Missing)
                                    missing.append(state.recipe.name);
                                else if (state.recipe.name == "python"_L1)
                                    pythonMissing = false;
                            }
                            if (missing.isEmpty())
                                add({u"images"_s, Level::Ok, tr("The images of all runtimes are there."), {}});
                            else
                                add({u"images"_s, pythonMissing ? Level::Problem : Level::Advice,
                                     tr("Images are missing: %1.").arg(missing.join(u", "_s)),
                                     tr("Make them with the button below.")});
                            end(!pythonMissing, pythonMissing);
                        }});
}

void CheckUp::add(const CheckItem &item)
{
    m_problem = m_problem || item.level == Level::Problem;
    Q_EMIT found(item);
}

void CheckUp::end(bool usable, bool imageMissing)
{
    m_running = false;
    Q_EMIT ended(usable && !m_problem, imageMissing);
}

CheckUpView::CheckUpView(CheckUp *checkUp, QWidget *parent)
    : QWidget(parent)
    , m_checkUp(checkUp)
    , m_list(new QListWidget(this))
    , m_title(new QLabel(this))
    , m_again(new QPushButton(icon(u"refresh"_s), tr("Look again"), this))
    , m_images(new QPushButton(icon(u"image"_s), tr("Make the images"), this))
    , m_run(new QPushButton(icon(u"run"_s), tr("Run a first program"), this))
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(16, 16, 16, 16);
    QFont large = font();
    large.setPointSizeF(large.pointSizeF() * 1.4);
    m_title->setFont(large);
    m_title->setWordWrap(true);
    m_title->setObjectName(u"checkTitle"_s);
    layout->addWidget(m_title);
    m_list->setAccessibleName(tr("What was looked at"));
    m_list->setObjectName(u"checkList"_s);
    m_list->setWordWrap(true);
    m_list->setSpacing(3);
    m_list->setIconSize({18, 18});
    m_list->setSelectionMode(QAbstractItemView::SingleSelection);
    layout->addWidget(m_list, 1);
    auto *row = new QHBoxLayout;
    row->addWidget(m_again);
    row->addStretch();
    row->addWidget(m_images);
    row->addWidget(m_run);
    m_run->setObjectName(u"firstRun"_s);
    layout->addLayout(row);
    connect(checkUp, &CheckUp::begun, this, [this] {
        m_list->clear();
        m_title->setText(tr("Looking at what a sandbox needs…"));
        m_run->setEnabled(false);
        m_images->setEnabled(false);
    });
    connect(checkUp, &CheckUp::found, this, &CheckUpView::add);
    connect(checkUp, &CheckUp::ended, this, [this](bool usable, bool imageMissing) {
        m_title->setText(usable         ? tr("All is ready: programs run in sandboxes.")
                         : imageMissing ? tr("One step is left: the images that sandboxes start from.")
                                        : tr("Something is in the way of sandboxes."));
        m_run->setEnabled(usable);
        m_images->setEnabled(true);
    });
    connect(m_again, &QPushButton::clicked, checkUp, &CheckUp::start);
    connect(m_images, &QPushButton::clicked, this, &CheckUpView::imagesRequested);
    connect(m_run, &QPushButton::clicked, this, &CheckUpView::firstRunRequested);
}

void CheckUpView::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    m_checkUp->start();
}

void CheckUpView::add(const CheckItem &item)
{
    const QString name = item.level == Level::Ok       ? u"check"_s
                         : item.level == Level::Advice ? u"advice"_s
                                                       : u"problem"_s;
    const QString found = foundText(item);
    const QString text = item.advice.isEmpty() ? found : QString(found + u'\n' + item.advice);
    auto *entry = new QListWidgetItem(icon(name), text, m_list);
    entry->setData(Qt::AccessibleTextRole, item.level == Level::Ok       ? tr("In order: %1").arg(text)
                                           : item.level == Level::Advice ? tr("Advice: %1").arg(text)
                                                                         : tr("Problem: %1").arg(text));
}

} // namespace isol8::desktop
