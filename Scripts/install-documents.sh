#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
#
# Writes the manual pages and completions of bin/roost-runtime, which makes them itself, below a share directory.
#
# Usage: Scripts/install-documents.sh /usr/share

# shellcheck source=Scripts/common.sh
source "$(dirname "$0")/common.sh"

[[ $# -eq 1 ]] || fail "usage: Scripts/install-documents.sh DIRECTORY"
share=$1
program=bin/roost-runtime
[[ -x $program ]] || fail "$program is not built: make build"

write() {
  install -d "$(dirname "$1")"
  "$program" "${@:2}" >"$1"
  chmod 644 "$1"
}

write "$share/man/man8/roost-runtime.8" manual
while read -r command; do
  write "$share/man/man8/roost-runtime-$command.8" manual "$command"
done < <("$program" --help | sed -n '/^commands:/,/^global options:/s/^  \([a-z]*\) .*/\1/p')
write "$share/bash-completion/completions/roost-runtime" completion bash
write "$share/zsh/site-functions/_roost-runtime" completion zsh
write "$share/fish/vendor_completions.d/roost-runtime.fish" completion fish
