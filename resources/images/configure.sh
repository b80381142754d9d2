#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs as root and PID 1 in a container of an image of isol8's own, without a network: installs isol8-build/deb/*.deb
# with dpkg, maintainer scripts and all, and packs what has become of it: /isol8-build/debian.tar, which is put on top of
# the image. Then it says "ready" and waits. It ends, and all with it, when its standard input does.
set -euo pipefail
umask 022
export LC_ALL=C DEBIAN_FRONTEND=noninteractive DEBCONF_NONINTERACTIVE_SEEN=true
work=/isol8-build

exec 3<&0
(cat <&3 > /dev/null || true; kill -KILL -1 2> /dev/null) &

cd /
touch "$work/begin"
# The image has no list of its packages: dpkg is told to trust that they are there.
for folder in info updates alternatives triggers parts; do mkdir -p "/var/lib/dpkg/$folder"; done
: >> /var/lib/dpkg/status
: >> /var/lib/dpkg/available
mkdir -p /etc/alternatives /var/log/apt /usr/share/man/man1
printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d

status=0
shopt -s nullglob
debs=("$work"/deb/*.deb)
if [ ${#debs[@]} -gt 0 ]; then
    echo "installing ${#debs[@]} packages"
    dpkg --force-depends --force-bad-path --force-overwrite --force-confnew --force-unsafe-io --no-triggers --path-exclude='/usr/share/doc/*' \
        --path-exclude='/usr/share/man/*' --path-exclude='/usr/share/info/*' --path-exclude='/usr/share/lintian/*' \
        --path-exclude='/usr/share/locale/*' --path-exclude='/usr/share/bug/*' --path-exclude='/etc/init.d/*' \
        --path-exclude='/etc/cron*' --path-exclude='/usr/lib/systemd/*' --path-exclude='/lib/systemd/*' \
        --install "${debs[@]}" >&2 2>&1 || status=$?
    [ "$status" = 0 ] || { echo "dpkg could not install the packages; see above why" >&2; exit 1; }
    dpkg --force-depends --force-bad-path --force-unsafe-io --triggers-only --pending >&2 2>&1 || true
    # Where a package has compiled none of its modules: a read-only root keeps nothing that an import compiles.
    if [ -x /usr/bin/python3 ] && [ -d /usr/lib/python3/dist-packages ]; then
        echo "compiling Python's modules"
        PYTHONHASHSEED=0 python3 -m compileall -q /usr/lib/python3/dist-packages > /dev/null 2>&1 || true
    fi
fi

if [ -f "$work/tools" ]; then
    while read -r tool; do
        dpkg -L "$tool" | sort -r | while read -r path; do
            [ -d "$path" ] || rm -f "$path"
            # A folder that came with it, and nobody else's.
            [ ! -d "$path" ] || [ -L "$path" ] || find "$path" -maxdepth 0 -empty -cnewer "$work/begin" -exec rmdir {} +
        done
    done < "$work/tools"
fi
ldconfig
rm -rf /usr/sbin/policy-rc.d /var/lib/dpkg /var/cache/* /usr/share/man /usr/share/doc

echo "packing the files"
# All that has changed since the beginning: by the time of the inode's change, which no archive can set.
find . -xdev \( -path "./isol8-build" -o -path ./sandbox -o -path ./tmp -o -path ./run -o -path ./root -o -path ./.isol8 \
    -o -path ./var/log -o -path ./var/cache -o -path ./var/lib -o -path ./proc -o -path ./sys -o -path ./dev \
    -o -path ./.dockerenv -o -path ./etc/hosts -o -path ./etc/hostname -o -path ./etc/resolv.conf \) -prune \
    -o ! -path . -cnewer "$work/begin" -fprint0 "$work/list" ! -type l -fprint0 "$work/files"
find var/lib -mindepth 1 -xdev -cnewer "$work/begin" -print0 >> "$work/list"
# No program of an image gains rights by being started, and user 1000 can read everything.
xargs -0r -a "$work/files" chmod u-s,g-s,o+rX
chmod o-rwx /etc/shadow* /etc/gshadow* 2> /dev/null || true
tar --null --no-recursion --numeric-owner -T "$work/list" -cf "$work/debian.tar"
echo ready
wait
