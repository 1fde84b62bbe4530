#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
#
# Runs test suites one after the other, all of them even if one fails, and ends with the line `N passed, N failed`.
# Suites with a + between them run side by side.
#
# Usage: Scripts/test.sh [--first] SUITE[+SUITE…]…
#        Scripts/test.sh --summary
#
# Suites: build build-tests check unit integration engine networks debian shipped-engine shipped-networks demo install seeds vm
# callers faults races. Counts are kept in .build/test-results; `--first` forgets what was there, `--summary` only prints the sum.

# shellcheck source=Scripts/common.sh
source "$(dirname "$0")/common.sh"

python=/usr/bin/python3

suite_build() { Scripts/build.sh roost roost-runtime; }

# What the tests of `make test` are of: a release of roost, which takes as long to build as all of this, comes after them.
suite_build-tests() { Scripts/build.sh roost-runtime tests; }

suite_check() { Scripts/check.sh; }

suite_unit() {
  Scripts/build.sh tests && swift test --skip-build --disable-xctest --xunit-output "$results_directory/unit.xml"
}

# Black box tests of bin/roost-runtime, or of the program that RUNTIME names.
suite_integration() {
  run_pytest integration Tests/integration --ignore=Tests/integration/engine --ignore=Tests/integration/faults
}

# What is done to the runtime at every one of its system calls, and races at their full number: ten minutes.
suite_faults() {
  run_pytest faults Tests/integration/faults
}

suite_races() {
  ROOST_RACES=2000 ROOST_SPIED=150 run_pytest races Tests/integration/test_security.py \
    Tests/integration/test_security_mounts.py -k 'exchanged or swapped or spy'
}

# Black box tests of bin/roost, or of the program that ROOST names.
suite_engine() { test_engine engine; }

# The same for networks, whose tests wait much and compute little.
suite_networks() { test_networks networks; }

# Both with roost as it is shipped, after `make test` has had them with one that is not optimised.
suite_shipped-engine() { ROOST="$PWD/bin/roost" test_engine shipped-engine; }
suite_shipped-networks() { ROOST="$PWD/bin/roost" test_networks shipped-networks; }

# The same for roots that debootstrap and mmdebstrap make, which take as long as all others.
suite_debian() {
  run_pytest debian Tests/integration/engine/test_roost_debian.py
}

# podman, containerd, Docker and Swarm above the runtime; CNI plug-ins, which come with them, below roost.
suite_callers() {
  local status=0
  Scripts/packages.sh callers || echo "test.sh: tests of tools that are not installed are skipped" >&2
  run_pytest callers Tests/callers || status=1
  run_pytest callers-cni Tests/integration/engine/networks/test_roost_cni.py || status=1
  return "$status"
}

# The five systems of docs/seeds, end to end; ROOST_UPDATE_SEEDS=1 writes what they printed into the pages.
suite_seeds() {
  Scripts/packages.sh seeds || echo "test.sh: tests of tools that are not installed are skipped" >&2
  ROOST_SEEDS_SYSTEM=$(Scripts/seeds-system.sh) run_pytest seeds Tests/seeds
}

# The main job, as it is without a terminal.
suite_demo() {
  local output
  output=$(Scripts/run.sh) || return 1
  echo "$output"
  # Its first lines: the container has the name that it was given.
  grep -qx roost <<<"$output"
}

# An installed roost finds its runtime and works.
suite_install() {
  local directory status=0
  directory=$(mktemp -d)
  make --no-print-directory install DESTDIR="$directory" PREFIX=/usr &&
    "$directory/usr/bin/roost-runtime" --version &&
    [[ -s $directory/usr/share/man/man8/roost-runtime-run.8 ]] &&
    [[ -s $directory/usr/share/bash-completion/completions/roost-runtime ]] &&
    "$directory/usr/bin/roost" --root "$directory/state" run --rm --network none --hostname installed host:hostname hostname ||
    status=1
  rm -rf "$directory"
  return "$status"
}

# Selected tests in virtual machines, see Tests/vm/README.md. The packages come first, so that no limit of time counts them.
suite_vm() { Scripts/vm-suite.sh "$results_directory"; }

test_engine() {
  run_pytest "$1" Tests/integration/engine --ignore=Tests/integration/engine/networks \
    --ignore=Tests/integration/engine/test_roost_debian.py
}

test_networks() { run_pytest "$1" Tests/integration/engine/networks; }

run_pytest() {
  local name=$1
  shift
  "$python" -m pytest -q --junitxml "$PWD/$results_directory/$name.xml" "$@"
}

# Prints one attribute of all test suites in a JUnit file, added up.
attribute_sum() {
  { grep -oE '<testsuite [^>]*>' "$2" | grep -oE " $1=\"[0-9]+\"" || true; } |
    { grep -oE '[0-9]+' || true; } | awk '{ sum += $1 } END { print sum + 0 }'
}

# Writes "passed failed" of a suite: from the JUnit files where it left some, otherwise it is one test by itself.
count() {
  local name=$1 status=$2 total=0 bad=0 skipped=0 file key
  for file in "$results_directory/$name"*.xml; do
    [[ -f $file ]] || continue
    total=$((total + $(attribute_sum tests "$file")))
    skipped=$((skipped + $(attribute_sum skipped "$file")))
    for key in failures errors; do bad=$((bad + $(attribute_sum "$key" "$file"))); done
  done
  if [[ $total -eq 0 ]]; then
    total=1
    if [[ $status -ne 0 ]]; then bad=1; fi
  elif [[ $status -ne 0 && $bad -eq 0 ]]; then
    total=$((total + 1))
    bad=1
  fi
  if [[ $bad -gt $total ]]; then total=$bad; fi
  echo "$((total - bad - skipped)) $bad" >"$results_directory/$name.count"
}

run_suite() {
  local name=$1 status=0
  declare -F "suite_$name" >/dev/null || fail "unknown suite $name"
  printf '\n=== %s\n' "$name"
  rm -f "$results_directory/$name"*.xml "$results_directory/$name.count"
  # Making the machine takes minutes the first time, which are not the tests'.
  if [[ $name == vm ]]; then Scripts/vm-machine.sh >/dev/null || true; fi
  # A suite that hangs is one that failed; building takes long on slow machines.
  timeout --kill-after=10 "${SUITE_TIMEOUT_SECONDS:-1800}" Scripts/test.sh --suite "$name" </dev/null || status=$?
  count "$name" "$status"
  echo "=== $name: $(awk '{ print $1 " passed, " $2 " failed" }' "$results_directory/$name.count") (${SECONDS} s so far)"
}

# The suites beside the first one, which a signal from the terminal does not reach.
jobs=()
end_jobs() {
  [[ ${#jobs[@]} -eq 0 ]] || pkill -P "$(IFS=,; echo "${jobs[*]}")" || true
}

# The first suite's output as it comes, those of the others when they end.
run_together() {
  local name
  for name in "${@:2}"; do
    run_suite "$name" >"$results_directory/$name.log" 2>&1 &
    jobs+=($!)
  done
  run_suite "$1"
  for name in "${@:2}"; do
    wait "${jobs[0]}"
    jobs=("${jobs[@]:1}")
    cat "$results_directory/$name.log"
  done
}

summary() {
  local line
  line=$(cat "$results_directory"/*.count | awk '{ p += $1; f += $2 } END { print p + 0 " passed, " f + 0 " failed" }')
  echo "$line"
  [[ $line == *" 0 failed" ]]
}

mkdir -p "$results_directory"
case ${1:-} in
  --suite)
    "suite_$2"
    exit
    ;;
  --summary)
    summary
    exit
    ;;
  --first)
    rm -rf "$results_directory"
    mkdir -p "$results_directory"
    shift
    ;;
esac

need_swift
[[ $EUID -eq 0 ]] || fail "the tests make namespaces, mounts and cgroups: run them as root"
Scripts/packages.sh build check run test
trap end_jobs EXIT
for names in "$@"; do
  IFS=+ read -ra together <<<"$names"
  run_together "${together[@]}"
done
echo
summary
