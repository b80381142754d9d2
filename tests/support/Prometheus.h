// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QMap>
#include <QRegularExpression>
#include <QSet>
#include <QString>

#include <cmath>
#include <limits>

/*!
    Reads Prometheus' text format 0.0.4 as strictly as its documentation has it: every line, the order of them, which
    may occur once, what a histogram must have.
*/
namespace prometheus {

struct Parsed
{
    QString problem;              //!< empty: it is well-formed
    QMap<QString, double> values; //!< by `name{a="b",c="d"}`, labels sorted
    QMap<QString, QString> types; //!< by family

    [[nodiscard]] double value(const QString &name) const
    {
        return values.value(name, std::numeric_limits<double>::quiet_NaN());
    }
};

//! The labels between the braces; false where they are not well-formed.
inline bool readLabels(QString text, QMap<QString, QString> *labels)
{
    static const QRegularExpression pair(
        QStringLiteral(R"re(^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"(,|$))re"));
    while (!text.isEmpty()) {
        const auto match = pair.match(text);
        if (!match.hasMatch() || labels->contains(match.captured(1)))
            return false;
        labels->insert(match.captured(1), match.captured(2));
        text = text.sliced(match.capturedLength());
    }
    return true;
}

inline QString nameOf(const QString &name, const QMap<QString, QString> &labels)
{
    QStringList list;
    for (auto it = labels.begin(); it != labels.end(); ++it)
        list.append(it.key() + QStringLiteral("=\"") + it.value() + u'"');
    return list.isEmpty() ? name : name + u'{' + list.join(u',') + u'}';
}

//! What one histogram, of one set of labels, has shown so far.
struct Buckets
{
    double bound = -std::numeric_limits<double>::infinity();
    double count = 0;
    double total = -1;
    bool sum = false;
};

class Reader
{
public:
    Parsed read(const QByteArray &text)
    {
        if (!text.endsWith('\n'))
            return fail(QStringLiteral("the last line has no end"));
        for (const QString &line : QString::fromUtf8(text).chopped(1).split(u'\n')) {
            if (!(line.startsWith(u'#') ? comment(line) : sample(line)))
                return fail(line);
        }
        for (auto it = m_buckets.begin(); it != m_buckets.end(); ++it) {
            if (!std::isinf(it->bound) || it->total != it->count || !it->sum)
                return fail(it.key() + QStringLiteral(" is no whole histogram"));
        }
        return m_parsed;
    }

private:
    Parsed fail(const QString &what)
    {
        m_parsed.problem = QStringLiteral("not well-formed: ") + what;
        return m_parsed;
    }

    bool comment(const QString &line)
    {
        static const QRegularExpression help(
            QStringLiteral(R"re(^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (?:[^\\]|\\\\|\\n)*$)re"));
        static const QRegularExpression type(
            QStringLiteral("^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram|summary|untyped)$"));
        if (const auto match = help.match(line); match.hasMatch())
            return begin(match.captured(1)) && !std::exchange(m_hasHelp, true);
        const auto match = type.match(line);
        if (!match.hasMatch() || !begin(match.captured(1)) || m_parsed.types.contains(m_family) || m_hasSamples)
            return false;
        m_parsed.types.insert(m_family, match.captured(2));
        return true;
    }

    //! All lines of a family stand together.
    bool begin(const QString &family)
    {
        if (family == m_family)
            return true;
        if (m_seen.contains(family))
            return false;
        m_seen.insert(family);
        m_family = family;
        m_hasHelp = m_hasSamples = false;
        return true;
    }

    bool sample(const QString &line)
    {
        static const QRegularExpression pattern(QStringLiteral(
            R"re(^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (NaN|[+-]Inf|[+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)(?: -?[0-9]+)?$)re"));
        const auto match = pattern.match(line);
        QMap<QString, QString> labels;
        if (!match.hasMatch() || !readLabels(match.captured(2), &labels))
            return false;
        const QString name = match.captured(1);
        bool good = true;
        const QString written = match.captured(3);
        const double value = written == u"NaN"    ? std::nan("")
                             : written == u"+Inf" ? std::numeric_limits<double>::infinity()
                             : written == u"-Inf" ? -std::numeric_limits<double>::infinity()
                                                  : written.toDouble(&good);
        const QString full = nameOf(name, labels);
        if (!good || m_parsed.values.contains(full))
            return false;
        m_parsed.values.insert(full, value);
        m_hasSamples = true;
        const QString type = m_parsed.types.value(m_family);
        if (type == u"histogram")
            return histogram(name, labels, value);
        return begin(name) && m_parsed.types.contains(name) && (type != u"counter" || value >= 0);
    }

    bool histogram(const QString &name, QMap<QString, QString> labels, double value)
    {
        const QString bound = labels.take(QStringLiteral("le"));
        Buckets &buckets = m_buckets[nameOf(m_family, labels)];
        if (name == m_family + QStringLiteral("_sum"))
            return bound.isEmpty() && !std::exchange(buckets.sum, true);
        if (name == m_family + QStringLiteral("_count")) {
            buckets.total = value;
            return bound.isEmpty();
        }
        bool good = true;
        const double upper = bound == u"+Inf" ? std::numeric_limits<double>::infinity() : bound.toDouble(&good);
        const bool follows =
            name == m_family + QStringLiteral("_bucket") && good && upper > buckets.bound && value >= buckets.count;
        buckets.bound = upper;
        buckets.count = value;
        return follows;
    }

    Parsed m_parsed;
    QString m_family;
    QSet<QString> m_seen;
    QMap<QString, Buckets> m_buckets;
    bool m_hasHelp = false;
    bool m_hasSamples = false;
};

inline Parsed parse(const QByteArray &text)
{
    return Reader().read(text);
}

} // namespace prometheus
