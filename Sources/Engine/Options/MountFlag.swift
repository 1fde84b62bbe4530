// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux
import OCI

extension MountRequest {
  /// Parses `--mount type=bind|tmpfs,KEY=VALUE,…`, one line of comma-separated values (RFC 4180 quoting).
  ///
  /// Keys for both: `destination` (`dst`, `dest`, `target`), `readonly` (`ro`). For `bind`: `source` (`src`),
  /// `bind-propagation`, `bind-recursive`, `bind-create-src`, `consistency`. For `tmpfs`: `tmpfs-size`, `tmpfs-mode`.
  ///
  /// - Throws: An ``EngineError`` without context; the caller names the flag.
  public static func mount(_ text: String) throws(EngineError) -> MountRequest {
    var fields: [(key: String, value: String?)] = []
    for field in try commaSeparatedValues(text) {
      let (key, value) = field.cut(at: Byte.equals)
      let name = canonicalKeys[key] ?? key
      if fields.contains(where: { $0.key == name }) { throw EngineError("\(key.quoted) is given twice") }
      fields.append((name, value))
    }
    func value(of key: String) -> String? { fields.first { $0.key == key }?.value }

    let type = value(of: "type") ?? "volume"
    guard let destination = value(of: "destination") else {
      throw EngineError("the destination is missing: destination=PATH")
    }
    var request: MountRequest
    switch type {
    case "bind":
      guard let source = value(of: "source"), !source.isEmpty else {
        throw EngineError("the source is missing: a bind mount needs source=PATH")
      }
      if source.utf8.contains(0) { throw EngineError("the source holds a NUL byte") }
      request = try MountRequest(
        source: .host(path: source), destination: destination, origin: "--mount \(text.quoted)")
    case "tmpfs":
      request = try MountRequest(source: .memory, destination: destination, origin: "--mount \(text.quoted)")
      request.options = memoryDefaults
    case "volume", "image":
      throw EngineError("mounts of type \(type) are not available yet: expected type=bind or type=tmpfs")
    default:
      throw EngineError("unknown type \(type.quoted): expected type=bind or type=tmpfs")
    }
    for (key, value) in fields where !["type", "destination", "source"].contains(key) {
      try request.applyMountField(key, value, isBind: type == "bind")
    }
    if type == "tmpfs", value(of: "source") != nil { throw EngineError("a tmpfs has no source") }
    try request.checkRecursion(value(of: "bind-recursive"))
    return request
  }

  /// Other spellings of the keys.
  private static let canonicalKeys = [
    "src": "source", "dst": "destination", "dest": "destination", "target": "destination", "ro": "readonly",
  ]

  private mutating func applyMountField(_ key: String, _ value: String?, isBind: Bool) throws(EngineError) {
    switch key {
    case "readonly":
      guard try toggle(key, value) else { return }
      if isBind { readOnly = .recursive } else { options.append("ro") }
    case "bind-propagation" where isBind:
      guard let propagation = Propagation(rawValue: value ?? "") else {
        throw EngineError(
          "\(key) \((value ?? "").quoted): expected \(Propagation.allCases.map(\.rawValue).joined(separator: ", "))"
        )
      }
      self.propagation = propagation
    case "bind-recursive" where isBind:
      switch value {
      case "enabled", "writable", "readonly": break
      case "disabled": includesSubmounts = false
      default:
        throw EngineError("\(key) \((value ?? "").quoted): expected enabled, disabled, writable or readonly")
      }
    case "bind-nonrecursive" where isBind: includesSubmounts = try !toggle(key, value)
    case "bind-create-src" where isBind: createsSource = try toggle(key, value)
    case "consistency":
      guard ["cached", "delegated", "consistent", "default"].contains(value) else {
        throw EngineError("\(key) \((value ?? "").quoted): expected cached, delegated, consistent or default")
      }
    case "tmpfs-size" where !isBind:
      try applyMemoryOption("size=\(value ?? "")")
    case "tmpfs-mode" where !isBind:
      try applyMemoryOption("mode=\(value ?? "")")
    case "U", "chown", "idmap", "relabel":
      throw EngineError("\(key.quoted) is not available yet")
    default:
      throw EngineError("unknown key \(key.quoted) for a mount of type \(isBind ? "bind" : "tmpfs")")
    }
  }

  /// How `bind-recursive` changes a read-only mount, whatever the order of the keys was.
  private mutating func checkRecursion(_ mode: String?) throws(EngineError) {
    switch mode {
    case "writable":
      guard readOnly != .no else { throw EngineError("bind-recursive=writable needs readonly") }
      readOnly = .topOnly
    case "readonly":
      guard readOnly != .no else { throw EngineError("bind-recursive=readonly needs readonly") }
      guard propagation == .rprivate else {
        throw EngineError("bind-recursive=readonly needs bind-propagation=rprivate")
      }
    default: break
    }
  }

  private func toggle(_ key: String, _ value: String?) throws(EngineError) -> Bool {
    guard let value else { return true }
    guard let on = boolean(value) else { throw EngineError("\(key) \(value.quoted): expected true or false") }
    return on
  }
}

/// Splits one line of comma-separated values; a value in double quotes may hold commas, a doubled quote is a quote.
func commaSeparatedValues(_ text: String) throws(EngineError) -> [String] {
  var fields: [String] = []
  var field: [UInt8] = []
  var bytes = text.utf8[...]
  while true {
    field.removeAll()
    if bytes.first == Byte.quote {
      bytes.removeFirst()
      while true {
        guard let byte = bytes.popFirst() else { throw EngineError("a double quote is not closed") }
        if byte != Byte.quote {
          field.append(byte)
        } else if bytes.first == Byte.quote {
          bytes.removeFirst()
          field.append(Byte.quote)
        } else {
          break
        }
      }
      guard bytes.isEmpty || bytes.first == Byte.comma else {
        throw EngineError("text stands behind a closing double quote")
      }
    } else {
      field = Array(bytes.prefix { $0 != Byte.comma })
      if field.contains(Byte.quote) {
        throw EngineError("a double quote stands inside a value that does not start with one")
      }
      bytes = bytes.dropFirst(field.count)
    }
    fields.append(String(decoding: field, as: UTF8.self))
    guard bytes.popFirst() != nil else { return fields }
  }
}
