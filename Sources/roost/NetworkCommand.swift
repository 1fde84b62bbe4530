// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import ArgumentParser
import Engine

/// `roost network`: networks of containers.
struct NetworkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "network", abstract: "Manage networks.",
    subcommands: [
      Create.self, List.self, Inspect.self, Remove.self, Prune.self, Connect.self, Disconnect.self,
      Reload.self,
    ])

  @ParentCommand var parent: Roost

  struct Create: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Make a network.")

    @ParentCommand var parent: NetworkCommand

    @Option(name: .shortAndLong, help: "bridge, macvlan or ipvlan.") var driver = "bridge"
    @Option(help: "Its block of addresses, once per IP version.") var subnet: [String] = []
    @Option(help: "The host's address in the block; the first one unless given.") var gateway: [String] = []
    @Option(help: "The part of the block that containers get.") var ipRange: [String] = []
    @Flag(name: .customLong("internal"), help: "Forward nothing to and from other networks.") var isInternal =
      false
    @Flag(help: "Have IPv6, with a block of its own unless --subnet gives one.") var ipv6 = false
    @Option(help: "KEY=VALUE.") var label: [String] = []
    @Option(name: .shortAndLong, help: "mtu=BYTES; parent=INTERFACE and mode=MODE of macvlan and ipvlan.")
    var opt: [String] = []
    @Option(help: "The name of the bridge's interface.") var interface: String?
    @Argument var name: String

    func run() throws {
      var creation = NetworkCreation()
      creation.name = name
      creation.driver = driver
      creation.subnets = subnet
      creation.gateways = gateway
      creation.ranges = ipRange
      creation.isInternal = isInternal
      creation.wantsIPv6 = ipv6
      creation.labels = label
      creation.options = opt
      creation.interface = interface
      try Output.write(try parent.parent.engine().createNetwork(creation) + "\n")
    }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "ls", abstract: "List networks.", aliases: ["list"])

    @ParentCommand var parent: NetworkCommand
    @Flag(name: .shortAndLong, help: "Show only names.") var quiet = false
    @Option(help: "table, json or a template such as '{{.Name}}'.") var format: String?

    func run() throws {
      let format = try ListFormat(format)
      let rows = try parent.parent.engine().listNetworks()
      try Output.write(
        quiet
          ? rows.map { ($0["Name"]?.text ?? "") + "\n" }.joined()
          : try format.text(rows, columns: ContainerEngine.networkColumns, headings: [:]))
    }
  }

  struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show everything about networks.")

    @ParentCommand var parent: NetworkCommand
    @Option(name: .shortAndLong, help: "A template such as '{{.Interface}}', or json for one line each.")
    var format: String?
    @Argument(help: ArgumentHelp(valueName: "network")) var networks: [String]

    func run() throws {
      let (text, errors) = try parent.parent.engine().inspectNetworks(networks, format: format)
      try Output.write(text)
      for error in errors { Program.report(error) }
      if !errors.isEmpty { throw ExitStatus(code: 1) }
    }
  }

  struct Remove: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "rm", abstract: "Remove networks.")

    @ParentCommand var parent: NetworkCommand
    @Argument(help: ArgumentHelp(valueName: "network")) var networks: [String]

    func run() throws {
      let engine = try parent.parent.engine()
      try forEach(networks) { (name) throws(EngineError) in
        try engine.removeNetwork(name)
        try Output.write(name + "\n")
      }
    }
  }

  struct Prune: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Remove all networks that no container uses, and everything of theirs.")

    @ParentCommand var parent: NetworkCommand

    func run() throws {
      for name in try parent.parent.engine().pruneNetworks() { try Output.write(name + "\n") }
    }
  }

  struct Connect: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Give a running container another interface.")

    @ParentCommand var parent: NetworkCommand
    @Option(help: "The container's address.") var ip: String?
    @Option(help: "The container's IPv6 address.") var ip6: String?
    @Option(help: "Another name for containers of the network.") var alias: [String] = []
    @Option(help: "The interface's hardware address.") var macAddress: String?
    @Argument var network: String
    @Argument var container: String

    func run() throws {
      var settings = [ip, ip6].compactMap { $0.map { "ip=\($0)" } } + alias.map { "alias=\($0)" }
      if let macAddress { settings.append("mac=\(macAddress)") }
      try parent.parent.engine().connect(container, to: ([network] + settings).joined(separator: ","))
    }
  }

  struct Disconnect: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Take a container's interface in a network away.")

    @ParentCommand var parent: NetworkCommand
    @Argument var network: String
    @Argument var container: String

    func run() throws { try parent.parent.engine().disconnect(container, from: network) }
  }

  struct Reload: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Restore bridges and rules that other programs have removed.")

    @ParentCommand var parent: NetworkCommand

    func run() throws {
      let problems = try parent.parent.engine().reloadNetworks()
      for problem in problems { Program.report(problem) }
      if !problems.isEmpty { throw ExitStatus(code: 1) }
    }
  }
}
