#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Makes what Docker is given for an image; giving it is the caller's work: `isol8 setup` does it, and by hand it is
# `docker import` or `docker build -`. Nothing else is left behind, however it ends.
#
#   image.sh check rootfs|programs   can this machine do it? Says what to install if not
#   image.sh rootfs NAME OUT         a root file system (tar for `docker import`), bootstrapped from Debian packages on
#                                    this machine: NAME is python or base. Needs mmdebstrap, no container registry
#   image.sh registry NAME OUT       the same as a context (tar for `docker build`) that starts from Debian's slim image
#   image.sh programs NAME OUT       a context on top of isol8:base: NAME is bash, node, bun or deno; on top of isol8:node:
#                                    NAME is agent
#
# OUT is written in one step, at the end. OUT "-" is for a program: the line "ready PATH" tells where it is, and the
# end of standard input, when the reader has opened it or is dead, removes it.
# Downloads from npm are kept in $ISOL8_DOWNLOADS and not fetched twice. $ISOL8_ARCH: the daemon's, if not this machine's.
#
# Standard output: lines "progress PERCENT SENTENCE" (-1: not known). Standard error: the log, on failure with the
# reason as its last line. Exit status: 0; 3 when something must be installed first; 128 and more when a signal ended it.
#
# It may be run without its folder (bash -c "$text"), the texts of the other files being in $ISOL8_FINISH, $ISOL8_MERGE,
# $ISOL8_VERSIONS and $ISOL8_AGENT_LOCK: so no script lies about for the time of a build.
set -euo pipefail
if [ -n "${ISOL8_VERSIONS:-}" ]; then
    eval "$ISOL8_VERSIONS"
else
    here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
    # shellcheck source=versions.sh
    . "$here/versions.sh"
    ISOL8_FINISH=$(cat "$here/finish.sh")
    ISOL8_MERGE=$(cat "$here/merge.sh")
    ISOL8_AGENT_LOCK=$(cat "$here/agent-lock.json")
fi

progress() { printf 'progress %s %s\n' "$1" "$2"; }
die() { printf '%s\n' "$1" >&2; exit "${2:-1}"; }
have() { command -v "$1" > /dev/null 2>&1; }

architecture() {
    case ${ISOL8_ARCH:-$(uname -m)} in
        x86_64 | amd64) echo amd64 ;;
        aarch64 | arm64) echo arm64 ;;
        *) die "There are no images for ${ISOL8_ARCH:-$(uname -m)}: isol8 supports x86_64 and aarch64." ;;
    esac
}

# --- Temporary files: in memory where there is room, gone at the end, and those of a killed run at the next start.

work=
workspace() { # NEEDED_MIB
    local base=${TMPDIR:-/tmp} free folder
    if [ -w /dev/shm ] && free=$(df -Pm /dev/shm 2> /dev/null | awk 'NR == 2 { print $4 }') && [ "${free:-0}" -ge "$1" ] \
        && available_memory "$1" && can_execute /dev/shm; then
        base=/dev/shm
    fi
    for folder in "$base"/isol8-image.*; do
        if [ -d "$folder" ] && [ -O "$folder" ] && (flock -n 8) 8> "$folder/lock" 2> /dev/null; then rm -rf "$folder"; fi
    done
    free=$(df -Pm "$base" | awk 'NR == 2 { print $4 }')
    [ "$free" -ge "$1" ] || die "$base has $free MiB free and $1 are needed; make room or set TMPDIR to a larger place."
    work=$(mktemp -d "$base/isol8-image.XXXXXX")
    chmod 711 "$work" # mmdebstrap's user namespace passes through it
    exec 9> "$work/lock" # held by every child: free only when all are gone
    flock -n 9
}

available_memory() { # MIB; with as much again for everybody else
    awk -v need="$1" '/^MemAvailable:/ { exit !($2 / 1024 > 2 * need) }' /proc/meminfo 2> /dev/null
}

can_execute() { # FOLDER is not mounted noexec
    local probe result=1
    probe=$(mktemp "$1/isol8-probe.XXXXXX") || return 1
    printf '#!/bin/sh\n' > "$probe"
    chmod 700 "$probe"
    "$probe" 2> /dev/null && result=0
    rm -f "$probe"
    return $result
}

deliver() { # FILE OUT: in one step, so that OUT is whole or absent
    if [ "$2" = - ]; then
        printf 'ready %s\n' "$1"
        cat > /dev/null <&3 || true
    else
        mv "$1" "$2.part" && mv "$2.part" "$2"
    fi
}

# --- Debian packages on this machine

check_rootfs() {
    have mmdebstrap || die "No container registry answers and mmdebstrap is not installed: install it (apt-get install mmdebstrap), then run \`isol8 setup\` again." 3
    [ "$(id -u)" = 0 ] && return
    have newuidmap || die "Bootstrapping a root file system without being root needs newuidmap: install it (apt-get install uidmap), or run \`isol8 setup\` as root." 3
    [ "$(grep -l "^$(id -un):" /etc/subuid /etc/subgid 2> /dev/null | wc -l)" = 2 ] \
        || die "User $(id -un) has no range in /etc/subuid and /etc/subgid: add one (usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $(id -un)), or run \`isol8 setup\` as root." 3
}

# The machine's own sources of Debian, as one-line entries for the suite wanted; nothing where it has none, and
# mmdebstrap then uses its own default.
debian_sources() {
    apt-get indextargets 'Created-By: Packages' 2> /dev/null | awk -v suite="$debian_suite" '
        function put() {
            if (origin == "Debian" && component == "main" && uri != "") {
                name = release
                sub(/^[a-z]+/, suite, name)
                if (name ~ "^" suite "(-updates|-security|/updates)?$")
                    entry[uri " " name] = "deb " (signer == "" ? "" : "[signed-by=" signer "] ") uri " " name " main"
            }
            origin = component = uri = release = signer = ""
        }
        /^$/ { put() }
        /^Origin: / { origin = $2 }
        /^Component: / { component = $2 }
        /^Repo-URI: / { uri = $2 }
        /^Signed-By: \// { signer = $2 }
        /^Codename: / { release = $2 }
        END { put(); for (key in entry) print entry[key] }' | sort
}

# What the machine's apt knows of proxies, certificates and credentials; nothing else of it.
apt_options() {
    have apt-config || return 0
    apt-config dump | grep -E '^Acquire::(https?|ftp|Retries|ForceIPv[46]|Check-Valid-Until)(::| )' || true
    if [ -r /etc/apt/auth.conf ]; then echo 'Dir::Etc::netrc "/etc/apt/auth.conf";'; fi
    if [ -d /etc/apt/auth.conf.d ]; then echo 'Dir::Etc::netrcparts "/etc/apt/auth.conf.d";'; fi
}

build_rootfs() { # NAME OUT
    local packages=debian_$1 sources mode=root arguments
    [ "$(id -u)" = 0 ] || mode=unshare
    sources=$(debian_sources)
    apt_options > "$work/apt.conf"
    printf '%s\n' "$ISOL8_FINISH" > "$work/finish.sh"
    printf '%s\n' "$ISOL8_MERGE" > "$work/merge.sh"
    chmod 755 "$work/finish.sh" "$work/merge.sh"
    chmod 644 "$work/apt.conf"
    mkdir "$work/tmp"
    chmod 1777 "$work/tmp"
    arguments=(--variant=extract "--mode=$mode" --format=tar "--architectures=$(architecture)"
        "--include=$(echo "$debian_common ${!packages}" | tr ' ' ,)" "--aptopt=$work/apt.conf"
        "--skip=output/dev,output/mknod,chroot/mount")
    case $sources in *" file:"*) arguments+=(--hook-dir=/usr/share/mmdebstrap/hooks/file-mirror-automount) ;; esac
    arguments+=("--setup-hook='$work/merge.sh' \"\$1\"" "--extract-hook='$work/finish.sh' \"\$1\""
        "$debian_suite" "$work/rootfs.tar")
    if [ -n "$sources" ]; then
        printf '%s\n' "$sources" > "$work/sources"
        arguments+=("$work/sources")
    fi
    progress 2 "asking Debian's archive"
    TMPDIR="$work/tmp" mmdebstrap "${arguments[@]}" 2>&1 \
        | while IFS= read -r line; do
            printf '%s\n' "$line" >&2
            case $line in
                "I: running apt-get update"*) progress 5 "reading Debian's list of packages" ;;
                "I: downloading packages"*) progress 25 "downloading Debian packages" ;;
                "I: extracting archives"*) progress 50 "unpacking them" ;;
                "I: running --extract-hook"*"finish.sh"*) progress 70 "preparing the root file system" ;;
                "I: creating tarball"*) progress 90 "packing the root file system" ;;
            esac
        done
    # What apt and dpkg keep for themselves, the machine's proxies and credentials among it.
    tar -f "$work/rootfs.tar" --delete ./etc/apt ./var/lib/apt ./var/cache/apt ./var/lib/dpkg
    deliver "$work/rootfs.tar" "$2"
}

# --- Contexts for docker build

pack() { # FOLDER OUT
    tar -C "$1" --sort=name --owner=0 --group=0 --numeric-owner -cf "$work/context.tar" .
    deliver "$work/context.tar" "$2"
}

build_registry() { # NAME OUT
    local packages=debian_$1
    mkdir "$work/context"
    printf '%s\n' "$ISOL8_FINISH" > "$work/context/finish.sh"
    # The last stage makes one layer, without what apt left in the first one's.
    cat > "$work/context/Dockerfile" << END
FROM $debian_image AS packages
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $debian_common ${!packages}
FROM packages AS unpacked
COPY --from=packages / /rootfs
COPY finish.sh /finish.sh
RUN sh /finish.sh /rootfs && cd /rootfs && rm -rf etc/apt var/lib/apt var/cache/apt var/lib/dpkg .dockerenv
FROM scratch
COPY --from=unpacked /rootfs /
RUN chown 1000:1000 /sandbox && chmod 1777 /tmp && chmod 700 /root
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8
WORKDIR /sandbox
CMD ["/bin/bash"]
END
    pack "$work/context" "$2"
}

# The package's archive, from the folder of downloads or from npm, its integrity checked either way: prints its path.
fetch() { # "NAME@VERSION INTEGRITY"
    local spec=${1% *} integrity=${1#* } folder=${ISOL8_DOWNLOADS:?} file
    file=$folder/$(printf %s "$spec" | tr -c 'A-Za-z0-9.\n' -).tgz
    if [ ! -f "$file" ] || ! intact "$file" "$integrity"; then
        have npm || die "npm is needed to fetch $spec: install it (apt-get install npm), then run \`isol8 setup\` again." 3
        mkdir -p "$folder" "$work/npm"
        (cd "$work/npm" && npm pack "$spec" --cache "$work/npm-cache" --ignore-scripts --silent --pack-destination "$work/npm" >&2) \
            || die "npm could not fetch $spec: see \`npm ping\` and npm's own configuration."
        set -- "$work"/npm/*.tgz
        intact "$1" "$integrity" || die "npm gave $spec with another content than the one that isol8 was released with; nothing was built."
        mv "$1" "$file.part" && mv "$file.part" "$file"
        rm -rf "$work/npm" "$work/npm-cache"
    fi
    printf '%s\n' "$file"
}

intact() { # FILE "sha512-BASE64"
    [ "$(sha512sum < "$1" | cut -d' ' -f1)" = "$(printf %s "${2#sha512-}" | base64 -d | od -An -v -tx1 | tr -d ' \n')" ]
}

unpack() { # ARCHIVE FOLDER [PATH…]
    local archive=$1 folder=$2
    shift 2
    mkdir -p "$folder"
    tar -C "$folder" --strip-components=1 --no-same-owner -xzf "$archive" "$@"
}

# The agent and all that it depends on, as agent-lock.json has it, without what no sandbox needs. No package's own script
# runs. npm's cache is one of the downloads; npm checks what it takes from there, too.
install_agent() { # FOLDER
    local downloads unwanted=(-name '*.map' -o -name '*.ts' -o -name '*.mts' -o -name '*.cts' -o -name '*.md' -o -name '*.flow')
    have npm || die "npm is needed to fetch the agent: install it (apt-get install npm), then run \`isol8 setup\` again." 3
    mkdir -p "$1" "${ISOL8_DOWNLOADS:?}"
    downloads=$(cd "$ISOL8_DOWNLOADS" && pwd)
    printf '%s\n' "$ISOL8_AGENT_LOCK" > "$1/package-lock.json"
    (
        cd "$1" || exit
        node -e 'const fs = require("fs"), lock = JSON.parse(fs.readFileSync("package-lock.json"));
            fs.writeFileSync("package.json", JSON.stringify(lock.packages[""]));' || exit
        npm ci --cache "$downloads/npm" --prefer-offline --ignore-scripts --omit=dev --omit=optional --no-audit \
            --no-fund --no-update-notifier --loglevel=error >&2
    ) || die "npm could not install the agent: see \`npm ping\` and npm's own configuration."
    rm -rf "$1/package.json" "$1/package-lock.json" "$1/node_modules/.bin" "$1/node_modules/.package-lock.json"
    find "$1" -type f \( "${unwanted[@]}" \) ! -iname '*licen[cs]e*' -delete
    find "$1/node_modules" -type d \( -path '*/node_modules/@mariozechner/pi-coding-agent/examples' \
        -o -path '*/node_modules/@mariozechner/pi-coding-agent/docs' -o -path '*/node_modules/@types' \) -prune \
        -exec rm -r {} +
    find "$1" -type d -empty -delete
}

build_programs() { # NAME OUT
    local name=$1 arch local_bin file archive base=base
    arch=$(architecture)
    local_bin=$work/context/local/bin
    mkdir -p "$local_bin"
    file=npm_${name}_$arch
    if [ -n "${!file:-}" ]; then
        progress 5 "fetching $name"
        archive=$(fetch "${!file}")
        progress 60 "unpacking $name"
        unpack "$archive" "$work/package"
    fi
    case $name in
        node)
            mv "$work/package/bin/node" "$local_bin/node"
            archive=$(fetch "$npm_npm")
            unpack "$archive" "$work/context/local/lib/node_modules/npm"
            rm -rf "$work/context/local/lib/node_modules/npm/"{docs,man}
            ln -s ../lib/node_modules/npm/bin/npm-cli.js "$local_bin/npm"
            ln -s ../lib/node_modules/npm/bin/npx-cli.js "$local_bin/npx"
            ;;
        bun)
            mv "$work/package/bin/bun" "$local_bin/bun"
            ln -s bun "$local_bin/bunx"
            ;;
        deno) mv "$work/package/deno" "$local_bin/deno" ;;
        agent)
            base=node
            progress 5 "fetching the agent"
            install_agent "$work/context/local/lib/agent"
            file=lib/agent/node_modules/@mariozechner/pi-coding-agent/dist/cli.js
            chmod +x "$work/context/local/$file"
            ln -s "../$file" "$local_bin/pi"
            ;;
    esac
    chmod -R u+rwX,go+rX,go-w "$work/context"
    find "$local_bin" -type f -exec chmod 755 {} +
    printf 'FROM isol8:%s\nCOPY local /usr/local\n' "$base" > "$work/context/Dockerfile"
    progress 80 "packing $name"
    pack "$work/context" "$2"
}

check_programs() {
    have npm || die "npm is needed to fetch node, bun, deno and the agent: install it (apt-get install npm), then run \`isol8 setup\` again." 3
}

# The work is a process group of its own. A guardian ends what is left of it and removes its files when this script ends,
# whatever ends it: it waits for the end of a pipe that this script alone holds open.
supervise() { # NEEDED_MIB FUNCTION ARGUMENTS…
    local status=0
    trap 'status=130; exec 4>&-' INT TERM HUP # before there is anything to leave behind
    workspace "$1"
    shift
    exec 3<&0
    set -m
    "$@" < /dev/null &
    group=$!
    exec 4> >(exec 3<&- 9>&- > /dev/null 2>&1; guard)
    set +m
    [ "$status" -eq 0 ] || exec 4>&- # it came in between
    wait "$group" || status=$?
    exec 4>&-
    while [ -d "$work" ]; do sleep 0.05; done
    exit "$status"
}

guard() {
    trap '' INT TERM HUP
    cat
    for _ in $(seq 10); do
        kill -TERM -- "-$group" || break
        sleep 0.1
    done
    kill -KILL -- "-$group" || true
    # What was made in mmdebstrap's user namespace belongs to its users.
    rm -rf "$work" || mmdebstrap --unshare-helper rm -rf "$work/tmp" || true
    rm -rf "$work"
}

case "${1:-} ${2:-}" in
    "check rootfs") check_rootfs ;;
    "check programs") check_programs ;;
    "rootfs python" | "rootfs base") check_rootfs && supervise 900 build_rootfs "$2" "${3:?OUT}" ;;
    "registry python" | "registry base") supervise 10 build_registry "$2" "${3:?OUT}" ;;
    "programs bash" | "programs node" | "programs bun" | "programs deno" | "programs agent") supervise 700 build_programs "$2" "${3:?OUT}" ;;
    *) die "Usage: image.sh check rootfs|programs, image.sh rootfs|registry python|base OUT, image.sh programs bash|node|bun|deno|agent OUT" 2 ;;
esac
