// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/audit/RecordChain.h>
#include <isol8/base/Error.h>

#include <QByteArray>
#include <QString>

#include <optional>

namespace isol8::audit {

//! What reading a folder's whole chain has come to.
struct Verification
{
    std::optional<ChainCheck::Problem> problem; //!< the first line that does not fit
    qint64 records = 0;
    qint64 files = 0;
    qint64 torn = 0;         //!< lines that were never finished, and closed since
    qint64 lost = 0;         //!< records that could not be written, as the log itself says
    bool unfinished = false; //!< the last line is being written, or its writer was killed
    ChainPoint first;        //!< behind what retention has deleted
    ChainPoint last;
    bool knowsHash = true; //!< the hash that was asked for is one of the lines'
};

/*!
    Reads all files of \a folder in their order. \a known: the hash of a line that was written down elsewhere; what is
    there must contain it. Blocks for as long as reading takes; writers go on meanwhile. not_found: there are no
   records; file_error.
*/
[[nodiscard]] Result<Verification> verifyRecords(const QString &folder, const QByteArray &known = {});

} // namespace isol8::audit
