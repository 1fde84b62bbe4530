#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
#
# No failure disappears: `try?` says on its line why it may (`// bestEffort`), and nothing that an input or the kernel can
# cause ends the program on the spot.

# shellcheck source=Scripts/common.sh
source "$(dirname "$0")/common.sh"

complaints=0

# Complains about code (comments aside) that matches a pattern and has no excuse on its line or the four above it.
forbid() {
  local pattern=$1 excuse=$2 advice=$3 found
  # shellcheck disable=SC2016  # the program is awk's
  found=$(find Sources -name '*.swift' -print0 | xargs -0 awk -v pattern="$pattern" -v excuse="$excuse" '
    FNR == 1 { excused = -9 }
    index($0, excuse) { excused = FNR }
    $0 ~ pattern && $0 !~ /^[ \t]*\/\// && FNR - excused > 4 { print FILENAME ":" FNR ":" $0 }')
  [[ -n $found ]] || return 0
  echo "$found" >&2
  echo "$advice" >&2
  complaints=$((complaints + 1))
}

forbid '[^A-Za-z]try[?]' '// bestEffort' "try? needs '// bestEffort: reason' on its line or just above"
forbid '[^A-Za-z]try!' '// never' "try! is not used here: throw"
forbid 'fatalError[(]' '// never' "fatalError is not used here: throw"

[[ $complaints -eq 0 ]] || exit 1
