// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>
#include <isol8/egress/Origin.h>
#include <isol8/guest/protocol.h>

#include <QMap>
#include <QObject>
#include <QPointer>
#include <QStringList>

#include <memory>

namespace isol8 {

class RunHost;
class Sandbox;

namespace registry {
class Install;
}

/*!
    What goes on around a run's installer: the registries that it is answered by, and, where the sandbox has no door of
    its own, the door that is there for it alone.

    prepare() is followed by prepared() or failed(); then the installer runs; end() by ended() or failed(). None comes
    from inside the call. Deleting it gives up; the sandbox is not to be used then.
*/
class Installation : public QObject
{
    Q_OBJECT

public:
    //! \a host outlives it. When \a sandbox goes, it does nothing more.
    Installation(RunHost *host, Sandbox *sandbox, QStringList packages, QObject *parent = nullptr);
    ~Installation() override;

    void prepare();
    //! After prepared(): adds to the installer's environment what only the host's configuration knows.
    void complete(guest::RunMessage *installer) const;
    [[nodiscard]] QMap<QByteArray, egress::Origin *> origins() const;

    //! The installer has ended; nothing asks the origins any more. \a success: what it was answered is kept for the
    //! next one.
    void end(bool success);
    //! Why registries did not answer.
    [[nodiscard]] QStringList problems() const;

Q_SIGNALS:
    void prepared();
    void ended();
    void failed(const isol8::Error &error);

private:
    void imageKnown(const QString &id);
    void setDoor(bool open);

    RunHost *m_host;
    QPointer<Sandbox> m_sandbox;
    QStringList m_packages;
    std::unique_ptr<registry::Install> m_install;
    bool m_ending = false;
};

} // namespace isol8
