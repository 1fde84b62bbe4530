// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

// A C target needs a source file; everything is in the header.
#include "CCrypto.h"
