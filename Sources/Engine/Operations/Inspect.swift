// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

extension ContainerEngine {
  /// The columns of `ps`.
  public static let listColumns: [(field: String, heading: String)] = [
    ("ID", "CONTAINER ID"), ("Image", "ROOT"), ("Command", "COMMAND"), ("RunningFor", "CREATED"),
    ("Status", "STATUS"), ("Names", "NAMES"),
  ]

  /// Headings of fields that `--format 'table …'` may name besides.
  public static let listHeadings = ["CreatedAt": "CREATED AT", "LocalVolumes": "LOCAL VOLUMES"]

  /// What `inspect` prints about containers.
  ///
  /// - Parameters:
  ///   - names: Containers by name, id or the beginning of an id.
  ///   - format: A template; nil for the JSON array of everything; `json` for one line each.
  /// - Returns: The text, and an error for each name that could not be shown.
  public func inspect(_ names: [String], format: String?) throws(EngineError) -> (
    text: String, errors: [EngineError]
  ) {
    var documents: [Document] = []
    var errors: [EngineError] = []
    for name in names {
      do {
        documents.append(try view(name).document)
      } catch {
        errors.append(error)
      }
    }
    return (try Self.text(of: documents, format: format), errors)
  }

  /// Documents as `inspect` commands print them.
  ///
  /// - Parameter format: A template; nil for a JSON array; `json` for one line each.
  static func text(of documents: [Document], format: String?) throws(EngineError) -> String {
    guard let format else { return Document.list(documents).prettyJSON() + "\n" }
    if format == "json" { return documents.map { $0.json() + "\n" }.joined() }
    let template = try Template(format)
    var text = ""
    for document in documents { text += try template.text(for: document) + "\n" }
    return text
  }
}
