// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux
internal import OCI

extension LoweredRule {
  /// What `errnoRet` means where it is absent.
  static let defaultErrno = UInt32(EPERM)
}

/// The steps from a profile to a program.
struct Compiler {
  private let architecture: NativeArchitecture
  private let defaultVerdict: UInt32
  private let permissive: Bool
  /// The machine's own convention first.
  private var tables: [RuleTable]
  private(set) var warnings: [SeccompWarning] = []
  let needsListener: Bool

  init(_ profile: SeccompProfile, for architecture: NativeArchitecture) throws(SeccompError) {
    self.architecture = architecture
    defaultVerdict = try LoweredRule.verdict(
      profile.defaultAction, errno: profile.defaultErrnoRet, pointer: SeccompPointer.root,
      property: "defaultErrnoRet")
    permissive =
      switch profile.defaultAction {
      case .allow, .log, .trace: true
      default: false
      }
    needsListener = try Self.checkNotify(profile)
    let (conventions, foreign) = Self.conventions(of: profile, on: architecture)
    tables = conventions.map { RuleTable($0) }
    warnings = foreign.map { .foreignArchitecture($0) }

    for (source, rule) in profile.syscalls.enumerated() {
      try add(rule, source: source)
    }
  }

  /// Whether any rule says `notify`.
  private static func checkNotify(_ profile: SeccompProfile) throws(SeccompError) -> Bool {
    if profile.defaultAction == .notify {
      throw .notifyNotPossible(pointer: "\(SeccompPointer.root)/defaultAction")
    }
    var used = false
    for (source, rule) in profile.syscalls.enumerated() where rule.action == .notify {
      if rule.names.contains("write") {
        throw .notifyNotPossible(pointer: "\(SeccompPointer.rule(source))/action")
      }
      used = true
    }
    if used, profile.listenerPath?.isEmpty ?? true { throw .listenerPathMissing }
    return used
  }

  private static func conventions(
    of profile: SeccompProfile, on architecture: NativeArchitecture
  ) -> (conventions: [SyscallConvention], foreign: [SeccompArchitecture]) {
    var conventions = [architecture.convention]
    var foreign: [SeccompArchitecture] = []
    for listed in profile.architectures {
      if let convention = architecture.conventions.first(where: { $0.name == listed })?.convention {
        if !conventions.contains(convention) { conventions.append(convention) }
      } else {
        foreign.append(listed)
      }
    }
    return (conventions, foreign)
  }

  private mutating func add(_ rule: SeccompRule, source: Int) throws(SeccompError) {
    let lowered = try LoweredRule(rule, source: source)
    let redundant = lowered.verdict == defaultVerdict
    for name in rule.names {
      guard let numbers = SyscallNumbers(named: name) else {
        warnings.append(.unknownSyscall(name: name, pointer: "\(SeccompPointer.rule(source))/names"))
        continue
      }
      for index in tables.indices {
        if let number = numbers.number(in: tables[index].convention) {
          tables[index].name(number)
          if !redundant { try tables[index].add(lowered, to: number) }
        }
        if !redundant, tables[index].convention == .i386 {
          try addMultiplexed(lowered, name: name, numbers, to: index)
        }
      }
    }
  }

  /// On i386 some calls can also be made through another one, which has the call's number as its first
  /// argument and the address of the arguments, which a filter cannot follow, as its second. As in
  /// libseccomp, that form is treated as the rule says, whatever the rule's first condition.
  private mutating func addMultiplexed(
    _ rule: LoweredRule, name: String, _ numbers: SyscallNumbers, to table: Int
  ) throws(SeccompError) {
    guard let (multiplexer, number) = numbers.multiplexed,
      let entry = SyscallNumbers(named: multiplexer.rawValue)?.number(in: .i386)
    else { return }
    try tables[table].add(rule, to: entry, firstArgument: number)
    let reported = warnings.contains {
      if case .uncheckedArguments(name, _) = $0 { true } else { false }
    }
    if !rule.alternatives.isEmpty, !reported {
      warnings.append(
        .uncheckedArguments(name: name, pointer: "\(SeccompPointer.rule(rule.source))/args"))
    }
  }

  /// Puts the program together: which architecture, which number, which arguments.
  mutating func assemble() throws(SeccompError) -> [BPFInstruction] {
    var assembler = BPFAssembler(capacity: 512)
    var sections: [(architecture: UInt32, start: BPFAssembler.Label)] = []
    // The machine's own convention comes last here and thus first in the program, where jumps to it are
    // short.
    for index in tables.indices.reversed() where tables[index].convention != .x32 {
      let start = section(at: index, in: &assembler)
      sections.append((tables[index].convention.auditArchitecture, start))
    }
    var next = assembler.verdict(Kernel.SECCOMP_RET_KILL_THREAD)
    for section in sections {
      next = assembler.branch(BPFCode.ifEqual, section.architecture, ifTrue: section.start, ifFalse: next)
    }
    _ = assembler.load(SeccompData.architecture, then: next)
    for source in Set(tables.flatMap { $0.shadowed }).sorted() {
      warnings.append(.shadowedRule(pointer: SeccompPointer.rule(source)))
    }
    guard assembler.count <= Kernel.BPF_MAXINSNS else {
      throw .programTooLong(instructions: assembler.count)
    }
    return assembler.program()
  }

  private func section(at index: Int, in assembler: inout BPFAssembler) -> BPFAssembler.Label {
    let beyond = permissive ? nil : Kernel.SECCOMP_RET_ERRNO | UInt32(ENOSYS)
    var map = NumberMap()
    tables[index].describe(in: &map, otherwise: defaultVerdict, beyond: beyond)
    if tables[index].convention == .x86_64 {
      if let x32 = tables.firstIndex(where: { $0.convention == .x32 }) {
        tables[x32].describe(in: &map, otherwise: defaultVerdict, beyond: beyond)
      } else {
        map.set(from: Kernel.__X32_SYSCALL_BIT, to: .verdict(Kernel.SECCOMP_RET_KILL_THREAD))
        // What a tracer sets to skip a call is not one of x32.
        map.set(from: .max, to: .verdict(defaultVerdict))
      }
    }
    return map.assemble(in: &assembler)
  }
}
