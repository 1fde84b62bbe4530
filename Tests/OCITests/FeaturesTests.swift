// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import JSON
import OCI
import Testing

@Suite("Features")
struct FeaturesTests {
  @Test("members stand where the specification has them")
  func members() throws {
    var features = Features()
    features.mountOptions = ["bind", "rro"]
    features.annotations = [KeyValue("org.example.version", "1")]
    features.potentiallyUnsafeConfigAnnotations = ["run.oci."]
    features.linux.cgroup = CgroupFeatures(v1: true, v2: true, systemd: false, systemdUser: false, rdma: true)
    features.linux.seccomp = SeccompFeatures(archs: [.x86_64, .x32])
    features.linux.apparmor = true
    features.linux.selinux = false
    features.linux.memoryPolicy = MemoryPolicyFeatures()
    features.linux.intelRdt = IntelRdtFeatures(enabled: true, schemata: true, monitoring: false)
    features.linux.idmap = true
    features.linux.netDevices = true
    let document = try JSONDocument(features.encoded, source: "features")
    func strings(_ pointer: String) throws -> [String]? { try document.value(at: pointer)?.strings() }
    func bool(_ pointer: String) throws -> Bool? { try document.value(at: pointer)?.bool() }

    #expect(try document.value(at: "/ociVersionMin")?.string() == "1.0.0")
    #expect(try document.value(at: "/ociVersionMax")?.string() == "1.3.0")
    #expect(try strings("/hooks")?.count == 6)
    #expect(try strings("/mountOptions") == ["bind", "rro"])
    #expect(try document.value(at: "/annotations/org.example.version")?.string() == "1")
    #expect(try strings("/potentiallyUnsafeConfigAnnotations") == ["run.oci."])
    #expect(
      try strings("/linux/namespaces") == ["pid", "network", "mount", "ipc", "uts", "user", "cgroup", "time"])
    #expect(try strings("/linux/capabilities")?.count == 41)
    #expect(try bool("/linux/cgroup/v1") == true && bool("/linux/cgroup/systemd") == false)
    #expect(try bool("/linux/seccomp/enabled") == true)
    #expect(try strings("/linux/seccomp/actions")?.count == 9)
    #expect(try strings("/linux/seccomp/operators")?.count == 7)
    #expect(try strings("/linux/seccomp/archs") == ["SCMP_ARCH_X86_64", "SCMP_ARCH_X32"])
    #expect(try strings("/linux/seccomp/knownFlags")?.count == 4)
    #expect(try strings("/linux/seccomp/supportedFlags")?.count == 4)
    #expect(try bool("/linux/apparmor/enabled") == true && bool("/linux/selinux/enabled") == false)
    #expect(try strings("/linux/memoryPolicy/modes")?.count == 7)
    #expect(try strings("/linux/memoryPolicy/flags")?.count == 3)
    #expect(try bool("/linux/intelRdt/schemata") == true && bool("/linux/intelRdt/monitoring") == false)
    #expect(try bool("/linux/mountExtensions/idmap/enabled") == true)
    #expect(try bool("/linux/netDevices/enabled") == true)
  }

  @Test("what is not known is left out")
  func unknown() throws {
    let document = try JSONDocument(Features().encoded, source: "features")
    for pointer in [
      "/mountOptions", "/linux/cgroup", "/linux/seccomp", "/linux/apparmor", "/linux/mountExtensions",
    ] {
      #expect(document.value(at: pointer) == nil)
    }
  }
}

@Suite("Annotations that the runtime knows")
struct RuntimeAnnotationTests {
  private func refused(_ key: String, _ value: String) -> String? {
    var spec = Spec.standard(cgroupNamespace: false)
    spec.annotations = [KeyValue(key, value)]
    do {
      try spec.validate()
      return nil
    } catch { return error.pointer }
  }

  @Test("wrong values are refused by their place", arguments: RuntimeAnnotation.allCases)
  func values(_ annotation: RuntimeAnnotation) {
    let key = annotation.rawValue
    switch annotation {
    case .stopSignal: #expect(refused(key, "TERM") == nil)
    case .keepOriginalGroups, .failOnUnknownSyscall:
      #expect(refused(key, "1") == nil && refused(key, "yes") == "/annotations/\(key)")
    case .mountContextType:
      #expect(refused(key, "fscontext") == nil && refused(key, "label") == "/annotations/\(key)")
    case .hookOutput, .hookErrors, .seccompReceiver, .pidfdReceiver, .criuConfiguration:
      #expect(refused(key, "/x") == nil && refused(key, "x") == "/annotations/\(key)")
    case .seccompProgram:
      let limit = String(repeating: "A", count: 4096 * 8 / 3 * 4)
      #expect(refused(key, "BgAAAAAA/38=") == nil)
      for value in [
        "", "BgAAAAAA/38", "BgAAAAAA/39=", "BgAAAAAA/3==", "BgAAAAAA/38=\n", "BgAAAA==", limit + "AAAAAAAA",
      ] {
        #expect(refused(key, value) == "/annotations/\(key)", "\(value.prefix(20))")
      }
    case .landlockPaths:
      #expect(refused(key, "/a\n/b:rwx") == nil && refused(key, "/a:b") == "/annotations/\(key)")
    case .landlockPorts:
      #expect(refused(key, "none") == nil && refused(key, "none\n1") == "/annotations/\(key)")
    case .handler: #expect(refused(key, "krun") == "/annotations/\(key)")
    }
  }

  @Test("a filter in base64 is decoded")
  func filter() {
    var spec = Spec.standard(cgroupNamespace: false)
    #expect(spec.seccompProgramBytes == nil)
    spec.annotations = [KeyValue("run.oci.seccomp_bpf_data", "BgAAAAAA/38=")]
    #expect(spec.seccompProgramBytes == [6, 0, 0, 0, 0, 0, 0xFF, 0x7F])
  }

  @Test("the receiver of an annotation stands in for listenerPath, and does not overrule it")
  func receiver() {
    var spec = Spec.standard(cgroupNamespace: false)
    spec.annotations = [KeyValue("run.oci.seccomp.receiver", "/a.sock")]
    #expect(spec.seccomp == nil)
    spec.linux?.seccomp = SeccompProfile(defaultAction: .allow)
    #expect(spec.seccomp?.listenerPath == "/a.sock")
    spec.linux?.seccomp?.listenerPath = "/b.sock"
    #expect(spec.seccomp?.listenerPath == "/b.sock")
  }
}

@Suite("Base64")
struct Base64Tests {
  @Test("what was encoded is decoded", arguments: 0..<20)
  func roundTrip(count: Int) {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: 255 - $0 * 37) }
    var spec = Spec.standard(cgroupNamespace: false)
    spec.annotations = [KeyValue("run.oci.seccomp_bpf_data", Base64.encode(bytes))]
    #expect(spec.seccompProgramBytes == bytes)
  }

  @Test("examples of RFC 4648", arguments: zip(["", "f", "fo", "foobar"], ["", "Zg==", "Zm8=", "Zm9vYmFy"]))
  func examples(text: String, encoded: String) { #expect(Base64.encode(Array(text.utf8)) == encoded) }
}
