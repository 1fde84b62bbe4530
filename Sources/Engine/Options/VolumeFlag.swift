// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux
import OCI

extension MountRequest {
  /// Parses `--volume SOURCE:DESTINATION[:OPTIONS]`.
  ///
  /// The source is a path of the host that starts with `/` or `.`; names of volumes are not available yet.
  /// Options are separated by commas: `ro`, `rw`, `bind`, `rbind`, a propagation, `exec`, `suid`, `dev` and their
  /// opposites; `cached`, `delegated` and `consistent` mean nothing on Linux and are accepted, as Docker does.
  ///
  /// - Throws: An ``EngineError`` without context; the caller names the flag.
  public static func volume(_ text: String) throws(EngineError) -> MountRequest {
    let parts = text.pieces(separatedBy: Byte.colon)
    guard parts.count >= 2 else {
      throw EngineError("anonymous volumes are not available yet: expected SOURCE:DESTINATION[:OPTIONS]")
    }
    guard parts.count <= 3 else {
      throw EngineError(
        "too many colons: expected SOURCE:DESTINATION[:OPTIONS]; --mount takes paths that hold a colon")
    }
    let source = parts[0]
    if source.isEmpty { throw EngineError("the source is empty") }
    if source.utf8.contains(0) { throw EngineError("the source holds a NUL byte") }
    guard source.utf8.first == Byte.slash || source.utf8.first == Byte.dot else {
      throw EngineError(
        "volumes by name are not available yet: a directory of the host starts with / or ./, as in ./\(source)"
      )
    }
    var request = try MountRequest(
      source: .host(path: source), destination: parts[1], origin: "--volume \(text.quoted)")
    request.createsSource = true
    if parts.count == 3 { try request.applyVolumeOptions(parts[2]) }
    return request
  }

  private mutating func applyVolumeOptions(_ text: String) throws(EngineError) {
    var seen: [String: String] = [:]
    for option in text.pieces(separatedBy: Byte.comma) {
      let topic = try applyVolumeOption(option)
      if let earlier = seen[topic] {
        throw EngineError(
          earlier == option
            ? "the option \(option.quoted) is given twice"
            : "the options \(earlier.quoted) and \(option.quoted) exclude each other")
      }
      seen[topic] = option
    }
  }

  /// Applies one option and returns its topic; two options of one topic exclude each other.
  private mutating func applyVolumeOption(_ option: String) throws(EngineError) -> String {
    if let propagation = Propagation(rawValue: option) {
      self.propagation = propagation
      return "propagation"
    }
    switch option {
    case "ro", "readonly":
      readOnly = .recursive
      return "ro"
    case "rw": return "ro"
    case "bind":
      includesSubmounts = false
      return "bind"
    case "rbind": return "bind"
    case "exec", "noexec", "suid", "nosuid", "dev", "nodev":
      options.append(option)
      return option.hasPrefix("no") ? String(option.dropFirst(2)) : option
    case "cached", "delegated", "consistent": return "consistency"
    case "z", "Z":
      relabels = true
      return "label"
    case "nocopy", "copy":
      throw EngineError("the option \(option.quoted) is for volumes by name, which are not available yet")
    case "U", "O", "idmap":
      throw EngineError("the option \(option.quoted) is not available yet")
    case "": throw EngineError("an option is empty")
    default:
      let key = option.cut(at: Byte.equals).before
      if key == "idmap" || key == "upperdir" || key == "workdir" {
        throw EngineError("the option \(key.quoted) is not available yet")
      }
      throw EngineError("unknown option \(option.quoted)")
    }
  }
}
