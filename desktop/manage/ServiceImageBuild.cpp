// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/manage/ServiceImageBuild.h>

#include <QJsonDocument>
#include <QTimer>

using namespace Qt::StringLiterals;

namespace isol8::desktop {

ServiceImageBuild::ServiceImageBuild(const remote::Peer &service, const QJsonObject &wanted, QObject *parent)
    : QObject(parent)
    , m_stream(std::make_unique<remote::EventStream>(service, "/images",
                                                     QJsonDocument(wanted).toJson(QJsonDocument::Compact)))
{
    connect(m_stream.get(), &remote::EventStream::event, this, &ServiceImageBuild::onEvent);
    connect(m_stream.get(), &remote::EventStream::refused, this, [this](const Error &error) { end(error); });
    connect(m_stream.get(), &remote::EventStream::closed, this, [this](const QString &detail) {
        end({errors::EngineLost.toString(), tr("The connection to the service broke before the image was there."),
             detail});
    });
}

void ServiceImageBuild::onEvent(const QByteArray &json)
{
    const QJsonObject event = QJsonDocument::fromJson(json).object();
    const QString type = event.value(u"type"_s).toString();
    const QString data = event.value(u"data"_s).toString();
    if (type == "progress"_L1) {
        const QString image = event.value(u"image"_s).toString();
        Q_EMIT progress(image.isEmpty() ? data : QString(image + u": "_s + data), event.value(u"percent"_s).toInt(-1));
    } else if (type == "log"_L1) {
        Q_EMIT log(data);
    } else if (type == "image"_L1) {
        Q_EMIT imageReady();
    } else if (type == "error"_L1) {
        m_problem = {event.value(u"code"_s).toString(errors::ImageFailed.toString()), data, {}};
    } else if (type == "exit"_L1) {
        if (m_problem.code.isEmpty() && data != "0"_L1)
            m_problem = {errors::ImageFailed.toString(), tr("The image could not be made."), {}};
        end(m_problem);
    }
}

void ServiceImageBuild::cancel()
{
    QTimer::singleShot(0, this, [this] { end({errors::Cancelled.toString(), tr("The build was cancelled."), {}}); });
}

void ServiceImageBuild::end(const Error &error)
{
    if (!m_stream)
        return;
    m_stream->disconnect(this);
    m_stream.release()->deleteLater();
    Q_EMIT finished(error);
}

} // namespace isol8::desktop
