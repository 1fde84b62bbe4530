// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// Keys: their decoded form, and that no object has one twice.
extension JSONParser {
  /// Objects up to this size are checked pair by pair, larger ones by sorting.
  private static let pairwiseLimit = 16

  /// Refuses an object in which a key occurs twice, however its occurrences are escaped.
  ///
  /// Readers differ in which of two values they take, so that what one program checked is not what another one uses.
  /// Sorting keeps the cost at n log n for keys of any choice, which hashing would not.
  func rejectDuplicateKeys(_ text: Span<UInt8>, object: Int) throws(Failure) {
    let count = Int(nodes[object].length)
    if count < 2 { return }
    if count > Self.pairwiseLimit {
      return try rejectDuplicates(text, sorted: keys(of: object))
    }
    var marks: UInt64 = 0
    var later = object + 1
    for index in 0..<count {
      let mark = mark(text, nodes[later])
      if marks & mark != 0 {
        var earlier = object + 1
        for _ in 0..<index {
          if areEqual(text, nodes[earlier], nodes[later]) { throw duplicate(of: nodes[earlier], at: later) }
          earlier = valueEnd(afterKey: earlier)
        }
      }
      marks |= mark
      later = valueEnd(afterKey: later)
    }
  }

  /// One of 64 bits, of a key whose escapes may make it any other all: keys without a common one differ.
  private func mark(_ text: Span<UInt8>, _ key: JSONNode) -> UInt64 {
    if key.isEscaped { return .max }
    if key.length == 0 { return 1 }
    let (first, last) = (text[Int(key.start)], text[Int(key.start + key.length) - 1])
    return 1 << ((UInt64(key.length) &+ UInt64(first) &* 5 &+ UInt64(last) &* 11) & 63)
  }

  private func keys(of object: Int) -> [Int] {
    var keys: [Int] = []
    keys.reserveCapacity(Int(nodes[object].length))
    var key = object + 1
    while key < nodes.count {
      keys.append(key)
      key = valueEnd(afterKey: key)
    }
    return keys
  }

  private func valueEnd(afterKey key: Int) -> Int {
    Int(nodes[key + 1].next)
  }

  private func rejectDuplicates(_ text: Span<UInt8>, sorted keys: [Int]) throws(Failure) {
    // A span cannot be captured by the sort's closure, decoded copies can.
    let decoded = keys.map { (key: $0, bytes: Self.bytes(of: text, nodes[$0])) }
    let sorted = decoded.sorted {
      $0.bytes.count != $1.bytes.count
        ? $0.bytes.count < $1.bytes.count : $0.bytes.lexicographicallyPrecedes($1.bytes)
    }
    for index in sorted.indices.dropFirst() where sorted[index].bytes == sorted[index - 1].bytes {
      let pair = [sorted[index - 1].key, sorted[index].key].sorted()
      throw duplicate(of: nodes[pair[0]], at: pair[1])
    }
  }

  private func duplicate(of first: JSONNode, at key: Int) -> Failure {
    Failure(offset: Int(nodes[key].start) - 1, problem: "duplicate key: the object already has it", key: key)
  }

  private func areEqual(_ text: Span<UInt8>, _ a: JSONNode, _ b: JSONNode) -> Bool {
    if a.isEscaped || b.isEscaped {
      return Self.bytes(of: text, a) == Self.bytes(of: text, b)
    }
    guard a.length == b.length else { return false }
    let (aStart, bStart) = (Int(a.start), Int(b.start))
    for index in 0..<Int(a.length) where text[aStart + index] != text[bStart + index] {
      return false
    }
    return true
  }

  /// A text's content, escapes resolved. The text was scanned, so every escape is well formed.
  static func bytes(of text: Span<UInt8>, _ node: JSONNode) -> [UInt8] {
    let end = Int(node.start) + Int(node.length)
    var offset = Int(node.start)
    var result: [UInt8] = []
    result.reserveCapacity(Int(node.length))
    while offset < end {
      let byte = text[offset]
      guard byte == UInt8(ascii: "\\") else {
        result.append(byte)
        offset += 1
        continue
      }
      let escape = text[offset + 1]
      offset += 2
      switch escape {
      case UInt8(ascii: "b"): result.append(0x08)
      case UInt8(ascii: "f"): result.append(0x0C)
      case UInt8(ascii: "n"): result.append(0x0A)
      case UInt8(ascii: "r"): result.append(0x0D)
      case UInt8(ascii: "t"): result.append(0x09)
      case UInt8(ascii: "u"): appendScalar(of: text, &offset, to: &result)
      default: result.append(escape)
      }
    }
    return result
  }

  /// Decodes what follows `\u`: four digits, or the two halves of a surrogate pair.
  private static func appendScalar(of text: Span<UInt8>, _ offset: inout Int, to result: inout [UInt8]) {
    var value = hexUnit(text, at: offset) ?? 0
    offset += 4
    if 0xD800...0xDBFF ~= value, let low = hexUnit(text, at: offset + 2) {
      value = 0x10000 + ((value & 0x3FF) << 10) + (low & 0x3FF)
      offset += 6
    }
    if let scalar = Unicode.Scalar(value) {
      result.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    }
  }
}
