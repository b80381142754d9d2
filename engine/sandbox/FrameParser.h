// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/guest/protocol.h>

#include <QByteArray>
#include <QByteArrayView>

#include <string_view>

namespace isol8 {

//! A payload as protocol.h's decoders take it.
[[nodiscard]] inline std::string_view payloadText(QByteArrayView payload)
{
    return {payload.data(), size_t(payload.size())};
}

/*!
    Cuts the guest's bytes into frames (guest/protocol.h). Pure: bytes in; frames out. Holds at most one unfinished
    frame. After a violation it is broken and gives nothing more.
*/
class FrameParser
{
public:
    struct Frame
    {
        guest::FrameType type{};
        quint32 id = 0;
        QByteArrayView payload; //!< valid until the next call of next() or feed()
    };
    enum class Status { Frame, NeedMore, Broken };

    //! Gives bytes to look at. Call next() until it asks for more before feeding again; \a data must stay alive until
    //! then.
    void feed(QByteArrayView data);
    [[nodiscard]] Status next(Frame *frame);
    //! No unfinished frame is held.
    [[nodiscard]] bool atBoundary() const { return m_partial.isEmpty() && m_input.isEmpty(); }

private:
    QByteArray m_partial;   // an unfinished frame, header included
    QByteArray m_finished;  // the storage of the last frame put together from pieces
    QByteArrayView m_input; // not looked at yet
    bool m_broken = false;
};

} // namespace isol8
