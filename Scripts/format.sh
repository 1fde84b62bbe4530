#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
#
# Formats the Swift sources in place; `--lint` complains instead.

# shellcheck source=Scripts/common.sh
source "$(dirname "$0")/common.sh"

need_swift
if [[ ${1:-} == --lint ]]; then
  swift format lint --strict --parallel --recursive Sources Tests Package.swift
else
  swift format --in-place --parallel --recursive Sources Tests Package.swift
fi
