// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// Annotations of a configuration that change what the runtime does (`config.md`, "Annotations").
///
/// The rest of `annotations` is kept and shown, and means nothing here. `features` lists these as
/// `potentiallyUnsafeConfigAnnotations`: who writes a configuration from somebody else's words must look at them.
public enum RuntimeAnnotation: String, CaseIterable, Sendable {
  /// The signal of `kill` when the command line names none (image-spec, "annotations").
  case stopSignal = "org.opencontainers.image.stopSignal"
  /// `1`: the program keeps the supplementary groups of the runtime's caller (`podman run --group-add keep-groups`).
  case keepOriginalGroups = "run.oci.keep_original_groups"
  /// How `linux.mountLabel` is applied: `context`, `fscontext`, `defcontext` or `rootcontext`.
  case mountContextType = "run.oci.mount_context_type"
  /// A file that gets the standard output of all hooks.
  case hookOutput = "run.oci.hooks.stdout"
  /// A file that gets the standard error of all hooks.
  case hookErrors = "run.oci.hooks.stderr"
  /// `1`: a name in `linux.seccomp` that is no system call is an error.
  case failOnUnknownSyscall = "run.oci.seccomp_fail_unknown_syscall"
  /// A filter in the kernel's own form, in base64: it takes the place of `linux.seccomp`, but for its flags.
  case seccompProgram = "run.oci.seccomp_bpf_data"
  /// The socket of the seccomp agent, where `linux.seccomp.listenerPath` is absent.
  case seccompReceiver = "run.oci.seccomp.receiver"
  /// A socket that gets a descriptor of the process, as `--pidfd-socket`.
  case pidfdReceiver = "run.oci.pidfd_receiver"
  /// A file with further options of criu(8), for `checkpoint` and `restore`.
  case criuConfiguration = "org.criu.config"
  /// Paths that Landlock leaves open, a rule on each line: `PATH[:ro|rx|rw|rwx]`.
  case landlockPaths = "org.roost.landlock.paths"
  /// Ports of TCP that Landlock leaves open, a rule on each line: `[connect:|bind:]PORT`, or `none`.
  case landlockPorts = "org.roost.landlock.tcp"
  /// Another kind of container, such as `krun` or `wasm`, which this runtime does not have.
  case handler = "run.oci.handler"
}

extension Array where Element == KeyValue {
  /// The value of an annotation that the runtime knows.
  public func value(of annotation: RuntimeAnnotation) -> String? { value(forKey: annotation.rawValue) }

  /// Whether an annotation that is a switch is on.
  public func isOn(_ annotation: RuntimeAnnotation) -> Bool {
    switch value(of: annotation) {
    case "1", "true": true
    default: false
    }
  }
}

extension RuntimeAnnotation {
  var pointer: String { "/annotations/\(rawValue)" }

  /// What is demanded of the value.
  func validate(_ value: String) throws(SpecError) {
    switch self {
    case .stopSignal: break
    case .keepOriginalGroups, .failOnUnknownSyscall:
      try check(
        ["0", "1", "false", "true"].contains(value), pointer, "\(quoted(value)) is neither 1 (on) nor 0 (off)"
      )
    case .mountContextType:
      let words = ["context", "fscontext", "defcontext", "rootcontext"]
      try check(
        words.contains(value), pointer, "\(quoted(value)) is not one of \(words.joined(separator: ", "))")
    case .hookOutput, .hookErrors, .seccompReceiver, .pidfdReceiver, .criuConfiguration:
      try checkAbsolute(value, pointer)
    case .seccompProgram:
      let size = Base64.decode(value)?.count ?? 0
      try check(
        size > 0 && size % 8 == 0 && size <= SeccompProfile.maximumProgramBytes, pointer,
        "is not a BPF program in base64: 1 to 4096 instructions of 8 bytes")
    case .landlockPaths: _ = try LandlockRules.paths(value, at: pointer)
    case .landlockPorts: _ = try LandlockRules.ports(value, at: pointer)
    case .handler:
      throw SpecError(
        pointer: pointer, problem: "\(quoted(value)): this runtime has only containers of processes")
    }
  }
}

extension Spec {
  /// The filter that an annotation gives in the place of a profile: `struct sock_filter`, 8 bytes each, at most 4096.
  public var seccompProgramBytes: [UInt8]? {
    annotations.value(of: .seccompProgram).flatMap { Base64.decode($0) }
  }

  /// The socket of the agent that answers for the filter.
  public var seccompListenerPath: String? {
    linux?.seccomp?.listenerPath ?? annotations.value(of: .seccompReceiver)
  }

  /// The seccomp profile with what annotations add to it.
  public var seccomp: SeccompProfile? {
    guard var profile = linux?.seccomp else { return nil }
    profile.listenerPath = seccompListenerPath
    return profile
  }
}
