#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
#
# Builds the benchmark and its programs in C, installs the runtimes to compare with, and runs it.
#
# Usage: Scripts/bench.sh [ARGUMENT OF THE BENCHMARK…]
#        Scripts/bench.sh --network [ARGUMENT OF Benchmarks/network.py…]

# shellcheck source=Scripts/common.sh
source "$(dirname "$0")/common.sh"

[[ $EUID -eq 0 ]] || fail "the benchmark makes containers: run it as root"
if [[ ${1:-} == --network ]]; then
  Scripts/packages.sh build bench-network
  Scripts/build.sh roost roost-runtime
  exec Benchmarks/network.py "${@:2}"
fi
Scripts/packages.sh build bench
Scripts/build.sh roost roost-runtime bench
for name in floor peak first; do
  gcc -std=gnu11 -O2 -Wall -Wextra -static -o "bin/$name" "Benchmarks/$name.c"
done

# The profile that Debian installs for podman, which is Docker's with the refusals spelled out, as engines give it to a
# runtime for a container with Docker's default capabilities.
make_profile() {
  local architecture=amd64 name=SCMP_ARCH_X86_64
  if [[ $(uname -m) == aarch64 ]]; then architecture=arm64 name=SCMP_ARCH_AARCH64; fi
  jq --arg architecture "$architecture" --arg name "$name" --argjson capabilities '["CAP_AUDIT_WRITE", "CAP_CHOWN",
    "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_MKNOD", "CAP_NET_BIND_SERVICE", "CAP_NET_RAW",
    "CAP_SETFCAP", "CAP_SETGID", "CAP_SETPCAP", "CAP_SETUID", "CAP_SYS_CHROOT"]' '
    {defaultAction, defaultErrnoRet,
     architectures: [.archMap[] | select(.architecture == $name) | .architecture, .subArchitectures[]],
     syscalls: [.syscalls[]
       | select(.includes.arches == null or (.includes.arches | index($architecture)))
       | select((.includes.caps // []) - $capabilities == [])
       | select((.excludes.arches // []) | index($architecture) | not)
       | select((.excludes.caps // []) - $capabilities == (.excludes.caps // []))
       | {names, action} + if .args then {args} else {} end + if .errnoRet then {errnoRet} else {} end]}
    ' /usr/share/containers/seccomp.json
}

make_profile >bin/seccomp.json
exec bin/bench --seccomp bin/seccomp.json "$@"
