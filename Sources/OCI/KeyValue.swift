// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// One member of a JSON object whose keys are free text: annotations, sysctls, cgroup files.
///
/// The types of this module keep such objects as arrays, because the order of the document is the order in which
/// a plan applies, prints and tests them.
public struct KeyValue: Equatable, Sendable {
  public var key: String
  public var value: String

  public init(_ key: String, _ value: String) {
    self.key = key
    self.value = value
  }
}

extension Array where Element == KeyValue {
  /// The value of the first pair with this key.
  public func value(forKey key: String) -> String? {
    first { $0.key == key }?.value
  }
}
