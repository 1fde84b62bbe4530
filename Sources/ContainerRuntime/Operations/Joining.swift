// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux
internal import Cgroups
public import ContainerPlan
public import Linux
public import OCI
internal import SafePath

/// Starts another process in a running container: `exec`.
public struct Joining {
  /// What the command line adds.
  public struct Options {
    public var detach = false
    public var pidFile: String?
    /// A listening socket that gets a pidfd of the process.
    public var pidfdSocket: String?
    public var ignoresPaused = false
    public var trace: Trace?
    /// Cgroups below the container's own, each a path or `CONTROLLERS:PATH` (`exec --cgroup`).
    public var cgroups: [String] = []

    public init() {}
  }

  private let directory: ContainerDirectory
  private let record: Record
  private let options: Options
  /// The configuration that the container was made from.
  public let spec: Spec

  init(_ directory: ContainerDirectory, _ record: Record, _ spec: Spec, _ options: Options) {
    self.directory = directory
    self.record = record
    self.spec = spec
    self.options = options
  }

  /// Executes a plan of `Plan.compileExec`.
  ///
  /// - Returns: how the process ended; nil when it is left running.
  public func run(_ plan: Plan, console: ConsoleDestination) throws(RuntimeError) -> ExitStatus? {
    let options = options
    let launch = Launch(
      plan: plan, directory: directory, record: record, configuration: [], console: console,
      trace: options.trace)
    launch.seccompAgent = SeccompAgent(spec)
    launch.mayFollowInit = options.cgroups.isEmpty
    let foreground: Foreground?
    do throws(SyscallError) {
      foreground = options.detach ? nil : try Foreground()
    } catch { throw RuntimeError(error) }
    let runtime = RuntimeSide(launch)
    do throws(StepFailure) {
      try runtime.run()
      try runtime.awaitExecution()
      try runtime.process?.announce(file: options.pidFile, socket: options.pidfdSocket, kind: "setns")
    } catch {
      throw Joining.end(runtime.process, RuntimeError(error.message, exitStatus: error.exitStatus))
    }
    guard let foreground, let process = runtime.process else { return nil }
    do throws(SyscallError) {
      try launch.directory.unlock()
      return try foreground.supervise(process, console: runtime.console?.fd)
    } catch { throw RuntimeError(error, "waiting for the process") }
  }

  /// Ends a half-made process; the failure that led here is the one that counts.
  private static func end(_ process: ChildProcess?, _ failure: RuntimeError) -> RuntimeError {
    var failure = failure
    guard let process else { return failure }
    do throws(SyscallError) {
      try? pidfdSendSignal(process.pidfd.fd, SIGKILL)  // bestEffort: it may have ended by itself
      _ = try waitid(process.pidfd.fd)
    } catch let secondary { failure.cleanUpFailures.append("\(secondary)") }
    return failure
  }
}

extension Containers {
  /// Opens a running container for another process.
  public func join(_ id: String, options: Joining.Options) throws(RuntimeError) -> Joining {
    let container = try store.open(id, lock: .shared)
    let record = try container.requireRecord()
    switch try record.summary.status() {
    case .running, .created: break
    case .paused:
      if !options.ignoresPaused {
        throw RuntimeError("cannot exec in a paused container (use --ignore-paused)")
      }
      // The new process is frozen with the others, and this command waits for it: `resume` must get in.
      do throws(SyscallError) { try container.unlock() } catch { throw RuntimeError(error, "state of \(id)") }
    case .creating, .stopped: throw RuntimeError("cannot exec in a stopped container")
    }
    let spec = try container.readSpec()
    return Joining(container, try record.entering(options.cgroups), spec, options)
  }
}

extension Record {
  /// The record with other places to enter the cgroups at.
  ///
  /// - Parameter places: paths below the container's cgroups; with controllers and a colon in front, only in the
  ///   hierarchies of those.
  func entering(_ places: [String]) throws(RuntimeError) -> Record {
    var changed = self
    for place in places {
      let parts = place.utf8.split(separator: 0x3A, maxSplits: 1).map { String(decoding: $0, as: UTF8.self) }
      guard let path = parts.last, !components(path).contains("..") else {
        throw RuntimeError("--cgroup \(place): \(parts.last ?? "") is not a sub cgroup path")
      }
      let wanted = parts.count == 2 ? parts[0].utf8.split(separator: 0x2C) : []
      var found = wanted.isEmpty
      for index in changed.cgroups.indices {
        let names = changed.cgroups[index].hierarchy.utf8.split(separator: 0x2C)
        let isMeant = wanted.isEmpty || wanted.contains { one in names.contains { $0.elementsEqual(one) } }
        guard isMeant else { continue }
        found = true
        changed.cgroups[index].path += "/" + components(path).joined(separator: "/")
        let file = changed.cgroups[index].hostPath + "/cgroup.procs"
        // path: below the container's own cgroup, without ".."
        do throws(SyscallError) { _ = try fstatat(.workingDirectory, file) } catch {
          throw RuntimeError("--cgroup \(place): adding pid 0 to cgroups: \(file): \(error.errno)")
        }
      }
      guard found else {
        throw RuntimeError(
          "--cgroup \(place): unknown controller \(parts[0]), for which the container has no cgroup")
      }
    }
    return changed
  }
}
