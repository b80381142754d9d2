// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>
#include <isol8/base/Units.h>
#include <isol8/policy/SandboxSpec.h>

#include <QJsonArray>
#include <QJsonObject>
#include <QMap>
#include <QProcessEnvironment>
#include <QString>
#include <QStringList>

namespace isol8 {

//! The defaults that resources/config.schema.json gives for the keys of one section.
[[nodiscard]] QJsonObject configSectionDefaults(const QString &section);

/*!
    The configuration, every key of the specification's section 11, with its default. A plain value.
    resources/config.schema.json is the schema that files are checked against; a test keeps the two in step.
*/
struct Config
{
    struct Defaults
    {
        milliseconds timeout{30000};
        qint64 memoryLimit = 512 * MiB;
        double cpuLimit = 1.0;
        Network network = Network::None;
        qint64 sandboxSize = 512 * MiB;
        qint64 tmpSize = 256 * MiB;
        bool readonlyRootFs = true;
        int pidsLimit = 64;
        qint64 maxOutputSize = 1 * MiB;
        friend bool operator==(const Defaults &, const Defaults &) = default;
    };
    //! What a request may ask for at most. Not set: no ceiling (the CLI applies only configured ones, `serve` the
    //! defaults of the specification).
    struct Limits
    {
        milliseconds timeout{600000};
        qint64 memoryLimit = 2 * GiB;
        double cpuLimit = 0; //!< 0: the host's number of CPUs
        int pidsLimit = 256;
        qint64 sandboxSize = 2 * GiB;
        qint64 tmpSize = 1 * GiB;
        qint64 maxOutputSize = 16 * MiB;
        friend bool operator==(const Limits &, const Limits &) = default;
    };
    struct NetworkRules
    {
        QStringList whitelist;
        QStringList blacklist;
        QStringList allowPrivate;
        QList<int> ports{80, 443};
        int maxConnections = 256;          //!< of a run, at once
        int maxTotalConnections = 100'000; //!< of a run, in all
        qint64 maxBytes = 8 * GiB;         //!< of a run, both directions together
        milliseconds idleTimeout{300'000}; //!< of a connection on which nothing moves
        friend bool operator==(const NetworkRules &, const NetworkRules &) = default;
    };
    struct Cleanup
    {
        bool autoPrune = true;
        milliseconds maxContainerAge{3600000};
        milliseconds pauseAfter{300000};
        friend bool operator==(const Cleanup &, const Cleanup &) = default;
    };
    struct PoolSize
    {
        int clean = 1;
        int dirty = 1;
        friend bool operator==(const PoolSize &, const PoolSize &) = default;
    };
    struct Security
    {
        SeccompMode seccomp = SeccompMode::Strict;
        QString customProfilePath;
        friend bool operator==(const Security &, const Security &) = default;
    };
    enum class PoolStrategy { Secure, Fast };

    int maxConcurrent = 10;
    Defaults defaults;
    Limits limits;
    bool limitsConfigured = false; //!< the file has `limits`
    QStringList limitKeys; //!< the keys of `limits` that the file has: "memoryLimit"; what the command line applies
    NetworkRules network;
    Cleanup cleanup;
    PoolStrategy poolStrategy = PoolStrategy::Secure;
    PoolSize poolSize;
    Security security;
    QJsonObject remoteCode = configSectionDefaults(QStringLiteral("remoteCode")); //!< defaults filled in
    QJsonObject audit = configSectionDefaults(QStringLiteral("audit"));           //!< defaults filled in
    QJsonObject auth = configSectionDefaults(QStringLiteral("auth"));             //!< defaults filled in
    QJsonObject service = configSectionDefaults(QStringLiteral("service"));       //!< defaults filled in
    QJsonArray prebuiltImages;
    QJsonObject runtimes; //!< as in the file; RuntimeRegistry::extendedBy() reads it
    bool debug = false;

    friend bool operator==(const Config &, const Config &) = default;

    //! Defaults with \a object merged deeply over them. bad_config names the key by its path ("defaults.memoryLimit"),
    //! what is wrong, and for an unknown key the nearest known one.
    [[nodiscard]] static Result<Config> fromJson(const QJsonObject &object);
    //! Every key, in the file's form. `limits` is there whether configured or not.
    [[nodiscard]] QJsonObject toJson() const;
};

struct LoadedConfig
{
    Config config;
    QString path;                   //!< the file that was read; empty: none was found
    QMap<QString, QString> origins; //!< "defaults.memoryLimit" -> "default", the file's path or a variable's name, for
                                    //!< every leaf of toJson()
};

/*!
    Reads the first of \a explicitPath (or ISOL8_CONFIG of \a environment), \a folder/isol8.config.json and
    ~/.isol8/config.json that exists. bad_config gives the file, and the line where JSON cannot be parsed or the wrong
   key stands; an explicit file that is absent is an error. A relative security.customProfilePath counts from the file's
   folder; ISOL8_AUDIT_DIR stands in for an audit.logDir that the file does not give.
*/
[[nodiscard]] Result<LoadedConfig> loadConfig(const QString &explicitPath, const QString &folder,
                                              const QProcessEnvironment &environment);

//! Reads one file's text, as loadConfig() does; \a name is what messages call it. Pure.
[[nodiscard]] Result<Config> parseConfig(const QByteArray &text, const QString &name);

//! The text of resources/config.schema.json.
[[nodiscard]] QByteArray configSchema();

} // namespace isol8
