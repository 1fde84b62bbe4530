// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import ContainerPlan

// Global options that several commands ask for.
extension Context {
  /// `--rootless`: whether a container for which the configuration sets no limits gets no cgroups, as is usual for
  /// callers who may not make any.
  func mayDoWithoutCgroups(_ host: HostFacts) throws(CommandFailure) -> Bool {
    switch global.value("rootless") {
    case nil, "auto": return host.isConfined
    case "true": return true
    case "false": return false
    case let other?: throw CommandFailure("--rootless: expected true, false or auto, found \"\(other)\"")
    }
  }
}
