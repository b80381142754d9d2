// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/runtime/PackageMatch.h>

#include <QRegularExpression>
#include <QSet>

#include <algorithm>
#include <optional>

using namespace Qt::StringLiterals;

namespace isol8 {

namespace {

using Release = QList<int>; // 1.26.4

struct Package
{
    QString name;
    QSet<QString> extras;
    QString version; // "", "4.17.21", "^4", "==1.26", ">=1,<2": without spaces where they mean nothing
};

QString pythonName(QString name)
{
    static const QRegularExpression runs(u"[-_.]+"_s);
    return name.toLower().replace(runs, u"-"_s);
}

Package pythonPackage(const QString &text)
{
    static const QRegularExpression parts(
        u"\\A *([A-Za-z0-9][A-Za-z0-9._-]*?) *(?:\\[([^\\]]*)\\])? *((?:[=!<>~].*)?)\\z"_s);
    const auto match = parts.match(text);
    if (!match.hasMatch())
        return {text, {}, {}};
    Package package{pythonName(match.captured(1)), {}, match.captured(3).remove(u' ')};
    const QStringList extras = match.captured(2).split(u',', Qt::SkipEmptyParts);
    for (const QString &extra : extras)
        package.extras.insert(pythonName(extra.trimmed()));
    QStringList clauses = package.version.split(u',', Qt::SkipEmptyParts);
    clauses.sort();
    package.version = clauses.join(u',');
    return package;
}

Package npmPackage(QString text)
{
    if (text.startsWith(u"npm:"))
        text = text.sliced(4);
    const qsizetype at = text.indexOf(u'@', 1);
    return at < 0 ? Package{text, {}, {}} : Package{text.left(at), {}, text.sliced(at + 1).simplified()};
}

Package packageOf(PackageSyntax syntax, const QString &text)
{
    switch (syntax) {
    case PackageSyntax::Pypi:
        return pythonPackage(text);
    case PackageSyntax::Npm:
    case PackageSyntax::Deno:
        return npmPackage(text);
    case PackageSyntax::Unknown:
        break;
    }
    return {text.trimmed(), {}, {}};
}

// Digits and dots alone: pre-releases and the like have rules of their own.
std::optional<Release> release(QStringView text)
{
    Release numbers;
    const auto parts = text.split(u'.');
    for (const QStringView part : parts) {
        bool fine = false;
        numbers.append(part.toInt(&fine));
        if (!fine || !part[0].isDigit())
            return {};
    }
    return numbers;
}

// Missing numbers are 0.
int compare(const Release &left, const Release &right)
{
    for (qsizetype i = 0; i < std::max(left.size(), right.size()); ++i) {
        const int difference = left.value(i) - right.value(i);
        if (difference != 0)
            return difference;
    }
    return 0;
}

bool startsWith(const Release &version, const Release &prefix)
{
    return compare(version.first(std::min(version.size(), prefix.size())), prefix) == 0;
}

// The first version above those that begin as \a base does up to its number \a index.
Release behind(Release base, qsizetype index)
{
    base = base.first(index + 1);
    ++base.last();
    return base;
}

bool pythonClauseHolds(const Release &version, const QString &clause)
{
    static const QRegularExpression parts(u"\\A(===|==|!=|<=|>=|<|>|~=)([0-9.]+?)(\\.\\*)?\\z"_s);
    const auto match = parts.match(clause);
    const auto bound = release(match.captured(2));
    if (!match.hasMatch() || !bound)
        return false;
    const QString sign = match.captured(1);
    const bool prefix = !match.captured(3).isEmpty();
    const int order = compare(version, *bound);
    if (sign == u"==" || sign == u"===")
        return prefix ? startsWith(version, *bound) : order == 0;
    if (sign == u"!=")
        return prefix ? !startsWith(version, *bound) : order != 0;
    if (prefix)
        return false;
    if (sign == u"~=")
        return bound->size() > 1 && order >= 0 && startsWith(version, bound->first(bound->size() - 1));
    return sign == u"<" ? order < 0 : sign == u"<=" ? order <= 0 : sign == u">" ? order > 0 : order >= 0;
}

bool npmComparatorHolds(const Release &version, const QString &text)
{
    static const QRegularExpression parts(u"\\A(\\^|~|<=|>=|<|>|=|)v?([0-9]+(?:\\.[0-9]+){0,2})?((?:\\.?[xX*])*)\\z"_s);
    const auto match = parts.match(text);
    if (!match.hasMatch() || (match.captured(2).isEmpty() && match.captured(3).isEmpty()))
        return false;
    const QString sign = match.captured(1);
    if (match.captured(2).isEmpty()) // "*"
        return sign.isEmpty();
    const Release bound = release(match.captured(2)).value_or(Release());
    const bool whole = bound.size() == 3;
    const int order = compare(version, bound);
    if (sign.isEmpty() || sign == u"=")
        return whole ? order == 0 : startsWith(version, bound);
    if (sign == u"~")
        return order >= 0 && compare(version, behind(bound, std::min<qsizetype>(1, bound.size() - 1))) < 0;
    if (sign == u"^") { // up to the first number that is not 0
        qsizetype index = 0;
        while (index + 1 < bound.size() && bound[index] == 0)
            ++index;
        return order >= 0 && compare(version, behind(bound, index)) < 0;
    }
    if (sign == u"<")
        return order < 0;
    if (sign == u">=")
        return order >= 0;
    const bool inside = startsWith(version, bound);
    return sign == u"<=" ? order <= 0 || inside : order > 0 && !inside;
}

bool versionServes(PackageSyntax syntax, const QString &has, const QString &wanted)
{
    if (wanted.isEmpty() || has == wanted)
        return true;
    if (syntax == PackageSyntax::Pypi) {
        const auto version = release(has.startsWith(u"===")  ? has.sliced(3)
                                     : has.startsWith(u"==") ? has.sliced(2)
                                                             : QString(u"?"_s));
        const QStringList clauses = wanted.split(u',', Qt::SkipEmptyParts);
        return version && std::all_of(clauses.begin(), clauses.end(),
                                      [&](const QString &clause) { return pythonClauseHolds(*version, clause); });
    }
    const auto version = release(has);
    if (!version || version->size() != 3)
        return false;
    static const QRegularExpression signThenSpace(u"([<>=~^]) +"_s);
    const QStringList alternatives = QString(wanted).replace(signThenSpace, u"\\1"_s).split(u"||"_s);
    return std::any_of(alternatives.begin(), alternatives.end(), [&](const QString &alternative) {
        const QStringList all = alternative.split(u' ', Qt::SkipEmptyParts);
        return !all.isEmpty() && std::all_of(all.begin(), all.end(), [&](const QString &comparator) {
            return npmComparatorHolds(*version, comparator);
        });
    });
}

} // namespace

bool packageServes(PackageSyntax syntax, const QString &has, const QString &wanted)
{
    const Package there = packageOf(syntax, has);
    const Package asked = packageOf(syntax, wanted);
    return there.name == asked.name && there.extras.contains(asked.extras) &&
           versionServes(syntax, there.version, asked.version);
}

bool packagesServe(PackageSyntax syntax, const QStringList &has, const QStringList &wanted)
{
    return std::all_of(wanted.begin(), wanted.end(), [&](const QString &package) {
        return std::any_of(has.begin(), has.end(),
                           [&](const QString &there) { return packageServes(syntax, there, package); });
    });
}

QStringList normalPackages(PackageSyntax syntax, const QStringList &packages)
{
    QStringList normal;
    for (const QString &text : packages) {
        const Package package = packageOf(syntax, text);
        QStringList extras(package.extras.begin(), package.extras.end());
        extras.sort();
        QString written = package.name;
        if (!extras.isEmpty())
            written += u'[' + extras.join(u',') + u']';
        if (!package.version.isEmpty() && syntax != PackageSyntax::Pypi)
            written += u'@';
        normal.append(written + package.version);
    }
    normal.sort();
    normal.removeDuplicates();
    return normal;
}

} // namespace isol8
