// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/image/ImageSetup.h>

#include <isol8/base/Paths.h>

#include <QStorageInfo>
#include <QSysInfo>

#include <algorithm>
#include <chrono>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace isol8 {

namespace {

// A registry that is there names the layers within this time; one that pulls may take its time.
constexpr auto ProbeLimit = 10s;
constexpr auto PullSilence = 120s;

QStringList importChanges(const ImageRecipe &recipe)
{
    return {u"LABEL %1=1 %2=%3 %4=%5"_s.arg(labels::Image, labels::Runtime, recipe.name, labels::Hash, recipe.hash),
            u"ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8"_s,
            u"WORKDIR /sandbox"_s, u"CMD [\"/bin/bash\"]"_s};
}

QMap<QString, QString> buildLabels(const ImageRecipe &recipe)
{
    return {{labels::Image.toString(), u"1"_s},
            {labels::Runtime.toString(), recipe.name},
            {labels::Hash.toString(), recipe.hash}};
}

const CheckItem *problem(const QList<CheckItem> &items, std::initializer_list<QStringView> ids)
{
    const auto it = std::find_if(items.begin(), items.end(), [&](const CheckItem &item) {
        return item.level == CheckItem::Level::Problem && std::find(ids.begin(), ids.end(), item.id) != ids.end();
    });
    return it == items.end() ? nullptr : &*it;
}

Error failure(const CheckItem &item)
{
    return {errors::ImageFailed.toString(), item.found + u' ' + item.advice, {}};
}

} // namespace

ImageSetup::ImageSetup(docker::Client *client, Options options, QObject *parent)
    : QObject(parent)
    , m_client(client)
    , m_options(std::move(options))
{
    if (m_options.downloads.isEmpty())
        m_options.downloads = cacheDirectory() + u"/downloads"_s;
    m_probeLimit.setSingleShot(true);
    connect(&m_probeLimit, &QTimer::timeout, this, [this] { endProbe(false); });
}

ImageSetup::~ImageSetup()
{
    delete m_job; // before the file that it reads
    delete m_script;
}

void ImageSetup::start()
{
    if (std::exchange(m_started, true))
        return;
    m_client->ping(Callback<docker::Version>(this, [this](const Result<docker::Version> &version) {
        if (!version)
            return finish(version.error());
        m_client->info(Callback<QJsonObject>(this, [this](const auto &info) { onInfo(info); }));
    }));
}

void ImageSetup::cancel()
{
    if (m_finished || std::exchange(m_cancelled, true))
        return;
    m_probeLimit.stop();
    delete m_job;
    m_file.reset();
    if (m_script)
        m_script->cancel(); // its end is ours
    else
        QMetaObject::invokeMethod(
            this, [this] { finish({}); }, Qt::QueuedConnection);
}

void ImageSetup::onInfo(const Result<QJsonObject> &info)
{
    if (m_finished)
        return;
    if (!info)
        return finish(info.error());
    qint64 freeBytes = -1;
    const QString folder = info->value("DockerRootDir"_L1).toString();
    if (m_client->endpoint().kind == docker::Endpoint::Kind::Unix && !folder.isEmpty()) {
        const QStorageInfo storage(folder);
        if (storage.isValid())
            freeBytes = storage.bytesAvailable();
    }
    m_checks = checkDocker(*info, freeBytes);
    Q_EMIT checked(m_checks);
    if (const CheckItem *item = problem(m_checks, {u"system", u"architecture"}))
        return finish(failure(*item));
    m_architecture = imageArchitecture(info->value("Architecture"_L1).toString());
    m_client->listImages({{labels::Image.toString(), {}}},
                         Callback<QList<docker::ImageSummary>>(this, [this](const auto &images) { onImages(images); }));
}

void ImageSetup::onImages(const Result<QList<docker::ImageSummary>> &images)
{
    if (m_finished)
        return;
    if (!images)
        return finish(images.error());
    const QList<ImageState> states = imageStates(imageRecipes(m_architecture), *images);
    const auto plan = imagePlan(states, m_options.runtimes, m_options.force);
    if (!plan)
        return finish(plan.error());
    m_plan = *plan;
    const CheckItem *full = problem(m_checks, {u"disk"});
    if (full && !m_plan.isEmpty())
        return finish(failure(*full));
    for (const ImageState &state : states) {
        if (!m_plan.contains(state) && state.status == ImageState::Status::Current &&
            (m_options.runtimes.isEmpty() || m_options.runtimes.contains(state.recipe.name)))
            Q_EMIT imageReady(state, false);
    }
    next();
}

void ImageSetup::next()
{
    if (m_finished)
        return;
    if (m_plan.isEmpty())
        return finish({});
    if (m_plan.first().recipe.kind == ImageRecipe::Kind::RootFs && m_options.source == Source::Automatic)
        probeRegistry();
    else
        runScript();
}

void ImageSetup::probeRegistry()
{
    Q_EMIT progress(m_plan.first().recipe.name, u"looking for a container registry"_s, -1);
    m_probeLimit.start(ProbeLimit);
    m_client->inspectImage(slimImage(), Callback<QJsonObject>(this, [this](const Result<QJsonObject> &image) {
                               if (!m_probeLimit.isActive())
                                   return;
                               if (image)
                                   return endProbe(true);
                               m_job = m_client->pullImage(slimImage(), this);
                               connect(m_job, &docker::Job::message, this, [this](const QJsonObject &message) {
                                   if (message.value("id"_L1).isString()) // a layer: the registry has answered
                                       m_probeLimit.start(PullSilence);
                                   onMessage(message);
                               });
                               connect(m_job, &docker::Job::finished, this,
                                       [this](const Error &error) { endProbe(error.code.isEmpty()); });
                           }));
}

void ImageSetup::endProbe(bool answers)
{
    m_probeLimit.stop();
    if (m_job)
        m_job->disconnect(this);
    if (m_job)
        m_job->deleteLater();
    m_job.clear();
    if (m_finished || m_cancelled)
        return;
    m_options.source = answers ? Source::Registry : Source::Bootstrap;
    Q_EMIT log(answers ? u"Root file systems come from %1."_s.arg(slimImage())
                       : u"No container registry answers: root file systems are made from Debian packages here."_s);
    runScript();
}

void ImageSetup::runScript()
{
    const ImageRecipe &recipe = m_plan.first().recipe;
    const bool bootstrap = m_options.source == Source::Bootstrap;
    const QString form = recipe.kind == ImageRecipe::Kind::Programs ? u"programs"_s
                         : bootstrap                                ? u"rootfs"_s
                                                                    : u"registry"_s;
    if (form == "rootfs"_L1 && imageArchitecture(QSysInfo::currentCpuArchitecture()) != m_architecture) {
        return finish({errors::ImageFailed.toString(),
                       u"No container registry answers, and this machine cannot make root file systems for a daemon "
                       "on %1: run isol8 setup there."_s.arg(m_architecture),
                       {}});
    }
    m_scriptEnded = m_jobDone = false;
    m_script = new ImageScript({form, recipe.name}, m_architecture, m_options.downloads, this);
    connect(m_script, &ImageScript::log, this, &ImageSetup::log);
    connect(m_script, &ImageScript::progress, this, [this, name = recipe.name](const QString &sentence, int percent) {
        Q_EMIT progress(name, sentence, percent);
    });
    connect(m_script, &ImageScript::ready, this, &ImageSetup::handOver);
    connect(m_script, &ImageScript::ended, this, [this](const Error &error) {
        m_script->deleteLater();
        m_script.clear();
        m_scriptEnded = true;
        if (m_cancelled || !error.code.isEmpty())
            return finish(error);
        if (!m_file && !m_jobDone)
            return finish({errors::ImageFailed.toString(), u"The script that makes images made none."_s, {}});
        if (m_jobDone)
            stepDone();
    });
    m_script->start();
}

void ImageSetup::handOver(const QString &path)
{
    if (m_cancelled || m_file)
        return;
    m_file = std::make_unique<QFile>(path);
    const bool open = m_file->open(QIODevice::ReadOnly);
    m_script->release(); // an open file outlives its name
    if (!open)
        return finish({errors::ImageFailed.toString(), u"Cannot read %1: %2."_s.arg(path, m_file->errorString()), {}});
    const ImageRecipe &recipe = m_plan.first().recipe;
    Q_EMIT progress(recipe.name, u"handing it to Docker"_s, 95);
    if (recipe.kind == ImageRecipe::Kind::RootFs && m_options.source == Source::Bootstrap)
        m_job = m_client->importImage(m_file.get(), recipe.tag, importChanges(recipe), this);
    else
        m_job = m_client->buildImage(m_file.get(), recipe.tag, buildLabels(recipe),
                                     recipe.kind == ImageRecipe::Kind::RootFs, this);
    connect(m_job, &docker::Job::message, this, &ImageSetup::onMessage);
    connect(m_job, &docker::Job::finished, this, &ImageSetup::onJobFinished);
}

void ImageSetup::onMessage(const QJsonObject &message)
{
    for (const QLatin1StringView key : {"stream"_L1, "status"_L1, "error"_L1}) {
        const QString text = message.value(key).toString().trimmed();
        if (!text.isEmpty() && !message.contains("progress"_L1))
            Q_EMIT log(text);
    }
}

void ImageSetup::onJobFinished(const Error &error)
{
    m_job->deleteLater();
    m_job.clear();
    m_file.reset();
    m_jobDone = true;
    if (!error.code.isEmpty())
        return finish(error);
    if (m_scriptEnded)
        stepDone();
}

// The image is made; what its tag named before is of no use any more, and goes when nothing uses it.
void ImageSetup::stepDone()
{
    ImageState made = m_plan.takeFirst();
    const QString before = made.id;
    m_client->listImages(
        {{labels::Hash.toString(), made.recipe.hash}},
        Callback<QList<docker::ImageSummary>>(this, [this, made, before](const auto &images) {
            if (m_finished || m_cancelled)
                return;
            if (!images)
                return finish(images.error());
            const ImageState state = imageStates({made.recipe}, *images).first();
            if (state.status != ImageState::Status::Current)
                return finish({errors::ImageFailed.toString(),
                               u"Docker does not have %1 though it took it; try again."_s.arg(made.recipe.tag),
                               {}});
            if (!before.isEmpty() && before != state.id)
                m_client->removeImage(before, false, Callback<void>(this, [](const Result<void> &) {}));
            Q_EMIT imageReady(state, true);
            next();
        }));
}

void ImageSetup::finish(const Error &error)
{
    if (m_finished)
        return;
    m_finished = true;
    m_probeLimit.stop();
    delete m_job;
    m_file.reset();
    if (m_script) {
        m_script->disconnect(this);
        m_script->deleteLater();
    }
    Q_EMIT finished(m_cancelled ? Error{errors::Cancelled.toString(), u"The making of images was cancelled."_s, {}}
                                : error);
}

} // namespace isol8
