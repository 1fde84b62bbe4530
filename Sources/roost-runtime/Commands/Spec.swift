// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import JSON
internal import Linux
internal import OCI

extension Command {
  static let spec = Command(
    name: "spec", usage: "[options]", summary: "write a config.json to start from",
    options: [
      .value("bundle", "b", "directory to write it to (default: the working directory)"),
      .flag("rootless", nil, "for the calling user, without privileges"),
    ]
  ) { (context) throws(CommandFailure) in
    try context.expect(positional: 0...0)
    var spec = Spec.standard(cgroupNamespace: CgroupVersions.isUnified)
    if try context.arguments.flag("rootless") {
      spec.makeRootless(uid: effectiveUserID(), gid: effectiveGroupID())
    }
    let path = (context.arguments.value("bundle") ?? ".") + "/config.json"
    do throws(SyscallError) {
      // An existing file is the user's work.
      // path: the caller's `--bundle`
      let file = try openat(.workingDirectory, path, [.writeOnly, .create, .exclusive], mode: 0o666)
      try writeAll(file.fd, spec.encoded(.pretty) + [0x0A])
    } catch {
      if error.errno == .exists { throw CommandFailure("file \(path) exists. Remove it first") }
      throw CommandFailure("\(path): \(error.errno)")
    }
    return 0
  }
}

private enum CgroupVersions {
  /// Whether the host has only cgroup v2.
  static var isUnified: Bool {
    (try? statfs("/sys/fs/cgroup"))?.magic == FileSystemMagic.cgroup2  // bestEffort: no cgroups is not v2
  }
}
