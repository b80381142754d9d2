// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/image/ImageCatalogue.h>

#include <isol8/image/Recipe.h>

#include <QTimer>

namespace isol8 {

namespace {

constexpr qint64 RememberedMs = 3000;

} // namespace

ImageCatalogue::ImageCatalogue(docker::Client *client, QObject *parent)
    : QObject(parent)
    , m_client(client)
{
}

void ImageCatalogue::images(Callback<Images> done)
{
    if (m_images && !m_since.hasExpired(RememberedMs)) {
        QTimer::singleShot(0, this, [done, images = m_images] { done(images); });
        return;
    }
    m_waiting.append(std::move(done));
    if (std::exchange(m_asking, true))
        return;
    m_client->listImages({{labels::Image.toString(), QString()}},
                         {this, [this](const Result<QList<docker::ImageSummary>> &images) { answered(images); }});
}

void ImageCatalogue::forget()
{
    m_images.reset();
}

void ImageCatalogue::answered(const Result<QList<docker::ImageSummary>> &images)
{
    m_asking = false;
    const auto waiting = std::exchange(m_waiting, {});
    if (!images) {
        for (const auto &done : waiting)
            done(fail(images.error()));
        return;
    }
    m_images = std::make_shared<const QList<CustomImage>>(customImages(*images) + standardImages(*images));
    m_since.start();
    for (const auto &done : waiting)
        done(m_images);
}

} // namespace isol8
