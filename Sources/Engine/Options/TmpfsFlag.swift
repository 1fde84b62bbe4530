// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux

extension MountRequest {
  /// Parses `--tmpfs DESTINATION[:OPTIONS]`.
  ///
  /// `nosuid`, `nodev` and `noexec` are on unless the options say the opposite. Sizes take the units of
  /// ``SizeText`` or a percentage of memory.
  ///
  /// - Throws: An ``EngineError`` without context; the caller names the flag.
  public static func tmpfs(_ text: String) throws(EngineError) -> MountRequest {
    let (destination, options) = text.cut(at: Byte.colon)
    var request = try MountRequest(
      source: .memory, destination: destination, origin: "--tmpfs \(text.quoted)")
    request.options = memoryDefaults
    for option in (options ?? "").pieces(separatedBy: Byte.comma) where !option.isEmpty {
      try request.applyMemoryOption(option)
    }
    return request
  }

  /// Adds an option of tmpfs; one that contradicts an earlier option takes its place.
  mutating func applyMemoryOption(_ option: String) throws(EngineError) {
    let (key, value) = option.cut(at: Byte.equals)
    if let value { return try applyMemorySetting(key, value) }
    guard let opposite = Self.opposites[option] else {
      throw EngineError("unknown tmpfs option \(option.quoted)")
    }
    options.removeAll { $0 == opposite || $0 == option }
    options.append(option)
  }

  private mutating func applyMemorySetting(_ key: String, _ value: String) throws(EngineError) {
    options.removeAll { $0.hasPrefix(key + "=") }
    switch key {
    case "size":
      if value.utf8.last == UInt8(ascii: "%") {
        guard let percent = decimal(String(value.dropLast()), as: Int.self), (0...100).contains(percent)
        else {
          throw EngineError("size \(value.quoted): not a percentage of memory")
        }
        options.append("size=\(value)")
      } else {
        options.append("size=\(try bytes(key, value))")
      }
    case "nr_inodes", "nr_blocks": options.append("\(key)=\(try bytes(key, value))")
    case "mode": options.append("mode=\(octal(try FileMode.parse(value)))")
    case "uid", "gid":
      guard let id = decimal(value, as: UInt32.self), id != .max else {
        throw EngineError("\(key) \(value.quoted): expected a number from 0 to 4294967294")
      }
      options.append("\(key)=\(id)")
    default: throw EngineError("unknown tmpfs option \(key.quoted)")
    }
  }

  private func bytes(_ key: String, _ value: String) throws(EngineError) -> Int64 {
    do { return try SizeText.parse(value) } catch { throw error.within("\(key) \(value.quoted)") }
  }

  /// Flags of tmpfs mounts, each with the one that it takes the place of.
  private static let opposites: [String: String] = [
    "ro": "rw", "rw": "ro", "exec": "noexec", "noexec": "exec", "suid": "nosuid", "nosuid": "suid",
    "dev": "nodev", "nodev": "dev", "sync": "async", "async": "sync", "atime": "noatime", "noatime": "atime",
    "diratime": "nodiratime", "nodiratime": "diratime", "relatime": "norelatime", "norelatime": "relatime",
    "strictatime": "nostrictatime", "nostrictatime": "strictatime", "dirsync": "",
  ]
}

/// Permission bits as text.
enum FileMode {
  /// Parses octal digits, 0 … 7777.
  static func parse(_ text: String) throws(EngineError) -> UInt32 {
    guard !text.isEmpty, text.utf8.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "7") }),
      let mode = UInt32(text, radix: 8), mode <= 0o7777
    else { throw EngineError("\(text.quoted) are no permission bits: expected octal digits up to 7777") }
    return mode
  }
}

/// Octal digits, at least three.
func octal(_ mode: UInt32) -> String {
  let digits = String(mode, radix: 8)
  return String(repeating: "0", count: max(0, 3 - digits.utf8.count)) + digits
}
