// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Foundation
import JSON
import OCI
import Testing

@Suite("Encoding")
struct EncodingTests {
  @Test("what is written reads back the same", arguments: 0..<100)
  func roundTrip(seed: UInt64) throws {
    var generator = RandomSpec(random: SplitMix(state: seed))
    let spec = generator.spec()
    for layout in [JSONWriter.Layout.compact, .pretty, .tabbed] {
      let document = try JSONDocument(spec.encoded(layout), source: "round trip")
      #expect(try Spec(decoding: document) == spec)
      #expect(Spec.ignoredProperties(of: document) == [])
    }
  }

  @Test("the full configuration reads back the same")
  func fullRoundTrip() throws {
    let spec = try Spec(decoding: bytes(fullConfiguration), source: "c")
    #expect(try Spec(validating: spec.encoded, source: "again") == spec)
  }

  @Test("absent and empty properties are left out")
  func minimal() {
    var spec = Spec(ociVersion: "1.3.0", root: Root(path: "r"))
    spec.linux = LinuxConfig()
    #expect(
      String(decoding: spec.encoded, as: UTF8.self)
        == #"{"ociVersion":"1.3.0","root":{"path":"r"},"linux":{}}"#)
  }

  @Test("the standard configuration is valid, with root's and with an ordinary user's rights")
  func standard() throws {
    for cgroupNamespace in [false, true] {
      var spec = Spec.standard(cgroupNamespace: cgroupNamespace)
      try spec.validate()
      #expect(spec.linux?.namespaces.contains(Namespace(.cgroup)) == cgroupNamespace)
      spec.makeRootless(uid: 1000, gid: 1001)
      try spec.validate()
      #expect(spec.linux?.uidMappings == [IDMapping(containerID: 0, hostID: 1000, size: 1)])
      #expect(spec.linux?.gidMappings == [IDMapping(containerID: 0, hostID: 1001, size: 1)])
      #expect(spec.linux?.namespace(.network) == nil && spec.linux?.resources == nil)
    }
  }

  static let runc = ["/usr/sbin/runc", "/usr/bin/runc", "/usr/local/sbin/runc", "/usr/local/bin/runc"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  @Test(
    "the standard configuration is runc's, byte for byte", .enabled(if: runc != nil, "runc is not installed"),
    arguments: [false, true])
  func sameAsRunc(rootless: Bool) throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    let command = Foundation.Process()
    command.executableURL = URL(filePath: try #require(Self.runc))
    command.arguments = ["spec", "--bundle", directory.path] + (rootless ? ["--rootless"] : [])
    try command.run()
    command.waitUntilExit()
    #expect(command.terminationStatus == 0)
    let theirs = try Data(contentsOf: directory.appending(path: "config.json"))

    let decoded = try Spec(validating: Array(theirs), source: "runc")
    var ours = Spec.standard(cgroupNamespace: decoded.linux?.namespace(.cgroup) != nil)
    if rootless { ours.makeRootless(uid: geteuid(), gid: getegid()) }
    // Versions of runc differ in these two: the version that they implement, and ambient capabilities before 1.2.
    ours.ociVersion = decoded.ociVersion
    ours.process?.capabilities?.ambient = decoded.process?.capabilities?.ambient ?? []
    #expect(String(decoding: ours.encoded(.tabbed), as: UTF8.self) == String(decoding: theirs, as: UTF8.self))
  }

  @Test("state, with runc's members in runc's order")
  func state() throws {
    var state = State(
      ociVersion: "1.3.0", id: "web", status: .running, pid: 42, bundle: "/b",
      annotations: [KeyValue("k", "v\u{1B}")])
    #expect(
      String(decoding: state.encoded, as: UTF8.self)
        == #"{"ociVersion":"1.3.0","id":"web","pid":42,"status":"running","bundle":"/b","annotations":{"k":"v\u001b"}}"#
    )
    #expect(try State(decoding: state.encoded, source: "s") == state)
    state.rootfs = "/b/rootfs"
    state.created = "2026-01-02T03:04:05.000000006Z"
    state.owner = "root"
    state.status = .stopped
    state.pid = 0
    state.annotations = []
    #expect(
      String(decoding: state.encoded(.pretty), as: UTF8.self) == """
        {
          "ociVersion": "1.3.0",
          "id": "web",
          "pid": 0,
          "status": "stopped",
          "bundle": "/b",
          "rootfs": "/b/rootfs",
          "created": "2026-01-02T03:04:05.000000006Z",
          "owner": "root"
        }
        """)
    #expect(try State(decoding: state.encoded, source: "s") == state)
  }

  @Test(
    "a state that is not one",
    arguments: [
      ("{}", "/ociVersion"), ("{\"ociVersion\":\"1\"}", "/id"),
      ("{\"ociVersion\":\"1\",\"id\":\"a\"}", "/status"),
      ("{\"ociVersion\":\"1\",\"id\":\"a\",\"status\":\"dead\"}", "/status"),
      ("{\"ociVersion\":\"1\",\"id\":\"a\",\"status\":\"running\",\"pid\":-1}", "/pid"),
      ("{\"ociVersion\":\"1\",\"id\":\"a\",\"status\":\"running\",\"pid\":2147483648}", "/pid"),
      ("{\"ociVersion\":\"1\",\"id\":\"a\",\"status\":\"running\"}", "/bundle"),
    ])
  func badState(text: String, pointer: String) {
    let error = #expect(throws: SpecError.self) { try State(decoding: bytes(text), source: "s") }
    #expect(error?.pointer == pointer)
  }

  @Test("what a seccomp agent reads")
  func containerProcessState() {
    let state = State(ociVersion: "1.3.0", id: "a", status: .creating, pid: 7, bundle: "/b")
    let message = ContainerProcessState(ociVersion: "1.3.0", pid: 7, metadata: "m", state: state)
    #expect(
      String(decoding: message.encoded, as: UTF8.self)
        == #"{"ociVersion":"1.3.0","fds":["seccompFd"],"pid":7,"metadata":"m","state":"#
        + #"{"ociVersion":"1.3.0","id":"a","pid":7,"status":"creating","bundle":"/b"}}"#)
  }
}
