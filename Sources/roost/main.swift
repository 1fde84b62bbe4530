// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Engine
import Glibc
import Linux

// As process 1 of a container (`--init`), as a hook, or in a half-made container (`--step`), we are somebody else, and
// nothing below applies.
let arguments = Arguments.all()
if let status = StartGateHook.run(arguments) { exit(status) }
if let status = LookAround.run(arguments) { exit(status) }
if let command = Arguments.initCommand(arguments) { exit(ContainerInit.run(command)) }
exit(Program.run(Array(arguments.dropFirst())))
