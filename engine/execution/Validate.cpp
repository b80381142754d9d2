// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/execution/Validate.h>

#include <isol8/egress/HostRules.h>
#include <isol8/execution/FieldReader.h>
#include <isol8/remotecode/CodeUrl.h>

#include <QRegularExpression>
#include <QSet>

#include <algorithm>
#include <cmath>

using namespace Qt::StringLiterals;

namespace isol8 {

namespace {

constexpr qsizetype MaxPath = 4095; // bytes, as the kernel's
constexpr qsizetype MaxName = 255;
constexpr qsizetype MaxPatterns = 1000; // of each list
constexpr int MaxExpressions = 200;     // of both, what is not a plain name
constexpr int MaxExpressionCost = 10'000;

bool hasNul(QStringView text)
{
    return text.contains(QChar(u'\0'));
}

tl::unexpected<Error> badRequest(const QString &sentence)
{
    return fail(errors::BadRequest, sentence);
}

bool isVariableName(const QString &name)
{
    static const QRegularExpression pattern(u"\\A[A-Za-z_][A-Za-z0-9_]*\\z"_s);
    return pattern.match(name).hasMatch();
}

// What the expressions of one request may be together: each of its connections has to pass them all.
struct PatternBudget
{
    int expressions = MaxExpressions;
    int cost = MaxExpressionCost;
};

Result<void> checkPatterns(const QString &name, const QStringList &patterns, PatternBudget *budget)
{
    const QString field = u"options.networkFilter."_s + name;
    if (patterns.size() > MaxPatterns)
        return badRequest(u"%1 has more than %2 entries."_s.arg(field).arg(MaxPatterns));
    for (qsizetype i = 0; i < patterns.size(); ++i) {
        const int cost = egress::patternCost(patterns[i]);
        if (cost == 0 || cost > egress::HostPatterns::CostLimit)
            continue; // a name, or refused below
        budget->cost -= cost;
        if (--budget->expressions < 0 || budget->cost < 0)
            return badRequest(
                u"%1[%2] is one expression too many: those of a request are at most %3, and small; plain names do not count."_s
                    .arg(field, QString::number(i), QString::number(MaxExpressions)));
    }
    if (egress::HostPatterns::compile(patterns))
        return {};
    for (qsizetype i = 0; i < patterns.size(); ++i) {
        const QString problem = egress::patternProblem(patterns[i]);
        if (!problem.isEmpty())
            return badRequest(u"%1[%2] is \"%3\", which cannot be used: %4."_s.arg(field, QString::number(i),
                                                                                   patterns[i].left(64), problem));
    }
    return {};
}

Result<void> checkCode(const QByteArray &code)
{
    if (code.size() > MaxCodeSize)
        return badRequest(u"The code is larger than %1; put data into files."_s.arg(formatSize(MaxCodeSize)));
    if (code.trimmed().isEmpty())
        return badRequest(u"There is no code to run; the code is empty."_s);
    if (code.contains('\0'))
        return badRequest(u"The code is binary data, not text; give a program's source."_s);
    if (!QUtf8StringView(code).isValidUtf8())
        return badRequest(u"The code is not UTF-8 text; save it as UTF-8."_s);
    return {};
}

Result<void> checkProgram(const RunRequest &request)
{
    const int given = int(request.code.has_value()) + int(!request.codeUrl.isEmpty()) + int(!request.cmd.isEmpty());
    if (given == 0)
        return badRequest(u"There is no code to run; give request.code, request.codeUrl or request.cmd."_s);
    if (given > 1)
        return badRequest(u"Give only one of request.code, request.codeUrl and request.cmd."_s);
    if (request.code)
        return checkCode(*request.code);
    if (!request.codeUrl.isEmpty()) {
        const auto url = remotecode::CodeUrl::parse(request.codeUrl);
        return url ? Result<void>() : fail(url.error());
    }
    if (!request.codeHash.isEmpty())
        return badRequest(u"request.codeHash goes with request.code or request.codeUrl, not with request.cmd."_s);
    if (request.cmd.trimmed().isEmpty())
        return badRequest(u"There is no code to run; request.cmd is empty."_s);
    if (hasNul(request.cmd))
        return badRequest(u"request.cmd contains a NUL character."_s);
    if (request.cmd.toUtf8().size() > MaxArgumentSize)
        return badRequest(u"request.cmd is longer than 128 KiB; give it as request.code with the runtime bash."_s);
    return {};
}

// \a total grows by what the kernel counts.
Result<void> checkArguments(const QString &field, const QStringList &arguments, qsizetype *total)
{
    for (qsizetype i = 0; i < arguments.size(); ++i) {
        const QString path = u"%1[%2]"_s.arg(field).arg(i);
        if (hasNul(arguments[i]))
            return badRequest(u"%1 contains a NUL character."_s.arg(path));
        const qsizetype size = arguments[i].toUtf8().size();
        if (size > MaxArgumentSize)
            return badRequest(u"%1 is longer than 128 KiB; hand it over as a file or on stdin."_s.arg(path));
        *total += size + 1 + qsizetype(sizeof(char *));
    }
    return {};
}

Result<void> checkVariables(const QMap<QString, QString> &env, qsizetype *total)
{
    for (auto it = env.begin(); it != env.end(); ++it) {
        if (!isVariableName(it.key()))
            return badRequest(
                u"request.env.%1 is not a variable's name; use letters, digits and _, not beginning with a digit."_s
                    .arg(it.key().left(64)));
        if (hasNul(it.value()))
            return badRequest(u"request.env.%1 contains a NUL character."_s.arg(it.key()));
        const qsizetype size = it.key().size() + 1 + it.value().toUtf8().size();
        if (size > MaxArgumentSize)
            return badRequest(
                u"request.env.%1 is longer than 128 KiB; hand it over as a file or on stdin."_s.arg(it.key()));
        *total += size + 1 + qsizetype(sizeof(char *));
    }
    return {};
}

Result<void> checkFiles(const QList<InputFile> &files)
{
    if (files.size() > MaxInputFiles)
        return badRequest(u"request.files has %1 files; at most %2 are taken."_s.arg(files.size()).arg(MaxInputFiles));
    QSet<QString> seen;
    QSet<QString> regular; // no folders
    for (const InputFile &file : files) {
        const auto path = sandboxPath(file.path);
        if (!path)
            return fail(errors::BadPath, u"request.files: "_s + path.error().message);
        const bool isFull = file.path.endsWith(u'/') && !file.content.isEmpty();
        if (*path == u"/sandbox" || *path == u"/tmp" || isFull)
            return fail(errors::BadPath,
                        u"request.files: \"%1\" is a folder; name the file."_s.arg(file.path.left(256)));
        if (file.mode > 0777)
            return badRequest(
                u"request.files.%1.mode must be permission bits from 0 to 511 (0777)."_s.arg(file.path.left(256)));
        if (seen.contains(*path))
            return badRequest(u"request.files has %1 twice."_s.arg(path->left(256)));
        seen.insert(*path);
        if (!file.path.endsWith(u'/'))
            regular.insert(*path);
    }
    for (const QString &path : std::as_const(seen)) {
        for (qsizetype end = path.lastIndexOf(u'/'); end > 0; end = path.lastIndexOf(u'/', end - 1)) {
            if (const QString folder = path.first(end); regular.contains(folder))
                return fail(
                    errors::BadPath,
                    u"request.files: \"%1\" is a file, and \"%2\" would be in it; name one of them otherwise."_s.arg(
                        folder.left(256), path.left(256)));
        }
    }
    return {};
}

Result<void> checkPackages(const QStringList &packages)
{
    for (qsizetype i = 0; i < packages.size(); ++i) {
        const QString &package = packages[i];
        const bool printable = std::all_of(package.begin(), package.end(), [](QChar c) { return c.isPrint(); });
        if (package.trimmed().isEmpty() || package.size() > 1024 || !printable || package.startsWith(u'-'))
            return badRequest(u"request.installPackages[%1] is not a package's name."_s.arg(i));
    }
    return {};
}

Result<void> checkTexts(const RunRequest &request)
{
    static const QRegularExpression hash(u"\\A[0-9A-Fa-f]{64}\\z"_s);
    static const QRegularExpression extension(u"\\A\\.?[A-Za-z0-9+_-]{1,16}(\\.[A-Za-z0-9+_-]{1,16}){0,2}\\z"_s);
    if (!request.codeHash.isEmpty() && !hash.match(request.codeHash).hasMatch())
        return badRequest(u"request.codeHash must be a SHA-256: 64 hexadecimal digits."_s);
    if (!request.fileExtension.isEmpty() && !extension.match(request.fileExtension).hasMatch())
        return badRequest(u"request.fileExtension must be an extension such as \".py\"."_s);
    if (request.timeout && (request.timeout->count() < 1 || request.timeout->count() > LongestTimeoutMs))
        return badRequest(u"request.timeoutMs must be from 1 to %1."_s.arg(LongestTimeoutMs));
    if (hasNul(request.setupScript))
        return badRequest(u"request.setupScript contains a NUL character."_s);
    if (request.setupScript.size() > MaxCodeSize)
        return badRequest(u"request.setupScript is larger than %1."_s.arg(formatSize(MaxCodeSize)));
    // As it is written it must be where it leads.
    const QString file = u"/sandbox/"_s + request.fileName;
    if (!request.fileName.isEmpty() && sandboxPath(file) != file)
        return badRequest(u"The program's file has no usable name."_s);
    return {};
}

} // namespace

Result<void> validate(const RunRequest &request)
{
    qsizetype total = 0;
    if (auto r = checkProgram(request); !r)
        return r;
    if (auto r = checkTexts(request); !r)
        return r;
    if (auto r = checkVariables(request.env, &total); !r)
        return r;
    if (auto r = checkArguments(u"request.args"_s, request.args, &total); !r)
        return r;
    if (auto r = checkArguments(u"request.agentFlags"_s, request.agentFlags, &total); !r)
        return r;
    if (total > MaxArgumentsSize)
        return badRequest(
            u"request.env and request.args are larger than 1 MiB together; hand data over as files or on stdin."_s);
    if (auto r = checkPackages(request.installPackages); !r)
        return r;
    if (auto r = checkFiles(request.files); !r)
        return r;
    for (const QString &path : request.outputPaths) {
        if (const auto r = sandboxPath(path); !r)
            return fail(errors::BadPath, u"request.outputPaths: "_s + r.error().message);
    }
    if (!request.workdir.isEmpty()) {
        if (const auto r = sandboxPath(request.workdir); !r)
            return fail(errors::BadPath, u"request.workdir: "_s + r.error().message);
    }
    return {};
}

Result<void> validate(const RunOptions &options)
{
    PatternBudget budget;
    for (const auto &[name, patterns] :
         {std::pair{u"whitelist"_s, options.whitelist}, std::pair{u"blacklist"_s, options.blacklist}}) {
        if (const auto fine = checkPatterns(name, patterns.value_or(QStringList()), &budget); !fine)
            return fine;
    }
    for (auto it = options.secrets.begin(); it != options.secrets.end(); ++it) {
        if (!isVariableName(it.key()))
            return fail(errors::BadSecret,
                        u"\"%1\" is not a secret's name; use letters, digits and _, not beginning with a digit."_s.arg(
                            it.key().left(64)));
        const qsizetype size = it.value().toUtf8().size();
        if (size < MinSecretSize)
            return fail(
                errors::BadSecret,
                u"The secret %1 is shorter than %2 bytes; masking it would mask half the output. Use a longer one."_s
                    .arg(it.key())
                    .arg(MinSecretSize));
        if (hasNul(it.value()))
            return fail(errors::BadSecret, u"The secret %1 contains a NUL character."_s.arg(it.key()));
        if (it.key().size() + 1 + size > MaxArgumentSize)
            return fail(errors::BadSecret, u"The secret %1 is longer than 128 KiB."_s.arg(it.key()));
    }
    if (options.cpuLimit && !(std::isfinite(*options.cpuLimit) && *options.cpuLimit > 0))
        return badRequest(u"options.cpuLimit must be a number of CPUs above 0."_s);
    if (options.timeout && (options.timeout->count() < 1 || options.timeout->count() > LongestTimeoutMs))
        return badRequest(u"options.timeoutMs must be from 1 to %1."_s.arg(LongestTimeoutMs));
    const auto notAboveZero = [](const std::optional<qint64> &size) { return size && *size < 1; };
    if (notAboveZero(options.memoryLimit) || notAboveZero(options.maxOutputSize) || notAboveZero(options.sandboxSize) ||
        notAboveZero(options.tmpSize) || options.pidsLimit.value_or(1) < 1)
        return badRequest(u"options: every limit must be above 0."_s);
    if (hasNul(options.customProfilePath))
        return badRequest(u"options.security.customProfilePath contains a NUL character."_s);
    return {};
}

Result<QString> sandboxPath(QStringView path)
{
    if (path.isEmpty() || hasNul(path))
        return fail(errors::BadPath, path.isEmpty() ? u"A path is empty."_s : u"A path contains a NUL character."_s);
    if (path.toUtf8().size() > MaxPath)
        return fail(errors::BadPath, u"A path is longer than %1 bytes."_s.arg(MaxPath));
    QStringList parts;
    if (!path.startsWith(u'/'))
        parts.append(u"sandbox"_s);
    for (const QStringView part : path.split(u'/', Qt::SkipEmptyParts)) {
        if (part.toUtf8().size() > MaxName)
            return fail(errors::BadPath,
                        u"A name in the path \"%1…\" is longer than %2 bytes."_s.arg(path.left(64)).arg(MaxName));
        if (part == u"..") {
            if (!parts.isEmpty())
                parts.removeLast();
        } else if (part != u".") {
            parts.append(part.toString());
        }
    }
    if (parts.isEmpty() || (parts.constFirst() != u"sandbox" && parts.constFirst() != u"tmp"))
        return fail(errors::BadPath,
                    u"The path \"%1\" leaves /sandbox and /tmp; only those can be used."_s.arg(path.left(256)));
    return QString(u'/' + parts.join(u'/'));
}

} // namespace isol8
