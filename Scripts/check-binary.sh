#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
#
# roost-runtime runs on every distribution, needs nothing beside it, and brings no library that costs time at its start.
#
# Usage: Scripts/check-binary.sh FILE

# shellcheck source=Scripts/common.sh
source "$(dirname "$0")/common.sh"

file=${1:?usage: check-binary.sh FILE}
name=${file##*/}
unstripped=$embedded_directory/release/$name
complaints=0

complain() {
  echo "$file: $*" >&2
  complaints=$((complaints + 1))
}

[[ -x $file ]] || fail "$file is missing; try: make build"

# Reads all of its input: a writer that is cut off would fail the pipe.
contains() { grep -c "$@" >/dev/null; }

# Functions of an unstripped program that use the strings with these words. A literal of Swift's is addressed 32 bytes before it
# begins, and one that nothing uses may be left in the program.
users_of() {
  local program=$1 words=$2 offset start at size pattern=""
  while read -r offset _; do
    while read -r start at size; do
      if ((offset >= 16#$at && offset < 16#$at + 16#$size)); then
        pattern+=$(printf '|%x' $((16#$start + offset - 16#$at)) $((16#$start + offset - 16#$at - 32)))
      fi
    done < <(readelf -SW "$program" | sed -nE 's/^ *\[ *[0-9]+\] +(.*)$/\1/p' | awk '$3 !~ /^0+$/ { print $3, $4, $5 }')
  done < <(strings -a -t d "$program" | grep -F "$words")
  [[ -n $pattern ]] || return 0
  objdump -d --no-show-raw-insn "$program" |
    awk -v pattern="[^0-9a-f](${pattern#|})([^0-9a-f]|$)" '/>:$/ { name = $2 } $0 ~ pattern { print name }' | sort -u | tr -d '<>:'
}

if readelf -lW "$file" | contains -w INTERP; then complain "has a loader (PT_INTERP): not static"; fi
if readelf -dW "$file" | contains NEEDED; then complain "needs shared libraries (DT_NEEDED)"; fi
if readelf -SW "$file" | contains -w .symtab; then complain "is not stripped"; fi
# The mangled names of Foundation's modules are part of every type and symbol of theirs.
foundation='10Foundation|20FoundationEssentials|swift-corelibs|NIOCore|NIOPosix'
if strings -a "$file" | contains -E "$foundation"; then complain "contains Foundation or NIO"; fi
if [[ -f $unstripped ]]; then
  if nm "$unstripped" | contains -E "$foundation|_dispatch_queue_create"; then
    complain "has symbols of Foundation, NIO or Dispatch"
  fi
  # Else the linker would keep one of two copies of a function, which need not agree about the constants that they share.
  others=$(grep -vF "/${name//-/_}.build/" "$unstripped.product/Objects.LinkFileList" | grep -F .swift.o | tr -d "'" |
    xargs nm --defined-only --print-file-name | awk '/ [TW] / && !found++')
  if [[ -n $others ]]; then complain "has code that another module than its own made (see Package.swift): $others"; fi
  # Embedded Swift's words for a value in a string whose type has no description.
  users=$(users_of "$unstripped" "(cannot print value")
  if [[ -n $users ]]; then complain "cannot print what it interpolates, in: ${users//$'\n'/ }"; fi
  if nm "$unstripped" | contains swift_getTypeByMangledName; then
    complain "makes type metadata at run time: not built as Embedded Swift"
  fi
fi

[[ $complaints -eq 0 ]] || exit 1
echo "$file: static, stripped, $(stat -c %s "$file") bytes"
