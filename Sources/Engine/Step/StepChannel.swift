// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import ContainerPlan
import Glibc
import Linux

/// The socket through which the runtime asks a ``StepSession`` at its stops (`--step-fd`).
final class StepChannel {
  private let session: StepSession
  private var ours: OwnedDescriptor?
  private var theirs: OwnedDescriptor?

  init(_ session: StepSession) throws(EngineError) {
    self.session = session
    do throws(SyscallError) {
      let pair = try socketpair(.sequencedPacket)
      theirs = OwnedDescriptor(try pair.second.duplicate())
      ours = OwnedDescriptor(pair.takeFirst())
    } catch {
      throw EngineError("--step: \(error)")
    }
  }

  /// The number that the runtime's end gets in the runtime: the first behind the standard streams.
  static let number = 3

  /// The runtime's end, until the runtime has it.
  var descriptorOfRuntime: FD? { theirs?.fd }

  /// To be called when the runtime has been started.
  func closeDescriptorOfRuntime() { theirs = nil }

  /// Becomes readable when the runtime asks; nil when it asks no more.
  var fd: FD? { ours?.fd }

  /// Takes a question to the person and the answer back.
  ///
  /// - Parameter runtime: readable when the runtime has ended.
  func answer(_ runtime: FD) throws(EngineError) {
    guard let ours else { return }
    do {
      let message = String(decoding: try receive(ours.fd, limit: 256).bytes, as: UTF8.self)
      let (name, number) = message.cut(at: Byte.space)
      guard let group = StepGroup(rawValue: name), let pid = decimal(number ?? "", as: Int32.self) else {
        if !message.isEmpty { throw EngineError("--step: the runtime says \(message.quoted)") }
        self.ours = nil
        return
      }
      if try session.goesOn(before: group, pid: pid > 0 ? pid : nil, watched: runtime) {
        try send(ours.fd, Array("go".utf8))
      } else {
        // End of file makes the runtime take everything back.
        self.ours = nil
      }
    } catch let error as SyscallError {
      // A runtime that has ended meanwhile; whoever waits for it will see why.
      guard error.errno == Errno(EPIPE) || error.errno == .connectionReset else {
        throw EngineError("--step: \(error)")
      }
      self.ours = nil
    } catch let error as EngineError {
      throw error
    } catch {
      throw EngineError("--step: \(error)")
    }
  }
}
