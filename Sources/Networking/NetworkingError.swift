// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// Why a network cannot be had: one line for a person. The caller puts the flag or the command in front.
public struct NetworkingError: Error, Equatable, Sendable, CustomStringConvertible {
  public var message: String
  /// What failed while taking back what had been done.
  public var cleanupFailures: [String] = []

  public init(_ message: String) { self.message = message }

  public var description: String { message }

  public func within(_ context: String) -> NetworkingError {
    var result = self
    result.message = "\(context): \(message)"
    return result
  }
}

/// Calls what throws errors of other modules, and says what was tried.
func naming<T>(_ what: String, _ body: () throws -> T) throws(NetworkingError) -> T {
  do {
    return try body()
  } catch let error as NetworkingError {
    throw error
  } catch {
    throw NetworkingError("\(what): \(error)")
  }
}

extension String {
  /// The parts before and after the first occurrence of a byte; nil behind when there is none.
  func cut(at separator: Character) -> (String, String?) {
    guard let index = firstIndex(of: separator) else { return (self, nil) }
    return (String(self[..<index]), String(self[self.index(after: index)...]))
  }
}
