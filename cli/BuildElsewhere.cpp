// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/BuildElsewhere.h>

#include <cli/Terminal.h>
#include <isol8/remote/ServiceClient.h>

#include <QJsonDocument>
#include <QTimer>

using namespace Qt::StringLiterals;

namespace isol8::cli {

BuildElsewhere::BuildElsewhere(const remote::ServiceEndpoint &service, const QJsonObject &recipe, QObject *parent)
    : QObject(parent)
    , m_stream(std::make_unique<remote::EventStream>(*remote::peerOf(service), "/images",
                                                     QJsonDocument(recipe).toJson(QJsonDocument::Compact)))
{
    connect(m_stream.get(), &remote::EventStream::event, this, &BuildElsewhere::onEvent);
    connect(m_stream.get(), &remote::EventStream::refused, this, [this](const Error &error) { end(error); });
    connect(m_stream.get(), &remote::EventStream::closed, this, [this](const QString &detail) {
        end({errors::EngineLost.toString(), u"The connection to the service broke before the image was there."_s,
             detail});
    });
}

void BuildElsewhere::onEvent(const QByteArray &json)
{
    const QJsonObject event = QJsonDocument::fromJson(json).object();
    const QString type = event.value("type"_L1).toString();
    const QString data = printable(event.value("data"_L1).toString());
    if (type == u"progress") {
        Q_EMIT progress(data, event.value("percent"_L1).toInt(-1), printable(event.value("image"_L1).toString()));
    } else if (type == u"log") {
        Q_EMIT log(data);
    } else if (type == u"image") {
        m_image = event.value("image"_L1).toObject();
        m_built = event.value("built"_L1).toBool();
        Q_EMIT imageReady(m_image, m_built);
    } else if (type == u"error") {
        m_problem = {event.value("code"_L1).toString(errors::ImageFailed.toString()), data, {}};
    } else if (type == u"exit") {
        if (!m_problem && data != u"0")
            m_problem = {errors::ImageFailed.toString(), u"The image could not be made."_s, {}};
        end(m_problem.value_or(Error()));
    }
}

void BuildElsewhere::cancel()
{
    QTimer::singleShot(0, this, [this] { end({errors::Cancelled.toString(), u"The build was cancelled."_s, {}}); });
}

void BuildElsewhere::end(const Error &error)
{
    if (!m_stream)
        return;
    m_stream->disconnect(this);
    m_stream.release()->deleteLater();
    Q_EMIT finished(error);
}

} // namespace isol8::cli
