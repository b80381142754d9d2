// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>
#include <isol8/runtime/Packages.h>

#include <QJsonObject>
#include <QMap>
#include <QString>
#include <QStringList>

#include <optional>

namespace isol8 {

/*!
    How an interpreter is started before its program is known (guest/init/Waiting.h). \c env makes it load what waits;
    \c forkEnv, too, where one that forks itself for each run is wanted; empty: it cannot. \c file stands for the
    program until it is known; a program with a longer path is started as usual, and so is one whose environment has a
    variable that an interpreter reads at its start: one whose name begins as an item of \c cold says. So is one that
    brings a file which it reads then: at an item of \c coldFiles or below it.
*/
struct WarmUp
{
    QString file;
    QMap<QString, QString> env;
    QMap<QString, QString> forkEnv;
    QStringList cold;
    QStringList coldFiles; //!< absolute paths

    friend bool operator==(const WarmUp &, const WarmUp &) = default;
};

/*!
    How packages get into an image (`isol8 build`): an installer that puts them below "{root}", which stands for the
    image's root, so that programs find them without being told.
*/
struct Bake
{
    QStringList install;           //!< argv, "{packages}" an item of its own; empty: cannot
    QMap<QString, QString> env;    //!< of the installer, over the runtime's installEnv
    QMap<QString, QString> runEnv; //!< of programs in such an image, over the runtime's env

    friend bool operator==(const Bake &, const Bake &) = default;
};

/*!
    A language as data: what is in resources/runtimes/NAME.json, or under `runtimes` in the configuration.

    \c command starts a program. In it "{file}" is replaced by the program's path in the sandbox, "{args}" and
   "{agentFlags}" (items of their own) by the run's arguments and flags, "{code}" by the code itself; expandCommand()
   does it. A compiled language writes what it makes next to the program ("{file}.out").

    An \c env value may be overridden by the request's own.
*/
struct Runtime
{
    QString name;
    QString image;          //!< "isol8:python"
    QStringList extensions; //!< with the dot: ".py"; the first is used for inline code unless inlineExtension says else
    QString inlineExtension; //!< extension of inline code's file
    QStringList command;     //!< argv
    QStringList repl;        //!< argv of its interactive prompt in a terminal; empty: it has none
    QStringList compile;     //!< argv of a compile step before it; empty: none
    QStringList live;    //!< argv of what serves a session's programs one after the other (guest/init/Live.h); empty:
                         //!< none, a session keeps files alone
    QStringList install; //!< argv of the installer, "{packages}" an item of its own; empty: cannot install
    PackageSyntax packages = PackageSyntax::Unknown; //!< how the installer's packages are named
    QMap<QString, QString> installEnv;               //!< added to the installer's environment, over \c env
    Bake bake;
    QMap<QString, QString> env;      //!< added to the environment of every program
    QMap<QString, QString> proxyEnv; //!< added where the network is filtered, beside the usual proxy variables
    QJsonObject defaults; //!< option's wire name -> value: what this runtime needs instead of the usual default
                          //!< (timeoutMs, memoryLimit, cpuLimit, pidsLimit, sandboxSize, tmpSize, maxOutputSize)
    std::optional<WarmUp> warmUp;
    bool needsNetwork = false; //!< useless without one: a run needs a network, and a filtered one a host to reach
    QString description;

    friend bool operator==(const Runtime &, const Runtime &) = default;

    //! bad_config names the key that is wrong.
    [[nodiscard]] static Result<Runtime> fromJson(const QString &name, const QJsonObject &object);
    [[nodiscard]] QJsonObject toJson() const;
};

//! What the placeholders of a manifest's commands stand for.
struct CommandValues
{
    QString file;
    QString code;
    QStringList args;
    QStringList agentFlags;
    QStringList packages;
};

//! \a command with its placeholders replaced, each once: what a value contains is never replaced again. Nothing passes
//! through a shell.
[[nodiscard]] QStringList expandCommand(const QStringList &command, const CommandValues &values);

//! The runtimes that exist: the built-in ones and the user's own. Immutable after construction.
class RuntimeRegistry
{
public:
    //! The built-in manifests alone.
    [[nodiscard]] static RuntimeRegistry builtIn();
    //! With those of the configuration's `runtimes` object, which may replace a built-in one by name. bad_config as
    //! Runtime::fromJson(). A runtime of the configuration that claims another's extension gets it; two of the
    //! configuration may not claim the same.
    [[nodiscard]] Result<RuntimeRegistry> extendedBy(const QJsonObject &runtimes) const;

    [[nodiscard]] QList<Runtime> all() const;
    [[nodiscard]] QStringList names() const;
    //! unknown_runtime names those that there are.
    [[nodiscard]] Result<Runtime> byName(QStringView name) const;
    //! By a file's name, the longest extension that fits, without regard to case; unknown_runtime for no or an unknown
    //! extension says to use --runtime.
    [[nodiscard]] Result<Runtime> byFileName(QStringView fileName) const;

private:
    QList<Runtime> m_runtimes;
};

} // namespace isol8
