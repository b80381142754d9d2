// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/*
    The door: how a program's connections leave a sandbox that has no network.

    While the door listens, init serves DoorPort on 127.0.0.1, and on ::1 where the sandbox has it. Every connection
    that a run's program makes there becomes a stream of the protocol (protocol.h), and belongs to that run.

    Ids. The guest numbers the streams: from DoorFirstId on, each larger than the one before, never used again. The
    host numbers all that it asks for from 1 on and stays below, so that the two cannot meet.

    Conversation, of one stream

        guest: DoorOpen            a connection was made; the payload names the run
        guest: DoorBytes           what the program wrote
        host:  DoorData            what the program is to read
        both:  DoorGive, DoorCredit  bytes of the other's window given back: they were passed on
        both:  DoorEnd, DoorDone   nothing more comes in this direction (half-close); the other stays open
        both:  DoorReset, DoorBroken  the stream is over in both directions, and what was under way is lost

    A stream is over when both directions have ended, when either side has reset it, and with the Exit of its run: then
    the guest cuts the connection, and after Exit sends no frame of it. Before, where the host has not asked for the
   end, it passes on what the run's processes had sent, for as long as windows allow and for two seconds at most. A
   stream that is over is over without an answer, so frames of it that crossed on the way are passed over. A connection
   that is made while no program runs is reset inside.

    Windows. Each direction of each stream has DoorWindow bytes at its start. Who sends beyond it, gives back more than
    was taken, sends data of no length or after its own end, breaks the protocol. Beyond DoorMaxStreams at once the
    guest accepts no connection.
*/

#include <isol8/guest/protocol.h>

namespace isol8::guest {

inline constexpr std::uint16_t DoorPort = 8118;
inline constexpr std::uint32_t DoorFirstId = 0x80000000;
inline constexpr std::uint32_t DoorWindow = 256 * 1024; //!< bytes of a direction without credit
inline constexpr std::uint32_t DoorMaxStreams = 256;    //!< at once in a sandbox

//! A frame of a stream, from the host or from the guest.
[[nodiscard]] inline bool isDoorFrame(FrameType type)
{
    return (type >= FrameType::DoorData && type <= FrameType::DoorReset) ||
           (type >= FrameType::DoorOpen && type <= FrameType::DoorBroken);
}

//! Whether a stream's frame has an id and a length that its type may have. False also of other types.
[[nodiscard]] inline bool doorFrameFits(const Header &header)
{
    if (header.id < DoorFirstId)
        return false;
    switch (header.type) {
    case FrameType::DoorData:
    case FrameType::DoorBytes:
        return header.length > 0 && header.length <= DataChunk;
    case FrameType::DoorGive:
    case FrameType::DoorCredit:
    case FrameType::DoorOpen:
        return header.length == 4;
    case FrameType::DoorEnd:
    case FrameType::DoorReset:
    case FrameType::DoorDone:
    case FrameType::DoorBroken:
        return header.length == 0;
    default:
        return false;
    }
}

//! Of DoorOpen (the run), DoorGive and DoorCredit (bytes, never 0).
struct NumberMessage
{
    std::uint32_t number = 0;
    [[nodiscard]] std::string encode() const
    {
        Writer w;
        w.u32(number);
        return w.take();
    }
    [[nodiscard]] bool decode(std::string_view in)
    {
        Reader r(in);
        number = r.u32();
        return r.done();
    }
};

} // namespace isol8::guest
