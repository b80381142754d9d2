// SPDX-License-Identifier: GPL-3.0-or-later
#include <service/RequestPolicy.h>

#include <QJsonArray>

using namespace Qt::StringLiterals;

namespace isol8::service {

namespace {

bool wantsOtherSeccomp(const RunOptions &options, const Config::Security &security)
{
    // A path alone would take the place of the server's own profile.
    return (options.seccomp && *options.seccomp != security.seccomp) ||
           (!options.customProfilePath.isEmpty() && options.customProfilePath != security.customProfilePath);
}

} // namespace

Result<void> applyRequestPolicy(ExecuteMessage *message, const Config &config)
{
    RunOptions &options = message->options;
    const QJsonArray allowed = config.service.value(u"allow"_s).toArray();
    const auto isAllowed = [&](const QString &name) { return allowed.contains(QJsonValue(name)); };

    struct Wish
    {
        QString name;  //!< in service.allow
        QString field; //!< for the sentence
        bool isAsked;
    };
    const bool hostByDefault = config.defaults.network == Network::Host;
    const bool isDefaultIsolation = options.isolation.isEmpty() || options.isolation == u"default";
    const Wish wishes[] = {
        {u"security"_s, u"security"_s, wantsOtherSeccomp(options, config.security)},
        {u"readonlyRootFs"_s, u"readonlyRootFs: false"_s,
         options.readonlyRootFs == false && config.defaults.readonlyRootFs},
        {u"persist"_s, u"persist"_s, options.persist},
        {u"isolation"_s, u"isolation"_s, !isDefaultIsolation},
        {u"priority"_s, u"priority"_s, options.priority != 0},
        {u"network:host"_s, u"network: host"_s, options.network == Network::Host && !hostByDefault},
    };
    for (const Wish &wish : wishes) {
        if (wish.isAsked && !isAllowed(wish.name))
            return fail(
                errors::NotAllowed,
                u"options.%1 is for this service's owner to decide, who has not named \"%2\" in service.allow; leave it out."_s
                    .arg(wish.field, wish.name));
    }
    options.confined = true;
    options.ownImagesOnly = !isAllowed(u"image"_s);
    options.debug = false;
    options.remoteCode.reset();
    options.runtimes.reset();
    message->isExplicit = false; // its limits are the server's
    return {};
}

} // namespace isol8::service
