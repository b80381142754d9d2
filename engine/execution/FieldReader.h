// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>
#include <isol8/base/Units.h>

#include <QByteArray>
#include <QJsonArray>
#include <QJsonObject>
#include <QMap>
#include <QStringList>

#include <optional>

namespace isol8 {

/*!
    Reads the typed members of a JSON object that strangers sent. The first that is wrong is kept as bad_request and
   names its path ("request.env.PATH"); reading goes on, so that callers need to look at error() once only. Members that
   are absent or null leave their field as it is; members that nobody asks for are ignored. Holds a reference: the
   object must live longer.
*/
class FieldReader
{
public:
    //! \a path: of \a object itself; empty: it is what was sent.
    FieldReader(const QJsonObject &object, QString path)
        : m_object(object)
        , m_path(std::move(path))
    {
    }

    void read(const QString &key, QString *field);
    void read(const QString &key, std::optional<QByteArray> *field);
    void read(const QString &key, bool *field);
    void read(const QString &key, std::optional<bool> *field);
    void read(const QString &key, double *field, double least, double most);
    void read(const QString &key, std::optional<double> *field, double least, double most);
    void read(const QString &key, int *field, int least, int most);
    void read(const QString &key, std::optional<int> *field, int least, int most);
    void read(const QString &key, qint64 *field, qint64 least, qint64 most);
    void read(const QString &key, QStringList *field);
    void read(const QString &key, std::optional<QStringList> *field);
    void read(const QString &key, QMap<QString, QString> *field);
    void read(const QString &key, QJsonObject *field);
    void read(const QString &key, QJsonArray *field);
    //! Whole milliseconds above 0.
    void read(const QString &key, std::optional<milliseconds> *field);
    //! "512m", or a number of bytes.
    void readSize(const QString &key, std::optional<qint64> *field);

    //! What is there; undefined for null, too.
    [[nodiscard]] QJsonValue value(const QString &key) const;
    [[nodiscard]] QString pathOf(const QString &key) const { return m_path.isEmpty() ? key : m_path + u'.' + key; }
    void complain(const QString &path, const QString &expected, const QJsonValue &found);
    void complain(Error error);
    [[nodiscard]] const std::optional<Error> &error() const { return m_error; }

private:
    const QJsonObject &m_object;
    QString m_path;
    std::optional<Error> m_error;
};

inline constexpr qint64 LongestTimeoutMs = 2147483647; //!< what a timer can wait: 24 days

} // namespace isol8
