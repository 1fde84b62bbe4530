// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

// zlib, liblzma and libzstd for Swift, with functions in place of the macros that the importer cannot see.

#pragma once

#include <errno.h>
#include <lzma.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>
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

// Not compression, but the bulk work beside it: copy_file_range(2), which glibc declares for C only. Clones where the
// file system can. Returns the number of bytes or -errno.
static inline long cc_copy_range(int from, int to, size_t count) {
  long result = syscall(SYS_copy_file_range, from, (void *)0, to, (void *)0, count, 0u);
  return result < 0 ? -(long)errno : result;
}
