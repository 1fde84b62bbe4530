// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import ContainerPlan
public import OCI

/// What the caller of `checkpoint` and `restore` wants of the `criu` program, in the words of criu(8).
public struct CriuOptions: Sendable {
  /// Where the image is.
  public var imagePath = "checkpoint"
  /// Where logs go; the image's place where it is empty.
  public var workPath = ""
  /// An image of an earlier `--pre-dump`, relative to this one.
  public var parentPath: String?
  /// Switches that are passed on as they are: `tcp-established`, `shell-job` and the like.
  public var switches: [String] = []
  /// Options with a value that are passed on: `network-lock`, `status-fd` and the like.
  public var values: [KeyValue] = []
  /// `ADDRESS:PORT` of a page server.
  public var pageServer: String?
  /// Namespaces to leave empty; criu knows `network`.
  public var emptyNamespaces: [String] = []
  public var leaveRunning = false
  public var preDump = false
  /// The program; found along the runtime's own `PATH`.
  public var program = "criu"
  /// A file with further options (annotation `org.criu.config`).
  public var configuration: String?

  public init() {}

  var workDirectory: String { workPath.isEmpty ? imagePath : workPath }

  /// Options that dump and restoration share.
  private var common: [String] {
    var words = ["--images-dir", imagePath, "--work-dir", workDirectory]
    words += switches.map { "--" + $0 }
    for pair in values { words += ["--" + pair.key, pair.value] }
    for name in emptyNamespaces { words += ["--empty-ns", name == "network" ? "net" : name] }
    if let configuration { words += ["--config", configuration] }
    return words
  }

  /// The arguments that dump a container.
  ///
  /// - Parameters:
  ///   - root: the container's root file system on the host.
  ///   - networkInode: of the network namespace that stays outside.
  func dump(_ plan: CheckpointPlan, pid: Int32, root: String, networkInode: UInt64?) -> [String] {
    var words = [preDump ? "pre-dump" : "dump", "--tree", "\(pid)"] + common
    words += ["--log-file", "dump.log", "-v4", "--root", root]
    for mount in plan.externalMounts {
      words += ["--external", "mnt[\(mount.destination)]:\(mount.name)"]
    }
    if let networkInode { words += ["--external", "net[\(networkInode)]:\(CriuOptions.networkKey)"] }
    if let parentPath {
      words += ["--prev-images-dir", parentPath, "--track-mem"]
    } else if preDump {
      words.append("--track-mem")
    }
    if leaveRunning { words.append("--leave-running") }
    if let server = pageServer {
      let parts = server.split(separator: ":", omittingEmptySubsequences: false)
      words += [
        "--page-server", "--address", parts.dropLast().joined(separator: ":"), "--port",
        String(parts.last ?? ""),
      ]
    }
    return words
  }

  /// The name of the network namespace in images.
  static let networkKey = "extRootNetNS"

  /// The arguments that restore one.
  ///
  /// - Parameters:
  ///   - pidFile: relative to the work directory.
  ///   - inherited: descriptors that criu gets, and what the image calls them.
  ///   - leavesStopped: for hooks that must run first.
  func restore(
    _ plan: CheckpointPlan, root: String, pidFile: String, inherited: [(number: Int, key: String)],
    leavesStopped: Bool
  ) -> [String] {
    var words = ["restore"] + common
    words += [
      "--log-file", "restore.log", "-v4", "--root", root, "--restore-detached", "--restore-sibling",
      "--pidfile", pidFile,
    ]
    for mount in plan.sources { words += ["--external", "mnt[\(mount.key)]:\(mount.value)"] }
    for one in inherited { words += ["--inherit-fd", "fd[\(one.number)]:\(one.key)"] }
    if leavesStopped { words.append("--leave-stopped") }
    return words
  }
}
