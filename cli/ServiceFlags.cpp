// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/ServiceFlags.h>

#include <cli/Credentials.h>
#include <isol8/base/Units.h>

#include <cerrno>

#include <unistd.h>

using namespace Qt::StringLiterals;

namespace isol8::cli {

namespace {

constexpr qsizetype KeyLimit = 8192;

const CLI::Option *givenOf(const QList<CLI::Option *> &options)
{
    for (const CLI::Option *option : options) {
        if (given(option))
            return option;
    }
    return nullptr;
}

// The first line of stdin, and no byte more: the rest may be a program's.
QByteArray readLine()
{
    QByteArray line;
    char c = 0;
    while (line.size() < KeyLimit) {
        const ssize_t size = ::read(STDIN_FILENO, &c, 1);
        if (size < 0 && errno == EINTR)
            continue;
        if (size <= 0 || c == '\n')
            break;
        line.append(c);
    }
    return line;
}

} // namespace

void ServiceFlags::addTo(CLI::App *app, const std::string &group)
{
    m_host.append(
        value(app, "--host", "URL", "The isol8 service to use, as https://HOST; ISOL8_HOST without")->group(group));
    m_key.append(value(app, "--key", "KEY",
                       "Its key; -: the first line of stdin. Better ISOL8_API_KEY, or isol8 login: ps shows arguments")
                     ->group(group));
    m_authority.append(
        value(app, "--ca-file", "FILE", "Certificates to trust besides the system's; ISOL8_CA_FILE")->group(group));
}

QString ServiceFlags::again() const
{
    const QString host = text(givenOf(m_host));
    return host.isEmpty() ? QString() : u" --host "_s + host;
}

Result<std::optional<remote::ServiceEndpoint>> ServiceFlags::readHost(const QProcessEnvironment &environment) const
{
    const CLI::Option *flag = givenOf(m_host);
    const QString host = flag ? text(flag) : environment.value(u"ISOL8_HOST"_s);
    if (host.isEmpty()) {
        for (const auto &[option, name] :
             {std::pair{givenOf(m_key), u"--key"_s}, std::pair{givenOf(m_authority), u"--ca-file"_s}}) {
            if (option)
                return fail(errors::BadRequest, u"%1 goes with --host, or ISOL8_HOST."_s.arg(name));
        }
        return std::nullopt;
    }
    auto service = remote::ServiceEndpoint::parse(host);
    if (!service)
        return fail(service.error().code, (flag ? u"--host: "_s : u"ISOL8_HOST: "_s) + service.error().message);
    service->address.authorities =
        givenOf(m_authority) ? text(givenOf(m_authority)) : environment.value(u"ISOL8_CA_FILE"_s);
    service->address.proxy = remote::proxyFor(*service, environment);
    return *service;
}

// Empty: none.
Result<QByteArray> ServiceFlags::readKey(const QProcessEnvironment &environment) const
{
    const CLI::Option *flag = givenOf(m_key);
    QByteArray key = flag ? bytes(flag) : environment.value(u"ISOL8_API_KEY"_s).toLocal8Bit();
    if (flag && key == "-")
        key = readLine().trimmed();
    if (!flag && key.isEmpty())
        return key;
    if (const auto fine = remote::checkKey(key); !fine)
        return fail(fine.error());
    return key;
}

Result<std::optional<remote::ServiceEndpoint>> ServiceFlags::read(const QProcessEnvironment &environment) const
{
    auto service = readHost(environment);
    if (!service || !*service)
        return service;
    const auto key = readKey(environment);
    if (!key)
        return fail(key.error());
    (*service)->key = *key;
    if (!key->isEmpty())
        return service;
    const auto kept = Credentials().find((*service)->toString());
    if (!kept)
        return fail(kept.error());
    if (!*kept)
        return service;
    if ((*kept)->isExpired())
        return fail(remote::errors::Unauthorized,
                    u"The login at %1 has expired; renew it by isol8 login --host %1."_s.arg((*service)->toString()));
    (*service)->key = (*kept)->token;
    return service;
}

Result<remote::ServiceEndpoint> ServiceFlags::readForLogin(const QProcessEnvironment &environment) const
{
    const auto service = readHost(environment);
    if (!service)
        return fail(service.error());
    if (!*service)
        return fail(errors::BadRequest, u"Say which service: --host https://HOST."_s);
    const auto key = readKey(environment);
    if (!key)
        return fail(key.error());
    remote::ServiceEndpoint endpoint = **service;
    endpoint.key = *key;
    return endpoint;
}

std::unique_ptr<RemoteEngine> engineOf(const remote::ServiceEndpoint &service)
{
    RemoteEngineOptions options;
    options.service = service;
    return std::make_unique<RemoteEngine>(std::move(options));
}

} // namespace isol8::cli
