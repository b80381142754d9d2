// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/core/EngineFactory.h>

#include <isol8/execution/LocalEngine.h>
#include <isol8/remote/LocalSocket.h>
#include <isol8/remote/RemoteEngine.h>
#include <isol8/remote/ServiceEndpoint.h>

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
    auto endpoint = remote::ServiceEndpoint::parse(spec.url.toString());
    if (!endpoint)
        return nullptr;
    endpoint->key = key;
    options.service = *endpoint;
    return std::make_unique<RemoteEngine>(std::move(options));
}

} // namespace isol8::desktop
