// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Callback.h>
#include <isol8/image/CustomImage.h>

#include <QElapsedTimer>
#include <QObject>

namespace isol8 {

/*!
    The daemon's custom images, and then those of `isol8 setup`, asked for when somebody wants to know, and remembered
   for a few seconds: an image that was built or removed elsewhere shows after that.
*/
class ImageCatalogue : public QObject
{
    Q_OBJECT

public:
    using Images = std::shared_ptr<const QList<CustomImage>>;

    //! \a client outlives it.
    explicit ImageCatalogue(docker::Client *client, QObject *parent = nullptr);

    //! Calls at the same time share one question. Errors are Docker's and not remembered.
    void images(Callback<Images> done);
    //! What is remembered may be wrong now.
    void forget();

private:
    void answered(const Result<QList<docker::ImageSummary>> &images);

    docker::Client *m_client;
    Images m_images;
    QElapsedTimer m_since;
    bool m_asking = false;
    QList<Callback<Images>> m_waiting;
};

} // namespace isol8
