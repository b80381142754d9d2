// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/sandbox/FrameParser.h>

#include <algorithm>

namespace isol8 {

namespace {

constexpr qsizetype HeaderSize = guest::HeaderSize;

bool readHeader(QByteArrayView bytes, guest::Header *header)
{
    return guest::decodeHeader(reinterpret_cast<const unsigned char *>(bytes.data()), header) &&
           static_cast<quint8>(header->type) >= 0x40;
}

bool isOutput(guest::FrameType type)
{
    return type == guest::FrameType::Stdout || type == guest::FrameType::Stderr;
}

} // namespace

void FrameParser::feed(QByteArrayView data)
{
    m_input = data;
}

FrameParser::Status FrameParser::next(Frame *frame)
{
    guest::Header header;
    if (m_broken)
        return Status::Broken;
    if (m_left > 0)
        return part(frame);
    // The usual case: a whole frame lies in the input and is handed out without a copy.
    if (m_partial.isEmpty() && m_input.size() >= HeaderSize) {
        if (!readHeader(m_input, &header)) {
            m_broken = true;
            return Status::Broken;
        }
        const qsizetype size = HeaderSize + qsizetype(header.length);
        if (m_input.size() >= size) {
            *frame = {header.type, header.id, m_input.sliced(HeaderSize, header.length)};
            m_input = m_input.sliced(size);
            return Status::Frame;
        }
        if (isOutput(header.type)) {
            m_input = m_input.sliced(HeaderSize);
            return begin(header, frame);
        }
    }
    const auto take = [this](qsizetype wanted) {
        const qsizetype n = std::min(wanted - m_partial.size(), m_input.size());
        if (n > 0) {
            m_partial.append(m_input.first(n));
            m_input = m_input.sliced(n);
        }
        return m_partial.size() >= wanted;
    };
    if (m_input.isEmpty() && m_partial.isEmpty())
        return Status::NeedMore;
    if (!take(HeaderSize))
        return Status::NeedMore;
    if (!readHeader(m_partial, &header)) {
        m_broken = true;
        return Status::Broken;
    }
    if (isOutput(header.type)) {
        m_partial.clear();
        return begin(header, frame);
    }
    if (!take(HeaderSize + qsizetype(header.length)))
        return Status::NeedMore;
    m_finished.swap(m_partial);
    m_partial.clear();
    *frame = {header.type, header.id, QByteArrayView(m_finished).sliced(HeaderSize)};
    return Status::Frame;
}

// Its header was taken; the payload may be empty.
FrameParser::Status FrameParser::begin(const guest::Header &header, Frame *frame)
{
    m_output = {header.type, header.id, {}};
    m_left = qsizetype(header.length);
    if (m_left > 0)
        return part(frame);
    *frame = m_output;
    return Status::Frame;
}

FrameParser::Status FrameParser::part(Frame *frame)
{
    if (m_input.isEmpty())
        return Status::NeedMore;
    const qsizetype size = std::min(m_left, m_input.size());
    *frame = {m_output.type, m_output.id, m_input.first(size)};
    m_input = m_input.sliced(size);
    m_left -= size;
    return Status::Frame;
}

} // namespace isol8
