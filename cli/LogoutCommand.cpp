// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/LogoutCommand.h>

#include <cli/Credentials.h>
#include <cli/ExitCodes.h>
#include <cli/Terminal.h>
#include <isol8/remote/ServiceEndpoint.h>

using namespace Qt::StringLiterals;

namespace isol8::cli {

CLI::App *LogoutCommand::setUp(CLI::App &root)
{
    CLI::App *app = root.add_subcommand("logout", "Forget the key of an isol8 service");
    m_host = value(app, "--host", "URL", "Which service; all of them without");
    app->footer(
        "What isol8 login has kept is removed from this machine. The key itself holds until it expires, unless\n"
        "the service's operator revokes it by its id, which is shown.\n\n"
        "Examples:\n"
        "  isol8 logout --host https://isol8.example.com\n"
        "  isol8 logout");
    return app;
}

void LogoutCommand::run(const CommandContext &)
{
    const auto end = [this](const Error &error) {
        printError(error);
        Q_EMIT finished(exitCodeFor(error));
    };
    const Credentials credentials;
    const auto all = credentials.all();
    if (!all)
        return end(all.error());
    QString wanted;
    if (given(m_host)) {
        const auto service = remote::ServiceEndpoint::parse(text(m_host));
        if (!service)
            return end({service.error().code, u"--host: "_s + service.error().message, {}});
        wanted = service->toString();
    }
    int removed = 0;
    for (const Credentials::Entry &entry : *all) {
        if (!wanted.isEmpty() && entry.host != wanted)
            continue;
        if (const auto done = credentials.remove(entry.host); !done)
            return end(done.error());
        ++removed;
        printNote(u"Forgot the key of %1 (id %2)."_s.arg(entry.host, entry.keyId.left(64)));
    }
    if (removed == 0)
        printNote(wanted.isEmpty() ? u"No key is kept."_s : u"No key is kept for %1."_s.arg(wanted));
    Q_EMIT finished(Success);
}

} // namespace isol8::cli
