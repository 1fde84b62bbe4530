// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

// The program of a container: writes the time of its first instructions, in nanoseconds of CLOCK_MONOTONIC, and ends.
//
//     gcc -O2 -static -o first first.c

#include <stdio.h>
#include <time.h>

int main(void) {
  struct timespec now;
  if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) return 1;
  return printf("%lld\n", now.tv_sec * 1000000000LL + now.tv_nsec) < 0 || fflush(stdout) != 0;
}
