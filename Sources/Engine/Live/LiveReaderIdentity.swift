// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Linux
import OCI

// Who the process is, and what it may do.
extension LiveReader {
  func identity(_ status: [String: String]) throws(SyscallError) -> [LiveFact] {
    guard let process = spec.process else { return [] }
    func words(_ name: String) -> String {
      (status[name] ?? "").pieces(separatedBy: Byte.tab).flatMap { $0.pieces(separatedBy: Byte.space) }
        .filter { !$0.isEmpty }.joined(separator: " ")
    }
    let users = try idMap("uid_map")
    let groups = try idMap("gid_map")
    // Real, effective, saved and that of files; the program may have changed some of them since.
    func four(_ id: UInt32, _ map: [IDMapping]) -> String {
      let host = Self.outside(id, map)
      return Array(repeating: "\(host)", count: 4).joined(separator: " ")
    }
    var facts = [
      LiveFact(.identity, "user (on the host)", asked: four(process.user.uid, users), actual: words("Uid")),
      LiveFact(.identity, "group (on the host)", asked: four(process.user.gid, groups), actual: words("Gid")),
      LiveFact(
        .identity, "further groups",
        asked: process.user.additionalGids.map { "\(Self.outside($0, groups))" }.sorted().joined(
          separator: " "),
        actual: words("Groups").pieces(separatedBy: Byte.space).sorted().joined(separator: " ")),
    ]
    if let linux = spec.linux, linux.namespace(.user)?.path == nil, linux.namespace(.user) != nil {
      func text(_ maps: [IDMapping]) -> String {
        maps.map { "\($0.containerID) \($0.hostID) \($0.size)" }.joined(separator: ", ")
      }
      facts.append(LiveFact(.identity, "uid_map", asked: text(linux.uidMappings), actual: text(users)))
      facts.append(LiveFact(.identity, "gid_map", asked: text(linux.gidMappings), actual: text(groups)))
    }
    return facts
  }

  private func idMap(_ name: String) throws(SyscallError) -> [IDMapping] {
    try file(name).pieces(separatedBy: Byte.newline).compactMap { line in
      let numbers = line.split(separator: " ").compactMap { decimal(String($0), as: UInt32.self) }
      return numbers.count == 3
        ? IDMapping(containerID: numbers[0], hostID: numbers[1], size: numbers[2]) : nil
    }
  }

  private static func outside(_ id: UInt32, _ map: [IDMapping]) -> UInt64 {
    for entry in map
    where id >= entry.containerID && UInt64(id) < UInt64(entry.containerID) + UInt64(entry.size) {
      return UInt64(entry.hostID) + UInt64(id - entry.containerID)
    }
    return UInt64(id)
  }

  // MARK: Rights

  func rights(_ status: [String: String]) -> [LiveFact] {
    guard let process = spec.process else { return [] }
    let capabilities = process.capabilities ?? Capabilities()
    let bounding = Self.mask(capabilities.bounding)
    let inheritable = Self.mask(capabilities.inheritable)
    let ambient = Self.mask(capabilities.ambient)
    // execve(2) computes the other two anew: root gets what the bounding set leaves, others what is ambient.
    let permitted = process.user.uid == 0 ? bounding | inheritable : ambient
    let sets: [(String, String, UInt64)] = [
      ("bounding", "CapBnd", bounding), ("permitted", "CapPrm", permitted),
      ("effective", "CapEff", permitted),
      ("inheritable", "CapInh", inheritable), ("ambient", "CapAmb", ambient),
    ]
    var facts = sets.map { name, key, asked in
      let actual = UInt64(status[key] ?? "", radix: 16) ?? 0
      return LiveFact(
        .rights, "\(name) capabilities", asked: Self.words(asked, beside: actual),
        actual: Self.words(actual, beside: asked), differs: asked != actual)
    }
    let modes = ["0": "off", "1": "strict", "2": "filter"]
    facts.append(
      LiveFact(
        .rights, "seccomp", asked: spec.linux?.seccomp == nil ? "off" : "filter",
        actual: status["Seccomp"].map { modes[$0] ?? $0 }))
    facts.append(
      LiveFact(
        .rights, "no_new_privs", asked: process.noNewPrivileges ? "yes" : "no",
        actual: status["NoNewPrivs"].map { $0 == "1" ? "yes" : "no" }))
    return facts
  }

  private static func mask(_ names: [String]) -> UInt64 {
    names.reduce(0) { mask, name in mask | (CapabilityName.number(of: name).map { 1 << UInt64($0) } ?? 0) }
  }

  /// The number of capabilities where both sides have the same, else those that the other side lacks.
  private static func words(_ mask: UInt64, beside other: UInt64) -> String {
    let count = mask.nonzeroBitCount == 0 ? "none" : "\(mask.nonzeroBitCount)"
    let more = CapabilityName.all.enumerated().filter { (mask & ~other) & (1 << UInt64($0.offset)) != 0 }
    return count
      + (more.isEmpty
        ? "" : " with " + more.map { String($0.element.dropFirst(4)).lowercased() }.joined(separator: " "))
  }
}
