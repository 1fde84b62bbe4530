// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

// SHA-256 of OpenSSL for Swift: the functions that work on a plain value, without contexts on the heap, providers and
// a configuration file. OpenSSL calls them deprecated in favour of those; it uses the same code below.

#pragma once

#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
