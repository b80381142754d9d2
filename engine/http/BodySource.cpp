// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/http/BodySource.h>

using namespace Qt::StringLiterals;

namespace isol8::http {

BodySource::BodySource(QIODevice *device, QObject *parent)
    : QObject(parent)
    , m_device(device)
{
    if (!device || !device->isReadable()) {
        m_problem = u"the source cannot be read"_s;
        return;
    }
    connect(device, &QIODevice::readyRead, this, &BodySource::ready);
    connect(device, &QIODevice::readChannelFinished, this, &BodySource::onEnded);
    connect(device, &QIODevice::aboutToClose, this, &BodySource::onClosing);
    connect(device, &QObject::destroyed, this, &BodySource::onEnded);
    auto *process = qobject_cast<QProcess *>(device);
    m_process = process;
    if (process) {
        connect(process, &QProcess::finished, this, &BodySource::onEnded);
        connect(process, &QProcess::errorOccurred, this, &BodySource::onEnded);
    }
}

BodySource::Part BodySource::read(qint64 size)
{
    if (!m_problem.isEmpty())
        return {Status::Failed, {}, m_problem};
    if (!m_rest.isEmpty()) {
        const QByteArray part = m_rest.first(qMin<qint64>(size, m_rest.size()));
        m_rest.remove(0, part.size());
        return {Status::Data, part, {}};
    }
    if (m_closed)
        return end();
    if (!m_device)
        return {Status::Failed, {}, u"the source was deleted before its end"_s};
    QByteArray part(size, Qt::Uninitialized);
    const qint64 count = m_device->read(part.data(), size);
    if (count > 0) {
        part.truncate(count);
        return {Status::Data, part, {}};
    }
    if (m_device->isSequential())
        return count < 0 || m_ended ? end() : Part{};
    if (count < 0 && !m_device->atEnd())
        return {Status::Failed, {}, m_device->errorString()};
    return end();
}

BodySource::Part BodySource::end() const
{
    const QProcess *const process = m_process.data();
    if (process == nullptr)
        return {Status::End, {}, {}};
    // Its stdout is closed; whether it did its work, only its end tells.
    if (process->state() != QProcess::NotRunning)
        return {};
    if (process->error() == QProcess::FailedToStart)
        return {Status::Failed, {}, u"the program that makes it did not start"_s};
    if (process->exitStatus() != QProcess::NormalExit)
        return {Status::Failed, {}, u"the program that makes it crashed"_s};
    if (process->exitCode() != 0)
        return {Status::Failed, {}, u"the program that makes it ended with exit code %1"_s.arg(process->exitCode())};
    return {Status::End, {}, {}};
}

void BodySource::onEnded()
{
    m_ended = true;
    Q_EMIT ready();
}

void BodySource::onClosing()
{
    QIODevice *const device = m_device.data();
    if (device && device->isSequential()) {
        m_rest += device->readAll();
        m_closed = true;
    } else {
        m_problem = u"the source was closed before its end"_s;
    }
    Q_EMIT ready();
}

} // namespace isol8::http
