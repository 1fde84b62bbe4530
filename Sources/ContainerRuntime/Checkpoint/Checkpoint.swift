// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux
internal import Cgroups
internal import ContainerPlan
internal import JSON
internal import Linux
internal import OCI
internal import SafePath

extension Containers {
  /// Dumps a running container into files (criu(8)).
  ///
  /// Unless it is left running, or this is a first pass, its processes end and it is removed.
  /// - Returns: failures of poststop hooks, which are warnings.
  public func checkpoint(_ id: String, _ given: CriuOptions) throws(RuntimeError) -> [String] {
    let container = try store.open(id)
    let record = try container.requireRecord()
    switch try record.summary.status() {
    case .running, .paused: break
    case let status: throw RuntimeError("cannot checkpoint a container that is \(status.rawValue)")
    }
    guard let process = record.summary.process else { throw RuntimeError("container not running") }
    let spec = try container.readSpec()
    var options = given
    options.configuration = spec.annotations.value(of: .criuConfiguration)
    let program = try CriuProgram(name: options.program).find()
    try CheckpointFiles.checkParent(options)
    let plan = try CheckpointFiles.plan(spec, record, inside: process.pid)
    try CheckpointFiles.prepare(&options)
    let inode = plan.networkPath == nil ? nil : try CheckpointFiles.networkInode(of: process.pid)
    if !options.preDump { try CheckpointFiles.saveStreams(of: process.pid, options) }
    try CriuProgram.run(
      program, options.dump(plan, pid: process.pid, root: record.summary.rootfs, networkInode: inode),
      log: options.workDirectory + "/dump.log"
    ) { () throws(StepFailure) in }
    if options.preDump || options.leaveRunning { return [] }
    // The lock is this command's own, and removing takes it again.
    do throws(SyscallError) { try container.unlock() } catch { throw RuntimeError(error) }
    return try delete(id, force: true)
  }
}

/// The files beside criu's own, and what is asked of the host for them.
enum CheckpointFiles {
  private static let streamsName = "descriptors.json"

  static func plan(_ spec: Spec, _ record: Record, inside pid: Int32?) throws(RuntimeError) -> CheckpointPlan
  {
    let version1 = record.cgroups.filter { $0.version == .v1 }
    let hierarchies =
      version1.isEmpty
      ? record.cgroups.map { KeyValue("", $0.hostPath) }
      : version1.map { KeyValue(components($0.mountPoint).last ?? "", $0.hostPath) }
    let root: RootDirectory
    do throws(SyscallError) {
      // path: the container's root directory as the kernel knows it, or the one of the bundle
      root = try RootDirectory(hostPath: pid.map { "/proc/\($0)/root" } ?? record.summary.rootfs)
    } catch { throw RuntimeError(error, "root of the container") }
    do throws(PlanError) {
      return try CheckpointPlan(spec, bundle: record.summary.bundle, cgroupHierarchies: hierarchies) {
        path throws(PlanError) in
        do throws(SyscallError) {
          // What is not there is not masked.
          guard let status = try root.status(of: path) else { return false }
          return !status.isDirectory
        } catch { throw PlanError("/linux/maskedPaths", "\(path): \(error)") }
      }
    } catch { throw RuntimeError("config.json: \(error)") }
  }

  /// criu takes a parent that is not there for none, and would write everything anew.
  static func checkParent(_ options: CriuOptions) throws(RuntimeError) {
    guard let parent = options.parentPath else { return }
    do throws(SyscallError) {
      // path: the caller's own directories
      let status = try fstatat(.workingDirectory, try place(of: parent, options))
      if !status.isDirectory { throw SyscallError("stat", .notDirectory) }
    } catch {
      throw RuntimeError(
        "--parent-path \(parent): \(error.errno): expected the image of an earlier --pre-dump, relative to "
          + "--image-path \(options.imagePath)")
    }
  }

  /// Where a parent is, which counts from an image's directory that may yet have to be made.
  private static func place(of parent: String, _ options: CriuOptions) throws(SyscallError) -> String {
    let image = try absolute(options.imagePath)
    // path: the caller's own directories
    // bestEffort: what follows says what is wrong
    let isThere = (try? fstatat(.workingDirectory, image)) != nil
    guard !isThere, parent.utf8.starts(with: "../".utf8) else { return "\(image)/\(parent)" }
    let above = components(image).dropLast().joined(separator: "/")
    return "/\(above)/\(String(decoding: parent.utf8.dropFirst(3), as: UTF8.self))"
  }

  /// Makes the directories, and their paths absolute: criu has its own idea of what they count from.
  static func prepare(_ options: inout CriuOptions) throws(RuntimeError) {
    do throws(SyscallError) {
      options.imagePath = try absolute(options.imagePath)
      if !options.workPath.isEmpty { options.workPath = try absolute(options.workPath) }
      for path in [options.imagePath, options.workDirectory] {
        // path: the caller's own directories
        do throws(SyscallError) { try mkdirat(.workingDirectory, path, mode: 0o700) } catch {
          if error.errno != .exists { throw error }
        }
      }
    } catch { throw RuntimeError(error, "image of the checkpoint") }
    for path in [options.imagePath, options.workDirectory] { try refuseLinks(in: path) }
  }

  /// What is written into these directories by name, by criu and here.
  private static let writtenNames = [
    "dump.log", "restore.log", Restoration.pidFileName, "stats-dump", "stats-restore", streamsName,
  ]

  /// criu follows links: whoever packed the image could have it write into any file of the host.
  private static func refuseLinks(in directory: String) throws(RuntimeError) {
    for name in writtenNames {
      let path = "\(directory)/\(name)"
      do throws(SyscallError) {
        // path: in the caller's own directory, the last part not followed
        guard try fstatat(.workingDirectory, path, followLinks: false).isSymbolicLink else { continue }
      } catch {
        if error.errno == .noEntry { continue }
        throw RuntimeError(error, "image of the checkpoint")
      }
      throw RuntimeError("\(path) is a symbolic link, which criu would write through: remove it")
    }
  }

  static func absolute(_ path: String) throws(SyscallError) -> String {
    path.utf8.first == 0x2F ? path : try getcwd() + "/" + path
  }

  static func networkInode(of pid: Int32) throws(RuntimeError) -> UInt64 {
    do throws(SyscallError) { return try fstatat(.workingDirectory, "/proc/\(pid)/ns/net").inode } catch {
      throw RuntimeError(error, "network namespace")
    }
  }

  /// What the standard streams are, so that those of the restoring runtime can take their place.
  static func saveStreams(of pid: Int32, _ options: CriuOptions) throws(RuntimeError) {
    do throws(SyscallError) {
      var names: [String] = []
      for number in 0..<3 { names.append(try readlinkat(.workingDirectory, "/proc/\(pid)/fd/\(number)")) }
      var writer = JSONWriter()
      writer.array(of: names) { json, name in json.value(name) }
      // path: the caller's own directory
      let file = try openat(
        .workingDirectory, "\(options.imagePath)/\(streamsName)",
        [.writeOnly, .create, .truncate, .noFollow],
        mode: 0o600)
      try writeAll(file.fd, writer.bytes)
    } catch { throw RuntimeError(error, "standard streams of the container") }
  }

  /// The streams that were pipes or sockets, by number: files and devices are found again by their names.
  static func streams(_ options: CriuOptions) throws(RuntimeError) -> [(number: Int, key: String)] {
    let path = "\(options.imagePath)/\(streamsName)"
    let bytes: [UInt8]
    // path: the caller's own directory
    do throws(SyscallError) { bytes = try readFile(.workingDirectory, path, limit: 1 << 16) } catch {
      throw RuntimeError(error, "image of the checkpoint")
    }
    do throws(JSONError) {
      let names = try JSONDocument(bytes, source: path).root.strings()
      return names.enumerated().filter { $0.element.utf8.starts(with: "pipe:".utf8) }.map {
        ($0.offset, $0.element)
      }
    } catch { throw RuntimeError("\(error)") }
  }
}
