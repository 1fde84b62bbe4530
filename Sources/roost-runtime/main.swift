// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux

// The only place that prints errors and ends the process.
setHeapStep(bytes: 512 << 10)
ignoreBrokenPipes()
let invocation = Invocation(Array(processArguments().dropFirst()))
exitProcess(invocation.run())
