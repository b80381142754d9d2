// SPDX-License-Identifier: GPL-3.0-or-later
#include "Functions.h"
#include "Kit.h"

#include <cli/CodeLocation.h>
#include <isol8/docker/Endpoint.h>
#include <isol8/registry/BodyRewriter.h>
#include <isol8/registry/RegistryPaths.h>
#include <isol8/registry/RegistrySettings.h>
#include <isol8/remote/ServiceEndpoint.h>
#include <isol8/remotecode/CodeCache.h>
#include <isol8/remotecode/CodeUrl.h>

#include <QCryptographicHash>
#include <QDir>
#include <QFile>
#include <QTemporaryDir>

using namespace Qt::StringLiterals;

namespace isol8::fuzz {

void installerSettings(QByteArrayView input)
{
    const QString text = QString::fromUtf8(input);
    (void)registry::parseNpmrc(text, {{u"HOME"_s, u"/h"_s}, {u"X"_s, u"${X}"_s}});
    (void)registry::parsePipConf(text);
    (void)registry::parseNetrc(text);
    QList<registry::Credential> credentials;
    const QUrl url = registry::registryUrl(text.section(u'\n', 0, 0), &credentials);
    demand(!url.isValid() || (url.userInfo().isEmpty() && !url.host().isEmpty() && url.path().endsWith(u'/')),
           "registry: a URL with a password");
}

void registryBodies(QByteArrayView input)
{
    const quint8 cut = cutOf(input);
    const QUrl base(u"https://registry.example/simple/x/"_s);
    const registry::UrlMap map = [](const QUrl &url) {
        return url.host().contains(u"evil") ? QByteArray() : QByteArray("http://in/");
    };
    for (const auto make : {registry::npmRewriter, registry::simpleJsonRewriter, registry::simpleHtmlRewriter}) {
        QByteArray outs[2];
        for (int i = 0; i < 2; ++i) {
            const auto rewriter = make(base, map);
            bool fine = true;
            inPieces(input, i == 0 ? 0 : quint8(cut | 1), [&](QByteArrayView piece) {
                fine = rewriter->feed(piece, &outs[i]);
                return fine;
            });
            if (!fine || !rewriter->finish(&outs[i]))
                outs[i] = "[failed]";
        }
        demand(outs[0] == outs[1], "registry body: cut matters");
    }
}

void registryPaths(QByteArrayView input)
{
    static const registry::UrlSigner signer;
    static const registry::ClientSettings settings = [] {
        registry::ClientSettings s;
        s.registries = {QUrl(u"https://one.example/npm/"_s), QUrl(u"https://two.example/"_s)};
        s.scopes.insert(u"@s"_s, QUrl(u"https://three.example/x/"_s));
        return s;
    }();
    for (const auto &ask : {registry::askedOfNpm, registry::askedOfPypi}) {
        const auto asked = ask(input, settings, signer);
        if (!asked)
            continue;
        demand(!input.startsWith(QByteArrayView("/-/file/")), "registry: a path that nobody signed");
        const QByteArray url = asked->url.toEncoded();
        demand(url.startsWith("https://one.example/npm/") || url.startsWith("https://two.example/") ||
                   url.startsWith("https://three.example/x/"),
               "registry: another place");
        const QUrl tidy = asked->url.adjusted(QUrl::NormalizePathSegments);
        demand(tidy == asked->url && !asked->url.hasQuery() && !asked->url.hasFragment(), "registry: a way out of it");
    }
    const QUrl url = QUrl::fromEncoded(input.toByteArray(), QUrl::StrictMode);
    const QByteArray target = url.toEncoded(QUrl::RemoveUserInfo | QUrl::RemoveFragment);
    const auto back = [&](const QByteArray &file, QByteArrayView made, auto ask) {
        if (file.isEmpty())
            return;
        const QByteArray start = "http://" + made.toByteArray();
        demand(file.startsWith(start) && !file.contains('\n') && !file.contains(' '), "registry: no URL of ours");
        const auto asked = ask(QByteArrayView(file)
                                   .sliced(start.size())
                                   .first((file.indexOf('#') < 0 ? file.size() : file.indexOf('#')) - start.size()),
                               settings, signer);
        demand(asked && asked->url.toEncoded() == target, "registry: another file than was named");
    };
    back(registry::npmFile(url, settings, signer), registry::NpmHost, registry::askedOfNpm);
    back(registry::pypiFile(url, signer), registry::PypiHost, registry::askedOfPypi);
}

void codeUrl(QByteArrayView input)
{
    const auto url = remotecode::CodeUrl::parse(QString::fromUtf8(input));
    if (url) {
        const auto again = remotecode::CodeUrl::parse(QString::fromLatin1(url->text()));
        demand(again && *again == *url, "code URL: its own form is read otherwise");
        demand(!url->fileName().contains(u'/') && url->fileName() != u"..", "code URL: a file elsewhere");
        demand(url->shown().size() <= 201, "code URL: shown at length");
    }
    const auto base = remotecode::CodeUrl::parse(u"https://example.com/a/b?c"_s);
    if (const auto moved = base->resolved(input))
        demand(remotecode::CodeUrl::parse(QString::fromLatin1(moved->text())).has_value(), "code URL: moved to none");
}

// The input is what somebody has made of a file in the cache.
void codeCache(QByteArrayView input)
{
    static const QTemporaryDir folder(QDir(u"/dev/shm"_s).exists() ? u"/dev/shm/isol8-fuzz-XXXXXX"_s : QString());
    static const remotecode::CodeCache cache(folder.path());
    static const QString path = [] {
        remotecode::CodeEntry entry;
        entry.content = "print(1)";
        entry.hash = QCryptographicHash::hash(entry.content, QCryptographicHash::Sha256).toHex();
        entry.origins.append({"https://a", QHostAddress(u"8.8.8.8"_s)});
        entry.fetchedAt = QDateTime::currentDateTimeUtc();
        cache.store("https://a/b", entry);
        const QStringList files = QDir(folder.path()).entryList(QDir::Files | QDir::Hidden);
        demand(files.size() == 1 && cache.find("https://a/b", 1 << 20), "cache: does not find what it stored");
        return folder.filePath(files.first());
    }();
    QFile file(path);
    demand(file.open(QIODevice::WriteOnly | QIODevice::Truncate | QIODevice::Unbuffered), "cache: no file");
    file.write(input.data(), input.size());
    file.close();
    const auto found = cache.find("https://a/b", 1 << 20);
    demand(!found || found->hash == QCryptographicHash::hash(found->content, QCryptographicHash::Sha256).toHex(),
           "cache: another program than was stored");
}

void addresses(QByteArrayView input)
{
    const QString text = QString::fromUtf8(input);
    if (const auto endpoint = remote::ServiceEndpoint::parse(text)) {
        const QString own = endpoint->toString();
        const auto again = remote::ServiceEndpoint::parse(own);
        demand(again && again->toString() == own, "service: its own form is read otherwise");
        demand(!own.contains(u'\n') && !own.contains(u' '), "service: more than a word");
        QProcessEnvironment environment;
        environment.insert(u"no_proxy"_s, text);
        environment.insert(u"https_proxy"_s, text);
        (void)remote::proxyFor(*endpoint, environment);
    }
    (void)remote::checkKey(input.toByteArray());
    QProcessEnvironment environment;
    environment.insert(u"DOCKER_HOST"_s, text);
    if (const auto endpoint = docker::Endpoint::discover(environment))
        demand(!endpoint->toString().isEmpty(), "docker: an address without a name");
    if (const auto url = cli::githubUrl(text)) {
        const auto read = remotecode::CodeUrl::parse(*url);
        demand(!read || read->origin() == "https://raw.githubusercontent.com", "github: another host");
        demand(!read || QString::fromLatin1(read->text()) == *url, "github: another file");
    }
    if (const auto url = cli::gistUrl(text)) {
        const auto read = remotecode::CodeUrl::parse(*url);
        demand(!read || read->origin() == "https://gist.githubusercontent.com", "gist: another host");
        demand(!read || QString::fromLatin1(read->text()) == *url, "gist: another file");
    }
}

} // namespace isol8::fuzz
