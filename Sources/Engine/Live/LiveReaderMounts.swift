// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import ContainerPlan
import Linux
import OCI
import SafePath

// The mounts, as the container sees them.
extension LiveReader {
  private struct Seen {
    var type: String
    var isReadOnly: Bool
    var words: String { "\(type), \(isReadOnly ? "read-only" : "writable")" }
  }

  func mounts() throws(SyscallError) -> [LiveFact] {
    guard spec.linux?.namespace(.mount) != nil else { return [] }
    var order: [String] = []
    var seen: [String: Seen] = [:]
    for line in try file("mountinfo").pieces(separatedBy: Byte.newline) {
      let fields = line.pieces(separatedBy: Byte.space)
      guard fields.count > 6, let dash = fields.firstIndex(of: "-"), dash + 1 < fields.count else { continue }
      let place = Self.unescaped(fields[4])
      let options = fields[5].pieces(separatedBy: Byte.comma)
      // The last one at a place is the one that is seen.
      if seen.updateValue(Seen(type: fields[dash + 1], isReadOnly: options.contains("ro")), forKey: place)
        == nil
      {
        order.append(place)
      }
    }
    var known: Set<String> = ["/", "/dev/console"]
    var facts = [rootFact(seen["/"])]
    for mount in spec.mounts {
      known.insert(mount.destination)
      facts.append(fact(mount, seen[mount.destination]))
    }
    facts += hidden(seen, &known)
    for place in order where !known.contains(place) && !isBelowBind(place) && !isOfDevices(place) {
      facts.append(LiveFact(.mounts, place, asked: nil, actual: seen[place]?.words, differs: true))
    }
    return facts
  }

  private func rootFact(_ seen: Seen?) -> LiveFact {
    let asked = spec.root?.readonly == true ? "read-only" : "writable"
    return LiveFact(
      .mounts, "/", asked: asked, actual: seen?.words,
      differs: seen.map { $0.isReadOnly != (asked == "read-only") } ?? true)
  }

  private func fact(_ mount: Mount, _ seen: Seen?) -> LiveFact {
    let isReadOnly = mount.options.contains("ro") || mount.options.contains("rro")
    let isBind = mount.options.contains("bind") || mount.options.contains("rbind") || mount.type == "bind"
    let what = isBind ? "bind of \(mount.source ?? "")" : mount.type ?? ""
    var differs = true
    if let seen {
      let isType =
        isBind || seen.type == mount.type
        || (mount.type == "cgroup" && ["tmpfs", "cgroup2"].contains(seen.type))
      // A bind of something that is read-only itself stays so.
      differs = !isType || (isReadOnly && !seen.isReadOnly) || (!isBind && !isReadOnly && seen.isReadOnly)
    }
    return LiveFact(
      .mounts, mount.destination, asked: "\(what), \(isReadOnly ? "read-only" : "writable")",
      actual: seen?.words,
      differs: differs)
  }

  /// Hidden and read-only paths, as far as there are any such files.
  private func hidden(_ seen: [String: Seen], _ known: inout Set<String>) -> [LiveFact] {
    var facts: [LiveFact] = []
    // As the container sees it: its links must not lead to files of the host.
    let root = Result { () throws(SyscallError) in try RootDirectory(hostPath: "/proc/\(pid)/root") }
    let masked = (spec.linux?.maskedPaths ?? []).map { ($0, "hidden") }
    for (path, asked) in masked + (spec.linux?.readonlyPaths ?? []).map({ ($0, "read-only") }) {
      known.insert(path)
      do throws(SyscallError) {
        guard try root.get().status(of: path) != nil else { continue }
      } catch {
        facts.append(
          LiveFact(
            .mounts, path, asked: asked, actual: "cannot be looked at: \(error.errno)", differs: true))
        continue
      }
      let mount = seen[path]
      let isDone = asked == "hidden" ? mount != nil : mount?.isReadOnly == true
      facts.append(
        LiveFact(
          .mounts, path, asked: asked, actual: isDone ? asked : mount?.words ?? "as it is", differs: !isDone))
    }
    return facts
  }

  /// Binds bring the mounts below along, and the file system of cgroups has one per hierarchy.
  private func isBelowBind(_ place: String) -> Bool {
    spec.mounts.contains { mount in
      let takesAll = mount.options.contains("rbind") || mount.type == "cgroup"
      return takesAll && place.hasPrefix(mount.destination + "/")
    }
  }

  /// In a user namespace the host's nodes are bound.
  private func isOfDevices(_ place: String) -> Bool {
    DefaultDevices.nodes.contains { $0.path == place }
      || (spec.linux?.devices.contains { $0.path == place } ?? false)
  }

  /// `\040` and its like stand for characters that would break the line.
  static func unescaped(_ text: String) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      let digits = rest.prefix(3)
      if byte == UInt8(ascii: "\\"), digits.count == 3, digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x37 }) {
        bytes.append(UInt8(truncatingIfNeeded: digits.reduce(0) { $0 * 8 + Int($1 - 0x30) }))
        rest = rest.dropFirst(3)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
