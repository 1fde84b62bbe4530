#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
#
# Builds programs as static executables and leaves them, stripped, in bin/. roost-runtime is built as Embedded Swift: see
# Package.swift. `tests` are the unit tests, which stay where `swift test` finds them, and bin/debug/roost, which is made of what
# they test and so costs nothing beside them.
#
# Usage: Scripts/build.sh roost|roost-runtime|tests…

# shellcheck source=Scripts/common.sh
source "$(dirname "$0")/common.sh"

need_swift
Scripts/packages.sh build

embedded_library=$(dirname "$(command -v swift)")/../lib/swift/embedded/$(uname -m)-unknown-linux-gnu

directory_of() {
  if [[ $1 == roost-runtime ]]; then echo "$embedded_directory"; else echo "$static_directory"; fi
}

build() {
  case $1 in
    roost-runtime)
      ROOST_EMBEDDED=1 swift build -c release --scratch-path "$embedded_directory" --product "$1" \
        -Xswiftc -gnone -Xswiftc -Xfrontend -Xswiftc -function-sections \
        -Xlinker --gc-sections -Xlinker -L"$embedded_library" -Xlinker -lswiftUnicodeDataTables
      ;;
    # Only what the tests are made of, no tools of packages.
    tests) swift build --product roostPackageTests --disable-xctest && swift build --product roost ;;
    *) swift build -c release --scratch-path "$static_directory" --product "$1" \
        -Xswiftc -static-executable -Xswiftc -gnone
      ;;
  esac
}

# The compiler has long stretches in which it uses one processor: all products at once, the first one's messages as they
# come, those of the others when they end.
messages=$(mktemp -d)
trap 'rm -rf "$messages"; kill "${jobs[@]}" 2>/dev/null || true' EXIT
jobs=()
for product in "${@:2}"; do
  build "$product" >"$messages/$product" 2>&1 &
  jobs+=($!)
done
status=0
build "$1" || status=$?
for product in "${@:2}"; do
  wait "${jobs[0]}" || status=$?
  jobs=("${jobs[@]:1}")
  cat "$messages/$product"
done
[[ $status -eq 0 ]] || exit "$status"

# A program that runs cannot be overwritten, but it can be replaced.
mkdir -p bin/debug
for product in "$@"; do
  if [[ $product == tests ]]; then
    cp .build/debug/roost bin/debug/.roost.new
    mv bin/debug/.roost.new bin/debug/roost
    ln -sfn ../roost-runtime bin/debug/roost-runtime
  else
    strip -o "bin/.$product.new" "$(directory_of "$product")/release/$product"
    mv "bin/.$product.new" "bin/$product"
  fi
done
