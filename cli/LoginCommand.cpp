// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/LoginCommand.h>

#include <cli/Credentials.h>
#include <cli/ExitCodes.h>
#include <cli/Terminal.h>

#include <QSysInfo>

using namespace Qt::StringLiterals;

namespace isol8::cli {

CLI::App *LoginCommand::setUp(CLI::App &root)
{
    CLI::App *app = root.add_subcommand("login", "Keep a key for an isol8 service");
    m_service.addTo(app);
    m_name = value(app, "--name", "NAME", "What the key is called there; user and machine without");
    m_ttl = value(app, "--ttl", "TIME", "How long it holds: 30m, 12h; the service's own time without");
    app->footer(
        "The service makes a key that expires, and gives it for the one that is shown to it, which is not kept. The "
        "new\n"
        "one is kept in ~/.isol8/credentials.json, for this user alone, and is sent to this host and no other. A key "
        "that\n"
        "--key or ISOL8_API_KEY names goes before it. isol8 logout forgets it.\n\n"
        "Examples:\n"
        "  ISOL8_API_KEY=... isol8 login --host https://isol8.example.com\n"
        "  isol8 login --host https://isol8.example.com --key - --ttl 12h < key.txt\n"
        "  isol8 run --host https://isol8.example.com -e 'print(42)'");
    return app;
}

void LoginCommand::run(const CommandContext &)
{
    if (const auto begun = begin(); !begun)
        end(begun.error());
}

Result<void> LoginCommand::begin()
{
    const auto service = m_service.readForLogin(QProcessEnvironment::systemEnvironment());
    if (!service)
        return fail(service.error());
    if (service->key.isEmpty())
        return fail(errors::BadRequest,
                    u"Give the key that the service knows: --key - reads it from stdin; ISOL8_API_KEY may have it."_s);
    m_host = service->toString();
    m_keyName =
        given(m_name) ? text(m_name) : qEnvironmentVariable("USER", u"isol8"_s) + u'@' + QSysInfo::machineHostName();
    QJsonObject body{{u"name"_s, m_keyName}};
    if (given(m_ttl)) {
        const auto ttl = parseDuration(text(m_ttl));
        if (!ttl)
            return fail(ttl.error().code, u"--ttl: "_s + ttl.error().message);
        body.insert(u"ttlMs"_s, qint64(ttl->count()));
    }
    // A key that could not be kept would be one that nobody knows of.
    if (const auto kept = Credentials().all(); !kept)
        return fail(kept.error());
    if (!service->isConfidential())
        printNote(u"isol8: %1 is not encrypted: whoever is on the way can read the key."_s.arg(m_host));
    m_client = std::make_unique<remote::ServiceClient>(*service);
    m_client->ask({"POST", "/auth/login", body},
                  {this, [this](const Result<QJsonObject> &answer) { answered(answer); }});
    return {};
}

void LoginCommand::answered(const Result<QJsonObject> &answer)
{
    if (!answer && answer.error().code == errors::NotFound)
        return end({errors::NotFound.toString(),
                    u"The service at %1 keeps no keys; name its own by ISOL8_API_KEY or --key."_s.arg(m_host),
                    {}});
    if (!answer)
        return end(answer.error());
    if (const auto kept = keep(*answer); !kept)
        end(kept.error());
    else
        Q_EMIT finished(Success);
}

Result<void> LoginCommand::keep(const QJsonObject &answer)
{
    Credentials::Entry entry{m_host, answer.value(u"token"_s).toString().toLatin1(),
                             answer.value(u"keyId"_s).toString(), m_keyName,
                             QDateTime::fromString(answer.value(u"expiresAt"_s).toString(), Qt::ISODateWithMs).toUTC()};
    if (!remote::checkKey(entry.token))
        return fail(m_client->peer().stranger(u"its answer has no token"_s));
    if (entry.isExpired())
        return fail(errors::BadRequest,
                    u"The key that %1 gave has expired already; is this machine's clock right?"_s.arg(m_host));
    const Credentials credentials;
    if (auto stored = credentials.store(entry); !stored)
        return stored;
    printNote(u"Logged in at %1%2; the key is in %3."_s.arg(
        m_host,
        entry.expiresAt.isValid() ? u" until "_s + entry.expiresAt.toLocalTime().toString(u"yyyy-MM-dd hh:mm"_s)
                                  : QString(),
        credentials.path()));
    return {};
}

void LoginCommand::end(const Error &error)
{
    printError(error);
    Q_EMIT finished(exitCodeFor(error));
}

} // namespace isol8::cli
