// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import JSON
import OCI

/// The OCI configuration as the text of `config.json`.
enum SpecText {
  static func json(_ spec: Spec) -> [UInt8] { [] }
}
