// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import ContainerPlan
import OCI
import Testing

@Suite struct CgroupOwnerTests {
  private func owner(
    _ namespaces: [NamespaceType], options: [String] = ["rw"], type: String = "cgroup", user: UInt32 = 0
  ) -> UInt32? {
    var spec = Spec.small(namespaces.map { Namespace($0) }) {
      $0.mounts = [Mount(destination: "/sys/fs/cgroup", type: type, source: "cgroup", options: options)]
      $0.process?.user.uid = user
    }
    if namespaces.contains(.user) { spec.mapRoot() }
    return spec.cgroupOwner
  }

  @Test func theUserOfTheProcessAsTheHostKnowsIt() {
    #expect(owner([.mount, .cgroup, .user]) == 100_000)
    #expect(owner([.mount, .cgroup, .user], type: "cgroup2", user: 7) == 100_007)
    #expect(owner([.mount, .cgroup], user: 1000) == 1000)
  }

  @Test func nobodyWhereTheConditionsAreNotMet() {
    #expect(owner([.mount, .user]) == nil)
    #expect(owner([.mount, .cgroup, .user], options: ["nosuid", "ro"]) == nil)
    #expect(owner([.mount, .cgroup, .user], user: 70000) == nil)
    #expect(Spec.small([Namespace(.mount), Namespace(.cgroup)]).cgroupOwner == nil)
  }
}
