// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import OCI
import Testing

@testable import Engine

/// Runs `body` and gives the message of what it throws.
func failure<T>(_ body: () throws(EngineError) -> T) -> String {
  do {
    _ = try body()
    return "no error"
  } catch {
    return error.message
  }
}

@Suite struct SizeTests {
  private static let wellFormed: [(String, Int64)] = [
    ("0", 0), ("4096", 4096), ("1b", 1), ("1k", 1024), ("1K", 1024), ("64m", 64 << 20), ("64MB", 64 << 20),
    ("64MiB", 64 << 20), ("1g", 1 << 30), ("1.5g", 1_610_612_736), ("0.5k", 512), ("2t", 2_199_023_255_552),
    ("1.0000001k", 1024), ("0.999999999999999999t", 1_099_511_627_775), ("9223372036854775807", Int64.max),
  ]

  @Test(arguments: wellFormed)
  func sizes(_ text: String, _ bytes: Int64) throws {
    #expect(try SizeText.parse(text) == bytes)
  }

  @Test(arguments: [
    "", "m", "64q", "-1", "+1", "1.m", ".5m", "1 m", "1mm", "0x10", "1e3", "1.5.2m", "１m", "64m ", "\u{0}",
  ])
  func malformed(_ text: String) {
    #expect(failure { () throws(EngineError) in try SizeText.parse(text) }.hasPrefix("not a size"))
  }

  @Test(arguments: ["9223372036854775808", "9007199254740992k", "8388608.5t", "99999999999999999999999"])
  func tooLarge(_ text: String) {
    #expect(failure { () throws(EngineError) in try SizeText.parse(text) }.hasPrefix("too large"))
  }

  @Test(arguments: [
    (0, "0B"), (1023, "1023B"), (1536, "1.5KiB"), (67_108_864, "64MiB"), (1_099_511_627_776, "1TiB"),
  ])
  func formats(_ bytes: Int64, _ text: String) {
    #expect(SizeText.format(bytes) == text)
  }
}

@Suite struct CPUTests {
  @Test(arguments: [
    ("1", 100_000), ("1.5", 150_000), ("0.01", 1000), (".5", 50_000), ("0.1", 10_000), ("2.123456", 212_345),
    ("0", 0), ("64", 6_400_000),
  ])
  func quotas(_ text: String, _ quota: Int64) throws {
    #expect(try CPUText.quota(ofCPUs: text) == quota)
  }

  @Test(arguments: ["", ".", "1.", "-1", "a", "1,5", "0.001", "0.0000001", "99999999999999", "1.5x"])
  func badQuotas(_ text: String) {
    #expect(failure { () throws(EngineError) in try CPUText.quota(ofCPUs: text) } != "no error")
  }

  @Test func percent() throws {
    #expect(try CPUText.quota(ofPercent: "30") == 30_000)
    for text in ["0", "101", "3.5", "-1", ""] {
      #expect(
        failure { () throws(EngineError) in try CPUText.quota(ofPercent: text) } != "no error", "\(text)")
    }
  }

  @Test func lists() {
    for good in ["0", "0-3", "0-3,8", "1,2,3"] {
      #expect(failure { () throws(EngineError) in try CPUText.checkList(good) } == "no error", "\(good)")
    }
    for bad in ["", ",", "3-1", "a", "0-", "-1", "1,,2", "0 1", "99999"] {
      #expect(failure { () throws(EngineError) in try CPUText.checkList(bad) } != "no error", "\(bad)")
    }
  }
}

@Suite struct EnvironmentTests {
  @Test func entries() throws {
    #expect(try EnvironmentEntry.parse("A=b=c ") == .assignment(key: "A", value: "b=c "))
    #expect(try EnvironmentEntry.parse("A=") == .assignment(key: "A", value: ""))
    #expect(try EnvironmentEntry.parse("A") == .passThrough(key: "A"))
    for bad in ["", "=x", "A B=c", "A\n=c", "A=\u{0}", "\u{7f}=x"] {
      #expect(failure { () throws(EngineError) in try EnvironmentEntry.parse(bad) } != "no error", "\(bad)")
    }
  }

  @Test func files() throws {
    let text = "\u{FEFF}# comment\n\n  A=1 \r\n\tB=\"x y\"\nC\n   # another\nD=a#b"
    #expect(
      try EnvironmentEntry.parse(file: text) == [
        .assignment(key: "A", value: "1 "), .assignment(key: "B", value: "\"x y\""), .passThrough(key: "C"),
        .assignment(key: "D", value: "a#b"),
      ])
    #expect(
      failure { () throws(EngineError) in try EnvironmentEntry.parse(file: "A=1\n=2") }
        == "line 2: the variable has no name: expected KEY=VALUE or KEY")
  }
}

@Suite struct UserTests {
  @Test func requests() throws {
    #expect(try UserRequest.parse("0") == UserRequest(user: .id(0), group: nil))
    #expect(try UserRequest.parse("4294967294:7") == UserRequest(user: .id(4_294_967_294), group: .id(7)))
    #expect(
      try UserRequest.parse("www-data:users") == UserRequest(user: .name("www-data"), group: .name("users")))
    #expect(try UserRequest.parse(":5") == UserRequest(user: .id(0), group: .id(5)))
    for bad in [
      "", ":", "4294967295", "4294967296", "99999999999999999999", "a:", "-1", "a b", "a\n", "1:4294967295",
    ] {
      #expect(failure { () throws(EngineError) in try UserRequest.parse(bad) } != "no error", "\(bad)")
    }
  }

  @Test("an enormous value is not repeated whole: flag and reason are")
  func enormous() throws {
    for piece in ["ab", "\u{1}", "é", "👩‍👩‍👧‍👦"] {
      let bad = " " + String(repeating: piece, count: 5000)
      let error = try #require(throws: EngineError.self) { _ = try UserRequest.parse(bad) }
      let text = error.within("--user").description
      #expect(text.hasPrefix("--user: ") && text.hasSuffix(error.message.suffix(20)))
      #expect(text.utf8.count < 1500 && text.contains(" … ") && !text.contains("\u{FFFD}"))
    }
  }
}

@Suite struct DeviceAndLimitTests {
  @Test func devices() throws {
    #expect(
      try DeviceRequest.parse("/dev/fuse")
        == DeviceRequest(hostPath: "/dev/fuse", containerPath: "/dev/fuse", access: .all))
    #expect(
      try DeviceRequest.parse("/dev/sda:/dev/xvda:rw")
        == DeviceRequest(hostPath: "/dev/sda", containerPath: "/dev/xvda", access: [.read, .write]))
    #expect(
      try DeviceRequest.parse("/dev/sda:r")
        == DeviceRequest(hostPath: "/dev/sda", containerPath: "/dev/sda", access: .read))
    for bad in [
      "", "fuse", "vendor.com/gpu=0", "/dev/a:/b:rwx", "/dev/a:/b:rr", "/dev/a:/b:", "/a:/b:r:w",
      "/dev/a:b:r",
    ] {
      #expect(failure { () throws(EngineError) in try DeviceRequest.parse(bad) } != "no error", "\(bad)")
    }
  }

  @Test func limits() throws {
    #expect(try UlimitFlag.parse("nofile=1024:4096") == Rlimit(.openFiles, soft: 1024, hard: 4096))
    #expect(try UlimitFlag.parse("core=0") == Rlimit(.core, soft: 0, hard: 0))
    #expect(try UlimitFlag.parse("memlock=-1") == Rlimit(.lockedMemory, soft: .max, hard: .max))
    #expect(try UlimitFlag.parse("stack=1:unlimited") == Rlimit(.stack, soft: 1, hard: .max))
    for bad in ["", "nofile", "nofile=", "nofile=2:1", "nofile=-2", "nosuch=1", "nofile=1:2:3", "nofile=x"] {
      #expect(failure { () throws(EngineError) in try UlimitFlag.parse(bad) } != "no error", "\(bad)")
    }
  }

  @Test func sysctls() throws {
    for good in [
      "net.ipv4.ip_forward=1", "net/ipv4/conf/eth0.1/forwarding=0", "kernel.shmmax=5", "fs.mqueue.msg_max=9",
    ] {
      #expect(failure { () throws(EngineError) in try SysctlFlag.parse(good) } == "no error", "\(good)")
    }
    for bad in [
      "kernel.panic=1", "vm.swappiness=0", "net/../vm/swappiness=0", "net..ipv4=1", "net.ipv4.ip_forward",
      "net.ipv4.x=1\nkernel.core_pattern=|x", "=1", "kernel.hostname=x", "net.ipv4.x=1\u{0}", "net=1",
    ] {
      #expect(failure { () throws(EngineError) in try SysctlFlag.parse(bad) } != "no error", "\(bad)")
    }
  }
}

@Suite struct SignalTests {
  @Test(arguments: [
    ("TERM", 15), ("SIGTERM", 15), ("sigkill", 9), ("9", 9), ("RTMIN", 34), ("SIGRTMIN+3", 37),
    ("RTMAX-1", 63),
    ("64", 64), ("usr1", 10),
  ])
  func signals(_ text: String, _ number: Int32) throws {
    #expect(try SignalName.parse(text) == number)
  }

  @Test(arguments: ["", "0", "65", "-9", "SIG", "NOPE", "RTMIN-1", "RTMIN+31", "SIGSIGTERM"])
  func unknown(_ text: String) {
    #expect(failure { () throws(EngineError) in try SignalName.parse(text) } != "no error")
  }

  @Test func names() {
    #expect(SignalName.name(of: 15) == "SIGTERM")
    #expect(SignalName.name(of: 40) == "40")
  }
}

@Suite struct HostTests {
  @Test func names() {
    for good in ["a", "box-1", "a.b.c", "under_score", "1"] {
      #expect(failure { () throws(EngineError) in try HostName.check(good) } == "no error", "\(good)")
    }
    for bad in ["", "a\n1.2.3.4 b", "a b", "-a", "a-", "a..b", ".a", "é", String(repeating: "a", count: 65)] {
      #expect(failure { () throws(EngineError) in try HostName.check(bad) } != "no error", "\(bad)")
    }
  }

  @Test func entries() throws {
    #expect(try HostEntry.parse("db:10.0.0.5") == HostEntry(name: "db", address: "10.0.0.5"))
    #expect(try HostEntry.parse("db:::1") == HostEntry(name: "db", address: "::1"))
    #expect(try HostEntry.parse("db=[fe80::1]") == HostEntry(name: "db", address: "fe80::1"))
    for bad in [
      "db", "db:", "db:1.2.3", "a\n1.2.3.4 b:1.2.3.4", "db:1.2.3.4\n5.6.7.8 x", ":1.2.3.4",
    ] {
      #expect(failure { () throws(EngineError) in try HostEntry.parse(bad) } != "no error", "\(bad)")
    }
  }
}

@Suite struct SecurityTests {
  @Test func options() throws {
    var options = SecurityOptions()
    for text in [
      "no-new-privileges=false", "seccomp=unconfined", "systempaths=unconfined", "mask=/a:/b/../c",
      "unmask=ALL",
      "apparmor=unconfined", "writable-cgroups", "label=disable",
    ] { try options.apply(text) }
    #expect(options.noNewPrivileges == false)
    #expect(options.seccomp == .unconfined)
    #expect(options.systemPathsUnconfined)
    #expect(options.mask == ["/a", "/c"])
    #expect(options.unmask == ["ALL"])
    #expect(options.writableCgroups)
    try options.apply("no-new-privileges")
    #expect(options.noNewPrivileges == true)
    try options.apply("no-new-privileges:false")
    #expect(options.noNewPrivileges == false)
    try options.apply("seccomp=./p.json")
    #expect(options.seccomp == .file("./p.json"))
  }

  @Test(arguments: [
    "", "nosuch", "no-new-privileges=perhaps", "seccomp", "seccomp=", "systempaths=x", "mask=",
    "mask=relative",
    "label=type:x", "proc-opts=hidepid=2", "apparmor=",
  ])
  func unknown(_ text: String) {
    var options = SecurityOptions()
    #expect(failure { () throws(EngineError) in try options.apply(text) } != "no error")
  }
}

@Suite struct CapabilityTests {
  @Test func combinations() {
    let all: UInt64 = (1 << 41) - 1
    #expect(CapabilitySet.resolve(add: [], drop: [], available: all).count == 11)
    #expect(CapabilitySet.resolve(add: [], drop: ["ALL"], available: all) == [])
    #expect(CapabilitySet.resolve(add: ["CAP_CHOWN"], drop: ["ALL"], available: all) == ["CAP_CHOWN"])
    #expect(CapabilitySet.resolve(add: ["ALL"], drop: [], available: all).count == 41)
    #expect(CapabilitySet.resolve(add: ["ALL"], drop: [], available: 0b11000).count == 2)
    #expect(CapabilitySet.resolve(add: ["ALL"], drop: ["CAP_BPF"], available: all).count == 40)
    #expect(CapabilitySet.resolve(add: ["ALL"], drop: ["ALL"], available: all) == [])
    // An addition wins over a drop of the same name, as in Docker.
    #expect(CapabilitySet.resolve(add: ["CAP_KILL"], drop: ["CAP_KILL"], available: all).contains("CAP_KILL"))
    let dropped = CapabilitySet.resolve(add: ["CAP_SYS_ADMIN"], drop: ["CAP_CHOWN"], available: all)
    #expect(dropped.first == "CAP_DAC_OVERRIDE" && dropped.contains("CAP_SYS_ADMIN") && dropped.count == 11)
  }
}
