// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux
import Networking
import OCI

/// The engine: what the commands of `roost` do, without reading arguments or printing.
public struct ContainerEngine: Sendable {
  public let location: StateLocation
  public let caller: Caller

  public init(location: StateLocation, caller: Caller) {
    self.location = location
    self.caller = caller
  }

  /// Runs a container in the foreground, from nothing to its end.
  ///
  /// - Parameters:
  ///   - asked: What was asked for.
  ///   - root: The root file system, ready to be used; kept from being removed until the end.
  ///   - warn: Takes what the user should know although nothing failed.
  ///   - report: Takes what is said about a container from a container directory, line by line.
  ///   - tell: Takes what is said to a person who steps through the making (`--step`).
  /// - Returns: The payload's exit code.
  /// - Throws: ``EngineError``; nothing of the container is left then, unless the error says so.
  public func run(
    _ asked: RunOptions, root: RootSource, warn: @escaping (String) -> Void = { _ in },
    report: @escaping ([String]) throws(EngineError) -> Void = { _ in },
    tell: @escaping (String) throws(EngineError) -> Void = { _ in }
  ) throws(EngineError) -> Int32 {
    let options = try caller.decidingNetwork(asked)
    try checkStreams(options)
    defer { withExtendedLifetime(root) {} }
    let runtime = RuntimeCommand(
      path: try RuntimeCommand.locate(
        asked: options.runtime ?? caller.variable("ROOST_RUNTIME"), executable: caller.executable,
        environment: caller.variables(["PATH"]), workingDirectory: caller.workingDirectory),
      root: location.runtimePath)
    try options.checkFence(runtime)
    try options.checkTrace(runtime)
    let id = ContainerName.id(from: Self.randomBytes(32))
    var facts = try FactsReader(options: options, caller: caller)
      .read(id: id, directory: Store.path(of: id, location), root: root)

    let mask = try SignalProxy.blockSignals()
    let store = try Store(location)
    let container = try store.create(id)
    guard try container.lock() else { throw EngineError("\(container.path): another process has locked it") }
    var name: String?
    var wroteIDFile = false
    var network: LiveNetwork?
    do throws(EngineError) {
      if options.userNamespace.mode == .auto {
        facts.userNamespace = IdentityRanges.maps(
          try store.reserveRange(IdentityRanges.preferred(id), for: id))
      }
      name = try reserveName(options.name, for: id, in: store)
      let names = [name, options.hostname, ContainerName.short(id)].compactMap { $0 }
      let steps = try stepSession(
        options, root, container, StepShell(caller: caller, runtime: runtime, id: id, mask: mask), tell)
      network = try startNetwork(options, container: id, names: names, facts: &facts)
      var blueprint = try Blueprint.make(options, facts)
      let greeting = try greeting(options, container, &blueprint.spec, report)
      let trace = try seccompTrace(options, container, &blueprint.spec, warn)
      try record(options, facts, blueprint.spec, name: name ?? "", runtime, in: container)
      if let file = options.idFile {
        try writeIDFile(id, file)
        wroteIDFile = true
      }
      try carryOut(blueprint, in: container, steps)
      network?.answerNames(
        from: hostsFile(of: id),
        asking: HostFiles.upstream(facts.network, options.interface, hostText: facts.resolverFile).servers)
      try publishNames(facts.network)
      let foreground = ForegroundRun(
        runtime: runtime, options: options, workingDirectory: caller.workingDirectory,
        cgroupsPath: blueprint.spec.linux?.cgroupsPath ?? "", mask: mask, greeting: greeting, trace: trace,
        loop: network?.loop, steps: steps)
      let outcome = try foreground.run(container)
      if let report = outcome.outOfMemoryReport { warn(report) }
      // The payload's end is what counts: what is left of a network, prune takes away.
      for failure in endNetwork(network, facts.network) {
        warn("\(failure); roost network prune tries again")
      }
      network = nil
      return try finish(outcome, options, container, store, runtime, name: name)
    } catch {
      var failure = undo(error, container, store, runtime, name: name)
      failure.cleanupFailures += endNetwork(network, facts.network)
      if wroteIDFile, let file = options.idFile {
        // The id of a container that is gone must not mislead anybody.
        do { try unlinkat(.workingDirectory, file) } catch {
          failure.cleanupFailures.append("--cidfile \(file.quoted): \(error)")
        }
      }
      throw failure
    }
  }

  /// What is said about a container from a container directory before its program starts; nil for others.
  private func greeting(
    _ options: RunOptions, _ container: borrowing ContainerDirectory, _ spec: inout Spec,
    _ report: @escaping ([String]) throws(EngineError) -> Void
  ) throws(EngineError) -> Greeting? {
    guard options.settings != nil, !options.quiet else { return nil }
    let gate = try StartGate(container, executable: caller.executable)
    let silent = spec
    gate.install(in: &spec)
    return Greeting(gate: gate) { (pid) throws(EngineError) in
      try report(LauncherReport.beginning(silent, pid: pid))
    }
  }

  /// What tells of refused calls; nil where nobody asked.
  private func seccompTrace(
    _ options: RunOptions, _ container: borrowing ContainerDirectory, _ spec: inout Spec,
    _ warn: @escaping (String) -> Void
  ) throws(EngineError) -> SeccompTrace? {
    guard let destination = options.seccompTrace else { return nil }
    let trace = try SeccompTrace(
      spec, container, file: try destination.open(from: caller.workingDirectory), say: warn)
    trace.install(in: &spec)
    return trace
  }

  /// Docker's rule: who attaches a terminal must have one.
  private func checkStreams(_ options: RunOptions) throws(EngineError) {
    if options.terminal, options.interactive, !isTerminal(.standardInput) {
      throw EngineError("--tty: standard input is not a terminal; leave -t out when it is a file or a pipe")
    }
  }

  private func reserveName(
    _ asked: String?, for id: String, in store: borrowing Store
  ) throws(EngineError) -> String {
    if let asked {
      if try store.reserve(asked, for: id) { return asked }
      throw EngineError(
        "--name \(asked.quoted): another container has this name; `roost rm \(asked)` frees it if it has ended"
      )
    }
    for attempt in 0..<20 {
      var name = ContainerName.generated(from: Self.randomBytes(4))
      // So many containers that the words run out: digits make room.
      if attempt >= 10 { name += String(id.prefix(attempt)) }
      if try store.reserve(name, for: id) { return name }
    }
    throw EngineError("cannot find a free name: choose one with --name")
  }

  private func record(
    _ options: RunOptions, _ facts: Facts, _ spec: Spec, name: String, _ runtime: RuntimeCommand,
    in container: borrowing ContainerDirectory
  ) throws(EngineError) {
    let builder = RecordBuilder(
      options: options, facts: facts, spec: spec, name: name, createdNanoseconds: realtimeNanoseconds(),
      runtime: runtime)
    let record = try builder.document()
    try container.create(ContainerDirectory.FileName.configuration, SpecText.json(spec))
    // Last: a container without a record is one that was never finished.
    try container.replace(ContainerDirectory.FileName.record, Array(record.json().utf8))
  }

  private func writeIDFile(_ id: String, _ name: String) throws(EngineError) {
    do {
      let file = try openat(.workingDirectory, name, [.writeOnly, .create, .exclusive], mode: 0o644)
      try writeAll(file.fd, Array(id.utf8))
    } catch {
      let remedy = error.errno == .exists ? "; another container may be using it: remove it first" : ""
      throw EngineError("--cidfile \(name.quoted): \(error.errno)\(remedy)")
    }
  }

  // MARK: The end

  private func finish(
    _ outcome: ForegroundRun.Outcome, _ options: RunOptions, _ container: borrowing ContainerDirectory,
    _ store: borrowing Store, _ runtime: RuntimeCommand, name: String?
  ) throws(EngineError) -> Int32 {
    let code: Int32
    switch outcome.result {
    case .success(let status): code = status
    // Never started, or lost: there is nothing to keep.
    case .failure(let error): throw error
    }
    if options.removesAfterwards {
      try Preparer.unmount(container)
      try store.remove(container.id, name: name)
      return code
    }
    var state = ContainerState(phase: .exited)
    state.startedNanoseconds = outcome.startedNanoseconds
    state.finishedNanoseconds = realtimeNanoseconds()
    state.exitCode = code
    state.outOfMemory = outcome.outOfMemory
    try container.write(state)
    return code
  }

  /// Takes back everything after a failure and returns the error, with what could not be taken back.
  private func undo(
    _ error: EngineError, _ container: borrowing ContainerDirectory, _ store: borrowing Store,
    _ runtime: RuntimeCommand, name: String?
  ) -> EngineError {
    var result = error
    let log = "\(container.path)/\(ContainerDirectory.FileName.log)"
    do { try runtime.forget(container.id, log: log) } catch let failure {
      result.cleanupFailures.append(failure.message)
    }
    do { try Preparer.unmount(container) } catch let failure {
      result.cleanupFailures.append(failure.message)
    }
    do { try store.remove(container.id, name: name) } catch let failure {
      result.cleanupFailures.append(failure.message)
    }
    return result
  }

  static func randomBytes(_ count: Int) -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    var result: [UInt8] = []
    while result.count < count {
      withUnsafeBytes(of: generator.next()) { result += $0 }
    }
    return Array(result.prefix(count))
  }
}
