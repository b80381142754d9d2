// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/audit/AuditSettings.h>
#include <isol8/base/Error.h>
#include <isol8/execution/RunRequest.h>
#include <isol8/execution/RunResult.h>

#include <QByteArray>
#include <QJsonObject>
#include <QList>
#include <QString>

namespace isol8::audit {

//! For whom a run is.
struct Subject
{
    QString userId;   //!< the user of this machine, or the key's id; empty: not known
    QString tenantId; //!< empty: there are none
};

/*!
    What is kept of a run, while it is under way, for its record.
*/
struct RunFacts
{
    Subject subject;
    QString executionId;
    QString runtime;
    QByteArray codeHash; //!< hexadecimal; empty where the code has to be fetched first
    QByteArray code;     //!< where it is to be in the record
    QJsonObject metadata;
    QList<QByteArray> secrets; //!< must not be in the record

    [[nodiscard]] static RunFacts of(const RunRequest &request, const RunOptions &options, const Subject &subject,
                                     const Settings &settings);
};

/*!
    The record of a run: the fields of the specification's section 12, all of them always (null: not known, or none),
    with errorCode and error where it did not just end: why, in a word and in a sentence;
    but for resourceUsage where it is not tracked; code, stdout and stderr where they are included, of each the first
    MiB. Metadata of more than 64 KiB is left out. No secret of the run
    is in it, in none of the forms that are masked in output (output/OutputFilter.h). Pure.
*/
[[nodiscard]] QJsonObject recordOf(const RunFacts &facts, const RunResult &result, const Settings &settings);

inline constexpr QStringView Refused = u"refused"; //!< a record's `reason`, where nothing was begun

//! Of what was asked for and not begun (\a why): the same fields, with Refused as the reason.
[[nodiscard]] QJsonObject refusalOf(const RunFacts &facts, const Error &why, const Settings &settings);

} // namespace isol8::audit
