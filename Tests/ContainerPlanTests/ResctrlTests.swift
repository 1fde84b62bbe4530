// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import ContainerPlan
import OCI
import Testing

@Suite("Control groups of resctrl")
struct ResctrlTests {
  private func rdt(_ change: (inout IntelRdt) -> Void) -> IntelRdt {
    var rdt = IntelRdt()
    change(&rdt)
    return rdt
  }

  @Test("the container's id names the group, and it is the container's own")
  func ownGroup() {
    let group = ResctrlGroup(rdt { $0.schemata = ["L3:0=f"] }, id: "box")
    #expect(group.name == "box" && group.isOwn && group.monitoring == nil)
  }

  @Test("a name of the configuration, and the default group")
  func named() {
    #expect(ResctrlGroup(rdt { $0.closID = "shared" }, id: "box").name == "shared")
    #expect(!ResctrlGroup(rdt { $0.closID = "shared" }, id: "box").isOwn)
    #expect(ResctrlGroup(rdt { $0.closID = "/" }, id: "box").name == "")
  }

  @Test("lines come in the specification's order, and bandwidth does not come from the cache's property")
  func lines() {
    let all = rdt {
      $0.l3CacheSchema = "L3:0=7f0\nMB:0=90\nL3:1=f"
      $0.memBwSchema = "MB:0=20"
      $0.schemata = ["L2:0=3"]
    }
    #expect(ResctrlGroup.lines(of: all) == ["L3:0=7f0", "L3:1=f", "MB:0=20", "L2:0=3"])
  }

  @Test("monitoring makes a group named after the container")
  func monitoring() {
    #expect(ResctrlGroup(rdt { $0.enableMonitoring = true }, id: "box").monitoring == "box")
  }

  @Test("a group that others use is compared value by value")
  func comparison() {
    let group = ResctrlGroup(
      rdt {
        $0.closID = "shared"
        $0.schemata = ["L3:0=7f0;1=f", "MB:0=20"]
      }, id: "box")
    // The kernel pads names and numbers.
    #expect(group.difference(from: "    L3:0=007f0;1=0000f\n    MB:0= 20;1=100\n") == nil)
    #expect(group.difference(from: "L3:0=7f0;1=ff\nMB:0=20\n") == "L3:0=7f0;1=f")
    #expect(group.difference(from: "L3:0=7f0;1=f\n") == "MB:0=20")
  }
}
