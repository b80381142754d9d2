// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QByteArrayView>
#include <QList>

namespace isol8 {

/*!
    What a secret may look like in output. Pure; every entry has at least 4 bytes when the secret has, and none
    occurs twice.
*/
struct SecretVariants
{
    //! As it is, percent-encoded in the ways of the usual libraries, and JSON-escaped. Where it has line feeds, also
    //! with the carriage returns that a terminal puts before them.
    [[nodiscard]] static QList<QByteArray> plain(QByteArrayView secret);

    /*!
        As base64, standard and URL-safe, at each of the three alignments that it can have in a longer text. The
        characters at the edges that depend on neighbouring bytes are left out; where the secret ends the text, the last
        character and the padding are its own, so these forms are listed too. At least 4 characters (24 bits) are left.
    */
    [[nodiscard]] static QList<QByteArray> base64(QByteArrayView secret);
};

} // namespace isol8
