// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Cgroups
import ContainerPlan
import OCI
import Testing

/// Rules about the order of steps that hold for every plan, checked on all recorded configurations.
@Suite("Order of steps")
struct OrderTests {
  @Test("what is made is on record before", arguments: containers)
  func recordFirst(name: String) throws {
    let plan = try make(name)
    let record = try #require(plan.position(.runtime, .recordIntent))
    let birth = try #require(plan.position(where: isClone))
    let written = try #require(plan.position(.runtime, .recordProcess))
    if plan.cgroups?.scope != nil {
      let scope = try #require(plan.position(.runtime, .startScope))
      #expect(record < birth && birth < scope && scope < written)
    } else {
      let cgroups = try #require(plan.position(.runtime, .createCgroups))
      #expect(record < cgroups && cgroups < birth)
    }
    #expect(birth < written)
    #expect(written < (plan.position(.runtime, .notify(.committed)) ?? -1))
  }

  @Test("no program runs before the runtime has committed", arguments: GoldenCases.all.keys.sorted())
  func committed(name: String) throws {
    let plan = try make(name)
    let committed = try #require(plan.position(.container, .await(.committed)))
    let outlive = try #require(plan.position(.container, .outliveRuntime))
    let first = try #require(plan.steps.first { $0.side == .container })
    #expect(first.action == .dieWithRuntime)
    #expect(committed < outlive)
    #expect(outlive < plan.steps.count - 1)
    guard case .execute = plan.steps[plan.steps.count - 1].action else {
      Issue.record("the last step is \(plan.steps[plan.steps.count - 1])")
      return
    }
  }

  @Test(
    "every message has one sender and one receiver, in this order", arguments: GoldenCases.all.keys.sorted())
  func meetings(name: String) throws {
    let plan = try make(name)
    for milestone in Milestone.allCases where milestone != .processMade {
      let sent = plan.steps.indices.filter { plan.steps[$0].action == .notify(milestone) }
      let awaited = plan.steps.indices.filter { plan.steps[$0].action == .await(milestone) }
      #expect(sent.count == awaited.count)
      #expect(sent.count <= 1)
      if let sent = sent.first, let awaited = awaited.first {
        #expect(sent < awaited)
        #expect(plan.steps[sent].side != plan.steps[awaited].side)
      }
    }
  }

  @Test("messages are awaited in the order in which they are sent", arguments: GoldenCases.all.keys.sorted())
  func messageOrder(name: String) throws {
    let plan = try make(name)
    for (sender, receiver) in [(Side.runtime, Side.container), (.container, .runtime)] {
      let sent = plan.steps.compactMap { step -> Milestone? in
        if step.side == sender, case .notify(let milestone) = step.action { milestone } else { nil }
      }
      let awaited = plan.steps.compactMap { step -> Milestone? in
        if step.side == receiver, case .await(let milestone) = step.action { milestone } else { nil }
      }
      #expect(sent == awaited.filter { $0 != .processMade })
    }
  }

  @Test("steps of the container stand after the one that makes it", arguments: GoldenCases.all.keys.sorted())
  func birth(name: String) throws {
    let plan = try make(name)
    let birth = try #require(plan.position(where: isClone))
    #expect(plan.steps[..<birth].allSatisfy { $0.side != .container })
  }

  @Test("with no_new_privs the filter is the last thing before the program")
  func filterLast() throws {
    let plan = try make("seccomp-no-new-privileges")
    let filter = try #require(plan.position(where: isFilter))
    #expect(filter == plan.steps.count - 2)
    #expect((plan.position(.container, .setNoNewPrivileges) ?? filter) < filter)
  }

  @Test("without no_new_privs the filter is loaded while that is allowed")
  func filterEarly() throws {
    let plan = try make("seccomp-privileged")
    let filter = try #require(plan.position(where: isFilter))
    let user = try #require(plan.position { if case .setUser = $0.action { true } else { false } })
    #expect(filter < user)
    #expect(plan.position(.container, .setNoNewPrivileges) == nil)
  }

  @Test("the listener leaves before the runtime does")
  func listener() throws {
    for name in ["seccomp-listener", "everything"] {
      let plan = try make(name)
      let sent = try #require(plan.position(.container, .notify(.seccompListener)))
      #expect(try #require(plan.position(where: isFilter)) < sent)
      #expect(sent < (try #require(plan.position(.container, .notify(.ready)))))
    }
  }

  @Test(
    "parameters, read-only paths, masks and the read-only root come after the change of root, in this order")
  func system() throws {
    let plan = try make("everything")
    let order = plan.steps.compactMap { step -> String? in
      switch step.action {
      case .pivotRoot: "pivot"
      case .setSysctls: "sysctl"
      case .readonlyPaths: "readonly"
      case .maskPaths: "mask"
      case .readonlyRoot: "root"
      case .setUser: "user"
      default: nil
      }
    }
    #expect(order == ["pivot", "sysctl", "readonly", "mask", "root", "user"])
  }

  @Test("hooks find the mounts done and the root unchanged", arguments: GoldenCases.all.keys.sorted())
  func hooks(name: String) throws {
    let plan = try make(name)
    let hooks = plan.steps.indices.filter {
      if case .runHooks(let point, _) = plan.steps[$0].action { point != .startContainer } else { false }
    }
    let mounts = plan.steps.indices.filter {
      switch plan.steps[$0].action {
      case .attachRoot, .mount, .makeDevice, .linkDevices, .openConsole: true
      default: false
      }
    }
    let change = plan.position {
      switch $0.action {
      case .pivotRoot, .moveRoot, .changeRoot: true
      default: false
      }
    }
    guard let first = hooks.first, let last = hooks.last, let change else { return }
    #expect((mounts.last ?? 0) < first && last < change)
  }

  @Test("nothing that needs a privilege follows its loss")
  func identity() throws {
    let plan = try make("identity")
    let order = plan.steps.compactMap { step -> String? in
      switch step.action {
      case .setOOMScoreAdjust: "oom"
      case .changeDirectory: "cwd"
      case .setRlimits: "rlimits"
      case .limitBoundingSet: "bounding"
      case .setUser: "user"
      case .setCapabilities: "capabilities"
      case .setNoNewPrivileges: "no_new_privs"
      case .setUmask: "umask"
      case .lookUpProgram: "program"
      default: nil
      }
    }
    #expect(
      order == [
        "oom", "cwd", "rlimits", "bounding", "user", "capabilities", "no_new_privs", "umask", "program",
      ])
  }

  // MARK: Help

  private static let containers = GoldenCases.all.keys.filter { !$0.hasPrefix("exec") }.sorted()

  private func make(_ name: String) throws -> Plan { try GoldenCases.make(name) }

  private func isClone(_ step: PlannedStep) -> Bool {
    if case .cloneProcess = step.action { true } else { false }
  }

  private func isFilter(_ step: PlannedStep) -> Bool {
    if case .loadSeccomp = step.action { true } else { false }
  }
}
