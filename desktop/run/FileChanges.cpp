// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/run/FileChanges.h>

#include <QHash>

#include <algorithm>
#include <vector>

using namespace Qt::StringLiterals;

namespace isol8::desktop {

namespace {

constexpr qsizetype LargestTable = 4'000'000;

bool isProgram(const QString &path, const QByteArray &content, const RunRequest &request)
{
    return path.count(u'/') == 2 && request.code && content == *request.code;
}

// Of a session's file only the name and the size are known here.
bool isProgram(const SessionFile &file, const RunRequest &request)
{
    const QString name = file.path.section(u'/', 2);
    const bool named = request.fileName.isEmpty() ? name.startsWith("main."_L1) : name == request.fileName;
    return named && request.code && file.size == request.code->size();
}

} // namespace

QList<SandboxFile> filesOf(const RunResult &result, const RunRequest &request)
{
    QHash<QString, QByteArray> given;
    for (const InputFile &file : request.files)
        given.insert(file.path, file.content);
    QList<SandboxFile> files;
    for (auto at = result.files.begin(); at != result.files.end(); ++at) {
        const auto before = given.constFind(at.key());
        if (before == given.constEnd() && isProgram(at.key(), at.value(), request))
            continue;
        SandboxFile file{at.key(), SandboxFile::Change::Added, at.value().size(), at.value(), {}};
        if (before != given.constEnd()) {
            file.before = before.value();
            file.change = before.value() == at.value() ? SandboxFile::Change::None : SandboxFile::Change::Changed;
        }
        files.append(file);
    }
    return files;
}

QList<SandboxFile> filesOf(const QList<SessionFile> &now, const QList<SessionFile> &before, const RunRequest &request)
{
    QHash<QString, SessionFile> earlier;
    for (const SessionFile &file : before)
        earlier.insert(file.path, file);
    QList<SandboxFile> files;
    for (const SessionFile &file : now) {
        if (file.type != SessionFile::Type::File || isProgram(file, request))
            continue;
        SandboxFile entry{file.path, SandboxFile::Change::None, file.size, {}, {}};
        const auto old = earlier.constFind(file.path);
        if (old == earlier.constEnd())
            entry.change = SandboxFile::Change::Added;
        else if (old->size != file.size || old->mtimeMs != file.mtimeMs)
            entry.change = SandboxFile::Change::Changed;
        for (const InputFile &given : request.files) {
            if (given.path == file.path)
                entry.before = given.content;
        }
        files.append(entry);
    }
    return files;
}

bool isText(const QByteArray &content)
{
    return !content.left(8000).contains('\0');
}

QList<DiffLine> diff(const QString &before, const QString &after)
{
    const QStringList a = before.split(u'\n');
    const QStringList b = after.split(u'\n');
    qsizetype begin = 0;
    while (begin < a.size() && begin < b.size() && a.at(begin) == b.at(begin))
        ++begin;
    qsizetype endA = a.size();
    qsizetype endB = b.size();
    while (endA > begin && endB > begin && a.at(endA - 1) == b.at(endB - 1)) {
        --endA;
        --endB;
    }
    QList<DiffLine> lines;
    for (qsizetype i = 0; i < begin; ++i)
        lines.append({DiffLine::Kind::Same, a.at(i)});
    const qsizetype n = endA - begin;
    const qsizetype m = endB - begin;
    if ((n + 1) * (m + 1) <= LargestTable) {
        // Longest common subsequence, from the end.
        std::vector<int> table(size_t((n + 1) * (m + 1)), 0);
        const auto at = [&](qsizetype i, qsizetype j) -> int & { return table[size_t(i * (m + 1) + j)]; };
        for (qsizetype i = n - 1; i >= 0; --i) {
            for (qsizetype j = m - 1; j >= 0; --j)
                at(i, j) =
                    a.at(begin + i) == b.at(begin + j) ? at(i + 1, j + 1) + 1 : std::max(at(i + 1, j), at(i, j + 1));
        }
        qsizetype i = 0;
        qsizetype j = 0;
        while (i < n || j < m) {
            if (i < n && j < m && a.at(begin + i) == b.at(begin + j)) {
                lines.append({DiffLine::Kind::Same, a.at(begin + i)});
                ++i;
                ++j;
            } else if (j >= m || (i < n && at(i + 1, j) >= at(i, j + 1))) {
                lines.append({DiffLine::Kind::Removed, a.at(begin + i++)});
            } else {
                lines.append({DiffLine::Kind::Added, b.at(begin + j++)});
            }
        }
    } else {
        for (qsizetype i = begin; i < endA; ++i)
            lines.append({DiffLine::Kind::Removed, a.at(i)});
        for (qsizetype j = begin; j < endB; ++j)
            lines.append({DiffLine::Kind::Added, b.at(j)});
    }
    for (qsizetype i = endA; i < a.size(); ++i)
        lines.append({DiffLine::Kind::Same, a.at(i)});
    return lines;
}

} // namespace isol8::desktop
