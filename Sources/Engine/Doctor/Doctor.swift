// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Cgroups
import Glibc
import Linux
import OCI

/// Looks at what containers need of this machine, for this caller. Changes nothing that outlives it.
public struct Doctor {
  private let caller: Caller

  public init(_ caller: Caller) { self.caller = caller }

  /// Everything that was looked at, in the order in which a container needs it.
  public func examine() -> [Finding] {
    var findings = [kernel(), userNamespaces()]
    if !caller.isRoot { findings += [subordinateIDs(), helpers()] }
    findings += [overlay(), cgroups(), landlock()]
    findings += settings()
    return findings.compactMap { $0 }
  }

  // MARK: Kernel

  private func kernel() -> Finding {
    let release = text("/proc/sys/kernel/osrelease") ?? "unknown"
    let parts = release.pieces(separatedBy: Byte.dot)
    let version = (
      decimal(parts.first ?? "", as: Int.self) ?? 0,
      decimal(parts.count > 1 ? parts[1] : "", as: Int.self) ?? 0
    )
    if version >= (5, 12) { return Finding(.good, "kernel", "Linux \(release)") }
    return Finding(.bad, "kernel", "Linux \(release) is too old: 5.12 is the first with mount_setattr(2)")
  }

  /// Tries it in a child, which is what settles it: distributions restrict this in several ways.
  private func userNamespaces() -> Finding {
    let subject = "user namespaces"
    if let error = Self.attempt({ () throws(SyscallError) in try unshare([.newUser, .newMount]) }) {
      return Finding(.bad, subject, "cannot be made: \(error)\(Self.restriction())")
    }
    let tried = Self.attempt { () throws(SyscallError) in
      try unshare([.newUser, .newMount])
      // Where a security module takes the capabilities away again, this is the first call to fail.
      try setPropagation("/", .private, recursive: true)
    }
    if let tried { return Finding(.bad, subject, "give no rights: \(tried)\(Self.restriction())") }
    return Finding(.good, subject, "can be made")
  }

  private static func restriction() -> String {
    let switches = [
      ("/proc/sys/user/max_user_namespaces", "0", "sysctl user.max_user_namespaces=10000"),
      ("/proc/sys/kernel/unprivileged_userns_clone", "0", "sysctl kernel.unprivileged_userns_clone=1"),
      (
        "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1",
        "an AppArmor profile for roost that allows userns, or sysctl kernel.apparmor_restrict_unprivileged_userns=0"
      ),
    ]
    for (file, value, remedy) in switches where text(file) == value { return "; needed: \(remedy)" }
    return ""
  }

  // MARK: Identities

  private func subordinateIDs() -> Finding {
    let subject = "subordinate ids"
    do {
      let maps = try SubordinateIDs.maps(user: caller.userID, group: caller.groupID)
      guard maps.areOwn else {
        let count = maps.users.dropFirst().reduce(0) { $0 + Int($1.size) }
        let few = count < 65535 ? "; images use up to 65535" : ""
        return Finding(few.isEmpty ? .good : .hint, subject, "\(count) users besides yourself\(few)")
      }
      return Finding(
        .hint, subject,
        "none: containers have one user only; as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 "
          + "NAME")
    } catch {
      return Finding(.bad, subject, error.message)
    }
  }

  private func helpers() -> Finding {
    let missing = [IDMapKind.user, .group].filter { kind in
      !["/usr/bin", "/bin", "/usr/sbin", "/usr/local/bin"].contains {
        access("\($0)/\(kind.helper)", X_OK) == 0
      }
    }
    if missing.isEmpty { return Finding(.good, "newuidmap, newgidmap", "installed") }
    return Finding(
      .hint, missing.map(\.helper).joined(separator: ", "),
      "not installed: subordinate ids cannot be used; install the package uidmap")
  }

  // MARK: File systems and cgroups

  private func overlay() -> Finding {
    let subject = "overlay"
    let isRoot = caller.isRoot
    let error = Self.attempt { () throws(SyscallError) in
      try unshare(isRoot ? .newMount : [.newUser, .newMount])
      _ = try fsopen("overlay")
    }
    guard let error else { return Finding(.good, subject, "layers can be mounted") }
    return Finding(
      .bad, subject, "layers cannot be mounted: \(error); as root: modprobe overlay")
  }

  private func cgroups() -> Finding {
    let subject = "cgroups"
    let host: CgroupHost
    do { host = try CgroupHost.detect() } catch { return Finding(.bad, subject, "\(error)") }
    let layout = "layout \(host.layout.rawValue)"
    if host.hierarchies.isEmpty { return Finding(.hint, subject, "none is mounted: there are no limits") }
    if caller.isRoot { return Finding(.good, subject, layout) }
    guard let index = host.unified, let own = host.hierarchies[index].ownPath,
      access(host.hierarchies[index].mountPoint + own + "/cgroup.procs", W_OK) == 0
    else {
      return Finding(
        .hint, subject,
        "\(layout); none is delegated to you, so there are no limits: systemd-run --user --scope -p Delegate=yes starts a "
          + "program in one that is, on version 2")
    }
    let offered = text(host.hierarchies[index].mountPoint + own + "/cgroup.controllers") ?? ""
    return Finding(
      .good, subject, "\(layout); delegated to you: \(offered.isEmpty ? "no controllers" : offered)")
  }

  private func landlock() -> Finding {
    let subject = "Landlock"
    let version = Landlock.version
    switch version {
    case 0:
      return Finding(
        .hint, subject,
        "not in this kernel, or not in lsm= on its command line: --allow-path and --allow-tcp are refused")
    case 1...3:
      return Finding(
        .hint, subject,
        "version \(version): --allow-path needs 3 (Linux 6.2), --allow-tcp needs 4 (Linux 6.7)")
    default: return Finding(.good, subject, "version \(version): fences around files and TCP ports")
    }
  }

  // MARK: Settings

  /// What protects a machine with containers on it, and is not as it should be.
  private func settings() -> [Finding] {
    let wanted: [(name: String, good: [String], why: String)] = [
      ("kernel.unprivileged_bpf_disabled", ["1", "2"], "programs in the kernel for everybody"),
      ("kernel.kptr_restrict", ["1", "2"], "addresses of the kernel are shown"),
      ("dev.tty.legacy_tiocsti", ["0"], "input can be pushed to terminals"),
      ("fs.protected_symlinks", ["1"], "links of others are followed in sticky directories"),
      ("fs.protected_hardlinks", ["1"], "links to files of others can be made"),
      ("fs.protected_fifos", ["1", "2"], "pipes of others are opened in sticky directories"),
    ]
    return wanted.compactMap { setting in
      let file = "/proc/sys/" + setting.name.pieces(separatedBy: Byte.dot).joined(separator: "/")
      guard let value = text(file), !setting.good.contains(value) else { return nil }
      return Finding(
        .hint, setting.name, "is \(value) (\(setting.why)); safer: sysctl \(setting.name)=\(setting.good[0])")
    }
  }

  // MARK: Helpers

  /// Does something in a child process, which takes all of it away again.
  ///
  /// - Returns: why it failed; nil when it worked.
  private static func attempt(_ body: () throws(SyscallError) -> Void) -> SyscallError? {
    do throws(SyscallError) {
      switch try clone3([]) {
      case .child:
        do throws(SyscallError) { try body() } catch { exitProcess(Int32(clamping: error.errno.rawValue)) }
        exitProcess(0)
      case .parent(_, let pidfd):
        guard case .exited(let status)? = try waitid(pidfd.fd), status != 0 else { return nil }
        return SyscallError("unshare", Errno(status))
      }
    } catch { return error }
  }

  private func text(_ path: String) -> String? { Self.text(path) }

  /// A short file's text; nil where there is none or it is not for us, which says that the setting does not exist.
  private static func text(_ path: String) -> String? {
    do { return try readText(.workingDirectory, path, limit: 4096).trimmed } catch { return nil }
  }
}
