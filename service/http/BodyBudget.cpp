// SPDX-License-Identifier: GPL-3.0-or-later
#include <service/http/BodyBudget.h>

#include <algorithm>
#include <utility>

using namespace Qt::StringLiterals;

namespace isol8::service {

BodyHold::BodyHold(std::shared_ptr<BodyBudget> budget, QString tenant, bool alone)
    : m_budget(std::move(budget))
    , m_tenant(std::move(tenant))
    , m_alone(alone)
{
}

void BodyHold::swap(BodyHold &other) noexcept
{
    std::swap(m_budget, other.m_budget);
    std::swap(m_tenant, other.m_tenant);
    std::swap(m_alone, other.m_alone);
    std::swap(m_held, other.m_held);
}

Result<void> BodyHold::resize(qint64 bytes)
{
    if (!m_budget)
        return {};
    const qint64 wanted = std::max<qint64>(bytes - BodyBudget::Free, 0);
    const qint64 more = wanted - m_held;
    const qint64 most = m_budget->m_most;
    if (more > 0 && m_budget->m_held + more > most)
        return fail(TooManyBodies,
                    u"The service holds as much of its clients' requests as it may; try again in a moment."_s);
    if (more > 0 && !m_alone && m_budget->m_tenants.value(m_tenant) + more > most / 2)
        return fail(
            TooManyOwnBodies,
            u"The service holds as much of this tenant's requests as it may; let some of them end before the next."_s);
    m_budget->m_held += more;
    if (!m_alone && (m_budget->m_tenants[m_tenant] += more) == 0)
        m_budget->m_tenants.remove(m_tenant);
    m_held = wanted;
    return {};
}

} // namespace isol8::service
