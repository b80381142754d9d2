// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/registry/SettingsPrivate.h>

#include <QJsonArray>
#include <QJsonDocument>
#include <QRegularExpression>

using namespace Qt::StringLiterals;

namespace isol8::registry {

namespace {

using Pairs = QList<std::pair<QString, QString>>;

// The value as npm's ini module reads it: quoted whole, or up to a comment.
QString unquoted(QString value)
{
    value = value.trimmed();
    if (value.size() >= 2 && value.startsWith(u'"') && value.endsWith(u'"')) {
        const auto array = QJsonDocument::fromJson(u"[%1]"_s.arg(value).toUtf8()).array();
        return array.size() == 1 ? array[0].toString() : value.sliced(1, value.size() - 2);
    }
    if (value.size() >= 2 && value.startsWith(u'\'') && value.endsWith(u'\''))
        return value.sliced(1, value.size() - 2);
    QString result;
    for (qsizetype i = 0; i < value.size(); ++i) {
        const QChar c = value[i];
        if (c == u'\\' && i + 1 < value.size() && u"\\;#"_s.contains(value[i + 1]))
            result += value[++i];
        else if (c == u';' || c == u'#')
            break;
        else
            result += c;
    }
    return result.trimmed();
}

QString expanded(const QString &text, const QMap<QString, QString> &environment)
{
    static const QRegularExpression pattern(u"(?<!\\\\)\\$\\{([^${}?]+)([?]?)\\}"_s);
    QString result;
    qsizetype from = 0;
    for (auto it = pattern.globalMatch(text); it.hasNext();) {
        const auto match = it.next();
        result += QStringView(text).sliced(from, match.capturedStart() - from);
        const auto value = environment.constFind(match.captured(1));
        if (value != environment.constEnd())
            result += *value;
        else if (match.capturedLength(2) == 0)
            result += match.capturedView();
        from = match.capturedEnd();
    }
    return result + QStringView(text).sliced(from);
}

Pairs fromEnvironment(const SettingsSources &sources)
{
    constexpr QStringView Prefix = u"npm_config_";
    Pairs pairs;
    for (auto it = sources.environment.begin(); it != sources.environment.end(); ++it) {
        if (!it.key().startsWith(Prefix, Qt::CaseInsensitive) || it.value().isEmpty())
            continue;
        QString key = it.key().sliced(Prefix.size());
        if (!key.startsWith(u"//")) {
            key = key.toLower();
            for (qsizetype i = 1; i < key.size(); ++i) {
                if (key[i] == u'_')
                    key[i] = u'-';
            }
        }
        pairs.append({key, it.value()});
    }
    return pairs;
}

// What has been given of one host's credentials, by "//host/path/"; empty: of the default registry.
struct Login
{
    QString token;
    QString basic;
    QString user;
    QString password; //!< in base64
    QString certificateFile;
    QString keyFile;

    [[nodiscard]] QByteArray authorization() const
    {
        if (!token.isEmpty())
            return "Bearer " + token.toUtf8();
        if (!basic.isEmpty())
            return "Basic " + basic.toUtf8();
        if (!user.isEmpty() && !password.isEmpty())
            return basicAuthorization(user, QString::fromUtf8(QByteArray::fromBase64(password.toUtf8())));
        return {};
    }
};

bool isPrintable(const QByteArray &value)
{
    return std::all_of(value.begin(), value.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

class Collector
{
public:
    explicit Collector(const SettingsSources &sources)
        : m_sources(sources)
    {
    }

    void take(const Pairs &pairs)
    {
        // A list that a stronger source gives replaces the weaker one's.
        bool fresh = true;
        for (const auto &[name, value] : pairs) {
            const QString key = name.endsWith(u"[]") ? name.chopped(2) : name;
            if (key == u"ca") {
                if (fresh)
                    m_ca.clear();
                fresh = false;
                m_ca += QString(value).replace(u"\\n"_s, u"\n"_s) + u'\n';
            } else if (key.startsWith(u"//") || key.startsWith(u'_') || key == u"username") {
                takeLogin(key, value);
            } else {
                m_values.insert(key, value);
            }
        }
    }

    [[nodiscard]] QString value(const QString &key) const { return m_values.value(key); }

    ClientSettings result(QStringList *problems)
    {
        ClientSettings settings;
        takeRegistries(&settings, problems);
        for (auto it = m_logins.cbegin(); it != m_logins.cend(); ++it) {
            const QByteArray authorization = it->authorization();
            const QUrl url =
                it.key().isEmpty() ? settings.registries.first() : registryUrl(QString(u"https:"_s + it.key()));
            if (url.isValid() && !authorization.isEmpty() && isPrintable(authorization))
                settings.credentials.append({authorityOf(url), url.path(QUrl::FullyEncoded), authorization});
            if (url.isValid() && !it->certificateFile.isEmpty() && !it->keyFile.isEmpty())
                settings.certificates.append(
                    {authorityOf(url), url.path(QUrl::FullyEncoded), it->certificateFile, it->keyFile, {}});
        }
        checkCertificates(settings, u"npm's setting \"certfile\" or \"keyfile\" of a registry"_s, problems);
        if (given(u"cert"_s) && given(u"key"_s))
            settings.certificates.append({{}, u"/"_s, {}, {}, pemOf(u"cert"_s) + pemOf(u"key"_s)});
        if (given(u"cafile"_s))
            settings.authorityFiles.append(value(u"cafile"_s));
        else if (m_ca.contains(u"BEGIN"))
            settings.authorities = m_ca.toUtf8();
        else if (const QString file = m_sources.variable(u"SSL_CERT_FILE"_s); !file.isEmpty())
            settings.authorityFiles.append(file);
        if (const QString file = m_sources.variable(u"NODE_EXTRA_CA_CERTS"_s); !file.isEmpty())
            settings.addedAuthorityFiles.append(file);
        settings.verify = value(u"strict-ssl"_s) != u"false";
        takeProxy(&settings.proxy);
        return settings;
    }

private:
    [[nodiscard]] bool given(const QString &key) const
    {
        const QString text = value(key);
        return !text.isEmpty() && text != u"null" && text != u"false";
    }

    [[nodiscard]] QByteArray pemOf(const QString &key) const
    {
        return value(key).replace(u"\\n"_s, u"\n"_s).toUtf8() + '\n';
    }

    void takeLogin(const QString &key, const QString &value)
    {
        const qsizetype colon = key.lastIndexOf(u':');
        const bool ofHost = key.startsWith(u"//");
        if (ofHost && colon < 0)
            return;
        Login &login = m_logins[ofHost ? key.left(colon) : QString()];
        const QStringView what = ofHost ? QStringView(key).sliced(colon + 1) : QStringView(key);
        if (what.compare(u"_authToken", Qt::CaseInsensitive) == 0 || what == u"_auth-token")
            login.token = value;
        else if (what == u"_auth")
            login.basic = value;
        else if (what == u"username")
            login.user = value;
        else if (what == u"_password")
            login.password = value;
        else if (what == u"certfile")
            login.certificateFile = value;
        else if (what == u"keyfile")
            login.keyFile = value;
    }

    void takeRegistries(ClientSettings *settings, QStringList *problems)
    {
        const QString text = given(u"registry"_s) ? value(u"registry"_s) : u"https://registry.npmjs.org/"_s;
        settings->registries.append(registryUrl(text, &settings->credentials));
        if (!settings->registries.first().isValid()) {
            problems->append(u"npm's setting \"registry\" is not a URL; https://registry.npmjs.org/ is used."_s);
            settings->registries.first() = QUrl(u"https://registry.npmjs.org/"_s);
        }
        for (auto it = m_values.cbegin(); it != m_values.cend(); ++it) {
            if (!it.key().startsWith(u'@') || !it.key().endsWith(u":registry"))
                continue;
            const QUrl url = registryUrl(it.value(), &settings->credentials);
            if (url.isValid())
                settings->scopes.insert(it.key().section(u':', 0, 0), url);
            else
                problems->append(u"npm's setting \"%1\" is not a URL; it is passed over."_s.arg(it.key().left(80)));
        }
    }

    void takeProxy(UpstreamProxy *proxy) const
    {
        const auto first = [](const QStringList &texts) {
            for (const QString &text : texts) {
                if (const QUrl url = proxyUrl(text); url.isValid() && !text.isEmpty())
                    return url;
            }
            return QUrl();
        };
        const auto configured = [&](const QString &key) { return given(key) ? value(key) : QString(); };
        proxy->http = first({configured(u"proxy"_s), m_sources.proxyVariable(u"http_proxy"_s),
                             m_sources.proxyVariable(u"all_proxy"_s)});
        proxy->https = first({configured(u"https-proxy"_s), m_sources.proxyVariable(u"https_proxy"_s),
                              configured(u"proxy"_s), m_sources.proxyVariable(u"all_proxy"_s)});
        const QString without = given(u"noproxy"_s) ? value(u"noproxy"_s) : m_sources.proxyVariable(u"no_proxy"_s);
        proxy->exceptions = without.split(u',', Qt::SkipEmptyParts);
    }

    const SettingsSources &m_sources;
    QMap<QString, QString> m_values;
    QMap<QString, Login> m_logins;
    QString m_ca;
};

} // namespace

Pairs parseNpmrc(const QString &text, const QMap<QString, QString> &environment)
{
    Pairs pairs;
    bool inSection = false;
    for (QStringView line : QStringView(text).split(u'\n')) {
        line = line.trimmed();
        if (line.isEmpty() || line.startsWith(u';') || line.startsWith(u'#'))
            continue;
        if (line.startsWith(u'[') && line.endsWith(u']'))
            inSection = true; // npm keeps nothing of its own in sections
        if (inSection)
            continue;
        const qsizetype equals = line.indexOf(u'=');
        const QString key = unquoted((equals < 0 ? line : line.left(equals)).toString());
        const QString value = equals < 0 ? u"true"_s : unquoted(line.sliced(equals + 1).toString());
        pairs.append({expanded(key, environment), expanded(value, environment)});
    }
    return pairs;
}

ClientSettings readNpmSettings(const SettingsSources &sources, QStringList *problems)
{
    const Pairs environment = fromEnvironment(sources);
    Collector places(sources); // where the files are can be said by the environment, and by the user's file
    places.take(environment);
    const QString userFile =
        places.value(u"userconfig"_s).isEmpty() ? sources.home + u"/.npmrc"_s : places.value(u"userconfig"_s);
    const Pairs user = parseNpmrc(settingsFile(userFile), sources.environment);
    Collector prefixes(sources);
    prefixes.take(user);
    prefixes.take(environment);
    const QString prefix =
        prefixes.value(u"prefix"_s).isEmpty() ? sources.root + sources.npmPrefix : prefixes.value(u"prefix"_s);
    const QString globalFile =
        prefixes.value(u"globalconfig"_s).isEmpty() ? prefix + u"/etc/npmrc"_s : prefixes.value(u"globalconfig"_s);

    Collector collector(sources);
    const QString builtIn = sources.root + sources.npmPrefix + u"/lib/node_modules/npm/npmrc"_s;
    for (const QString &file : {builtIn, QString(sources.root + u"/etc/npmrc"_s), globalFile})
        collector.take(parseNpmrc(settingsFile(file), sources.environment));
    collector.take(user);
    collector.take(environment);
    return collector.result(problems);
}

} // namespace isol8::registry
