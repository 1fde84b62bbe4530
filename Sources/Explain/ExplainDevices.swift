// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import ContainerPlan
internal import Linux
internal import OCI

// Device nodes, the links of /dev, and the terminal.
extension Explainer {
  func makeDevice(_ device: Device, _ bind: Bool) -> Draft {
    let path = Quoting.plain(device.path)
    let target = shellPath(device.path)
    if bind {
      return Draft(
        "Bind the host's \(path)",
        why:
          "A user namespace may not make device nodes, whatever capabilities are held in it: the host's is attached, "
          + "after a look at its number. Before the change of root, while the host's /dev is in reach.",
        calls: [
          "open_tree(AT_FDCWD, \(Quoting.c(device.path)), OPEN_TREE_CLONE|OPEN_TREE_CLOEXEC)",
          "fstat(node, {st_rdev=makedev(\(device.major), \(device.minor))})", Calls.openInRoot(device.path),
          Calls.attach,
        ],
        manual: ["open_tree(2)", "user_namespaces(7)"],
        shell: ["touch \(target)", "mount --bind \(Quoting.shell(device.path)) \(target)"])
    }
    let mode = Words.octal(device.fileMode ?? 0o666)
    let kind =
      switch device.type {
      case .block: "S_IFBLK"
      case .character, .unbuffered: "S_IFCHR"
      case .fifo: "S_IFIFO"
      }
    let number = device.type == .fifo ? "0" : "makedev(\(device.major), \(device.minor))"
    let (uid, gid) = (device.uid ?? 0, device.gid ?? 0)
    let isOwned = uid != 0 || gid != 0
    let words = device.type == .fifo ? "p" : "\(device.type.rawValue) \(device.major) \(device.minor)"
    return Draft(
      device.type == .fifo
        ? "Make the named pipe \(path)"
        : "Make the device node \(path) (\(device.type.rawValue) \(device.major):\(device.minor))",
      why:
        "After the mounts, since /dev is usually one of them, and while the process still has CAP_MKNOD. The node is "
        + "only a name: whether the device may be used is decided by the cgroup.",
      calls: ["mknodat(dir, \(Quoting.c(device.path)), \(kind)|\(mode), \(number))"]
        + (isOwned ? ["fchownat(dir, \(Quoting.c(device.path)), \(uid), \(gid), AT_SYMLINK_NOFOLLOW)"] : []),
      manual: ["mknod(2)"],
      shell: ["mknod -m \(mode) \(target) \(words)"] + (isOwned ? ["chown \(uid):\(gid) \(target)"] : []))
  }

  func linkDevices() -> Draft {
    let links = [
      ("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1"),
      ("stderr", "/proc/self/fd/2"), ("core", "/proc/kcore"), ("ptmx", "pts/ptmx"),
    ]
    return Draft(
      "Make the links in /dev",
      why:
        "After the nodes, in the same directory. Programs expect them; /dev/ptmx leads to the container's own devpts.",
      calls: links.map { "symlinkat(\"\($1)\", dev, \"\($0)\")" }, manual: ["symlink(2)", "pts(4)"],
      shell: links.map { "ln -s \($1) \(shellPath("/dev/" + $0))" })
  }

  func openConsole(_ size: ConsoleSize?, _ bind: Bool) -> Draft {
    Draft(
      "Open a terminal of the container's own devpts",
      why: (bind
        ? "After devpts is mounted and before the change of root. " : "After entering the mount namespace. ")
        + "The far end comes from the near one by ioctl(2) (Linux 4.13), and no name below /dev/pts is looked up, "
        + "which could be a link by now (CVE-2025-52565)."
        + (bind ? " It is bound to /dev/console, where programs look for the terminal." : ""),
      calls: [
        Calls.openInRoot("/dev/pts/ptmx", "O_RDWR|O_NOCTTY|O_CLOEXEC"),
        "fstatfs(ptmx, {f_type=DEVPTS_SUPER_MAGIC})",
        "ioctl(ptmx, TIOCSPTLCK, [0])", "ioctl(ptmx, TIOCGPTPEER, O_RDWR|O_NOCTTY|O_CLOEXEC)",
      ] + (size.map { ["ioctl(pts, TIOCSWINSZ, {ws_row=\($0.height), ws_col=\($0.width)})"] } ?? [])
        + (bind
          ? ["open_tree(pts, \"\", OPEN_TREE_CLONE|OPEN_TREE_CLOEXEC|AT_EMPTY_PATH)", Calls.attach] : []),
      manual: ["pts(4)", "TIOCGPTPEER(2const)"],
      shell: ["script -qc \"$COMMAND\" /dev/null"]
        + (size.map { ["stty rows \($0.height) cols \($0.width)"] } ?? []))
  }

  func setStandardStreams(_ terminal: Bool, _ owner: UInt32) -> Draft {
    if terminal {
      return Draft(
        "Take the terminal as controlling terminal and standard streams",
        why:
          "The session has none yet, which is the condition. Before the change of user, while the terminal can still "
          + "be given to uid \(owner).",
        calls: [
          "fchown(pts, \(owner), -1)", "ioctl(pts, TIOCSCTTY, 0)", "dup3(pts, 0, 0)", "dup3(pts, 1, 0)",
          "dup3(pts, 2, 0)",
        ],
        manual: ["TIOCSCTTY(2const)", "dup3(2)"], shell: ["setsid --ctty \"$@\" < \"$TTY\" > \"$TTY\" 2>&1"])
    }
    return Draft(
      owner == 0
        ? "Keep the caller's standard streams" : "Keep the caller's standard streams, and own their pipes",
      why: owner == 0
        ? "The program reads and writes what its caller gave the runtime."
        : "A program that is not root can open /dev/stdout only if it owns the pipe behind it. Before the change of user, "
          + "while it can be given away.",
      calls: owner == 0
        ? [] : ["fchown(0, \(owner), -1)", "fchown(1, \(owner), -1)", "fchown(2, \(owner), -1)"],
      manual: ["stdin(3)"] + (owner == 0 ? [] : ["fchown(2)"]),
      shell: owner == 0 ? [] : ["chown \(owner) /proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2"])
  }
}
