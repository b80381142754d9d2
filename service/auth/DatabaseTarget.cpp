// SPDX-License-Identifier: GPL-3.0-or-later
#include <service/auth/DatabaseTarget.h>

#include <isol8/base/Paths.h>
#include <service/auth/AuthErrors.h>

#include <QDir>
#include <QMap>
#include <QUrl>
#include <QUrlQuery>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8::service {

namespace {

using Kind = DatabaseTarget::Kind;

// How long a server may take before it counts as gone, in seconds.
constexpr auto PostgresPatience = "connect_timeout=3;tcp_user_timeout=5000"_L1;
constexpr auto MySqlPatience = "MYSQL_OPT_CONNECT_TIMEOUT=3;MYSQL_OPT_READ_TIMEOUT=5;MYSQL_OPT_WRITE_TIMEOUT=5"_L1;

const QMap<QString, QString> &knownOptions(Kind kind)
{
    static const QMap<QString, QString> postgres{{u"sslmode"_s, u"sslmode"_s},
                                                 {u"sslrootcert"_s, u"sslrootcert"_s},
                                                 {u"sslcert"_s, u"sslcert"_s},
                                                 {u"sslkey"_s, u"sslkey"_s}};
    static const QMap<QString, QString> mySql{{u"socket"_s, u"UNIX_SOCKET"_s},
                                              {u"ssl-ca"_s, u"SSL_CA"_s},
                                              {u"ssl-cert"_s, u"SSL_CERT"_s},
                                              {u"ssl-key"_s, u"SSL_KEY"_s}};
    return kind == Kind::Postgres ? postgres : mySql;
}

// Drivers join options into one text, so what could end one of them is not taken.
bool isPlainValue(const QString &value)
{
    return !value.isEmpty() && std::all_of(value.begin(), value.end(),
                                           [](QChar c) { return c.isLetterOrNumber() || u"/._-+@:,"_s.contains(c); });
}

tl::unexpected<Error> wrong(QString sentence)
{
    return fail(autherrors::AuthDatabase, std::move(sentence));
}

Result<DatabaseTarget> server(Kind kind, const QUrl &url)
{
    DatabaseTarget target;
    target.kind = kind;
    target.host = url.host(QUrl::FullyDecoded);
    target.port = url.port();
    target.user = url.userName(QUrl::FullyDecoded);
    target.password = url.password(QUrl::FullyDecoded);
    target.name = url.path(QUrl::FullyDecoded).sliced(url.path().startsWith(u'/') ? 1 : 0);
    if (target.name.isEmpty() || target.name.contains(u'/'))
        return wrong(u"The key database's address lacks the database's name: "
                     "postgres://USER:PASSWORD@HOST/NAME, mysql://USER:PASSWORD@HOST/NAME."_s);
    QStringList options{kind == Kind::Postgres ? PostgresPatience : MySqlPatience};
    const auto items = QUrlQuery(url).queryItems(QUrl::FullyDecoded);
    for (const auto &[key, value] : items) {
        const QString driverOption = knownOptions(kind).value(key);
        const bool isSocketFolder = kind == Kind::Postgres && key == u"host";
        if (driverOption.isEmpty() && !isSocketFolder)
            return wrong(u"The key database's address has an option that is not known; there are %1."_s.arg(
                (knownOptions(kind).keys() + (kind == Kind::Postgres ? QStringList{u"host"_s} : QStringList()))
                    .join(u", "_s)));
        if (!isPlainValue(value))
            return wrong(u"The key database's address has a value for %1 that cannot be used."_s.arg(key));
        if (isSocketFolder)
            target.host = value;
        else
            options.append(driverOption + u'=' + value);
    }
    target.options = options.join(u';');
    return target;
}

} // namespace

Result<DatabaseTarget> DatabaseTarget::parse(const QString &text)
{
    if (text.contains("://"_L1)) {
        const QUrl url(text, QUrl::StrictMode);
        const QString scheme = text.section(u':', 0, 0).toLower();
        const bool isPostgres = scheme == u"postgres" || scheme == u"postgresql";
        if (!isPostgres && scheme != u"mysql" && scheme != u"mariadb")
            return wrong(u"Keys are kept in an SQLite file (a path), at postgres://… or at mysql://…."_s);
        if (!url.isValid())
            return wrong(u"The key database's address cannot be read; characters such as @, / and # in its password "
                         "are written as %40, %2F and %23."_s);
        return server(isPostgres ? Kind::Postgres : Kind::MySql, url);
    }
    DatabaseTarget target;
    if (text.isEmpty())
        target.file = userDirectory() + u"/auth.db"_s;
    else if (text.startsWith("~/"_L1))
        target.file = QDir::homePath() + text.sliced(1);
    else
        target.file = QDir(text).absolutePath();
    return target;
}

} // namespace isol8::service
