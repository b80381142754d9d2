// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/http/Message.h>

#include <QByteArrayView>

namespace isol8::http {

//! A request's line and fields, and what they mean for its body and its connection.
struct RequestHead
{
    QByteArray method;
    QByteArray target; //!< as it came: no blank, no control byte, ASCII
    QByteArray path;   //!< TargetForm::Path: begins with '/', percent-encoded as it came
    QByteArray query;  //!< TargetForm::Path: behind '?', without it
    int minorVersion = 1;
    QList<Header> headers; //!< in order, values without surrounding blanks
    qint64 contentLength = 0;
    bool chunked = false;
    bool keepAlive = true;
    bool expectsContinue = false;

    //! The first field of that name, whatever its case; null when there is none.
    [[nodiscard]] QByteArray value(QByteArrayView name) const;
    //! Whether a list field (Connection, …) contains \a token, whatever its case.
    [[nodiscard]] bool hasToken(QByteArrayView name, QByteArrayView token) const;

    friend bool operator==(const RequestHead &, const RequestHead &) = default;
};

struct HeadParse
{
    enum class Status { NeedMore, Done, Refused };
    Status status = Status::NeedMore;
    RequestHead head;
    qsizetype consumed = 0;
    int httpStatus = 400; //!< Refused: what to answer
    QString problem;      //!< Refused: a sentence
};

inline constexpr qsizetype HeadLimit = 16 * 1024;
inline constexpr qsizetype HeadFieldLimit = 100;

enum class TargetForm {
    Path, //!< a server's: a path, or an address whose host is of no interest
    Any,  //!< a proxy's: the caller judges it
};

/*!
    The head of an HTTP/1.x request at the beginning of \a input. Pure. Strict where being lenient is how two parsers
    come to disagree: lines end in CRLF, no folded fields, no bare control bytes, no blank before a colon, one Host, one
    length at most, and that not beside Transfer-Encoding. Limits: \a headLimit bytes, HeadFieldLimit fields.
*/
[[nodiscard]] HeadParse parseRequestHead(QByteArrayView input, TargetForm form = TargetForm::Path,
                                         qsizetype headLimit = HeadLimit);

/*!
    A request's body from what follows its head, whole or chunked. Bytes in; status, value and bytes consumed out.
*/
class BodyDecoder
{
public:
    enum class Status { NeedMore, Done, TooLarge, Malformed };

    BodyDecoder() = default;
    BodyDecoder(const RequestHead &head, qint64 limit);

    //! Takes what belongs to the body; \a consumed says how much that was.
    [[nodiscard]] Status feed(QByteArrayView input, qsizetype *consumed);
    //! What has come of it since the last take(). The limit counts what was not taken.
    [[nodiscard]] QByteArray take() { return std::exchange(m_body, {}); }
    //! What came behind the last chunk; valid when Done.
    [[nodiscard]] const QList<Header> &trailers() const { return m_trailers; }

private:
    enum class State { Plain, Size, Data, DataEnd, Trailer, Done };

    [[nodiscard]] Status feedChunked(QByteArrayView input, qsizetype *consumed);
    //! Whether m_line holds a whole line without its CRLF.
    [[nodiscard]] bool takeLine(QByteArrayView input, qsizetype *at);
    [[nodiscard]] Status parseSize();

    State m_state = State::Done;
    qint64 m_limit = 0;
    qint64 m_left = 0;
    qsizetype m_trailerBytes = 0;
    QByteArray m_line;
    QByteArray m_body;
    QList<Header> m_trailers;
};

} // namespace isol8::http
