// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

public import JSON

/// What is wrong with a configuration, and where.
///
/// Decoding knows line and column; the rules of `validate` know only the JSON pointer, and get the rest from the
/// document with ``located(in:)``.
public struct SpecError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The document's name, usually its path; empty where there is no document.
  public var source: String
  public var position: JSONPosition?
  /// The property at fault as a JSON pointer (RFC 6901), like `/process/user/uid`.
  public var pointer: String
  public var problem: String

  /// An error of a rule, not yet tied to a document.
  public init(pointer: String, problem: String) {
    source = ""
    position = nil
    self.pointer = pointer
    self.problem = problem
  }

  public init(_ error: JSONError) {
    source = error.source
    position = error.position
    pointer = error.pointer
    problem = error.problem
  }

  /// The same error with the document's name, line and column.
  public func located(in document: JSONDocument) -> SpecError {
    var error = self
    error.source = document.source
    error.position = document.position(of: pointer)
    return error
  }

  public var description: String {
    JSONError.line(source: source, position: position, pointer: pointer, problem: problem)
  }
}
