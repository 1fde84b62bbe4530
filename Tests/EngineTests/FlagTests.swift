// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import OCI
import Testing

@testable import Engine

@Suite struct FlagTests {
  private func parse(_ arguments: String...) throws -> RunOptions { try RunOptions.parse(arguments) }

  private func message(_ arguments: String...) -> String {
    do {
      _ = try RunOptions.parse(arguments)
      return "no error"
    } catch {
      return error.message
    }
  }

  @Test func whatFollowsTheRootIsTheCommand() throws {
    let options = try parse("--rm", "./root", "ls", "--rm", "-it", "--", "-x")
    #expect(options.removesAfterwards)
    #expect(options.root == "./root")
    #expect(options.command == ["ls", "--rm", "-it", "--", "-x"])
    #expect(!options.interactive)
  }

  @Test func shortFlagsAreBundledAsDockerDoes() throws {
    let options = try parse("-itm64m", "-u=5", "-e", "--x=-y", "-hbox", "./root")
    #expect(options.interactive)
    #expect(options.terminal)
    #expect(options.memory.limit == 64 << 20)
    #expect(options.user == UserRequest(user: .id(5), group: nil))
    #expect(options.environment == [.assignment(key: "--x", value: "-y")])
    #expect(options.hostname == "box")
  }

  @Test func togglesTakeAValueOnlyBehindAnEqualsSign() throws {
    let options = try parse("--rm=false", "-i=true", "--privileged=0", "--init", "./root")
    #expect(!options.removesAfterwards)
    #expect(options.interactive)
    #expect(!options.privileged)
    #expect(options.usesInit)
    #expect(message("--rm=maybe", "./root") == #"--rm "maybe": expected true or false"#)
  }

  @Test func aliasesAndDoubleDash() throws {
    let options = try parse("--net", "host", "--io-weight=10", "--", "./root")
    #expect(options.network == .host)
    #expect(options.blockIOWeight == 10)
    #expect(options.root == "./root")
  }

  @Test(arguments: [
    (["--memory", "64q", "r"], #"--memory "64q": not a size: expected a number with an optional unit"#),
    (["-m", "64q", "r"], #"--memory "64q": not a size"#),
    (["--nosuch", "r"], "--nosuch: unknown flag"),
    (["-X", "r"], "-X: unknown flag"),
    (["-iX", "r"], "-X: unknown flag"),
    (["--memory"], "--memory: a value is missing"),
    (["-m"], "-m: a value is missing"),
    (["--rm"], "the root file system is missing"),
    ([], "the root file system is missing"),
    (["-d", "r"], "--detach: not available yet: it comes with the logs"),
    (["--network", "none", "-p", "80:80", "r"], "--publish: the network none has no interface for it"),
    (["-P", "r"], "-P: not available yet: it comes with images"),
    (["--userns=keep-id", "r"], #"--userns "keep-id": expected host or auto"#),
    (["--network", "a/b", "r"], #"--network "a/b": "a/b" is no network's name"#),
    (["--network", "host", "--net", "none", "r"], #"--network "none": another network, host"#),
    (["--memory-swap", "1g", "r"], "--memory-swap: it counts memory and swap together, so --memory"),
    (["-m", "1g", "--memory-swap", "512m", "r"], "--memory-swap: 512MiB is below --memory 1GiB"),
    (["-m", "1g", "--memory-reservation", "2g", "r"], "--memory-reservation: 2GiB is above --memory 1GiB"),
    (["--cpus", "2", "--cpu-quota", "5000", "r"], #"--cpu-quota "5000": it and --cpus exclude each other"#),
    (["--cpu-quota", "5000", "--cpus", "2", "r"], #"--cpus "2": it and --cpu-quota exclude each other"#),
    (["--cpus", "2", "--cpu-period", "5000", "r"], "--cpus and --cpu-period exclude each other"),
    (["--cpus", "2", "--cpu-percent", "5", "r"], "--cpus exclude each other"),
    (["--cpu-quota", "10", "r"], "the kernel's smallest quota is 1000"),
    (["--cpu-shares", "1000000", "r"], "expected a whole number from 0 to 262144"),
    (["--pids-limit", "-2", "r"], "expected a whole number -1 or more"),
    (["--oom-score-adj", "1001", "r"], "expected a whole number from -1000 to 1000"),
    (["--umask", "1777", "r"], "a mask ends at 0777"),
    (["--umask", "8", "r"], "octal"),
    (["--name", "a", "r"], "not a container name"),
    (["--name", "a/b", "r"], "not a container name"),
    (["--hostname", "a b", "r"], "not a host name"),
    (["--hostname", "-a", "r"], "not a host name"),
    (["-w", "tmp", "r"], "the path must be absolute"),
    (["--cap-add", "NET_RAWW", "r"], #"--cap-add "NET_RAWW": unknown capability"#),
    (["--stop-signal", "NOPE", "r"], #"--stop-signal "NOPE": unknown signal"#),
    (["-v", "/a:/x", "--tmpfs", "/x", "r"], "the destination /x is taken by --volume \"/a:/x\""),
    (["--mount", "type=tmpfs,dst=/x/", "--tmpfs", "/x", "r"], "the destination /x is taken by"),
    (["--network", "host", "--sysctl", "net.ipv4.ip_forward=1", "r"], "would change the host's own setting"),
    (["--label", "=x", "r"], "the key is missing"),
    (["--cidfile", "", "r"], "the path is empty"),
    ([""], "the root file system's name is empty"),
  ])
  func errorsNameTheFlag(_ arguments: [String], _ expected: String) {
    do {
      _ = try RunOptions.parse(arguments)
      Issue.record("no error for \(arguments)")
    } catch {
      #expect(error.message.contains(expected), "\(error.message)")
      #expect(error.exitCode == 125)
    }
  }

  @Test func repeatedValues() throws {
    let options = try parse(
      "-l", "a=1", "-l", "b", "-l", "a=2", "--cap-add", "net_admin,CAP_SYS_TIME", "--ulimit", "nofile=5",
      "--ulimit", "nofile=7:9", "r")
    #expect(options.labels == [.init("b", ""), .init("a", "2")])
    #expect(options.capabilitiesToAdd == ["CAP_NET_ADMIN", "CAP_SYS_TIME"])
    #expect(options.limits == [.init(.openFiles, soft: 7, hard: 9)])
  }

  @Test func zeroMeansThatNoLimitWasAskedFor() throws {
    let options = try parse(
      "-m", "0", "--cpus", "0", "--cpu-shares", "0", "--cpu-period", "0", "--pids-limit", "0", "r")
    #expect(options.memory.limit == nil)
    #expect(options.cpu == .init())
    #expect(options.pidsLimit == -1)
  }

  @Test func everyFlagHasHelpAndAUniqueName() {
    let flags = RunFlags.table.flags
    let names = flags.flatMap { [$0.name] + $0.aliases }
    #expect(Set(names).count == names.count)
    let shorts = flags.compactMap(\.short)
    #expect(Set(shorts).count == shorts.count)
    for flag in flags {
      #expect(!flag.help.isEmpty && flag.help.count <= 72, "--\(flag.name)")
      #expect((flag.kind == .value) == !flag.placeholder.isEmpty, "--\(flag.name)")
      for (unavailable, _) in RunFlags.unavailable { #expect(!unavailable.contains(flag.name)) }
    }
    #expect(RunFlags.table.help().contains("  -m, --memory SIZE"))
  }
}
