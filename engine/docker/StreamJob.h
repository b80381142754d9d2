// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/docker/Api.h>
#include <isol8/docker/JsonStream.h>

namespace isol8::docker {

//! A Job whose answer is a stream of JSON objects.
class StreamJob final : public Job
{
    Q_OBJECT

public:
    //! Endless streams (events) have no good end: their end is docker_lost.
    enum class End { Expected, Unexpected };
    StreamJob(Api *api, const http::Request &request, const Purpose &purpose, End end, QObject *parent);

private:
    void begin();
    void onHead(const http::ResponseHead &head);
    void onBody(const QByteArray &data);
    void onFinished(const http::Failure &failure);
    void end(const Error &error);

    QPointer<Api> m_api;
    http::Request m_request;
    Purpose m_purpose;
    End m_end;
    QPointer<http::Exchange> m_exchange;
    http::ResponseHead m_head;
    QByteArray m_refusal; //!< the body of a status that means failure
    JsonStream m_json;
    QString m_daemonError;
    bool m_failed = false; //!< the stream held an error
};

} // namespace isol8::docker
