// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/execution/RunResult.h>

namespace isol8 {

/*!
    What a service tells of a run, an event after the other: `{type, data, phase}` of the specification's section 4. The
    one place where they are written and read, for server-sent events and WebSocket alike.

    Every stream has Stdout, Stderr, Error and Exit. The others come to a client that asked for them by name ("queued",
    "progress", "usage", "network", "started", "accepted", "stdin", "value", "background", "files").
*/
struct StreamEvent
{
    enum class Type {
        Stdout,
        Stderr,
        Error,      //!< data: the sentence; code
        Exit,       //!< data: the exit code; result. The last, exactly once
        Accepted,   //!< data: the execution's id. The request has been taken: from here on it may have effects
        Queued,     //!< data: the place, from 1
        Progress,   //!< data: a sentence
        Started,    //!< the program's execve succeeded
        Usage,      //!< usage
        Network,    //!< network
        Value,      //!< value
        Background, //!< data: what a session's processes wrote before this run; stream
        Stdin,      //!< data: how many bytes of stdin the sandbox has taken, all in all
        FileOpened, //!< file; as Run's. These three are binary messages only, and come for "files"
        FileData,   //!< data: any bytes
        FileEnded,  //!< data: what is wrong with it, a sentence; empty: nothing
    };
    Type type = Type::Stdout;
    QByteArray data; //!< UTF-8
    Phase phase = Phase::Code;
    QString code;       //!< Error: the stable code
    QJsonObject result; //!< Exit: the result, as RunResult::toJson() writes it
    std::optional<ResourceUsage> usage;
    QJsonObject value = {};                     //!< Value: an entry of RunResult::results
    OutputStream stream = OutputStream::Stdout; //!< Background
    QJsonObject network = {};                   //!< Network: an entry of RunResult::networkLogs
    QByteArray resultText = {};                 //!< Exit: the result as text instead (RunResult::toJsonText())
    RunFile file = {};                          //!< FileOpened

    friend bool operator==(const StreamEvent &, const StreamEvent &) = default;

    //! Whether a binary message can tell it: output, and files.
    [[nodiscard]] bool isBinary() const;
    //! A byte that says which and when, then the data as they are; of FileOpened {path: base64, size, mode, mtimeMs}.
    [[nodiscard]] QByteArray toBinary() const;
    //! nullopt for what is none.
    [[nodiscard]] static std::optional<StreamEvent> fromBinary(const QByteArray &message);

    //! One line of JSON, without a line break.
    [[nodiscard]] QByteArray toJson() const;
    //! bad_request for what is no event. An unknown type is nullopt: a newer service may tell more.
    [[nodiscard]] static Result<std::optional<StreamEvent>> fromJson(const QByteArray &json);
};

[[nodiscard]] QString toString(StreamEvent::Type type);

[[nodiscard]] QJsonObject toJson(const ResourceUsage &usage);

} // namespace isol8
