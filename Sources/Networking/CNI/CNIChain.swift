// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import JSON
import Linux

/// Runs the plug-ins of a network (CNI specification 1.1, sections 2 to 4).
struct CNIChain {
  /// One interface of one container.
  struct Attachment {
    let container: String
    /// Path of the network namespace; nil when it is gone.
    let namespace: String?
    let interface: String
    /// ``CNIArguments/json()``.
    let arguments: [UInt8]
  }

  /// Another attachment of the same network that is still in use.
  typealias Valid = (container: String, interface: String)

  let configuration: CNIConfiguration
  /// Of the protocol.
  let version: String
  /// Directories with plug-ins.
  let path: [String]
  /// Whom ADD, DEL and CHECK are for.
  var attachment: Attachment?

  enum Command: String {
    case add = "ADD", delete = "DEL", check = "CHECK", status = "STATUS", collect = "GC", version = "VERSION"
  }

  /// A plug-in that takes longer is killed.
  static let timeoutMilliseconds: Int32 = 60_000

  init(configuration: CNIConfiguration, version: String, path: [String]) {
    self.configuration = configuration
    self.version = version
    self.path = path
  }

  /// The plug-ins of a configuration, with the newest version that all of them speak.
  ///
  /// They are asked where there is a choice: one that knows an older version only says so before it has done something.
  init(_ configuration: CNIConfiguration, path: [String] = Self.defaultPath()) throws(NetworkingError) {
    let newest = configuration.versions[configuration.versions.count - 1]
    self.init(configuration: configuration, version: newest, path: path)
    for plugin in configuration.plugins { _ = try find(plugin) }
    guard configuration.versions.count > 1 else { return }
    var common = configuration.versions
    for plugin in configuration.plugins {
      let spoken = try spokenVersions(plugin)
      common.removeAll { !spoken.contains($0) }
      guard !common.isEmpty else {
        let type = try find(plugin).type
        throw NetworkingError(
          "\(flag): \(type) speaks \(spoken.joined(separator: ", ")); no version of the configuration's is common to all plug-ins"
        )
      }
    }
    self.init(configuration: configuration, version: common[common.count - 1], path: path)
  }

  /// Where plug-ins are: `CNI_PATH`, else where Debian and everybody else has them.
  static func defaultPath() -> [String] {
    let asked = getenv("CNI_PATH").map { String(cString: $0) } ?? ""
    let given = asked.split(separator: ":").map(String.init).filter { $0.hasPrefix("/") }
    return given.isEmpty ? ["/opt/cni/bin", "/usr/lib/cni"] : given
  }

  // MARK: Commands

  /// - Returns: the last plug-in's result.
  func add() throws(NetworkingError) -> [UInt8] {
    var result: [UInt8] = []
    for plugin in configuration.plugins {
      result = try call(.add, plugin, previous: result)
      do { _ = try JSONDocument(result, source: "").root.object() } catch {
        throw NetworkingError("\(flag): \(try find(plugin).type) ADD: its answer makes no sense: \(error)")
      }
    }
    return result
  }

  /// Removes in reverse order, and goes on after a failure.
  ///
  /// - Throws: ``NetworkingError``, the first.
  func delete(_ result: [UInt8]) throws(NetworkingError) {
    try callAll(.delete, configuration.plugins.reversed(), previous: result)
  }

  /// Asks whether everything is as ADD has left it.
  func check(_ result: [UInt8]) throws(NetworkingError) {
    for plugin in configuration.plugins { _ = try call(.check, plugin, previous: result) }
  }

  /// Asks whether the plug-ins are ready, where the protocol has the question.
  func status() throws(NetworkingError) {
    guard CNIConfiguration.hasCollection(version) else { return }
    for plugin in configuration.plugins { _ = try call(.status, plugin) }
  }

  /// Has plug-ins remove what belongs to no attachment; goes on after a failure.
  ///
  /// - Throws: ``NetworkingError``, the first.
  func collect(valid: [Valid]) throws(NetworkingError) {
    guard CNIConfiguration.hasCollection(version), !configuration.disablesCollection else { return }
    try callAll(.collect, configuration.plugins, valid: valid)
  }

  /// Checks that flags are not in vain.
  func checkDemands(of arguments: CNIArguments) throws(NetworkingError) {
    var known: Set<String> = []
    for plugin in configuration.plugins {
      do throws(JSONError) { known.formUnion(try Self.capabilities(plugin)) } catch {
        throw NetworkingError("\(flag): \(error)")
      }
    }
    if let (option, capability) = arguments.demands.first(where: { !known.contains($0.capability) }) {
      throw NetworkingError(
        "\(option): no plug-in of cni:\(configuration.name) has the capability \(capability.quoted)")
    }
  }

  // MARK: Calls

  private func callAll(
    _ command: Command, _ plugins: [JSONObject], previous: [UInt8] = [], valid: [Valid] = []
  ) throws(NetworkingError) {
    var failure: NetworkingError?
    for plugin in plugins {
      do { _ = try call(command, plugin, previous: previous, valid: valid) } catch {
        failure = failure ?? error
      }
    }
    if let failure { throw failure }
  }

  private func call(
    _ command: Command, _ plugin: JSONObject, previous: [UInt8] = [], valid: [Valid] = []
  ) throws(NetworkingError) -> [UInt8] {
    let (type, program) = try find(plugin)
    let input: [UInt8]
    do throws(JSONError) {
      input = try request(command, plugin, previous: previous, valid: valid)
    } catch { throw NetworkingError("\(flag): \(error)") }
    let done: Tool.Result
    do {
      done = try Tool.run(
        [program], environment: environment(command), input: input,
        timeoutMilliseconds: Self.timeoutMilliseconds)
    } catch { throw error.within("\(flag): \(type) \(command.rawValue)") }
    guard done.status == .exited(0) else {
      throw NetworkingError("\(flag): \(type) \(command.rawValue): \(Self.words(done))")
    }
    return done.output
  }

  private var flag: String { "--network cni:\(configuration.name)" }

  private func find(_ plugin: JSONObject) throws(NetworkingError) -> (type: String, program: String) {
    let type: String
    do throws(JSONError) { type = try plugin.required("type").string() } catch {
      throw NetworkingError("\(flag): \(error)")
    }
    // A name, not a path: what runs comes from the directories of plug-ins.
    guard !type.isEmpty, !type.contains("/"), let program = SystemPath.find(type, in: path) else {
      throw NetworkingError("\(flag): the plug-in \(type.quoted) is not in \(path.joined(separator: ":"))")
    }
    return (type, program)
  }

  private func spokenVersions(_ plugin: JSONObject) throws(NetworkingError) -> [String] {
    let answer = try call(.version, plugin)
    do throws(JSONError) {
      let object = try JSONDocument(answer, source: "its answer to VERSION").root.object()
      return try object.required("supportedVersions").strings()
    } catch { throw NetworkingError("\(flag): \(try find(plugin).type): \(error)") }
  }

  private func environment(_ command: Command) -> [String] {
    var result = [
      "CNI_COMMAND=\(command.rawValue)", "CNI_PATH=\(path.joined(separator: ":"))", "PATH=\(SystemPath.text)",
    ]
    guard let attachment else { return result }
    result += ["CNI_CONTAINERID=\(attachment.container)", "CNI_IFNAME=\(attachment.interface)"]
    if let namespace = attachment.namespace { result.append("CNI_NETNS=\(namespace)") }
    return result
  }

  /// The plug-in's configuration with what belongs to the network, to the run and to what came before (section 3,
  /// "Deriving request configuration").
  private func request(
    _ command: Command, _ plugin: JSONObject, previous: [UInt8], valid: [Valid]
  ) throws(JSONError) -> [UInt8] {
    let own: Set<String> = [
      "name", "cniVersion", "cniVersions", "prevResult", "runtimeConfig", "capabilities",
    ]
    var writer = JSONWriter()
    try writer.object { (writer: inout JSONWriter) throws(JSONError) in
      writer.member("cniVersion", version)
      if command == .version { return }
      writer.member("name", configuration.name)
      for member in plugin.members where !own.contains(member.key) && !member.key.hasPrefix("cni.dev/") {
        writer.member(member.key) { (writer: inout JSONWriter) in writer.copy(member.value) }
      }
      if command == .collect {
        writer.member("cni.dev/valid-attachments") { (w: inout JSONWriter) in Self.attachments(valid, &w) }
      }
      if let attachment { try runtimeConfig(plugin, attachment, &writer) }
      if !previous.isEmpty {
        let result = try JSONDocument(previous, source: "the previous plug-in's result").root
        writer.member("prevResult") { (writer: inout JSONWriter) in writer.copy(result) }
      }
    }
    return writer.bytes
  }

  private static func attachments(_ valid: [Valid], _ writer: inout JSONWriter) {
    writer.array(of: valid) { (writer: inout JSONWriter, one: Valid) in
      writer.object { (writer: inout JSONWriter) in
        writer.member("containerID", one.container)
        writer.member("ifname", one.interface)
      }
    }
  }

  /// What was asked for and the plug-in can do.
  private func runtimeConfig(
    _ plugin: JSONObject, _ attachment: Attachment, _ writer: inout JSONWriter
  ) throws(JSONError) {
    let known = try Self.capabilities(plugin)
    let arguments = try JSONDocument(attachment.arguments, source: "arguments").root.object()
    let given = arguments.members.filter { known.contains($0.key) }
    guard !given.isEmpty else { return }
    writer.member("runtimeConfig") { (writer: inout JSONWriter) in
      writer.object { (writer: inout JSONWriter) in
        for member in given {
          writer.member(member.key) { (writer: inout JSONWriter) in writer.copy(member.value) }
        }
      }
    }
  }

  private static func capabilities(_ plugin: JSONObject) throws(JSONError) -> Set<String> {
    var result: Set<String> = []
    guard let capabilities = try plugin.object("capabilities") else { return [] }
    for member in capabilities.members where try member.value.bool() { result.insert(member.key) }
    return result
  }

  /// Errors as the plug-in gives them (section 5, "Error"), in one line.
  private static func words(_ done: Tool.Result) -> String {
    do throws(JSONError) {
      let object = try JSONDocument(done.output, source: "").root.object()
      let message = try object.required("msg").string()
      let details = try object.string("details") ?? ""
      let code = try object.integer("code", in: Int64(0)...Int64(UInt32.max)) ?? 0
      let text = details.isEmpty ? message : "\(message): \(details)"
      return "\(text.split(whereSeparator: \.isNewline).joined(separator: " ")) (code \(code))"
    } catch { return done.firstErrorLine }
  }
}
