// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import JSON

extension Spec {
  /// Decodes a text and checks it against every rule that needs no look at the host.
  ///
  /// - Parameters:
  ///   - bytes: The text of `config.json`.
  ///   - source: Its name in errors, usually its path.
  ///   - requiresProcess: Whether the container is to be started; a configuration without process can be created only.
  /// - Throws: The first problem, with line, column and JSON pointer.
  public init(validating bytes: [UInt8], source: String, requiresProcess: Bool = true) throws(SpecError) {
    let document = try SpecError.converting { () throws(JSONError) in try JSONDocument(bytes, source: source)
    }
    try self.init(decoding: document)
    do {
      try validate(requiresProcess: requiresProcess)
    } catch {
      throw error.located(in: document)
    }
  }

  /// Checks the rules of the specification and of the kernel that need no look at the host.
  ///
  /// - Throws: The first rule that is broken, with its JSON pointer.
  public func validate(requiresProcess: Bool = true) throws(SpecError) {
    try Self.validate(version: ociVersion)
    guard let root else { throw SpecError(pointer: "/root", problem: "required, but missing") }
    try check(!root.path.isEmpty, "/root/path", "is empty")
    // Before the process: whether its ids are mapped depends on the mappings.
    try linux?.validate(at: "/linux")
    try seccomp?.validate(at: "/linux/seccomp")
    if let process {
      try process.validate(at: "/process", linux: linux)
    } else {
      try check(!requiresProcess, "/process", "required to start a container, but missing")
    }
    try validateHostName(hostname, "/hostname")
    try validateHostName(domainname, "/domainname")
    try validateDomainSysctl()
    for (index, mount) in mounts.enumerated() {
      try mount.validate(at: "/mounts/\(index)")
    }
    try hooks?.validate()
    for pair in annotations {
      try check(!pair.key.isEmpty, "/annotations/", "an annotation's key is empty")
      try RuntimeAnnotation(rawValue: pair.key)?.validate(pair.value)
    }
  }

  /// Demands a version of the specification that this module implements: 1.x, whatever its minor version, since those
  /// only add optional properties.
  private static func validate(version: String) throws(SpecError) {
    guard let major = SemanticVersion.major(of: version) else {
      throw SpecError(
        pointer: "/ociVersion", problem: "\(quoted(version)) is not a SemVer 2.0 version like 1.3.0")
    }
    try check(
      major == 1, "/ociVersion", "version \(quoted(version)) of the specification is not supported, 1.x is")
  }

  private func validateHostName(_ name: String?, _ pointer: @autoclosure () -> String) throws(SpecError) {
    guard let name else { return }
    let limit = 64
    try check(
      name.utf8.count <= limit, pointer(), "has \(name.utf8.count) bytes, the kernel's limit is \(limit)")
    try checkPrintable(name, pointer())
    try check(
      linux?.namespace(.uts) != nil, pointer(),
      "needs a uts namespace in /linux/namespaces, else it would rename the host")
  }

  /// The domain name has a property and, older than that, a kernel parameter; one of them decides.
  private func validateDomainSysctl() throws(SpecError) {
    guard domainname != nil, let linux else { return }
    for pair in linux.sysctl where SysctlKey(pair.key)?.components == ["kernel", "domainname"] {
      throw SpecError(
        pointer: JSONPointer.appending(pair.key, to: "/linux/sysctl"), problem: "sets the same as /domainname"
      )
    }
  }
}

/// Versions as semver.org defines them, as far as the rules need them.
enum SemanticVersion {
  /// The major version of a well-formed text: three numbers, then a prerelease after `-` and build data after `+`.
  static func major(of text: String) -> Int? {
    var rest = text.utf8[...]
    guard let major = takeNumber(&rest), take(UInt8(ascii: "."), &rest), takeNumber(&rest) != nil,
      take(UInt8(ascii: "."), &rest), takeNumber(&rest) != nil
    else { return nil }
    if take(UInt8(ascii: "-"), &rest), !takeIdentifiers(&rest) { return nil }
    if take(UInt8(ascii: "+"), &rest), !takeIdentifiers(&rest) { return nil }
    return rest.isEmpty ? major : nil
  }

  private static func take(_ byte: UInt8, _ rest: inout Substring.UTF8View) -> Bool {
    guard rest.first == byte else { return false }
    rest.removeFirst()
    return true
  }

  /// Takes a number of up to nine digits that does not start with a superfluous zero.
  private static func takeNumber(_ rest: inout Substring.UTF8View) -> Int? {
    var value = 0
    var count = 0
    while let byte = rest.first, UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte {
      if count == 9 || (count == 1 && value == 0) { return nil }
      value = value * 10 + Int(byte - UInt8(ascii: "0"))
      count += 1
      rest.removeFirst()
    }
    return count > 0 ? value : nil
  }

  /// Takes identifiers between dots, none of them empty.
  private static func takeIdentifiers(_ rest: inout Substring.UTF8View) -> Bool {
    var length = 0
    while let byte = rest.first {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"):
        length += 1
      case UInt8(ascii: "."):
        if length == 0 { return false }
        length = 0
      default:
        return length > 0
      }
      rest.removeFirst()
    }
    return length > 0
  }
}

extension Mount {
  func validate(at pointer: @autoclosure () -> String) throws(SpecError) {
    try check(!destination.isEmpty, "\(pointer())/destination", "is empty")
    if uidMappings.isEmpty != gidMappings.isEmpty {
      let (given, missing) =
        uidMappings.isEmpty ? ("gidMappings", "uidMappings") : ("uidMappings", "gidMappings")
      throw SpecError(pointer: "\(pointer())/\(missing)", problem: "missing, while \(given) is given")
    }
    try IDMapping.validate(uidMappings, at: "\(pointer())/uidMappings")
    try IDMapping.validate(gidMappings, at: "\(pointer())/gidMappings")
  }
}

extension Hooks {
  func validate() throws(SpecError) {
    try Self.validate(prestart, "/hooks/prestart")
    try Self.validate(createRuntime, "/hooks/createRuntime")
    try Self.validate(createContainer, "/hooks/createContainer")
    try Self.validate(startContainer, "/hooks/startContainer")
    try Self.validate(poststart, "/hooks/poststart")
    try Self.validate(poststop, "/hooks/poststop")
  }

  private static func validate(_ hooks: [Hook], _ pointer: @autoclosure () -> String) throws(SpecError) {
    for (index, hook) in hooks.enumerated() {
      try checkAbsolute(hook.path, "\(pointer())/\(index)/path")
      try checkEnvironment(hook.env, "\(pointer())/\(index)/env")
      try check(hook.timeout != 0, "\(pointer())/\(index)/timeout", "must be at least 1 second")
    }
  }
}
