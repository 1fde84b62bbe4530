// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// What `roost doctor` has to say about one property of the machine.
public struct Finding: Equatable, Sendable {
  public enum Level: String, Equatable, Sendable {
    case good = "ok"
    /// Something that not every container needs is missing, or could be safer.
    case hint = "hint"
    /// Containers of this user cannot run, or not with limits.
    case bad = "missing"
  }

  public var level: Level
  /// The property, in a few words.
  public var subject: String
  /// What was found, and what to change if something should be.
  public var text: String

  init(_ level: Level, _ subject: String, _ text: String) {
    self.level = level
    self.subject = subject
    self.text = text
  }
}
