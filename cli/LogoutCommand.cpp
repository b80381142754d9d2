// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/LogoutCommand.h>

#include <cli/ExitCodes.h>
#include <cli/ServiceFlags.h>
#include <cli/Terminal.h>

#include <QTimer>

using namespace Qt::StringLiterals;

namespace isol8::cli {

namespace {

// Whoever leaves does not wait for long.
constexpr milliseconds Patience{10000};

// What a service says that does not take this request at all.
bool isUnknownThere(const QString &code)
{
    return code == errors::NotFound || code == errors::NotAllowed || code == u"wrong_method" ||
           code == u"auth_disabled";
}

QString holdsUntil(const Credentials::Entry &entry)
{
    const QString until =
        entry.expiresAt.isValid() ? entry.expiresAt.toLocalTime().toString(u"yyyy-MM-dd hh:mm"_s) : u"it is revoked"_s;
    return u"It holds until %1; the service's operator can revoke it by its id, %2."_s.arg(until, entry.keyId.left(64));
}

} // namespace

CLI::App *LogoutCommand::setUp(CLI::App &root)
{
    CLI::App *app = root.add_subcommand("logout", "Give up the key that login got from an isol8 service");
    m_host = value(app, "--host", "URL", "Which service; all of them without");
    m_authority = value(app, "--ca-file", "FILE", "Certificates to trust besides the system's; ISOL8_CA_FILE");
    m_local = flag(app, "--local", "Only forget it here; the service is not asked to revoke it");
    app->footer(
        "The service revokes the key that isol8 login has kept, which also ends the runs that were started with it,\n"
        "and it is removed from this machine. Where the service cannot be asked the key is forgotten all the same,\n"
        "and the exit code is 1.\n\n"
        "Examples:\n"
        "  isol8 logout --host https://isol8.example.com\n"
        "  isol8 logout\n"
        "  isol8 logout --local");
    return app;
}

void LogoutCommand::run(const CommandContext &)
{
    const auto all = Credentials().all();
    if (!all)
        return end(all.error());
    QString wanted;
    if (given(m_host)) {
        const auto service = remote::ServiceEndpoint::parse(text(m_host));
        if (!service)
            return end({service.error().code, u"--host: "_s + service.error().message, {}});
        wanted = service->toString();
    }
    for (const Credentials::Entry &entry : *all) {
        if (wanted.isEmpty() || entry.host == wanted)
            m_left.append(entry);
    }
    if (m_left.isEmpty())
        printNote(wanted.isEmpty() ? u"No key is kept."_s : u"No key is kept for %1."_s.arg(wanted));
    next();
}

void LogoutCommand::next()
{
    while (!m_left.isEmpty()) {
        const Credentials::Entry entry = m_left.takeFirst();
        if (!entry.isExpired() && !given(m_local))
            return revoke(entry);
        if (!forget(entry))
            m_exitCode = Failure;
        else if (entry.isExpired())
            printNote(u"Forgot the key of %1, which had expired."_s.arg(entry.host));
        else
            printNote(u"Forgot the key of %1. "_s.arg(entry.host) + holdsUntil(entry));
    }
    Q_EMIT finished(m_exitCode);
}

void LogoutCommand::revoke(const Credentials::Entry &entry)
{
    const auto environment = QProcessEnvironment::systemEnvironment();
    auto service = remote::ServiceEndpoint::parse(entry.host);
    if (!service || !remote::checkKey(entry.token)) {
        const Error damaged{errors::FileError.toString(), u"What was kept is damaged."_s, {}};
        QTimer::singleShot(0, this, [this, entry, damaged] { revoked(entry, fail(damaged)); });
        return;
    }
    service->key = entry.token;
    service->address.authorities = given(m_authority) ? text(m_authority) : environment.value(u"ISOL8_CA_FILE"_s);
    service->address.proxy = remote::proxyFor(*service, environment);
    m_client = std::make_unique<remote::ServiceClient>(*service);
    remote::ServiceClient::Question question{"DELETE", "/auth/login"};
    question.patience = Patience;
    m_client->ask(question, {this, [this, entry](const Result<QJsonObject> &answer) { revoked(entry, answer); }});
}

void LogoutCommand::revoked(const Credentials::Entry &entry, const Result<QJsonObject> &answer)
{
    if (m_client)
        m_client.release()->deleteLater(); // it is what calls
    const QString code = answer ? QString() : answer.error().code;
    const bool countsNoMore = code == remote::errors::Forbidden || code == u"revoked_key" || code == u"expired_key";
    if (!forget(entry)) {
        m_exitCode = Failure;
    } else if (answer) {
        printNote(u"Logged out at %1: the key is revoked there and forgotten here."_s.arg(entry.host));
    } else if (countsNoMore) {
        printNote(u"Forgot the key of %1, which does not count there any more."_s.arg(entry.host));
    } else {
        m_exitCode = Failure;
        const Error &error = answer.error();
        const QString why = isUnknownThere(code)     ? u"The service does not take that request."_s
                            : error.detail.isEmpty() ? error.message
                                                     : u"%1 (%2)"_s.arg(error.message, error.detail);
        printError(u"The key of %1 is forgotten here, but was not revoked there. %2 %3"_s.arg(entry.host, why,
                                                                                              holdsUntil(entry)));
    }
    next();
}

bool LogoutCommand::forget(const Credentials::Entry &entry)
{
    const auto removed = Credentials().remove(entry.host);
    if (!removed)
        printError(removed.error());
    return removed.has_value();
}

void LogoutCommand::end(const Error &error)
{
    printError(error);
    Q_EMIT finished(exitCodeFor(error));
}

} // namespace isol8::cli
