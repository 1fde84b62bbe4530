// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import JSON
import OCI
import Testing

@Suite("What other runtimes ignore")
struct PortabilityTests {
  private func notes(_ change: (inout Spec) -> Void) -> [String] {
    var spec = Spec.standard(cgroupNamespace: false)
    spec.process?.user.umask = 0o22
    change(&spec)
    return spec.portabilityNotes.map(\.pointer)
  }

  @Test("the configuration that `spec` writes is understood by all")
  func standard() {
    #expect(notes { _ in }.isEmpty)
  }

  @Test("every note is about something that the configuration has")
  func pointers() throws {
    let document = try JSONDocument(bytes(fullConfiguration), source: "config.json")
    let spec = try Spec(decoding: document)
    #expect(spec.portabilityNotes.count > 10)
    for note in spec.portabilityNotes {
      #expect(document.value(at: note.pointer) != nil, "\(note)")
    }
  }

  @Test("options of mounts are told by their place")
  func options() {
    #expect(
      notes {
        $0.mounts = [Mount(destination: "/a", type: "tmpfs", options: ["ro", "silent", "tmpcopyup"])]
      } == ["/mounts/0/options/1", "/mounts/0/options/2"])
  }

  @Test("properties, one at a time")
  func single() {
    #expect(notes { $0.process = nil } == ["/process"])
    #expect(notes { $0.linux?.netDevices = [NetDevice(hostName: "eth1")] } == ["/linux/netDevices"])
    #expect(notes { $0.linux?.resources?.pids = PidsResources(limit: 0) } == ["/linux/resources/pids/limit"])
    #expect(notes { $0.annotations = [KeyValue("org.example", "x")] }.isEmpty)
    #expect(
      notes { $0.annotations = [KeyValue("run.oci.handler", "x")] } == ["/annotations/run.oci.handler"])
  }
}
