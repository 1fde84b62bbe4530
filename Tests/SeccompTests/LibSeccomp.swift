// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import OCI
import Seccomp
import Testing

/// The library that other runtimes use, loaded at run time: the oracle of these tests.
///
/// The functions below do with it what runc does.
struct LibSeccomp: @unchecked Sendable {
  private typealias Context = UnsafeMutableRawPointer

  /// `struct scmp_arg_cmp`.
  private struct Comparison {
    var argument: UInt32
    var operation: Int32
    var first: UInt64
    var second: UInt64
  }

  private let initialize: @convention(c) (UInt32) -> Context?
  private let release: @convention(c) (Context) -> Void
  private let addArchitecture: @convention(c) (Context, UInt32) -> Int32
  private let removeArchitecture: @convention(c) (Context, UInt32) -> Int32
  private let setAttribute: @convention(c) (Context, Int32, UInt32) -> Int32
  private let resolve: @convention(c) (UnsafePointer<CChar>) -> Int32
  private let resolveIn: @convention(c) (UInt32, UnsafePointer<CChar>) -> Int32
  private let addRule: @convention(c) (Context, UInt32, Int32, UInt32, UnsafeRawPointer?) -> Int32
  private let export: @convention(c) (Context, Int32) -> Int32

  enum Failure: Error, Equatable {
    case function(String, code: Int32)
  }

  /// `nil` if this machine does not have it.
  static let shared: LibSeccomp? = {
    guard let library = dlopen("libseccomp.so.2", RTLD_NOW) else { return nil }
    return LibSeccomp(library)
  }()

  private init?(_ library: UnsafeMutableRawPointer) {
    func symbol<Function>(_ name: String, _ type: Function.Type) -> Function? {
      // SAFETY: the types are those of seccomp.h.
      dlsym(library, name).map { unsafeBitCast($0, to: type) }
    }
    guard
      let initialize = symbol("seccomp_init", type(of: self.initialize)),
      let release = symbol("seccomp_release", type(of: self.release)),
      let addArchitecture = symbol("seccomp_arch_add", type(of: self.addArchitecture)),
      let removeArchitecture = symbol("seccomp_arch_remove", type(of: self.removeArchitecture)),
      let setAttribute = symbol("seccomp_attr_set", type(of: self.setAttribute)),
      let resolve = symbol("seccomp_syscall_resolve_name", type(of: self.resolve)),
      let resolveIn = symbol("seccomp_syscall_resolve_name_arch", type(of: self.resolveIn)),
      let addRule = symbol("seccomp_rule_add_array", type(of: self.addRule)),
      let export = symbol("seccomp_export_bpf", type(of: self.export))
    else { return nil }
    self.initialize = initialize
    self.release = release
    self.addArchitecture = addArchitecture
    self.removeArchitecture = removeArchitecture
    self.setAttribute = setAttribute
    self.resolve = resolve
    self.resolveIn = resolveIn
    self.addRule = addRule
    self.export = export
  }

  /// Whether this machine has the library.
  static var isHere: Bool { shared != nil }

  /// Why a comparison is skipped.
  static let absence: Comment =
    "libseccomp.so.2 (Debian: libseccomp2) is not installed, there is nothing to compare with"

  /// Whether the library has heard of a system call.
  func knows(_ name: String) -> Bool { resolve(name) != -1 }

  /// The number of a call, or `nil`. (Negative numbers stand for calls that the convention lacks, and for
  /// those that i386 multiplexes.)
  func number(of name: String, in architecture: SeccompArchitecture) -> UInt32? {
    UInt32(exactly: resolveIn(Self.token(architecture), name))
  }

  /// `SCMP_ARCH_…` of the architectures that these tests need.
  static func token(_ architecture: SeccompArchitecture) -> UInt32 {
    switch architecture {
    case .x86: 0x4000_0003
    case .x86_64: 0xC000_003E
    case .x32: 0x4000_003E
    case .aarch64: 0xC000_00B7
    case .arm: 0x4000_0028
    default: 0
    }
  }

  /// Compiles a profile as runc does, without its ENOSYS prologue.
  ///
  /// - Parameters:
  ///   - architectures: The conventions that are covered.
  ///   - include: Which names the library is told of.
  func compile(
    _ profile: SeccompProfile, for architectures: [SeccompArchitecture],
    include: (String) -> Bool = { _ in true }
  ) throws -> [BPFInstruction] {
    let defaultAction = profile.defaultAction.verdict(errno: profile.defaultErrnoRet)
    guard let context = initialize(defaultAction) else { throw Failure.function("init", code: 0) }
    defer { release(context) }
    for architecture in architectures {
      try check("arch_add", addArchitecture(context, Self.token(architecture)), except: -EEXIST)
    }
    // The library starts with the convention of the machine that it runs on.
    for other in [SeccompArchitecture.x86_64, .aarch64] where !architectures.contains(other) {
      try check("arch_remove", removeArchitecture(context, Self.token(other)), except: -EEXIST)
    }
    if !profile.syscalls.isEmpty {
      // A binary tree instead of a list (SCMP_FLTATR_CTL_OPTIMIZE), as runc has it for long profiles. The
      // list of 2.5.4 and 2.6.0 does not load the call's number if its first call is one that the convention
      // lacks.
      try check("attr_set", setAttribute(context, 8, 2), except: 0)
    }
    for rule in profile.syscalls {
      let action = rule.action.verdict(errno: rule.errnoRet)
      guard action != defaultAction else { continue }
      for name in rule.names where include(name) {
        try add(rule, action: action, number: resolve(name), to: context)
      }
    }
    return try read(context)
  }

  private func add(_ rule: SeccompRule, action: UInt32, number: Int32, to context: Context) throws {
    guard number != -1 else { return }
    let comparisons = rule.args.map(Self.comparison)
    let indices = rule.args.map(\.index)
    let groups = Set(indices).count == indices.count ? [comparisons] : comparisons.map { [$0] }
    for group in groups {
      let code = group.withUnsafeBytes {
        addRule(context, action, number, UInt32(group.count), $0.baseAddress)
      }
      try check("rule_add", code, except: 0)
    }
  }

  private func check(_ function: String, _ code: Int32, except allowed: Int32) throws {
    if code != 0, code != allowed { throw Failure.function(function, code: code) }
  }

  private func read(_ context: Context) throws -> [BPFInstruction] {
    guard let stream = tmpfile() else { throw Failure.function("tmpfile", code: errno) }
    defer { fclose(stream) }
    let file = fileno(stream)
    try check("export_bpf", export(context, file), except: 0)
    let size = Int(lseek(file, 0, SEEK_END))
    var program = [BPFInstruction](repeating: BPFInstruction(code: 0, operand: 0), count: size / 8)
    let got = program.withUnsafeMutableBytes { pread(file, $0.baseAddress, size, 0) }
    guard got == size else { throw Failure.function("pread", code: errno) }
    return program
  }

  private static func comparison(_ argument: SeccompArgument) -> Comparison {
    let operation: Int32 =
      switch argument.op {
      case .notEqual: 1
      case .less: 2
      case .lessOrEqual: 3
      case .equal: 4
      case .greaterOrEqual: 5
      case .greater: 6
      case .maskedEqual: 7
      }
    return Comparison(
      argument: argument.index, operation: operation, first: argument.value, second: argument.valueTwo)
  }
}
