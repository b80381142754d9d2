#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# tests/fuzz/fuzz.sh [RUNS [TARGET…]]: libFuzzer on each target (all of them), RUNS inputs each (1000000), with AddressSanitizer and
# UBSan. Builds preset "fuzz"; needs clang. What it finds new is kept in build/fuzz/found/TARGET, and an input that
# breaks a parser is left there as crash-…: put it into tests/fuzz/corpus/TARGET, and mend the parser.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
runs=${1:-1000000}
[ $# -eq 0 ] || shift
[ -f build/fuzz/CMakeCache.txt ] || cmake --preset fuzz
cmake --build --preset fuzz
if [ $# -eq 0 ]; then
    set -- tests/fuzz/corpus/*/
fi
bad=0
for target in "$@"; do
    name=$(basename "$target")
    mkdir -p "build/fuzz/found/$name"
    echo "== $name"
    ISOL8_FUZZ_TARGET=$name nice -n 15 build/fuzz/tests/isol8-fuzz -runs="$runs" -max_len=4096 -rss_limit_mb=2048 -timeout=10 -verbosity=0 \
        -print_final_stats=1 -artifact_prefix="build/fuzz/found/$name/" "build/fuzz/found/$name" "tests/fuzz/corpus/$name" 2>&1 | tail -n 12 \
        || { echo "== $name: broken"; bad=1; }
done
exit "$bad"
