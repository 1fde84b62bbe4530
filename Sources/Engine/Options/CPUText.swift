// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// Shares of processors, as `--cpus` and `--cpu-percent` take them.
public enum CPUText {
  /// The scheduling period that goes with `--cpus`, in microseconds; Docker's.
  public static let periodMicroseconds: UInt64 = 100_000

  /// The smallest quota that the kernel accepts, in microseconds (`min_cfs_quota_period`).
  public static let smallestQuotaMicroseconds: Int64 = 1000

  /// Parses a number of processors with a fraction, such as `1.5`, to a quota per period of 100 ms.
  ///
  /// - Returns: Microseconds of processor time per ``periodMicroseconds``; at least 1000. 0 means no limit.
  /// - Throws: An ``EngineError`` without context; the caller names the flag.
  public static func quota(ofCPUs text: String) throws(EngineError) -> Int64 {
    let (whole, fraction) = text.cut(at: Byte.dot)
    let malformed = EngineError("not a number of processors: expected a decimal number such as 0.5 or 2")
    guard let count = whole.isEmpty && fraction != nil ? 0 : decimal(whole, as: UInt32.self) else {
      throw malformed
    }
    var micros: Int64 = 0
    if let fraction {
      guard !fraction.isEmpty, fraction.utf8.allSatisfy(Byte.isDigit) else { throw malformed }
      // Five digits make microseconds of a period of 100 000; further digits are below the clock's resolution.
      let digits = fraction.utf8.prefix(5)
      for digit in digits { micros = micros * 10 + Int64(digit - UInt8(ascii: "0")) }
      for _ in digits.count..<5 { micros *= 10 }
    }
    let quota = Int64(count) * Int64(periodMicroseconds) + micros
    if quota > 0, quota < smallestQuotaMicroseconds {
      throw EngineError("too small: the kernel's smallest share is 0.01")
    }
    if quota == 0, text.utf8.contains(where: { Byte.isDigit($0) && $0 != UInt8(ascii: "0") }) {
      throw EngineError("too small: the kernel's smallest share is 0.01")
    }
    return quota
  }

  /// Parses a percentage of one processor, 1 … 100, to a quota per period of 100 ms.
  public static func quota(ofPercent text: String) throws(EngineError) -> Int64 {
    guard let percent = decimal(text, as: Int64.self), (1...100).contains(percent) else {
      throw EngineError("not a percentage of one processor: expected a whole number from 1 to 100")
    }
    return percent * Int64(periodMicroseconds) / 100
  }

  /// Checks a list of processors or memory nodes: `0-3,8`.
  public static func checkList(_ text: String) throws(EngineError) {
    let malformed = EngineError("not a list: expected numbers and ranges such as 0-3,8")
    for part in text.pieces(separatedBy: Byte.comma) {
      let (first, last) = part.cut(at: Byte.dash)
      guard let low = decimal(first, as: UInt16.self) else { throw malformed }
      guard let last else { continue }
      guard let high = decimal(last, as: UInt16.self) else { throw malformed }
      if high < low { throw EngineError("the range \(part) runs backwards") }
    }
  }
}
