// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/ByteStream.h>

#include <memory>
#include <utility>

namespace isol8::egress {

inline constexpr qsizetype Slice = 16 * 1024; //!< bytes that are moved at a time

//! The program's side of a connection, with what was read from it and belongs to whoever comes next.
struct Inlet
{
    std::unique_ptr<ByteStream> stream;
    QByteArray buffer;
    quint64 activity = 0; //!< changes when anything moves

    //! Reads until the buffer has \a size bytes, or there are no more now.
    void fill(qsizetype size)
    {
        while (buffer.size() < size) {
            const QByteArray data = stream->read(size - buffer.size());
            if (data.isEmpty())
                return;
            buffer += data;
            ++activity;
        }
    }
    //! The next bytes, those of the buffer first; empty where there are none now.
    [[nodiscard]] QByteArray take()
    {
        QByteArray data = buffer.isEmpty() ? stream->read(Slice) : std::exchange(buffer, {});
        activity += data.isEmpty() ? 0 : 1;
        return data;
    }
    void write(const QByteArray &data)
    {
        stream->write(data);
        ++activity;
    }
    //! Whether the program takes more now; else its drained() will say.
    [[nodiscard]] bool takesMore() const { return stream->pending() <= ByteStream::HighWater; }
    [[nodiscard]] bool atEnd() const { return buffer.isEmpty() && stream->atEnd(); }
};

} // namespace isol8::egress
