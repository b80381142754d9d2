// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QStringView>

#include <tl/expected.hpp>

#include <utility>

namespace isol8 {

/*!
    An expected failure, as a value. How errors travel: a function that can fail returns a Result; an asynchronous
    job hands its Error to its callback or its one terminal signal. Nothing throws across an event loop.
*/
struct Error
{
    QString code;    //!< Stable and machine readable: "docker_unreachable". Part of the interface.
    QString message; //!< One sentence for a person: what is wrong and what to do. No secret, no code, no output.
    QString detail;  //!< What was found underneath (a daemon's own words); may be empty.

    friend bool operator==(const Error &, const Error &) = default;
};

template<class T> using Result = tl::expected<T, Error>;

//! For `return fail(u"bad_size", …)` in a function that returns a Result.
[[nodiscard]] inline tl::unexpected<Error> fail(QStringView code, QString message, QString detail = {})
{
    return tl::unexpected<Error>(Error{code.toString(), std::move(message), std::move(detail)});
}

[[nodiscard]] inline tl::unexpected<Error> fail(Error error)
{
    return tl::unexpected<Error>(std::move(error));
}

/*!
    The codes, in one place. Each is documented where it arises; clients may rely on them.
*/
namespace errors {
inline constexpr QStringView BadRequest = u"bad_request"; //!< a request's field is wrong
inline constexpr QStringView BadValue = u"bad_value";     //!< a size, duration, number or quotation cannot be read
inline constexpr QStringView BadConfig = u"bad_config";   //!< the configuration file is wrong
inline constexpr QStringView UnknownRuntime = u"unknown_runtime"; //!< no manifest of that name, or for that extension
inline constexpr QStringView BadSecret = u"bad_secret";           //!< a secret is too short or its name is no variable
inline constexpr QStringView BadPath = u"bad_path";               //!< a path leaves /sandbox and /tmp
inline constexpr QStringView LimitTooLow = u"limit_too_low";      //!< a limit under which nothing can start
inline constexpr QStringView DockerUnreachable = u"docker_unreachable"; //!< no daemon answers at the address
inline constexpr QStringView DockerPermission = u"docker_permission";   //!< the socket may not be opened by this user
inline constexpr QStringView DockerVersion = u"docker_version";         //!< the daemon's API is too old
inline constexpr QStringView DockerProtocol =
    u"docker_protocol";                                       //!< the daemon answered what HTTP or its API do not allow
inline constexpr QStringView DockerError = u"docker_error";   //!< the daemon refused a request
inline constexpr QStringView DockerLost = u"docker_lost";     //!< the connection ended in the middle
inline constexpr QStringView NotFound = u"not_found";         //!< no such container, image or file
inline constexpr QStringView NameServers = u"name_servers";   //!< they refuse to answer, or cannot be reached
inline constexpr QStringView TooLarge = u"too_large";         //!< more bytes, or more files, than are taken
inline constexpr QStringView DiskFull = u"disk_full";         //!< /sandbox or /tmp has no room left
inline constexpr QStringView ImageMissing = u"image_missing"; //!< the runtime's image is not built
inline constexpr QStringView ImageFailed = u"image_failed";   //!< an image could not be made
inline constexpr QStringView Timeout = u"timeout";            //!< something did not answer in time
inline constexpr QStringView WallMissing = u"wall_missing";   //!< a limit or wall could not be put up
inline constexpr QStringView SandboxLost = u"sandbox_lost";   //!< the sandbox died or lied on its stream
inline constexpr QStringView SetupFailed = u"setup_failed";   //!< files, installs or setup scripts failed
inline constexpr QStringView NotAllowed = u"not_allowed";     //!< the owner's policy refuses it
inline constexpr QStringView RemoteCodeDisabled = u"remote_code_disabled"; //!< no code is fetched from URLs
inline constexpr QStringView RemoteCodeRefused = u"remote_code_refused"; //!< the policy refuses scheme, host or address
inline constexpr QStringView RemoteCodeHashRequired =
    u"remote_code_hash_required"; //!< the policy wants a SHA-256, and the request gives none
inline constexpr QStringView RemoteCodeHashMismatch =
    u"remote_code_hash_mismatch";                                           //!< the code is not what the SHA-256 is of
inline constexpr QStringView RemoteCodeTooLarge = u"remote_code_too_large"; //!< more bytes than the policy takes
inline constexpr QStringView RemoteCodeNotText = u"remote_code_not_text";   //!< what came is empty, binary or no UTF-8
inline constexpr QStringView RemoteCodeFailed = u"remote_code_failed";      //!< it could not be fetched
inline constexpr QStringView RemoteCodeTimeout = u"remote_code_timeout";    //!< fetching took too long
inline constexpr QStringView SessionBusy = u"session_busy";                 //!< a run is under way in the session
inline constexpr QStringView SessionConflict = u"session_conflict"; //!< what the session's first run fixed is otherwise
inline constexpr QStringView SessionLost = u"session_lost";         //!< the session's sandbox is gone
inline constexpr QStringView UnknownSession = u"unknown_session";   //!< no session of that name
inline constexpr QStringView QueueFull = u"queue_full";             //!< too many runs are waiting
inline constexpr QStringView Oom = u"oom";                          //!< more memory was needed than there was
inline constexpr QStringView EngineUnreachable = u"engine_unreachable"; //!< an isol8 service did not take the run
inline constexpr QStringView EngineLost = u"engine_lost"; //!< it took the run, and then the connection ended
inline constexpr QStringView OtherEngine =
    u"other_engine";                                      //!< it would run it otherwise: version, daemon, configuration
inline constexpr QStringView Cancelled = u"cancelled";    //!< the caller asked for the end
inline constexpr QStringView Internal = u"internal";      //!< a defect of isol8
inline constexpr QStringView FileError = u"file_error";   //!< a file cannot be read or written
inline constexpr QStringView BadArchive = u"bad_archive"; //!< a tar archive is broken, or holds what is not unpacked
inline constexpr QStringView Unsupported = u"unsupported"; //!< this engine cannot do what was asked
inline constexpr QStringView Exists = u"exists";           //!< there is something of that name already
} // namespace errors

} // namespace isol8
