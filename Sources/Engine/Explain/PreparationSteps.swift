// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import ContainerPlan
import Explain
internal import Linux
import OCI

// The engine's own steps in words, as the runtime's are.
extension Preparation {
  /// - Parameter directory: the container's own, absolute.
  func explained(_ directory: String) -> ExplainedStep {
    func inside(_ name: String) -> String { shellQuoted("\(directory)/\(name)") }
    switch self {
    case .enterUserNamespace(let maps): return Self.ownNamespace(maps, summary)
    case .createBindSource(let path, let origin):
      return ExplainedStep(
        .beforeProcess, sentence,
        why: "As Docker does it: a volume's missing source is a directory. Before the "
          + "runtime, which demands that it exists.",
        requestedBy: origin, calls: ["mkdir(\(path.quoted), 0755)"], manual: ["mkdir(2)"],
        shell: ["[ -e \(shellQuoted(path)) ] || mkdir -p \(shellQuoted(path))"])
    case .writeFile(let name, let text):
      return ExplainedStep(
        .beforeProcess, sentence,
        why:
          "Names and resolvers are this container's own, and not the root's, which others may share. The file is bound "
          + "to /etc/\(name) below.",
        calls: [
          "openat(directory, \(name.quoted), O_WRONLY|O_CREAT|O_EXCL|O_CLOEXEC, 0644)", "write(file, …)",
        ],
        manual: ["open(2)"], shell: ["printf %s \(shellQuoted(text)) > \(inside(name))"])
    case .createDirectory(let name, let mode):
      let octal = String(mode, radix: 8)
      return ExplainedStep(
        .fileSystem, sentence, why: "A place for what is mounted next, and for what the container writes.",
        calls: ["mkdirat(directory, \(name.quoted), 0\(octal))"], manual: ["mkdir(2)"],
        shell: ["mkdir -m \(octal) \(inside(name))"])
    case .unshareMounts:
      return ExplainedStep(
        .fileSystem, sentence,
        why:
          "What is mounted from here on is seen by this container alone, and goes with its last process, whatever ends "
          + "that. Slave, so that mounts of the host still come in.",
        calls: ["unshare(CLONE_NEWNS)", "mount(NULL, \"/\", NULL, MS_REC|MS_SLAVE, NULL)"],
        manual: ["mount_namespaces(7)", "unshare(2)"], shell: ["unshare --mount --propagation slave \"$@\""])
    case .mountMapped(let source, let target, let maps): return mapped(source, inside(target), maps)
    case .mountOverlay(let lower, let upper, let work, let target, let volatile):
      let options =
        "lowerdir=\(lower),upperdir=\(directory)/\(upper),workdir=\(directory)/\(work)"
        + (volatile ? ",volatile" : "")
      return ExplainedStep(
        .fileSystem, sentence,
        why:
          "The root below is shared and stays as it is; what the container writes lands in a directory of its own. Here "
          + "and not in the runtime: layers are the engine's idea, the runtime takes any directory."
          + (volatile
            ? " Volatile: nothing of it needs to reach the disk, since it is thrown away (Linux 5.10)." : ""),
        calls: [
          "fsopen(\"overlay\", FSOPEN_CLOEXEC)",
          "fsconfig(context, FSCONFIG_SET_STRING, \"lowerdir\", \(lower.quoted), 0)",
          "fsconfig(context, FSCONFIG_SET_STRING, \"upperdir\", \("\(directory)/\(upper)".quoted), 0)",
          "fsconfig(context, FSCONFIG_SET_STRING, \"workdir\", \("\(directory)/\(work)".quoted), 0)",
          "fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0)", "fsmount(context, FSMOUNT_CLOEXEC, 0)",
          "move_mount(mount, \"\", target, \"\", MOVE_MOUNT_F_EMPTY_PATH|MOVE_MOUNT_T_EMPTY_PATH)",
        ],
        manual: ["fsopen(2)", "mount(8)"],
        shell: [
          "chown --reference=\(shellQuoted(lower)) \(inside(upper)) && chmod --reference=\(shellQuoted(lower)) "
            + inside(upper),
          "mount -t overlay -o \(shellQuoted(options)) overlay \(inside(target))",
        ])
    }
  }

  /// The summary as the beginning of a sentence.
  private var sentence: String { summary.prefix(1).uppercased() + summary.dropFirst() }

  private static func lines(_ maps: [IDMapping]) -> String {
    maps.map { "\($0.containerID) \($0.hostID) \($0.size)\n" }.joined()
  }

  private static func ownNamespace(_ maps: IdentityMaps, _ summary: String) -> ExplainedStep {
    ExplainedStep(
      .beforeProcess, summary.prefix(1).uppercased() + summary.dropFirst(),
      why:
        "First of all: it gives an ordinary user the rights that everything below takes, over nothing but his own "
        + "ids. Maps of more than one id are written by newuidmap and newgidmap, which look into /etc/subuid and "
        + "/etc/subgid.",
      calls: [
        "unshare(CLONE_NEWUSER|CLONE_NEWNS)", "write(uid_map, \(lines(maps.users).quoted))",
        "write(gid_map, \(lines(maps.groups).quoted))",
      ],
      manual: ["user_namespaces(7)", "newuidmap(1)", "subuid(5)"],
      shell: ["unshare --user --mount --map-root-user --map-auto \"$@\""])
  }

  private func mapped(_ source: String, _ target: String, _ maps: IdentityMaps) -> ExplainedStep {
    let words =
      maps.users.map { "u:\($0.containerID):\($0.hostID):\($0.size)" }
      + maps.groups.map { "g:\($0.containerID):\($0.hostID):\($0.size)" }
    return ExplainedStep(
      .fileSystem, sentence,
      why:
        "Without this every file would belong to nobody in there. The mount translates; no file is changed, and other "
        + "containers see the same files under their own ids (Linux 5.12).",
      calls: [
        "open_tree(AT_FDCWD, \(source.quoted), OPEN_TREE_CLONE|OPEN_TREE_CLOEXEC)",
        "clone3({flags=CLONE_NEWUSER|CLONE_PIDFD, exit_signal=SIGCHLD}, 88)",
        "write(uid_map, \(Self.lines(maps.users).quoted))",
        "write(gid_map, \(Self.lines(maps.groups).quoted))",
        "mount_setattr(mount, \"\", AT_EMPTY_PATH, {attr_set=MOUNT_ATTR_IDMAP, userns_fd=user}, 32)",
        "move_mount(mount, \"\", target, \"\", MOVE_MOUNT_F_EMPTY_PATH|MOVE_MOUNT_T_EMPTY_PATH)",
      ],
      manual: ["mount_setattr(2)", "user_namespaces(7)"],
      shell: [
        "mount --bind -o X-mount.idmap=\(shellQuoted(words.joined(separator: " "))) \(shellQuoted(source)) \(target)"
      ])
  }
}
