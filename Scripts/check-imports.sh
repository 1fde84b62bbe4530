#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
#
# Who may import whom. Package.swift says it, but the compiler lets a target import what its dependencies depend on.
#
# - A target imports only what Package.swift lists for it. Tests import what their dependencies are made of, too, Testing and
#   Foundation. Glibc is for what is above roost-runtime: Embedded Swift has none, C comes through CLinux there.
# - A target depends only on targets that stand above it in Package.swift: their order is the order of the layers.
# - roost-runtime and everything below it know neither Foundation, Dispatch and NIO nor concurrency: one of these would
#   cost every start of a container a millisecond, and a second thread would make unshare(2) and setns(2) fail.

# shellcheck source=Scripts/common.sh
source "$(dirname "$0")/common.sh"

need_swift

declare -A dependencies=() position=()
order=() closure=() runtime=() complaints=0

complain() {
  echo "$*" >&2
  complaints=$((complaints + 1))
}

read_package() {
  local name listed
  while IFS=$'\t' read -r name listed; do
    position[$name]=${#order[@]}
    order+=("$name")
    dependencies[$name]=$listed
  done < <(swift package --scratch-path "$static_directory" dump-package | jq -r '
    .targets[] | [.name, ([.dependencies[] | (.byName // .product // .target)[0]] | join(" "))] | @tsv')
  [[ ${#order[@]} -gt 0 ]] || fail "Package.swift lists no targets"
}

directory_of() {
  if [[ -d Tests/$1 ]]; then echo "Tests/$1"; else echo "Sources/$1"; fi
}

# Prints "file:line module" for every import of a target.
imports_of() {
  { grep -rnE --include='*.swift' '^ {0,2}(@[a-zA-Z_]+ |public |package |internal |fileprivate |private )*import ' \
    "$(directory_of "$1")" || true; } |
    sed -E 's/^([^:]*:[0-9]+):.*import ((struct|class|enum|protocol|func|var|let|typealias) )?([A-Za-z0-9_]+).*/\1 \4/'
}

check_imports() {
  local target=$1 allowed=" ${dependencies[$1]} " place module
  [[ " ${runtime[*]} " == *" $target "* ]] || allowed+="Glibc "
  if [[ -d Tests/$target ]]; then
    find_closure "$target"
    allowed=" ${closure[*]} Glibc Testing Foundation "
  fi
  while read -r place module; do
    [[ $allowed == *" $module "* ]] || complain "$place: $target may not import $module: Package.swift does not list it"
  done < <(imports_of "$target")
}

check_layers() {
  local target=$1 dependency
  for dependency in ${dependencies[$target]}; do
    [[ -n ${position[$dependency]:-} ]] || continue
    [[ ${position[$dependency]} -lt ${position[$target]} ]] ||
      complain "Package.swift: $target depends on $dependency, which stands in a higher layer"
  done
}

# Leaves a target and all that it depends on in `closure`.
find_closure() {
  local pending=("$1") seen=" " target listed
  closure=()
  while [[ ${#pending[@]} -gt 0 ]]; do
    target=${pending[0]}
    pending=("${pending[@]:1}")
    [[ $seen != *" $target "* ]] || continue
    seen+="$target "
    closure+=("$target")
    read -ra listed <<<"${dependencies[$target]:-}"
    pending+=("${listed[@]}")
  done
}

check_runtime_target() {
  local directory
  if [[ -z ${position[$1]:-} ]]; then
    complain "Package.swift: roost-runtime depends on $1, which is not ours"
    return
  fi
  directory=$(directory_of "$1")
  # Words in strings and comments do no harm.
  if grep -rnE --include='*.swift' . "$directory" | sed -E 's/"[^"]*"//g; s,//.*,,' |
    grep -wE '(async|Task|actor|MainActor)' >&2; then
    complain "$directory: no concurrency in what roost-runtime is made of"
  fi
}

read_package
find_closure roost-runtime
runtime=("${closure[@]}")
for target in "${order[@]}"; do
  check_imports "$target"
  check_layers "$target"
done
for target in "${runtime[@]}"; do check_runtime_target "$target"; done

[[ $complaints -eq 0 ]] || fail "$complaints complaints"
