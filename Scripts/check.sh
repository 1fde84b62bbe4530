#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
#
# Everything that can be said about the sources without running them. Carries out all checks, then fails if one did.

# shellcheck source=Scripts/common.sh
source "$(dirname "$0")/common.sh"

Scripts/packages.sh check

failed=()
check() {
  local name=$1
  shift
  if "$@"; then
    echo "check: $name: ok"
  else
    echo "check: $name: FAILED" >&2
    failed+=("$name")
  fi
}

shell_scripts() {
  local scripts
  mapfile -t scripts < <(grep -rlE '^#!.*\b(ba)?sh\b|^# shellcheck shell=bash' Scripts .ci Tests)
  shellcheck --external-sources "${scripts[@]}"
}

check "format" Scripts/format.sh --lint
check "imports" Scripts/check-imports.sh
check "error handling" Scripts/check-errors.sh
check "paths" Scripts/check-paths.sh
check "shell scripts" shell_scripts
check "roost-runtime" Scripts/check-binary.sh bin/roost-runtime

[[ ${#failed[@]} -eq 0 ]] || fail "failed: ${failed[*]}"
