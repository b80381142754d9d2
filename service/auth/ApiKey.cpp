// SPDX-License-Identifier: GPL-3.0-or-later
#include <service/auth/ApiKey.h>

#include <QCryptographicHash>

#include <algorithm>

#include <sys/random.h>

using namespace Qt::StringLiterals;

namespace isol8::service {

namespace {

constexpr qsizetype SecretBytes = 32;
constexpr qsizetype SecretLetters = 43;
constexpr qsizetype DigestBytes = 32;
constexpr qsizetype MaxTenant = 64;
constexpr qsizetype MaxKeyName = 100;

bool isWordLetter(char16_t c)
{
    return (c >= u'A' && c <= u'Z') || (c >= u'a' && c <= u'z') || (c >= u'0' && c <= u'9') || c == u'_' || c == u'-';
}

} // namespace

Result<QByteArray> makeKey()
{
    QByteArray secret(SecretBytes, '\0');
    if (::getrandom(secret.data(), size_t(SecretBytes), 0) != ssize_t(SecretBytes))
        return fail(errors::Internal, u"The system gives no random bytes for a key."_s);
    return KeyStart + secret.toBase64(QByteArray::Base64UrlEncoding | QByteArray::OmitTrailingEquals);
}

bool isKeyShaped(QByteArrayView token)
{
    return token.size() == KeyStart.size() + SecretLetters && token.startsWith(KeyStart) &&
           std::all_of(token.begin(), token.end(), [](char c) { return isWordLetter(static_cast<unsigned char>(c)); });
}

QString prefixOf(QByteArrayView key)
{
    return QString::fromLatin1(key.first(KeyStart.size() + 6));
}

QByteArray digestOf(QByteArrayView key)
{
    return QCryptographicHash::hash(key, QCryptographicHash::Sha256);
}

bool equalDigests(const QByteArray &left, const QByteArray &right)
{
    return left.size() == DigestBytes && right.size() == DigestBytes &&
           equalInConstantTime(left.constData(), right.constData(), size_t(DigestBytes));
}

bool isTenant(QStringView text)
{
    return !text.isEmpty() && text.size() <= MaxTenant && text[0] != u'.' &&
           std::all_of(text.begin(), text.end(), [](QChar c) { return isWordLetter(c.unicode()) || c == u'.'; });
}

bool isKeyName(QStringView text)
{
    // Characters of two code units are letters or pictures; halves of such are not characters.
    const auto isGood = [](QChar c) { return c.isPrint() || c.isSurrogate(); };
    return !text.isEmpty() && text.size() <= MaxKeyName && !text.front().isSpace() && !text.back().isSpace() &&
           text.isValidUtf16() && std::all_of(text.begin(), text.end(), isGood);
}

} // namespace isol8::service
