// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/builder/ImageBuild.h>

namespace isol8 {

/*!
    Several custom images, one after another. One that fails does not keep the next from being built.

    For each image, in order: progress and log as they come, then ready() or failed(). finished() exactly once after
    start(), last, never from inside it.
*/
class ImageBuilds : public QObject
{
    Q_OBJECT

public:
    //! \a client outlives it. A recipe whose runtime \a runtimes has not fails with unknown_runtime.
    ImageBuilds(docker::Client *client, QList<CustomRecipe> recipes, RuntimeRegistry runtimes, bool force,
                QObject *parent = nullptr);

    void start();
    //! The rest is not built; finished() follows when what was under way is gone.
    void cancel();

Q_SIGNALS:
    void progress(const QString &tag, const QString &sentence, int percent);
    void log(const QString &line);
    void ready(const isol8::CustomImage &image, bool built);
    void failed(const QString &tag, const isol8::Error &error);
    //! An empty code: all are there; else cancelled, or what the first that failed did.
    void finished(const isol8::Error &error);

private:
    void next();
    void buildEnded(const Error &error);

    docker::Client *m_client;
    QList<CustomRecipe> m_recipes; //!< what is left; the first is under way
    RuntimeRegistry m_runtimes;
    bool m_force;
    std::unique_ptr<ImageBuild> m_build;
    Error m_error;
    bool m_cancelled = false;
};

} // namespace isol8
