// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/image/Recipe.h>

#include <isol8/image/EmbeddedScripts.h>

#include <QCryptographicHash>
#include <QSet>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8 {

namespace {

const QString Base = u"base"_s;
const QString Node = u"node"_s;
const QString Agent = u"agent"_s; // on top of node's

QStringList onBase()
{
    return {u"bash"_s, Node, u"bun"_s, u"deno"_s};
}

// The lines of versions.sh whose name starts so: what one recipe takes from it.
QByteArray versionLines(const QByteArrayList &prefixes)
{
    QByteArray lines;
    for (const QByteArray &line : isol8_embedded_images_versions().split('\n')) {
        if (std::any_of(prefixes.begin(), prefixes.end(), [&](const QByteArray &p) { return line.startsWith(p); }))
            lines += line + '\n';
    }
    return lines;
}

QString hashOf(const QByteArrayList &parts)
{
    QCryptographicHash hash(QCryptographicHash::Sha256);
    for (const QByteArray &part : parts) {
        hash.addData(QByteArray(QByteArray::number(part.size()) + ':'));
        hash.addData(part);
    }
    return QString::fromLatin1(hash.result().toHex());
}

ImageRecipe rootFs(const QString &name, const QByteArray &architecture)
{
    const QByteArray lines =
        versionLines({"debian_suite=", "debian_image=", "debian_common=", "debian_" + name.toLatin1() + '='});
    return {name,
            u"isol8:"_s + name,
            ImageRecipe::Kind::RootFs,
            {},
            hashOf({architecture, isol8_embedded_images_image(), isol8_embedded_images_finish(),
                    isol8_embedded_images_merge(), lines})};
}

ImageRecipe programs(const QString &name, const ImageRecipe &base, const QByteArray &architecture)
{
    QByteArrayList prefixes{"npm_" + name.toLatin1() + '_' + architecture + '='};
    if (name == Node)
        prefixes.append("npm_npm=");
    QByteArrayList parts{base.hash.toLatin1(), isol8_embedded_images_image(), versionLines(prefixes), name.toLatin1()};
    if (name == Agent)
        parts.append(isol8_embedded_images_agent_lock());
    return {name, u"isol8:"_s + name, ImageRecipe::Kind::Programs, base.name, hashOf(parts)};
}

const ImageState *stateOf(const QList<ImageState> &states, QStringView name)
{
    const auto it = std::find_if(states.begin(), states.end(), [&](const auto &s) { return s.recipe.name == name; });
    return it == states.end() ? nullptr : &*it;
}

} // namespace

QString imageArchitecture(QStringView machine)
{
    if (machine == u"x86_64" || machine == u"amd64")
        return u"amd64"_s;
    if (machine == u"aarch64" || machine == u"arm64")
        return u"arm64"_s;
    return {};
}

QString slimImage()
{
    return QString::fromLatin1(versionLines({"debian_image="}).trimmed()).section(u'=', 1);
}

QList<ImageRecipe> imageRecipes(QStringView architecture)
{
    const QByteArray arch = architecture.toLatin1();
    QList<ImageRecipe> recipes{rootFs(u"python"_s, arch), rootFs(Base, arch)};
    const ImageRecipe base = recipes.last();
    for (const QString &name : onBase())
        recipes.append(programs(name, base, arch));
    const auto node = std::find_if(recipes.begin(), recipes.end(), [](const auto &r) { return r.name == Node; });
    recipes.append(programs(Agent, ImageRecipe(*node), arch));
    return recipes;
}

QStringList imageRuntimes()
{
    return QStringList{u"python"_s} + onBase() + QStringList{Agent};
}

QList<ImageState> imageStates(const QList<ImageRecipe> &recipes, const QList<docker::ImageSummary> &images)
{
    QList<ImageState> states;
    for (const ImageRecipe &recipe : recipes) {
        ImageState state;
        state.recipe = recipe;
        for (const docker::ImageSummary &image : images) {
            if (!image.tags.contains(recipe.tag))
                continue;
            state.id = image.id;
            state.size = image.size;
            state.createdAt = image.createdAt;
            const bool current = image.labels.value(labels::Hash.toString()) == recipe.hash;
            state.status = current ? ImageState::Status::Current : ImageState::Status::Stale;
        }
        states.append(state);
    }
    return states;
}

Result<QList<ImageState>> imagePlan(const QList<ImageState> &states, const QStringList &runtimes, bool force)
{
    const QStringList known = imageRuntimes();
    for (const QString &runtime : runtimes) {
        if (!known.contains(runtime))
            return fail(errors::UnknownRuntime,
                        u"isol8 has no recipe for an image of \"%1\"; it makes those of %2."_s.arg(
                            runtime, known.join(u", "_s)));
    }

    QSet<QString> wanted;
    for (const ImageState &state : states) {
        const QString &name = state.recipe.name;
        if (!known.contains(name) || (!runtimes.isEmpty() && !runtimes.contains(name)))
            continue;
        if (!force && state.status == ImageState::Status::Current)
            continue;
        wanted.insert(name);
        // Below it all that is not current, down to the first that is: that one stands on what it needs.
        for (const ImageState *base = stateOf(states, state.recipe.base);
             base && (base->status != ImageState::Status::Current || (force && runtimes.isEmpty()));
             base = stateOf(states, base->recipe.base))
            wanted.insert(base->recipe.name);
    }
    QList<ImageState> plan;
    for (const ImageState &state : states) {
        if (wanted.contains(state.recipe.name))
            plan.append(state);
    }
    return plan;
}

} // namespace isol8
