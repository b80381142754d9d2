// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/builder/BuildContext.h>
#include <isol8/config/Config.h>
#include <isol8/docker/Client.h>
#include <isol8/image/CustomImage.h>
#include <isol8/runtime/Runtime.h>
#include <isol8/sandbox/GuestDelivery.h>
#include <isol8/sandbox/Reaper.h>

#include <QPointer>

#include <memory>

namespace isol8 {

class BakedPackages;
class SystemPackages;

/*!
    `isol8 build`: a custom image on top of a runtime's own. Debian packages and the runtime's packages are a layer
   each; the setup script is a label, and the engine runs it before each program. An image that is there already, made
   of the same on the same, is left as it is, unless forced.

    finished() comes exactly once after start(), never from inside it. Whatever ends it, killing this process included,
    leaves no container behind and no half an image; the image of that name that was there stays until the new one is.
*/
class ImageBuild : public QObject
{
    Q_OBJECT

public:
    //! \a client outlives the build. \a recipe as a user writes it, \a runtime the one that it names.
    ImageBuild(docker::Client *client, CustomRecipe recipe, Runtime runtime, bool force, QObject *parent = nullptr);
    ~ImageBuild() override;

    void start();
    //! finished() follows with code cancelled, when what was under way is gone.
    void cancel();

    //! The value of the label org.isol8 of its containers.
    [[nodiscard]] QString engineId() const { return m_engineId; }
    //! After finished() without an error.
    [[nodiscard]] const CustomImage &image() const { return m_image; }
    //! It was made just now; else it was there.
    [[nodiscard]] bool wasBuilt() const { return m_built; }

Q_SIGNALS:
    //! \a percent of the whole; -1: not known.
    void progress(const QString &sentence, int percent);
    void log(const QString &line);
    //! An empty code: the image is there. Else bad_request (checkRecipe()), image_missing (the runtime's own),
    //! image_failed, cancelled, or what the Docker client says.
    void finished(const isol8::Error &error);

private:
    void listed(const Result<QList<docker::ImageSummary>> &images);
    void checkName();
    void prepare();
    void addSystemPackages();
    void addPackages();
    void buildImage();
    void lookForImage();
    void end(const Error &error);

    docker::Client *m_client;
    CustomRecipe m_recipe;
    Runtime m_runtime;
    bool m_force;
    QString m_engineId;
    QString m_baseId;
    QString m_architecture;
    QString m_hash;
    QString m_before; //!< id of the image that has the name so far
    CustomImage m_image;
    Reaper m_reaper;
    std::unique_ptr<GuestDelivery> m_delivery;
    SandboxIdentity m_identity;
    BuildContext m_context;
    QByteArray m_dockerfile;
    QPointer<SystemPackages> m_systemPackages;
    QPointer<BakedPackages> m_packages;
    QPointer<docker::Job> m_job;
    bool m_built = false;
    bool m_cancelled = false;
    bool m_ended = false;
};

//! The recipes of the configuration's prebuiltImages.
[[nodiscard]] QList<CustomRecipe> prebuiltRecipes(const Config &config);

} // namespace isol8
