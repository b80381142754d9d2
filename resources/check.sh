#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# resources/check.sh [--fix] [--tidy]: what every file must satisfy; CI runs it without options.
#   always   licence lines, clang-format, codespell, shellcheck
#   --fix    lets clang-format change the files
#   --tidy   clang-tidy, too (slow; needs a configured build/dev)
# Says all that is wrong, and ends with 0 when nothing is.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
fix=no tidy=no bad=0
for option in "$@"; do
    case $option in
        --fix) fix=yes ;;
        --tidy) tidy=yes ;;
        *) sed -n '3,7s/^# //p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
    esac
done

complain() { printf '%s\n' "$1" >&2; bad=1; }
have() { command -v "$1" > /dev/null 2>&1 || { complain "check: $1 is not installed"; return 1; }; }
files() { git ls-files -co --exclude-standard -z -- "$@"; }

while IFS= read -r -d '' file; do
    [ -f "$file" ] || continue
    head -n 3 "$file" | grep -q 'SPDX-License-Identifier: GPL-3.0-or-later' \
        || complain "$file: no line \"SPDX-License-Identifier: GPL-3.0-or-later\" at its top"
done < <(files '*.cpp' '*.h' '*.c' '*.sh' '*.py' '*.cmake' '*CMakeLists.txt' '.ci/run')

# Other versions of clang-format set some lines in another way.
if format=$(command -v clang-format-14 || command -v clang-format); then
    if [[ $("$format" --version) =~ version\ 14\. ]]; then
        [ $fix = no ] || files '*.cpp' '*.h' '*.c' | xargs -0 -r "$format" -i
        files '*.cpp' '*.h' '*.c' | xargs -0 -r -n 40 "$format" --dry-run -Werror || complain "check: run resources/check.sh --fix"
    else
        echo "check: skipping the layout of code, which is clang-format 14's; here is $("$format" --version)"
    fi
else
    complain "check: clang-format is not installed"
fi

if have codespell; then
    files ':!LICENSE' ':!*.svg' ':!*.ts' ':!resources/desktop/*.xml' ':!resources/images/versions.sh' ':!resources/check.sh' ':!tests/fuzz/corpus' \
        | xargs -0 -r codespell --quiet-level=2 --ignore-words-list=inout,te,nd,hel,statics,positionof,nowns,chek,pyton,cleen,comand,netwrok || complain "check: codespell found misspellings"
fi

if have shellcheck; then
    files '*.sh' '.ci/run' | xargs -0 -r shellcheck -x -P SCRIPTDIR || complain "check: shellcheck found mistakes"
fi

if [ $tidy = yes ] && have clang-tidy; then
    [ -f build/dev/compile_commands.json ] || cmake --preset dev > /dev/null
    files 'engine/*.cpp' 'cli/*.cpp' 'service/*.cpp' 'desktop/*.cpp' \
        | xargs -0 -r -P "$(nproc)" -n 4 clang-tidy --quiet -p build/dev || complain "check: clang-tidy found mistakes"
fi

[ $bad = 0 ] && echo "check: licence lines, layout, spelling and scripts are in order"
exit $bad
