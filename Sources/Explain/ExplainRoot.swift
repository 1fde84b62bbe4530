// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import ContainerPlan
internal import Linux
internal import OCI

// The root file system: attached, and entered.
extension Explainer {
  func setPropagation(_ propagation: PlannedPropagation) -> Draft {
    let word = Words.propagation(propagation)
    return Draft(
      "Make the container's copy of all mounts \(word)",
      why:
        "The first thing done in the mount namespace: a new one is a copy of the caller's, and where those mounts "
        + "are shared, as systemd makes them, every mount and unmount that follows would happen on the host as well. "
        + (propagation.type == .slave
          ? "Slave and not private, so that what the host mounts later can still come in where a mount asks for it."
          : "The configuration wants nothing to come in either."),
      calls: [
        "mount(NULL, \"/\", NULL, \(propagation.recursive ? "MS_REC|" : "")\(Words.kernelName(propagation.type)), NULL)"
      ],
      manual: ["mount_namespaces(7)", "mount(2)"], shell: ["mount --make-\(word) /"])
  }

  func attachRoot(_ path: String?) -> Draft {
    if let path { return attachRoot(at: path) }
    return Draft(
      "Attach the root file system on top of /",
      why:
        "After the change of propagation, so that the host does not see it, and before the mounts, which go into it. "
        + "On top of / and not at its own path: the path need not be reachable for this process. Its root directory "
        + "stays what it was, below, so that paths of the host still mean the same.",
      calls: [
        "openat(AT_FDCWD, \"/\", O_PATH|O_DIRECTORY|O_CLOEXEC)",
        "move_mount(rootfs, \"\", top, \"\", MOVE_MOUNT_F_EMPTY_PATH|MOVE_MOUNT_T_EMPTY_PATH)",
      ],
      manual: ["move_mount(2)"], shell: ["cd \(shellPath(""))"])
  }

  private func attachRoot(at path: String) -> Draft {
    Draft(
      "Attach the root file system at \(Quoting.plain(path))",
      why:
        "After the change of propagation, so that the host does not see it, and before the mounts, which go into it. "
        + "At its own path because of the hooks: those for devices enter the mount namespace and mount into the root "
        + "by its path on the host. What is there now must be what was opened before.",
      calls: [
        "openat(AT_FDCWD, \(Quoting.c(path)), O_PATH|O_DIRECTORY|O_CLOEXEC)", "fstat(place)", "fstat(rootfs)",
        "move_mount(rootfs, \"\", place, \"\", MOVE_MOUNT_F_EMPTY_PATH|MOVE_MOUNT_T_EMPTY_PATH)",
      ],
      manual: ["move_mount(2)"], shell: ["cd \(shellPath(""))"])
  }

  func pivotRoot() -> Draft {
    Draft(
      "Make it the root directory and drop the old one",
      why:
        "After the last step that needs a path of the host, and before those that use the container's own. "
        + "Unlike chroot(2), which a privileged process leaves with another chroot(2), this takes the host's tree "
        + "out of the namespace: there is nothing to go back to. With \".\" twice the old root lands on top of the "
        + "new one, and no directory for it is needed.",
      calls: [
        "fchdir(rootfs)", "pivot_root(\".\", \".\")", "umount2(\".\", MNT_DETACH|UMOUNT_NOFOLLOW)",
        "chdir(\"/\")",
      ],
      manual: ["pivot_root(2)", "umount2(2)"],
      shell: ["cd \(shellPath(""))", "pivot_root . .", "umount -l .", "cd /"])
  }

  func moveRoot() -> Draft {
    Draft(
      "Make it the root directory without pivot_root(2)",
      why:
        "For hosts that run from an initial ramfs, whose root mount cannot be exchanged. The root file system lies on "
        + "top of / already; chroot(2) makes it the root directory. The host's tree stays below it in the namespace, "
        + "which makes this the weaker way: a process with CAP_SYS_CHROOT could look for a way out.",
      calls: ["fchdir(rootfs)", "chroot(\".\")", "chdir(\"/\")"], manual: ["chroot(2)", "pivot_root(2)"],
      shell: ["cd \(shellPath(""))", "mount --move . /", "chroot . \"$@\""])
  }

  func changeRoot() -> Draft {
    Draft(
      "Change the root directory",
      why: makesContainer
        ? "There is no mount namespace, so there is nothing to pivot: the host's mounts stay what they are, and only "
          + "this process and its children see another /. It keeps a program from stumbling, not from climbing out."
        : "The container has no mount namespace that could have been entered: its root directory is all there is.",
      calls: ["openat(AT_FDCWD, rootfs, O_PATH|O_DIRECTORY|O_CLOEXEC)", "fchdir(rootfs)", "chroot(\".\")"],
      manual: ["chroot(2)"], shell: ["chroot \(root == "$ROOT" ? "\"$ROOT\"" : Quoting.shell(root)) \"$@\""])
  }

  func setRootPropagation(_ propagation: PlannedPropagation) -> Draft {
    let word = Words.propagation(propagation)
    return Draft(
      "Make the container's root mount \(word)",
      why:
        "After the change of root: pivot_root(2) refuses shared mounts, so the wish has to wait until here.",
      calls: [
        "mount(NULL, \"/\", NULL, \(propagation.recursive ? "MS_REC|" : "")\(Words.kernelName(propagation.type)), NULL)"
      ],
      manual: ["mount_namespaces(7)"], shell: ["mount --make-\(word) /"])
  }

  // MARK: What must not be seen or written

  func maskPaths(_ paths: [String], _ index: Int) -> Draft {
    let loop = Quoting.shell(paths)
    return Draft(
      "Hide \(paths.count) path\(paths.count == 1 ? "" : "s")",
      why:
        "After all mounts, since a later one would uncover what it covers, and after the writing of parameters, which "
        + "may need what is hidden. A file disappears behind the null device, a directory behind an empty read-only "
        + "file system that all of them share. proc and sysfs know no namespaces here: /proc/kcore is the host's memory.",
      calls: [
        Calls.openInRoot(paths.first ?? "/"),
        "fsopen(\"tmpfs\", FSOPEN_CLOEXEC)",
        "fsmount(context, FSMOUNT_CLOEXEC, "
          + "MOUNT_ATTR_RDONLY|MOUNT_ATTR_NOSUID|MOUNT_ATTR_NODEV|MOUNT_ATTR_NOEXEC)",
        "open_tree(null, \"\", OPEN_TREE_CLONE|OPEN_TREE_CLOEXEC|AT_EMPTY_PATH)", Calls.attach,
      ],
      manual: ["openat2(2)", "move_mount(2)"],
      shell: [
        "for p in \(loop); do if [ -d \"$p\" ]; then "
          + "mount -t tmpfs -o ro,nosuid,nodev,noexec,nr_blocks=1,nr_inodes=1 tmpfs \"$p\"; "
          + "elif [ -e \"$p\" ]; then mount --bind /dev/null \"$p\"; fi; done"
      ],
      details: paths.enumerated().map { (Quoting.plain($1), "/linux/maskedPaths/\($0)") })
  }

  func readonlyPaths(_ paths: [String], _ index: Int) -> Draft {
    Draft(
      "Make \(paths.count) path\(paths.count == 1 ? "" : "s") read-only",
      why:
        "After the parameters below /proc/sys were written, which could not be done any more. Most of them have no "
        + "namespace: a write to /proc/sysrq-trigger restarts the host. Each gets a read-only copy of itself on top, "
        + "which is read-only before it is attached.",
      calls: [
        Calls.openInRoot(paths.first ?? "/"),
        "open_tree(path, \"\", OPEN_TREE_CLONE|OPEN_TREE_CLOEXEC|AT_EMPTY_PATH|AT_RECURSIVE)",
        Calls.setattr("mount", .init(setting: .readOnly), recursive: true), Calls.attach,
      ],
      manual: ["mount_setattr(2)", "proc_sys(5)"],
      shell: [
        "for p in \(Quoting.shell(paths)); do [ ! -e \"$p\" ] || "
          + "{ mount --rbind \"$p\" \"$p\" && mount -o remount,bind,ro \"$p\"; }; done"
      ],
      details: paths.enumerated().map { (Quoting.plain($1), "/linux/readonlyPaths/\($0)") })
  }

  func readonlyRoot() -> Draft {
    Draft(
      "Make the root mount read-only",
      why:
        "The last change to the file system: until here mount points, device nodes and links had to be made in it. "
        + "The mount alone changes; what is mounted below stays as it is, and the file system itself can still be "
        + "written by the host.",
      calls: ["mount_setattr(AT_FDCWD, \"/\", 0, {attr_set=MOUNT_ATTR_RDONLY}, 32)"],
      manual: ["mount_setattr(2)"],
      shell: ["mount -o remount,bind,ro /"])
  }
}
