#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
#
# Writes the manual pages and completions of the programs, which make them themselves, below a share directory.
#
# Usage: Scripts/install-documents.sh /usr/share

# shellcheck source=Scripts/common.sh
source "$(dirname "$0")/common.sh"

[[ $# -eq 1 ]] || fail "usage: Scripts/install-documents.sh DIRECTORY"
share=$1
program=bin/roost-runtime
[[ -x $program ]] || fail "$program is not built: make build"

engine=bin/roost
[[ -x $engine ]] || fail "$engine is not built: make build"

write() {
  install -d "$(dirname "$1")"
  "$2" "${@:3}" >"$1"
  chmod 644 "$1"
}

write "$share/man/man8/roost-runtime.8" "$program" manual
while read -r command; do
  write "$share/man/man8/roost-runtime-$command.8" "$program" manual "$command"
done < <("$program" --help | sed -n '/^COMMANDS:/,/^GLOBAL OPTIONS:/s/^   \([a-z]*\) .*/\1/p')
write "$share/bash-completion/completions/roost-runtime" "$program" completion bash
write "$share/zsh/site-functions/_roost-runtime" "$program" completion zsh
write "$share/fish/vendor_completions.d/roost-runtime.fish" "$program" completion fish

write "$share/man/man8/roost.8" "$engine" manual
while read -r command; do
  # shellcheck disable=SC2086 # the words of a command, such as "network create"
  write "$share/man/man8/roost-${command// /-}.8" "$engine" manual $command
done < <("$engine" manual --list)
write "$share/bash-completion/completions/roost" "$engine" completion bash
write "$share/zsh/site-functions/_roost" "$engine" completion zsh
write "$share/fish/vendor_completions.d/roost.fish" "$engine" completion fish
