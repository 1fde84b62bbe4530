// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import OCI
import Testing

@testable import Seccomp

@Suite("System call tables")
struct SyscallTableTests {
  private static let conventions: [SyscallConvention] = [.x86_64, .i386, .x32, .aarch64, .arm]

  /// Whether libseccomp gives a name the same numbers.
  static func agrees(_ library: LibSeccomp, _ name: String) -> Bool {
    guard library.knows(name) else { return false }
    return conventions.allSatisfy { differs(library, name, in: $0) == nil }
  }

  /// How the library's number differs from ours.
  private static func differs(
    _ library: LibSeccomp, _ name: String, in convention: SyscallConvention
  ) -> String? {
    let numbers = SyscallNumbers(named: name)
    // Under these names libseccomp has only the pseudo numbers of i386.
    if convention == .i386, numbers?.multiplexed != nil { return nil }
    let ours = numbers?.number(in: convention).map { $0 + convention.numberBase }
    let theirs = library.number(of: name, in: convention.architecture)
    if ours == theirs { return nil }
    return "\(name) in \(convention): \(ours ?? .max), libseccomp \(theirs ?? .max)"
  }

  @Test(
    "numbers are libseccomp's, where it has the call",
    .enabled(if: LibSeccomp.isHere, LibSeccomp.absence))
  func numbersAgree() throws {
    let library = try #require(LibSeccomp.shared)
    // libseccomp 2.5 goes by the kernel's tables, which have a second name less for ARM, and leave a call out
    // of x32 that the header has.
    let expected = ["sync_file_range2", "map_shadow_stack"]
    for name in SyscallNumbers.allNames where library.knows(name) && !expected.contains(name) {
      let found = Self.conventions.compactMap { Self.differs(library, name, in: $0) }
      #expect(found.isEmpty, "\(found)")
    }
  }

  @Test("numbers of well-known calls", arguments: zip(["read", "clone3", "io_uring_setup"], [0, 435, 425]))
  func knownNumbers(name: String, number: UInt32) throws {
    #expect(try #require(SyscallNumbers(named: name)).number(in: .x86_64) == number)
  }

  @Test("calls that a convention lacks, private and multiplexed calls")
  func otherColumns() throws {
    let open = try #require(SyscallNumbers(named: "open"))
    #expect(open.number(in: .aarch64) == nil)
    #expect(open.number(in: .arm) == 5)
    #expect(open.multiplexed == nil)
    let flush = try #require(SyscallNumbers(named: "cacheflush"))
    #expect(flush.number(in: .arm) == 0xf_0002)
    #expect(flush.number(in: .x86_64) == nil)
    let accept = try #require(SyscallNumbers(named: "accept"))
    #expect(accept.number(in: .i386) == nil)
    #expect(accept.multiplexed?.by == .socketcall)
    #expect(accept.multiplexed?.number == 5)
    #expect(try #require(SyscallNumbers(named: "shmctl")).multiplexed?.by == .ipc)
  }

  @Test(
    "names that no convention has",
    arguments: ["", "a", "reads", "READ", "read ", "rea", "zzzz", "é", "rëad"])
  func unknownNames(name: String) {
    #expect(SyscallNumbers(named: name) == nil)
  }

  @Test("every name of the table is found, and the lines are sorted")
  func everyName() {
    #expect(SyscallNumbers.allNames.count > 450)
    for name in SyscallNumbers.allNames {
      #expect(SyscallNumbers(named: name) != nil, "\(name)")
    }
    for (left, right) in zip(SyscallNumbers.allNames, SyscallNumbers.allNames.dropFirst()) {
      guard left.utf8.count == right.utf8.count else { continue }
      #expect(Array(left.utf8).lexicographicallyPrecedes(Array(right.utf8)), "\(left), \(right)")
    }
  }

  @Test("no number is higher than the table says")
  func highestNumbers() {
    for name in SyscallNumbers.allNames {
      for convention in Self.conventions {
        guard let number = SyscallNumbers(named: name)?.number(in: convention) else { continue }
        let limit =
          number < SyscallNumbers.privateBase
          ? SyscallTableData.highestNumber : SyscallTableData.highestPrivateNumber
        #expect(number <= limit, "\(name)")
      }
    }
  }
}
