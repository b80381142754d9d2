#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# From a clone to a running sandbox on Debian or Ubuntu: installs what is missing, starts Docker where nothing answers,
# builds, makes images. Running it again does only what is left to do.
#
#   resources/bootstrap.sh run     build isol8, make the python image, run a first program
#   resources/bootstrap.sh test    build everything, make all images, check the style, run all tests
#
# As root, or as a user with sudo. A Docker daemon that it starts keeps running; one that it did not start it leaves as
# it is. DOCKER_HOST is honoured. Ends with 0 when every step did.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export HOME=${HOME:-/root} LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive
started=$SECONDS
failures=()

say() { printf '\n==> [%d:%02d] %s\n' $(((SECONDS - started) / 60)) $(((SECONDS - started) % 60)) "$1"; }
die() { printf '\nbootstrap: %s\n' "$1" >&2; exit 1; }
have() { command -v "$1" > /dev/null 2>&1; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
# A step whose failure does not keep the others from being tried.
attempt() { # NAME COMMAND…
    local name=$1
    shift
    "$@" || { failures+=("$name"); printf 'bootstrap: %s FAILED\n' "$name" >&2; }
}

build_packages="g++ cmake ninja-build ccache pkgconf qt6-base-dev qt6-httpserver-dev qt6-websockets-dev libqt6sql6-sqlite libqt6sql6-psql libqt6sql6-mysql libsystemd-dev libexpected-dev libvalijson-dev libre2-dev libc-ares-dev libcli11-dev mmdebstrap"
desktop_packages="libqt6opengl6-dev qt6-charts-dev qt6-svg-dev libqt6svg6 libqt6sql6-sqlite qt6-l10n-tools libqscintilla2-qt6-dev libvterm-dev libsodium-dev qtkeychain-qt6-dev"
test_packages="postgresql mariadb-server libseccomp-dev clang-format codespell shellcheck git curl iproute2 python3 appstream desktop-file-utils shared-mime-info"

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2> /dev/null)" = installed ]; }

install_missing() { # PACKAGES…
    local package missing=()
    have apt-get || die "This script knows Debian and Ubuntu only; README.md lists what isol8 needs."
    for package in "$@"; do installed "$package" || missing+=("$package"); done
    # What may be here by other ways than a Debian package is installed only when its program is missing.
    have dockerd || docker_answers || missing+=(docker.io)
    have docker || [[ " ${missing[*]-} " == *" docker.io "* ]] || missing+=(docker.io)
    if [ "$mode" = test ] && ! have npm; then missing+=(npm); fi
    if [ "$(id -u)" != 0 ]; then
        have sudo || die "Packages are missing (${missing[*]-none}) or Docker must be started: run this as root, or install sudo."
        have newuidmap || missing+=(uidmap)
    fi
    [ ${#missing[@]} -gt 0 ] || return 0
    say "Installing packages: ${missing[*]}"
    as_root apt-get -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 update || true # an unreachable source of others
    as_root apt-get -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 install -y --no-install-recommends "${missing[@]}" \
        || die "apt-get could not install ${missing[*]}: see above."
    have docker || as_root apt-get install -y --no-install-recommends docker-cli
}

docker_answers() { have docker && timeout 20 docker version --format '{{.Server.Version}}' > /dev/null 2>&1; }

ensure_docker() {
    if docker_answers; then return; fi
    [ -z "${DOCKER_HOST:-}" ] || die "No Docker daemon answers at DOCKER_HOST=$DOCKER_HOST: start it, or unset DOCKER_HOST."
    if ! as_root docker version > /dev/null 2>&1; then start_docker; fi
    if docker_answers; then return; fi
    # It answers root only. Membership of its group is read at login, so this script starts itself again with it.
    [ -z "${ISOL8_BOOTSTRAP_AGAIN:-}" ] || die "Docker answers root but not $(id -un): log in again, then run this again."
    say "Letting $(id -un) use Docker (group docker, as good as root on this machine)"
    as_root usermod -aG docker "$(id -un)"
    ISOL8_BOOTSTRAP_AGAIN=1 exec sg docker -c "$(printf '%q ' "$PWD/resources/bootstrap.sh" "$mode")"
}

start_docker() {
    say "Starting Docker"
    if [ -d /run/systemd/system ]; then
        as_root systemctl start docker
    elif ! launch; then
        # Where the kernel's packet filter is out of reach, sandboxes still work: they have no network.
        echo "Docker did not start: trying once more without its packet filter rules."
        launch --iptables=false --ip6tables=false || die "Docker does not start; the end of its log is above (build/dockerd.log)."
    fi
    for _ in $(seq 120); do
        if as_root docker version > /dev/null 2>&1; then return; fi
        sleep 0.5
    done
    die "Docker was started and does not answer after a minute: see build/dockerd.log or journalctl -u docker."
}

# dockerd in a session of its own with its output in a file: whoever waits for this script's output does not wait for it.
launch() { # OPTIONS…
    mkdir -p build
    local pid log=$PWD/build/dockerd.log
    # A daemon that was killed leaves its number, and its containerd's, behind and waits for that even as a zombie.
    local file
    for file in /var/run/docker.pid /var/run/docker/containerd/containerd.pid; do
        as_root test -f "$file" || continue
        grep -qs '^State:[[:space:]]*[^ZX[:space:]]' "/proc/$(as_root cat "$file")/status" || as_root rm -f "$file"
    done
    # shellcheck disable=SC2016 # the inner shell's
    pid=$(as_root sh -c 'log=$1; shift; setsid dockerd "$@" > "$log" 2>&1 < /dev/null & echo $!' sh "$log" "$@")
    for _ in $(seq 120); do
        if as_root docker version > /dev/null 2>&1; then return 0; fi
        if ! as_root kill -0 "$pid" 2> /dev/null; then break; fi
        sleep 0.5
    done
    tail -n 20 "$log" >&2
    return 1
}

build() { # PRESET
    say "Building (preset $1)"
    cmake --preset "$1" > "build/configure-$1.log" 2>&1 || { cat "build/configure-$1.log" >&2; return 1; }
    cmake --build --preset "$1"
}

run() {
    # shellcheck disable=SC2086 # lists
    install_missing $build_packages $desktop_packages
    ensure_docker
    mkdir -p build
    build release || die "The build failed: see above."
    say "Making the python image (nothing to do when it is there)"
    build/release/bin/isol8 setup --runtime python || die "The image could not be made: see above."
    say "Running a first program in a sandbox"
    build/release/bin/isol8 run -e 'import os, platform
print("Hello from", platform.python_implementation(), platform.python_version(), "as user", os.getuid(), "with", len(os.listdir("/sys/class/net")), "network interface: the loopback")' \
        || die "The first program did not run: \`build/release/bin/isol8 doctor\` says more."
    cat << 'END'

It works. Go on with:
  build/release/bin/isol8 run hello.py          a file; .js .ts .mts .sh after `isol8 setup`
  build/release/bin/isol8 setup                 the images of all runtimes
  build/release/bin/isol8 run --help            limits, files, secrets, examples
  sudo cmake --install build/release            isol8 for everybody on this machine
END
}

run_tests() {
    # shellcheck disable=SC2086 # lists
    install_missing $build_packages $desktop_packages $test_packages
    ensure_docker
    mkdir -p build
    say "Checking style and spelling"
    attempt "style" resources/check.sh
    build ci || die "The build failed: see above."
    attempt "engine-only" build engine-only
    say "Making the images (nothing to do when they are there)"
    build/ci/bin/isol8 setup || die "The images could not be made: see above."
    say "Running the tests"
    attempt "tests" ctest --preset ci -j2 --repeat until-pass:3 # a daemon under load is late at times
    [ ${#failures[@]} -eq 0 ] || die "failed: ${failures[*]} (after $(((SECONDS - started) / 60)) minutes)"
    say "All is well"
}

mode=${1:-}
[ $# -eq 1 ] || mode=
case $mode in
    run) run ;;
    test) run_tests ;;
    *)
        sed -n '3,10s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
        exit 2
        ;;
esac
