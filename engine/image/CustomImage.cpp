// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/image/CustomImage.h>

#include <isol8/image/Recipe.h>
#include <isol8/runtime/Runtime.h>

#include <QCryptographicHash>
#include <QJsonArray>
#include <QJsonDocument>
#include <QRegularExpression>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8 {

namespace {

// Images that were built in another way than now are built again.
constexpr int RecipeVersion = 2;

QString listText(const QStringList &list)
{
    return QString::fromUtf8(QJsonDocument(QJsonArray::fromStringList(list)).toJson(QJsonDocument::Compact));
}

QStringList textList(const QString &text)
{
    QStringList list;
    const QJsonArray array = QJsonDocument::fromJson(text.toUtf8()).array();
    for (const QJsonValue &value : array)
        list.append(value.toString());
    return list;
}

tl::unexpected<Error> refuse(const QString &sentence)
{
    return fail(errors::BadRequest, sentence);
}

} // namespace

QString fullImageName(const QString &name)
{
    const bool tagged = name.contains(u'@') || name.lastIndexOf(u':') > name.lastIndexOf(u'/');
    return tagged ? name : QString(name + u":latest"_s);
}

bool isStandardImage(const QString &name)
{
    const QString prefix = u"isol8:"_s;
    return name.startsWith(prefix) && (imageRuntimes().contains(name.sliced(prefix.size())) || name == u"isol8:base");
}

Result<CustomRecipe> checkRecipe(CustomRecipe recipe, const Runtime &runtime)
{
    static const QRegularExpression tag(
        u"\\A(?:[a-z0-9.-]+:[0-9]+/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*"
        "(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?\\z"_s);
    static const QRegularExpression debian(u"\\A[a-z0-9][a-z0-9+.-]+(?:=[A-Za-z0-9.+:~-]+)?\\z"_s);
    if (recipe.tag.size() > 200 || !tag.match(recipe.tag).hasMatch())
        return refuse(u"\"%1\" is no name for an image; use small letters, digits, '-', '.', '_' and '/', and behind a "
                      "':' a version."_s.arg(recipe.tag.left(64)));
    if (isStandardImage(recipe.tag))
        return refuse(u"%1 is an image that `isol8 setup` makes; choose another name."_s.arg(recipe.tag));
    if (recipe.packages.isEmpty() && recipe.systemPackages.isEmpty() && recipe.setupScript.isEmpty())
        return refuse(u"There is nothing to build: give packages (--install), Debian packages (--apt) or a setup "
                      "script (--setup)."_s);
    if (!recipe.packages.isEmpty()) {
        if (const auto plan = planBake(runtime, recipe.packages, {}); !plan)
            return fail(plan.error());
    }
    if (recipe.systemPackages.size() > MaxPackages)
        return refuse(u"At most %1 Debian packages are taken."_s.arg(MaxPackages));
    for (const QString &package : std::as_const(recipe.systemPackages)) {
        if (package.size() > 256 || !debian.match(package).hasMatch())
            return refuse(
                u"\"%1\" is not a Debian package's name, such as libxml2 or libxml2=2.9.14."_s.arg(package.left(64)));
    }
    if (recipe.setupScript.toUtf8().size() > MaxImageScript)
        return refuse(
            u"The setup script is longer than %1 KiB; put what is long into packages."_s.arg(MaxImageScript / 1024));
    recipe.runtime = runtime.name;
    recipe.packages = normalPackages(runtime.packages, recipe.packages);
    recipe.systemPackages.sort();
    recipe.systemPackages.removeDuplicates();
    return recipe;
}

QString recipeHash(const CustomRecipe &recipe, const Runtime &runtime, const QString &baseId)
{
    const QJsonArray parts{RecipeVersion,
                           recipe.runtime,
                           baseId,
                           QJsonArray::fromStringList(recipe.packages),
                           QJsonArray::fromStringList(recipe.systemPackages),
                           recipe.setupScript,
                           recipe.packages.isEmpty() ? QJsonValue() : runtime.toJson().value(u"bake"_s)};
    const QByteArray text = QJsonDocument(parts).toJson(QJsonDocument::Compact);
    return QString::fromLatin1(QCryptographicHash::hash(text, QCryptographicHash::Sha256).toHex());
}

QMap<QString, QString> recipeLabels(const CustomRecipe &recipe, const QString &hash)
{
    return {{labels::Image.toString(), u"1"_s},
            {labels::Runtime.toString(), recipe.runtime},
            {labels::Hash.toString(), hash},
            {labels::Dependencies.toString(), listText(recipe.packages)},
            {labels::SystemPackages.toString(), listText(recipe.systemPackages)},
            {labels::SetupScript.toString(), QString::fromLatin1(recipe.setupScript.toUtf8().toBase64())}};
}

QList<CustomImage> customImages(const QList<docker::ImageSummary> &images)
{
    QList<CustomImage> custom;
    for (const docker::ImageSummary &image : images) {
        const auto label = [&](QStringView name) { return image.labels.value(name.toString()); };
        if (!image.labels.contains(labels::Dependencies.toString()) || label(labels::Image).isEmpty())
            continue;
        custom.append({image.id, image.tags, label(labels::Runtime), textList(label(labels::Dependencies)),
                       textList(label(labels::SystemPackages)),
                       QString::fromUtf8(QByteArray::fromBase64(label(labels::SetupScript).toLatin1())),
                       label(labels::Hash), image.size, image.createdAt});
    }
    std::stable_sort(custom.begin(), custom.end(),
                     [](const CustomImage &a, const CustomImage &b) { return a.createdAt > b.createdAt; });
    return custom;
}

QList<CustomImage> standardImages(const QList<docker::ImageSummary> &images)
{
    QList<CustomImage> standard;
    for (const docker::ImageSummary &image : images) {
        if (!image.labels.value(labels::Image.toString()).isEmpty() &&
            std::any_of(image.tags.begin(), image.tags.end(), isStandardImage))
            standard.append({image.id,
                             image.tags,
                             image.labels.value(labels::Runtime.toString()),
                             {},
                             {},
                             {},
                             image.labels.value(labels::Hash.toString()),
                             image.size,
                             image.createdAt});
    }
    return standard;
}

const CustomImage *findImage(const QList<CustomImage> &images, const QString &name)
{
    static const QRegularExpression shortId(u"\\A[0-9a-f]{12,64}\\z"_s);
    const QString full = fullImageName(name);
    const QString algorithm = u"sha256:"_s;
    const QString id = name.sliced(name.lastIndexOf(u'@') + 1);
    const QString digits = id.startsWith(algorithm) ? id.sliced(algorithm.size()) : id;
    const bool isId = shortId.match(digits).hasMatch();
    const auto found = std::find_if(images.begin(), images.end(), [&](const CustomImage &image) {
        return image.tags.contains(full) || image.id == name || (isId && image.id.startsWith(algorithm + digits));
    });
    return found == images.end() ? nullptr : &*found;
}

const CustomImage *imageWithPackages(const QList<CustomImage> &images, const Runtime &runtime,
                                     const QStringList &packages)
{
    const QStringList wanted = normalPackages(runtime.packages, packages);
    const CustomImage *best = nullptr;
    for (const CustomImage &image : images) {
        if (image.runtime != runtime.name || image.tags.isEmpty() || !image.setupScript.isEmpty() ||
            !packagesServe(runtime.packages, image.packages, wanted))
            continue;
        const auto weight = [&](const CustomImage &candidate) {
            const bool exact = candidate.packages == wanted && candidate.systemPackages.isEmpty();
            return exact ? 0 : 1 + candidate.packages.size() + candidate.systemPackages.size();
        };
        if (!best || weight(image) < weight(*best))
            best = &image;
    }
    return best;
}

} // namespace isol8
