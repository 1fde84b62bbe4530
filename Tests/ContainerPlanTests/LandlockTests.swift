// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import ContainerPlan
import OCI
import Testing

@Suite("Landlock")
struct LandlockTests {
  private func rules(paths: String? = nil, tcp: String? = nil) throws -> LandlockRules? {
    var spec = Spec.small()
    if let paths { spec.annotations.append(KeyValue("org.roost.landlock.paths", paths)) }
    if let tcp { spec.annotations.append(KeyValue("org.roost.landlock.tcp", tcp)) }
    return try spec.landlock()
  }

  @Test("annotations become rules")
  func parse() throws {
    #expect(try rules() == nil)
    #expect(
      try rules(paths: "/usr\n/a:b:ro\n/c:rw\n/:rwx\n")?.paths == [
        LandlockPath("/usr", .execute), LandlockPath("/a:b", .read), LandlockPath("/c", .write),
        LandlockPath("/", .all),
      ])
    #expect(
      try rules(tcp: "443\nconnect:80\nbind:0")?.ports == [
        LandlockPort(443, connects: true, binds: true), LandlockPort(80, connects: true, binds: false),
        LandlockPort(0, connects: false, binds: true),
      ])
    #expect(try rules(tcp: "none") == LandlockRules(ports: []))
  }

  @Test(
    "a kernel that cannot hold the program to all rules is refused",
    arguments: [
      ("/a", nil, 2, "/annotations/org.roost.landlock.paths"), ("/a", nil, 3, nil),
      (nil, "1", 3, "/annotations/org.roost.landlock.tcp"), (nil, "1", 4, nil),
      ("/a", "1", 3, "/annotations/org.roost.landlock.tcp"),
      ("/a", "1", 0, "/annotations/org.roost.landlock.paths"),
    ] as [(String?, String?, Int, String?)])
  func kernel(paths: String?, tcp: String?, version: Int, pointer: String?) throws {
    let found = try #require(try rules(paths: paths, tcp: tcp))
    var refused: PlanError?
    do throws(PlanError) { try found.check(version: version) } catch { refused = error }
    #expect(refused?.pointer == pointer)
  }

  @Test("an image of a container has no fence, so there is none of one that has a fence")
  func checkpoint() {
    let spec = Spec.small { $0.fence() }
    #expect(throws: PlanError.self) {
      try CheckpointPlan(spec, bundle: "/b", cgroupHierarchies: [], hasFile: { _ in false })
    }
  }

  @Test("origins are the annotations that the runtime knows")
  func origins() {
    #expect(Origin.landlockPaths.pointer == "/annotations/\(RuntimeAnnotation.landlockPaths.rawValue)")
    #expect(Origin.landlockPorts.pointer == "/annotations/\(RuntimeAnnotation.landlockPorts.rawValue)")
  }

  @Test("the fence closes before the filter, and behind everything that looks at files", arguments: fenced)
  func order(name: String) throws {
    let plan = try GoldenCases.make(name)
    let made = try #require(
      plan.position(where: { if case .makeLandlockRuleset = $0.action { true } else { false } }))
    let closed = try #require(plan.position(.container, .enforceLandlock))
    let user = try #require(plan.position(where: { if case .setUser = $0.action { true } else { false } }))
    #expect(made < closed && made < user)
    if let filter = plan.position(where: { if case .loadSeccomp = $0.action { true } else { false } }) {
      #expect(closed < filter)
    }
    if let promise = plan.position(.container, .setNoNewPrivileges) {
      #expect(promise < closed)
    } else {
      #expect(closed < user)
    }
  }

  static let fenced = ["landlock", "landlock-privileged", "exec-landlock"]
}
