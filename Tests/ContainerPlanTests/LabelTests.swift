// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import ContainerPlan
import OCI
import Testing

@Suite("linux.mountLabel")
struct LabelTests {
  private let label = "system_u:object_r:f:s0:c715,c811"

  private func plan(_ annotations: [KeyValue] = []) throws -> Plan {
    var configuration = Case(
      .mounting(
        Mount(destination: "/proc", type: "proc", source: "proc"),
        Mount(destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["mode=755"]),
        Mount(destination: "/own", type: "tmpfs", source: "tmpfs", options: ["context=other"]),
        Mount(destination: "/data", source: "/srv", options: ["bind"])))
    configuration.spec.linux?.mountLabel = label
    configuration.spec.annotations = annotations
    configuration.host.hasSELinux = true
    return try configuration.compile()
  }

  private func parameters(_ plan: Plan, _ destination: String) -> [PlannedMount.Parameter] {
    for case .mount(let mount) in plan.steps.map(\.action) where mount.destination == destination {
      if case .fileSystem(_, _, let parameters) = mount.content { return parameters }
    }
    return []
  }

  @Test(
    "goes to file systems whose files are new, not to the kernel's and not where the configuration says its own"
  )
  func places() throws {
    let plan = try plan()
    #expect(parameters(plan, "/dev") == [.init("mode", "755"), .init("context", label)])
    #expect(parameters(plan, "/own") == [.init("context", "other")])
    #expect(parameters(plan, "/proc").isEmpty)
    #expect(plan.mountContext == .init("context", label))
  }

  @Test("an annotation chooses the kind of context")
  func kind() throws {
    let plan = try plan([KeyValue("run.oci.mount_context_type", "rootcontext")])
    #expect(parameters(plan, "/dev").last == .init("rootcontext", label))
  }
}
