// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux
import OCI
import Seccomp

/// Tells which system calls of which program the container's profile refuses, and refuses them.
///
/// The container gets the profile's filter with one change: what ends in an error or in the end of the process is put to an
/// agent instead (seccomp_unotify(2)). The agent is the engine, which runs the unchanged filter on the same call and does what
/// it says. It never lets a call through, so that nothing is lost by looking at a process that others can change.
final class SeccompTrace {
  /// The runtime makes these under the filter, before somebody listens: refused, they would wait for ever.
  private static let neededCalls = ["sendmsg", "recvmsg", "prctl", "close", "brk", "mmap", "munmap", "write"]

  private static let socketName = "trace"

  private let program: SeccompProgram
  private let socket: Descriptor
  private let socketPath: String
  private var listeners: [OwnedDescriptor] = []
  private let write: (String) throws(EngineError) -> Void
  private var tally = SeccompTally()

  /// - Parameters:
  ///   - spec: The container's configuration, with its profile.
  ///   - container: Gets the socket to which the runtime takes the filter's listener.
  ///   - file: Gets the lines; nil for `say`.
  ///   - say: Takes a line for standard error.
  init(
    _ spec: Spec, _ container: borrowing ContainerDirectory, file: OwnedDescriptor?,
    say: @escaping (String) -> Void
  ) throws(EngineError) {
    program = try Self.program(spec)
    // By descriptor: a path to the directory may be longer than an address of a socket.
    let directory = "fd/\(container.directory.rawValue)/\(Self.socketName)"
    do throws(SyscallError) { socket = try listenUnix(.stream, path: "/proc/self/\(directory)") } catch {
      throw EngineError("--seccomp-trace: \(container.path): \(error)")
    }
    socketPath = "/proc/\(Linux.getpid())/\(directory)"
    guard let file else {
      write = { (line) throws(EngineError) in say("seccomp: \(line)") }
      return
    }
    write = { (line) throws(EngineError) in
      do throws(SyscallError) { try writeAll(file.fd, Array("\(line)\n".utf8)) } catch {
        throw EngineError("--seccomp-trace: cannot write the file: \(error.errno)")
      }
    }
  }

  /// The unchanged filter.
  private static func program(_ spec: Spec) throws(EngineError) -> SeccompProgram {
    guard let profile = spec.linux?.seccomp else {
      throw EngineError("--seccomp-trace: the container has no profile: nothing is refused")
    }
    for annotation in [RuntimeAnnotation.seccompProgram, .seccompReceiver]
    where spec.annotations.value(of: annotation) != nil {
      throw EngineError("--seccomp-trace: the annotation \(annotation.rawValue) leaves no room for it")
    }
    let program: SeccompProgram
    do throws(SeccompError) { program = try SeccompProgram.compile(profile) } catch {
      throw EngineError("--security-opt seccomp: \(error)")
    }
    if program.needsListener || profile.listenerPath != nil {
      throw EngineError(
        "--seccomp-trace: the profile has an agent of its own, and a filter can have only one")
    }
    for name in neededCalls {
      guard let call = SeccompCall(named: name), let verdict = program.verdict(on: call) else { continue }
      if case .other = verdict { continue }
      throw EngineError(
        "--seccomp-trace: the profile refuses \(name), which handing over the filter's listener takes")
    }
    return program
  }

  /// Puts the changed filter into the configuration.
  func install(in spec: inout Spec) {
    spec.annotations.append(
      KeyValue(RuntimeAnnotation.seccompProgram.rawValue, Base64.encode(program.askingBytes)))
    spec.annotations.append(KeyValue(RuntimeAnnotation.seccompReceiver.rawValue, socketPath))
    // A signal would otherwise make the kernel ask twice about one call.
    let flag = SeccompFlag.waitKillableReceive
    if Probe.seccompWaitKillable {
      let others = (spec.linux?.seccomp?.flags ?? [.specAllow]).filter { $0 != flag }
      spec.linux?.seccomp?.flags = others + [flag]
    }
  }

  // MARK: While the container runs

  /// What to wait for: a runtime that brings a listener, and calls.
  var entries: [PollEntry] { [PollEntry(socket.fd)] + listeners.map { PollEntry($0.fd) } }

  /// Answers what has come.
  ///
  /// - Parameter entries: those of ``entries``, after poll(2).
  func answer(_ entries: ArraySlice<PollEntry>) throws {
    for entry in entries.dropFirst() where entry.isReadable {
      if entry.hasInput {
        if let notification = try receiveSeccompNotification(entry.fd) { try answer(notification, entry.fd) }
      } else {
        // Nobody is left behind the filter.
        listeners.removeAll { $0.fd == entry.fd }
      }
    }
    if let first = entries.first, first.isReadable { try takeListener() }
  }

  private func takeListener() throws {
    let connection = try accept(socket.fd)
    // The filter is a part of the message, which may come in pieces; the descriptor is with the first.
    let message = try receive(connection.fd, limit: 1 << 16)
    if let listener = message.takeDescriptor() { listeners.append(OwnedDescriptor(listener)) }
    _ = try readAll(connection.fd, limit: 1 << 20)
  }

  private func answer(_ notification: SeccompNotification, _ listener: FD) throws {
    let call = SeccompCall(
      number: notification.number, architecture: notification.architecture, arguments: notification.arguments)
    let thread = ThreadNames(notification.thread)
    guard isWaiting(notification, listener) else { return }
    let refusal = SeccompRefusal(
      call: call.name() ?? "call \(call.number) of architecture \(hexadecimal(UInt64(call.architecture)))",
      program: thread.program, verdict: program.verdict(on: call) ?? .error(EPERM))
    tally.count(refusal)
    let arguments = call.arguments.map(hexadecimal).joined(separator: ", ")
    let place = "\(refusal.program)[\(notification.thread)]"
    try write("\(place): \(refusal.call)(\(arguments)) = \(refusal.outcome)")
    switch refusal.verdict {
    case .error(let number): try refuse(notification, listener, with: number)
    case .kill:
      // bestEffort: it may be gone
      if let process = thread.process { try? pidfdSendSignal(process.fd, SIGKILL) }
      // Where the process cannot be found the call fails at least.
      try refuse(notification, listener, with: EPERM)
    case .other: try refuse(notification, listener, with: EPERM)
    }
  }

  /// What was refused how often, and what would allow it.
  func summarise() throws(EngineError) {
    for line in tally.lines { try write(line) }
  }
}

extension SeccompTraceDestination {
  /// The file, empty; nil for standard error.
  ///
  /// - Parameter workingDirectory: where a relative path counts from.
  func open(from workingDirectory: String) throws(EngineError) -> OwnedDescriptor? {
    guard case .file(let name) = self else { return nil }
    do {
      let path = absolute(name, from: workingDirectory)
      return OwnedDescriptor(
        try openat(.workingDirectory, path, [.writeOnly, .create, .truncate], mode: 0o644))
    } catch { throw EngineError("--seccomp-trace=\(name): \(error.errno)") }
  }
}

extension RunOptions {
  /// Demands a runtime that hands the filter's listener over, before anything exists.
  func checkTrace(_ runtime: RuntimeCommand) throws(EngineError) {
    guard seccompTrace != nil else { return }
    if steps {
      throw EngineError(
        "--seccomp-trace and --step exclude each other: at a stop nobody would answer for the filter")
    }
    guard !runtime.isOurs else { return }
    throw EngineError(
      "--seccomp-trace: it takes roost-runtime; whether \(runtime.path) uses another filter when asked to is not known"
    )
  }
}
