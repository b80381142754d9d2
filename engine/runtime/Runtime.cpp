// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/runtime/Runtime.h>

#include <isol8/base/Nearest.h>
#include <isol8/base/Units.h>

#include <QJsonArray>
#include <QRegularExpression>

#include <algorithm>
#include <array>

using namespace Qt::StringLiterals;

namespace isol8 {

namespace {

constexpr qsizetype MaxItems = 256;
constexpr qsizetype MaxText = 4096;

const QStringList &knownKeys()
{
    static const QStringList keys{u"description"_s, u"image"_s,    u"extensions"_s, u"inlineExtension"_s, u"command"_s,
                                  u"compile"_s,     u"install"_s,  u"packages"_s,   u"installEnv"_s,      u"env"_s,
                                  u"proxyEnv"_s,    u"defaults"_s, u"warmUp"_s,     u"needsNetwork"_s,    u"live"_s,
                                  u"repl"_s,        u"bake"_s};
    return keys;
}

const QStringList &knownDefaults()
{
    static const QStringList keys{u"timeoutMs"_s,   u"memoryLimit"_s, u"cpuLimit"_s,     u"pidsLimit"_s,
                                  u"sandboxSize"_s, u"tmpSize"_s,     u"maxOutputSize"_s};
    return keys;
}

bool matches(const QString &text, const QString &pattern)
{
    return QRegularExpression(QRegularExpression::anchoredPattern(pattern)).match(text).hasMatch();
}

// Reads one manifest; the first thing that is wrong is kept.
class Reader
{
public:
    Reader(const QString &name, const QJsonObject &object)
        : m_prefix(u"runtimes."_s + name)
        , m_object(object)
    {
    }

    std::optional<Error> error;

    void complain(const QString &key, const QString &what)
    {
        if (!error)
            error = Error{errors::BadConfig.toString(),
                          u"%1 %2"_s.arg(key.isEmpty() ? m_prefix : m_prefix + u'.' + key, what),
                          {}};
    }

    QString text(const QString &key)
    {
        const QJsonValue value = m_object.value(key);
        if (value.isUndefined())
            return {};
        if (!value.isString() || value.toString().isEmpty())
            complain(key, u"must be a text that is not empty."_s);
        else
            checkText(key, value.toString());
        return value.toString();
    }

    QStringList list(const QString &key)
    {
        const QJsonValue value = m_object.value(key);
        if (value.isUndefined())
            return {};
        if (!value.isArray() || value.toArray().size() > MaxItems) {
            complain(key, u"must be a list of texts, each an argument of its own."_s);
            return {};
        }
        QStringList items;
        const QJsonArray array = value.toArray();
        for (qsizetype i = 0; i < array.size(); ++i) {
            const QString itemKey = u"%1[%2]"_s.arg(key).arg(i);
            if (!array[i].isString())
                complain(itemKey, u"must be a text."_s);
            else
                checkText(itemKey, array[i].toString());
            items.append(array[i].toString());
        }
        return items;
    }

    bool truth(const QString &key)
    {
        const QJsonValue value = m_object.value(key);
        if (!value.isUndefined() && !value.isBool())
            complain(key, u"must be true or false."_s);
        return value.toBool();
    }

    QMap<QString, QString> variables(const QString &name)
    {
        QMap<QString, QString> variables;
        const QJsonObject object = objectAt(name);
        for (auto it = object.begin(); it != object.end(); ++it) {
            const QString key = name + u'.' + it.key();
            if (!matches(it.key(), u"[A-Za-z_][A-Za-z0-9_]*"_s))
                complain(key, u"is not a variable's name; use letters, digits and _."_s);
            if (!it.value().isString())
                complain(key, u"must be a text."_s);
            else
                checkText(key, it.value().toString());
            variables.insert(it.key(), it.value().toString());
        }
        return variables;
    }

    QJsonObject objectAt(const QString &key)
    {
        const QJsonValue value = m_object.value(key);
        if (!value.isUndefined() && !value.isObject())
            complain(key, u"must be an object."_s);
        return value.toObject();
    }

private:
    void checkText(const QString &key, const QString &value)
    {
        if (value.size() > MaxText)
            complain(key, u"is longer than %1 characters."_s.arg(MaxText));
        if (value.contains(QChar(u'\0')))
            complain(key, u"contains a NUL character."_s);
    }

    QString m_prefix;
    const QJsonObject &m_object;
};

// "{args}" and its like are whole items; a command that has one inside a longer text would silently lose its meaning.
void checkPlaceholders(Reader &reader, const QString &key, const QStringList &command)
{
    for (qsizetype i = 0; i < command.size(); ++i) {
        for (const QStringView list : {u"{args}", u"{packages}", u"{agentFlags}"}) {
            if (command[i].contains(list) && command[i] != list)
                reader.complain(u"%1[%2]"_s.arg(key).arg(i),
                                u"has %1 inside a longer text; it must be an item of its own."_s.arg(list));
        }
    }
}

void checkExtension(Reader &reader, const QString &key, const QString &extension)
{
    if (!matches(extension, u"(\\.[A-Za-z0-9+_-]{1,16}){1,3}"_s))
        reader.complain(key, u"must be an extension such as \".rb\", not \"%1\"."_s.arg(extension.left(64)));
}

void checkUnknown(Reader &reader, const QString &prefix, const QJsonObject &object, const QStringList &known)
{
    for (auto it = object.begin(); it != object.end(); ++it) {
        if (!known.contains(it.key()))
            reader.complain(prefix + it.key(), u"is not a known key."_s + didYouMean(it.key(), known));
    }
}

void checkDefaults(Reader &reader, const QJsonObject &defaults)
{
    checkUnknown(reader, u"defaults."_s, defaults, knownDefaults());
    for (auto it = defaults.begin(); it != defaults.end(); ++it) {
        const bool isSize = it.key() == u"memoryLimit" || it.key() == u"sandboxSize" || it.key() == u"tmpSize";
        const QJsonValue value = it.value();
        if (isSize ? !parseSize(value.isString() ? value.toString() : QString::number(value.toDouble(), 'f', 0))
                   : !(value.toDouble() > 0 && value.toDouble() <= 1e9))
            reader.complain(u"defaults."_s + it.key(),
                            isSize ? u"must be a size such as \"512m\"."_s : u"must be a number above 0."_s);
    }
}

WarmUp readWarmUp(const QString &name, const QJsonObject &object, Reader &outer)
{
    Reader reader(name + u".warmUp"_s, object);
    checkUnknown(reader, {}, object, {u"file"_s, u"env"_s, u"forkEnv"_s, u"cold"_s, u"coldFiles"_s});
    WarmUp warmUp{reader.text(u"file"_s), reader.variables(u"env"_s), reader.variables(u"forkEnv"_s),
                  reader.list(u"cold"_s), reader.list(u"coldFiles"_s)};
    if (!warmUp.file.startsWith(u"/sandbox/"))
        reader.complain(u"file"_s, u"must be a path below /sandbox."_s);
    for (qsizetype i = 0; i < warmUp.coldFiles.size(); ++i) {
        if (!warmUp.coldFiles[i].startsWith(u'/'))
            reader.complain(u"coldFiles[%1]"_s.arg(i), u"must be an absolute path."_s);
    }
    if (warmUp.env.isEmpty())
        reader.complain(u"env"_s, u"is missing; give the variables that make the interpreter wait."_s);
    if (reader.error && !outer.error)
        outer.error = reader.error;
    return warmUp;
}

Bake readBake(const QString &name, const QJsonObject &object, Reader &outer)
{
    Reader reader(name + u".bake"_s, object);
    checkUnknown(reader, {}, object, {u"install"_s, u"env"_s, u"runEnv"_s});
    Bake bake{reader.list(u"install"_s), reader.variables(u"env"_s), reader.variables(u"runEnv"_s)};
    if (!bake.install.contains(u"{packages}"_s))
        reader.complain(u"install"_s, u"has no item {packages}."_s);
    const QStringList texts = bake.install + bake.env.values();
    if (std::none_of(texts.begin(), texts.end(), [](const QString &text) { return text.contains(u"{root}"); }))
        reader.complain(u"install"_s, u"does not mention {root}, below which the packages must go."_s);
    checkPlaceholders(reader, u"install"_s, bake.install);
    if (reader.error && !outer.error)
        outer.error = reader.error;
    return bake;
}

QJsonObject toObject(const QMap<QString, QString> &variables)
{
    QJsonObject object;
    for (auto it = variables.begin(); it != variables.end(); ++it)
        object.insert(it.key(), it.value());
    return object;
}

} // namespace

Result<Runtime> Runtime::fromJson(const QString &name, const QJsonObject &object)
{
    Reader reader(name, object);
    if (!matches(name, u"[a-z0-9][a-z0-9_-]{0,31}"_s))
        reader.complain({}, u"is not a runtime's name; use up to 32 small letters, digits, - and _."_s);
    checkUnknown(reader, {}, object, knownKeys());

    Runtime runtime;
    runtime.name = name;
    runtime.image = reader.text(u"image"_s);
    if (runtime.image.isEmpty())
        runtime.image = u"isol8:"_s + name;
    if (!matches(runtime.image, u"[A-Za-z0-9][A-Za-z0-9._/:@-]{0,254}"_s))
        reader.complain(u"image"_s, u"is not an image's name."_s);
    runtime.description = reader.text(u"description"_s);
    runtime.command = reader.list(u"command"_s);
    runtime.repl = reader.list(u"repl"_s);
    runtime.compile = reader.list(u"compile"_s);
    runtime.live = reader.list(u"live"_s);
    runtime.install = reader.list(u"install"_s);
    runtime.installEnv = reader.variables(u"installEnv"_s);
    if (const QString packages = reader.text(u"packages"_s); !packages.isEmpty()) {
        if (const auto syntax = packageSyntax(packages))
            runtime.packages = *syntax;
        else
            reader.complain(u"packages"_s, u"must be \"npm\", \"pypi\" or \"deno\"."_s);
    }
    runtime.extensions = reader.list(u"extensions"_s);
    for (qsizetype i = 0; i < runtime.extensions.size(); ++i)
        checkExtension(reader, u"extensions[%1]"_s.arg(i), runtime.extensions[i]);
    runtime.inlineExtension = reader.text(u"inlineExtension"_s);
    if (!runtime.inlineExtension.isEmpty())
        checkExtension(reader, u"inlineExtension"_s, runtime.inlineExtension);
    else if (!runtime.extensions.isEmpty())
        runtime.inlineExtension = runtime.extensions.constFirst();
    runtime.env = reader.variables(u"env"_s);
    runtime.proxyEnv = reader.variables(u"proxyEnv"_s);
    if (object.contains(u"warmUp"_s))
        runtime.warmUp = readWarmUp(name, reader.objectAt(u"warmUp"_s), reader);
    if (object.contains(u"bake"_s))
        runtime.bake = readBake(name, reader.objectAt(u"bake"_s), reader);
    runtime.needsNetwork = reader.truth(u"needsNetwork"_s);
    runtime.defaults = reader.objectAt(u"defaults"_s);
    checkDefaults(reader, runtime.defaults);

    if (runtime.command.isEmpty())
        reader.complain(
            u"command"_s,
            u"is missing; give the program and its arguments as a list, such as [\"ruby\", \"{file}\", \"{args}\"]."_s);
    const auto uses = [&](QStringView placeholder) {
        const auto has = [&](const QString &item) { return item.contains(placeholder); };
        return std::any_of(runtime.command.begin(), runtime.command.end(), has) ||
               std::any_of(runtime.compile.begin(), runtime.compile.end(), has);
    };
    if (!uses(u"{file}") && !uses(u"{code}"))
        reader.complain(u"command"_s, u"mentions neither {file} nor {code}, so it would never run the code."_s);
    if (!runtime.install.isEmpty() && !runtime.install.contains(u"{packages}"_s))
        reader.complain(u"install"_s, u"has no item {packages}."_s);
    checkPlaceholders(reader, u"command"_s, runtime.command);
    checkPlaceholders(reader, u"compile"_s, runtime.compile);
    checkPlaceholders(reader, u"install"_s, runtime.install);
    if (reader.error)
        return fail(*reader.error);
    return runtime;
}

QJsonObject Runtime::toJson() const
{
    QJsonObject object{{u"image"_s, image}, {u"command"_s, QJsonArray::fromStringList(command)}};
    const auto add = [&](const QString &key, const QStringList &list) {
        if (!list.isEmpty())
            object.insert(key, QJsonArray::fromStringList(list));
    };
    add(u"extensions"_s, extensions);
    add(u"repl"_s, repl);
    add(u"compile"_s, compile);
    add(u"live"_s, live);
    add(u"install"_s, install);
    if (!inlineExtension.isEmpty())
        object.insert(u"inlineExtension"_s, inlineExtension);
    if (!description.isEmpty())
        object.insert(u"description"_s, description);
    if (packages != PackageSyntax::Unknown)
        object.insert(u"packages"_s, toString(packages));
    if (!installEnv.isEmpty())
        object.insert(u"installEnv"_s, toObject(installEnv));
    if (!defaults.isEmpty())
        object.insert(u"defaults"_s, defaults);
    if (!env.isEmpty())
        object.insert(u"env"_s, toObject(env));
    if (!proxyEnv.isEmpty())
        object.insert(u"proxyEnv"_s, toObject(proxyEnv));
    if (!bake.install.isEmpty()) {
        object.insert(u"bake"_s, QJsonObject{{u"install"_s, QJsonArray::fromStringList(bake.install)},
                                             {u"env"_s, toObject(bake.env)},
                                             {u"runEnv"_s, toObject(bake.runEnv)}});
    }
    if (needsNetwork)
        object.insert(u"needsNetwork"_s, true);
    if (warmUp) {
        object.insert(u"warmUp"_s, QJsonObject{{u"file"_s, warmUp->file},
                                               {u"env"_s, toObject(warmUp->env)},
                                               {u"forkEnv"_s, toObject(warmUp->forkEnv)},
                                               {u"cold"_s, QJsonArray::fromStringList(warmUp->cold)},
                                               {u"coldFiles"_s, QJsonArray::fromStringList(warmUp->coldFiles)}});
    }
    return object;
}

QStringList expandCommand(const QStringList &command, const CommandValues &values)
{
    struct Text
    {
        QStringView placeholder;
        const QString *value;
    };
    const std::array texts{Text{u"{file}", &values.file}, Text{u"{code}", &values.code}};
    const auto expandItem = [&](const QString &item) {
        QString expanded;
        qsizetype from = 0;
        while (from < item.size()) {
            const auto text = std::find_if(texts.begin(), texts.end(), [&](const Text &t) {
                return QStringView(item).sliced(from).startsWith(t.placeholder);
            });
            if (text == texts.end()) {
                expanded += item[from++];
            } else {
                expanded += *text->value;
                from += text->placeholder.size();
            }
        }
        return expanded;
    };

    QStringList argv;
    for (const QString &item : command) {
        if (item == u"{args}")
            argv += values.args;
        else if (item == u"{agentFlags}")
            argv += values.agentFlags;
        else if (item == u"{packages}")
            argv += values.packages;
        else
            argv.append(expandItem(item));
    }
    return argv;
}

} // namespace isol8
