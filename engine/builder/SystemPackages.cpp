// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/builder/SystemPackages.h>

#include <isol8/builder/BuildContext.h>
#include <isol8/docker/AttachStream.h>
#include <isol8/docker/Client.h>

#include <QTimer>

using namespace Qt::StringLiterals;

namespace isol8 {

namespace {

constexpr qint64 ConfigureMemory = 2LL * 1024 * 1024 * 1024;
constexpr qsizetype TailLength = 20;

// Root inside, for dpkg; what that does not need is taken away, and there is no network.
QJsonObject configureRequest(const QString &image, const QString &engineId)
{
    return {{u"Image"_s, image},
            {u"Entrypoint"_s, QJsonArray{u"/bin/bash"_s, u"/isol8-build/configure.sh"_s}},
            {u"Cmd"_s, QJsonArray()},
            {u"User"_s, u"0:0"_s},
            {u"WorkingDir"_s, u"/"_s},
            {u"Env"_s, QJsonArray{u"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"_s}},
            {u"Hostname"_s, u"build"_s},
            {u"OpenStdin"_s, true},
            {u"StdinOnce"_s, true},
            {u"AttachStdin"_s, true},
            {u"AttachStdout"_s, true},
            {u"AttachStderr"_s, true},
            {u"NetworkDisabled"_s, true},
            {u"Healthcheck"_s, QJsonObject{{u"Test"_s, QJsonArray{u"NONE"_s}}}},
            {u"Labels"_s, QJsonObject{{u"org.isol8"_s, engineId}, {u"org.isol8.purpose"_s, u"build"_s}}},
            {u"HostConfig"_s,
             QJsonObject{{u"NetworkMode"_s, u"none"_s},
                         {u"AutoRemove"_s, true},
                         {u"Memory"_s, ConfigureMemory},
                         {u"MemorySwap"_s, ConfigureMemory},
                         {u"PidsLimit"_s, 1024},
                         {u"CapDrop"_s, QJsonArray{u"ALL"_s}},
                         {u"CapAdd"_s, QJsonArray{u"CHOWN"_s, u"DAC_OVERRIDE"_s, u"FOWNER"_s, u"FSETID"_s, u"KILL"_s,
                                                  u"SETGID"_s, u"SETUID"_s}},
                         {u"SecurityOpt"_s, QJsonArray{u"no-new-privileges:true"_s}},
                         {u"IpcMode"_s, u"private"_s},
                         {u"LogConfig"_s, QJsonObject{{u"Type"_s, u"none"_s}, {u"Config"_s, QJsonObject()}}}}}};
}

QByteArray takeWholeLine(QByteArray &buffer)
{
    const qsizetype end = buffer.indexOf('\n');
    if (end < 0)
        return {};
    const QByteArray line = buffer.first(end);
    buffer.remove(0, end + 1);
    return line.isNull() ? QByteArray("") : line;
}

} // namespace

SystemPackages::SystemPackages(docker::Client *client, Options options, BuildContext *context, QObject *parent)
    : QObject(parent)
    , m_client(client)
    , m_options(std::move(options))
    , m_context(context)
{
}

SystemPackages::~SystemPackages()
{
    delete m_job; // before the file that it reads
    delete m_stream;
    delete m_script;
}

void SystemPackages::start()
{
    m_script = ImageScript::forPackages(m_options.base, m_options.packages, m_options.architecture, this);
    connect(m_script, &ImageScript::progress, this, &SystemPackages::progress);
    connect(m_script, &ImageScript::log, this, &SystemPackages::log);
    connect(m_script, &ImageScript::ready, this, &SystemPackages::fetched);
    connect(m_script, &ImageScript::ended, this, &SystemPackages::scriptEnded);
    m_script->start();
}

void SystemPackages::cancel()
{
    if (m_ending)
        return;
    m_error = {errors::Cancelled.toString(), u"The build was cancelled."_s, {}};
    if (m_script)
        m_script->cancel(); // its end is ours
    else
        QTimer::singleShot(0, this, [this] { end(m_error); });
}

// An open file outlives its name.
void SystemPackages::fetched(const QString &path)
{
    m_debs.setFileName(path);
    const bool open = m_debs.open(QIODevice::ReadOnly);
    m_script->release();
    if (!open)
        m_error = {errors::ImageFailed.toString(), u"Cannot read %1: %2."_s.arg(path, m_debs.errorString()), {}};
}

void SystemPackages::scriptEnded(const Error &error)
{
    m_script->deleteLater();
    m_script.clear();
    if (!m_error.code.isEmpty())
        return end(m_error);
    if (!error.code.isEmpty())
        return end(error);
    createContainer();
}

void SystemPackages::createContainer()
{
    Q_EMIT progress(u"installing the Debian packages"_s, 55);
    m_creating = true;
    m_client->createContainer(configureRequest(m_options.image, m_options.engineId), {},
                              {this, [this](const Result<QString> &id) {
                                   m_creating = false;
                                   m_container = id.value_or(QString());
                                   if (m_ending)
                                       return leave();
                                   if (!id)
                                       return end(id.error());
                                   fillContainer();
                               }});
}

void SystemPackages::fillContainer()
{
    m_job = m_client->putArchive(m_container, u"/"_s, &m_debs, this);
    connect(m_job, &docker::Job::finished, this, [this](const Error &error) {
        m_job->deleteLater();
        m_job.clear();
        m_debs.close();
        if (!error.code.isEmpty())
            return end(error);
        attach();
    });
}

void SystemPackages::attach()
{
    m_stream = m_client->attach(m_container, this);
    connect(m_stream, &docker::AttachStream::opened, this, &SystemPackages::startContainer);
    connect(m_stream, &docker::AttachStream::standardOutput, this, &SystemPackages::readOutput);
    connect(m_stream, &docker::AttachStream::standardError, this, [this](QByteArrayView data) {
        m_errors += data;
        for (QByteArray line = takeWholeLine(m_errors); !line.isNull(); line = takeWholeLine(m_errors)) {
            m_tail.append(QString::fromUtf8(line).left(4096));
            if (m_tail.size() > TailLength)
                m_tail.removeFirst();
            Q_EMIT log(m_tail.last());
        }
    });
    connect(m_stream, &docker::AttachStream::closed, this, [this](const Error &error) {
        if (!error.code.isEmpty())
            return end(error);
        end({errors::ImageFailed.toString(),
             u"The Debian packages could not be installed: %1"_s.arg(
                 m_tail.isEmpty() ? u"their container ended without a word"_s : m_tail.last()),
             m_tail.join(u'\n')});
    });
}

void SystemPackages::startContainer()
{
    m_client->startContainer(m_container, {this, [this](const Result<void> &started) {
                                               if (!started)
                                                   end(started.error());
                                           }});
}

void SystemPackages::readOutput(QByteArrayView data)
{
    m_output += data;
    for (QByteArray line = takeWholeLine(m_output); !line.isNull(); line = takeWholeLine(m_output)) {
        if (line == "ready")
            return takeLayer();
        Q_EMIT progress(QString::fromUtf8(line).left(200), 60);
    }
}

void SystemPackages::takeLayer()
{
    m_job = m_client->getArchive(m_container, u"/isol8-build/debian.tar"_s, m_context->device(), this);
    connect(m_job, &docker::Job::finished, this, [this](const Error &error) {
        m_job->deleteLater();
        m_job.clear();
        if (!error.code.isEmpty())
            return end(error);
        const auto whole = m_context->endMember();
        end(whole ? Error() : whole.error());
    });
}

void SystemPackages::end(const Error &error)
{
    if (std::exchange(m_ending, true))
        return;
    m_error = error;
    if (!m_creating) // else its container is still to come
        leave();
}

void SystemPackages::leave()
{
    delete m_job;
    if (m_stream) {
        m_stream->disconnect(this);
        m_stream->abort();
        m_stream->deleteLater();
    }
    if (m_container.isEmpty())
        Q_EMIT finished(m_error);
    else
        m_client->removeContainer(std::exchange(m_container, {}),
                                  {this, [this](const Result<void> &) { Q_EMIT finished(m_error); }});
}

} // namespace isol8
