// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/registry/RegistryOrigin.h>

#include <QMap>

#include <memory>

namespace isol8::registry {

/*!
    What a run's installer may reach: the made-up hosts, for as long as it lives. Its origins go with it, and must not
   be asked any more; their replies may outlive it.
*/
class Install
{
public:
    Install(std::shared_ptr<InstallState> state, const InstallKey &key);
    ~Install();
    Q_DISABLE_COPY_MOVE(Install)

    //! Host -> what answers for it, on port 80. Owned by this object.
    [[nodiscard]] QMap<QByteArray, egress::Origin *> origins() const;
    //! What the installer finds in its environment over its manifest's `installEnv`: indexes that only the host's
    //! configuration knows of.
    [[nodiscard]] QMap<QString, QString> environment() const;
    //! The installer ended with success: the next install of the same gets the same answers without a download. To be
    //! called at most once; without it nothing is remembered.
    void succeeded();
    [[nodiscard]] InstallStatistics statistics() const;
    //! Why registries did not answer, sentences without a secret, each once: pip says none of it by itself.
    [[nodiscard]] QStringList problems() const;

private:
    std::shared_ptr<InstallState> m_state;
    InstallKey m_key;
    std::unique_ptr<RegistryOrigin> m_npm;
    std::unique_ptr<RegistryOrigin> m_pypi;
};

/*!
    The host's package registries, of which sandboxes see made-up hosts. One object for an engine; not thread-safe.
    Replies need an event loop.
*/
class Registries
{
public:
    //! \a cacheFolder: empty: nothing is kept. By default installCacheFolder(). \a resolver: null: the system's.
    explicit Registries(const RegistrySettings &settings, const QString &cacheFolder, const CacheLimits &limits = {},
                        std::shared_ptr<egress::Resolver> resolver = nullptr);

    //! For installs that begin from now on: whoever serves for long reads the host's configuration again now and then.
    void setSettings(const RegistrySettings &settings);
    [[nodiscard]] const RegistrySettings &settings() const { return m_settings; }

    //! One run's. \a imageId is Docker's, so that another image of the same name is another install; \a packages are
    //! what planInstall() put in for {packages}, or the request's own.
    [[nodiscard]] std::unique_ptr<Install> install(const QString &runtime, const QString &imageId,
                                                   const QStringList &packages) const;

    //! For tests; of installs that begin from now on.
    void setNameRules(const NameRules &rules) { m_rules = rules; }

private:
    RegistrySettings m_settings;
    SharedTls m_npmTls;
    SharedTls m_pypiTls;
    NameRules m_rules;
    std::shared_ptr<egress::Resolver> m_resolver;
    std::shared_ptr<const UrlSigner> m_signer;
    std::shared_ptr<const InstallCache> m_cache;
};

//! Below cacheDirectory().
[[nodiscard]] QString installCacheFolder();

} // namespace isol8::registry
