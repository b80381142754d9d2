// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/execution/RunRequest.h>
#include <isol8/execution/StreamEvent.h>

#include <QJsonObject>
#include <QSet>

namespace isol8::service {

/*!
    What a client sends to have something run: `{request, options, sessionId}`, the body of POST /execute and
    /execute/stream and the first message of /execute/ws. Beside the specification's keys there are some of ours, which
    our own clients send by WebSocket:

    - `events`: names of the extra events that are wanted ("queued", "progress", "usage", "network", "started",
      "accepted", "stdin"); names that are not known are ignored.
    - `interactive`: whether stdin stays open behind `request.stdin`. Absent: it does where no `request.stdin` is given.
    - `events` with "files", and `frames`: "binary": by WebSocket output files come as binary messages, of any size, and
      not in the result.
    - `frames`: "binary": stdout and stderr come as binary messages (StreamEvent::toBinary()).
    - `collect`: true: the result of `exit` holds the output, too.
    - `fileName`: what the program's file is called.
    - `terminal`: `{cols, rows}`: the program gets a terminal.
    - `snapshot`: beside `sessionId` or mode persistent: what the new session's /sandbox begins with. Taken by all
   three.
    - `runtimes`: with `explicit`: the run's language, as the caller's configuration defines it; none: as it is built
      in. Without it: as the engine's configuration has it.
    - `explicit`: true: what the options leave open is to be filled by nobody's configuration (execution/Explicit.h).
*/
struct ExecuteMessage
{
    RunRequest request;
    RunOptions options;
    QSet<StreamEvent::Type> events;
    std::optional<bool> interactive;
    bool binary = false;
    bool files = false; //!< output files are wanted as binary messages
    bool collect = false;
    bool isExplicit = false;

    //! bad_request names the path of what is wrong.
    [[nodiscard]] static Result<ExecuteMessage> fromJson(const QByteArray &json);
};

//! A request's body. bad_request says where it is no JSON.
[[nodiscard]] Result<QJsonObject> parseObject(const QByteArray &json);

} // namespace isol8::service
