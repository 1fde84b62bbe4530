// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux

/// Keeps an image from running the runtime's own executable as its program: `/proc/self/exe` means that file until
/// execve(2) has happened. Whoever enters the container later could keep it open and overwrite the host's file when
/// nobody runs it any more (CVE-2019-5736).
enum OwnProgram {
  /// Scripts may name scripts as their interpreters; the kernel follows five.
  private static let interpreterLimit = 5

  static func refuse(_ program: String, _ own: FileStatus?) throws(StepFailure) {
    guard let own else { return }
    var path = program
    for _ in 0...interpreterLimit {
      let status: FileStatus
      let head: [UInt8]
      do throws(SyscallError) {
        // path: in the container, the program that is about to be executed
        let file = try openat(.workingDirectory, path, [.path])
        status = try fstat(file.fd)
        if status.isSameFile(as: own) {
          throw SyscallError("exec", .notPermitted, "\(program) is the runtime itself")
        }
        guard status.isRegular else { return }
        // A program that its user may execute but not read is no script: the interpreter could not read it either.
        // path: the same
        head = try read(try openat(.workingDirectory, path, [.readOnly, .nonBlocking]))
      } catch {
        if error.errno == .notPermitted {
          throw StepFailure("\(error)", exitStatus: RuntimeError.notExecutableStatus)
        }
        // What cannot be opened cannot be executed; execve(2) says why.
        return
      }
      guard head.starts(with: [0x23, 0x21]) else { return }
      let line = head.dropFirst(2).prefix { $0 != 0x0A }.drop { $0 == 0x20 || $0 == 0x09 }
      path = String(decoding: line.prefix { $0 != 0x20 && $0 != 0x09 }, as: UTF8.self)
    }
  }

  private static func read(_ file: consuming Descriptor) throws(SyscallError) -> [UInt8] {
    try pread(file.fd, upTo: 256, at: 0)
  }
}
