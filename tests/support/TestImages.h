// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/builder/ImageBuild.h>

#include <QProcessEnvironment>
#include <QTest>

#include <optional>

/*!
    Custom images that several tests use and that take long to build. They stay on the machine, so that only the first
    run of the tests builds them; one that was made of something else is built again.
*/
namespace testimages {

//! Fails as ImageBuild does; timeout after seven minutes, before the test as a whole is given up.
inline isol8::Result<isol8::CustomImage> build(const isol8::CustomRecipe &recipe)
{
    isol8::docker::Client client(isol8::docker::Endpoint::discover(QProcessEnvironment::systemEnvironment()).value());
    isol8::ImageBuild build(&client, recipe, isol8::RuntimeRegistry::builtIn().byName(recipe.runtime).value(), false);
    std::optional<isol8::Error> ended;
    QObject::connect(&build, &isol8::ImageBuild::finished, &build, [&](const isol8::Error &error) { ended = error; });
    build.start();
    if (!QTest::qWaitFor([&] { return ended.has_value(); }, 420000))
        return isol8::fail(isol8::errors::Timeout,
                           QStringLiteral("The image %1 is not built in time.").arg(recipe.tag));
    if (!ended->code.isEmpty())
        return isol8::fail(*ended);
    return build.image();
}

//! Python with Debian's matplotlib and all that it depends on (numpy, pillow, scipy, …).
inline isol8::Result<isol8::CustomImage> matplotlib()
{
    return build({QStringLiteral("isol8-test-matplotlib"),
                  QStringLiteral("python"),
                  {},
                  {QStringLiteral("python3-matplotlib")},
                  {}});
}

//! Lua and bc from Debian.
inline isol8::Result<isol8::CustomImage> lua()
{
    return build({QStringLiteral("isol8-test-lua"),
                  QStringLiteral("bash"),
                  {},
                  {QStringLiteral("lua5.4"), QStringLiteral("bc")},
                  {}});
}

//! A small C compiler: tcc.
inline isol8::Result<isol8::CustomImage> compiler()
{
    return build({QStringLiteral("isol8-test-c"),
                  QStringLiteral("bash"),
                  {},
                  {QStringLiteral("tcc"), QStringLiteral("libc6-dev")},
                  {}});
}

} // namespace testimages
