// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/execution/Collection.h>

#include <isol8/base/Units.h>
#include <isol8/sandbox/FileOperation.h>

#include <utility>

using namespace Qt::StringLiterals;

namespace isol8 {

namespace {

constexpr qint64 MaxBytes = 256 * MiB;
constexpr int MaxFiles = 4096;
// How many files are explained one by one, when they could not be collected.
constexpr qsizetype MaxReasons = 20;

// At most 20 of them, and how many more there are.
QString inWords(const QStringList &names)
{
    const qsizetype more = names.size() - 20;
    const QString first = names.mid(0, 20).join(u", ");
    return more > 0 ? u"%1 and %2 more"_s.arg(first).arg(more) : first;
}

// A folder that is named so is meant with all below it; what a pattern matches, alone.
bool isPlain(const QString &pattern)
{
    return !pattern.contains(u'*') && !pattern.contains(u'?') && !pattern.contains(u'[');
}

// The sandbox reports its end itself, with its own reason.
template<class T> bool isLost(const Result<T> &result)
{
    return !result && (result.error().code == errors::SandboxLost || result.error().code == errors::DockerLost);
}

} // namespace

Collection::Collection(GuestChannel *channel, const QStringList &patterns, QObject *parent)
    : QObject(parent)
    , m_channel(channel)
    , m_patterns(patterns)
    , m_toList(patterns)
{
}

void Collection::start()
{
    for (const QString &pattern : std::as_const(m_patterns)) {
        files::list(m_channel, pattern, {MaxFiles, isPlain(pattern)},
                    {this, [this, pattern](const Result<QList<guest::FileEntryMessage>> &entries) {
                         listed(pattern, entries);
                     }});
    }
}

void Collection::listed(const QString &pattern, const Result<QList<guest::FileEntryMessage>> &entries)
{
    if (m_finished || isLost(entries))
        return;
    bool any = false;
    bool folders = entries && isPlain(pattern);
    if (entries) {
        for (const auto &entry : *entries) {
            if (entry.kind == 'd') {
                folders = true;
                continue;
            }
            any = true;
            const QString path = QString::fromUtf8(entry.path.data(), qsizetype(entry.path.size()));
            if (!m_toFetch.contains(path))
                m_toFetch.append(path);
        }
    }
    if (!entries && entries.error().code != errors::NotFound)
        m_notCollected.append(entries.error().message);
    else if (!any && folders)
        m_notCollected.append(isPlain(pattern)
                                  ? u"%1 holds no files."_s.arg(pattern)
                                  : u"%1 matches only folders; name one to get what it holds."_s.arg(pattern));
    else if (!any)
        m_missing.append(pattern);
    m_toList.removeOne(pattern);
    if (m_toList.isEmpty())
        fetchNext();
}

void Collection::fetchNext()
{
    if (m_toFetch.isEmpty()) {
        finish();
        return;
    }
    const QString path = m_toFetch.constFirst();
    files::get(m_channel, path, MaxBytes - m_bytes,
               {this, [this, path](const Result<files::Content> &content) { fetched(path, content); }});
}

void Collection::fetched(const QString &path, const Result<files::Content> &content)
{
    if (m_finished || isLost(content))
        return;
    if (content) {
        m_bytes += content->bytes.size();
        m_files.insert(path, content->bytes);
        m_info.insert(path, {content->mode, content->mtimeMs});
    } else if (content.error().code == errors::NotFound) {
        m_missing.append(path);
    } else if (content.error().code == errors::TooLarge) {
        m_notCollected.append(u"%1 is larger than what was left of the %2 that a run brings back at most."_s.arg(
            path, formatSize(MaxBytes)));
    } else {
        m_notCollected.append(content.error().message);
    }
    m_toFetch.removeFirst();
    fetchNext();
}

void Collection::giveUp(const QString &why)
{
    if (m_finished)
        return;
    m_notCollected.append(u"Not brought back, %1: %2."_s.arg(why, inWords(m_toList + m_toFetch)));
    finish();
}

QStringList Collection::problems() const
{
    QStringList sentences = m_notCollected.mid(0, MaxReasons);
    if (const qsizetype more = m_notCollected.size() - MaxReasons; more > 0)
        sentences << u"%1 more were not brought back."_s.arg(more);
    QStringList missing = m_missing;
    missing.removeDuplicates();
    if (!missing.isEmpty())
        sentences.prepend(u"Not found after the run: %1."_s.arg(inWords(missing)));
    return sentences;
}

void Collection::finish()
{
    m_finished = true;
    Q_EMIT finished();
}

} // namespace isol8
