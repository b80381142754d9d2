// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/sandbox/FileOperation.h>

#include <isol8/base/FileNames.h>
#include <isol8/sandbox/FileErrors.h>

#include <QPointer>
#include <QTimer>

#include <algorithm>

using namespace Qt::StringLiterals;
using isol8::guest::FrameType;

namespace isol8::files {

namespace {

std::string bytesOf(const QString &path)
{
    return fileNameToBytes(path).toStdString();
}

// The common part: an object that lives from the first frame to FileDone, a child of the channel.
template<class T> class Operation : public QObject, public FrameHandler
{
public:
    Operation(GuestChannel *channel, QString path, Callback<T> done)
        : QObject(channel)
        , m_channel(channel)
        , m_path(std::move(path))
        , m_id(channel->add(this))
        , m_done(std::move(done))
    {
    }
    ~Operation() override
    {
        if (m_channel)
            m_channel->remove(m_id);
    }

    void onLost(const Error &error) override { finish(fail(error)); }

    void send(FrameType type, std::string_view payload = {}) { m_channel->send(type, m_id, payload); }

protected:
    //! The operation's own frames; anything else is a violation.
    virtual bool onData(FrameType, QByteArrayView) { return false; }
    virtual Result<T> result() = 0;

    bool onFrame(FrameType type, QByteArrayView payload) override
    {
        if (type != FrameType::FileDone)
            return onData(type, payload);
        guest::FileDoneMessage message;
        if (!message.decode(payloadText(payload)))
            return false;
        if (message.error == guest::FileError::None)
            finish(result());
        else
            finish(fail(fileError(message, m_path)));
        return true;
    }

    void finish(Result<T> outcome)
    {
        if (m_finished)
            return;
        m_finished = true;
        if (m_channel)
            m_channel->remove(m_id);
        deleteLater();
        m_done(std::move(outcome));
    }

    [[nodiscard]] QPointer<GuestChannel> channel() const { return m_channel; }

private:
    QPointer<GuestChannel> m_channel;
    QString m_path;
    quint32 m_id;
    Callback<T> m_done;
    bool m_finished = false;
};

class Put final : public Operation<void>
{
public:
    Put(GuestChannel *channel, const QString &path, QByteArray content, const Attributes &attributes,
        Callback<void> done)
        : Operation(channel, path, std::move(done))
        , m_content(std::move(content))
    {
        guest::FilePutMessage message;
        message.path = bytesOf(path);
        message.mode = attributes.mode.value_or(0644);
        message.mtimeMs = quint64(std::max<qint64>(0, attributes.mtimeMs));
        send(FrameType::FilePut, message.encode());
        pump();
    }

private:
    bool onData(FrameType type, QByteArrayView payload) override
    {
        guest::Reader reader(payloadText(payload));
        const qint64 bytes = reader.u32();
        if (type != FrameType::Credit || !reader.done() || m_window + bytes > guest::FileWindow)
            return false;
        m_window += bytes;
        pump();
        return true;
    }
    Result<void> result() override { return {}; }

    void pump()
    {
        while (m_window > 0 && m_at < m_content.size()) {
            const qsizetype n = std::min({m_content.size() - m_at, qsizetype(m_window), qsizetype(guest::DataChunk)});
            send(FrameType::FileData, {m_content.constData() + m_at, size_t(n)});
            m_at += n;
            m_window -= n;
        }
        if (m_at == m_content.size() && !m_ended) {
            m_ended = true;
            send(FrameType::FileEnd);
        }
    }

    QByteArray m_content;
    qsizetype m_at = 0;
    qint64 m_window = guest::FileWindow;
    bool m_ended = false;
};

class Get final : public Operation<Content>
{
public:
    Get(GuestChannel *channel, const QString &path, qint64 limit, Callback<Content> done)
        : Operation(channel, path, std::move(done))
        , m_limit(limit)
    {
        send(FrameType::FileGet, guest::FileGetMessage{bytesOf(path), quint64(limit)}.encode());
    }

private:
    bool onData(FrameType type, QByteArrayView payload) override
    {
        if (type == FrameType::FileEntry)
            return open(payload);
        if (type != FrameType::FileBytes || !m_opened || m_content.bytes.size() + payload.size() > m_limit)
            return false;
        m_content.bytes.append(payload);
        m_owed += payload.size();
        if (m_owed >= guest::FileWindow / 4) {
            guest::Writer w;
            w.u32(quint32(std::exchange(m_owed, 0)));
            send(FrameType::FileGive, w.take());
        }
        return true;
    }
    Result<Content> result() override { return std::move(m_content); }

    bool open(QByteArrayView payload)
    {
        guest::FileEntryMessage entry;
        if (std::exchange(m_opened, true) || !entry.decode(payloadText(payload)))
            return false;
        m_content.mode = entry.mode & 0777;
        m_content.mtimeMs = qint64(std::min<quint64>(entry.mtimeMs, 1'000'000'000'000'000));
        return true;
    }

    qint64 m_limit;
    qint64 m_owed = 0; //!< taken, and not given back yet
    bool m_opened = false;
    Content m_content;
};

class List final : public Operation<QList<guest::FileEntryMessage>>
{
public:
    List(GuestChannel *channel, const QString &pattern, const ListOptions &options,
         Callback<QList<guest::FileEntryMessage>> done)
        : Operation(channel, pattern, std::move(done))
        , m_limit(options.limit)
    {
        const quint32 flags = options.recursive ? quint32(guest::FileListMessage::Recursive) : 0;
        send(FrameType::FileList, guest::FileListMessage{bytesOf(pattern), quint32(options.limit), flags}.encode());
    }

private:
    bool onData(FrameType type, QByteArrayView payload) override
    {
        guest::FileEntryMessage entry;
        if (type != FrameType::FileEntry || m_entries.size() >= m_limit || !entry.decode(payloadText(payload)))
            return false;
        m_entries.append(entry);
        return true;
    }
    Result<QList<guest::FileEntryMessage>> result() override { return std::move(m_entries); }

    int m_limit;
    QList<guest::FileEntryMessage> m_entries;
};

// One frame, and its FileDone.
class Request final : public Operation<void>
{
public:
    Request(GuestChannel *channel, FrameType type, const QString &path, std::string_view payload, Callback<void> done)
        : Operation(channel, path, std::move(done))
    {
        send(type, payload);
    }

private:
    Result<void> result() override { return {}; }
};

// False when the channel is gone already: the callback then hears so from the event loop.
template<class T> bool usable(GuestChannel *channel, const Callback<T> &done)
{
    if (!channel->isLost())
        return true;
    QTimer::singleShot(0, channel, [done] { done(fail(errors::SandboxLost, u"The sandbox ended unexpectedly."_s)); });
    return false;
}

} // namespace

void put(GuestChannel *channel, const QString &path, const QByteArray &content, const Attributes &attributes,
         Callback<void> done)
{
    if (usable(channel, done))
        new Put(channel, path, content, attributes, std::move(done));
}

void get(GuestChannel *channel, const QString &path, qint64 limit, Callback<Content> done)
{
    if (usable(channel, done))
        new Get(channel, path, limit, std::move(done));
}

void list(GuestChannel *channel, const QString &pattern, const ListOptions &options,
          Callback<QList<guest::FileEntryMessage>> done)
{
    if (usable(channel, done))
        new List(channel, pattern, options, std::move(done));
}

void makeDirectory(GuestChannel *channel, const QString &path, const Attributes &attributes, Callback<void> done)
{
    guest::FileMkdirMessage message;
    message.path = bytesOf(path);
    message.mode = attributes.mode.value_or(guest::FileMkdirMessage::AsIs);
    message.mtimeMs = quint64(std::max<qint64>(0, attributes.mtimeMs));
    if (usable(channel, done))
        new Request(channel, FrameType::FileMkdir, path, message.encode(), std::move(done));
}

void remove(GuestChannel *channel, const QString &path, Callback<void> done)
{
    if (usable(channel, done))
        new Request(channel, FrameType::FileRemove, path, guest::PathMessage{bytesOf(path)}.encode(), std::move(done));
}

void makeLink(GuestChannel *channel, const QString &path, const QString &target, Callback<void> done)
{
    const guest::FileSymlinkMessage message{bytesOf(path), bytesOf(target), 0, 0};
    if (usable(channel, done))
        new Request(channel, FrameType::FileSymlink, path, message.encode(), std::move(done));
}

} // namespace isol8::files
