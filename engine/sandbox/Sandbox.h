// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Callback.h>
#include <isol8/base/Error.h>
#include <isol8/policy/SandboxSpec.h>
#include <isol8/sandbox/GuestChannel.h>

#include <QDateTime>
#include <QObject>

#include <memory>
#include <optional>

namespace isol8::docker {
class AttachStream;
class Client;
} // namespace isol8::docker

namespace isol8 {

/*!
    One container's life: create, attach, start, init's Hello checked against the specification, and the end.

    open() is followed by exactly one of ready() and closed(); after ready() closed() comes when the sandbox is lost.
    destroy() ends it silently and deletes it when the daemon knows nothing of it any more or does not answer; that is
    how its owner lets go of it. Deleting it directly closes its stream, which ends the container too, but does not
    wait for a create under way (the reaper does that).
*/
class Sandbox : public QObject
{
    Q_OBJECT

public:
    Sandbox(docker::Client *client, SandboxSpec spec, SandboxIdentity identity, QObject *parent);
    ~Sandbox() override;

    void open();
    [[nodiscard]] bool isReady() const { return m_state == State::Ready; }
    //! It has been ready, and may have been lost since.
    [[nodiscard]] bool wasOpened() const { return m_opened; }
    enum class Interpreter {
        None,
        Preparing,
        Waits,
        Cannot //!< the last one that was asked for could not be made to
    };
    [[nodiscard]] Interpreter interpreter() const { return m_interpreter; }
    [[nodiscard]] bool isPreparing() const { return m_interpreter == Interpreter::Preparing; }
    //! reset() is under way: what it holds is not proven yet.
    [[nodiscard]] bool isResetting() const { return m_resetting; }
    //! How many runs it has served, this one included.
    int countRun() { return ++m_runs; }
    [[nodiscard]] const SandboxSpec &spec() const { return m_spec; }
    [[nodiscard]] QString containerId() const { return m_containerId; }
    [[nodiscard]] const QDateTime &createdAt() const { return m_createdAt; }
    //! Null before the container is attached.
    [[nodiscard]] GuestChannel *channel() const { return m_channel.get(); }

    //! Has an interpreter started that waits for its program; prepared() follows. Only when ready, and at rest.
    void prepare(const guest::RunMessage &interpreter);
    //! Kills every process, empties every writable place, proves both; wasReset() follows. A forking interpreter stays.
    void reset();

    //! Has the door listen, or no longer; doorSet() follows. Only when ready, and at rest. One of a filtered network
    //! listens from the start; one of the host's network never does.
    void setDoorOpen(bool open);

    //! Has every process but init stopped until resume(). Only when ready; one at a time.
    void pause(Callback<void> done);
    void resume(Callback<void> done);

    //! Ends the container with all that runs in it and removes it, in the background. No signal but destroyed()
    //! follows.
    void destroy();
    //! Lets go of it without ending it (SandboxSpec::keep): init ends what runs in it, and stays. Only when ready. No
    //! signal but destroyed() follows.
    void leave();

Q_SIGNALS:
    void ready();
    //! Why it could not be opened (docker's errors, image_missing, wall_missing) or was lost (sandbox_lost,
    //! docker_lost).
    void closed(const isol8::Error &error);
    //! \a waits: false when the interpreter cannot; programs are started as usual then.
    void prepared(bool waits);
    //! \a asAsked: false when the door is not what setDoorOpen() asked for.
    void doorSet(bool asAsked);
    //! \a clean: false when anything was not proven; the sandbox is not to be used again.
    void wasReset(bool clean);

private:
    class Chores;

    enum class State { Fresh, Creating, Attaching, Starting, Greeting, Ready, Closed, Destroying };

    void created(const Result<QString> &id);
    void attach();
    void lost(const Error &error);
    void startContainer();
    void greeted(const guest::HelloMessage &hello);
    void close(const Error &error);
    void letGo();
    void removeContainer();

    docker::Client *m_client;
    SandboxSpec m_spec;
    SandboxIdentity m_identity;
    State m_state = State::Fresh;
    bool m_opened = false;
    bool m_startAnswered = false; //!< by the daemon
    std::optional<Error> m_lost;  //!< the stream's end, before that
    Interpreter m_interpreter = Interpreter::None;
    bool m_resetting = false;
    Callback<void> m_pausing; //!< or resuming
    int m_runs = 0;
    QString m_containerId;
    QDateTime m_createdAt = QDateTime::currentDateTimeUtc();
    docker::AttachStream *m_stream = nullptr;
    std::unique_ptr<GuestChannel> m_channel;
    std::unique_ptr<Chores> m_chores;
    QTimer m_helloTimer;
};

} // namespace isol8
