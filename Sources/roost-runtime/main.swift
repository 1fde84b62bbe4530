// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux

// The only place that prints errors and ends the process.
ignoreBrokenPipes()
let words = CommandLine.arguments
// The standard library looks for them through /proc; where it finds none, "no arguments" would be a lie.
if words.isEmpty {
  Log().error("cannot read the command line: is /proc mounted?")
  exitProcess(255)
}
let invocation = Invocation(Array(words.dropFirst()))
exitProcess(invocation.run())
