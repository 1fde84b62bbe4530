#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
#
# Builds programs as static executables and leaves them, stripped, in bin/.
#
# Usage: Scripts/build.sh PRODUCT…

# shellcheck source=Scripts/common.sh
source "$(dirname "$0")/common.sh"

need_swift
Scripts/packages.sh build

options=(-c release --scratch-path "$static_directory" -Xswiftc -static-executable)
mkdir -p bin
for product in "$@"; do
  swift build "${options[@]}" --product "$product"
  # A program that runs cannot be overwritten, but it can be replaced.
  strip -o "bin/.$product.new" "$static_directory/release/$product"
  mv "bin/.$product.new" "bin/$product"
done
