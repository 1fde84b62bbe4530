// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

// What the library of Embedded Swift leaves to the platform. Weak: Swift's usual library brings its own.

#include <stdlib.h>

// For Double(String): where the number ends, NULL where there is none. The locale is C's, as nothing here sets another.
__attribute__((weak)) const char *_swift_stdlib_strtod_clocale(const char *text, double *value) {
  char *end;
  *value = strtod(text, &end);
  return end == text ? NULL : end;
}
