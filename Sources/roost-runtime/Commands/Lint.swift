// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import ContainerRuntime
internal import JSON
internal import Linux
internal import OCI
internal import Seccomp

extension Command {
  static let lint = Command(
    name: "lint", usage: "[options] [BUNDLE]",
    summary: "tell what is wrong in a bundle, what nobody knows, and what other runtimes would ignore",
    options: [
      .value("bundle", "b", "directory with config.json (default: the working directory)"),
      .value("config", "f", "configuration to use instead of the bundle's config.json"),
    ]
  ) { (context) throws(CommandFailure) in
    guard context.arguments.positional.count <= 1 else {
      throw CommandFailure("unexpected argument \"\(context.arguments.positional[1])\"")
    }
    let path = context.arguments.positional.first ?? context.arguments.value("bundle")
    // What is wrong ends the command, in the words of `create`.
    let bundle = try Bundle(path: path, requiresProcess: false, context)
    let findings = try Lint(bundle).findings()
    for finding in findings { if Output.print(finding.line) != 0 { return RuntimeError.failureStatus } }
    // Properties that nobody knows are most likely misspelt; notes about others are no fault of the configuration.
    return findings.contains { $0.isWarning } ? 1 : 0
  }
}

/// Looks for what a configuration says in vain.
struct Lint {
  struct Finding {
    var isWarning: Bool
    var note: LintNote

    var line: String { "\(isWarning ? "warning" : "note"): \(note)" }
  }

  private let bundle: Bundle

  init(_ bundle: Bundle) { self.bundle = bundle }

  func findings() throws(CommandFailure) -> [Finding] {
    let document: JSONDocument
    do throws(JSONError) { document = try JSONDocument(bundle.configuration, source: "config.json") } catch {
      throw CommandFailure("\(error)")
    }
    var findings: [Finding] = []
    for pointer in Spec.ignoredProperties(of: document) {
      let place = document.position(of: pointer)
      let position = " (line \(place.line), column \(place.column))"
      let other = OtherPlatforms.contains(pointer)
      findings.append(
        Finding(
          isWarning: !other,
          note: LintNote(
            pointer,
            (other ? "for another platform, ignored" : "unknown property, ignored by every runtime")
              + position)))
    }
    findings += seccompWarnings()
    findings += bundle.spec.portabilityNotes.map { Finding(isWarning: false, note: $0) }
    return findings
  }

  private func seccompWarnings() -> [Finding] {
    guard let profile = bundle.spec.seccomp else { return [] }
    do throws(SeccompError) {
      return try SeccompProgram.compile(profile).warnings.map { warning in
        // Descriptions start with the pointer.
        let parts = "\(warning)".split(separator: ":", maxSplits: 1)
        let text = parts.count == 2 ? String(parts[1].drop { $0 == " " }) : ""
        return Finding(isWarning: false, note: LintNote(String(parts.first ?? ""), text))
      }
    } catch {
      return [Finding(isWarning: true, note: LintNote("config.json", "\(error)"))]
    }
  }
}

/// Parts of the specification that are not about Linux.
private enum OtherPlatforms {
  private static let roots = ["/windows", "/solaris", "/vm", "/zos", "/freebsd"]
  private static let members = ["/process/commandLine", "/process/user/username"]

  static func contains(_ pointer: String) -> Bool {
    members.contains(pointer)
      || roots.contains { pointer == $0 || pointer.utf8.starts(with: ($0 + "/").utf8) }
  }
}
