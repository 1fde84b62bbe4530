// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

// zlib, liblzma and libzstd for Swift, with functions in place of the macros that the importer cannot see.

#pragma once

#include <lzma.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

// Starts to inflate one gzip member with the largest window; the stream must be zeroed.
static inline int cc_inflate_init_gzip(z_stream *stream) { return inflateInit2(stream, MAX_WBITS + 16); }

// A stream that no coder has been attached to.
static inline lzma_stream cc_lzma_stream(void) {
  lzma_stream stream = LZMA_STREAM_INIT;
  return stream;
}

// Concatenated .xz files, as xz(1) accepts them.
static const uint32_t cc_lzma_concatenated = LZMA_CONCATENATED;
