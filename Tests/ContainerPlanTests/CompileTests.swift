// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Linux
import OCI
import Testing

@testable import ContainerPlan

@Suite("What cannot become a plan")
struct RefusalTests {
  struct Refusal: CustomTestStringConvertible, Sendable {
    var pointer: String
    var change: @Sendable (inout Spec) -> Void

    init(_ pointer: String, _ change: @escaping @Sendable (inout Spec) -> Void) {
      self.pointer = pointer
      self.change = change
    }

    var testDescription: String { pointer }
  }

  static let refusals: [Refusal] = [
    Refusal("/process") { $0.process = nil },
    Refusal("/mounts/0/options/2") {
      $0.mounts = [Mount(destination: "/a", source: "/a", options: ["bind", "nosuid", "suid"])]
    },
    Refusal("/mounts/0/options") {
      $0.mounts = [Mount(destination: "/a", type: "cgroup", options: ["idmap"])]
    },
    Refusal("/linux/mountLabel") { $0.linux?.mountLabel = "x" },
    Refusal("/linux/memoryPolicy/nodes") {
      $0.linux?.memoryPolicy = MemoryPolicy(mode: .bind, nodes: "0-")
    },
    Refusal("/mounts/0/destination") { $0.mounts = [Mount(destination: "", type: "tmpfs")] },
    Refusal("/mounts/0") { $0.mounts = [Mount(destination: "/a/..", type: "tmpfs")] },
    Refusal("/mounts/0/type") { $0.mounts = [Mount(destination: "/a")] },
    Refusal("/mounts/0/source") { $0.mounts = [Mount(destination: "/a", options: ["bind"])] },
    Refusal("/mounts/0/source") { $0.mounts = [Mount(destination: "/a", type: "bind", source: "")] },
    Refusal("/mounts/1/options") {
      $0.mounts = [
        Mount(destination: "/a", type: "tmpfs"),
        Mount(destination: "/b", source: "/b", options: ["bind", "sizee"]),
      ]
    },
    Refusal("/mounts/0/options") {
      $0.mounts = [Mount(destination: "/p", type: "proc", options: ["tmpcopyup"])]
    },
    Refusal("/mounts/0/options") {
      $0.mounts = [Mount(destination: "/p", source: "/p", options: ["bind", "idmap"])]
    },
    Refusal("/mounts/0") { $0.mounts = [Mount(destination: "/proc", type: "tmpfs")] },
    Refusal("/mounts/0") { $0.mounts = [Mount(destination: "/proc/self", type: "tmpfs")] },
    Refusal("/mounts/0") {
      $0.mounts = [Mount(destination: "/proc/./sys//", source: "/x", options: ["bind"])]
    },
    Refusal("/mounts/0") { $0.mounts = [Mount(destination: "/a/../proc/acpi", type: "tmpfs")] },
    Refusal("/mounts/0") { $0.mounts = [Mount(destination: "/proc/uptime", type: "tmpfs")] },
    Refusal("/mounts/0") { $0.mounts = [Mount(destination: "/proc", type: "cgroup")] },
  ]

  @Test("the error points at the property", arguments: refusals)
  func refused(refusal: Refusal) throws {
    let spec = Spec.small([Namespace(.mount)], refusal.change)
    let error = #expect(throws: PlanError.self) { try GoldenCases.plan(spec) }
    #expect(error?.pointer == refusal.pointer)
    #expect(error.map { $0.description.hasPrefix(refusal.pointer + ": ") && !$0.problem.isEmpty } == true)
  }

  @Test("an unknown option of a bind mount is named")
  func unknownOption() {
    let error = #expect(throws: PlanError.self) {
      try GoldenCases.plan(.mounting(Mount(destination: "/a", source: "/a", options: ["bind", "readonly"])))
    }
    #expect(error?.description == "/mounts/0/options: \"readonly\" is no option of a bind mount")
  }

  @Test("a message is one line that drives no terminal, whatever it quotes")
  func message() {
    let error = #expect(throws: PlanError.self) {
      try GoldenCases.plan(
        .mounting(Mount(destination: "/a", source: "/a", options: ["bind", "nosui\u{1}\nrnodev\u{9B}1m"])))
    }
    #expect(
      error?.description
        == "/mounts/0/options: \"nosui\\u0001\\nrnodev\\u009b1m\" is no option of a bind mount")
  }

  @Test("what lxcfs replaces may be bound", arguments: ProcOverlays.allowed.sorted())
  func overlays(path: String) throws {
    let plan = try GoldenCases.plan(.mounting(Mount(destination: path, source: "/x", options: ["bind"])))
    #expect(
      plan.steps.contains {
        if case .mount(let mount) = $0.action { mount.destination == path } else { false }
      })
  }

  @Test("a plan without `linux` has no namespaces")
  func noLinux() throws {
    var spec = Spec.small()
    spec.linux = nil
    let plan = try GoldenCases.plan(spec)
    #expect(plan.position(.runtime, .cloneProcess([], intoCgroup: true)) != nil)
    #expect(plan.position(.container, .changeRoot) != nil)
  }

  @Test("an idmapped mount without maps takes those of the user namespace")
  func idmap() throws {
    let plan = try GoldenCases.plan(
      .small([Namespace(.mount), Namespace(.user)]) {
        $0.mapRoot()
        $0.mounts = [Mount(destination: "/a", source: "/a", options: ["bind", "idmap"])]
      })
    let mapping = plan.steps.compactMap { step -> IDMappedMount? in
      if case .openSource(let mount) = step.action { mount.idMapping } else { nil }
    }
    #expect(mapping.first?.uidMappings == [IDMapping(containerID: 0, hostID: 100_000, size: 65536)])
    #expect(mapping.first?.gidMappings == [IDMapping(containerID: 0, hostID: 200_000, size: 65536)])
  }
}

@Suite("Sources inside the root whose ids are mapped")
struct MappedSourceTests {
  private func plan(_ namespaces: [Namespace]) throws -> [Step] {
    let spec = Spec.small(namespaces) {
      if namespaces.contains(Namespace(.user)) { $0.mapRoot() }
      let root = $0.root?.path ?? ""
      $0.mounts = [
        Mount(destination: "/a", source: "/a", options: ["bind"]),
        Mount(
          destination: "/b", source: root + "/a", options: ["bind", "idmap"],
          uidMappings: [IDMapping(containerID: 0, hostID: 1000, size: 1)],
          gidMappings: [IDMapping(containerID: 0, hostID: 1000, size: 1)]),
      ]
    }
    return try GoldenCases.plan(spec).steps.map(\.action)
  }

  private func isAboutMapping(_ action: Step) -> Bool {
    switch action {
    case .openInside, .mapSource: true
    case .notify(let milestone), .await(let milestone):
      [.sourceOpened, .sourceMapped].contains(milestone)
    case .mount(let mount): mount.destination == "/b"
    default: false
    }
  }

  @Test("go to the runtime and back before they are attached")
  func order() throws {
    let steps = try plan([Namespace(.mount), Namespace(.user)]).filter(isAboutMapping)
    let words = steps.map { $0.description.prefix { $0 != " " } }
    #expect(words == ["openInside", "notify", "await", "mapSource", "notify", "await", "mount"])
  }

  @Test("stay in the container, and cost nothing, without a user namespace")
  func without() throws {
    #expect(try plan([Namespace(.mount)]).filter(isAboutMapping).count == 1)
  }
}

@Suite("Mount options")
struct MountOptionTests {
  @Test("every word is in the table once")
  func unique() { #expect(Set(MountOptions.names).count == MountOptions.names.count) }

  @Test("every word of the table is understood and reaches no file system, but for its own flags")
  func understood() {
    for name in MountOptions.names {
      let parsed = ParsedMountOptions([name])
      let isSuperblock = ["sync", "dirsync", "lazytime"].contains(name)
      #expect(parsed.parameters.map(\.key) == (isSuperblock ? [name] : []), "\(name)")
    }
  }

  @Test("the specification's words are all there")
  func specification() {
    let words = """
      async atime bind defaults dev diratime dirsync exec iversion lazytime loud mand noatime nodev nodiratime noexec \
      noiversion nolazytime nomand norelatime nostrictatime nosuid nosymfollow private ratime rbind rdev rdiratime \
      relatime remount rexec rnoatime rnodev rnodiratime rnoexec rnorelatime rnostrictatime rnosuid rnosymfollow ro \
      rprivate rrelatime rro rrw rshared rslave rstrictatime rsuid rsymfollow runbindable rw shared silent slave \
      strictatime suid symfollow sync tmpcopyup unbindable idmap ridmap
      """
    let missing = words.split(separator: " ").map { String($0) }.filter { !MountOptions.names.contains($0) }
    #expect(missing.isEmpty)
  }

  @Test("the last word counts")
  func last() {
    #expect(ParsedMountOptions(["ro", "rw"]).attributes == MountAttributeChange(clearing: .readOnly))
    #expect(ParsedMountOptions(["rw", "ro"]).attributes == MountAttributeChange(setting: .readOnly))
    #expect(ParsedMountOptions(["noatime", "strictatime"]).attributes.setting == .strictAccessTime)
    #expect(
      ParsedMountOptions(["shared", "rslave"]).propagation == PlannedPropagation(.slave, recursive: true))
  }

  @Test("words with r apply to the whole tree, and to it alone")
  func recursive() {
    let parsed = ParsedMountOptions(["rro", "rnosuid", "nodev"])
    #expect(parsed.recursiveAttributes.setting == [.readOnly, .noSUID])
    #expect(parsed.attributes.setting == .noDevices)
    #expect(ParsedMountOptions(["rbind"]).recursiveBind)
    #expect(!ParsedMountOptions(["bind"]).recursiveBind)
  }

  @Test("what is unknown goes to the file system, one parameter per comma")
  func parameters() {
    let parsed = ParsedMountOptions(["size=1m,mode=700", "flag", "key=a=b", "empty=", "ROX"])
    #expect(
      parsed.parameters == [
        .init("size", "1m"), .init("mode", "700"), .init("flag"), .init("key", "a=b"), .init("empty", ""),
        .init("ROX"),
      ])
    #expect(parsed.attributes.isEmpty)
  }
}

@Suite("Lists of numbers")
struct NumberListTests {
  private static let place = Origin("/x")

  @Test(
    "lists become masks",
    arguments: [
      ("", []), ("0", [1]), ("0-3,7", [0x8F]), ("63", [1 << 63]), ("64", [0, 1]), ("63-64", [1 << 63, 1]),
      ("3,1", [0b1010]), ("8191", [UInt64](repeating: 0, count: 127) + [1 << 63]),
    ] as [(String, [UInt64])])
  func words(text: String, mask: [UInt64]) throws {
    #expect(try NumberList.words(text, Self.place) == mask)
  }

  @Test("and back", arguments: ["0", "0-3,7", "63-64", "5,8191"])
  func roundTrip(text: String) throws {
    #expect(Words.list(try NumberList.words(text, Self.place)) == text)
  }

  @Test(
    "what is no list is refused",
    arguments: ["a", "1-", "-1", "3-1", "65536", "1-2-3", "0x1", "4294967296", " 1", "1 ", "+1", "0,+2"])
  func refused(text: String) {
    let error = #expect(throws: PlanError.self) { try NumberList.words(text, Self.place) }
    #expect(error?.pointer == "/x")
  }
}
