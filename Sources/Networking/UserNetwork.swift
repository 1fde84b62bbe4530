// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux

/// A network that a program carries in and out, for those who may not make interfaces on the host.
public struct UserNetworkRequest: Equatable, Sendable {
  public enum Program: String, Sendable, CaseIterable {
    /// Translates between the container's packets and sockets of the host; keeps the client's address.
    case pasta
    /// The older one: a network of its own behind one address.
    case slirp4netns

    /// Debian's package.
    var package: String { self == .pasta ? "passt" : "slirp4netns" }

    /// Flags that the engine gives.
    var ownFlags: Set<String> {
      switch self {
      case .pasta:
        ["--netns", "--userns", "--pid", "-P", "--foreground", "-f", "--quiet", "-q", "--config-net"]
      case .slirp4netns:
        [
          "--netns-type", "--userns-path", "--exit-fd", "-e", "--ready-fd", "-r", "--api-socket", "-a",
          "--configure",
        ]
      }
    }

    var path: String? { SystemPath.find(rawValue) }

    /// The first that is installed, the better one first.
    public static var installed: Program? { allCases.first { $0.path != nil } }
  }

  public var program: Program
  /// The program's own flags, as the user gave them.
  public var options: [String] = []
  public var ports: [PublishedPort] = []
  /// The highest group id of the container's; all of them may ping.
  public var highestGroup: UInt32 = 0

  public init(_ program: Program) { self.program = program }

  /// Checks what needs no look at the host.
  public func check() throws(NetworkingError) {
    for option in options {
      let flag = option.cut(at: "=").0
      if option.isEmpty { throw NetworkingError("\(program.rawValue): an option is empty") }
      if program.ownFlags.contains(flag) {
        throw NetworkingError("\(program.rawValue): roost gives \(flag) itself")
      }
    }
    for port in ports where port.transport == .sctp {
      throw NetworkingError("-p \(port): \(program.rawValue) carries tcp and udp alone")
    }
  }

  public static func missing(_ what: String = "neither pasta nor slirp4netns is") -> NetworkingError {
    NetworkingError(
      "\(what) installed (Debian: passt, slirp4netns), and ordinary users have no other network but none and host"
    )
  }
}

/// A container's network from before its first process to after its last, carried by ``UserNetworkRequest/Program``.
///
/// The program runs beside the container. pasta ends when a link in the container's directory is removed, whoever removes
/// it, so that a container survives its engine with its network; slirp4netns ends with the engine.
public final class UserNetwork {
  let request: UserNetworkRequest
  let directory: String
  private var namespace: OwnedDescriptor?
  var process: OwnedDescriptor?
  /// Whether the process is a child of ours, to be waited for.
  var isChild = false
  /// What slirp4netns watches: it ends when this is closed.
  var lifeline: OwnedDescriptor?
  /// As they were chosen.
  public private(set) var ports: [PublishedPort] = []

  enum FileName {
    /// A directory with nothing in it but the link: of several files that go at once, some versions of pasta notice one.
    static let folder = "network"
    static let namespace = "network/namespace"
    static let processID = "network.pid"
    static let socket = "network.sock"
  }

  /// How long the program may take to be ready, or to end.
  static let patienceMilliseconds: Int32 = 10_000

  /// - Parameter directory: The container's own, where the program finds the network namespace.
  public init(_ request: UserNetworkRequest, directory: String) {
    self.request = request
    self.directory = directory
  }

  /// Where the runtime finds the network namespace, as long as this process lives and has not called ``finish()``.
  public var namespacePath: String? { namespace.map { "/proc/\(Linux.getpid())/fd/\($0.fd.rawValue)" } }

  /// Makes the network.
  ///
  /// - Throws: ``NetworkingError``; then everything has been taken back.
  public func start() throws(NetworkingError) {
    let name = request.program.rawValue
    guard let path = request.program.path else {
      throw UserNetworkRequest.missing("--network \(name): it is not")
    }
    do {
      // As in networks of root: whoever is in there may ping and have a port below 1024.
      let settings = [
        NetworkSetting(path: "ipv4/ping_group_range", value: "0 \(request.highestGroup)"),
        NetworkSetting(path: "ipv4/ip_unprivileged_port_start", value: "0"),
      ]
      let made = try naming("make a network namespace") { try Self.makeNamespace(settings) }
      namespace = made
      ports = try choosePorts()
      switch request.program {
      case .pasta: try startPasta(path, made.fd)
      case .slirp4netns: try startSlirp(path, made.fd)
      }
    } catch {
      var failure = error
      failure.cleanupFailures += finish()
      throw failure
    }
  }

  /// Makes a network namespace with these settings.
  private static func makeNamespace(_ settings: [NetworkSetting]) throws(SyscallError) -> OwnedDescriptor {
    try NamespaceThread.run { () throws(SyscallError) -> OwnedDescriptor in
      try unshare(.newNetwork)
      for setting in settings {
        try writeFile(.workingDirectory, "/proc/sys/net/\(setting.path)", setting.value)
      }
      return OwnedDescriptor(try openat(.workingDirectory, "/proc/thread-self/ns/net", [.readOnly]))
    }
  }

  /// Finds out whether ports are free, and which ones the system gives for those left open. The program binds them itself,
  /// a moment later.
  private func choosePorts() throws(NetworkingError) -> [PublishedPort] {
    var chosen: [PublishedPort] = []
    var held: [OwnedDescriptor] = []
    for var port in request.ports {
      let bound = try PortReservation.bind(port)
      port.hostPort = bound.port
      chosen.append(port)
      held.append(bound.socket)
    }
    return withExtendedLifetime(held) { chosen }
  }

  /// Takes the network back.
  ///
  /// - Returns: what failed.
  public func finish() -> [String] {
    var failures: [String] = []
    lifeline = nil
    if let process {
      do { try end(process.fd) } catch { failures.append("network: \(request.program.rawValue): \(error)") }
    }
    process = nil
    namespace = nil
    for name in [FileName.namespace, FileName.folder, FileName.processID, FileName.socket] {
      do throws(SyscallError) {
        try unlinkat(.workingDirectory, "\(directory)/\(name)", isDirectory: name == FileName.folder)
      } catch {
        if error.errno != .noEntry { failures.append("network: \(directory)/\(name): \(error.errno)") }
      }
    }
    return failures
  }

  private func end(_ process: FD) throws {
    for signal in [SIGTERM, SIGKILL] {
      do { try pidfdSendSignal(process, signal) } catch { if error.errno != .noProcess { throw error } }
      var entries = [PollEntry(process)]
      try poll(&entries, timeoutMilliseconds: 1000)
      guard entries[0].isReadable else { continue }
      if isChild { _ = try waitid(process) }
      return
    }
    throw NetworkingError("it has not ended")
  }
}

// MARK: pasta

extension UserNetworkRequest {
  /// pasta(1)'s flags for ports, and for what containers have.
  static func pastaFlags(_ ports: [PublishedPort]) -> [String] {
    // Services on the host's loopback are not for containers, nor theirs for the host unless published.
    var flags = ["--config-net", "--no-map-gw", "-T", "none", "-U", "none"]
    for (flag, transport) in [("-t", TransportProtocol.tcp), ("-u", .udp)] {
      let published = ports.filter { $0.transport == transport }
      if published.isEmpty { flags += [flag, "none"] }
      for port in published {
        let place = port.hostAddress.map { "\($0)/" } ?? ""
        flags += [flag, "\(place)\(port.hostPort):\(port.containerPort)"]
      }
    }
    return flags
  }

  /// The command line that does the same in a namespace `$NS` of ip-netns(8).
  var shell: String {
    switch program {
    case .pasta:
      (["pasta"] + Self.pastaFlags(ports) + options + ["--netns", "/run/netns/$NS"]).joined(separator: " ")
    case .slirp4netns:
      (["slirp4netns", "--configure", "--mtu=65520", "--disable-host-loopback"] + options
        + ["--netns-type=path", "/run/netns/$NS", "tap0"]).joined(separator: " ")
    }
  }
}

extension UserNetwork {
  private func startPasta(_ path: String, _ namespace: FD) throws(NetworkingError) {
    let link = "\(directory)/\(FileName.namespace)"
    let file = "\(directory)/\(FileName.processID)"
    // Capabilities that it has dropped by then would keep pasta out of a path below our own /proc/PID.
    try naming(link) {
      try mkdirat(.workingDirectory, "\(directory)/\(FileName.folder)", mode: 0o700)
      try symlinkat("/proc/self/fd/0", .workingDirectory, link)
    }
    let done = try Tool.run(
      [path, "--quiet", "--netns", link, "--pid", file] + UserNetworkRequest.pastaFlags(ports)
        + request.options,
      standardInput: namespace, timeoutMilliseconds: Self.patienceMilliseconds)
    guard done.status == .exited(0) else {
      throw NetworkingError("--network pasta: \(Self.complaint(done))")
    }
    process = try naming(file) {
      let text = try readText(.workingDirectory, file, limit: 64)
      guard let pid = Int32(text.prefix { $0.isNumber }) else { throw NetworkingError("no process id") }
      return OwnedDescriptor(try pidfdOpen(pid))
    }
  }

  /// The last thing that it says is the reason; what comes before may be mere information.
  private static func complaint(_ done: Tool.Result) -> String {
    let lines = String(decoding: done.errors, as: UTF8.self).split(whereSeparator: \.isNewline)
    let own = lines.last { !$0.hasPrefix("Failed to send ") }
    return own.map(String.init) ?? done.firstErrorLine
  }
}
