// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/sandbox/FileOperation.h>

#include <QPointer>
#include <QTimer>

#include <algorithm>

using namespace Qt::StringLiterals;
using isol8::guest::FrameType;

namespace isol8::files {

namespace {

Error toError(const guest::FileDoneMessage &message, const QString &path)
{
    QString detail = QString::fromUtf8(message.message.data(), qsizetype(message.message.size())).left(512);
    if (!detail.endsWith(u'.'))
        detail += u'.';
    const auto error = [&](QStringView code, const QString &sentence) { return Error{code.toString(), sentence, {}}; };
    switch (message.error) {
    case guest::FileError::NotFound:
        return error(errors::NotFound, u"There is no %1 in the sandbox."_s.arg(path));
    case guest::FileError::Outside:
        return error(errors::BadPath, u"%1 is not inside /sandbox or /tmp."_s.arg(path));
    case guest::FileError::NotRegular:
        return error(errors::FileError, u"%1 is not a regular file."_s.arg(path));
    case guest::FileError::NoSpace:
        return error(errors::FileError,
                     u"There is no room for %1 in the sandbox; raise sandboxSize or tmpSize."_s.arg(path));
    case guest::FileError::TooLarge:
        return error(errors::TooLarge, u"%1 is too large to be read: %2"_s.arg(path, detail));
    case guest::FileError::TooMany:
        return error(errors::TooLarge, u"%1 names too many files: %2"_s.arg(path, detail));
    case guest::FileError::NoMemory:
        return error(errors::Oom, u"The sandbox's memory does not suffice for %1; raise the memory limit."_s.arg(path));
    case guest::FileError::Denied:
        return error(errors::FileError, u"The sandbox user may not use %1."_s.arg(path));
    case guest::FileError::None:
    case guest::FileError::Aborted:
    case guest::FileError::Failed:
        break;
    }
    return error(errors::FileError, u"%1 could not be read or written in the sandbox: %2"_s.arg(path, detail));
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
            finish(fail(toError(message, m_path)));
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
    Put(GuestChannel *channel, const QString &path, QByteArray content, uint mode, Callback<void> done)
        : Operation(channel, path, std::move(done))
        , m_content(std::move(content))
    {
        send(FrameType::FilePut, guest::FilePutMessage{path.toStdString(), mode}.encode());
        pump();
    }

private:
    bool onData(FrameType type, QByteArrayView payload) override
    {
        guest::Reader reader(payloadText(payload));
        const qint64 bytes = reader.u32();
        if (type != FrameType::Credit || !reader.done() || m_window + bytes > guest::Window)
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
    qint64 m_window = guest::Window;
    bool m_ended = false;
};

class Get final : public Operation<QByteArray>
{
public:
    Get(GuestChannel *channel, const QString &path, qint64 limit, Callback<QByteArray> done)
        : Operation(channel, path, std::move(done))
        , m_limit(limit)
    {
        send(FrameType::FileGet, guest::FileGetMessage{path.toStdString(), quint64(limit)}.encode());
    }

private:
    bool onData(FrameType type, QByteArrayView payload) override
    {
        if (type != FrameType::FileBytes || m_content.size() + payload.size() > m_limit)
            return false;
        m_content.append(payload);
        return true;
    }
    Result<QByteArray> result() override { return std::move(m_content); }

    qint64 m_limit;
    QByteArray m_content;
};

class List final : public Operation<QList<guest::FileEntryMessage>>
{
public:
    List(GuestChannel *channel, const QString &pattern, int limit, Callback<QList<guest::FileEntryMessage>> done)
        : Operation(channel, pattern, std::move(done))
        , m_limit(limit)
    {
        send(FrameType::FileList, guest::FileListMessage{pattern.toStdString(), quint32(limit), 0}.encode());
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

class MakeDirectory final : public Operation<void>
{
public:
    MakeDirectory(GuestChannel *channel, const QString &path, Callback<void> done)
        : Operation(channel, path, std::move(done))
    {
        guest::Writer payload;
        payload.string(path.toStdString());
        send(FrameType::FileMkdir, payload.take());
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

void put(GuestChannel *channel, const QString &path, const QByteArray &content, uint mode, Callback<void> done)
{
    if (usable(channel, done))
        new Put(channel, path, content, mode, std::move(done));
}

void get(GuestChannel *channel, const QString &path, qint64 limit, Callback<QByteArray> done)
{
    if (usable(channel, done))
        new Get(channel, path, limit, std::move(done));
}

void list(GuestChannel *channel, const QString &pattern, int limit, Callback<QList<guest::FileEntryMessage>> done)
{
    if (usable(channel, done))
        new List(channel, pattern, limit, std::move(done));
}

void makeDirectory(GuestChannel *channel, const QString &path, Callback<void> done)
{
    if (usable(channel, done))
        new MakeDirectory(channel, path, std::move(done));
}

} // namespace isol8::files
