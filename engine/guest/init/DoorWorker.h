// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "System.h"

#include <isol8/guest/door.h>

namespace isol8::guest {

// Between init and the door's own process alone; from or to the host they break the protocol.
inline constexpr FrameType DoorBegin{0x2e};   //!< to it: NumberMessage, the run that connections belong to from now on
inline constexpr FrameType DoorDrain{0x2d};   //!< to it: programs are gone; it says when it has read what they left
inline constexpr FrameType DoorCut{0x2f};     //!< to it: every connection is cut, and new ones are reset
inline constexpr FrameType DoorReady{0x6e};   //!< from it, first: every wall stands
inline constexpr FrameType DoorDrained{0x6d}; //!< from it, alone in its packet
inline constexpr FrameType DoorCutDone{0x6f}; //!< from it, alone in its packet

inline constexpr std::size_t DoorPacket = HeaderSize + DataChunk; //!< what the two put into one packet at most

/*!
    The process that serves the door, after its fork: gives up all that it does not need, then carries bytes between the
    connections of \a listeners (-1: none) and \a socket, which keeps message boundaries and carries whole frames.
   Streams are numbered from \a firstId.

    A program can neither signal nor trace it, for it is another user; it can call nothing but what its work takes. Its
    memory is a constant, plus for each connection what the program does not take of the host's window. It ends when
    \a socket does.
*/
[[noreturn]] void runDoorWorker(int socket, const int (&listeners)[2], std::uint32_t firstId);

} // namespace isol8::guest
