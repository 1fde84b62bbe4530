#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
#
# Starts a container made from this machine's own programs: a shell where there is a terminal, otherwise a short script
# that shows what the container looks like from inside.

# shellcheck source=Scripts/common.sh
source "$(dirname "$0")/common.sh"

Scripts/packages.sh run

programs=
for program in bash ls ps cat hostname mount id ip head tail grep wc sleep stty clear env uname df free mkdir rm touch; do
  if command -v "$program" >/dev/null; then programs+=${programs:+,}$program; fi
done
# Without a network: this is no reason to change the machine's.
limits=(--memory 512m --cpus 1 --pids-limit 256 --network none)

if [[ -t 0 ]]; then
  exec bin/roost run --rm -it "${limits[@]}" --hostname roost "host:$programs" bash
fi

bin/roost run --rm -i "${limits[@]}" --hostname roost "host:$programs" bash <<'END'
set -eu
title() { printf '\n== %s\n' "$*"; }

title "host name"
hostname
title "process 1"
read -r name < /proc/1/comm
echo "$name"
title "processes"
ps -ef
title "network interfaces"
ip -brief address
title "limits: memory in bytes, CPU quota and period in microseconds, processes"
cd /sys/fs/cgroup
for file in memory.max memory/memory.limit_in_bytes cpu.max cpu/cpu.cfs_quota_us cpu/cpu.cfs_period_us \
  pids.max pids/pids.max; do
  if [[ -r $file ]]; then
    read -r value < "$file"
    echo "$file: $value"
  fi
done
title "root directory"
ls -l /
END
