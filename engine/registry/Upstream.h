// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/egress/LookupQueue.h>
#include <isol8/registry/RegistrySettings.h>
#include <isol8/registry/Source.h>

#include <QHostAddress>
#include <QNetworkAccessManager>
#include <QPointer>
#include <QSslConfiguration>
#include <QTimer>

#include <functional>
#include <memory>
#include <optional>

namespace isol8::registry {

//! In the place of name servers and of the rule for addresses, for tests; empty functions: the real ones.
struct NameRules
{
    std::function<QList<QHostAddress>(const QString &host)> names;
    std::function<QString(const QHostAddress &address)> special;
};

//! What is made of the authorities, once they are needed; shared, since reading them takes a while.
using SharedTls = std::shared_ptr<std::optional<QSslConfiguration>>;

/*!
    The way to the registries of one installer, as the host's settings describe it: authorities, upstream proxy,
    credentials. Requests share its connections, of which there are six to a host: each install has its own, so that one
    that does not read holds up no other.
*/
class Upstream : public QObject
{
    Q_OBJECT

public:
    //! Replies may be the last to let go of it, in a slot of its own: it goes when the event loop is back.
    [[nodiscard]] static std::shared_ptr<Upstream> create(const ClientSettings &settings, const SharedTls &tls,
                                                          const NameRules &rules,
                                                          std::shared_ptr<egress::Resolver> resolver);

    [[nodiscard]] const ClientSettings &settings() const { return m_settings; }
    [[nodiscard]] QNetworkAccessManager *network() { return &m_network; }
    //! For a connection to \a url; reads the authorities at its first use.
    [[nodiscard]] QSslConfiguration tls(const QUrl &url);
    //! Whether any certificate will do there.
    [[nodiscard]] bool trustsBlindly(const QUrl &url) const;

    using Addresses = std::function<void(const QList<QHostAddress> &)>;
    //! Calls \a then with what \a host stands for, none where it is unknown; not when \a context is gone.
    void resolve(const QString &host, QObject *context, const Addresses &then);
    //! Before a request to a URL that has a proxy: calls \a then when the proxy's own name is resolved. False: it is
    //! not known.
    void findProxy(const QUrl &proxy, QObject *context, const std::function<void(bool found)> &then);

    //! What kind of address it is that is not a public one, or empty.
    [[nodiscard]] QString special(const QHostAddress &address) const;

private:
    Upstream(const ClientSettings &settings, const SharedTls &tls, const NameRules &rules,
             std::shared_ptr<egress::Resolver> resolver);

    ClientSettings m_settings;
    QNetworkAccessManager m_network;
    SharedTls m_tls;
    NameRules m_rules;
    std::shared_ptr<egress::Resolver> m_resolver;
    egress::LookupQueue m_names;
    std::shared_ptr<QHash<QString, QString>> m_proxies; //!< their names' addresses, once found
};

struct FetchRequest
{
    bool head = false; //!< HEAD instead of GET
    QUrl url;
    QByteArray accept;
    QByteArray ifNoneMatch;
    QByteArray ifModifiedSince;
    bool compressed = false; //!< the body may come compressed; it is handed on as it was before
};

/*!
    One request to a registry, with the redirects that it leads to.

    Where it may go: to the scheme, host and port of a configured registry, whatever its address; else by https to hosts
    all of whose addresses are public, and then to an address that was looked at. Behind an upstream proxy that must
    resolve what this host cannot, such a name is the proxy's to judge. From https never back to http. Credentials are
    chosen anew for each URL.
*/
class Fetch final : public Source
{
    Q_OBJECT

public:
    Fetch(std::shared_ptr<Upstream> upstream, const FetchRequest &request);
    ~Fetch() override;

    void start() override;
    [[nodiscard]] QByteArray read(qint64 most) override;

private:
    void go();
    void onAddresses(const QList<QHostAddress> &addresses);
    void sendToNext();
    void sendByProxy(const QUrl &proxy);
    void send(const QHostAddress &address);
    void onHead();
    void onReadable();
    void onReplyFinished();
    void onSilence();
    void redirect(const QUrl &target);
    void dropReply();
    void endLater(const QString &problem);

    std::shared_ptr<Upstream> m_upstream;
    FetchRequest m_request;
    QUrl m_url; //!< of this hop
    QPointer<QNetworkReply> m_reply;
    QList<QHostAddress> m_addresses; //!< looked at, to be tried
    QTimer m_silence;
    int m_redirects = 0;
    bool m_hasHead = false;
    bool m_over = false;
};

} // namespace isol8::registry
