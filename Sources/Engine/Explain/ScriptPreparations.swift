// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import ContainerPlan
import Explain
import Networking
import OCI
import RootFS

/// The engine's own steps as lines of a script.
enum ScriptPreparations {
  /// - Parameter isPrepared: whether the root is there; otherwise the script makes it, in `image` below its directory.
  static func fill(
    _ frame: inout ScriptFrame, _ blueprint: Blueprint, _ root: RootFSReference, isPrepared: Bool
  ) throws(EngineError) {
    frame.directoryIsOpen = blueprint.spec.linux?.namespace(.user) != nil
    if !isPrepared { try unpack(root, &frame) }
    addNetwork(blueprint.network, &frame)
    for step in blueprint.preparations {
      switch step {
      case .enterUserNamespace:
        throw EngineError(
          "--format sh: a script for an ordinary user is not available yet; run roost explain as root")
      // The script is in a mount namespace of its own from its first line on.
      case .unshareMounts: continue
      case .mountMapped(let source, let target, let maps):
        frame.preparations.append("# \(step.summary)")
        copyMapped(source, "\(frame.directory)/\(target)", maps, &frame)
      default:
        let words = step.explained(frame.directory)
        frame.preparations.append("# \(words.title)")
        frame.preparations += words.shell
      }
    }
  }

  // MARK: The root

  private static func unpack(_ root: RootFSReference, _ frame: inout ScriptFrame) throws(EngineError) {
    frame.preparations += ["# The root file system", "mkdir -m 755 \"$DIR/image\""]
    switch root {
    case .archive(let path), .path(let path):
      frame.preparations.append("tar -xpf \(shellQuoted(path)) --numeric-owner -C \"$DIR/image\"")
    case .host(let names):
      let members: [HostMember]
      do { members = try RootFSStore.explain(host: names) } catch { throw EngineError("\(error)") }
      for member in members { frame.preparations.append(line(member)) }
    default:
      throw EngineError(
        "--format sh: the root must be a directory, an archive or host:PROGRAMS; `roost rootfs export` makes an archive"
      )
    }
  }

  private static func line(_ member: HostMember) -> String {
    let target = "\"$DIR/image\"" + shellQuoted(member.path)
    switch member.content {
    case .directory(let mode): return "mkdir -p -m \(String(mode, radix: 8)) \(target)"
    case .link(let text): return "ln -s \(shellQuoted(text)) \(target)"
    case .file: return "cp -p \(shellQuoted(member.path)) \(target)"
    case .text(let text, let mode):
      return "printf %s \(shellQuoted(text)) > \(target); chmod \(String(mode, radix: 8)) \(target)"
    }
  }

  /// mount(8) maps ids only since util-linux 2.39, so that files are copied and given away.
  private static func copyMapped(
    _ source: String, _ target: String, _ maps: IdentityMaps, _ frame: inout ScriptFrame
  ) {
    frame.differences.append(
      "The root's files are a copy in memory whose owners are shifted, and its mount is not idmapped: mount(8) maps ids "
        + "only since util-linux 2.39.")
    func cases(_ mappings: [IDMapping]) -> String {
      mappings.map { map in
        "if ((id >= \(map.containerID) && id < \(UInt64(map.containerID) + UInt64(map.size)))); then echo $((id - "
          + "\(map.containerID) + \(map.hostID))); return; fi; "
      }.joined()
    }
    frame.preparations += [
      "user() { local id=$1; \(cases(maps.users))echo 65534; }",
      "group() { local id=$1; \(cases(maps.groups))echo 65534; }",
      "cp -a \(shellQuoted(source))/. \(shellQuoted(target))",
      "chmod --reference=\(shellQuoted(source)) \(shellQuoted(target))",
      "while IFS=' ' read -r -d '' owner group mode type path; do",
      "  chown -h \"$(user \"$owner\"):$(group \"$group\")\" \"$path\"",
      "  [ \"$type\" = l ] || chmod \"$mode\" \"$path\"",
      "done < <(find \(shellQuoted(target)) -printf '%U %G %m %y %p\\0')",
    ]
  }

  // MARK: The network

  private static func addNetwork(_ steps: [NetworkStep], _ frame: inout ScriptFrame) {
    guard !steps.isEmpty else { return }
    frame.namespaces = [("/proc/ROOST/fd/NAMESPACE", "\"/run/netns/$NS\"")]
    for step in steps {
      frame.preparations.append("# \(step.summary)")
      switch step {
      case .bridge(let name, _, _, _):
        frame.preparations.append("if ! ip link show \(name) > /dev/null 2>&1; then")
        frame.preparations += step.shell.map { "  " + $0 } + ["fi"]
      case .rules(let endpoint):
        frame.preparations += step.shell.map { "#   " + $0 }
        frame.differences.append(
          "The rules of Roost's firewall are missing, which keep the container to its own addresses"
            + (endpoint.ports.isEmpty ? "." : " and publish its ports."))
      case .relay, .nameServer: frame.preparations += step.shell.map { "#   " + $0 }
      default: frame.preparations += step.shell
      }
    }
    frame.undo += [
      "[ -z \"${NS:-}\" ] || ip netns delete \"$NS\"",
      "umount -n -l /run/netns 2> /dev/null; rmdir /run/netns 2> /dev/null",
    ]
  }
}
