// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Cgroups
internal import ContainerPlan
internal import Linux
internal import OCI

// Before there is a process.
extension Explainer {
  func openRoot(_ path: String, _ side: Side) -> Draft {
    let place =
      side == .runtime
      ? "First of all, since what can fail without leaving a trace is tried before anything is made."
      : "An ordinary user may copy mounts only inside a mount namespace of his own, hence not before this point."
    return Draft(
      "Open the root file system \(Quoting.plain(path)) as a detached copy of its mount",
      why: place + " A detached copy needs no path any more: nobody can exchange the directory between this "
        + "moment and its use. It is a mount of its own, which pivot_root(2) demands of a new root, and private, so "
        + "that what is mounted inside reaches nobody else.",
      calls: [
        "open_tree(AT_FDCWD, \(Quoting.c(path)), OPEN_TREE_CLONE|OPEN_TREE_CLOEXEC|AT_RECURSIVE)",
        Calls.setattr("rootfs", .init(propagation: .private), recursive: true),
      ],
      manual: ["open_tree(2)", "mount_setattr(2)"],
      shell: [
        "mount --rbind \(Quoting.shell([path, path]))", "mount --make-rprivate \(Quoting.shell(path))",
      ])
  }

  func openSource(_ mount: PlannedMount, _ side: Side) -> Draft {
    guard case .bind(let source, let recursive) = mount.content else {
      return mount.content == .cgroups ? openCgroupSource(mount) : openIDMapping(mount)
    }
    let follow = mount.followSourceLink ? "" : "|AT_SYMLINK_NOFOLLOW"
    let tree = recursive ? "|AT_RECURSIVE" : ""
    let isMapped = mount.idMapping != nil
    return Draft(
      "Open \(Quoting.plain(source)), which will appear at \(Quoting.plain(mount.destination)), as a detached mount",
      why: (side == .runtime
        ? "With the caller's eyes, and before anything is made: a source that is missing ends the attempt without a "
          + "trace."
        : "In the user namespace, which gives an ordinary user the right to copy mounts.")
        + " The attributes are set while nobody can reach the copy, so a read-only bind is never writable for a "
        + "moment, as it is with the two calls of mount(2) that it takes otherwise."
        + (isMapped ? " Ids can be mapped only on a mount that was never attached (Linux 5.12)." : ""),
      calls: ["open_tree(AT_FDCWD, \(Quoting.c(source)), OPEN_TREE_CLONE|OPEN_TREE_CLOEXEC\(tree)\(follow))"]
        + Calls.attributesOfSource(mount),
      manual: ["open_tree(2)", "mount_setattr(2)"] + (isMapped ? ["user_namespaces(7)"] : []),
      shell: ["test -e \(Quoting.shell(source))"])
  }

  private func openIDMapping(_ mount: PlannedMount) -> Draft {
    let maps = mount.idMapping.map { Calls.idMapping($0, recursive: false).dropLast() } ?? []
    return Draft(
      "Make a user namespace that maps the ids of what will be mounted at \(Quoting.plain(mount.destination))",
      why:
        "It exists only as a descriptor, and belongs to no process. Not at the mount itself: there the root directory is "
        + "covered, and the kernel keeps such a process from making user namespaces.",
      calls: Array(maps), manual: ["user_namespaces(7)"], shell: ["unshare --user sleep infinity &"])
  }

  private func openCgroupSource(_ mount: PlannedMount) -> Draft {
    let paths = Calls.visibleCgroups(plan).map { $0.hostPath }
    return Draft(
      "Open the container's own cgroups, which will appear at \(Quoting.plain(mount.destination))",
      why:
        "Not earlier: they were made just now. The container has no cgroup namespace, so it is shown copies of "
        + "its own directories instead of the whole tree, which would give it the limits of others.",
      calls: paths.map { "open_tree(AT_FDCWD, \(Quoting.c($0)), OPEN_TREE_CLONE|OPEN_TREE_CLOEXEC)" },
      manual: ["open_tree(2)", "cgroups(7)"], shell: paths.map { "test -d \(Quoting.shell($0))" })
  }

  func openNullDevice() -> Draft {
    Draft(
      "Open the host's null device and verify that it is one",
      why:
        "It will cover the files that the container must not read. Taken from the host, and looked at after "
        + "opening: a runtime that takes the container's /dev/null can be given a link to something else, which it "
        + "then mounts for the container to write (CVE-2025-31133).",
      calls: [
        "open_tree(AT_FDCWD, \"/dev/null\", OPEN_TREE_CLONE|OPEN_TREE_CLOEXEC|AT_SYMLINK_NOFOLLOW)",
        "fstat(null, {st_mode=S_IFCHR, st_rdev=makedev(1, 3)})",
      ],
      manual: ["open_tree(2)", "null(4)"], shell: ["[ \"$(stat -c %t:%T /dev/null)\" = 1:3 ]"])
  }

  func openNamespace(_ type: NamespaceType, _ path: String) -> Draft {
    Draft(
      "Open the \(Words.name(type)) namespace \(Quoting.plain(path)), which the container joins",
      why:
        "While the host's paths are still in reach, and before anything is made. The open file keeps the namespace "
        + "alive even if its last process ends, and its type is verified: setns(2) with the wrong kind would put the "
        + "container next to what it should be kept from.",
      calls: [
        "openat(AT_FDCWD, \(Quoting.c(path)), O_RDONLY|O_CLOEXEC)", "fstatfs(ns, {f_type=NSFS_MAGIC})",
        "ioctl(ns, NS_GET_NSTYPE) = \(Words.flags(type.flag))",
      ],
      manual: ["namespaces(7)", "ioctl_ns(2)"], shell: ["readlink \(Quoting.shell(path))"])
  }

  func recordIntent() -> Draft {
    Draft(
      "Write down what is about to be made",
      why:
        "The record exists before the first thing that it names. A runtime that is killed at any later moment "
        + "leaves a list of what to remove, and `delete --force` works through it.",
      calls: [
        "openat(state, \"…\", O_WRONLY|O_CREAT|O_TRUNC|O_NOFOLLOW|O_CLOEXEC, 0600)", "write(record, …)",
        "renameat(state, …, state, …)",
      ],
      manual: ["rename(2)"])
  }

  func openContainer() -> Draft {
    Draft(
      "Open the running container by its first process",
      why:
        "First, since everything else depends on it. A pidfd refers to this process and to no later one that is "
        + "given the same number (Linux 5.3); the record's start time shows that it is the right one.",
      calls: ["pidfd_open(pid, 0)"], manual: ["pidfd_open(2)"], shell: ["kill -0 \"$PID\""])
  }

  func listenForStart() -> Draft {
    Draft(
      "Make the socket on which `start` will knock",
      why:
        "Before the process, which inherits it: when the runtime has ended, the waiting container needs nothing "
        + "but this one descriptor.",
      calls: [
        "socket(AF_UNIX, SOCK_SEQPACKET|SOCK_CLOEXEC, 0)", "bind(socket, {AF_UNIX, …})", "listen(socket, …)",
      ],
      manual: ["unix(7)"], shell: ["mkfifo start.fifo"])
  }
}
