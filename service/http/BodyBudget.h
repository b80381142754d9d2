// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>
#include <isol8/base/Units.h>

#include <QHash>
#include <QString>

#include <memory>

namespace isol8::service {

inline constexpr QStringView TooManyBodies = u"too_many_bodies";        //!< 503: of all clients
inline constexpr QStringView TooManyOwnBodies = u"too_many_own_bodies"; //!< 429: the tenant has its share

/*!
    How much of clients' requests is held in memory at the same time, by all connections together: of one tenant at most
    the half, so that the others are still heard. What is smaller than Free is held without being asked for.
*/
class BodyBudget
{
public:
    explicit BodyBudget(qint64 most)
        : m_most(most)
    {
    }

    void setMost(qint64 most) { m_most = most; }
    [[nodiscard]] qint64 held() const { return m_held; }

    static constexpr qint64 Free = 64 * KiB; //!< of each request

private:
    friend class BodyHold;

    qint64 m_most;
    qint64 m_held = 0;
    QHash<QString, qint64> m_tenants;
};

//! What one request holds of a budget, until this is destroyed.
class BodyHold
{
public:
    BodyHold() = default;
    //! \a alone: it has the budget to itself.
    BodyHold(std::shared_ptr<BodyBudget> budget, QString tenant, bool alone);
    ~BodyHold() { resize(0); }
    BodyHold(BodyHold &&other) noexcept { swap(other); }
    BodyHold &operator=(BodyHold &&other) noexcept
    {
        swap(other);
        return *this;
    }

    //! Holds \a bytes from now on. too_many_bodies, too_many_own_bodies: it goes on to hold what it did.
    Result<void> resize(qint64 bytes);

private:
    void swap(BodyHold &other) noexcept;

    std::shared_ptr<BodyBudget> m_budget; //!< null: whatever it asks for is there
    QString m_tenant;
    bool m_alone = false;
    qint64 m_held = 0; //!< beyond what is free
};

} // namespace isol8::service
