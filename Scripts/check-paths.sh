#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
#
# A path that an image, a configuration or a container can influence becomes a descriptor in SafePath and nowhere else.
# Wherever the code that crosses the boundary hands the kernel a path as text, a comment says whose path it is and why that
# is safe: `// path: …` on the line or one of the four above it. Paths below /proc that are written out are the runtime's.

# shellcheck source=Scripts/common.sh
source "$(dirname "$0")/common.sh"

places=(Sources/ContainerRuntime Sources/RootFS/Unpack Sources/RootFS/Tar Sources/roost-runtime)

# shellcheck disable=SC2016  # the program is awk's
found=$(find "${places[@]}" -name '*.swift' -print0 | xargs -0 awk '
  FNR == 1 { excused = -9 }
  /\/\/ path: / { excused = FNR }
  /^[ \t]*\/\// { next }
  # The directory alone at the end of its line has the path on the next.
  { line = $0
    if (line ~ /\.workingDirectory,[ \t]*$/) { if ((getline more) > 0) line = line more } }
  line ~ /\.workingDirectory, "\/proc\/|\.workingDirectory, "\/"|\.workingDirectory, at: "\/"/ { next }
  line ~ /[^a-zA-Z](chdir|chroot)\("[\/.]"\)/ { next }
  line ~ /\.workingDirectory,|[^a-zA-Z](chdir|chroot)\(|RootDirectory\(hostPath:/ && FNR - excused > 4 {
    print FILENAME ":" FNR ":" line }')

[[ -n $found ]] || exit 0
echo "$found" >&2
echo "a path as text: open it through SafePath, or say whose it is with '// path: …' on its line or just above" >&2
exit 1
