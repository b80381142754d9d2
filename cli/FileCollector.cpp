// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/FileCollector.h>

#include <cli/IgnoreRules.h>
#include <isol8/base/Paths.h>
#include <isol8/execution/Validate.h>

#include <QDir>
#include <QFileInfo>
#include <QSet>

#include <algorithm>

#include <dirent.h>
#include <sys/stat.h>

using namespace Qt::StringLiterals;

namespace isol8::cli {

namespace {

constexpr uint MadeMode = 0755; // of folders that are made for what is in them

class Collector
{
public:
    Collector(const QString &folder, qint64 limit)
        : m_root(QFileInfo(folder).canonicalFilePath())
        , m_shown(folder)
        , m_limit(limit)
    {
    }

    Result<CollectedFiles> collect()
    {
        m_rules = IgnoreRules::standard();
        const QString ignoreFile = m_root + u"/.isol8ignore"_s;
        if (QFileInfo::exists(ignoreFile)) {
            const auto text = readFile(ignoreFile, MiB);
            if (!text)
                return fail(text.error());
            m_rules.add(QString::fromUtf8(*text));
        }
        if (auto done = folder(m_root, {}, {m_root}); !done)
            return fail(done.error());
        return std::move(m_collected);
    }

private:
    // \a around: the canonical paths of the folders that this one is in, to see a link that leads back.
    Result<void> folder(const QString &path, const QString &relative, const QSet<QString> &around)
    {
        const QDir directory(path);
        if (!directory.isReadable())
            return fail(
                errors::FileError,
                u"Cannot read the folder %1; left out it can be by a line in %2/.isol8ignore."_s.arg(path, m_shown));
        const QFileInfoList entries =
            directory.entryInfoList(QDir::AllEntries | QDir::Hidden | QDir::System | QDir::NoDotAndDotDot, QDir::Name);
        noteUnreadableNames(path, relative);
        for (const QFileInfo &entry : entries) {
            const QString name = relative.isEmpty() ? entry.fileName() : relative + u'/' + entry.fileName();
            if (m_rules.ignores(name, entry.isDir()))
                continue;
            if (auto done = this->entry(entry, name, around); !done)
                return done;
        }
        return {};
    }

    // Qt passes over names that are not UTF-8.
    void noteUnreadableNames(const QString &path, const QString &relative)
    {
        DIR *directory = ::opendir(QFile::encodeName(path).constData());
        if (!directory)
            return;
        int count = 0;
        while (const dirent *entry = ::readdir(directory))
            count += QUtf8StringView(entry->d_name).isValidUtf8() ? 0 : 1;
        ::closedir(directory);
        if (count > 0)
            note(u"%1 of the names in %2 are not UTF-8 and are left out; rename them."_s.arg(count).arg(
                relative.isEmpty() ? m_shown : relative));
    }

    Result<void> entry(const QFileInfo &info, const QString &name, const QSet<QString> &around)
    {
        const QString target = info.canonicalFilePath();
        if (target.isEmpty()) {
            note(u"%1 points to nothing and is left out."_s.arg(name));
            return {};
        }
        if (info.isSymLink() && target != m_root && !target.startsWith(m_root + u'/')) {
            note(u"%1 points out of %2 and is left out."_s.arg(name, m_shown));
            return {};
        }
        if (info.isDir()) {
            if (around.contains(target)) {
                note(u"%1 points to a folder that it is in and is left out."_s.arg(name));
                return {};
            }
            QSet<QString> deeper = around;
            deeper.insert(target);
            const qsizetype before = m_collected.files.size();
            if (auto done = folder(info.filePath(), name, deeper); !done)
                return done;
            return keepFolder(target, name, m_collected.files.size() == before);
        }
        if (!info.isFile()) {
            note(u"%1 is no file and is left out."_s.arg(name));
            return {};
        }
        return file(target, name);
    }

    // One that its files do not make as it is.
    Result<void> keepFolder(const QString &path, const QString &name, bool isEmpty)
    {
        struct stat status = {};
        if (::stat(QFile::encodeName(path).constData(), &status) != 0)
            return {}; // it has gone meanwhile
        const uint mode = status.st_mode & 0777;
        if (!isEmpty && mode == MadeMode)
            return {};
        if (m_collected.files.size() >= MaxInputFiles)
            return tooMany();
        m_collected.files.append({u"/sandbox/"_s + name + u'/', {}, mode, 0});
        return {};
    }

    Result<void> tooMany() const
    {
        return fail(
            errors::BadValue,
            u"There are more than %1 files in %2; leave some out by a .isol8ignore."_s.arg(MaxInputFiles).arg(m_shown));
    }

    Result<void> file(const QString &path, const QString &name)
    {
        if (m_collected.files.size() >= MaxInputFiles)
            return tooMany();
        if (QFileInfo(path).size() > m_limit - m_size)
            return tooLarge();
        auto content = readFile(path, m_limit - m_size + 1);
        if (!content)
            return fail(content.error());
        m_size += content->size();
        if (m_size > m_limit)
            return tooLarge();
        struct stat status = {};
        const bool known = ::stat(QFile::encodeName(path).constData(), &status) == 0;
        InputFile file{u"/sandbox/"_s + name, *content};
        if (known) {
            file.mode = status.st_mode & 0777;
            file.mtimeMs = std::max<qint64>(0, status.st_mtim.tv_sec * qint64(1000) + status.st_mtim.tv_nsec / 1000000);
        }
        m_collected.files.append(file);
        return {};
    }

    Result<void> tooLarge() const
    {
        return fail(errors::BadValue,
                    u"The files in %1 are larger than %2 together; leave some out by a .isol8ignore."_s.arg(
                        m_shown, formatSize(m_limit)));
    }

    void note(const QString &sentence)
    {
        if (m_collected.notes.size() < 20)
            m_collected.notes.append(sentence);
    }

    QString m_root;
    QString m_shown;
    qint64 m_limit;
    qint64 m_size = 0;
    IgnoreRules m_rules;
    CollectedFiles m_collected;
};

} // namespace

Result<CollectedFiles> collectFiles(const QString &folder, qint64 limit)
{
    const QFileInfo info(folder);
    if (!info.exists())
        return fail(errors::FileError, u"There is no folder %1."_s.arg(folder));
    if (!info.isDir())
        return fail(errors::FileError, u"%1 is not a folder."_s.arg(folder));
    return Collector(folder, limit).collect();
}

} // namespace isol8::cli
