// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/image/CustomImage.h>
#include <isol8/runtime/Runtime.h>

namespace isol8 {

//! The image of a run, and what comes with it.
struct RunImage
{
    QString image;              //!< for the container: a custom image by its id, so that another of its name is another
    QString name;               //!< of a custom image: for people
    QString setupScript;        //!< runs before all else of the run
    QMap<QString, QString> env; //!< by which programs find the packages in it
    bool hasPackages = false;   //!< all that the run would install
    bool isOwn = false;         //!< one that isol8 made, or the runtime's own
    bool depends = false;       //!< another answer is possible once custom images are known
};

/*!
    The image \a asked for (empty: the runtime's own), or one of \a images that has all \a packages where none was asked
    for. Null \a images: not known yet. Pure.
*/
[[nodiscard]] RunImage chooseImage(const QString &asked, const Runtime &runtime, const QStringList &packages,
                                   const QList<CustomImage> *images);

} // namespace isol8
