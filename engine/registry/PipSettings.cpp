// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/registry/SettingsPrivate.h>

#include <QRegularExpression>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8::registry {

namespace {

using Sections = QMap<QString, QMap<QString, QString>>;

QStringList words(const QString &text)
{
    static const QRegularExpression blanks(u"\\s+"_s);
    return text.split(blanks, Qt::SkipEmptyParts);
}

bool isTrue(const QString &text)
{
    return QStringList{u"1"_s, u"y"_s, u"yes"_s, u"t"_s, u"true"_s, u"on"_s}.contains(text.toLower());
}

QMap<QString, QString> ofInstall(const Sections &sections)
{
    QMap<QString, QString> values = sections.value(u"global"_s);
    values.insert(sections.value(u"install"_s));
    return values;
}

QMap<QString, QString> pipValues(const SettingsSources &sources)
{
    QMap<QString, QString> global; // [install] of a weaker file wins over [global] of a stronger one, as with pip
    QMap<QString, QString> install;
    const QString named = sources.variable(u"PIP_CONFIG_FILE"_s);
    const QString xdg = sources.variable(u"XDG_CONFIG_HOME"_s);
    const QStringList files{
        sources.root + u"/etc/xdg/pip/pip.conf"_s,
        sources.root + u"/etc/pip.conf"_s,
        sources.home + u"/.pip/pip.conf"_s,
        (xdg.isEmpty() ? sources.home + u"/.config"_s : xdg) + u"/pip/pip.conf"_s,
        sources.pythonPrefix.isEmpty() ? QString() : QString(sources.root + sources.pythonPrefix + u"/pip.conf"_s),
        named};
    for (const QString &file : files) {
        if (named == u"/dev/null")
            break;
        const Sections sections = parsePipConf(settingsFile(file));
        global.insert(sections.value(u"global"_s));
        install.insert(sections.value(u"install"_s));
    }
    QMap<QString, QString> values = ofInstall({{u"global"_s, global}, {u"install"_s, install}});
    for (auto it = sources.environment.begin(); it != sources.environment.end(); ++it) {
        if (it.key().startsWith(u"PIP_") && !it.value().isEmpty())
            values.insert(it.key().sliced(4).toLower().replace(u'_', u'-'), it.value());
    }
    return values;
}

void takeIndexes(const QMap<QString, QString> &values, ClientSettings *settings, QStringList *problems)
{
    if (isTrue(values.value(u"no-index"_s)))
        return;
    QStringList texts = words(values.value(u"index-url"_s, values.value(u"pypi-url"_s))).mid(0, 1);
    if (texts.isEmpty())
        texts.append(u"https://pypi.org/simple/"_s);
    texts += words(values.value(u"extra-index-url"_s));
    for (const QString &text : texts) {
        const QUrl url = registryUrl(text, &settings->credentials);
        if (url.isValid())
            settings->registries.append(url);
        else
            problems->append(u"One of pip's settings \"index-url\" and \"extra-index-url\" is not a URL of http or "
                             "https; it is passed over."_s);
    }
}

void takeTrust(const QMap<QString, QString> &values, const SettingsSources &sources, ClientSettings *settings)
{
    for (const QString &file : {values.value(u"cert"_s), sources.variable(u"REQUESTS_CA_BUNDLE"_s),
                                sources.variable(u"CURL_CA_BUNDLE"_s), sources.variable(u"SSL_CERT_FILE"_s)}) {
        if (!file.isEmpty()) {
            settings->authorityFiles.append(file);
            break;
        }
    }
    for (const QString &host : words(values.value(u"trusted-host"_s)))
        settings->unverified.append(host.toLower());
    // One file, as with pip: certificate and key.
    if (const QString file = values.value(u"client-cert"_s); !file.isEmpty())
        settings->certificates.append({{}, u"/"_s, file, file, {}});
}

} // namespace

Sections parsePipConf(const QString &text)
{
    Sections sections;
    QString section;
    QString key;
    for (const QStringView line : QStringView(text).split(u'\n')) {
        const QStringView trimmed = line.trimmed();
        if (trimmed.isEmpty() || trimmed.startsWith(u'#') || trimmed.startsWith(u';'))
            continue;
        if (line[0].isSpace() && !key.isEmpty()) {
            sections[section][key] += u'\n' + trimmed;
            continue;
        }
        key.clear();
        if (trimmed.startsWith(u'[') && trimmed.endsWith(u']')) {
            section = trimmed.sliced(1, trimmed.size() - 2).toString();
            continue;
        }
        const auto isDelimiter = [](QChar c) { return c == u'=' || c == u':'; };
        const qsizetype at = std::find_if(trimmed.begin(), trimmed.end(), isDelimiter) - trimmed.begin();
        if (at == trimmed.size())
            continue;
        key = trimmed.left(at).trimmed().toString().toLower().replace(u'_', u'-');
        if (key.startsWith(u"--"))
            key.remove(0, 2);
        sections[section][key] = trimmed.sliced(at + 1).trimmed().toString();
    }
    return sections;
}

QList<NetrcEntry> parseNetrc(const QString &text)
{
    static const QRegularExpression macro(u"^[ \\t]*macdef\\b.*?(?:\\n[ \\t]*\\n|\\z)"_s,
                                          QRegularExpression::MultilineOption |
                                              QRegularExpression::DotMatchesEverythingOption);
    static const QRegularExpression comment(u"^[ \\t]*#.*$"_s, QRegularExpression::MultilineOption);
    QStringList tokens = words(QString(text).remove(macro).remove(comment));
    QList<NetrcEntry> entries;
    bool ofMachine = false;
    for (qsizetype i = 0; i < tokens.size(); ++i) {
        if (tokens[i] == u"default") {
            ofMachine = false;
            continue;
        }
        if (i + 1 == tokens.size())
            break;
        QString value = tokens[i + 1];
        if (value.size() >= 2 && value.startsWith(u'"') && value.endsWith(u'"'))
            value = value.sliced(1, value.size() - 2);
        if (tokens[i] == u"machine") {
            entries.append({value.toLower(), {}, {}});
            ofMachine = true;
        } else if (tokens[i] == u"login" && ofMachine) {
            entries.last().login = value;
        } else if (tokens[i] == u"password" && ofMachine) {
            entries.last().password = value;
        }
        ++i;
    }
    return entries;
}

ClientSettings readPipSettings(const SettingsSources &sources, QStringList *problems)
{
    ClientSettings settings;
    const QMap<QString, QString> values = pipValues(sources);
    takeIndexes(values, &settings, problems);
    takeTrust(values, sources, &settings);
    checkCertificates(settings, u"pip's setting \"client-cert\""_s, problems);
    if (!words(values.value(u"find-links"_s)).isEmpty())
        problems->append(u"pip's setting \"find-links\" is not used: packages come from indexes only."_s);

    const QString netrc = sources.variable(u"NETRC"_s);
    for (const NetrcEntry &entry : parseNetrc(settingsFile(netrc.isEmpty() ? sources.home + u"/.netrc"_s : netrc))) {
        const QByteArray authority = entry.machine.toLatin1();
        const bool known = std::any_of(settings.credentials.begin(), settings.credentials.end(),
                                       [&](const Credential &c) { return c.authority == authority; });
        if (!known)
            settings.credentials.append({authority, u"/"_s, basicAuthorization(entry.login, entry.password)});
    }

    const QUrl all = proxyUrl(values.value(u"proxy"_s));
    const auto fromEnvironment = [&](const QString &name) {
        const QString text = sources.proxyVariable(name);
        return proxyUrl(text.isEmpty() ? sources.proxyVariable(u"all_proxy"_s) : text);
    };
    settings.proxy.http = all.isEmpty() ? fromEnvironment(u"http_proxy"_s) : all;
    settings.proxy.https = all.isEmpty() ? fromEnvironment(u"https_proxy"_s) : all;
    settings.proxy.exceptions = sources.proxyVariable(u"no_proxy"_s).split(u',', Qt::SkipEmptyParts);
    return settings;
}

} // namespace isol8::registry
