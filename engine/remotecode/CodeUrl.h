// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>
#include <isol8/egress/Host.h>

#include <QByteArray>
#include <QString>

namespace isol8::remotecode {

/*!
    Where a program is fetched from, in one canonical form: what is judged is what is asked for. The scheme and the host
    are lower case, the host as egress::Host writes it, the port is always there, and dot segments are gone.
*/
struct CodeUrl
{
    bool secure = true; //!< https
    egress::Authority authority;
    QByteArray target = "/"; //!< path and query, percent-encoded: what a request says

    [[nodiscard]] QByteArray scheme() const { return secure ? "https" : "http"; }
    //! "https://example.com", with the port where it is not the scheme's own.
    [[nodiscard]] QByteArray origin() const;
    //! The whole.
    [[nodiscard]] QByteArray text() const { return origin() + target; }
    //! For messages and logs: without the query, which is where tokens are, and of at most 200 characters.
    [[nodiscard]] QString shown() const;
    //! "hello.py" of ".../hello.py?raw=1", decoded; empty where that is no name a file can have.
    [[nodiscard]] QString fileName() const;

    friend bool operator==(const CodeUrl &, const CodeUrl &) = default;

    /*!
        Reads an absolute http or https URL, strictly. Pure. The fragment is dropped, since it is never sent; what is
        neither ASCII nor allowed in a URL is percent-encoded. bad_request for other schemes, userinfo, control
        characters, blanks, backslashes, and whatever egress::parseAuthority() refuses: the sentence never shows what
        stands before an '@'.
    */
    [[nodiscard]] static Result<CodeUrl> parse(QStringView text);
    //! The same for a redirect's Location, which may be relative to this.
    [[nodiscard]] Result<CodeUrl> resolved(QByteArrayView location) const;

    static constexpr qsizetype Limit = 8192; //!< bytes
};

} // namespace isol8::remotecode
