// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Callback.h>
#include <isol8/sandbox/Sandbox.h>

#include <QList>
#include <QObject>

namespace isol8 {

/*!
    Sandboxes that are started before they are asked for. Each serves one taker and is never put back.

    Owns what it holds; take() hands ownership over.
*/
class SandboxPool : public QObject
{
    Q_OBJECT

public:
    SandboxPool(docker::Client *client, QObject *parent = nullptr);

    //! Starts one more sandbox of \a spec; \a done hears how that went.
    void prepare(const SandboxSpec &spec, const SandboxIdentity &identity, Callback<void> done);
    //! A ready sandbox of exactly \a spec, reparented to \a parent; null when there is none.
    [[nodiscard]] Sandbox *take(const SandboxSpec &spec, QObject *parent);
    //! All that are held, ready or not; the caller owns them now.
    [[nodiscard]] QList<Sandbox *> takeAll();
    [[nodiscard]] qsizetype size() const { return m_sandboxes.size(); }

private:
    void drop(Sandbox *sandbox);

    docker::Client *m_client;
    QList<Sandbox *> m_sandboxes;
};

} // namespace isol8
