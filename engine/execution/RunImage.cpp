// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/execution/RunImage.h>

#include <algorithm>

namespace isol8 {

RunImage chooseImage(const QString &asked, const Runtime &runtime, const QStringList &packages,
                     const QList<CustomImage> *images)
{
    RunImage chosen;
    chosen.image = asked.isEmpty() ? runtime.image : asked;
    chosen.isOwn = isStandardImage(chosen.image) || fullImageName(chosen.image) == fullImageName(runtime.image);
    const bool search = asked.isEmpty() && !packages.isEmpty();
    chosen.depends = search || !isStandardImage(chosen.image);
    if (!images || !chosen.depends)
        return chosen;
    const CustomImage *custom = search ? imageWithPackages(*images, runtime, packages) : nullptr;
    if (!custom)
        custom = findImage(*images, chosen.image);
    if (!custom)
        return chosen;
    chosen.isOwn = true;
    // One of isol8 setup's that was named by its id: the pool knows it by its name.
    const auto standard = std::find_if(custom->tags.begin(), custom->tags.end(), isStandardImage);
    if (standard != custom->tags.end()) {
        chosen.image = *standard;
        return chosen;
    }
    chosen.image = custom->id;
    chosen.name = custom->tags.value(0, custom->id);
    chosen.setupScript = custom->setupScript;
    if (!custom->packages.isEmpty())
        chosen.env = runtime.bake.runEnv;
    chosen.hasPackages = packagesServe(runtime.packages, custom->packages, packages);
    return chosen;
}

} // namespace isol8
