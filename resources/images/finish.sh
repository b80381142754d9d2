#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# finish.sh ROOT: turns the unpacked Debian packages under ROOT into a sandbox's root file system: the user, the mount
# points, what maintainer scripts would have made, nothing that a read-only image cannot use. Runs as root (a user
# namespace's will do). ROOT is a folder, never /. Running it twice changes nothing.
set -eu
umask 022
root=$(cd "${1:?ROOT}" && pwd -P)
# It deletes much. A root that anything runs from, this machine's or a container's, is never what is meant.
if [ "$root" = / ] || [ ! -d "$root/usr/share/base-passwd" ]; then
    echo "finish.sh: $1 is not a folder of unpacked Debian packages" >&2
    exit 2
fi

lines() { for line in "$@"; do printf '%s\n' "$line"; done; }

# Users: Debian's own, and the one that programs run as.
for kind in passwd group; do
    [ -s "$root/etc/$kind" ] || cp "$root/usr/share/base-passwd/$kind.master" "$root/etc/$kind"
done
sed -i '/^sandbox:/d; s/^\([^:]*\):[^:]*:/\1:x:/' "$root/etc/passwd" "$root/etc/group"
lines 'sandbox:x:1000:1000:isol8 sandbox:/sandbox:/bin/bash' >> "$root/etc/passwd"
lines 'sandbox:x:1000:' >> "$root/etc/group"
cut -d: -f1 "$root/etc/passwd" | sed 's/$/:*:19000:0:99999:7:::/' > "$root/etc/shadow"
chmod 640 "$root/etc/shadow"

# Mount points. /var/tmp has no space of its own.
for folder in sandbox .isol8 tmp dev proc sys run root; do mkdir -p "$root/$folder"; done
chown 1000:1000 "$root/sandbox"
chmod 700 "$root/root"
chmod 755 "$root/sandbox" "$root/.isol8" "$root/run"
chmod 1777 "$root/tmp"
rm -rf "$root/var/tmp"
ln -s ../tmp "$root/var/tmp"

lines '127.0.0.1 localhost' '::1 localhost ip6-localhost ip6-loopback' > "$root/etc/hosts"
: > "$root/etc/resolv.conf"
ln -sf ../proc/self/mounts "$root/etc/mtab"
lines isol8 > "$root/etc/hostname"
lines 'passwd: files' 'group: files' 'shadow: files' 'hosts: files dns' 'networks: files' 'protocols: files' \
    'services: files' > "$root/etc/nsswitch.conf"
ln -sf ../usr/share/zoneinfo/Etc/UTC "$root/etc/localtime"
lines Etc/UTC > "$root/etc/timezone"
rm -f "$root/root/.bashrc" "$root/root/.profile"
[ -e "$root/etc/profile" ] || lines 'export LANG=C.UTF-8' > "$root/etc/profile"

# What maintainer scripts make: links and the bundle of certificates.
[ -e "$root/usr/bin/awk" ] || ln -s mawk "$root/usr/bin/awk"
[ -e "$root/bin/sh" ] || ln -s dash "$root/bin/sh"
if [ -x "$root/usr/bin/which.debianutils" ] && [ ! -e "$root/usr/bin/which" ]; then ln -s which.debianutils "$root/usr/bin/which"; fi
if [ ! -s "$root/etc/ssl/certs/ca-certificates.crt" ]; then
    mkdir -p "$root/etc/ssl/certs"
    cat "$root"/usr/share/ca-certificates/mozilla/*.crt > "$root/etc/ssl/certs/ca-certificates.crt"
fi
mkdir -p "$root/usr/lib/ssl"
[ -e "$root/usr/lib/ssl/cert.pem" ] || ln -s /etc/ssl/certs/ca-certificates.crt "$root/usr/lib/ssl/cert.pem"
ldconfig -r "$root"

# Python: compiled now, since a read-only root could never keep what an import compiles; pip without Debian's veto.
if [ -x "$root/usr/bin/python3" ]; then
    rm -f "$root"/usr/lib/python3*/EXTERNALLY-MANAGED
    ln -sf python3 "$root/usr/bin/python"
    if [ ! -e "$root/usr/bin/pip" ]; then ln -s pip3 "$root/usr/bin/pip"; fi
    PYTHONHASHSEED=0 chroot "$root" /usr/bin/python3 -m compileall -q /usr/lib/python3 /usr/lib/python3.* \
        > /dev/null 2>&1 || true
    chroot "$root" /usr/bin/python3 -c 'import importlib.util, os, json; assert os.path.exists(importlib.util.cache_from_source(json.__file__))'
fi

# What only a system that is administered needs. git brings all of perl; perl-base is enough for a sandbox.
rm -rf "$root"/usr/share/doc "$root"/usr/share/man "$root"/usr/share/info "$root"/usr/share/locale/* \
    "$root"/usr/share/lintian "$root"/usr/share/bug "$root"/usr/share/pixmaps "$root"/usr/share/applications \
    "$root"/usr/share/doc-base "$root"/usr/share/debconf "$root"/usr/share/perl "$root"/usr/lib/*-linux-gnu/perl \
    "$root"/usr/lib/*-linux-gnu/libperl.so* "$root"/usr/share/gitweb "$root"/usr/share/bash-completion \
    "$root"/usr/share/zoneinfo/right "$root"/usr/share/zoneinfo/posix \
    "$root"/etc/cron.daily "$root"/etc/init.d "$root"/etc/systemd "$root"/usr/lib/systemd \
    "$root"/var/cache/ldconfig "$root"/var/local "$root"/var/mail "${root:?}/boot"
for folder in cache lib local log mail; do mkdir -p "$root/var/$folder"; done
if [ -d "$root/var/lock" ] && [ ! -L "$root/var/lock" ]; then chmod 755 "$root/var/lock"; fi

# No program of an image gains rights by being started, and user 1000 can read everything but the shadow file.
find "$root/usr" "$root/etc" "$root/var" -xdev \( -perm -4000 -o -perm -2000 \) -exec chmod u-s,g-s {} +
find "$root/usr" "$root/etc" -xdev ! -type l ! -perm -0004 ! -name 'shadow*' ! -name 'gshadow*' -exec chmod o+rX {} +
