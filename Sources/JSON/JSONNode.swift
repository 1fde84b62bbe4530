// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// One entry of a document's node array: a value, or a member's key.
///
/// Nodes stand in document order. A container is followed by its elements, an object by its members, each a key and
/// a value; `next` leads past them. Offsets and indices fit 32 bits because of ``JSONDocument/maximumSize``.
struct JSONNode {
  enum Kind: UInt8 {
    case null, `true`, `false`
    /// A number without fraction and exponent.
    case integer
    /// Any other number.
    case decimal
    case string, array, object, key
  }

  /// The offset of the token's first byte; of a text, the byte after the quotation mark.
  var start: UInt32
  /// The token's length in bytes, quotation marks excluded; of a container, the number of its elements or members.
  var length: UInt32 = 0
  /// The index of the node after this one and all that it contains.
  var next: UInt32 = 0
  var kind: Kind
  /// The text has escapes and must be decoded before it is compared or handed out.
  var isEscaped = false
}
