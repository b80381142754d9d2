// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QList>
#include <QMap>
#include <QString>
#include <QStringList>
#include <QUrl>

namespace isol8::registry {

//! What proves to one host, below one path, who asks. Never logged, never sent into a sandbox.
struct Credential
{
    QByteArray authority;     //!< "host", or "host:port" where the port is not the scheme's own; lower case
    QString path;             //!< begins and ends with '/'
    QByteArray authorization; //!< the field's value: "Bearer …", "Basic …"

    friend bool operator==(const Credential &, const Credential &) = default;
};

//! What proves to one host, below one path, who asks, in TLS itself. The key stays outside of sandboxes.
struct ClientCertificate
{
    QByteArray authority; //!< as in Credential; empty: every registry
    QString path;         //!< begins and ends with '/'
    QString certificateFile;
    QString keyFile; //!< may be the same file
    QByteArray pem;  //!< certificate and key themselves, instead of files

    friend bool operator==(const ClientCertificate &, const ClientCertificate &) = default;
};

//! The proxy that the host's own configuration sends requests through. Its URL may carry a name and a password.
struct UpstreamProxy
{
    QUrl http;
    QUrl https;
    QStringList exceptions; //!< hosts and domains without it; "*": all

    friend bool operator==(const UpstreamProxy &, const UpstreamProxy &) = default;
};

//! How one installer of the host reaches its registries. URLs end with '/' and carry no userinfo.
struct ClientSettings
{
    QList<QUrl> registries;     //!< in order; empty: the host's configuration forbids to ask any
    QMap<QString, QUrl> scopes; //!< npm: "@scope" -> its registry
    QList<Credential> credentials;
    QList<ClientCertificate> certificates;
    QStringList authorityFiles;      //!< PEM files that replace the system's authorities; empty: the system's
    QByteArray authorities;          //!< PEM text, likewise
    QStringList addedAuthorityFiles; //!< PEM files on top of whatever there is
    bool verify = true;              //!< false: any certificate will do
    QStringList unverified;          //!< "host", "host:port": any certificate will do there
    UpstreamProxy proxy;

    //! For a request to \a url; empty: none. The longest path wins.
    [[nodiscard]] QByteArray authorizationFor(const QUrl &url) const;
    //! The client's certificate for \a url; null: none. The longest path wins, and one for a host over one for all.
    [[nodiscard]] const ClientCertificate *certificateFor(const QUrl &url) const;
    //! Whether \a url has scheme, host and port of a registry.
    [[nodiscard]] bool isRegistry(const QUrl &url) const;
    //! Null: directly.
    [[nodiscard]] QUrl proxyFor(const QUrl &url) const;

    friend bool operator==(const ClientSettings &, const ClientSettings &) = default;
};

//! Where settings are read from. Tests give their own.
struct SettingsSources
{
    QMap<QString, QString> environment;
    QString home;              //!< of the user
    QString root;              //!< before /etc; empty for the machine's own
    QString npmPrefix;         //!< where node is installed, as npm works it out: "/usr"
    QString pythonPrefix = {}; //!< where Python is, or a virtual environment of it: "/usr"

    [[nodiscard]] static SettingsSources ofThisProcess();
    [[nodiscard]] QString variable(const QString &name) const { return environment.value(name); }
    //! The first that is set, lower case before upper: "https_proxy".
    [[nodiscard]] QString proxyVariable(const QString &name) const;
};

/*!
    The host's own configuration of npm and pip, as these read it: environment, the user's files, the machine's. What
    belongs to a project (./.npmrc) is not read, since a sandbox's files are nobody's configuration. bun and deno use
    npm's.

    Wrong lines are passed over, as the installers do; a URL that cannot be one, a certificate that is not there and
    pip's find-links, which are not used, are told in \c problems, by the name of the setting alone.
*/
struct RegistrySettings
{
    ClientSettings npm;
    ClientSettings pypi;
    QStringList problems;

    //! Reads small files.
    [[nodiscard]] static RegistrySettings read(const SettingsSources &sources);
    //! The same for the same settings, and for no others.
    [[nodiscard]] QByteArray digest() const;
};

//! The lines of an npmrc, in order, with ${NAME} replaced; "ca[]" and other lists come as one pair an item. Pure.
[[nodiscard]] QList<std::pair<QString, QString>> parseNpmrc(const QString &text,
                                                            const QMap<QString, QString> &environment);

//! Section -> key -> value of a pip.conf; keys in lower case with '-', lists with one item a line. Pure.
[[nodiscard]] QMap<QString, QMap<QString, QString>> parsePipConf(const QString &text);

struct NetrcEntry
{
    QString machine;
    QString login;
    QString password;
    friend bool operator==(const NetrcEntry &, const NetrcEntry &) = default;
};

//! The machines of a .netrc; "default" is left out, since it would give a password to everyone. Pure.
[[nodiscard]] QList<NetrcEntry> parseNetrc(const QString &text);

//! \a url with a path that ends with '/', without userinfo, query and fragment; invalid unless it is http or https with
//! a host. Userinfo becomes \a credential's.
[[nodiscard]] QUrl registryUrl(const QString &url, QList<Credential> *credentials = nullptr);

//! "host", or "host:port" where the port is not the scheme's own.
[[nodiscard]] QByteArray authorityOf(const QUrl &url);

//! The value of a Basic Authorization field.
[[nodiscard]] QByteArray basicAuthorization(const QString &user, const QString &password);

} // namespace isol8::registry
