#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# tests/fuzz/fuzz.sh [RUNS [TARGET…]]: libFuzzer on each target (all of them), RUNS inputs each (1000000), with AddressSanitizer and
# UBSan. Builds preset "fuzz"; needs clang. Prints a line a target: inputs, seconds, edges that they reached, "ok" or what broke.
#
#   ISOL8_FUZZ_SECONDS  at most so long for a target; its line then says how many inputs that were. 0: no end
#   ISOL8_FUZZ_JOBS     targets at the same time (1)
#
# What it finds new is kept in build/fuzz/found/TARGET, with its log beside it, and goes on from there the next time. An
# input that breaks a parser is left there as crash-…, slow-unit-… or timeout-…: put it into tests/fuzz/corpus/TARGET,
# and mend the parser. A target that has been through stays through (build/fuzz/found/TARGET.done) until the program is
# built anew, so that a run that was ended goes on where it was.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
found=build/fuzz/found
program=build/fuzz/tests/isol8-fuzz

fuzz_one() { # RUNS TARGET
    local name=$2 log=$found/$2.log started=$SECONDS verdict=ok
    local done_file=$found/$name.done
    if [ "$done_file" -nt "$program" ] && [ "$(cut -d' ' -f1 "$done_file")" -ge "$1" ]; then
        cut -d' ' -f2- "$done_file"
        return 0
    fi
    mkdir -p "$found/$name"
    ISOL8_FUZZ_TARGET=$name nice -n 15 "$program" -runs="$1" -max_total_time="${ISOL8_FUZZ_SECONDS:-0}" -max_len=4096 \
        -rss_limit_mb=2048 -timeout=20 -report_slow_units=5 -print_final_stats=1 -artifact_prefix="$found/$name/" \
        "$found/$name" "tests/fuzz/corpus/$name" > "$log" 2>&1 || verdict="BROKEN, see $log"
    local units edges line
    units=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -n 1)
    edges=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)
    line=$(printf '%-20s %9s inputs %6d s %6s edges  %s' "$name" "${units:-?}" $((SECONDS - started)) "${edges:-?}" "$verdict")
    printf '%s\n' "$line"
    if [ "$verdict" != ok ]; then return 1; fi
    if [ "${units:-0}" -ge "$1" ]; then printf '%s %s\n' "$1" "$line" > "$done_file"; fi
}

if [ "${1:-}" = --one ]; then
    fuzz_one "$2" "$3"
    exit
fi
runs=${1:-1000000}
[ $# -eq 0 ] || shift
[ -f build/fuzz/CMakeCache.txt ] || cmake --preset fuzz
cmake --build --preset fuzz
mkdir -p "$found"
[ $# -gt 0 ] || set -- tests/fuzz/corpus/*/
names=()
for target in "$@"; do names+=("$(basename "$target")"); done
# xargs ends with 123 when one of them was broken.
printf '%s\n' "${names[@]}" | xargs -n 1 -P "${ISOL8_FUZZ_JOBS:-1}" tests/fuzz/fuzz.sh --one "$runs"
