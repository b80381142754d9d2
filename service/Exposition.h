// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QList>

#include <utility>
#include <vector>

namespace isol8::service {

using Labels = QList<std::pair<QByteArray, QByteArray>>;

/*!
    Measurements that were counted into buckets.
*/
class Histogram
{
public:
    void add(double seconds);
    //! Upper bounds, in seconds; one more bucket has the rest.
    [[nodiscard]] static const std::vector<double> &bounds();
    [[nodiscard]] const std::vector<qint64> &counts() const { return m_counts; }
    [[nodiscard]] double sum() const { return m_sum; }

private:
    std::vector<qint64> m_counts = std::vector<qint64>(bounds().size() + 1);
    double m_sum = 0;
};

/*!
    Metrics as Prometheus' text format 0.0.4 has them. A family first, then its samples.
*/
class Exposition
{
public:
    static constexpr char ContentType[] = "text/plain; version=0.0.4; charset=utf-8";

    //! \a type: counter, gauge or histogram.
    void family(const QByteArray &name, const char *type, const QByteArray &help);
    void sample(double value, const Labels &labels = {});
    void sample(const Histogram &histogram, const Labels &labels = {});

    [[nodiscard]] const QByteArray &text() const { return m_text; }

private:
    void line(const QByteArray &name, const Labels &labels, double value);

    QByteArray m_name;
    QByteArray m_text;
};

} // namespace isol8::service
