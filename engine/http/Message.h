// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Units.h>

#include <QByteArray>
#include <QList>
#include <QString>

QT_BEGIN_NAMESPACE
class QIODevice;
QT_END_NAMESPACE

namespace isol8::http {

struct Header
{
    QByteArray name;
    QByteArray value;
    friend bool operator==(const Header &, const Header &) = default;
};

//! Status line and header fields of an answer, without its body.
struct ResponseHead
{
    int status = 0;
    QByteArray reason;
    int minorVersion = 1;  //!< of HTTP/1.x: 0 or 1
    QList<Header> headers; //!< in order, values without surrounding blanks

    //! The first field of that name, whatever its case; null when there is none.
    [[nodiscard]] QByteArray value(QByteArrayView name) const;
    //! Whether a list field (Connection, …) contains \a token, whatever its case.
    [[nodiscard]] bool hasToken(QByteArrayView name, QByteArrayView token) const;

    friend bool operator==(const ResponseHead &, const ResponseHead &) = default;
};

struct Response
{
    ResponseHead head;
    QByteArray body;
};

inline constexpr qint64 DefaultBodyLimit = 16 * MiB;

/*!
    What is asked. \c method, \c target and \c headers go to the wire as they are: the caller has percent-encoded what
   needs it, and no byte of them is a control byte. Host, Content-Length, Transfer-Encoding and Connection are added.
*/
struct Request
{
    QByteArray method = "GET";
    QByteArray target = "/";
    QList<Header> headers;
    QByteArray body;
    QIODevice *device = nullptr;         //!< instead of body: read to its end, sent chunked; must outlive the exchange
    qint64 bodyLimit = DefaultBodyLimit; //!< bytes of the answer's body, where it is collected
    bool streamed = false; //!< the answer's body comes by Exchange::body(), of any length, and is not kept
    bool upgrade = false;  //!< asks for a raw stream (Docker's hijack); the connection is not used for anything else
    QByteArray protocol = "tcp";  //!< what an upgrade asks for: "tcp", "websocket"
    bool repeatable = false;      //!< asking twice does no harm
    bool unlimited = false;       //!< may take long by nature: does not count among a pool's connections
    milliseconds timeout{60'000}; //!< of silence; zero: none
};

//! Why an exchange failed; Kind::None: it did not.
struct Failure
{
    enum class Kind {
        None,
        NotThere,   //!< nothing listens: no such socket, connection refused, host unknown or unreachable
        Permission, //!< the socket may not be opened
        Tls,        //!< no TLS backend, unreadable certificates, or a peer that is not trusted
        Lost,       //!< the connection ended in the middle
        Protocol,   //!< what came is not HTTP, or passes a limit
        Timeout,    //!< silence
        Source,     //!< the device with the request's body failed
    };
    Kind kind = Kind::None;
    QString detail;

    [[nodiscard]] explicit operator bool() const { return kind != Kind::None; }
};

} // namespace isol8::http
