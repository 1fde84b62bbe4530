// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc

// fuzz TARGET [option or directory of libFuzzer]…

/// libFuzzer's main function with another name, see fuzzer/FuzzerInterface.h of LLVM.
@_silgen_name("LLVMFuzzerRunDriver")
func runFuzzer(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ tryInput: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

guard CommandLine.arguments.count > 1 else {
  print(Target.allCases.map { $0.rawValue }.joined(separator: "\n"))
  exit(0)
}
guard let target = Target(rawValue: CommandLine.arguments[1]) else {
  print("fuzz: no target \(CommandLine.arguments[1]); without arguments the program prints their names")
  exit(2)
}
Target.chosen = target
// The target's name takes the place of the program's.
var count = CommandLine.argc - 1
var arguments = CommandLine.unsafeArgv + 1
exit(
  runFuzzer(&count, &arguments) { bytes, count in
    Target.chosen.tryInput(Array(UnsafeBufferPointer(start: bytes, count: count)))
    return 0
  })
