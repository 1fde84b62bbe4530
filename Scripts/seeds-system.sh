#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
#
# Makes a small Debian as debootstrap(8) does, unless it is there, and prints the archive's path. It is kept outside the work
# tree, and made before the tests start, whose machine has no way to a mirror.
#
# Usage: Scripts/seeds-system.sh

# shellcheck source=Scripts/common.sh
source "$(dirname "$0")/common.sh"

suite=bookworm
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
directory=${XDG_CACHE_HOME:-/var/cache}/roost-seeds
archive=$directory/$suite.tar

if [[ ! -s $archive ]]; then
  mkdir -p "$directory"
  trap 'rm -f "$archive.new"' EXIT
  mmdebstrap --quiet --variant=minbase --format=tar "$suite" "$archive.new" "$mirror" >&2
  mv "$archive.new" "$archive"
fi
echo "$archive"
