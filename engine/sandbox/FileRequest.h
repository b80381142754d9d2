// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/sandbox/FileJob.h>

#include <QList>

namespace isol8 {

//! One frame of the file operations that has no data, and its answer: a folder, a link. For the transfers of folders;
//! others find FileOperation.h shorter.
class FileRequest final : public FileJob
{
    Q_OBJECT

public:
    FileRequest(GuestChannel *channel, const QByteArray &path, QObject *parent = nullptr);

    void start(guest::FrameType type, std::string_view payload) { begin(type, payload); }

private:
    [[nodiscard]] bool onData(guest::FrameType, QByteArrayView) override { return false; }
};

//! All that is below a folder, which may be a link to one; sorted, links not followed. too_large for more than \a
//! limit.
class TreeListing final : public FileJob
{
    Q_OBJECT

public:
    //! \a folder: absolute, without "." and "..", nor a slash at its end.
    TreeListing(GuestChannel *channel, const QByteArray &folder, int limit, QObject *parent = nullptr);

    void start();
    //! With paths below the folder, checked: no component is empty, "." or "..".
    [[nodiscard]] QList<guest::FileEntryMessage> takeEntries() { return std::move(m_entries); }

    //! What is too deep to be listed, a sentence; empty: nothing.
    [[nodiscard]] QString tooDeep() const { return QString::fromStdString(note()).left(256); }

private:
    [[nodiscard]] bool onData(guest::FrameType type, QByteArrayView payload) override;
    void onDone() override;

    const int m_limit;
    bool m_isFile = false;
    QList<guest::FileEntryMessage> m_entries;
};

} // namespace isol8
