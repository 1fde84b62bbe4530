// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import JSON
import OCI
import Testing

@Suite("Decoding a configuration")
struct DecodingTests {
  @Test("every property arrives")
  func values() throws {
    let spec = try Spec(validating: bytes(fullConfiguration), source: "config.json")
    #expect(spec.ociVersion == "1.3.0")
    #expect(spec.root == Root(path: "rootfs", readonly: true))
    #expect(spec.hostname == "host" && spec.domainname == "example.test")
    #expect(spec.annotations == [KeyValue("org.example/key", "value\nof two lines"), KeyValue("other", "x")])
    #expect(spec.annotations.value(forKey: "other") == "x")
    #expect(spec.mounts.count == 2)
    #expect(
      spec.mounts[0]
        == Mount(destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "noexec"]))
    #expect(spec.mounts[1].uidMappings == [IDMapping(containerID: 0, hostID: 5000, size: 10)])
    let hooks = try #require(spec.hooks)
    #expect(hooks.prestart == [Hook(path: "/bin/a", args: ["a", "b"], env: ["K=v"], timeout: 5)])
    #expect(
      [hooks.createRuntime, hooks.createContainer, hooks.startContainer, hooks.poststart, hooks.poststop]
        .map { $0[0].path } == ["/bin/b", "/bin/c", "/bin/d", "/bin/e", "/bin/f"])
  }

  @Test("the process")
  func process() throws {
    let process = try #require(try Spec(decoding: bytes(fullConfiguration), source: "c").process)
    #expect(process.terminal && process.noNewPrivileges)
    #expect(process.consoleSize == ConsoleSize(height: 25, width: 80))
    #expect(process.user == User(uid: 1000, gid: 1001, umask: 0o22, additionalGids: [5, 6]))
    #expect(process.args == ["/bin/sh", "-c", "echo hello\n"])
    #expect(process.env == ["PATH=/usr/bin:/bin", "EMPTY=", "MULTI=a\nb"])
    #expect(process.cwd == "/work")
    #expect(process.capabilities?.bounding == ["CAP_KILL", "CAP_FUTURE"])
    #expect(process.capabilities?.ambient == ["CAP_KILL"])
    #expect(
      process.rlimits == [Rlimit(.openFiles, soft: 1024, hard: 4096), Rlimit(.core, soft: 0, hard: .max)])
    #expect(process.apparmorProfile == "acme" && process.selinuxLabel == "system_u:system_r:t:s0:c1,c2")
    #expect(process.oomScoreAdj == -500)
    var scheduler = Scheduler(policy: .deadline)
    scheduler.flags = [.resetOnFork]
    scheduler.runtime = 10_000_000
    scheduler.deadline = 20_000_000
    scheduler.period = 30_000_000
    #expect(process.scheduler == scheduler)
    #expect(process.ioPriority == IOPriority(class: .bestEffort, priority: 4))
    #expect(process.execCPUAffinity == CPUAffinity(initial: "7", final: "0-3, 7"))
  }

  @Test("what is particular to Linux")
  func linux() throws {
    let linux = try #require(try Spec(decoding: bytes(fullConfiguration), source: "c").linux)
    #expect(linux.namespaces.map(\.type) == [.pid, .network, .mount, .ipc, .uts, .user, .cgroup, .time])
    #expect(linux.namespace(.network)?.path == "/run/netns/a")
    #expect(linux.uidMappings.count == 2 && linux.gidMappings.count == 1)
    #expect(
      linux.timeOffsets
        == TimeOffsets(
          monotonic: TimeOffset(secs: -172800, nanosecs: 5),
          boottime: TimeOffset(secs: 604800, nanosecs: 999_999_999)))
    #expect(
      linux.devices == [
        Device(type: .character, path: "/dev/fuse", major: 10, minor: 229, fileMode: 0o666, uid: 0, gid: 0),
        Device(type: .fifo, path: "/dev/pipe", fileMode: 0o600, uid: 1, gid: 2),
      ])
    #expect(
      linux.netDevices == [NetDevice(hostName: "eth0", name: "container0"), NetDevice(hostName: "eth1")])
    #expect(linux.cgroupsPath == "/parent/child" && linux.rootfsPropagation == .rslave)
    #expect(linux.maskedPaths == ["/proc/kcore"] && linux.readonlyPaths == ["/proc/sys"])
    #expect(
      linux.sysctl.map(\.key) == [
        "net.ipv4.ip_forward", "net/ipv4/conf/eth0.100/forwarding", "kernel.shmmax", "fs.mqueue.msg_max",
        "user.max_user_namespaces", "kernel.sem",
      ])
    #expect(linux.personality == Personality(domain: .linux32))
    #expect(linux.intelRdt?.closID == "group" && linux.intelRdt?.enableMonitoring == true)
    #expect(linux.memoryPolicy == MemoryPolicy(mode: .interleave, nodes: "0-1", flags: [.staticNodes]))
    #expect(linux.mountLabel == "system_u:object_r:f:s0:c715,c811")
    let seccomp = try #require(linux.seccomp)
    #expect(seccomp.defaultAction == .errno && seccomp.defaultErrnoRet == 38)
    #expect(seccomp.architectures == [.x86_64, .x32] && seccomp.flags == [.log])
    #expect(
      seccomp.syscalls[1]
        == SeccompRule(
          names: ["clone"], action: .errno, errnoRet: 1,
          args: [SeccompArgument(index: 0, value: 2_114_060_288, valueTwo: 7, op: .maskedEqual)]))
  }

  @Test("resources")
  func resources() throws {
    let resources = try #require(try Spec(decoding: bytes(fullConfiguration), source: "c").linux?.resources)
    #expect(
      resources.devices == [
        DeviceRule(allow: false),
        DeviceRule(allow: true, type: .character, major: 10, minor: 229, access: [.read, .write]),
      ])
    let memory = try #require(resources.memory)
    #expect([memory.limit, memory.reservation, memory.swap] == [536_870_912, 268_435_456, 1_073_741_824])
    #expect([memory.kernel, memory.kernelTCP] == [-1, -1] && memory.swappiness == 60)
    #expect([memory.disableOOMKiller, memory.useHierarchy, memory.checkBeforeUpdate] == [false, true, true])
    let cpu = try #require(resources.cpu)
    #expect([cpu.shares, cpu.burst, cpu.period, cpu.realtimePeriod] == [1024, 10000, 100_000, 1_000_000])
    #expect([cpu.quota, cpu.realtimeRuntime, cpu.idle] == [50000, 950_000, 1])
    #expect(cpu.cpus == "2-3" && cpu.mems == "0")
    #expect(resources.pids?.limit == 32771)
    let blockIO = try #require(resources.blockIO)
    #expect(blockIO.weight == 500 && blockIO.leafWeight == 10)
    #expect(blockIO.weightDevice == [WeightDevice(major: 8, minor: 0, weight: 500, leafWeight: 300)])
    #expect(blockIO.throttleWriteIOPSDevice == [ThrottleDevice(major: 8, minor: 16, rate: 300)])
    #expect(resources.hugepageLimits == [HugepageLimit(pageSize: "2MB", limit: 9_223_372_036_854_772_000)])
    #expect(resources.network?.classID == 0x100001)
    #expect(resources.network?.priorities == [InterfacePriority(name: "eth0", priority: 500)])
    #expect(
      resources.rdma == [
        RdmaLimit(device: "mlx5_1", hcaHandles: 3, hcaObjects: 10000),
        RdmaLimit(device: "rxe3", hcaObjects: 1),
      ])
    #expect(
      resources.unified == [KeyValue("memory.high", "1000"), KeyValue("io.max", "8:0 rbps=1\n8:16 wbps=2")])
  }

  /// Values that may be left out, and then have the type's default.
  @Test("null is the same as absent for every property that may be absent")
  func null() throws {
    let full = try Tree(fullConfiguration)
    var optional = 0
    for (pointer, _) in full.places where !pointer.isEmpty && !isEntry(pointer) {
      let withNull = try full.setting(pointer, to: "null").text
      let without = try full.setting(pointer, to: nil).text
      let decoded = Result { try Spec(decoding: bytes(withNull), source: "c") }
      let expected = Result { try Spec(decoding: bytes(without), source: "c") }
      switch (decoded, expected) {
      case (.success(let spec), .success(let other)):
        #expect(spec == other, "\(pointer)")
        optional += 1
      case (.failure(let error as SpecError), .failure(let other as SpecError)):
        #expect(error.pointer == pointer && error.problem == "required, but missing", "\(pointer): \(error)")
        #expect(other.pointer == pointer)
      default:
        Issue.record("\(pointer): null gives \(decoded), absence \(expected)")
      }
    }
    #expect(optional > 100)
  }

  /// Whether a pointer names an array's element or an entry with a free key; `null` is an error there.
  private func isEntry(_ pointer: String) -> Bool {
    let tokens = pointer.split(separator: "/")
    if tokens.last.flatMap({ Int($0) }) != nil { return true }
    return ["annotations", "sysctl", "unified", "netDevices", "rdma"].contains(
      tokens.dropLast().last.map(String.init))
  }

  @Test(
    "an empty string is the same as an absent one",
    arguments: [
      "/hostname", "/domainname", "/mounts/0/type", "/mounts/0/source", "/process/apparmorProfile",
      "/process/selinuxLabel", "/process/execCPUAffinity/initial", "/process/execCPUAffinity/final",
      "/linux/namespaces/1/path", "/linux/cgroupsPath", "/linux/rootfsPropagation", "/linux/mountLabel",
      "/linux/netDevices/eth0/name", "/linux/intelRdt/closID", "/linux/intelRdt/l3CacheSchema",
      "/linux/intelRdt/memBwSchema", "/linux/memoryPolicy/nodes", "/linux/seccomp/listenerPath",
      "/linux/seccomp/listenerMetadata", "/linux/resources/cpu/cpus", "/linux/resources/cpu/mems",
      "/linux/resources/devices/1/type",
    ])
  func emptyStrings(pointer: String) throws {
    let full = try Tree(fullConfiguration)
    let empty = try Spec(decoding: bytes(try full.setting(pointer, to: "\"\"").text), source: "c")
    let absent = try Spec(decoding: bytes(try full.setting(pointer, to: nil).text), source: "c")
    #expect(empty == absent)
    #expect(try empty != Spec(decoding: bytes(fullConfiguration), source: "c"))
  }

  @Test("absent and empty seccomp flags differ")
  func seccompFlags() throws {
    let full = try Tree(fullConfiguration)
    let empty = try Spec(
      decoding: bytes(try full.setting("/linux/seccomp/flags", to: "[]").text), source: "c")
    let absent = try Spec(
      decoding: bytes(try full.setting("/linux/seccomp/flags", to: nil).text), source: "c")
    #expect(empty.linux?.seccomp?.flags == [])
    #expect(absent.linux?.seccomp?.flags == nil)
  }

  @Test("unknown properties are ignored wherever they stand, and listed for lint")
  func unknownProperties() throws {
    let full = try Tree(fullConfiguration)
    let document = try JSONDocument(bytes(fullConfiguration), source: "c")
    #expect(Spec.ignoredProperties(of: document) == [])
    let expected = try Spec(decoding: document)
    let freeKeys = [
      "/annotations", "/linux/sysctl", "/linux/resources/unified", "/linux/netDevices",
      "/linux/resources/rdma",
    ]
    for (pointer, tree) in full.places {
      guard case .object = tree, !freeKeys.contains(pointer), pointer != "/linux/timeOffsets" else {
        continue
      }
      let text = try full.setting(pointer + "/x~1y", to: "{\"uid\": \"any\"}").text
      let document = try JSONDocument(bytes(text), source: "c")
      #expect(try Spec(decoding: document) == expected, "\(pointer)")
      #expect(Spec.ignoredProperties(of: document) == [pointer + "/x~1y"])
    }
    let other = try full.setting("/windows", to: "{}").setting("/process/commandLine", to: "\"x\"")
    #expect(
      try Spec.ignoredProperties(of: JSONDocument(bytes(other.text), source: "c"))
        == ["/process/commandLine", "/windows"])
  }

  @Test("what engines write differently")
  func variants() throws {
    let full = try Tree(fullConfiguration)
    func decode(_ pointer: String, _ value: String) throws -> Spec {
      try Spec(validating: bytes(try full.setting(pointer, to: value).text), source: "c")
    }
    // A mode with the type's bits, as in stat(2).
    #expect(try decode("/linux/devices/0/fileMode", "8630").linux?.devices[0].fileMode == 0o666)
    #expect(try decode("/linux/resources/devices/1/major", "-1").linux?.resources?.devices[1].major == nil)
    #expect(try decode("/linux/resources/pids/limit", "0").linux?.resources?.pids?.limit == 0)
    #expect(try decode("/process/user", "{}").process?.user == User())
    #expect(
      try decode("/linux/resources/devices/0/access", "null").linux?.resources?.devices[0].access == .all)
    #expect(try decode("/process/rlimits/0/soft", "1e3").process?.rlimits[0].soft == 1000)
  }
}
