#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# tests/abuse/daemon.sh RUNTIME COMMAND…: COMMAND with a Docker daemon of its own (DOCKER_HOST) whose containers run in RUNTIME, which is
# runc, crun or runsc (gVisor), with the images that isol8 made in this machine's (or those that ISOL8_IMAGES names):
#
#   tests/abuse/daemon.sh crun build/ci/bin/isol8 doctor --isolation
#   ISOL8_ABUSE=all tests/abuse/daemon.sh crun ctest --preset ci -L abuse
#
# crun starts nothing where cgroups v1 and v2 are mounted at once, as container hosts without systemd have them; so the
# daemon sees v1 alone. As root.
set -euo pipefail
[ $# -ge 2 ] || { sed -n '3,7s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2; }
runtime=$1
shift
folder=$(mktemp -d /tmp/isol8-runtime-XXXXXX)
socket=$folder/docker.sock
cat > "$folder/config.json" << END
{ "runtimes": { "crun": { "path": "$(command -v crun || echo crun)" },
    "runsc": { "path": "$(command -v runsc || echo runsc)", "runtimeArgs": ["--network=none", "--ignore-cgroups=true"] } } }
END
# shellcheck disable=SC2016 # the inner shell's
unshare --mount --net sh -c 'umount /sys/fs/cgroup/unified 2> /dev/null
    exec dockerd --config-file "$1/config.json" --default-runtime "$2" --bridge=none --iptables=false \
        --data-root "$1/data" --exec-root "$1/exec" --pidfile "$1/pid" --host "unix://$1/docker.sock"' \
    sh "$folder" "$runtime" > "$folder/log" 2>&1 &
daemon=$!
finish() {
    kill "$daemon" 2> /dev/null || true
    wait "$daemon" 2> /dev/null || true
    grep -o "$folder/[^ ]*" /proc/mounts | sort -r | xargs -r umount 2> /dev/null || true
    rm -rf "$folder"
}
trap finish EXIT
for _ in $(seq 120); do
    if docker -H "unix://$socket" version > /dev/null 2>&1; then break; fi
    kill -0 "$daemon" 2> /dev/null || { tail -n 20 "$folder/log" >&2; exit 1; }
    sleep 0.5
done
# shellcheck disable=SC2086 # a list
docker save ${ISOL8_IMAGES:-$(docker images isol8 --format '{{.Repository}}:{{.Tag}}' | grep -v '<none>')} \
    | docker -H "unix://$socket" load > /dev/null
DOCKER_HOST=unix://$socket "$@"
