#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
#
# Runs a command in the virtual machine for tests. The work tree's programs and tests are there at /roost; what the
# command leaves in /results is outside afterwards. The exit status is the command's; 125 when the machine ended
# before the command did, or took too long, and then the console's output is shown.
#
# Usage: Scripts/vm.sh [OPTION…] [--] [COMMAND ARGUMENT…]      without a command: a shell, on this terminal
#
#   --init v2|v1|systemd  what starts the machine (v2): a script that mounts cgroup v2 or v1, or systemd
#   --cpus N              processors (2)
#   --memory MIB          memory (1536)
#   --results DIRECTORY   where the content of /results goes (nowhere)
#   --timeout SECONDS     how long all may take (900; a shell: none)
#   --disk MIB            a further disk without content, /dev/vdd (none)
#
# KVM is not used unless ROOST_VM_ACCEL=kvm: where it exists in a virtual machine, it often does not work.

# shellcheck source=Scripts/common.sh
source "$(dirname "$0")/common.sh"

init=v2 cpus=2 memory=1536 results="" limit=900 disk=0
while [[ ${1:-} == --* ]]; do
  case $1 in
    --init) init=$2 ;;
    --cpus) cpus=$2 ;;
    --memory) memory=$2 ;;
    --results) results=$2 ;;
    --timeout) limit=$2 ;;
    --disk) disk=$2 ;;
    --) shift && break ;;
    *) fail "unknown option $1" ;;
  esac
  shift 2 || fail "a value is missing"
done
case $init in
  v1 | v2) append="machine_init=/usr/lib/machine/init machine_cgroup=$init" ;;
  systemd) append="machine_init=/sbin/init systemd.unified_cgroup_hierarchy=1 systemd.show_status=false" ;;
  *) fail "--init $init: v2, v1 or systemd" ;;
esac

machine=$(Scripts/vm-machine.sh)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The second disk: programs, tests with their helpers compiled, and the command.
make_payload() {
  local tree=$work/tree helper
  mkdir -p "$tree/.machine/helpers"
  # The pages of docs/seeds are what their tests compare with.
  mkdir -p "$tree/docs"
  cp -a bin Tests "$tree/"
  rm -rf "$tree/bin/debug"
  cp -a docs/seeds "$tree/docs/"
  for helper in Tests/integration/helpers/*.c; do
    gcc -std=gnu11 -O1 -static -o "$tree/.machine/helpers/$(basename "$helper" .c)" "$helper"
  done
  {
    echo "export ROOST_TEST_HELPERS=/roost/.machine/helpers ROOST_TEST_PATIENCE=8 ROOST_MACHINE=$init"
    if [[ -n ${PYTEST_ADDOPTS:-} ]]; then printf 'export PYTEST_ADDOPTS=%q\n' "$PYTEST_ADDOPTS"; fi
  } >"$tree/.machine/environment"
  if [[ $# -gt 0 ]]; then
    printf '%q ' "$@" >"$tree/.machine/command"
  else
    echo 'setsid bash -ic "stty -F /dev/ttyS1 sane; exec bash -i" </dev/ttyS1' >"$tree/.machine/command"
  fi
  mke2fs -q -t ext4 -O ^has_journal -E lazy_itable_init=1 -m 0 -d "$tree" "$work/payload.ext4" >/dev/null \
    "$(($(du -sm "$tree" | cut -f1) * 5 / 4 + 64))M"
}

make_payload "$@"
truncate -s 64M "$work/results.raw"
drives=(
  -drive "file=$machine/root.ext4,format=raw,if=virtio,snapshot=on"
  -drive "file=$work/payload.ext4,format=raw,if=virtio,cache=unsafe"
  -drive "file=$work/results.raw,format=raw,if=virtio,cache=unsafe"
)
if [[ $disk -gt 0 ]]; then
  truncate -s "${disk}M" "$work/disk.raw"
  drives+=(-drive "file=$work/disk.raw,format=raw,if=virtio,cache=unsafe")
fi
limiter=(timeout --foreground --kill-after=10 "$limit")
if [[ $# -eq 0 ]]; then limiter=(); fi

# A machine that panics restarts, and a restart ends it.
status=0
"${limiter[@]}" qemu-system-x86_64 \
  -machine pc,accel="${ROOST_VM_ACCEL:-tcg}" -cpu max -smp "$cpus" -m "$memory" -nodefaults -no-user-config \
  -display none -no-reboot -kernel "$machine/kernel" -initrd "$machine/initrd" \
  -append "console=ttyS0 quiet panic=-1 $append" \
  -chardev "file,id=console,path=$work/console" -serial chardev:console \
  -chardev stdio,id=output,signal=off -serial chardev:output \
  "${drives[@]}" || status=$?

mkdir -p "$work/results"
tar -C "$work/results" -xf "$work/results.raw" 2>/dev/null || true
if [[ ! -s $work/results/status ]]; then
  echo "vm.sh: the machine ended before the command did (status $status of QEMU); its console said:" >&2
  tail -c 20000 "$work/console" >&2
  exit 125
fi
status=$(<"$work/results/status")
rm "$work/results/status"
if [[ -n $results ]]; then
  mkdir -p "$results"
  cp -r "$work/results/." "$results/"
fi
exit "$status"
