// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/http/Message.h>

#include <QObject>

#include <memory>

namespace isol8::egress {

//! Made-up hosts, which only origins answer for, are below this one. No name server is asked for them.
inline constexpr QByteArrayView InternalDomain = "isol8.internal";

/*!
    An answer under way. head() comes first, then readable() for the body, then finished() once; or finished() alone,
    where there is no answer. No signal comes from inside a call. Deleting it gives up.
*/
class OriginReply : public QObject
{
    Q_OBJECT

public:
    using QObject::QObject;

    //! At most \a most bytes of the body; what is not taken holds the sender back.
    [[nodiscard]] virtual QByteArray read(qsizetype most) = 0;
    //! The whole body has been read.
    [[nodiscard]] virtual bool atEnd() const = 0;

Q_SIGNALS:
    //! Fields of the connection (Connection, Transfer-Encoding) are the caller's; a Content-Length is kept to.
    void head(const isol8::http::ResponseHead &head);
    void readable();
    //! Nothing more will arrive. \a whole: false when the answer broke off, or there was none.
    void finished(bool whole);
};

/*!
    What answers requests to one made-up host in the network's place: a part of the engine that a sandbox may speak
    HTTP to. Requests come without a body.
*/
class Origin
{
public:
    virtual ~Origin() = default;

    struct Request
    {
        QByteArray method; //!< GET or HEAD
        QByteArray path;   //!< in origin-form, with its query
        QList<http::Header> headers;
    };

    [[nodiscard]] virtual std::unique_ptr<OriginReply> serve(const Request &request) = 0;
};

} // namespace isol8::egress
