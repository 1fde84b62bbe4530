// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import JSON

/// What plug-ins were asked to do for a container: all that is needed to have them undo it, with the configuration as it
/// was then.
struct CNIRecord {
  let container: String
  let interface: String
  let configuration: CNIConfiguration
  let path: [String]
  let ports: [PublishedPort]
  /// The last plug-in's; empty before there is one.
  var result: [UInt8] = []

  init(
    container: String, interface: String, configuration: CNIConfiguration, path: [String],
    ports: [PublishedPort]
  ) {
    self.container = container
    self.interface = interface
    self.configuration = configuration
    self.path = path
    self.ports = ports
  }

  var fileName: String { "\(container)-\(interface)" }

  /// - Parameter namespace: The path of the container's network namespace; nil when it is gone.
  func chain(namespace: String?) -> CNIChain {
    CNIChain(
      configuration: configuration, container: container, namespace: namespace, interface: interface,
      ports: ports,
      path: path)
  }

  func json() -> [UInt8] {
    var writer = JSONWriter(.pretty)
    writer.object { (writer: inout JSONWriter) in
      writer.member("container", container)
      writer.member("interface", interface)
      writer.member("file", configuration.path)
      writer.member("configuration", String(decoding: configuration.bytes, as: UTF8.self))
      writer.member("path", path)
      writer.member("ports", ports.map(\.wireText))
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
      path = try object.strings("path") ?? []
      texts = try object.strings("ports") ?? []
      result = Array((try object.string("result") ?? "").utf8)
    } catch { throw NetworkingError("\(error)") }
    for text in texts { ports += try PublishedPort.parse(text) }
    self.ports = ports
    configuration = try CNIConfiguration(bytes: Array(text.utf8), path: file)
  }
}
