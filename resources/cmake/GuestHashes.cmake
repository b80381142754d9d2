# SPDX-License-Identifier: GPL-3.0-or-later
# cmake -DINIT=… -DREAPER=… -DOUT=… -P GuestHashes.cmake: a header with the beginnings of both files' SHA-256.
file(SHA256 "${INIT}" init)
file(SHA256 "${REAPER}" reaper)
string(SUBSTRING "${init}" 0 16 init)
string(SUBSTRING "${reaper}" 0 16 reaper)
file(WRITE "${OUT}"
"// Written by the build.
#pragma once
inline constexpr char InitHash[] = \"${init}\";
inline constexpr char ReaperHash[] = \"${reaper}\";
")
