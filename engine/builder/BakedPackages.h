// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>
#include <isol8/egress/SystemResolver.h>
#include <isol8/execution/RunDoor.h>
#include <isol8/guest/protocol.h>
#include <isol8/policy/SandboxSpec.h>
#include <isol8/runtime/Runtime.h>

#include <QBuffer>
#include <QPointer>

#include <memory>

namespace isol8::docker {
class Client;
class Job;
} // namespace isol8::docker
namespace isol8::registry {
class Install;
class Registries;
} // namespace isol8::registry

namespace isol8 {

class BuildContext;
class Program;
class Sandbox;

/*!
    A runtime's packages as a layer: its installer runs in a sandbox like any other, with more room and a root that can
    be written, and reaches the host's registries through the door. The layer is the next member of the context.

    finished() comes exactly once after start(), never from inside it, when the container is gone. Deleting it closes
    what the container lives by; whoever starts it has a reaper for its label.
*/
class BakedPackages : public QObject
{
    Q_OBJECT

public:
    struct Options
    {
        Runtime runtime;
        QString image; //!< id of the image below
        QStringList packages;
        SandboxIdentity identity;
        bool onLastMember = false; //!< the context's last member is a layer that lies below it
    };

    //! \a client and \a context outlive it.
    BakedPackages(docker::Client *client, Options options, BuildContext *context, QObject *parent);
    ~BakedPackages() override;

    void start();
    void cancel();

Q_SIGNALS:
    void progress(const QString &sentence, int percent);
    void log(const QString &line);
    //! image_failed, bad_request, cancelled, or why there was no sandbox; an empty code: the layer is there.
    void finished(const isol8::Error &error);

private:
    void sandboxReady();
    void put(std::unique_ptr<QIODevice> tar, void (BakedPackages::*next)());
    void putFolder();
    void install();
    void bake();
    void run(const guest::RunMessage &message, void (BakedPackages::*next)());
    void output(QByteArrayView data);
    void takeLayer();
    void end(const Error &error);

    docker::Client *m_client;
    Options m_options;
    BuildContext *m_context;
    egress::SystemResolver m_resolver;
    std::unique_ptr<registry::Registries> m_registries;
    std::unique_ptr<registry::Install> m_install;
    std::unique_ptr<RunDoor> m_door;
    Sandbox *m_sandbox = nullptr;
    std::unique_ptr<Program> m_program;
    std::unique_ptr<QIODevice> m_tar;
    QPointer<docker::Job> m_job;
    QByteArray m_output; //!< the end of what the program under way has said
    Error m_error;
    bool m_ending = false;
};

} // namespace isol8
