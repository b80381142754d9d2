// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/runtime/Runtime.h>

#include <isol8/base/Embedded.h>
#include <isol8/base/Nearest.h>

#include <QJsonDocument>

#include <algorithm>

ISOL8_DECLARE_EMBEDDED(runtime_python)
ISOL8_DECLARE_EMBEDDED(runtime_node)
ISOL8_DECLARE_EMBEDDED(runtime_bun)
ISOL8_DECLARE_EMBEDDED(runtime_deno)
ISOL8_DECLARE_EMBEDDED(runtime_bash)
ISOL8_DECLARE_EMBEDDED(runtime_agent)

using namespace Qt::StringLiterals;

namespace isol8 {

RuntimeRegistry RuntimeRegistry::builtIn()
{
    struct Manifest
    {
        QString name;
        QByteArray text;
    };
    const std::initializer_list<Manifest> manifests{
        {u"python"_s, isol8_embedded_runtime_python()}, {u"node"_s, isol8_embedded_runtime_node()},
        {u"bun"_s, isol8_embedded_runtime_bun()},       {u"deno"_s, isol8_embedded_runtime_deno()},
        {u"bash"_s, isol8_embedded_runtime_bash()},     {u"agent"_s, isol8_embedded_runtime_agent()}};
    RuntimeRegistry registry;
    for (const Manifest &manifest : manifests) {
        const auto runtime = Runtime::fromJson(manifest.name, QJsonDocument::fromJson(manifest.text).object());
        Q_ASSERT_X(runtime, "RuntimeRegistry::builtIn", qPrintable(manifest.name));
        if (runtime)
            registry.m_runtimes.append(*runtime);
    }
    return registry;
}

Result<RuntimeRegistry> RuntimeRegistry::extendedBy(const QJsonObject &runtimes) const
{
    QList<Runtime> added;
    for (auto it = runtimes.begin(); it != runtimes.end(); ++it) {
        if (!it.value().isObject())
            return fail(errors::BadConfig, u"runtimes.%1 must be an object."_s.arg(it.key()));
        auto runtime = Runtime::fromJson(it.key(), it.value().toObject());
        if (!runtime)
            return fail(runtime.error());
        for (const Runtime &other : added) {
            for (const QString &extension : runtime->extensions) {
                if (other.extensions.contains(extension, Qt::CaseInsensitive))
                    return fail(
                        errors::BadConfig,
                        u"runtimes.%1.extensions and runtimes.%2.extensions both have \"%3\"; leave it to one of them."_s
                            .arg(other.name, runtime->name, extension));
            }
        }
        added.append(*runtime);
    }

    RuntimeRegistry extended;
    extended.m_runtimes = added;
    for (Runtime runtime : m_runtimes) {
        if (std::any_of(added.begin(), added.end(), [&](const Runtime &r) { return r.name == runtime.name; }))
            continue;
        erase_if(runtime.extensions, [&](const QString &extension) {
            return std::any_of(added.begin(), added.end(),
                               [&](const Runtime &r) { return r.extensions.contains(extension, Qt::CaseInsensitive); });
        });
        extended.m_runtimes.append(runtime);
    }
    return extended;
}

QList<Runtime> RuntimeRegistry::all() const
{
    return m_runtimes;
}

QStringList RuntimeRegistry::names() const
{
    QStringList names;
    for (const Runtime &runtime : m_runtimes)
        names.append(runtime.name);
    return names;
}

Result<Runtime> RuntimeRegistry::byName(QStringView name) const
{
    for (const Runtime &runtime : m_runtimes) {
        if (runtime.name == name)
            return runtime;
    }
    return fail(errors::UnknownRuntime, u"There is no runtime \"%1\"; there are %2.%3"_s.arg(
                                            name.left(64), names().join(u", "_s), didYouMean(name, names())));
}

Result<Runtime> RuntimeRegistry::byFileName(QStringView fileName) const
{
    const QStringView base = fileName.sliced(fileName.lastIndexOf(u'/') + 1);
    const Runtime *found = nullptr;
    qsizetype length = 0;
    for (const Runtime &runtime : m_runtimes) {
        for (const QString &extension : runtime.extensions) {
            if (extension.size() > length && base.size() > extension.size() &&
                base.endsWith(extension, Qt::CaseInsensitive)) {
                found = &runtime;
                length = extension.size();
            }
        }
    }
    if (found)
        return *found;

    QStringList known;
    for (const Runtime &runtime : m_runtimes)
        known += runtime.extensions;
    const qsizetype dot = base.lastIndexOf(u'.');
    const QString what = dot > 0 ? u"No runtime is known for \"%1\" files"_s.arg(base.sliced(dot).left(32))
                                 : u"\"%1\" has no extension that tells its language"_s.arg(base.left(64));
    return fail(errors::UnknownRuntime, u"%1 (known are %2); say which runtime to use with --runtime, one of %3."_s.arg(
                                            what, known.join(u' '), names().join(u", "_s)));
}

} // namespace isol8
