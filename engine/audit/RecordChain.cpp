// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/audit/RecordChain.h>

#include <QCryptographicHash>
#include <QJsonDocument>

using namespace Qt::StringLiterals;

namespace isol8::audit {

QByteArray hashOf(QByteArrayView line)
{
    QCryptographicHash hash(QCryptographicHash::Sha256);
    hash.addData(QByteArray::fromRawData(line.data(), line.size()));
    return hash.result().toHex();
}

QByteArray chained(QJsonObject record, ChainPoint *point)
{
    record.insert(u"sequence"_s, ++point->sequence);
    record.insert(u"previousHash"_s, QString::fromLatin1(point->hash));
    QByteArray line = QJsonDocument(record).toJson(QJsonDocument::Compact);
    point->hash = hashOf(line);
    return line;
}

bool ChainCheck::fail(const Place &place, const QString &sentence)
{
    m_problem = Problem{place, sentence};
    return false;
}

// What retention was about to delete may still be there.
bool ChainCheck::fitsFirst(const ChainPoint &before) const
{
    return !m_first || before == *m_first || before.sequence < m_first->sequence;
}

bool ChainCheck::feed(QByteArrayView line, const Place &place)
{
    const QJsonObject object = QJsonDocument::fromJson(QByteArray::fromRawData(line.data(), line.size())).object();
    const QString event = object.value(u"event"_s).toString();
    if (object.isEmpty()) {
        if (m_unfinished)
            return fail(m_unfinishedPlace, u"This line is no record."_s);
        m_unfinished = hashOf(line);
        m_unfinishedPlace = place;
        return true;
    }
    if (m_unfinished && (event != events::Torn || object.value(u"lineHash"_s).toString().toLatin1() != *m_unfinished))
        return fail(m_unfinishedPlace, u"This line is no record."_s);
    const ChainPoint before{object.value(u"sequence"_s).toInteger() - 1,
                            object.value(u"previousHash"_s).toString().toLatin1()};
    const ChainPoint &expected = m_any ? m_point : m_first.value_or(before);
    if (m_any ? before.sequence > expected.sequence : !fitsFirst(before) && before.sequence > expected.sequence)
        return fail(place, u"%1 before this one are missing."_s.arg(before.sequence - expected.sequence));
    if (m_any && before.sequence < expected.sequence)
        return fail(place,
                    u"This line does not belong here: its number is %1, and %2 comes next."_s.arg(before.sequence + 1)
                        .arg(expected.sequence + 1));
    if (m_any && before.hash != expected.hash)
        return fail(m_place, u"This line is not what the next one says it was: one of the two was changed."_s);
    if (!m_any && !fitsFirst(before))
        return fail(place, u"This is not the line with which the records begin."_s);
    if (event == events::HeadLost)
        return fail(place,
                    u"The file that says where the records end was gone before this line was written; some may be "
                    u"missing."_s);
    if (event == events::Torn && !m_unfinished)
        return fail(place, u"The unfinished line before this one is missing."_s);
    m_torn += event == events::Torn ? 1 : 0;
    m_lost += event == events::Lost ? object.value(u"count"_s).toInteger() : 0;
    m_records += event.isEmpty() ? 1 : 0;
    m_unfinished.reset();
    m_any = true;
    m_place = place;
    m_point = {before.sequence + 1, hashOf(line)};
    return true;
}

bool ChainCheck::finish(const ChainPoint &last)
{
    if (m_problem)
        return false;
    if (m_unfinished)
        return fail(m_unfinishedPlace, u"This line is no record."_s);
    if (!m_any && last.sequence > 0 && last.sequence > m_first.value_or(ChainPoint()).sequence)
        return fail(m_place, u"All records are missing; the last was number %1."_s.arg(last.sequence));
    const ChainPoint end = m_any ? m_point : m_first.value_or(ChainPoint());
    if (end.sequence < last.sequence)
        return fail(m_place, u"%1 behind this one are missing."_s.arg(last.sequence - end.sequence));
    if (end.sequence == last.sequence && end.hash != last.hash)
        return fail(m_place, u"This line, the last one, was changed."_s);
    return true;
}

} // namespace isol8::audit
