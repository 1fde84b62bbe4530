// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import ContainerPlan
internal import Linux

/// Passes on what the container's program tells the service manager of the runtime's caller (sd_notify(3)).
///
/// The manager's own socket stays outside the container: who can write to it can claim to be ready for others, or store
/// descriptors. Lines about process ids, which mean something else inside, are left out.
final class NotifyProxy {
  static let directoryName = "notify"
  private static var socketFile: String { "\(directoryName)/\(NotifyDirectory.socketName)" }
  /// More than any message of the protocol needs.
  private static let limit = 4096

  private let socket: Descriptor
  /// The manager's socket: a path, or a name in the abstract namespace after `@`.
  private let manager: String

  /// Makes the directory that the container is shown.
  static func makeDirectory(in container: ContainerDirectory) throws(SyscallError) {
    try mkdirat(container.directory.fd, directoryName, mode: 0o755)
    // Whatever the caller's mask is: a program that is not root must get in.
    try fchmodat(container.directory.fd, directoryName, 0o755)
  }

  /// Starts to listen; nil where the container was made without the directory.
  init?(_ container: ContainerDirectory, manager: String) throws(SyscallError) {
    do throws(SyscallError) {
      _ = try fstatat(container.directory.fd, NotifyProxy.directoryName)
    } catch {
      if error.errno == .noEntry { return nil }
      throw error
    }
    self.manager = manager
    socket = try bindDatagram(path: container.socketPath(NotifyProxy.socketFile))
    try socket.fd.setNonBlocking(true)
    try fchmodat(container.directory.fd, NotifyProxy.socketFile, 0o777)
  }

  static func listen(
    _ container: ContainerDirectory, _ manager: String
  ) throws(RuntimeError) -> NotifyProxy? {
    do throws(SyscallError) { return try NotifyProxy(container, manager: manager) } catch {
      throw RuntimeError(error, "notify socket of \(container.id)")
    }
  }

  var fd: FD { socket.fd }

  /// Passes all messages on that are there.
  ///
  /// - Parameter mainPID: told to the manager with the news that the program is ready, by a runtime that then ends.
  /// - Returns: whether the program has said that it is ready.
  @discardableResult
  func forward(mainPID: Int32? = nil) throws(SyscallError) -> Bool {
    var isReady = false
    while let message = try next() {
      if try forward(message, mainPID) { isReady = true }
    }
    return isReady
  }

  private func next() throws(SyscallError) -> [UInt8]? {
    do throws(SyscallError) { return try receive(socket.fd, limit: NotifyProxy.limit).bytes } catch {
      if error.errno == .tryAgain { return nil }
      throw error
    }
  }

  private func forward(_ bytes: [UInt8], _ mainPID: Int32?) throws(SyscallError) -> Bool {
    var lines = bytes.split(separator: 0x0A).filter { !$0.starts(with: "MAINPID=".utf8) }
    let isReady = lines.contains { $0.elementsEqual("READY=1".utf8) }
    if isReady, let mainPID { lines.append(ArraySlice("MAINPID=\(mainPID)".utf8)) }
    if !lines.isEmpty {
      try sendDatagram(to: manager, lines.reduce(into: []) { $0 += $1 + [0x0A] })
    }
    return isReady
  }

  /// Passes messages on until the program is ready, or has ended.
  func awaitReady(_ pid: Int32, _ pidfd: FD) throws(SyscallError) {
    var entries = [PollEntry(fd), PollEntry(pidfd)]
    while true {
      try poll(&entries)
      if try forward(mainPID: pid) || entries[1].isReadable { return }
    }
  }
}
