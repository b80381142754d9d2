// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/execution/SessionTransfers.h>

#include <isol8/base/FileNames.h>
#include <isol8/execution/SessionFiles.h>
#include <isol8/sandbox/DirectoryDownload.h>
#include <isol8/sandbox/DirectoryUpload.h>
#include <isol8/session/Session.h>

#include <utility>

namespace isol8::sessionfiles {

namespace {

// What the four have in common: the session that they are in, and one end.
template<class Base, class Job> class Transfer : public Base
{
public:
    using Base::Base;

protected:
    void follow(Session *session, Job *job)
    {
        m_session = session;
        m_job = job;
        QObject::connect(session, &Session::ending, this, [this](const Error &error) { end(error); });
        QObject::connect(job, &Job::finished, this, [this, id = session->id()](const Error &error) {
            end(error.code.isEmpty() ? error : told(error, id));
        });
    }
    [[nodiscard]] Job *job() const { return m_job; }
    [[nodiscard]] bool isOver() const { return m_over; }
    void touch()
    {
        if (m_session)
            m_session->touch();
    }
    void end(const Error &error)
    {
        if (std::exchange(m_over, true))
            return;
        if (m_job) {
            m_job->disconnect(this);
            m_job->deleteLater();
        }
        Q_EMIT this->finished(error);
    }

private:
    QPointer<Session> m_session;
    QPointer<Job> m_job;
    bool m_over = false;
};

template<class Job> class SessionUpload final : public Transfer<Upload, Job>
{
public:
    using Transfer<Upload, Job>::Transfer;

    void write(const QByteArray &bytes) override
    {
        if (this->job())
            return this->job()->write(bytes);
        m_early.append(bytes);
        m_earlyBytes += bytes.size();
    }
    void finish() override
    {
        m_finishing = true;
        if (this->job())
            this->job()->finish();
    }
    [[nodiscard]] qint64 bytesPending() const override
    {
        return this->job() ? this->job()->bytesPending() : m_earlyBytes;
    }

    void begin(Session *session, Job *job)
    {
        this->follow(session, job);
        QObject::connect(job, &Job::taken, this, [this] {
            this->touch();
            Q_EMIT this->taken();
        });
        job->start();
        for (const QByteArray &bytes : std::exchange(m_early, {}))
            job->write(bytes);
        m_earlyBytes = 0;
        if (m_finishing)
            job->finish();
        else
            Q_EMIT this->taken();
    }
    using Transfer<Upload, Job>::end;

private:
    QByteArrayList m_early; //!< before the session was found
    qint64 m_earlyBytes = 0;
    bool m_finishing = false;
};

template<class Job> class SessionDownload final : public Transfer<Download, Job>
{
public:
    using Transfer<Download, Job>::Transfer;

    void setPaused(bool paused) override
    {
        m_paused = paused;
        if (this->job() && !this->isOver())
            this->job()->setPaused(paused);
    }
    [[nodiscard]] QStringList skipped() const override
    {
        if constexpr (std::is_same_v<Job, DirectoryDownload>)
            return this->job() ? this->job()->skipped() : QStringList();
        else
            return {};
    }

    void begin(Session *session, Job *job)
    {
        this->follow(session, job);
        if constexpr (std::is_same_v<Job, DirectoryDownload>) {
            QObject::connect(job, &Job::progress, this, [this] { open({}); });
        } else {
            QObject::connect(job, &Job::opened, this, [this, job] { open(fileOf(job->entry())); });
        }
        QObject::connect(job, &Job::data, this, [this](const QByteArray &bytes) {
            this->touch();
            Q_EMIT this->data(bytes);
        });
        job->start();
        job->setPaused(m_paused);
    }
    using Transfer<Download, Job>::end;

private:
    void open(const SessionFile &file)
    {
        if (!std::exchange(m_opened, true))
            Q_EMIT this->opened(file);
    }

    bool m_paused = false;
    bool m_opened = false;
};

// \a make a job for a place.
template<class T, class Make> T *begun(const Lookup &lookup, const QString &path, QObject *parent, Make make)
{
    auto *transfer = new T(parent);
    lookup({transfer, [transfer, path, make](const Result<Session *> &session) {
                if (!session)
                    return transfer->end(session.error());
                const auto place = placeIn(*session, path);
                if (!place)
                    return transfer->end(place.error());
                transfer->begin(*session, make(*place, transfer));
            }});
    return transfer;
}

} // namespace

Upload *upload(const Lookup &lookup, const UploadTarget &target, QObject *parent)
{
    return begun<SessionUpload<FileUpload>>(lookup, target.path, parent, [target](const Place &place, QObject *owner) {
        FileUpload::Target file;
        file.path = fileNameToBytes(place.path);
        file.mode = target.mode.value_or(0644);
        file.mtimeMs = target.mtimeMs;
        return new FileUpload(place.channel, file, owner);
    });
}

Upload *uploadFolder(const Lookup &lookup, const QString &path, QObject *parent)
{
    return begun<SessionUpload<DirectoryUpload>>(lookup, path, parent, [](const Place &place, QObject *owner) {
        archive::TarLimits limits;
        limits.directory = fileNameToBytes(place.path);
        return new DirectoryUpload(place.channel, limits, owner);
    });
}

Download *download(const Lookup &lookup, const QString &path, QObject *parent)
{
    return begun<SessionDownload<FileDownload>>(lookup, path, parent, [](const Place &place, QObject *owner) {
        return new FileDownload(place.channel, fileNameToBytes(place.path), place.room, owner);
    });
}

Download *downloadFolder(const Lookup &lookup, const QString &path, QObject *parent)
{
    return begun<SessionDownload<DirectoryDownload>>(lookup, path, parent, [](const Place &place, QObject *owner) {
        return new DirectoryDownload(place.channel, fileNameToBytes(place.path), {}, owner);
    });
}

} // namespace isol8::sessionfiles
