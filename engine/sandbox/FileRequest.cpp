// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/sandbox/FileRequest.h>

#include <algorithm>

using namespace Qt::StringLiterals;
using isol8::guest::FrameType;

namespace isol8 {

namespace {

bool isTidy(std::string_view relative)
{
    std::size_t at = 0;
    while (at <= relative.size()) {
        const std::size_t slash = std::min(relative.find('/', at), relative.size());
        const std::string_view part = relative.substr(at, slash - at);
        if (part.empty() || part == "." || part == ".." || part.find('\0') != std::string_view::npos)
            return false;
        at = slash + 1;
    }
    return true;
}

} // namespace

FileRequest::FileRequest(GuestChannel *channel, const QByteArray &path, QObject *parent)
    : FileJob(channel, path, parent)
{
}

TreeListing::TreeListing(GuestChannel *channel, const QByteArray &folder, int limit, QObject *parent)
    : FileJob(channel, folder, parent)
    , m_limit(limit)
{
}

void TreeListing::start()
{
    // With the slash a link to a folder is that folder.
    begin(FrameType::FileList,
          guest::FileListMessage{path() + '/', quint32(m_limit), guest::FileListMessage::Recursive}.encode());
}

bool TreeListing::onData(FrameType type, QByteArrayView payload)
{
    guest::FileEntryMessage entry;
    if (type != FrameType::FileEntry || m_entries.size() >= m_limit || m_isFile || !entry.decode(payloadText(payload)))
        return false;
    if (entry.path == path()) {
        m_isFile = true;
        return m_entries.isEmpty();
    }
    const std::string start = path() + '/';
    if (entry.path.compare(0, start.size(), start) != 0)
        return false;
    entry.path.erase(0, start.size());
    if (!isTidy(entry.path) || (!m_entries.isEmpty() && entry.path <= m_entries.constLast().path))
        return false;
    m_entries.append(std::move(entry));
    return true;
}

void TreeListing::onDone()
{
    if (m_isFile)
        end({errors::FileError.toString(), u"%1 is not a directory."_s.arg(shownPath()), {}});
    else
        end({});
}

} // namespace isol8
