// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux

/// Bridges of Open vSwitch, which are not the kernel's and have a database of their own: ovs-vsctl(8).
enum OpenVSwitch {
  /// Whether there is such a bridge; false without Open vSwitch.
  static func hasBridge(_ name: String) throws(NetworkingError) -> Bool {
    guard SystemPath.find("ovs-vsctl") != nil else { return false }
    // 0 and 2 are answers, everything else is a failure.
    let result = try call(["br-exists", name])
    switch result.status {
    case .exited(0): return true
    case .exited(2): return false
    default: throw failure(result)
    }
  }

  static func addPort(_ interface: String, to bridge: String) throws(NetworkingError) {
    let result = try call(["--may-exist", "add-port", bridge, interface])
    guard result.status == .exited(0) else { throw failure(result) }
  }

  /// The database remembers ports whose interfaces are gone.
  static func removePort(_ interface: String, from bridge: String) throws(NetworkingError) {
    let result = try call(["--if-exists", "del-port", bridge, interface])
    guard result.status == .exited(0) else { throw failure(result) }
  }

  private static func call(_ arguments: [String]) throws(NetworkingError) -> Tool.Result {
    guard let program = SystemPath.find("ovs-vsctl") else {
      throw NetworkingError("ovs-vsctl is missing; install openvswitch-switch")
    }
    return try Tool.run([program, "--timeout=5"] + arguments, timeoutMilliseconds: 10_000)
  }

  private static func failure(_ result: Tool.Result) -> NetworkingError {
    let line = result.firstErrorLine
    return NetworkingError(line.hasPrefix("ovs-vsctl: ") ? line : "ovs-vsctl: \(line)")
  }
}
