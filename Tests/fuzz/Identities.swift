// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import OCI

@testable import ContainerRuntime
@testable import Engine

/// The image's /etc/passwd and /etc/group, then a user and a group to look up in them.
func tryUserDatabase(_ bytes: [UInt8]) {
  let texts = parts(bytes, 4)
  let database = UserDatabase(passwd: texts[0], group: texts[1])
  do throws(EngineError) {
    let request = texts[2].isEmpty ? nil : try UserRequest.parse(texts[2])
    let additional = texts[3].isEmpty ? [] : [try Identity.parse(texts[3])]
    let found = try database.resolve(request, additional: additional)
    let ids = [found.user.uid, found.user.gid] + found.user.additionalGids
    demand(!ids.contains(.max), "no change of the user: \(ids)")
    demand(found.user.additionalGids.contains(found.user.gid), "the group is not among the groups")
    demand(found.home.utf8.first == UInt8(ascii: "/"), "no home: \(found.home)")
    let home = HomeDirectory.home(of: found.user.uid, in: Array(texts[0].utf8))
    demand(home.utf8.first == UInt8(ascii: "/"), "no home: \(home)")
  } catch {
    demandLine("\(error)")
  }
}

/// Maps of ids: lines of /proc/PID/uid_map, lines of /etc/subuid, and values of --uidmap.
func tryIdentities(_ bytes: [UInt8]) {
  let texts = parts(bytes, 3)
  tryMappings(IdentityMaps.parse(texts[0]))
  for range in SubordinateIDs.ranges(texts[1], user: 1000, name: "someone") {
    demand(UInt64(range.first) + UInt64(range.count) <= UInt64(UInt32.max), "beyond the last id: \(range)")
  }
  var options = UserNamespaceOptions()
  do throws(EngineError) {
    for text in texts[2].split(separator: "\n") {
      options.users.append(try UserNamespaceOptions.mapping(String(text)))
    }
    try options.check()
  } catch {
    return demandLine("\(error)")
  }
  demand(options.users.isEmpty || isSound(options.users), "accepted: \(options.users)")
}

/// The rules of a configuration's maps, against a check that is written in another way.
private func tryMappings(_ mappings: [IDMapping]) {
  var spec = Spec.small([Namespace(.mount), Namespace(.user)])
  spec.process?.user = User(uid: mappings.first?.containerID ?? 0, gid: mappings.first?.containerID ?? 0)
  spec.linux?.uidMappings = mappings
  spec.linux?.gidMappings = mappings
  var isAccepted = true
  do throws(SpecError) { try spec.validate() } catch {
    isAccepted = false
    demandLine("\(error)")
  }
  demand(isAccepted == (!mappings.isEmpty && mappings.count <= 340 && isSound(mappings)), "\(mappings)")
}

/// Whether no range is empty, ends behind the last id, or has an id in common with another, on either side.
private func isSound(_ mappings: [IDMapping]) -> Bool {
  let sides = [mappings.map { ($0.containerID, $0.size) }, mappings.map { ($0.hostID, $0.size) }]
  return sides.allSatisfy { ranges in
    let ordered = ranges.map { (UInt64($0.0), UInt64($0.0) + UInt64($0.1)) }.sorted { $0 < $1 }
    let isApart = zip(ordered, ordered.dropFirst()).allSatisfy { $0.1 <= $1.0 }
    return isApart && ordered.allSatisfy { $0.0 < $0.1 && $0.1 <= UInt64(UInt32.max) }
  }
}
