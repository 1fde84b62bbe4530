// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import CCrypto

/// The hash function of FIPS 180-4 over bytes that come in pieces. A copy goes its own way.
struct SHA256 {
  private var state = SHA256_CTX()

  init() { SHA256_Init(&state) }

  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    SHA256_Update(&state, bytes.baseAddress, bytes.count)
  }

  /// The digest of everything so far.
  func digest() -> RootFSDigest {
    var last = state
    let bytes = [UInt8](unsafeUninitializedCapacity: Int(SHA256_DIGEST_LENGTH)) { buffer, count in
      SHA256_Final(buffer.baseAddress, &last)
      count = buffer.count
    }
    return RootFSDigest(bytes: bytes)
  }
}
