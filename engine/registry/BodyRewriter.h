// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QByteArrayView>
#include <QUrl>

#include <functional>
#include <memory>

namespace isol8::registry {

//! What stands in a body in the place of an absolute URL; empty: the URL goes, and nothing takes its place.
using UrlMap = std::function<QByteArray(const QUrl &url)>;

/*!
    Replaces the URLs of files in a registry's answer while it passes. Bytes in, bytes out, whatever the pieces; it
    holds a key, a URL or a tag back and never a body.
*/
class BodyRewriter
{
public:
    virtual ~BodyRewriter() = default;

    //! Appends to \a out what can be handed on. False: a URL or tag is longer than any that makes sense.
    [[nodiscard]] virtual bool feed(QByteArrayView data, QByteArray *out) = 0;
    //! Nothing more comes. False: the body ends in the middle.
    [[nodiscard]] virtual bool finish(QByteArray *out) = 0;
};

//! npm's metadata: "tarball" below "dist", of one version or of each below "versions".
[[nodiscard]] std::unique_ptr<BodyRewriter> npmRewriter(const QUrl &base, UrlMap map);
//! Python's simple index as JSON (PEP 691): "url" of each of "files".
[[nodiscard]] std::unique_ptr<BodyRewriter> simpleJsonRewriter(const QUrl &base, UrlMap map);
//! Python's simple index as HTML (PEP 503): href of <a>. A <base> is followed and left out.
[[nodiscard]] std::unique_ptr<BodyRewriter> simpleHtmlRewriter(const QUrl &base, UrlMap map);

} // namespace isol8::registry
