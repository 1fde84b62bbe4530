// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Linux

/// The configuration that `spec` writes, without a terminal and with a command of ours.
struct Bundle: Sendable {
  var arguments = ["/bin/true"]
  var memoryLimitBytes: Int64?
  /// A `linux.seccomp` object, as text.
  var seccomp: String?

  /// Writes config.json into a new directory, and gives its path.
  func write(to directory: String, rootfs: String) throws(BenchError) -> String {
    try attempting(directory) { () throws(SyscallError) in
      try mkdirat(.workingDirectory, directory, mode: 0o755)
      let file = try openat(
        .workingDirectory, "\(directory)/config.json", [.writeOnly, .create, .truncate], mode: 0o644)
      try writeAll(file.fd, Array(text(rootfs: rootfs).utf8))
    }
    return directory
  }

  private func text(rootfs: String) -> String {
    let memory = memoryLimitBytes.map { #", "memory": {"limit": \#($0)}"# } ?? ""
    let filter = seccomp.map { #", "seccomp": \#($0)"# } ?? ""
    let capabilities = #"["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"]"#
    return #"""
      {"ociVersion": "1.0.2",
       "process": {"terminal": false, "user": {"uid": 0, "gid": 0}, "cwd": "/", "noNewPrivileges": true,
        "args": [\#(arguments.map { "\"\($0)\"" }.joined(separator: ", "))],
        "env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"],
        "capabilities": {"bounding": \#(capabilities), "effective": \#(capabilities), "permitted": \#(capabilities)},
        "rlimits": [{"type": "RLIMIT_NOFILE", "hard": 1024, "soft": 1024}]},
       "root": {"path": "\#(rootfs)", "readonly": true}, "hostname": "bench",
       "mounts": [\#(Bundle.mounts)],
       "linux": {"resources": {"devices": [{"allow": false, "access": "rwm"}]\#(memory)},
        "namespaces": [{"type": "pid"}, {"type": "network"}, {"type": "ipc"}, {"type": "uts"}, {"type": "mount"}],
        "maskedPaths": ["/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
         "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/sys/firmware", "/proc/scsi"],
        "readonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]\#(filter)}}
      """#
  }

  private static let mounts = #"""
    {"destination": "/proc", "type": "proc", "source": "proc"},
    {"destination": "/dev", "type": "tmpfs", "source": "tmpfs",
     "options": ["nosuid", "strictatime", "mode=755", "size=65536k"]},
    {"destination": "/dev/pts", "type": "devpts", "source": "devpts",
     "options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]},
    {"destination": "/dev/shm", "type": "tmpfs", "source": "shm",
     "options": ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]},
    {"destination": "/dev/mqueue", "type": "mqueue", "source": "mqueue", "options": ["nosuid", "noexec", "nodev"]},
    {"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": ["nosuid", "noexec", "nodev", "ro"]},
    {"destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup",
     "options": ["nosuid", "noexec", "nodev", "relatime", "ro"]}
    """#
}
