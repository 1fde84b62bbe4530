#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
#
# Runs the tests of Tests/vm/*.list in virtual machines side by side, and leaves RESULTS/vm-NAME.xml in JUnit's form.
#
# Usage: Scripts/vm-suite.sh RESULTS [NAME…]      NAME: v2, systemd… (default: all lists)

# shellcheck source=Scripts/common.sh
source "$(dirname "$0")/common.sh"

results=$1
shift
names=("$@")
if [[ ${#names[@]} -eq 0 ]]; then
  for list in Tests/vm/*.list; do names+=("$(basename "$list" .list)"); done
fi
Scripts/vm-machine.sh >/dev/null
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

run() {
  local name=$1 init=${1%%-*} words status=0
  # Lines are pytest's arguments; what follows a number sign is for people.
  mapfile -t words < <(sed 's/#.*//' "Tests/vm/$name.list" | xargs -n 1)
  Scripts/vm.sh --init "$init" --results "$work/$name" --timeout "${VM_TIMEOUT_SECONDS:-1140}" -- \
    python3 -m pytest -q --durations=5 --junitxml "/results/vm-$name.xml" -o "junit_suite_name=vm-$name" "${words[@]}" \
    >"$work/$name.log" 2>&1 || status=$?
  echo "$status" >"$work/$name.status"
}

mkdir -p "$results"
for name in "${names[@]}"; do run "$name" & done
wait
failed=()
for name in "${names[@]}"; do
  status=$(<"$work/$name.status")
  printf '\n--- %s (status %s)\n' "$name" "$status"
  cat "$work/$name.log"
  # Without results the machine itself failed, which counts as one test.
  cp "$work/$name/vm-$name.xml" "$results/" 2>/dev/null ||
    echo "<testsuites><testsuite name=\"vm-$name\" tests=\"1\" failures=\"1\" errors=\"0\" skipped=\"0\"/></testsuites>" \
      >"$results/vm-$name.xml"
  if [[ $status -ne 0 ]]; then failed+=("$name"); fi
done
[[ ${#failed[@]} -eq 0 ]] || fail "failed: ${failed[*]}"
