#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
#
# Makes the virtual machine for tests from Debian packages, unless it is there, and prints its directory: kernel,
# initrd and root.ext4. It is kept outside the work tree and made anew when its recipe changes.
#
# Usage: Scripts/vm-machine.sh

# shellcheck source=Scripts/common.sh
source "$(dirname "$0")/common.sh"

recipe=Tests/vm/machine
suite=bookworm
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
# The tests' own needs (packages.sh test) without a compiler, whose work is done outside; what makes user sessions;
# a load for the limits, what the five systems of docs/seeds are made of; the runtimes that tests are checked with; and criu,
# whose version works on this kernel.
packages=(
  python3-pytest busybox-static jq libseccomp2 procps strace xz-utils zstd
  systemd systemd-sysv dbus dbus-user-session libpam-systemd uidmap
  cpio hostname iproute2 iputils-ping kmod mount ncurses-bin stress crun runc criu
)
cache=${XDG_CACHE_HOME:-/var/cache}/roost-vm

make_root() {
  local root=$1 include
  include=$(IFS=, && echo "${packages[*]}")
  debootstrap --variant=minbase --include="$include" "$suite" "$root" "$mirror"
  install "$recipe/install-kernel" "$root/tmp/"
  chroot "$root" /tmp/install-kernel
  chroot "$root" useradd --create-home --shell /bin/bash ann
  rm -rf "$root"/tmp/* "$root"/var/{cache/apt,lib/apt/lists} "$root"/usr/share/{doc,locale,man}
  mkdir -p "$root/roost"
  echo "ann:100000:65536" | tee "$root/etc/subuid" >"$root/etc/subgid"
  install -D -t "$root/usr/lib/machine" "$recipe/init" "$recipe/job"
  install -m 644 -t "$root/etc/systemd/system" "$recipe/machine-job.service"
  systemd_units "$root"
}

# What would only cost time, and what would change the machine while tests look at it.
systemd_units() {
  local root=$1 unit
  mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
  ln -s ../machine-job.service "$root/etc/systemd/system/multi-user.target.wants/machine-job.service"
  for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer fstrim.timer e2scrub_all.timer \
    e2scrub_reap.service systemd-timesyncd.service getty@tty1.service serial-getty@ttyS0.service \
    serial-getty@ttyS1.service systemd-update-utmp.service systemd-random-seed.service \
    systemd-journal-flush.service systemd-tmpfiles-clean.timer modprobe@.service systemd-pstore.service; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit"
  done
  echo machine >"$root/etc/hostname"
  echo "/dev/vda / ext4 noatime 0 1" >"$root/etc/fstab"
  echo 0123456789abcdef0123456789abcdef >"$root/etc/machine-id"
}

make_initrd() {
  local root=$1 target=$2 directory=$3 modules module
  modules=$(echo "$root"/usr/lib/modules/*/kernel)
  mkdir -p "$directory"/{bin,dev,modules,root}
  cp "$root/bin/busybox" "$directory/bin/busybox"
  for module in sh mount insmod switch_root; do ln -s busybox "$directory/bin/$module"; done
  install "$recipe/initrd-init" "$directory/init"
  for module in virtio/virtio virtio/virtio_ring virtio/virtio_pci_modern_dev virtio/virtio_pci_legacy_dev \
    virtio/virtio_pci block/virtio_blk; do
    cp "$modules/drivers/$module.ko" "$directory/modules/"
    echo "${module##*/}.ko" >>"$directory/modules/order"
  done
  (cd "$directory" && find . | busybox cpio -o -H newc --quiet) >"$target"
}

make_machine() {
  local target=$1 work=$1.new
  rm -rf --one-file-system "$work"
  mkdir -p "$work"
  make_root "$work/root"
  make_initrd "$work/root" "$work/initrd" "$work/initrd.d"
  mv "$work/root/boot/vmlinuz" "$work/kernel"
  # Without a journal: nobody needs this file system after a crash. It is never written to, a run writes to a copy.
  mke2fs -q -t ext4 -O ^has_journal,^metadata_csum -E lazy_itable_init=1 -m 0 -d "$work/root" "$work/root.ext4" 2G
  rm -rf --one-file-system "$work/root" "$work/initrd.d"
  mv "$work" "$target"
}

[[ $EUID -eq 0 ]] || fail "making the machine needs root (debootstrap); ordinary users can run it afterwards"
Scripts/packages.sh vm >&2
version=$(cat "$0" "$recipe"/* | sha256sum | head -c 16)
mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9
if [[ ! -d $cache/$version ]]; then
  echo "making the virtual machine (once; some minutes), see $cache/$version.log" >&2
  make_machine "$cache/$version" >"$cache/$version.log" 2>&1 || {
    tail -20 "$cache/$version.log" >&2
    fail "the machine could not be made"
  }
  # Earlier recipes are not coming back.
  find "$cache" -mindepth 1 -maxdepth 1 -type d ! -name "$version" ! -newer "$cache/$version" -mtime +7 \
    -exec rm -rf --one-file-system {} +
fi
echo "$cache/$version"
