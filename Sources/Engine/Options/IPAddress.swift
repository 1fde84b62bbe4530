// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc

/// Addresses in text form.
enum IPAddress {
  /// Whether the text is an IPv4 or IPv6 address, see inet_pton(3).
  static func isValid(_ text: String) -> Bool {
    if text.utf8.contains(0) { return false }
    // SAFETY: in6_addr is the largest address that inet_pton writes for these two families.
    var address = in6_addr()
    return inet_pton(AF_INET, text, &address) == 1 || inet_pton(AF_INET6, text, &address) == 1
  }
}
