// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/egress/LookupQueue.h>

namespace isol8::egress {

LookupQueue::LookupQueue(Resolver *resolver, int most)
    : m_resolver(resolver)
    , m_most(most)
{
}

void LookupQueue::resolve(const QString &host, const Callback<QList<QHostAddress>> &done)
{
    m_waiting.append({host, done});
    startNext();
}

void LookupQueue::startNext()
{
    while (m_active < m_most && !m_waiting.isEmpty()) {
        const Waiting next = m_waiting.takeFirst();
        if (next.done.context())
            start(next);
    }
}

// The slot stands for the lookup: what is asked with it as context is given up when it goes.
void LookupQueue::start(const Waiting &lookup)
{
    ++m_active;
    auto *slot = new QObject(this);
    connect(lookup.done.context(), &QObject::destroyed, slot, [this, slot] {
        delete slot;
        leave();
    });
    m_resolver->resolve(lookup.host, {slot, [this, slot, done = lookup.done](Result<QList<QHostAddress>> result) {
                                          slot->deleteLater();
                                          QObject::disconnect(done.context(), nullptr, slot, nullptr);
                                          leave();
                                          done(std::move(result));
                                      }});
}

void LookupQueue::leave()
{
    --m_active;
    startNext();
}

} // namespace isol8::egress
