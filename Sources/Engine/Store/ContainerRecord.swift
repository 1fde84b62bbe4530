// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// What was asked for, and what the engine decided: the content of `container.json`, in the shape that `inspect` prints
/// (Docker's), with what only the engine needs below `Roost`.
public struct ContainerRecord: Equatable, Sendable {
  public let document: Document

  /// The version of the file's format.
  static let version: Int64 = 1

  public let id: String
  /// Without a leading slash.
  public let name: String
  /// RFC 3339.
  public let created: String
  public let createdNanoseconds: Int64
  /// The root file system as it was named.
  public let root: String
  public let command: [String]
  public let labels: [Document.Member]
  public let hasTerminal: Bool
  /// The OCI runtime, absolute, and its `--root`.
  public let runtime: String
  public let runtimeRoot: String
  public let stopSignal: Int32
  /// -1: for ever.
  public let stopTimeoutSeconds: Int32
  public let removesAfterwards: Bool

  /// Reads a record.
  ///
  /// - Throws: ``EngineError`` naming the member at fault.
  init(document: Document, source: String) throws(EngineError) {
    func member(_ keys: [String]) throws(EngineError) -> Document {
      var value = document
      for key in keys {
        guard let next = value[key] else {
          throw EngineError("\(source): \(keys.joined(separator: ".")) is missing")
        }
        value = next
      }
      return value
    }
    func mismatch(_ keys: [String]) -> EngineError {
      EngineError("\(source): \(keys.joined(separator: ".")) has the wrong type")
    }
    func text(_ keys: String...) throws(EngineError) -> String {
      guard let text = try member(keys).text else { throw mismatch(keys) }
      return text
    }
    func number<T: FixedWidthInteger>(_ keys: String...) throws(EngineError) -> T {
      guard let number = try member(keys).number.flatMap(T.init(exactly:)) else { throw mismatch(keys) }
      return number
    }
    func flag(_ keys: String...) throws(EngineError) -> Bool {
      guard let flag = try member(keys).flag else { throw mismatch(keys) }
      return flag
    }
    let version: Int64 = try number("Roost", "Version")
    guard version == Self.version else {
      throw EngineError(
        "\(source): version \(version) was written by another roost; this one knows \(Self.version)")
    }
    self.document = document
    id = try text("Id")
    name = String(try text("Name").drop { $0 == "/" })
    created = try text("Created")
    createdNanoseconds = try number("Roost", "CreatedNanoseconds")
    root = try text("Config", "Image")
    command = [try text("Path")] + (try member(["Args"]).elements ?? []).compactMap(\.text)
    labels = try member(["Config", "Labels"]).members ?? []
    hasTerminal = try flag("Config", "Tty")
    runtime = try text("Roost", "Runtime")
    runtimeRoot = try text("Roost", "RuntimeRoot")
    stopSignal = try number("Roost", "StopSignal")
    stopTimeoutSeconds = try number("Roost", "StopTimeoutSeconds")
    removesAfterwards = try flag("HostConfig", "AutoRemove")
  }
}
