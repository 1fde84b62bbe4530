// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import OCI
import Testing

@testable import Engine

@Suite struct UserDatabaseTests {
  private static let users = UserDatabase(
    passwd: """
      root:x:0:0:root:/root:/bin/sh
      # comment
      web:x:1000:1001::/srv/web:/bin/sh
      0:x:1000:1000:a name that looks like a number:/:/bin/sh
      broken:x:one:1::/:/bin/sh
      short:x:5
      all:x:4294967295:0::/:/bin/sh
      relative:x:7:7::home:/bin/sh
      """,
    group: """
      root:x:0:
      wheel:x:10:root,web
      web:x:1001:
      disk:x:6:root
      broken:x:y:web
      audio:x:29:web,other
      """)

  private func resolve(_ user: String?, add: [String] = []) throws(EngineError) -> UserDatabase.Resolution {
    var groups: [Identity] = []
    for group in add { groups.append(try Identity.parse(group)) }
    return try Self.users.resolve(try user.map(parse), additional: groups)
  }

  private func parse(_ text: String) throws(EngineError) -> UserRequest { try UserRequest.parse(text) }

  @Test func rootByDefault() throws {
    let root = try resolve(nil)
    #expect(root.user == User(uid: 0, gid: 0, additionalGids: [0, 10, 6]))
    #expect(root.home == "/root")
  }

  @Test func names() throws {
    #expect(try resolve("web").user == User(uid: 1000, gid: 1001, additionalGids: [1001, 10, 29]))
    #expect(try resolve("web").home == "/srv/web")
    #expect(try resolve("web:disk").user == User(uid: 1000, gid: 6, additionalGids: [6]))
    #expect(try resolve("web", add: ["disk", "77", "wheel"]).user.additionalGids == [1001, 10, 29, 6, 77])
    #expect(try resolve("relative").home == "/")
  }

  @Test func numbersAreNumbers() throws {
    #expect(try resolve("0").user.uid == 0)
    #expect(try resolve("1000").user == User(uid: 1000, gid: 1001, additionalGids: [1001, 10, 29]))
    #expect(try resolve("4242").user == User(uid: 4242, gid: 0, additionalGids: [0]))
    #expect(try resolve("4242").home == "/")
    #expect(try resolve("4242:99").user == User(uid: 4242, gid: 99, additionalGids: [99]))
  }

  @Test func unknownNames() {
    #expect(
      failure { () throws(EngineError) in try resolve("nobody") }
        == #"--user "nobody": the container's /etc/passwd has no such user"#)
    #expect(
      failure { () throws(EngineError) in try resolve("web:nosuch") }.contains("/etc/group has no such group")
    )
    #expect(failure { () throws(EngineError) in try resolve("broken") }.contains("no such user"))
    #expect(failure { () throws(EngineError) in try resolve("all") }.contains("no such user"))
    #expect(failure { () throws(EngineError) in try resolve(nil, add: ["nosuch"]) }.contains("--group-add"))
  }
}

@Suite struct SpecBuilderTests {
  static let id = String(repeating: "0123456789abcdef", count: 4)

  static func facts() -> Facts {
    var facts = Facts(id: id, directory: "/state/c", workingDirectory: "/w", rootPath: "/roots/r")
    facts.defaultCommand = ["/bin/sh"]
    facts.executable = "/usr/bin/roost"
    facts.hostName = "host"
    facts.users = UserDatabase(passwd: "root:x:0:0::/root:/bin/sh\nweb:x:5:6::/srv:/bin/sh")
    facts.environment = ["PASS": "on"]
    return facts
  }

  private func make(_ arguments: [String], _ change: (inout Facts) -> Void = { _ in }) throws(EngineError)
    -> Blueprint
  {
    var facts = Self.facts()
    change(&facts)
    return try Blueprint.make(try RunOptions.parse(arguments), facts)
  }

  private func spec(_ arguments: String...) throws -> Spec { try make(arguments).spec }

  private func process(_ arguments: String...) throws -> Process {
    try #require(try make(arguments).spec.process)
  }

  private func linux(_ arguments: String...) throws -> LinuxConfig {
    try #require(try make(arguments).spec.linux)
  }

  @Test func arguments() throws {
    #expect(try process("./r").args == ["/bin/sh"])
    #expect(try process("./r", "ls", "-l").args == ["ls", "-l"])
    #expect(try process("--entrypoint", "cat", "./r", "f").args == ["cat", "f"])
    #expect(try process("--entrypoint", "cat", "./r").args == ["cat"])
    #expect(try process("--entrypoint", "", "./r").args == ["/bin/sh"])
    #expect(try process("--init", "./r", "ls").args == ["/sbin/roost-init", "--", "ls"])
    let none = failure { () throws(EngineError) in try make(["./r"]) { $0.defaultCommand = [] } }
    #expect(none.contains("no command is given"))
    #expect(failure { () throws(EngineError) in try make(["./r", ""]) } == "the command's name is empty")
    #expect(failure { () throws(EngineError) in try make(["./r", "a", "b\0"]) }.contains("argument 1"))
  }

  @Test func environment() throws {
    let process = try process(
      "-t", "-e", "A=1", "-e", "PASS", "-e", "ABSENT", "-e", "A=2", "-e", "HOME=/x", "-u", "web", "-h", "box",
      "./r")
    #expect(
      process.env == [
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOSTNAME=box", "TERM=xterm",
        "HOME=/x",
        "A=2", "PASS=on",
      ])
    #expect(try self.process("-u", "web", "./r").env.last == "HOME=/srv")
  }

  @Test func terminal() throws {
    let size = ConsoleSize(height: 24, width: 80)
    let with = try #require(try make(["-t", "./r"]) { $0.consoleSize = size }.spec.process)
    #expect(with.terminal && with.consoleSize == size)
    let without = try #require(try make(["./r"]) { $0.consoleSize = size }.spec.process)
    #expect(!without.terminal && without.consoleSize == nil)
  }

  @Test func rights() throws {
    let root = try process("./r")
    #expect(
      root.capabilities?.bounding
        == CapabilitySet.defaults.sorted { a, b in
          (CapabilityName.number(of: a) ?? 0) < (CapabilityName.number(of: b) ?? 0)
        })
    #expect(root.capabilities?.effective.count == 11)
    #expect(root.capabilities?.inheritable == [] && root.capabilities?.ambient == [])
    #expect(root.noNewPrivileges)
    #expect(root.rlimits == [Rlimit(.core, soft: 0, hard: 0)])
    #expect(root.user.umask == 0o022)
    let user = try process(
      "-u", "web", "--ulimit", "core=-1", "--security-opt", "no-new-privileges=false", "./r")
    #expect(user.capabilities?.effective == [] && user.capabilities?.bounding.count == 11)
    #expect(user.rlimits == [Rlimit(.core, soft: .max, hard: .max)])
    #expect(!user.noNewPrivileges)
    let privileged = try process("--privileged", "./r")
    #expect(privileged.capabilities?.effective.count == 41)
    #expect(!privileged.noNewPrivileges)
    let confined = try #require(try make(["--privileged", "./r"]) { $0.capabilities = 0b100 }.spec.process)
    #expect(confined.capabilities?.bounding == ["CAP_DAC_READ_SEARCH"])
    #expect(try process("--privileged", "--security-opt", "no-new-privileges", "./r").noNewPrivileges)
  }

  @Test func namespacesAndNames() throws {
    let plain = try spec("./r")
    #expect(plain.linux?.namespaces.map(\.type) == [.mount, .pid, .ipc, .uts, .cgroup, .network])
    #expect(plain.hostname == "0123456789ab")
    #expect(plain.linux?.cgroupsPath == "/roost/\(Self.id)")
    let host = try spec("--network", "host", "./r")
    #expect(host.linux?.namespace(.network) == nil)
    #expect(host.hostname == "host")
    #expect(plain.root == Root(path: "/roots/r", readonly: false))
    #expect(try spec("--overlay", "--read-only", "./r").root == Root(path: "/state/c/rootfs", readonly: true))
  }

  @Test func limits() throws {
    let resources = try #require(
      try linux("-m", "64m", "--cpus", "0.5", "--blkio-weight", "10", "./r").resources)
    #expect(resources.memory?.limit == 64 << 20)
    #expect(resources.memory?.swap == 128 << 20)
    #expect(resources.cpu?.quota == 50_000 && resources.cpu?.period == 100_000)
    #expect(resources.pids?.limit == 2048)
    #expect(resources.blockIO?.weight == 10)
    let others = try #require(
      try linux("-m", "64m", "--memory-swap", "-1", "--cpu-quota", "7000", "--pids-limit", "-1", "./r")
        .resources)
    #expect(others.memory?.swap == -1)
    #expect(others.cpu?.period == 100_000)
    #expect(others.pids?.limit == -1)
    func swap(_ arguments: String...) throws(EngineError) -> Int64? {
      try make(arguments + ["./r"]) { $0.accountsSwap = false }.spec.linux?.resources?.memory?.swap
    }
    #expect(try swap("-m", "64m") == nil)
    #expect(try swap("-m", "64m", "--memory-swap", "-1") == nil)
    let refused = failure { () throws(EngineError) in try swap("-m", "64m", "--memory-swap", "128m") }
    #expect(refused.hasPrefix("--memory-swap: this kernel does not account swap"))
    let none = try #require(try linux("./r").resources)
    #expect(none.memory == nil && none.cpu == nil && none.blockIO == nil)
  }

  @Test func hiddenPaths() throws {
    let plain = try linux("./r")
    #expect(plain.maskedPaths.contains("/proc/kcore") && plain.readonlyPaths.contains("/proc/sys"))
    for arguments in [
      ["--privileged"], ["--security-opt", "systempaths=unconfined"], ["--security-opt", "unmask=ALL"],
    ] {
      let open = try #require(try make(arguments + ["./r"]).spec.linux)
      #expect(open.maskedPaths.isEmpty && open.readonlyPaths.isEmpty)
    }
    let changed = try linux(
      "--security-opt", "unmask=/proc/acpi:/proc/sys", "--security-opt", "mask=/proc/x", "./r")
    #expect(!changed.maskedPaths.contains("/proc/acpi") && !changed.readonlyPaths.contains("/proc/sys"))
    #expect(changed.maskedPaths.last == "/proc/x")
    let unknown = failure { () throws(EngineError) in try make(["--security-opt", "unmask=/nosuch", "./r"]) }
    #expect(unknown.contains("unmask=/nosuch: this path is neither masked nor read-only"))
    let throttled = try make(["./r"]) { $0.thermalThrottlePaths = ["/sys/t"] }
    #expect(throttled.spec.linux?.maskedPaths.last == "/sys/t")
  }

  @Test func devices() throws {
    let fuse = Device(
      type: .character, path: "/dev/fuse", major: 10, minor: 229, fileMode: 0o666, uid: 0, gid: 0)
    let blueprint = try make(["--device", "/dev/fuse:/dev/fuse:rw", "./r"]) { $0.devices = [[fuse]] }
    let linux = try #require(blueprint.spec.linux)
    #expect(linux.devices == [fuse])
    let rules = try #require(linux.resources?.devices)
    #expect(rules.first == DeviceRule(allow: false, type: .all, access: .all))
    #expect(
      rules.last == DeviceRule(allow: true, type: .character, major: 10, minor: 229, access: [.read, .write]))
    let privileged = try #require(try make(["--privileged", "./r"]) { $0.allDevices = [fuse] }.spec.linux)
    #expect(privileged.devices == [fuse])
    #expect(privileged.resources?.devices == [DeviceRule(allow: true, type: .all, access: .all)])
  }

  @Test func seccomp() throws {
    let profile = SeccompProfile(defaultAction: .errno)
    func chosen(_ arguments: String...) throws -> SeccompProfile? {
      try make(arguments + ["./r"]) { $0.seccomp = profile }.spec.linux?.seccomp
    }
    #expect(try chosen() == profile)
    #expect(try chosen("--privileged") == nil)
    #expect(try chosen("--security-opt", "seccomp=unconfined") == nil)
    #expect(try chosen("--privileged", "--security-opt", "seccomp=builtin") == profile)
  }

  @Test func mounts() throws {
    let spec = try spec(
      "-v", "/a:/x/y", "--tmpfs", "/x", "-v", "/h:/etc/hosts:ro", "--tmpfs", "/dev/shm", "--shm-size", "1m",
      "./r")
    #expect(
      spec.mounts.map(\.destination) == [
        "/proc", "/dev", "/dev/pts", "/sys", "/sys/fs/cgroup", "/dev/mqueue", "/etc/resolv.conf",
        "/etc/hostname",
        "/x", "/x/y", "/etc/hosts", "/dev/shm",
      ])
    let ownDevices = try self.spec("-v", "/dev:/dev", "./r")
    #expect(!ownDevices.mounts.contains { $0.destination.hasPrefix("/dev/") })
    let shm = try #require(
      try self.spec("--shm-size", "1m", "./r").mounts.first { $0.destination == "/dev/shm" })
    #expect(shm.options.last == "size=1048576")
    let initial = try #require(try self.spec("--init", "./r").mounts.last)
    #expect(initial.source == "/usr/bin/roost" && initial.options.contains("ro"))
    let readOnly = try self.spec("--read-only", "./r").mounts.filter { $0.destination.hasPrefix("/etc/") }
    #expect(readOnly.count == 3 && readOnly.allSatisfy { $0.options.contains("ro") })
    #expect(try self.spec("--privileged", "./r").mounts.filter { $0.options.contains("rw") }.count == 2)
  }

  @Test func propagation() throws {
    #expect(try linux("./r").rootfsPropagation == nil)
    #expect(try linux("-v", "/a:/b:rslave", "./r").rootfsPropagation == .rslave)
    #expect(try linux("-v", "/a:/b:rslave", "-v", "/c:/d:rshared", "./r").rootfsPropagation == .shared)
    let layered = failure { () throws(EngineError) in try make(["--overlay", "-v", "/a:/b:rshared", "./r"]) }
    #expect(layered.contains("a shared mount needs a root directory that is used in place"))
  }

  @Test func preparations() throws {
    let plain = try make(["-v", "./new:/x", "./r"])
    #expect(plain.preparations.count == 4)
    #expect(plain.preparations.first == .createBindSource(path: "/w/./new", origin: #"--volume "./new:/x""#))
    let layered = try make(["--rm", "-v", "/h:/etc/hosts", "./r"]) { $0.rootIsShared = true }
    #expect(
      layered.preparations.suffix(5) == [
        .createDirectory(name: "rootfs", mode: 0o755), .createDirectory(name: "upper", mode: 0o755),
        .createDirectory(name: "work", mode: 0o755), .unshareMounts,
        .mountOverlay(lower: "/roots/r", upper: "upper", work: "work", target: "rootfs", volatile: true),
      ])
    #expect(!layered.preparations.contains { if case .writeFile("hosts", _) = $0 { true } else { false } })
    #expect(layered.preparations.allSatisfy { !$0.summary.isEmpty && !$0.summary.contains("\n") })
  }

  @Test func ownFiles() throws {
    func file(_ name: String, _ arguments: String...) throws -> String {
      let steps = try make(arguments + ["./r"]) {
        $0.hostsFile = "10.0.0.1 host"
        $0.resolverFile = "nameserver 127.0.0.53\n"
      }.preparations
      for case .writeFile(name, let text) in steps { return text }
      return "absent"
    }
    #expect(
      try file("hosts", "-h", "box", "--add-host", "db:10.0.0.5").hasSuffix("127.0.1.1\tbox\n10.0.0.5\tdb\n"))
    #expect(try file("hosts", "--network", "host", "--add-host", "db:::1") == "10.0.0.1 host\n::1\tdb\n")
    #expect(try file("hostname", "-h", "box") == "box\n")
    #expect(try file("resolv.conf").hasPrefix("#"))
    #expect(try file("resolv.conf", "--network", "host") == "nameserver 127.0.0.53\n")
  }

  @Test func annotations() throws {
    #expect(
      try spec("--stop-signal", "INT", "--annotation", "a=b", "./r").annotations == [
        KeyValue("a", "b"), KeyValue("org.opencontainers.image.stopSignal", "SIGINT"),
      ])
    #expect(try spec("./r").annotations == [])
  }
}

@Suite struct ExecTests {
  private func process(_ arguments: String...) throws -> Process {
    var container = Process(args: ["sleep"], cwd: "/srv")
    container.env = ["PATH=/bin", "HOME=/root", "A=1"]
    container.user = User(uid: 0, gid: 0, umask: 0o77, additionalGids: [0])
    container.capabilities = Capabilities(
      bounding: ["CAP_CHOWN"], effective: ["CAP_CHOWN"], permitted: ["CAP_CHOWN"])
    container.noNewPrivileges = true
    container.consoleSize = ConsoleSize(height: 1, width: 2)
    let options = try ExecOptions.parse(arguments)
    return try ExecProcess(
      options: options, container: container, users: UserDatabase(passwd: "web:x:5:6::/srv:"),
      environmentFiles: [],
      environment: ["P": "q"], available: (1 << 41) - 1,
      consoleSize: ConsoleSize(height: 3, width: 4)
    ).process()
  }

  @Test func whatTheContainerHas() throws {
    let plain = try process("c", "ls", "-t")
    #expect(plain.args == ["ls", "-t"])
    #expect(plain.cwd == "/srv" && plain.env == ["PATH=/bin", "HOME=/root", "A=1"])
    #expect(plain.noNewPrivileges && !plain.terminal && plain.consoleSize == nil)
    #expect(plain.capabilities?.effective == ["CAP_CHOWN"])
  }

  @Test func whatTheFlagsChange() throws {
    let changed = try process("-it", "-e", "A=2", "-e", "P", "-e", "Q", "-w", "/x/", "-u", "web", "c", "ls")
    #expect(changed.terminal && changed.consoleSize == ConsoleSize(height: 3, width: 4))
    #expect(changed.cwd == "/x")
    #expect(changed.env == ["PATH=/bin", "HOME=/srv", "A=2", "TERM=xterm", "P=q"])
    #expect(changed.user == User(uid: 5, gid: 6, umask: 0o77, additionalGids: [6]))
    #expect(changed.capabilities?.effective == [] && changed.capabilities?.bounding == ["CAP_CHOWN"])
    #expect(try process("--privileged", "c", "ls").capabilities?.effective.count == 41)
  }

  @Test func whatIsMissing() {
    for arguments in [[], ["c"], ["-it"], ["c", ""], ["-w", "x", "c", "ls"], ["--frob", "c", "ls"]] {
      #expect(
        failure { () throws(EngineError) in try ExecOptions.parse(arguments) } != "no error", "\(arguments)")
    }
  }
}
