// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Linux

/// Where this machine gets its own packages from (sources.list(5)).
struct AptSource: Equatable {
  var uri: String
  var suite: String
  var components: [String]
  /// The file with the keys that sign it, absolute; nil where apt's own keys do.
  var keyring: String?
}

/// The host's sources of binary packages, in the order in which apt reads them.
enum AptSources {
  static let directory = "/etc/apt"
  private static let maximumBytes = 1 << 20

  /// Reads `sources.list` and what is in `sources.list.d`; nothing where there is none.
  ///
  /// - Parameter directory: apt's directory.
  static func read(_ directory: String = AptSources.directory) throws(RootFSError) -> [AptSource] {
    do throws(SyscallError) {
      var result = try contents(directory + "/sources.list").map(parseLines) ?? []
      let parts: Descriptor
      do throws(SyscallError) {
        parts = try openat(.workingDirectory, directory + "/sources.list.d", [.readOnly, .directory])
      } catch {
        if error.errno == .noEntry { return result }
        throw error
      }
      for entry in try listDirectory(parts.fd).map({ $0.name }).sorted() {
        guard let text = try contents(directory + "/sources.list.d/" + entry) else { continue }
        if entry.utf8.suffix(5).elementsEqual(".list".utf8) { result += parseLines(text) }
        if entry.utf8.suffix(8).elementsEqual(".sources".utf8) { result += parseStanzas(text) }
      }
      return result
    } catch {
      throw RootFSError(
        .system, "cannot read the host's package sources", subject: directory, errno: error.errno.rawValue)
    }
  }

  private static func contents(_ path: String) throws(SyscallError) -> String? {
    do throws(SyscallError) {
      return String(decoding: try readFile(.workingDirectory, path, limit: maximumBytes), as: UTF8.self)
    } catch {
      if error.errno == .noEntry || error.errno == .isDirectory { return nil }
      throw error
    }
  }

  /// `deb [OPTION=VALUE …] URI SUITE COMPONENT…`, a line each.
  static func parseLines(_ text: String) -> [AptSource] {
    var result: [AptSource] = []
    for line in text.split(separator: "\n") {
      var words = line.prefix { $0 != "#" }.split { $0 == " " || $0 == "\t" }.map(String.init)[...]
      guard words.popFirst() == "deb" else { continue }
      var keyring: String?
      if words.first?.utf8.first == UInt8(ascii: "[") {
        while let word = words.popFirst() {
          let option = word.filter { $0 != "[" && $0 != "]" }
          if let value = option.droppingPrefix("signed-by=") { keyring = path(value) }
          if word.utf8.last == UInt8(ascii: "]") { break }
        }
      }
      guard let uri = words.popFirst(), let suite = words.popFirst() else { continue }
      result.append(AptSource(uri: uri, suite: suite, components: Array(words), keyring: keyring))
    }
    return result
  }

  /// Stanzas of `Field: value`, an empty line between them (deb822(5)).
  static func parseStanzas(_ text: String) -> [AptSource] {
    var result: [AptSource] = []
    var fields: [String: String] = [:]
    var current = ""
    func words(_ name: String) -> [String] {
      (fields[name] ?? "").split { $0 == " " || $0 == "\t" || $0 == "\n" }.map(String.init)
    }
    func end() {
      defer { fields = [:] }
      guard words("types").contains("deb"), !["no", "false", "0", "off"].contains(words("enabled").first)
      else {
        return
      }
      // A key in the file itself begins on the line below.
      let keyring = words("signed-by").first.flatMap(path)
      for uri in words("uris") {
        for suite in words("suites") {
          result.append(
            AptSource(uri: uri, suite: suite, components: words("components"), keyring: keyring))
        }
      }
    }
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.utf8.first == UInt8(ascii: "#") { continue }
      if line.utf8.allSatisfy({ $0 <= 0x20 }) {
        end()
      } else if line.utf8.first == UInt8(ascii: " ") || line.utf8.first == UInt8(ascii: "\t") {
        fields[current, default: ""] += "\n" + line
      } else if let colon = line.utf8.firstIndex(of: UInt8(ascii: ":")) {
        current = line[..<colon].lowercased()
        fields[current] = String(line[line.utf8.index(after: colon)...])
      }
    }
    end()
    return result
  }

  private static func path(_ value: String) -> String? { value.utf8.first == slash ? value : nil }

  /// The source for a suite: the one that this machine itself uses for it, or its own distribution's archive, which has the
  /// other suites, too.
  ///
  /// - Returns: nil if the host has neither.
  static func choose(_ suite: String, from sources: [AptSource]) -> AptSource? {
    let usable = sources.filter { source in
      source.components.contains("main")
        && ["http://", "https://", "file:/"].contains { source.uri.droppingPrefix($0) != nil }
    }
    if let own = usable.first(where: { $0.suite == suite }) { return own }
    for archive in ["/debian", "/ubuntu"] {
      let found = usable.first { source in
        let uri = source.uri.utf8.last == slash ? String(source.uri.dropLast()) : source.uri
        return uri.utf8.suffix(archive.utf8.count).elementsEqual(archive.utf8)
      }
      if var found {
        found.suite = suite
        found.components = ["main"]
        return found
      }
    }
    return nil
  }
}
