// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// Sizes in memory and on disk, as people type them: `64m`, `1.5g`, `512KiB`, `4096`.
public enum SizeText {
  /// Parses a size.
  ///
  /// A decimal number with an optional fraction, then an optional unit `b`, `k`, `m`, `g` or `t`, upper or lower case,
  /// itself optionally followed by `b` or `ib`. Units are powers of 1024. A fraction of a byte is cut off.
  ///
  /// - Returns: Bytes, 0 … 2^63-1.
  /// - Throws: An ``EngineError`` without context; the caller names the flag.
  public static func parse(_ text: String) throws(EngineError) -> Int64 {
    var bytes = text.utf8[...]
    let whole = takeDigits(&bytes)
    var fraction: [UInt8] = []
    if bytes.first == Byte.dot {
      bytes.removeFirst()
      fraction = takeDigits(&bytes)
      guard !fraction.isEmpty else { throw malformed }
    }
    guard !whole.isEmpty else { throw malformed }
    let unit = try unit(of: String(decoding: bytes, as: UTF8.self))

    guard let count = Int64(String(decoding: whole, as: UTF8.self)) else { throw tooLarge }
    let (base, overflow) = count.multipliedReportingOverflow(by: unit)
    let (sum, overflow2) = base.addingReportingOverflow(scaled(fraction, by: unit))
    if overflow || overflow2 { throw tooLarge }
    return sum
  }

  /// The shortest text for a number of bytes with a binary unit and at most three decimals, such as `64MiB`.
  public static func format(_ bytes: Int64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"]
    var scale = 0
    var divisor: Int64 = 1
    while scale < units.count - 1, bytes / divisor >= 1024 {
      divisor *= 1024
      scale += 1
    }
    let whole = bytes / divisor
    // The remainder is below 2^40, so a thousandfold fits.
    let thousandths = Int(bytes % divisor * 1000 / divisor)
    guard thousandths > 0 else { return "\(whole)\(units[scale])" }
    var digits = String(thousandths + 1000).dropFirst()
    while digits.last == "0" { digits.removeLast() }
    return "\(whole).\(digits)\(units[scale])"
  }

  private static let malformed = EngineError(
    "not a size: expected a number with an optional unit b, k, m, g or t, such as 64m or 1.5g")
  private static let tooLarge = EngineError("too large: sizes end at 2^63-1 bytes")

  private static func takeDigits(_ bytes: inout Substring.UTF8View) -> [UInt8] {
    let digits = Array(bytes.prefix(while: Byte.isDigit))
    bytes = bytes.dropFirst(digits.count)
    return digits
  }

  private static func unit(of suffix: String) throws(EngineError) -> Int64 {
    switch suffix.asciiLowercased {
    case "", "b": 1
    case "k", "kb", "kib": 1 << 10
    case "m", "mb", "mib": 1 << 20
    case "g", "gb", "gib": 1 << 30
    case "t", "tb", "tib": 1 << 40
    default: throw malformed
    }
  }

  /// `0.digits × unit`, cut off. Eighteen digits count, more than any unit can resolve; the product takes 128 bits.
  private static func scaled(_ digits: [UInt8], by unit: Int64) -> Int64 {
    var numerator: UInt64 = 0
    var denominator: UInt64 = 1
    for digit in digits.prefix(18) {
      numerator = numerator * 10 + UInt64(digit - UInt8(ascii: "0"))
      denominator *= 10
    }
    // The quotient is below `unit`, because the fraction is below one.
    let product = numerator.multipliedFullWidth(by: UInt64(unit))
    return Int64(denominator.dividingFullWidth(product).quotient)
  }
}
