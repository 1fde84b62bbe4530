#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
#
# Installs the Debian packages that are missing for a purpose, and asks the network only when one is.
#
# Usage: Scripts/packages.sh build|check|run|test|vm|bench|bench-network|callers|seeds…

# shellcheck source=Scripts/common.sh
source "$(dirname "$0")/common.sh"

packages_for() {
  case $1 in
    # g++ for the C++ library that Swift links; the -dev packages hold the static libraries.
    build) echo gcc g++ binutils libc6-dev git ca-certificates libssl-dev zlib1g-dev liblzma-dev libzstd-dev ;;
    check) echo binutils jq shellcheck ;;
    run) echo bash coreutils hostname iproute2 mount ncurses-bin procps ;;
    test)
      echo busybox-static curl debootstrap gcc iproute2 jq libc6-dev libseccomp2 mmdebstrap nftables openssl passt procps python3-dnspython \
        python3-pytest slirp4netns \
        strace stress uidmap util-linux xz-utils zstd
      ;;
    vm) echo busybox-static debootstrap e2fsprogs gcc libc6-dev qemu-system-x86 ;;
    bench) echo busybox-static crun gcc golang-github-containers-common jq libc6-dev runc strace ;;
    bench-network) echo busybox-static iperf3 iproute2 netavark podman python3 util-linux ;;
    # What the five systems of docs/seeds are made of and tried with.
    seeds)
      echo bash busybox-static containernetworking-plugins cpio iproute2 iptables iputils-ping mmdebstrap openvswitch-switch \
        procps python3-pytest stress uidmap util-linux
      ;;
    # The tools that people run above the runtime. Their daemons are not to start by themselves, see below.
    callers)
      echo buildah busybox-static catatonit conmon containerd containernetworking-plugins docker-compose docker.io gcc \
        iproute2 iptables libc6-dev netavark podman python3-grpcio python3-pytest uidmap util-linux
      ;;
    *) fail "unknown purpose $1" ;;
  esac
}

missing() {
  local package
  for package in "$@"; do
    [[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || echo "$package"
  done
}

wanted=()
for purpose in "$@"; do
  read -ra names <<<"$(packages_for "$purpose")"
  wanted+=("${names[@]}")
done

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  echo "packages.sh: this is no Debian system; make sure that you have the like of: ${wanted[*]}" >&2
  exit 0
fi

mapfile -t lacking < <(missing "${wanted[@]}" | sort -u)
[[ ${#lacking[@]} -gt 0 ]] || exit 0
[[ $EUID -eq 0 ]] || fail "packages are missing; as root: apt-get install -y --no-install-recommends ${lacking[*]}"

# Packages ask this program before they start a daemon (invoke-rc.d(8)): 101 is no.
policy=/usr/sbin/policy-rc.d
if [[ ! -e $policy ]]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi

echo "installing ${lacking[*]}"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${lacking[@]}" </dev/null >/dev/null
