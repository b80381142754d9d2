// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/docker/Api.h>

#include <QIODevice>

namespace isol8::docker {

//! A Job whose answer is bytes (an archive) or nothing: no message() comes.
class ArchiveJob final : public Job
{
    Q_OBJECT

public:
    //! \a sink gets the answer's bytes; null: they are dropped. It outlives the job.
    ArchiveJob(Api *api, const http::Request &request, const Purpose &purpose, QIODevice *sink, QObject *parent);

private:
    void begin();
    void onBody(const QByteArray &data);
    void onFinished(const http::Failure &failure);
    void end(const Error &error);

    QPointer<Api> m_api;
    http::Request m_request;
    Purpose m_purpose;
    QIODevice *m_sink;
    QPointer<http::Exchange> m_exchange;
    http::ResponseHead m_head;
    QByteArray m_refusal; //!< the body of a status that means failure
};

} // namespace isol8::docker
