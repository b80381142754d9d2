// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/BackgroundEngine.h>

#include <isol8/docker/Endpoint.h>
#include <isol8/remote/LocalSocket.h>

using namespace Qt::StringLiterals;

namespace isol8::cli {

namespace {

// On this machine a connection is a matter of microseconds; an engine that is stopped must not stop us.
constexpr milliseconds Patience{1000};
constexpr qint64 LargestRequest = 4 * MiB;

qint64 sizeOf(const RunRequest &request)
{
    qint64 size = request.code.value_or(QByteArray()).size();
    for (const InputFile &file : request.files)
        size += file.content.size();
    return size;
}

} // namespace

Result<std::unique_ptr<RemoteEngine>> backgroundEngine(const Config &config, const RunRequest &request,
                                                       const QProcessEnvironment &environment)
{
    const QString wanted = environment.value(u"ISOL8_ENGINE"_s);
    if (wanted == u"local")
        return nullptr;
    if (!wanted.isEmpty() && wanted != u"auto")
        return fail(errors::BadRequest, u"ISOL8_ENGINE must be auto or local, not \"%1\"."_s.arg(wanted.left(64)));
    const LocalSocket socket = LocalSocket::find(environment);
    if (sizeOf(request) > LargestRequest || !socket.isOurs())
        return nullptr;
    const auto endpoint = docker::Endpoint::discover(environment);
    if (!endpoint)
        return nullptr;
    RemoteEngineOptions options;
    options.address.path = socket.path();
    options.context = EngineContext{u"" ISOL8_VERSION ""_s, endpoint->toString(), config};
    options.patience = Patience;
    return std::make_unique<RemoteEngine>(std::move(options));
}

} // namespace isol8::cli
