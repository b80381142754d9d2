// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>
#include <isol8/docker/Client.h>
#include <isol8/runtime/PackageMatch.h>

#include <QList>
#include <QString>
#include <QStringList>

namespace isol8 {

struct Runtime;

namespace labels {
inline constexpr QStringView Dependencies = u"org.isol8.dependencies"; //!< packages: a JSON list; on custom images only
inline constexpr QStringView SystemPackages = u"org.isol8.apt";        //!< Debian packages: a JSON list
inline constexpr QStringView SetupScript = u"org.isol8.setup";         //!< the setup script, base64
} // namespace labels

inline constexpr qsizetype MaxImageScript = 64 * 1024; //!< bytes of an image's setup script, which is a label

//! What a custom image is to be made of: a runtime's own image and what comes on top of it.
struct CustomRecipe
{
    QString tag; //!< "pandas" or "pandas:2"
    QString runtime;
    QStringList packages;       //!< of the runtime's package registry
    QStringList systemPackages; //!< of Debian
    QString setupScript;        //!< bash, run before each program

    friend bool operator==(const CustomRecipe &, const CustomRecipe &) = default;
};

//! A custom image that is there.
struct CustomImage
{
    QString id;
    QStringList tags; //!< "pandas:latest"; none: another image has taken its name
    QString runtime;
    QStringList packages;
    QStringList systemPackages;
    QString setupScript;
    QString hash;
    qint64 size = 0;      //!< bytes
    qint64 createdAt = 0; //!< seconds since 1970

    friend bool operator==(const CustomImage &, const CustomImage &) = default;
};

//! With ":latest" where there is no tag, as Docker lists it.
[[nodiscard]] QString fullImageName(const QString &name);

//! Whether \a name is that of an image that `isol8 setup` makes.
[[nodiscard]] bool isStandardImage(const QString &name);

/*!
    \a recipe as it is built: packages in the form in which they are compared. Pure. bad_request for a tag that Docker
    would not take or that an image of `isol8 setup` has, a package's name, a runtime that installs none, a script that
    is too long, and for nothing to build.
*/
[[nodiscard]] Result<CustomRecipe> checkRecipe(CustomRecipe recipe, const Runtime &runtime);

//! Of all that goes into the image: an image of the same hash is not built again. \a baseId: the image below it.
[[nodiscard]] QString recipeHash(const CustomRecipe &recipe, const Runtime &runtime, const QString &baseId);

[[nodiscard]] QMap<QString, QString> recipeLabels(const CustomRecipe &recipe, const QString &hash);

//! The custom images among the daemon's, newest first.
[[nodiscard]] QList<CustomImage> customImages(const QList<docker::ImageSummary> &images);

//! Those of `isol8 setup` among the daemon's, as custom ones that have nothing more: by their ids they are found, too.
[[nodiscard]] QList<CustomImage> standardImages(const QList<docker::ImageSummary> &images);

//! By name, NAME@ID, or id, of which the first twelve digits are enough; null: none of them.
[[nodiscard]] const CustomImage *findImage(const QList<CustomImage> &images, const QString &name);

/*!
    The image that a run of \a runtime takes instead of installing \a packages: one with just these, else the one with
    the fewest others that has them all; of several the newest. Null: none. One with a setup script is taken only by
    those who name it.
*/
[[nodiscard]] const CustomImage *imageWithPackages(const QList<CustomImage> &images, const Runtime &runtime,
                                                   const QStringList &packages);

} // namespace isol8
