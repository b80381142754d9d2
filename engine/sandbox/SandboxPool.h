// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Callback.h>
#include <isol8/guest/protocol.h>
#include <isol8/sandbox/Sandbox.h>

#include <QElapsedTimer>
#include <QList>
#include <QObject>
#include <QTimer>

#include <functional>
#include <memory>
#include <vector>

namespace isol8 {

/*!
    Sandboxes that are started before they are asked for, with an interpreter that waits where the runtime has one.

    There is a shelf for each specification that runs have asked for lately or that prewarm() named, with `clean` fresh
    sandboxes on it, and up to `most` while as many are asked for (Demand). What take() removes is started anew, one at
    a time and only while `mayRefill` says that no run is waiting for a start of its own. With `reuse` a sandbox that
   giveBack() brings is reset and serves its owner again, never another; up to `dirty` of them per owner stay, and under
   load those that came back in the last seconds. Shelves that nobody has used for a while are let go, and all shelves
   together hold at most `memoryCeiling` bytes of the memory that their sandboxes may use.

    Owns what it holds; take() hands ownership over, and what the pool itself lets go of leaves by discarded().
*/
class SandboxPool : public QObject
{
    Q_OBJECT

public:
    struct Options
    {
        int clean = 1; //!< none: nothing is started ahead
        int most = 8;
        int dirty = 1;
        bool reuse = false;
        qint64 memoryCeiling = 0;
        milliseconds idleShelf{300000}; //!< an unused shelf is let go after this
        milliseconds idleUsed{5000};    //!< so is one of an owner's above `dirty`
        milliseconds idleFresh{30000};  //!< and a fresh one above what is asked for
        int runsPerSandbox = 1000;      //!< then it is replaced, whatever it proved
    };
    //! What the pool needs of its engine.
    struct Hooks
    {
        //! What must be in place before a container is created.
        std::function<void(Callback<SandboxIdentity>)> identity;
        std::function<bool()> mayRefill;
        //! How an interpreter is started in a sandbox of that spec so that it waits; empty argv: none.
        std::function<guest::RunMessage(const SandboxSpec &)> interpreter;
    };

    SandboxPool(docker::Client *client, Options options, Hooks hooks, QObject *parent = nullptr);
    ~SandboxPool() override;

    //! Keeps a shelf of \a spec from now on, for good; \a done hears how its first sandbox started.
    void prewarm(const SandboxSpec &spec, Callback<void> done);
    /*!
        A sandbox of exactly \a spec for \a owner, reparented to \a parent; null when there is none. One that the owner
        had before is preferred. It may still be starting, or being reset: look at isReady() and isResetting(), and
        wait for ready(), wasReset() or closed().
    */
    [[nodiscard]] Sandbox *take(const SandboxSpec &spec, const QString &owner, QObject *parent);
    //! A sandbox whose run has ended well, or has not begun for its reset takes long. True: the pool owns it now;
    //! false: it is of no use any more, destroy it.
    [[nodiscard]] bool giveBack(Sandbox *sandbox, const QString &owner);
    //! Looks again whether something is to be started: a run has found its sandbox, a queue is empty.
    void refill();
    //! All that are held, in whatever state; the caller owns them now, and the pool starts no more.
    [[nodiscard]] QList<Sandbox *> takeAll();
    [[nodiscard]] qsizetype size() const;
    struct Held
    {
        const Sandbox *sandbox = nullptr;
        QString owner;        //!< whose runs it has served; empty: nobody's yet
        bool resting = false; //!< a run may have it at once
    };
    [[nodiscard]] QList<Held> held() const;

    struct Status
    {
        qsizetype waiting = 0;  //!< a run could have them at once
        qsizetype starting = 0; //!< or being reset
        qint64 hits = 0;        //!< runs that got one, since the beginning
        qint64 misses = 0;      //!< runs for which there was none
    };
    [[nodiscard]] Status status() const;

Q_SIGNALS:
    //! The pool has no use for it: the receiver owns and destroys it.
    void discarded(isol8::Sandbox *sandbox);

private:
    struct Entry;
    struct Shelf;

    Shelf *shelfOf(const SandboxSpec &spec);
    Shelf *holding(const Sandbox *sandbox, Entry **entry = nullptr);
    void start(Shelf *shelf);
    void hold(Shelf *shelf, Sandbox *sandbox, const QString &owner, bool used);
    static void answer(Shelf *shelf, const Result<void> &result);
    void opened(Sandbox *sandbox);
    void failed(Sandbox *sandbox, const Error &error);
    void prepare(Sandbox *sandbox);
    void settled(Sandbox *sandbox);
    [[nodiscard]] int stock(const Shelf &shelf) const;
    void discard(Sandbox *sandbox);
    void tidy();
    [[nodiscard]] qint64 memoryHeld() const;

    docker::Client *m_client;
    Options m_options;
    Hooks m_hooks;
    std::vector<std::unique_ptr<Shelf>> m_shelves;
    int m_starting = 0; //!< identity asked for or container opening, by the pool itself
    bool m_stopped = false;
    qint64 m_hits = 0;
    qint64 m_misses = 0;
    QElapsedTimer m_clock;
    QTimer m_tidyTimer;
    QTimer m_refillTimer;
};

} // namespace isol8
