#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# merge.sh ROOT: the links by which /bin, /sbin and /lib are those of /usr, made before any package is unpacked.
set -eu
cd "$1"
case $(uname -m) in x86_64) folders="bin sbin lib lib64" ;; *) folders="bin sbin lib" ;; esac
for folder in $folders; do
    [ -e "$folder" ] && continue
    mkdir -p "usr/$folder"
    ln -s "usr/$folder" "$folder"
done
