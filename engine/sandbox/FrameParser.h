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
    Cuts the guest's bytes into frames (guest/protocol.h). Pure: bytes in; frames out. A frame of a program's output is
    given in the parts that it comes in, each as a frame of its own and without a copy; of other kinds it holds at most
    one that is unfinished. After a violation it is broken and gives nothing more.
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
    //! A frame of output goes on with the next one that is given.
    [[nodiscard]] bool isInside() const { return m_left > 0; }
    //! No frame is unfinished.
    [[nodiscard]] bool atBoundary() const { return m_partial.isEmpty() && m_input.isEmpty() && m_left == 0; }

private:
    [[nodiscard]] Status begin(const guest::Header &header, Frame *frame);
    [[nodiscard]] Status part(Frame *frame);

    QByteArray m_partial;   // an unfinished frame, header included
    QByteArray m_finished;  // the storage of the last frame put together from pieces
    QByteArrayView m_input; // not looked at yet
    Frame m_output;         // the frame of output that parts are given of
    qsizetype m_left = 0;   // of its payload
    bool m_broken = false;
};

} // namespace isol8
