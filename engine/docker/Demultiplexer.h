// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArrayView>
#include <QString>

#include <array>

namespace isol8::docker {

/*!
    Docker's multiplexed stream: frames of 8 header bytes {stream, 0, 0, 0, big-endian length} and that many bytes of
   one stream. Pure: bytes in; a part of a stream and the bytes consumed out. Parts of a frame are handed on as they
   come.
*/
class Demultiplexer
{
public:
    enum class Event {
        NeedMore, //!< all input was consumed
        Output,   //!< Step::data belongs to Step::standardError or stdout; never empty
        Failed,   //!< problem(); nothing more can be parsed
    };
    struct Step
    {
        Event event = Event::NeedMore;
        qsizetype consumed = 0;
        bool standardError = false;
        QByteArrayView data;
    };

    [[nodiscard]] Step parse(QByteArrayView input);
    //! Whether a stream that ends here ends in good order.
    [[nodiscard]] bool isAtBoundary() const { return m_headerSize == 0 && m_left == 0 && m_problem.isEmpty(); }
    [[nodiscard]] const QString &problem() const { return m_problem; }

    static constexpr quint32 FrameLimit = 16 * 1024 * 1024;

private:
    std::array<char, 8> m_header{};
    qsizetype m_headerSize = 0;
    quint32 m_left = 0; //!< of the frame's bytes
    bool m_standardError = false;
    QString m_problem;
};

} // namespace isol8::docker
