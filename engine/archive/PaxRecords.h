// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QHash>

#include <optional>

namespace isol8::archive {

//! The records of a pax extended header (POSIX, "pax Header Block"), by key; nothing where one breaks the form.
[[nodiscard]] std::optional<QHash<QByteArray, QByteArray>> readPaxRecords(const QByteArray &body);

//! One record: "27 path=…\n".
[[nodiscard]] QByteArray paxRecord(const QByteArray &key, const QByteArray &value);

//! "1700000000.123" as ms since 1970; before that 0. Nothing where it is no such number.
[[nodiscard]] std::optional<qint64> readPaxTime(const QByteArray &text);

} // namespace isol8::archive
