# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
#
# What all scripts share; sourced. Goes to the repository's root and finds Swift.

set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Release builds are static and live apart from the debug builds of `swift test`, and so does what is Embedded Swift.
# shellcheck disable=SC2034  # used where this is sourced
static_directory=.build-static
# shellcheck disable=SC2034  # used where this is sourced
embedded_directory=.build-embedded
# shellcheck disable=SC2034  # used where this is sourced
results_directory=.build/test-results

if ! command -v swift >/dev/null; then
  PATH=${SWIFT_HOME:-/opt/swift/usr}/bin:$PATH
  export PATH
fi

fail() {
  echo "${0##*/}: $*" >&2
  exit 1
}

need_swift() {
  command -v swift >/dev/null ||
    fail "Swift 6.3 is needed (https://www.swift.org/install/linux); put it into PATH or name its usr in SWIFT_HOME"
}
