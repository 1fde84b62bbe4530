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

  static let directories = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]

  /// Where administrators install programs; the caller's PATH has no say.
  static func find(_ name: String, in places: [String] = Tool.directories) -> String? {
    places.map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
  }

  /// More than any program here has to say.
  private static let longestOutput = 4 << 20

  static let plainEnvironment = ["PATH=" + directories.joined(separator: ":")]

  /// Runs a program to its end.
  ///
  /// - Parameters:
  ///   - arguments: The first is the absolute path.
  ///   - environment: All of it.
  ///   - input: What it reads from standard input, below 64 KiB.
  ///   - timeoutMilliseconds: Then it is killed.
  /// - Throws: ``NetworkingError`` when it cannot be started, hangs or talks without end.
  static func run(
    _ arguments: [String], environment: [String] = plainEnvironment, input: [UInt8] = [],
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
    _ arguments: [String], environment: [String] = plainEnvironment, standardInput: FD,
    timeoutMilliseconds: Int32
  ) throws(NetworkingError) -> Result {
    try naming(arguments.first ?? "") {
      let output = try pipe()
      let errors = try pipe()
      let child = try spawn(
        arguments, environment, [standardInput.rawValue, output.second.rawValue, errors.second.rawValue])
      let ends = [OwnedDescriptor(output.takeFirst()), OwnedDescriptor(errors.takeFirst())]
      return try collect(child, ends, timeoutMilliseconds)
    }
  }
}

/// A descriptor that can be kept in arrays.
final class OwnedDescriptor {
  private let descriptor: Descriptor

  init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }

  var fd: FD { descriptor.fd }
}

extension Tool {
  /// Starts a program that is left to itself.
  ///
  /// - Parameter streams: Its standard input, output and error.
  /// - Returns: the process, to be waited for.
  static func start(_ arguments: [String], _ streams: [Int32]) throws -> OwnedDescriptor {
    try spawn(arguments, plainEnvironment, streams)
  }

  /// Starts a program whose standard streams are the three descriptors; everything else of ours is close-on-exec.
  private static func spawn(
    _ arguments: [String], _ environment: [String], _ streams: [Int32]
  ) throws -> OwnedDescriptor {
    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    for (number, stream) in streams.enumerated() {
      posix_spawn_file_actions_adddup2(&actions, stream, Int32(number))
    }
    var none = sigset_t()
    var all = sigset_t()
    sigemptyset(&none)
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    var pid: pid_t = 0
    let argv = arguments.map { strdup($0) }
    let envp = environment.map { strdup($0) }
    defer { for pointer in argv + envp { free(pointer) } }
    // SAFETY: both arrays end with a null pointer and live until the call returns.
    let error = posix_spawn(&pid, arguments.first ?? "", &actions, &attributes, argv + [nil], envp + [nil])
    guard error == 0 else { throw SyscallError("posix_spawn", Errno(error)) }
    return OwnedDescriptor(try pidfdOpen(pid))
  }

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
