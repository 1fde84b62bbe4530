// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

// What the library of Embedded Swift leaves to the platform. Weak: Swift's usual library brings its own.

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

// For Double(String): where the number ends, NULL where there is none. The locale is C's, as nothing here sets another.
__attribute__((weak)) const char *_swift_stdlib_strtod_clocale(const char *text, double *value) {
  char *end;
  *value = strtod(text, &end);
  return end == text ? NULL : end;
}

#ifdef ROOST_EMBEDDED
// Seeds of hash tables, once in a process's life, and nothing else in roost-runtime is random. The C library would ask the
// kernel and end the process where a filter refuses that; the kernel has handed us sixteen bytes already (getauxval(3)).
void arc4random_buf(void *buffer, size_t count) {
  static uint64_t state[2];
  const void *random = (const void *)getauxval(AT_RANDOM);
  if (state[0] == 0 && random != NULL) memcpy(state, random, sizeof state);
  unsigned char *byte = buffer;
  for (size_t index = 0; index < count; index++) {
    // SplitMix64 (Steele, Lea, Flood 2014).
    uint64_t z = state[0] += 0x9E3779B97F4A7C15;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    byte[index] = (unsigned char)((z ^ (z >> 31) ^ state[1]) >> 56);
  }
}
#endif
