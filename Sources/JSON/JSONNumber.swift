// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// Whole numbers, exact in the ranges of `Int64` and `UInt64`.
///
/// A number with a fraction or an exponent is taken as an integer if its value is one: `1e3` is 1000 and `2.0` is 2, since
/// for JSON Schema an integer is a value and not a spelling, and encoders that keep numbers as floating point write such
/// forms. The value is computed in decimal; nothing is rounded.
extension JSONValue {
  /// The value, which must be an integer in the range.
  @inlinable
  public func integer<T: FixedWidthInteger>(
    in range: ClosedRange<T> = T.min...T.max
  ) throws(JSONError) -> T {
    if T.isSigned {
      let bounds = Int64(clamping: range.lowerBound)...Int64(clamping: range.upperBound)
      return T(truncatingIfNeeded: try signed(in: bounds))
    }
    let bounds = UInt64(clamping: range.lowerBound)...UInt64(clamping: range.upperBound)
    return T(truncatingIfNeeded: try unsigned(in: bounds))
  }

  @usableFromInline
  func signed(in range: ClosedRange<Int64>) throws(JSONError) -> Int64 {
    if let (isNegative, magnitude) = decodedInteger() {
      let value = isNegative ? Int64(exactly: -Int128(magnitude)) : Int64(exactly: magnitude)
      if let value, range.contains(value) { return value }
    }
    throw mismatch(expected: "an integer between \(range.lowerBound) and \(range.upperBound)")
  }

  @usableFromInline
  func unsigned(in range: ClosedRange<UInt64>) throws(JSONError) -> UInt64 {
    if let (isNegative, magnitude) = decodedInteger(), !isNegative || magnitude == 0,
      range.contains(magnitude)
    {
      return magnitude
    }
    throw mismatch(expected: "an integer between \(range.lowerBound) and \(range.upperBound)")
  }

  /// Sign and magnitude; `nil` for what is not a number, not whole, or does not fit 64 bits.
  private func decodedInteger() -> (isNegative: Bool, magnitude: UInt64)? {
    let node = node
    guard node.kind == .integer || node.kind == .decimal else { return nil }
    let text = document.bytes[Int(node.start)..<Int(node.start) + Int(node.length)]
    let isNegative = text.first == UInt8(ascii: "-")
    let digits = isNegative ? text.dropFirst() : text
    guard let magnitude = node.kind == .integer ? Self.magnitude(digits) : Self.wholeMagnitude(digits) else {
      return nil
    }
    return (isNegative, magnitude)
  }

  private static func magnitude(_ digits: ArraySlice<UInt8>) -> UInt64? {
    var value: UInt64 = 0
    for digit in digits {
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(UInt64(digit &- UInt8(ascii: "0")))
      if overflow || carry { return nil }
      value = sum
    }
    return value
  }

  /// The value of digits with a fraction or an exponent, if whole.
  private static func wholeMagnitude(_ text: ArraySlice<UInt8>) -> UInt64? {
    let mantissa = text.prefix { $0 | 0x20 != UInt8(ascii: "e") }
    let integerPart = mantissa.prefix { $0 != UInt8(ascii: ".") }
    var digits = Array(integerPart) + mantissa.dropFirst(integerPart.count + 1)
    guard let exponent = exponent(text.dropFirst(mantissa.count + 1)) else { return nil }

    // The value is `digits` times ten to the power of `scale`.
    var scale = exponent - (digits.count - integerPart.count)
    while digits.last == UInt8(ascii: "0") {
      digits.removeLast()
      scale += 1
    }
    if digits.isEmpty { return 0 }
    // A UInt64 has at most 20 digits, leading zeros do not count.
    guard 0...20 ~= scale else { return nil }
    digits += [UInt8](repeating: UInt8(ascii: "0"), count: scale)
    return magnitude(digits[...])
  }

  /// A signed exponent, 0 when there is none. One beyond ±9 digits is cut off there: it cannot belong to a whole
  /// number of 64 bits unless that is zero.
  private static func exponent(_ text: ArraySlice<UInt8>) -> Int? {
    let isNegative = text.first == UInt8(ascii: "-")
    let digits = text.drop { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") }
      .drop { $0 == UInt8(ascii: "0") }
    guard let value = magnitude(digits.prefix(9)) else { return nil }
    return isNegative ? -Int(value) : Int(value)
  }
}
