// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/execution/RunRequest.h>
#include <isol8/execution/RunResult.h>

#include <QJsonObject>
#include <QStringList>

namespace isol8::cli {

/*!
    A run as `isol8 run --record` writes it down: what was run, with every limit, in which image, and hashes of what
   came of it. Secrets are in it by their names alone; what else held a secret's value has "***" there, which is told by
   `masked`. A plain value; pure.
*/
struct RunRecord
{
    static constexpr int Format = 1;

    RunRequest request;
    RunOptions options; //!< everything is said; without the secrets' values
    QStringList secretNames;
    QString image;   //!< its name
    QString imageId; //!< "sha256:…"; empty: not known
    bool masked = false;
    QJsonObject outcome; //!< outcomeOf()

    [[nodiscard]] QJsonObject toJson() const;
    //! bad_value with a sentence for what is no record.
    [[nodiscard]] static Result<RunRecord> fromJson(const QByteArray &text);
};

//! What is compared: how it ended, sizes and SHA-256 of output and files, and what it did on the network.
[[nodiscard]] QJsonObject outcomeOf(const RunResult &result);

//! The record of a run; the values of \a options.secrets go.
[[nodiscard]] RunRecord makeRecord(RunRequest request, RunOptions options, const QString &image, const QString &imageId,
                                   const RunResult &result);

//! A sentence for each thing in which \a now is not as \a before; none: they are the same.
[[nodiscard]] QStringList differences(const QJsonObject &before, const QJsonObject &now);

//! What a record asks for that is weaker than every run's walls, and that a file alone should not decide: "the host's
//! network".
[[nodiscard]] QStringList weaknesses(const RunRecord &record);

} // namespace isol8::cli
