// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import JSON
import OCI
import Seccomp
import Testing

@testable import Engine

@Suite struct SeccompFileTests {
  private func profile(
    _ text: String, capabilities: [String] = ["CAP_CHOWN"], kernel: (Int, Int) = (6, 1)
  ) throws -> SeccompProfile {
    try SeccompFile.profile(
      try JSONDocument(Array(text.utf8), source: "p.json").root,
      SeccompFile.Circumstances(capabilities: capabilities, architecture: .x86_64, kernel: kernel))
  }

  private func rules(_ conditions: String) -> String {
    """
    {"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38, "syscalls": [
      {"names": ["read", "write"], "action": "SCMP_ACT_ALLOW", "args": null, "comment": "", "includes": {}, "excludes": {}},
      {"names": ["mount"], "action": "SCMP_ACT_ALLOW", \(conditions)}
    ]}
    """
  }

  @Test(arguments: [
    (#""includes": {"caps": ["CAP_CHOWN"]}"#, true), (#""includes": {"caps": ["CAP_SYS_ADMIN"]}"#, false),
    (#""includes": {"caps": ["CAP_CHOWN", "CAP_SYS_ADMIN"]}"#, false),
    (#""excludes": {"caps": ["CAP_CHOWN"]}"#, false),
    (#""excludes": {"caps": ["CAP_SYS_ADMIN"]}"#, true), (#""includes": {"arches": ["amd64", "x32"]}"#, true),
    (#""includes": {"arches": ["arm64"]}"#, false), (#""excludes": {"arches": ["amd64"]}"#, false),
    (#""includes": {"minKernel": "4.8"}"#, true), (#""includes": {"minKernel": "6.1"}"#, true),
    (#""includes": {"minKernel": "6.2"}"#, false), (#""excludes": {"minKernel": "6.1"}"#, false),
    (#""includes": {"minKernel": "6.0", "caps": ["CAP_SYS_ADMIN"]}"#, false),
  ])
  func conditions(_ text: String, _ applies: Bool) throws {
    let names = try profile(rules(text)).syscalls.flatMap(\.names)
    #expect(names == (applies ? ["read", "write", "mount"] : ["read", "write"]))
  }

  @Test func theMachinesArchitectures() throws {
    let map = """
      {"defaultAction": "SCMP_ACT_ALLOW", "archMap": [
        {"architecture": "SCMP_ARCH_AARCH64", "subArchitectures": ["SCMP_ARCH_ARM"]},
        {"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86", "SCMP_ARCH_X32"]}]}
      """
    #expect(try profile(map).architectures == [.x86_64, .x86, .x32])
    #expect(try profile(rules(#""comment": "x""#)).architectures == [])
    #expect(try profile(rules(#""comment": "x""#)).defaultErrnoRet == 38)
  }

  @Test(arguments: [
    ("[]", "expected an object"), ("{}", "defaultAction"), (#"{"defaultAction": "NOPE"}"#, "NOPE"),
    (#"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"action": "SCMP_ACT_ALLOW"}]}"#, "names"),
    (
      #"{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86"], "archMap": []}"#,
      "cannot stand beside architectures"
    ),
    (
      #"{"defaultAction": "SCMP_ACT_ALLOW", "archMap": [{"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["X"]}]}"#,
      "X is no architecture"
    ),
    (
      #"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["a"], "action": "SCMP_ACT_LOG", "includes": {"minKernel": "x"}}]}"#,
      "/syscalls/0/includes/minKernel"
    ),
  ])
  func mistakesHaveAPlace(_ text: String, _ words: String) {
    do {
      _ = try profile(text)
      Issue.record("accepted: \(text)")
    } catch {
      #expect("\(error)".contains(words), "\(error)")
      #expect("\(error)".contains("p.json"))
    }
  }

  @Test func kernelVersions() throws {
    #expect(try #require(SeccompFile.kernelVersion("6.18.44-fc-v595")) == (6, 18))
    #expect(try #require(SeccompFile.kernelVersion("5.10-rc1")) == (5, 10))
    for bad in ["", "6", "x.1", "6.x", "-1.2"] { #expect(SeccompFile.kernelVersion(bad) == nil, "\(bad)") }
  }
}
