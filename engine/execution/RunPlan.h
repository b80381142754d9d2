// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/config/Config.h>
#include <isol8/execution/Resolve.h>
#include <isol8/execution/RunDoor.h>
#include <isol8/execution/RunImage.h>
#include <isol8/execution/RunRequest.h>
#include <isol8/execution/RunResult.h>
#include <isol8/guest/protocol.h>
#include <isol8/output/OutputFilter.h>
#include <isol8/runtime/Runtime.h>

#include <QList>

#include <memory>
#include <optional>

namespace isol8::errors {

inline constexpr QStringView CompileFailed = u"compile_failed"; //!< the compiler did not take the program

} // namespace isol8::errors

namespace isol8 {

//! One program of a run: a setup script, a compile step, the code.
struct RunStep
{
    Phase phase = Phase::Code;
    guest::RunMessage message;
    QString title;               //!< for people: "Setup script"
    bool installs = false;       //!< it is the installer of the plan's packages
    bool once = false;           //!< not again in a session whose sandbox has had it
    bool compiles = false;       //!< it is the runtime's compiler
    QList<InputFile> files = {}; //!< put in place right before it, whatever the steps before have put there
};

/*!
    All that a request means, worked out before anything is started: the sandbox, the files, the programs. A plain
   value.
*/
struct RunPlan
{
    QString runtime;
    SandboxSpec spec;
    milliseconds timeout{30000};
    qint64 maxOutput = 1 * MiB;
    QStringList directories;  //!< made first
    QList<InputFile> uploads; //!< then these, in order
    QList<InputFile> folders; //!< and then these, which get their modes and times when all is in them
    QList<RunStep> steps;     //!< at least one; the last is the code
    QStringList packages;     //!< installed by one of the steps
    QStringList outputPaths;  //!< absolute patterns
    std::shared_ptr<const SecretPatterns> secrets;
    QStringList limited;
    NetworkPlan network;            //!< what passes the door
    QList<QByteArray> secretValues; //!< what secrets were made of
    bool live = false;              //!< the code goes to the session's interpreter
    bool dependsOnImages = false;   //!< and was made without knowing them: PlanContext::images
    QString imageName;              //!< the custom image that it takes instead of installing; empty: none
    QString compiledFile;           //!< what the first step makes, where that is a compiler which sees the source alone
    QByteArray compiledKey;         //!< of that in the CompileCache; empty: nothing is to be kept
    bool mayWait = false; //!< an interpreter that was started before may take the code: nothing about it differs
};

//! What the plan needs to know besides the request.
struct PlanContext
{
    const Config &config;
    const RuntimeRegistry &runtimes;
    LimitsApplied limits = LimitsApplied::Configured;
    double hostCpus = 0;                        //!< what a cpuLimit ceiling of 0 stands for
    const QList<CustomImage> *images = nullptr; //!< the daemon's custom images; null: not known
};

//! Where the program's file lies in the sandbox: its own name, or "main" with the runtime's extension, in /sandbox; a
//! number is added where another of request.files has that place. Pure.
[[nodiscard]] QString programPath(const RunRequest &request, const Runtime &runtime);

/*!
    Pure but for reading a custom seccomp profile. With codeUrl, all is worked out but the program itself, so that what
    is wrong shows before anything is fetched; such a plan cannot be run, and is made again with the code. Errors:
   bad_request, bad_value, unknown_runtime, bad_secret, bad_path, limit_too_low, bad_config (profile), not_allowed,
   remote_code_hash_mismatch.
*/
[[nodiscard]] Result<RunPlan> planRun(const RunRequest &request, const RunOptions &options, const PlanContext &context);

//! How an installer is started: it finds the sandbox's door in its environment.
[[nodiscard]] guest::RunMessage installerMessage(const Runtime &runtime, const InstallPlan &install);

//! How the interpreter of \a runtime is started so that it waits for a program; \a forks: and forks itself for each.
//! Empty argv: it cannot.
[[nodiscard]] guest::RunMessage waitingInterpreter(const Runtime &runtime, Network network, bool forks);

//! "hello.py" or "src/hello.py": the request's own, else that of the path of its codeUrl; empty: it has none. Pure.
[[nodiscard]] QString programName(const RunRequest &request);

//! Whether it runs in a session.
[[nodiscard]] bool isPersistent(const RunOptions &options);

//! By name, else bash for a command, else by the program's file name or extension (of codeUrl, by the extension before
//! the name), else python. unknown_runtime.
[[nodiscard]] Result<Runtime> chooseRuntime(const RunRequest &request, const RuntimeRegistry &runtimes);

//! The spec that a run of \a runtime gets when nothing is asked for: what is prewarmed. Errors: unknown_runtime,
//! bad_config (profile); bad_request for one that no such run could use.
[[nodiscard]] Result<SandboxSpec> defaultSpec(const QString &runtime, const PlanContext &context);

} // namespace isol8
