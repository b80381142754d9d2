// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>
#include <isol8/base/Units.h>
#include <isol8/policy/SandboxSpec.h>
#include <isol8/remotecode/CodePolicy.h>

#include <QByteArray>
#include <QJsonObject>
#include <QList>
#include <QMap>
#include <QSize>
#include <QString>
#include <QStringList>

#include <optional>

namespace isol8 {

//! A file that is put into the sandbox before the program starts.
struct InputFile
{
    QString path; //!< absolute, inside /sandbox or /tmp; with a slash at its end it is a folder, without content
    QByteArray content;
    uint mode = 0644;   //!< permission bits
    qint64 mtimeMs = 0; //!< since 1970; 0: when it is put there
    friend bool operator==(const InputFile &, const InputFile &) = default;
};

/*!
    What to run. Exactly one of code, codeUrl and cmd is given. fromJson() and toJson() use the wire names of the
    specification's section 4; unknown keys are ignored, a wrong type is bad_request and its message names the field's
   path
    ("request.files./sandbox/a").
*/
struct RunRequest
{
    std::optional<QByteArray> code; //!< UTF-8 text
    QString codeUrl;                //!< https or, where policy and allowInsecureCodeUrl say so, http
    QString cmd;                    //!< runs by `bash -c`, whatever the runtime
    QString runtime;
    QString codeHash; //!< SHA-256 that code, or what codeUrl gives, must have; hexadecimal
    bool allowInsecureCodeUrl = false;
    std::optional<milliseconds> timeout;
    QMap<QString, QString> env;
    QString fileExtension;
    QByteArray stdinData;
    bool interactiveStdin = false; //!< not on the wire: stdin stays open for Run::writeStdin() after stdinData
    QList<InputFile> files;
    QStringList outputPaths; //!< paths and globs
    QStringList installPackages;
    QString setupScript;
    QString workdir;
    QStringList agentFlags;
    QJsonObject metadata;
    QStringList args;
    QString fileName; //!< not on the wire: where the program's file lies below /sandbox ("hello.py", "src/hello.py");
                      //!< empty: that of codeUrl's path, else a name of ours

    friend bool operator==(const RunRequest &, const RunRequest &) = default;
    [[nodiscard]] static Result<RunRequest> fromJson(const QJsonObject &object);
    [[nodiscard]] QJsonObject toJson() const;
};

enum class RunMode { Ephemeral, Persistent };

/*!
    How to run it. What is not set comes from the engine's configuration. Wire names as in section 4.
*/
struct RunOptions
{
    RunMode mode = RunMode::Ephemeral;
    std::optional<Network> network;
    std::optional<QStringList> whitelist;
    std::optional<QStringList> blacklist;
    std::optional<double> cpuLimit;
    std::optional<qint64> memoryLimit; //!< bytes
    std::optional<int> pidsLimit;
    std::optional<bool> readonlyRootFs;
    std::optional<qint64> maxOutputSize; //!< bytes, stdout and stderr each
    QMap<QString, QString> secrets;
    std::optional<milliseconds> timeout; //!< the request's own wins
    QString image;
    std::optional<qint64> sandboxSize; //!< bytes
    std::optional<qint64> tmpSize;     //!< bytes
    bool debug = false;
    bool persist = false;
    bool logNetwork = false;
    bool results = false; //!< the program is evaluated as in a session: values and figures come in RunResult::results
    std::optional<SeccompMode> seccomp;
    QString customProfilePath;
    QString isolation;
    int priority = 0; //!< higher first

    //! Not on the wire here, but beside request and options: the session that it runs in, which is made where there is
    //! none; implies persistent. Empty with mode persistent: a new one, whose name the result tells.
    QString sessionId;
    //! Not on the wire here, but beside request and options: what the session's /sandbox begins with, of the run that
    //! makes it. session_conflict where the session is there already.
    QString snapshot = {};
    //! Not on the wire: which options were asked for, by their wire names, where some are only written out
    //! (makeExplicit()); a session is asked to agree with those alone. Not set: all that are set.
    std::optional<QStringList> asked = std::nullopt;
    bool collectOutput = true; //!< not on the wire: keep stdout and stderr for the result. Off, they are only streamed
                               //!< and memory stays flat.
    std::optional<remotecode::CodeSettings> remoteCode; //!< not on the wire: a policy that must allow codeUrl besides
                                                        //!< the configuration's, which has the last word
    //! Not on the wire here, but beside request and options: `runtimes` of the caller's configuration, for this run
    //! instead of the engine's. Not set: the engine's.
    std::optional<QJsonObject> runtimes = std::nullopt;
    //! Not on the wire: of a caller who is not the engine's owner: the configuration's whitelist is a ceiling of its
    //! own.
    bool confined = false;
    //! Not on the wire: not_allowed for an image that is none of isol8's, by its labels.
    bool ownImagesOnly = false;
    //! Not on the wire: output files come by Run::fileOpened() as they are read, of any size up to what the sandbox's
    //! /sandbox and /tmp hold together, and not in the result. An engine that cannot do so has them in the result.
    bool streamFiles = false;
    bool pty = false;      //!< not on the wire: a terminal; all output is stdout
    QSize ptySize{80, 24}; //!< columns, rows

    friend bool operator==(const RunOptions &, const RunOptions &) = default;
    [[nodiscard]] static Result<RunOptions> fromJson(const QJsonObject &object);
    [[nodiscard]] QJsonObject toJson() const;
};

} // namespace isol8
