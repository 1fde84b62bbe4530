// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import JSON
import Linux
import Netlink

/// Runs the plug-ins of a network for one interface of one container (CNI specification 1.1, sections 2 to 4).
struct CNIChain {
  let configuration: CNIConfiguration
  let container: String
  /// Path of the network namespace; nil when it is gone.
  let namespace: String?
  let interface: String
  let ports: [PublishedPort]
  /// Directories with plug-ins.
  let path: [String]

  /// GC is missing on purpose: it would remove what other users of the same network have made.
  enum Command: String { case add = "ADD", delete = "DEL" }

  /// A plug-in that takes longer is killed.
  static let timeoutMilliseconds: Int32 = 60_000

  /// Where plug-ins are: `CNI_PATH`, else where Debian and everybody else has them.
  static func defaultPath() -> [String] {
    let asked = getenv("CNI_PATH").map { String(cString: $0) } ?? ""
    let given = asked.split(separator: ":").map(String.init).filter { $0.hasPrefix("/") }
    return given.isEmpty ? ["/opt/cni/bin", "/usr/lib/cni"] : given
  }

  /// - Returns: the last plug-in's result.
  func add() throws(NetworkingError) -> [UInt8] {
    var result: [UInt8] = []
    for plugin in configuration.plugins { result = try call(.add, plugin, previous: result) }
    return result
  }

  /// Removes in reverse order, and goes on after a failure.
  ///
  /// - Throws: ``NetworkingError``, the first.
  func delete(_ result: [UInt8]) throws(NetworkingError) {
    var failure: NetworkingError?
    for plugin in configuration.plugins.reversed() {
      do { _ = try call(.delete, plugin, previous: result) } catch { failure = failure ?? error }
    }
    if let failure { throw failure }
  }

  private func call(
    _ command: Command, _ plugin: JSONObject, previous: [UInt8]
  ) throws(NetworkingError) -> [UInt8] {
    let (type, program) = try find(plugin)
    let input: [UInt8]
    do throws(JSONError) {
      input = try request(plugin, previous: previous)
    } catch { throw NetworkingError("\(flag): \(error)") }
    let done: Tool.Result
    do {
      done = try Tool.run(
        [program], environment: environment(command), input: input,
        timeoutMilliseconds: Self.timeoutMilliseconds)
    } catch { throw error.within("\(flag): \(command.rawValue)") }
    guard done.status == .exited(0) else {
      throw NetworkingError("\(flag): \(type) \(command.rawValue): \(Self.words(done))")
    }
    if command == .add {
      do { _ = try JSONDocument(done.output, source: type).root.object() } catch {
        throw NetworkingError("\(flag): \(type) ADD: its answer makes no sense: \(error)")
      }
    }
    return done.output
  }

  private var flag: String { "--network cni:\(configuration.name)" }

  /// Checks that all plug-ins are there, before one of them does something.
  func check() throws(NetworkingError) {
    for plugin in configuration.plugins { _ = try find(plugin) }
  }

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

  private func environment(_ command: Command) -> [String] {
    var result = [
      "CNI_COMMAND=\(command.rawValue)", "CNI_CONTAINERID=\(container)", "CNI_IFNAME=\(interface)",
      "CNI_PATH=\(path.joined(separator: ":"))", "PATH=\(SystemPath.text)",
    ]
    if let namespace { result.append("CNI_NETNS=\(namespace)") }
    return result
  }

  /// The plug-in's configuration with what belongs to the network, to the run and to what came before.
  private func request(_ plugin: JSONObject, previous: [UInt8]) throws(JSONError) -> [UInt8] {
    let own: Set<String> = ["name", "cniVersion", "prevResult", "runtimeConfig"]
    let wantsPorts = try plugin.object("capabilities")?.bool("portMappings") ?? false
    var writer = JSONWriter()
    try writer.object { (writer: inout JSONWriter) throws(JSONError) in
      writer.member("cniVersion", configuration.version)
      writer.member("name", configuration.name)
      for member in plugin.members where !own.contains(member.key) {
        try writer.member(member.key) { (writer: inout JSONWriter) throws(JSONError) in
          try writer.copy(member.value)
        }
      }
      if wantsPorts, !ports.isEmpty { writer.member("runtimeConfig") { portMappings(&$0) } }
      if !previous.isEmpty {
        let result = try JSONDocument(previous, source: "the previous plug-in's result").root
        try writer.member("prevResult") { (writer: inout JSONWriter) throws(JSONError) in
          try writer.copy(result)
        }
      }
    }
    return writer.bytes
  }

  private func portMappings(_ writer: inout JSONWriter) {
    writer.object { (writer: inout JSONWriter) in
      writer.member("portMappings") { (writer: inout JSONWriter) in
        writer.array(of: ports) { (writer: inout JSONWriter, port: PublishedPort) in
          writer.object { (writer: inout JSONWriter) in
            writer.member("hostPort", port.hostPort)
            writer.member("containerPort", port.containerPort)
            writer.member("protocol", port.transport.rawValue)
            writer.member("hostIP", port.hostAddress.map { "\($0)" })
          }
        }
      }
    }
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

  /// The addresses in a result (section 5, "Success").
  static func addresses(_ result: [UInt8]) throws(NetworkingError) -> [IPPrefix] {
    do throws(JSONError) {
      let object = try JSONDocument(result, source: "the plug-ins' result").root.object()
      return try object.list("ips") { (value) throws(JSONError) in
        let text = try value.object().required("address")
        guard let prefix = IPPrefix(try text.string()) else { throw text.error("not an address with length") }
        return prefix
      } ?? []
    } catch { throw NetworkingError("\(error)") }
  }
}
