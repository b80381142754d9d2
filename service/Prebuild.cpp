// SPDX-License-Identifier: GPL-3.0-or-later
#include <service/Prebuild.h>

using namespace Qt::StringLiterals;

namespace isol8::service {

namespace {

RuntimeRegistry runtimesOf(const ServiceOptions &options)
{
    const RuntimeRegistry builtIn = RuntimeRegistry::builtIn();
    return builtIn.extendedBy(options.config.runtimes).value_or(builtIn);
}

} // namespace

Prebuild::Prebuild(const ServiceOptions &options, QObject *parent)
    : QObject(parent)
    , m_client(options.endpoint)
    , m_builds(&m_client, prebuiltRecipes(options.config), runtimesOf(options), false)
{
    connect(&m_builds, &ImageBuilds::failed, this, [this](const QString &tag, const Error &error) {
        Q_EMIT failed(u"The image %1 of prebuiltImages could not be built. %2"_s.arg(tag, error.message));
    });
    connect(&m_builds, &ImageBuilds::finished, this, &Prebuild::finished);
}

void Prebuild::start()
{
    m_builds.start();
}

bool Prebuild::isWanted(const ServiceOptions &options)
{
    return !prebuiltRecipes(options.config).isEmpty();
}

} // namespace isol8::service
