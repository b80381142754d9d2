// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/sandbox/SandboxPool.h>

#include <isol8/docker/Client.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace isol8 {

SandboxPool::SandboxPool(docker::Client *client, QObject *parent)
    : QObject(parent)
    , m_client(client)
{
}

void SandboxPool::prepare(const SandboxSpec &spec, const SandboxIdentity &identity, Callback<void> done)
{
    auto *sandbox = new Sandbox(m_client, spec, identity, this);
    m_sandboxes.append(sandbox);
    // One answer: the first of the two. A sandbox that dies later, while it waits, is only let go.
    const auto answered = std::make_shared<bool>(false);
    const auto answer = [answered, done](const Result<void> &result) {
        if (!std::exchange(*answered, true))
            done(result);
    };
    connect(sandbox, &Sandbox::ready, this, [answer] { answer({}); });
    connect(sandbox, &Sandbox::closed, this, [this, sandbox, answer](const Error &error) {
        drop(sandbox);
        answer(fail(error));
    });
    sandbox->open();
}

Sandbox *SandboxPool::take(const SandboxSpec &spec, QObject *parent)
{
    const auto found = std::find_if(m_sandboxes.begin(), m_sandboxes.end(), [&](const Sandbox *sandbox) {
        return sandbox->isReady() && sandbox->spec() == spec;
    });
    if (found == m_sandboxes.end())
        return nullptr;
    Sandbox *sandbox = *found;
    m_sandboxes.erase(found);
    sandbox->disconnect(this);
    sandbox->setParent(parent);
    return sandbox;
}

QList<Sandbox *> SandboxPool::takeAll()
{
    for (Sandbox *sandbox : std::as_const(m_sandboxes))
        sandbox->disconnect(this);
    return std::exchange(m_sandboxes, {});
}

void SandboxPool::drop(Sandbox *sandbox)
{
    m_sandboxes.removeOne(sandbox);
    sandbox->destroy();
}

} // namespace isol8
