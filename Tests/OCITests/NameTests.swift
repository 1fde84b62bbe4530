// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import OCI
import Testing

@Suite("Names")
struct NameTests {
  @Test("container ids", arguments: ["a", "A-z_0.9+", "...", "-", ".a", String(repeating: "x", count: 1024)])
  func validIDs(text: String) throws {
    #expect(try ContainerID(text).text == text)
    #expect(try "\(ContainerID(text))" == text)
  }

  @Test(
    "what is not a container id",
    arguments: [
      "", ".", "..", "a/b", "/", "a b", "a\n", "\u{E9}", "a\u{0}", "a:b", "a%",
      String(repeating: "x", count: 1025),
    ])
  func invalidIDs(text: String) {
    let error = #expect(throws: SpecError.self) { try ContainerID(text) }
    #expect(error?.description.hasPrefix("invalid container ID format: ") == true)
    #expect(error?.description.utf8.allSatisfy { $0 >= 0x20 } == true)
  }

  @Test(
    "kernel parameters in both spellings",
    arguments: [
      ("net.ipv4.ip_forward", "net/ipv4/ip_forward"), ("net/ipv4/ip_forward", "net/ipv4/ip_forward"),
      ("net.ipv4.conf.eth0/100.forwarding", "net/ipv4/conf/eth0.100/forwarding"),
      ("net/ipv4/conf/eth0.100/forwarding", "net/ipv4/conf/eth0.100/forwarding"),
      ("kernel.shm_rmid_forced", "kernel/shm_rmid_forced"),
    ])
  func sysctl(key: String, path: String) {
    #expect(SysctlKey(key)?.path == path)
  }

  @Test(
    "what is not a kernel parameter",
    arguments: ["", "a", "a.", ".a", "a..b", "a//b", "a/../b", "a/./b", "a.//.b", "a./.b", "a. b", "a.b\n"])
  func invalidSysctl(key: String) {
    #expect(SysctlKey(key) == nil)
  }

  @Test("capabilities have the kernel's numbers")
  func capabilities() {
    #expect(CapabilityName.all.count == 41)
    #expect(Set(CapabilityName.all).count == 41)
    let known: [(String, UInt8)] = [
      ("CAP_CHOWN", 0), ("CAP_KILL", 5), ("CAP_SETPCAP", 8), ("CAP_NET_ADMIN", 12), ("CAP_NET_RAW", 13),
      ("CAP_SYS_ADMIN", 21), ("CAP_MKNOD", 27), ("CAP_AUDIT_WRITE", 29), ("CAP_SETFCAP", 31),
      ("CAP_SYSLOG", 34),
      ("CAP_AUDIT_READ", 37), ("CAP_PERFMON", 38), ("CAP_BPF", 39), ("CAP_CHECKPOINT_RESTORE", 40),
    ]
    for (name, number) in known { #expect(CapabilityName.number(of: name) == number) }
    for name in ["", "CHOWN", "cap_chown", "CAP_NO_SUCH"] { #expect(CapabilityName.number(of: name) == nil) }
  }

  @Test("letters of device rules")
  func deviceAccess() {
    #expect(DeviceAccess.all.description == "rwm")
    #expect(DeviceAccess([.mknod, .read]).description == "rm")
    #expect(DeviceAccess([]).description == "")
  }
}
