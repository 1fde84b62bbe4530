#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
#
# Builds the fuzzer with the toolchain's libFuzzer and AddressSanitizer, and runs its targets one after the other. Inputs that
# reach something new are collected in .build-fuzz/corpus/TARGET, beside those of Tests/fuzz/corpus/TARGET; an input that a
# target fails with is left as .build-fuzz/found/TARGET-…
#
# Usage: Scripts/fuzz.sh [SECONDS [TARGET…]]     SECONDS for each target, 60 without; 0 tries the collected inputs only.
#        Scripts/fuzz.sh --input TARGET FILE…    tries these inputs, and says where a target fails.

# shellcheck source=Scripts/common.sh
source "$(dirname "$0")/common.sh"

need_swift
Scripts/packages.sh build

directory=.build-fuzz
fuzzer=$directory/release/fuzz
# What libFuzzer prints at its end is the runtime's; Swift's own report of a trap would come before it, and takes long.
export SWIFT_BACKTRACE=enable=no

build() {
  local resources
  resources=$(echo "$(dirname "$(readlink -f "$(command -v swift)")")"/../lib/clang/*/lib/linux)
  # gold warns about each function that it does not export.
  ROOST_FUZZ=1 swift build -c release --scratch-path "$directory" --product fuzz --sanitize=address \
    -Xswiftc -enable-testing -Xswiftc -gline-tables-only \
    -Xswiftc -sanitize-coverage=edge,indirect-calls,trace-cmp,inline-8bit-counters,pc-table \
    -Xlinker "$resources/libclang_rt.fuzzer_no_main-$(uname -m).a" -Xlinker -lstdc++ 2>&1 |
    grep --line-buffered -v "warning: Cannot export local symbol"
}

# Runs a target, and prints how many inputs it tried, and how much of the program they reached.
run() {
  local target=$1 seconds=$2 status=0 log=$directory/$1.log limit
  mkdir -p "$directory/corpus/$target" "$directory/found"
  if [[ $seconds == 0 ]]; then limit=-runs=0; else limit=-max_total_time=$seconds; fi
  "$fuzzer" "$target" "$limit" -timeout=20 -rss_limit_mb=2048 -max_len=16384 -print_final_stats=1 \
    -artifact_prefix="$directory/found/$target-" "$directory/corpus/$target" "Tests/fuzz/corpus/$target" \
    >"$log" 2>&1 || status=$?
  awk -v target="$target" '
    $2 == "cov:" || $3 == "cov:" { for (i = 1; i < NF; i++) if ($i == "cov:") covered = $(i + 1) }
    /number_of_executed_units/ { executed = $2 }
    END { printf "%-14s %9d inputs, %6d edges\n", target, executed, covered }' "$log"
  [[ $status -eq 0 ]] || {
    tail -n 40 "$log" >&2
    return 1
  }
}

build
if [[ ${1:-} == --input ]]; then
  exec "$fuzzer" "${@:2}"
fi
[[ ${1:-60} =~ ^[0-9]+$ ]] || fail "$1 is not a number of seconds"
mapfile -t targets < <("$fuzzer")
if [[ $# -gt 1 ]]; then targets=("${@:2}"); fi
failed=()
for target in "${targets[@]}"; do
  run "$target" "${1:-60}" || failed+=("$target")
done
[[ ${#failed[@]} -eq 0 ]] || fail "failed: ${failed[*]}; the inputs are in $directory/found"
