// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// The numbers of one system call.
struct SyscallNumbers {
  /// The columns of a line of ``SyscallTableData``.
  private let columns: UnsafePointer<UInt8>

  fileprivate static let columnWidth = 4
  fileprivate static let columnCount = 6

  /// The call's number in a convention, without ``SyscallConvention/numberBase``; `nil` where it has none.
  func number(in convention: SyscallConvention) -> UInt32? {
    let (kind, value) = cell(convention.rawValue)
    switch kind {
    case UInt8(ascii: " "): return value
    case UInt8(ascii: "f"): return Self.privateBase + value
    default: return nil
    }
  }

  /// Which number stands for the call in the first argument of i386's socketcall(2) or ipc(2).
  var multiplexed: (by: Multiplexer, number: UInt32)? {
    let (kind, value) = cell(Self.columnCount - 1)
    switch kind {
    case UInt8(ascii: "s"): return (.socketcall, value)
    case UInt8(ascii: "i"): return (.ipc, value)
    default: return nil
    }
  }

  /// A call of i386 that stands for many.
  enum Multiplexer: String {
    case socketcall, ipc
  }

  /// Where ARM's private calls start (`__ARM_NR_BASE`).
  static let privateBase: UInt32 = 0xf0000

  /// A column's decimal digits, and the character other than a digit before them (or in their place).
  private func cell(_ column: Int) -> (kind: UInt8, value: UInt32) {
    var kind = UInt8(ascii: " ")
    var value: UInt32 = 0
    let start = column * Self.columnWidth
    for offset in start..<start + Self.columnWidth {
      let character = columns[offset]
      if character >= UInt8(ascii: "0"), character <= UInt8(ascii: "9") {
        value = value * 10 + UInt32(character - UInt8(ascii: "0"))
      } else if character != UInt8(ascii: " ") {
        kind = character
      }
    }
    return (kind, value)
  }

  /// The call of this name, or `nil` if no convention of the table has it.
  init?(named name: String) {
    let found = name.utf8.withContiguousStorageIfAvailable { Self.columns(of: $0) }
    switch found {
    case .some(.some(let columns)):
      self.columns = columns
    case .some(.none):
      return nil
    case .none:
      // A string that is not stored as UTF-8 (none that our JSON reader makes).
      let columns = Array(name.utf8).withUnsafeBufferPointer { Self.columns(of: $0) }
      guard let columns else { return nil }
      self.columns = columns
    }
  }

  /// The name of the call that has a number in a convention, without ``SyscallConvention/numberBase``. Looks at the whole
  /// table.
  static func name(of number: UInt32, in convention: SyscallConvention) -> String? {
    for length in 1...longestName {
      let lines = SyscallTableData.lines(ofLength: length)
      let width = length + columnCount * columnWidth + 1
      for line in 0..<lines.utf8CodeUnitCount / width {
        // SAFETY: as in `columns(of:)`.
        let start = lines.utf8Start + line * width
        guard SyscallNumbers(columns: start + length).number(in: convention) == number else { continue }
        return String(decoding: UnsafeBufferPointer(start: start, count: length), as: UTF8.self)
      }
    }
    return nil
  }

  private static let longestName = 28

  private init(columns: UnsafePointer<UInt8>) { self.columns = columns }

  /// Binary search among the names of the same length.
  private static func columns(of name: UnsafeBufferPointer<UInt8>) -> UnsafePointer<UInt8>? {
    let lines = SyscallTableData.lines(ofLength: name.count)
    let width = name.count + columnCount * columnWidth + 1
    var low = 0
    var high = lines.utf8CodeUnitCount / width
    guard high > 0 else { return nil }
    // SAFETY: the literal lives as long as the program, and every line read below starts at a multiple of
    // `width` that is less than `utf8CodeUnitCount`.
    let base = lines.utf8Start
    while low < high {
      let middle = (low + high) / 2
      let line = base + middle * width
      var index = 0
      while index < name.count, line[index] == name[index] { index += 1 }
      if index == name.count { return line + name.count }
      if line[index] < name[index] { low = middle + 1 } else { high = middle }
    }
    return nil
  }
}
