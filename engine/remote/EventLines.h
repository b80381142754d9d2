// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QByteArrayView>

#include <optional>

namespace isol8::remote {

/*!
    Server-sent events from bytes, however those were cut. Pure. Comments and fields other than data are dropped; lines
    end in LF, CRLF or CR.
*/
class EventLines
{
public:
    //! \a limit: bytes of one event, or of one line.
    explicit EventLines(qsizetype limit)
        : m_limit(limit)
    {
    }

    void feed(QByteArrayView bytes) { m_input.append(bytes); }
    //! The data of the next event that is whole; nothing: feed() more.
    [[nodiscard]] std::optional<QByteArray> next();
    //! More than the limit came for one event; nothing follows.
    [[nodiscard]] bool isTooLarge() const { return m_tooLarge; }

private:
    //! Without its end; nothing where that has not come.
    [[nodiscard]] std::optional<QByteArrayView> takeLine();

    qsizetype m_limit;
    QByteArray m_input;
    qsizetype m_at = 0;      //!< of what is not read yet
    qsizetype m_scanned = 0; //!< there is no line's end before this
    bool m_afterReturn = false;
    bool m_hasData = false;
    bool m_tooLarge = false;
    QByteArray m_data;
};

} // namespace isol8::remote
