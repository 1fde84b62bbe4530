// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

public import OCI

/// A control group of the kernel's `resctrl` file system, and what is written into it (`config-linux.md`, "IntelRdt").
public struct ResctrlGroup: Equatable, Sendable {
  /// The directory's name; empty for the default group, which is the root of the file system.
  public var name: String
  /// Lines of its `schemata`, in the order in which they are written; none leaves them alone.
  public var schemata: [String]
  /// Whether the group is the container's own: made where it is missing, and removed with the container.
  public var isOwn: Bool
  /// The name of a monitoring group inside it; nil for none.
  public var monitoring: String?

  /// - Parameter id: of the container; names the groups for which the configuration has no name.
  public init(_ rdt: IntelRdt, id: String) {
    let name = rdt.closID ?? id
    self.name = name == "/" ? "" : name
    isOwn = rdt.closID == nil
    schemata = ResctrlGroup.lines(of: rdt)
    monitoring = rdt.enableMonitoring ? id : nil
  }

  /// All lines of the three properties. Lines about memory bandwidth in `l3CacheSchema` count for nothing, as the
  /// specification wants.
  public static func lines(of rdt: IntelRdt) -> [String] {
    let cache = (rdt.l3CacheSchema ?? "").utf8.split(separator: 0x0A).map {
      String(decoding: $0, as: UTF8.self)
    }
    return cache.filter { !$0.utf8.starts(with: "MB:".utf8) } + (rdt.memBwSchema.map { [$0] } ?? [])
      + rdt.schemata
  }

  /// Whether a group that exists already has what these lines ask for: other containers may be in it.
  ///
  /// - Parameter present: the text of its `schemata`.
  /// - Returns: the first value that differs; nil if none does.
  public func difference(from present: String) -> String? {
    let values = ResctrlGroup.values(in: present)
    for line in schemata {
      for wanted in ResctrlGroup.values(in: line)
      where !values.contains(where: { $0.place == wanted.place && $0.number == wanted.number }) {
        return line
      }
    }
    return nil
  }

  /// `L3:0=ff;1=0f` as (`L3:0`, 255) and (`L3:1`, 15): the kernel fills numbers up with spaces and zeros. Bit masks are
  /// hexadecimal; for bandwidths, which are not, the same reading of both sides does no harm.
  private static func values(in text: String) -> [(place: String, number: UInt64?)] {
    var result: [(place: String, number: UInt64?)] = []
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2 else { continue }
      let resource = trimmed(parts[0])
      for domain in parts[1].split(separator: ";") {
        let sides = domain.split(separator: "=", maxSplits: 1)
        guard sides.count == 2 else { continue }
        result.append(("\(resource):\(trimmed(sides[0]))", UInt64(trimmed(sides[1]), radix: 16)))
      }
    }
    return result
  }

  private static func trimmed(_ text: Substring) -> String {
    let left = text.drop { $0 == " " }
    return String(left.prefix { $0 != " " })
  }
}
