// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/sandbox/Demand.h>

#include <algorithm>
#include <cmath>

namespace isol8 {

namespace {

constexpr double MemoryMs = 10000;
constexpr double NewStart = 0.3; // the weight of the last start among all

} // namespace

void Demand::asked(qint64 nowMs)
{
    m_weight = rate(nowMs) * MemoryMs / 1000 + 1;
    m_at = nowMs;
}

void Demand::started(milliseconds time)
{
    const auto ms = double(time.count());
    m_startMs = m_startMs > 0 ? m_startMs + NewStart * (ms - m_startMs) : ms;
}

double Demand::rate(qint64 nowMs) const
{
    return m_weight * std::exp(-double(std::max<qint64>(nowMs - m_at, 0)) / MemoryMs) / (MemoryMs / 1000);
}

int Demand::stock(qint64 nowMs, int least, int most) const
{
    const double meanwhile = rate(nowMs) * m_startMs / 1000;
    const double wanted = std::ceil(meanwhile + 2 * std::sqrt(meanwhile));
    return std::max(least, int(std::min(wanted, double(most))));
}

} // namespace isol8
