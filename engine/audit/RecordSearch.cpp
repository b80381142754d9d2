// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/audit/RecordSearch.h>

#include <isol8/audit/RecordFolder.h>

#include <QJsonDocument>
#include <QTimer>

#include <algorithm>
#include <utility>

using namespace Qt::StringLiterals;

namespace isol8::audit {

bool RecordFilter::takes(const QJsonObject &record) const
{
    if (record.isEmpty() || record.contains(u"event"_s))
        return false;
    const auto is = [&record](const QString &key, const QString &wanted) {
        return wanted.isEmpty() || record.value(key).toString() == wanted;
    };
    if (!is(u"runtime"_s, runtime) || !is(u"reason"_s, reason))
        return false;
    if (tenant && record.value(u"tenantId"_s).toString() != *tenant)
        return false;
    return !since.isValid() ||
           QDateTime::fromString(record.value(u"timestamp"_s).toString(), Qt::ISODateWithMs) >= since;
}

RecordSearch::RecordSearch(QString folder, RecordFilter filter, qsizetype most, QObject *parent)
    : QObject(parent)
    , m_folder(std::move(folder))
    , m_filter(std::move(filter))
    , m_most(most)
    , m_names(recordFiles(m_folder))
{
    QTimer::singleShot(0, this, &RecordSearch::step);
}

bool RecordSearch::isDone() const
{
    return m_records.size() >= m_most || m_found >= MostFound || m_read >= MostRead;
}

bool RecordSearch::openNext()
{
    while (!m_names.isEmpty()) {
        const QString name = m_names.takeLast();
        const QDate day = dayOf(name);
        if (day.isValid() && m_filter.since.isValid() && day < m_filter.since.toUTC().date())
            return false; // as are all before it
        m_file = std::make_unique<QFile>(m_folder + u'/' + name);
        if (m_file->open(QIODevice::ReadOnly | QIODevice::Unbuffered)) {
            m_at = m_file->size();
            m_rest.clear();
            m_leaving = false;
            return true;
        }
    }
    m_file.reset();
    return false;
}

void RecordSearch::step()
{
    if (isDone() || (!m_file && !openNext())) {
        std::reverse(m_records.begin(), m_records.end());
        Q_EMIT finished(std::exchange(m_records, {}));
        return;
    }
    const qint64 size = std::min(m_at, Part);
    m_at -= size;
    QByteArray part = m_file->seek(m_at) ? m_file->read(size) : QByteArray();
    const bool isThere = part.size() == size;
    m_read += std::max<qint64>(size, 1);
    if (isThere && std::exchange(m_leaving, false)) {
        m_leaving = !part.contains('\n');
        part.truncate(part.lastIndexOf('\n') + 1);
    }
    m_rest.prepend(part);
    if (isThere)
        takeLines(m_at == 0);
    if (!isThere || m_at == 0)
        m_file.reset();
    QTimer::singleShot(0, this, &RecordSearch::step);
}

void RecordSearch::takeLines(bool isBegin)
{
    while (!m_rest.isEmpty() && !isDone()) {
        const qsizetype end = m_rest.size() - (m_rest.endsWith('\n') ? 1 : 0);
        const qsizetype before = end > 0 ? m_rest.lastIndexOf('\n', end - 1) : -1;
        if (before < 0 && !isBegin)
            break;
        take(m_rest.sliced(before + 1, end - before - 1));
        m_rest.truncate(before + 1);
    }
    if (m_rest.size() > LongestRecord) {
        m_rest.clear();
        m_leaving = true;
    }
}

void RecordSearch::take(const QByteArray &line)
{
    const QJsonObject record = QJsonDocument::fromJson(line).object();
    if (!m_filter.takes(record))
        return;
    m_records.append(record);
    m_found += line.size();
}

} // namespace isol8::audit
