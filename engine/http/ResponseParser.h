// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/http/Message.h>

#include <QByteArrayView>

#include <limits>

namespace isol8::http {

inline constexpr qint64 NoLimit = std::numeric_limits<qint64>::max();

/*!
    HTTP/1.1 answers from bytes. Knows no socket: bytes in; event, value and bytes consumed out. What comes out does not
    depend on how the input was cut, except for where the pieces of a body are cut.

    Strict where being lenient is how two parsers come to disagree: lines end in CRLF, no folded fields, no bare control
    bytes, one length only. Limits: 64 KiB for heads (interim ones and trailers included), 100 fields, 1 KiB for the
   line that gives a chunk's size, and the body's limit of the constructor.

    One parser reads one answer. Interim answers (1xx) are skipped unless asked for. Where an upgrade was asked for, 101
   and Docker's older "200 with a stream's content type" end with Event::Upgraded; what follows in the input belongs to
   the stream.
*/
class ResponseParser
{
public:
    enum class Event {
        NeedMore, //!< all input was consumed
        Interim,  //!< head() is one with a status from 102 to 199, or 100; only where they were asked for
        Head,     //!< head() is valid
        Body,     //!< Step::body, a part of the input; never empty
        Complete, //!< the answer ends here
        Upgraded, //!< the head was the end of HTTP on this connection
        Failed,   //!< problem() says why; nothing more can be parsed
    };

    struct Step
    {
        Event event = Event::NeedMore;
        qsizetype consumed = 0;
        QByteArrayView body;
    };

    struct Expectation
    {
        bool noBody = false;  //!< the request was HEAD
        bool upgrade = false; //!< the request asked for an upgrade
        qint64 bodyLimit = NoLimit;
        bool interim = false; //!< Event::Interim for answers before the one
    };

    ResponseParser() = default;
    explicit ResponseParser(Expectation expectation)
        : m_expectation(expectation)
    {
    }

    //! The next event. Call again with what was not consumed.
    [[nodiscard]] Step parse(QByteArrayView input);
    //! The peer closed, everything before was parsed: Complete where the answer lasts until then, else Failed.
    [[nodiscard]] Event finish();

    [[nodiscard]] const ResponseHead &head() const { return m_head; }
    //! What came behind the last chunk; valid with Complete.
    [[nodiscard]] const QList<Header> &trailers() const { return m_trailers; }
    //! Whether the connection can carry another exchange after Complete.
    [[nodiscard]] bool keepsAlive() const { return m_keepAlive; }
    [[nodiscard]] const QString &problem() const { return m_problem; }

    static constexpr qsizetype HeadLimit = 64 * 1024;
    static constexpr qsizetype HeaderCountLimit = 100;
    static constexpr qsizetype ChunkLineLimit = 1024;

private:
    enum class State {
        StatusLine,
        Fields,
        Length,
        UntilClose,
        ChunkSize,
        ChunkData,
        ChunkEnd,
        Trailers,
        Complete,
        Upgraded,
        Failed
    };

    //! Moves input into m_line until its CRLF. True: m_line holds a whole line without it.
    bool takeLine(QByteArrayView input, qsizetype &consumed, qsizetype limit);
    bool parseStatusLine();
    bool parseField();
    bool endOfHead();
    bool parseChunkSize();
    Step takeBody(QByteArrayView input, qsizetype consumed);
    bool refuse(const QString &problem);

    Expectation m_expectation;
    State m_state = State::StatusLine;
    QByteArray m_line;
    qsizetype m_headBytes = 0;
    qsizetype m_fieldCount = 0;
    ResponseHead m_head;
    QList<Header> m_trailers;
    qint64 m_contentLength = -1;
    bool m_chunked = false;
    bool m_headDue = false; //!< the head is parsed, its event is not given yet
    bool m_keepAlive = false;
    qint64 m_left = 0;     //!< of the body, or of the chunk
    qint64 m_received = 0; //!< of the body
    QString m_problem;
};

} // namespace isol8::http
