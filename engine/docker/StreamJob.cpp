// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/docker/StreamJob.h>

using namespace Qt::StringLiterals;

namespace isol8::docker {

namespace {
constexpr qsizetype RefusalLimit = 64 * 1024;
}

StreamJob::StreamJob(Api *api, const http::Request &request, const Purpose &purpose, End end, QObject *parent)
    : Job(parent)
    , m_api(api)
    , m_request(request)
    , m_purpose(purpose)
    , m_end(end)
{
    m_request.streamed = true;
    api->whenReady(this, [this](const Error &error) {
        if (error.code.isEmpty())
            begin();
        else
            this->end(error);
    });
}

void StreamJob::begin()
{
    m_exchange = m_api->send(m_request, this);
    connect(m_exchange, &http::Exchange::head, this, &StreamJob::onHead);
    connect(m_exchange, &http::Exchange::body, this, &StreamJob::onBody);
    connect(m_exchange, &http::Exchange::finished, this, &StreamJob::onFinished);
}

void StreamJob::onHead(const http::ResponseHead &head)
{
    m_head = head;
}

void StreamJob::onBody(const QByteArray &data)
{
    if (m_head.status >= 300) {
        m_refusal += data.first(qMin(data.size(), RefusalLimit - m_refusal.size()));
        return;
    }
    const QPointer<StreamJob> alive(this);
    QByteArrayView rest = data;
    while (!rest.isEmpty()) {
        const auto step = m_json.parse(rest);
        rest = rest.sliced(step.consumed);
        if (step.event == JsonStream::Event::Failed)
            return end(protocolError(m_purpose, m_json.problem()));
        if (step.event == JsonStream::Event::NeedMore)
            return;
        const QJsonValue error = step.object.value("error"_L1);
        if (!m_failed && !error.isUndefined()) {
            m_failed = true;
            m_daemonError = error.toString();
        }
        Q_EMIT message(step.object);
        if (!alive || !m_api)
            return;
    }
}

void StreamJob::onFinished(const http::Failure &failure)
{
    if (failure)
        return end(m_api ? m_api->error(failure, m_purpose, m_request.timeout)
                         : transportError({}, failure, m_purpose, m_request.timeout));
    if (m_head.status >= 300)
        return end(statusError(m_head, m_refusal, m_purpose));
    if (m_failed)
        return end({errors::DockerError.toString(), u"Docker could not %1."_s.arg(m_purpose.action), m_daemonError});
    if (!m_json.isAtBoundary())
        return end(protocolError(m_purpose, u"the last message is cut"_s));
    if (m_end == End::Unexpected)
        return end(transportError({}, {http::Failure::Kind::Lost, {}}, m_purpose, {}));
    end({});
}

void StreamJob::end(const Error &error)
{
    if (m_exchange)
        m_exchange->disconnect(this);
    delete m_exchange;
    Q_EMIT finished(error);
}

} // namespace isol8::docker
