// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Callback.h>
#include <isol8/policy/SandboxSpec.h>

#include <QObject>

namespace isol8::docker {
class Client;
}

namespace isol8 {

/*!
    Gets isol8-init to where the daemon can mount it: a file named by its hash in the user's cache when the daemon is
    on this machine (a Unix socket), a volume seeded from an image that holds nothing else when it is not.
*/
class GuestDelivery : public QObject
{
    Q_OBJECT

public:
    GuestDelivery(docker::Client *client, QObject *parent = nullptr);

    //! The paths (or the volume) of SandboxIdentity filled in. Does its work once; later calls answer from memory.
    //! Calls at the same time share it. A failure is not remembered.
    void prepare(Callback<SandboxIdentity> done);

private:
    void installFiles();
    void seedVolume();
    void importSeed();
    void fillVolume();
    void findVolume();
    void finish(const Result<SandboxIdentity> &outcome);

    docker::Client *m_client;
    QString m_volume;
    QString m_seed; //!< the image that fills it
    SandboxIdentity m_identity;
    bool m_ready = false;
    QList<Callback<SandboxIdentity>> m_waiting;
};

} // namespace isol8
