#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# bake.sh FOLDER: what an installer has put below FOLDER/root becomes FOLDER/packages.tar, which is unpacked at an image's
# root. Runs as user sandbox where the installer did.
set -euo pipefail
cd "$1/root"

# What npm and bun keep for a next install: in an image's root it would be every program's package.json.
rm -f package.json package-lock.json bun.lock bun.lockb node_modules/.package-lock.json
if [ -d node_modules/.bin ]; then
    mkdir -p usr/local/bin
    for program in node_modules/.bin/*; do
        name=${program##*/}
        [ ! -e "$program" ] || [ -e "/usr/local/bin/$name" ] || [ -e "/usr/bin/$name" ] \
            || ln -sf "../../../node_modules/.bin/$name" "usr/local/bin/$name"
    done
fi
chmod -R u+rwX,go+rX,go-w,u-s,g-s .
find . -mindepth 1 -maxdepth 1 -printf '%P\0' \
    | tar --null -T - --sort=name --owner=0 --group=0 --numeric-owner -cf ../packages.tar
