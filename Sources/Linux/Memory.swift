// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux

/// Makes the heap grow in steps of a size and keep what it has (mallopt(3)): a short life then has one brk(2) or two instead
/// of ten. Memory that is not touched costs nothing.
///
/// - Parameter bytes: at most 1 GiB.
public func setHeapStep(bytes: Int32) {
  _ = mallopt(M_TOP_PAD, bytes)
  _ = mallopt(M_TRIM_THRESHOLD, bytes * 2)
}

/// Takes the program's code out of the process's memory (madvise(2)); what is executed of it after that comes back from the
/// page cache, some pages at a time.
public func dropCode() throws(SyscallError) { try check(cl_drop_code(), "madvise") }
