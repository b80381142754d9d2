#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Pictures of every page and dialog of isol8-desktop, in its languages, colours, sizes and at two scales, to be looked at.
#   resources/desktop/screenshots.sh FOLDER [BUILD_FOLDER]
# Needs Docker, the images of python and bash, Xvfb, and a font with Chinese characters (fonts-wqy-microhei).
set -euo pipefail
folder=${1:?the folder for the pictures}
build=${2:-build/ci}
cmake --build "$build" --target isol8-desktop-screenshots
shoot() { # SCALE LANGUAGE SIZES COLOURS
    mkdir -p "$folder/$1x"
    QT_SCALE_FACTOR=$1 xvfb-run -a -s "-screen 0 3840x2160x24" "$build/bin/isol8-desktop-screenshots" "$folder/$1x" "$2" "$3" "$4"
}
for language in en de zh_CN; do
    shoot 1 "$language" 1024x700,1920x1080 light,dark
    shoot 2 "$language" 1024x700,1920x1080 light,dark
done
