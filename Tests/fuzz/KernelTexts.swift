// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

@testable import Cgroups
@testable import OCI

/// What the kernel says about cgroups: /proc/PID/cgroup, /proc/PID/mountinfo, a file with keys and numbers, and a list of
/// processors as it is written to cpuset.cpus.
func tryCgroupFiles(_ bytes: [UInt8]) {
  let files = bytes.split(separator: 0, maxSplits: 3, omittingEmptySubsequences: false).map { Array($0) }
  do throws(CgroupError) {
    let memberships = try Membership.parse(files[0])
    for membership in memberships {
      demand(membership.path.utf8.first == UInt8(ascii: "/"), "no path: \(membership)")
    }
    guard files.count > 1 else { return }
    for found in try CgroupHost.located(memberships, inMountInfo: files[1]) {
      demand(found.ownPath.map { $0.utf8.first == UInt8(ascii: "/") } ?? true, "no path: \(found)")
    }
  } catch {
    demandLine("\(error)")
  }
  guard files.count > 2 else { return }
  for line in lines(files[2]) {
    let key = words(line).first.map { String(decoding: $0, as: UTF8.self) } ?? ""
    if let number = number(for: key, in: files[2]) {
      demand(parseNumber("\(number)".utf8) == number, "\(number)")
    }
  }
  guard files.count > 3 else { return }
  let list = String(decoding: files[3], as: UTF8.self)
  demand(
    !IndexList.isValid(list) || IndexList.isValidForCpuset(list),
    "the wider syntax refuses \(list.debugDescription)")
}
