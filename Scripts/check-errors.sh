#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
#
# No failure disappears: `try?` says on its line why it may (`// bestEffort`), and nothing that an input or the kernel can
# cause ends the program on the spot.

# shellcheck source=Scripts/common.sh
source "$(dirname "$0")/common.sh"

complaints=0

# Complains about code (comments aside) that matches a pattern and lacks an excuse on the same line.
forbid() {
  local pattern=$1 excuse=$2 advice=$3 found
  found=$(grep -rnE --include='*.swift' "$pattern" Sources | grep -vE '^[^:]+:[0-9]+:[[:space:]]*//' |
    grep -v "$excuse" || true)
  [[ -n $found ]] || return 0
  echo "$found" >&2
  echo "$advice" >&2
  complaints=$((complaints + 1))
}

forbid '\btry\?' '// bestEffort' "try? needs '// bestEffort' and a reason on its line"
forbid '\btry!' '^$' "try! is not used here: throw"
forbid '\bfatalError\(' '^$' "fatalError is not used here: throw"

[[ $complaints -eq 0 ]] || exit 1
