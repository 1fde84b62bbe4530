// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Netlink
import Networking

/// The files below `/etc` that belong to the container rather than to its root: their text.
enum HostFiles {
  private static let loopback = """
    127.0.0.1\tlocalhost
    ::1\tlocalhost ip6-localhost ip6-loopback
    fe00::\tip6-localnet
    ff00::\tip6-mcastprefix
    ff02::1\tip6-allnodes
    ff02::2\tip6-allrouters

    """

  /// `/etc/hosts`.
  ///
  /// In a network of its own the container knows itself at its addresses there; without one at a loopback address; on
  /// somebody else's network it sees what that one sees.
  static func hosts(
    name: String, mode: NetworkMode, network: NetworkFacts, extra: [HostEntry], hostText: String
  ) -> String {
    var text: String
    switch mode {
    case .host, .container:
      text = hostText.isEmpty ? "127.0.0.1\tlocalhost\n" : hostText
      if text.utf8.last != Byte.newline { text += "\n" }
    case .none, .path, .user:
      text = loopback + "127.0.1.1\t\(name)\n"
    case .attached:
      text = loopback
      for endpoint in network.interfaces.map(\.endpoint) {
        // What others know it by, it knows itself by.
        let names = ([name] + endpoint.names.filter { $0 != name }).joined(separator: " ")
        for prefix in endpoint.addresses { text += "\(prefix.address)\t\(names)\n" }
      }
    }
    for entry in extra {
      let isGateway = entry.address == HostEntry.hostGateway
      // Without a network of its own, the host is where the container is.
      let address = isGateway ? network.gateway.map { "\($0)" } ?? "127.0.0.1" : entry.address
      text += "\(address)\t\(entry.name)\n"
    }
    return text
  }

  /// `/etc/resolv.conf`. Where there is nobody to ask, an empty list lets look-ups fail at once.
  ///
  /// - Parameter hostText: The file of whose network it is; for networks of the engine's own, the host's.
  static func resolver(
    mode: NetworkMode, network: NetworkFacts, options: NetworkOptions, hostText: String
  ) -> String {
    let given = ResolverText(
      servers: options.servers, search: options.searchDomains, options: options.resolverOptions)
    switch mode {
    case .host, .container, .path: return given.isEmpty ? hostText : given.over(ResolverText(hostText)).text
    case .none:
      return given.isEmpty ? "# This container has no network, hence no name servers.\n" : given.text
    case .attached, .user:
      var result = upstream(network, options, hostText: hostText)
      guard network.hasNameServer else {
        return result.isEmpty && !network.reachesOthers
          ? "# This container's networks are internal: there is nobody to ask.\n" : result.text
      }
      let asked = result.servers.map { " \($0)" }.joined()
      result.servers = [NameServer.address]
      // Names of containers have no dots: whoever puts a domain behind them shall ask for them as they are first.
      if !result.options.contains(where: { $0.hasPrefix("ndots:") }) { result.options.append("ndots:0") }
      return "\(ResolverText.askedMark)\(asked)\n" + result.text
    }
  }

  /// The text for a container whose name server is gone: those whom it asked in its place.
  static func withoutNameServer(_ text: String) -> String {
    let marked = text.pieces(separatedBy: Byte.newline).first { $0.hasPrefix(ResolverText.askedMark) }
    guard let marked else { return text }
    var result = ResolverText(text)
    result.servers = marked.dropFirst(ResolverText.askedMark.count).split(separator: " ")
      .compactMap { IPAddress(String($0)) }
    return result.text
  }

  /// Whom the programs of a container in networks that are made for it ask in the end: those of the flags, else of its
  /// plug-ins, else of the host. For an internal network without a name server there is nobody; with one, the next network
  /// may have a way out.
  static func upstream(
    _ network: NetworkFacts, _ options: NetworkOptions, hostText: String
  ) -> ResolverText {
    let given = ResolverText(
      servers: options.servers, search: options.searchDomains, options: options.resolverOptions)
    guard network.reachesOthers || network.hasNameServer else { return given }
    let servers = network.nameServers
    let found = ResolverText(
      servers: servers.addresses, search: servers.searchDomains, options: servers.options)
    return given.over(found).over(ResolverText(hostText).reachableFromElsewhere)
  }
}

/// What matters of resolv.conf(5).
struct ResolverText: Equatable {
  /// What stands before those whom the name server asks.
  static let askedMark = "# The name server asks:"

  var servers: [IPAddress] = []
  var search: [String] = []
  var options: [String] = []

  init(servers: [IPAddress], search: [String], options: [String]) {
    self.servers = servers
    self.search = search
    self.options = options
  }

  init(_ text: String) {
    for line in text.pieces(separatedBy: Byte.newline) {
      let words = line.split { $0 == " " || $0 == "\t" }.map(String.init)
      switch words.first {
      case "nameserver": servers += words.dropFirst().prefix(1).compactMap { IPAddress($0) }
      case "search", "domain": search = Array(words.dropFirst())
      case "options": options += words.dropFirst()
      default: continue
      }
    }
  }

  var isEmpty: Bool { servers.isEmpty && search.isEmpty && options.isEmpty }

  /// Without name servers on the host's loopback, which the container has one of its own of.
  var reachableFromElsewhere: ResolverText {
    var result = self
    result.servers.removeAll(where: \.isLoopback)
    return result
  }

  /// This, with what it leaves open from another.
  func over(_ other: ResolverText) -> ResolverText {
    ResolverText(
      servers: servers.isEmpty ? other.servers : servers,
      // A lone dot means: none.
      search: search.isEmpty ? other.search : search.filter { $0 != "." },
      options: options.isEmpty ? other.options : options)
  }

  var text: String {
    var lines = servers.map { "nameserver \($0)" }
    if !search.isEmpty { lines.append("search " + search.joined(separator: " ")) }
    if !options.isEmpty { lines.append("options " + options.joined(separator: " ")) }
    return lines.map { $0 + "\n" }.joined()
  }
}
