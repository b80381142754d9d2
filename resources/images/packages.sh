#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2154,SC2016 # image.sh and versions.sh set what is not set here
#
# Fetches the Debian packages that are put on top of an image of isol8's own (`isol8 build --apt`): those that are asked
# for and what they depend on, as far as the image does not have it. apt itself does it, with this machine's settings and
# sources, in a folder of its own: neither root nor the machine's packages are touched.
#
#   packages.sh debian BASE OUT    BASE is python or base, whose packages are there; PACKAGES are in $ISOL8_PACKAGES
#
# OUT is a tar of isol8-build/, in which configure.sh goes to work: deb/*.deb, the script itself, and "tools", the names
# of packages that only the scripts of others need. Everything else is as image.sh says, whose functions these are: its
# text is in $ISOL8_IMAGE.
set -euo pipefail
eval "$(sed '/^case "\${1:-} \${2:-}" in$/,$d' <<< "${ISOL8_IMAGE:?}")"

# What finish.sh takes out of images that depend on it only by name.
stripped='^(perl|perl-modules-[0-9.]+|libperl[0-9.]+(t64)?)$'

check_packages() {
    if ! have apt-get || ! have dpkg-deb; then
        die "Debian packages are fetched by apt, which this machine does not have: install apt and dpkg, or build the image on a machine with Debian or Ubuntu." 3
    fi
}

set_up_apt() {
    local apt=$work/apt
    mkdir -p "$apt/state/lists/partial" "$apt/cache/archives/partial" "$apt/deb"
    : > "$apt/status"
    debian_sources > "$apt/sources"
    if [ ! -s "$apt/sources" ]; then
        local signed='[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]'
        printf 'deb %s %s %s main\n' "$signed" http://deb.debian.org/debian "$debian_suite" \
            "$signed" http://deb.debian.org/debian "$debian_suite-updates" \
            "$signed" http://security.debian.org/debian-security "$debian_suite-security" > "$apt/sources"
    fi
    # The machine's own lists save a download where they are those of the same sources.
    cp -r /var/lib/apt/lists/*_dists_* "$apt/state/lists/" 2> /dev/null || true
    cat > "$apt/apt.conf" << END
Dir::Etc::sourcelist "$apt/sources";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::State "$apt/state";
Dir::State::status "$apt/status";
Dir::Cache "$apt/cache";
Dir::Cache::pkgcache "pkgcache.bin";
Dir::Cache::srcpkgcache "srcpkgcache.bin";
APT::Architecture "$(architecture)";
APT::Architectures { "$(architecture)"; };
APT::Install-Recommends "false";
APT::Install-Suggests "false";
APT::Sandbox::User "$(id -un)";
Acquire::Languages "none";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear APT::Default-Release;
END
}

apt() { LC_ALL=C apt-get -c "$work/apt/apt.conf" "$@"; }

# Of the line "'URL' NAME_VERSION_ARCHITECTURE.deb SIZE HASH"; much quicker than a simulation.
closure() { apt -qq -y --print-uris install "$@" | awk '$1 ~ /^\047/ { sub(/_.*/, "", $2); print $2 }' | sort -u; }

build_packages() { # BASE OUT
    local apt=$work/apt packages=debian_$1 wanted tool
    read -ra wanted <<< "${ISOL8_PACKAGES:?}"
    set_up_apt
    progress 2 "reading Debian's list of packages"
    apt -q update >&2 || die "Debian's archive does not answer: see apt-get update, and apt's own configuration."
    progress 10 "finding out what is needed"
    # shellcheck disable=SC2086 # lists of words
    closure $debian_common ${!packages} > "$apt/there"
    closure "${wanted[@]}" > "$apt/needed" 2> "$apt/problem" || {
        cat "$apt/problem" >&2
        die "$(sed -n 's/^E: //p' "$apt/problem" | head -n 1)"
    }
    mkdir -p "$work/tree/isol8-build/deb"
    grep -Ev "$stripped" "$apt/there" | comm -13 - "$apt/needed" > "$apt/missing"
    # Scripts of packages may ask debconf, which is in perl; images have the name of it only.
    if [ -s "$apt/missing" ]; then
        for tool in debconf perl-base; do
            grep -qx "$tool" "$apt/missing" || { [ "$tool" = perl-base ] && [ "$1" != python ]; } \
                || echo "$tool" | tee -a "$work/tree/isol8-build/tools" >> "$apt/missing"
        done
    fi
    if [ -s "$apt/missing" ]; then
        progress 15 "downloading $(wc -l < "$apt/missing") packages"
        # By the version that was asked for; apt checks what comes against its signed lists.
        (cd "$work/tree/isol8-build/deb" && xargs -a <(versions "${wanted[@]}" < "$apt/missing") \
            env LC_ALL=C apt-get -c "$apt/apt.conf" -q download >&2) \
            || die "Debian's archive did not give all packages; see above which."
    fi
    printf '%s\n' "${ISOL8_CONFIGURE:?}" > "$work/tree/isol8-build/configure.sh"
    progress 50 "packing them"
    tar -C "$work/tree" --owner=0 --group=0 --numeric-owner -cf "$work/packages.tar" isol8-build
    deliver "$work/packages.tar" "$2"
}

versions() { # WANTED…: the names on standard input, with =VERSION where one was asked for
    local name item
    while read -r name; do
        for item in "$@"; do [ "${item%%=*}" = "$name" ] && name=$item; done
        printf '%s\n' "$name"
    done
}

case "${1:-} ${2:-}" in
    "debian python" | "debian base") check_packages && supervise 300 build_packages "$2" "${3:?OUT}" ;;
    *) die "Usage: packages.sh debian python|base OUT" 2 ;;
esac
