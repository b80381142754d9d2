// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArrayView>
#include <QHash>
#include <QString>

#include <optional>

namespace isol8 {

//! A place in a text, for people: both count from 1, columns in characters.
struct TextPosition
{
    int line = 1;
    int column = 1;
    friend bool operator==(const TextPosition &, const TextPosition &) = default;
};

//! Of the byte at \a offset; past the end: of the end.
[[nodiscard]] TextPosition positionAt(QByteArrayView text, qsizetype offset);

struct JsonProblem
{
    TextPosition position;
    QString sentence; //!< "There is a comma before }; remove it."
};

/*!
    What QJsonDocument does not tell about a JSON text: where each key stands, and in words what is wrong with it. A key
   given twice is a problem here, too. Pure, and safe for any bytes: at most MaxJsonKeys keys and MaxJsonDepth levels.

    Paths are written as in messages: "defaults.memoryLimit", "prebuiltImages[0].tag".
*/
struct JsonOutline
{
    QHash<QString, TextPosition> keys;
    std::optional<JsonProblem> problem; //!< the first; \c keys holds what came before it
};

inline constexpr int MaxJsonDepth = 64;
inline constexpr qsizetype MaxJsonKeys = 10000;

[[nodiscard]] JsonOutline outlineJson(QByteArrayView text);

//! Where \a path stands, or the nearest thing around it that is known.
[[nodiscard]] std::optional<TextPosition> positionOf(const JsonOutline &outline, QString path);

} // namespace isol8
