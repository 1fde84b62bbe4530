// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import ContainerRuntime
internal import OCI

/// The options of `checkpoint` and `restore`, as runc has them, and what they mean to criu(8).
enum CriuArguments {
  /// What both commands have.
  static let common: [Arguments.Option] = [
    .value("image-path", nil, "directory of the image (default: checkpoint)"),
    .value("work-path", nil, "directory of logs (default: that of the image)"),
    .flag("tcp-established", nil, "with open TCP connections"),
    .flag("ext-unix-sk", nil, "with unix sockets whose other end is outside"),
    .flag("shell-job", nil, "with processes of a session that was started outside"),
    .flag("lazy-pages", nil, "memory follows on demand, by userfaultfd(2)"),
    .flag("file-locks", nil, "with file locks"),
    .flag("link-remap", nil, "with files that have no name any more"),
    .flag("auto-dedup", nil, "drop pages that a later image has"),
    .value("manage-cgroups-mode", nil, "soft, full, strict or ignore (default: ignore)"),
    .value("empty-ns", nil, "network: leave the namespace empty"),
    .value("network-lock", nil, "how connections are held meanwhile: iptables, nftables or skip"),
  ]

  private static let switches = [
    "tcp-established", "ext-unix-sk", "shell-job", "lazy-pages", "file-locks", "link-remap", "auto-dedup",
    "tcp-skip-in-flight", "tcp-close",
  ]
  private static let values = ["network-lock", "status-fd", "lsm-profile", "lsm-mount-context"]
  private static let cgroupModes = ["soft", "full", "strict", "ignore"]

  static func options(_ context: Context) throws(CommandFailure) -> CriuOptions {
    let arguments = context.arguments
    var options = CriuOptions()
    options.imagePath = arguments.value("image-path") ?? options.imagePath
    options.workPath = arguments.value("work-path") ?? ""
    for name in switches where try arguments.flag(name) { options.switches.append(name) }
    for name in values {
      if let value = arguments.value(name) { options.values.append(KeyValue(name, value)) }
    }
    let mode = arguments.value("manage-cgroups-mode") ?? "ignore"
    guard cgroupModes.contains(mode) else {
      throw CommandFailure(
        "--manage-cgroups-mode: expected one of \(cgroupModes.joined(separator: ", ")), found \"\(mode)\"")
    }
    options.switches.append("manage-cgroups=\(mode)")
    for name in arguments.all("empty-ns") {
      guard name == "network" else { throw CommandFailure("--empty-ns: expected network, found \"\(name)\"") }
      options.emptyNamespaces.append(name)
    }
    if let program = context.global.value("criu"), !program.isEmpty { options.program = program }
    return options
  }
}
