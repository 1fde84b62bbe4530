// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Linux

/// A Debian system from packages, by the programs that the distribution has for it.
///
/// Both give a tar archive on standard output, which then goes the way of every other: the same checks, the same owners, the same
/// store. mmdebstrap(1) works for root and in the user namespace of an ordinary user; debootstrap(8) makes device nodes,
/// which only the machine's root may.
struct Bootstrap {
  /// Where the packages come from.
  let source: AptSource
  /// Where they are kept for the next time, absolute.
  let packages: String
  /// An empty directory that the program may use, absolute.
  let scratch: String

  /// The source of Debian itself, for machines that have none of their own.
  static let fallback = AptSource(
    uri: "http://deb.debian.org/debian", suite: "", components: ["main"], keyring: nil)

  /// - Throws: `missingProgram` naming the package.
  func start(isMachineRoot: Bool) throws(RootFSError) -> HelperProgram {
    let variables = HelperProgram.variables(["http_proxy", "https_proxy", "no_proxy"])
    if let path = SystemPath.find("mmdebstrap") {
      return try HelperProgram(
        path, mmdebstrapArguments, variables: variables.merging(["TMPDIR": scratch]) { $1 })
    }
    guard isMachineRoot else {
      throw RootFSError(
        .missingProgram,
        "making a Debian system as an ordinary user needs the program mmdebstrap; install the package mmdebstrap"
      )
    }
    guard SystemPath.find("debootstrap") != nil, let unshare = SystemPath.find("unshare") else {
      throw RootFSError(
        .missingProgram,
        "making a Debian system needs the program mmdebstrap or debootstrap; install the package mmdebstrap")
    }
    // A mount namespace of its own: what debootstrap mounts goes away with it, however it ends.
    return try HelperProgram(
      unshare, ["--mount", "--", "/bin/sh", "-ec", Self.script, "sh", scratch] + debootstrapArguments,
      variables: variables)
  }

  /// See mmdebstrap(1): what it would do as root, with a cache of packages as its manual describes it.
  var mmdebstrapArguments: [String] {
    let cache = Self.shellQuoted(packages)
    return [
      "--mode=root", "--variant=minbase", "--format=tar", "--skip=essential/unlink",
      "--setup-hook=mkdir -p \"$1\"/var/cache/apt/archives/",
      "--setup-hook=sync-in \(cache) /var/cache/apt/archives/",
      "--customize-hook=sync-out /var/cache/apt/archives \(cache)",
      source.suite, "-", sourceLine,
    ]
  }

  private var sourceLine: String {
    let options = source.keyring.map { "[signed-by=\($0)] " } ?? ""
    return "deb \(options)\(source.uri) \(source.suite) \(source.components.joined(separator: " "))"
  }

  private var debootstrapArguments: [String] {
    var arguments = ["--variant=minbase", "--cache-dir=\(packages)"]
    if let keyring = source.keyring { arguments.append("--keyring=\(keyring)") }
    arguments.append("--components=\(source.components.joined(separator: ","))")
    return arguments + [source.suite, scratch, source.uri]
  }

  /// debootstrap tells what it does on standard output, where the archive goes.
  private static let script = """
    tree=$1
    shift
    debootstrap "$@" >&2
    find "$tree/var/cache/apt/archives" "$tree/var/lib/apt/lists" -type f -delete
    exec tar --create --one-file-system --numeric-owner --xattrs --xattrs-include=security.capability --sort=name \
      --directory "$tree" .
    """

  private static func shellQuoted(_ text: String) -> String {
    var result = "'"
    for character in text { result += character == "'" ? "'\\''" : String(character) }
    return result + "'"
  }

  /// The line of the program's output that says why it failed.
  static func reason(_ lines: [String]) -> String {
    let said =
      lines.last { $0.hasPrefix("E: ") && $0 != "E: setup failed" } ?? lines.last ?? "it said nothing"
    return said.hasPrefix("E: ") ? String(said.dropFirst(3)) : said
  }
}
