// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Units.h>

namespace isol8 {

/*!
    How many sandboxes of a kind should be there ahead of their runs: those that are asked for while one of them starts
    (Little's law: rate times time), and twice the square root of that, for runs come by chance. Both are measured, the
    rate over about the last ten seconds. Pure: the caller tells the time, in ms of a clock that never goes back.
*/
class Demand
{
public:
    //! A run wants a fresh one, whether there is one or not.
    void asked(qint64 nowMs);
    //! One was started, and took \a time from then until a run could have it.
    void started(milliseconds time);

    //! Runs a second.
    [[nodiscard]] double rate(qint64 nowMs) const;
    //! Zero while none has been started.
    [[nodiscard]] milliseconds startTime() const { return milliseconds(qint64(m_startMs)); }
    //! At least \a least and, unless that is more, at most \a most.
    [[nodiscard]] int stock(qint64 nowMs, int least, int most) const;

private:
    double m_weight = 0; //!< of the runs so far, each less the longer ago it was
    qint64 m_at = 0;     //!< when it was so
    double m_startMs = 0;
};

} // namespace isol8
