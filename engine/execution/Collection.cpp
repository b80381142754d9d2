// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/execution/Collection.h>

#include <isol8/base/FileNames.h>
#include <isol8/base/Units.h>
#include <isol8/sandbox/FileDownload.h>
#include <isol8/sandbox/FileOperation.h>

#include <utility>

using namespace Qt::StringLiterals;

namespace isol8 {

namespace {

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
bool isLost(const Error &error)
{
    return error.code == errors::SandboxLost || error.code == errors::DockerLost;
}

QByteArray bytesOf(const std::string &path)
{
    return QByteArray::fromStdString(path);
}

} // namespace

Collection::Collection(GuestChannel *channel, const QStringList &patterns, Limits limits, QObject *parent)
    : QObject(parent)
    , m_channel(channel)
    , m_patterns(patterns)
    , m_limits(limits)
    , m_toList(patterns)
{
}

Collection::~Collection() = default;

void Collection::start()
{
    for (const QString &pattern : std::as_const(m_patterns)) {
        files::list(m_channel, pattern, {m_limits.files, isPlain(pattern)},
                    {this, [this, pattern](const Result<QList<guest::FileEntryMessage>> &entries) {
                         listed(pattern, entries);
                     }});
    }
}

void Collection::setPaused(bool paused)
{
    m_paused = paused;
    if (m_download)
        m_download->setPaused(paused);
}

void Collection::listed(const QString &pattern, const Result<QList<guest::FileEntryMessage>> &entries)
{
    if (m_finished || (!entries && isLost(entries.error())))
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
            const QByteArray path = bytesOf(entry.path);
            if (!m_known.contains(path)) {
                m_known.insert(path);
                m_toFetch.append({path, qint64(std::min<quint64>(entry.size, quint64(1) << 53))});
            }
        }
    }
    m_cut = m_cut || (!entries && entries.error().code == errors::TooLarge);
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
    if (m_next == m_toFetch.size() || !m_channel) {
        finish();
        return;
    }
    m_download = new FileDownload(m_channel, m_toFetch[m_next].path, m_limits.bytes - m_bytes, this);
    m_download->setPaused(m_paused);
    connect(m_download, &FileDownload::opened, this, &Collection::opened);
    connect(m_download, &FileDownload::data, this, &Collection::take);
    connect(m_download, &FileDownload::finished, this, &Collection::fetched);
    m_download->start();
}

void Collection::opened()
{
    const guest::FileEntryMessage &entry = m_download->entry();
    const FileInfo info{entry.mode & 0777, qint64(std::min<quint64>(entry.mtimeMs, 1'000'000'000'000'000))};
    const QByteArray &path = m_toFetch[m_next].path;
    if (m_limits.streamed) {
        m_open = true;
        Q_EMIT fileOpened({path, qint64(entry.size), info});
        return;
    }
    m_info.insert(fileNameFromBytes(path), info);
    m_content.reserve(qsizetype(entry.size));
}

void Collection::take(const QByteArray &bytes)
{
    const QPointer<Collection> self(this);
    m_bytes += bytes.size();
    if (m_limits.streamed)
        Q_EMIT fileData(bytes);
    else
        m_content += bytes;
    if (!self || m_finished || m_bytes - m_told < MiB)
        return;
    m_told = m_bytes;
    Q_EMIT moved();
}

void Collection::fetched(const Error &error)
{
    if (m_finished || isLost(error))
        return;
    std::exchange(m_download, nullptr)->deleteLater();
    const QString path = fileNameFromBytes(m_toFetch[m_next].path);
    const QPointer<Collection> self(this);
    const bool wasOpen = std::exchange(m_open, false);
    if (!error.code.isEmpty() && !m_limits.streamed) {
        m_bytes -= m_content.size();
        m_content.clear();
        m_info.remove(path);
    }
    if (wasOpen)
        Q_EMIT fileEnded(error.code.isEmpty() ? QString() : error.message);
    else if (error.code.isEmpty())
        m_files.insert(path, std::exchange(m_content, {}));
    else
        complain(error);
    if (self && !m_finished)
        Q_EMIT moved();
    if (!self || m_finished)
        return;
    ++m_next;
    fetchNext();
}

void Collection::complain(const Error &error)
{
    const Wanted &wanted = m_toFetch[m_next];
    const QString path = QString::fromUtf8(wanted.path);
    if (error.code == errors::NotFound) {
        m_missing.append(path);
    } else if (error.code == errors::TooLarge) {
        m_cut = true;
        m_notCollected.append(
            (m_limits.streamed
                 ? u"%1 (%2) is larger than what was left of the %3 that a run brings back at most, as much as "
                   u"/sandbox "
                   u"and /tmp hold together."_s
                 : u"%1 (%2) is larger than what was left of the %3 that a result holds at most; have its files "
                   u"streamed, or run in a session and get it from there."_s)
                .arg(path, formatSize(wanted.size), formatSize(m_limits.bytes)));
    } else {
        m_notCollected.append(error.message);
    }
}

void Collection::giveUp(const QString &why)
{
    if (m_finished)
        return;
    QStringList names = m_toList;
    for (qsizetype i = m_next; i < m_toFetch.size(); ++i)
        names.append(QString::fromUtf8(m_toFetch[i].path));
    m_notCollected.append(u"Not brought back, %1: %2."_s.arg(why, inWords(names)));
    const QPointer<Collection> self(this);
    if (std::exchange(m_open, false))
        Q_EMIT fileEnded(u"not all of it came, %1."_s.arg(why));
    if (self && !m_finished)
        finish();
}

void Collection::stop()
{
    m_finished = true;
    disconnect();
    if (m_download)
        std::exchange(m_download, nullptr)->deleteLater();
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
    if (m_download)
        std::exchange(m_download, nullptr)->deleteLater();
    Q_EMIT finished();
}

} // namespace isol8
