// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Foundation
import Linux
import Netlink
import Testing

@testable import Networking

@Suite("Leases that are written down")
struct NetworkStoreTests {
  /// A directory of networks with one of them, for one test.
  final class Scratch {
    let path: String
    let store: NetworkStore
    let network: Network

    init(_ block: String) throws {
      path = FileManager.default.temporaryDirectory.path + "/roost-networks-\(UUID().uuidString)"
      store = try NetworkStore(path: path)
      network = Network(
        "one", .bridge, interface: "roost0",
        subnets: [Subnet(try prefix(block)), Subnet(try prefix("fd00::/64"))])
      #expect(try store.create(network))
    }

    deinit { _ = try? FileManager.default.removeItem(atPath: path) }

    func allot(
      _ container: String, _ version: IPAddress.Version = .v4, isAlive: (String) -> Bool = { _ in true }
    )
      throws -> IPAddress
    {
      try store.allot(
        try #require(network.subnet(version)), of: network, to: container, asked: nil, isAlive: isAlive)
    }
  }

  /// A thousand containers come and go, by several commands at the same time; nobody shares, and nothing is used up.
  @Test func aThousandCycles() async throws {
    let scratch = try Scratch("10.0.0.0/27")
    let path = scratch.path
    let network = scratch.network
    try await withThrowingTaskGroup(of: Void.self) { group in
      for worker in 0..<4 {
        group.addTask {
          let store = try NetworkStore(path: path)
          for cycle in 0..<250 {
            let container = "\(worker)-\(cycle)"
            var held: [IPAddress] = []
            for subnet in network.subnets {
              held.append(
                try store.allot(subnet, of: network, to: container, asked: nil) { _ in true })
            }
            for address in held {
              #expect(try store.leases(of: "one")[address] == container)
              try store.release(address, of: "one", from: container)
            }
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(try scratch.store.leasedAddresses(of: "one").isEmpty)
    #expect(try scratch.allot("last") == address("10.0.0.2"))
    #expect(try scratch.allot("last", .v6) == address("fd00::2"))
  }

  /// What the dead have is given away when nothing else is left, and not before.
  @Test func leasesOfTheDead() throws {
    let scratch = try Scratch("10.0.0.0/29")
    for number in 0..<5 { _ = try scratch.allot("c\(number)") }
    #expect(throws: NetworkingError.self) { try scratch.allot("c5") }
    #expect(try scratch.allot("c5", isAlive: { $0 != "c3" }) == address("10.0.0.5"))
    #expect(try scratch.store.leases(of: "one").count == 5)
    // Only who has an address gives it back.
    try scratch.store.release(try address("10.0.0.5"), of: "one", from: "c3")
    #expect(try scratch.store.leases(of: "one")[address("10.0.0.5")] == "c5")
  }

  /// A port has one owner, whatever the order of commands.
  @Test func aPortHasOneOwner() throws {
    let scratch = try Scratch("10.0.0.0/24")
    let port = try #require(try PublishedPort.parse("8080:80").first)
    for cycle in 0..<1000 {
      #expect(try scratch.store.claim(port, for: "a\(cycle)") == nil)
      #expect(try scratch.store.claim(port, for: "b") == "a\(cycle)")
      try scratch.store.release(port, of: "b")
      try scratch.store.release(port, of: "a\(cycle)")
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path + "/.ports").isEmpty)
  }
}
