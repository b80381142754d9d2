#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Pictures of every page of isol8-desktop, in its languages, colours and sizes, to be looked at.
#   resources/desktop/screenshots.sh FOLDER [BUILD_FOLDER]
# Needs Docker, the images of python and bash, Xvfb, and a font with Chinese characters.
set -euo pipefail
folder=${1:?the folder for the pictures}
build=${2:-build/ci}
mkdir -p "$folder"
cmake --build "$build" --target isol8-desktop-screenshots
shoot() { # SCALE LANGUAGE COLOURS SIZE
    QT_SCALE_FACTOR=$1 xvfb-run -a -s "-screen 0 3840x2160x24" "$build/bin/isol8-desktop-screenshots" "$folder" "$2" "$3" "$4"
}
for language in en de zh_CN; do
    for colours in light dark; do
        shoot 1 "$language" "$colours" 1024x700
    done
done
shoot 1 en light 1920x1080
mkdir -p "$folder/2x"
folder=$folder/2x shoot 2 en dark 1024x700
