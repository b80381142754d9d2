// SPDX-License-Identifier: GPL-3.0-or-later
#include <service/Exposition.h>

#include <algorithm>
#include <cmath>

namespace isol8::service {

namespace {

QByteArray number(double value)
{
    if (std::isnan(value))
        return "NaN";
    if (std::isinf(value))
        return value > 0 ? "+Inf" : "-Inf";
    if (value == std::floor(value) && std::abs(value) < 1e15)
        return QByteArray::number(static_cast<qint64>(value));
    return QByteArray::number(value, 'g', 15);
}

QByteArray escaped(QByteArray text, bool quoted)
{
    text.replace('\\', "\\\\").replace('\n', "\\n");
    return quoted ? text.replace('"', "\\\"") : text;
}

} // namespace

const std::vector<double> &Histogram::bounds()
{
    static const std::vector<double> bounds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
                                            1,     2.5,    5,     10,   30,    60,   300, 600};
    return bounds;
}

void Histogram::add(double seconds)
{
    const auto bound = std::lower_bound(bounds().begin(), bounds().end(), seconds);
    ++m_counts[static_cast<size_t>(bound - bounds().begin())];
    m_sum += seconds;
}

void Exposition::family(const QByteArray &name, const char *type, const QByteArray &help)
{
    m_name = name;
    m_text += "# HELP " + name + ' ' + escaped(help, false) + "\n# TYPE " + name + ' ' + type + '\n';
}

void Exposition::sample(double value, const Labels &labels)
{
    line(m_name, labels, value);
}

void Exposition::sample(const Histogram &histogram, const Labels &labels)
{
    qint64 below = 0;
    for (size_t i = 0; i < histogram.counts().size(); ++i) {
        below += histogram.counts()[i];
        const QByteArray bound = i < Histogram::bounds().size() ? number(Histogram::bounds()[i]) : QByteArray("+Inf");
        line(m_name + "_bucket", labels + Labels{{"le", bound}}, double(below));
    }
    line(m_name + "_sum", labels, histogram.sum());
    line(m_name + "_count", labels, double(below));
}

void Exposition::line(const QByteArray &name, const Labels &labels, double value)
{
    m_text += name;
    for (qsizetype i = 0; i < labels.size(); ++i)
        m_text += (i == 0 ? "{" : ",") + labels.at(i).first + "=\"" + escaped(labels.at(i).second, true) + '"';
    m_text += labels.isEmpty() ? " " : "} ";
    m_text += number(value) + '\n';
}

} // namespace isol8::service
