// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QDateTime>
#include <QFile>
#include <QJsonObject>
#include <QList>
#include <QObject>
#include <QStringList>

#include <memory>
#include <optional>

namespace isol8::audit {

//! Which records are wanted.
struct RecordFilter
{
    QDateTime since = {};                         //!< of the run's start; invalid: from the beginning
    QString runtime = {};                         //!< empty: any
    QString reason = {};                          //!< empty: any
    std::optional<QString> tenant = std::nullopt; //!< not set: everybody's

    //! False of lines that are no records, too.
    [[nodiscard]] bool takes(const QJsonObject &record) const;
};

/*!
    Looks for the newest records that fit, from the log's end backwards, a part of a file in each turn of the event
   loop, so that whoever else lives in it goes on. Deleting it ends it.

    What it reads and what it finds is bounded, whatever the log holds: MostRead, MostFound bytes.
*/
class RecordSearch : public QObject
{
    Q_OBJECT

public:
    //! \a most: records.
    RecordSearch(QString folder, RecordFilter filter, qsizetype most, QObject *parent = nullptr);

    static constexpr qint64 Part = 256 * 1024;
    static constexpr qint64 MostRead = qint64(256) * 1024 * 1024;
    static constexpr qint64 MostFound = qint64(16) * 1024 * 1024;
    static constexpr qsizetype LongestRecord = qsizetype(8) * 1024 * 1024; //!< longer lines are left out

Q_SIGNALS:
    //! The oldest first. Once, never from inside the constructor.
    void finished(const QList<QJsonObject> &records);

private:
    void step();
    [[nodiscard]] bool openNext();
    void takeLines(bool isBegin);
    void take(const QByteArray &line);
    [[nodiscard]] bool isDone() const;

    QString m_folder;
    RecordFilter m_filter;
    qsizetype m_most;
    QStringList m_names; //!< of files that are left, the newest last
    std::unique_ptr<QFile> m_file;
    qint64 m_at = 0;        //!< what is behind it in the file was read
    QByteArray m_rest;      //!< from there to the begin of the last line that was taken
    bool m_leaving = false; //!< what was read is of a line that is too long
    qint64 m_read = 0;
    qint64 m_found = 0; //!< bytes
    QList<QJsonObject> m_records;
};

} // namespace isol8::audit
