// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/core/EngineFactory.h>

#include <isol8/execution/LocalEngine.h>
#include <isol8/remote/LocalSocket.h>
#include <isol8/remote/RemoteEngine.h>
#if __has_include(<isol8/remote/ServiceEndpoint.h>)
#include <isol8/remote/ServiceEndpoint.h>
#define ISOL8_HAS_SERVICE_ENDPOINT
#endif

namespace isol8::desktop {

std::unique_ptr<Engine> makeEngine(const ConnectionSpec &spec, const QByteArray &key, const Config &config)
{
    if (spec.kind == ConnectionSpec::Kind::Local) {
        LocalEngineOptions options;
        options.config = config;
        return std::make_unique<LocalEngine>(std::move(options));
    }
    RemoteEngineOptions options;
    options.patience = milliseconds(5000);
    if (spec.kind == ConnectionSpec::Kind::Background) {
        options.address.path = LocalSocket::find(QProcessEnvironment::systemEnvironment()).path();
        return std::make_unique<RemoteEngine>(std::move(options));
    }
#ifdef ISOL8_HAS_SERVICE_ENDPOINT
    auto endpoint = remote::ServiceEndpoint::parse(spec.url.toString());
    if (!endpoint)
        return nullptr;
    endpoint->key = key;
    options.service = *endpoint;
#else
    // An engine that knows no keys reaches services that ask for none.
    options.address.kind =
        spec.url.scheme() == QLatin1String("https") ? http::Address::Kind::Tls : http::Address::Kind::Tcp;
    options.address.host = spec.url.host();
    options.address.port = quint16(spec.url.port());
    Q_UNUSED(key)
#endif
    return std::make_unique<RemoteEngine>(std::move(options));
}

} // namespace isol8::desktop
