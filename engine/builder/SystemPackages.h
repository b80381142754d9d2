// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/image/ImageScript.h>

#include <QFile>
#include <QPointer>

#include <memory>

namespace isol8::docker {
class AttachStream;
class Client;
class Job;
} // namespace isol8::docker

namespace isol8 {

class BuildContext;

/*!
    Debian packages as a layer: fetched on this machine by its own apt (resources/images/packages.sh), installed by dpkg
    in a container without a network, as its root and with no more rights than that takes (configure.sh). The layer is
    the next member of the context.

    finished() comes exactly once after start(), never from inside it, when the container is gone. Deleting it closes
    what the container lives by; whoever starts it has a reaper for its label.
*/
class SystemPackages : public QObject
{
    Q_OBJECT

public:
    struct Options
    {
        QString base;         //!< recipe whose packages the image has: "python" or "base"
        QString image;        //!< id of the image below
        QString architecture; //!< "amd64"
        QStringList packages;
        QString engineId; //!< the container's label org.isol8
    };

    //! \a client and \a context outlive it.
    SystemPackages(docker::Client *client, Options options, BuildContext *context, QObject *parent);
    ~SystemPackages() override;

    void start();
    void cancel();

Q_SIGNALS:
    void progress(const QString &sentence, int percent);
    void log(const QString &line);
    //! image_failed, cancelled, or Docker's; an empty code: the layer is there.
    void finished(const isol8::Error &error);

private:
    void fetched(const QString &path);
    void createContainer();
    void fillContainer();
    void attach();
    void startContainer();
    void readOutput(QByteArrayView data);
    void takeLayer();
    void scriptEnded(const Error &error);
    void end(const Error &error);
    void leave();

    docker::Client *m_client;
    Options m_options;
    BuildContext *m_context;
    QPointer<ImageScript> m_script;
    QPointer<docker::AttachStream> m_stream;
    QPointer<docker::Job> m_job;
    QFile m_debs;
    QString m_container;
    QByteArray m_output;
    QByteArray m_errors;
    QStringList m_tail;
    Error m_error;
    bool m_creating = false;
    bool m_ending = false;
};

} // namespace isol8
