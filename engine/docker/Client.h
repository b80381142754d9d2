// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Callback.h>
#include <isol8/docker/Endpoint.h>

#include <QJsonArray>
#include <QJsonObject>
#include <QMap>
#include <QObject>

#include <chrono>
#include <memory>

QT_BEGIN_NAMESPACE
class QIODevice;
QT_END_NAMESPACE

namespace isol8::docker {

class AttachStream;

struct Version
{
    QString api;       //!< what this client speaks with the daemon: "1.41"
    QString daemonApi; //!< the daemon's own newest
    QString os;        //!< "linux"
};

struct ContainerSummary
{
    QString id;
    QString image;
    QString state;        //!< created, running, exited, …
    qint64 createdAt = 0; //!< seconds since 1970
    QMap<QString, QString> labels;
};

struct ImageSummary
{
    QString id;
    QStringList tags;     //!< "isol8:python"; none for dangling images
    qint64 createdAt = 0; //!< seconds since 1970
    qint64 size = 0;      //!< bytes
    QMap<QString, QString> labels;
};

/*!
    A long one-shot with progress (import, build, pull, an event stream). Owned by the client's caller through its
    parent; deleting it gives it up and closes its connection. finished() comes exactly once, never from inside the
    call that made it.
*/
class Job : public QObject
{
    Q_OBJECT

public:
    using QObject::QObject;

Q_SIGNALS:
    //! One JSON object of the daemon's answer ({"stream": …}, {"status": …, "progressDetail": …}, an event).
    void message(const QJsonObject &message);
    //! An empty code: it succeeded. An {"error": …} message of the daemon makes it docker_error.
    void finished(const isol8::Error &error);
};

/*!
    The Docker Engine API, typed, version 1.40 (Docker 19.03) or newer, over a Unix socket, TCP or TLS.

    Requests run side by side on connections of their own, which are kept alive and used again; the first request
    negotiates the API version (docker_version when the daemon is too old). Every request has a timeout that covers
    silence, not length. Errors of every call: docker_unreachable, docker_permission, docker_version, docker_protocol,
    docker_lost, timeout, not_found (404), docker_error (other statuses; detail holds the daemon's words).
    Callbacks follow base/Callback.h. Deleting the client drops what is under way without calling back; attached streams
    that are open already live on.

    At most 32 requests run at once, further ones wait in order; attached streams, waiting and events do not count.
*/
class Client : public QObject
{
    Q_OBJECT

public:
    explicit Client(Endpoint endpoint, QObject *parent = nullptr);
    ~Client() override;

    [[nodiscard]] const Endpoint &endpoint() const;
    //! Silence after which a request fails with timeout; 60 s unless set. Importing and pulling have ten times that;
    //! waiting, events, attached streams and building (whose steps may be silent) have none.
    void setTimeout(std::chrono::milliseconds timeout);

    void ping(Callback<Version> done);
    void info(Callback<QJsonObject> done);
    //! What the daemon is made of: {"Components": [{"Name": "runc", "Version": "1.1.5"}, …], "KernelVersion": …}.
    void components(Callback<QJsonObject> done);

    //! \a request is the body of POST /containers/create. Gives the id. image_missing for "no such image".
    void createContainer(const QJsonObject &request, const QString &name, Callback<QString> done);
    //! Attaches stdin, stdout and stderr. The stream's parent is \a parent.
    [[nodiscard]] AttachStream *attach(const QString &containerId, QObject *parent);
    void startContainer(const QString &containerId, Callback<void> done);
    //! The exit code once the container is not running. One that was not started yet counts as ended with 0: ask after
    //! startContainer().
    void waitContainer(const QString &containerId, Callback<int> done);
    void killContainer(const QString &containerId, const QString &signal, Callback<void> done);
    //! Removes with force and its anonymous volumes; a container that is gone, or being removed, is success.
    void removeContainer(const QString &containerId, Callback<void> done);
    void inspectContainer(const QString &containerId, Callback<QJsonObject> done);
    //! What it uses now, in Docker's words: one look. A daemon older than API 1.41 takes a second or two for it.
    void containerStats(const QString &containerId, Callback<QJsonObject> done);
    //! All containers, running or not, that carry each of \a labels (an empty value: any value).
    void listContainers(const QMap<QString, QString> &labels, Callback<QList<ContainerSummary>> done);

    //! Unpacks \a tar (open, read until its end; it outlives the job) below the folder \a path of the container, which
    //! need not run, as its root: owners and modes are the archive's. docker_error where its root is read-only.
    [[nodiscard]] Job *putArchive(const QString &containerId, const QString &path, QIODevice *tar, QObject *parent);
    //! Writes a tar of what is at \a path of the container, which need not run, to \a sink, which outlives the job.
    //! file_error when that takes no more.
    [[nodiscard]] Job *getArchive(const QString &containerId, const QString &path, QIODevice *sink, QObject *parent);

    void listImages(const QMap<QString, QString> &labels, Callback<QList<ImageSummary>> done);
    void inspectImage(const QString &name, Callback<QJsonObject> done);
    //! Imports a root file system (tar, as it comes; read until its end with back-pressure) as \a tag. \a changes are
    //! Dockerfile instructions (CMD, ENV, LABEL …). \a tar is open, and outlives the job. A QProcess is a running one;
    //! one that ends with anything but 0 makes the job fail with file_error and no image. QProcess itself buffers
    //! without bound.
    [[nodiscard]] Job *importImage(QIODevice *tar, const QString &tag, const QStringList &changes, QObject *parent);
    //! Builds \a tag from a context (tar, with a Dockerfile) without network unless \a network.
    [[nodiscard]] Job *buildImage(QIODevice *tar, const QString &tag, const QMap<QString, QString> &labels,
                                  bool network, QObject *parent);
    [[nodiscard]] Job *pullImage(const QString &name, QObject *parent);
    void tagImage(const QString &image, const QString &repository, const QString &tag, Callback<void> done);
    void removeImage(const QString &name, bool force, Callback<void> done);

    void createVolume(const QString &name, const QMap<QString, QString> &labels, Callback<void> done);
    //! not_found; its Mountpoint is a path on the daemon's machine.
    void inspectVolume(const QString &name, Callback<QJsonObject> done);
    void removeVolume(const QString &name, Callback<void> done);

    //! Container events that carry \a labels, until the job is deleted.
    [[nodiscard]] Job *events(const QMap<QString, QString> &labels, QObject *parent);

private:
    class Private;
    std::unique_ptr<Private> d;
};

} // namespace isol8::docker
