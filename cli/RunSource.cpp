// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/RunSource.h>

#include <isol8/base/Paths.h>
#include <isol8/base/Units.h>
#include <isol8/execution/Validate.h>

#include <QFile>
#include <QFileInfo>

#include <array>

using namespace Qt::StringLiterals;

namespace isol8::cli {

namespace {

constexpr qsizetype LongestFirstLine = 256; // the kernel's

// The words behind "#!", or none.
QStringList shebang(QByteArrayView code)
{
    if (!code.startsWith("#!"))
        return {};
    QByteArrayView line = code.sliced(2, std::min(code.size() - 2, LongestFirstLine));
    if (const qsizetype end = line.indexOf('\n'); end >= 0)
        line = line.first(end);
    return QString::fromUtf8(line).simplified().split(u' ', Qt::SkipEmptyParts);
}

bool isIsol8(const QString &word)
{
    return word.section(u'/', -1) == u"isol8";
}

// A pipe, as <(…) makes it, has no size and must be read to its end.
Result<QByteArray> readAll(const QString &path)
{
    const QFileInfo info(path);
    if (info.isFile() || info.isDir() || !info.exists())
        return readFile(path, MaxCodeSize);
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly | QIODevice::Unbuffered))
        return fail(errors::FileError, u"Cannot read %1: %2."_s.arg(path, file.errorString()));
    QByteArray content;
    for (QByteArray chunk = file.read(64 * KiB); !chunk.isEmpty(); chunk = file.read(64 * KiB)) {
        content += chunk;
        if (content.size() > MaxCodeSize)
            return fail(errors::FileError, u"%1 is larger than %2 bytes."_s.arg(path).arg(MaxCodeSize));
    }
    return content;
}

} // namespace

QString runtimeOfFirstLine(QByteArrayView code, const RuntimeRegistry &registry)
{
    const QStringList words = shebang(code);
    for (qsizetype i = 0; i < words.size(); ++i) {
        if (!isIsol8(words[i]))
            continue;
        for (++i; i < words.size(); ++i) {
            if (words[i].startsWith(u"--runtime="))
                return words[i].sliced(10);
            if ((words[i] == u"-r" || words[i] == u"--runtime") && i + 1 < words.size())
                return words[i + 1];
        }
        return {};
    }

    // "/usr/bin/env [-S] python3 -u", "/bin/bash"
    qsizetype at = 0;
    if (at < words.size() && words[at].section(u'/', -1) == u"env") {
        ++at;
        while (at < words.size() && (words[at].startsWith(u'-') || words[at].contains(u'=')))
            ++at;
    }
    if (at >= words.size())
        return {};
    const QString interpreter = words[at].section(u'/', -1);
    struct Alias
    {
        QStringView interpreter;
        QStringView runtime;
    };
    for (const Alias &alias : {Alias{u"sh", u"bash"}, Alias{u"nodejs", u"node"}, Alias{u"python3", u"python"}}) {
        if (interpreter == alias.interpreter)
            return alias.runtime.toString();
    }
    if (interpreter.startsWith(u"python3."))
        return u"python"_s;
    return registry.names().contains(interpreter) ? interpreter : QString();
}

bool isIsol8Script(const QString &path)
{
    QFile file(path);
    if (!QFileInfo(path).isFile() || !file.open(QIODevice::ReadOnly))
        return false;
    const QByteArray start = file.read(LongestFirstLine + 2);
    const QStringList words = shebang(start);
    return std::any_of(words.begin(), words.end(), isIsol8);
}

QString placeBelow(const QString &folder, const QString &file)
{
    const QString root = QFileInfo(folder).canonicalFilePath();
    const QFileInfo info(file);
    const QString around = QFileInfo(info.absolutePath()).canonicalFilePath();
    const auto inside = [](const QString &outer) { return outer.endsWith(u'/') ? outer : QString(outer + u'/'); };
    const QString path = inside(around) + info.fileName();
    const QString start = inside(root);
    return root.isEmpty() || around.isEmpty() || !path.startsWith(start) ? QString() : path.sliced(start.size());
}

QByteArray withoutMark(const QByteArray &code)
{
    return code.startsWith("\xef\xbb\xbf") ? code.sliced(3) : code;
}

Result<ProgramFile> readProgram(const QString &path, const QString &runtimeName, const RuntimeRegistry &registry)
{
    // The name first: a wrong extension is the likelier mistake, and the file may be large.
    std::optional<Runtime> runtime;
    if (!runtimeName.isEmpty()) {
        const auto named = registry.byName(runtimeName);
        if (!named)
            return fail(named.error());
        runtime = *named;
    }
    auto content = readAll(path);
    if (!content)
        return fail(content.error());
    const QByteArray code = withoutMark(*content);
    const auto byExtension = registry.byFileName(path);
    if (!runtime && byExtension)
        runtime = *byExtension;
    if (!runtime) {
        const QString name = runtimeOfFirstLine(code, registry);
        const auto named = name.isEmpty() ? byExtension : registry.byName(name);
        if (!named)
            return fail(named.error());
        runtime = *named;
    }
    if (code.trimmed().isEmpty())
        return fail(errors::BadRequest, u"%1 is empty; there is no code to run."_s.arg(path));
    if (code.contains('\0') || !QUtf8StringView(code).isValidUtf8())
        return fail(errors::BadRequest, u"%1 is not a text in UTF-8; give a program's source."_s.arg(path));
    return ProgramFile{code, QFileInfo(path).isFile() ? QFileInfo(path).fileName() : QString(), *runtime};
}

} // namespace isol8::cli
