// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/runtime/Packages.h>

#include <isol8/runtime/Runtime.h>

#include <QRegularExpression>

#include <algorithm>
#include <array>

using namespace Qt::StringLiterals;

namespace isol8 {

namespace {

constexpr qsizetype MaxPackage = 512;

struct SyntaxName
{
    PackageSyntax syntax;
    QStringView name;
};

constexpr std::array SyntaxNames{SyntaxName{PackageSyntax::Npm, u"npm"}, SyntaxName{PackageSyntax::Pypi, u"pypi"},
                                 SyntaxName{PackageSyntax::Deno, u"deno"}};

bool matches(const QRegularExpression &pattern, const QString &text)
{
    return pattern.match(text).hasMatch();
}

// For a sentence: short, printable, without what could be a password.
QString quoted(const QString &package)
{
    static const QRegularExpression userinfo(u"//[^/@]*@"_s);
    QString text = package.left(MaxPackage);
    text.replace(userinfo, u"//***@"_s);
    for (QChar &c : text) {
        if (!c.isPrint())
            c = u'?';
    }
    return u'"' + (text.size() > 80 ? QString(text.left(79) + u'…') : text) + u'"';
}

// Installers look for a file of such a name before they ask a registry.
bool looksLikeArchive(const QString &text)
{
    static const QRegularExpression pattern(
        u"\\.(?:tgz|tar|tar\\.[a-z0-9]+|tbz|tb2|txz|tlz|zip|whl|egg|gz|bz2|xz|zst|lzma)\\z"_s,
        QRegularExpression::CaseInsensitiveOption);
    return matches(pattern, text);
}

// After npm's own rules, old names with capitals included; '-' as first character would make an option of it.
bool isNpm(const QString &package)
{
    static const QRegularExpression name(u"\\A(?:@[A-Za-z0-9~][A-Za-z0-9._~-]*/)?[A-Za-z0-9~][A-Za-z0-9._~-]*\\z"_s);
    // Versions, ranges ("^1.2 || >=3 <4", "1 - 2"), tags. No '/' and no ':', which make paths, URLs and aliases.
    static const QRegularExpression version(u"\\A(?![-. ])[A-Za-z0-9.+_~^<>=|* -]{1,256}(?<! )\\z"_s);
    const qsizetype at = package.indexOf(u'@', 1);
    const QString bare = at < 0 ? package : package.left(at);
    return bare.size() <= 214 && matches(name, bare) && !looksLikeArchive(bare) &&
           (at < 0 || (matches(version, package.sliced(at + 1)) && !looksLikeArchive(package.sliced(at + 1))));
}

bool isPypi(const QString &package)
{
    static const QRegularExpression pattern(
        u"\\A(?<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)"
        " *(?:\\[ *[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?(?: *, *[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)* "
        "*\\])?"
        " *(?:(?:===?|~=|!=|<=?|>=?) *[A-Za-z0-9._*+!-]+(?: *, *(?:===?|~=|!=|<=?|>=?) *[A-Za-z0-9._*+!-]+)*)?\\z"_s);
    const auto match = pattern.match(package);
    return match.hasMatch() && !looksLikeArchive(match.captured(u"name")) && !looksLikeArchive(package);
}

tl::unexpected<Error> refuse(const QString &package, QStringView what)
{
    return fail(errors::BadRequest, u"The package %1 is refused: %2"_s.arg(quoted(package), what));
}

Result<QStringList> packageArguments(const Runtime &runtime, const QStringList &packages)
{
    if (packages.size() > MaxPackages)
        return fail(
            errors::BadRequest,
            u"request.installPackages has %1 packages; at most %2 are taken."_s.arg(packages.size()).arg(MaxPackages));
    QStringList arguments;
    for (const QString &package : packages) {
        const auto argument = packageArgument(runtime.packages, package);
        if (!argument)
            return fail(argument.error());
        arguments.append(*argument);
    }
    return arguments;
}

} // namespace

std::optional<PackageSyntax> packageSyntax(QStringView text)
{
    const auto found =
        std::find_if(SyntaxNames.begin(), SyntaxNames.end(), [&](const SyntaxName &s) { return s.name == text; });
    return found == SyntaxNames.end() ? std::nullopt : std::optional(found->syntax);
}

QString toString(PackageSyntax syntax)
{
    const auto found =
        std::find_if(SyntaxNames.begin(), SyntaxNames.end(), [&](const SyntaxName &s) { return s.syntax == syntax; });
    return found == SyntaxNames.end() ? QString() : found->name.toString();
}

Result<QString> packageArgument(PackageSyntax syntax, const QString &package)
{
    if (package.size() > MaxPackage)
        return refuse(package, u"it is longer than 512 characters.");
    switch (syntax) {
    case PackageSyntax::Npm:
        if (!isNpm(package))
            return refuse(package,
                          u"give a name that the npm registry knows, such as lodash, lodash@^4 or @types/node.");
        return package;
    case PackageSyntax::Deno: {
        if (package.startsWith(u"jsr:"))
            return refuse(package, u"packages of jsr cannot be installed; where npm has it too, give npm:NAME.");
        const QString name = package.startsWith(u"npm:") ? package.sliced(4) : package;
        if (!isNpm(name))
            return refuse(package, u"give a name that the npm registry knows, such as npm:lodash or npm:lodash@^4.");
        return QString(u"npm:"_s + name);
    }
    case PackageSyntax::Pypi:
        if (!isPypi(package))
            return refuse(package,
                          u"give a name that the Python package index knows, such as requests, requests>=2,<3 or "
                          "uvicorn[standard].");
        return package;
    case PackageSyntax::Unknown:
        break;
    }
    const bool printable = std::all_of(package.begin(), package.end(), [](QChar c) { return c.isPrint(); });
    if (package.trimmed().isEmpty() || !printable || package.startsWith(u'-'))
        return refuse(package, u"it is not a package's name.");
    return package;
}

Result<InstallPlan> planInstall(const Runtime &runtime, const QStringList &packages)
{
    if (runtime.install.isEmpty())
        return fail(
            errors::BadRequest,
            u"The runtime %1 cannot install packages; make an image that holds what is needed with `isol8 build "
            "--base %1 --apt PACKAGE --tag NAME`, and run with --image NAME."_s.arg(runtime.name));
    const auto arguments = packageArguments(runtime, packages);
    if (!arguments)
        return fail(arguments.error());
    return InstallPlan{expandCommand(runtime.install, {{}, {}, {}, {}, *arguments}), runtime.installEnv};
}

Result<InstallPlan> planBake(const Runtime &runtime, const QStringList &packages, const QString &root)
{
    if (runtime.bake.install.isEmpty())
        return fail(errors::BadRequest,
                    u"The runtime %1 cannot have packages installed into an image; Debian packages (--apt) and a setup "
                    "script (--setup) it can."_s.arg(runtime.name));
    const auto arguments = packageArguments(runtime, packages);
    if (!arguments)
        return fail(arguments.error());
    QStringList command = runtime.bake.install;
    command.replaceInStrings(u"{root}"_s, root);
    QMap<QString, QString> env = runtime.installEnv;
    for (auto it = runtime.bake.env.cbegin(); it != runtime.bake.env.cend(); ++it)
        env.insert(it.key(), QString(*it).replace(u"{root}"_s, root));
    return InstallPlan{expandCommand(command, {{}, {}, {}, {}, *arguments}), env};
}

} // namespace isol8
