// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>
#include <isol8/base/Units.h>

#include <QByteArray>
#include <QDateTime>
#include <QJsonArray>
#include <QJsonObject>
#include <QMap>
#include <QString>
#include <QStringList>

#include <optional>

namespace isol8 {

//! Why a run ended: the table in section 4 of the specification.
enum class Reason { Completed, Killed, Timeout, Oom, DiskFull, Cancelled, SetupFailed, SessionLost, Internal };

//! Whether RunOptions::persist keeps the container of a run that ended so: one that was given up is ended as any other.
[[nodiscard]] constexpr bool isKeptAfter(Reason reason)
{
    return reason != Reason::Cancelled && reason != Reason::Internal && reason != Reason::SessionLost;
}

[[nodiscard]] QString toString(Reason reason);
[[nodiscard]] std::optional<Reason> reasonFromString(QStringView text);

enum class Phase { Setup, Code };
[[nodiscard]] QString toString(Phase phase);

enum class OutputStream { Stdout, Stderr };

struct ResourceUsage
{
    double cpuPercent = 0;   //!< CPU time over wall time, 100: one core
    double memoryMB = 0;     //!< at the end, in 2^20 bytes
    double peakMemoryMB = 0; //!< of the whole sandbox, its tmpfs included
    qint64 networkBytesIn = 0;
    qint64 networkBytesOut = 0;
    qint64 cpuMs = 0;
    friend bool operator==(const ResourceUsage &, const ResourceUsage &) = default;
};

//! What a file of the sandbox is besides its content.
struct FileInfo
{
    uint mode = 0644;   //!< permission bits
    qint64 mtimeMs = 0; //!< since 1970
    friend bool operator==(const FileInfo &, const FileInfo &) = default;
};

//! A file that a run brings out, as it begins: RunOptions::streamFiles.
struct RunFile
{
    QByteArray path; //!< absolute, as the sandbox has it: perhaps no UTF-8
    qint64 size = 0; //!< bytes
    FileInfo info = {};
    friend bool operator==(const RunFile &, const RunFile &) = default;
};

//! How much of files a result holds, in all; what has no room is told of in its error, with the code too_large.
inline constexpr qint64 MostResultFiles = 32 * MiB;

//! Of a session whose interpreter ended: for people.
[[nodiscard]] QString stateLostSentence();

/*!
    How a run ended. Always complete: a run that never started has exitCode 125 and says why in error.
*/
struct RunResult
{
    QByteArray stdoutText; //!< UTF-8
    QByteArray stderrText; //!< UTF-8
    int exitCode = 125;
    qint64 durationMs = 0; //!< of the program: from its start to its end
    bool truncated = false;
    QString executionId; //!< UUID
    QString runtime;
    QDateTime timestamp; //!< start, UTC
    QString containerId;
    QMap<QString, QByteArray> files;  //!< outputPaths that were found, up to MostResultFiles
    QMap<QString, FileInfo> fileInfo; //!< of files, by path; of an older service's result none
    ResourceUsage resourceUsage;
    QJsonArray networkLogs;
    qint64 networkLogsDropped = 0; //!< entries that networkLogs had no room for
    Reason reason = Reason::Internal;
    QString signal; //!< "SIGSEGV", where one ended the program
    qint64 queuedMs = 0;
    qint64 setupMs = 0;  //!< from the sandbox's hand-over to the program's start
    QString error;       //!< a sentence, where the reason needs one
    QString errorCode;   //!< its stable code
    QStringList limited; //!< options that the configuration's limits lowered
    QJsonArray results;  //!< of sessions: values that the program showed, {type: MIME, data: text, or base64 of what is
                         //!< none, stdoutAt, stderrAt: bytes of output before it}
    QString sessionId;   //!< of a persistent run
    std::optional<bool> stateKept = std::nullopt; //!< of a session's program: its interpreter lives on
    bool stateFresh = false;                      //!< and was started for this run: nothing of an earlier one was in it
    QByteArray backgroundStdout;                  //!< what the session's processes wrote since the run before
    QByteArray backgroundStderr;

    //! What walls of the network refused, the first 100: {type, message, details, timestamp}, as audit records have
    //! it. Not on the wire.
    QJsonArray securityEvents = {};
    qint64 securityEventsDropped = 0; //!< that there was no room for
    QByteArray fetchedCodeHash = {};  //!< SHA-256, hexadecimal, of what codeUrl gave. Not on the wire.
    //! resourceUsage is all that the run used: the sandbox said so at the end of each of its programs. Else it is what
    //! was heard of last. Not on the wire.
    bool usageIsWhole = false;

    friend bool operator==(const RunResult &, const RunResult &) = default;
    //! \a withOutput false leaves stdout and stderr out (the stream's exit event).
    [[nodiscard]] QJsonObject toJson(bool withOutput = true) const;
    //! The same as text, with few copies of what the files hold.
    [[nodiscard]] QByteArray toJsonText(bool withOutput = true) const;
    [[nodiscard]] static Result<RunResult> fromJson(const QJsonObject &object);
};

} // namespace isol8
