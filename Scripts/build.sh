#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
#
# Builds programs as static executables and leaves them, stripped, in bin/. roost-runtime is built as Embedded Swift: see
# Package.swift.
#
# Usage: Scripts/build.sh PRODUCT…

# shellcheck source=Scripts/common.sh
source "$(dirname "$0")/common.sh"

need_swift
Scripts/packages.sh build

embedded_library=$(dirname "$(command -v swift)")/../lib/swift/embedded/$(uname -m)-unknown-linux-gnu

build() {
  case $1 in
    roost-runtime)
      # object-outliner: Swift 6.3 numbers the constant arrays of a function anew in each module that has a copy of it, and
      # the linker, which keeps one copy, can pair the code of one with the arrays of another.
      directory=$embedded_directory
      ROOST_EMBEDDED=1 swift build -c release --scratch-path "$directory" --product "$1" \
        -Xswiftc -Osize -Xswiftc -Xfrontend -Xswiftc -function-sections \
        -Xswiftc -Xllvm -Xswiftc -sil-disable-pass=object-outliner \
        -Xlinker --gc-sections -Xlinker -L"$embedded_library" -Xlinker -lswiftUnicodeDataTables
      ;;
    *)
      directory=$static_directory
      swift build -c release --scratch-path "$directory" --product "$1" -Xswiftc -static-executable
      ;;
  esac
}

mkdir -p bin
for product in "$@"; do
  build "$product"
  # A program that runs cannot be overwritten, but it can be replaced.
  strip -o "bin/.$product.new" "$directory/release/$product"
  mv "bin/.$product.new" "bin/$product"
done
