// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QString>
#include <QStringView>

#include <memory>

namespace re2 {
class RE2;
} // namespace re2

namespace isol8::cli {

/*!
    Which files `--files` leaves out: the rules of a .isol8ignore, written as in .gitignore. A later rule wins over an
   earlier one, "!" takes back, a final "/" means folders only, a "/" elsewhere ties the pattern to the top, "**" goes
   through folders. The rules may be a stranger's: the time that they take grows with the path's length only. Pure.
*/
class IgnoreRules
{
public:
    //! .git, node_modules, __pycache__, .venv, venv, .tox and .isol8ignore itself.
    [[nodiscard]] static IgnoreRules standard();

    //! Adds the lines of a .isol8ignore; blank ones and those that begin with # count nothing.
    void add(QStringView text);

    //! \a path is relative to the folder, without "./" and without a "/" at its end. What is in an ignored folder need
    //! not be asked for.
    [[nodiscard]] bool ignores(const QString &path, bool isFolder) const;

private:
    struct Rule
    {
        std::shared_ptr<const re2::RE2> expression;
        bool takesBack = false;
        bool foldersOnly = false;
    };
    QList<Rule> m_rules;
};

} // namespace isol8::cli
