#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# tests/faults/faults.sh [ROUNDS [SEED]]: parts of isol8 killed and frozen (tst_faults.cpp), 500 rounds unless told
# otherwise, with what preset "ci" has built (ISOL8_FAULTS_BUILD: another folder). Rounds that are over are in
# build/faults-SEED.log: ended in the middle and started again, it goes on there. As root, for it starts a Docker daemon.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
build=${ISOL8_FAULTS_BUILD:-$PWD/build/ci}
export ISOL8_FAULTS=${1:-500} ISOL8_FAULTS_SEED=${2:-7} ISOL8_BIN=$build/bin QT_QPA_PLATFORM=offscreen
export ISOL8_FAULTS_LOG=$PWD/build/faults-$ISOL8_FAULTS_SEED.log
code=0
nice -n 15 "$build/tests/tst_faults" || code=$?
printf '%s rounds are done, %s of them failed: %s\n' "$(grep -c . "$ISOL8_FAULTS_LOG" || true)" \
    "$(grep -c ': FAILED' "$ISOL8_FAULTS_LOG" || true)" "$ISOL8_FAULTS_LOG"
exit "$code"
