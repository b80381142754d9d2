// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>
#include <isol8/docker/Client.h>

#include <QList>
#include <QString>

namespace isol8 {

/*!
    How an image of isol8's own is made: by which form of resources/images/image.sh, and on top of what. The content
    hash, kept in the image's label, covers all that goes into it, so that an image of another hash is stale.
*/
struct ImageRecipe
{
    enum class Kind {
        RootFs,  //!< Debian packages: a root file system
        Programs //!< programs copied onto another image of ours
    };

    QString name; //!< "python", "base"
    QString tag;  //!< "isol8:python"
    Kind kind = Kind::RootFs;
    QString base; //!< name of the recipe below it; empty: none
    QString hash;

    friend bool operator==(const ImageRecipe &, const ImageRecipe &) = default;
};

//! How an image stands to its recipe.
struct ImageState
{
    enum class Status { Missing, Stale, Current };

    ImageRecipe recipe;
    Status status = Status::Missing;
    QString id;           //!< empty while missing
    qint64 size = 0;      //!< bytes
    qint64 createdAt = 0; //!< seconds since 1970

    friend bool operator==(const ImageState &, const ImageState &) = default;
};

namespace labels {
inline constexpr QStringView Image = u"org.isol8.image";     //!< "1" on every image that isol8 made
inline constexpr QStringView Runtime = u"org.isol8.runtime"; //!< the recipe's name
inline constexpr QStringView Hash = u"org.isol8.hash";       //!< the recipe's content hash
} // namespace labels

//! "amd64" or "arm64" from Docker's or uname's word for it; empty for others.
[[nodiscard]] QString imageArchitecture(QStringView machine);

//! Debian's own small image, on which root file systems stand where a registry answers: "debian:bookworm-slim".
[[nodiscard]] QString slimImage();

//! Every recipe for \a architecture ("amd64"), each behind what it stands on.
[[nodiscard]] QList<ImageRecipe> imageRecipes(QStringView architecture);

//! The names of the recipes that are runtimes' images: those that --runtime may name.
[[nodiscard]] QStringList imageRuntimes();

//! The states of \a recipes, in their order, given the daemon's images.
[[nodiscard]] QList<ImageState> imageStates(const QList<ImageRecipe> &recipes,
                                            const QList<docker::ImageSummary> &images);

/*!
    What is to be made, in order: the images of \a runtimes (all where it is empty) that are not current, or each of
    them with \a force, and what they stand on, down to the first that is current (a base is made again only with force
    and all).
    unknown_runtime names those that have a recipe.
*/
[[nodiscard]] Result<QList<ImageState>> imagePlan(const QList<ImageState> &states, const QStringList &runtimes,
                                                  bool force);

} // namespace isol8
