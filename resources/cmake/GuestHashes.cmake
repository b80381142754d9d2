# SPDX-License-Identifier: GPL-3.0-or-later
# cmake -DINIT=… -DREAPER=… -DFORK=… -DOUT=… -P GuestHashes.cmake: a header with the beginnings of the files' SHA-256.
file(SHA256 "${INIT}" init)
file(SHA256 "${REAPER}" reaper)
file(SHA256 "${FORK}" fork)
string(SUBSTRING "${init}" 0 16 init)
string(SUBSTRING "${reaper}" 0 16 reaper)
string(SUBSTRING "${fork}" 0 16 fork)
file(WRITE "${OUT}"
"// Written by the build.
#pragma once
inline constexpr char InitHash[] = \"${init}\";
inline constexpr char ReaperHash[] = \"${reaper}\";
inline constexpr char ForkHash[] = \"${fork}\";
")
