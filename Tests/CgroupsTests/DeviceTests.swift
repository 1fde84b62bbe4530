// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import OCI
import Testing

@testable import Cgroups

@Suite struct DeviceTests {
  private func lines(_ rules: [DeviceRule], defaults: [DeviceRule] = []) throws -> [String] {
    var options = CgroupOptions()
    options.defaultDevices = defaults
    let resources = Resources.with { $0.devices = rules }
    let plan = try CgroupPlan(
      resources: resources, cgroupsPath: "/c", id: "c", host: Hosts.hybrid, options: options)
    return render(plan).filter { $0.hasPrefix("devices ") }.map { String($0.dropFirst(8)) }
  }

  private func character(
    _ major: UInt32?, _ minor: UInt32?, _ access: DeviceAccess = .all, allow: Bool = true
  ) -> DeviceRule {
    DeviceRule(allow: allow, type: .character, major: major, minor: minor, access: access)
  }

  @Test func rulesOfVersion1StartFromNothing() throws {
    #expect(
      try lines(
        [DeviceRule(allow: false), character(1, 3), character(10, 200, [.read, .write])],
        defaults: [character(nil, nil, .mknod), DeviceRule(allow: true, type: .block, access: .mknod)]) == [
          "devices.deny=a <devices/0>", "devices.allow=c 1:3 rwm <devices/1>",
          "devices.allow=c 10:200 rw <devices/2>", "devices.allow=c *:* m <devices>",
          "devices.allow=b *:* m <devices>",
        ])
    #expect(
      try lines([character(136, nil)]) == [
        "devices.deny=a <devices>", "devices.allow=c 136:* rwm <devices/0>",
      ])
    #expect(try lines([]).isEmpty)
  }

  @Test func whatARuleForEverythingOverrulesIsNotWritten() throws {
    #expect(try lines([character(1, 3), DeviceRule(allow: true)]) == ["devices.allow=a <devices/1>"])
    #expect(
      try lines([DeviceRule(allow: true), character(1, 3, [.write], allow: false)]) == [
        "devices.allow=a <devices/0>", "devices.deny=c 1:3 w <devices/1>",
      ])
    #expect(try lines([character(1, 3), DeviceRule(allow: false)]) == ["devices.deny=a <devices/1>"])
  }

  @Test func rulesForTheSameDeviceAreJoined() throws {
    #expect(
      try lines([character(1, 3, .read), character(1, 5), character(1, 3, .write)]) == [
        "devices.deny=a <devices>", "devices.allow=c 1:3 rw <devices/0>",
        "devices.allow=c 1:5 rwm <devices/1>",
      ])
    #expect(
      try lines([character(1, 3), character(1, 3, [.write, .mknod], allow: false)]) == [
        "devices.deny=a <devices>", "devices.allow=c 1:3 r <devices/0>",
      ])
    #expect(
      try lines([character(1, 3), character(1, 5), character(1, nil, allow: false)]) == [
        "devices.deny=a <devices>"
      ])
  }

  @Test func typeAWithNumbersIsNotEverything() throws {
    #expect(
      try lines([DeviceRule(allow: true, type: .all, major: 1, minor: 3)]) == [
        "devices.deny=a <devices>", "devices.allow=c 1:3 rwm <devices/0>",
        "devices.allow=b 1:3 rwm <devices/0>",
      ])
    #expect(
      try lines([DeviceRule(allow: true, type: .all, access: .mknod)]) == [
        "devices.deny=a <devices>", "devices.allow=c *:* m <devices/0>", "devices.allow=b *:* m <devices/0>",
      ])
  }

  @Test func holesInWildcardsAreRefusedOnVersion1() {
    let error = refusal(
      Hosts.v1, .with { $0.devices = [character(136, nil), character(136, 4, [.write], allow: false)] })
    #expect(error?.reason == .unsupported)
    #expect(error?.field == "/linux/resources/devices/1")
    #expect(error?.message.contains("wildcard of /linux/resources/devices/0") == true)
    let disjoint = Resources.with {
      $0.devices = [character(136, nil, .read), character(136, 4, .write, allow: false)]
    }
    #expect(refusal(Hosts.v1, disjoint) == nil)
  }

  @Test func aRuleWithoutAccessIsRefused() {
    let error = refusal(Hosts.v2, .with { $0.devices = [DeviceRule(allow: true), character(1, 3, [])] })
    #expect(error?.field == "/linux/resources/devices/1/access")
  }

  @Test func devicesCanBeLeftAlone() throws {
    var options = CgroupOptions()
    options.appliesDevices = false
    options.defaultDevices = [character(1, 3)]
    let resources = Resources.with { $0.devices = [DeviceRule(allow: false)] }
    for host in [Hosts.v1, Hosts.v2, Hosts.bare] {
      let plan = try CgroupPlan(resources: resources, cgroupsPath: nil, id: "c", host: host, options: options)
      #expect(render(plan).allSatisfy { $0.hasSuffix(" inherited") })
      #expect(plan.directories.allSatisfy { $0.deviceProgram == nil })
    }
  }

  // MARK: Version 2

  @Test func theProgramOfVersion2() throws {
    let resources = Resources.with { $0.devices = [DeviceRule(allow: false), character(1, 3, .read)] }
    let plan = try CgroupPlan(resources: resources, cgroupsPath: nil, id: "c", host: Hosts.v2)
    let program = try #require(plan.directories[0].deviceProgram)
    func i(_ code: UInt8, _ registers: UInt8, _ offset: Int16 = 0, _ immediate: Int32 = 0)
      -> DeviceProgram.Instruction
    {
      DeviceProgram.Instruction(code: code, registers: registers, offset: offset, immediate: immediate)
    }
    #expect(
      program.instructions == [
        i(0x61, 0x13), i(0x61, 0x14, 4), i(0x61, 0x15, 8), i(0xBF, 0x46), i(0x67, 0x06, 0, 52),
        i(0xC7, 0x06, 0, 32), i(0x4F, 0x56),
        // Character devices only; 1:3; reading is all that is asked.
        i(0x45, 0x03, 3, 1), i(0x55, 0x06, 2, 1 << 20 | 3), i(0x45, 0x03, 1, 5 << 16), i(0x05, 0x00, 2),
        i(0xB7, 0x00, 0, 0), i(0x95, 0x00), i(0xB7, 0x00, 0, 1), i(0x95, 0x00),
      ])
    #expect(plan.directories[0].actions.isEmpty)
  }

  @Test func neighboursWithOneVerdictShareABranch() throws {
    let usual =
      [8, 3, 7, 9, 5, 7].map { character(2048, $0, .all) } + [character(136, nil), character(137, nil)]
    let program = try DeviceRuleList([DeviceRule(allow: false)] + usual).program()
    // The kind; 136 and 137; 3; 5; 7 to 9.
    #expect(program.instructions.count { [0x15, 0x45, 0xA5].contains($0.code) } == 5)
    for minor in UInt32(0)..<12 {
      #expect(run(program, false, 2048, minor, .all) == [3, 5, 7, 8, 9].contains(minor))
      #expect(run(program, false, 130 + minor, 4, .all) == (6...7).contains(minor))
    }
    #expect(!run(program, false, 2049, 7, .all) && !run(program, true, 2048, 7, .all))
    // The later rule comes first, and what is between them stays between them.
    let mixed = try DeviceRuleList([
      character(1, 1, .all), DeviceRule(allow: false, type: .character, major: 2, minor: 2, access: .all),
      DeviceRule(allow: false, type: .character, major: 1, minor: 1, access: .all), character(2, 2, .all),
    ]).program()
    #expect(!run(mixed, false, 1, 1, .read) && run(mixed, false, 2, 2, .read))
  }

  @Test func aProgramDecidesAsTheRulesSay() throws {
    var random = Random(state: 42)
    for _ in 0..<300 {
      let rules = (0..<Int(random.next(7))).map { _ in random.rule() }
      let program = try DeviceRuleList(rules).program()
      for _ in 0..<60 {
        let isBlock = random.next(2) == 1
        let (major, minor) = (random.major(), random.minor())
        let access = DeviceAccess(rawValue: UInt8(1 + random.next(7)))
        #expect(
          run(program, isBlock, major, minor, access) == isAllowed(rules, isBlock, major, minor, access),
          "\(rules) \(isBlock) \(major):\(minor) \(access)")
      }
    }
  }

  @Test func numbersThatNoDeviceHasMatchNothing() throws {
    let program = try DeviceRuleList([character(.max, 1)]).program()
    #expect(!run(program, false, .max, 1, .read))
    let largest = try DeviceRuleList([character(4095, 0xFFFFF), character(4095, 0xFFFFF)]).program()
    #expect(run(largest, false, 4095, 0xFFFFF, .read) && !run(largest, false, 4095, 0xFFFFE, .read))
    #expect(try DeviceRuleList([character(.max, 1)]).program() == DeviceRuleList([]).program())
  }

  @Test func allCodeIsReachable() throws {
    var random = Random(state: 7)
    for _ in 0..<300 {
      let program = try DeviceRuleList((0..<Int(random.next(9))).map { _ in random.rule() }).program()
      var reached = Set([0])
      for (index, instruction) in program.instructions.enumerated() {
        #expect(reached.contains(index), "\(program)")
        if instruction.code != 0x95 && instruction.code != 0x05 { reached.insert(index + 1) }
        if instruction.code & 7 == 5 && instruction.code != 0x95 {
          #expect(instruction.offset >= 0)
          reached.insert(index + 1 + Int(instruction.offset))
        }
      }
    }
  }

  @Test func asManyRulesAsThereMayBeFit() throws {
    let rules = (0..<DeviceRuleList.largestCount).map { character(UInt32($0), UInt32($0), .read) }
    let program = try DeviceRuleList(rules).program()
    #expect(program.instructions.count < Int(Int16.max))
    #expect(run(program, false, 0, 0, .read) && run(program, false, 4095, 4095, .read))
    #expect(!run(program, false, 0, 1, .read) && !run(program, true, 7, 7, .read))
    let error = #expect(throws: CgroupError.self) { try DeviceRuleList(rules + rules.prefix(1)) }
    #expect(error?.field == "/linux/resources/devices")
  }

  /// The meaning of a list, access by access: the last rule that speaks of the device and the access decides.
  private func isAllowed(
    _ rules: [DeviceRule], _ isBlock: Bool, _ major: UInt32, _ minor: UInt32, _ access: DeviceAccess
  ) -> Bool {
    [DeviceAccess.read, .write, .mknod].filter { access.contains($0) }.allSatisfy { one in
      rules.last { rule in
        (rule.type == .all || (rule.type == .block) == isBlock) && (rule.major ?? major) == major
          && (rule.minor ?? minor) == minor && rule.access.contains(one)
      }?.allow ?? false
    }
  }

  /// As much of a BPF machine as such programs need.
  private func run(
    _ program: DeviceProgram, _ isBlock: Bool, _ major: UInt32, _ minor: UInt32, _ access: DeviceAccess
  ) -> Bool {
    let bits =
      (access.contains(.mknod) ? UInt32(1) : 0) | (access.contains(.read) ? 2 : 0)
      | (access.contains(.write) ? 4 : 0)
    let context = [bits << 16 | (isBlock ? 1 : 2), major, minor]
    var registers = [UInt64](repeating: 0, count: 11)
    var position = 0
    while true {
      let instruction = program.instructions[position]
      let to = Int(instruction.registers & 15)
      let from = Int(instruction.registers >> 4)
      let immediate = UInt64(bitPattern: Int64(instruction.immediate))
      position += 1
      switch instruction.code {
      case 0x61: registers[to] = UInt64(context[Int(instruction.offset) / 4])
      case 0xBF: registers[to] = registers[from]
      case 0xB7: registers[to] = immediate
      case 0x57: registers[to] &= immediate
      case 0x4F: registers[to] |= registers[from]
      case 0x67: registers[to] <<= immediate
      case 0xC7: registers[to] = UInt64(bitPattern: Int64(bitPattern: registers[to]) >> Int64(immediate))
      case 0xBC: registers[to] = registers[from] & 0xFFFF_FFFF
      case 0x04: registers[to] = (registers[to] &+ immediate) & 0xFFFF_FFFF
      case 0x05: position += Int(instruction.offset)
      case 0x15: if registers[to] == immediate { position += Int(instruction.offset) }
      case 0x55: if registers[to] != immediate { position += Int(instruction.offset) }
      case 0x45: if registers[to] & immediate != 0 { position += Int(instruction.offset) }
      case 0xA5: if registers[to] < immediate { position += Int(instruction.offset) }
      case 0x95: return registers[0] == 1
      default:
        Issue.record("unknown instruction \(instruction)")
        return false
      }
    }
  }

  /// A generator that gives the same rules each time (Knuth's MMIX constants).
  private struct Random {
    var state: UInt64

    mutating func next(_ bound: UInt32) -> UInt32 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt32(state >> 33) % bound
    }

    mutating func major() -> UInt32 { [0, 1, 2048, 4095][Int(next(4))] }

    mutating func minor() -> UInt32 { [0, 1, 0xFFFFF][Int(next(3))] }

    mutating func rule() -> DeviceRule {
      DeviceRule(
        allow: next(2) == 0, type: [.all, .block, .character][Int(next(3))],
        major: next(3) == 0 ? nil : next(3),
        minor: next(3) == 0 ? nil : next(3),
        access: next(3) == 0 ? .all : DeviceAccess(rawValue: UInt8(1 + next(7))))
    }
  }
}
