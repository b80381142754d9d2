// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/remote/EventLines.h>

#include <algorithm>

namespace isol8::remote {

std::optional<QByteArrayView> EventLines::takeLine()
{
    if (m_afterReturn && m_at < m_input.size()) {
        m_afterReturn = false;
        if (m_input[m_at] == '\n')
            ++m_at;
    }
    const auto from = m_input.cbegin() + std::max(m_at, m_scanned);
    const auto end = std::find_if(from, m_input.cend(), [](char c) { return c == '\n' || c == '\r'; });
    if (end == m_input.cend()) {
        m_tooLarge = m_input.size() - m_at > m_limit;
        m_input.remove(0, m_at);
        m_at = 0;
        m_scanned = m_input.size();
        return {};
    }
    const qsizetype size = end - m_input.cbegin() - m_at;
    if (size > m_limit) {
        m_tooLarge = true;
        return {};
    }
    const QByteArrayView line = QByteArrayView(m_input).sliced(m_at, size);
    m_at += size + 1;
    m_scanned = m_at;
    m_afterReturn = *end == '\r';
    return line;
}

std::optional<QByteArray> EventLines::next()
{
    while (!m_tooLarge) {
        const auto line = takeLine();
        if (!line)
            return {};
        if (line->isEmpty()) {
            if (std::exchange(m_hasData, false))
                return std::exchange(m_data, {});
            continue;
        }
        const qsizetype colon = line->indexOf(':');
        if ((colon < 0 ? *line : line->first(colon)) != QByteArrayView("data"))
            continue;
        QByteArrayView value = colon < 0 ? QByteArrayView() : line->sliced(colon + 1);
        if (value.startsWith(' '))
            value = value.sliced(1);
        if (m_hasData)
            m_data.append('\n');
        m_hasData = true;
        m_data.append(value);
        m_tooLarge = m_data.size() > m_limit;
    }
    return {};
}

} // namespace isol8::remote
