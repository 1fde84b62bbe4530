// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import JSON

/// What plug-ins were asked to do for a container: all that is needed to have them undo it, with the configuration as it
/// was then.
struct CNIRecord {
  let container: String
  let interface: String
  let configuration: CNIConfiguration
  /// The one of the configuration's that was chosen.
  let version: String
  let path: [String]
  /// Path of the container's network namespace, as long as the engine lives that has made it.
  let namespace: String
  let ports: [PublishedPort]
  /// ``CNIArguments/json()``.
  let arguments: [UInt8]
  /// The last plug-in's; empty before there is one.
  var result: [UInt8] = []

  init(
    container: String, interface: String, configuration: CNIConfiguration, version: String, path: [String],
    namespace: String, arguments: CNIArguments
  ) {
    self.container = container
    self.interface = interface
    self.configuration = configuration
    self.version = version
    self.path = path
    self.namespace = namespace
    ports = arguments.ports
    self.arguments = arguments.json()
  }

  var fileName: String { "\(container)-\(interface)" }

  /// The plug-ins, with nobody's interface.
  var chain: CNIChain { CNIChain(configuration: configuration, version: version, path: path) }

  /// The plug-ins, with this interface.
  ///
  /// - Parameter namespace: The path of the container's network namespace; nil when it is gone.
  func chain(namespace: String?) -> CNIChain {
    var result = chain
    result.attachment = CNIChain.Attachment(
      container: container, namespace: namespace, interface: interface, arguments: arguments)
    return result
  }

  func json() -> [UInt8] {
    var writer = JSONWriter(.pretty)
    writer.object { (writer: inout JSONWriter) in
      writer.member("container", container)
      writer.member("interface", interface)
      writer.member("file", configuration.path)
      writer.member("configuration", String(decoding: configuration.bytes, as: UTF8.self))
      writer.member("version", version)
      writer.member("path", path)
      writer.member("namespace", namespace)
      writer.member("ports", ports.map(\.wireText))
      writer.member("arguments", String(decoding: arguments, as: UTF8.self))
      writer.member("result", String(decoding: result, as: UTF8.self))
    }
    return writer.bytes + [0x0a]
  }

  init(json bytes: [UInt8], source: String) throws(NetworkingError) {
    let file: String
    let text: String
    var ports: [PublishedPort] = []
    let texts: [String]
    do throws(JSONError) {
      let object = try JSONDocument(bytes, source: source).root.object()
      container = try object.required("container").string()
      interface = try object.required("interface").string()
      file = try object.required("file").string()
      text = try object.required("configuration").string()
      version = try object.required("version").string()
      path = try object.strings("path") ?? []
      namespace = try object.required("namespace").string()
      texts = try object.strings("ports") ?? []
      arguments = Array(try object.required("arguments").string().utf8)
      result = Array((try object.string("result") ?? "").utf8)
    } catch { throw NetworkingError("\(error)") }
    for text in texts { ports += try PublishedPort.parse(text) }
    self.ports = ports
    configuration = try CNIConfiguration(bytes: Array(text.utf8), path: file)
  }
}
