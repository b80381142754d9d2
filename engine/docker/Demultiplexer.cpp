// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/docker/Demultiplexer.h>

#include <QtEndian>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8::docker {

Demultiplexer::Step Demultiplexer::parse(QByteArrayView input)
{
    Step step;
    if (!m_problem.isEmpty())
        return {Event::Failed, 0, false, {}};
    while (m_left == 0) {
        const auto part = std::min<qsizetype>(8 - m_headerSize, input.size() - step.consumed);
        std::copy_n(input.begin() + step.consumed, part, m_header.begin() + m_headerSize);
        m_headerSize += part;
        step.consumed += part;
        if (m_headerSize < 8)
            return step;
        m_headerSize = 0;
        const auto stream = static_cast<unsigned char>(m_header[0]);
        const auto length = qFromBigEndian<quint32>(m_header.data() + 4);
        if (stream > 2 || m_header[1] || m_header[2] || m_header[3])
            m_problem = u"a frame's header is not one of stdin, stdout and stderr"_s;
        else if (length > FrameLimit)
            m_problem = u"a frame of %1 bytes is too long"_s.arg(length);
        if (!m_problem.isEmpty()) {
            step.event = Event::Failed;
            return step;
        }
        m_standardError = stream == 2;
        m_left = length;
    }
    const auto size = std::min<qsizetype>(m_left, input.size() - step.consumed);
    if (size == 0)
        return step;
    step.event = Event::Output;
    step.standardError = m_standardError;
    step.data = input.sliced(step.consumed, size);
    step.consumed += size;
    m_left -= static_cast<quint32>(size);
    return step;
}

} // namespace isol8::docker
