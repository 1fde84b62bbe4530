// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import OCI
import Testing

@testable import Engine

/// Container directories: what their settings files say, in flags of `roost run`.
@Suite struct LauncherTests {
  private func settings(_ text: String) throws(EngineError) -> LauncherSettings {
    try LauncherSettings(SettingsFile(parsing: text, path: "box/settings"), root: "./box/chroot")
  }

  private func message(_ text: String) -> String {
    do {
      _ = try settings(text)
      return "no error"
    } catch {
      return error.message
    }
  }

  @Test func everyKey() throws {
    let settings = try settings(
      """
      user: 99
      group: 98
      memlimit: 4194304
      cpupercent: 5
      process:/bin/bash
      arg1:-i
      arg2: two words
      bridge: br0
      ip: 192.168.1.228/24
      gw: 192.168.1.1
      """)
    #expect(
      settings.flags == [
        "--rm", "--interactive", "--user", "99:98", "--memory", "4194304", "--cpu-shares", "51", "--network",
        "bridge:br0", "--ip", "192.168.1.228/24", "--gateway", "192.168.1.1",
      ])
    #expect(settings.command == ["/bin/bash", "-i", "two words"])
  }

  @Test func missingKeysHaveDefaults() throws {
    for text in ["", "\n\n", "# nothing\n"] {
      let settings = try settings(text)
      #expect(settings.flags == ["--rm", "--interactive"])
      #expect(settings.command == [])
    }
    #expect(try settings("group: 98").flags.suffix(2) == ["--user", "0:98"])
    #expect(try settings("user: nobody").flags.suffix(2) == ["--user", "nobody"])
  }

  @Test(arguments: [
    "process:/bin/bash\narg1:-i", "process: /bin/bash    \narg1:   -i   ",
    "process :/bin/bash\r\narg1 :-i\r\n",
    "\tprocess\t:\t/bin/bash\t\n\n\targ1:-i", "PROCESS: /bin/bash\nArg1: -i", "arg1:-i\nprocess:/bin/bash",
    "\u{FEFF}process:/bin/bash\n# comment: 1\narg1:-i\n",
  ])
  func spacingAndOrderMeanNothing(_ text: String) throws {
    #expect(try settings(text).command == ["/bin/bash", "-i"])
  }

  @Test func valuesMayHoldColonsAndBeEmptyForArguments() throws {
    #expect(try settings("process: /bin/a:b\narg1:\narg2: x:y").command == ["/bin/a:b", "", "x:y"])
    let many = (1...12).reversed().map { "arg\($0): \($0)" }.joined(separator: "\n")
    #expect(try settings("process: p\n" + many).command == ["p"] + (1...12).map(String.init))
  }

  @Test(arguments: [
    (
      "user: 99\nmemlimt: 5", #"box/settings:2: unknown key "memlimt": expected one of user, group, memlimit"#
    ),
    ("\nuser", #"box/settings:2: "user": expected KEY: VALUE"#),
    ("user:", "box/settings:1: user: the value is missing"),
    (": 5", #"box/settings:1: unknown key """#),
    ("user: 1\n\nUSER: 2", "box/settings:3: user is given twice, first on line 1"),
    ("arg1: a\narg1: b", "box/settings:2: arg1 is given twice, first on line 1"),
    ("process: p\narg1: a\narg3: b", "box/settings:3: arg3: there is no arg2 before it"),
    ("arg0: a", #"box/settings:1: "arg0": arguments are called arg1"#),
    ("arg01: a", #"box/settings:1: "arg01": arguments are called arg1"#),
    ("arg: a", #"box/settings:1: unknown key "arg""#),
    ("arg1: a", "box/settings:1: arg1: there is no process"),
    ("user: a b", #"box/settings:1: user: "a b" is neither a number nor a name"#),
    ("user: 1:2", #"box/settings:1: user "1:2": a colon cannot be part of a name"#),
    ("group: 4294967295", "ids go from 0 to 4294967294"),
    ("memlimit: lots", #"box/settings:1: memlimit "lots": not a size"#),
    ("memlimit: 0", #"box/settings:1: memlimit "0": expected bytes, 1 or more"#),
    ("memlimit: -1", #"box/settings:1: memlimit "-1": not a size"#),
    ("cpupercent: 0", #"box/settings:1: cpupercent "0": expected a whole number from 1 to 100"#),
    ("cpupercent: 101", "expected a whole number from 1 to 100"),
    ("cpupercent: 5%", "expected a whole number from 1 to 100"),
    ("process: a\u{0}b", "box/settings:1: the line holds a NUL byte"),
    ("bridge: br0", "box/settings:1: bridge br0: the container's address is missing"),
    ("bridge: a,b\nip: 10.0.0.1/24", #"box/settings:1: bridge "a,b": this cannot be a bridge's name"#),
    ("ip: 10.0.0.1/24", "box/settings:1: an address needs a bridge"),
    ("gw: 10.0.0.1", "box/settings:1: an address needs a bridge"),
    ("bridge: br0\nip: 10.0.0.1", #"box/settings:2: ip "10.0.0.1": the length of the block is missing"#),
    ("bridge: br0\nip: 10.0.0.256/24", #"box/settings:2: ip: "10.0.0.256/24" is no address"#),
    ("bridge: br0\nip: 10.0.0.1/24\ngw: router", #"box/settings:3: gw: "router" is no IP address"#),
    ("bridge: br0\nip: 10.0.0.1/24\ngw: 10.1.0.1", "box/settings:3: gw 10.1.0.1: outside of 10.0.0.0/24"),
    (
      "gw: 10.0.0.1\nbridge: br0\nip: 10.0.0.1/24", "box/settings:1: gw 10.0.0.1: this is the container's own"
    ),
    ("bridge: br0\nip: 127.0.0.1/8", "box/settings:2: ip 127.0.0.1: no interface may have this address"),
  ])
  func errorsNameTheLine(_ text: String, _ expected: String) {
    #expect(message(text).contains(expected), "\(message(text))")
    #expect(!message(text).contains("--"))
  }

  @Test func theCommandLineFollowsTheSettingsAndWins() throws {
    let settings = try settings("user: 99\nmemlimit: 4194304\nprocess: /bin/bash\narg1: -i")
    let options = try RunOptions.parse(
      ["--settings", "box", "--memory", "8m", "--rm=false", "/bin/ls", "-l"], behind: settings)
    #expect(options.memory.limit == 8 << 20)
    #expect(!options.removesAfterwards)
    #expect(options.user == UserRequest(user: .id(99), group: nil))
    #expect(options.root == "./box/chroot")
    #expect(options.command == ["/bin/ls", "-l"])
    #expect(try RunOptions.parse(["--settings", "box"], behind: settings).command == ["/bin/bash", "-i"])
    #expect(try RunOptions.parse([], behind: settings).network == NetworkMode.none)
    #expect(try RunOptions.parse(["--network", "host"], behind: settings).network == .host)
  }

  @Test func aDirectoryThatIsNone() {
    #expect(throws: EngineError.self) { try RunOptions.parse(["--settings", "/nosuch"]) }
  }

  @Test func report() throws {
    var facts = SpecBuilderTests.facts()
    facts.users = UserDatabase()
    let text = "user: 99\ngroup: 98\nmemlimit: 4194304\ncpupercent: 5\nprocess:/bin/bash\narg1:-i"
    let options = try RunOptions.parse([], behind: try settings(text))
    #expect(
      LauncherReport.beginning(try Blueprint.make(options, facts).spec, pid: 9337) == [
        "Mem limit: 4194304 bytes", "CPU shares: 51 (5%)", "Added PID 9337 in cgroup",
        "Dropping privileges to 99:98", "Starting /bin/bash -i",
      ])
    let plain = try RunOptions.parse([], behind: try settings(""))
    #expect(
      LauncherReport.beginning(try Blueprint.make(plain, facts).spec, pid: 5) == [
        "Mem limit: none", "CPU shares: 1024 (100%)", "Added PID 5 in cgroup", "Dropping privileges to 0:0",
        "Starting /bin/sh",
      ])
  }

  @Test func percentagesComeBack() {
    for percent in UInt64(1)...100 {
      #expect(LauncherSettings.percent(ofShares: LauncherSettings.shares(ofPercent: percent)) == percent)
    }
  }
}

/// MyDocker's letters, in flags of `roost run`.
@Suite struct MyDockerTests {
  private func arguments(_ arguments: String...) throws -> [String] {
    try MyDockerOptions.parse(arguments).runArguments(isRoot: true)
  }

  @Test func itsOwnExample() throws {
    #expect(
      try arguments("-aUc", "-C", "50", "-I", "20", "-P", "333", "/bin/bash") == [
        "--rm", "--interactive", "--userns", "auto", "--memory", "1073741824", "--cpu-shares", "512",
        "--pids-limit", "333", "--io-weight", "20", "--network", "none", "./root_fs", "/bin/bash",
      ])
    let text = try MyDockerOptions.parse(["-aUc", "-C", "50", "-I", "20", "-P", "333", "/bin/bash"])
      .conversion(isRoot: true)
    #expect(
      text.hasSuffix(
        """
        \n\nRESOURCE       APPLIED VALUE
        memory_limit   1GB
        cpu_shares     50
        max_pids       333
        io_weight      20\n
        """))
  }

  @Test func defaults() throws {
    #expect(
      try arguments("-ac", "-M", "4294967296", "sh", "-M") == [
        "--rm", "--interactive", "--memory", "4294967296", "--cpu-shares", "256", "--pids-limit", "64",
        "--io-weight", "10", "--network", "none", "./root_fs", "sh", "-M",
      ])
    #expect(try arguments("-a", "sh") == ["--rm", "--interactive", "--network", "none", "./root_fs", "sh"])
    #expect(
      try arguments("-aU", "--root", "./r", "--network", "cni:net", "sh") == [
        "--rm", "--interactive", "--userns", "auto", "--network", "cni:net", "./r", "sh",
      ])
    // An ordinary user's containers have a user namespace as it is.
    #expect(
      try MyDockerOptions.parse(["-aU", "sh"]).runArguments(isRoot: false).contains("--userns") == false)
  }

  @Test(arguments: [
    (["-aUc", "-M", "0", "sh"], "expected a whole number from 1 to 4294967296"),
    (["-aUc", "-M", "4294967297", "sh"], "from 1 to 4294967296"),
    (["-aUc", "-M", "64m", "sh"], "from 1 to 4294967296"),
    (["-aUc", "-C", "0", "sh"], "from 1 to 100"), (["-aUc", "-C", "101", "sh"], "from 1 to 100"),
    (["-aUc", "-P", "9", "sh"], "from 10 to 32768"), (["-aUc", "-P", "32769", "sh"], "from 10 to 32768"),
    (["-aUc", "-I", "9", "sh"], "from 10 to 1000"), (["-aUc", "-I", "1001", "sh"], "from 10 to 1000"),
    (["-aUc", "sh"], "-c: at least one of -M, -C, -P and -I goes with it"),
    (["-aU", "-P", "64", "sh"], "-P: it goes with -c"), (["-aU"], "the program is missing"),
    (["-x", "sh"], "-x: unknown flag"),
  ])
  func errors(_ arguments: [String], _ expected: String) {
    do {
      _ = try MyDockerOptions.parse(arguments)
      Issue.record("no error for \(arguments)")
    } catch {
      #expect(error.message.contains(expected), "\(error.message)")
    }
  }
}
