// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QByteArrayView>
#include <QJsonObject>
#include <QString>

#include <optional>

namespace isol8::audit {

/*!
    A place in the chain: behind the line of that number. Each line is a JSON object with its number, `sequence`, from
    1, and `previousHash`, the SHA-256 of the line before, as it stands in the file without its line feed.
*/
struct ChainPoint
{
    qint64 sequence = 0;
    QByteArray hash = QByteArray(64, '0'); //!< hexadecimal; of no line: zeros
    friend bool operator==(const ChainPoint &, const ChainPoint &) = default;
};

[[nodiscard]] QByteArray hashOf(QByteArrayView line);
//! The line, without its line feed, that \a record is behind \a point, which moves behind it.
[[nodiscard]] QByteArray chained(QJsonObject record, ChainPoint *point);

/*!
    Lines that are no records say in `event` what happened to the log itself:

    - torn: the line before was never finished (`lineHash` is its hash): a full disk, or the power went.
    - lost: `count` records could not be written here.
    - headLost: the file that says where the chain begins and ends was gone, so lines may be missing before this.
*/
namespace events {
inline constexpr QStringView Torn = u"torn";
inline constexpr QStringView Lost = u"lost";
inline constexpr QStringView HeadLost = u"headLost";
} // namespace events

/*!
    Reads lines, the oldest first, and finds the first that does not fit. Pure.
*/
class ChainCheck
{
public:
    struct Place
    {
        QString file;
        qint64 line = 0; //!< from 1
    };
    struct Problem
    {
        Place place;
        QString sentence;
    };

    //! \a first: where the chain should begin; not set: not known, anything will do.
    explicit ChainCheck(std::optional<ChainPoint> first)
        : m_first(std::move(first))
    {
    }

    //! False: it does not fit, see problem().
    bool feed(QByteArrayView line, const Place &place);
    //! Behind the last line: whether it is the one that \a last says.
    bool finish(const ChainPoint &last);

    [[nodiscard]] const std::optional<Problem> &problem() const { return m_problem; }
    [[nodiscard]] const ChainPoint &point() const { return m_point; }
    [[nodiscard]] qint64 records() const { return m_records; }
    [[nodiscard]] qint64 torn() const { return m_torn; }
    [[nodiscard]] qint64 lost() const { return m_lost; } //!< records that were said to be

private:
    bool fail(const Place &place, const QString &sentence);
    [[nodiscard]] bool fitsFirst(const ChainPoint &before) const;

    std::optional<ChainPoint> m_first;
    std::optional<Problem> m_problem;
    ChainPoint m_point;
    Place m_place; //!< of the line before
    bool m_any = false;
    std::optional<QByteArray> m_unfinished; //!< the hash of the line before, which is no record
    Place m_unfinishedPlace;
    qint64 m_records = 0;
    qint64 m_torn = 0;
    qint64 m_lost = 0;
};

} // namespace isol8::audit
