// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux

/// The weight of version 2 (1 to 10000) for shares of version 1 (2 to 262144).
///
/// A parabola through (2, 1), (1024, 100) and (262144, 10000) on logarithmic scales: the smallest, the default and
/// the largest value of one become those of the other. That is the formula of runc 1.4 and crun 1.23.
///
/// - Returns: 0, which is "unset", for 0.
func cpuWeight(shares: UInt64) -> UInt64 {
  if shares == 0 { return 0 }
  if shares <= 2 { return 1 }
  if shares >= 262_144 { return 10_000 }
  let logarithm = log2(Double(shares))
  let exponent = (logarithm * logarithm + 125 * logarithm) / 612 - 7.0 / 34.0
  // Between 1 and 10000 by the two guards above.
  return UInt64(pow(10, exponent).rounded(.up))
}

/// The weight of version 2 (1 to 10000) for a block weight of version 1 (10 to 1000): a straight line.
func ioWeight(blkioWeight: UInt16) -> UInt64 {
  let above = UInt64(max(blkioWeight, 10)) - 10
  return 1 + above * 9999 / 990
}

/// What version 2 must be told of swap alone.
enum SwapLimit: Equatable {
  case unset
  case max
  case bytes(Int64)

  /// - Parameters:
  ///   - memory: bytes; -1 unlimited, 0 unset.
  ///   - memorySwap: bytes of memory and swap together; -1 unlimited, 0 unset.
  init(memory: Int64, memorySwap: Int64) throws(CgroupError) {
    let field = "/linux/resources/memory/swap"
    if memorySwap == 0 {
      // Version 1 counts swap as memory, so unlimited memory means unlimited swap there.
      self = memory == -1 ? .max : .unset
    } else if memorySwap == -1 {
      self = .max
    } else if memory == -1 {
      self = .bytes(memorySwap)
    } else if memory == 0 {
      throw CgroupError(
        .invalidValue, field: field,
        "unable to set swap limit without memory limit: \(memorySwap) is memory and swap together")
    } else if memorySwap < memory {
      throw CgroupError(
        .invalidValue, field: field,
        "memory+swap limit should be >= memory limit: \(memorySwap) is less than \(memory)")
    } else {
      self = .bytes(memorySwap - memory)
    }
  }
}
