// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/image/CheckUp.h>
#include <isol8/image/ImageScript.h>
#include <isol8/image/Recipe.h>

#include <QFile>
#include <QObject>
#include <QPointer>
#include <QTimer>

#include <memory>

namespace isol8 {

/*!
    `isol8 setup`: looks at Docker, then makes the images that are missing or stale, one after another. An image that is
    made stays, so that a setup that was interrupted goes on where it was; one with nothing to do asks Docker three
    questions and ends.

    Root file systems come from Debian's slim image where a container registry answers (or the image is here already),
    else from Debian packages, bootstrapped on this machine; node, bun, deno and the agent from npm packages
    (resources/images).

    After start() and never from inside it: checked() once, unless Docker does not answer; then progress and log as they
    come, imageReady() for each image; finished() exactly once, last. Deleting it at any moment ends all it has started.
*/
class ImageSetup : public QObject
{
    Q_OBJECT

public:
    enum class Source { Automatic, Registry, Bootstrap };

    struct Options
    {
        QStringList runtimes; //!< names of recipes; empty: all
        bool force = false;   //!< make what is current, too
        Source source = Source::Automatic;
        QString downloads; //!< folder of what comes from npm; empty: in the cache directory
    };

    //! \a client must outlive the setup.
    ImageSetup(docker::Client *client, Options options, QObject *parent = nullptr);
    ~ImageSetup() override;

    void start();
    //! finished() follows with code cancelled, when the work under way has ended and its files are gone.
    void cancel();

Q_SIGNALS:
    void checked(const QList<isol8::CheckItem> &items);
    //! What is done for \a image ("python", "base") now; \a percent of it, -1: not known.
    void progress(const QString &image, const QString &sentence, int percent);
    void log(const QString &line);
    //! \a built: made just now; else it was current.
    void imageReady(const isol8::ImageState &state, bool built);
    /*!
        An empty code: all is there. Else what the Docker client says (docker_unreachable, …), unknown_runtime,
        image_failed, cancelled. The images told by imageReady() are there in any case.
    */
    void finished(const isol8::Error &error);

private:
    void onInfo(const Result<QJsonObject> &info);
    void onImages(const Result<QList<docker::ImageSummary>> &images);
    void next();
    void probeRegistry();
    void endProbe(bool answers);
    void runScript();
    void handOver(const QString &path);
    void onJobFinished(const Error &error);
    void stepDone();
    void onMessage(const QJsonObject &message);
    void finish(const Error &error);

    docker::Client *m_client;
    Options m_options;
    QString m_architecture;
    QList<CheckItem> m_checks;
    QList<ImageState> m_plan; //!< what is left; the first is under way
    QPointer<ImageScript> m_script;
    QPointer<docker::Job> m_job;
    QTimer m_probeLimit;
    std::unique_ptr<QFile> m_file;
    bool m_scriptEnded = false;
    bool m_jobDone = false;
    bool m_started = false;
    bool m_finished = false;
    bool m_cancelled = false;
};

} // namespace isol8
