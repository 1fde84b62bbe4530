// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux

/// Programs of others: CNI plug-ins, ovs-vsctl, pasta.
enum Tool {
  struct Result {
    var status: ExitStatus
    var output: [UInt8]
    var errors: [UInt8]

    /// What it complained about, in one line.
    var firstErrorLine: String {
      let text = String(decoding: errors.isEmpty ? output : errors, as: UTF8.self)
      let line = text.split(whereSeparator: \.isNewline).first.map(String.init)
      return line ?? "ended with status \(status.shellStatus) and said nothing"
    }
  }

  /// More than any program here has to say.
  private static let longestOutput = 4 << 20

  /// Runs a program to its end.
  ///
  /// - Parameters:
  ///   - arguments: The first is the absolute path.
  ///   - environment: All of it.
  ///   - input: What it reads from standard input, below 64 KiB.
  ///   - timeoutMilliseconds: Then it is killed.
  /// - Throws: ``NetworkingError`` when it cannot be started, hangs or talks without end.
  static func run(
    _ arguments: [String], environment: [String] = SystemPath.environment, input: [UInt8] = [],
    timeoutMilliseconds: Int32
  ) throws(NetworkingError) -> Result {
    let standardInput = try naming(arguments.first ?? "") {
      let file = try memfdCreate("input")
      try writeAll(file.fd, input)
      let position = lseek(file.rawValue, 0, SEEK_SET)
      guard position == 0 else { throw SyscallError("lseek", Errno(errno)) }
      return OwnedDescriptor(file)
    }
    return try run(
      arguments, environment: environment, standardInput: standardInput.fd,
      timeoutMilliseconds: timeoutMilliseconds)
  }

  /// The same with an open file as its standard input.
  static func run(
    _ arguments: [String], environment: [String] = SystemPath.environment, standardInput: FD,
    timeoutMilliseconds: Int32
  ) throws(NetworkingError) -> Result {
    try naming(arguments.first ?? "") {
      let output = try pipe()
      let errors = try pipe()
      let child = OwnedDescriptor(
        try spawn(
          arguments, environment: environment, streams: [standardInput, output.second.fd, errors.second.fd]))
      let ends = [OwnedDescriptor(output.takeFirst()), OwnedDescriptor(errors.takeFirst())]
      return try collect(child, ends, timeoutMilliseconds)
    }
  }
}

extension Tool {
  /// Reads what a child says until it has ended.
  private static func collect(
    _ child: OwnedDescriptor, _ streams: [OwnedDescriptor], _ timeoutMilliseconds: Int32
  ) throws -> Result {
    var texts: [[UInt8]] = [[], []]
    var isOpen = [true, true]
    let deadline = monotonicNanoseconds() + Int64(timeoutMilliseconds) * 1_000_000
    while true {
      let left = (deadline - monotonicNanoseconds()) / 1_000_000
      guard left > 0, texts.allSatisfy({ $0.count < longestOutput }) else {
        try pidfdSendSignal(child.fd, SIGKILL)
        _ = try waitid(child.fd)
        throw NetworkingError(
          left > 0 ? "it says too much" : "no end after \(timeoutMilliseconds / 1000) seconds")
      }
      var entries =
        [PollEntry(child.fd)] + streams.indices.filter { isOpen[$0] }.map { PollEntry(streams[$0].fd) }
      try poll(&entries, timeoutMilliseconds: Int32(clamping: left))
      for index in streams.indices where isOpen[index] {
        guard entries.contains(where: { $0.fd == streams[index].fd && $0.isReadable }) else { continue }
        let bytes = try read(streams[index].fd, upTo: 65536)
        if bytes.isEmpty { isOpen[index] = false }
        texts[index] += bytes
      }
      // A program that leaves others behind with its output open is over all the same, once it has said its own.
      let isSilent = !entries.dropFirst().contains(where: \.isReadable)
      if isSilent, entries[0].isReadable, let status = try waitid(child.fd, wait: false) {
        return Result(status: status, output: texts[0], errors: texts[1])
      }
    }
  }
}
