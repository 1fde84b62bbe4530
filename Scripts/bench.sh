#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
#
# Builds the benchmark and its floor in C, installs the runtimes to compare with, and runs it.
#
# Usage: Scripts/bench.sh [ARGUMENT OF THE BENCHMARK…]

# shellcheck source=Scripts/common.sh
source "$(dirname "$0")/common.sh"

[[ $EUID -eq 0 ]] || fail "the benchmark makes containers: run it as root"
Scripts/packages.sh build bench
Scripts/build.sh roost roost-runtime bench
gcc -std=gnu11 -O2 -Wall -Wextra -static -o bin/floor Benchmarks/floor.c
gcc -std=gnu11 -O2 -Wall -Wextra -static -o bin/peak Benchmarks/peak.c
exec bin/bench "$@"
