// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>

#include <QByteArray>
#include <QString>

#include <cstddef>

/*!
    Keys: "isol8_" and 256 bits from the kernel in base64url.

    What is kept is a key's SHA-256. For passwords that would be wrong, since they can be guessed as fast as they are
    hashed; nobody guesses 256 random bits, so a slow hash would protect nothing and cost each request what it costs. It
    also makes every comparison one of hashes: whoever tries keys does not choose the bytes that are compared, so how
   far a comparison gets tells nothing about how much of a key is right.
*/
namespace isol8::service {

inline constexpr QByteArrayView KeyStart = "isol8_";

//! A new key. internal where the kernel gives no random bytes.
[[nodiscard]] Result<QByteArray> makeKey();
//! Whether makeKey() can have made \a token. What it can not have made is looked up nowhere.
[[nodiscard]] bool isKeyShaped(QByteArrayView token);
//! "isol8_" and six characters more: 36 of a key's 256 bits.
[[nodiscard]] QString prefixOf(QByteArrayView key);
//! SHA-256, 32 bytes.
[[nodiscard]] QByteArray digestOf(QByteArrayView key);

//! Whether \a size bytes are the same, looking at all of them whatever they are. Byte: what char is to all but a test.
template<class Byte> [[nodiscard]] bool equalInConstantTime(const Byte *left, const Byte *right, std::size_t size)
{
    unsigned char difference = 0;
    for (std::size_t i = 0; i < size; ++i) {
        difference |= static_cast<unsigned char>(left[i] ^ right[i]);
        asm volatile("" : "+r"(difference)); // no early way out by what the compiler can infer
    }
    return difference == 0;
}
//! False, too, where one is not 32 bytes long.
[[nodiscard]] bool equalDigests(const QByteArray &left, const QByteArray &right);

inline constexpr QStringView DefaultTenant = u"default";
//! 1 to 64 letters, digits, dots, hyphens and underscores, no dot first: what is everywhere a folder's and a label's
//! name.
[[nodiscard]] bool isTenant(QStringView text);
inline constexpr QStringView TenantSyntax =
    u"1 to 64 letters, digits, dots, hyphens or underscores, and not begin with a dot";
//! 1 to 100 characters that can be seen, or blanks between such.
[[nodiscard]] bool isKeyName(QStringView text);
inline constexpr QStringView KeyNameSyntax = u"1 to 100 visible characters, with blanks only between them";

} // namespace isol8::service
