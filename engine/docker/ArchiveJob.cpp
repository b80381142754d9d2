// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/docker/ArchiveJob.h>

using namespace Qt::StringLiterals;

namespace isol8::docker {

namespace {
constexpr qsizetype ArchiveRefusalLimit = 64 * 1024;
}

ArchiveJob::ArchiveJob(Api *api, const http::Request &request, const Purpose &purpose, QIODevice *sink, QObject *parent)
    : Job(parent)
    , m_api(api)
    , m_request(request)
    , m_purpose(purpose)
    , m_sink(sink)
{
    m_request.streamed = true;
    api->whenReady(this, [this](const Error &error) {
        if (error.code.isEmpty())
            begin();
        else
            end(error);
    });
}

void ArchiveJob::begin()
{
    m_exchange = m_api->send(m_request, this);
    connect(m_exchange, &http::Exchange::head, this, [this](const http::ResponseHead &head) { m_head = head; });
    connect(m_exchange, &http::Exchange::body, this, &ArchiveJob::onBody);
    connect(m_exchange, &http::Exchange::finished, this, &ArchiveJob::onFinished);
}

void ArchiveJob::onBody(const QByteArray &data)
{
    if (m_head.status >= 300) {
        m_refusal += data.first(qMin(data.size(), ArchiveRefusalLimit - m_refusal.size()));
        return;
    }
    if (m_sink && m_sink->write(data) != data.size())
        end({errors::FileError.toString(), u"What Docker sends cannot be kept: %1."_s.arg(m_sink->errorString()), {}});
}

void ArchiveJob::onFinished(const http::Failure &failure)
{
    if (failure)
        return end(m_api ? m_api->error(failure, m_purpose, m_request.timeout)
                         : transportError({}, failure, m_purpose, m_request.timeout));
    if (m_head.status >= 300)
        return end(statusError(m_head, m_refusal, m_purpose));
    end({});
}

void ArchiveJob::end(const Error &error)
{
    if (m_exchange)
        m_exchange->disconnect(this);
    delete m_exchange;
    Q_EMIT finished(error);
}

} // namespace isol8::docker
