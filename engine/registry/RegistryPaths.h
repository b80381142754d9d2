// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/registry/RegistrySettings.h>

#include <QByteArray>
#include <QByteArrayView>
#include <QUrl>

#include <optional>

namespace isol8::registry {

//! The made-up hosts, as sandboxes know them.
inline constexpr QByteArrayView NpmHost = "npm.isol8.internal";
//! npm's own registry, over plain HTTP and while an installer runs: deno files what it fetches under the registry's
//! host, and a program finds there only what came from the host that it would ask itself.
inline constexpr QByteArrayView DenoHost = "registry.npmjs.org";
inline constexpr QByteArrayView PypiHost = "pypi.isol8.internal";

/*!
    Lets a sandbox ask for files that a registry has named, and for no others: their URLs are part of the path, with a
    code that only this object can make. Nothing is kept for them.
*/
class UrlSigner
{
public:
    //! With a key of its own.
    UrlSigner();

    //! "/-/file/CODE/URL/NAME#fragment"; the name is the file's own, since installers read it. Empty: too long.
    [[nodiscard]] QByteArray path(const QUrl &url) const;
    //! The URL in a path that path() made; for NAME with ".metadata" (PEP 658) that of the file beside it.
    [[nodiscard]] std::optional<QUrl> url(QByteArrayView path) const;

private:
    [[nodiscard]] QByteArray code(const QByteArray &url) const;

    QByteArray m_key;
};

//! What a request to a made-up host comes to.
struct Asked
{
    QUrl url;              //!< at the registry, or where the registry said
    bool metadata = false; //!< what names files, and has its URLs replaced
    friend bool operator==(const Asked &, const Asked &) = default;
};

/*!
    Pure. For npm `/NAME`, `/NAME/VERSION`, `/NAME/-/FILE.tgz`, names with a scope as `/@SCOPE%2fNAME` or
    `/@SCOPE/NAME`, and signed paths. Everything else there is not: no query, no way out of a registry's own path.
*/
[[nodiscard]] std::optional<Asked> askedOfNpm(QByteArrayView path, const ClientSettings &settings,
                                              const UrlSigner &signer);
//! Pure. `/simple/NAME/` of the first index, `/extra/N/NAME/` of the Nth after it, and signed paths.
[[nodiscard]] std::optional<Asked> askedOfPypi(QByteArrayView path, const ClientSettings &settings,
                                               const UrlSigner &signer);

//! The URL by which a sandbox asks npm's made-up host for \a url, which the registry has named; empty: for none.
[[nodiscard]] QByteArray npmFile(const QUrl &url, const ClientSettings &settings, const UrlSigner &signer);
[[nodiscard]] QByteArray pypiFile(const QUrl &url, const UrlSigner &signer);

} // namespace isol8::registry
