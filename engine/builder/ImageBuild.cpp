// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/builder/ImageBuild.h>

#include <isol8/builder/BakedPackages.h>
#include <isol8/builder/SystemPackages.h>
#include <isol8/image/Recipe.h>

#include <QTimer>
#include <QUuid>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8 {

ImageBuild::ImageBuild(docker::Client *client, CustomRecipe recipe, Runtime runtime, bool force, QObject *parent)
    : QObject(parent)
    , m_client(client)
    , m_recipe(std::move(recipe))
    , m_runtime(std::move(runtime))
    , m_force(force)
    , m_engineId(QUuid::createUuid().toString(QUuid::WithoutBraces))
{
}

ImageBuild::~ImageBuild()
{
    delete m_job; // before the context that they use
    delete m_packages;
    delete m_systemPackages;
}

void ImageBuild::start()
{
    const auto checked = checkRecipe(m_recipe, m_runtime);
    if (!checked) {
        QTimer::singleShot(0, this, [this, error = checked.error()] { end(error); });
        return;
    }
    m_recipe = *checked;
    m_client->listImages({}, {this, [this](const Result<QList<docker::ImageSummary>> &images) { listed(images); }});
}

void ImageBuild::cancel()
{
    if (m_ended || std::exchange(m_cancelled, true))
        return;
    if (m_systemPackages)
        m_systemPackages->cancel(); // its end is ours
    else if (m_packages)
        m_packages->cancel();
    else
        QTimer::singleShot(0, this, [this] { end({}); });
}

void ImageBuild::listed(const Result<QList<docker::ImageSummary>> &images)
{
    if (m_ended || m_cancelled)
        return;
    if (!images)
        return end(images.error());
    const auto named = [&](const QString &name) {
        const QString full = fullImageName(name);
        return std::find_if(images->begin(), images->end(),
                            [&](const docker::ImageSummary &image) { return image.tags.contains(full); });
    };
    const auto base = named(m_runtime.image);
    if (base == images->end())
        return end(
            {errors::ImageMissing.toString(),
             isStandardImage(m_runtime.image)
                 ? u"The image %1, on which it would stand, is not there: run `isol8 setup --runtime %2` first."_s.arg(
                       m_runtime.image, m_runtime.name)
                 : u"The image %1 of the runtime %2, on which it would stand, is not there."_s.arg(m_runtime.image,
                                                                                                   m_runtime.name),
             {}});
    if (fullImageName(m_runtime.image) == fullImageName(m_recipe.tag))
        return end({errors::BadRequest.toString(),
                    u"%1 is the image of the runtime %2 itself; choose another name, or another base (--base)."_s.arg(
                        m_recipe.tag, m_runtime.name),
                    {}});
    m_baseId = base->id;
    m_hash = recipeHash(m_recipe, m_runtime, m_baseId);
    if (const auto there = named(m_recipe.tag); there != images->end()) {
        const auto known = customImages({*there});
        if (known.isEmpty())
            return end({errors::BadRequest.toString(),
                        u"%1 is an image that isol8 did not build; choose another name."_s.arg(m_recipe.tag),
                        {}});
        m_before = there->id;
        m_image = known.first();
        if (m_image.hash == m_hash && !m_force)
            return end({});
    }
    prepare();
}

void ImageBuild::prepare()
{
    // Before the first container: whatever happens to this process from here on, something cleans up after it.
    if (const auto launched = m_reaper.launch(m_client->endpoint(), u"org.isol8="_s + m_engineId); !launched)
        return end(launched.error());
    if (const auto opened = m_context.open(); !opened)
        return end(opened.error());
    m_dockerfile = "FROM " + m_baseId.section(u':', -1).toLatin1() + '\n';
    m_client->info({this, [this](const Result<QJsonObject> &info) {
                        if (m_ended || m_cancelled)
                            return;
                        if (!info)
                            return end(info.error());
                        m_architecture = imageArchitecture(info->value(u"Architecture"_s).toString());
                        addSystemPackages();
                    }});
}

void ImageBuild::addSystemPackages()
{
    if (m_recipe.systemPackages.isEmpty())
        return addPackages();
    m_dockerfile += "ADD debian.tar /\n";
    const QString base = m_runtime.image == u"isol8:python" ? u"python"_s : u"base"_s;
    m_systemPackages = new SystemPackages(
        m_client, {base, m_baseId, m_architecture, m_recipe.systemPackages, m_engineId}, &m_context, this);
    connect(m_systemPackages, &SystemPackages::progress, this, &ImageBuild::progress);
    connect(m_systemPackages, &SystemPackages::log, this, &ImageBuild::log);
    connect(m_systemPackages, &SystemPackages::finished, this, [this](const Error &error) {
        m_systemPackages->deleteLater();
        m_systemPackages.clear();
        if (m_cancelled || !error.code.isEmpty())
            return end(error);
        addPackages();
    });
    m_systemPackages->start();
}

void ImageBuild::addPackages()
{
    if (m_recipe.packages.isEmpty())
        return buildImage();
    m_dockerfile += "ADD packages.tar /\n";
    m_delivery = std::make_unique<GuestDelivery>(m_client);
    m_delivery->prepare({this, [this](const Result<SandboxIdentity> &identity) {
                             if (m_ended || m_cancelled)
                                 return;
                             if (!identity)
                                 return end(identity.error());
                             SandboxIdentity mine = *identity;
                             mine.engineId = m_engineId;
                             mine.purpose = u"build"_s;
                             m_packages = new BakedPackages(
                                 m_client,
                                 {m_runtime, m_baseId, m_recipe.packages, mine, !m_recipe.systemPackages.isEmpty()},
                                 &m_context, this);
                             connect(m_packages, &BakedPackages::progress, this, &ImageBuild::progress);
                             connect(m_packages, &BakedPackages::log, this, &ImageBuild::log);
                             connect(m_packages, &BakedPackages::finished, this, [this](const Error &error) {
                                 m_packages->deleteLater();
                                 m_packages.clear();
                                 if (m_cancelled || !error.code.isEmpty())
                                     return end(error);
                                 buildImage();
                             });
                             m_packages->start();
                         }});
}

void ImageBuild::buildImage()
{
    if (const auto whole = m_context.finish(m_dockerfile); !whole)
        return end(whole.error());
    Q_EMIT progress(u"handing it to Docker"_s, 95);
    m_job = m_client->buildImage(m_context.device(), fullImageName(m_recipe.tag), recipeLabels(m_recipe, m_hash), false,
                                 this);
    connect(m_job, &docker::Job::message, this, [this](const QJsonObject &message) {
        if (const QString text = message.value(u"stream"_s).toString().trimmed(); !text.isEmpty())
            Q_EMIT log(text);
    });
    connect(m_job, &docker::Job::finished, this, [this](const Error &error) {
        m_job->deleteLater();
        m_job.clear();
        if (!error.code.isEmpty())
            return end(error);
        lookForImage();
    });
}

// The image is made; what its name meant before is of no use any more, and goes when nothing uses it.
void ImageBuild::lookForImage()
{
    m_client->listImages({{labels::Hash.toString(), m_hash}},
                         {this, [this](const Result<QList<docker::ImageSummary>> &images) {
                              if (m_ended || m_cancelled)
                                  return;
                              if (!images)
                                  return end(images.error());
                              const QList<CustomImage> made = customImages(*images);
                              const CustomImage *image = findImage(made, m_recipe.tag);
                              if (!image)
                                  return end(
                                      {errors::ImageFailed.toString(),
                                       u"Docker does not have %1 though it took it; try again."_s.arg(m_recipe.tag),
                                       {}});
                              m_image = *image;
                              m_built = true;
                              if (m_before.isEmpty() || m_before == m_image.id)
                                  return end({});
                              m_client->removeImage(m_before, false, {this, [this](const Result<void> &) { end({}); }});
                          }});
}

void ImageBuild::end(const Error &error)
{
    if (std::exchange(m_ended, true))
        return;
    delete m_job;
    m_reaper.dismiss();
    Q_EMIT finished(m_cancelled ? Error{errors::Cancelled.toString(), u"The build was cancelled."_s, {}} : error);
}

QList<CustomRecipe> prebuiltRecipes(const Config &config)
{
    const auto texts = [](const QJsonValue &value) {
        QStringList list;
        const QJsonArray array = value.toArray();
        for (const QJsonValue &text : array)
            list.append(text.toString());
        return list;
    };
    QList<CustomRecipe> recipes;
    for (const QJsonValue &image : config.prebuiltImages) {
        recipes.append({image[u"tag"].toString(), image[u"runtime"].toString(), texts(image[u"installPackages"]),
                        texts(image[u"aptPackages"]), image[u"setupScript"].toString()});
    }
    return recipes;
}

} // namespace isol8
