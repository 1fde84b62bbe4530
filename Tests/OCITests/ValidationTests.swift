// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import JSON
import OCI
import Testing

@Suite("Rules for configurations")
struct ValidationTests {
  @Test("top level", arguments: BadValues.topLevel)
  func topLevel(bad: BadValue) throws { try expectRefusal(bad) }

  @Test("process", arguments: BadValues.process)
  func process(bad: BadValue) throws { try expectRefusal(bad) }

  @Test("linux", arguments: BadValues.linux)
  func linux(bad: BadValue) throws { try expectRefusal(bad) }

  @Test("sysctl", arguments: BadValues.sysctl)
  func sysctl(bad: BadValue) throws { try expectRefusal(bad) }

  @Test("resources", arguments: BadValues.resources)
  func resources(bad: BadValue) throws { try expectRefusal(bad) }

  @Test("seccomp", arguments: BadValues.seccomp)
  func seccomp(bad: BadValue) throws { try expectRefusal(bad) }

  private func expectRefusal(_ bad: BadValue) throws {
    var tree = try Tree(fullConfiguration)
    for change in bad.changes { tree = try tree.setting(change.pointer, to: change.value) }
    // NUL cannot be part of a tree: the parser refuses it.
    let error = try #require(refusal(tree.text), "accepted")
    #expect(error.pointer == bad.pointer)
    #expect(error.problem.contains(bad.phrase), "\(error)")
    #expect(!error.description.contains("\n"))
    #expect(error.source == "config.json" && error.position != nil)
  }

  @Test(
    "what callers depend on is accepted",
    arguments: [
      ("/ociVersion", "\"1.0.0\""), ("/ociVersion", "\"1.0.2-dev\""), ("/ociVersion", "\"1.2.1\""),
      ("/ociVersion", "\"1.99.0\""), ("/ociVersion", "\"1.1.0+dev\""), ("/ociVersion", "\"1.0.0-rc5-dev\""),
      ("/ociVersion", "\"1.3.0-rc.1+build.2\""), ("/root/path", "\"/abs/root\""),
      ("/mounts/0/destination", "\"data\""),
      ("/mounts/0/destination", "\"/a/../b\""), ("/process/cwd", "\"/no/../such\""),
      ("/process/args/1", "\"\""),
      ("/process/env/0", "\"A=b=c\""), ("/process/env/0", "\"BASH_FUNC_x%%=() {\\n}\""),
      ("/process/env", "[\"A=1\",\"A=2\"]"),
      ("/process/scheduler", "{\"policy\":\"SCHED_OTHER\",\"nice\":-20}"),
      ("/process/scheduler", "{\"policy\":\"SCHED_RR\",\"priority\":99}"),
      ("/process/scheduler/period", "0"), ("/process/oomScoreAdj", "0"), ("/process/user/uid", "65536"),
      ("/process/capabilities/bounding", "[\"CAP_NO_SUCH\",\"nonsense\"]"),
      ("/process/execCPUAffinity/final", "\"0-65535\""),
      ("/hostname", "\"\(String(repeating: "h", count: 64))\""), ("/annotations/key", "\"any\\n\\ttext\""),
      // Engines pass the mappings of a user namespace that is joined by its path.
      ("/linux/namespaces/5/path", "\"/run/userns\""), ("/linux/cgroupsPath", "\"system.slice:docker:abc\""),
      ("/linux/cgroupsPath", "\"a..b/c\""), ("/linux/netDevices/eth0/name", "\"eth%d\""),
      ("/linux/rootfsPropagation", "\"shared\""),
      ("/linux/resources/memory/limit", "-1"), ("/linux/resources/memory/swap", "-1"),
      ("/linux/resources/memory/limit", "0"),
      ("/linux/resources/cpu/shares", "0"), ("/linux/resources/cpu/shares", "1"),
      ("/linux/resources/cpu/shares", "1000000"),
      ("/linux/resources/cpu", "{\"quota\":-1,\"burst\":5}"), ("/linux/resources/cpu/quota", "0"),
      ("/linux/resources/cpu/period", "0"),
      ("/linux/resources/cpu/cpus", "\"0-31:2/4, N,all\""), ("/linux/resources/pids/limit", "-1"),
      ("/linux/resources/pids", "{}"), ("/linux/resources/blockIO/weight", "0"),
      ("/linux/resources/unified/hugetlb.1GB.max", "\"max\""),
      ("/linux/sysctl/net.ipv4.ip_local_port_range", "\"32768\\t60999\""),
      ("/linux/sysctl/kernel~1sem", "\"1 2 3 4\""),
      ("/linux/intelRdt/closID", "\"/\""), ("/linux/intelRdt/l3CacheSchema", "\"L3:0=1\\nL2:0=1\""),
      ("/linux/memoryPolicy", "{\"mode\":\"MPOL_PREFERRED\"}"),
      ("/linux/memoryPolicy", "{\"mode\":\"MPOL_DEFAULT\",\"nodes\":\"\"}"),
      ("/linux/seccomp/syscalls/0/names/0", "\"no_such_call\""), ("/linux/timeOffsets", "{}"),
      ("/linux/devices/0/path", "\"/somewhere/else\""),
      ("/linux/uidMappings/0", "{\"containerID\":0,\"hostID\":2000,\"size\":65536}"),
    ])
  func accepted(pointer: String, value: String) throws {
    let text = try Tree(fullConfiguration).setting(pointer, to: value).text
    #expect(refusal(text) == nil)
  }

  @Test("without a user namespace ids need no mapping, a joined one may come without mappings")
  func unmappedIDs() throws {
    let full = try Tree(fullConfiguration).setting("/process/user/uid", to: "4294967294")
    let none = try full.setting("/linux/namespaces/5", to: nil).setting("/linux/uidMappings", to: nil)
      .setting("/linux/gidMappings", to: nil).setting("/linux/sysctl", to: nil)
    #expect(refusal(none.text) == nil)
    let joined = try full.setting("/linux/namespaces/5/path", to: "\"/run/userns\"").setting(
      "/linux/uidMappings", to: nil
    )
    .setting("/linux/gidMappings", to: nil)
    #expect(refusal(joined.text) == nil)
  }

  @Test("the whole range of ids can be mapped")
  func widestMapping() throws {
    let mapping = "[{\"containerID\":0,\"hostID\":0,\"size\":4294967295}]"
    let text = try Tree(fullConfiguration).setting("/linux/uidMappings", to: mapping).text
    #expect(refusal(text) == nil)
    let tooWide = try Tree(fullConfiguration).setting(
      "/linux/uidMappings", to: "[{\"containerID\":1,\"hostID\":0,\"size\":4294967295}]")
    #expect(refusal(tooWide.text)?.pointer == "/linux/uidMappings/0/containerID")
  }

  @Test("more ranges than the kernel takes")
  func manyMappings() throws {
    func mappings(_ count: Int) -> String {
      "["
        + (0..<count).map { "{\"containerID\":\($0 * 200),\"hostID\":\($0 * 200),\"size\":200}" }.joined(
          separator: ",") + "]"
    }
    let full = try Tree(fullConfiguration)
    #expect(refusal(try full.setting("/linux/uidMappings", to: mappings(340)).text) == nil)
    let error = refusal(try full.setting("/linux/uidMappings", to: mappings(341)).text)
    #expect(error?.pointer == "/linux/uidMappings")
  }

  @Test("a configuration without process can be created only")
  func withoutProcess() throws {
    let text = try Tree(fullConfiguration).setting("/process", to: nil).text
    let spec = try Spec(validating: bytes(text), source: "c", requiresProcess: false)
    #expect(spec.process == nil)
    #expect(throws: SpecError.self) { try spec.validate() }
  }

  @Test("an error of a rule gets its place from the document")
  func location() throws {
    let text = """
      {
        "ociVersion": "1.0.0",
        "root": {"path": "rootfs"},
        "process": {"cwd": "/", "args": ["sh"],
          "env": ["A=b",
                  "nonsense"]}
      }
      """
    #expect(
      refusal(text)?.description
        == "config.json:6:13: /process/env/1: \"nonsense\" is not of the form KEY=VALUE")
    let missing = text.replacing("\"args\": [\"sh\"],", with: "")
    #expect(
      refusal(missing)?.description == "config.json:4:14: /process/args: required, but missing or empty")
    let error = SpecError(pointer: "/a/b", problem: "is wrong")
    #expect(error.description == "/a/b: is wrong")
  }

  @Test("a configuration that a program builds is checked for what decoding would have refused")
  func builtConfigurations() throws {
    var valid = Spec(ociVersion: "1.3.0", root: Root(path: "r"), process: Process(args: ["sh"]))
    valid.hooks = Hooks()
    valid.linux = LinuxConfig()
    try valid.validate()
    func pointer(_ change: (inout Spec) -> Void) -> String? {
      var spec = valid
      change(&spec)
      do throws(SpecError) {
        try spec.validate()
        return nil
      } catch { return error.pointer }
    }
    #expect(pointer { $0.process?.user.uid = .max } == "/process/user/uid")
    #expect(pointer { $0.process?.user.gid = .max } == "/process/user/gid")
    #expect(pointer { $0.process?.user.additionalGids = [0, .max] } == "/process/user/additionalGids/1")
    #expect(pointer { $0.process?.user.additionalGids = Array(0...65536) } == "/process/user/additionalGids")
    #expect(pointer { $0.process?.user.umask = 0o1000 } == "/process/user/umask")
    #expect(pointer { $0.process?.oomScoreAdj = 1001 } == "/process/oomScoreAdj")
    #expect(
      pointer { $0.process?.ioPriority = IOPriority(class: .idle, priority: 8) }
        == "/process/ioPriority/priority")
    #expect(pointer { $0.hooks?.poststop = [Hook(path: "/x", timeout: 0)] } == "/hooks/poststop/0/timeout")
    #expect(
      pointer {
        $0.mounts = [
          Mount(
            destination: "/x", uidMappings: [IDMapping(containerID: 0, hostID: 0, size: 0)],
            gidMappings: [IDMapping(containerID: 0, hostID: 0, size: 1)])
        ]
      }
        == "/mounts/0/uidMappings/0/size")
    #expect(
      pointer { $0.linux?.devices = [Device(type: .block, path: "/x", major: 4096)] }
        == "/linux/devices/0/major")
    #expect(
      pointer { $0.linux?.devices = [Device(type: .block, path: "/x", minor: 1 << 20)] }
        == "/linux/devices/0/minor")
    #expect(
      pointer { $0.linux?.devices = [Device(type: .fifo, path: "/x", fileMode: 0o10000)] }
        == "/linux/devices/0/fileMode")
    #expect(
      pointer { $0.linux?.devices = [Device(type: .fifo, path: "/x", uid: .max)] } == "/linux/devices/0/uid")
    #expect(
      pointer { $0.linux?.devices = [Device(type: .fifo, path: "/x", gid: .max)] } == "/linux/devices/0/gid")
    #expect(
      pointer {
        $0.linux?.namespaces = [Namespace(.time)]
        $0.linux?.timeOffsets = TimeOffsets(boottime: TimeOffset(nanosecs: 1_000_000_000))
      } == "/linux/timeOffsets/boottime/nanosecs")
    #expect(
      pointer { $0.linux?.seccomp = rule(SeccompArgument(index: 6, value: 0, op: .equal)) }
        == "/linux/seccomp/syscalls/0/args/0/index")
  }

  private func rule(_ argument: SeccompArgument) -> SeccompProfile {
    var profile = SeccompProfile(defaultAction: .allow)
    profile.syscalls = [SeccompRule(names: ["read"], action: .kill, args: [argument])]
    return profile
  }

  @Test("limits in a document of their own, as update reads them")
  func resourcesAlone() throws {
    func error(_ change: (inout Resources) -> Void) -> String? {
      var resources = Resources()
      resources.memory = MemoryResources()
      resources.cpu = CPUResources()
      change(&resources)
      do throws(SpecError) {
        try resources.validate(at: "")
        return nil
      } catch { return error.pointer }
    }
    #expect(error { _ in } == nil)
    #expect(error { $0.memory?.limit = -2 } == "/memory/limit")
    #expect(error { $0.memory?.swappiness = 101 } == "/memory/swappiness")
    #expect(error { $0.cpu?.quota = -2 } == "/cpu/quota")
    #expect(error { $0.cpu?.realtimeRuntime = -2 } == "/cpu/realtimeRuntime")
    #expect(error { $0.cpu?.idle = 2 } == "/cpu/idle")
    #expect(error { $0.pids = PidsResources(limit: -2) } == "/pids/limit")
    #expect(error { $0.devices = [DeviceRule(allow: true, access: [])] } == "/devices/0/access")
    let decoded = try Resources(
      decoding: bytes("{\"memory\":{\"limit\":5},\"pids\":{\"limit\":0}}"), source: "r")
    #expect(decoded.memory?.limit == 5 && decoded.pids?.limit == 0)
  }

  @Test("a process in a document of its own, as exec reads it")
  func processAlone() throws {
    let text = "{\"args\": [\"sh\"], \"cwd\": \"/\",\n \"user\": {\"uid\": 5}}"
    let process = try Process(decoding: bytes(text), source: "process.json")
    try process.validate(at: "", linux: nil)
    var linux = LinuxConfig(namespaces: [Namespace(.user)])
    linux.uidMappings = [IDMapping(containerID: 0, hostID: 0, size: 5)]
    linux.gidMappings = linux.uidMappings
    let error = #expect(throws: SpecError.self) { try process.validate(at: "", linux: linux) }
    let document = try JSONDocument(bytes(text), source: "process.json")
    #expect(
      error?.located(in: document).description
        == "process.json:2:18: /user/uid: 5 is not mapped by /linux/uidMappings")
  }
}
