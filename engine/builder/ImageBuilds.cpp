// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/builder/ImageBuilds.h>

#include <QTimer>

namespace isol8 {

ImageBuilds::ImageBuilds(docker::Client *client, QList<CustomRecipe> recipes, RuntimeRegistry runtimes, bool force,
                         QObject *parent)
    : QObject(parent)
    , m_client(client)
    , m_recipes(std::move(recipes))
    , m_runtimes(std::move(runtimes))
    , m_force(force)
{
}

void ImageBuilds::start()
{
    QTimer::singleShot(0, this, &ImageBuilds::next);
}

void ImageBuilds::cancel()
{
    m_cancelled = true;
    if (m_build)
        m_build->cancel();
}

void ImageBuilds::next()
{
    if (m_recipes.isEmpty() || m_cancelled) {
        Q_EMIT finished(m_cancelled
                            ? Error{errors::Cancelled.toString(), QStringLiteral("The build was cancelled."), {}}
                            : m_error);
        return;
    }
    const CustomRecipe &recipe = m_recipes.first();
    const auto runtime = m_runtimes.byName(recipe.runtime);
    if (!runtime)
        return buildEnded(runtime.error());
    m_build = std::make_unique<ImageBuild>(m_client, recipe, *runtime, m_force);
    connect(m_build.get(), &ImageBuild::log, this, &ImageBuilds::log);
    connect(m_build.get(), &ImageBuild::progress, this, [this](const QString &sentence, int percent) {
        Q_EMIT progress(m_recipes.first().tag, sentence, percent);
    });
    connect(m_build.get(), &ImageBuild::finished, this, &ImageBuilds::buildEnded);
    m_build->start();
}

void ImageBuilds::buildEnded(const Error &error)
{
    if (error.code.isEmpty()) {
        Q_EMIT ready(m_build->image(), m_build->wasBuilt());
    } else {
        if (m_error.code.isEmpty())
            m_error = error;
        if (error.code != errors::Cancelled)
            Q_EMIT failed(m_recipes.first().tag, error);
    }
    if (m_build)
        m_build.release()->deleteLater();
    m_recipes.removeFirst();
    QTimer::singleShot(0, this, &ImageBuilds::next);
}

} // namespace isol8
